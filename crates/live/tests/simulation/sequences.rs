//! Histories full of mail: few people under many names, who are enrolled together, join, part and reach goals, under
//! playbooks whose steps come and go.

use attractor_engine::time::{Duration, Instant};
use serde_json::{Value, json};

use super::naive::{Case, Dice};

/// A playbook with two sequences of mails.
fn playbook(dice: &mut Dice) -> Value {
    let step = |id: &str| json!({"id": id, "send": {"email": "hello", "not_after": "3d"}});
    let mut sequences = Vec::new();
    for (id, event) in [("welcome", "Asked"), ("track", "Page Viewed")] {
        let mut steps = Vec::new();
        for name in ["first", "second", "third"] {
            if dice.chance(80) {
                steps.push(step(name));
            }
            if dice.chance(40) {
                steps.push(json!({"wait": format!("{}h", 1 + dice.below(5))}));
            }
        }
        if steps.is_empty() {
            steps.push(step("only"));
        }
        let again = if dice.chance(50) { "always" } else { "never" };
        let mut sequence =
            json!({"id": id, "enroll": {"event": event}, "while": "always", "again": again, "steps": steps});
        if dice.chance(30) {
            sequence["review"] = true.into();
        }
        if dice.chance(60) {
            sequence["goal"] = json!({"event": "Bought"});
        }
        sequences.push(sequence);
    }
    json!({
        "playbook": "mails",
        "emails": [{"id": "hello", "subject": "Hello", "body": "<mjml><mj-body></mj-body></mjml>"}],
        "sequences": sequences,
    })
}

/// Another version of the playbook of such a history.
pub fn other_playbook(dice: &mut Dice) -> String {
    playbook(dice).to_string()
}

pub fn case(seed: u64) -> Case {
    let mut dice = Dice::new(seed ^ 0x3a11);
    let playbook = playbook(&mut dice);
    let mut at = Instant::parse("2026-03-02T09:00:00Z").expect("an instant");
    let mut lines = Vec::new();
    for number in 0..12 + dice.below(25) {
        // Some happen at one instant.
        if dice.chance(70) {
            at = at + Duration(Duration::HOUR.0 / 4 * dice.below(20) as i64);
        }
        let mut message = event(&mut dice);
        message["messageId"] = format!("e{number}").into();
        message["timestamp"] = at.to_string().into();
        lines.push(message.to_string());
    }
    let end = at + Duration::DAY;
    Case { playbook, lines, at: Some(end.to_string()) }
}

fn event(dice: &mut Dice) -> Value {
    let users = ["ann", "bob", "cyd", "dan"];
    let (user, visitor) = (*dice.pick(&users), *dice.pick(&["v1", "v2", "v3"]));
    match dice.below(10) {
        0..2 => json!({"type": "alias", "userId": user, "previousId": *dice.pick(&users)}),
        2 => json!({"type": "identify", "userId": user, "anonymousId": visitor}),
        3 => json!({"type": "track", "event": "Bought", "userId": user}),
        4 => json!({
            "type": "track", "event": *dice.pick(&["Sequence Stopped", "Sequence Entered"]), "userId": user,
            "properties": {"sequence": "track"},
        }),
        5 => json!({"type": "page", "anonymousId": visitor}),
        6 => json!({"type": "page", "userId": user}),
        _ => json!({"type": "track", "event": "Asked", "userId": user}),
    }
}
