//! Alerts that follow from what somebody did by hand.

use serde_json::json;

use super::{ADA, OWNER, PLAYBOOK, User, begin, known, letters, open};
use crate::inbound::header;
use crate::running::Place;
use crate::sink::Sink;
use crate::world::{command, tell};

const WORTH: &str = "  - {id: worth, name: Worth a call, enroll: {segment: wanted}, \
    steps: [{id: tell, alert: {to: sales, say: Worth a call now}}]}\n";

#[test]
fn an_alert_says_that_somebody_pinned_the_lead_and_leaves_out_what_is_over() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        place.write("playbook/playbook.yaml", &format!("{PLAYBOOK}{WORTH}"));
        let folder = place.path().join("playbook").display().to_string();
        let applied = command(place, &["apply", &folder, "--yes", "--force"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        tell(&server, &[known("c-1", json!({}))]);
        let olga = User::sign_in(&server, OWNER);
        for (deed, segment) in [("pin", "reached"), ("release", "reached"), ("pin", "wanted")] {
            let done = olga.ask("POST", &format!("/api/leads/c-1/{deed}"), json!({"segment": segment}));
            assert_eq!(done.status, 200, "{done:?}");
        }
        letters(place, "alert", 2);
        let mails = sink.mails(ADA);
        let mail = mails.iter().find(|mail| header(mail, "Subject").contains("Worth a call now")).unwrap();
        let plain = mail.replace("=\r\n", "");
        assert!(plain.contains("Worth a call now (pinned to ") && plain.contains(" by Olga)"), "{plain}");
        assert!(plain.contains("entered ") && !plain.contains("Reached"), "{plain}");
        let calls = open(place, 1);
        let reasons = calls[0]["reasons"].as_array().unwrap();
        let worth = reasons.iter().find(|reason| reason["say"] == "Worth a call now").unwrap();
        assert_eq!((&worth["sequence"], &worth["by_name"]), (&json!("worth"), &json!("Olga")), "{worth}");
        assert!(worth["by"].as_str().unwrap().starts_with("user:"), "{worth}");
        server.stop();
    });
}
