//! Stored data that cannot be read is never taken for empty: it is built anew from the ledger or set aside, and noted.

use attractor_engine::consent::{Scope, State};
use attractor_store::contents::{self, Content};
use attractor_store::{IdentityKind, Value, gone_copies};

use crate::trial::{Trial, at};

const OUT: &str = r#""type": "track", "userId": "ada", "event": "Unsubscribed""#;
const PAGE: &str = r#""type": "page", "userId": "ada""#;
const TAG: &str = r#""type": "track", "userId": "ada", "event": "Tagged", "properties": {"tag": "big"}"#;
const IS: &str = r#""type": "identify", "userId": "ada", "traits": {"email": "ada@x.example", "plan": "large"}"#;

impl Trial {
    /// Writes something else into a column of every row of a table, and forgets what is remembered.
    fn damage(&mut self, table: &str, column: &str, to: Value<'static>) {
        let sql = format!("UPDATE {table} SET {column} = $1");
        self.lane.write(|connection| connection.execute(&sql, &[to])).unwrap();
        self.forget();
    }

    /// A lane that remembers nothing, as after a start.
    fn forget(&mut self) {
        self.lane = attractor_live::Lane::open(&self.location, jiff::tz::TimeZoneDatabase::bundled()).unwrap();
    }

    fn noted(&mut self) -> Vec<&'static str> {
        self.lane.take_unreadable().into_iter().map(|one| one.what).collect()
    }

    fn state_of_all(&self) -> State {
        self.profile("ada").consents.in_effect(&Scope::All).state
    }
}

fn ada() -> Trial {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", IS), ("b", "09:01", OUT), ("c", "09:02", PAGE)]);
    trial
}

#[test]
fn a_profile_is_built_anew_and_keeps_the_withdrawal() {
    for text in
        ["", "{", "null", "[]", r#"{"consent": {"all": 5}}"#, r#"{"attributes": 7}"#, r#"{"consent": {"odd": {}}}"#]
    {
        let mut trial = ada();
        trial.damage("profiles", "document", text.into());
        trial.receive(&[("d", "09:03", TAG)]);
        assert_eq!(trial.noted(), ["profile"], "{text}");
        assert_eq!(trial.state_of_all(), State::Withdrawn, "{text}");
        assert_eq!(trial.attribute("ada", "plan"), "large", "{text}");
        assert_eq!(trial.attribute("ada", "tags"), serde_json::json!(["big"]), "{text}");
        trial.agrees();
    }
}

#[test]
fn sources_are_found_anew_and_no_event_is_lost() {
    for text in ["", "[[1,", "{}", r#"[["a", 1, 2]]"#] {
        let mut trial = ada();
        trial.damage("leads", "sources", text.into());
        trial.receive(&[("d", "09:03", PAGE)]);
        assert_eq!(trial.noted(), ["sources"], "{text}");
        trial.damage("leads", "sources", text.into());
        trial.receive(&[("late", "09:01", PAGE)]);
        assert_eq!(trial.state_of_all(), State::Withdrawn, "{text}");
        trial.agrees();
    }
}

#[test]
fn a_state_is_built_anew_from_the_events() {
    let mut trial = ada();
    let row = trial.row(trial.lead(IdentityKind::User, "ada")).unwrap();
    let mut head = row.head.clone();
    head.truncate(head.len() / 2);
    trial.damage("leads", "head", Value::Bytes(head.into()));
    trial.receive(&[("d", "09:03", PAGE)]);
    assert_eq!(trial.noted(), ["state"]);
    assert_eq!(trial.leads(), [("ada".to_owned(), 20.0)]);
    trial.agrees();
}

#[test]
fn an_event_is_set_aside_alone() {
    for text in ["", "{", "[]", r#"{"type": "track"}"#] {
        let mut trial = ada();
        trial.receive(&[("e", "09:03", PAGE)]);
        let sql = "UPDATE events SET message = $1 WHERE message_id = 'c'";
        trial.lane.write(|connection| connection.execute(sql, &[text.into()])).unwrap();
        // What comes late rebuilds the lead from its events.
        trial.receive(&[("late", "09:02", PAGE)]);
        assert_eq!(trial.noted(), ["event"], "{text}");
        assert_eq!(trial.leads(), [("ada".to_owned(), 20.0)], "the two others count");
        assert_eq!(trial.state_of_all(), State::Withdrawn);
        assert!(
            trial.events().iter().any(|event| event.message_id == "c" && event.message == text),
            "it stays as it is"
        );
    }
}

#[test]
fn enrollments_that_cannot_be_read_keep_nobody_else_from_being_woken() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", r#""type": "track", "userId": "ada", "event": "Demo Requested""#)]);
    trial.receive(&[("b", "09:01", r#""type": "track", "userId": "bea", "event": "Demo Requested""#)]);
    let lead = trial.lead(IdentityKind::User, "ada");
    let sql = "UPDATE leads SET enrolments = '[{', head = $2 WHERE id = $1";
    trial.lane.write(|connection| connection.execute(sql, &[lead.into(), Value::Bytes(vec![].into())])).unwrap();
    trial.forget();
    trial.receive(&[
        ("c", "09:05", r#""type": "page", "userId": "ada""#),
        ("d", "09:05", r#""type": "page", "userId": "bea""#),
    ]);
    assert_eq!(trial.noted(), ["enrollments"]);
    assert_eq!(trial.leads(), [("ada".to_owned(), 60.0), ("bea".to_owned(), 60.0)]);
}

#[test]
fn whoever_has_an_event_that_cannot_be_read_can_be_erased_and_an_import_undone() {
    let mut trial = ada();
    trial.take("import:1", &[("d", "09:05", PAGE)]);
    trial.damage("events", "message", "{".into());
    while trial.lane.undo("import:1", at("10:00"), 10).unwrap() {}
    assert_eq!(trial.events().len(), 3);
    trial.erase(trial.lead(IdentityKind::User, "ada"), at("10:00"));
    assert!(trial.events().is_empty() && trial.leads().is_empty());
}

/// What remains of a copy with this document when its lead is erased, and what was noted.
fn scope_after_erasure(document: &str) -> (String, Vec<&'static str>) {
    let mut trial = ada();
    let lead = trial.lead(IdentityKind::User, "ada");
    let content = Content {
        lead,
        send_id: "s".into(),
        tag: 7,
        address: "ada@x.example".into(),
        link_set: String::new(),
        document: document.into(),
    };
    trial.lane.write(|connection| contents::put(connection, &[content])).unwrap();
    trial.erase(lead, at("10:00"));
    let gone = gone_copies::one(&mut trial.reader(), (lead, 7)).unwrap().unwrap();
    (gone.scope, trial.noted())
}

#[test]
fn a_copy_that_cannot_be_read_ends_all_mail_once_its_lead_is_erased() {
    for (document, scope) in
        [("{}", "all"), (r#"{"subscription": null}"#, "all"), (r#"{"subscription": "news"}"#, "subscription:news")]
    {
        assert_eq!(scope_after_erasure(document), (scope.to_owned(), vec![]), "{document}");
    }
    for document in ["", "{", "null", "7", r#"{"subscription": 5}"#, r#"{"subscription": "news""#] {
        assert_eq!(scope_after_erasure(document), ("all".to_owned(), vec!["copy"]), "{document}");
    }
}
