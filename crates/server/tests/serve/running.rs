//! The program as a server: started on a free port, asked over HTTP, stopped by signals.

#![allow(dead_code, reason = "each test that includes this module asks a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use attractor_store::access::{self, AccessKey};
use attractor_store::events::{self, Event};
use attractor_store::{Connection, KeyId, Location};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::program::program;

pub const SERVER_KEY: &str = "the server key";
pub const PUBLIC_KEY: &str = "the public key";

/// Where a server keeps its data.
pub struct Place {
    pub folder: TempDir,
    pub database: Option<String>,
}

impl Place {
    pub fn sqlite() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), database: None }
    }

    /// On each database that is there.
    pub fn each(test: impl Fn(&Place)) {
        test(&Place::sqlite());
        if let Some(url) = attractor_trial::postgres() {
            test(&Place { database: Some(url), ..Place::sqlite() });
        }
    }

    /// The same, for whoever keeps the place.
    #[allow(dead_code, reason = "other tests ask for it")]
    pub fn each_owned(test: impl Fn(Place)) {
        test(Place::sqlite());
        if let Some(url) = attractor_trial::postgres() {
            test(Place { database: Some(url), ..Place::sqlite() });
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn store(&self) -> Connection {
        std::fs::create_dir_all(self.path()).unwrap();
        let location = match &self.database {
            Some(url) => Location::Postgresql(url.clone()),
            None => Location::Sqlite(self.path().join("attractor.db")),
        };
        location.writer().unwrap()
    }

    /// Makes the two write keys; `rate` is how many messages a minute they let through.
    pub fn with_keys(&self, rate: Option<i64>) -> &Place {
        let mut store = self.store();
        for (kind, text) in [("server", SERVER_KEY), ("public", PUBLIC_KEY)] {
            let key = AccessKey {
                id: KeyId::default(),
                name: kind.into(),
                kind: kind.into(),
                role: None,
                hash: Sha256::digest(text.as_bytes()).to_vec(),
                prefix: String::new(),
                made_at: 0,
                made_by: "test".into(),
                revoked_at: None,
                used_on: None,
                rate,
            };
            access::insert_key(&mut store, &key).unwrap();
        }
        self
    }

    /// `attractor serve` on this data, on a free port.
    pub fn command(&self) -> Command {
        let mut command = program();
        command.arg("serve").arg("--data").arg(self.path()).env("ATTRACTOR_LISTEN", "127.0.0.1:0");
        if let Some(url) = &self.database {
            command.args(["--database", url]);
        }
        command
    }

    pub fn start(&self) -> Server {
        Server::start(&mut self.command())
    }

    /// The ids of all stored messages, in order.
    pub fn message_ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        let take = |event: Event| {
            ids.push(event.message_id);
            Ok(())
        };
        events::each(&mut self.store(), take).unwrap();
        ids.sort();
        ids
    }
}

/// A server that runs. It is killed with the test.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    said: Receiver<String>,
}

impl Server {
    /// Returns when it can take messages.
    pub fn start(command: &mut Command) -> Server {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let said = lines(child.stderr.take().unwrap());
        let mut before = Vec::new();
        let address = loop {
            let line = said.recv().unwrap_or_else(|_| panic!("it ended instead of starting: {before:#?}"));
            match line.strip_prefix("attractor: http://").and_then(|rest| rest.split_once(' ')) {
                Some((address, _)) => break address.parse().unwrap(),
                None => before.push(line),
            }
        };
        let server = Server { child, address, said };
        assert_eq!(server.get("/readyz").status, 200);
        server
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// Posts with a write key.
    pub fn post(&self, key: &str, path: &str, body: &str) -> Answer {
        let basic = format!("Basic {}", base64(format!("{key}:").as_bytes()));
        self.ask("POST", path, &[("authorization", &basic)], body.as_bytes())
    }

    /// The same of a server that may have ended: an error is a connection that broke off, or was not taken.
    pub fn try_post(&self, key: &str, path: &str, body: &str) -> std::io::Result<Answer> {
        let basic = format!("Basic {}", base64(format!("{key}:").as_bytes()));
        ask(self.address, "POST", path, &[("authorization", &basic)], body.as_bytes())
    }

    /// Begins to post: the server has read the head, and the body is still to come.
    pub fn begin(&self, key: &str, path: &str, body: &str) -> Begun {
        let basic = format!("Basic {}", base64(format!("{key}:").as_bytes()));
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\nauthorization: {basic}\r\ncontent-length: {length}\r\n\
             expect: 100-continue\r\n\r\n"
        );
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n", "the server waits for the body");
        Begun { stream, body: body.to_owned() }
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.address, method, path, headers, body).unwrap()
    }

    /// One figure of `/metrics`.
    pub fn figure(&self, name: &str) -> f64 {
        let text = self.get("/metrics").body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Tells it to stop, and waits until it knows.
    pub fn tell_to_stop(&self) {
        self.signal("-TERM");
        while ask(self.address, "GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200) {}
    }

    /// Waits for its end; returns its exit status and what it said besides its address.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        (status.code(), self.said.iter().collect::<Vec<_>>().join("\n"))
    }

    pub fn stop(self) {
        self.signal("-TERM");
        let (code, said) = self.ended();
        assert_eq!((code, said.contains("panicked")), (Some(0), false), "{said}");
    }

    pub fn kill(self) {
        self.signal("-KILL");
        assert_eq!(self.ended().0, None);
    }
}

/// A request whose body is still to come.
pub struct Begun {
    stream: TcpStream,
    body: String,
}

impl Begun {
    /// Sends the rest; returns the answer.
    pub fn go_on(mut self) -> Answer {
        self.stream.write_all(self.body.as_bytes()).unwrap();
        self.wait()
    }

    /// The answer to what has been sent so far.
    pub fn wait(mut self) -> Answer {
        answer(&mut self.stream).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, said) = channel();
    thread::spawn(move || BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    said
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One request on a connection of its own. An error is a connection that broke off.
pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    talk(TcpStream::connect(address)?, method, path, headers, body)
}

/// One request on this connection.
pub fn talk(
    mut stream: impl Read + Write,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    // A server may refuse a large body before it has read it.
    let _ = stream.write_all(body);
    answer(&mut stream)
}

/// Everything that comes, to the end of the connection.
fn answer(stream: &mut impl Read) -> std::io::Result<Answer> {
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let broken = || std::io::Error::other(format!("no answer: {text}"));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number =
            three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[number >> (18 - 6 * place) & 63];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

pub fn socket(folder: &Path) -> PathBuf {
    folder.join("attractor.sock")
}
