//! A small shop: its playbook in a folder, six customers with one to six visits, and its server.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Output;

use attractor_engine::time::Instant;
use attractor_store::moves::Move;
use attractor_store::{Connection, LeadId, MoveNumber, events, leads, moves};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::program::program;
use super::running::{Answer, Place, SERVER_KEY, Server, socket, talk};

pub const PLAYBOOK: &str = "# The shop's rules.

playbook: shop
subscriptions: [{id: newsletter}]
topics:   [{id: shirts, pages: [/shirts*]}]   # more to come
scores:
  - {id: lead, rules: [{id: visit, event: Page Viewed, points: 5}]}
ladders: [{id: life, score: lead, stages: [{id: cold}, {id: warm, from: 10}]}]
segments:
  - {id: hot, enter: {score: lead, gte: 20}}
emails: [{id: hello, subject: Helo, body: emails/hello.mjml, subscription: newsletter}]
sequences: [{id: welcome, enroll: {segment: hot}, steps: [{send: hello}]}]
";
pub const BODY: &str = "<mjml><mj-body>\r\n  Hello  <a href='{{ \"https://example.org\" | attractor: \"shirts\" }}'>x</a>\n</mj-body></mjml>";

pub struct Shop {
    pub place: Place,
    pub folder: TempDir,
}

impl Shop {
    pub fn new(place: Place) -> Shop {
        place.with_keys(None);
        let shop = Shop { place, folder: TempDir::new().unwrap() };
        shop.write("playbook.yaml", PLAYBOOK);
        shop.write("emails/hello.mjml", BODY);
        shop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The files that a candidate with this playbook has.
    pub fn files(playbook: &str) -> Value {
        json!({"playbook.yaml": playbook, "emails/hello.mjml": BODY})
    }

    /// Runs a command on the shop's data.
    pub fn command(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = program();
        command.args(arguments).arg("--data").arg(self.place.path());
        if let Some(url) = &self.place.database {
            command.args(["--database", url]);
        }
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    pub fn apply(&self, more: &[&str]) -> (i32, String, String) {
        let folder = self.folder.path().to_string_lossy().into_owned();
        self.command(&[&["apply", folder.as_str()], more].concat())
    }

    /// Asks as the data folder's owner.
    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask_if(method, path, None, body)
    }

    pub fn ask_if(&self, method: &str, path: &str, version: Option<&str>, body: &Value) -> Answer {
        let stream = UnixStream::connect(socket(&self.place.path())).unwrap();
        let mut headers = vec![("content-type", "application/json"), ("x-attractor-user", "ada")];
        headers.extend(version.map(|version| ("if-match", version)));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        talk(stream, method, path, &headers, body.as_bytes()).unwrap()
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &Value::Null);
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer.json()
    }

    /// What has to work.
    pub fn does(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask("POST", path, body);
        assert!(answer.status < 300, "{path}: {answer:?}");
        answer.json()
    }

    /// Six customers: `u1` with one visit, `u6` with six.
    pub fn visited(&self, server: &Server) {
        let visits = (1..=6).flat_map(|user| {
            (0..user).map(move |n| json!({"type": "page", "userId": format!("u{user}"), "messageId": format!("{user}-{n}"), "properties": {"path": "/shirts"}}))
        });
        let batch = json!({"batch": visits.collect::<Vec<_>>()}).to_string();
        assert_eq!(server.post(SERVER_KEY, "/v1/batch", &batch).status, 200);
    }

    /// Returns when all leads live under the version in force.
    pub fn settled(&self) -> Value {
        loop {
            let progress = self.get("/api/playbook/progress");
            assert_eq!(progress["complete"] == true, progress["percent"] == 100);
            if progress["complete"] == true {
                return progress;
            }
        }
    }

    /// By name, where each lead stands: its places.
    pub fn places(store: &mut Connection) -> BTreeMap<String, Vec<String>> {
        let rows = leads::after(store, (-1, LeadId::NOBODY), 1_000).unwrap();
        let mut all = BTreeMap::new();
        for row in rows.iter().filter(|row| row.became.is_none()) {
            let mut places: Vec<String> =
                leads::places(store, &[row.id]).unwrap().into_iter().map(|place| place.place.to_string()).collect();
            places.sort();
            all.insert(row.name.clone(), places);
        }
        all
    }

    /// The same by a replay of the stored events.
    pub fn replayed(&self, store: &mut Connection) -> BTreeMap<String, Vec<String>> {
        let mut lines = String::new();
        let take = |event: events::Event| {
            lines += &(event.message + "\n");
            Ok(())
        };
        events::each(store, take).unwrap();
        self.write("events.ndjson", &lines);
        let mut command = program();
        command.arg("replay").arg("--playbook").arg(self.folder.path());
        let output = command.arg("--events").arg(self.path("events.ndjson")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).map(|line: Value| stands(&line)).collect()
    }

    pub fn moves(store: &mut Connection) -> Vec<Move> {
        moves::following(store, MoveNumber::START, 1_000).unwrap()
    }

    /// Everything in the leads' rows.
    pub fn rows(store: &mut Connection) -> Vec<leads::Lead> {
        leads::after(store, (-1, LeadId::NOBODY), 1_000).unwrap()
    }
}

fn stands(line: &Value) -> (String, Vec<String>) {
    let stages = line["stages"].as_object().unwrap().iter();
    let stages = stages.map(|(ladder, stage)| format!("stage:{ladder}:{}", stage.as_str().unwrap()));
    let segments = line["segments"].as_array().unwrap().iter().map(|id| format!("segment:{}", id.as_str().unwrap()));
    let mut places: Vec<String> = stages.chain(segments).collect();
    places.sort();
    (line["lead"].as_str().unwrap().to_owned(), places)
}

/// When it is a second before now, as nothing here asks for a clock.
pub fn is_instant(value: &Value) -> bool {
    value.as_str().and_then(Instant::parse).is_some()
}
