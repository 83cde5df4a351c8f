//! Lists: every lead once, in order, whatever the page; searches, segments, ladders.

use std::collections::BTreeSet;

use serde_json::Value;

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
