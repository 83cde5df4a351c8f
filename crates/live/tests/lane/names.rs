//! What a lead is called after aliases.

use crate::trial::Trial;

#[test]
fn the_last_alias_of_a_group_has_the_last_word() {
    let mut trial = Trial::new();
    for user in ["a", "b", "c"] {
        trial.receive(&[(user, "09:00", &format!(r#""type": "page", "userId": "{user}""#))]);
    }
    let alias = |from: &str, to: &str| format!(r#""type": "alias", "userId": "{to}", "previousId": "{from}""#);
    trial.receive(&[("ab", "09:10", &alias("a", "b")), ("bc", "09:40", &alias("b", "c"))]);
    assert_eq!(trial.leads(), [("c".into(), 30.0)]);
    // The first of these alone would call it b, the second calls it c again.
    trial.receive(&[("ca", "09:10", &alias("c", "a")), ("bc2", "09:05", &alias("b", "c"))]);
    assert_eq!(trial.leads(), [("c".into(), 30.0)]);
    trial.agrees();
}
