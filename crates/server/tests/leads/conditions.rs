//! Any condition asked of all leads, by their states and by their events alike, and counted.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use attractor_app::audience::AudienceQuery;
use attractor_app::counts::{CountState, Counts, Tally};
use attractor_live::Versions;
use attractor_server::{clock, machine};
use attractor_store::LeadId;
use attractor_store::leads;
use serde_json::{Value, json};

use super::forms;
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
        json!({"date": "first_seen", "older": "10d"}),
        json!({"consent": "granted", "subscription": "newsletter"}),
        json!({"all": [{"stage": "temperature", "is": "cold"}, {"any": [{"deal": "won"}, {"inactive": "9d"}]}]}),
    ]
}

#[test]
fn the_conditions_are_of_every_form() {
    assert_eq!(forms::within(&Value::from(conditions())), forms::every(), "`conditions` needs one of each form");
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
            let mut question = AudienceQuery::read(versions.clone(), &condition.to_string()).unwrap();
            question.by_states = false;
            let rows = leads::after(&mut reader, (-1, LeadId::NOBODY), 10_000).unwrap();
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
            assert_eq!((&count["exact"], &count["estimate"]), (&json!(true), &count["found"]), "{condition}");
            assert_eq!(count["estimate"]["leads"], json!(listed.len()), "{condition}");
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
fn an_e_mail_of_another_lead_does_not_count_by_events_either() {
    let identify = |user: &str, email: &str, public: bool| {
        json!({"type": "identify", "userId": user, "messageId": user, "timestamp": "2026-01-05T10:00:00Z",
            "traits": {"email": email}, "context": {"public": public}})
        .to_string()
    };
    let messages = [
        identify("ada", "ada@example.org", false),
        identify("eve", "ada@example.org", true),
        identify("bob", "bob@example.org", true),
    ];
    let condition = json!({"attribute": "email", "exists": true});
    Place::each(|place| {
        let mut world = World::of(place, &messages);
        let mut reader = location(place).reader().unwrap();
        let versions = Versions::read(&mut reader, clock::zones()).unwrap();
        let mut question = AudienceQuery::read(versions, &condition.to_string()).unwrap();
        question.by_states = false;
        let rows = leads::after(&mut reader, (-1, LeadId::NOBODY), 10).unwrap();
        let holds = question.of(&mut reader, &rows, clock::now()).unwrap();
        let held = rows.iter().zip(holds).filter(|(row, holds)| *holds && row.became.is_none());
        let mut names: Vec<String> = held.map(|(row, _)| row.name.clone()).collect();
        names.sort();
        assert_eq!(names, ["ada", "bob"]);
        assert_eq!(world.query(&condition, 10), names);
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
    let nobody = json!({"leads": 0, "people": 0, "visitors": 0});
    assert_eq!((&empty["of"], &empty["estimate"], &empty["exact"]), (&json!(0), &nobody, &json!(true)));
}

#[test]
fn what_is_hardly_meant_in_a_condition_is_pointed_out() {
    let place = Place::sqlite();
    let opened = json!({"type": "track", "event": "Crate Opened", "userId": "u", "messageId": "m",
        "timestamp": "2026-01-05T10:00:00Z"});
    let mut world = World::of(&place, &[opened.to_string()]);
    for path in ["/api/leads/query", "/api/segments/count", "/api/conditions/check"] {
        for (condition, pointer, says) in [
            (json!({"event": "Crate Opened"}), "", ""),
            (json!({"all": [{"event": "Crate Opend"}]}), "/all/0/event", "did you mean `Crate Opened`?"),
            (json!({"attribute": "contry", "eq": "DE"}), "/attribute", "did you mean `country`?"),
        ] {
            let answer = world.post(path, &json!({"condition": condition})).unwrap();
            let warnings = answer["warnings"].as_array().unwrap();
            match warnings.as_slice() {
                [] => assert_eq!(says, "", "{path} {condition}"),
                [only] => {
                    assert_eq!(only["pointer"], pointer, "{path} {condition}");
                    assert!(only["detail"].as_str().unwrap().contains(says), "{path} {condition}: {only}");
                }
                several => panic!("{path} {condition}: {several:?}"),
            }
        }
    }
}

/// 6,000 visitors, of whom every fifth saw the prices.
fn a_large_store(place: &Place) -> World {
    let message = |number: usize| {
        let path = if number.is_multiple_of(5) { "/pricing" } else { "/" };
        json!({"type": "page", "anonymousId": format!("v{number}"), "messageId": "m", "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": path}}).to_string()
    };
    World::of(place, &(0..6_000).map(message).collect::<Vec<_>>())
}

fn saw_prices() -> Value {
    json!({"event": "Page Viewed", "where": {"path": "/pricing"}})
}

#[test]
fn a_large_count_is_first_a_sample_and_then_exact() {
    Place::each(|place| {
        drop(a_large_store(place));
        let counts = Counts::answering_within(Duration::ZERO, machine::host(), location(place));
        let mut reader = location(place).reader().unwrap();
        let versions = Versions::read(&mut reader, clock::zones()).unwrap();
        let mut count =
            || counts.answer_first(&mut reader, &versions, &saw_prices().to_string(), clock::now(), "test").unwrap();
        let first = count();
        assert_eq!((first.of, first.asked, first.exact), (6_000, 2_000, false), "{first:#?}");
        assert_eq!(first.found, count().found, "the same condition asks the same leads");
        let (low, high) = (first.low.visitors, first.high.visitors);
        assert!(low <= 1_200 && 1_200 <= high && high - low < 250, "{first:#?}");
        assert_eq!((first.low, first.estimate.people), (Tally { leads: low, people: 0, visitors: low }, 0));
        let id = first.count.unwrap();
        let mut seen = BTreeSet::new();
        let done = loop {
            let count = counts.one(&id).unwrap();
            seen.insert(count.asked);
            if count.state != CountState::Running {
                break count;
            }
            thread::yield_now();
        };
        assert_eq!(
            (done.state, done.found),
            (CountState::Done, Tally { leads: 1_200, people: 0, visitors: 1_200 }),
            "{done:#?}"
        );
        assert_eq!(seen.last(), Some(&6_000));
        assert!(counts.one("99").is_err());
    });
}

#[test]
fn a_store_that_can_be_counted_within_the_first_answer_is_counted_whole() {
    Place::each(|place| {
        drop(a_large_store(place));
        let counts = Counts::answering_within(Duration::from_secs(600), machine::host(), location(place));
        let mut reader = location(place).reader().unwrap();
        let versions = Versions::read(&mut reader, clock::zones()).unwrap();
        let first =
            counts.answer_first(&mut reader, &versions, &saw_prices().to_string(), clock::now(), "test").unwrap();
        assert_eq!((first.of, first.asked, first.exact, first.estimate.leads), (6_000, 6_000, true, 1_200));
        assert_eq!(first.count, None);
    });
}

#[test]
fn a_count_over_http_comes_to_the_exact_number() {
    let place = Place::sqlite();
    let mut world = a_large_store(&place);
    let first = world.post("/api/segments/count", &json!({"condition": saw_prices()})).unwrap();
    let found = match first["count"].as_str() {
        None => first["found"].clone(),
        Some(id) => loop {
            let count = world.get(&format!("/api/counts/{id}"));
            if count["state"] != "running" {
                break count["found"].clone();
            }
        },
    };
    assert_eq!(found, json!({"leads": 1_200, "people": 0, "visitors": 1_200}), "{first:#}");
    assert!(world.refused("/api/counts/99").contains("no such count"));
}

#[test]
fn a_lead_that_cannot_be_read_costs_a_count_and_an_export_itself_alone() {
    let page = |user: &str, id: &str| {
        json!({"type": "page", "userId": user, "messageId": id, "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": "/"}}).to_string()
    };
    let visited = json!({"event": "Page Viewed", "where": {"path": "/"}});
    let damages = [
        "UPDATE leads SET sources = '[[1,' WHERE name = 'bad'",
        "UPDATE events SET message = '{' WHERE message_id = 'b'",
    ];
    for damage in damages {
        Place::each(|place| {
            let mut world = World::of(place, &[page("good", "a"), page("bad", "b"), page("fine", "c")]);
            assert_eq!(place.store().execute(damage, &[]).unwrap(), 1, "{damage}");
            let count = world.post("/api/segments/count", &json!({"condition": visited})).unwrap();
            assert_eq!(count["found"]["leads"], 2, "{damage}: {count}");
            for what in ["leads", "events", "deals", "segments"] {
                for format in ["csv", "ndjson"] {
                    let mut out = Vec::new();
                    let path = format!("/api/export/{what}?format={format}");
                    world
                        .client
                        .get(&path)
                        .unwrap()
                        .copy_to(&mut out)
                        .unwrap_or_else(|why| panic!("{damage}: {path}: {why}"));
                    let text = String::from_utf8(out).unwrap();
                    assert!(what == "deals" || what == "segments" || text.contains("fine"), "{damage}: {path}: {text}");
                }
            }
        });
    }
}
