//! What must hold of a store, whatever happened to its server.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{line_of, replay};
use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_server::clock;
use attractor_store::versions::Version;
use attractor_store::{Connection, LeadId, Location, VersionNumber, events, leads, moves};
use serde_json::{Value, json};

use super::running::Place;

/// Much happens by time alone within seconds.
pub const PLAYBOOK: &str = "
playbook: quick
topics: [{id: shirts, pages: ['/shirts*']}]
interests: {half_life: 3s}
scores:
  - id: lead
    rules:
      - {id: visit, event: Page Viewed, points: 5, decay: {half_life: 2s}}
      - {id: form, event: Form Submitted, points: 20, limit: {times: 2, within: 3s}, decay: {expires: 4s}}
      - {id: large, if: {attribute: size, gte: 100}, points: 3}
      - {id: idle, inactive: 2s, points: -2, repeats: true, cap: 10}
ladders:
  - {id: heat, score: lead, stages: [{id: cold}, {id: warm, from: 10}, {id: hot, from: 30}], hold: 3, min_stay: 1s}
segments:
  - {id: pricing, enter: {event: Page Viewed, where: {path: /pricing}, within: 3s, count: {gte: 2}}}
  - {id: quiet, enter: {inactive: 2s}}
  - {id: known, enter: {attribute: email, exists: true}}
";

fn location(place: &Place) -> Location {
    match &place.database {
        Some(url) => Location::Postgresql(url.clone()),
        None => Location::Sqlite(place.path().join("attractor.db")),
    }
}

pub fn publish(place: &Place) {
    drop(place.store());
    let mut lane = Lane::open(&location(place), clock::zones()).unwrap();
    let files = json!({"playbook.yaml": PLAYBOOK}).to_string();
    let at = clock::now().0;
    lane.publish(&Version { number: VersionNumber(1), at, author: "test".into(), note: String::new(), files }, false)
        .unwrap();
}

/// Everything acknowledged is there once, and leads and log are what a replay of the stored events gives. How many
/// leads there are.
pub fn holds(place: &Place, acknowledged: &BTreeSet<String>) -> Result<usize, String> {
    holds_at(place, acknowledged, clock::now())
}

/// The same by another clock.
pub fn holds_at(place: &Place, acknowledged: &BTreeSet<String>, now: Instant) -> Result<usize, String> {
    let mut lane = Lane::open(&location(place), clock::zones()).map_err(|e| e.to_string())?;
    while lane.wake(now).map_err(|e| e.to_string())? > 0 {}
    drop(lane);
    let mut store = place.store();
    let (mut ids, mut lines) = (BTreeSet::new(), Vec::new());
    let read = events::each(&mut store, |event| {
        assert!(ids.insert(event.message_id), "each message once");
        lines.push(event.message);
        Ok(())
    });
    read.map_err(|e| e.to_string())?;
    if let Some(lost) = acknowledged.difference(&ids).next() {
        return Err(format!("{lost} was acknowledged and is lost"));
    }
    let program = Program::new(playbook::read(PLAYBOOK).playbook.unwrap(), &clock::zones())?;
    let alone = replay(&program, &lines, Some(now), true);
    let alone: BTreeSet<String> = alone.output.lines().map(normal).collect();
    let live = stored(&mut store, &program, now)?;
    let count = live.iter().filter(|line| !line.contains("\"kind\"")).count();
    if alone == live {
        return Ok(count);
    }
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).take(8).cloned().collect::<Vec<_>>().join("\n  ")
    };
    let (missing, extra) = (only(&alone, &live), only(&live, &alone));
    Err(format!("{} events: a replay says\n  {missing}\nthe store\n  {extra}", lines.len()))
}

/// The leads' lines and the moves that are not revised, as a replay prints them.
fn stored(store: &mut Connection, program: &Program, now: Instant) -> Result<BTreeSet<String>, String> {
    let mut rows = leads::after(store, (-1, LeadId::NOBODY), 10_000).map_err(|e| e.to_string())?;
    rows.retain(|row| row.became.is_none());
    let names: BTreeMap<LeadId, &str> = rows.iter().map(|row| (row.id, row.name.as_str())).collect();
    let mut lines = BTreeSet::new();
    for row in &rows {
        let lead = Lead::load(&row.head, program).ok_or(format!("the state of {} cannot be read", row.name))?;
        lines.extend(line_of(program, &lead, now).map(|line| normal(&line)));
    }
    let ids: Vec<LeadId> = names.keys().copied().collect();
    let mut all = moves::of_leads(store, &ids).map_err(|e| e.to_string())?;
    all.retain(|noted| noted.revised.is_none() && noted.kind.name() != "interest");
    for noted in all {
        let (lead, at) = (names[&noted.lead], Instant(noted.at).to_string());
        let line = match noted.kind.name() {
            "stage" => json!({"lead": lead, "at": at, "kind": "stage", "ladder": noted.subject, "from": noted.was,
                "to": noted.became, "because": noted.because}),
            _ => json!({"lead": lead, "at": at, "kind": "segment", "segment": noted.subject,
                "change": noted.became, "because": noted.because}),
        };
        lines.insert(normal(&line.to_string()));
    }
    Ok(lines)
}

/// The same for the same JSON, whatever the order of its keys.
fn normal(line: &str) -> String {
    let line: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
    json!(line).to_string()
}
