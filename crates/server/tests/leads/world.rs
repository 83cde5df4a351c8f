//! A store with the sample company in it, asked as commands ask.

use attractor_store::VersionNumber;
use std::collections::BTreeMap;

use attractor_engine::playbook;
use attractor_engine::time::{Duration, Instant};
use attractor_live::{Arrived, Fills, Lane, PLAYBOOK};
use attractor_sample::Company;
use attractor_server::clock;
use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use attractor_store::Location;
use attractor_store::versions::Version;
use axum::http::Method;
use serde_json::{Value, json};

pub use super::running::Place;

const SAMPLE: &str = include_str!("../../../../playbooks/sample/playbook.yaml");

/// The sample company's playbook without sequences: what a replay would enrol, live operation must not, since all of it
/// is known too late. Without sequences it needs no e-mails, whose bodies are files of their own.
pub fn playbook() -> String {
    let mut playbook = playbook::read(SAMPLE).playbook.unwrap();
    playbook.sequences.clear();
    playbook.emails.clear();
    playbook::write(&playbook).to_string()
}

pub struct World {
    pub client: Client,
}

pub fn location(place: &Place) -> Location {
    match &place.database {
        Some(url) => Location::Postgresql(url.clone()),
        None => Location::Sqlite(place.path().join("attractor.db")),
    }
}

impl World {
    /// A store that took these messages, in groups.
    pub fn of(place: &Place, messages: &[String]) -> World {
        World::under(&playbook(), place, messages)
    }

    /// The same under another playbook.
    pub fn under(playbook: &str, place: &Place, messages: &[String]) -> World {
        std::fs::create_dir_all(place.path()).unwrap();
        let mut lane = Lane::open(&location(place), clock::zones()).unwrap();
        let now = clock::now();
        let files = serde_json::to_string(&BTreeMap::from([(PLAYBOOK, playbook)])).unwrap();
        lane.publish(
            &Version { number: VersionNumber(1), at: now.0, author: "test".into(), note: String::new(), files },
            false,
        )
        .unwrap();
        for group in messages.chunks(200) {
            let arrived: Vec<Arrived> = group.iter().map(|json| arrived(json, now)).collect();
            let taken = lane.take(&arrived, now).unwrap();
            assert!(!taken.iter().any(|taken| matches!(taken, attractor_live::Taken::Refused(_))), "{taken:?}");
        }
        while lane.background(now).unwrap() {}
        drop(lane);
        let args = DataArgs { data: place.path(), database: place.database.clone() };
        World { client: Client::open(&args).unwrap() }
    }

    pub fn company(place: &Place) -> World {
        World::of(place, &company())
    }

    pub fn get(&mut self, path: &str) -> Value {
        self.client.get(path).unwrap().value().unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    pub fn refused(&mut self, path: &str) -> String {
        self.client.get(path).unwrap().value().unwrap_err()
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Result<Value, String> {
        self.client.json(Method::POST, path, body).unwrap().value()
    }

    /// Any method; `null` is no body.
    pub fn asked(&mut self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        if method == Method::GET {
            return self.client.get(path).unwrap().value();
        }
        self.client.json(method, path, body).unwrap().value()
    }

    /// All items of a list, page after page.
    pub fn all(&mut self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let more = cursor.map_or(String::new(), |cursor: String| format!("&cursor={cursor}"));
            let page = self.get(&format!("{path}{more}"));
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }

    /// The names of the leads of whom a condition holds, in order.
    pub fn query(&mut self, condition: &Value, limit: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let asked = json!({"condition": condition, "limit": limit, "cursor": cursor});
            let page = self.post("/api/leads/query", &asked).unwrap_or_else(|why| panic!("{condition}: {why}"));
            names
                .extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
            cursor = page["next"].clone();
            if cursor.is_null() {
                names.sort();
                return names;
            }
        }
    }

    pub fn export(&mut self, path: &str) -> String {
        let mut bytes = Vec::new();
        self.client.get(path).unwrap().copy_to(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

pub fn arrived(json: &str, now: Instant) -> Arrived {
    Arrived { json: json.to_owned(), received_at: now, origin: "key:1".into(), fills: Fills::All }
}

/// The sample company's messages: eighty days that end yesterday.
pub fn company() -> Vec<String> {
    const DAYS: u32 = 80;
    let start = clock::now().0 - i64::from(DAYS + 1) * Duration::DAY.0;
    let start = start - start.rem_euclid(Duration::DAY.0);
    Company { leads: 70, days: DAYS, seed: 11, start, end: i64::MAX }.messages().map(|message| message.json).collect()
}

pub fn names(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["name"].as_str().unwrap()).collect()
}
