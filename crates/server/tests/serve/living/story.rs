//! A broadcast divides its people, from the first mail to the follow-up of each topic, once for people who are measured and
//! once for people who are not: those choose on the pages behind the links, and no open or click of theirs is kept.

use std::collections::BTreeSet;

use attractor_engine::time::{Duration, Instant};
use axum::http::Method;
use serde_json::{Value, json};

use super::super::running::{Answer, ask};
use super::pace::event;
use super::{Demo, databases, text};

const PLAYBOOK: &str = r#"
playbook: cast
topics:
  - {id: shirts, name: Shirts}
  - {id: hats, name: Hats}
  - {id: ties, name: Ties}
  - {id: socks, name: Socks}
  - {id: gloves, name: Gloves}
interests: {margin: 1}
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: demo, event: Demo Requested, points: 20, decay: {half_life: 2d}}]}]
ladders: [{id: life, score: lead, stages: [{id: cold, name: Cold}, {id: hot, name: Hot, from: 10}]}]
segments:
  - {id: drawn-to-shirts, enter: {interest: shirts, primary: true}}
  - {id: drawn-to-hats, enter: {interest: hats, primary: true}}
  - {id: drawn-to-ties, enter: {interest: ties, primary: true}}
  - {id: drawn-to-socks, enter: {interest: socks, primary: true}}
  - {id: drawn-to-gloves, enter: {interest: gloves, primary: true}}
cadence:
  ladder: life
  every: {cold: 2d, hot: 1d}
  adapt: {slow_below: 0.15, quicken_above: 0.4, over: 30d, min_sent: 100, factor: 2, between: [1d, 30d]}
emails:
  - {id: five, subject: Five things, body: emails/body.mjml, subscription: news}
  - {id: lesson, subject: A lesson, body: emails/body.mjml, subscription: news}
  - {id: more-shirts, subject: More shirts, body: emails/body.mjml, subscription: news, topic: shirts}
  - {id: more-hats, subject: More hats, body: emails/body.mjml, subscription: news, topic: hats}
  - {id: more-ties, subject: More ties, body: emails/body.mjml, subscription: news, topic: ties}
  - {id: more-socks, subject: More socks, body: emails/body.mjml, subscription: news, topic: socks}
  - {id: more-gloves, subject: More gloves, body: emails/body.mjml, subscription: news, topic: gloves}
sequences:
  - id: course
    enroll: {attribute: course, exists: true}
    steps:
      - {id: one, send: {email: lesson, class: answer}}
      - {id: two, send: {email: lesson, class: answer}}
      - {id: three, send: {email: lesson, class: answer}}
      - {id: four, send: {email: lesson, class: answer}}
  - id: cold-track
    enroll: {stage: life, is: cold}
    again: always
    steps: [{id: pause, wait: 60d}, {id: letter, send: lesson}]
  - id: hot-track
    enroll: {stage: life, is: hot}
    again: always
    steps: [{id: pause, wait: 60d}, {id: letter, send: lesson}]
"#;

const BODY: &str = r#"<mjml><mj-body><mj-section><mj-column><mj-text>What do you wear?
  <a href="{{ "https://shop.example/shirts" | attractor: "shirts" }}">Shirts</a>
  <a href="{{ "https://shop.example/hats" | attractor: "hats" }}">Hats</a>
  <a href="{{ "https://shop.example/ties" | attractor: "ties" }}">Ties</a>
  <a href="{{ "https://shop.example/socks" | attractor: "socks" }}">Socks</a>
  <a href="{{ "https://shop.example/gloves" | attractor: "gloves" }}">Gloves</a>
</mj-text></mj-column></mj-section></mj-body></mjml>"#;

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// The topics by their names, and how many people each pulls, the strongest first. Nobody wants gloves.
const PULLED: [(&str, usize); 4] = [("Shirts", 3), ("Hats", 2), ("Ties", 2), ("Socks", 1)];

/// The people of one broadcast.
#[derive(Clone, Copy)]
struct Cast {
    /// Their attribute `cast`, with which their names begin.
    name: &'static str,
    is_measured: bool,
}

const CASTS: [Cast; 2] = [Cast { name: "measured", is_measured: true }, Cast { name: "declined", is_measured: false }];

impl Cast {
    fn user(self, part: &str) -> String {
        format!("{}-{}", self.name, part.to_lowercase())
    }

    /// Whom a topic pulls.
    fn of_topic(self, (topic, count): (&str, usize)) -> Vec<String> {
        (0..count).map(|number| self.user(&format!("{topic}-{number}"))).collect()
    }

    /// Everybody who gets the broadcast: those whom a topic pulls, and two more.
    fn everybody(self) -> Vec<String> {
        let pulled = PULLED.into_iter().flat_map(|topic| self.of_topic(topic));
        pulled.chain([self.user("quiet"), self.user("late")]).collect()
    }

    fn messages(self) -> Vec<Value> {
        let mut all = Vec::new();
        for (number, user) in self.everybody().iter().enumerate() {
            // Of those who are not measured some have declined, and the others were never asked where that means no.
            let declines = number % 2 == 0;
            let tracking = if self.is_measured || *user == self.user("late") {
                Some("Tracking Allowed")
            } else {
                declines.then_some("Tracking Declined")
            };
            all.extend(person(user, json!({"cast": self.name}), tracking));
        }
        let tracking = if self.is_measured { "Tracking Allowed" } else { "Tracking Declined" };
        all.extend(person(&self.user("keen"), json!({"course": true}), Some(tracking)));
        all
    }
}

/// Somebody who agreed to our news and said something of being measured, or nothing.
fn person(user: &str, traits: Value, tracking: Option<&str>) -> Vec<Value> {
    let mut all = json!({"email": format!("{user}@people.test")});
    all.as_object_mut().unwrap().extend(traits.as_object().unwrap().clone());
    let mut messages = vec![json!({"type": "identify", "userId": user, "traits": all})];
    messages.extend(tracking.map(|said| event(user, said, json!({"proof": "the banner"}))));
    messages.push(event(
        user,
        "Subscribed",
        json!({"subscription": "news", "proof": "the form at /news, double opt-in"}),
    ));
    messages
}

impl Demo {
    fn request(&self, method: &str, path: &str, fields: &str) -> Answer {
        let headers = [("user-agent", BROWSER), ("content-type", "application/x-www-form-urlencoded")];
        ask(self.address, method, path, &headers, fields.as_bytes()).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.with_client(|client| client.json(Method::POST, path, body).unwrap().value().unwrap())
    }

    /// Starts a broadcast for the audience as it is.
    fn begin(&self, broadcast: &str) {
        let start = |seen: &str| {
            let path = format!("{broadcast}/start");
            self.with_client(|client| client.json_if(Method::POST, &path, seen, &Value::Null).unwrap().parts().unwrap())
        };
        let (_, refused) = start("\"never seen\"");
        let (status, started) = start(text(&refused, "etag"));
        assert_eq!(status.as_u16(), 200, "{started}");
    }

    /// The HTML of all mails to somebody with a subject.
    fn mails(&self, user: &str, subject: &str) -> Vec<String> {
        let to = format!("{user}@people.test");
        let listed = self.all(&format!("/api/caught?search={to}"));
        let is_it = |mail: &&Value| text(mail, "to").contains(&to) && text(mail, "subject") == subject;
        let html = |mail: &Value| text(&self.get(&format!("/api/caught/{}", text(mail, "id"))), "html").to_owned();
        listed.iter().filter(is_it).map(html).collect()
    }

    /// The only mail to somebody with a subject.
    fn mail(&self, user: &str, subject: &str) -> String {
        let mut mails = self.mails(user, subject);
        assert_eq!(mails.len(), 1, "{user}, {subject}: {mails:?}");
        mails.remove(0)
    }

    /// The path of the link with these words.
    fn link(&self, html: &str, words: &str) -> Option<String> {
        let before = &html[..html.find(&format!(">{words}</a>"))?];
        let link = before[before.rfind("href=\"")? + 6..].split('"').next()?;
        link.strip_prefix(&format!("http://{}", self.address)).map(str::to_owned)
    }

    /// Somebody is pulled by a topic of a mail: clicks where that is measured, else presses the button behind the link.
    fn pull(&self, cast: Cast, html: &str, topic: &str) {
        let path = self.link(html, topic).unwrap_or_else(|| panic!("no link to {topic} in {html}"));
        if cast.is_measured {
            assert!(path.starts_with("/t/c/"), "{path}");
            assert_eq!(self.request("GET", &path, "").status, 302);
        } else {
            assert!(path.starts_with("/p/") && !html.contains("/t/c/") && !html.contains("/t/o/"), "{html}");
            let page = self.request("GET", &path, "").body;
            assert!(page.contains(&format!("about {topic}")), "{page}");
            assert_eq!(self.request("POST", &path, "offer=choose").status, 200);
        }
    }

    fn members(&self, cast: Cast, topic: &str) -> BTreeSet<String> {
        let all = self.all(&format!("/api/segments/drawn-to-{}/members", topic.to_lowercase()));
        let names = all.iter().map(|lead| text(lead, "name").to_owned());
        // The keen one has chosen in another mail.
        names.filter(|name| name.starts_with(cast.name) && *name != cast.user("keen")).collect()
    }
}

#[test]
fn a_broadcast_divides_its_people_and_each_topic_goes_on_with_its_own() {
    for database in databases() {
        let mut demo = Demo::start("0", database);
        demo.apply(PLAYBOOK, BODY);
        CASTS.into_iter().for_each(|cast| demo.tell(&cast.messages()));
        demo.tell(&person("crosses", json!({}), None));
        demo.go_on("3h");
        // The lessons leave when it goes on, and nobody reads in the instant of sending.
        demo.go_on("1h");
        CASTS.into_iter().for_each(|cast| read_course(&demo, cast));
        let broadcasts = CASTS.map(|cast| send(&demo, cast));
        let crossed = cross(&demo);
        demo.go_on("1h");
        CASTS.into_iter().for_each(|cast| read(&demo, cast));
        demo.go_on("1h");
        let follow_ups: Vec<_> =
            CASTS.into_iter().zip(&broadcasts).flat_map(|(cast, sent)| divided(&demo, cast, sent)).collect();
        demo.go_on("4d");
        follow_ups.iter().for_each(|(people, broadcast)| went_to(&demo, people, broadcast));
        CASTS.into_iter().for_each(|cast| turn_elsewhere(&demo, cast));
        demo.go_on("1h");
        CASTS.into_iter().for_each(|cast| moved(&demo, cast));
        came_back(&demo, crossed);
        quickened(&demo);
        nothing_was_measured(&demo, CASTS[1]);
        demo.stop();
    }
}

/// The keen one answers each lesson that has a link to shirts; in a measured one it is gone when it was shown in vain.
fn read_course(demo: &Demo, cast: Cast) {
    let lessons = demo.mails(&cast.user("keen"), "A lesson");
    assert_eq!(lessons.len(), 4, "{}", cast.name);
    let with_link = lessons.iter().filter(|html| demo.link(html, "Shirts").is_some());
    let answered = with_link.map(|html| demo.pull(cast, html, "Shirts")).count();
    assert_eq!(answered, if cast.is_measured { 3 } else { 4 }, "{}", cast.name);
}

/// Starts the broadcast; returns its path.
fn send(demo: &Demo, cast: Cast) -> String {
    let audience = json!({"attribute": "cast", "eq": cast.name});
    let made = demo.post("/api/broadcasts", &json!({"name": cast.name, "email": "five", "audience": audience}));
    let path = format!("/api/broadcasts/{}", text(&made, "id"));
    demo.begin(&path);
    path
}

/// A lead crosses the threshold, and is in the other sequence at that instant; returns the instant.
fn cross(demo: &Demo) -> Instant {
    demo.tell(&[event("crosses", "Demo Requested", json!({}))]);
    let page = |sequence: &str| demo.get(&format!("/api/leads/crosses/enrollments/{sequence}"));
    assert_eq!(
        (page("hot-track")["state"].clone(), page("cold-track")["state"] == "going_on"),
        (json!("going_on"), false)
    );
    let events = demo.all("/api/leads/crosses/events");
    let asked = events.iter().find(|event| event["message"]["event"] == "Demo Requested").unwrap();
    let at = Instant::parse(text(asked, "at")).unwrap();
    changed_together(demo, at, "hot", ["cold-track", "hot-track"]);
    at
}

/// At an instant the lead came to a stage, left one sequence and entered the other.
fn changed_together(demo: &Demo, at: Instant, stage: &str, [left, entered]: [&str; 2]) {
    let moves = demo.all("/api/leads/crosses/moves");
    let at = at.to_string();
    let then: BTreeSet<[&str; 3]> = moves
        .iter()
        .filter(|one| text(one, "at") == at)
        .map(|one| [text(one, "kind"), text(one, "subject"), text(one, "to")])
        .collect();
    let expected = [["sequence", left, "stopped"], ["sequence", entered, "enrolled"], ["stage", "life", stage]];
    assert_eq!(then, BTreeSet::from(expected), "{moves:#?}");
}

/// The points fade: half of them are left after two days, and a millisecond later it is under the threshold.
fn came_back(demo: &Demo, crossed: Instant) {
    changed_together(demo, crossed + Duration(2 * Duration::DAY.0 + 1), "cold", ["hot-track", "cold-track"]);
}

/// Each is pulled by its topic. One is quiet, and one clicks: where nobody is measured, it has just declined.
fn read(demo: &Demo, cast: Cast) {
    for topic in PULLED {
        for user in cast.of_topic(topic) {
            demo.pull(cast, &demo.mail(&user, "Five things"), topic.0);
        }
    }
    if !cast.is_measured {
        let late = cast.user("late");
        let mail = demo.mail(&late, "Five things");
        demo.tell(&[event(&late, "Tracking Declined", json!({}))]);
        let link = demo.link(&mail, "Gloves").unwrap();
        assert!(link.starts_with("/t/c/"), "it was measured when it got the mail: {link}");
        assert_eq!(demo.request("GET", &link, "").status, 302, "it is led on as ever");
    }
}

/// Everybody is in the segment of its topic, and the report says so; starts a follow-up for each topic, and returns whom
/// each is for.
fn divided(demo: &Demo, cast: Cast, broadcast: &str) -> Vec<(Vec<String>, String)> {
    for topic in PULLED {
        assert_eq!(demo.members(cast, topic.0), cast.of_topic(topic).into_iter().collect(), "{}", topic.0);
    }
    assert_eq!(demo.members(cast, "gloves"), BTreeSet::new());
    reported(cast, &demo.get(&format!("{broadcast}/report")));
    let again = demo.post(&format!("{broadcast}/resend"), &json!({"subject": "You missed it"}));
    let unopened = demo.get(&format!("/api/broadcasts/{}/audience", text(&again, "id")));
    assert_eq!(unopened["leads"], if cast.is_measured { 2 } else { 0 }, "only who provably did not open it");
    let made = demo.post(&format!("{broadcast}/follow-ups"), &Value::Null);
    assert_eq!(made["pulled_nobody"], json!([{"topic": "gloves", "topic_name": "Gloves"}]));
    let drafts = made["drafts"].as_array().unwrap();
    let emails: Vec<&str> = drafts.iter().map(|draft| text(draft, "email")).collect();
    assert_eq!(emails, ["more-shirts", "more-hats", "more-ties", "more-socks"]);
    let begun = drafts.iter().zip(PULLED).map(|(draft, topic)| {
        demo.begin(&format!("/api/broadcasts/{}", text(draft, "id")));
        (cast.of_topic(topic), text(draft, "id").to_owned())
    });
    begun.collect()
}

fn reported(cast: Cast, report: &Value) {
    let all = cast.everybody().len();
    let pulled: usize = PULLED.iter().map(|(_, count)| count).sum();
    let (measured, clicked, chosen) = if cast.is_measured { (all, pulled, 0) } else { (0, 0, pulled) };
    assert_eq!((&report["sent"], &report["audience"]), (&json!(all), &json!(all)), "{report:#}");
    assert_eq!((&report["measured"], &report["not_measured"]), (&json!(measured), &json!(all - measured)));
    for rate in ["opened", "clicked"] {
        assert_eq!((&report[rate]["leads"], &report[rate]["of"]), (&json!(clicked), &json!(measured)), "{rate}");
    }
    assert_eq!(report["chosen"], chosen);
    let topic =
        |topic: &Value| (topic["topic_name"].clone(), topic["people"].clone(), topic["pulled"]["leads"].clone());
    let topics: Vec<_> = report["topics"].as_array().unwrap().iter().map(topic).collect();
    let of_measured = |count| if cast.is_measured { count } else { 0 };
    assert_eq!(topics, PULLED.map(|(topic, count)| (json!(topic), json!(count), json!(of_measured(count)))));
    assert_eq!(report["pulled_nobody"], json!([{"topic": "gloves", "topic_name": "Gloves"}]));
}

/// A follow-up has reached its people, and nobody else.
fn went_to(demo: &Demo, people: &[String], broadcast: &str) {
    let copies = demo.all(&format!("/api/outbox?broadcast={broadcast}"));
    let reached: BTreeSet<(&str, &str)> =
        copies.iter().map(|copy| (text(copy, "lead_name"), text(copy, "state"))).collect();
    assert_eq!(reached, people.iter().map(|user| (user.as_str(), "sent")).collect(), "{copies:#?}");
    assert_eq!(copies.len(), people.len(), "each of them once");
}

fn turn_elsewhere(demo: &Demo, cast: Cast) {
    demo.pull(cast, &demo.mail(&cast.user("shirts-0"), "More shirts"), "Hats");
}

/// Who turned elsewhere left the one segment and entered the other at the same instant; the others are where they were.
fn moved(demo: &Demo, cast: Cast) {
    let user = cast.user("shirts-0");
    let moves = demo.all(&format!("/api/leads/{user}/moves"));
    let at = |segment: &str, change: &str| {
        let found: Vec<&str> = moves
            .iter()
            .filter(|one| text(one, "subject") == segment && text(one, "to") == change)
            .map(|one| text(one, "at"))
            .collect();
        assert_eq!(found.len(), 1, "{segment} {change}: {moves:#?}");
        found[0].to_owned()
    };
    assert_eq!(at("drawn-to-shirts", "left"), at("drawn-to-hats", "entered"));
    let (shirts, hats) = (demo.members(cast, "shirts"), demo.members(cast, "hats"));
    assert!(!shirts.contains(&user) && hats.contains(&user), "{shirts:?} {hats:?}");
    assert_eq!((shirts.len(), hats.len()), (PULLED[0].1 - 1, PULLED[1].1 + 1));
}

/// The cadence goes by clicks, and by choices alone where nothing is measured.
fn quickened(demo: &Demo) {
    let status = demo.get("/api/cadence");
    let changes = status["changes"]["items"].as_array().unwrap();
    for (cast, answered) in CASTS.into_iter().zip([3, 4]) {
        let keen = cast.user("keen");
        let own: Vec<[&str; 2]> = changes
            .iter()
            .filter(|change| text(change, "lead_name") == keen)
            .map(|change| [text(change, "direction"), text(change, "because")])
            .collect();
        // Its stage is not quicker, and the slower of the two applies.
        let because = format!(
            "The lead clicked or chose something in {answered} of the last 4 copies that it had had for a day, but at most one \
             e-mail leaves every 2 days, because its stage Cold is slower."
        );
        assert_eq!(own, [["faster", because.as_str()]], "{status:#}");
    }
}

/// Nothing of what people did with their mails is kept beside what they chose on our pages.
fn nothing_was_measured(demo: &Demo, cast: Cast) {
    for user in cast.everybody().into_iter().chain([cast.user("keen")]) {
        let events = demo.all(&format!("/api/leads/{user}/events"));
        let is_measured =
            |event: &&Value| ["Email Opened", "Email Link Clicked"].contains(&text(&event["message"], "event"));
        assert_eq!(events.iter().find(is_measured), None, "{user}");
        let requests = demo.get(&format!("/api/leads/{user}/export"))["requests"].clone();
        assert_eq!(requests, json!([]), "{user}");
    }
}
