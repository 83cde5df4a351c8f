use attractor_store::EntryNumber;
use attractor_store::audit::{self, Answer, Entry};

use crate::Trial;

fn entry(number: i64, details: &str) -> Entry {
    Entry {
        number: EntryNumber(number),
        at: 5,
        who: "user:1".to_owned(),
        what: "key added".to_owned(),
        subject: "key:7".to_owned(),
        details: details.to_owned(),
    }
}

pub fn is_numbered_and_the_newest_comes_first(trial: &Trial) {
    let mut writer = trial.writer();
    let texts = crate::hard_texts();
    for text in &texts {
        audit::insert(&mut writer, &entry(0, text)).unwrap();
    }
    let mut wanted: Vec<Entry> = (1..).zip(&texts).map(|(number, text)| entry(number, text)).collect();
    wanted.reverse();
    assert_eq!(audit::latest(&mut writer, EntryNumber::MAX, 100).unwrap(), wanted);
    assert_eq!(audit::latest(&mut writer, EntryNumber(6), 2).unwrap(), [entry(5, &texts[4]), entry(4, &texts[3])]);
}

fn request(who: &str, at: i64) -> Answer {
    Answer {
        who: who.to_owned(),
        word: "it's one".to_owned(),
        route: "POST /api/keys".to_owned(),
        request: vec![1, 0, 2],
        given: None,
        at,
    }
}

pub fn a_request_begins_once(trial: &Trial) {
    let mut writer = trial.writer();
    assert!(audit::begin(&mut writer, &request("user:1", 5)).unwrap());
    assert!(!audit::begin(&mut writer, &Answer { request: vec![9], ..request("user:1", 6) }).unwrap());
    assert!(audit::begin(&mut writer, &request("user:2", 5)).unwrap());
    assert_eq!(audit::answer(&mut writer, "user:1", "it's one").unwrap(), Some(request("user:1", 5)));
    assert_eq!(audit::answer(&mut writer, "user:1", "another").unwrap(), None);
}

pub fn answers_about_leads_can_be_forgotten(trial: &Trial) {
    let mut writer = trial.writer();
    let about = |who: &str, route: &str| Answer { route: route.to_owned(), ..request(who, 5) };
    for asked in [about("a", "POST /api/leads/{id}/note"), about("b", "POST /api/leads"), about("c", "POST /api/keys")]
    {
        audit::begin(&mut writer, &asked).unwrap();
        audit::finish(&mut writer, &asked.who, "it's one", 200, &[7]).unwrap();
    }
    audit::forget_answers(&mut writer).unwrap();
    let mut given = |who: &str| audit::answer(&mut writer, who, "it's one").unwrap().unwrap().given;
    assert_eq!((given("a"), given("b"), given("c")), (None, None, Some((200, vec![7]))));
}

pub fn answers_are_kept_forgotten_and_swept(trial: &Trial) {
    let mut writer = trial.writer();
    for (who, at) in [("a", 5), ("b", 6), ("c", 7)] {
        audit::begin(&mut writer, &request(who, at)).unwrap();
        audit::finish(&mut writer, who, "it's one", 201, &[0, 255]).unwrap();
    }
    let kept = Answer { given: Some((201, vec![0, 255])), ..request("c", 7) };
    audit::forget(&mut writer, "b", "it's one").unwrap();
    audit::sweep(&mut writer, 6).unwrap();
    let found: Vec<Option<Answer>> =
        ["a", "b", "c"].iter().map(|who| audit::answer(&mut writer, who, "it's one").unwrap()).collect();
    assert_eq!(found, [None, None, Some(kept)]);
}
