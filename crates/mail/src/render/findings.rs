//! What a person should look at before a mail leaves: each finding says where and what to do.

use super::links::{Kind, LinkSource, is_allowed, is_page};
use super::markup::Tag;
use super::problem::{Part, Place};
use crate::dns::{Alignment, are_aligned};
use crate::message::Mailbox;

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
    /// Text that is hard to read on its ground.
    LowContrast,
    /// The same on a dark screen.
    LowContrastInDarkMode,
    /// DMARC does not regard the mail as From's own.
    FromNotAligned,
    /// The e-mail names a sender that is not there.
    UnknownSender,
}

impl Check {
    pub const ALL: [Check; 12] = [
        Check::NoAltText,
        Check::NoDimensions,
        Check::NoUnsubscribeLink,
        Check::NoPostalAddress,
        Check::TooLarge,
        Check::NoTopic,
        Check::LeadsNowhere,
        Check::DeadPersonalization,
        Check::LowContrast,
        Check::LowContrastInDarkMode,
        Check::FromNotAligned,
        Check::UnknownSender,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Check::NoAltText => "no_alt_text",
            Check::NoDimensions => "no_dimensions",
            Check::NoUnsubscribeLink => "no_unsubscribe_link",
            Check::NoPostalAddress => "no_postal_address",
            Check::TooLarge => "too_large",
            Check::NoTopic => "no_topic",
            Check::LeadsNowhere => "leads_nowhere",
            Check::DeadPersonalization => "dead_personalization",
            Check::LowContrast => "low_contrast",
            Check::LowContrastInDarkMode => "low_contrast_in_dark_mode",
            Check::FromNotAligned => "from_not_aligned",
            Check::UnknownSender => "unknown_sender",
        }
    }
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

    /// The findings that are the same whoever reads the mail and whatever is declared.
    pub(super) fn findings(mut self, links: &[LinkSource]) -> Vec<Finding> {
        for link in links.iter().filter(|link| link.kind == Kind::Content) {
            let Some(url) = link.fixed.as_deref().filter(|url| !is_allowed(url)) else { continue };
            let message = format!("the link `{url}` leads nowhere from a mail; write the whole address, with https://");
            self.findings.push(Finding { check: Check::LeadsNowhere, place: link.place.clone(), message });
        }
        self.findings
    }
}

/// What is known beside the e-mail itself when somebody looks at it.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Whether the mail is one that nobody can leave, and that carries no attractors.
    pub is_transactional: bool,
    /// Whether any lead has this attribute: the name of one that nobody has is probably misspelled.
    pub has_attribute: &'a dyn Fn(&str) -> bool,
    /// Whether a link without a topic of its own stands for one all the same: its page's, or the e-mail's. `None` for a link
    /// that is different in each copy.
    pub has_topic: &'a dyn Fn(Option<&str>) -> bool,
    /// Bytes of the HTML as it leaves.
    pub size: usize,
}

impl Known<'_> {
    /// A link that stands for nothing.
    pub(super) fn without_topic(&self, link: &LinkSource) -> Option<Finding> {
        let url = link.fixed.as_deref();
        let has_one = link.declared.topic.is_some() || url.is_some_and(|url| !is_page(url)) || (self.has_topic)(url);
        if link.kind != Kind::Content || self.is_transactional || has_one {
            return None;
        }
        let shown = url.map_or_else(|| "a link whose address is a value".to_owned(), |url| format!("the link {url}"));
        let message = format!("{shown} has no topic; write `{{{{ \"URL\" | attractor: \"topic\" }}}}`");
        Some(Finding { check: Check::NoTopic, place: link.place.clone(), message })
    }

    /// What Gmail would cut off.
    pub(super) fn too_large(&self, place: &Place) -> Option<Finding> {
        let size = self.size;
        let message = format!("the HTML has {size} bytes; Gmail cuts a mail off after {GMAIL_LIMIT}; make it shorter");
        (size > GMAIL_LIMIT).then(|| Finding { check: Check::TooLarge, place: place.clone(), message })
    }
}

/// Whether DMARC regards a mail as From's own: the domain that signs it, or that of its return path, has to be aligned with
/// From's. `signing` is `None` for a mail that is not signed.
///
/// ```
/// use attractor_mail::message::Mailbox;
/// use attractor_mail::render::from_alignment;
///
/// let from = Mailbox::parse("news@example.org")?;
/// assert_eq!(from_alignment(&from, Some("example.org"), "bounce.example.org"), None);
/// let finding = from_alignment(&from, None, "bounces.mail.example").unwrap();
/// assert!(finding.message.starts_with("From is an address at example.org, but nothing proves"));
/// # Ok::<(), attractor_mail::message::AddressError>(())
/// ```
pub fn from_alignment(from: &Mailbox, signing: Option<&str>, return_path: &str) -> Option<Finding> {
    let is_aligned = |domain: &str| are_aligned(&domain.to_ascii_lowercase(), from.domain(), Alignment::Relaxed);
    if signing.is_some_and(is_aligned) || is_aligned(return_path) {
        return None;
    }
    let signed = match signing {
        Some(domain) => format!("it is signed by {domain}"),
        None => "it is not signed".to_owned(),
    };
    let message = format!(
        "From is an address at {}, but nothing proves it: {signed}, and its return path is at {return_path}; send from a domain \
         whose DNS records are set, and put this address into Reply-To",
        from.domain()
    );
    Some(Finding { check: Check::FromNotAligned, place: Place::new(Part::Sender, "", 1), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_aligned_domain_is_enough() {
        let from = Mailbox::parse("Ada@News.Example.co.uk").unwrap();
        for (signing, return_path, is_aligned) in [
            (Some("news.example.co.uk"), "mail.example", true),
            (Some("Example.co.uk"), "mail.example", true),
            (Some("other.co.uk"), "bounce.example.co.uk", true),
            (None, "bounce.example.co.uk", true),
            (Some("other.co.uk"), "mail.example", false),
            (Some("mail.example"), "co.uk", false),
            (None, "", false),
        ] {
            let finding = from_alignment(&from, signing, return_path);
            assert_eq!(finding.is_none(), is_aligned, "{signing:?} {return_path}");
        }
    }
}
