//! `replay`: one lead's events through `step`, and its lines as the contract prints them (§4).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write;

use crate::ask::{Asking, Curves};
use crate::forecast::next_change;
use crate::identity::{Facts, Key, KeyNumber, Leads, contested, facts};
use crate::lead::Lead;
use crate::message::Message;
use crate::program::{Event, Program};
use crate::step::{Cause, Effect, MoveKind, Sends, Stepper, What};
use crate::time::Instant;

/// An event of a lead with the id of its message.
pub type Identified<'a> = (&'a str, &'a Event);

/// Replays one lead: its events in order, each message id once, up to `at`. Appends its moves (where `log`) and its
/// line to `out`; a lead with machines' events alone is not printed.
pub fn replay_lead<'e>(
    stepper: &mut Stepper,
    name: &str,
    events: impl Iterator<Item = Identified<'e>> + Clone,
    at: Instant,
    log: bool,
    out: &mut String,
) {
    stepper.take_up(Lead::new(name));
    for (_, event) in events.clone().filter(|(_, event)| event.history) {
        stepper.lead.history_until(event.at);
    }
    for (id, event) in events {
        stepper.event(event);
        print_moves(stepper, name, id, log, out);
    }
    stepper.advance(at);
    print_moves(stepper, name, "", log, out);
    if stepper.lead.started() {
        print_lead(stepper.program, &stepper.lead, at, out);
    }
}

/// The line of a lead that somebody keeps, at an instant not before its last input; a lead with machines' events alone
/// has none.
pub fn line_of(program: &Program, lead: &Lead, at: Instant) -> Option<String> {
    let mut stepper = Stepper::new(program, lead.clone(), Sends::Reported);
    stepper.advance(at);
    let mut line = String::new();
    stepper.lead.started().then(|| print_lead(program, &stepper.lead, at, &mut line));
    (!line.is_empty()).then_some(line)
}

fn print_moves(stepper: &mut Stepper, name: &str, id: &str, log: bool, out: &mut String) {
    if log {
        stepper.effects.iter().for_each(|effect| print_move(stepper.program, name, id, effect, out));
    }
    stepper.effects.clear();
}

fn print_move(program: &Program, name: &str, id: &str, effect: &Effect, out: &mut String) {
    let playbook = program.playbook();
    let start = out.len();
    out.push_str("{\"lead\": ");
    text(name, out);
    let _ = write!(out, ", \"at\": \"{}\", \"kind\": ", effect.at);
    let sequence_id = |number: u32| playbook.sequences[number as usize].id.as_str();
    match &effect.what {
        What::Stage { ladder, from, to } => {
            let ladder = &playbook.ladders[*ladder as usize];
            let stage = |number: &u32| Some(ladder.stages[*number as usize].id.as_str());
            fields(
                out,
                MoveKind::Stage.name(),
                &[("ladder", Some(&ladder.id)), ("from", from.as_ref().and_then(stage)), ("to", stage(to))],
            );
        }
        What::Segment { segment, entered } => {
            let change = if *entered { "entered" } else { "left" };
            let id = playbook.segments[*segment as usize].id.as_str();
            fields(out, MoveKind::Segment.name(), &[("segment", Some(id)), ("change", Some(change))]);
        }
        What::Sequence { sequence, change } => {
            fields(
                out,
                MoveKind::Sequence.name(),
                &[("sequence", Some(sequence_id(*sequence))), ("change", Some(change.name()))],
            );
        }
        What::Send { sequence, email, .. } => {
            fields(out, "send", &[("sequence", Some(sequence_id(*sequence))), ("email", email.as_deref())]);
        }
        What::PrimaryInterest { .. } | What::Alert { .. } | What::Withdrawn { .. } => return out.truncate(start),
    }
    out.push_str(", \"because\": ");
    text(if effect.cause == Cause::Time { "time" } else { id }, out);
    out.push_str("}\n");
}

fn fields(out: &mut String, kind: &str, fields: &[(&str, Option<&str>)]) {
    let _ = write!(out, "\"{kind}\"");
    for (name, value) in fields {
        let _ = write!(out, ", \"{name}\": ");
        match value {
            Some(value) => text(value, out),
            None => out.push_str("null"),
        }
    }
}

/// A JSON string.
fn text(value: &str, out: &mut String) {
    if value.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\') {
        let _ = write!(out, "{}", serde_json::Value::from(value));
    } else {
        out.push('"');
        out.push_str(value);
        out.push('"');
    }
}

/// Four decimals, no −0.
fn number(value: f64, out: &mut String) {
    // Doubles lie 2^-13 apart from there on, and print with at most four decimals by themselves.
    let rounded = if value.abs() < 9e11 { (value * 1e4).round() / 1e4 } else { value };
    let _ = write!(out, "{}", if rounded == 0.0 { 0.0 } else { rounded });
}

fn print_lead(program: &Program, lead: &Lead, at: Instant, out: &mut String) {
    let playbook = program.playbook();
    let mut curves = Curves::new(program);
    let mut asking = Asking { program, lead, at, curves: &mut curves, began: at };
    out.push_str("{\"lead\": ");
    text(&lead.name, out);
    let _ = write!(out, ", \"at\": \"{at}\", \"scores\": ");
    map(out, (0..).zip(&playbook.scores).map(|(n, score)| (score.id.as_str(), n)), |score, out| {
        number(asking.curve(score).value(), out);
    });
    out.push_str(", \"stages\": ");
    let stands = playbook.ladders.iter().zip(0..).filter_map(|(ladder, n)| Some((ladder, lead.ladders.get(n)?)));
    map(out, stands.map(|(ladder, now)| (ladder.id.as_str(), &ladder.stages[now.stage as usize].id)), |stage, out| {
        text(stage, out)
    });
    out.push_str(", \"segments\": [");
    let inside = lead.segments.iter().filter(|(_, member)| member.since.is_some());
    for (place, (segment, _)) in inside.enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        text(&playbook.segments[segment as usize].id, out);
    }
    out.push_str("], \"interests\": ");
    let strengths = strengths(program, lead, &mut asking);
    map(
        out,
        strengths.iter().map(|(topic, strength)| (playbook.topics[*topic as usize].id.as_str(), strength)),
        |s, out| number(*s, out),
    );
    out.push_str(", \"primary_interest\": ");
    match lead.primary {
        Some(topic) => text(&playbook.topics[topic as usize].id, out),
        None => out.push_str("null"),
    }
    match next_change(program, lead, at) {
        Some(next) => _ = writeln!(out, ", \"next_change\": \"{next}\"}}"),
        None => out.push_str(", \"next_change\": null}\n"),
    }
}

/// Topics with at least the minimum strength, as declared.
pub(crate) fn strengths(program: &Program, lead: &Lead, asking: &mut Asking) -> Vec<(u32, f64)> {
    let Some(interest) = &program.interest else { return Vec::new() };
    let all = lead.strengths.iter().map(|(topic, _)| (topic, asking.strength(topic).value()));
    all.filter(|(_, strength)| interest.minimum.holds(*strength)).collect()
}

fn map<'a, T>(out: &mut String, entries: impl Iterator<Item = (&'a str, T)>, mut value: impl FnMut(T, &mut String)) {
    out.push('{');
    for (place, (name, of)) in entries.enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        text(name, out);
        out.push_str(": ");
        value(of, out);
    }
    out.push('}');
}

/// What a replay of lines in memory gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// NDJSON: per lead its moves and its line.
    pub output: String,
    /// Line number (from 1) and what is wrong with it.
    pub rejected: Vec<(u64, String)>,
    /// Line number and the conflict that it shows.
    pub conflicts: Vec<(u64, String)>,
}

/// Replays lines that fit into memory: the measure for whoever streams them.
pub fn replay(program: &Program, lines: &[String], at: Option<Instant>, log: bool) -> Replay {
    let mut reading = Reading::default();
    for (line, text) in (1..).zip(lines).filter(|(_, text)| !text.trim().is_empty()) {
        reading.line(program, line, text, at);
    }
    reading.finish(program, at, log)
}

#[derive(Default)]
struct Reading {
    keys: HashMap<(u8, String), KeyNumber>,
    names: Vec<(u8, String)>,
    facts: Facts,
    /// Each under its key, with the address that it gives if that belongs to its lead.
    events: Vec<(KeyNumber, Option<KeyNumber>, Said)>,
    last: Option<Instant>,
    replay: Replay,
}

impl Reading {
    fn line(&mut self, program: &Program, line: u64, text: &str, at: Option<Instant>) {
        let message = match Message::parse(text, program.wanted()) {
            Ok(message) => message,
            Err(why) => return self.replay.rejected.push((line, why)),
        };
        let Some(timestamp) = message.timestamp else {
            return self.replay.rejected.push((line, MISSING_TIMESTAMP.into()));
        };
        if at.is_some_and(|at| timestamp > at) {
            return;
        }
        let Some(key) = Key::of(&message) else { return };
        let (keys, names) = (&mut self.keys, &mut self.names);
        let mut number = |key: Key| {
            *keys.entry(named(key)).or_insert_with(|| {
                names.push(named(key));
                names.len() as KeyNumber - 1
            })
        };
        let person = number(key);
        let contested = contested(&message).map(|email| number(Key::Email(email)));
        let all_facts = &mut self.facts;
        facts(&message, person, number, |fact| all_facts.add(timestamp, line, fact));
        let mut event = Event::default();
        program.distill(&message, &mut event);
        let id = message.message_id.map_or_else(|| format!("line-{line}"), |id| id.into_owned());
        self.last = self.last.max(Some(timestamp));
        self.events.push((person, contested, Said { id, line, event }));
    }

    fn finish(mut self, program: &Program, at: Option<Instant>, log: bool) -> Replay {
        let leads = self.settle(program);
        let mut stepper = Stepper::new(program, Lead::new(""), Sends::AtOnce);
        let end = at.or(self.last).unwrap_or_default();
        let mut output = String::new();
        for ((name, _), events) in self.by_name(&leads) {
            let events = events.iter().map(|said| (said.id.as_str(), &said.event));
            replay_lead(&mut stepper, &name, events, end, log, &mut output);
        }
        self.replay.output = output;
        for conflict in &leads.conflicts {
            let name = |key: KeyNumber| self.names[key as usize].1.as_str();
            let text = conflict_text(name(conflict.email), name(conflict.user), name(conflict.owner));
            self.replay.conflicts.push((conflict.received, text));
        }
        self.replay
    }

    fn settle(&mut self, program: &Program) -> Leads {
        let keys = &self.keys;
        let leads = std::mem::take(&mut self.facts).settle(self.names.len(), |key| keys.get(&named(key)).copied());
        for (person, contested, said) in &mut self.events {
            if contested.is_some_and(|email| !leads.has_email(*person, email)) {
                program.without_email(&mut said.event);
            }
        }
        leads
    }

    /// Each lead's messages in order, each id once. A visitor and a user of one name are two leads.
    fn by_name(&self, leads: &Leads) -> BTreeMap<(String, u8), Vec<&Said>> {
        let mut by_name: BTreeMap<(String, u8), Vec<&Said>> = BTreeMap::new();
        let mut seen = HashSet::new();
        for (key, _, said) in &self.events {
            let lead = leads.lead(*key, said.event.at);
            if seen.insert((lead, &said.id)) {
                let (kind, name) = &self.names[lead as usize];
                by_name.entry((name.clone(), *kind)).or_default().push(said);
            }
        }
        by_name.values_mut().for_each(|events| events.sort_by_key(|said| said.event.at));
        by_name
    }
}

/// A message as one lead's replay has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The message's own id, else `line-N`.
    pub id: String,
    /// From 1.
    pub line: u64,
    pub event: Event,
}

/// The messages of some leads, called by their names, out of lines that fit into memory: what `explain` goes by.
pub fn messages_of(program: &Program, lines: &[String], at: Option<Instant>, names: &[&str]) -> Vec<Vec<Said>> {
    let mut reading = Reading::default();
    for (line, text) in (1..).zip(lines) {
        reading.line(program, line, text, at);
    }
    let leads = reading.settle(program);
    let by_name = reading.by_name(&leads);
    let of = |name: &&str| by_name.iter().find(|((other, _), _)| other == name).map(|(_, messages)| messages);
    names.iter().map(|name| of(name).into_iter().flatten().map(|said| (*said).clone()).collect()).collect()
}

/// Why a message without an instant is none in a file.
pub const MISSING_TIMESTAMP: &str = "no `timestamp`; in a file each message needs one, like 2026-03-09T14:30:00Z";

/// What is said of an e-mail that comes with a second user.
pub fn conflict_text(email: &str, user: &str, owner: &str) -> String {
    let json = |id: &str| serde_json::Value::from(id).to_string();
    let alias = format!(r#"{{"type": "alias", "previousId": {}, "userId": {}}}"#, json(user), json(owner));
    // Escaped like JSON, so that it stays one line whatever an id holds.
    let plain = |id: &str| json(id).trim_matches('"').to_owned();
    let (email, user, owner) = (plain(email), plain(user), plain(owner));
    if user == owner {
        return format!(
            "conflict: `{user}` came with a public key as a `userId`, and is also the address of a lead that a list or a \
             server brought; to make the two one, send {alias} with a server key"
        );
    }
    format!("conflict: {email} came with `{user}` but belongs to `{owner}`; to make the two one, send {alias}")
}

/// A key as a map keeps it; of one name users come first, then e-mails, then visitors.
fn named(key: Key) -> (u8, String) {
    let kind = match key {
        Key::User(_) => 0,
        Key::Email(_) => 1,
        Key::Visitor(_) => 2,
    };
    (kind, key.text().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_at_most_four_decimals() {
        for (value, text) in [
            (-0.00001, "0"),
            (1.23455, "1.2346"),
            (100_000_000_000.123_45, "100000000000.1234"),
            (1e15, "1000000000000000"),
        ] {
            let mut out = String::new();
            number(value, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn the_alias_of_a_conflict_is_json_whatever_the_ids() {
        let text = conflict_text("a@x.example", "u\u{200b}\n2", "u1");
        let alias = &text[text.find("{\"type\"").unwrap()..];
        let alias: serde_json::Value = serde_json::from_str(alias).unwrap();
        assert_eq!(alias["previousId"], "u\u{200b}\n2");
        assert!(!text.contains('\n'), "one line: {text}");
    }
}
