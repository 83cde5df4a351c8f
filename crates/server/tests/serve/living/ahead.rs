//! The outbox of the next 14 days comes true: on a clock that nobody but time moves, every copy leaves, is skipped or is
//! withdrawn at the millisecond that was promised, and nothing else leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::pace::{event, person};
use super::{Demo, databases, text};

const PLAYBOOK: &str = r#"
playbook: ahead
timezone: Europe/Berlin
topics: [{id: shirts, name: Shirts}, {id: hats, name: Hats}]
interests: {}
subscriptions: [{id: news, name: Our news}, {id: offers, name: Offers}]
scores: [{id: lead, rules: [{id: form, event: Form Submitted, points: 100, decay: {half_life: 4d}}]}]
ladders: [{id: life, score: lead, stages: [{id: cold, name: Cold}, {id: hot, name: Hot, from: 40}]}]
segments: [{id: cooled, enter: {score: lead, lt: 60}}]
cadence: {ladder: life, every: {cold: 5d, hot: 2d}, answer: 1d}
emails:
  - {id: news, name: News, subject: News, body: emails/body.mjml, subscription: news}
  - {id: offer, name: Offer, subject: Offer, body: emails/body.mjml, subscription: offers}
  - {id: shirts, name: Shirt guide, subject: Shirts, body: emails/body.mjml, subscription: news, topic: shirts, format: guide}
  - {id: hats, name: Hat guide, subject: Hats, body: emails/body.mjml, subscription: news, topic: hats, format: guide}
sequences:
  - id: letters
    name: Letters
    enroll: {consent: granted, subscription: news}
    while: always
    goal: {event: Demo Requested}
    steps:
      - {id: one, send: news}
      - {id: pause, wait: 36h}
      - {id: two, send: {email: news, not_after: 12h}}
      - {id: refused, send: offer}
      - {id: until, wait: {until: {segment: cooled}, at_most: 4d}}
      - {id: fork, branch: {if: {stage: life, is: hot}, then: [{id: three, send: {email: news, class: answer}}], else: [{id: four, wait: 3h}]}}
      - {id: five, send: news}
  - id: reading
    name: Reading
    enroll: {event: Form Submitted}
    while: {score: lead, gte: 20}
    steps: [{id: a, send: {best: true}}, {id: b, send: {best: true}}, {id: c, send: {best: true}}, {id: d, send: news}]
  - id: fading
    name: Fading
    enroll: {event: Form Submitted}
    while: {score: lead, gte: 90}
    steps: [{id: only, send: news}]
  - id: reviewed
    name: Reviewed
    review: true
    enroll: {event: Topic Chosen}
    while: always
    steps: [{id: first, send: {email: news, not_after: 30h}}, {id: then, wait: 1h}, {id: second, send: news}]
  - id: counting
    name: Counting
    enroll: {event: Email Sent, count: {gte: 2}}
    while: always
    steps: [{id: only, send: {email: news, class: answer}}]
"#;

const BODY: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>News</mj-text></mj-column></mj-section></mj-body></mjml>";

/// What was promised of a copy, or what became of it: how it ended, when, and why it was skipped.
type End = (String, String, String);

/// Everything that the next 14 days bring, page after page.
fn ahead(demo: &Demo) -> (Value, Vec<Value>) {
    let (mut copies, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = demo.get(&format!("/api/outbox/ahead?days=14&limit=3{cursor}"));
        copies.extend(page["copies"]["items"].as_array().unwrap().iter().cloned());
        match page["copies"]["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (page, copies),
        }
    }
}

fn promised(copies: &[Value]) -> BTreeMap<String, End> {
    let ended = copies.iter().filter(|copy| copy["at"].is_string());
    let end = |copy: &Value| -> End { ["end", "at", "reason"].map(|name| text(copy, name).to_owned()).into() };
    ended.map(|copy| (text(copy, "send_id").to_owned(), end(copy))).collect()
}

/// What became of copies between two instants.
fn became(copies: &[Value], (from, until): (&str, &str)) -> BTreeMap<String, End> {
    let mut found = BTreeMap::new();
    for copy in copies {
        let (state, ended) = (text(copy, "state"), text(copy, "ended_at"));
        let sent = text(copy, "sent_at");
        let end = match state {
            "sent" => ("leaves", sent),
            "skipped" => ("skipped", ended),
            _ => continue,
        };
        if end.1 > from && end.1 <= until {
            let reason = if state == "skipped" { text(copy, "reason") } else { "" };
            found.insert(text(copy, "send_id").to_owned(), (end.0.to_owned(), end.1.to_owned(), reason.to_owned()));
        }
    }
    found
}

fn people() -> Vec<Value> {
    let mut all: Vec<Value> = ["cold", "hot", "reader", "reviewed", "buyer"].into_iter().flat_map(person).collect();
    all.extend([
        event("hot", "Form Submitted", json!({})),
        event("reader", "Topic Chosen", json!({"topic": "shirts"})),
        event("reader", "Form Submitted", json!({})),
        event("reviewed", "Topic Chosen", json!({"topic": "hats"})),
    ]);
    // Nobody may write to somebody without an address, and somebody chose a pause.
    all.push(event("nobody", "Form Submitted", json!({})));
    all.extend(person("slow"));
    all.push(event("slow", "Frequency Chosen", json!({"every": "9d"})));
    all
}

#[test]
fn the_outbox_of_the_next_14_days_comes_true_to_the_millisecond() {
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(PLAYBOOK, BODY);
        demo.tell(&people());
        demo.go_on("5h");
        demo.tell(&[event("buyer", "Deal Won", json!({"deal_id": "d1", "amount": 100, "currency": "EUR"}))]);
        demo.go_on("1h");
        let (page, copies) = ahead(&demo);
        each_says_what_it_does(&copies);
        enrollments_say_the_same_as_their_leads(&demo, &copies);
        let promised = promised(&copies);
        let ends: BTreeSet<&str> = promised.values().map(|end| end.0.as_str()).collect();
        assert_eq!(ends, BTreeSet::from(["leaves", "skipped", "withdrawn"]), "{promised:#?}");
        assert!(promised.len() >= 15, "{promised:#?}");
        let instants: BTreeSet<&str> = promised.values().map(|end| end.1.as_str()).collect();
        for instant in instants {
            demo.go_on(instant);
        }
        demo.go_on(text(&page, "until"));
        let span = (text(&page, "at"), text(&page, "until"));
        let outbox = demo.all("/api/outbox");
        let decided: BTreeMap<String, End> = promised
            .iter()
            .filter(|(_, end)| end.0 != "withdrawn")
            .map(|(id, end)| (id.clone(), end.clone()))
            .collect();
        assert_eq!(became(&outbox, span), decided);
        let state = |id: &str| outbox.iter().find(|copy| text(copy, "send_id") == id).map(|copy| text(copy, "state"));
        for (id, _) in promised.iter().filter(|(_, end)| end.0 == "withdrawn") {
            assert_eq!(state(id), Some("withdrawn"), "{id}");
        }
        days_add_up(&page, &promised);
    }
}

fn each_says_what_it_does(copies: &[Value]) {
    let (mut held, mut new) = (0, 0);
    for copy in copies {
        let what = text(copy, "what");
        assert!(what.starts_with(char::is_uppercase) && what.ends_with('.'), "{copy}");
        assert!(what.contains("2026-") && what.contains(" Europe/Berlin"), "{copy}");
        assert_eq!(copy["estimate"], Value::Null, "{copy}");
        let holds = copy["holds"].as_array().unwrap();
        held += holds.iter().filter(|hold| text(hold, "why").contains("at most one e-mail every")).count();
        new += usize::from(copy["is_asked"] == false);
    }
    assert!(held >= 5 && new >= 10, "{held} held, {new} not asked for yet: {copies:#?}");
}

fn days_add_up(page: &Value, promised: &BTreeMap<String, End>) {
    let days = page["days"].as_array().unwrap();
    let sum = |name: &str| days.iter().map(|day| day[name].as_i64().unwrap()).sum::<i64>();
    let count = |end: &str| promised.values().filter(|found| found.0 == end).count() as i64;
    for (name, end) in [("leaving", "leaves"), ("skipped", "skipped"), ("withdrawn", "withdrawn")] {
        assert_eq!(sum(name), count(end), "{name}: {days:#?}");
    }
    assert_eq!(sum("estimates"), 0);
    let names: Vec<&str> = days.iter().map(|day| text(day, "day")).collect();
    assert!(names.is_sorted() && names.iter().all(|name| name.len() == 10), "{names:?}");
    assert!(page["waiting"].as_array().unwrap().iter().all(|one| text(one, "why").ends_with('.')), "{page}");
}

/// The page of an enrollment, its lead and `attractor explain` foresee the same.
fn enrollments_say_the_same_as_their_leads(demo: &Demo, copies: &[Value]) {
    let mut foreseen = 0;
    for user in ["cold", "hot", "reader", "reviewed", "slow"] {
        let lead = demo.get(&format!("/api/leads/{user}"));
        for track in lead["sequences"].as_array().unwrap() {
            let id = text(track, "sequence");
            if track["last_began"].is_null() {
                continue;
            }
            let page = demo.get(&format!("/api/leads/{user}/enrollments/{id}"));
            let own = |one: &&Value| {
                text(one, "subject") == id && ["sequence", "send", "alert", "withdrawn"].contains(&text(one, "kind"))
            };
            let of_lead: Vec<&Value> = lead["ahead"].as_array().unwrap().iter().filter(own).collect();
            let of_page: Vec<&Value> = page["ahead"].as_array().unwrap().iter().collect();
            assert_eq!(of_page, of_lead, "{user} {id}");
            let of_outbox: Vec<&Value> =
                copies.iter().filter(|copy| text(copy, "lead_name") == user && text(copy, "sequence") == id).collect();
            let of_page: Vec<&Value> = page["copies_ahead"].as_array().unwrap().iter().collect();
            assert_eq!(in_order(of_page), in_order(of_outbox), "{user} {id}");
            foreseen += page["copies_ahead"].as_array().unwrap().len();
            is_explained(&page, track);
        }
    }
    assert!(foreseen > 10, "{foreseen}");
    steps_add_up(demo);
}

fn in_order(mut copies: Vec<&Value>) -> Vec<&Value> {
    copies.sort_by_key(|copy| text(copy, "send_id").to_owned());
    copies
}

fn is_explained(page: &Value, track: &Value) {
    let enrollment = &track["enrollment"];
    assert_eq!(page["state"] == "going_on", !enrollment.is_null(), "{page:#}");
    assert!(text(page, "what").contains(" Europe/Berlin"), "{page:#}");
    assert!(!page["done"].as_array().unwrap().is_empty(), "{page:#}");
    for fact in page["done"].as_array().unwrap() {
        assert!(!text(fact, "what").is_empty() && text(fact, "at").ends_with('Z'), "{fact}");
    }
    if enrollment.is_null() {
        return;
    }
    assert_eq!(page["step"]["id"], enrollment["step"], "{page:#}");
    let ends: Vec<&str> = page["ends"].as_array().unwrap().iter().map(|end| text(end, "what")).collect();
    assert!(!ends.is_empty() && ends.iter().all(|end| end.starts_with("It ") && end.ends_with('.')), "{ends:?}");
    let next = &page["next"];
    assert!(text(next, "what").ends_with('.'), "{page:#}");
    assert!(!next["why_not_sooner"].as_array().unwrap().is_empty() || next["at"].is_null(), "{page:#}");
}

fn steps_add_up(demo: &Demo) {
    for (sequence, steps) in [("letters", 8), ("reading", 4), ("reviewed", 3), ("counting", 1)] {
        let page = demo.get(&format!("/api/sequences/{sequence}/enrollments?limit=2"));
        let counts: Vec<&Value> = page["steps"].as_array().unwrap().iter().collect();
        assert!(counts.len() >= steps, "{page:#}");
        let leads: i64 = counts.iter().map(|step| step["leads"].as_i64().unwrap()).sum();
        assert_eq!(Some(leads), page["enrolled"].as_i64(), "{page:#}");
        let all = demo.enrolled(sequence, "");
        assert_eq!(all.len() as i64, leads, "{all:#?}");
        for step in counts.iter().filter(|step| step["leads"] != 0) {
            let id = text(step, "id");
            let there = demo.enrolled(sequence, &format!("&step={id}"));
            assert_eq!(Some(there.len() as i64), step["leads"].as_i64(), "{id}");
            assert!(there.iter().all(|lead| text(lead, "waits").ends_with('.')), "{there:#?}");
        }
    }
}

impl Demo {
    fn enrolled(&self, sequence: &str, part: &str) -> Vec<Value> {
        let (mut leads, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/api/sequences/{sequence}/enrollments?limit=2{part}{cursor}"));
            let has_counts = [&page["enrolled"], &page["steps"]].map(|counts| !counts.is_null());
            assert_eq!(has_counts, [cursor.is_empty(); 2], "{page:#}");
            leads.extend(page["leads"]["items"].as_array().unwrap().iter().cloned());
            match page["leads"]["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return leads,
            }
        }
    }
}
