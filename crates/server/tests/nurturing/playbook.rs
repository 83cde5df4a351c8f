//! Random playbooks with sequences, and what people do.

use attractor_engine::time::{Duration, Instant};
use serde_json::{Value, json};

use super::random::Dice;

pub const BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  <mj-text>Hello <a href="{{ "https://shop.example/hats" | attractor: "hats" }}">hats</a>
  <a href="{{ "https://shop.example/shirts" | attractor: "shirts" }}">shirts</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"#;

pub const PEOPLE: [&str; 6] = ["ann", "bob", "cyd", "dan", "eve", "fay"];
const TOPICS: [&str; 2] = ["hats", "shirts"];

/// A playbook with three sequences of random steps.
pub fn playbook(dice: &mut Dice) -> Value {
    let email = |id: &str, topic: Option<&str>| {
        let mut email = json!({"id": id, "subject": id, "body": "emails/body.mjml", "subscription": "news"});
        if let Some(topic) = topic {
            email["topic"] = topic.into();
            email["format"] = "guide".into();
        }
        email
    };
    let enrolls = [
        ("welcome", json!({"consent": "granted", "subscription": "news"})),
        ("track", json!({"event": "Form Submitted"})),
        ("clicked", json!({"event": "Email Link Clicked"})),
        ("cooled", json!({"not": {"score": "lead", "gte": 30}})),
    ];
    let sequences: Vec<Value> = enrolls.into_iter().map(|(id, enroll)| sequence(id, enroll, dice)).collect();
    let answer = *dice.pick(&["12h", "1d"]);
    json!({
        "playbook": "nurturing",
        "timezone": *dice.pick(&["UTC", "Europe/Berlin", "America/New_York"]),
        "topics": [{"id": "hats", "name": "Hats"}, {"id": "shirts", "name": "Shirts"}],
        "interests": {},
        "subscriptions": [{"id": "news", "name": "News"}],
        "scores": [{"id": "lead", "rules": [
            {"id": "form", "event": "Form Submitted", "points": 100, "decay": {"half_life": "3d"}},
            {"id": "click", "event": "Email Link Clicked", "points": 20, "decay": {"expires": "5d"}},
        ]}],
        "ladders": [{"id": "life", "score": "lead", "stages": [
            {"id": "cold", "name": "Cold"}, {"id": "warm", "name": "Warm", "from": 30}, {"id": "hot", "name": "Hot", "from": 70},
        ]}],
        "segments": [{"id": "engaged", "enter": {"score": "lead", "gte": 50}}],
        "cadence": {"ladder": "life", "every": {"cold": "6d", "warm": "3d", "hot": "1d"}, "answer": answer},
        "emails": [
            email("hello", None), email("more", None), email("hats-guide", Some("hats")), email("shirts-guide", Some("shirts")),
        ],
        "sequences": sequences,
    })
}

/// The same without anything that holds a copy.
pub fn calm(mut playbook: Value) -> Value {
    playbook.as_object_mut().unwrap().remove("cadence");
    for sequence in playbook["sequences"].as_array_mut().unwrap() {
        sequence.as_object_mut().unwrap().remove("review");
    }
    playbook
}

/// A pace does not change again for the same reason within this time.
pub const ADAPTS_WITHIN: Duration = Duration(10 * Duration::DAY.0);
/// The intervals that the cadence keeps between.
pub const SHORTEST_AND_LONGEST: [Duration; 2] = [Duration(12 * Duration::HOUR.0), Duration(7 * Duration::DAY.0)];

/// The same with a cadence that adapts soon.
pub fn adapting(mut playbook: Value) -> Value {
    let between = SHORTEST_AND_LONGEST.map(|interval| interval.to_string());
    playbook["cadence"]["adapt"] = json!({"slow_below": 0.15, "quicken_above": 0.4, "over": ADAPTS_WITHIN.to_string(),
        "min_sent": 5, "factor": 2.0, "between": between});
    playbook
}

fn sequence(id: &str, enroll: Value, dice: &mut Dice) -> Value {
    let count = 2 + dice.below(4);
    let steps: Vec<Value> = (0..count).map(|place| step(&format!("s{place}"), dice)).collect();
    let mut sequence = json!({"id": id, "enroll": enroll, "while": "always", "steps": steps});
    if dice.chance(40) {
        sequence["goal"] = json!({"event": "Demo Requested"});
    }
    if dice.chance(30) {
        sequence["again"] = json!({"after": "4d"});
    }
    if dice.chance(20) {
        sequence["review"] = true.into();
    }
    if dice.chance(30) {
        sequence["while"] = json!({"score": "lead", "gte": 10});
    } else if dice.chance(60) {
        // A reply ends it.
        sequence["while"] = json!({"not": {"event": "Email Replied", "within": "6d"}});
    }
    sequence
}

fn step(id: &str, dice: &mut Dice) -> Value {
    let wait = format!("{}h", 1 + dice.below(60));
    let email = *dice.pick(&["hello", "more", "hats-guide", "shirts-guide"]);
    match dice.below(10) {
        0..3 => json!({"id": id, "wait": wait}),
        3 => json!({"id": id, "wait": {"until": {"score": "lead", "lt": 50}, "at_most": wait}}),
        4 => json!({"id": id, "send": {"best": true}}),
        5 => json!({"id": id, "send": {"email": email, "class": "answer"}}),
        6 => json!({"id": id, "send": {"email": email, "not_after": wait}}),
        7 => json!({"id": id, "branch": {"if": {"stage": "life", "is": "hot"}, "then": [
            {"id": format!("{id}-then"), "send": email}], "else": [{"id": format!("{id}-else"), "wait": wait}]}}),
        _ => json!({"id": id, "send": email}),
    }
}

/// Somebody agrees to the news and, mostly, to be measured.
pub fn arrives(user: &str, dice: &mut Dice) -> Vec<Value> {
    let zone = *dice.pick(&["Europe/London", "Asia/Tokyo", "America/Denver"]);
    let traits = json!({"email": format!("{user}@people.test"), "country": "GB", "timezone": zone});
    let mut all = vec![json!({"type": "identify", "userId": user, "traits": traits})];
    if dice.chance(80) {
        all.push(event(user, "Tracking Allowed", json!({"proof": "the banner"})));
    }
    if dice.chance(90) {
        all.push(event(user, "Subscribed", json!({"subscription": "news", "proof": "the form, double opt-in"})));
    }
    all
}

/// Whether somebody asks for fewer mails or is away, which holds copies without any cadence.
pub fn slows(act: &Value) -> bool {
    act["event"] == "Frequency Chosen" || act["event"] == "Email Auto-Replied"
}

/// Something that somebody does beside reading mail.
pub fn acts(user: &str, now: Instant, dice: &mut Dice) -> Value {
    match dice.below(14) {
        0..4 => event(user, "Form Submitted", json!({})),
        4..6 => event(user, "Topic Chosen", json!({"topic": *dice.pick(&TOPICS)})),
        6 => event(user, "Email Replied", json!({})),
        7 => event(user, "Frequency Chosen", json!({"every": "4d"})),
        8 => event(user, "Demo Requested", json!({})),
        9 => event(user, "Deal Won", json!({"deal_id": user, "amount": 100, "currency": "EUR"})),
        10 => event(user, "Unsubscribed", json!({"subscription": "news"})),
        11..13 => event(user, "Email Auto-Replied", away(now, dice)),
        _ => json!({"type": "page", "userId": user, "properties": {"path": "/hats"}}),
    }
}

/// What a mailbox that answers by itself says: mostly, when somebody is back.
fn away(now: Instant, dice: &mut Dice) -> Value {
    let back = now + Duration(Duration::DAY.0 * (1 + dice.below(5) as i64));
    if dice.chance(70) { json!({"until": back.to_string()}) } else { json!({}) }
}

fn event(user: &str, event: &str, properties: Value) -> Value {
    json!({"type": "track", "userId": user, "event": event, "properties": properties})
}
