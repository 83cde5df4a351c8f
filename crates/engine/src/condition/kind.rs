//! Kinds of events as verbs: as the vocabulary has them, any other by its name in quotes.

use super::phrase::quoted;
use crate::vocabulary::{EventKind, Words};

fn words(kind: &str) -> Option<Words> {
    EventKind::named(kind)?.words
}

/// What follows "has": "viewed a page", "had the event “Trial Started”".
pub(super) fn participle(kind: &str) -> String {
    match words(kind) {
        Some(words) => words.participle.to_string(),
        None => format!("had the event {}", quoted(kind)),
    }
}

/// What follows "without" or "points for": "viewing a page", "the event “Trial Started”".
pub(crate) fn gerund(kind: &str) -> String {
    match words(kind) {
        Some(words) => words.gerund.to_string(),
        None => format!("the event {}", quoted(kind)),
    }
}
