//! `/api/playbook/draft`: edits gather, are undone, shown with the people whom they move, and published; what somebody
//! else publishes in the meantime is not overwritten.

use serde_json::{Value, json};

use super::running::{Answer, Place};
use super::shop::{PLAYBOOK, Shop};

const DRAFT: &str = "/api/playbook/draft";

/// Somebody at the draft, who sends the tag that the last answer had.
struct Editor<'a> {
    shop: &'a Shop,
    tag: String,
}

impl<'a> Editor<'a> {
    fn new(shop: &'a Shop) -> Editor<'a> {
        let mut editor = Editor { shop, tag: String::new() };
        editor.look();
        editor
    }

    /// Reads the draft anew.
    fn look(&mut self) -> Value {
        let answer = self.shop.ask("GET", DRAFT, &Value::Null);
        assert_eq!(answer.status, 200, "{answer:?}");
        self.took(&answer)
    }

    fn took(&mut self, answer: &Answer) -> Value {
        self.tag = answer.header("etag").unwrap().to_owned();
        answer.json()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.shop.ask_if(method, &format!("{DRAFT}{path}"), Some(&self.tag), body)
    }

    /// What has to work.
    fn does(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(method, path, body);
        assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
        self.took(&answer)
    }

    fn edits(&mut self, change: Value) -> Value {
        self.does("POST", "/edits", &json!({"changes": [change]}))
    }

    fn refused(&self, change: Value) -> Answer {
        self.ask("POST", "/edits", &json!({"changes": [change]}))
    }
}

fn set(path: &str, value: impl Into<Value>) -> Value {
    json!({"op": "set", "path": path, "value": value.into()})
}

fn published(place: Place) -> (Shop, super::running::Server) {
    let shop = Shop::new(place);
    let server = shop.place.start();
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    shop.settled();
    (shop, server)
}

fn sentences(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["sentence"].as_str().unwrap()).collect()
}

fn numbers(draft: &Value) -> Vec<i64> {
    draft["edits"].as_array().unwrap().iter().map(|edit| edit["number"].as_i64().unwrap()).collect()
}

#[test]
fn edits_gather_are_undone_and_published() {
    Place::each_owned(|place| {
        let (shop, server) = published(place);
        shop.visited(&server);
        let mut editor = Editor::new(&shop);
        let empty = editor.look();
        assert_eq!((&empty["base"], &empty["edits"], &empty["differences"]), (&Value::Null, &json!([]), &json!([])));
        assert_eq!(empty["files"]["playbook.yaml"], PLAYBOOK);
        editor.edits(set("/segments/hot/enter/gte", 15));
        editor.edits(set("/segments/hot/name", "Hot"));
        let draft = editor.edits(set("/topics/shirts/name", "Shirts"));
        assert_eq!((numbers(&draft), &draft["base"]), (vec![1, 2, 3], &json!(2)));
        assert_eq!(draft["edits"][0]["author"], "command line (ada)");
        let told = "The condition for entering the segment “hot” is now: their score “lead” is at least 15. It was: their \
                    score “lead” is at least 20.";
        assert_eq!(sentences(&draft["edits"][0]["differences"]), [told]);
        let text = draft["files"]["playbook.yaml"].as_str().unwrap();
        assert!(text.contains("name: Shirts}]   # more to come\n"), "comments and layout stay: {text}");
        assert_eq!(draft["parsed"]["playbook"]["segments"][0]["name"], "Hot");
        let people = shop.get(&format!("{DRAFT}/people"));
        assert_eq!(people["people"]["segments"][0]["entered"]["names"], json!(["u3"]));
        assert_eq!(shop.get(&format!("{DRAFT}/people?edit=2"))["people"]["same_rules"], true);
        let left = editor.does("DELETE", "/edits/2", &Value::Null);
        assert_eq!(numbers(&left), [1, 3]);
        let done = editor.ask("POST", "/publish", &json!({}));
        assert_eq!((done.status, &done.json()["version"]), (200, &json!(3)), "{done:?}");
        assert_eq!(editor.look()["edits"], json!([]));
        let version = shop.get("/api/playbook/versions/3");
        assert!(version["note"].as_str().unwrap().ends_with(told), "{version}");
        assert_eq!(version["files"]["playbook.yaml"], left["files"]["playbook.yaml"]);
        let between = shop.get("/api/playbook/differences?from=2&to=3");
        assert_eq!(sentences(&between["differences"]).len(), 2, "{between}");
        let audit = shop.get("/api/audit");
        let did: Vec<&str> =
            audit["entries"].as_array().unwrap().iter().map(|entry| entry["what"].as_str().unwrap()).collect();
        assert_eq!(did[..2], ["playbook published", "draft edit undone"]);
        assert_eq!(sentences_of(&audit["entries"][0]["details"]).len(), 2);
        server.stop();
    });
}

fn sentences_of(details: &Value) -> Vec<&str> {
    details["sentences"].as_array().unwrap().iter().map(|sentence| sentence.as_str().unwrap()).collect()
}

#[test]
fn nobody_is_overwritten() {
    let (shop, server) = published(Place::sqlite());
    let (mut ada, mut bob) = (Editor::new(&shop), Editor::new(&shop));
    let bare = shop.ask("POST", &format!("{DRAFT}/edits"), &json!({"changes": [set("/segments/hot/name", "Hot")]}));
    assert_eq!(bare.status, 428, "{bare:?}");
    for (method, path) in [("DELETE", ""), ("DELETE", "/edits/1"), ("POST", "/rebase"), ("POST", "/publish")] {
        assert_eq!(shop.ask(method, &format!("{DRAFT}{path}"), &json!({})).status, 428, "{method} {path}");
    }
    ada.edits(set("/segments/hot/name", "Hot"));
    let late = bob.refused(set("/segments/hot/name", "Warm"));
    assert_eq!(late.status, 412);
    assert!(late.json()["detail"].as_str().unwrap().starts_with("the draft has changed since you read it"), "{late:?}");
    bob.look();
    let read = bob.tag.clone();
    bob.edits(set("/scores/lead/rules/visit/points", 6));
    let own = shop.ask_if("DELETE", &format!("{DRAFT}/edits/1"), Some(&read), &Value::Null);
    assert_eq!(own.status, 412, "the tag is that before the own edit: {own:?}");
    assert!(!own.body.contains("somebody else"), "{own:?}");
    ada.look();
    // Somebody publishes: a field of the draft, and another one.
    shop.write("playbook.yaml", &PLAYBOOK.replace("points: 5", "points: 7").replace("Helo", "Hello"));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    assert_eq!(ada.refused(set("/segments/hot/name", "Hotter")).status, 412, "the version in force is another one");
    let draft = ada.look();
    assert_eq!((&draft["base"], &draft["in_force"]), (&json!(2), &json!(3)));
    assert_eq!(draft["conflict"]["edits"], json!([2]));
    assert_eq!(sentences(&draft["conflict"]["differences"])[0], "The rule “visit” now gives 7 points instead of 5.");
    let why = draft["edits"][1]["why"].as_str().unwrap();
    assert!(why.contains("is `7` now; it was `5` when this edit was made"), "{why}");
    assert!(draft["files"]["playbook.yaml"].as_str().unwrap().contains("points: 7"));
    assert_eq!(ada.refused(set("/segments/hot/name", "Hotter")).status, 409);
    let refused = ada.ask("POST", "/publish", &json!({}));
    assert_eq!((refused.status, &refused.json()["in_force"]), (412, &json!(3)), "{refused:?}");
    assert_eq!(ada.ask("POST", "/rebase", &json!({})).status, 409);
    ada.does("DELETE", "/edits/2", &Value::Null);
    let rebased = ada.does("POST", "/rebase", &json!({}));
    assert_eq!((&rebased["base"], &rebased["conflict"]), (&json!(3), &Value::Null));
    assert_eq!(ada.ask("POST", "/publish", &json!({"note": "names"})).status, 200);
    let now = shop.get("/api/playbook");
    assert_eq!((&now["version"], &now["note"]), (&json!(4), &json!("names")));
    let text = now["files"]["playbook.yaml"].as_str().unwrap();
    assert!(text.contains("points: 7") && text.contains("name: Hot"), "{text}");
    server.stop();
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_nothing_is_stored() {
    let (shop, server) = published(Place::sqlite());
    let mut editor = Editor::new(&shop);
    let table = [
        (set("/segments/hat/name", "Hot"), "/changes/0/path", "there is no segment `hat`; did you mean `hot`?"),
        (set("/subscriptions/newsletter/id", "newsletter"), "/changes/0", "changes nothing"),
        (json!({"op": "delete", "file": "emails/x.mjml"}), "/changes/0/file", "no file `emails/x.mjml`"),
    ];
    for (change, pointer, detail) in table {
        let answer = editor.refused(change);
        assert_eq!(answer.status, 422, "{answer:?}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(detail), "{answer:?}");
    }
    let dangling = editor.refused(json!({"op": "remove", "path": "/scores/lead"}));
    assert!(
        dangling.status == 422 && dangling.json()["text"].as_str().unwrap().contains("no score `lead`"),
        "{dangling:?}"
    );
    let bodiless = json!({"op": "add", "path": "/emails", "value": {"id": "offer", "subject": "Offer", "body": "emails/offer.mjml"}});
    let answer = editor.refused(bodiless.clone());
    assert!(answer.json()["text"].as_str().unwrap().contains("emails/offer.mjml"), "{answer:?}");
    assert_eq!(editor.refused(json!({"op": "sett"})).status, 400);
    assert_eq!(editor.ask("POST", "/edits", &json!({"changes": []})).status, 422);
    assert_eq!(editor.look()["edits"], json!([]));
    // Both together are one edit.
    let body = json!({"op": "write", "file": "emails/offer.mjml", "text": "<mjml><mj-body></mj-body></mjml>"});
    let draft = editor.does("POST", "/edits", &json!({"changes": [bodiless, body]}));
    assert_eq!(sentences(&draft["differences"])[0], "The e-mail “offer” is new, with the subject “Offer”.");
    editor.edits(set("/sequences/welcome/steps/0/send", "offer"));
    let undone = editor.ask("DELETE", "/edits/1", &Value::Null);
    assert_eq!(undone.status, 409);
    assert!(undone.json()["detail"].as_str().unwrap().contains("edit 2 builds on edit 1"), "{undone:?}");
    assert_eq!(editor.ask("DELETE", "/edits/9", &Value::Null).status, 404);
    assert_eq!(shop.ask("GET", &format!("{DRAFT}/people?edit=2"), &Value::Null).status, 409);
    let discarded = editor.does("DELETE", "", &Value::Null);
    assert_eq!((&discarded["base"], &discarded["edits"], &discarded["number"]), (&Value::Null, &json!([]), &json!(3)));
    assert_eq!(editor.ask("DELETE", "", &Value::Null).status, 404);
    assert_eq!(editor.ask("POST", "/publish", &json!({})).status, 404);
    server.stop();
}

#[test]
fn a_version_is_read_parsed() {
    let (shop, server) = published(Place::sqlite());
    let parsed = shop.get("/api/playbook/parsed");
    assert_eq!((&parsed["version"], &parsed["playbook"]["playbook"]), (&json!(2), &json!("shop")));
    let entries = parsed["entries"].as_array().unwrap();
    let hot = entries.iter().find(|entry| entry["path"] == "/segments/hot").unwrap();
    assert!(hot["sentence"].as_str().unwrap().starts_with("Entered when: their score “lead” is at least 20."), "{hot}");
    assert_eq!(shop.get("/api/playbook/parsed?version=1")["version"], 1);
    assert_eq!(shop.ask("GET", "/api/playbook/parsed?version=9", &Value::Null).status, 404);
    assert_eq!(shop.ask("GET", "/api/playbook/differences?from=1&to=9", &Value::Null).status, 404);
    server.stop();
}
