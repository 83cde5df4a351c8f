//! Whose a visitor is, from which instant on.

use attractor_live::Lane;

use crate::trial::Trial;

/// What changes no lead must be stored as well: the next process knows nothing else.
#[test]
fn a_visitor_that_comes_back_to_a_person_is_hers_after_a_restart_too() {
    let identify = |user: &str| format!(r#""type": "identify", "userId": "{user}", "anonymousId": "v""#);
    for restarts in [false, true] {
        let mut trial = Trial::new();
        trial.receive(&[("a", "09:00", &identify("ann"))]);
        trial.receive(&[("b", "09:20", &identify("ann"))]);
        if restarts {
            trial.lane = Lane::open(&trial.location, jiff::tz::TimeZoneDatabase::bundled()).unwrap();
        }
        // It comes late: for ten minutes, the visitor was somebody else.
        trial.receive(&[("c", "09:10", &identify("bob"))]);
        trial.receive(&[("d", "09:30", r#""type": "page", "anonymousId": "v""#)]);
        assert_eq!(trial.leads(), [("ann".into(), 10.0), ("bob".into(), 0.0)], "restarts: {restarts}");
        trial.agrees();
    }
}
