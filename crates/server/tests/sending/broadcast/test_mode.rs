//! In the test mode a broadcast reaches nobody but whoever tests it, and its leads get it when the test mode ends.

use attractor_mail::message::OpenedMail;
use serde_json::{Value, json};

use super::super::running::Place;
use super::super::world::{copies, person, until};
use super::frozen::named;
use super::{PLAYBOOK, Shop, is_of};

const TO: &str = "ok-tester@acme.test";
/// Three leads with their languages.
const LEADS: [(&str, &str); 3] = [("ok-ann", "en"), ("ok-ben", "de"), ("ok-cid", "en")];

impl Shop<'_> {
    fn until_held(&self) {
        let is_held = |copy: &Value| copy["state"] == "waiting" && copy["reason"] == "paused: test mode";
        until(self.place, "held", |copies| copies.len() == LEADS.len() && copies.iter().all(is_held));
    }

    /// Stops the server, lets a change be made to its store, and starts it again.
    fn change_store(&mut self, sql: &str) {
        self.server.take().unwrap().stop();
        self.place.store().execute(sql, &[]).unwrap();
        self.start_again();
    }

    fn has_sent(&self, user: &str) -> bool {
        self.get(&format!("/api/leads/{user}/events")).to_string().contains("Email Sent")
    }
}

#[test]
fn samples_go_to_one_address_and_the_leads_get_their_mails_once_when_the_test_mode_ends() {
    Place::each(|place| {
        let mut shop = Shop::open_with(place, &[("TEST_TO", TO)]);
        let german = "subscription: news, languages: {de: {subject: Mai, body: emails/may.mjml}}}";
        shop.publish(&PLAYBOOK.replacen("subscription: news}", german, 1));
        LEADS.iter().for_each(|(user, language)| shop.tell(&person(user, json!({"language": language}))));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(3));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.an_hour_passes();
        shop.until_held();
        shop.until("/api/sending", |_| shop.sink.mails(TO).len() == 2);

        let status = shop.get("/api/sending");
        assert!(status["test_to"] == TO && status["warning"].as_str().unwrap().contains(TO), "{status}");
        assert!(copies(place).iter().all(|copy| copy["why"].as_str().unwrap().contains(TO)));
        assert_eq!(shop.subjects(), named(&[("[Test] Mai", 1), ("[Test] May", 1)]), "one of each language");
        for mail in shop.sink.mails(TO) {
            let html = OpenedMail::read(mail.as_bytes()).unwrap().html.unwrap();
            assert!(!html.contains("/t/c/") && !html.contains("/t/o/") && html.contains("/u/preview"), "{html}");
        }

        shop.change_store("UPDATE copies SET due = 0, reason = NULL WHERE state = 'waiting'");
        shop.until_held();
        assert_eq!(shop.sink.taken().into_iter().collect::<Vec<_>>(), [(TO.to_owned(), 2)], "the day has had them");
        assert!(LEADS.iter().all(|(user, _)| !shop.has_sent(user)));

        shop.settings.retain(|(name, _)| *name != "TEST_TO");
        shop.server.take().unwrap().stop();
        shop.start_again();
        shop.until_state(&broadcast, "done");
        assert_eq!(shop.subjects(), named(&[("[Test] Mai", 1), ("[Test] May", 1), ("Mai", 1), ("May", 2)]));
        assert!(LEADS.iter().all(|(user, _)| shop.has_sent(user)));
        assert_eq!(shop.get("/api/sending")["test_to"], Value::Null);
        shop.stop();
    });
}
