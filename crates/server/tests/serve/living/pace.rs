//! How often people hear from us, over weeks of a moved clock: cold leads monthly, hot ones weekly; a slump slows a stage at
//! once; a buyer hears nothing, and a reply stops the sequence. Who is not measured is judged by its choices.

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

const BODY: &str = r#"<mjml><mj-body><mj-section><mj-column><mj-text>News of
  <a href="{{ "https://shop.example/shirts" | attractor: "shirts" }}">shirts</a>
</mj-text></mj-column></mj-section></mj-body></mjml>"#;

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
    reader(user, "Tracking Allowed")
}

/// Somebody in Britain who agreed to our news; `tracking`, what was said of being measured.
fn reader(user: &str, tracking: &str) -> Vec<Value> {
    let traits = json!({"email": format!("{user}@people.test"), "country": "GB"});
    let proof = json!({"subscription": "news", "proof": "the form at /news, double opt-in"});
    vec![
        json!({"type": "identify", "userId": user, "traits": traits}),
        event(user, tracking, json!({"proof": "the banner"})),
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

/// What people say of being measured, with what the names of those begin with who say it.
const SAID: [(&str, &str); 2] = [("measured", "Tracking Allowed"), ("declined", "Tracking Declined")];

/// The whole once with people who are measured, and once with people who are not.
#[test]
fn cold_leads_hear_monthly_hot_ones_weekly_a_buyer_nothing_and_a_reply_stops_it() {
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(&playbook(""), BODY);
        for (kind, said) in SAID {
            for part in ["cold", "hot", "buyer", "replies", "warms-up"] {
                demo.tell(&reader(&format!("{kind}-{part}"), said));
            }
            demo.tell(&[event(&format!("{kind}-hot"), "Form Submitted", json!({}))]);
        }
        demo.go_on("3d");
        for (kind, _) in SAID {
            let deal = json!({"deal_id": kind, "amount": 100, "currency": "EUR"});
            demo.tell(&[
                event(&format!("{kind}-buyer"), "Deal Won", deal),
                event(&format!("{kind}-replies"), "Email Replied", json!({})),
            ]);
        }
        demo.go_on("20d");
        SAID.iter().for_each(|(kind, _)| demo.tell(&[event(&format!("{kind}-warms-up"), "Form Submitted", json!({}))]));
        demo.go_on("45d");
        let copies = demo.all("/api/outbox");
        SAID.iter().for_each(|(kind, _)| each_hears_at_its_own_pace(&copies, kind));
    }
}

fn each_hears_at_its_own_pace(copies: &[Value], kind: &str) {
    let of = |part: &str| days(copies, &format!("{kind}-{part}"));
    assert!(of("cold").len() == 3 && are_apart(&of("cold"), 30), "{kind}: {:?}", of("cold"));
    assert!(of("hot").len() >= 9 && are_apart(&of("hot"), 7), "{kind}: {:?}", of("hot"));
    assert_eq!((of("buyer").len(), of("replies").len()), (1, 1), "{kind}: what came before stays");
    let warmed = of("warms-up");
    assert!((22..=26).contains(&warmed[1]) && are_apart(&warmed[1..], 7), "{kind}: {warmed:?}");
    let replies = format!("{kind}-replies");
    let is_open = |copy: &Value| matches!(text(copy, "state"), "waiting" | "claimed" | "draft");
    let open = copies.iter().filter(|copy| text(copy, "lead_name") == replies).find(|copy| is_open(copy));
    assert_eq!(open, None, "{kind}: it is withdrawn");
}

const ADAPT: &str =
    "adapt: {slow_below: 0.15, quicken_above: 0.4, over: 30d, min_sent: 20, factor: 1.5, between: [3d, 60d]}";

#[test]
fn a_slump_slows_a_stage_at_once() {
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(&playbook(ADAPT), BODY);
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

/// Chooses the topic of each copy that somebody has got, as the button behind its link does; how many they are.
fn choose(demo: &Demo, user: &str) -> usize {
    let copies = demo.all("/api/outbox");
    let got = copies.iter().filter(|copy| text(copy, "lead_name") == user && text(copy, "state") == "sent");
    let choice = |copy: &Value| event(user, "Topic Chosen", json!({"topic": "shirts", "send_id": copy["send_id"]}));
    let chosen: Vec<Value> = got.map(choice).collect();
    demo.tell(&chosen);
    chosen.len()
}

#[test]
fn of_people_who_are_not_measured_each_is_slowed_or_sped_up_by_its_choices_and_no_stage_is() {
    const SILENT: usize = 6;
    let silent = || (0..SILENT).map(|number| format!("silent-{number}"));
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(&playbook(ADAPT), BODY);
        for user in silent().chain(["chooses".to_owned()]) {
            demo.tell(&reader(&user, "Tracking Declined"));
            demo.tell(&[event(&user, "Form Submitted", json!({}))]);
        }
        demo.go_on("16d");
        assert_eq!(choose(&demo, "chooses"), 3);
        demo.go_on("8d");
        let status = demo.get("/api/cadence");
        assert!(status["stages"].as_array().unwrap().iter().all(|stage| stage["level"] == 0), "{status:#}");
        assert_eq!((&status["slower_leads"], &status["faster_leads"]), (&json!(SILENT), &json!(1)), "{status:#}");
        let changes = status["changes"]["items"].as_array().unwrap();
        assert_eq!(changes.len(), SILENT + 1, "{changes:#?}");
        for change in changes {
            let (became, used) = match text(change, "lead_name") {
                "chooses" => (["faster", "7d", "4d 16h", "7d"], 3),
                _ => (["slower", "7d", "10d 12h", "10d 12h"], 0),
            };
            let found = ["direction", "before", "after", "applies"].map(|name| text(change, name));
            assert_eq!(found, became, "{change:#}");
            assert_eq!((&change["copies"], &change["used"]), (&json!(4), &json!(used)), "{change:#}");
        }
        demo.go_on("12d");
        let copies = demo.all("/api/outbox");
        let chose = days(&copies, "chooses");
        assert!(chose.len() == 5 && are_apart(&chose, 7), "{chose:?}");
        for user in silent() {
            let days = days(&copies, &user);
            // Half a day is over behind the hours of sending, before a weekend.
            assert!(days.len() == 5 && are_apart(&days[..4], 7) && days[4] - days[3] > 10, "{user}: {days:?}");
        }
    }
}
