//! Consent as people and programs meet it: who may raise it, what an address keeps, and what changes nothing.

use serde_json::{Value, json};

use super::running::{Place, SERVER_KEY, Server};
use super::shop::Shop;

fn open(place: Place) -> (Shop, Server) {
    let shop = Shop::new(place);
    let server = shop.place.start();
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    (shop, server)
}

fn identify(server: &Server, user: &str, email: &str) {
    let body = json!({"userId": user, "traits": {"email": email}}).to_string();
    assert_eq!(server.post(SERVER_KEY, "/v1/identify", &body).status, 200);
}

fn track(server: &Server, user: &str, event: &str, properties: Value) {
    let body = json!({"userId": user, "event": event, "properties": properties}).to_string();
    assert_eq!(server.post(SERVER_KEY, "/v1/track", &body).status, 200);
}

fn state(shop: &Shop, lead: &str, scope: &str) -> String {
    shop.get(&format!("/api/leads/{lead}"))["consent"][scope]["state"].as_str().unwrap_or("absent").to_owned()
}

/// Imports a list that tells of consent; what the command says.
fn import(shop: &Shop, text: &str, consent: &[&str]) -> String {
    shop.write("list.csv", text);
    let path = shop.path("list.csv").to_string_lossy().into_owned();
    let (code, out, err) = shop.command(&[&["import", path.as_str()], consent].concat());
    assert_eq!(code, 0, "{out}{err}");
    out + &err
}

#[test]
fn nobody_raises_by_hand_what_a_person_withdrew() {
    Place::each_owned(|place| {
        let (shop, server) = open(place);
        identify(&server, "u1", "u1@x.example");
        let grant = |scope: Value| {
            let mut body = json!({"state": "granted", "proof": "on the phone"});
            body.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
            shop.ask("POST", "/api/leads/u1/consent", &body)
        };
        assert_eq!(grant(json!({})).status, 200, "nothing was withdrawn yet");
        track(&server, "u1", "Unsubscribed", json!({}));
        for scope in [json!({}), json!({"subscription": "newsletter"}), json!({"topic": "shirts"})] {
            let refused = grant(scope.clone());
            assert_eq!(refused.status, 409, "{scope}: {refused:?}");
            assert!(refused.body.contains("only the person's own act brings it back"), "{refused:?}");
        }
        assert_eq!(state(&shop, "u1", "all"), "withdrawn");
        assert_eq!(state(&shop, "u1", "subscription:newsletter"), "withdrawn");
        track(&server, "u1", "Subscribed", json!({"proof": "double opt-in"}));
        assert_eq!(state(&shop, "u1", "all"), "granted");
        track(&server, "u1", "Tracking Declined", json!({}));
        assert_eq!(state(&shop, "u1", "tracking"), "withdrawn");
        server.stop();
    });
}

#[test]
fn an_address_that_left_is_withdrawn_at_every_lead_that_has_it() {
    let (shop, server) = open(Place::sqlite());
    for user in ["g7", "g8"] {
        identify(&server, user, "sh@x.example");
        track(&server, user, "Subscribed", json!({"proof": "form"}));
    }
    track(&server, "g7", "Unsubscribed", json!({}));
    let lead = shop.get("/api/leads/g8");
    assert_eq!(lead["consent"]["all"]["state"], "withdrawn");
    assert_eq!(lead["consent"]["all"]["by"], "address");
    assert!(lead["consent"]["all"]["reason"].as_str().unwrap().contains("this address withdrew"), "{lead}");
    assert_eq!(lead["suppressed"][0]["kind"], "withdrawal");
    let lines = shop.ask("GET", "/api/export/leads?format=ndjson", &Value::Null).body;
    let exported = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let exported = exported.into_iter().find(|lead| lead["lead"] == "g8").unwrap();
    assert_eq!(exported["consent"]["all"]["state"], "granted", "its own last word");
    assert_eq!(exported["consent_in_effect"]["all"], "withdrawn", "what the sender acts on: {exported}");
    assert_eq!(exported["consent_in_effect"]["tracking"], "unknown");
    let by_hand = json!({"state": "granted", "proof": "on the phone"});
    assert_eq!(shop.ask("POST", "/api/leads/g8/consent", &by_hand).status, 409, "the address counts as well");
    server.stop();
}

#[test]
fn whoever_left_and_was_erased_is_granted_nothing_by_an_old_list_and_the_import_says_so() {
    let (shop, server) = open(Place::sqlite());
    identify(&server, "e1", "erase@x.example");
    track(&server, "e1", "Unsubscribed", json!({}));
    assert_eq!(shop.ask("DELETE", "/api/leads/e1", &Value::Null).status, 200);
    let said = import(&shop, "email\nerase@x.example\nnew@x.example\n", &["--consent", "fair 2025", "--erased"]);
    assert!(said.contains("consent took no effect 1 time"), "{said}");
    assert_eq!(state(&shop, "erase@x.example", "all"), "withdrawn");
    assert_eq!(state(&shop, "new@x.example", "all"), "granted");
    let consent = shop.get("/api/leads/new@x.example")["consent"].clone();
    let decision = &consent["all"]["decision"];
    assert!(decision.as_str().unwrap().contains(", because of import 1: fair 2025"), "{decision}");
    let words = "no, opens and clicks of its e-mails are not measured, because consent to that was never given";
    assert_eq!(consent["tracking"]["decision"], words);
    assert_eq!(shop.get("/api/imports/1")["suppressed"], 1);
    server.stop();
}

#[test]
fn a_list_does_not_bring_back_an_erased_person_unless_it_is_told_to() {
    let (shop, server) = open(Place::sqlite());
    let list = "HubSpot Record ID,email,first name\n51,erase@x.example,Eve\n52,other@x.example,Olaf\n";
    import(&shop, list, &[]);
    assert_eq!(shop.ask("DELETE", "/api/leads/erase@x.example", &Value::Null).status, 200);
    let preview = import(&shop, list, &["--preview"]);
    assert!(preview.contains("suppressed in the store: 0, erased here: 1 (held back"), "{preview}");
    assert!(preview.contains("people: 2, "), "as the list says: {preview}");
    assert!(preview.contains(": 1 (0 new, 1 known)\n"), "who is held back is not a new lead: {preview}");
    let preview = import(&shop, list, &["--preview", "--consent", "fair 2025"]);
    assert!(preview.contains("consent granted: 1, "), "{preview}");
    let all = import(&shop, list, &["--preview", "--erased"]);
    assert!(all.contains("erased here: 1 (stored all the same") && all.contains(": 2 (1 new, 1 known)\n"), "{all}");
    let report = import(&shop, list, &[]);
    assert!(report.contains("1 person on this list was erased here on 2"), "{report}");
    assert!(report.contains(": 0 new, "), "{report}");
    assert_eq!(shop.ask("GET", "/api/leads/erase@x.example", &Value::Null).status, 404);
    let report = import(&shop, list, &["--erased"]);
    assert!(!report.contains("erased here"), "{report}");
    assert_eq!(shop.get("/api/leads/erase@x.example")["attributes"]["first_name"]["value"], "Eve");
    assert_eq!(shop.ask("DELETE", "/api/leads/erase@x.example", &Value::Null).status, 200);
    identify(&server, "u9", "erase@x.example");
    let report = import(&shop, list, &[]);
    assert!(!report.contains("erased here"), "a person may come back by its own act: {report}");
    server.stop();
}

#[test]
fn suppressions_are_looked_up_added_and_exported() {
    Place::each_owned(|place| {
        let (shop, server) = open(place);
        identify(&server, "u1", "here@x.example");
        let add = |body: Value| shop.ask("POST", "/api/suppressions", &json!({"suppressions": body}));
        let at = "2025-01-02T03:04:05.000Z";
        let new = json!([{"email": " Here@X.example", "at": at}, {"email": "gone@x.example", "kind": "complaint"}]);
        assert_eq!(add(new).json(), json!({"added": 2}));
        assert_eq!(state(&shop, "u1", "all"), "withdrawn");
        let found = shop.get("/api/suppressions?email=GONE@x.example");
        assert_eq!(found["suppressions"][0]["kind"], "complaint", "{found}");
        assert!(found["suppressions"][0]["reason"].as_str().unwrap().starts_with("complained: "), "{found}");
        assert_eq!(shop.get("/api/suppressions?email=other@x.example"), json!({"suppressions": []}));
        for (wrong, word) in [
            (json!([]), "between 1 and"),
            (json!([{"email": "a@b.example"}, {"email": "nobody"}]), "/suppressions/1/email"),
            // The form that imports ask for: a domain without a dot reaches nobody.
            (json!([{"email": "bob@example"}]), "`bob@example`: this is not one e-mail address"),
            (json!([{"email": "bob@-x.example"}]), "/suppressions/0/email"),
            (json!([{"email": "x"}, {"email": "a@b.example"}, {"email": "y"}]), "/suppressions/2/email"),
            (json!([{"email": "x"}, {"email": "a@b.example"}]), "none of the 2 was added"),
            (
                json!([{"email": "a@b.example", "scope": "subscription:nwsletter"}]),
                "no subscription `nwsletter`; declared are newsletter",
            ),
            (json!([{"email": "a@b.example", "scope": "topic:shoes"}]), "no topic `shoes`; declared are shirts"),
            (json!([{"email": "a@b.example", "scope": "news"}]), "is not a scope"),
            (json!([{"email": "a@b.example"}, {"email": "a@b.example", "scope": "news"}]), "/suppressions/1/scope"),
            (json!([{"email": "a@b.example", "kind": "erasure"}]), "/suppressions/0/kind"),
            (json!([{"email": "a@b.example", "at": "2999-01-01"}]), "/suppressions/0/at"),
            (json!([{"email": "a@b.example", "kind": "erasure"}]), "withdrawal, complaint or bounce"),
            (json!([{"email": "a@b.example", "at": "2999-01-01"}]), "not in the future"),
        ] {
            let answer = add(wrong);
            assert!((400..500).contains(&answer.status) && answer.body.contains(word), "{word}: {answer:?}");
        }
        let all_wrong = json!({"email": "x", "scope": "news", "kind": "erasure", "at": "2999-01-01"});
        let answer = add(json!([{"email": "a@b.example"}, all_wrong]));
        assert!(answer.body.contains("1 suppression is wrong, so none of the 2 was added"), "{answer:?}");
        for field in ["email", "scope", "kind", "at"] {
            assert!(answer.body.contains(&format!("\"/suppressions/1/{field}\"")), "{field}: {answer:?}");
        }
        let many: Vec<Value> = (0..30).map(|number| json!({"email": format!("wrong {number}")})).collect();
        let answer = add(json!(many));
        assert!(
            answer.body.contains("/suppressions/19/email") && answer.body.contains("30 suppressions are wrong"),
            "{answer:?}"
        );
        assert!(!answer.body.contains("/suppressions/20/"), "{answer:?}");
        assert_eq!(shop.get("/api/suppressions?email=a@b.example"), json!({"suppressions": []}), "all or none");
        let scoped = json!([{"email": "c@d.example", "scope": "subscription:newsletter"}]);
        assert_eq!(add(scoped).json(), json!({"added": 1}));
        let (code, out, err) = shop.command(&["export", "suppressions", "--format", "csv"]);
        assert_eq!(code, 0, "{err}");
        let lines: Vec<&str> = out.trim().lines().collect();
        assert_eq!((lines.len(), lines[0].trim_end()), (4, "hash,scope,kind,at,email,reason"), "{out}");
        let has = |line: &&&str| {
            line.contains("here@x.example") && line.contains(",withdrawal,") && line.contains("unsubscribed: somebody")
        };
        assert_eq!(lines.iter().filter(has).count(), 1, "a lead has the address: {out}");
        assert!(!out.contains("gone@x.example"), "nobody has it: {out}");
        let (_, out, _) = shop.command(&["export", "suppressions"]);
        let first: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        assert_eq!(first["hash"].as_str().unwrap().len(), 64, "{out}");
        server.stop();
    });
}

#[test]
fn reading_changes_no_consent() {
    let (shop, server) = open(Place::sqlite());
    identify(&server, "u1", "u1@x.example");
    track(&server, "u1", "Subscribed", json!({"proof": "form"}));
    identify(&server, "u2", "u2@x.example");
    track(&server, "u2", "Unsubscribed", json!({}));
    let seen = || {
        let mut store = shop.place.store();
        let mut rows = Vec::new();
        for table in ["events", "profiles", "suppressions"] {
            rows.extend(store.query(&format!("SELECT * FROM {table}"), &[]).unwrap());
        }
        format!("{rows:?}")
    };
    let before = seen();
    let description = shop.get("/api/openapi.json");
    let mut paths: Vec<String> = vec!["/".into(), "/setup".into(), "/healthz".into(), "/v1/attractor.js".into()];
    for (path, methods) in description["paths"].as_object().unwrap() {
        // The stream does not end.
        if path.ends_with("/stream") {
            continue;
        }
        assert!(methods.as_object().is_some());
        paths.push(path.replace("{what}", "leads").replace("{id}", "u1"));
    }
    paths.extend(["/v1/track", "/v1/identify", "/hooks/1"].map(str::to_owned));
    assert!(paths.len() > 50, "{paths:?}");
    for path in paths.iter().map(|path| path.replace(['{', '}'], "")) {
        for method in ["GET", "HEAD"] {
            let query = "?state=withdrawn&event=Unsubscribed&subscription=newsletter&userId=u1";
            shop.ask(method, &path, &Value::Null);
            shop.ask(method, &format!("{path}{query}"), &Value::Null);
        }
    }
    assert_eq!(seen(), before);
    server.stop();
}
