//! What a candidate would do, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::playbook::read;
use attractor_engine::program::Program;
use attractor_live::preview::Candidate;
use attractor_store::LeadId;
use jiff::tz::TimeZoneDatabase;

use crate::trial::{PLAYBOOK, Trial, at};

#[test]
fn a_lead_that_became_another_is_not_looked_at() {
    let mut trial = Trial::new();
    for user in ["a", "b", "c"] {
        trial.receive(&[(user, "09:00", &format!(r#""type": "page", "userId": "{user}""#))]);
    }
    trial.receive(&[("ab", "09:10", r#""type": "alias", "userId": "b", "previousId": "a""#)]);
    let zones = TimeZoneDatabase::bundled();
    let candidate = PLAYBOOK.replace("from: 30", "from: 20");
    let program = Arc::new(Program::new(read(&candidate).playbook.unwrap(), &zones).unwrap());
    let mut candidate =
        Candidate { program, zones, pilot: None, enrols: false, now: at("10:00"), present: BTreeMap::new() };
    let page = candidate.page(&mut trial.reader(), (-1, LeadId::NOBODY), 100).unwrap();
    let moved: Vec<&str> = page.foreseen.iter().filter(|lead| !lead.is_nothing()).map(|lead| &*lead.name).collect();
    assert_eq!((page.looked_at, moved), (2, vec!["b"]));
}

#[test]
fn an_enrollment_that_would_end_with_its_sequence_is_foreseen() {
    let mut trial = Trial::new();
    trial.receive(&[("d", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ann""#)]);
    let zones = TimeZoneDatabase::bundled();
    let without = PLAYBOOK.split_once("sequences:").unwrap().0;
    let program = Arc::new(Program::new(read(without).playbook.unwrap(), &zones).unwrap());
    let mut candidate =
        Candidate { program, zones, pilot: None, enrols: false, now: at("10:00"), present: BTreeMap::new() };
    let page = candidate.page(&mut trial.reader(), (-1, LeadId::NOBODY), 100).unwrap();
    assert_eq!(page.foreseen[0].sequences, [("track".to_owned(), "stopped")]);
}
