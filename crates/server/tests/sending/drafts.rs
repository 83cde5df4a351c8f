//! A sequence in review: nothing leaves until somebody releases it.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::Place;
use super::world::{self, again, copies, event, get, identify, send, start, tell, until};

/// Somebody whom the sequence in review writes to.
fn person(user: &str) -> Vec<Value> {
    let traits = json!({"email": format!("{user}@people.test"), "reviewed": true});
    vec![event(user, "Subscribed", json!({"subscription": "news", "proof": "a form"})), identify(user, traits)]
}

fn of<'c>(copies: &'c [Value], user: &str) -> &'c Value {
    copies.iter().find(|copy| copy["lead_name"] == user).unwrap_or(&Value::Null)
}

fn decide(place: &Place, asked: &Value) -> Result<Value, String> {
    send(place, Method::POST, "/api/outbox/drafts", asked)
}

#[test]
fn drafts_are_released_or_rejected_one_by_one_and_all_of_a_sequence() {
    Place::each(|place| {
        let server = start(place, &[]);
        for user in ["ann", "bob", "cyd", "dan"] {
            tell(&server, &person(user));
        }
        let drafts =
            until(place, "in review", |copies| copies.len() == 4 && copies.iter().all(|copy| copy["state"] == "draft"));
        let why = of(&drafts, "ann")["why"].as_str().unwrap().to_owned();
        let expected = "the sequence “reviewing” is in review, and somebody must release it (POST /api/outbox/drafts).";
        assert!(why.ends_with(expected), "{why}");
        let of_step = ["sequence", "step", "broadcast"].map(|name| of(&drafts, "ann")[name].clone());
        assert_eq!(of_step, [json!("reviewing"), json!("only"), Value::Null]);
        let id = |user: &str| of(&drafts, user)["send_id"].clone();
        let released = decide(place, &json!({"decision": "release", "copies": [id("ann")]})).unwrap();
        assert_eq!(released, json!({"decided": 1, "others": 0, "others_sentence": null}));
        let rejected = decide(place, &json!({"decision": "reject", "copies": [id("bob"), id("ann")]})).unwrap();
        assert_eq!([&rejected["decided"], &rejected["others"]], [1, 1], "what is released cannot be rejected");
        let why = rejected["others_sentence"].as_str().unwrap();
        assert!(why.starts_with("1 copy was not decided, because it is not a draft ("), "{why}");
        until(place, "sent", |copies| of(copies, "ann")["state"] == "sent");
        let states = |copies: &[Value]| ["bob", "cyd", "dan"].map(|user| of(copies, user)["state"].clone());
        let left = copies(place);
        assert_eq!(states(&left), ["withdrawn", "draft", "draft"]);
        let why = of(&left, "bob")["why"].as_str().unwrap().to_owned();
        assert!(why.starts_with("It was withdrawn on ") && why.ends_with(": somebody rejected the draft."), "{why}");
        let all = decide(place, &json!({"decision": "release", "sequence": "reviewing"})).unwrap();
        assert_eq!(all, json!({"decided": 2, "others": 0, "others_sentence": null}));
        until(place, "sent", |copies| states(copies)[1..] == ["sent", "sent"]);
        assert_eq!(get(place, "/api/caught")["items"].as_array().unwrap().len(), 3);
        let audit = get(place, "/api/audit")["entries"].to_string();
        assert_eq!((audit.matches("drafts released").count(), audit.matches("drafts rejected").count()), (2, 1));
        server.stop();
    });
}

#[test]
fn a_draft_that_nobody_releases_in_time_is_skipped() {
    Place::each(|place| {
        let server = start(place, &[]);
        for user in ["ann", "bob"] {
            tell(&server, &person(user));
        }
        let drafts = until(place, "in review", |copies| copies.len() == 2);
        server.stop();
        let sql = "UPDATE copies SET not_after = $1 WHERE state = 'draft' AND send_id = $2";
        let ann = of(&drafts, "ann")["send_id"].as_str().unwrap().to_owned();
        assert_eq!(place.store().execute(sql, &[5.into(), ann.as_str().into()]).unwrap(), 1);
        let server = again(place, &[]);
        let copies = until(place, "skipped", |copies| of(copies, "ann")["state"] == "skipped");
        assert_eq!(of(&copies, "ann")["reason"], "too_late: draft");
        let why = of(&copies, "ann")["why"].as_str().unwrap();
        assert!(why.ends_with(": nobody released its draft in time."), "{why}");
        assert_eq!(of(&copies, "bob")["state"], "draft", "it has no such time");
        server.stop();
    });
}

#[test]
fn what_cannot_be_decided_is_named() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    for (asked, why) in [
        (json!({"decision": "release"}), "say which drafts: either `copies` or `sequence`"),
        (json!({"decision": "release", "copies": ["1"], "sequence": "reviewing"}), "say which drafts"),
        (json!({"decision": "reject", "copies": ["1/broadcast"]}), "`1/broadcast` is not the `send_id` of a copy"),
        (json!({"decision": "reject", "sequence": "nothing"}), "the playbook has no sequence `nothing`"),
        (json!({"decision": "hide", "sequence": "reviewing"}), "release"),
    ] {
        let refused = decide(&place, &asked).unwrap_err();
        assert!(refused.contains(why), "{asked}: {refused}");
    }
    let unknown = json!({"decision": "reject", "copies": ["1/sequence/reviewing/0/only"]});
    let why = "1 copy was not decided, because it is not a draft (unknown: 1).";
    assert_eq!(decide(&place, &unknown).unwrap(), json!({"decided": 0, "others": 1, "others_sentence": why}));
    server.stop();
}

#[test]
fn who_enrolls_by_hand_is_told_of_the_review_and_of_copies_that_may_leave_later() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    tell(&server, &world::person("ada", json!({})));
    until(&place, "held", |copies| copies.iter().any(|copy| copy["reason"] == "cadence"));
    let enrolled = send(&place, Method::POST, "/api/leads/user:ada/enroll", &json!({"sequence": "reviewing"})).unwrap();
    let hearing = &enrolled["hearing"];
    assert_eq!(hearing["review"], true, "{hearing:#}");
    assert_eq!(hearing["delayed"], json!([{"email": "more", "name": "more", "copies": 1}]));
    let said = "The e-mails of the sequence “reviewing” are drafts until somebody releases them. As things are now, nothing \
                else keeps them from the lead. The e-mails of the sequence count in the lead's budget: 1 copy that waits \
                (“more”) may leave later, or expire before its turn.";
    assert_eq!(hearing["sentence"], said);
    server.stop();
}
