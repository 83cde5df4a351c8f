//! Sequences: enrollments and their steps.

use super::book::{Again, Book, Sequence};
use super::condition::{Condition, Scope, id_of, in_sample};
use super::instant::duration;
use super::life::{Cause, Life};
use serde_json::{Value, json};

/// A step, nested ones laid out in a row.
pub enum Step {
    Alert,
    /// The e-mail's id; `null` for the best.
    Send(Value),
    Wait(i64),
    Until {
        condition: Condition,
        at_most: Option<i64>,
    },
    /// Goes on at the step with this number where the condition does not hold.
    Unless(Condition, usize),
    Jump(usize),
}

/// Lays the steps out in a row.
pub fn flat(book: &mut Book, steps: &[Value]) -> Vec<Step> {
    let mut row = Vec::new();
    lay_out(book, steps, &mut row);
    row
}

fn lay_out(book: &mut Book, steps: &[Value], row: &mut Vec<Step>) {
    for step in steps {
        if let Some(branch) = step.get("branch") {
            lay_out_branch(book, branch, row);
        } else if let Some(send) = step.get("send") {
            let email = if send.is_string() { send } else { send.get("email").unwrap_or(&Value::Null) };
            row.push(Step::Send(email.clone()));
        } else if let Some(wait) = step.get("wait") {
            row.push(match wait {
                Value::String(text) => Step::Wait(duration(text)),
                _ => Step::Until {
                    condition: book.condition(&wait["until"]),
                    at_most: wait.get("at_most").and_then(Value::as_str).map(duration),
                },
            });
        } else {
            row.push(Step::Alert);
        }
    }
}

fn lay_out_branch(book: &mut Book, branch: &Value, row: &mut Vec<Step>) {
    let side = |key| branch.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let condition = book.condition(&branch["if"]);
    let choice = row.len();
    row.push(Step::Jump(0));
    lay_out(book, side("then"), row);
    let end_of_then = row.len();
    row.push(Step::Jump(0));
    row[choice] = Step::Unless(condition, row.len());
    lay_out(book, side("else"), row);
    row[end_of_then] = Step::Jump(row.len());
}

#[derive(Clone, Default)]
pub struct Course {
    pub enrollment: Option<Enrollment>,
    /// Whether `enroll` held at the last evaluation.
    held: bool,
    /// When the last enrollment began.
    began: Option<i64>,
}

#[derive(Clone)]
pub struct Enrollment {
    pub since: i64,
    /// The number of the first event after the one that enrolled.
    from: usize,
    by_hand: bool,
    pub position: usize,
    /// Since when it waits at its step.
    pub waiting: Option<i64>,
}

impl Life<'_> {
    pub fn settle_sequences(&mut self, cause: Cause) {
        let book = self.book;
        for (number, sequence) in book.sequences.iter().enumerate() {
            let by_hand = self.sequence_by_hand(sequence, cause);
            self.end_enrollment(number, sequence, by_hand == Some(false), cause);
            self.run_steps(number, sequence, cause);
            let holds = self.holds(&sequence.enroll);
            let rises = holds && !self.sequences[number].held;
            self.sequences[number].held = holds;
            if self.sequences[number].enrollment.is_some() || self.lead.history.is_some_and(|end| self.now <= end) {
                continue;
            }
            // What is made by hand asks neither `enroll` nor `again`; an enrollment that would end at once is none.
            let by_hand = by_hand == Some(true);
            let asked = by_hand || rises && self.is_free(number, sequence);
            if asked && self.would_last(sequence, by_hand) {
                self.enrol(number, sequence, by_hand, cause);
            }
        }
    }

    /// Whether the event at hand enters the sequence (true) or stops it (false).
    fn sequence_by_hand(&self, sequence: &Sequence, cause: Cause) -> Option<bool> {
        let event = cause.by_hand(self)?;
        if id_of(event, "sequence")? != sequence.id {
            return None;
        }
        match event.kind.as_deref()? {
            "Sequence Entered" => Some(true),
            "Sequence Stopped" => Some(false),
            _ => None,
        }
    }

    fn log_change(&mut self, sequence: &Sequence, change: &str, cause: Cause) {
        self.log(json!({"kind": "sequence", "sequence": sequence.id, "change": change}), cause);
    }

    /// Goal, then `while`.
    fn end_enrollment(&mut self, number: usize, sequence: &Sequence, stopped: bool, cause: Cause) {
        let Some(enrollment) = &self.sequences[number].enrollment else { return };
        let scope = Scope { from: enrollment.from, since: enrollment.since };
        let stay = if enrollment.by_hand { &sequence.stay_by_hand } else { &sequence.stay };
        let change = if self.holds_in(&sequence.goal, scope) {
            "goal"
        } else if stopped || !self.holds(stay) {
            "stopped"
        } else {
            return;
        };
        self.sequences[number].enrollment = None;
        self.log_change(sequence, change, cause);
    }

    /// Whether `again` allows an enrollment.
    fn is_free(&self, number: usize, sequence: &Sequence) -> bool {
        match (self.sequences[number].began, sequence.again) {
            (None, _) | (_, Again::Always) => true,
            (Some(_), Again::Never) => false,
            (Some(began), Again::After(pause)) => self.now - began >= pause,
        }
    }

    /// Whether an enrollment that begins now is neither at its goal already nor stopped.
    fn would_last(&self, sequence: &Sequence, by_hand: bool) -> bool {
        let scope = Scope { from: self.taken, since: self.now };
        let stay = if by_hand { &sequence.stay_by_hand } else { &sequence.stay };
        self.holds(stay) && !self.holds_in(&sequence.goal, scope)
    }

    fn enrol(&mut self, number: usize, sequence: &Sequence, by_hand: bool, cause: Cause) {
        self.sequences[number].began = Some(self.now);
        if !by_hand && in_sample(sequence.holdout, &sequence.id, &self.lead.name) {
            return self.log_change(sequence, "held_out", cause);
        }
        let enrollment = Enrollment { since: self.now, from: self.taken, by_hand, position: 0, waiting: None };
        self.sequences[number].enrollment = Some(enrollment);
        self.log_change(sequence, "enrolled", cause);
        self.run_steps(number, sequence, cause);
    }

    /// Runs the steps that are due.
    fn run_steps(&mut self, number: usize, sequence: &Sequence, cause: Cause) {
        while let Some(enrollment) = &mut self.sequences[number].enrollment {
            let Some(step) = sequence.steps.get(enrollment.position) else {
                self.sequences[number].enrollment = None;
                return self.log_change(sequence, "finished", cause);
            };
            let waited = self.now - *enrollment.waiting.get_or_insert(self.now);
            let behind = enrollment.position + 1;
            let next = match step {
                Step::Alert => behind,
                Step::Send(email) => {
                    self.log(json!({"kind": "send", "sequence": sequence.id, "email": email}), cause);
                    behind
                }
                Step::Wait(length) if waited < *length => return,
                Step::Wait(_) => behind,
                Step::Until { condition, at_most } => {
                    if !self.holds(condition) && at_most.is_none_or(|longest| waited < longest) {
                        return;
                    }
                    behind
                }
                Step::Unless(condition, otherwise) => {
                    if self.holds(condition) {
                        behind
                    } else {
                        *otherwise
                    }
                }
                Step::Jump(to) => *to,
            };
            if let Some(enrollment) = &mut self.sequences[number].enrollment {
                enrollment.position = next;
                enrollment.waiting = None;
            }
        }
    }
}
