//! A lane on a store of its own, and lines to feed it with.

use attractor_engine::time::Instant;
use attractor_live::profile::Profile;
use attractor_live::{Amended, Arrived, Claiming, CopyKey, Fills, Lane, NewContent, Outcome, Report, Taken};
use attractor_store::events::Event;
use attractor_store::identities::Identity;
use attractor_store::leads::Lead;
use attractor_store::moves::Move;
use attractor_store::versions::{self, Version};
use attractor_store::{
    ClaimNumber, Connection, IdentityKind, LeadId, Location, VersionNumber, copies, events, identities, leads, moves,
};
use jiff::tz::TimeZoneDatabase;
use tempfile::TempDir;

use crate::beside;

/// A score, a ladder, a segment and a sequence that sends.
pub const PLAYBOOK: &str = r#"
playbook: trial
scores:
  - id: lead
    rules: [{id: visit, event: Page Viewed, points: 10}, {id: demo, event: Demo Requested, points: 50}]
ladders:
  - {id: lifecycle, score: lead, stages: [{id: low}, {id: high, from: 30}]}
segments:
  - {id: asked, enter: {event: Demo Requested}}
emails:
  - {id: hello, subject: Hello, body: "<mjml><mj-body></mj-body></mjml>"}
sequences:
  - id: track
    enroll: {segment: asked}
    while: always
    steps: [{id: first, send: hello}, {wait: 1d}, {id: second, send: hello}]
"#;

pub struct Trial {
    pub lane: Lane,
    pub location: Location,
    pub now: Instant,
    _folder: TempDir,
}

/// An instant of the one day that all this happens on: `10:00`.
pub fn at(time: &str) -> Instant {
    Instant::parse(&format!("2026-03-09T{time}:00Z")).unwrap()
}

impl Trial {
    pub fn new() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("store.db"));
        let mut lane = Lane::open(&location, TimeZoneDatabase::bundled()).unwrap();
        let files = serde_json::json!({"playbook.yaml": PLAYBOOK}).to_string();
        let version = Version { number: VersionNumber(1), at: 0, author: "test".into(), note: String::new(), files };
        lane.publish(&version, false).unwrap();
        Trial { lane, location, now: at("08:00"), _folder: folder }
    }

    pub fn erase(&mut self, lead: LeadId, now: Instant) -> Amended {
        self.lane.deed(now, |deed| deed.erase(lead)).unwrap()
    }

    /// Takes an `alias` back.
    pub fn unmerge(&mut self, lead: LeadId, message_id: &str, now: Instant) -> Amended {
        self.lane.deed(now, |deed| deed.unmerge(lead, message_id)).unwrap()
    }

    /// What a sender asks to have, as it sees the copy now.
    pub fn claiming(&self, (lead, source): &CopyKey) -> Option<Claiming> {
        let mut reader = self.reader();
        let found = copies::of_leads(&mut reader, &[*lead]).unwrap();
        let copy = found.into_iter().find(|copy| copy.source == *source)?;
        Some(Claiming {
            key: (*lead, source.clone()),
            email: None,
            asked_at: copy.asked_at,
            version: versions::last(&mut reader).unwrap(),
            content: NewContent {
                tag: lead.0,
                address: "ann@x.example".into(),
                link_set: ("a1".into(), "{}".into()),
                document: "{}".into(),
            },
            once: None,
            is_budgeted: true,
            shows: Default::default(),
            lease_until: self.now,
        })
    }

    /// A sender takes a copy; `None` where it cannot have it.
    pub fn claim(&mut self, key: &CopyKey, now: Instant) -> Option<ClaimNumber> {
        let claiming = self.claiming(key)?;
        let claims = self.lane.deed(now, |deed| deed.claim(&[claiming])).unwrap();
        claims.first().map(|(_, number)| *number)
    }

    /// The sender reports of a copy that it has; whether the report counts.
    pub fn report(&mut self, key: &CopyKey, claim: Option<ClaimNumber>, outcome: Outcome, now: Instant) -> bool {
        let report = Report { key: key.clone(), claim, outcome, messages: Vec::new() };
        self.lane.deed(now, |deed| deed.settle_copies(&[report])).unwrap()[0]
    }

    /// A sender takes a copy and sends it, all at one instant; whether it could have it.
    pub fn send(&mut self, key: &CopyKey, now: Instant) -> bool {
        let claim = self.claim(key, now);
        claim.is_some() && self.report(key, claim, Outcome::Sent { at: now }, now)
    }

    /// A group of messages from one origin, received when the last of them happened: each its id, its instant and the
    /// rest of its JSON.
    pub fn take(&mut self, origin: &str, lines: &[(&str, &str, &str)]) -> Vec<Taken> {
        let all: Vec<(Fills, &str, &str, &str)> =
            lines.iter().map(|(id, time, rest)| (Fills::All, *id, *time, *rest)).collect();
        self.take_with(origin, &all)
    }

    /// The same, each with what it may set.
    pub fn take_with(&mut self, origin: &str, lines: &[(Fills, &str, &str, &str)]) -> Vec<Taken> {
        let last = lines.iter().map(|(_, _, time, _)| at(time)).max().unwrap();
        self.now = self.now.max(last);
        let arrived: Vec<Arrived> = lines
            .iter()
            .map(|(fills, id, time, rest)| Arrived {
                json: format!(r#"{{"messageId": "{id}", "timestamp": "{}", {rest}}}"#, at(time)),
                received_at: self.now,
                origin: origin.to_owned(),
                fills: *fills,
            })
            .collect();
        self.lane.take(&arrived, self.now).unwrap()
    }

    /// The same with the key of a server.
    pub fn receive(&mut self, lines: &[(&str, &str, &str)]) {
        let taken = self.take("key:1", lines);
        assert!(taken.iter().all(|taken| matches!(taken, Taken::New { .. })), "{taken:?}");
    }

    /// A message with a public key; `rest` has no context.
    pub fn hear_public(&mut self, id: &str, time: &str, rest: &str) {
        let rest = format!(r#"{rest}, "context": {{"public": true}}"#);
        let taken = self.take_with("key:2", &[(Fills::Empty, id, time, &rest)]);
        assert!(matches!(taken[..], [Taken::New { .. }]), "{taken:?}");
    }

    /// What a user's messages made of it.
    pub fn profile(&self, user: &str) -> Profile {
        let rows = leads::profiles(&mut self.reader(), &[self.lead(IdentityKind::User, user)]).unwrap();
        rows.first().map(|(_, document)| Profile::parse(document).unwrap()).unwrap_or_default()
    }

    /// One attribute of a user, as JSON; `null` where it is none.
    pub fn attribute(&self, user: &str, name: &str) -> serde_json::Value {
        self.profile(user).attribute(name).map(|attribute| attribute.value.clone()).unwrap_or_default()
    }

    pub fn reader(&self) -> Connection {
        self.location.reader().unwrap()
    }

    /// The lead that an identity's message at the end of all times belongs to.
    pub fn lead(&self, kind: IdentityKind, text: &str) -> LeadId {
        self.identity(kind, text).unwrap_or_else(|| panic!("nobody is called {text}")).lead
    }

    pub fn identity(&self, kind: IdentityKind, text: &str) -> Option<Identity> {
        identities::find(&mut self.reader(), &[(kind, text)]).unwrap().pop()
    }

    pub fn row(&self, lead: LeadId) -> Option<Lead> {
        leads::load(&mut self.reader(), &[lead]).unwrap().pop()
    }

    /// The names of all leads, and the first declared score of each.
    pub fn leads(&self) -> Vec<(String, f64)> {
        let rows = leads::after(&mut self.reader(), (-1, LeadId::NOBODY), 100).unwrap();
        let here = rows.into_iter().filter(|row| row.became.is_none());
        let mut all: Vec<(String, f64)> = here.map(|row| (row.name, row.score.unwrap_or_default())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    pub fn moves(&self, lead: LeadId) -> Vec<Move> {
        let mut all = moves::of_leads(&mut self.reader(), &[lead]).unwrap();
        all.sort_by_key(|noted| noted.number);
        all
    }

    pub fn events(&self) -> Vec<Event> {
        let mut all = Vec::new();
        events::each(&mut self.reader(), |event| {
            all.push(event);
            Ok(())
        })
        .unwrap();
        all
    }

    /// Every row of every table about leads, as text: what must be as before.
    pub fn rows(&self) -> Vec<String> {
        let tables = ["identities", "claims", "ties", "aliases", "events", "profiles", "places", "deals", "copies"];
        let mut connection = self.reader();
        let mut all = Vec::new();
        for table in tables.into_iter().chain(["moves", "leads", "wakes", "alerts"]) {
            let sql = format!("SELECT * FROM {table}");
            all.extend(connection.query(&sql, &[]).unwrap().iter().map(|row| format!("{table} {row:?}")));
        }
        all.sort();
        all
    }

    /// The leads stand where the engine alone puts them.
    pub fn agrees(&self) {
        if let Err(found) = beside::difference(&self.location, PLAYBOOK, self.now) {
            panic!("{found}");
        }
    }
}
