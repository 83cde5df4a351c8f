//! The link to unsubscribe: one request is enough, it is in effect with the answer, and it works forever.

use serde_json::{Value, json};

use super::running::{Place, SERVER_KEY, Server};
use super::world::{ADDRESS, Mailing, SentCopy, events, get, mail, serve, submit, visit};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

fn state(place: &Place, lead: &str, scope: &str) -> Value {
    get(place, &format!("/api/leads/{lead}"))["consent"][scope]["state"].clone()
}

fn begin(place: &Place) -> (SentCopy, Server) {
    place.with_keys(None);
    let copy = mail(place, &Mailing::default());
    (copy, serve(place, 0))
}

fn bound(place: &Place) -> Value {
    get(place, &format!("/api/suppressions?email={ADDRESS}"))["suppressions"].clone()
}

#[test]
fn one_request_ends_what_the_link_names_before_it_is_answered() {
    Place::each(|place| {
        let (copy, server) = begin(place);
        for (link, scope, other) in
            [(copy.unsubscribe(Some("news")), "subscription:news", Some("all")), (copy.unsubscribe(None), "all", None)]
        {
            let looked = [visit(&server, "GET", &link).status, visit(&server, "HEAD", &link).status];
            assert_eq!(looked, [200, 200]);
            assert_ne!(state(place, "ada", scope), json!("withdrawn"), "looking changes nothing");
            assert_eq!(submit(&server, &link, ONE_CLICK).status, 200);
            assert_eq!(state(place, "ada", scope), json!("withdrawn"));
            assert!(bound(place).to_string().contains(scope), "the address, too");
            if let Some(other) = other {
                assert_ne!(state(place, "ada", other), json!("withdrawn"));
            }
            let count = events(place, "ada", "Unsubscribed").len();
            assert_eq!(submit(&server, &link, "").status, 200, "again, and without a body");
            assert_eq!(events(place, "ada", "Unsubscribed").len(), count, "it is ended already");
        }
        let event = &events(place, "ada", "Unsubscribed")[0]["message"]["properties"];
        assert_eq!((&event["subscription"], &event["email"]), (&json!("news"), &json!(ADDRESS)));
        assert_eq!(event["send_id"], copy.send_id.as_str());
        server.stop();
    });
}

#[test]
fn what_was_given_back_is_ended_again_by_the_same_link() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place);
    let link = copy.unsubscribe(None);
    assert_eq!(submit(&server, &link, ONE_CLICK).status, 200);
    let back = r#"{"userId": "ada", "event": "Subscribed", "properties": {"subscription": "news", "proof": "a form"}}"#;
    assert_eq!(server.post(SERVER_KEY, "/v1/track", back).status, 200);
    assert_eq!(state(&place, "ada", "subscription:news"), json!("granted"));
    assert_eq!(submit(&server, &link, ONE_CLICK).status, 200);
    assert_eq!(state(&place, "ada", "subscription:news"), json!("withdrawn"));
    server.stop();
}

#[test]
fn the_link_works_after_erasure_and_for_a_copy_that_is_unknown() {
    Place::each(|place| {
        let (copy, server) = begin(place);
        super::world::erase(place, "ada");
        let page = visit(&server, "GET", &copy.unsubscribe(Some("news")));
        assert_eq!((page.status, page.body.contains("&lt;News&gt;")), (200, true), "{}", page.body);
        assert!(!page.body.contains(ADDRESS), "nobody is known any more");
        assert_eq!(submit(&server, &copy.unsubscribe(Some("news")), ONE_CLICK).status, 200);
        assert!(bound(place).to_string().contains("subscription:news"), "{}", bound(place));
        // Somebody imports the address again: nobody writes to it.
        let again = format!(r#"{{"userId": "ada-2", "traits": {{"email": "{ADDRESS}"}}}}"#);
        assert_eq!(server.post(SERVER_KEY, "/v1/identify", &again).status, 200);
        assert_eq!(state(place, "ada-2", "subscription:news"), json!("withdrawn"));
        server.stop();
    });
}

#[test]
fn a_store_that_fails_is_no_success() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place);
    let link = copy.unsubscribe(Some("news"));
    place.store().execute("ALTER TABLE profiles RENAME TO profiles_away", &[]).unwrap();
    let answer = submit(&server, &link, ONE_CLICK).status;
    place.store().execute("ALTER TABLE profiles_away RENAME TO profiles", &[]).unwrap();
    assert_eq!(answer, 500);
    assert_eq!(events(&place, "ada", "Unsubscribed"), Vec::<Value>::new(), "what failed ended nothing");
    assert_eq!(submit(&server, &link, ONE_CLICK).status, 200);
    assert_eq!(state(&place, "ada", "subscription:news"), json!("withdrawn"));
    server.stop();
}

#[test]
fn what_is_not_ours_ends_nothing() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place);
    for path in [copy.pixel().replace("/t/o/", "/u/"), "/u/x".to_owned(), copy.preferences().replace("/p/", "/u/")] {
        assert_eq!(submit(&server, &path, ONE_CLICK).status, 404, "{path}");
    }
    assert_eq!(events(&place, "ada", "Unsubscribed"), Vec::<Value>::new());
    server.stop();
}

#[test]
fn the_links_of_a_mail_that_is_only_shown_say_so_and_change_nothing() {
    let place = Place::sqlite();
    let (_, server) = begin(&place);
    for path in ["/u/preview", "/p/preview", "/f/confirm/preview"] {
        let page = visit(&server, "GET", path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("This e-mail is a preview or a test"), "{path}: {}", page.body);
        assert!(!page.body.contains("<form") && !page.body.contains("<button"), "{path}: {}", page.body);
    }
    assert_eq!(submit(&server, "/u/preview", ONE_CLICK).status, 404);
    assert_eq!(events(&place, "ada", "Unsubscribed"), Vec::<Value>::new());
    server.stop();
}
