//! The demo as somebody runs it: served, stopped while it fills, and refused without having done anything.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::program::program;

/// A demo whose throw-away folder is made in `temporary`.
fn demo(temporary: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.arg("demo").args(arguments).env("TMPDIR", temporary);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn what_is_left(folder: &TempDir) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_demo_says_how_to_sign_in_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = demo(folder.path(), &["--leads", "40", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<String> = lines.take_while(|line| !line.contains("curl")).collect();
    let value = |name: &str| said.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    let address = value("Address:").strip_prefix("http://").unwrap().parse().unwrap();
    let (email, password) =
        value("Sign in:").split_once(" with the password ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let body = format!(r#"{{"email": "{email}", "password": "{password}"}}"#);
    let answer =
        super::running::ask(address, "POST", "/api/session", &[("content-type", "application/json")], body.as_bytes())
            .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
    assert_eq!(what_is_left(&folder), [""; 0]);
}

#[test]
fn a_demo_that_is_stopped_while_it_fills_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = demo(folder.path(), &["--leads", "20000", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("living through half a year")));
    signal(&child, "-INT");
    let rest: Vec<String> = lines.collect();
    assert!(child.wait().unwrap().success(), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("nothing is left behind")), "{rest:?}");
    assert_eq!(what_is_left(&folder), [""; 0]);
}

#[test]
fn a_demo_whose_port_is_taken_says_so_at_once_and_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut child = demo(folder.path(), &["--listen", &address]).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(
        said.contains(&format!("{address} is used by another program"))
            && said.contains("the same command with `--listen 127"),
        "{said}"
    );
    assert!(!said.contains("living through"), "{said}");
    assert_eq!(what_is_left(&folder), [""; 0]);
}

#[test]
fn a_port_alone_is_refused_with_the_address_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let output = demo(folder.path(), &["--listen", "9105"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("such as 127.0.0.1:9105"), "{said}");
    assert_eq!(what_is_left(&folder), [""; 0]);
}
