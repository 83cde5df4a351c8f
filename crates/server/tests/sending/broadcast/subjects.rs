//! A repetition has a subject for each language of its e-mail.

use serde_json::{Value, json};

use super::super::running::Place;
use super::frozen::named;
use super::{PLAYBOOK, Shop, is_of, measured};

/// The same without a cadence, which would hold the repetition, and with the e-mail in two languages.
fn playbook() -> String {
    let is_other = |line: &&str| !line.starts_with("cadence:");
    let text = PLAYBOOK.lines().filter(is_other).map(|line| format!("{line}\n")).collect::<String>();
    let both = "subject: May, languages: {de: {subject: Mai, body: emails/may.mjml}},";
    text.replace("subject: May,", both)
}

#[test]
fn a_repetition_has_a_subject_in_the_language_of_each_copy() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.publish(&playbook());
        shop.tell(&measured("ok-en", json!({})));
        shop.tell(&measured("ok-de", json!({"language": "de"})));
        let leave = |shop: &mut Shop, broadcast: &str| {
            shop.until(&format!("{broadcast}/audience"), is_of(2));
            shop.start(broadcast);
            shop.until_state(broadcast, "scheduled");
            shop.an_hour_passes();
            shop.until_state(broadcast, "done");
        };
        let broadcast = shop.draft(json!({}));
        leave(&mut shop, &broadcast);
        assert_eq!(shop.subjects(), named(&[("Mai", 1), ("May", 1)]));

        let path = format!("{broadcast}/resend");
        let missed = "You missed May";
        for (body, words) in [
            (json!({"subject": missed}), "give a subject for `de`"),
            (json!({"subject": missed, "subjects": {"de": "May"}}), "choose another one"),
            (json!({"subject": "Mai", "subjects": {"de": "Verpasst?"}}), "choose another one"),
            (json!({"subject": missed, "subjects": {"de": "Verpasst?", "fr": "Encore"}}), "no text in `fr`"),
        ] {
            let refused = shop.post(&path, body).unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
        let again = json!({"subject": missed, "subjects": {"DE": " Verpasst? "}});
        let made: Value = shop.post(&path, again).unwrap();
        assert_eq!((&made["subject"], &made["subjects"]), (&json!(missed), &json!({"de": "Verpasst?"})));
        leave(&mut shop, &format!("/api/broadcasts/{}", made["id"].as_str().unwrap()));
        assert_eq!(shop.subjects(), named(&[("Mai", 1), ("May", 1), ("Verpasst?", 1), (missed, 1)]));
        shop.stop();
    });
}
