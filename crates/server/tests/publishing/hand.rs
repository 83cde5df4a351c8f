//! What people do to leads by hand: each deed is an event with its author, and a replay agrees.

use std::os::unix::net::UnixStream;

use attractor_engine::time::Instant;
use attractor_store::{Connection, Row, transfer};
use serde_json::{Value, json};

use super::running::{PUBLIC_KEY, Place, SERVER_KEY, Server, socket, talk};
use super::shop::{PLAYBOOK, Shop};

const CONSENT: &str = "fair in Ulm, 3 May, on paper";

pub fn open(place: Place) -> (Shop, Server) {
    let shop = Shop::new(place);
    let server = shop.place.start();
    // A sender would end the sequences that are looked at here.
    shop.does("/api/sending/pause", &json!({"why": "a test"}));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    shop.visited(&server);
    (shop, server)
}

/// The segments that an answer shows.
fn segments(lead: &Value) -> Vec<&str> {
    lead["segments"].as_array().unwrap().iter().filter_map(|segment| segment["id"].as_str()).collect()
}

/// Does it and compares with a replay at the end.
pub fn close(shop: &Shop, server: Server) {
    server.stop();
    let mut store = shop.place.store();
    assert_eq!(Shop::places(&mut store), shop.replayed(&mut store));
}

#[test]
fn segments_stages_and_sequences_obey() {
    Place::each_owned(|place| {
        let (shop, server) = open(place);
        let lead = |path: &str, body: Value| shop.does(&format!("/api/leads/u1/{path}"), &body);
        assert_eq!(segments(&lead("pin", json!({"segment": "hot"}))), ["hot"]);
        assert!(segments(&lead("ban", json!({"segment": "hot"}))).is_empty());
        assert!(segments(&lead("release", json!({"segment": "hot"}))).is_empty(), "the rules do not want it");
        let set = lead("stage", json!({"ladder": "life", "stage": "warm"}));
        assert_eq!(set["stages"]["life"]["stage"], "warm");
        assert_eq!(lead("stage/release", json!({"ladder": "life"}))["stages"]["life"]["stage"], "cold");
        lead("enroll", json!({"sequence": "welcome"}));
        lead("stop", json!({"sequence": "welcome"}));
        assert_eq!(shop.get("/api/leads/u1")["sequences"][0]["enrollment"], Value::Null);
        let moves = Shop::moves(&mut shop.place.store());
        let last: Vec<&str> = moves
            .iter()
            .filter(|noted| noted.kind == attractor_store::moves::MoveKind::Sequence)
            .map(|noted| noted.became.as_str())
            .collect();
        assert_eq!(last[last.len() - 2..], ["enrolled", "stopped"]);
        close(&shop, server);
    });
}

#[test]
fn an_enrollment_is_shown_by_the_ids_of_its_steps_and_by_instants() {
    Place::each_owned(|place| {
        let (shop, server) = open(place);
        let steps = "steps: [{id: greet, send: hello}, {wait: 3d}]";
        shop.write("playbook.yaml", &PLAYBOOK.replace("steps: [{send: hello}]", steps));
        assert_eq!(shop.apply(&["--yes"]).0, 0);
        let enrolled = shop.does("/api/leads/u1/enroll", &json!({"sequence": "welcome"}));
        let export = shop.get("/api/leads/u1/export");
        for lead in [&enrolled, &shop.get("/api/leads/u1"), &export["lead"]] {
            let one = &lead["sequences"][0];
            assert_eq!((&one["sequence"], &one["held"]), (&json!("welcome"), &json!(false)), "{one}");
            let began = one["last_began"].as_str().and_then(Instant::parse).expect("an instant");
            let enrollment = &one["enrollment"];
            for name in ["began", "since"] {
                assert_eq!(enrollment[name].as_str().and_then(Instant::parse), Some(began), "{one}");
            }
            assert_eq!((&enrollment["step"], &enrollment["done"]), (&json!("greet"), &json!([])), "{one}");
            assert_eq!((&enrollment["sending"], &enrollment["by_hand"]), (&json!(true), &json!(true)), "{one}");
        }
        let page = || shop.get("/api/leads/u1/enrollments/welcome");
        let what = page()["what"].as_str().unwrap().to_owned();
        assert!(
            what.ends_with("it goes on even if the condition of `enroll` does not hold or the lead has a deal."),
            "{what}"
        );
        let all = shop.get("/api/sequences/welcome/enrollments");
        assert_eq!(all["leads"]["items"][0]["by_hand"], true);
        let hearing = &enrolled["hearing"];
        assert_eq!((&hearing["emails"], &hearing["nothing"]), (&json!(1), &json!(true)), "{hearing}");
        let why = "the lead has no e-mail address";
        assert_eq!(hearing["before"], json!([]), "the copy that the enrollment asked for is its own");
        assert_eq!(hearing["skipped"], json!([{"reason": "no_address", "why": why, "emails": 1}]));
        assert_eq!(hearing["sentence"], format!("The lead hears nothing of the sequence “welcome”: {why}."));
        let unheard = &all["unheard"];
        assert_eq!(
            (&unheard["leads"], &unheard["reasons"][0]["leads"]),
            (&all["enrolled"], &all["enrolled"]),
            "{all:#}"
        );
        assert_eq!(unheard["reasons"][0]["reason"], "no_address");
        assert!(unheard["sentence"].as_str().unwrap().ends_with(&format!(" because {why}.")), "{unheard}");
        shop.does("/api/leads/u1/stop", &json!({"sequence": "welcome"}));
        assert_eq!((&page()["state"], &page()["by_hand"]), (&json!("over"), &json!(true)), "also when it is over");
        let before = shop.get("/api/leads/u1?at=2020-01-01T00:00:00Z");
        assert_eq!(before["sequences"], json!([]), "it had not begun");
        server.stop();
    });
}

#[test]
fn an_enrollment_that_would_have_no_effect_is_refused_with_the_reason() {
    let (shop, server) = open(Place::sqlite());
    let stays = "while: {stage: life, is: warm}, steps: [{send: hello}, {wait: 3d}]";
    shop.write("playbook.yaml", &PLAYBOOK.replace("steps: [{send: hello}]", stays));
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    shop.settled();
    let refused = || {
        let answer = shop.ask("POST", "/api/leads/u1/enroll", &json!({"sequence": "welcome"}));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (409, Some("application/problem+json")),
            "{answer:?}"
        );
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    let why = refused();
    assert!(why.contains("`while` does not hold; missing: ") && why.contains("warm"), "{why}");
    assert_eq!(shop.get("/api/leads/u1")["sequences"], json!([]));
    shop.does("/api/leads/u1/stage", &json!({"ladder": "life", "stage": "warm"}));
    let enrolled = shop.does("/api/leads/u1/enroll", &json!({"sequence": "welcome"}));
    assert_eq!(enrolled["sequences"][0]["enrollment"]["by_hand"], true, "{enrolled}");
    let why = refused();
    assert!(why.contains("has been in the sequence “welcome” since ") && why.contains("stop it first"), "{why}");
    server.stop();
}

#[test]
fn what_is_known_of_a_lead_is_told_by_whom() {
    let (shop, server) = open(Place::sqlite());
    let lead = |path: &str, body: Value| shop.does(&format!("/api/leads/u1/{path}"), &body);
    lead("tag", json!({"tag": "vip"}));
    assert_eq!(lead("tag", json!({"tag": "fair"}))["attributes"]["tags"]["value"], json!(["vip", "fair"]));
    assert_eq!(lead("untag", json!({"tag": "VIP"}))["attributes"]["tags"]["value"], json!(["fair"]));
    assert_eq!(lead("owner", json!({"owner": "grace"}))["attributes"]["owner"]["value"], "grace");
    let set = lead("attributes", json!({"company": {"size": 9}, "email": "Ada@Example.org"}));
    assert_eq!(set["attributes"]["company.size"]["value"], 9);
    assert_eq!(
        (&set["attributes"]["email"]["by"], &set["email"]),
        (&json!("command line (ada)"), &json!("ada@example.org"))
    );
    assert!(lead("attributes", json!({"company": null}))["attributes"]["company.size"].is_null());
    let granted = lead("consent", json!({"state": "granted", "proof": CONSENT, "subscription": "newsletter"}));
    assert_eq!(granted["consent"]["subscription:newsletter"]["proof"], CONSENT);
    let withdrawn = lead("consent", json!({"state": "withdrawn"}));
    assert_eq!(withdrawn["consent"]["all"]["state"], "withdrawn");
    lead("note", json!({"text": "wants blue"}));
    lead("call", json!({"outcome": "reached", "note": "next week"}));
    let export = shop.get("/api/leads/ada@example.org/export");
    let events = export["events"].as_array().unwrap();
    let by_hand: Vec<&Value> = events.iter().filter(|event| event["origin"] == "command line (ada)").collect();
    assert_eq!(by_hand.len(), 10);
    let call = by_hand.iter().find(|event| event["message"]["event"] == "Call Logged").unwrap();
    assert_eq!(
        call["message"]["properties"],
        json!({"outcome": "reached", "note": "next week", "by": "command line (ada)"})
    );
    assert!(export["identities"].as_array().unwrap().iter().any(|own| own["text"] == "ada@example.org"));
    close(&shop, server);
}

#[test]
fn whoever_is_known_by_an_e_mail_alone_stays_so() {
    let (shop, server) = open(Place::sqlite());
    let made = shop.does("/api/leads", &json!({"attributes": {"email": "Eve@x.org", "name": "Eve"}}));
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(made["name"], "eve@x.org");
    for _ in 0..2 {
        let pinned = shop.does("/api/leads/eve@x.org/pin", &json!({"segment": "hot"}));
        assert_eq!((pinned["id"].as_str(), segments(&pinned)), (Some(id.as_str()), vec!["hot"]));
    }
    assert_eq!(shop.ask("POST", "/api/leads/eve@x.org/attributes", &json!({"email": "other@x.org"})).status, 422);
    // When she signs up, what was done by hand goes with her.
    let signs_up = json!({"type": "identify", "userId": "u-eve", "traits": {"email": "eve@x.org"}}).to_string();
    assert_eq!(server.post(SERVER_KEY, "/v1/identify", &signs_up).status, 200);
    let tagged = shop.does("/api/leads/u-eve/tag", &json!({"tag": "new"}));
    assert_eq!((tagged["id"].as_str(), segments(&tagged)), (Some(id.as_str()), vec!["hot"]));
    let events = shop.get(&format!("/api/leads/{id}/export"))["events"].as_array().unwrap().len();
    assert_eq!(events, 6, "one tie, made once");
    close(&shop, server);
}

#[test]
fn visitors_and_users_become_one() {
    let (shop, server) = open(Place::sqlite());
    let page = json!({"type": "page", "anonymousId": "v1", "properties": {"path": "/shirts"}}).to_string();
    assert_eq!(server.post(SERVER_KEY, "/v1/page", &page).status, 200);
    assert_eq!(shop.does("/api/leads/v1/tag", &json!({"tag": "new"}))["name"], "v1");
    let merged = shop.does("/api/leads/v1/merge", &json!({"into": "u1"}));
    assert_eq!((merged["name"].as_str(), merged["stages"]["life"]["stage"].as_str()), (Some("u1"), Some("warm")));
    let joined = shop.does("/api/leads/u2/merge", &json!({"into": "u3"}));
    assert_eq!((joined["name"].as_str(), segments(&joined)), (Some("u3"), vec!["hot"]), "two and three visits");
    assert_eq!(shop.ask("POST", "/api/leads/u2/merge", &json!({"into": "u3"})).status, 422, "they are one already");
    let apart = shop.does("/api/leads/u3/unmerge", &json!({"alias": joined["alias"]}));
    assert_eq!((apart["name"].as_str(), segments(&apart).len()), (Some("u3"), 0));
    assert_eq!(shop.does("/api/leads/u2/note", &json!({"text": "herself again"}))["name"], "u2");
    assert_eq!(shop.ask("POST", "/api/leads/u3/unmerge", &json!({"alias": "nothing"})).status, 422);
    shop.does("/api/leads", &json!({"attributes": {"email": "eve@x.org"}}));
    let refused = shop.ask("POST", "/api/leads/eve@x.org/merge", &json!({"into": "u1"}));
    let advice = format!("POST /api/leads/id:{}/attributes with", shop.get("/api/leads/u1")["id"].as_str().unwrap());
    assert!(refused.status == 422 && refused.body.contains(&advice), "{refused:?}");
    shop.does("/api/leads", &json!({"attributes": {"email": "ida@x.org"}}));
    let refused = shop.ask("POST", "/api/leads/eve@x.org/merge", &json!({"into": "ida@x.org"}));
    assert!(refused.status == 422 && refused.body.contains("with the same user id"), "{refused:?}");
    close(&shop, server);
}

#[test]
fn the_advice_of_a_conflict_and_of_a_refused_merge_makes_two_leads_one() {
    let (shop, server) = open(Place::sqlite());
    let email = json!({"email": "jan@x.org"});
    shop.does("/api/leads", &json!({"attributes": email}));
    let page = json!({"type": "page", "userId": "jan@x.org", "properties": {"path": "/"}}).to_string();
    assert_eq!(server.post(PUBLIC_KEY, "/v1/page", &page).status, 200);
    let conflict = shop.get("/api/conflicts")["items"][0].clone();
    let (user, owner) = (conflict["user_lead"].as_str().unwrap(), conflict["owner_lead"].as_str().unwrap());
    let advice = format!("POST /api/leads/id:{user}/attributes with {email}");
    let text = conflict["text"].as_str().unwrap();
    assert!(text.contains(&format!("by hand, {advice} does the same")), "{text}");
    for (from, into) in [(user, owner), (owner, user)] {
        let merge = format!("/api/leads/id:{from}/merge");
        let refused = shop.ask("POST", &merge, &json!({"into": format!("id:{into}")}));
        let detail = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(refused.status == 422 && detail.contains(&advice), "{refused:?}");
        assert!(detail.contains(&format!("jan@x.org (id:{owner}) is known by an e-mail alone")), "{detail}");
    }
    let several = shop.ask("GET", "/api/leads/jan@x.org", &Value::Null);
    let detail = several.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert!(several.status == 409 && detail.contains(&advice), "{several:?}");
    let one = shop.does(&format!("/api/leads/id:{user}/attributes"), &email);
    assert_eq!(shop.get("/api/conflicts")["items"], json!([]));
    assert_eq!(shop.get("/api/leads/jan@x.org")["id"], one["id"]);
    close(&shop, server);
}

#[test]
fn who_is_erased_is_gone() {
    let (shop, server) = open(Place::sqlite());
    assert_eq!(shop.ask("DELETE", "/api/leads/u6", &Value::Null).status, 200);
    assert_eq!(shop.ask("DELETE", "/api/leads/u6", &Value::Null).status, 404);
    assert_eq!(shop.ask("GET", "/api/leads/u6/export", &Value::Null).status, 404);
    assert_eq!(shop.place.message_ids().len(), 15);
    close(&shop, server);
}

#[test]
fn an_erasure_reaches_every_lead_that_the_address_names_and_says_what_still_holds_it() {
    let identify = |user: &str| json!({"type": "identify", "userId": user, "traits": {"email": "ada@x.org"}});
    let page = json!({"type": "page", "userId": "Ada@x.org", "properties": {"path": "/"}});
    // How the person is named; what is asked; whether two users came with the address, the first of whom owns it; how many
    // are erased; what remains.
    let cases = [
        ("email:ada@x.org", "", false, 2, vec![]),
        ("user:Ada@x.org", "", false, 2, vec![]),
        ("Ada@x.org", "", false, 2, vec![]),
        ("email:ada@x.org", "?reach=lead", false, 1, vec!["user:Ada@x.org"]),
        ("user:Ada@x.org", "?reach=lead", false, 1, vec!["email:ada@x.org"]),
        ("user:Ada@x.org", "", true, 2, vec!["user:u-two"]),
        ("user:Ada@x.org", "?reach=everyone", true, 3, vec![]),
        ("user:u-two", "", true, 1, vec!["user:Ada@x.org", "user:u-ada"]),
    ];
    for (whom, query, other, erased, remaining) in cases {
        let (shop, server) = open(Place::sqlite());
        shop.does("/api/leads", &json!({"attributes": {"email": "ada@x.org"}}));
        assert_eq!(server.post(PUBLIC_KEY, "/v1/page", &page.to_string()).status, 200);
        assert_eq!(shop.get("/api/conflicts")["items"].as_array().unwrap().len(), 1, "the pair is listed");
        if other {
            for user in ["u-ada", "u-two"] {
                assert_eq!(server.post(SERVER_KEY, "/v1/identify", &identify(user).to_string()).status, 200);
            }
        }
        let answer = shop.ask("DELETE", &format!("/api/leads/{whom}{query}"), &Value::Null);
        assert_eq!(answer.status, 200, "{whom}{query}: {answer:?}");
        let done = answer.json();
        let left = done["remaining"].as_array().unwrap().iter().filter_map(|one| one["lead"].as_str());
        let mut left: Vec<&str> = left.collect();
        left.sort_unstable();
        assert_eq!((done["erased"].as_array().unwrap().len(), left), (erased, remaining.clone()), "{whom}{query}");
        assert_eq!(done["text"].is_string(), !remaining.is_empty(), "{whom}{query}: {done}");
        server.stop();
        if remaining.is_empty() {
            assert_eq!(naming(&mut shop.place.store(), "ada@x.org"), [""; 0], "{whom}{query}");
        }
    }
}

/// The tables with a row in which somebody is named.
fn naming(store: &mut Connection, word: &str) -> Vec<String> {
    let names = |row: &Row| {
        let mut bytes = Vec::new();
        transfer::encode(row, &mut bytes);
        bytes.to_ascii_lowercase().windows(word.len()).any(|part| part == word.as_bytes())
    };
    let tables = transfer::tables().unwrap().into_iter();
    tables.filter(|table| table.rows(store).unwrap().iter().any(names)).map(|table| table.name).collect()
}

#[test]
fn nothing_names_who_is_erased() {
    Place::each_owned(|place| {
        let (shop, server) = open(place);
        // Nobody answers there: what is told waits to be told again.
        shop.does("/api/webhooks", &json!({"url": "https://nobody.invalid/in"}));
        let known = json!({"batch": [
            {"type": "page", "anonymousId": "v-zebulon", "properties": {"path": "/shirts"}},
            {"type": "identify", "userId": "u-zebulon", "anonymousId": "v-zebulon",
                "traits": {"email": "zebulon@x.org", "name": "Zebulon Q.", "phone": "zebulon 7"}},
            {"type": "track", "userId": "u-zebulon", "event": "Deal Created", "properties": {"deal_id": "zebulon's"}},
            {"type": "group", "userId": "u-zebulon", "groupId": "zebulon.org"},
        ]});
        assert_eq!(server.post(SERVER_KEY, "/v1/batch", &known.to_string()).status, 200);
        let stream = UnixStream::connect(socket(&shop.place.path())).unwrap();
        let once = [("content-type", "application/json"), ("idempotency-key", "one")];
        let note = json!({"text": "zebulon likes tea"}).to_string();
        let noted = talk(stream, "POST", "/api/leads/zebulon@x.org/note", &once, note.as_bytes()).unwrap();
        assert_eq!(noted.status, 200, "{noted:?}");
        shop.does("/api/leads/u-zebulon/pin", &json!({"segment": "hot"}));
        let told = || shop.get("/api/webhooks/1/deliveries?limit=500").to_string().matches("u-zebulon").count();
        while told() < 2 {}
        assert_eq!(shop.ask("DELETE", "/api/leads/zebulon@x.org", &Value::Null).status, 200);
        assert_eq!(told(), 0);
        server.stop();
        assert_eq!(naming(&mut shop.place.store(), "zebulon"), [""; 0]);
        assert_ne!(naming(&mut shop.place.store(), "u1"), [""; 0], "the others are there");
    });
}

#[test]
fn what_does_not_exist_is_named_with_what_does() {
    let (shop, server) = open(Place::sqlite());
    let status = |path: &str, body: Value| {
        let answer = shop.ask("POST", path, &body);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        (answer.status, answer.body)
    };
    assert_eq!(status("/api/leads/nobody/pin", json!({"segment": "hot"})).0, 404);
    let (code, body) = status("/api/leads/u1/pin", json!({"segment": "hott"}));
    assert!(code == 422 && body.contains("declared are hot"), "{body}");
    let (code, body) = status("/api/leads/u1/stage", json!({"ladder": "life", "stage": "hot"}));
    assert!(code == 422 && body.contains("cold, warm"), "{body}");
    assert!(status("/api/leads/u1/stage", json!({"ladder": "x", "stage": "hot"})).1.contains("declared are life"));
    assert!(status("/api/leads/u1/enroll", json!({"sequence": "x"})).1.contains("declared are welcome"));
    assert!(status("/api/leads/u1/consent", json!({"state": "granted"})).1.contains("`proof` is empty"));
    let other = json!({"state": "withdrawn", "subscription": "x"});
    assert!(status("/api/leads/u1/consent", other).1.contains("declared are newsletter"));
    assert_eq!(status("/api/leads/u1/note", json!({"text": " "})).0, 422);
    assert_eq!(status("/api/leads/u1/note", json!({"words": "x"})).0, 400);
    assert_eq!(status("/api/leads", json!({"attributes": {"name": "x"}})).0, 422);
    assert_eq!(Shop::moves(&mut shop.place.store()).iter().filter(|noted| noted.became == "hott").count(), 0);
    assert!(PLAYBOOK.contains("hot"));
    server.stop();
}
