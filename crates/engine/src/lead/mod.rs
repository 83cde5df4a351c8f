//! One lead's state under a program: what its events left behind, no more than later answers need.

pub(crate) mod consent;
pub(crate) mod copies;
pub(crate) mod curve;
pub(crate) mod earned;
mod former;
mod kept;
mod stored;
pub(crate) mod tally;

use serde::{Deserialize, Serialize};

use crate::deal::Deal;
use crate::program::Scope;
use crate::sparse::Sparse;
use crate::time::Instant;
use crate::value::Value;

pub use consent::Word;
pub(crate) use former::{FormerTrack, StoppedEnrollment};
pub use kept::{Awaited, ShownEnrollment, ShownTrack, shown_enrollments};
pub use tally::Taken;

use consent::Consent;
use copies::CopyHistory;
use curve::Fade;
use earned::{Counted, Earned};
use tally::Tally;

/// The state of one lead. A cache: another format or another program means rebuilding it from the lead's events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub(crate) name: String,
    /// The instant of its last input.
    pub(crate) at: Instant,
    /// Its first event that was not a machine's; before it nothing is evaluated.
    pub(crate) first: Option<Instant>,
    /// The instant of its last event and how many it had at it.
    pub(crate) taken: (Instant, u32),
    /// Up to here nobody is enrolled: its last message that was brought in from the past.
    pub(crate) history_until: Option<Instant>,
    pub(crate) counters: Sparse<Tally>,
    pub(crate) clocks: Sparse<Instant>,
    pub(crate) attributes: Sparse<Value>,
    pub(crate) copies: Sparse<CopyHistory>,
    pub(crate) deals: Vec<(u64, Deal)>,
    /// `None`: nothing was said that anybody asks for.
    pub(crate) consent: Option<Box<Consent>>,
    /// By rule with a limit.
    pub(crate) counted: Sparse<Counted>,
    /// By pool.
    pub(crate) earned: Sparse<Earned>,
    /// The `if` rules whose condition holds.
    pub(crate) holding: Sparse<()>,
    pub(crate) strengths: Sparse<Fade>,
    pub(crate) primary: Option<u32>,
    pub(crate) ladders: Sparse<Standing>,
    pub(crate) segments: Sparse<Membership>,
    pub(crate) sequences: Sparse<Track>,
    /// By decision: a lower bound of the instant at which time alone changes it.
    pub(crate) wakes: Sparse<Instant>,
    /// What is kept of sequences that a version did not have, in the order of their ids. The last field, because states that
    /// were stored before it came end here.
    pub(crate) former: Vec<FormerTrack>,
}

/// Where a lead stands on a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub stage: u32,
    pub since: Instant,
    /// Set by hand and not released since.
    pub set: bool,
}

/// How a lead stands to a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Membership {
    /// Since when it is in; `None`: it is out.
    pub since: Option<Instant>,
    /// What a hand decided, not released since.
    pub hand: Option<Hand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Hand {
    Pinned,
    Banned,
}

/// How a lead stands to a sequence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Track {
    /// Whether `enroll` held at the last evaluation: only a rise enrols.
    pub held: bool,
    pub last_began: Option<Instant>,
    pub enrollment: Option<Enrollment>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Enrollment {
    pub began: Instant,
    pub by_hand: bool,
    /// The operation that the lead is at.
    pub step: u32,
    /// Since when it is at this operation.
    pub since: Instant,
    /// A copy is asked for and not yet over.
    pub sending: bool,
    /// How many events of the instant `began` were taken by then: those that follow count for the goal.
    pub taken: u32,
    /// The operations that are over: done steps never repeat, whatever becomes of the playbook.
    pub done: Vec<u32>,
}

impl Lead {
    /// Drops what was kept for one sequence's goal alone.
    pub(crate) fn forget(&mut self, scope: &Scope) {
        let Scope { counters, clocks, copies } = scope;
        counters.iter().for_each(|counter| drop(self.counters.remove(*counter)));
        clocks.iter().for_each(|clock| _ = self.clocks.remove(*clock));
        copies.iter().for_each(|copies| drop(self.copies.remove(*copies)));
    }

    /// A lead of whom nothing is known yet. Its name decides samples.
    pub fn new(name: &str) -> Lead {
        Lead {
            name: name.to_owned(),
            at: Instant(i64::MIN),
            first: None,
            taken: (Instant(i64::MIN), 0),
            history_until: None,
            counters: Sparse::default(),
            clocks: Sparse::default(),
            attributes: Sparse::default(),
            copies: Sparse::default(),
            deals: Vec::new(),
            consent: None,
            counted: Sparse::default(),
            earned: Sparse::default(),
            holding: Sparse::default(),
            strengths: Sparse::default(),
            primary: None,
            ladders: Sparse::default(),
            segments: Sparse::default(),
            sequences: Sparse::default(),
            wakes: Sparse::default(),
            former: Vec::new(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether anything but machines' events happened.
    pub fn started(&self) -> bool {
        self.first.is_some()
    }

    /// Before this instant time alone changes nothing: a lower bound.
    pub fn wake_at(&self) -> Instant {
        self.wakes.iter().map(|(_, wake)| *wake).min().unwrap_or(Instant::NEVER)
    }

    /// Up to and including this instant nobody is enrolled: that of the lead's last message from the past.
    pub fn history_until(&mut self, until: Instant) {
        self.history_until = Some(self.history_until.map_or(until, |known| known.max(until)));
    }

    /// How many events at an instant were taken so far.
    pub(crate) fn taken_at(&self, at: Instant) -> u32 {
        if self.taken.0 == at { self.taken.1 } else { 0 }
    }

    pub(crate) fn is_history(&self, at: Instant) -> bool {
        self.history_until.is_some_and(|until| at <= until)
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::message::Message;
    use crate::playbook::{read, write_condition};
    use crate::program::{Event, Program};
    use crate::step::{Sends, Stepper};

    const EVERY_FORM: &str = include_str!("../../tests/playbooks/every-form.yaml");

    /// The playbook with every form, and one more sequence: each lead is in it, and none reaches this goal.
    fn program(goal: &Json) -> Program {
        let goal = json!({"all": [{"sample": 0, "seed": "nobody"}, goal]});
        let own = json!({
            "id": "own", "enroll": {"all": []}, "while": "always", "buyers": true, "goal": goal, "steps": [{"wait": "52w"}],
        });
        let reading = read(&format!("{EVERY_FORM}\n  - {own}\n"));
        let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
        Program::new(playbook, &TimeZoneDatabase::bundled()).unwrap()
    }

    /// A lead with an event of each kind that the program asks for, each twice.
    fn lived(program: &Program) -> Lead {
        let mut kinds: Vec<&String> = program.kinds.keys().collect();
        kinds.sort();
        let mut stepper = Stepper::new(program, Lead::new("ada"), Sends::AtOnce);
        for (minute, kind) in kinds.iter().chain(&kinds).enumerate() {
            let properties = json!({"amount": 5, "p": "", "q": "b", "asset": "x", "send_id": "c1"});
            let mut message = json!({
                "type": "track", "event": kind, "userId": "ada", "messageId": format!("m{minute}"),
                "timestamp": Instant(1_783_000_000_000 + minute as i64 * 60_000).to_string(), "properties": properties,
            });
            if kind.as_str() == "Page Viewed" {
                (message["type"], message["event"]) = ("page".into(), Json::Null);
            }
            let mut event = Event::default();
            program.distill(&Message::parse(&message.to_string(), program.wanted()).unwrap(), &mut event);
            stepper.event(&event);
        }
        stepper.into_lead()
    }

    #[test]
    fn nothing_of_a_goal_is_left_once_it_is_forgotten() {
        let playbook = read(EVERY_FORM).playbook.unwrap();
        let mut conditions = Vec::new();
        playbook.each_condition(&mut |condition| conditions.push(write_condition(condition)));
        let with_goal = program(&json!({"any": conditions}));
        let mut lead = lived(&with_goal);
        let Scope { counters, clocks, copies } = &with_goal.sequences.last().unwrap().scope;
        assert!(counters.iter().any(|counter| lead.counters.get(*counter).is_some()), "it counted events");
        assert!(clocks.iter().any(|clock| lead.clocks.get(*clock).is_some()), "it noted instants");
        assert!(copies.iter().any(|copies| lead.copies.get(*copies).is_some()), "it kept copies");
        lead.forget(&with_goal.sequences.last().unwrap().scope);
        // A goal of the same forms that keeps nothing of its own: it differs in nothing else.
        assert_eq!(lead, lived(&program(&json!({"any": []}))));
    }
}
