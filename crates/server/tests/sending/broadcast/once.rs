//! Everybody gets a broadcast, and gets it once: also when its audience could not be completed at first, and when people
//! become one while it leaves.

use serde_json::{Value, json};

use super::{Shop, five, is_of, people};
use crate::running::Place;
use crate::world::person;

#[test]
fn a_broadcast_whose_audience_could_not_be_completed_is_completed_when_it_is_resumed() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(5));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(5));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.server.take().unwrap().stop();
        // As it is when a new playbook lacked what its audience names after the first leads.
        let mut store = place.store();
        let stuck = "UPDATE broadcasts SET state = 'paused', why = 'its audience could not be completed', stuck = 1,
            frozen_at = NULL, audience = 0, bucket = -1";
        store.execute(stuck, &[]).unwrap();
        store.execute("DELETE FROM copies WHERE source = 'broadcast'", &[]).unwrap();
        drop(store);
        shop.start_again();
        let paused = shop.get(&broadcast);
        assert_eq!((&paused["state"], &paused["audience_size"]), (&json!("paused"), &json!(0)));
        shop.post(&format!("{broadcast}/resume"), Value::Null).unwrap();
        let whole = shop.until(&broadcast, |broadcast| broadcast["frozen_at"].is_string());
        assert_eq!(whole["audience_size"], 5);
        shop.an_hour_passes();
        shop.until_state(&broadcast, "done");
        assert_eq!(five(&shop.get(&format!("{broadcast}/report"))), [5, 0, 0, 0, 0]);
        shop.stop();
    });
}

#[test]
fn people_who_became_one_get_a_broadcast_once_whatever_their_addresses() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&person("ok-early", json!({"vip": true})));
        shop.tell(&person("ok-late", json!({})));
        let broadcast = shop.draft(json!({"early_access": {"segment": "vip", "lead_time": "3h"}}));
        shop.until(&format!("{broadcast}/audience"), is_of(2));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.an_hour_passes();
        shop.until(&broadcast, |broadcast| broadcast["counts"]["sent"] == 1);
        shop.tell(&[json!({"type": "alias", "userId": "ok-late", "previousId": "ok-early"})]);
        (0..3).for_each(|_| shop.an_hour_passes());
        shop.until_state(&broadcast, "done");
        let report = shop.get(&format!("{broadcast}/report"));
        assert_eq!(five(&report), [1, 0, 1, 0, 0]);
        assert_eq!(report["skipped_because"][0]["reason"], "duplicate");
        assert!(shop.sink.mails("ok-late@people.test").is_empty(), "it went to the other address");
        shop.stop();
    });
}
