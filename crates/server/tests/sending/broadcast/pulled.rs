//! Topics pull people apart: the report, the follow-ups and the repetition.

use serde_json::{Value, json};

use super::{Shop, at_once, reasons};
use crate::thread::{paths, visit};
use crate::world::event;

/// The places of links in the mail.
pub const SHIRTS: usize = 0;
const HATS: usize = 1;
const TIES: usize = 2;

/// People click, choose and do nothing; each is where it belongs.
pub fn pull_apart(shop: &Shop, broadcast: &str) {
    (0..8).for_each(|number| shop.click(&format!("ok-m{number}"), SHIRTS));
    (8..12).for_each(|number| shop.click(&format!("ok-m{number}"), HATS));
    (12..14).for_each(|number| shop.click(&format!("ok-m{number}"), TIES));
    // In an earlier sending of the same e-mail: of no follow-up of this one.
    let earlier = json!({"email_id": "may", "send_id": "1/broadcast/0", "topic": "shirts"});
    shop.tell(&[event("ok-m21", "Email Link Clicked", earlier)]);
    (0..2).for_each(|number| shop.choose(&format!("ok-u{number}"), "Hats"));
    let mail = shop.mail("ok-m20@people.test");
    assert_eq!(visit(shop.server(), &paths(&mail, "t/o/")[0]).status, 200);
    // A scanner opens every link; it notices one that nobody sees, which is not counted.
    let links = paths(&shop.mail("ok-m22@people.test"), "t/c/");
    links.iter().for_each(|link| assert_eq!(visit(shop.server(), link).status, 302));
    let by_machines = json!(links.len() - 1);
    is_reported(shop, broadcast, &by_machines);
    is_followed(shop, broadcast);
    is_repeated(shop, broadcast);
    who_declines_is_measured_no_more(shop, broadcast);
}

fn is_reported(shop: &Shop, broadcast: &str, by_machines: &Value) {
    let report = shop.until(&format!("{broadcast}/report"), |report| {
        report["machine_clicks"] == *by_machines && report["clicked"]["leads"] == 14 && report["opened"]["leads"] == 15
    });
    assert_eq!((&report["measured"], &report["not_measured"], &report["chosen"]), (&json!(24), &json!(6), &json!(2)));
    assert_eq!((&report["opened"]["of"], &report["not_opened"]), (&json!(24), &json!(9)));
    let topics: Vec<(&str, i64)> = report["topics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| (topic["topic_name"].as_str().unwrap(), topic["people"].as_i64().unwrap()))
        .collect();
    assert_eq!(topics, [("Shirts", 8), ("Hats", 6), ("Ties", 2)]);
    // Two of the six chose hats in copies that were not measured.
    let hats = &report["topics"][1];
    assert_eq!((&hats["pulled"]["leads"], &hats["clicked"], &hats["chosen"]), (&json!(4), &json!(4), &json!(2)));
    let shirts = &report["topics"][0]["pulled"];
    assert_eq!((&shirts["of"], shirts["low"].as_f64() < shirts["share"].as_f64()), (&json!(24), true), "{shirts}");
    assert_eq!(report["pulled_nobody"], json!([{"topic": "socks", "topic_name": "Socks"}]));
}

fn audience(shop: &Shop, draft: &Value) -> Value {
    shop.get(&format!("/api/broadcasts/{}/audience", draft["id"].as_str().unwrap()))
}

fn is_followed(shop: &Shop, broadcast: &str) {
    // A draft for each topic with an e-mail; ties name shirts as related.
    let follow_ups = at_once(shop.place, &format!("{broadcast}/follow-ups"), &Value::Null).map(Result::unwrap);
    let [made, second] = match follow_ups {
        [one, other] if one["drafts"] == json!([]) => [other, one],
        both => both,
    };
    let there: Vec<&Value> =
        second["there_already"].as_array().unwrap().iter().map(|topic| &topic["broadcast"]).collect();
    let ids: Vec<&Value> = made["drafts"].as_array().unwrap().iter().map(|draft| &draft["id"]).collect();
    assert_eq!((&second["drafts"], there), (&json!([]), ids), "of two requests at once, one makes the drafts");
    let drafts: Vec<(&Value, &Value)> =
        made["drafts"].as_array().unwrap().iter().map(|draft| (&draft["name"], &draft["email"])).collect();
    let what = made["what"].as_str().unwrap();
    assert!(what.starts_with("These are drafts of broadcasts: ") && second["what"].is_null(), "{what}");
    let why = second["why_none"].as_str().unwrap();
    assert!(why.starts_with("No draft was made: the topics in `there_already`") && made["why_none"].is_null(), "{why}");
    let expected = [("May: Shirts", "more-shirts"), ("May: Ties", "more-ties")].map(|(a, b)| (json!(a), json!(b)));
    assert_eq!(drafts, expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>());
    assert_eq!(
        (&made["without_email"][0]["topic"], &made["pulled_nobody"][0]["topic"]),
        (&json!("hats"), &json!("socks"))
    );
    // Ties name shirts as related, so that their people are in both.
    let several = made["in_several_sentence"].as_str().unwrap();
    assert!(
        made["in_several"] == 2 && several.starts_with("2 people are in the audience of more than one"),
        "{several}"
    );
    let people = [
        "chose or clicked Shirts, or a related topic (Ties), in the broadcast “May” of 20",
        "chose or clicked Ties in the broadcast “May” of 20",
    ];
    for (draft, people) in made["drafts"].as_array().unwrap().iter().zip(people) {
        assert!(draft["audience_sentence"].as_str().unwrap().starts_with(people), "{draft}");
    }
    let shirts = audience(shop, &made["drafts"][0]);
    let ties = audience(shop, &made["drafts"][1]);
    assert_eq!((&shirts["leads"], &ties["leads"]), (&json!(10), &json!(2)));
    assert_eq!((&shirts["in_several"], &ties["in_several"]), (&json!(2), &json!(2)));
    let warned = ties["warnings"][0]["detail"].as_str().unwrap();
    assert!(warned.starts_with("2 leads are in the audience of another follow-up of the same broadcast"), "{warned}");
    assert_eq!(reasons(&shirts["later"]), [("cadence".to_owned(), 10)], "they got one today: {shirts:#}");
    assert!(shirts["later"][0]["first_until"].is_string());
    let again = shop.post(&format!("{broadcast}/follow-ups"), Value::Null).unwrap();
    assert_eq!((&again["drafts"], again["there_already"].as_array().unwrap().len()), (&json!([]), 2));
}

fn is_repeated(shop: &Shop, broadcast: &str) {
    // Once more to those who provably did not open it.
    let path = format!("{broadcast}/resend");
    let same = shop.post(&path, json!({"subject": "May"})).unwrap_err();
    assert!(same.contains("choose another one"), "{same}");
    let (made, refused): (Vec<_>, Vec<_>) =
        at_once(shop.place, &path, &json!({"subject": "You missed May"})).into_iter().partition(Result::is_ok);
    let repetition = made[0].as_ref().unwrap();
    let first = format!("repetition already, the broadcast {}", repetition["id"].as_str().unwrap());
    assert!(refused[0].as_ref().unwrap_err().contains(&first), "{refused:?}");
    assert_eq!(audience(shop, repetition)["leads"], 9);
    assert!(repetition["audience_sentence"].as_str().unwrap().contains("provably did not open it"));
    assert!(shop.post(&path, json!({"subject": "And again"})).unwrap_err().contains("repetition already"));
}

/// One of the two who clicked on ties.
fn who_declines_is_measured_no_more(shop: &Shop, broadcast: &str) {
    shop.tell(&[event("ok-m12", "Tracking Declined", json!({}))]);
    let report = shop.until(&format!("{broadcast}/report"), |report| report["measured"] == 23);
    assert_eq!((&report["not_measured"], &report["clicked"]["leads"]), (&json!(7), &json!(13)));
    let ties = &report["topics"][2];
    assert_eq!((&ties["topic"], &ties["people"], &ties["clicked"]), (&json!("ties"), &json!(1), &json!(1)));
    assert_eq!((&ties["pulled"]["leads"], &ties["pulled"]["of"]), (&json!(1), &json!(23)));
}
