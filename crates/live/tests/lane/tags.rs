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
        trial.hear(&[(&format!("m{minute}"), &format!("09:{minute:02}"), &rest)]);
    }
    assert_eq!(trial.attribute("ada", "tags"), json!(["VIP", 3, true]));
    let gone = r#""type": "track", "event": "Untagged", "userId": "ada", "properties": {"tag": "3"}"#;
    trial.hear(&[("gone", "09:30", gone)]);
    assert_eq!(trial.attribute("ada", "tags"), json!(["VIP", true]));
    trial.agrees();
}
