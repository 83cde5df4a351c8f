//! What a person should look at before a mail leaves: each finding says where and what to do.

use super::links::{Kind, LinkSource, is_allowed};
use super::markup::Tag;
use super::problem::Place;

/// Bytes after which Gmail cuts a mail off.
pub const GMAIL_LIMIT: usize = 102_000;

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    NoAltText,
    NoDimensions,
    NoUnsubscribeLink,
    NoPostalAddress,
    TooLarge,
    NoTopic,
    LeadsNowhere,
    DeadPersonalization,
}

/// A finding: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub place: Place,
    pub message: String,
}

/// What was seen while the HTML was read.
#[derive(Default)]
pub(super) struct Seen {
    findings: Vec<Finding>,
}

impl Seen {
    pub(super) fn open(&mut self, tag: &Tag<'_>, place: &Place) {
        if !tag.is("img") {
            return;
        }
        let source = tag.attribute("src").unwrap_or_default();
        if tag.attribute("alt").is_none_or(|alt| alt.trim().is_empty()) {
            let message = format!("the image {source} has no text in place of it; write `alt`");
            self.findings.push(Finding { check: Check::NoAltText, place: place.clone(), message });
        }
        if tag.attribute("width").is_none() || tag.attribute("height").is_none_or(|height| height == "auto") {
            let message =
                format!("the image {source} has no width and height, so the text jumps when it is loaded; write both");
            self.findings.push(Finding { check: Check::NoDimensions, place: place.clone(), message });
        }
    }

    /// The findings that are the same for every lead.
    pub(super) fn findings(mut self, links: &[LinkSource]) -> Vec<Finding> {
        for link in links.iter().filter(|link| link.kind == Kind::Content) {
            let shown = link.fixed.as_deref().unwrap_or("with a value");
            if link.fixed.as_deref().is_some_and(|url| !is_allowed(url)) {
                let message =
                    format!("the link `{shown}` leads nowhere from a mail; write the whole address, with https://");
                self.findings.push(Finding { check: Check::LeadsNowhere, place: link.place.clone(), message });
            } else if link.declared.topic.is_none() {
                let message =
                    format!("the link {shown} has no topic; write `{{{{ \"URL\" | attractor: \"topic\" }}}}`");
                self.findings.push(Finding { check: Check::NoTopic, place: link.place.clone(), message });
            }
        }
        self.findings
    }
}
