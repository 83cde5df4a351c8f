//! Lists that are imported again: what they say is so afterwards, and the same list twice changes nothing.

use serde_json::{Value, json};

use super::running::Place;
use super::seen::{client, count, import, same, seen};

/// An attribute of the one lead.
fn attribute(place: &Place, name: &str) -> Value {
    let leads = client(place).get("/api/leads").unwrap().value().unwrap();
    let id = leads["items"][0]["id"].as_str().unwrap().to_owned();
    client(place).get(&format!("/api/leads/{id}")).unwrap().value().unwrap()["attributes"][name]["value"].clone()
}

#[test]
fn a_value_that_goes_back_to_what_it_was_is_so_afterwards() {
    Place::each(|place| {
        let server = place.start();
        for (week, stage) in ["SQL", "MQL", "SQL", "SQL", "MQL"].into_iter().enumerate() {
            place.write("week.csv", &format!("email,lifecycle stage,created at\nz@example.org,{stage},2024-01-01\n"));
            assert_eq!(import(place, &["week.csv"]).code, 0);
            assert_eq!(attribute(place, "lifecycle_stage"), json!(stage), "week {week}");
            let before = seen(place);
            place.write("other.csv", "email,name\nz@example.org,Zoe\n");
            assert_eq!(import(place, &["other.csv"]).code, 0);
            let again = import(place, &["week.csv"]);
            assert!(again.out.contains(": 0 new, "), "week {week}: {}", again.out);
            if week > 0 {
                same("imported again", &before, &seen(place));
            }
        }
        server.stop();
    });
}

#[test]
fn equal_rows_of_events_count_each_and_once() {
    let place = Place::sqlite();
    let server = place.start();
    let row = "a@example.org,Content Downloaded,2026-01-01,guide\n";
    place.write(
        "events.csv",
        &format!("email,event,date,asset\n{row}{row}a@example.org,Content Downloaded,2026-01-01,other\n"),
    );
    let first = import(&place, &["events.csv", "--as-of", "2026-01-02"]);
    assert_eq!(first.out, "import 1: 4 new, 0 there already, 0 rejected\n", "{}", first.err);
    assert_eq!(count(&place, "events WHERE message LIKE '%Content Downloaded%'"), 3);
    let again = import(&place, &["events.csv", "--as-of", "2026-02-02"]);
    assert_eq!(again.out, "import 2: 0 new, 4 there already, 0 rejected\n");
    server.stop();
}

#[test]
fn an_opt_out_in_a_list_binds_its_address_also_after_an_undo() {
    let place = Place::sqlite();
    let server = place.start();
    place.write("left.csv", "Email,Unsubscribed At,Bounced\nleft@x.org,2024-01-01,no\nback@x.org,,yes\n");
    assert_eq!(import(&place, &["left.csv"]).code, 0);
    assert_eq!(import(&place, &["--undo", "1", "--yes"]).code, 0);
    for (address, kind) in [("left@x.org", "withdrawal"), ("back@x.org", "bounce")] {
        let bound = client(&place).get(&format!("/api/suppressions?email={address}")).unwrap().value().unwrap();
        assert!(bound.to_string().contains(kind), "{address}: {bound}");
    }
    place.write("list.csv", "Email\nleft@x.org\nback@x.org\n");
    let ran = import(&place, &["list.csv", "--consent", "at the fair"]);
    assert!(ran.err.contains("consent took no effect 2 times"), "{}", ran.err);
    server.stop();
}

/// The list itself withdraws the consent; nothing was decided here before.
#[test]
fn consent_that_the_same_list_withdraws_is_reported_with_who_left() {
    let place = Place::sqlite();
    let server = place.start();
    let newsletter = json!({"subscription": "newsletter", "proof": "form"});
    let messages = [
        json!({"type": "identify", "userId": "k", "timestamp": "2026-01-01T00:00:00Z", "traits": {"email": "k@x.org"}}),
        json!({"type": "track", "event": "Subscribed", "userId": "k", "timestamp": "2026-01-01T00:00:00Z", "properties": newsletter}),
        json!({"type": "track", "event": "Unsubscribed", "userId": "k", "timestamp": "2026-01-02T00:00:00Z", "properties": {"subscription": "newsletter"}}),
    ];
    place.write("left.ndjson", &messages.map(|message| format!("{message}\n")).concat());
    let ran = import(&place, &["left.ndjson"]);
    assert!(ran.err.contains("1 person opted out (1 from single subscriptions)"), "{}", ran.err);
    let said =
        "took no effect 1 time: this address withdrew, complained, bounced or was erased, in these files or before";
    assert!(ran.err.contains(said), "{}", ran.err);
    server.stop();
}
