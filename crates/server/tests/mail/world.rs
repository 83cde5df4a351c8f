//! An installation from which one e-mail has gone to Ada, and her mailbox.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use attractor_engine::time::{Duration, Instant};
use attractor_live::{Arrived, Claiming, Fills, Lane, NewContent, Outcome, Report};
use attractor_mail::frozen::{FrozenCopy, FrozenLink};
use attractor_mail::links::{AddressHash, CopyId, Id, KeyId, Keys, Name, Scope, Secret, Token};
use attractor_server::clock;
use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use attractor_store::suppressions;
use attractor_store::transfer;
use attractor_store::versions::{self, Version};
use attractor_store::{IdentityKind, LeadId, Location, VersionNumber, copies, identities, link_keys};
use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Answer, Place, Server};

/// A click is an interest and a segment; a subscription, topics.
const PLAYBOOK: &str = "
playbook: mail
topics: [{id: shirts, name: Shirts & ties}, {id: hats}]
subscriptions: [{id: news, name: <News>}, {id: offers}]
scores:
  - {id: lead, rules: [{id: click, event: Email Link Clicked, points: 10}, {id: open, event: Email Opened, points: 1}]}
segments:
  - {id: asked, enter: {event: Demo Requested}}
  - {id: shirts, enter: {event: Email Link Clicked, where: {topic: shirts}}}
  - {id: pained, enter: {attribute: pain, exists: true}}
emails: [{id: offer, subject: Hello, body: \"<mjml><mj-body></mj-body></mjml>\", subscription: news}]
sequences:
  - {id: track, enroll: {segment: asked}, while: always, steps: [{id: first, send: offer}]}
  - {id: follow, enroll: {segment: shirts}, while: always, steps: [{wait: 30d}, {id: second, send: offer}]}
";

/// A browser of a person.
pub const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

pub const ADDRESS: &str = "ada@x.example";

/// Where the author's links lead, by their positions.
pub const LINKS: [(&str, Option<&str>); 7] = [
    ("https://acme.example/", None),
    ("https://acme.example/shirts?color=blue&size=l#fit", Some("shirts")),
    ("https://acme.example/hats", Some("hats")),
    ("https://acme.example/a", None),
    ("https://acme.example/b", None),
    ("https://acme.example/c", None),
    ("javascript:alert(1)", None),
];

/// A copy that was sent.
pub struct SentCopy {
    pub id: CopyId,
    pub send_id: String,
    pub keys: Keys,
    pub address: AddressHash,
}

impl SentCopy {
    pub fn click(&self, link: u16) -> String {
        format!("/t/c/{}", self.keys.sign(&Token::Click { link, copy: self.id }))
    }

    pub fn pixel(&self) -> String {
        format!("/t/o/{}", self.keys.sign(&Token::Open { copy: self.id }))
    }

    pub fn unsubscribe(&self, subscription: Option<&str>) -> String {
        let scope = subscription.map_or(Scope::All, |id| Scope::Subscription(Name::new(id).unwrap()));
        format!("/u/{}", self.keys.sign(&Token::Unsubscribe { scope, address: self.address, copy: self.id }))
    }

    pub fn offer(&self, link: u16) -> String {
        format!("/p/{}", self.keys.sign(&Token::Attractor { link, copy: self.id }))
    }

    pub fn preferences(&self) -> String {
        let lead = Id::from(self.id.lead.cast_unsigned());
        format!("/p/{}", self.keys.sign(&Token::Preferences { address: self.address, lead }))
    }
}

/// What of a copy differs from test to test.
pub struct Mailing {
    /// `userId` of the lead; without one, it is known by its e-mail alone.
    pub user: Option<&'static str>,
    pub measured: bool,
    /// Consent to be measured and to receive, before the copy was sent.
    pub consents: Vec<Value>,
    pub traits: Value,
    /// In which the copy was written.
    pub language: &'static str,
}

impl Default for Mailing {
    fn default() -> Mailing {
        let consents = vec![
            json!({"event": "Subscribed", "properties": {"subscription": "news", "proof": "the form"}}),
            json!({"event": "Tracking Allowed", "properties": {"proof": "the form"}}),
        ];
        Mailing { user: Some("ada"), measured: true, consents, traits: json!({"email": ADDRESS}), language: "en" }
    }
}

fn location(place: &Place) -> Location {
    drop(place.store());
    match &place.database {
        Some(url) => Location::Postgresql(url.clone()),
        None => Location::Sqlite(place.path().join("attractor.db")),
    }
}

fn arrived(mut message: Value, id: &str, at: Instant) -> Arrived {
    message["messageId"] = id.into();
    message["timestamp"] = at.to_string().into();
    Arrived { json: message.to_string(), received_at: at, origin: "key:1".into(), fills: Fills::All }
}

/// Sends one copy to Ada, half an hour ago, while no server runs.
pub fn mail(place: &Place, mailing: &Mailing) -> SentCopy {
    let mut lane = Lane::open(&location(place), clock::zones()).unwrap();
    let at = clock::now() - Duration(30 * 60_000);
    if versions::last(&mut location(place).reader().unwrap()).unwrap() == VersionNumber::NONE {
        let files = json!({"playbook.yaml": PLAYBOOK}).to_string();
        let version = Version { number: VersionNumber(1), at: at.0, author: "test".into(), note: String::new(), files };
        lane.publish(&version, false).unwrap();
    }
    let key = if mailing.user.is_some() { "userId" } else { "anonymousId" };
    let name = mailing.user.map_or_else(|| format!("by hand: {ADDRESS}"), str::to_owned);
    let mut messages = vec![json!({"type": "identify", key: name, "traits": mailing.traits})];
    messages.extend(mailing.consents.iter().map(
        |consent| json!({"type": "track", key: name, "event": consent["event"], "properties": consent["properties"]}),
    ));
    messages.push(json!({"type": "track", key: name, "event": "Demo Requested"}));
    let messages = messages.into_iter().enumerate();
    let messages: Vec<Arrived> = messages.map(|(n, message)| arrived(message, &format!("m{n}"), at)).collect();
    lane.take(&messages, at).unwrap();
    let lead = lead(place, mailing.user.map_or((IdentityKind::Email, ADDRESS), |user| (IdentityKind::User, user)));
    send(place, &mut lane, lead, mailing, at)
}

fn lead(place: &Place, key: (IdentityKind, &str)) -> LeadId {
    identities::find(&mut location(place).reader().unwrap(), &[key]).unwrap()[0].lead
}

fn send(place: &Place, lane: &mut Lane, lead: LeadId, mailing: &Mailing, at: Instant) -> SentCopy {
    let mut reader = location(place).reader().unwrap();
    let copy = copies::of_leads(&mut reader, &[lead]).unwrap().pop().unwrap();
    let send_id = copy.send_id();
    let key = (lead, copy.source);
    let frozen = FrozenCopy {
        email: "offer".into(),
        version: 1,
        language: mailing.language.into(),
        measured: mailing.measured,
        subscription: Some("news".into()),
        made_at: at.0,
        ..FrozenCopy::default()
    };
    let link = |(url, topic): (&str, Option<&str>)| FrozenLink {
        url: url.into(),
        topic: topic.map(str::to_owned),
        sets: if topic == Some("hats") { [("pain".into(), "cold ears".into())].into() } else { Default::default() },
        asks: topic.is_some(),
    };
    let links: Vec<FrozenLink> = LINKS.map(link).into();
    let claiming = Claiming {
        key: key.clone(),
        email: None,
        asked_at: copy.asked_at,
        version: versions::last(&mut reader).unwrap(),
        content: NewContent {
            tag: -77,
            address: ADDRESS.into(),
            link_set: ("a1".into(), serde_json::to_string(&links).unwrap()),
            document: serde_json::to_string(&frozen).unwrap(),
        },
        once: None,
        is_budgeted: false,
        shows: Default::default(),
        lease_until: at,
    };
    let claims = lane.deed(at, |deed| deed.claim(&[claiming])).unwrap();
    let report = Report { key, claim: Some(claims[0].1), outcome: Outcome::Sent { at }, messages: Vec::new() };
    assert_eq!(lane.deed(at, |deed| deed.settle_copies(&[report])).unwrap(), [true]);
    let keys = lane.write(|connection| link_keys::all_or_first(connection, at.0)).unwrap();
    let keys = Keys::new((KeyId(keys[0].number), Secret::new(keys[0].bytes)), []).unwrap();
    let address = AddressHash(hash(lane));
    SentCopy { id: CopyId { lead: lead.0, tag: -77 }, send_id, keys, address }
}

/// Of Ada's address, as the list of suppressions has it.
fn hash(lane: &mut Lane) -> [u8; 32] {
    use attractor_live::suppression::HashKeys;
    let hex = lane
        .write(|connection| {
            if suppressions::keys(connection)?.is_empty() {
                suppressions::make_key(connection, 0)?;
            }
            Ok(HashKeys::read(connection)?.hashes(ADDRESS).remove(0))
        })
        .unwrap();
    let byte = |place: usize| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap();
    std::array::from_fn(byte)
}

/// A server that judges after so many seconds.
pub fn serve(place: &Place, judging_delay: u32) -> Server {
    Server::start(place.command().env("ATTRACTOR_JUDGING_DELAY", judging_delay.to_string()))
}

/// A person's request.
pub fn visit(server: &Server, method: &str, path: &str) -> Answer {
    server.ask(method, path, &[("user-agent", BROWSER)], b"")
}

/// A form that a page sent.
pub fn submit(server: &Server, path: &str, fields: &str) -> Answer {
    let media = ("content-type", "application/x-www-form-urlencoded");
    server.ask("POST", path, &[("user-agent", BROWSER), media], fields.as_bytes())
}

pub fn get(place: &Place, path: &str) -> Value {
    client(place).get(path).unwrap().value().unwrap()
}

pub fn post(place: &Place, path: &str, body: &Value) -> Result<Value, String> {
    client(place).json(Method::POST, path, body)?.value()
}

fn client(place: &Place) -> Client {
    Client::open(&DataArgs { data: place.path(), database: place.database.clone() }).unwrap()
}

/// Asks until something is so; what was asked last, where it never is.
pub fn until(place: &Place, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..3_000 {
        last = get(place, path);
        if is_so(&last) {
            return last;
        }
    }
    panic!("it never was so: {last:#}");
}

/// The events of a kind, oldest first: each its properties, whether a machine caused it, and its instant.
pub fn events(place: &Place, lead: &str, kind: &str) -> Vec<Value> {
    let shown = get(place, &format!("/api/leads/{lead}/events"));
    let mut all: Vec<Value> = shown["items"].as_array().unwrap().clone();
    all.retain(|event| event["message"]["event"] == kind);
    all.reverse();
    all
}

/// Whether a lead is in a sequence now.
pub fn is_enrolled(lead: &Value, sequence: &str) -> bool {
    let mut all = lead["sequences"].as_array().unwrap().iter();
    all.any(|own| own["sequence"] == sequence && !own["enrollment"].is_null())
}

/// How many rows each table about requests has.
pub fn stored(place: &Place) -> i64 {
    let mut store = location(place).reader().unwrap();
    store.query("SELECT count(*) FROM mail_requests", &[]).unwrap()[0].integer(0).unwrap()
}

/// By what a lead with a pain got into its segment, in English.
pub fn pained_by(lead: &Value) -> &Value {
    let segments = lead["segments"].as_array().unwrap();
    let pained = segments.iter().find(|segment| segment["id"] == "pained");
    &pained.unwrap_or_else(|| panic!("{lead:#}"))["cause"]["what"]
}

pub fn erase(place: &Place, lead: &str) {
    delete(place, &format!("/api/leads/{lead}"));
}

pub fn delete(place: &Place, path: &str) -> Value {
    client(place).json(Method::DELETE, path, &Value::Null).unwrap().value().unwrap()
}

/// Every table with its count and checksum.
pub fn rows(place: &Place) -> Vec<(String, u64, String)> {
    let mut store = location(place).reader().unwrap();
    let tables = transfer::tables().unwrap().into_iter().filter(|table| table.name != "lane");
    tables
        .map(|table| {
            let sum = table.sum(&mut store).unwrap();
            (table.name, sum.rows, sum.hash)
        })
        .collect()
}

/// Asks for each path so many times, each over a connection of its own; the statuses that came for each.
pub fn replay(server: &Server, paths: &[String], times: usize) -> Vec<BTreeSet<u16>> {
    let address = server.address;
    let of_path = |path: &String| {
        let mut stream = TcpStream::connect(address).unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nuser-agent: {BROWSER}\r\n\r\n");
        let mut statuses = BTreeSet::new();
        for _ in 0..times {
            stream.write_all(request.as_bytes()).unwrap();
            statuses.insert(status_of(&mut answers));
        }
        statuses
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = paths.iter().map(|path| scope.spawn(|| of_path(path))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Reads one answer to its end.
fn status_of(answers: &mut impl BufRead) -> u16 {
    let (mut line, mut length) = (String::new(), 0);
    answers.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    loop {
        line.clear();
        answers.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut answers.take(length), &mut std::io::sink()).unwrap();
    status
}
