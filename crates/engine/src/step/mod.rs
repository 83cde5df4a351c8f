//! `step`: one input, the lead as it is then, and what follows. No clock, no dice, no I/O: it asks, and cannot do.

mod apply;
mod interest;
mod ladder;
mod move_kind;
mod segment;
mod sequence;

pub use move_kind::MoveKind;

use crate::ask::{Asking, Curves};
use crate::lead::Lead;
use crate::playbook::Class;
use crate::program::{Answer, Decision, Event, Node, Program, Rhythm, Update};
use crate::time::{Duration, Instant};

/// What reaches a lead.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    Event(&'a Event),
    /// Time passed.
    Clock(Instant),
    /// What a `send` asked for is over: sent, skipped, failed or in doubt.
    CopyDecided {
        at: Instant,
        sequence: u32,
        began: Instant,
        step: u32,
    },
}

/// What follows from an input. The core asks for these; whoever steps it does them, in one commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub at: Instant,
    pub cause: Cause,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The event given.
    Event,
    /// Time alone.
    Time,
}

/// A closed list. Ladders, stages, segments, sequences, topics and steps go by their place in the program.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    PrimaryInterest {
        from: Option<u32>,
        to: Option<u32>,
    },
    Stage {
        ladder: u32,
        from: Option<u32>,
        to: u32,
    },
    Segment {
        segment: u32,
        entered: bool,
    },
    Sequence {
        sequence: u32,
        change: Change,
    },
    /// One copy is asked for; `email: None` asks for the best unread piece.
    Send {
        sequence: u32,
        began: Instant,
        step: u32,
        email: Option<String>,
        class: Option<Class>,
        not_after: Option<Duration>,
    },
    Alert {
        sequence: u32,
        began: Instant,
        step: u32,
        to: String,
        say: String,
    },
    /// What was asked for and is not yet sent shall not be.
    Withdrawn {
        sequence: u32,
        began: Instant,
        step: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Enrolled,
    HeldOut,
    Goal,
    Stopped,
    Finished,
}

impl Change {
    pub fn name(self) -> &'static str {
        match self {
            Change::Enrolled => "enrolled",
            Change::HeldOut => "held_out",
            Change::Goal => "goal",
            Change::Stopped => "stopped",
            Change::Finished => "finished",
        }
    }
}

/// When a `send` step is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// At once, as in a replay.
    AtOnce,
    /// When `Input::CopyDecided` says so.
    Reported,
}

/// What a step yields.
#[derive(Clone, Debug)]
pub struct Stepped {
    pub lead: Lead,
    pub effects: Vec<Effect>,
    /// A lower bound of the instant at which time alone changes anything.
    pub wake_at: Instant,
}

/// The one evaluator: live traffic, rebuilds, `replay` and previews all go through it. An input earlier than the
/// lead's last is late: rebuild the lead from its events instead.
pub fn step(program: &Program, lead: Lead, input: Input, sends: Sends) -> Stepped {
    let mut stepper = Stepper::new(program, lead, sends);
    stepper.input(input);
    let wake_at = stepper.lead.wake_at();
    Stepped { lead: stepper.lead, effects: stepper.effects, wake_at }
}

/// Steps one lead through many inputs.
pub struct Stepper<'p> {
    pub(crate) program: &'p Program,
    pub(crate) lead: Lead,
    pub effects: Vec<Effect>,
    sends: Sends,
    /// One bit a decision that may have changed.
    dirty: Vec<u64>,
    pub(crate) curves: Curves,
    cause: Cause,
    /// Whether time alone is at work.
    ticking: bool,
    /// Whether sequences stand still: enrollments are facts, a rebuild does not invent them.
    pub(crate) frozen: bool,
    /// Whether nobody is enrolled, by whatever became known just now.
    pub(crate) refuses: bool,
    /// What the event at hand says by hand, for the evaluation that follows it.
    hands: Vec<Update>,
    /// Where somebody keeps a ledger: the event rules that counted the last event.
    pub(crate) counted: Option<Vec<u32>>,
    evaluations: u64,
}

impl<'p> Stepper<'p> {
    pub fn new(program: &'p Program, lead: Lead, sends: Sends) -> Stepper<'p> {
        Stepper {
            program,
            lead,
            effects: Vec::new(),
            sends,
            dirty: vec![0; (program.decisions() as usize).div_ceil(64)],
            curves: Curves::new(program),
            cause: Cause::Time,
            ticking: false,
            frozen: false,
            refuses: false,
            hands: Vec::new(),
            counted: None,
            evaluations: 0,
        }
    }

    pub(crate) fn program(&self) -> &'p Program {
        self.program
    }

    pub fn lead(&self) -> &Lead {
        &self.lead
    }

    /// How often it evaluated since it was made: what stepping costs, in tests.
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// The decisions, by number, that come out differently when they are asked once more at the lead's last instant. There
    /// is none where every change marks all that read it and no wake-up is late: a law that tests ask.
    pub fn unmarked(&self) -> Vec<u32> {
        (0..self.program.decisions()).filter(|number| !self.is_settled(*number)).collect()
    }

    fn is_settled(&self, number: u32) -> bool {
        let mut anew = Stepper::new(self.program, self.lead.clone(), self.sends);
        anew.decide(number, self.lead.at);
        anew.effects.is_empty() && anew.lead == self.lead
    }

    pub fn into_lead(self) -> Lead {
        self.lead
    }

    /// Takes up another lead, keeping what was allocated.
    pub fn take_up(&mut self, lead: Lead) -> Lead {
        self.effects.clear();
        std::mem::replace(&mut self.lead, lead)
    }

    pub fn input(&mut self, input: Input) {
        match input {
            Input::Event(event) => self.event(event),
            Input::Clock(at) => self.advance(at),
            Input::CopyDecided { at, sequence, began, step } => self.copy_decided(at, sequence, began, step),
        }
    }

    /// Everything that time alone changes up to and including `to`, each change at its own instant.
    pub fn advance(&mut self, to: Instant) {
        self.cause = Cause::Time;
        self.ticking = true;
        loop {
            let wake = self.lead.wake_at();
            if wake > to {
                break;
            }
            for (number, due) in self.lead.wakes.iter() {
                if *due <= wake {
                    self.dirty[number as usize / 64] |= 1 << (number % 64);
                }
            }
            self.evaluate(wake);
        }
        self.ticking = false;
        self.lead.at = self.lead.at.max(to);
    }

    /// An event, after everything that time changes up to its instant, and the evaluation that follows it.
    pub fn event(&mut self, event: &Event) {
        self.advance(event.at);
        if let Some(counted) = &mut self.counted {
            counted.clear();
        }
        if event.history {
            self.lead.history_until(event.at);
        }
        let starts = !event.machine && self.lead.first.is_none();
        if starts {
            self.lead.first = Some(event.at);
        }
        self.cause = Cause::Event;
        event.updates.iter().for_each(|update| self.apply(update, event.at));
        self.lead.taken = (event.at, self.lead.taken_at(event.at) + 1);
        if starts {
            self.mark_all();
        }
        if self.lead.first.is_some() {
            self.evaluate(event.at);
        }
        self.hands.clear();
    }

    fn copy_decided(&mut self, at: Instant, sequence: u32, began: Instant, step: u32) {
        self.advance(at);
        let Some(mut track) = self.lead.sequences.get(sequence).cloned() else { return };
        match &mut track.enrollment {
            Some(e) if e.sending && e.began == began && e.step == step => {
                e.done.push(step);
                (e.sending, e.step, e.since) = (false, step + 1, at);
            }
            _ => return,
        }
        self.lead.sequences.insert(sequence, track);
        self.mark(self.program.first_sequence() + sequence);
        self.evaluate(at);
    }

    /// Decides anew about all sequences, and nothing else.
    pub(crate) fn look_at_sequences(&mut self, at: Instant) {
        self.cause = Cause::Time;
        (self.program.first_sequence()..self.program.decisions()).for_each(|number| self.mark(number));
        self.evaluate(at);
    }

    fn mark(&mut self, number: u32) {
        self.dirty[number as usize / 64] |= 1 << (number % 64);
    }

    fn mark_each(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|number| self.mark(*number));
    }

    pub(crate) fn mark_all(&mut self) {
        (0..self.program.decisions()).for_each(|number| self.mark(number));
    }

    /// Decides anew, in order, what is marked; a decision marks only later ones.
    pub(crate) fn evaluate(&mut self, at: Instant) {
        self.evaluations += 1;
        self.curves.forget();
        for word in 0..self.dirty.len() {
            while self.dirty[word] != 0 {
                let bit = self.dirty[word].trailing_zeros();
                self.dirty[word] &= self.dirty[word] - 1;
                let number = word as u32 * 64 + bit;
                let until = self.decide(number, at);
                self.wake(number, until.max(Instant(at.0 + 1)));
            }
        }
    }

    fn wake(&mut self, number: u32, until: Instant) {
        if until == Instant::NEVER {
            self.lead.wakes.remove(number);
        } else {
            self.lead.wakes.insert(number, until);
        }
    }

    /// Decides, and says until when at least the decision stands by itself.
    fn decide(&mut self, number: u32, at: Instant) -> Instant {
        match self.program.decision(number) {
            Decision::Primary => self.primary_interest(at),
            Decision::IfRule(rule) => self.if_rule(rule, at),
            Decision::Ladder(ladder) => self.ladder(ladder, number, at),
            Decision::Segment(segment) => self.segment(segment, number, at),
            Decision::Sequence(_) if self.frozen => Instant::NEVER,
            Decision::Sequence(sequence) => self.sequence(sequence, at),
        }
    }

    fn if_rule(&mut self, number: u32, at: Instant) -> Instant {
        let program = self.program;
        let rule = &program.if_rules[number as usize];
        let answer = self.ask(&rule.node, at);
        if answer.holds != self.lead.holding.get(number).is_some() {
            if answer.holds {
                self.lead.holding.insert(number, ());
            } else {
                self.lead.holding.remove(number);
            }
            self.curves.forget_score(rule.score);
            self.mark_each(&program.scores[rule.score as usize].users);
        }
        answer.until
    }

    pub(crate) fn ask(&mut self, node: &Node, at: Instant) -> Answer {
        self.ask_since(node, at, at)
    }

    /// Asks a goal, whose enrollment began (or would begin) at `began`.
    fn ask_since(&mut self, node: &Node, at: Instant, began: Instant) -> Answer {
        Asking { program: self.program, lead: &self.lead, at, curves: &mut self.curves, began }.ask(node)
    }

    /// Whether the rules decide now: live ones always, scheduled ones at their instants, before the events of it.
    fn rules_decide(&self, rhythm: Rhythm, number: u32, at: Instant) -> bool {
        let due = || self.lead.wakes.get(number).is_some_and(|due| *due <= at);
        match rhythm {
            Rhythm::Live => true,
            // One that waits for nothing of its own may still be asked: what it refers to changed at this instant.
            Rhythm::Scheduled(every) => self.ticking && (due() || self.program.schedule.at_or_after(every, at) == at),
        }
    }

    /// When to look again at what stands by itself until `until`.
    fn look_again(&self, rhythm: Rhythm, until: Instant) -> Instant {
        match rhythm {
            Rhythm::Live => until,
            Rhythm::Scheduled(every) => self.program.schedule.at_or_after(every, until),
        }
    }

    fn next_scheduled(&self, rhythm: Rhythm, at: Instant) -> Instant {
        self.look_again(rhythm, Instant(at.0 + 1))
    }

    fn effect(&mut self, at: Instant, what: What) {
        self.effects.push(Effect { at, cause: self.cause, what });
    }
}
