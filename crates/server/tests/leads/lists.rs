//! Lists: every lead once, in order, whatever the page; searches, segments, ladders.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{Place, World, names};

#[test]
fn every_lead_is_listed_once_in_any_order() {
    Place::each(|place| {
        let mut world = World::company(place);
        let all: BTreeSet<String> = names(&world.all("/api/leads?limit=500")).into_iter().map(str::to_owned).collect();
        for (sort, field) in [("name", "name"), ("score", "score"), ("seen", "last_seen")] {
            let items = world.all(&format!("/api/leads?limit=7&sort={sort}"));
            let listed: BTreeSet<String> = names(&items).into_iter().map(str::to_owned).collect();
            assert_eq!((items.len(), listed), (all.len(), all.clone()), "{sort}");
            let ordered = match sort {
                "name" => items.is_sorted_by_key(|item| item[field].as_str().unwrap().to_owned()),
                "score" => items.is_sorted_by(|a, b| a[field].as_f64() >= b[field].as_f64()),
                _ => items.is_sorted_by(|a, b| a[field].as_str() >= b[field].as_str()),
            };
            assert!(ordered, "{sort}");
        }
        let page = world.get("/api/leads?limit=7&sort=name");
        let other = world.refused(&format!("/api/leads?sort=score&cursor={}", page["next"].as_str().unwrap()));
        assert!(other.contains("sorted otherwise"), "{other}");
        assert!(world.refused("/api/leads?cursor=nonsense").contains("cursor"));
        assert!(world.refused("/api/leads?limit=0").contains("500"));
        let misspelt = world.refused("/api/leads?plase=stage:temperature:cold");
        assert!(misspelt.contains("plase") && misspelt.contains("place"), "{misspelt}");
    });
}

#[test]
fn a_character_that_no_database_holds_is_refused() {
    Place::each(|place| {
        let mut world = World::of(place, &[]);
        for path in
            ["leads/%00", "leads?q=%00", "leads?place=a%00", "companies/%00", "moves?kind=%00", "moves?lead=%00"]
        {
            let why = world.refused(&format!("/api/{path}"));
            assert!(why.contains("U+0000"), "{path}: {why}");
        }
        let made = json!({"user_id": "a\u{0}b"});
        assert!(world.post("/api/leads", &made).unwrap_err().contains("U+0000"));
        let credentials = json!({"email": "a\u{0}b@x.org", "password": "p"});
        assert!(world.post("/api/session", &credentials).unwrap_err().contains("U+0000"));
        let backslash = json!({"user_id": "a\\u0000b"});
        assert_eq!(world.post("/api/leads", &backslash).unwrap()["name"], "a\\u0000b");
    });
}

#[test]
fn places_and_beginnings_find_their_leads() {
    Place::each(|place| {
        let mut world = World::company(place);
        let all = world.all("/api/leads?limit=500");
        let cold = |item: &&Value| item["stages"]["temperature"] == "cold";
        let listed = world.all("/api/leads?limit=9&sort=seen&place=stage:temperature:cold");
        assert_eq!(listed.len(), all.iter().filter(cold).count());
        assert!(!listed.is_empty() && listed.iter().all(|item| cold(&item)));
        let email = all.iter().find_map(|item| item["email"].as_str()).unwrap().to_owned();
        let found = world.all(&format!("/api/leads?limit=2&q={}", email[..email.len() - 2].to_uppercase()));
        assert!(found.iter().any(|item| item["email"] == email.as_str()), "{email}: {found:?}");
        assert!(world.refused("/api/leads?q=a&sort=name").contains("no other filter"));
    });
}

fn known(user: usize, traits: &Value) -> String {
    json!({"type": "identify", "userId": format!("u{user}"), "messageId": format!("m{user}"),
        "timestamp": "2026-01-05T10:00:00Z", "traits": traits})
    .to_string()
}

#[test]
fn people_are_found_by_the_beginning_of_their_names() {
    Place::each(|place| {
        let mut messages: Vec<String> = [
            json!({"email": "al@x.org", "first_name": "Ada", "last_name": "King  Lovelace"}),
            json!({"email": "lovely@x.org", "name": "Bea Ångström"}),
            json!({"email": "cy@x.org", "first_name": "Cyd"}),
            json!({"email": "adam@x.org", "name": "Ada"}),
            json!({"email": "h@x.org", "name": "Hanna Müller-Schmidt", "company": {"name": "Zahnräder Ganz"}}),
        ]
        .iter()
        .enumerate()
        .map(|(user, traits)| known(user, traits))
        .collect();
        messages.extend((10..30).map(|user| known(user, &json!({"name": "Same Name"}))));
        let mut world = World::of(place, &messages);
        let mut found = |q: &str| -> Vec<String> {
            names(&world.all(&format!("/api/leads?limit=3&q={q}"))).into_iter().map(str::to_owned).collect()
        };
        assert_eq!(found("love"), ["u1", "u0"], "an e-mail, then a name");
        assert_eq!(found("ADA%20king%20lov"), ["u0"]);
        assert_eq!(found("king"), ["u0"]);
        assert_eq!(found("%C3%A5ngs"), ["u1"], "case is folded in every language");
        let ada: BTreeSet<String> = found("ada").into_iter().collect();
        assert_eq!(ada.into_iter().collect::<Vec<_>>(), ["u0", "u3"]);
        assert_eq!(found("same%20n").len(), 20, "as many as share a name, over all pages");
        assert_eq!(found("ovelace").len(), 0);
        for q in ["angs", "%C3%A4ngs", "bea%20angst", "aangs"] {
            let expected: &[&str] = if q == "aangs" { &[] } else { &["u1"] };
            assert_eq!(found(q), expected, "{q}");
        }
        for q in ["muller", "mueller", "m%C3%BCller-sch", "muller%20sch", "schmidt", "zahnr", "ganz"] {
            assert_eq!(found(q), ["u4"], "{q}");
        }
        let called = json!({"name": "Dee Hopper"});
        world.post("/api/leads/u2/attributes", &called).unwrap();
        let mut found = |q: &str| world.all(&format!("/api/leads?q={q}")).len();
        assert_eq!((found("hopp"), found("cyd")), (1, 0), "by its name of today");
    });
}

#[test]
fn segments_and_ladders_say_what_they_are_and_how_large() {
    Place::each(|place| {
        let mut world = World::company(place);
        let all = world.all("/api/leads?limit=500");
        let segments = world.all("/api/segments?");
        let (mut members, mut entered) = (0, 0);
        for segment in &segments {
            let id = segment["id"].as_str().unwrap();
            let listed = world.all(&format!("/api/segments/{id}/members?limit=5"));
            let size = segment["people"].as_i64().unwrap() + segment["visitors"].as_i64().unwrap();
            assert_eq!(listed.len() as i64, size, "{id}");
            let inside = |item: &&Value| item["segments"].as_array().unwrap().contains(&segment["id"]);
            assert_eq!(all.iter().filter(inside).count() as i64, size, "{id}");
            assert!(!segment["sentence"].as_str().unwrap().is_empty());
            assert_eq!(&world.get(&format!("/api/segments/{id}")), segment);
            members += size;
            entered += segment["last_30_days"]["entered"].as_i64().unwrap();
            assert!(segment["last_7_days"]["entered"].as_i64() <= segment["last_30_days"]["entered"].as_i64());
        }
        assert!(members > 10 && entered > 0, "{members} members, {entered} entered");
        let unknown = world.refused("/api/segments/nothing/members");
        assert!(unknown.contains("there are"), "{unknown}");
        for ladder in world.all("/api/ladders?") {
            let stages = ladder["stages"].as_array().unwrap();
            let size = |field: &str| stages.iter().map(|stage| stage[field].as_i64().unwrap()).sum::<i64>();
            assert_eq!((size("people") + size("visitors")) as usize, all.len());
        }
    });
}
