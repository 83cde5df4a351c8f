//! A broadcast sends the e-mail as it was at its start, until somebody corrects it.

use std::collections::BTreeMap;

use attractor_mail::message::OpenedMail;
use axum::http::Method;
use serde_json::{Value, json};

use super::super::running::Place;
use super::super::world::{command, send};
use super::{PLAYBOOK, Shop, is_of, people};

impl Shop<'_> {
    pub(super) fn publish(&self, playbook: &str) {
        self.place.write("playbook/playbook.yaml", playbook);
        let folder = self.place.path().join("playbook").display().to_string();
        let applied = command(self.place, &["apply", &folder, "--yes", "--force"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
    }

    /// The subjects of what was taken, each with how often.
    pub(super) fn subjects(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for mail in self.sink.taken().keys().flat_map(|address| self.sink.mails(address)) {
            let subject = OpenedMail::read(mail.as_bytes()).unwrap().subject;
            *all.entry(subject).or_default() += 1;
        }
        all
    }
}

pub(super) fn named(subjects: &[(&str, usize)]) -> BTreeMap<String, usize> {
    subjects.iter().map(|(subject, count)| ((*subject).to_owned(), *count)).collect()
}

#[test]
fn everybody_gets_the_email_as_it_was_at_the_start_until_somebody_corrects_the_broadcast() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(6));
        let broadcast = shop.draft(json!({"waves": {"shares": [33.3, 33.3], "pause": "1d"}}));
        shop.until(&format!("{broadcast}/audience"), is_of(6));
        let correct = format!("{broadcast}/correct");
        let refused = shop.post(&correct, Value::Null).unwrap_err();
        assert!(refused.contains("only a broadcast that is under way"), "{refused}");
        shop.start(&broadcast);
        let started = shop.until_state(&broadcast, "scheduled");
        let is_sent = |count: i64| move |broadcast: &Value| broadcast["counts"]["sent"] == count;

        shop.publish(&PLAYBOOK.replace("subject: May,", "subject: Corrected,"));
        shop.an_hour_passes();
        shop.until(&broadcast, is_sent(2));
        assert_eq!(shop.subjects(), named(&[("May", 2)]));
        assert_eq!(shop.get(&broadcast)["version"], started["version"]);

        // An e-mail that the playbook has no more leaves as it was, and cannot be a correction.
        shop.publish(&PLAYBOOK.replace("{id: may,", "{id: other,"));
        shop.hours_pass(24);
        shop.until(&broadcast, is_sent(4));
        assert_eq!(shop.subjects(), named(&[("May", 4)]));
        let refused = shop.post(&correct, Value::Null).unwrap_err();
        assert!(refused.contains("may"), "{refused}");

        shop.publish(&PLAYBOOK.replace("subject: May,", "subject: Corrected,"));
        let corrected = shop.post(&correct, Value::Null).unwrap();
        assert_eq!(corrected["version"].as_i64(), started["version"].as_i64().map(|version| version + 3));
        shop.hours_pass(24);
        shop.until_state(&broadcast, "done");
        assert_eq!(shop.subjects(), named(&[("Corrected", 2), ("May", 4)]));

        // A repetition has another subject than all of them, whichever of them the playbook has now.
        shop.publish(&PLAYBOOK.replace("subject: May,", "subject: Later,"));
        let resend = format!("{broadcast}/resend");
        for used in ["May", "Corrected", "Later"] {
            let refused = shop.post(&resend, json!({"subject": used})).unwrap_err();
            assert!(refused.contains("choose another one"), "{used}: {refused}");
        }
        assert_eq!(shop.post(&resend, json!({"subject": "New"})).unwrap()["subject"], "New");
        shop.stop();
    });
}

#[test]
fn a_broadcast_whose_start_was_undone_takes_its_email_from_the_playbook_that_is_in_force_later() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(3));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(3));
        shop.start(&broadcast);
        let started = shop.until_state(&broadcast, "scheduled");
        shop.post(&format!("{broadcast}/undo"), Value::Null).unwrap();
        assert_eq!(shop.until_state(&broadcast, "draft")["version"], Value::Null);

        let june = "  - {id: june, subject: June, body: emails/may.mjml, subscription: news}\n";
        shop.publish(&format!("{PLAYBOOK}{june}"));
        let change = json!({"name": "June", "email": "june", "audience": {"segment": "asked"}});
        send(place, Method::PUT, &broadcast, &change).unwrap();
        let audience = shop.until(&format!("{broadcast}/audience"), |audience| audience["on_time"] == 3);
        assert_eq!(audience["skipped"], json!([]), "{audience:#}");
        shop.start(&broadcast);
        let again = shop.until_state(&broadcast, "scheduled");
        assert_eq!(again["version"].as_i64(), started["version"].as_i64().map(|version| version + 1));
        shop.an_hour_passes();
        shop.until_state(&broadcast, "done");
        assert_eq!(shop.subjects(), named(&[("June", 3)]));
        shop.stop();
    });
}

#[test]
fn the_report_keeps_the_variants_of_a_test_apart_from_the_copies_that_were_corrected_after_it() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.publish(
            &PLAYBOOK.replace("subject: May,", "subject: May, variants: [{id: bold, share: 50, subject: MAY}],"),
        );
        shop.tell(&people(40));
        let broadcast = shop.draft(json!({"waves": {"shares": [50], "pause": "1d"}}));
        shop.until(&format!("{broadcast}/audience"), is_of(40));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.an_hour_passes();
        shop.until(&broadcast, |broadcast| broadcast["counts"]["sent"] == 20);
        let rows = |report: &Value| -> Vec<(Value, Value, i64)> {
            let all = report["variants"].as_array().unwrap().iter();
            all.map(|row| (row["version"].clone(), row["variant"].clone(), row["sent"].as_i64().unwrap())).collect()
        };
        let report = shop.get(&format!("{broadcast}/report"));
        let tested = rows(&report);
        assert_eq!((tested.len(), &report["variants_apart"]), (2, &Value::Null), "{report:#}");

        shop.publish(&PLAYBOOK.replace("subject: May,", "subject: MAY,"));
        let corrected = shop.post(&format!("{broadcast}/correct"), Value::Null).unwrap();
        shop.hours_pass(24);
        shop.until_state(&broadcast, "done");
        let report = shop.get(&format!("{broadcast}/report"));
        let expected = [tested, vec![(corrected["version"].clone(), Value::Null, 20)]].concat();
        assert_eq!(rows(&report), expected);
        let why = report["variants_apart"].as_str().unwrap();
        assert!(why.contains("because it was corrected") && why.ends_with("the same version and language."), "{why}");
        shop.stop();
    });
}

/// The audience is completed after the e-mail has left the playbook.
#[test]
fn an_audience_is_completed_though_the_playbook_has_the_email_no_more() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(4));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(4));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.publish(&PLAYBOOK.replace("{id: may,", "{id: other,"));
        // As if the server had been killed before it asked anybody.
        shop.kill();
        let mut store = place.store();
        store.execute("UPDATE broadcasts SET frozen_at = NULL, audience = 0, bucket = -1", &[]).unwrap();
        store.execute("DELETE FROM copies WHERE source = 'broadcast'", &[]).unwrap();
        drop(store);
        shop.start_again();
        shop.until(&broadcast, |broadcast| broadcast["audience_size"] == 4);
        shop.an_hour_passes();
        shop.until_state(&broadcast, "done");
        assert_eq!(shop.subjects(), named(&[("May", 4)]));
        shop.stop();
    });
}
