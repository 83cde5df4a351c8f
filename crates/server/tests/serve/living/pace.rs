//! How often people hear from us, over weeks of a moved clock: cold leads monthly, hot ones weekly; a slump slows a stage at
//! once; a buyer hears nothing, and a reply stops the sequence.

use attractor_engine::time::{Duration, Instant};
use serde_json::{Value, json};

use super::{Demo, databases, text};

const PLAYBOOK: &str = r#"
playbook: paced
topics: [{id: shirts, name: Shirts}]
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: form, event: Form Submitted, points: 100}]}]
ladders: [{id: life, score: lead, stages: [{id: cold, name: Cold}, {id: hot, name: Hot, from: 100}]}]
cadence: {ladder: life, every: {cold: 30d, hot: 7d}, ADAPT}
emails: [{id: news, subject: News, body: emails/body.mjml, subscription: news}]
sequences:
  - id: letters
    enroll: {consent: granted, subscription: news}
    while: {not: {event: Email Replied, within: 90d}}
    steps: [STEPS]
"#;

const BODY: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>News</mj-text></mj-column></mj-section></mj-body></mjml>";

/// The playbook with twelve letters, each as soon as the cadence lets it go.
fn playbook(adapt: &str) -> String {
    let steps: Vec<String> = (1..=12).map(|number| format!("{{id: letter-{number}, send: news}}")).collect();
    let playbook = PLAYBOOK.replace("STEPS", &steps.join(", "));
    if adapt.is_empty() { playbook.replace(", ADAPT", "") } else { playbook.replace("ADAPT", adapt) }
}

pub fn event(user: &str, event: &str, properties: Value) -> Value {
    json!({"type": "track", "userId": user, "event": event, "properties": properties})
}

/// Somebody in Britain who agreed to our news and to be measured.
pub fn person(user: &str) -> Vec<Value> {
    let traits = json!({"email": format!("{user}@people.test"), "country": "GB"});
    let proof = json!({"subscription": "news", "proof": "the form at /news, double opt-in"});
    vec![
        json!({"type": "identify", "userId": user, "traits": traits}),
        event(user, "Tracking Allowed", json!({"proof": "the banner"})),
        event(user, "Subscribed", proof),
    ]
}

/// On which days of the clock somebody was written to, from the first copy of all on.
fn days(copies: &[Value], user: &str) -> Vec<i64> {
    let at = |copy: &Value| Instant::parse(text(copy, "sent_at")).unwrap().0;
    let sent = || copies.iter().filter(|copy| copy["state"] == "sent");
    let first = sent().map(at).min().unwrap();
    let mut days: Vec<i64> = sent()
        .filter(|copy| text(copy, "lead_name") == user)
        .map(|copy| (at(copy) - first).div_euclid(Duration::DAY.0))
        .collect();
    days.sort_unstable();
    days
}

/// Whether copies come at least so many days apart, and at most a weekend later.
fn are_apart(days: &[i64], apart: i64) -> bool {
    days.windows(2).all(|two| (apart..=apart + 3).contains(&(two[1] - two[0])))
}

#[test]
fn cold_leads_hear_monthly_hot_ones_weekly_a_buyer_nothing_and_a_reply_stops_it() {
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(&playbook(""), BODY);
        for user in ["cold", "hot", "buyer", "replies", "warms-up"] {
            demo.tell(&person(user));
        }
        demo.tell(&[event("hot", "Form Submitted", json!({}))]);
        demo.go_on("3d");
        demo.tell(&[
            event("buyer", "Deal Won", json!({"deal_id": "d1", "amount": 100, "currency": "EUR"})),
            event("replies", "Email Replied", json!({})),
        ]);
        demo.go_on("20d");
        demo.tell(&[event("warms-up", "Form Submitted", json!({}))]);
        demo.go_on("45d");
        let copies = demo.all("/api/outbox");
        let of = |user: &str| days(&copies, user);
        assert!(of("cold").len() == 3 && are_apart(&of("cold"), 30), "{:?}", of("cold"));
        assert!(of("hot").len() >= 9 && are_apart(&of("hot"), 7), "{:?}", of("hot"));
        assert_eq!((of("buyer").len(), of("replies").len()), (1, 1), "what came before stays");
        let warmed = of("warms-up");
        assert!((22..=26).contains(&warmed[1]) && are_apart(&warmed[1..], 7), "{warmed:?}");
        let withdrawn = |user: &str| {
            let open = |copy: &&Value| matches!(text(copy, "state"), "waiting" | "claimed" | "draft");
            !copies.iter().filter(|copy| text(copy, "lead_name") == user).any(|copy| open(&copy))
        };
        assert!(withdrawn("replies"), "{copies:#?}");
    }
}

#[test]
fn a_slump_slows_a_stage_at_once() {
    let adapt =
        "adapt: {slow_below: 0.15, quicken_above: 0.4, over: 30d, min_sent: 20, factor: 1.5, between: [3d, 60d]}";
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(&playbook(adapt), BODY);
        let everybody: Vec<Value> = (0..25).flat_map(|number| person(&format!("reader-{number}"))).collect();
        demo.tell(&everybody);
        demo.go_on("4d");
        let status = demo.get("/api/cadence");
        assert_eq!((&status["stages"][0]["level"], text(&status["stages"][0], "interval")), (&json!(1), "45d"));
        demo.go_on("56d");
        let copies = demo.all("/api/outbox");
        for number in 0..25 {
            let days = days(&copies, &format!("reader-{number}"));
            assert!(days.len() == 2 && are_apart(&days, 45), "{days:?}");
        }
    }
}
