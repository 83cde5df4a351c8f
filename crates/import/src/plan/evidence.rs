//! What the cells of one column say together; only what can matter for its key is looked at.

use std::collections::BTreeMap;

use attractor_engine::address::without_invisible;

use super::answers::Answers;
use super::choose::Chosen;
use super::holds;
use crate::cell::{Holds, said, sentinel, yes_or_no};
use crate::consent::{About, Says};
use crate::dates::{DateEvidence, in_either_order};
use crate::exports::Export;
use crate::identifiers;
use crate::keys::{ColumnKey, MailStatus};
use crate::numbers::NumberEvidence;

/// As many different words are kept of a column to be shown.
const SHOWN: usize = 3;

/// Behind this many cells, a column that holds mostly something else is not looked at any more.
const ENOUGH: u64 = 100;

pub struct ColumnEvidence {
    /// Rows in which the column says anything.
    pub filled: u64,
    /// What it says in the first rows, each text once.
    pub samples: Vec<String>,
    /// Of a column of dates, or of one whose values were found to be dates.
    pub dates: Option<DateEvidence>,
    /// Of a column of numbers, or of one whose values were found to be numbers.
    pub numbers: Option<NumberEvidence>,
    /// The evidence serves to find out what a column is.
    pub free: bool,
    /// Words that were taken as empty, as first written, with how often.
    pub emptied: BTreeMap<String, (String, u64)>,
    /// Cells in which invisible characters stood around or in an address.
    pub invisible: u64,
    /// Cells that may be about leaving and were not understood, and some of them.
    pub doubtful: u64,
    pub doubts: Vec<String>,
    /// Cells without a yes, of a column about agreeing; but for those that say no or name another legal basis.
    pub without_yes: u64,
    /// Of these, the cells that say something.
    pub unclear_yes: u64,
    /// Cells that are neither a yes nor a no, of a column that says whether a deal was won or lost.
    pub unclear: u64,
    /// Cells that are a range of numbers.
    pub ranges: u64,
    /// Of a column that may be a question; when all cells were seen, of one that is.
    pub answers: Option<Answers>,
    /// Cells of a column about something else by which somebody left.
    against: u64,
    is_answer: bool,
    is_date: bool,
    is_email: bool,
    quantity: bool,
    holds: Holds,
    about: Option<About>,
    statuses: &'static [(&'static str, MailStatus)],
}

/// `51-200`, `1 001 – 5 000`, `10,001+`
fn is_range(text: &str) -> bool {
    let is_number = |part: &str| {
        let part = part.trim();
        part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | ' ' | '\'' | '\u{a0}' | '\u{202f}'))
    };
    match text.split_once(['-', '–', '—']) {
        Some((from, to)) => is_number(from) && is_number(to.trim_end_matches(|c: char| !c.is_ascii_digit())),
        None => text.strip_suffix('+').is_some_and(is_number),
    }
}

impl ColumnEvidence {
    pub fn of(chosen: &Chosen, export: &'static Export) -> ColumnEvidence {
        let key = &chosen.key;
        let is_text = key.is_free() && (identifiers::is_one(&chosen.name) || identifiers::is_one(&chosen.header));
        let free = key.is_free() && !is_text;
        let may_have_dates = key.is_date() || *key == ColumnKey::Converted || chosen.about.is_some_and(About::is_plain);
        ColumnEvidence {
            filled: 0,
            samples: Vec::new(),
            dates: (free || may_have_dates).then(DateEvidence::default),
            numbers: (free || key.is_number()).then(NumberEvidence::default),
            free,
            emptied: BTreeMap::new(),
            invisible: 0,
            doubtful: 0,
            doubts: Vec::new(),
            without_yes: 0,
            unclear_yes: 0,
            unclear: 0,
            ranges: 0,
            answers: chosen.question.map(Answers::of),
            against: 0,
            is_answer: matches!(key, ColumnKey::Won | ColumnKey::Lost),
            is_date: key.is_date(),
            is_email: matches!(key, ColumnKey::Email | ColumnKey::ContactEmail),
            quantity: identifiers::is_quantity(&chosen.name) || identifiers::is_quantity(&chosen.header),
            holds: holds(key, &chosen.name, chosen.about),
            about: chosen.about,
            statuses: export.statuses,
        }
    }

    pub fn see(&mut self, cell: &str) {
        if let Some(word) = sentinel(cell, self.holds) {
            self.emptied.entry(word.to_lowercase()).or_insert_with(|| (word.to_owned(), 0)).1 += 1;
        }
        let Some(text) = said(cell, self.holds) else {
            self.without_yes += 1;
            return;
        };
        self.ranges += u64::from(is_range(text));
        self.unclear += u64::from(self.is_answer && yes_or_no(text).is_none());
        self.filled += 1;
        if self.samples.len() < SHOWN && !self.samples.iter().any(|sample| sample == text) {
            self.samples.push(text.to_owned());
        }
        self.invisible += u64::from(self.is_email && without_invisible(text).len() < text.len());
        if let Some(dates) = &mut self.dates {
            dates.see(text);
        }
        if let Some(numbers) = &mut self.numbers {
            numbers.see(text);
        }
        if self.free && self.filled >= ENOUGH {
            self.dates.take_if(|dates| !dates.mostly_dates());
            self.numbers.take_if(|numbers| !numbers.mostly_numbers(self.quantity));
        }
        // A cell that says so by itself answers nothing, and is counted once.
        let is_told = self.see_consent(text);
        if let Some(answers) = &mut self.answers {
            if is_told { answers.see_text() } else { answers.see(text, || in_either_order(text).is_some()) }
        }
    }

    /// Whether the cell says by itself that no mail is wanted, or may say so.
    fn see_consent(&mut self, text: &str) -> bool {
        let Some(about) = self.about else { return false };
        let dated = if about.is_plain() { in_either_order(text).map(Some) } else { None };
        let says = about.read(text, self.statuses, dated);
        let would_be_granted = || About::Basis.read(text, self.statuses, None) == Says::Nothing;
        let may_agree = about == About::Agreed && says != Says::Agrees && would_be_granted();
        self.without_yes += u64::from(may_agree);
        self.unclear_yes += u64::from(may_agree);
        match says {
            Says::Doubtful => {
                self.doubtful += 1;
                if self.doubts.len() <= SHOWN && !self.doubts.iter().any(|doubt| doubt == text) {
                    self.doubts.push(text.to_owned());
                }
            }
            Says::Against(..) => self.against += 1,
            Says::Nothing | Says::Agrees => return false,
        }
        true
    }

    /// To be called when all cells were seen: keeps only the evidence by which the column is read.
    pub fn settle(&mut self) {
        let free = self.free;
        self.numbers.take_if(|numbers| free && !numbers.all_numbers(self.quantity));
        self.dates.take_if(|dates| !self.is_date && !dates.all_dates());
        if free && self.numbers.is_some() {
            self.dates = None;
        }
        self.answers.take_if(|answers| !answers.are_given() || self.is_email && !answers.are_all());
        if let Some(answers) = &self.answers {
            let (count, shown) = answers.doubts();
            self.doubtful += count;
            self.doubts.extend(shown.cloned());
        }
        self.doubts.truncate(SHOWN);
    }

    /// Whether some cell of a column about something else says that its lead left, or may say so.
    pub fn is_telling(&self) -> bool {
        self.doubtful + self.against > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_numbers() {
        for (text, expected) in [
            ("51-200", true),
            ("1,001 – 5,000", true),
            ("51-200 employees", true),
            ("10,001+", true),
            ("250", false),
            ("-", false),
            ("-5", false),
            ("mid-size", false),
        ] {
            assert_eq!(is_range(text), expected, "{text}");
        }
    }
}
