//! Broadcasts: who gets one is known before, everybody is accounted for after, and nobody gets it twice.

mod answers;
mod doubt;
mod frozen;
mod once;
mod pulled;
mod stopped;
mod subjects;
mod test_mode;
mod topics;
mod turns;
mod unsubscribed;

use attractor_mail::message::OpenedMail;
use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::sink::Sink;
use super::smtp::{borrowed, settings};
use super::thread::{paths, submit, visit};
use super::world::{again, command, copies, event, get, identify, person, send, tell, until_at};

const PLAYBOOK: &str = r#"
playbook: cast
topics:
  - {id: shirts, name: Shirts}
  - {id: hats, name: Hats}
  - {id: ties, name: Ties, related: [shirts]}
  - {id: socks, name: Socks}
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: demo, event: Demo Requested, points: 20}]}]
ladders: [{id: life, score: lead, stages: [{id: cold}, {id: hot, from: 10}]}]
segments: [{id: asked, name: Asked us, enter: {event: Form Submitted}}, {id: vip, enter: {attribute: vip, exists: true}}]
cadence: {ladder: life, every: {cold: 3d, hot: 3d}}
emails:
  - {id: may, name: News of May, subject: May, body: emails/may.mjml, subscription: news}
  - {id: more-shirts, subject: More shirts, body: emails/may.mjml, subscription: news, topic: shirts}
  - {id: more-ties, subject: More ties, body: emails/may.mjml, subscription: news, topic: ties}
  - {id: plain, subject: Plain, body: emails/may.mjml}
"#;

const BODY: &str = r#"<mjml><mj-body><mj-section><mj-column><mj-text>
  <a href="{{ "https://shop.example/shirts" | attractor: "shirts" }}">Shirts</a>
  <a href="{{ "https://shop.example/hats" | attractor: "hats" }}">Hats</a>
  <a href="{{ "https://shop.example/ties" | attractor: "ties" }}">Ties</a>
  <a href="{{ "https://shop.example/socks" | attractor: "socks" }}">Socks</a>
</mj-text></mj-column></mj-section></mj-body></mjml>"#;

/// An installation with the playbook, and its mail server.
struct Shop<'p> {
    place: &'p Place,
    sink: Sink,
    settings: Vec<(&'static str, String)>,
    server: Option<Server>,
}

impl Shop<'_> {
    fn open(place: &Place) -> Shop<'_> {
        Shop::open_with(place, &[])
    }

    fn open_with<'p>(place: &'p Place, more: &[(&'static str, &str)]) -> Shop<'p> {
        place.write("playbook/playbook.yaml", PLAYBOOK);
        place.write("playbook/emails/may.mjml", BODY);
        place.with_keys(None);
        let sink = Sink::start();
        let mut settings = settings(&sink);
        settings.extend([("JUDGING_DELAY", "0".to_owned()), ("NOT_LEADS", "staff.test".to_owned())]);
        settings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let server = again(place, &borrowed(&settings));
        let folder = place.path().join("playbook").display().to_string();
        let applied = command(place, &["apply", &folder, "--yes", "--force"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        Shop { place, sink, settings, server: Some(server) }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    fn tell(&self, messages: &[Value]) {
        messages.chunks(200).for_each(|some| tell(self.server(), some));
    }

    fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    fn start_again(&mut self) {
        self.server = Some(again(self.place, &borrowed(&self.settings)));
    }

    fn an_hour_passes(&mut self) {
        self.hours_pass(1);
    }

    /// Lets time pass for all broadcasts while no server runs.
    fn hours_pass(&mut self, hours: i64) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
        let mut store = self.place.store();
        let time = (hours * 3_600_000).into();
        store.execute("UPDATE broadcasts SET leaves_at = leaves_at - $1", std::slice::from_ref(&time)).unwrap();
        let sql = "UPDATE copies SET due = due - $1 WHERE source = 'broadcast' AND state = 'waiting'";
        store.execute(sql, &[time]).unwrap();
        drop(store);
        self.start_again();
    }

    fn get(&self, path: &str) -> Value {
        get(self.place, path)
    }

    fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        until_at(self.place, path, is_so)
    }

    fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        send(self.place, Method::POST, path, &body)
    }

    /// A draft; returns its path.
    fn draft(&self, change: Value) -> String {
        let mut all = json!({"name": "May", "email": "may", "audience": {"segment": "asked"}});
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let made = self.post("/api/broadcasts", all).unwrap();
        assert_eq!(made["state"], "draft");
        format!("/api/broadcasts/{}", made["id"].as_str().unwrap())
    }

    fn try_start(&self, broadcast: &str, seen: &str) -> (StatusCode, Value) {
        let mut client =
            Client::open(&DataArgs { data: self.place.path(), database: self.place.database.clone() }).unwrap();
        client.json_if(Method::POST, &format!("{broadcast}/start"), seen, &Value::Null).unwrap().parts().unwrap()
    }

    /// Starts it for the audience as it is.
    fn start(&self, broadcast: &str) -> Value {
        let (status, refused) = self.try_start(broadcast, "\"never seen\"");
        assert_eq!(status, StatusCode::CONFLICT, "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("is not the tag of a count"), "{refused}");
        assert_eq!(refused["audience"]["audience"], self.get(&format!("{broadcast}/audience"))["audience"]);
        let (status, started) = self.try_start(broadcast, refused["etag"].as_str().unwrap());
        assert_eq!(status, StatusCode::OK, "{started}");
        started
    }

    fn until_state(&self, broadcast: &str, state: &str) -> Value {
        self.until(broadcast, |broadcast| broadcast["state"] == state)
    }

    fn mail(&self, address: &str) -> OpenedMail {
        let mails = self.sink.mails(address);
        assert_eq!(mails.len(), 1, "{address}: {mails:?}");
        OpenedMail::read(mails[0].as_bytes()).unwrap()
    }

    fn click(&self, user: &str, link: usize) {
        // The first one is the link that nobody sees.
        let path = &paths(&self.mail(&format!("{user}@people.test")), "t/c/")[link + 1];
        assert_eq!(visit(self.server(), path).status, 302);
    }

    fn choose(&self, user: &str, topic: &str) {
        let mail = self.mail(&format!("{user}@people.test"));
        let is_offer = |path: &String| visit(self.server(), path).body.contains(&format!("about {topic}"));
        let offer = paths(&mail, "p/").into_iter().find(is_offer).unwrap();
        assert_eq!(submit(self.server(), &offer, "offer=choose").status, 200);
    }

    fn stop(mut self) {
        self.server.take().unwrap().stop();
    }
}

/// Somebody who agreed to our news and to be measured.
fn measured(user: &str, traits: Value) -> Vec<Value> {
    let mut messages = person(user, traits);
    messages.insert(1, event(user, "Tracking Allowed", json!({"proof": "the banner"})));
    messages
}

/// Forty leads, of all kinds.
fn forty() -> Vec<Value> {
    let form = |user: &str| event(user, "Form Submitted", json!({}));
    let at = |user: &str, email: &str| [identify(user, json!({"email": email})), form(user)];
    let mut all: Vec<Value> = Vec::new();
    (0..24).for_each(|number| all.extend(measured(&format!("ok-m{number}"), json!({}))));
    (0..6).for_each(|number| all.extend(person(&format!("ok-u{number}"), json!({}))));
    (0..2).for_each(|number| all.extend(person(&format!("nobody-{number}"), json!({}))));
    (0..2).for_each(|number| all.extend(at(&format!("silent-{number}"), &format!("silent-{number}@people.test"))));
    all.extend(person("ok-buyer", json!({})));
    all.push(event("ok-buyer", "Deal Created", json!({"deal_id": "1"})));
    all.extend(person("colleague", json!({"email": "eve@staff.test"})));
    all.extend(measured("ok-twin", json!({"email": "ok-m0@people.test"})));
    all.extend(person("ok-gone", json!({})));
    all.push(event("ok-gone", "Unsubscribed", json!({})));
    all.extend(at("odd", "odd@localhost"));
    all.push(form("unknown"));
    all
}

/// How many copies are skipped for each reason, as an audience or a report has them.
fn reasons(list: &Value) -> Vec<(String, i64)> {
    let reason = |one: &Value| {
        assert!(one["why"].as_str().unwrap().ends_with('.'), "{one}");
        (one["reason"].as_str().unwrap().to_owned(), one["leads"].as_i64().unwrap())
    };
    list.as_array().unwrap().iter().map(reason).collect()
}

/// The five numbers of a report; they add up to the audience.
fn five(report: &Value) -> [i64; 5] {
    let five = ["sent", "failed", "skipped", "in_doubt", "withdrawn"].map(|name| report[name].as_i64().unwrap());
    assert_eq!(five.iter().sum::<i64>(), report["audience"].as_i64().unwrap(), "{report:#}");
    five
}

#[test]
fn a_broadcast_reaches_whom_the_count_before_said_and_its_topics_pull_people_apart() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&forty());
        let broadcast = shop.draft(json!({}));
        let before = shop.until(&format!("{broadcast}/audience"), |audience| audience["leads"] == 40);
        let counts = ["without_address", "held_out", "audience", "on_time"].map(|name| before[name].as_i64().unwrap());
        assert_eq!((counts, &before["later"]), ([1, 0, 39, 32], &json!([])), "{before:#}");
        assert_eq!((&before["had_already"], &before["warnings"]), (&json!(0), &json!([])));
        let skipped = reasons(&before["skipped"]);
        assert_eq!(skipped[0], ("no_consent: subscription:news".to_owned(), 2));
        let once: Vec<String> = skipped[1..].iter().map(name).collect();
        assert_eq!(once, ["buyer", "duplicate", "no_address", "staff", "suppressed"]);
        let missing = shop.post(&format!("{broadcast}/start"), Value::Null).unwrap_err();
        assert!(missing.contains("`If-Match` is missing"), "{missing}");
        shop.start(&broadcast);
        let scheduled = shop.until_state(&broadcast, "scheduled");
        assert_eq!((&scheduled["audience_size"], &scheduled["email_name"]), (&json!(39), &json!("News of May")));
        assert_eq!(scheduled["counts"]["waiting"], 39, "nothing leaves for a minute");
        assert!(scheduled["state_sentence"].as_str().unwrap().starts_with("It has 39 copies. None leaves before "));
        assert!(shop.sink.taken().is_empty());
        shop.an_hour_passes();
        shop.until_state(&broadcast, "done");
        let report = shop.get(&format!("{broadcast}/report"));
        assert_eq!(five(&report), [30, 2, 7, 0, 0]);
        let happened: Vec<String> = reasons(&report["skipped_because"]).iter().map(name).collect();
        assert_eq!(happened, skipped.iter().map(name).collect::<Vec<_>>(), "as counted before");
        assert!(shop.sink.taken().values().all(|times| *times == 1));
        let again = shop.get(&format!("{}/audience", shop.draft(json!({}))));
        assert_eq!(shop.get(&format!("{broadcast}/audience"))["had_already"], 0, "its own copies are not counted");
        // Thirty got it, one of them at the address of two leads, as the other one.
        let warned = again["warnings"][0]["detail"].as_str().unwrap();
        assert_eq!(
            (&again["had_already"], warned.split(" leads have had this e-mail before").next()),
            (&json!(29), Some("29"))
        );
        answers::who_did_not_get_it(&shop, &broadcast);
        pulled::pull_apart(&shop, &broadcast);
        shop.stop();
    });
}

/// A reason without its detail.
fn name((reason, _): &(String, i64)) -> String {
    reason.split(':').next().unwrap().to_owned()
}

/// What two requests at once are answered.
fn at_once(place: &Place, path: &str, body: &Value) -> [Result<Value, String>; 2] {
    let ask = || send(place, Method::POST, path, body);
    std::thread::scope(|scope| [(); 2].map(|()| scope.spawn(ask)).map(|asked| asked.join().unwrap()))
}

/// So many people who get everything.
fn people(count: usize) -> Vec<Value> {
    (0..count).flat_map(|number| person(&format!("ok-{number}"), json!({}))).collect()
}

fn is_of(count: i64) -> impl Fn(&Value) -> bool {
    move |audience| audience["audience"] == count
}

#[test]
fn a_start_can_be_undone_until_the_first_copy_leaves() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(5));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(5));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        // Whoever sends the same e-mail again is told that it waits already.
        let other = shop.get(&format!("{}/audience", shop.draft(json!({}))));
        assert_eq!((&other["waiting_already"], &other["had_already"]), (&json!(5), &json!(0)), "{other:#}");
        let warned = other["warnings"][0]["detail"].as_str().unwrap();
        assert!(warned.starts_with("5 leads have another copy of this e-mail waiting"), "{warned}");
        assert_eq!(shop.get(&format!("{broadcast}/report"))["waiting_twice"], 0);
        let change = json!({"name": "June", "email": "may", "audience": {"segment": "asked"}});
        let refused = send(place, Method::PUT, &broadcast, &change).unwrap_err();
        assert!(refused.contains("only a draft"), "{refused}");
        let undone = shop.post(&format!("{broadcast}/undo"), Value::Null).unwrap();
        let words = undone["state_sentence"].as_str().unwrap();
        assert!(words.contains("is being undone") || words.contains("is a draft"), "{undone:#}");
        // Until it is a draft again, nobody is counted: its copies would be taken for those of another broadcast.
        match send(place, Method::GET, &format!("{broadcast}/audience"), &Value::Null) {
            Ok(counted) => assert_eq!(counted["on_time"], 5, "{counted}"),
            Err(refused) => assert!(refused.contains("is being taken back"), "{refused}"),
        }
        let draft = shop.until_state(&broadcast, "draft");
        assert_eq!((&draft["audience_size"], copies(place).len()), (&json!(0), 0));
        assert_eq!(send(place, Method::PUT, &broadcast, &change).unwrap()["name"], "June");
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        shop.an_hour_passes();
        shop.until_state(&broadcast, "done");
        assert!(shop.post(&format!("{broadcast}/undo"), Value::Null).unwrap_err().contains("until its first copies"));
        assert_eq!(five(&shop.get(&format!("{broadcast}/report"))), [5, 0, 0, 0, 0]);
        let audit = shop.get("/api/audit").to_string();
        for what in ["added", "changed", "started", "start undone"] {
            assert!(audit.contains(&format!("broadcast {what}")), "{what}: {audit}");
        }
        shop.stop();
    });
}

#[test]
fn a_broadcast_is_paused_resumed_and_cancelled() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(6));
        let broadcast = shop.draft(json!({"waves": {"shares": [50.0], "pause": "1d"}}));
        shop.until(&format!("{broadcast}/audience"), is_of(6));
        shop.start(&broadcast);
        shop.until_state(&broadcast, "scheduled");
        let paused = shop.post(&format!("{broadcast}/pause"), json!({"why": "a typo"})).unwrap();
        assert_eq!((&paused["state"], &paused["why"]), (&json!("paused"), &json!("a typo")));
        // Also those of the second wave, whose turn comes in a day.
        let held = |copies: &Value| copies["items"].to_string().matches("\"reason\":\"paused\"").count() == 6;
        let outbox = shop.until("/api/outbox?limit=500", held);
        assert!(outbox.to_string().contains("The broadcast is paused: a typo; it has waited since "), "{outbox}");
        shop.an_hour_passes();
        assert!(shop.sink.taken().is_empty());
        let resumed = shop.post(&format!("{broadcast}/resume"), Value::Null).unwrap();
        assert_eq!((&resumed["state"], &resumed["why"]), (&json!("sending"), &Value::Null));
        // The first wave leaves; the second waits for its day.
        shop.until(&broadcast, |broadcast| broadcast["counts"]["sent"] == 3);
        assert_eq!(shop.get(&broadcast)["counts"]["waiting"], 3);
        shop.post(&format!("{broadcast}/cancel"), Value::Null).unwrap();
        shop.until(&broadcast, |broadcast| broadcast["counts"]["withdrawn"] == 3);
        let report = shop.get(&format!("{broadcast}/report"));
        assert_eq!((five(&report), &report["state"]), ([3, 0, 0, 0, 3], &json!("cancelled")));
        for step in ["pause", "resume", "cancel"] {
            let refused = shop.post(&format!("{broadcast}/{step}"), json!({})).unwrap_err();
            assert!(refused.contains("is cancelled"), "{step}: {refused}");
        }
        assert!(send(place, Method::DELETE, &broadcast, &Value::Null).is_err());
        shop.stop();
    });
}

#[test]
fn the_audience_that_was_seen_is_the_one_that_it_is_started_for() {
    Place::each(|place| {
        let shop = Shop::open(place);
        shop.tell(&people(2));
        let broadcast = shop.draft(json!({"holdout": 50.0}));
        shop.until(&format!("{broadcast}/audience"), |audience| audience["leads"] == 2);
        let (_, refused) = shop.try_start(&broadcast, "\"x\"");
        let seen = refused["etag"].as_str().unwrap().to_owned();
        shop.tell(&person("ok-late", json!({})));
        shop.until(&format!("{broadcast}/audience"), |audience| audience["leads"] == 3);
        let (status, refused) = shop.try_start(&broadcast, &seen);
        assert_eq!((status, &refused["audience"]["leads"]), (StatusCode::CONFLICT, &json!(3)));
        assert_eq!(shop.get(&broadcast)["state"], "draft");
        let held_out = refused["audience"]["held_out"].as_i64().unwrap();
        assert_eq!(refused["audience"]["audience"].as_i64().unwrap() + held_out, 3);
        let list = shop.get("/api/broadcasts");
        assert_eq!((list["items"].as_array().unwrap().len(), &list["next"]), (1, &Value::Null));
        let wrong = json!({"name": "May", "email": "june", "audience": {"segment": "asked"}});
        assert!(shop.post("/api/broadcasts", wrong).unwrap_err().contains("has no e-mail `june`"));
        send(place, Method::DELETE, &broadcast, &Value::Null).unwrap();
        assert_eq!(shop.get("/api/broadcasts")["items"], json!([]));
        shop.stop();
    });
}

/// How often the server is killed while a broadcast leaves.
const KILLS: usize = 3;
const PEOPLE: usize = 120;

#[test]
fn a_broadcast_that_is_killed_again_and_again_reaches_everybody_once() {
    Place::each(|place| {
        let mut shop = Shop::open(place);
        shop.tell(&people(PEOPLE));
        let broadcast = shop.draft(json!({}));
        shop.until(&format!("{broadcast}/audience"), is_of(PEOPLE as i64));
        shop.start(&broadcast);
        // Perhaps before its audience is frozen.
        shop.kill();
        shop.start_again();
        let frozen = shop.until(&broadcast, |broadcast| broadcast["frozen_at"].is_string());
        assert_eq!(frozen["audience_size"], PEOPLE);
        shop.an_hour_passes();
        for kill in 1..=KILLS {
            // What earlier kills left in doubt may not have been taken, and will not be.
            let many = PEOPLE * kill / (KILLS + 2);
            while shop.sink.taken().len() < many && shop.get(&broadcast)["state"] != "done" {
                std::thread::yield_now();
            }
            shop.kill();
            shop.start_again();
        }
        shop.until_state(&broadcast, "done");
        let [sent, failed, skipped, in_doubt, withdrawn] = five(&shop.get(&format!("{broadcast}/report")));
        assert_eq!((failed, skipped, withdrawn), (0, 0, 0));
        let taken = shop.sink.taken();
        assert!(taken.values().all(|times| *times == 1), "twice: {taken:?}");
        assert!(taken.len() as i64 >= sent && sent + in_doubt == PEOPLE as i64, "{sent} sent, {in_doubt} in doubt");
        shop.stop();
    });
}
