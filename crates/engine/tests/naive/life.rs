//! The life of a lead: its events one by one, and between them every instant at which time could change anything.

use super::book::{Book, When, billionths};
use super::instant::print;
use super::ladder::Standing;
use super::lead::{AHEAD, Event, Lead};
use super::message::set;
use super::operators::equal;
use super::segment::Membership;
use super::sequence::Course;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Of each schedule that the playbook uses, its instants.
pub type Schedules = BTreeMap<When, Vec<i64>>;

pub struct Life<'a> {
    pub book: &'a Book,
    pub lead: &'a Lead,
    pub schedules: &'a Schedules,
    pub shift: f64,
    pub now: i64,
    /// How many events are taken.
    pub taken: usize,
    /// Whether time alone brought about this evaluation, at an instant of a schedule.
    pub by_time: bool,
    pub attributes: BTreeMap<String, Value>,
    pub facts: Vec<bool>,
    /// Of each leaf that asks for a date, the instant that its attribute is.
    pub dates: Vec<Option<i64>>,
    pub strengths: Vec<f64>,
    pub primary: Option<usize>,
    pub steady: Vec<f64>,
    pub scores: Vec<f64>,
    pub ladders: Vec<Standing>,
    pub segments: Vec<Membership>,
    pub sequences: Vec<Course>,
    moves: Vec<Value>,
}

/// What brings about an evaluation.
#[derive(Clone, Copy)]
pub enum Cause {
    Event(usize),
    Time,
}

impl Cause {
    /// The event, unless a machine caused it.
    pub fn by_hand<'a>(&self, life: &Life<'a>) -> Option<&'a Event> {
        match self {
            Cause::Event(index) => Some(&life.lead.events[*index]).filter(|event| !event.machine),
            Cause::Time => None,
        }
    }
}

impl<'a> Life<'a> {
    pub fn new(book: &'a Book, lead: &'a Lead, schedules: &'a Schedules, shift: f64) -> Life<'a> {
        Life {
            book,
            lead,
            schedules,
            shift,
            now: lead.start,
            taken: 0,
            by_time: false,
            attributes: BTreeMap::new(),
            facts: vec![false; book.leaves.len()],
            dates: vec![None; book.leaves.len()],
            strengths: vec![0.0; book.topics.len()],
            primary: None,
            steady: Vec::new(),
            scores: Vec::new(),
            ladders: vec![Standing::default(); book.ladders.len()],
            segments: vec![Membership::default(); book.segments.len()],
            sequences: vec![Course::default(); book.sequences.len()],
            moves: Vec::new(),
        }
    }

    /// The moves up to `at`, then the lead's line.
    pub fn replay(mut self, at: i64) -> Vec<Value> {
        let mut started = false;
        for (index, event) in self.lead.events.iter().enumerate() {
            if started {
                self.pass_until(event.at);
            }
            started |= !event.machine;
            self.take(index, event);
            if started {
                self.evaluate(event.at, Cause::Event(index));
            }
        }
        self.pass_until(at);
        let mut line = self.line(at);
        let mut moves = std::mem::take(&mut self.moves);
        line["next_change"] = self.next_change(at).map_or(Value::Null, |next| print(next).into());
        moves.push(line);
        moves
    }

    /// Adds a line to the log.
    pub fn log(&mut self, mut line: Value, cause: Cause) {
        line["lead"] = self.lead.name.clone().into();
        line["at"] = print(self.now).into();
        line["because"] = match cause {
            Cause::Event(index) => self.lead.events[index].id.clone().into(),
            Cause::Time => "time".into(),
        };
        self.moves.push(line);
    }

    /// A score or a strength as it is compared: in billionths.
    pub fn rounded(&self, number: f64) -> f64 {
        billionths(number + self.shift)
    }

    /// Whether the rules of a ladder or a segment are asked in this evaluation.
    pub fn is_due(&self, when: When) -> bool {
        when == When::Live
            || self.by_time && self.schedules.get(&when).is_some_and(|at| at.binary_search(&self.now).is_ok())
    }

    fn pass_until(&mut self, end: i64) {
        while let Some(next) = self.next_candidate(end) {
            self.evaluate(next, Cause::Time);
        }
        self.now = end;
    }

    fn next_change(&mut self, at: i64) -> Option<i64> {
        let primary = self.primary;
        while let Some(next) = self.next_candidate(at + AHEAD) {
            self.evaluate(next, Cause::Time);
            if !self.moves.is_empty() || self.primary != primary {
                return Some(next);
            }
        }
        None
    }

    /// What an event does to the lead's attributes.
    fn take(&mut self, index: usize, event: &Event) {
        self.taken = index + 1;
        if !event.machine {
            event.settings.iter().for_each(|setting| set(&mut self.attributes, setting));
            self.tag(event);
        }
        self.settle_facts();
    }

    fn tag(&mut self, event: &Event) {
        let property = |name: &str| event.properties.get(name);
        match event.kind.as_deref() {
            Some("Owner Set") => {
                if let Some(owner) = property("owner") {
                    self.attributes.insert("owner".into(), owner.clone());
                }
            }
            Some(kind @ ("Tagged" | "Untagged")) => {
                let Some(tag) = property("tag") else { return };
                let mut tags = match self.attributes.get("tags") {
                    Some(Value::Array(tags)) => tags.clone(),
                    Some(single) => vec![single.clone()],
                    None if kind == "Untagged" => return,
                    None => Vec::new(),
                };
                if kind == "Untagged" {
                    tags.retain(|other| !equal(other, tag));
                } else if !tags.iter().any(|other| equal(other, tag)) {
                    tags.push(tag.clone());
                }
                self.attributes.insert("tags".into(), tags.into());
            }
            _ => {}
        }
    }

    fn evaluate(&mut self, now: i64, cause: Cause) {
        self.now = now;
        self.by_time = matches!(cause, Cause::Time);
        self.settle_interests();
        self.settle_scores();
        self.settle_ladders(cause);
        self.settle_segments(cause);
        self.settle_sequences(cause);
    }

    /// The lead's line, but for the next change.
    fn line(&mut self, at: i64) -> Value {
        let (book, mut interests) = (self.book, Map::new());
        let minimum = book.interests.as_ref().map_or(f64::INFINITY, |interests| interests.minimum);
        for (number, topic) in book.topics.iter().enumerate() {
            let strength = self.strength(number, at);
            if self.rounded(strength) >= minimum {
                interests.insert(topic.id.clone(), printed(strength));
            }
        }
        let scores = book.scores.iter().enumerate();
        let scores: Map<_, _> = scores.map(|(n, score)| (score.id.clone(), printed(self.score_at(n, at)))).collect();
        let stages = book.ladders.iter().zip(&self.ladders).filter_map(|(ladder, standing)| {
            Some((ladder.id.clone(), ladder.stages[standing.stage?].id.clone().into()))
        });
        let inside = book.segments.iter().zip(&self.segments).filter(|(_, state)| state.inside);
        json!({
            "lead": self.lead.name,
            "at": print(at),
            "scores": scores,
            "stages": stages.collect::<Map<String, Value>>(),
            "segments": inside.map(|(segment, _)| segment.id.as_str()).collect::<Vec<_>>(),
            "interests": interests,
            "primary_interest": self.primary.map(|topic| book.topics[topic].id.as_str()),
        })
    }
}

fn printed(number: f64) -> Value {
    json!((number * 10_000.0).round() / 10_000.0 + 0.0)
}
