//! A second evaluator of `attractor replay --log`, written from the text of the contract alone.
//!
//! It shares no code with the engine and goes about it differently: it keeps every event of a lead and asks every
//! condition anew of the whole list, at each instant at which anything could have changed. It is slow and plain on
//! purpose; the engine is fast and has to give the same answers.

#![allow(dead_code, unused_imports, reason = "each test target that includes this module asks a part of it")]

mod address;
mod book;
mod candidates;
mod check;
mod condition;
mod consent;
mod crossing;
mod date;
mod event;
mod identity;
mod instant;
mod interest;
mod json;
mod ladder;
mod lead;
mod life;
mod message;
mod operators;
mod random;
mod random_condition;
mod random_dates;
mod random_direct;
mod random_forms;
mod random_history;
mod random_messages;
mod random_playbook;
mod schedule;
mod score;
mod segment;
mod sequence;
mod tree;

use jiff::tz::TimeZone;
use serde_json::Value;

pub use random::{Dice, Forms, random_case, random_case_of};

/// Where time zones come from: by name. Which release of their database is asked decides about the answers.
pub type Zones = dyn Fn(&str) -> TimeZone;

/// What `attractor replay --log` answers.
#[derive(Default)]
pub struct Answer {
    /// The lines on standard output, in order: the moves of each lead, then the lead.
    pub lines: Vec<Value>,
    /// What is wrong with the playbook's conditions. If anything is, no events are read.
    pub refused: Vec<String>,
    /// Lines of the file (from 1) that are not valid messages, and why.
    pub rejected: Vec<(usize, String)>,
    /// Lines of the file (from 1) whose e-mail belongs to another `userId`.
    pub conflicts: Vec<(usize, String)>,
}

/// A playbook and a history, as a file would hold them.
#[derive(Clone, Debug)]
pub struct Case {
    pub playbook: Value,
    pub lines: Vec<String>,
    pub at: Option<String>,
}

/// The answer to a playbook and the lines of an events file; `at` as on the command line.
pub fn evaluate(zones: &Zones, playbook: &Value, lines: &[String], at: Option<&str>) -> Answer {
    evaluate_shifted(zones, playbook, lines, at, 0.0)
}

/// The same with `shift` added to every score and strength before it is compared. Where a tiny shift changes the
/// answer, a decay crosses its threshold within the noise of doubles and no evaluator can be held to a millisecond.
pub fn evaluate_shifted(zones: &Zones, playbook: &Value, lines: &[String], at: Option<&str>, shift: f64) -> Answer {
    let zone = zones(playbook.get("timezone").and_then(Value::as_str).unwrap_or("UTC"));
    let refused = check::problems(&zone, playbook);
    if !refused.is_empty() {
        return Answer { refused, ..Answer::default() };
    }
    let book = book::Book::read(playbook, zone);
    let (messages, rejected) = message::read(lines);
    let at = at.map(|text| instant::parse(text).expect("`at` is an instant"));
    let Some(at) = at.or_else(|| messages.iter().map(|message| message.at).max()) else {
        return Answer { rejected, ..Answer::default() };
    };
    let read: Vec<_> = messages.into_iter().filter(|message| message.at <= at).collect();
    let first = read.iter().map(|message| message.at).min().unwrap_or(at);
    let schedules = book.schedules(first, at + lead::AHEAD);
    let (people, conflicts) = identity::settle(&read);
    let leads = people.into_iter().filter_map(|person| lead::Lead::new(&book, person));
    let lines = leads.flat_map(|lead| life::Life::new(&book, &lead, &schedules, shift).replay(at)).collect();
    Answer { lines, rejected, conflicts, refused }
}

/// Equal as the conformance runner has it: numbers within 2e-4, everything else exactly.
pub fn close(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= 2e-4
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, x)| b.get(key).is_some_and(|y| close(x, y)))
        }
        _ => a == b,
    }
}
