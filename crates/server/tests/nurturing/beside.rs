//! A history beside the engine alone: a replay of the stored events gives the same scores, stages, segments, interests and
//! moves. Where every send was over at once, it gives what sequences did as well.

use std::collections::BTreeMap;

use attractor_engine::lead::Lead;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{line_of, replay};
use attractor_engine::time::Instant;
use attractor_server::clock;
use attractor_store::copies::{self, CopySource};
use attractor_store::moves::{self, MoveKind};
use attractor_store::{Connection, LeadId, events, leads};
use serde_json::Value;

/// What of a history is compared, one line each, in order.
struct Compared {
    states: Vec<String>,
    moves: Vec<String>,
    /// Enrollments, their ends, and what was asked for.
    sequences: Vec<String>,
}

/// What differs; else how many acts of sequences were compared.
pub fn difference(store: &mut Connection, playbook: &str, now: Instant, at_once: bool) -> Result<u64, String> {
    let mut lines = Vec::new();
    let read = events::each(store, |event| {
        lines.push(event.message);
        Ok(())
    });
    read.unwrap();
    let program = Program::new(playbook::read(playbook).playbook.unwrap(), &clock::zones()).unwrap();
    let alone = replayed(&replay(&program, &lines, Some(now), true).output);
    let live = stored(store, &program, now)?;
    let told = || format!("{playbook}\n{}", lines.join("\n"));
    same(&alone.states, &live.states, &told)?;
    same(&alone.moves, &live.moves, &told)?;
    if !at_once {
        return Ok(0);
    }
    same(&alone.sequences, &live.sequences, &told)?;
    Ok(live.sequences.len() as u64)
}

fn replayed(output: &str) -> Compared {
    let (mut states, mut moves, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
    for line in output.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let act =
            |subject: &str, became: &str| act(text("lead"), text("at"), text("kind"), (text(subject), text(became)));
        match text("kind") {
            "stage" => moves.push(act("ladder", "to")),
            "segment" => moves.push(act("segment", "change")),
            "sequence" => sequences.push(act("sequence", "change")),
            "send" => sequences.push(act("sequence", "")),
            _ => states.push(state(&line)),
        }
    }
    in_order(Compared { states, moves, sequences })
}

fn stored(store: &mut Connection, program: &Program, now: Instant) -> Result<Compared, String> {
    let mut rows = leads::after(store, (-1, LeadId::NOBODY), 10_000).unwrap();
    rows.retain(|row| row.became.is_none());
    let names: BTreeMap<LeadId, &str> = rows.iter().map(|row| (row.id, row.name.as_str())).collect();
    let ids: Vec<LeadId> = names.keys().copied().collect();
    let (mut states, mut moves, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let lead = Lead::load(&row.head, program).ok_or(format!("the state of {} cannot be read", row.name))?;
        let line = line_of(program, &lead, now);
        states.extend(line.map(|line| state(&serde_json::from_str(&line).unwrap())));
    }
    let known = moves::of_leads(store, &ids).unwrap();
    for one in known.iter().filter(|one| one.revised.is_none()) {
        let at = Instant(one.at).to_string();
        let act = act(names[&one.lead], &at, one.kind.name(), (&one.subject, &one.became));
        match one.kind {
            MoveKind::Stage | MoveKind::Segment => moves.push(act),
            MoveKind::Sequence => sequences.push(act),
            MoveKind::Interest => {}
        }
    }
    for copy in copies::of_leads(store, &ids).unwrap() {
        if let CopySource::Sequence { sequence, .. } = &copy.source {
            let at = Instant(copy.asked_at).to_string();
            sequences.push(act(names[&copy.lead], &at, "send", (sequence, "")));
        }
    }
    Ok(in_order(Compared { states, moves, sequences }))
}

fn act(lead: &str, at: &str, kind: &str, (subject, became): (&str, &str)) -> String {
    format!("{lead} {at} {kind} {subject} {became}")
}

fn state(line: &Value) -> String {
    let parts = ["lead", "scores", "stages", "segments", "interests", "primary_interest"];
    parts.map(|part| line[part].to_string()).join(" ")
}

/// What happens at one instant may be noted in another order.
fn in_order(mut compared: Compared) -> Compared {
    [&mut compared.states, &mut compared.moves, &mut compared.sequences].into_iter().for_each(|all| all.sort());
    compared
}

fn same(alone: &[String], live: &[String], told: &dyn Fn() -> String) -> Result<(), String> {
    if alone == live {
        return Ok(());
    }
    let only = |one: &[String], other: &[String]| {
        let count = |all: &[String], line: &String| all.iter().filter(|known| *known == line).count();
        let more = one.iter().filter(|line| count(one, line) > count(other, line));
        more.take(8).cloned().collect::<Vec<_>>().join("\n  ")
    };
    let (missing, extra) = (only(alone, live), only(live, alone));
    Err(format!("a replay says\n  {missing}\nthe store\n  {extra}\n{}", told()))
}
