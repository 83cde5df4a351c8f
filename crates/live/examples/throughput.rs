//! Page views of known leads through the lane, beside bare inserts of the same rows in the same tables.
//!
//! `cargo run --release --example throughput -- [LEADS] [GROUPS] [FOLDER]`: SQLite on disk, every commit synced.

#![expect(clippy::disallowed_methods, reason = "it measures how long it takes")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant as Clock;

use attractor_engine::time::Instant;
use attractor_live::{Arrived, Fills, Lane};
use attractor_store::events::Event;
use attractor_store::leads::{Lead, Wake};
use attractor_store::versions::Version;
use attractor_store::{Connection, Location, events, leads};
use jiff::tz::TimeZoneDatabase;

const GROUP: usize = 500;
const START: i64 = 1_772_000_000_000;

const PLAYBOOK: &str = r#"
playbook: throughput
topics: [{id: shirts, pages: ["/shirts*"]}, {id: shoes, pages: ["/shoes*"]}]
interests: {}
scores:
  - id: lead
    range: [0, 100]
    rules:
      - {id: visit, event: Page Viewed, points: 5, limit: {times: 3, within: 1d}, cap: 30, decay: {half_life: 30d}}
      - {id: pricing, event: Page Viewed, where: {path: {starts_with: /pricing}}, points: 20, limit: {times: 1, within: 1d}, decay: {expires: 90d}}
      - {id: demo, event: Demo Requested, points: 50}
      - {id: idle, inactive: 30d, points: -10, repeats: true, cap: 40}
ladders:
  - {id: lifecycle, score: lead, hold: 5, min_stay: 3d, stages: [{id: awareness}, {id: consideration, from: 31}, {id: decision, from: 61}]}
segments:
  - {id: evaluating, enter: {event: Page Viewed, where: {path: {starts_with: /pricing}}, within: 30d, count: {gte: 3}}}
  - {id: loves-shirts, enter: {interest: shirts, primary: true}}
"#;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let people: usize = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let groups: usize = arguments.next().map_or(Ok(100), |text| text.parse())?;
    let folder = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(folder)?;
    let (path, copy) = (folder.path().join("lane.db"), folder.path().join("bare.db"));
    let location = Location::Sqlite(path.clone());
    let mut lane = Lane::open(&location, TimeZoneDatabase::bundled())?;
    let files = serde_json::json!({"playbook.yaml": PLAYBOOK}).to_string();
    lane.publish(&Version { number: 1, at: 0, author: String::new(), note: String::new(), files }, false)?;
    let mut number = 0;
    fill(&mut lane, people, &mut number)?;
    drop(lane);
    std::fs::copy(&path, &copy)?;
    let mut lane = Lane::open(&location, TimeZoneDatabase::bundled())?;
    // The caches fill up; that is no part of the measure.
    run(&mut lane, people, people.div_ceil(GROUP), &mut number)?;
    let first = number as i64;
    let taken = run(&mut lane, people, groups, &mut number)?;
    drop(lane);
    let bare = bare(&location, &copy, first)?;
    let each = |seconds: f64| (groups * GROUP) as f64 / seconds;
    println!("{people} leads, {groups} groups of {GROUP} page views");
    println!("the lane      {:>9.0} events/s", each(taken));
    println!("bare inserts  {:>9.0} events/s", each(bare));
    println!("the lane reaches {:.2} of bare inserts", bare / taken);
    Ok(())
}

fn fill(lane: &mut Lane, people: usize, number: &mut usize) -> Outcome<()> {
    let all: Vec<usize> = (0..people).collect();
    for some in all.chunks(GROUP) {
        let said = |person: usize| format!(r#""type":"identify","traits":{{"email":"{person}@x.de","size":{person}}}"#);
        let group: Vec<Arrived> = some.iter().map(|person| arrived(*person, &said(*person), number)).collect();
        let now = group.last().map_or(Instant(0), |arrived| arrived.received_at);
        lane.take(&group, now)?;
    }
    Ok(())
}

/// Page views of leads far apart; returns how many seconds it took.
fn run(lane: &mut Lane, people: usize, groups: usize, number: &mut usize) -> Outcome<f64> {
    let mut batches = Vec::with_capacity(groups);
    for _ in 0..groups {
        let group: Vec<Arrived> = (0..GROUP)
            .map(|_| {
                let person = number.wrapping_mul(7_919) % people;
                let page = ["/shirts/1", "/shoes/2", "/pricing", "/about"][*number % 4];
                arrived(person, &format!(r#""type":"page","properties":{{"path":"{page}","title":"A page"}}"#), number)
            })
            .collect();
        batches.push(group);
    }
    let clock = Clock::now();
    for group in &batches {
        let now = group.last().map_or(Instant(0), |arrived| arrived.received_at);
        lane.take(group, now)?;
    }
    Ok(clock.elapsed().as_secs_f64())
}

fn arrived(person: usize, said: &str, number: &mut usize) -> Arrived {
    *number += 1;
    let at = Instant(START + *number as i64 * 20);
    let id = format!("{:016x}-{number:08x}", (*number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let context = r#""context":{"library":{"name":"attractor.js","version":"1.0.0"},"locale":"de-DE"}"#;
    let json = format!(r#"{{{said},"userId":"user-{person}","messageId":"{id}","timestamp":"{at}",{context}}}"#);
    Arrived { json, received_at: at, origin: "key:1".into(), fills: Fills::All }
}

/// The rows that the lane wrote, in the same groups, in a copy of the store as it was before.
fn bare(written: &Location, copy: &Path, first: i64) -> Outcome<f64> {
    let mut reader = written.reader()?;
    let mut rows: Vec<Event> = Vec::new();
    events::each(&mut reader, |event| {
        rows.push(event);
        Ok(())
    })?;
    rows.retain(|event| event.received > first);
    let mut all = BTreeMap::new();
    for lead in leads::after(&mut reader, (-1, 0), i64::MAX)? {
        all.insert(lead.id, lead);
    }
    let mut connection = Location::Sqlite(copy.to_owned()).writer()?;
    // As warm as the lane was.
    leads::after(&mut connection, (-1, 0), i64::MAX)?;
    let clock = Clock::now();
    for group in rows.chunks_mut(GROUP) {
        group.sort_by(|a, b| {
            (a.identity & 255, a.identity, &a.message_id).cmp(&(b.identity & 255, b.identity, &b.message_id))
        });
        connection.transaction(|connection| write(connection, group, &all))?;
    }
    Ok(clock.elapsed().as_secs_f64())
}

fn write(
    connection: &mut Connection,
    group: &[Event],
    all: &BTreeMap<i64, Lead>,
) -> Result<(), attractor_store::Error> {
    events::insert(connection, group)?;
    let mut touched: Vec<Lead> = Vec::with_capacity(group.len());
    for event in group {
        if let Some(lead) = all.get(&event.identity).filter(|lead| touched.last().is_none_or(|last| last.id != lead.id))
        {
            touched.push(lead.clone());
        }
    }
    let wakes: Vec<Wake> =
        touched.iter().take(group.len() / 50).map(|lead| Wake { at: lead.at, lead: lead.id }).collect();
    leads::insert_wakes(connection, &wakes)?;
    leads::save(connection, &touched)
}
