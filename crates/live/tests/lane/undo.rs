//! An import undone leaves nothing.

use crate::trial::Trial;
use attractor_store::IdentityKind;

const HISTORY: &str = r#""context": {"history": true}"#;

fn undo(trial: &mut Trial, at_most: usize) -> usize {
    let mut slices = 1;
    while trial.lane.undo("import:7", trial.now, at_most).unwrap() {
        slices += 1;
        trial.agrees();
    }
    trial.agrees();
    slices
}

/// What was there before the import.
fn before() -> Trial {
    let mut trial = Trial::new();
    trial.receive(&[
        ("a", "09:00", r#""type": "page", "userId": "ann""#),
        ("b", "09:05", r#""type": "page", "anonymousId": "v""#),
        ("c", "09:06", r#""type": "identify", "traits": {"email": "eve@x.de"}"#),
    ]);
    trial
}

#[test]
fn leads_that_only_it_spoke_of_are_gone() {
    let mut trial = before();
    let rows = trial.rows();
    let lines: Vec<(String, String)> = (0..40)
        .map(|n| {
            (
                format!("i{n}"),
                format!(r#""type": "identify", "userId": "n{n}", "traits": {{"email": "{n}@y.de"}}, {HISTORY}"#),
            )
        })
        .collect();
    let lines: Vec<(&str, &str, &str)> = lines.iter().map(|(id, rest)| (id.as_str(), "09:00", rest.as_str())).collect();
    trial.take("import:7", &lines);
    assert_eq!(trial.leads().len(), 43);
    assert!(undo(&mut trial, 10) > 3);
    assert_eq!(trial.rows(), rows);
}

#[test]
fn facts_that_it_brought_are_taken_back() {
    let mut trial = before();
    let (names, leads) = (
        trial.leads(),
        [
            trial.lead(IdentityKind::User, "ann"),
            trial.lead(IdentityKind::Visitor, "v"),
            trial.lead(IdentityKind::Email, "eve@x.de"),
        ],
    );
    trial.take(
        "import:7",
        &[
            // An e-mail claimed, a visitor tied, two users made one, attributes set.
            (
                "i1",
                "08:00",
                &format!(r#""type": "identify", "userId": "x", "traits": {{"email": "eve@x.de"}}, {HISTORY}"#),
            ),
            ("i2", "08:10", &format!(r#""type": "identify", "userId": "x", "anonymousId": "v", {HISTORY}"#)),
            ("i3", "08:20", &format!(r#""type": "alias", "userId": "ann", "previousId": "x", {HISTORY}"#)),
            ("i4", "08:30", &format!(r#""type": "track", "event": "Demo Requested", "userId": "ann", {HISTORY}"#)),
        ],
    );
    assert_eq!(trial.leads(), [("ann".into(), 70.0)], "all are one");
    undo(&mut trial, 100);
    assert_eq!(trial.leads(), names);
    assert_eq!(
        [
            trial.lead(IdentityKind::User, "ann"),
            trial.lead(IdentityKind::Visitor, "v"),
            trial.lead(IdentityKind::Email, "eve@x.de")
        ],
        leads
    );
    assert_eq!(trial.identity(IdentityKind::User, "x"), None);
}

#[test]
fn what_others_said_as_well_stays_said() {
    let mut trial = before();
    let claim = r#""type": "identify", "userId": "x", "traits": {"email": "eve@x.de"}"#;
    trial.take("import:7", &[("i1", "08:00", &format!("{claim}, {HISTORY}"))]);
    trial.receive(&[
        ("d", "09:10", claim),
        ("e", "09:20", r#""type": "identify", "userId": "y", "traits": {"email": "eve@x.de"}"#),
    ]);
    undo(&mut trial, 1);
    assert_eq!(
        trial.lead(IdentityKind::Email, "eve@x.de"),
        trial.lead(IdentityKind::User, "x"),
        "x came with it before y, though later than the import"
    );
}

#[test]
fn it_goes_on_where_it_stopped() {
    let mut trial = before();
    trial.take("import:7", &[("i1", "08:00", &format!(r#""type": "page", "userId": "ann", {HISTORY}"#))]);
    assert!(trial.lane.undo("import:7", trial.now, 1).unwrap());
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    trial.lane = attractor_live::Lane::open(&trial.location, zones).unwrap();
    undo(&mut trial, 1);
    assert_eq!(trial.events().len(), 3);
    assert!(!trial.lane.undo("import:7", trial.now, 10).unwrap(), "nothing is left");
}

/// Its own lead was taken up into the person's; when nothing is left of the person, the visitor's lead is there again.
#[test]
fn a_visitor_outlives_the_person_that_it_turned_out_to_be() {
    let mut trial = Trial::new();
    trial.receive(&[("v", "10:00", r#""type": "page", "anonymousId": "v1""#)]);
    let visit = [("p", "10:01", r#""type": "identify", "userId": "ada""#)];
    trial.take("import:7", &visit);
    trial.take("import:7", &[("t", "10:02", r#""type": "identify", "userId": "ada", "anonymousId": "v1""#)]);
    assert_eq!(trial.leads(), [("ada".to_owned(), 10.0)]);
    undo(&mut trial, 100);
    assert_eq!(trial.leads(), [("v1".to_owned(), 10.0)]);
    trial.agrees();
}
