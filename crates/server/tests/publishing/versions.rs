//! `/api/playbook`: versions, conflicts, pilots, and what is wrong with a candidate.

use attractor_store::VersionNumber;
use attractor_store::versions::{self, Version};
use serde_json::{Value, json};

use super::running::Place;
use super::shop::{PLAYBOOK, Shop, is_instant};

fn put(shop: &Shop, version: Option<&str>, playbook: &str) -> super::running::Answer {
    shop.ask_if("PUT", "/api/playbook", version, &json!({"files": Shop::files(playbook), "note": "why"}))
}

#[test]
fn whoever_comes_second_hears_the_difference() {
    Place::each_owned(|place| {
        let shop = Shop::new(place);
        let server = shop.place.start();
        let first = shop.ask("GET", "/api/playbook", &Value::Null);
        assert_eq!(first.header("etag"), Some("\"1\""));
        // Nobody has published the starter playbook: it may be replaced without a word.
        assert_eq!(put(&shop, None, PLAYBOOK).header("etag"), Some("\"2\""));
        assert_eq!(put(&shop, None, &PLAYBOOK.replace("gte: 20", "gte: 25")).status, 412);
        let late = put(&shop, Some("\"1\""), &PLAYBOOK.replace("gte: 20", "gte: 25"));
        assert_eq!((late.status, late.header("content-type")), (412, Some("application/problem+json")));
        assert_eq!(late.json()["in_force"], 2);
        assert_eq!(late.json()["difference"]["rules"][0]["what"], "segment hot");
        let same = put(&shop, Some("\"1\""), PLAYBOOK).json();
        assert_eq!((&same["version"], &same["changed"]), (&json!(2), &json!(false)));
        let next = put(&shop, Some("\"2\""), &PLAYBOOK.replace("gte: 20", "gte: 25")).json();
        assert_eq!((&next["version"], &next["changed"]), (&json!(3), &json!(true)));
        assert!(put(&shop, Some("\"x\""), PLAYBOOK).status == 400);
        let all = shop.get("/api/playbook/versions?limit=2");
        assert_eq!((all["items"][0]["version"].as_i64(), all["items"][0]["note"].as_str()), (Some(3), Some("why")));
        assert_eq!(all["items"][0]["author"], "command line (ada)");
        assert!(is_instant(&all["items"][0]["at"]));
        let rest = shop.get(&format!("/api/playbook/versions?limit=2&cursor={}", all["next"].as_str().unwrap()));
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
        assert_eq!(shop.get("/api/playbook/versions/2")["files"], Shop::files(PLAYBOOK));
        assert_eq!(shop.ask("GET", "/api/playbook/versions/9", &Value::Null).status, 404);
        let back = shop.does("/api/playbook/rollback", &json!({"version": 2}));
        assert_eq!((&back["version"], &back["in_force"]), (&json!(4), &json!(4)));
        assert_eq!(shop.get("/api/playbook")["files"], Shop::files(PLAYBOOK));
        assert_eq!(shop.ask("POST", "/api/playbook/rollback", &json!({"version": 99})).status, 404);
        server.stop();
    });
}

#[test]
fn an_older_version_whose_email_cannot_be_made_is_rolled_back_to_and_not_published_anew() {
    let shop = Shop::new(Place::sqlite());
    shop.place.start().stop();
    let playbook = "playbook: older\nemails: [{id: a, subject: A, body: emails/a.mjml}]\n";
    let files = json!({"playbook.yaml": playbook, "emails/a.mjml": "<mjml><mj-body>\n<mj-txt/></mj-body></mjml>"});
    let (number, author, note) = (VersionNumber(2), "ada".to_owned(), String::new());
    let older = Version { number, at: 5, author, note, files: files.to_string() };
    versions::insert(&mut shop.place.store(), &older).unwrap();
    let server = shop.place.start();
    let anew = json!({"files": files, "force": true});
    assert_eq!(shop.ask("PUT", "/api/playbook", &anew).status, 422);
    assert_eq!(shop.ask("POST", "/api/playbook/dry-run", &json!({"files": files})).status, 422);
    assert_eq!(shop.ask("POST", "/api/playbook/dry-run", &json!({"files": files, "version": 2})).status, 422);
    let (code, _, err) = shop.command(&["rollback", "2", "--dry-run"]);
    assert!(code == 0 && err.contains("emails/a.mjml:2:1: warning: ") && err.contains("`cannot_render`"), "{err}");
    let back = shop.does("/api/playbook/rollback", &json!({"version": 2}));
    assert_eq!((&back["in_force"], &back["warnings"][0]["file"]), (&json!(3), &json!("emails/a.mjml")), "{back}");
    server.stop();
}

#[test]
fn problems_have_their_places() {
    let shop = Shop::new(Place::sqlite());
    let server = shop.place.start();
    let wrong = PLAYBOOK.replace("{segment: hot}", "{segment: hott}");
    let checked = shop.does("/api/playbook/check", &json!({"files": Shop::files(&wrong)}));
    assert_eq!(checked["errors"], 1);
    assert_eq!(
        (checked["problems"][0]["line"].as_i64(), checked["problems"][0]["file"].as_str()),
        (Some(12), Some("playbook.yaml"))
    );
    assert!(checked["lines"][0].as_str().unwrap().starts_with("playbook.yaml:12:"));
    assert_eq!(shop.does("/api/playbook/check", &json!({"text": "playbook: x\n"}))["errors"], 0);
    assert_eq!(shop.ask("POST", "/api/playbook/check", &json!({})).status, 422);
    let refused = shop.ask("PUT", "/api/playbook", &json!({"files": Shop::files(&wrong)}));
    assert_eq!((refused.status, refused.json()["problems"][0]["line"].as_i64()), (422, Some(12)));
    assert_eq!(shop.ask("POST", "/api/playbook/dry-run", &json!({"files": Shop::files(&wrong)})).status, 422);
    assert_eq!(shop.get("/api/playbook")["version"], 1);
    server.stop();
}

#[test]
fn a_pilot_is_promoted_or_withdrawn() {
    let shop = Shop::new(Place::sqlite());
    let server = shop.place.start();
    assert_eq!(put(&shop, None, PLAYBOOK).status, 200);
    assert_eq!(shop.ask("POST", "/api/playbook/pilot/promote", &json!({})).status, 409);
    let candidate = json!({"files": Shop::files(&PLAYBOOK.replace("gte: 20", "gte: 25")), "pilot": 50.0});
    let pilot = shop.ask_if("PUT", "/api/playbook", Some("\"2\""), &candidate).json();
    assert_eq!((&pilot["version"], &pilot["in_force"]), (&json!(3), &json!(2)));
    assert_eq!(shop.ask_if("PUT", "/api/playbook", Some("\"2\""), &candidate).json()["changed"], false);
    assert_eq!(shop.get("/api/playbook")["pilot"]["percent"], 50.0);
    let larger = json!({"files": candidate["files"], "pilot": 60.0});
    assert_eq!(
        shop.ask_if("PUT", "/api/playbook", Some("\"2\""), &larger).status,
        409,
        "another share is another pilot"
    );
    let (code, _, said) = shop.apply(&["--yes", "--pilot", "nan"]);
    assert!(code == 2 && said.contains("from 0 to 100"), "{said}");
    let other = PLAYBOOK.replace("points: 5", "points: 6");
    assert_eq!(put(&shop, Some("\"2\""), &other).status, 409, "a pilot runs");
    assert_eq!(shop.does("/api/playbook/pilot/promote", &json!({}))["version"], 3);
    let now = shop.get("/api/playbook");
    assert_eq!((&now["version"], &now["pilot"]), (&json!(3), &Value::Null));
    let candidate = json!({"files": Shop::files(&other), "pilot": 10.0});
    assert_eq!(shop.ask_if("PUT", "/api/playbook", Some("\"3\""), &candidate).status, 200);
    assert_eq!(shop.does("/api/playbook/pilot/withdraw", &Value::Null)["version"], 4);
    assert_eq!(shop.get("/api/playbook")["version"], 3);
    server.stop();
}
