//! The e-mails of the playbook: what each says in which language, and where it is used.

use std::collections::BTreeMap;

use attractor_engine::playbook::{Action, Email, Format, Intent, Playbook, Sequence, Step};
use attractor_mail::render::{Body, DeclaredLink, Values, Wishes};
use attractor_store::VersionNumber;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::finding::{PlaceItem, ProblemItem};
use super::source::{EmailSource, class, sets};
use crate::App;
use crate::closed_lists::EmailClassName;
use crate::refusal::Refusal;
use crate::sending::emails::body;
use crate::sending::links::topic;
use crate::sending::texts::{ChosenText, languages, named};
use crate::sending::utm::Utm;
use crate::view::View;

/// An e-mail of the playbook
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct EmailItem {
    pub id: String,
    pub name: String,
    /// In the playbook's language
    pub subject: String,
    /// Where no step of a sequence says otherwise
    #[schema(value_type = EmailClassName)]
    pub class: &'static str,
    /// Id of the topic that its links stand for, where they have none of their own
    pub topic: Option<String>,
    pub subscription: Option<String>,
    /// The sender: an id of `/api/senders`, or `owner`; null for the sender of the settings
    pub from: Option<String>,
    /// `guide`, `case-study`, … for those in the library
    pub format: Option<&'static str>,
    /// `educate`, `compare` or `decide`
    pub intent: Option<&'static str>,
    pub stages: Vec<String>,
    /// The playbook's language first
    pub languages: Vec<String>,
    pub variants: Vec<EmailVariant>,
    pub sequences: Vec<EmailUse>,
}

/// A variant of an e-mail
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct EmailVariant {
    pub id: String,
    /// Percent of the leads
    pub share: f64,
}

/// A step of a sequence that sends an e-mail
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EmailUse {
    /// Id of the sequence
    pub sequence: String,
    /// What people call the sequence
    pub name: String,
    /// The id of the step, or its position: `0`, `1.then.0`
    pub step: String,
}

/// All e-mails
#[derive(Debug, Serialize, ToSchema)]
pub struct Emails {
    /// Of the playbook; null of the draft
    #[schema(value_type = Option<i64>)]
    pub version: Option<VersionNumber>,
    pub items: Vec<EmailItem>,
}

/// An e-mail with its texts
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeEmail {
    /// Of the playbook; null of the draft
    #[schema(value_type = Option<i64>)]
    pub version: Option<VersionNumber>,
    #[serde(flatten)]
    pub item: EmailItem,
    /// In the playbook's language and its variants, then in the others
    pub texts: Vec<EmailText>,
}

/// An e-mail in one language and variant
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailText {
    pub language: String,
    pub variant: Option<String>,
    pub subject: String,
    pub preheader: String,
    /// The file in the playbook; null where the playbook has the body itself
    pub path: Option<String>,
    /// `mjml` or `blocks`
    pub kind: Option<&'static str>,
    /// As its author wrote it
    pub body: Option<String>,
    /// Of the text part, where no lead is known; null where the text has problems
    pub words: Option<usize>,
    pub links: Vec<EmailLink>,
    /// Why it cannot be sent; empty where it can
    pub problems: Vec<ProblemItem>,
}

/// A link in the body of an e-mail
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EmailLink {
    /// Null where it is different in each copy
    pub url: Option<String>,
    /// Id of the topic that a click stands for: the link's own, else that of its page, else the e-mail's
    pub topic: Option<String>,
    /// Attributes that a click sets, by name
    pub sets: BTreeMap<String, String>,
    #[serde(flatten)]
    pub place: PlaceItem,
}

/// The e-mails of the version in force or of the draft, in the order of the playbook.
pub fn all(view: &mut View, is_draft: bool) -> Result<Emails, Refusal> {
    let source = EmailSource::read(view, is_draft)?;
    let items = source.playbook().emails.iter().map(|email| item(source.playbook(), email)).collect();
    Ok(Emails { version: source.version, items })
}

/// One of them with its texts, as the settings have its links.
pub async fn shown(app: &App, id: String, is_draft: bool) -> Result<WholeEmail, Refusal> {
    let utm = Utm::of(&app.settings);
    app.read(move |view| one(view, &id, is_draft, utm.as_ref())).await
}

/// The JSON Schema of block lists.
pub fn block_schema() -> Value {
    attractor_mail::render::schema()
}

fn one(view: &mut View, id: &str, is_draft: bool, utm: Option<&Utm>) -> Result<WholeEmail, Refusal> {
    let source = EmailSource::read(view, is_draft)?;
    let email = source.email(id)?;
    let texts = texts(source.playbook(), email).iter().map(|chosen| text(&source, email, chosen, utm)).collect();
    Ok(WholeEmail { version: source.version, item: item(source.playbook(), email), texts })
}

fn item(playbook: &Playbook, email: &Email) -> EmailItem {
    let name = |name: &Option<String>, id: &String| name.clone().unwrap_or_else(|| id.clone());
    EmailItem {
        id: email.id.clone(),
        name: name(&email.name, &email.id),
        subject: email.subject.clone(),
        class: class(email).name(),
        topic: email.topic.clone(),
        subscription: email.subscription.clone(),
        from: email.from.clone(),
        format: email.format.map(Format::name),
        intent: email.intent.map(Intent::name),
        stages: email.stages.clone(),
        languages: languages(playbook, email),
        variants: email.variants.iter().map(|one| EmailVariant { id: one.id.clone(), share: one.share }).collect(),
        sequences: playbook.sequences.iter().flat_map(|sequence| uses(sequence, &email.id)).collect(),
    }
}

/// The steps of a sequence that send an e-mail.
fn uses(sequence: &Sequence, email: &str) -> Vec<EmailUse> {
    let mut found = Vec::new();
    each_send(&sequence.steps, "", &mut |step, sent| {
        if sent == email {
            let name = sequence.name.clone().unwrap_or_else(|| sequence.id.clone());
            found.push(EmailUse { sequence: sequence.id.clone(), name, step });
        }
    });
    found
}

/// Calls with each step that sends an e-mail, by the step's id or position.
fn each_send(steps: &[Step], before: &str, take: &mut impl FnMut(String, &str)) {
    for (position, step) in steps.iter().enumerate() {
        let place = format!("{before}{position}");
        match &step.action {
            Action::Send { email: Some(email), .. } => take(step.id.clone().unwrap_or(place), email),
            Action::Branch { then, otherwise, .. } => {
                each_send(then, &format!("{place}.then."), take);
                each_send(otherwise, &format!("{place}.else."), take);
            }
            _ => {}
        }
    }
}

/// The texts of an e-mail: its own, its variants, its translations.
fn texts<'p>(playbook: &'p Playbook, email: &'p Email) -> Vec<ChosenText<'p>> {
    let variants = email.variants.iter().map(|variant| (None, Some(variant.id.as_str())));
    let translations = email.languages.iter().map(|(tag, _)| (Some(tag.as_str()), None));
    let all = std::iter::once((None, None)).chain(variants).chain(translations);
    all.filter_map(|(language, variant)| named(playbook, email, language, variant).ok()).collect()
}

fn text(source: &EmailSource, email: &Email, text: &ChosenText, utm: Option<&Utm>) -> EmailText {
    let written = body(&source.files, text.body).ok();
    let (kind, written) = match written {
        Some(Body::Mjml(text)) => (Some("mjml"), Some(text.to_owned())),
        Some(Body::Blocks(text)) => (Some("blocks"), Some(text.to_owned())),
        None => (None, None),
    };
    let (words, links, problems) = match source.compiled(email, text, utm) {
        Ok(compiled) => {
            let links = compiled.links().map(|one| link(source, email, one)).collect();
            (words(&compiled), links, Vec::new())
        }
        Err(problems) => (None, Vec::new(), problems.into_iter().map(ProblemItem::from).collect()),
    };
    EmailText {
        language: text.language.to_owned(),
        variant: text.variant.map(str::to_owned),
        subject: text.subject.to_owned(),
        preheader: text.preheader.to_owned(),
        path: source.files.contains_key(text.body).then(|| text.body.to_owned()),
        kind,
        body: written,
        words,
        links,
        problems,
    }
}

fn link(source: &EmailSource, email: &Email, declared: DeclaredLink) -> EmailLink {
    let DeclaredLink { url, topic: own, sets: pairs, place } = declared;
    let of_email = email.topic.as_deref();
    let topic = match &url {
        Some(url) => topic(own.as_deref(), url, &source.program, of_email),
        None => own.or_else(|| of_email.map(str::to_owned)),
    };
    EmailLink { url, topic, sets: sets(&pairs), place: place.into() }
}

/// The words of the text part for somebody of whom nothing is known.
fn words(email: &attractor_mail::render::Email) -> Option<usize> {
    let nothing: Map<String, Value> = Map::new();
    let values = Values::new(&nothing, TimeZone::UTC, 0);
    let mut wishes = Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
    let text = email.render(&values, &mut wishes).ok()?.text;
    Some(text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count())
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;

    use super::*;

    #[test]
    fn an_e_mail_knows_the_steps_that_send_it() {
        let text = "playbook: p\nladders: [{id: life, stages: [{id: cold}]}]\nemails: [{id: a, subject: A, body: <mjml>}, {id: b, subject: B, body: <mjml>}]\n\
            sequences:\n  - id: s\n    name: The series\n    enroll: {stage: life, is: cold}\n    steps: [{send: a}, {wait: 1d}, {branch: {if: {event: X}, \
            then: [{id: again, send: a}], else: [{send: b}, {send: a}]}}, {send: {best: true}}]\n";
        let reading = read(text);
        let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
        let steps = |email: &str| {
            let item = item(&playbook, playbook.emails.iter().find(|one| one.id == email).unwrap());
            item.sequences.into_iter().map(|one| format!("{}/{}", one.name, one.step)).collect::<Vec<_>>()
        };
        assert_eq!(steps("a"), ["The series/0", "The series/again", "The series/2.else.1"]);
        assert_eq!(steps("b"), ["The series/2.else.0"]);
    }
}
