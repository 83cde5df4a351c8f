//! A lead's first source is that of its earliest visit, its last that of the latest, whatever came first and whoever
//! turned out to be somebody else.

use std::collections::BTreeMap;

use attractor_intake::{Limits, Receipt, Request, Rights, normalise, read};
use attractor_live::history::{histories, sources_of};
use attractor_live::profile::Profile;
use attractor_live::{Amended, Arrived, Fills, Lane};
use attractor_store::leads;
use attractor_store::{IdentityKind, LeadId};
use serde_json::{Value, json};

use crate::trial::{Trial, at};

const TIE: &str = r#""type": "identify", "userId": "u", "anonymousId": "v""#;
const GOOGLE: &str = "?utm_source=google&utm_medium=cpc&utm_campaign=spring";
const X: &str = "?utm_source=x";

/// A page view as a server's key brings it, with what intake derives from it.
fn visit(time: &str, who: &str, query: &str) -> Vec<Arrived> {
    let (received_at, url) = (at(time), format!("https://shop.de/{query}"));
    let page = json!({"type": "page", "messageId": format!("{who} {time}"), "timestamp": received_at.to_string(),
        (if who.starts_with('v') { "anonymousId" } else { "userId" }): who,
        "properties": {"url": url, "path": "/", "referrer": ""}});
    let body = json!({"batch": [page]}).to_string();
    let request =
        Request { path: "/v1/batch", content_encoding: None, authorization: None, agent: None, body: body.as_bytes() };
    let batch = read(&request, &Limits::default()).unwrap();
    let received =
        Receipt { at: received_at, rights: Rights::Server, key: None, hook: None, own_domains: &[], agents: None };
    let normalised =
        normalise(batch.messages[0].as_ref().unwrap(), &batch.envelope, &received, &mut String::new).unwrap();
    let derived = normalised.source.unwrap().identify();
    let arrived = |json, fills| Arrived { json, received_at, origin: "key:1".into(), fills };
    vec![arrived(normalised.json, Fills::All), arrived(derived, Fills::FirstOnce)]
}

impl Trial {
    fn visits(&mut self, time: &str, who: &str, query: &str) {
        self.arrive(visit(time, who, query));
    }

    fn arrive(&mut self, arrived: Vec<Arrived>) {
        self.now = self.now.max(arrived.iter().map(|arrived| arrived.received_at).max().unwrap());
        self.lane.take(&arrived, self.now).unwrap();
    }

    /// The first and the last source of a lead, which its profile and its messages in the ledger have alike.
    fn sources(&self, name: &str) -> (String, String) {
        self.agrees();
        let lead = self
            .identity(IdentityKind::User, name)
            .or_else(|| self.identity(IdentityKind::Visitor, name))
            .unwrap()
            .lead;
        let of_profile = leads::profiles(&mut self.reader(), &[lead]).unwrap().pop();
        let profile = of_profile.map(|(_, document)| Profile::parse(&document).unwrap()).unwrap_or_default();
        let of_profile = profile.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.value.clone()));
        let ledger = self.told(lead);
        assert_eq!(of_profile.filter(|(_, value)| !value.is_null()).collect::<BTreeMap<_, _>>(), ledger);
        let text = |name: &str| ledger.get(name).map_or("-", |value| value.as_str().unwrap()).to_owned();
        for of in ["first", "last"] {
            let is_paid = text(&format!("{of}_source")) == "google";
            assert_eq!(
                text(&format!("{of}_campaign")),
                if is_paid { "spring" } else { "-" },
                "one visit's beside another's"
            );
        }
        (text("first_source"), text("last_source"))
    }

    /// What the stored messages of a lead set, taken in order.
    fn told(&self, lead: LeadId) -> BTreeMap<String, Value> {
        let sources = sources_of(&self.row(lead).unwrap()).unwrap();
        let past = histories(&mut self.reader(), vec![(lead, sources)]).unwrap().remove(&lead).unwrap();
        let messages = past.iter().map(|past| serde_json::from_str::<Value>(&past.message).unwrap());
        let mut told = BTreeMap::new();
        for message in messages.filter(|message| message["type"] == "identify") {
            told.extend(message["traits"].as_object().cloned().unwrap_or_default());
        }
        told.retain(|_, value| !value.is_null());
        told
    }

    fn undo(&mut self) {
        while self.lane.undo("import:7", self.now, 2).unwrap() {}
    }
}

fn both(first: &str, last: &str) -> (String, String) {
    (first.to_owned(), last.to_owned())
}

#[test]
fn a_person_who_came_first_keeps_its_first_source() {
    let mut trial = Trial::new();
    trial.visits("09:00", "u", GOOGLE);
    trial.visits("09:10", "v", X);
    assert_eq!((trial.sources("u"), trial.sources("v")), (both("google", "google"), both("x", "x")));
    trial.receive(&[("t", "09:20", TIE)]);
    assert_eq!(trial.sources("u"), both("google", "x"));
    trial.visits("09:30", "v", "?utm_source=bing");
    assert_eq!(trial.sources("u"), both("google", "bing"));
}

#[test]
fn a_visitor_who_came_first_brings_the_first_source() {
    let mut trial = Trial::new();
    trial.visits("09:00", "v", X);
    trial.visits("09:10", "u", GOOGLE);
    trial.receive(&[("t", "09:20", TIE)]);
    assert_eq!(trial.sources("u"), both("x", "google"));
}

/// A direct visit can be the first one, and says nothing where it is not.
#[test]
fn a_direct_visit_is_the_first_or_nothing() {
    let mut trial = Trial::new();
    trial.visits("09:00", "u", GOOGLE);
    trial.visits("09:10", "v", "");
    trial.visits("09:11", "v2", X);
    trial.receive(&[("t", "09:20", TIE)]);
    assert_eq!(trial.sources("u"), both("google", "google"));
    trial.visits("08:50", "v2", "");
    assert_eq!(trial.sources("v2"), both("direct", "x"), "the earlier one came late");
    trial.receive(&[("t2", "09:21", r#""type": "identify", "userId": "u", "anonymousId": "v2""#)]);
    assert_eq!(trial.sources("u"), both("direct", "x"));
}

#[test]
fn what_comes_late_is_earlier_all_the_same() {
    let mut trial = Trial::new();
    trial.visits("09:10", "u", GOOGLE);
    trial.visits("09:00", "u", X);
    assert_eq!(trial.sources("u"), both("x", "google"));
    trial.visits("09:05", "u", "?utm_source=bing");
    assert_eq!(trial.sources("u"), both("x", "google"));
}

/// Of what comes in one group, nothing is known yet when it is decided what each message says.
#[test]
fn a_group_is_as_one_after_the_other() {
    for tie_at in 0..=2 {
        let mut trial = Trial::new();
        trial.visits("09:00", "u", GOOGLE);
        let tie = format!(r#"{{"messageId": "t", "timestamp": "{}", {TIE}}}"#, at("09:12"));
        let tie = Arrived { json: tie, received_at: at("09:12"), origin: "key:1".into(), fills: Fills::All };
        let mut group = visit("09:10", "v", X);
        group.insert(tie_at, tie);
        trial.arrive(group);
        assert_eq!(trial.sources("u"), both("google", "x"), "the tie at place {tie_at}");
    }
    let mut trial = Trial::new();
    let mut group = visit("09:00", "v", X);
    group.extend(visit("09:01", "u", GOOGLE));
    group.extend(visit("09:02", "v2", "?utm_source=bing"));
    for (id, visitor) in [("t", "v"), ("t2", "v2")] {
        let json = json!({"messageId": id, "timestamp": at("09:12").to_string(), "type": "identify", "userId": "u",
            "anonymousId": visitor});
        let json = json.to_string();
        group.push(Arrived { json, received_at: at("09:12"), origin: "key:1".into(), fills: Fills::All });
    }
    trial.arrive(group);
    assert_eq!(trial.sources("u"), both("x", "bing"));
}

#[test]
fn two_that_an_email_makes_one_have_the_earlier_first_source() {
    let mut trial = Trial::new();
    let identify = |rest: &str| format!(r#""type": "identify", {rest}"traits": {{"email": "ada@x.de"}}"#);
    trial.visits("09:00", "v", X);
    trial.receive(&[("e", "09:01", &identify(r#""anonymousId": "v", "#))]);
    trial.visits("09:10", "u", GOOGLE);
    assert_eq!(trial.sources("u"), both("google", "google"));
    trial.receive(&[("c", "09:20", &identify(r#""userId": "u", "#))]);
    assert_eq!(trial.sources("u"), both("x", "google"));
}

#[test]
fn two_who_are_two_again_have_their_own() {
    let mut trial = Trial::new();
    trial.visits("09:00", "u", GOOGLE);
    trial.visits("09:10", "u2", X);
    let before = trial.events();
    for round in ["m", "n"] {
        trial.receive(&[(round, "09:20", r#""type": "alias", "userId": "u", "previousId": "u2""#)]);
        assert_eq!(trial.sources("u"), both("google", "x"));
        assert_eq!(trial.unmerge(trial.lead(IdentityKind::User, "u"), round, trial.now), Amended::Done);
        assert_eq!((trial.sources("u"), trial.sources("u2")), (both("google", "google"), both("x", "x")));
        assert_eq!(trial.events(), before, "the ledger is as it was");
    }
}

#[test]
fn an_import_that_makes_two_one_is_undone() {
    let mut trial = Trial::new();
    trial.visits("09:00", "u", GOOGLE);
    trial.visits("09:10", "v", X);
    let before = trial.events();
    let tie = format!(r#"{TIE}, "context": {{"history": true}}"#);
    trial.take("import:7", &[("t", "09:15", &tie)]);
    assert_eq!(trial.sources("u"), both("google", "x"));
    trial.undo();
    assert_eq!((trial.sources("u"), trial.sources("v")), (both("google", "google"), both("x", "x")));
    assert_eq!(trial.events(), before);
}

/// What an export gave comes back as it is, and goes on following.
#[test]
fn visits_that_are_imported_follow_too() {
    let mut trial = Trial::new();
    trial.visits("09:10", "u", GOOGLE);
    let imported = visit("09:00", "v", X).into_iter().map(|arrived| Arrived {
        json: arrived.json.replace(r#""context":{"#, r#""context":{"history":true,"#),
        origin: "import:7".into(),
        fills: Fills::All,
        ..arrived
    });
    trial.arrive(imported.collect());
    trial.receive(&[("t", "09:20", TIE)]);
    assert_eq!(trial.sources("u"), both("x", "google"));
    trial.undo();
    assert_eq!(trial.sources("u"), both("google", "google"));
}

/// A first source that somebody says is no visit's to overwrite, and goes before the visits behind it.
#[test]
fn what_somebody_says_stays() {
    let mut trial = Trial::new();
    let says = r#""type": "identify", "userId": "u", "traits": {"first_source": "fair", "first_name": "Ada"}"#;
    trial.receive(&[("s", "09:00", says)]);
    trial.visits("09:10", "v", X);
    trial.receive(&[("t", "09:20", TIE)]);
    assert_eq!(trial.sources("u"), both("fair", "x"));
    trial.visits("08:50", "u", GOOGLE);
    let lead = trial.lead(IdentityKind::User, "u");
    assert_eq!(trial.told(lead)["first_source"], "fair", "it was said later");
    assert_eq!(trial.told(lead)["first_medium"], "cpc", "which leaves what else the first visit says");
}

/// A lead that is rebuilt again and again is told the same.
#[test]
fn nothing_grows() {
    let mut trial = Trial::new();
    trial.visits("09:00", "u", GOOGLE);
    trial.visits("09:10", "v", X);
    trial.receive(&[("t", "09:20", TIE)]);
    let before = trial.events();
    for minute in 21..25 {
        let (id, time) = (format!("late {minute}"), format!("08:{minute}"));
        trial.receive(&[(&id, &time, r#""type": "track", "event": "Odd", "userId": "u""#)]);
    }
    trial.lane = Lane::open(&trial.location, jiff::tz::TimeZoneDatabase::bundled()).unwrap();
    trial.visits("09:30", "u", "?utm_source=bing");
    assert_eq!(trial.events()[..before.len()], before);
    assert_eq!(trial.events().len(), before.len() + 6);
    assert_eq!(trial.sources("u"), both("google", "bing"));
}
