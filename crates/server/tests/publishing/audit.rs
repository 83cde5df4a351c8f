//! What cannot be noted in the audit is not done.

use serde_json::{Value, json};

use super::hand::{close, open};
use super::running::Place;
use super::shop::{PLAYBOOK, Shop};

fn whats(shop: &Shop) -> Vec<String> {
    let log = shop.get("/api/audit?limit=3");
    log["entries"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_cannot_be_noted_is_not_done() {
    Place::each_owned(|place| {
        let (shop, server) = open(place);
        shop.does("/api/leads", &json!({"user_id": "ada"}));
        let joined = shop.does("/api/leads/u2/merge", &json!({"into": "u3"}));
        let candidate = |pilot: Option<f64>, note: &str| {
            let files = Shop::files(&PLAYBOOK.replace("playbook:", &format!("# {note}\nplaybook:")));
            json!({"files": files, "note": note, "pilot": pilot, "force": true})
        };
        let stands = |shop: &Shop| {
            let version = shop.get("/api/playbook");
            let leads = shop.get("/api/leads?limit=50")["items"].as_array().unwrap().len();
            (version["version"].clone(), version["pilot"].clone(), leads)
        };
        let deeds: [(&str, &str, Value, &str); 6] = [
            ("PUT", "/api/playbook", candidate(None, "again"), "playbook published"),
            ("PUT", "/api/playbook", candidate(Some(50.0), "first half"), "playbook piloted"),
            ("POST", "/api/playbook/pilot/promote", json!({}), "pilot promoted"),
            ("PUT", "/api/playbook", candidate(Some(50.0), "second half"), "playbook piloted"),
            ("POST", "/api/playbook/pilot/withdraw", json!({}), "pilot withdrawn"),
            ("POST", "/api/leads/u3/unmerge", json!({"alias": joined["alias"]}), "leads parted"),
        ];
        let deeds = deeds.into_iter().chain([("DELETE", "/api/leads/ada", Value::Null, "lead erased")]);
        for (method, path, body, what) in deeds {
            let before = stands(&shop);
            shop.place.store().execute("ALTER TABLE audit RENAME TO elsewhere", &[]).unwrap();
            let refused = shop.ask(method, path, &body);
            shop.place.store().execute("ALTER TABLE elsewhere RENAME TO audit", &[]).unwrap();
            assert!(refused.status >= 500, "{what}: {refused:?}");
            assert_eq!(stands(&shop), before, "{what}");
            let done = shop.ask(method, path, &body);
            assert!(done.status < 300, "{what}: {done:?}");
            assert_ne!(stands(&shop), before, "{what}");
            assert_eq!(whats(&shop)[0], what);
        }
        close(&shop, server);
    });
}
