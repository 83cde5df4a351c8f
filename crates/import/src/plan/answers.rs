//! Whether a column that nobody knows is a question about mail, because its cells answer it.

use crate::consent::{Answer, Question, answer};

/// What the cells of a column answer whose header may ask whether somebody wants to be written to.
pub struct Answers {
    question: Question,
    /// Cells that may mean that no mail is wanted.
    against: Cells,
    /// Cells that are no answers, and mean so only where the question holds such texts.
    texts: Cells,
    answered: u64,
    yes: u64,
    only: bool,
    /// Some cell is a number, as of a column that counts.
    has_numbers: bool,
}

/// How many cells, and what they say, each text once.
#[derive(Default)]
struct Cells {
    count: u64,
    shown: Vec<String>,
}

impl Cells {
    fn see(&mut self, text: &str) {
        self.count += 1;
        // A choice has few words that mean no, and so has a question; dates are many.
        if self.shown.len() < SHOWN && !self.shown.iter().any(|shown| shown == text) {
            self.shown.push(text.to_owned());
        }
    }
}

impl Answers {
    pub fn of(question: Question) -> Answers {
        let (against, texts) = (Cells::default(), Cells::default());
        Answers { question, against, texts, answered: 0, yes: 0, only: true, has_numbers: false }
    }

    pub fn see(&mut self, text: &str, is_date: impl FnOnce() -> bool) {
        let Some(answer) = answer(text, is_date) else { return self.see_other(text) };
        self.answered += 1;
        self.yes += u64::from(answer == Answer::Yes);
        if self.question.is_against(answer) {
            self.against.see(text);
        }
    }

    fn see_other(&mut self, text: &str) {
        self.see_text();
        self.has_numbers |= text.parse::<f64>().is_ok();
        if self.question.is_doubtful(text) {
            self.against.see(text);
        } else if !self.question.holds_texts && self.question.is_not_understood(text) {
            self.texts.see(text);
        }
    }

    /// A cell that says something by itself.
    pub fn see_text(&mut self) {
        self.only = false;
    }

    /// The question, when all cells were seen: beside answers, a text may be one that is not understood.
    pub fn question(&self) -> Question {
        let question = self.question;
        let among_answers = self.answered > 0 && !question.is_choice && (question.asks || question.is_denied);
        Question { holds_texts: question.holds_texts || among_answers, ..question }
    }

    /// Cells that may mean that no mail is wanted, and some of their texts.
    pub fn doubts(&self) -> (u64, impl Iterator<Item = &String>) {
        let texts = Some(&self.texts).filter(|_| self.question().holds_texts);
        let count = self.against.count + texts.map_or(0, |texts| texts.count);
        (count, self.against.shown.iter().chain(texts.into_iter().flat_map(|texts| &texts.shown)))
    }

    /// Whether the column answers the question: with nothing else in its cells, or where it asks for a choice, or where its
    /// header leaves no doubt what it asks.
    pub fn are_given(&self) -> bool {
        let question = self.question;
        let is_telling = question.asks || question.is_plain && !self.has_numbers;
        (self.only || question.is_choice || is_telling) && self.doubts().0 + self.yes > 0
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
