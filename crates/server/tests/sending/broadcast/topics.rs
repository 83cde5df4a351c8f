//! What the topics are to people: which ones the same people choose, and which one broadcasts offer in vain.

use attractor_mail::message::OpenedMail;
use serde_json::{Value, json};

use super::pulled::SHIRTS;
use super::{Shop, is_of, measured};
use crate::running::Place;
use crate::thread::{paths, visit};
use crate::world::{command, complete, event, identify};

/// No cadence: three broadcasts leave one after the other.
const PLAYBOOK: &str = r#"
playbook: choosing
topics:
  - {id: shirts, name: Shirts, related: [ties]}
  - {id: hats, name: Hats}
  - {id: ties, name: Ties}
  - {id: socks, name: Socks}
interests: {}
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: demo, event: Demo Requested, points: 20}]}]
ladders: [{id: life, score: lead, stages: [{id: cold}, {id: hot, from: 10}]}]
segments: [{id: asked, enter: {event: Form Submitted}}]
emails:
  - {id: may, name: News of May, subject: May, body: emails/may.mjml, subscription: news}
"#;

fn open(place: &Place) -> Shop<'_> {
    let shop = Shop::open(place);
    place.write("playbook/playbook.yaml", PLAYBOOK);
    let folder = place.path().join("playbook").display().to_string();
    let applied = command(place, &["apply", &folder, "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    shop
}

/// People who choose these topics, and get no broadcast.
fn choosers(name: &str, count: usize, topics: &[&str]) -> Vec<Value> {
    let one = |number: usize| {
        let user = format!("{name}-{number}");
        let mut messages = vec![identify(&user, json!({"email": format!("{user}@people.test")}))];
        messages.extend(topics.iter().map(|topic| event(&user, "Topic Chosen", json!({"topic": topic}))));
        messages
    };
    (0..count).flat_map(one).collect()
}

fn topic<'t>(topics: &'t Value, id: &str) -> &'t Value {
    let all = topics["topics"].as_array().unwrap();
    all.iter().find(|topic| topic["id"] == id).unwrap_or_else(|| panic!("{id}: {topics:#}"))
}

/// The topics that are suggested for one: each with the people who chose both, and of how many.
fn suggested(topics: &Value, id: &str) -> Vec<(String, i64, i64)> {
    let one = |one: &Value| {
        let both = &one["both"];
        let rate = ["low", "share", "high"].map(|name| both[name].as_f64().unwrap());
        assert!(rate[0] <= rate[1] && rate[1] <= rate[2] && rate[0] < rate[2], "{one}");
        let number = |name: &str| both[name].as_i64().unwrap();
        (one["topic"].as_str().unwrap().to_owned(), number("leads"), number("of"))
    };
    topic(topics, id)["suggested"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn what_people_choose_together_is_suggested_and_what_broadcasts_offer_in_vain_is_to_be_stopped() {
    Place::each(|place| {
        let mut shop = open(place);
        chosen_together(&shop);
        let others = (0..17).map(|number| format!("ok-{number}"));
        let all = ["ok-ann", "ok-bea", "ok-cid"].map(str::to_owned).into_iter().chain(others);
        shop.tell(&all.flat_map(|user| measured(&user, json!({}))).collect::<Vec<_>>());
        offered(&mut shop, "News 1");
        offered(&mut shop, "News 2");
        let mails = shop.sink.mails("ok-ann@people.test");
        let mail = OpenedMail::read(mails[1].as_bytes()).unwrap();
        // The first one is the link that nobody sees.
        assert_eq!(visit(shop.server(), &paths(&mail, "t/c/")[SHIRTS + 1]).status, 302);
        shop.until("/api/broadcasts/2/report", |report| report["clicked"]["leads"] == 1);
        offered(&mut shop, "News 3");
        let topics = complete(place, "/api/topics");
        assert_eq!(topic(&topics, "hats")["shown_in_vain"], 0, "nobody has had a day to choose it");
        a_day_passes(&mut shop);
        offered_in_vain(&shop);
        shop.stop();
    });
}

fn chosen_together(shop: &Shop) {
    shop.tell(&choosers("both", 22, &["shirts", "hats"]));
    shop.tell(&choosers("declared", 21, &["shirts", "ties"]));
    shop.tell(&choosers("few", 3, &["shirts", "socks"]));
    shop.tell(&choosers("one", 4, &["hats"]));
    // A visitor is not counted: nobody can write to it.
    shop.tell(&[
        json!({"type": "track", "anonymousId": "v", "event": "Topic Chosen", "properties": {"topic": "hats"}}),
    ]);
    let topics = complete(shop.place, "/api/topics");
    assert_eq!((&topics["complete"], &topics["asked"]), (&json!(true), &json!(50)), "{topics:#}");
    let ids: Vec<&Value> = topics["topics"].as_array().unwrap().iter().map(|topic| &topic["id"]).collect();
    assert_eq!(ids, ["shirts", "hats", "ties", "socks"], "as declared");
    for (id, people, primary) in [("shirts", 46, 46), ("hats", 26, 4), ("ties", 21, 0), ("socks", 3, 0)] {
        let topic = topic(&topics, id);
        assert_eq!((&topic["people"], &topic["primary"]), (&json!(people), &json!(primary)), "{topic:#}");
        assert_eq!((&topic["shown_in_vain"], &topic["stop"]), (&json!(0), &json!(false)), "{topic:#}");
    }
    assert_eq!(topic(&topics, "shirts")["related"], json!([{"topic": "ties", "topic_name": "Ties"}]));
    for (id, expected) in [
        ("shirts", vec![("hats".to_owned(), 22, 46)]),
        ("hats", vec![("shirts".to_owned(), 22, 26)]),
        ("ties", vec![("shirts".to_owned(), 21, 21)]),
        ("socks", vec![]),
    ] {
        assert_eq!(suggested(&topics, id), expected, "{id}");
    }
    let sentence = "22 of 46 people who are drawn to Shirts are drawn to Hats too.";
    assert_eq!(topic(&topics, "shirts")["suggested"][0]["sentence"], sentence);
}

/// A broadcast to the twenty with a link for each topic leaves.
fn offered(shop: &mut Shop, name: &str) {
    let broadcast = shop.draft(json!({"name": name}));
    shop.until(&format!("{broadcast}/audience"), is_of(20));
    shop.start(&broadcast);
    shop.until_state(&broadcast, "scheduled");
    shop.an_hour_passes();
    shop.until_state(&broadcast, "done");
    assert_eq!(shop.get(&broadcast)["counts"]["sent"], 20);
}

/// For the copies that have left.
fn a_day_passes(shop: &mut Shop) {
    shop.server.take().unwrap().stop();
    let day = 86_400_000_i64;
    let sql = "UPDATE copies SET sent_at = sent_at - $1 WHERE source = 'broadcast'";
    shop.place.store().execute(sql, &[day.into()]).unwrap();
    shop.start_again();
}

fn offered_in_vain(shop: &Shop) {
    let topics = complete(shop.place, "/api/topics");
    for (id, name) in [("hats", "Hats"), ("ties", "Ties"), ("socks", "Socks")] {
        let topic = topic(&topics, id);
        assert_eq!((&topic["shown_in_vain"], &topic["stop"]), (&json!(3), &json!(true)), "{topic:#}");
        let broadcasts = [("3", "News 3"), ("2", "News 2"), ("1", "News 1")];
        let broadcasts = broadcasts.map(|(broadcast, name)| json!({"broadcast": broadcast, "name": name}));
        assert_eq!(topic["in_vain"], json!(broadcasts));
        let advice =
            format!("Three broadcasts offered {name} and nobody chose it: stop offering it, or say it in other words.");
        assert_eq!(topic["advice"], advice);
    }
    let shirts = topic(&topics, "shirts");
    assert_eq!((&shirts["shown_in_vain"], &shirts["stop"]), (&json!(1), &json!(false)), "{shirts:#}");
    assert_eq!((&shirts["in_vain"][0]["name"], &shirts["advice"]), (&json!("News 3"), &Value::Null));
}
