use attractor_store::LeadId;
use attractor_store::mail_requests::{self, Fetch, Judged, MailRequest};

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
        network: "192.0.2.0/24".to_owned(),
        settles_at: 60,
        judged: None,
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

pub fn due_copies_come_bucket_by_bucket(trial: &Trial) {
    let mut writer = trial.writer();
    let later = MailRequest { settles_at: 90, ..request(512, 1, 1) };
    let judged = MailRequest { judged: Some(verdict("person")), ..request(768, 1, 1) };
    let made = [request(256, 9, 1), request(256, 9, 2), request(256, -3, 1), later, judged, request(257, 1, 1)];
    mail_requests::insert(&mut writer, &made).unwrap();
    let mut due = |bucket, until, limit| mail_requests::due_copies(&mut writer, bucket, until, limit).unwrap();
    assert_eq!(due(0, 60, 9), [(LeadId(256), -3), (LeadId(256), 9)], "each copy once");
    assert_eq!(due(0, 59, 9), []);
    assert_eq!(due(0, 90, 9).len(), 3);
    assert_eq!(due(0, 90, 2), [(LeadId(256), -3), (LeadId(256), 9)]);
    assert_eq!(due(1, 90, 2), [(LeadId(257), 1)]);
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
