//! The store beside the engine alone: the leads' lines and the moves that are not revised must be what a replay of the
//! stored events prints.

use std::collections::BTreeMap;

use attractor_engine::lead::Lead;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{line_of, replay};
use attractor_engine::time::Instant;
use attractor_store::moves::MoveKind;
use attractor_store::{Connection, LeadId, Location, events, leads, moves};
use jiff::tz::TimeZoneDatabase;
use serde_json::{Value, json};

/// The stored messages in the order received, as an export gives them.
pub fn exported(connection: &mut Connection) -> Vec<String> {
    let mut lines = Vec::new();
    let read = events::each(connection, |event| {
        lines.push(event.message);
        Ok(())
    });
    read.expect("the events are readable");
    lines
}

/// What differs from the engine alone over the events as they were received; else how many leads were compared.
pub fn difference(location: &Location, playbook: &str, now: Instant) -> Result<u64, String> {
    let mut connection = location.writer().expect("the store opens");
    let lines = exported(&mut connection);
    let read = playbook::read(playbook).playbook.expect("a valid playbook");
    let program = Program::new(read, &TimeZoneDatabase::bundled()).expect("a program");
    let alone: Vec<Value> = parsed(&replay(&program, &lines, Some(now), true).output);
    let exact = program.playbook().sequences.is_empty();
    let (stand, mut log): (Vec<Value>, Vec<Value>) = alone.into_iter().partition(|line| line.get("kind").is_none());
    log.retain(|line| line["kind"] == "stage" || line["kind"] == "segment");
    let (live, noted) = stored(&mut connection, &program, now)?;
    let shown = |line: &Value| {
        let mut line = line.clone();
        if !exact {
            line["next_change"] = Value::Null;
        }
        line
    };
    let told = || format!("{playbook}\n{}", lines.join("\n"));
    compare(stand.iter().map(shown).collect(), live.iter().map(shown).collect(), &told)?;
    compare(by_lead(log), by_lead(noted), &told)?;
    Ok(stand.len() as u64)
}

/// The leads' lines and the moves that are not revised, as a replay prints them.
pub fn stored(
    connection: &mut Connection,
    program: &Program,
    now: Instant,
) -> Result<(Vec<Value>, Vec<Value>), String> {
    let mut rows = leads::after(connection, (-1, LeadId::NOBODY), 10_000).expect("the leads are readable");
    rows.retain(|row| row.became.is_none());
    rows.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
    let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
    let names: BTreeMap<LeadId, &str> = rows.iter().map(|row| (row.id, row.name.as_str())).collect();
    let mut lines = Vec::new();
    for row in &rows {
        let lead = Lead::load(&row.head, program).ok_or(format!("the head of {} does not load", row.name))?;
        lines.extend(line_of(program, &lead, now).iter().flat_map(|line| parsed(line)));
    }
    let mut all = moves::of_leads(connection, &ids).expect("the moves are readable");
    all.retain(|noted| noted.revised.is_none() && matches!(noted.kind, MoveKind::Stage | MoveKind::Segment));
    let printed = all.iter().map(|noted| {
        let (lead, at) = (names[&noted.lead], Instant(noted.at).to_string());
        match noted.kind {
            MoveKind::Stage => {
                json!({"lead": lead, "at": at, "kind": "stage", "ladder": noted.subject, "from": noted.was,
                "to": noted.became, "because": noted.because})
            }
            _ => json!({"lead": lead, "at": at, "kind": "segment", "segment": noted.subject,
                "change": noted.became, "because": noted.because}),
        }
    });
    Ok((lines, printed.collect()))
}

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).expect("the output is JSON")).collect()
}

/// Moves of one instant may have been noted in another order.
fn by_lead(moves: Vec<Value>) -> Vec<Value> {
    let mut moves: Vec<Value> = moves
        .into_iter()
        .map(|mut line| {
            line["because"] = Value::Null;
            line
        })
        .collect();
    moves.sort_by_key(|line| line.to_string());
    moves
}

fn compare(alone: Vec<Value>, live: Vec<Value>, told: &dyn Fn() -> String) -> Result<(), String> {
    if alone == live {
        return Ok(());
    }
    let longest = alone.len().max(live.len());
    let line = |of: &[Value], place: usize| of.get(place).cloned().unwrap_or(Value::Null);
    let first = (0..longest).find(|place| line(&alone, *place) != line(&live, *place)).unwrap_or_default();
    Err(format!("engine {}\n  live  {}\n{}", line(&alone, first), line(&live, first), told()))
}
