//! What is in a store, by names: equal where nobody could tell the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::process::Command;

use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use attractor_store::{events, leads};
use serde_json::Value;

use super::program::{Ran, program, ran};
use super::running::{Place, Server};

const STARTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks/starter");

/// What is compared, a query each.
const QUERIES: [&str; 10] = [
    "SELECT name, kind, email, first_at FROM leads WHERE became IS NULL",
    "SELECT kind, text FROM identities",
    "SELECT v.text, t.at, p.text FROM ties t JOIN identities v ON v.id = t.visitor JOIN identities p ON p.id = t.person",
    "SELECT e.text, p.text FROM claims c JOIN identities e ON e.id = c.email JOIN identities p ON p.id = c.person",
    "SELECT i.kind, i.text, e.message_id, e.at, e.flags, e.origin, e.message FROM events e
        JOIN identities i ON i.id = e.identity",
    "SELECT l.name, p.place, p.since FROM places p JOIN leads l ON l.bucket = p.bucket AND l.id = p.lead",
    "SELECT l.name, m.at, m.kind, m.subject, m.was, m.became, m.because FROM moves m
        JOIN leads l ON l.bucket = m.bucket AND l.id = m.lead WHERE m.revised_at IS NULL",
    "SELECT l.name, p.document FROM profiles p JOIN leads l ON l.bucket = p.bucket AND l.id = p.lead",
    "SELECT l.name, d.deal, d.status, d.amount, d.currency, d.opened_at, d.at FROM deals d
        JOIN leads l ON l.bucket = d.bucket AND l.id = d.lead",
    "SELECT count(*) FROM copies",
];

/// All that anybody could see, in order.
pub fn seen(place: &Place) -> BTreeSet<String> {
    let mut store = place.store();
    let mut lines = BTreeSet::new();
    for (number, query) in QUERIES.iter().enumerate() {
        lines.extend(store.query(query, &[]).unwrap().iter().map(|row| format!("{number}: {row:?}")));
    }
    lines
}

/// Fails with the first few differences.
#[track_caller]
pub fn same(what: &str, one: &BTreeSet<String>, other: &BTreeSet<String>) {
    let of = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).take(5).cloned().collect::<Vec<_>>();
    let (left, right) = (of(one, other), of(other, one));
    assert!(left.is_empty() && right.is_empty(), "{what}:\n  before alone: {left:#?}\n  after alone: {right:#?}");
}

pub fn count(place: &Place, table: &str) -> i64 {
    place.store().first(&format!("SELECT count(*) FROM {table}"), &[]).unwrap().unwrap().integer(0).unwrap()
}

pub fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = program();
    // Rejected rows go into the folder in which it is run.
    command.current_dir(place.path()).arg("import").args(arguments).arg("--data").arg(place.path());
    if let Some(url) = &place.database {
        command.args(["--database", url]);
    }
    command
}

/// `attractor import` with these arguments.
pub fn import(place: &Place, arguments: &[&str]) -> Ran {
    ran(&mut command(place, arguments))
}

pub fn client(place: &Place) -> Client {
    Client::open(&DataArgs { data: place.path(), database: place.database.clone() }).unwrap()
}

pub fn show(client: &mut Client, id: i64) -> Value {
    client.get(&format!("/api/imports/{id}")).unwrap().value().unwrap()
}

/// Waits until nothing is due, and stops the server.
pub fn settle(place: &Place, server: Server) {
    let now = attractor_server::clock::now().0;
    let mut store = place.store();
    while leads::first_wake(&mut store).unwrap().is_some_and(|at| at <= now) {
        std::thread::yield_now();
    }
    server.stop();
}

/// Fails unless everybody stands where a replay of the stored messages says.
pub fn agrees_with_replay(place: &Place) {
    let mut store = place.store();
    let mut lines = String::new();
    events::each(&mut store, |event| writeln!(lines, "{}", event.message).map_err(|_| unreachable!())).unwrap();
    place.write("exported.ndjson", &lines);
    // Nothing changes before the next wake-up; some are thousands of years away.
    let tomorrow = attractor_server::clock::now().0 + 86_400_000;
    let until = leads::first_wake(&mut store).unwrap().map_or(tomorrow, |at| tomorrow.min(at - 1));
    let mut replay = program();
    replay.current_dir(place.path()).args(["replay", "--playbook", STARTER, "--events", "exported.ndjson", "--at"]);
    let ran = ran(replay.arg(attractor_engine::time::Instant(until).to_string()));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (mut wanted, mut found) = (BTreeMap::new(), BTreeMap::new());
    for line in ran.out.lines() {
        let lead: Value = serde_json::from_str(line).unwrap();
        let stages = lead["stages"].as_object().unwrap().iter();
        let stages = stages.map(|(ladder, stage)| format!("stage:{ladder}:{}", stage.as_str().unwrap()));
        let segments = lead["segments"].as_array().unwrap().iter();
        let segments = segments.map(|segment| format!("segment:{}", segment.as_str().unwrap()));
        wanted.insert(lead["lead"].as_str().unwrap().to_owned(), stages.chain(segments).collect::<BTreeSet<_>>());
    }
    let query = "SELECT l.name, p.place FROM places p JOIN leads l ON l.bucket = p.bucket AND l.id = p.lead";
    for row in store.query(query, &[]).unwrap() {
        let (name, place) = (row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned());
        found.entry(name).or_insert_with(BTreeSet::new).insert(place);
    }
    let differ: Vec<_> = wanted.iter().filter(|(name, places)| found.get(*name) != Some(places)).take(5).collect();
    assert!(differ.is_empty(), "{differ:#?}");
    assert_eq!(wanted.len(), found.len());
    assert!(wanted.len() > 10);
}
