//! A copy of a broadcast that is in doubt: who sends it again opens the broadcast again, and the numbers add up.

use serde_json::{Value, json};

use super::{Shop, five, is_of, people};
use crate::doubt::path_again;
use crate::running::Place;
use crate::world::{copies, person};

#[test]
fn a_report_adds_up_before_and_after_a_copy_is_sent_again() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(2));
        shop.tell(&person("once-1", json!({})));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(3));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.an_hour_passes();
        shop.until_state(&broadcast, "done");
        let report = format!("{broadcast}/report");
        assert_eq!(five(&shop.get(&report)), [2, 0, 0, 1, 0]);
        shop.post("/api/sending/pause", json!({"why": "we ask the provider"})).unwrap();
        let all = copies(place);
        let doubted = all.iter().find(|copy| copy["lead_name"] == "once-1").unwrap();
        let shown = shop.post(&path_again(doubted), Value::Null).unwrap();
        assert_eq!((&shown["state"], &shown["lead_name"]), (&json!("waiting"), &json!("once-1")));
        let open = shop.get(&report);
        assert_eq!((&open["sent"], &open["in_doubt"], &open["open"]), (&json!(2), &json!(0), &json!(1)));
        assert_eq!(shop.get(&broadcast)["state"], "sending");
        shop.post("/api/sending/resume", Value::Null).unwrap();
        shop.until_state(&broadcast, "done");
        assert_eq!(five(&shop.get(&report)), [3, 0, 0, 0, 0]);
        assert_eq!(shop.sink.mails("once-1@people.test").len(), 2);
        shop.stop();
    });
}
