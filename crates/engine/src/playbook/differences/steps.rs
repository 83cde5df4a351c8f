//! What differs between the steps of a sequence, each as a sentence.

use super::{Difference, Differs, Side};
use crate::playbook::sentences::step_line;
use crate::playbook::{Action, Step};

/// A list of steps in both playbooks.
pub(super) struct Steps<'a> {
    pub old: (&'a Side<'a>, &'a [Step]),
    pub new: (&'a Side<'a>, &'a [Step]),
    /// Where they are, in words: "the sequence “Welcome”".
    pub of: String,
    pub path: String,
}

/// Positions of a step before and after; one of them is missing where it is new or gone.
type Pair = (Option<usize>, Option<usize>);

impl Steps<'_> {
    pub fn differences(&self, found: &mut Vec<Difference>) {
        for pair in self.pairs() {
            match pair {
                (Some(old), Some(new)) if self.old.1[old] == self.new.1[new] => {}
                (Some(old), Some(new)) => self.changed(old, new, found),
                (None, Some(new)) => found.push(self.line(
                    Differs::Added,
                    new,
                    format!("Step {} of {} is new: {}.", new + 1, self.of, self.says_new(new)),
                )),
                (Some(old), None) => found.push(self.line(
                    Differs::Removed,
                    old,
                    format!("Step {} of {} is removed: {}.", old + 1, self.of, self.says_old(old)),
                )),
                (None, None) => {}
            }
        }
    }

    fn line(&self, differs: Differs, at: usize, sentence: String) -> Difference {
        Difference { path: self.path_of(at, differs), differs, sentence, was: None, now: None }
    }

    fn path_of(&self, at: usize, differs: Differs) -> String {
        let steps = if differs == Differs::Removed { self.old.1 } else { self.new.1 };
        let name = steps.get(at).and_then(|step| step.id.clone()).unwrap_or_else(|| at.to_string());
        format!("{}/{name}", self.path)
    }

    fn says_old(&self, at: usize) -> String {
        step_line(&self.old.1[at], &self.old.0.names)
    }

    fn says_new(&self, at: usize) -> String {
        step_line(&self.new.1[at], &self.new.0.names)
    }

    fn changed(&self, old: usize, new: usize, found: &mut Vec<Difference>) {
        let (was, now) = (self.says_old(old), self.says_new(new));
        if was != now {
            let sentence = format!("Step {} of {} is now: {now}. It was: {was}.", new + 1, self.of);
            found.push(self.line(Differs::Changed, new, sentence));
        } else if self.old.1[old].id != self.new.1[new].id {
            let sentence = format!("Step {} of {} has another id.", new + 1, self.of);
            found.push(self.line(Differs::Changed, new, sentence));
        }
        let sides = (&self.old.1[old].action, &self.new.1[new].action);
        let (Action::Branch { then, otherwise, .. }, Action::Branch { then: then_now, otherwise: otherwise_now, .. }) =
            sides
        else {
            return;
        };
        let path = self.path_of(new, Differs::Changed);
        for (key, word, old_side, new_side) in
            [("then", "then", then, then_now), ("else", "otherwise", otherwise, otherwise_now)]
        {
            let of = format!("“{word}” in step {} of {}", new + 1, self.of);
            let (old, new) = ((self.old.0, old_side.as_slice()), (self.new.0, new_side.as_slice()));
            Steps { old, new, of, path: format!("{path}/branch/{key}") }.differences(found);
        }
    }

    /// Which step became which: those of one id, those that are equal, and what is left between them in its order.
    fn pairs(&self) -> Vec<Pair> {
        let kept = kept(self.old.1, self.new.1);
        let mut pairs = Vec::new();
        let (mut old, mut new) = (0, 0);
        for (old_end, new_end) in kept.into_iter().chain([(self.old.1.len(), self.new.1.len())]) {
            while old < old_end && new < new_end {
                pairs.push((Some(old), Some(new)));
                (old, new) = (old + 1, new + 1);
            }
            pairs.extend((old..old_end).map(|old| (Some(old), None)));
            pairs.extend((new..new_end).map(|new| (None, Some(new))));
            if old_end < self.old.1.len() {
                pairs.push((Some(old_end), Some(new_end)));
            }
            (old, new) = (old_end + 1, new_end + 1);
        }
        pairs
    }
}

/// The longest row of steps that both lists have, in their order: pairs of positions.
fn kept(old: &[Step], new: &[Step]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            longest[i][j] = match are_one(one, other) {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut kept) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if are_one(&old[i], &new[j]) {
            kept.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    kept
}

fn are_one(one: &Step, other: &Step) -> bool {
    match (&one.id, &other.id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one == other,
        _ => false,
    }
}
