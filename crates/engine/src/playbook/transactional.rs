//! Copies of class transactional leave at once, outside the budget and without consent. Only what the lead's own form, download
//! or confirmation causes may ask for one (contract §4.11.3): the first steps of a sequence that such an act enrolls in.

use super::marked::Node;
use super::problem::{Found, Problem};
use super::{Action, Class, Evaluate, Playbook, Sequence, Step};
use crate::condition::{Condition, Event};
use crate::vocabulary::kind;

const OWN_ACTS: [&str; 4] = [kind::FORM_SUBMITTED, kind::CONTENT_DOWNLOADED, kind::DEMO_REQUESTED, kind::SUBSCRIBED];

/// The steps that ask for a transactional copy and may not.
pub(super) fn check(playbook: &Playbook, tree: &Node) -> Vec<Problem> {
    let nodes = tree.get("sequences").map_or(&[][..], Node::items);
    let mut found = Vec::new();
    for (sequence, node) in playbook.sequences.iter().zip(nodes) {
        let mut steps = Steps { playbook, is_caused: is_caused(sequence, playbook), found: &mut found };
        steps.look(&sequence.steps, node.get("steps").map_or(&[], Node::items));
    }
    found
}

/// Whether the lead's own act enrolls it, and nothing else but a person's hand.
fn is_caused(sequence: &Sequence, playbook: &Playbook) -> bool {
    is_own_act(&sequence.enroll, playbook)
}

/// Whether a condition becomes true by the lead's own act alone.
fn is_own_act(condition: &Condition, playbook: &Playbook) -> bool {
    let all_are = |parts: &[Condition]| !parts.is_empty() && parts.iter().all(|part| is_own_act(part, playbook));
    match condition {
        Condition::All(parts) | Condition::Any(parts) => all_are(parts),
        Condition::Event(event) => becomes_true_by_itself(event),
        Condition::Segment(of) => of.for_.is_none() && is_entered_by_own_act(&of.segment, playbook),
        // Every form by its name, so that a new one must say whether a lead's own act alone can make it true.
        Condition::Not(_)
        | Condition::Attribute(_)
        | Condition::Inactive(_)
        | Condition::Score(_)
        | Condition::Stage(_)
        | Condition::Interest(_)
        | Condition::Deal(_)
        | Condition::Date(_)
        | Condition::Consent(_)
        | Condition::Rate(_)
        | Condition::Sample(_) => false,
    }
}

fn is_entered_by_own_act(segment: &str, playbook: &Playbook) -> bool {
    let segment = playbook.segments.iter().find(|other| other.id == segment);
    segment.is_some_and(|one| one.evaluate == Evaluate::Live && is_own_act(&one.enter, playbook))
}

/// Whether an event of these kinds makes it true, and no passing of time.
fn becomes_true_by_itself(event: &Event) -> bool {
    let is_timed = event.older.is_some() || event.after.is_some() || event.before.is_some();
    let is_measured = event.distinct.is_some() || !event.sum.is_empty() || !event.average.is_empty();
    event.kinds.iter().all(|kind| OWN_ACTS.contains(&kind.as_str()))
        && !is_timed
        && !is_measured
        && event.which.is_none()
        && event.count.is_none()
}

struct Steps<'a> {
    playbook: &'a Playbook,
    /// Whether what comes next still follows at once from the lead's own act.
    is_caused: bool,
    found: &'a mut Vec<Problem>,
}

impl Steps<'_> {
    fn look(&mut self, steps: &[Step], nodes: &[Node]) {
        for (step, node) in steps.iter().zip(nodes) {
            match &step.action {
                Action::Wait(_) | Action::WaitUntil { .. } => self.is_caused = false,
                Action::Branch { then, otherwise, .. } => {
                    let of = |key| node.get("branch").and_then(|branch| branch.get(key)).map_or(&[][..], Node::items);
                    let before = self.is_caused;
                    self.look(then, of("then"));
                    let after = std::mem::replace(&mut self.is_caused, before);
                    self.look(otherwise, of("else"));
                    self.is_caused &= after;
                }
                Action::Send { email, class, .. } if !self.is_caused => {
                    if self.playbook.class_of(email.as_deref(), *class) == Some(Class::Transactional) {
                        let place = node.get("send").map_or(node.place, |send| send.place);
                        self.found.push(Problem::error(place, Found::Meaning, REFUSED));
                    }
                }
                Action::Send { .. } | Action::Alert { .. } => {}
            }
        }
    }
}

const REFUSED: &str = "a transactional e-mail must answer the lead's own form, download or confirmation, and this step does not; \
    write class: answer or marketing, or let `enroll` be such an event alone and put the step before the first wait";
