//! A verdict on what caused an event.

use attractor_live::{Amended, Arrived, Fills, Taken};
use attractor_store::moves::{MoveKind, MoveReason};
use attractor_store::{Error, IdentityKind, Kind, LeadId};

use crate::trial::{Trial, at};

const DEMO: &str = r#""type": "track", "event": "Demo Requested", "userId": "ann""#;

fn asked() -> (Trial, LeadId) {
    let mut trial = Trial::new();
    trial.receive(&[("p", "09:00", r#""type": "page", "userId": "ann""#), ("d", "09:10", DEMO)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    (trial, lead)
}

#[test]
fn what_a_machine_caused_never_counted_and_does_again() {
    let (mut trial, lead) = asked();
    assert_eq!(trial.leads(), [("ann".into(), 60.0)]);
    trial.now = at("09:30");
    assert_eq!(trial.lane.judge(lead, "d", true, "user:1", trial.now).unwrap(), Amended::Done);
    assert_eq!(trial.leads(), [("ann".into(), 10.0)]);
    trial.agrees();
    let revised: Vec<String> =
        trial.moves(lead).into_iter().filter_map(|noted| Some(noted.revised?.1.to_string())).collect();
    assert_eq!(revised, ["verdict", "verdict"], "into the stage and the segment");
    let context = &serde_json::from_str::<serde_json::Value>(&trial.events()[1].message).unwrap()["context"];
    assert_eq!((&context["machine"], &context["attractor"]["verdict"]["by"]), (&true.into(), &"user:1".into()));
    assert_eq!(trial.lane.judge(lead, "d", true, "user:1", trial.now).unwrap(), Amended::AsBefore);
    assert_eq!(trial.lane.judge(lead, "d", false, "user:1", trial.now).unwrap(), Amended::Done);
    assert_eq!(trial.leads(), [("ann".into(), 60.0)]);
    trial.agrees();
}

#[test]
fn a_verdict_within_the_hour_enrols_and_a_later_one_does_not() {
    for (time, enrols) in [("09:50", true), ("10:30", false)] {
        let mut trial = Trial::new();
        trial.receive(&[("p", "09:00", r#""type": "page", "userId": "ann""#)]);
        trial.receive(&[("d", "09:10", &format!(r#"{DEMO}, "context": {{"machine": true}}"#))]);
        let lead = trial.lead(IdentityKind::User, "ann");
        trial.now = at(time);
        assert_eq!(trial.lane.judge(lead, "d", false, "user:1", trial.now).unwrap(), Amended::Done);
        assert_eq!(trial.moves(lead).iter().any(|noted| noted.kind == MoveKind::Sequence), enrols, "at {time}");
        trial.agrees();
    }
}

/// What a click says of its lead, for as long as it is a person's.
#[test]
fn what_is_taken_back_never_was_and_counts_again_when_it_is_reinstated() {
    let (mut trial, lead) = asked();
    let reason = Some(MoveReason::Verdict);
    trial.receive(&[("s", "09:20", r#""type": "identify", "userId": "ann", "traits": {"pain": "reporting"}"#)]);
    trial.receive(&[("t", "09:21", r#""type": "identify", "userId": "ann", "anonymousId": "v""#)]);
    trial.now = at("09:30");
    let now = trial.now;
    let withdraw = |trial: &mut Trial, id| trial.lane.deed(now, |deed| deed.withdraw(lead, id, reason)).unwrap();
    assert_eq!(withdraw(&mut trial, "s"), Amended::Done);
    assert_eq!(trial.attribute("ann", "pain"), serde_json::Value::Null);
    assert_eq!(withdraw(&mut trial, "d"), Amended::Done);
    assert_eq!(trial.leads(), [("ann".into(), 10.0)]);
    assert!(matches!(withdraw(&mut trial, "d"), Amended::Refused(_)), "it is gone");
    assert_eq!(withdraw(&mut trial, "t"), Amended::Done);
    let reinstate = |trial: &mut Trial, id| trial.lane.deed(now, |deed| deed.reinstate(lead, id, reason)).unwrap();
    assert_eq!((reinstate(&mut trial, "s"), reinstate(&mut trial, "d")), (Amended::Done, Amended::Done));
    assert_eq!((trial.attribute("ann", "pain"), trial.leads()), ("reporting".into(), vec![("ann".into(), 60.0)]));
    assert!(matches!(reinstate(&mut trial, "d"), Amended::Refused(_)), "it counts already");
    assert!(matches!(reinstate(&mut trial, "t"), Amended::Refused(_)), "who is who is said anew");
    trial.agrees();
}

/// The judge takes a click with its verdict, in one transaction.
#[test]
fn a_click_that_is_judged_late_is_stored_with_what_else_is_noted_or_not_at_all() {
    let (mut trial, lead) = asked();
    trial.receive(&[("p2", "09:40", r#""type": "page", "userId": "ann""#)]);
    let json = format!(
        r#"{{"messageId": "c", "timestamp": "{}", "type": "track", "event": "Demo Requested", "userId": "ann"}}"#,
        at("09:30")
    );
    let click = Arrived { json, received_at: at("09:50"), origin: "mail".into(), fills: Fills::All };
    let failed = trial.lane.deed(at("09:50"), |deed| {
        deed.take(std::slice::from_ref(&click))?;
        Err::<(), _>(Error::new(Kind::Other, "the verdict could not be kept"))
    });
    assert!(failed.is_err());
    assert_eq!(trial.events().len(), 3);
    let taken = trial.lane.deed(at("09:50"), |deed| deed.take(&[click.clone(), click.clone()])).unwrap();
    assert_eq!(taken, [Taken::New { lead }, Taken::Repeated]);
    trial.now = at("09:50");
    trial.agrees();
}

#[test]
fn a_lead_of_whom_only_machines_told_is_nowhere() {
    let mut trial = Trial::new();
    trial.receive(&[("d", "09:10", DEMO)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    trial.lane.judge(lead, "d", true, "user:1", trial.now).unwrap();
    assert!(trial.rows().iter().all(|row| !row.starts_with("places")));
    trial.agrees();
}

#[test]
fn what_is_no_event_or_no_track_is_refused_with_a_word() {
    let (mut trial, lead) = asked();
    trial.receive(&[("i", "09:20", r#""type": "identify", "userId": "ann", "traits": {"size": 5}"#)]);
    for (lead, id) in [(lead, "x"), (lead, "i"), (LeadId(lead.0 + 256_000), "d")] {
        let judged = trial.lane.judge(lead, id, true, "user:1", trial.now).unwrap();
        assert!(matches!(judged, Amended::Refused(why) if why.contains(id)));
    }
}
