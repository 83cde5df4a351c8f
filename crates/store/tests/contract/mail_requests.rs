use attractor_store::mail_requests::{self, Fetch, Judged, MailRequest, Visit};
use attractor_store::{Connection, LeadId};

use crate::Trial;

pub fn request(lead: i64, tag: i64, number: i64) -> MailRequest {
    MailRequest {
        lead: LeadId(lead),
        tag,
        number,
        send_id: format!("{lead}/broadcast/it's"),
        at: 6,
        link: 0xffff,
        fetch: Fetch::Show,
        agent: "it's 👍".to_owned(),
        network: "192.0.2.7".to_owned(),
        settles_at: 60,
        judged: None,
        visit: Visit::default(),
    }
}

fn verdict(verdict: &str) -> Judged {
    Judged { verdict: verdict.to_owned(), evidence: "[\"it's\"]".to_owned() }
}

fn stored(trial: &Trial, copies: &[(LeadId, i64)]) -> Vec<MailRequest> {
    let mut found = mail_requests::of_copies(&mut trial.reader(), copies).unwrap();
    found.sort_by_key(|request| (request.lead, request.tag, request.number));
    found
}

pub fn are_read_back_as_inserted(trial: &Trial) {
    let mut writer = trial.writer();
    let mut made: Vec<MailRequest> = Fetch::ALL
        .into_iter()
        .zip(1..)
        .map(|(fetch, number)| MailRequest { fetch, ..request(256, -7, number) })
        .collect();
    made.push(MailRequest { judged: Some(verdict("person")), link: 0, ..request(256, 8, 1) });
    mail_requests::insert(&mut writer, &made).unwrap();
    let again = MailRequest { agent: "another".to_owned(), ..request(256, -7, 1) };
    mail_requests::insert(&mut writer, &[again, request(513, -7, 1)]).unwrap();
    assert_eq!(stored(trial, &[(LeadId(256), -7), (LeadId(256), 8), (LeadId(770), 8)]), made);
}

pub fn are_found_by_lead(trial: &Trial) {
    let mut writer = trial.writer();
    let own = [request(256, -7, 1), request(256, 8, 1), request(513, 8, 1)];
    mail_requests::insert(&mut writer, &own).unwrap();
    mail_requests::insert(&mut writer, &[request(770, 8, 1)]).unwrap();
    let mut found = mail_requests::of_leads(&mut writer, &[LeadId(256), LeadId(513), LeadId(1)]).unwrap();
    found.sort_by_key(|request| (request.lead, request.tag));
    assert_eq!(found, own);
    assert_eq!(mail_requests::of_leads(&mut writer, &[]).unwrap(), []);
}

pub fn are_judged_once_each(trial: &Trial) {
    let mut writer = trial.writer();
    mail_requests::insert(&mut writer, &[request(256, 7, 1), request(256, 7, 2), request(513, 7, 1)]).unwrap();
    let key = |lead, number| (LeadId(lead), 7, number);
    let first = [(key(256, 1), verdict("person")), (key(256, 3), verdict("person"))];
    assert_eq!(mail_requests::judge(&mut writer, &first).unwrap(), [key(256, 1)]);
    let second = [(key(256, 1), verdict("machine")), (key(256, 2), verdict("machine"))];
    assert_eq!(mail_requests::judge(&mut writer, &second).unwrap(), [key(256, 2)]);
    let judged: Vec<Option<Judged>> =
        stored(trial, &[(LeadId(256), 7), (LeadId(513), 7)]).into_iter().map(|request| request.judged).collect();
    assert_eq!(judged, [Some(verdict("person")), Some(verdict("machine")), None]);
}

pub fn the_first_that_settles_is_known_over_all_buckets(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(mail_requests::first_settles(&mut writer).unwrap(), None);
    let later = MailRequest { settles_at: 90, ..request(512, 1, 1) };
    let judged = MailRequest { judged: Some(verdict("human")), settles_at: 5, ..request(768, 1, 1) };
    mail_requests::insert(&mut writer, &[later, judged, request(257, 1, 1), request(257, 1, 2)]).unwrap();
    assert_eq!(mail_requests::first_settles(&mut writer).unwrap(), Some(60));
    let due = |writer: &mut Connection, until, limit| {
        let mut found = mail_requests::due(writer, until, limit).unwrap();
        found.sort();
        found
    };
    assert_eq!(due(&mut writer, 59, 9), []);
    assert_eq!(due(&mut writer, 60, 9), [(LeadId(257), 1)], "each copy once");
    assert_eq!(due(&mut writer, 90, 9), [(LeadId(257), 1), (LeadId(512), 1)]);
    assert_eq!(due(&mut writer, 90, 1).len(), 1);
}

pub fn are_numbered_copy_by_copy(trial: &Trial) {
    let mut writer = trial.writer();
    mail_requests::insert(&mut writer, &[request(256, 1, 1), request(256, 1, 7), request(256, 2, 3)]).unwrap();
    let copies = [(LeadId(256), 1), (LeadId(256), 2), (LeadId(256), 3)];
    let mut found = mail_requests::last_numbers(&mut writer, &copies).unwrap();
    found.sort();
    assert_eq!(found, [((LeadId(256), 1), 7), ((LeadId(256), 2), 3)]);
}

pub fn a_verdict_is_corrected_where_there_is_one(trial: &Trial) {
    let mut writer = trial.writer();
    let judged = MailRequest { judged: Some(verdict("human")), ..request(256, 1, 1) };
    mail_requests::insert(&mut writer, &[judged, request(256, 1, 2)]).unwrap();
    let both = [1, 2].map(|number| ((LeadId(256), 1, number), verdict("machine")));
    assert_eq!(mail_requests::correct(&mut writer, &both).unwrap(), [(LeadId(256), 1, 1)]);
    let judged: Vec<_> = stored(trial, &[(LeadId(256), 1)]).into_iter().map(|request| request.judged).collect();
    assert_eq!(judged, [Some(verdict("machine")), None]);
}

pub fn what_is_not_judged_is_dropped(trial: &Trial) {
    let mut writer = trial.writer();
    let judged = MailRequest { judged: Some(verdict("human")), ..request(256, 1, 1) };
    mail_requests::insert(&mut writer, &[judged.clone(), request(256, 1, 2), request(256, 2, 1)]).unwrap();
    mail_requests::drop_unjudged(&mut writer, &[(LeadId(256), 1), (LeadId(256), 9)]).unwrap();
    assert_eq!(stored(trial, &[(LeadId(256), 1), (LeadId(256), 2)]), [judged, request(256, 2, 1)]);
}

pub fn their_addresses_are_forgotten_in_order(trial: &Trial) {
    let mut writer = trial.writer();
    let at = |at, number| MailRequest { at, ..request(256, 1, number) };
    mail_requests::insert(&mut writer, &[at(10, 1), at(20, 2), at(30, 3)]).unwrap();
    assert_eq!(mail_requests::first_with_address(&mut writer, 10).unwrap(), Some(20));
    assert_eq!(mail_requests::forget_addresses(&mut writer, 0, 20).unwrap(), 2);
    assert_eq!(mail_requests::forget_addresses(&mut writer, 0, 20).unwrap(), 0);
    let kept: Vec<_> = stored(trial, &[(LeadId(256), 1)]).into_iter().map(|request| request.network).collect();
    assert_eq!(kept, ["", "", "192.0.2.7"]);
    assert_eq!(mail_requests::first_with_address(&mut writer, 30).unwrap(), None);
}

pub fn a_click_has_one_visitor(trial: &Trial) {
    let mut writer = trial.writer();
    mail_requests::insert(&mut writer, &[request(256, 1, 1)]).unwrap();
    let visit = |visitor: &str| Visit { visitor: Some(visitor.to_owned()), ..Visit::default() };
    let loaded = Visit { loaded_at: Some(7), ..visit("v1") };
    let mut note = |number, visit: &Visit| mail_requests::visit(&mut writer, (LeadId(256), 1, number), visit).unwrap();
    assert!(note(1, &loaded));
    assert!(!note(1, &loaded), "it is known");
    assert!(!note(1, &Visit { acted_at: Some(9), ..visit("v2") }), "another visitor");
    assert!(note(1, &Visit { loaded_at: Some(8), acted_at: Some(9), ..visit("v1") }));
    assert!(!note(2, &loaded), "no such request");
    let kept = Visit { loaded_at: Some(7), acted_at: Some(9), ..visit("v1") };
    assert_eq!(stored(trial, &[(LeadId(256), 1)])[0].visit, kept, "the first of each counts");
}

pub fn come_page_by_page_the_newest_first(trial: &Trial) {
    let mut writer = trial.writer();
    let made = |lead, at, number| MailRequest { at, judged: Some(verdict("human")), ..request(lead, 1, number) };
    let all = [made(256, 10, 1), made(256, 10, 2), made(257, 10, 1), made(256, 30, 3), made(256, 40, 4)];
    mail_requests::insert(&mut writer, &all).unwrap();
    mail_requests::insert(&mut writer, &[MailRequest { at: 20, ..request(256, 1, 5) }]).unwrap();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = mail_requests::page(&mut writer, (10, 40), before, 2).unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.at, (last.lead, last.tag, last.number)));
        seen.extend(page.into_iter().map(|one| (one.at, one.lead.0, one.number)));
    }
    assert_eq!(seen, [(30, 256, 3), (10, 257, 1), (10, 256, 2), (10, 256, 1)], "judged ones before 40");
}

pub fn that_are_damaged_are_named(trial: &Trial) {
    let mut writer = trial.writer();
    mail_requests::insert(&mut writer, &[request(256, 7, 1)]).unwrap();
    for (damage, what) in [("link = -1", "link"), ("link = 1, fetched = 'stare'", "kind")] {
        writer.execute(&format!("UPDATE mail_requests SET {damage}"), &[]).unwrap();
        let why = mail_requests::of_copies(&mut writer, &[(LeadId(256), 7)]).unwrap_err().to_string();
        assert!(why.contains("copy 7 of lead 256") && why.contains(what), "{damage}: {why}");
    }
}
