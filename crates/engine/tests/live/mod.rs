//! A lead as a server keeps it: stepped event by event, rebuilt when something comes late.

use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::step::{Effect, Input, Sends, What, step};
use attractor_engine::time::{Duration, Instant};
use attractor_engine::version::{Carried, carry};
use jiff::tz::TimeZoneDatabase;

/// 1 January 2024 00:00 UTC.
const D0: Instant = Instant(1_704_067_200_000);

pub fn day(day: i64) -> Instant {
    D0 + Duration(day * Duration::DAY.0)
}

/// A `track` of ann's, so many hours after the beginning.
pub fn heard(hour: i64, kind: &str, properties: &str) -> String {
    let at = D0 + Duration(hour * Duration::HOUR.0);
    format!(r#"{{"type":"track","event":"{kind}","userId":"ann","timestamp":"{at}","properties":{properties}}}"#)
}

/// The same message, caused by a machine.
pub fn machine(message: &str) -> String {
    message.replacen('{', r#"{"context":{"machine":true},"#, 1)
}

#[track_caller]
pub fn program(text: &str) -> Program {
    let reading = playbook::read(text);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a known time zone")
}

pub struct Live<'p> {
    pub program: &'p Program,
    pub lead: Lead,
    /// In the order of events.
    messages: Vec<String>,
    pub now: Instant,
    /// Moves and sends as they became known.
    pub log: Vec<String>,
    /// The moves of the last rebuilt history.
    pub rebuilt: Vec<String>,
    sends: Sends,
    /// The last copy asked for.
    asked: Option<What>,
}

impl<'p> Live<'p> {
    /// Every send is over at once.
    pub fn new(program: &'p Program) -> Live<'p> {
        let (lead, sends) = (Lead::new("ann"), Sends::AtOnce);
        Live { program, lead, messages: vec![], now: D0, log: vec![], rebuilt: vec![], sends, asked: None }
    }

    /// A send is over when `copy_decided` says so.
    pub fn reported(program: &'p Program) -> Live<'p> {
        Live { sends: Sends::Reported, ..Live::new(program) }
    }

    pub fn hears(&mut self, message: &str) {
        self.messages.push(message.to_owned());
        let event = self.event(message);
        self.now = event.at;
        self.input(Input::Event(&event));
    }

    pub fn time(&mut self, to: Instant) {
        self.now = to;
        self.input(Input::Clock(to));
    }

    pub fn copy_decided(&mut self, at: Instant) {
        let Some(What::Send { sequence, began, step, .. }) = self.asked.clone() else {
            panic!("nothing was asked for")
        };
        self.now = at;
        self.input(Input::CopyDecided { at, sequence, began, step });
    }

    /// A message that becomes known now; `place` is its own in the order of events.
    pub fn hears_late(&mut self, place: usize, message: &str, enrols: bool) {
        self.messages.insert(place, message.to_owned());
        self.rebuild(enrols);
    }

    /// The event at `place` turns out to be a machine's.
    pub fn judged(&mut self, place: usize, enrols: bool) {
        self.messages[place] = machine(&self.messages[place]);
        self.rebuild(enrols);
    }

    /// Under a new version of the playbook, with a log begun anew: first what ended with its sequence.
    pub fn under<'n>(self, program: &'n Program, enrols: bool) -> Live<'n> {
        let Carried { lead, ended } = carry(self.program, program, &self.lead, self.now);
        let log = ended.iter().filter_map(|effect| self.words(effect)).collect();
        let Live { messages, now, sends, asked, .. } = self;
        let mut live = Live { program, lead, messages, now, log, rebuilt: vec![], sends, asked };
        live.rebuild(enrols);
        live
    }

    fn event(&self, message: &str) -> Event {
        let mut event = Event::default();
        self.program.distill(&Message::parse(message, self.program.wanted()).expect("a valid message"), &mut event);
        event
    }

    fn input(&mut self, input: Input) {
        let stepped = step(self.program, self.lead.clone(), input, self.sends);
        self.take(stepped.lead, stepped.effects);
    }

    fn take(&mut self, lead: Lead, effects: Vec<Effect>) {
        self.lead = lead;
        let words: Vec<String> = effects.iter().filter_map(|effect| self.words(effect)).collect();
        self.log.extend(words);
        let mut whats = effects.into_iter().rev().map(|effect| effect.what);
        self.asked = whats.find(|what| matches!(what, What::Send { .. })).or(self.asked.take());
    }

    fn rebuild(&mut self, enrols: bool) {
        let events: Vec<Event> = self.messages.iter().map(|message| self.event(message)).collect();
        let how = Rebuild { now: self.now, enrols, sends: self.sends };
        let mut rebuilt = Vec::new();
        let stepped = rebuild(self.program, &self.lead, events.iter(), how, |place, effect| {
            let by = place.map_or("time".to_owned(), |place| place.to_string());
            rebuilt.extend(self.words(effect).map(|words| format!("{words} by {by}")));
        });
        self.rebuilt = rebuilt;
        self.take(stepped.lead, stepped.effects);
    }

    fn words(&self, effect: &Effect) -> Option<String> {
        let playbook = self.program.playbook();
        let sequence = |number: &u32| &playbook.sequences[*number as usize].id;
        let what = match &effect.what {
            What::Stage { ladder, from, to } => {
                let ladder = &playbook.ladders[*ladder as usize];
                let stage = |number: u32| &ladder.stages[number as usize].id;
                let from = from.map(|from| format!("{}>", stage(from))).unwrap_or_default();
                format!("{} {from}{}", ladder.id, stage(*to))
            }
            What::Segment { segment, entered } => {
                let change = if *entered { "entered" } else { "left" };
                format!("{} {change}", playbook.segments[*segment as usize].id)
            }
            What::Sequence { sequence: number, change } => format!("{} {}", sequence(number), change.name()),
            What::Send { sequence: number, email, .. } => {
                format!("{} sends {}", sequence(number), email.as_deref().unwrap_or("the best"))
            }
            What::PrimaryInterest { .. } | What::Alert { .. } | What::Withdrawn { .. } => return None,
        };
        Some(format!("h{} {what}", (effect.at - D0).0 / Duration::HOUR.0))
    }
}
