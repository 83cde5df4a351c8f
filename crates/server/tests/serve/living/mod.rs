//! The demo whose clock stands, as tests move it: the real program, on both databases.

mod ahead;
mod half_year;
mod pace;
mod story;

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use axum::http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::program::{program, run};
use super::running::{ask, base64};

/// A demo whose clock stands; it is killed with the test.
struct Demo {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
    database: Option<String>,
    /// What it said of the half-year.
    half_year: Vec<String>,
    address: SocketAddr,
    /// A server key.
    key: String,
    /// Opened once: opening one reads all settings.
    client: RefCell<Option<Client>>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Demo {
    /// Returns when the half-year up to the end of June is over.
    fn start(leads: &str, database: Option<String>) -> Demo {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program();
        command.args(["demo", "--speed", "0", "--seed", "3", "--end", "2026-06-30T06:00:00Z", "--leads", leads]);
        command.args(["--listen", "127.0.0.1:0"]).env("TMPDIR", folder.path()).env("ATTRACTOR_LOG_LEVEL", "warn");
        if let Some(url) = &database {
            command.args(["--database", url]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
        let address = ([127, 0, 0, 1], 0).into();
        let (half_year, key, client) = (Vec::new(), String::new(), RefCell::default());
        let mut demo = Demo { child, input, output, folder, database, half_year, address, key, client };
        demo.half_year = demo.lines_until("Sample data:");
        let introduced = demo.lines_until("  curl");
        let address = introduced.iter().find_map(|line| line.strip_prefix("Address:  http://")).unwrap();
        demo.address = address.parse().unwrap();
        let new = json!({"name": "shop", "kind": "server"});
        let made = demo.with_client(|client| client.json(Method::POST, "/api/keys", &new).unwrap().value().unwrap());
        demo.key = text(&made, "key").to_owned();
        demo
    }

    /// Whatever it says up to a line that begins so.
    fn lines_until(&mut self, beginning: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.output.next().unwrap_or_else(|| panic!("it ended: {lines:#?}")).unwrap();
            if line.starts_with(beginning) {
                return lines;
            }
            lines.push(line);
        }
    }

    /// Moves the clock, by a length or to an instant; returns when everything that was due is done.
    fn go_on(&mut self, to: &str) {
        writeln!(self.input, "{to}").unwrap();
        self.lines_until("  Moved:");
    }

    /// Ends it as somebody at a terminal does.
    fn stop(mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success() && self.child.wait().unwrap().success());
    }

    fn arguments(&self) -> DataArgs {
        let all = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let data = all.filter(|path| path.join("data").is_dir()).map(|path: PathBuf| path.join("data")).next().unwrap();
        DataArgs { data, database: self.database.clone() }
    }

    fn with_client<T>(&self, work: impl FnOnce(&mut Client) -> T) -> T {
        let mut client = self.client.borrow_mut();
        work(client.get_or_insert_with(|| Client::open(&self.arguments()).unwrap()))
    }

    fn get(&self, path: &str) -> Value {
        self.with_client(|client| client.get(path).unwrap().value().unwrap())
    }

    /// All items of a list.
    fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{sign}limit=200{cursor}"));
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// Applies a playbook whose e-mails all have this body.
    fn apply(&self, playbook: &str, body: &str) {
        let folder = self.folder.path().join("playbook");
        std::fs::create_dir_all(folder.join("emails")).unwrap();
        std::fs::write(folder.join("playbook.yaml"), playbook).unwrap();
        std::fs::write(folder.join("emails/body.mjml"), body).unwrap();
        let (folder, data) = (folder.display().to_string(), self.arguments().data.display().to_string());
        let applied = run(&["apply", &folder, "--yes", "--force", "--data", &data]);
        assert_eq!(applied.code, 0, "{}", applied.err);
    }

    /// Sends messages as a server of one's own does, at the instant that the clock shows.
    fn tell(&self, messages: &[Value]) {
        let basic = format!("Basic {}", base64(format!("{}:", self.key).as_bytes()));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
        let body = json!({"batch": messages}).to_string();
        let answer = ask(self.address, "POST", "/v1/batch", &headers, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// On each database that is there.
fn databases() -> Vec<Option<String>> {
    std::iter::once(None).chain(attractor_trial::postgres().map(Some)).collect()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
