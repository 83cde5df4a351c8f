//! An e-mail as it would look in somebody's mailbox, and what to look at before it leaves. A preview changes nothing, counts
//! nowhere, and none of its links is personal.

use std::collections::BTreeMap;

use attractor_engine::playbook::{Class, Seen};
use attractor_mail::frozen::{FrozenCopy, FrozenLink};
use attractor_mail::message::{Mailbox, subject_line};
use attractor_mail::render::{Check, Known, Link, Values};
use attractor_store::VersionNumber;
use serde::Serialize;
use utoipa::ToSchema;

use super::finding::{FindingItem, about_sender};
pub use super::letter::{GivenContent, LetterRequest};
use super::letter::{Letter, Surroundings, looked_at, size};
use crate::App;
use crate::playbook::seen;
use crate::refusal::Refusal;
use crate::sending::compose::{Parts, class, data};
use crate::sending::country_rules::CountryRules;
use crate::sending::links::{InertLinks, frozen, topic};
use crate::sending::sender::Sender;
use crate::sending::senders::is_aligned;
use crate::sending::utm::Utm;
use crate::view::View;

/// An e-mail as one reader would get it
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailPreview {
    /// Of the playbook; null of the draft
    #[schema(value_type = Option<i64>)]
    pub version: Option<VersionNumber>,
    /// Who reads it, in English: a lead, or whom a preview without `lead` makes up
    pub reader: String,
    pub language: String,
    /// Why it is in this language, in English
    pub language_because: String,
    pub variant: Option<String>,
    pub from: EmailAddress,
    /// Where answers go; null for `from`
    pub reply_to: Option<EmailAddress>,
    pub subject: String,
    /// What lists of mails show behind the subject
    pub preheader: String,
    /// Links lead where the author pointed; those to unsubscribe and to the preferences lead to a page that does nothing
    pub html: String,
    pub text: String,
    /// Whether a copy like this one is measured
    pub measured: bool,
    /// In the order of the HTML
    pub links: Vec<PreviewLink>,
    /// Bytes of the HTML of a copy, whose links are longer
    pub size: usize,
    pub findings: Vec<FindingItem>,
}

/// A name and an address
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EmailAddress {
    /// Empty for none
    pub name: String,
    pub address: String,
}

impl From<&Mailbox> for EmailAddress {
    fn from(mailbox: &Mailbox) -> EmailAddress {
        EmailAddress { name: mailbox.name().to_owned(), address: mailbox.address().to_owned() }
    }
}

/// A link of one copy
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PreviewLink {
    /// Where it leads, with UTM parameters
    pub url: String,
    /// Id of the topic that a click stands for: the link's own, else that of its page, else the e-mail's
    pub topic: Option<String>,
    /// Attributes that a click sets, by name
    pub sets: BTreeMap<String, String>,
    /// Whether the link was given a topic in the e-mail, so that a reader who is not measured is asked
    pub is_attractor: bool,
}

/// Makes the preview that a request asks for.
pub async fn preview(app: &App, request: LetterRequest) -> Result<EmailPreview, Refusal> {
    let around = surroundings(app)?;
    app.read(move |view| made(view, request, &around)).await
}

/// What composing needs of the installation, by its settings.
pub(crate) fn surroundings(app: &App) -> Result<Surroundings, Refusal> {
    let sender = Sender::of(&app.settings).map_err(|why| Refusal::Failed(format!("`sender_email`: {why}")))?;
    Ok(Surroundings {
        sender,
        utm: Utm::of(&app.settings),
        has_decoys: app.settings.decoy,
        zones: app.machine.zones(),
        countries: CountryRules::of(&app.settings),
    })
}

fn made(view: &mut View, request: LetterRequest, around: &Surroundings) -> Result<EmailPreview, Refusal> {
    let letter = Letter::read(view, request, around)?;
    let seen = seen::attributes(view.connection)?;
    letter.composing(|parts, kept| shown(&letter, parts, kept, around, &seen))
}

fn shown(
    letter: &Letter,
    parts: &Parts,
    kept: &FrozenCopy,
    around: &Surroundings,
    seen: &Seen,
) -> Result<EmailPreview, String> {
    let public_url = &around.sender.public_url;
    let (rendered, size) = (looked_at(parts, kept, public_url)?, size(parts, kept, around)?);
    let data = data(&InertLinks { public_url, sent: &[] }, kept);
    let values = Values::new(&data, parts.zone.clone(), kept.made_at);
    let preheader = parts.compiled.preheader(&values).map_err(|problem| problem.to_string())?;
    let known = Known {
        is_transactional: letter.class() == Class::Transactional,
        has_attribute: &|name| has_attribute(seen, name),
        has_topic: &|url| stands_for_topic(letter, url),
        size,
    };
    let findings = parts.compiled.findings(&values, &known);
    Ok(EmailPreview {
        version: letter.source.version,
        reader: letter.reader.in_words(),
        language: kept.language.clone(),
        language_because: kept.language_because.clone().unwrap_or_default(),
        variant: kept.variant.clone(),
        from: (&letter.sender.from).into(),
        reply_to: letter.sender.reply_to.as_ref().map(EmailAddress::from),
        subject: subject_line(&rendered.subject),
        preheader,
        links: rendered.links.iter().map(|one| link(letter, one)).collect(),
        html: rendered.html,
        text: rendered.text,
        measured: kept.measured,
        size,
        findings: findings.into_iter().map(FindingItem::from).chain(of_sender(letter, &around.sender)).collect(),
    })
}

/// Whether any lead has an attribute, or one below it; where not all could be looked at, that is not known.
fn has_attribute(seen: &Seen, name: &str) -> bool {
    let below = format!("{name}.");
    let is_there = |attribute: &String| attribute == name || attribute.starts_with(&below);
    !seen.complete || seen.leads == 0 || seen.attributes.iter().any(is_there)
}

fn stands_for_topic(letter: &Letter, url: Option<&str>) -> bool {
    let of_email = letter.email.topic.as_deref();
    of_email.is_some() || url.is_some_and(|url| topic(None, url, &letter.source.program, None).is_some())
}

/// Findings about who the e-mail comes from.
fn of_sender(letter: &Letter, settings: &Sender) -> Option<FindingItem> {
    let (from, named) = (&letter.sender.from, letter.email.from.as_deref().unwrap_or_default());
    if !letter.has_sender {
        let message = format!(
            "there is no sender `{named}`, so the e-mail comes from {}; make it, or correct `from`",
            from.address()
        );
        return Some(about_sender(Check::UnknownSender, message));
    }
    let own = letter
        .sender
        .reply_to
        .as_ref()
        .filter(|own| !is_aligned(settings, own) && from.address() == settings.from.address());
    let own = own.filter(|_| !named.is_empty())?;
    let message = format!(
        "{} is not an address at {}, whose DNS records are checked, so the e-mail comes from {}, and answers go to {}",
        own.address(),
        settings.from.domain(),
        from.address(),
        own.address()
    );
    Some(about_sender(Check::FromNotAligned, message))
}

fn link(letter: &Letter, link: &Link) -> PreviewLink {
    let class = class(&letter.copy);
    let FrozenLink { url, topic, sets, .. } =
        frozen(link, class, &letter.source.program, letter.email.topic.as_deref());
    PreviewLink { url, topic, sets, is_attractor: link.topic.is_some() && class.carries_attractors() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_nobodys_only_where_all_leads_were_looked_at() {
        let seen = |leads, complete| Seen {
            attributes: ["first_name", "address.city"].map(str::to_owned).into(),
            leads,
            complete,
            ..Seen::default()
        };
        for (name, leads, complete, expected) in [
            ("first_name", 3, true, true),
            ("address", 3, true, true),
            ("addres", 3, true, false),
            ("addres", 3, false, true),
            ("addres", 0, true, true),
        ] {
            assert_eq!(has_attribute(&seen(leads, complete), name), expected, "{name} {leads} {complete}");
        }
    }
}
