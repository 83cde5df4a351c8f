//! What strangers can do to others' messages and leads: nothing (contract §2, Keys and Once).

use serde_json::{Value, json};

use super::running::Place;
use super::{PUBLIC_KEY, SERVER_KEY, get, post};

fn hook(place: &Place, name: &str) -> String {
    let mapping = json!({"type": "track", "event": "Deal Won", "user_id": "$.user", "message_id": "$.id"});
    let made = post(place, "/api/hooks", &json!({"name": name, "mapping": mapping})).unwrap();
    format!("{}?token={}", made["path"].as_str().unwrap(), made["secret"].as_str().unwrap())
}

#[test]
fn an_id_shadows_no_other_senders() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let hooks = [hook(place, "shop"), hook(place, "crm")];
        // A retry by the same sender counts once.
        for _ in 0..2 {
            let event = r#"{"userId": "u", "event": "Order Seen", "messageId": "order-1001-won"}"#;
            assert_eq!(server.post(PUBLIC_KEY, "/v1/track", event).status, 200);
            for path in &hooks {
                let answer = server.ask("POST", path, &[], br#"{"user": "u", "id": "order-1001-won"}"#);
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            let won = r#"{"userId": "u", "event": "Deal Won", "messageId": "order-1001-won"}"#;
            assert_eq!(server.post(SERVER_KEY, "/v1/track", won).status, 200);
        }
        server.stop();
        let ids = place.message_ids();
        assert_eq!(ids.len(), 4, "{ids:?}");
        assert_eq!((ids[2].as_str(), ids[3].as_str()), ("order-1001-won", "public:order-1001-won"));
        let of_hook = |id: &String| id.starts_with("hook:") && id.ends_with(":order-1001-won");
        assert!(ids[..2].iter().all(of_hook), "{ids:?}");
    });
}

#[test]
fn a_public_claim_neither_renames_a_lead_nor_advises_to_merge_it() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let imported = r#"{"traits": {"email": "ada@example.org"}, "messageId": "a", "context": {"history": true}}"#;
        assert_eq!(server.post(SERVER_KEY, "/v1/identify", imported).status, 200);
        let claim = r#"{"userId": "evil-1", "traits": {"email": "Ada@example.org", "owner": "eve", "tags": ["x"]},
            "context": {"public": false}}"#;
        assert_eq!(server.post(PUBLIC_KEY, "/v1/identify", claim).status, 200);
        let ada = get(place, "/api/leads/ada@example.org");
        assert_eq!((&ada["name"], &ada["unconfirmed"]), (&json!("ada@example.org"), &json!(false)));
        let evil = get(place, "/api/leads/evil-1");
        assert_eq!((&evil["attributes"], &evil["email"], &evil["tags"]), (&json!({}), &Value::Null, &json!([])));
        let conflicts = get(place, "/api/conflicts");
        let alias = json!({"type": "alias", "previousId": "evil-1", "userId": "ada@example.org"});
        assert_eq!((&conflicts["items"][0]["alias"], conflicts["items"].as_array().unwrap().len()), (&alias, 1));
        let real = r#"{"userId": "ada-1", "traits": {"email": "ada@example.org"}, "context": {"public": true}}"#;
        assert_eq!(server.post(SERVER_KEY, "/v1/identify", real).status, 200);
        let found = get(place, "/api/leads/ada@example.org");
        assert_eq!((&found["name"], &found["id"]), (&json!("ada-1"), &ada["id"]), "the lead is hers");
        assert_eq!(get(place, "/api/conflicts")["items"][0]["owner"], "ada-1");
        server.stop();
    });
}

#[test]
fn an_address_of_public_keys_alone_is_unconfirmed_until_a_live_grant() {
    let place = Place::sqlite();
    let server = place.with_keys(None).start();
    let identify = r#"{"userId": "u", "traits": {"email": "U@example.org", "country": "US"}}"#;
    assert_eq!(server.post(PUBLIC_KEY, "/v1/identify", identify).status, 200);
    let shown = || get(&place, "/api/leads/u");
    assert_eq!((&shown()["unconfirmed"], &shown()["attributes"]["country"]["public"]), (&json!(true), &json!(true)));
    let grant = |context: Value| {
        let said = json!({"userId": "u", "event": "Subscribed", "properties": {"proof": "form"}, "context": context});
        assert_eq!(server.post(SERVER_KEY, "/v1/track", &said.to_string()).status, 200);
    };
    grant(json!({"history": true}));
    assert_eq!(shown()["unconfirmed"], true, "an import's word is not a grant");
    grant(json!({}));
    assert_eq!(shown()["unconfirmed"], false);
    let other = r#"{"userId": "u", "traits": {"email": "v@example.org"}}"#;
    assert_eq!(server.post(PUBLIC_KEY, "/v1/identify", other).status, 200);
    assert_eq!(shown()["unconfirmed"], true, "another address has no grant");
    assert_eq!(server.post(SERVER_KEY, "/v1/identify", other).status, 200);
    assert_eq!(shown()["unconfirmed"], false, "a server knows it");
    server.stop();
}
