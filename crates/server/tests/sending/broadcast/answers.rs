//! What people are told of broadcasts: who did not get one and why, why something is not done, and what is hardly meant.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, is_of, people};
use crate::running::Place;
use crate::world::{refused, send};

/// The outbox lists the copies of the broadcast to the forty by what is asked.
pub fn who_did_not_get_it(shop: &Shop, broadcast: &str) {
    let id = broadcast.rsplit('/').next().unwrap();
    let list = |query: &str| shop.get(&format!("/api/outbox?{query}"));
    let skipped = list(&format!("broadcast={id}&state=skipped"));
    let skipped = skipped["items"].as_array().unwrap();
    assert!(skipped.iter().all(|copy| copy["state"] == "skipped" && copy["why"].is_string()), "{skipped:?}");
    assert_eq!(skipped.len(), 7);
    for (query, count) in [
        (format!("broadcast={id}&limit=500"), 39),
        (format!("broadcast={id}&state=failed"), 2),
        (format!("broadcast={id}&state=skipped&lead=ok-buyer"), 1),
        (format!("broadcast={id}&state=skipped&lead=ok-m1"), 0),
        (format!("broadcast={id}&lead=email:ok-gone@people.test&email=may"), 1),
        (format!("broadcast={id}&email=more-shirts"), 0),
        (format!("broadcast={id}&sequence=welcome"), 0),
        ("lead=user:ok-m0".to_owned(), 1),
        ("email=may&state=failed".to_owned(), 2),
        ("sequence=welcome".to_owned(), 0),
    ] {
        let found = list(&query);
        assert_eq!((found["items"].as_array().unwrap().len(), &found["next"]), (count, &Value::Null), "{query}");
    }
    let first = list(&format!("broadcast={id}&email=may&limit=30"));
    let rest = list(&format!("broadcast={id}&email=may&limit=30&cursor={}", first["next"].as_str().unwrap()));
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (9, &Value::Null));
    for (query, why) in [
        ("broadcast=999", "there is no broadcast 999"),
        ("broadcast=may", "the query parameter `broadcast` is `may`; expected a whole number"),
        ("lead=user:who", "there is no such lead"),
        ("state=lost", "`state` is `lost`; expected one of "),
    ] {
        let found = refused(shop.place, &format!("/api/outbox?{query}"));
        assert!(found.contains(why), "{query}: {found}");
    }
}

#[test]
fn what_cannot_be_is_refused_and_what_is_hardly_meant_is_warned_of() {
    let place = Place::sqlite();
    let mut shop = Shop::open(&place);
    shop.tell(&people(2));
    let everybody = r#"{"consent": "granted", "subscription": "news"} for all who agreed to get that subscription"#;
    let past = json!({"at": "2020-01-01T00:00:00Z"});
    for (wrong, why) in [
        (json!({"name": "May", "email": "may"}), "`audience` is missing; write a condition"),
        (json!({"name": "May", "email": "may"}), everybody),
        (json!({"name": "May", "email": "may", "audience": "all"}), everybody),
        (
            json!({"name": "May", "email": "may", "audience": {"segment": "asked"}, "when": past}),
            "`when.at` is 2020-01-01T00:00:00Z, which has passed; write a later instant",
        ),
        (json!({"name": " ", "email": "may", "audience": {"segment": "asked"}, "when": past}), "/when/at: "),
    ] {
        let found = shop.post("/api/broadcasts", wrong.clone()).unwrap_err();
        assert!(found.contains(why), "{wrong}: {found}");
    }
    let everybody = json!({"consent": "granted", "subscription": "news"});
    let broadcast = shop.draft(json!({"email": "plain", "audience": everybody}));
    let audience = shop.until(&format!("{broadcast}/audience"), is_of(2));
    for warned in [shop.get(&broadcast), audience] {
        let warning = &warned["warnings"][0];
        assert_eq!((&warning["pointer"], &warned["warnings"][1]), (&json!("/email"), &Value::Null), "{warned:#}");
        let detail = warning["detail"].as_str().unwrap();
        assert!(detail.contains("unsubscribed from Our news but not from everything"), "{detail}");
    }
    let change = json!({"name": "May", "email": "may", "audience": {"segment": "asked"}, "when": past});
    assert!(send(&place, Method::PUT, &broadcast, &change).unwrap_err().contains("which has passed"));
    let other = shop.draft(json!({"when": {"at": "2999-01-01T00:00:00Z"}}));
    assert_eq!(shop.get(&other)["warnings"], json!([]));
    // Time passes while it is a draft.
    shop.server.take().unwrap().stop();
    let sql = "UPDATE broadcasts SET document = replace(document, '2999-01-01', '2020-01-01')";
    place.store().execute(sql, &[]).unwrap();
    shop.start_again();
    let (_, seen) = shop.try_start(&other, "\"x\"");
    let (status, found) = shop.try_start(&other, seen["etag"].as_str().unwrap());
    assert_eq!(status, StatusCode::CONFLICT, "{found}");
    assert!(found["detail"].as_str().unwrap().starts_with("`when.at` is 2020-01-01T00:00:00Z, which has"), "{found}");
    shop.stop();
}

#[test]
fn a_start_repeats_the_warnings_of_its_count_and_before_copies_leave_there_is_nothing_to_follow() {
    let place = Place::sqlite();
    let shop = Shop::open(&place);
    shop.tell(&people(2));
    let first = shop.draft(json!({}));
    shop.until(&format!("{first}/audience"), is_of(2));
    shop.start(&first);
    shop.until_state(&first, "scheduled");
    let none = shop.post(&format!("{first}/follow-ups"), Value::Null).unwrap();
    let why = "No draft was made: no copy that has left has a link that stands for a topic.";
    assert_eq!((&none["drafts"], &none["what"], &none["why_none"]), (&json!([]), &Value::Null, &json!(why)));
    let second = shop.draft(json!({}));
    let counted = shop.get(&format!("{second}/audience"));
    let warned = counted["warnings"][0]["detail"].as_str().unwrap();
    assert!(warned.starts_with("2 leads have another copy of this e-mail waiting"), "{warned}");
    assert_eq!(shop.start(&second)["warnings"], counted["warnings"]);
    shop.stop();
}

#[test]
fn a_step_that_goes_nowhere_says_how_far_the_broadcast_is() {
    let place = Place::sqlite();
    let shop = Shop::open(&place);
    shop.tell(&people(2));
    let broadcast = shop.draft(json!({}));
    shop.until(&format!("{broadcast}/audience"), is_of(2));
    let step = |step: &str| shop.post(&format!("{broadcast}/{step}"), json!({}));
    assert!(step("undo").unwrap_err().contains("is a draft: it was not started, or its start was undone already"));
    assert!(step("resume").unwrap_err().contains("is a draft: only a broadcast that is paused"));
    shop.start(&broadcast);
    shop.until_state(&broadcast, "scheduled");
    assert!(step("resume").unwrap_err().contains("is scheduled: only a broadcast that is paused can be resumed"));
    step("undo").unwrap();
    let again = step("undo").unwrap_err();
    assert!(again.contains("its start was undone already"), "{again}");
    shop.until_state(&broadcast, "draft");
    shop.stop();
}
