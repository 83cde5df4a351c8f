//! What is wrong with an e-mail, and where.

use std::fmt;

/// The part of an e-mail that a problem or a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Subject,
    Preheader,
    Body,
    /// The sender, whom the e-mail itself does not name.
    Sender,
}

impl Part {
    pub const ALL: [Part; 4] = [Part::Subject, Part::Preheader, Part::Body, Part::Sender];

    /// As people read it.
    pub fn name(self) -> &'static str {
        match self {
            Part::Subject => "subject",
            Part::Preheader => "preheader",
            Part::Body => "body",
            Part::Sender => "sender",
        }
    }
}

/// Where something is written: the part, for a block list the JSON pointer of the text, and the line (from 1) in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub part: Part,
    /// A JSON pointer (RFC 6901) such as `/blocks/2/text`; empty in MJML, subjects and preheaders.
    pub pointer: String,
    /// Counts from 1. In a block list, it counts inside the text that the pointer names.
    pub line: u32,
}

impl Place {
    pub(super) fn new(part: Part, pointer: &str, line: u32) -> Self {
        Self { part, pointer: pointer.into(), line }
    }

    /// The same text, at another line.
    pub(super) fn at(&self, line: u32) -> Self {
        Self { line, ..self.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part.name();
        if self.pointer.is_empty() {
            write!(out, "{part}, line {}", self.line)
        } else {
            write!(out, "{part}, {}, line {}", self.pointer, self.line)
        }
    }
}

/// Why an e-mail cannot be compiled or rendered. The message says what is wrong and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub message: String,
}

impl Problem {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for Problem {}

/// The line, from 1, of a byte of a text.
pub(super) fn line_at(text: &str, offset: usize) -> u32 {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + u32::try_from(before.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}
