//! A person who unsubscribed by one click gets no broadcast, whichever lead has the address.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Shop, five, is_of, name, reasons};
use crate::running::Place;
use crate::thread::submit;
use crate::world::{command, event, identify, person, send};

/// Unsubscribes by the header of the only mail to an address, as a mailbox does.
fn unsubscribe(shop: &Shop, address: &str) {
    let mail = shop.mail(address);
    let (_, link) = mail.headers.iter().find(|(name, _)| name == "List-Unsubscribe").unwrap();
    let path = link.trim_matches(['<', '>']).strip_prefix("https://leads.acme.test").unwrap();
    assert_eq!(submit(shop.server(), path, "List-Unsubscribe=One-Click").status, 200);
}

#[test]
fn whoever_unsubscribed_by_one_click_gets_no_broadcast() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&person("ok-dan", json!({})));
        let first = shop.draft(json!({}));
        shop.until(&format!("{first}/audience"), is_of(1));
        shop.start(&first);
        shop.until_state(&first, "scheduled");
        shop.an_hour_passes();
        shop.until_state(&first, "done");
        unsubscribe(&shop, "ok-dan@people.test");
        // The same person after erasing, imported with consent; another lead with the address; and somebody else.
        send(place, Method::DELETE, "/api/leads/ok-dan", &Value::Null).unwrap();
        place.write("fair.csv", "Email,Subscribed\nok-dan@people.test,yes\n");
        let list = place.path().join("fair.csv").display().to_string();
        let imported = command(place, &["import", &list, "--consent", "at the fair"]);
        assert_eq!(imported.code, 0, "{}", imported.err);
        for (user, address) in [("ok-dan", "ok-dan@people.test"), ("twin", "OK-dan@people.test")] {
            shop.tell(&[identify(user, json!({"email": address})), event(user, "Form Submitted", json!({}))]);
        }
        shop.tell(&person("ok-eve", json!({})));
        let second = shop.draft(json!({"name": "May again"}));
        let counted = shop.until(&format!("{second}/audience"), is_of(3));
        let skipped = reasons(&counted["skipped"]);
        assert!(skipped.iter().all(|one| name(one) == "suppressed"), "{counted:#}");
        assert_eq!(skipped.iter().map(|(_, leads)| leads).sum::<i64>(), 2, "{counted:#}");
        assert_eq!(counted["on_time"], 1, "{counted:#}");
        shop.start(&second);
        shop.until_state(&second, "scheduled");
        shop.an_hour_passes();
        shop.until_state(&second, "done");
        let report = shop.get(&format!("{second}/report"));
        assert_eq!(five(&report), [1, 0, 2, 0, 0]);
        assert!(reasons(&report["skipped_because"]).iter().all(|one| name(one) == "suppressed"), "{report:#}");
        let once = |user: &str| (format!("{user}@people.test"), 1);
        let taken: Vec<(String, usize)> = shop.sink.taken().into_iter().collect();
        assert_eq!(taken, ["ok-dan", "ok-eve"].map(once), "nothing but the first one");
        shop.stop();
    });
}
