//! Any condition asked of all leads, by their states and by their events alike, and counted.

use std::collections::BTreeSet;

use attractor_live::Versions;
use attractor_server::app::audience::Question;
use attractor_server::clock;
use attractor_store::leads;
use serde_json::{Value, json};

use super::world::{Place, World, location};

fn conditions() -> Vec<Value> {
    vec![
        json!({"all": []}),
        json!({"any": []}),
        json!({"stage": "temperature", "at_least": "warm"}),
        json!({"score": "engagement", "gte": 5}),
        json!({"not": {"score": "engagement", "gte": 5}}),
        json!({"segment": "evaluating"}),
        json!({"attribute": "job_title", "contains": "manager"}),
        json!({"deal": "open"}),
        json!({"sample": 50, "seed": "half"}),
        json!({"interest": "scheduling", "gte": 0.5}),
        json!({"attribute": "country", "exists": true}),
        json!({"event": "Page Viewed", "within": "21d", "count": {"gte": 2}}),
        json!({"event": "Page Viewed", "where": {"path": {"starts_with": "/pricing"}}}),
        json!({"inactive": "25d"}),
        json!({"rate": "opened", "over": "60d", "gte": 0.5}),
        json!({"all": [{"stage": "temperature", "is": "cold"}, {"any": [{"deal": "won"}, {"inactive": "9d"}]}]}),
    ]
}

#[test]
fn states_and_events_give_the_same_leads() {
    Place::each(|place| {
        let mut world = World::company(place);
        let mut reader = location(place).reader().unwrap();
        let versions = Versions::read(&mut reader, clock::zones()).unwrap();
        let mut some = 0;
        for condition in conditions() {
            let listed = world.query(&condition, 4);
            let mut question = Question::read(versions.clone(), &condition.to_string()).unwrap();
            question.by_states = false;
            let rows = leads::after(&mut reader, (-1, 0), 10_000).unwrap();
            let holds = question.of(&mut reader, &rows, clock::now()).unwrap();
            let mut read: Vec<String> = rows
                .iter()
                .zip(holds)
                .filter(|(row, holds)| *holds && row.became.is_none())
                .map(|(row, _)| row.name.clone())
                .collect();
            read.sort();
            assert_eq!(listed, read, "{condition}");
            let count = world.post("/api/segments/count", &json!({"condition": condition})).unwrap();
            assert_eq!((&count["exact"], &count["estimate"]), (&json!(true), &json!(listed.len())), "{condition}");
            assert_eq!(
                count["found"]["people"].as_i64().unwrap() + count["found"]["visitors"].as_i64().unwrap(),
                listed.len() as i64
            );
            some += usize::from(!listed.is_empty());
        }
        assert!(some >= 12, "only {some} conditions hold of anybody");
    });
}

#[test]
fn what_is_wrong_with_a_condition_is_said_where() {
    let place = Place::sqlite();
    let mut world = World::of(&place, &[]);
    let asked = json!({"condition": {"all": [{"segment": "evaluatin"}]}});
    for path in ["/api/leads/query", "/api/segments/count"] {
        let why = world.post(path, &asked).unwrap_err();
        assert!(why.contains("/all/0/segment") && why.contains("evaluating"), "{why}");
    }
    let empty = world.post("/api/segments/count", &json!({"condition": {"all": []}})).unwrap();
    assert_eq!((&empty["of"], &empty["estimate"], &empty["exact"]), (&json!(0), &json!(0), &json!(true)));
}

#[test]
fn a_large_count_is_first_a_sample_and_then_exact() {
    Place::each(|place| {
        let message = |number: usize| {
            let path = if number.is_multiple_of(5) { "/pricing" } else { "/" };
            json!({"type": "page", "anonymousId": format!("v{number}"), "messageId": "m", "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": path}}).to_string()
        };
        let messages: Vec<String> = (0..6_000).map(message).collect();
        let mut world = World::of(place, &messages);
        let pricing = json!({"event": "Page Viewed", "where": {"path": "/pricing"}});
        let first = world.post("/api/segments/count", &json!({"condition": pricing})).unwrap();
        assert_eq!((&first["of"], &first["exact"]), (&json!(6_000), &json!(false)), "{first:#}");
        let figure = |name: &str| first[name].as_i64().unwrap();
        assert!((1_200..=2_048).contains(&figure("asked")), "{first:#}");
        assert!(figure("low") <= 1_200 && 1_200 <= figure("high") && figure("high") - figure("low") < 400, "{first:#}");
        let path = format!("/api/counts/{}", first["count"].as_str().unwrap());
        let mut seen = BTreeSet::new();
        let done = loop {
            let count = world.get(&path);
            seen.insert(count["asked"].as_i64().unwrap());
            if count["state"] != "running" {
                break count;
            }
        };
        assert_eq!(
            (&done["state"], &done["found"]["leads"], &done["found"]["visitors"]),
            (&json!("done"), &json!(1_200), &json!(1_200)),
            "{done:#}"
        );
        assert_eq!(seen.last(), Some(&6_000));
        assert!(world.refused("/api/counts/99").contains("no such count"));
    });
}
