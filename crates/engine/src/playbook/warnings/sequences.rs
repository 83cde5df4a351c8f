//! Sequences that end before their steps mean anything.

use super::{Warnings, items, place};
use crate::condition::{Condition, Event, Inactive};
use crate::playbook::marked::Node;
use crate::playbook::problem::Place;
use crate::playbook::provable::{stays_true, truth, window};
use crate::playbook::{Action, Again, DEFAULT_ACTIVITY, Evaluate, Playbook, Sequence, Step, While};
use crate::time::Duration;

impl Warnings<'_> {
    pub(super) fn sequence(&mut self, sequence: &Sequence, node: &Node) {
        self.never(&sequence.enroll, node, "enroll", "no lead is ever enrolled by itself");
        let never = truth(&sequence.enroll, self.playbook) == Some(false);
        if sequence.again != Again::Never && !never && stays_true(&sequence.enroll, self.playbook) {
            let effect = if sequence.buyers { "changes nothing" } else { "matters only after a lost deal" };
            let message = format!(
                "`enroll`, once true, stays true, so that `again` {effect}; give `enroll` a window with `within`, or leave `again` out"
            );
            self.warn(place(node, "again"), message);
        }
        match &sequence.while_ {
            While::Enrolled => self.first_wait(sequence, node),
            While::Always => {}
            While::Condition(held) => self.never(held, node, "while", "nobody is enrolled by it"),
        }
        if let Some(goal) = &sequence.goal {
            self.never(goal, node, "goal", "no enrollment ever reaches its goal");
        }
        self.steps(&sequence.steps, items(node, "steps"));
        self.ended_by_itself(sequence, node);
    }

    fn steps(&mut self, steps: &[Step], nodes: &[Node]) {
        for (step, node) in steps.iter().zip(nodes) {
            match &step.action {
                Action::WaitUntil { until, .. } => {
                    if let Some(node) = node.get("wait") {
                        self.never(until, node, "until", "this waits to the end of `at_most`");
                    }
                }
                Action::Branch { condition, then, otherwise } => {
                    if let Some(node) = node.get("branch") {
                        self.never(condition, node, "if", "nobody takes the steps of `then`");
                        self.steps(then, items(node, "then"));
                        self.steps(otherwise, items(node, "else"));
                    }
                }
                Action::Send { .. } | Action::Wait(_) | Action::Alert { .. } => {}
            }
        }
    }

    /// A sequence that stops, with its `enroll`, before the first wait is over.
    fn first_wait(&mut self, sequence: &Sequence, node: &Node) {
        let Some(window) = window(&sequence.enroll) else { return };
        for (step, node) in sequence.steps.iter().zip(items(node, "steps")) {
            match &step.action {
                Action::Send { .. } | Action::Alert { .. } => {}
                Action::Wait(wait) if window <= *wait => {
                    let message = format!(
                        "`enroll` holds for {window} only, and with `while: enrolled` the sequence stops then, before this wait of {wait} is over; write while: always, or a longer `within`"
                    );
                    return self.warn(place(node, "wait"), message);
                }
                Action::Wait(_) | Action::WaitUntil { .. } | Action::Branch { .. } => return,
            }
        }
    }

    /// A sequence that goes on only while something has not happened, and waits or branches for just that. The first
    /// such step is told: all have the same cause.
    fn ended_by_itself(&mut self, sequence: &Sequence, node: &Node) {
        let (held, key) = match &sequence.while_ {
            While::Enrolled => (&sequence.enroll, "`enroll`, with `while: enrolled`,"),
            While::Always => return,
            While::Condition(held) => (held, "`while`"),
        };
        let silence = Silence { playbook: self.playbook, held };
        let Some((kind, place, outcome)) = silence.in_steps(&sequence.steps, items(node, "steps")) else { return };
        if self.found.iter().any(|found| found.is_at(place)) {
            return;
        }
        self.warn(
            place,
            format!(
                "{key} no longer holds once `{kind}` happens, which ends the sequence, so that {outcome}; write while: always"
            ),
        );
    }
}

/// Events that have not happened as long as a condition holds.
struct Silence<'a> {
    playbook: &'a Playbook,
    held: &'a Condition,
}

impl<'a> Silence<'a> {
    /// The first step that asks for an event that would have ended the sequence: its kind, where, and what follows.
    fn in_steps(&self, steps: &'a [Step], nodes: &[Node]) -> Option<(&'a str, Place, &'static str)> {
        steps.iter().zip(nodes).find_map(|(step, node)| match &step.action {
            Action::WaitUntil { until, .. } => {
                let kind = self.forbids(until)?;
                Some((kind, place(node.get("wait")?, "until"), "this wait always lasts for `at_most`"))
            }
            Action::Branch { condition, then, otherwise } => {
                let node = node.get("branch")?;
                if let Some(kind) = self.forbids(condition) {
                    return Some((kind, place(node, "if"), "nobody takes the steps of `then`"));
                }
                let within = |steps, key| self.in_steps(steps, items(node, key));
                within(then, "then").or_else(|| within(otherwise, "else"))
            }
            Action::Send { .. } | Action::Wait(_) | Action::Alert { .. } => None,
        })
    }

    /// A kind of event without which a condition is false, and that has not happened while `held` holds.
    fn forbids(&self, condition: &'a Condition) -> Option<&'a str> {
        match condition {
            Condition::All(parts) => parts.iter().find_map(|part| self.forbids(part)),
            Condition::Any(parts) => {
                let kinds: Option<Vec<&str>> = parts.iter().map(|part| self.forbids(part)).collect();
                kinds?.first().copied()
            }
            Condition::Event(event) => self.forbids_event(event),
            // Every form by its name here and in `since`, so that a new one must say what it has to do with events.
            Condition::Not(_)
            | Condition::Attribute(_)
            | Condition::Inactive(_)
            | Condition::Score(_)
            | Condition::Stage(_)
            | Condition::Segment(_)
            | Condition::Interest(_)
            | Condition::Deal(_)
            | Condition::Date(_)
            | Condition::Consent(_)
            | Condition::Rate(_)
            | Condition::Sample(_) => None,
        }
    }

    fn forbids_event(&self, event: &'a Event) -> Option<&'a str> {
        if event.is_true_of_none() {
            return None;
        }
        let silent = event.kinds.iter().map(|kind| self.since(self.held, true, kind));
        let since = silent.collect::<Option<Vec<Since>>>()?.into_iter().min()?;
        let covered = match (since, event.within) {
            (Since::Ever, _) => true,
            (Since::Last(silent), Some(within)) => within <= silent,
            (Since::Last(_), None) => false,
        };
        event.kinds.first().filter(|_| covered).map(String::as_str)
    }

    /// For how long there was no event of a kind where `condition` is `holds`, as far as that can be said.
    fn since(&self, condition: &Condition, holds: bool, kind: &str) -> Option<Since> {
        match (condition, holds) {
            (Condition::Not(inner), _) => self.since(inner, !holds, kind),
            (Condition::All(parts), true) | (Condition::Any(parts), false) => {
                parts.iter().filter_map(|part| self.since(part, holds, kind)).max()
            }
            (Condition::Any(parts), true) | (Condition::All(parts), false) => {
                let all: Option<Vec<Since>> = parts.iter().map(|part| self.since(part, holds, kind)).collect();
                all?.into_iter().min()
            }
            (Condition::Inactive(inactive), true) => {
                self.counts(inactive, kind).then_some(Since::Last(inactive.inactive))
            }
            (Condition::Event(event), _) => since_of(event, holds, kind),
            (Condition::Segment(segment), true) => self.since_in(&segment.segment, kind),
            (Condition::Inactive(_) | Condition::Segment(_), false) => None,
            (
                Condition::Attribute(_)
                | Condition::Score(_)
                | Condition::Stage(_)
                | Condition::Interest(_)
                | Condition::Deal(_)
                | Condition::Date(_)
                | Condition::Consent(_)
                | Condition::Rate(_)
                | Condition::Sample(_),
                _,
            ) => None,
        }
    }

    /// In a segment that leads leave at once.
    fn since_in(&self, segment: &str, kind: &str) -> Option<Since> {
        let segment = self.playbook.segments.iter().find(|other| other.id == segment)?;
        if segment.min_stay.is_some() || segment.evaluate != Evaluate::Live {
            return None;
        }
        match &segment.leave {
            Some(leave) => self.since(leave, false, kind),
            None => self.since(&segment.enter, true, kind),
        }
    }

    fn counts(&self, inactive: &Inactive, kind: &str) -> bool {
        let among = |kinds: &[String]| kinds.iter().any(|other| other == kind);
        match (&inactive.events, &self.playbook.activity) {
            (Some(kinds), _) | (None, Some(kinds)) => among(kinds),
            (None, None) => DEFAULT_ACTIVITY.contains(&kind),
        }
    }
}

/// Since when there was no event of a kind, where a condition on events is `holds`.
fn since_of(event: &Event, holds: bool, kind: &str) -> Option<Since> {
    let says_none = if holds { event.is_false_of_any() } else { event.count.is_none() };
    (event.counts_all_of(kind) && says_none).then(|| event.within.map_or(Since::Ever, Since::Last))
}

/// Ordered by length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Since {
    Last(Duration),
    Ever,
}
