//! Kinds of events as verbs: the common ones in plain words, any other by its name in quotes.

use super::phrase::quoted;

struct Verb {
    kind: &'static str,
    participle: &'static str,
    gerund: &'static str,
}

const fn verb(kind: &'static str, participle: &'static str, gerund: &'static str) -> Verb {
    Verb { kind, participle, gerund }
}

/// No two kinds share a phrase, and none begins as another does.
const VERBS: [Verb; 11] = [
    verb("Page Viewed", "viewed a page", "viewing a page"),
    verb("Screen Viewed", "viewed a screen", "viewing a screen"),
    verb("Email Opened", "opened an e-mail", "opening an e-mail"),
    verb("Email Link Clicked", "clicked a link in an e-mail", "clicking a link in an e-mail"),
    verb("Email Replied", "replied to an e-mail", "replying to an e-mail"),
    verb("Email Marked as Spam", "marked an e-mail as spam", "marking an e-mail as spam"),
    verb("Form Submitted", "submitted a form", "submitting a form"),
    verb("Content Downloaded", "downloaded content", "downloading content"),
    verb("Webinar Attended", "attended a webinar", "attending a webinar"),
    verb("Demo Requested", "requested a demo", "requesting a demo"),
    verb("Topic Chosen", "chosen a topic", "choosing a topic"),
];

fn known(kind: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.kind == kind)
}

/// What follows "has": "viewed a page", "had the event “Trial Started”".
pub(super) fn participle(kind: &str) -> String {
    match known(kind) {
        Some(verb) => verb.participle.to_string(),
        None => format!("had the event {}", quoted(kind)),
    }
}

/// What follows "without" or "points for": "viewing a page", "the event “Trial Started”".
pub(crate) fn gerund(kind: &str) -> String {
    match known(kind) {
        Some(verb) => verb.gerund.to_string(),
        None => format!("the event {}", quoted(kind)),
    }
}
