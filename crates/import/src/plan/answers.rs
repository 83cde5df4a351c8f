//! Whether a column that nobody knows is a question about mail, because its cells answer it.

use crate::consent::{Answer, Question, answer};

/// What the cells of a column answer whose header may ask whether somebody wants to be written to.
pub struct Answers {
    pub question: Question,
    /// Cells that may mean that no mail is wanted, and what they say, each text once.
    pub against: u64,
    pub doubts: Vec<String>,
    yes: u64,
    only: bool,
}

impl Answers {
    pub fn of(question: Question) -> Answers {
        Answers { question, against: 0, doubts: Vec::new(), yes: 0, only: true }
    }

    pub fn see(&mut self, text: &str, is_date: impl FnOnce() -> bool) {
        let Some(answer) = answer(text, is_date) else {
            self.only = false;
            return;
        };
        self.yes += u64::from(answer == Answer::Yes);
        if self.question.is_against(answer) {
            self.against += 1;
            // A choice has few words that mean no, and so has a question; dates are many.
            if self.doubts.len() < SHOWN && !self.doubts.iter().any(|doubt| doubt == text) {
                self.doubts.push(text.to_owned());
            }
        }
    }

    /// Whether the column answers the question: with nothing else in its cells, or where it asks for a choice.
    pub fn are_given(&self) -> bool {
        (self.only || self.question.is_choice) && self.against + self.yes > 0
    }

    /// Whether each cell is an answer, so that none is an address.
    pub fn are_all(&self) -> bool {
        self.only
    }

    /// Whether an empty cell is not a yes, because others are one.
    pub fn expect_yes(&self) -> bool {
        self.only && self.yes > 0 && !self.question.is_denied
    }
}

/// As many different texts are kept to be shown.
const SHOWN: usize = 4;
