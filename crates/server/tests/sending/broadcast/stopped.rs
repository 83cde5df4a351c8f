//! A broadcast stops by itself when too many of its copies come back for good or are marked as spam: what has not left waits.

use serde_json::{Value, json};

use super::{Shop, is_of, people};
use crate::inbound::{COMPLAINT, DOMAIN, Relay};
use crate::running::Place;
use crate::world::person;

/// Starts a broadcast to so many people, and lets its first copies leave.
fn under_way(shop: &mut Shop<'_>, change: Value, audience: i64) -> String {
    let broadcast = shop.draft(change);
    shop.until(&format!("{broadcast}/audience"), is_of(audience));
    shop.start(&broadcast);
    shop.until_state(&broadcast, "scheduled");
    shop.an_hour_passes();
    broadcast
}

/// The broadcast when it is paused, which the audit says with its reason.
fn until_paused(shop: &Shop<'_>, broadcast: &str, because: &str) -> Value {
    let is_decided = |broadcast: &Value| ["paused", "done"].map(Value::from).contains(&broadcast["state"]);
    let stopped = shop.until(broadcast, is_decided);
    let audit = shop.get("/api/audit").to_string();
    assert!(audit.contains("broadcast paused") && audit.contains(because), "{stopped:#}\n{audit}");
    stopped
}

#[test]
fn a_broadcast_stops_when_too_many_addresses_do_not_exist() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        let bad = (0..8).flat_map(|number| person(&format!("nobody-{number}"), json!({})));
        shop.tell(&people(252).into_iter().chain(bad).collect::<Vec<_>>());
        let broadcast = under_way(&mut shop, json!({}), 260);
        until_paused(&shop, &broadcast, "their addresses do not exist");
        shop.stop();
    });
}

/// One complaint about 220 copies is more than one in a thousand.
#[test]
fn a_broadcast_stops_when_its_copies_are_marked_as_spam() {
    Place::each(|place| {
        let mut shop = Shop::open_with(place, &[("BOUNCE_DOMAIN", DOMAIN), ("INBOUND", "127.0.0.1:0")]);
        shop.tell(&people(275));
        let broadcast = under_way(&mut shop, json!({"waves": {"shares": [80.0], "pause": "1d"}}), 275);
        shop.until(&broadcast, |broadcast| broadcast["counts"]["sent"] == 220);
        assert_eq!(shop.get(&broadcast)["state"], "sending");
        let (angry, _) = shop.sink.taken().into_iter().next().unwrap();
        let mut relay = Relay::connect(place);
        relay.ask("EHLO mx.test");
        relay.deliver("", &shop.sink.senders(&angry)[0], COMPLAINT);
        let stopped = until_paused(&shop, &broadcast, "were marked as spam");
        assert_eq!((&stopped["state"], &stopped["counts"]["waiting"]), (&json!("paused"), &json!(55)));
        let why = stopped["why"].as_str().unwrap();
        assert!(why.contains("1 of 220 copies") && why.contains("were marked as spam"), "{why}");
        assert_eq!(shop.get(&format!("{broadcast}/report"))["complained"], 1);
        // The second wave is due and other e-mails leave again, but the broadcast waits for a person.
        shop.hours_pass(25);
        shop.post("/api/sending/resume", Value::Null).unwrap();
        let is_held = |copy: &Value| copy["reason"] == "paused";
        let all_held = |copies: &Value| {
            let copies = copies["items"].as_array().unwrap();
            copies.len() == 55 && copies.iter().all(is_held)
        };
        shop.until("/api/outbox?state=waiting&limit=500", all_held);
        assert_eq!((shop.sink.taken().len(), &shop.get(&broadcast)["state"]), (220, &json!("paused")));
        shop.stop();
    });
}
