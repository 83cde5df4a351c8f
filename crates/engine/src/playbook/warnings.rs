//! What can be used but hardly means what was meant.

use super::marked::Node;
use super::problem::{Place, Problem};
use super::provable::{Contradiction, contradiction, number_truth, score_bounds, stays_true, truth, window};
use super::{Action, Again, Cadence, Gives, Ladder, Playbook, Rule, Segment, Sequence, Stage, Step, While};
use crate::condition::Condition;
use crate::value::{Operator, Test, Value};

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
    for (sequence, node) in playbook.sequences.iter().zip(items(tree, "sequences")) {
        warnings.sequence(sequence, node);
    }
    warnings.found
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

struct Warnings<'a> {
    playbook: &'a Playbook,
    found: Vec<Problem>,
}

impl Warnings<'_> {
    fn warn(&mut self, place: Place, message: impl Into<String>) {
        self.found.push(Problem::warning(place, message));
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

    /// A condition that nobody can fulfil, or the contradiction in it that is the cause.
    fn never(&mut self, condition: &Condition, node: &Node, key: &str, outcome: &str) {
        if let Some(inner) = node.get(key) {
            self.tests_within(condition, inner);
        }
        let place = place(node, key);
        let is_told = self.found.iter().any(|told| (told.line, told.column) == (place.line, place.column));
        if !is_told && truth(condition, self.playbook) == Some(false) {
            self.warn(place, format!("this can never be true, so that {outcome}; change or remove it"));
        }
    }

    /// The tests of values inside a condition.
    fn tests_within(&mut self, condition: &Condition, node: &Node) {
        match condition {
            Condition::All(list) | Condition::Any(list) => {
                let key = if matches!(condition, Condition::All(_)) { "all" } else { "any" };
                for (inner, node) in list.iter().zip(items(node, key)) {
                    self.tests_within(inner, node);
                }
            }
            Condition::Not(inner) => {
                if let Some(node) = node.get("not") {
                    self.tests_within(inner, node);
                }
            }
            Condition::Attribute(c) => self.test(&c.test, node.place),
            Condition::Event(c) => self.filter(&c.filter, node),
            _ => {}
        }
    }

    fn filter(&mut self, filter: &[(String, Test)], node: &Node) {
        for (property, test) in filter {
            let at = node.get("where").map_or(node.place, |filter| place(filter, property));
            self.test(test, at);
        }
    }

    fn test(&mut self, test: &Test, place: Place) {
        match contradiction(test) {
            Some(Contradiction::Plain) => {
                self.warn(
                    place,
                    "these operators exclude each other, so that no value satisfies them; remove one of them",
                );
            }
            Some(Contradiction::EmptyList) => {
                self.warn(place, "`in` an empty list is nothing, so that no value satisfies this; list the values");
            }
            Some(Contradiction::NoNumber) => {
                self.warn(place, "only numbers are larger or smaller, and the text here reads as none, so that no value satisfies this; write a number");
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
            Gives::Event { filter, .. } => self.filter(filter, node),
            Gives::If(condition) => self.never(condition, node, "if", "this rule never gives points"),
            Gives::Inactive { .. } => {}
        }
    }

    fn segment(&mut self, segment: &Segment, node: &Node) {
        self.never(&segment.enter, node, "enter", "no lead ever enters this segment by itself");
        if let (Some(leave), Some(inner)) = (&segment.leave, node.get("leave")) {
            self.tests_within(leave, inner);
            if truth(leave, self.playbook) == Some(true) {
                self.warn(
                    inner.place,
                    "this is always true, so that no lead ever enters this segment by itself; change or remove it",
                );
            }
        }
    }

    fn ladder(&mut self, ladder: &Ladder, node: &Node) {
        for (at, (stage, node)) in ladder.stages.iter().zip(items(node, "stages")).enumerate() {
            let key = if at == 0 {
                "id"
            } else if stage.from.is_some() {
                "from"
            } else {
                "enter"
            };
            for (condition, key) in [(&stage.enter, "enter"), (&stage.leave, "leave")] {
                if let (Some(condition), Some(node)) = (condition, node.get(key)) {
                    self.tests_within(condition, node);
                }
            }
            if let Some(why) = self.unreachable(ladder, at, stage) {
                self.warn(place(node, key), format!("no lead can reach the stage `{}` by itself: {why}", stage.id));
            }
        }
    }

    fn unreachable(&self, ladder: &Ladder, at: usize, stage: &Stage) -> Option<String> {
        if let (Some(from), Some(score)) = (stage.from, &ladder.score) {
            let score = self.playbook.scores.iter().find(|s| s.id == *score)?;
            let (low, high) = score_bounds(score, self.playbook);
            let reached = Test(vec![(Operator::Gte, Value::Number(from))]);
            if number_truth(&reached, low, high, false) == Some(false) {
                return Some(format!(
                    "it begins at {from}, and the score `{}` never exceeds {high}; lower its `from`",
                    score.id
                ));
            }
        }
        if stage.enter.as_ref().is_some_and(|enter| truth(enter, self.playbook) == Some(false)) {
            return Some("its `enter` can never be true; change it".into());
        }
        if stage.leave.as_ref().is_some_and(|leave| truth(leave, self.playbook) == Some(true)) {
            return Some("its `leave` is always true; change or remove it".into());
        }
        ladder.stages[at + 1..].iter().find_map(|above| self.covered(ladder, stage, above))
    }

    /// Whether whoever could enter a stage is taken further up at once, and never comes down to it.
    fn covered(&self, ladder: &Ladder, stage: &Stage, above: &Stage) -> Option<String> {
        if stage.leave.is_some() || above.leave.is_some() {
            return None;
        }
        match (stage.from, above.from) {
            (Some(from), Some(higher)) if higher <= from => {
                return Some(format!(
                    "`{}`, above it, begins at {higher} already; order the stages by `from`, the lowest first",
                    above.id
                ));
            }
            (_, Some(higher)) => {
                let score = self.playbook.scores.iter().find(|s| ladder.score.as_ref() == Some(&s.id))?;
                let (low, high) = score_bounds(score, self.playbook);
                let reached = Test(vec![(Operator::Gte, Value::Number(higher))]);
                let always = number_truth(&reached, low, high, false) == Some(true);
                return always.then(|| {
                    format!(
                        "everybody is in `{}`, above it, for the score `{}` never falls below {low}; raise its `from`",
                        above.id, score.id
                    )
                });
            }
            _ => {}
        }
        let always = above.enter.as_ref().is_some_and(|enter| truth(enter, self.playbook) == Some(true));
        always.then(|| format!("everybody is in `{}`, above it, whose `enter` is always true; change that", above.id))
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
    }

    fn sequence(&mut self, sequence: &Sequence, node: &Node) {
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
            self.never(goal, node, "goal", "no enrolment ever reaches its goal");
        }
        self.steps(&sequence.steps, items(node, "steps"));
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
}
