//! The half-year of the demo: people get what they chose, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::program::{program, ran};
use super::{Demo, databases, text};

const LEADS: &str = "120";

/// What the ledger says of one lead, the oldest event first.
struct Events(Vec<Value>);

impl Events {
    fn of(demo: &Demo, lead: &str) -> Events {
        let mut all = demo.all(&format!("/api/leads/{lead}/events"));
        all.sort_by_key(|event| text(event, "at").to_owned());
        Events(all)
    }

    fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Value> {
        self.0.iter().filter(move |event| event["message"]["event"] == name)
    }

    /// The topics that a person pulled: by clicks, choices, downloads, webinars and pages, with the e-mail if there was one.
    fn pulled(&self) -> BTreeSet<(String, String)> {
        let human = self.0.iter().filter(|event| event["machine"] != true);
        let topic = |event: &Value| {
            let properties = &event["message"]["properties"];
            let path = text(properties, "path").to_owned();
            let of_page = TOPICS.iter().find(|topic| path.contains(*topic)).map(|topic| (*topic).to_owned());
            let topic = properties["topic"].as_str().map(str::to_owned).or(of_page)?;
            Some((topic, text(properties, "email_id").to_owned()))
        };
        let is_letter = |event: &&Value| text(&event["message"], "event") == "Email Sent";
        human.filter(|event| !is_letter(event)).filter_map(topic).collect()
    }
}

/// What a person does with an e-mail that was opened.
const USES: [&str; 4] = ["Email Opened", "Email Link Clicked", "Topic Chosen", "Email Replied"];
const TOPICS: [&str; 6] = ["scheduling", "stock", "maintenance", "quality", "costing", "integrations"];

#[test]
fn people_get_what_they_chose_and_the_same_seed_gives_the_same_half_year() {
    let mut before = None;
    for database in databases() {
        let demo = Demo::start(LEADS, database);
        broadcasts_add_up_and_follow_ups_reach_those_who_chose(&demo);
        a_broadcast_in_waves_is_repeated_for_those_who_did_not_open_it(&demo);
        the_better_of_two_subjects_is_published(&demo);
        topics_have_the_people_who_pulled_them(&demo);
        nobody_is_written_to_who_left(&demo);
        readme_shows_it(&demo.half_year);
        let same = before.get_or_insert_with(|| demo.half_year.clone());
        assert_eq!(*same, demo.half_year);
    }
    if databases().len() == 1 {
        assert_eq!(before.unwrap(), Demo::start(LEADS, None).half_year);
    }
}

/// The example of README is one month of this half-year.
fn readme_shows_it(half_year: &[String]) {
    let readme = include_str!("../../../../../README.md");
    let command = format!("attractor demo --leads {LEADS} --seed 3 --speed 0 --end 2026-06-30T06:00:00Z\n…\n");
    let (_, shown) = readme.split_once(&command).expect("README has the example with these options");
    let (month, _) = shown.split_once("\n```").unwrap();
    assert!(half_year.join("\n").contains(month), "README shows\n{month}\nbut it is\n{}", half_year.join("\n"));
}

fn broadcasts_add_up_and_follow_ups_reach_those_who_chose(demo: &Demo) {
    let copies = demo.all("/api/outbox");
    let all = demo.all("/api/broadcasts");
    let (follow_ups, own): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|one| one["follow_up_of"].is_string());
    assert!(own.len() >= 3, "{own:?}");
    for broadcast in all.iter().filter(|one| one["state"] != "draft") {
        let report = demo.get(&format!("/api/broadcasts/{}/report", text(broadcast, "id")));
        let of = |name: &str| report[name].as_i64().unwrap();
        let sum: i64 =
            ["sent", "failed", "skipped", "in_doubt", "withdrawn", "open", "erased"].iter().map(|name| of(name)).sum();
        assert_eq!(of("audience"), sum, "{report}");
        assert!(of("failed") == 0 && of("in_doubt") == 0, "{report}");
    }
    let pulled: Vec<i64> = own
        .iter()
        .filter_map(|one| {
            let report = demo.get(&format!("/api/broadcasts/{}/report", text(one, "id")));
            Some(report["topics"].as_array()?.len() as i64)
        })
        .collect();
    assert!(pulled.iter().sum::<i64>() >= 6, "topics pull people apart: {pulled:?}");
    let mut reached = 0;
    for follow_up in follow_ups {
        let source = format!("/broadcast/{}", text(follow_up, "id"));
        let condition = follow_up["audience"].to_string();
        for copy in copies.iter().filter(|copy| text(copy, "send_id").ends_with(&source)) {
            let pulled = Events::of(demo, text(copy, "lead")).pulled();
            let is_meant = |(topic, email): &(String, String)| condition.contains(topic) && condition.contains(email);
            assert!(pulled.iter().any(is_meant), "{copy} {condition} {pulled:?}");
            reached += 1;
        }
    }
    assert!(reached > 0, "follow-ups reach people");
}

fn a_broadcast_in_waves_is_repeated_for_those_who_did_not_open_it(demo: &Demo) {
    let all = demo.all("/api/broadcasts");
    let in_waves = |one: &&Value| one["waves"].is_object() && one["resend_of"].is_null();
    let original = all.iter().find(in_waves).expect("one leaves in waves");
    assert_eq!(text(original, "state"), "done", "{original}");
    let repetition = all.iter().find(|one| one["resend_of"] == original["id"]).expect("it is sent again");
    assert_ne!(text(repetition, "state"), "draft", "{repetition}");
    let source = format!("/broadcast/{}", text(repetition, "id"));
    let copies = demo.all("/api/outbox");
    let mut reached = 0;
    for copy in copies.iter().filter(|copy| text(copy, "send_id").ends_with(&source)) {
        let before = format!("{}/broadcast/{}", text(copy, "lead"), text(original, "id"));
        let events = Events::of(demo, text(copy, "lead"));
        let of_original = |event: &&Value| {
            let is_early = text(event, "at") < text(repetition, "started_at");
            is_early && event["message"]["properties"]["send_id"] == before.as_str()
        };
        let is_use = |event: &Value| USES.contains(&text(&event["message"], "event")) && event["machine"] != true;
        let of_original: Vec<&Value> = events.0.iter().filter(of_original).collect();
        assert!(of_original.iter().any(|event| event["message"]["event"] == "Email Sent"), "{copy} {of_original:?}");
        assert!(!of_original.iter().any(|event| is_use(event)), "{copy} {of_original:?}");
        reached += 1;
    }
    assert!(reached > 0, "the repetition reaches people");
}

fn the_better_of_two_subjects_is_published(demo: &Demo) {
    let all = demo.all("/api/broadcasts");
    let compared = all.iter().find(|one| one["holdout"].is_number()).expect("one has a holdout");
    assert!(compared["held_out"].as_i64() > Some(0), "{compared}");
    let report = demo.get(&format!("/api/broadcasts/{}/report", text(compared, "id")));
    let variants = report["variants"].as_array().unwrap();
    let tested = variants.iter().find(|one| one["variant"].is_string()).expect("a variant");
    let is_beside = |one: &&Value| ["version", "language"].iter().all(|name| one[*name] == tested[*name]);
    let beside: Vec<&Value> = variants.iter().filter(is_beside).collect();
    assert!(beside.len() == 2 && beside.iter().all(|one| one["sent"].as_i64() > Some(0)), "{variants:?}");
    assert_eq!(report["variants_apart"].is_string(), variants.len() > 2, "{report}");
    let email = demo.get(&format!("/api/emails/{}", text(compared, "email")));
    assert_eq!(email["variants"].as_array().map(Vec::len), Some(0), "{email}");
    let versions = demo.all("/api/playbook/versions");
    assert_eq!(text(&versions[0], "author"), "marketer of the sample company", "{versions:?}");
}

fn topics_have_the_people_who_pulled_them(demo: &Demo) {
    let (mut members, mut scanned) = (0, 0);
    for topic in TOPICS {
        for lead in demo.all(&format!("/api/segments/drawn-to-{topic}/members")) {
            let events = Events::of(demo, text(&lead, "id"));
            let pulled = events.pulled();
            assert!(pulled.iter().any(|(pulled, _)| pulled == topic), "{lead} {topic} {pulled:?}");
            members += 1;
            scanned += usize::from(events.named("Email Link Clicked").any(|event| event["machine"] == true));
        }
    }
    assert!(members >= 15, "{members} people in the segments of topics, {scanned} with scanners");
}

/// Behind an event that ends the newsletter, nothing of it leaves, unless the lead subscribed again.
fn nobody_is_written_to_who_left(demo: &Demo) {
    let leads: BTreeSet<String> = demo.all("/api/outbox").iter().map(|copy| text(copy, "lead").to_owned()).collect();
    let (mut left, mut machines) = (0, 0);
    for lead in leads {
        let mut is_left = false;
        for event in Events::of(demo, &lead).0 {
            let name = text(&event["message"], "event").to_owned();
            match name.as_str() {
                "Unsubscribed" if event["message"]["properties"]["topic"].is_null() => is_left = true,
                "Email Marked as Spam" => is_left = true,
                "Subscribed" => is_left = false,
                "Email Sent" => assert!(!is_left, "{lead} {event}"),
                "Email Link Clicked" if event["machine"] == true => machines += 1,
                _ => {}
            }
        }
        left += usize::from(is_left);
    }
    assert!(left > 0 && machines > 0, "{left} left, {machines} clicks of machines");
}

#[test]
fn a_database_that_is_in_use_is_refused() {
    let Some(url) = attractor_trial::postgres() else { return };
    Demo::start("0", Some(url.clone())).stop();
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.args(["demo", "--leads", "0", "--listen", "127.0.0.1:0", "--database", &url]).env("TMPDIR", folder.path());
    let refused = ran(&mut command);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("is in use already"), "{}", refused.err);
}
