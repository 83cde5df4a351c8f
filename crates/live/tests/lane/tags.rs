//! Tags compare as `eq` does (contract §2, What).

use serde_json::json;

use crate::trial::Trial;

#[test]
fn a_tag_is_there_once_however_it_is_written() {
    let mut trial = Trial::new();
    let tags = ["\"VIP\"", "\"vip\"", "3", "\"3.0\"", "true", "\"True\""];
    for (minute, tag) in tags.iter().enumerate() {
        let rest = format!(
            r#""type": "track", "event": "Tagged", "userId": "ada", "properties": {{"tag": {tag}, "by": "x"}}"#
        );
        trial.receive(&[(&format!("m{minute}"), &format!("09:{minute:02}"), &rest)]);
    }
    assert_eq!(trial.attribute("ada", "tags"), json!(["VIP", 3, true]));
    let gone = r#""type": "track", "event": "Untagged", "userId": "ada", "properties": {"tag": "3"}"#;
    trial.receive(&[("gone", "09:30", gone)]);
    assert_eq!(trial.attribute("ada", "tags"), json!(["VIP", true]));
    trial.agrees();
}

fn tagged(user: &str, tag: &str) -> String {
    format!(
        r#""type": "track", "event": "Tagged", "userId": "{user}", "properties": {{"tag": "{tag}", "by": "import"}}"#
    )
}

#[test]
fn two_leads_made_one_keep_the_tags_of_both_lists() {
    let mut trial = Trial::new();
    trial.take("import:1", &[("a", "09:00", &tagged("old", "vip")), ("b", "09:00", &tagged("old", "partner"))]);
    trial.take("import:2", &[("c", "09:10", &tagged("new", "newsletter")), ("d", "09:11", &tagged("new", "vip"))]);
    trial.receive(&[("e", "09:20", r#""type": "alias", "previousId": "old", "userId": "new""#)]);
    assert_eq!(trial.attribute("new", "tags"), json!(["vip", "partner", "newsletter"]));
    trial.agrees();
}

#[test]
fn a_replaced_list_of_one_of_two_leads_counts_at_its_instant() {
    let mut trial = Trial::new();
    let replaced = r#""type": "identify", "userId": "old", "traits": {"tags": ["partner"]}"#;
    trial.receive(&[
        ("a", "09:00", &tagged("new", "before")),
        ("b", "09:10", replaced),
        ("c", "09:20", &tagged("new", "after")),
        ("d", "09:30", r#""type": "alias", "previousId": "old", "userId": "new""#),
    ]);
    assert_eq!(trial.attribute("new", "tags"), json!(["partner", "after"]));
    trial.agrees();
}
