//! A lead as of any instant, and what no route knows.

use attractor_engine::time::{Duration, Instant};
use attractor_server::clock;
use serde_json::json;

use super::world::{Place, World};

fn ada() -> Vec<String> {
    [
        json!({"type": "identify", "userId": "ada", "messageId": "a", "timestamp": "2026-01-05T10:00:00Z", "traits": {"email": "ada@acme.com", "job_title": "CEO"}}),
        json!({"type": "track", "event": "Demo Requested", "userId": "ada", "messageId": "b", "timestamp": "2026-01-06T10:00:00Z"}),
        json!({"type": "track", "event": "Deal Created", "userId": "ada", "messageId": "c", "timestamp": "2026-01-07T10:00:00Z", "properties": {"deal_id": "7", "amount": 900}}),
        json!({"type": "identify", "userId": "ada", "messageId": "d", "timestamp": "2026-01-08T10:00:00Z", "traits": {"job_title": "Founder"}}),
        json!({"type": "track", "event": "Deal Won", "userId": "ada", "messageId": "e", "timestamp": "2026-01-09T10:00:00Z", "properties": {"deal_id": "7"}}),
    ]
    .map(|message| message.to_string())
    .to_vec()
}

#[test]
fn a_lead_is_shown_as_it_was_at_any_instant() {
    Place::each(|place| {
        let mut world = World::of(place, &ada());
        let mut at = |instant: &str| world.get(&format!("/api/leads/ada?at={instant}"));
        let before = at("2026-01-01T00:00:00Z");
        assert_eq!(
            (&before["first_seen"], &before["deals"], &before["email"]),
            (&json!(null), &json!([]), &json!("ada@acme.com"))
        );
        assert_eq!((&before["attributes"], &before["moves"]), (&json!({}), &json!([])));
        let on_the_day = at("2026-01-06T10:00:00Z");
        assert!(on_the_day["scores"]["engagement"]["value"].as_f64().unwrap() >= 50.0, "{on_the_day:#}");
        assert_eq!(on_the_day["stages"]["temperature"]["stage"], "hot");
        assert_eq!(
            (&on_the_day["last_seen"], &on_the_day["at"]),
            (&json!("2026-01-06T10:00:00.000Z"), &json!("2026-01-06T10:00:00.000Z"))
        );
        assert_eq!(on_the_day["deals"], json!([]));
        assert_eq!(on_the_day["attributes"]["job_title"]["value"], "CEO");
        let open = at("2026-01-08T10:00:00Z");
        assert_eq!((&open["deals"][0]["status"], &open["deals"][0]["amount"]), (&json!("open"), &json!(900.0)));
        assert_eq!(open["attributes"]["job_title"]["value"], "Founder");
        let now = world.get("/api/leads/ada");
        assert_eq!(now["deals"][0]["status"], "won");
        assert_eq!(
            now["moves"].as_array().unwrap().len(),
            world.get("/api/leads/ada/moves")["items"].as_array().unwrap().len()
        );
    });
}

#[test]
fn a_leads_deals_come_in_the_order_in_which_they_were_opened() {
    let place = Place::sqlite();
    let deal = |id: &str, day: u32| {
        json!({"type": "track", "event": "Deal Created", "userId": "ada", "messageId": format!("d{id}"),
            "timestamp": format!("2026-01-0{day}T10:00:00Z"), "properties": {"deal_id": id}})
        .to_string()
    };
    let mut world = World::of(&place, &[deal("a", 5), deal("c", 3), deal("b", 3)]);
    let lead = world.get("/api/leads/ada");
    let ids: Vec<&str> = lead["deals"].as_array().unwrap().iter().map(|one| one["deal"].as_str().unwrap()).collect();
    assert_eq!(ids, ["b", "c", "a"]);
}

#[test]
fn a_lead_is_shown_as_it_will_be_if_nothing_happens() {
    let place = Place::sqlite();
    let yesterday = Instant(clock::now().0 - Duration::DAY.0).to_string();
    let demo =
        json!({"type": "track", "event": "Demo Requested", "userId": "ada", "messageId": "m", "timestamp": yesterday});
    let mut world = World::of(&place, &[demo.to_string()]);
    let now = world.get("/api/leads/ada");
    let next = now["next_change"].as_str().unwrap().to_owned();
    let then = world.get(&format!("/api/leads/ada?at={next}"));
    assert_eq!((&then["at"], &then["last_seen"]), (&json!(next), &now["last_seen"]));
    assert_ne!(
        then["ahead"].as_array().unwrap().len(),
        now["ahead"].as_array().unwrap().len(),
        "what has come is not ahead"
    );
    for wrong in ["yesterday", "2026-13-01", ""] {
        assert!(world.refused(&format!("/api/leads/ada?at={wrong}")).contains("write it like"), "{wrong}");
    }
}

#[test]
fn every_route_refuses_parameters_that_it_does_not_have() {
    let place = Place::sqlite();
    let mut world = World::of(&place, &ada());
    let description = world.get("/api/openapi.json");
    let mut asked = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        let Some(operation) = methods.get("get").filter(|_| path.starts_with("/api/")) else { continue };
        let place =
            path.replace("{id}", "ada").replace("{what}", "leads").replace("{number}", "1").replace("{version}", "1");
        let why = world.refused(&format!("{place}?no-such-parameter=1"));
        assert!(why.contains("`no-such-parameter` is not a query parameter"), "{path}: {why}");
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query") {
            assert!(why.contains(parameter["name"].as_str().unwrap()), "{path}: {why}");
        }
        asked += 1;
    }
    assert!(asked > 25, "{asked} routes");
}

#[test]
fn places_and_kinds_that_do_not_exist_are_refused_with_those_that_do() {
    let place = Place::sqlite();
    let mut world = World::of(&place, &ada());
    for place in ["segment:nope", "stage:temperature:tepid", "stage:nope:hot", "hot", ""] {
        let why = world.refused(&format!("/api/leads?place={place}"));
        assert!(why.contains("is not a place") && why.contains("stage:temperature:hot"), "{why}");
    }
    assert_eq!(world.all("/api/leads?place=stage:temperature:cold").len(), 1);
    assert!(world.refused("/api/moves?kind=steps").contains("stage, segment, sequence, interest"));
}
