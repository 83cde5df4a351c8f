//! Wake-ups: when a lead is looked at again by itself.

use attractor_store::leads;
use attractor_store::versions::Version;

use crate::trial::Trial;

/// Points that fade and never fall below the edge: 50 of them stay.
const FADING: &str = r#"
playbook: fading
scores:
  - id: lead
    rules:
      - {id: visit, event: Page Viewed, points: 10, decay: {half_life: 30d}}
      - {id: demo, event: Demo Requested, points: 50}
ladders:
  - {id: lifecycle, score: lead, stages: [{id: low}, {id: high, from: 50}]}
"#;

#[test]
fn what_never_changes_wakes_nobody() {
    let mut trial = Trial::new();
    let files = serde_json::json!({"playbook.yaml": FADING}).to_string();
    let version = Version { number: 2, at: trial.now.0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    trial.hear(&[("a", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ada""#)]);
    trial.hear(&[("b", "09:01", r#""type": "page", "userId": "ada""#)]);
    assert_eq!(trial.row(trial.lead(0, "ada")).unwrap().wake, None);
    assert_eq!(leads::first_wake(&mut trial.reader()).unwrap(), None);
}
