//! A server in a folder of its own, asked over plain HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ran, feed, program};

pub struct Server {
    child: Child,
    /// Gives all that it wrote to standard error, when it has ended.
    log: Option<JoinHandle<String>>,
    pub address: String,
    /// The token of the link that makes the first owner, where it printed one.
    pub setup: Option<String>,
    pub folder: TempDir,
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The cookie of the session that was begun.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }
}

impl Server {
    pub fn start() -> Server {
        Server::start_in(tempfile::tempdir().unwrap(), &[])
    }

    pub fn start_in(folder: TempDir, environment: &[(&str, &str)]) -> Server {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path()).stderr(Stdio::piped());
        let mut child = command.envs(environment.iter().copied()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut address, mut setup) = (None, None);
        let mut seen = String::new();
        while address.is_none() || (setup.is_none() && !folder.path().join("has-owner").exists()) {
            let line = lines.next().unwrap_or_else(|| panic!("the server ended: {seen}")).unwrap();
            seen.push_str(&line);
            seen.push('\n');
            setup = setup.or(line.split_once("/setup?token=").map(|(_, token)| token.to_owned()));
            let rest = line.strip_prefix("attractor: http://").and_then(|rest| rest.split_once(' '));
            address = address.or(rest.map(|(address, _)| address.to_owned()));
        }
        // Whatever else it says must not fill the pipe.
        let log = thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| {
                seen.push_str(&line);
                seen.push('\n');
            });
            seen
        });
        Server { child, log: Some(log), address: address.unwrap(), setup, folder }
    }

    /// Sends one request; `headers` are lines.
    pub fn ask(&self, method: &str, path: &str, headers: &[&str], body: Option<Value>) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.map_or(String::new(), |body| body.to_string());
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
        for header in headers {
            request.push_str(&format!("{header}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let json = serde_json::from_str(body).unwrap_or(Value::Null);
        Answer { status, head: head.to_owned(), body: json, text: body.to_owned() }
    }

    /// Sends these bytes and returns what comes back until the server ends the connection.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        // A connection that is closed before everything was read may be reset behind the answer.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status of an answer, whatever its body is and however long it goes on.
    pub fn status(&self, method: &str, path: &str, headers: &[&str], body: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let more: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{more}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(head.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap_or_else(|| panic!("{method} {path}: {line}")).parse().unwrap()
    }

    /// A figure of `/metrics`.
    pub fn figure(&self, name: &str) -> f64 {
        let text = self.get("/metrics", &[]).text;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    pub fn post(&self, path: &str, headers: &[&str], body: Value) -> Answer {
        self.ask("POST", path, headers, Some(body))
    }

    pub fn get(&self, path: &str, headers: &[&str]) -> Answer {
        self.ask("GET", path, headers, None)
    }

    /// Runs a command on this server's folder, with a standard input.
    pub fn command(&self, arguments: &[&str], input: &str) -> Ran {
        command(self.folder.path(), arguments, input)
    }

    /// A key made on the command line.
    pub fn key(&self, arguments: &[&str]) -> String {
        let ran = self.command(&[&["key", "add"], arguments].concat(), "");
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim_end().to_owned()
    }

    /// Ends it and gives the folder back.
    pub fn end(self) -> TempDir {
        self.end_with_log().0
    }

    /// The same, and all that it wrote to standard error.
    pub fn end_with_log(mut self) -> (TempDir, String) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let log = self.log.take().unwrap().join().unwrap();
        (std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap()), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn command(folder: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut command = program();
    command.args(arguments).arg("--data").arg(folder);
    let input = input.to_owned();
    feed(command, move |stdin| drop(stdin.write_all(input.as_bytes())))
}
