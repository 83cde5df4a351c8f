//! Ids come with names, sentences with their data; a condition says what it means; the vocabulary is what was received.

use attractor_server::http::description;
use serde_json::{Value, json};

use super::world::{Place, World};

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Every clause within what is missing.
fn clauses<'v>(missing: &'v Value, found: &mut Vec<&'v Value>) {
    match missing.get("all").or(missing.get("one_of")).and_then(Value::as_array) {
        Some(parts) => parts.iter().for_each(|part| clauses(part, found)),
        None if missing.get("wanted").is_some() => found.push(missing),
        None => assert!(missing["held"].is_string() && missing["reason"].is_string(), "{missing}"),
    }
}

#[test]
fn what_is_missing_and_what_comes_is_data_beside_its_sentence() {
    Place::each(|place| {
        let mut world = World::company(place);
        let (mut numbers, mut ahead, mut causes) = (0, 0, 0);
        for item in world.all("/api/leads?limit=50") {
            let lead = world.get(&format!("/api/leads/{}", item["id"].as_str().unwrap()));
            let mut missing = Vec::new();
            list(&lead["outside"]).iter().for_each(|segment| clauses(&segment["missing"], &mut missing));
            for clause in missing.into_iter().take(3) {
                let checked = world.post("/api/conditions/check", &json!({"condition": clause["form"]})).unwrap();
                assert_eq!(checked["sentence"], clause["wanted"], "the form says what the sentence says");
                assert_eq!(checked["form"], clause["form"]);
                numbers += usize::from(clause["needed"].is_object() && clause["value"].is_number());
            }
            for coming in list(&lead["ahead"]) {
                assert!(coming["at"].as_str().unwrap() >= lead["at"].as_str().unwrap());
                let named = coming["what"].as_str().unwrap().contains(coming["subject_name"].as_str().unwrap());
                assert!(named || coming["kind"] == "interest", "{coming}");
                assert_eq!((&coming["cause"]["kind"], &coming["because"]), (&json!("time"), &json!("time")));
                ahead += 1;
            }
            for stage in lead["stages"].as_object().unwrap().values() {
                assert_eq!(stage["cause"]["kind"] == "time", stage["because"] == "time", "{stage}");
                causes += usize::from(stage["cause"]["what"].is_string());
            }
        }
        assert!(numbers > 20 && ahead > 20 && causes > 20, "{numbers} numbers, {ahead} to come, {causes} causes");
    });
}

#[test]
fn an_id_comes_with_its_name() {
    Place::each(|place| {
        let mut world = World::company(place);
        let ladders = world.get("/api/ladders");
        let ladder = &ladders["items"][0];
        let name_of = |stage: &Value| {
            let stages = list(&ladder["stages"]);
            stages.iter().find(|one| one["id"] == *stage).map_or(Value::Null, |one| one["name"].clone())
        };
        let id = ladder["id"].as_str().unwrap();
        let moves = world.get(&format!("/api/moves?kind=stage&subject={id}&limit=20"));
        assert!(list(&moves["items"]).len() > 5);
        for one in list(&moves["items"]) {
            assert_eq!((&one["subject_name"], &one["to_name"]), (&ladder["name"], &name_of(&one["to"])), "{one}");
            let lead = world.get(&format!("/api/leads/{}", one["lead"].as_str().unwrap()));
            assert_eq!((&one["lead_name"], &one["lead_email"]), (&lead["name"], lead.get("email").unwrap()));
            assert_eq!(one["lead_display_name"], lead["display_name"]);
            let own = &lead["stages"][id];
            assert_eq!((&own["name"], &own["stage_name"]), (&ladder["name"], &name_of(&own["stage"])));
        }
        for lead in world.all("/api/leads?limit=50") {
            assert_eq!(lead["stage_names"][id], name_of(&lead["stages"][id]), "{lead}");
            let segments = lead["segment_names"].as_object().unwrap();
            assert_eq!(segments.len(), list(&lead["segments"]).len());
        }
        let deals = world.get("/api/deals?limit=5");
        assert!(list(&deals["items"]).iter().all(|deal| deal["lead_name"].is_string()), "{deals}");
    });
}

#[test]
fn a_condition_says_what_it_means_or_what_is_wrong_and_where() {
    let place = Place::sqlite();
    let mut world = World::company(&place);
    let mut check = |condition: Value| world.post("/api/conditions/check", &json!({"condition": condition})).unwrap();
    let checked = check(json!({"within": "720h", "event": "Demo Requested"}));
    assert_eq!(checked["form"], json!({"event": "Demo Requested", "within": "30d"}));
    assert!(checked["sentence"].as_str().unwrap().contains("30 days"), "{checked}");
    assert_eq!(checked["problems"], json!([]));
    let wrong = check(json!({"all": [{"event": "Demo Requested"}, {"segment": "gone"}, {"scor": "lead"}]}));
    assert_eq!((&wrong["sentence"], &wrong["form"]), (&Value::Null, &Value::Null));
    let pointers: Vec<&str> = list(&wrong["problems"]).iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert!(pointers.iter().any(|at| at.starts_with("/all/1")) && pointers.iter().any(|at| at.starts_with("/all/2")));
    assert!(world.get("/api/segments")["items"].as_array().is_some_and(|all| !all.is_empty()), "nothing was changed");
}

#[test]
fn the_vocabulary_is_what_was_received() {
    let page = |id: usize, path: &str| {
        json!({"type": "page", "userId": format!("u{}", id % 7), "messageId": format!("p{id}"),
            "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": path}})
    };
    let person = |id: usize| {
        json!({"type": "identify", "userId": format!("u{id}"), "messageId": format!("i{id}"),
            "timestamp": "2026-01-05T09:00:00Z", "traits": {"plan": if id < 5 { "free" } else { "paid" }}})
    };
    let pages = (0..20).map(|id| page(id, if id < 12 { "/pricing" } else { "/" }));
    let messages: Vec<String> = pages.chain((0..7).map(person)).map(|message| message.to_string()).collect();
    Place::each(|place| {
        let mut world = World::of(place, &messages);
        let words = world.get("/api/vocabulary");
        assert_eq!((&words["complete"], &words["events"], &words["leads"]), (&json!(true), &json!(20), &json!(7)));
        assert_eq!((&words["kinds"][0]["kind"], &words["kinds"][0]["count"]), (&json!("Page Viewed"), &json!(20)));
        let path = json!([{"value": "/pricing", "count": 12}, {"value": "/", "count": 8}]);
        assert_eq!(
            words["kinds"][0]["properties"],
            json!([{"name": "path", "count": 20, "values": path, "more": false}])
        );
        let attributes = list(&words["attributes"]);
        let plan = attributes.iter().find(|attribute| attribute["name"] == "plan").unwrap();
        assert_eq!(plan["values"], json!([{"value": "free", "count": 5}, {"value": "paid", "count": 2}]));
        let fewer = world.get("/api/vocabulary?values=1");
        assert_eq!(fewer["kinds"][0]["properties"][0]["values"], json!([{"value": "/pricing", "count": 12}]));
        assert_eq!(fewer["kinds"][0]["properties"][0]["more"], true);
        assert!(world.refused("/api/vocabulary?values=101").contains("100"));
    });
}

#[test]
fn a_vocabulary_of_many_events_says_how_many_it_read() {
    let place = Place::sqlite();
    let mut world = World::company(&place);
    let words = world.get("/api/vocabulary");
    let sum: u64 = list(&words["kinds"]).iter().map(|kind| kind["count"].as_u64().unwrap()).sum();
    assert_eq!(words["events"].as_u64(), Some(sum));
    let stored = world.export("/api/export/events").lines().count() as u64;
    assert!(sum <= stored && sum > 500, "{sum} of {stored}");
}

#[test]
fn the_world_answers_the_published_description() {
    let place = Place::sqlite();
    assert_eq!(World::of(&place, &[]).get("/api/openapi.json"), description());
}
