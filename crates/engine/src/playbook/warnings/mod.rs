//! What can be used but hardly means what was meant, and what costs more than it seems.

mod emails;
mod globs;
mod kept;
mod negation;
mod preheaders;
mod reach;
mod sequences;
mod values;

use super::marked::Node;
use super::problem::{Place, Problem, Severity};
use super::provable::{Contradiction, contradiction, truth};
use super::{Cadence, Gives, Playbook, Rule, Segment, Stage};
use crate::cadence::TIME_TO_READ;
use crate::condition::Condition;
use crate::value::Test;
pub use emails::beyond_subscriptions;
pub(crate) use globs::Tested;

/// The warnings about a playbook without errors, and the tree that it was read from.
pub(super) fn check(playbook: &Playbook, tree: &Node) -> Vec<Problem> {
    let mut warnings = Warnings { playbook, found: Vec::new() };
    for (topic, node) in playbook.topics.iter().zip(items(tree, "topics")) {
        warnings.pages(&topic.pages, node);
    }
    for (score, node) in playbook.scores.iter().zip(items(tree, "scores")) {
        for (rule, node) in score.rules.iter().zip(items(node, "rules")) {
            warnings.rule(rule, node);
        }
    }
    for (ladder, node) in playbook.ladders.iter().zip(items(tree, "ladders")) {
        warnings.ladder(ladder, node);
    }
    for (segment, node) in playbook.segments.iter().zip(items(tree, "segments")) {
        warnings.segment(segment, node);
    }
    if let (Some(cadence), Some(node)) = (&playbook.cadence, tree.get("cadence")) {
        warnings.cadence(cadence, node);
    }
    for (email, node) in playbook.emails.iter().zip(items(tree, "emails")) {
        warnings.email(email, node);
        warnings.preheaders(email, node);
    }
    for (sequence, node) in playbook.sequences.iter().zip(items(tree, "sequences")) {
        warnings.sequence(sequence, node);
    }
    warnings.problems()
}

/// The warnings about a condition by itself, and the tree that it was read from.
pub(super) fn of_condition(condition: &Condition, tree: &Node, playbook: &Playbook) -> Vec<Problem> {
    let mut warnings = Warnings { playbook, found: Vec::new() };
    warnings.look_within(condition, tree);
    warnings.problems()
}

/// Topics that nothing stands for: no page, no e-mail, and none of `linked`, the topics of links.
pub(super) fn topics_without_links(playbook: &Playbook, tree: &Node, linked: &[&str]) -> Vec<Problem> {
    let of_email = |id: &str| playbook.emails.iter().any(|email| email.topic.as_deref() == Some(id));
    let topics = playbook.topics.iter().zip(items(tree, "topics"));
    let alone = topics
        .filter(|(topic, _)| topic.pages.is_empty() && !of_email(&topic.id) && !linked.contains(&topic.id.as_str()));
    alone
        .map(|(topic, node)| {
            let message = format!(
                "no page, e-mail or link stands for the topic `{}`, so that nobody is drawn to it; give it `pages`, or a link with attractor: \"{}\"",
                topic.id, topic.id
            );
            Problem::warning(place(node, "id"), message)
        })
        .collect()
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map_or(&[], Node::items)
}

/// Where the value of a key stands, else the mapping itself.
fn place(node: &Node, key: &str) -> Place {
    node.get(key).map_or(node.place, |value| value.place)
}

pub(crate) struct Warnings<'a> {
    playbook: &'a Playbook,
    found: Vec<Warning>,
}

struct Warning {
    severity: Severity,
    place: Place,
    message: String,
    /// It says why a condition is never true: no warning is needed that it never is.
    falsifies: bool,
}

impl Warning {
    fn is_at(&self, place: Place) -> bool {
        self.place == place
    }
}

impl Warnings<'_> {
    fn problems(self) -> Vec<Problem> {
        let problem =
            |found: Warning| Problem { severity: found.severity, ..Problem::warning(found.place, found.message) };
        self.found.into_iter().map(problem).collect()
    }

    fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.push(Severity::Warning, place, message.into(), false);
    }

    fn warn_false(&mut self, place: Place, message: impl Into<String>) {
        self.push(Severity::Warning, place, message.into(), true);
    }

    fn note(&mut self, place: Place, message: impl Into<String>) {
        self.push(Severity::Note, place, message.into(), false);
    }

    fn push(&mut self, severity: Severity, place: Place, message: String, falsifies: bool) {
        self.found.push(Warning { severity, place, message, falsifies });
    }

    fn pages(&mut self, pages: &[String], node: &Node) {
        for (page, item) in pages.iter().zip(items(node, "pages")) {
            if !page.starts_with(['/', '*', '?']) {
                self.warn(
                    item.place,
                    format!("globs match whole paths, which begin with `/`; write `/{page}` or `*{page}`"),
                );
            }
        }
    }

    /// A condition that nobody can fulfil, or what in it is the cause.
    fn never(&mut self, condition: &Condition, node: &Node, key: &str, outcome: &str) {
        let before = self.found.len();
        if let Some(inner) = node.get(key) {
            self.look_within(condition, inner);
        }
        let is_told = self.found[before..].iter().any(|found| found.falsifies);
        if !is_told && truth(condition, self.playbook) == Some(false) {
            self.warn(place(node, key), format!("this can never be true, so that {outcome}; change or remove it"));
        }
    }

    /// What is said of a condition wherever it stands.
    fn look_within(&mut self, condition: &Condition, node: &Node) {
        self.leaves(condition, node);
        self.denials(condition, node);
    }

    fn leaves(&mut self, condition: &Condition, node: &Node) {
        match condition {
            Condition::All(list) | Condition::Any(list) => {
                let key = if matches!(condition, Condition::All(_)) { "all" } else { "any" };
                for (inner, node) in list.iter().zip(items(node, key)) {
                    self.leaves(inner, node);
                }
            }
            Condition::Not(inner) => {
                if let Some(node) = node.get("not") {
                    self.leaves(inner, node);
                }
            }
            form => {
                if let Some(form) = form.predicate() {
                    form.look(self, node);
                }
            }
        }
    }

    pub fn filter(&mut self, kind: &str, filter: &[(String, Test)], node: &Node) {
        for (property, test) in filter {
            let value = node.get("where").and_then(|filter| filter.get(property));
            let bare = value.is_some_and(|value| value.entries().is_empty());
            self.test(test, Tested::Property { bare }, value.map_or(node.place, |value| value.place));
            if let Some(value) = value {
                self.values_of_property(kind, property, test, value);
            }
        }
    }

    pub fn test(&mut self, test: &Test, tested: Tested<'_>, place: Place) {
        self.globs(test, tested, place);
        match contradiction(test) {
            Some(Contradiction::Plain) => {
                self.warn_false(
                    place,
                    "these operators exclude each other, so that no value satisfies them; remove one of them",
                );
            }
            Some(Contradiction::EmptyList) => {
                self.warn_false(
                    place,
                    "`in` an empty list is nothing, so that no value satisfies this; list the values",
                );
            }
            Some(Contradiction::NoNumber) => {
                self.warn_false(place, "only numbers are larger or smaller, and the text here reads as none, so that no value satisfies this; write a number");
            }
            Some(Contradiction::UnlessList) => {
                self.warn(place, "no single value satisfies these operators, only a list could; turn them round, or ask for either with `any`");
            }
            None => {}
        }
    }

    fn rule(&mut self, rule: &Rule, node: &Node) {
        if rule.points == 0.0 {
            self.warn(place(node, "points"), "this rule never gives points; write how many, or remove the rule");
        }
        match &rule.gives {
            Gives::Event { event, filter, .. } => self.filter(event, filter, node),
            Gives::If(condition) => self.never(condition, node, "if", "this rule never gives points"),
            Gives::Inactive { .. } => {}
        }
    }

    fn segment(&mut self, segment: &Segment, node: &Node) {
        self.never(&segment.enter, node, "enter", "no lead ever enters this segment by itself");
        if let (Some(leave), Some(inner)) = (&segment.leave, node.get("leave")) {
            self.look_within(leave, inner);
            if truth(leave, self.playbook) == Some(true) {
                self.warn(
                    inner.place,
                    "this is always true, so that no lead ever enters this segment by itself; change or remove it",
                );
            }
        }
    }

    fn cadence(&mut self, cadence: &Cadence, node: &Node) {
        let Some(ladder) = self.playbook.ladders.iter().find(|ladder| ladder.id == cadence.ladder) else { return };
        let paced = |stage: &&Stage| cadence.every.iter().any(|(id, _)| *id == stage.id);
        let unpaced: Vec<&str> = ladder.stages.iter().filter(|stage| !paced(stage)).map(|s| s.id.as_str()).collect();
        if !unpaced.is_empty() {
            let message = format!(
                "no pace is set for {}, so that leads there can be written to at any time; add them here",
                unpaced.join(", ")
            );
            self.warn(place(node, "every"), message);
        }
        if let (Some(adapt), Some(node)) = (&cadence.adapt, node.get("adapt"))
            && adapt.over <= TIME_TO_READ
        {
            let message = "within a day nobody has had the time to read, so that no younger e-mail is counted and no stage \
                ever adapts; write a longer period, such as `30d`";
            self.warn(place(node, "over"), message);
        }
    }
}
