//! What is no message, by whatever way it came.

use attractor_live::Taken;

use crate::trial::Trial;

#[test]
fn a_text_that_no_store_can_hold_costs_its_message_alone() {
    let mut trial = Trial::new();
    let page = |text: &str| format!(r#""type": "page", "userId": "ada", "properties": {{"path": "{text}"}}"#);
    let (bad, good) = (page("/a\\u0000"), page("/a\\\\u0000"));
    let taken = trial.take("import:1", &[("a", "09:00", &bad), ("b", "09:01", &good)]);
    assert!(matches!(&taken[0], Taken::Refused(why) if why.contains("U+0000")), "{taken:?}");
    assert!(matches!(taken[1], Taken::New { .. }), "{taken:?}");
    trial.agrees();
}
