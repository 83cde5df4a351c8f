use attractor_store::addressed::{self, Addressed};
use attractor_store::{ClaimNumber, LeadId};

use crate::Trial;

pub fn note(hash: &str, lead: i64) -> Addressed {
    Addressed {
        hash: hash.to_owned(),
        what: "step:it's/1".to_owned(),
        lead: LeadId(lead),
        send_id: format!("{lead}/sequence/it's/5/1"),
        at: 6,
    }
}

pub fn what_went_to_an_address_is_found_under_every_hash(trial: &Trial) {
    let mut writer = trial.writer();
    let other = Addressed { what: "broadcast:may".to_owned(), ..note("a", 256) };
    addressed::note(&mut writer, &[note("a", 256), other.clone(), note("b", 513)]).unwrap();
    let mut found = |asked: &[(&str, &str)]| {
        let asked: Vec<(String, String)> = asked.iter().map(|(hash, what)| ((*hash).into(), (*what).into())).collect();
        let mut found = addressed::of(&mut writer, &asked).unwrap();
        found.sort_unstable();
        found
    };
    assert_eq!(found(&[("a", "step:it's/1"), ("c", "step:it's/1")]), [note("a", 256)]);
    assert_eq!(found(&[("a", "broadcast:may"), ("b", "step:it's/1")]), [other, note("b", 513)]);
    assert_eq!(found(&[("b", "broadcast:may")]), []);
    addressed::note(&mut writer, &[Addressed { at: 9, ..note("a", 513) }]).unwrap();
    let known = addressed::of(&mut writer, &[("a".to_owned(), "step:it's/1".to_owned())]).unwrap();
    assert_eq!(known, [Addressed { at: 9, ..note("a", 513) }], "the last one counts");
}

pub fn what_did_not_go_is_forgotten(trial: &Trial) {
    let mut writer = trial.writer();
    let other =
        Addressed { what: "broadcast:may".to_owned(), send_id: "256/broadcast/may".to_owned(), ..note("a", 256) };
    addressed::note(&mut writer, &[note("a", 256), other.clone(), note("b", 513)]).unwrap();
    addressed::forget(&mut writer, &[(LeadId(256), note("a", 256).send_id), (LeadId(770), other.send_id.clone())])
        .unwrap();
    let asked = |note: &Addressed| (note.hash.clone(), note.what.clone());
    let left = [note("a", 256), other.clone(), note("b", 513)].iter().map(asked).collect::<Vec<_>>();
    let mut left = addressed::of(&mut writer, &left).unwrap();
    left.sort_unstable();
    assert_eq!(left, [other, note("b", 513)]);
}

pub fn a_second_mail_that_did_not_go_is_forgotten_and_the_first_is_not(trial: &Trial) {
    let mut writer = trial.writer();
    let send_id = note("a", 256).send_id;
    let [first, second, third] = [
        (addressed::left(&send_id), 3),
        (addressed::left_again(&send_id, ClaimNumber(7)), 5),
        (addressed::left_again(&send_id, ClaimNumber(8)), 9),
    ]
    .map(|(what, at)| Addressed { what, at, ..note("a", 256) });
    addressed::note(&mut writer, &[first.clone(), second.clone(), third.clone()]).unwrap();
    let gone = |note: &Addressed| (note.lead, note.send_id.clone(), note.what.clone());
    addressed::forget_one(&mut writer, &[gone(&third), (LeadId(513), send_id, second.what.clone())]).unwrap();
    let mut left = addressed::all_of(&mut writer, &["a".to_owned()]).unwrap();
    left.sort_unstable();
    assert_eq!(left, [first, second]);
    assert_eq!(addressed::last_left(&mut writer, &["a".to_owned()]).unwrap(), [("a".to_owned(), 5)]);
}

pub fn the_last_copy_at_an_address_is_the_latest_that_left(trial: &Trial) {
    let mut writer = trial.writer();
    let sent = |hash: &str, send_id: &str, at: i64| Addressed {
        what: addressed::left(send_id),
        send_id: send_id.to_owned(),
        at,
        ..note(hash, 256)
    };
    let once = Addressed { at: 99, ..note("a", 256) };
    let all = [sent("a", "256/a", 3), sent("a", "256/b", 7), sent("b", "256/c", 5), once];
    addressed::note(&mut writer, &all).unwrap();
    let mut last = |hashes: &[&str]| {
        let hashes: Vec<String> = hashes.iter().map(|hash| (*hash).to_owned()).collect();
        let mut found = addressed::last_left(&mut writer, &hashes).unwrap();
        found.sort_unstable();
        found
    };
    assert_eq!(last(&["a", "b", "c"]), [("a".to_owned(), 7), ("b".to_owned(), 5)]);
    assert_eq!(last(&[]), []);
    let mut left = addressed::left_to(&mut trial.writer(), &["a".to_owned(), "c".to_owned()]).unwrap();
    left.sort_unstable();
    let of = |send_id: &str| ("a".to_owned(), LeadId(256), send_id.to_owned());
    assert_eq!(left, [of("256/a"), of("256/b")]);
    addressed::forget(&mut trial.writer(), &[(LeadId(256), "256/b".to_owned())]).unwrap();
    assert_eq!(addressed::last_left(&mut trial.writer(), &["a".to_owned()]).unwrap(), [("a".to_owned(), 3)]);
}

pub fn topics_that_were_shown_are_found_by_address_since_an_instant(trial: &Trial) {
    let mut writer = trial.writer();
    let shown = |hash: &str, topic: &str, send_id: &str, at: i64| Addressed {
        what: addressed::shown(topic, send_id),
        send_id: send_id.to_owned(),
        at,
        ..note(hash, 256)
    };
    let left = Addressed { what: addressed::left("256/a"), ..note("a", 256) };
    let all =
        [shown("a", "shirts", "256/a/b", 3), shown("a", "hats", "256/a/b", 5), shown("b", "hats", "256/c", 9), left];
    addressed::note(&mut writer, &all).unwrap();
    let hashes = ["a".to_owned(), "b".to_owned()];
    let mut found = addressed::shown_since(&mut writer, &hashes, 5).unwrap();
    found.sort_unstable();
    let one = |hash: &str, at| (hash.to_owned(), "hats".to_owned(), at);
    assert_eq!(found, [one("a", 5), one("b", 9)]);
    assert_eq!(addressed::shown_since(&mut writer, &hashes[..1], 0).unwrap().len(), 2);
    let mut found = addressed::all_of(&mut writer, &hashes[..1]).unwrap();
    found.sort_unstable();
    let read: Vec<(bool, Option<&str>)> = found.iter().map(|note| (note.is_left(), note.topic())).collect();
    assert_eq!(read, [(true, None), (false, Some("hats")), (false, Some("shirts"))]);
}

pub fn copies_that_were_asked_for_are_found_by_address_since_an_instant(trial: &Trial) {
    let mut writer = trial.writer();
    let sent = |hash: &str, lead: i64, at: i64| {
        let send_id = note(hash, lead).send_id;
        Addressed { what: addressed::requested(&send_id), send_id, at, ..note(hash, lead) }
    };
    let left = Addressed { what: addressed::left("256/a"), at: 9, ..note("a", 256) };
    addressed::note(&mut writer, &[sent("a", 256, 3), sent("a", 513, 5), sent("b", 770, 7), left]).unwrap();
    let hashes = ["a".to_owned(), "b".to_owned()];
    let mut found = addressed::requested_since(&mut writer, &hashes, 5).unwrap();
    found.sort_unstable();
    assert_eq!(found, [("a".to_owned(), 5), ("b".to_owned(), 7)]);
    assert_eq!(addressed::requested_since(&mut writer, &hashes[..1], 0).unwrap().len(), 2);
    addressed::forget(&mut writer, &[(LeadId(513), note("a", 513).send_id)]).unwrap();
    assert_eq!(addressed::requested_since(&mut writer, &hashes[..1], 0).unwrap(), [("a".to_owned(), 3)]);
}
