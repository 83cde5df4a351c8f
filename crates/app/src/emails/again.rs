//! A copy shown again as it was: from its e-mail in its version of the playbook, and the values that were used. Its personal
//! links are replaced by where they led.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::program::Program;
use attractor_mail::frozen::{FrozenAddress, FrozenCopy, FrozenLink};
use attractor_mail::message::subject_line;
use attractor_store::contents::{self, Content};
use attractor_store::copies::{self, MailCopy};
use attractor_store::{Connection, LeadId, VersionNumber};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::letter::Surroundings;
use super::preview::{EmailAddress, surroundings};
use super::source::broken;
use crate::App;
use crate::moves::instant;
use crate::playbook::version;
use crate::refusal::Refusal;
use crate::sending::compose::{Parts, class, render};
use crate::sending::emails::compile;
use crate::sending::links::InertLinks;
use crate::sending::texts::named;
use crate::view::View;

/// A copy as its reader got it
#[derive(Debug, Serialize, ToSchema)]
pub struct SentMail {
    pub send_id: String,
    /// The lead's id
    pub lead: String,
    pub email: String,
    /// Of the playbook
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    pub language: String,
    /// Why it is in this language, in English
    pub language_because: Option<String>,
    pub variant: Option<String>,
    /// When it was composed
    #[schema(format = DateTime)]
    pub made_at: String,
    /// Whether it had a pixel and personal links
    pub measured: bool,
    /// Null in copies of earlier releases
    pub from: Option<EmailAddress>,
    pub reply_to: Option<EmailAddress>,
    pub to: String,
    pub subject: String,
    /// Without its pixel; links lead where they led, and those to unsubscribe and to the preferences nowhere
    pub html: String,
    pub text: String,
    pub links: Vec<SentLink>,
}

/// A link of a copy
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SentLink {
    pub url: String,
    /// Id of the topic that a click stood for
    pub topic: Option<String>,
    /// Attributes that a click set, by name
    pub sets: BTreeMap<String, String>,
}

/// The copy with this id.
pub async fn shown(app: &App, send_id: String) -> Result<SentMail, Refusal> {
    let around = surroundings(app)?;
    app.read(move |view| mail(view, &send_id, &around)).await
}

fn mail(view: &mut View, send_id: &str, around: &Surroundings) -> Result<SentMail, Refusal> {
    let (content, copy) = find(view.connection, send_id)?;
    let kept: FrozenCopy = stored(&content.document, send_id)?;
    let links = contents::link_set(view.connection, &content.link_set)?;
    let links: Vec<FrozenLink> = links.map(|text| stored(&text, send_id)).transpose()?.unwrap_or_default();
    let number = VersionNumber(kept.version);
    let program = view.versions()?.program(view.connection, number)?;
    let (_, files) = version(view.connection, number)?;
    let rendered = {
        let playbook = program.playbook();
        let email = playbook.emails.iter().find(|email| email.id == kept.email).ok_or_else(|| gone(&kept))?;
        let text = named(playbook, email, Some(&kept.language), kept.variant.as_deref()).map_err(|_| gone(&kept))?;
        let class = class(&copy);
        let has_footer = class != attractor_mail::gate::Class::Transactional;
        let compiled =
            compile(&files, &email.id, &text, has_footer, around.utm.as_ref()).map_err(|all| broken(&all))?;
        let held = |condition: &Value| {
            let place = compiled.conditions().iter().position(|one| one == condition);
            place.and_then(|place| kept.shown.get(place)).copied().unwrap_or(true)
        };
        let parts = Parts {
            copy: &copy,
            class,
            version: number,
            program: &program,
            email,
            text,
            compiled: &compiled,
            tired: &BTreeSet::new(),
            confirmation: None,
            choice: None,
            stage: None,
            reason: kept.reason,
            shown: &held,
            zone: zone(around, &program),
            tag: content.tag,
            now: attractor_engine::time::Instant(kept.made_at),
        };
        let inert = InertLinks { public_url: &around.sender.public_url, sent: &links };
        render(&parts, &inert, &kept).map_err(|why| Refusal::senseless(format!("the e-mail cannot be shown: {why}")))?
    };
    let address = |frozen: FrozenAddress| EmailAddress { name: frozen.name, address: frozen.address };
    Ok(SentMail {
        send_id: content.send_id,
        lead: content.lead.to_string(),
        email: kept.email,
        version: number,
        language: kept.language,
        language_because: kept.language_because,
        variant: kept.variant,
        made_at: instant(kept.made_at),
        measured: kept.measured,
        from: kept.from.map(address),
        reply_to: kept.reply_to.map(address),
        to: content.address,
        subject: subject_line(&rendered.subject),
        html: rendered.html,
        text: rendered.text,
        links: links.into_iter().map(|FrozenLink { url, topic, sets, .. }| SentLink { url, topic, sets }).collect(),
    })
}

/// A copy and what was frozen of it. Its id begins with its lead's.
fn find(connection: &mut Connection, send_id: &str) -> Result<(Content, MailCopy), Refusal> {
    let none = || {
        let why =
            format!("no e-mail with the id `{send_id}` was composed, or it was erased; `send_id` of a copy is its id");
        Refusal::Missing(why)
    };
    let lead = send_id.split('/').next().and_then(|lead| lead.parse().ok()).map(LeadId).ok_or_else(none)?;
    let contents = contents::of_leads(connection, &[lead])?;
    let content = contents.into_iter().find(|content| content.send_id == send_id).ok_or_else(none)?;
    let copies = copies::of_leads(connection, &[lead])?;
    let copy = copies.into_iter().find(|copy| copy.send_id() == send_id).ok_or_else(none)?;
    Ok((content, copy))
}

fn stored<T: DeserializeOwned>(text: &str, send_id: &str) -> Result<T, Refusal> {
    let damaged = |why| Refusal::Failed(format!("what is stored of the copy {send_id} cannot be read: {why}"));
    serde_json::from_str(text).map_err(damaged)
}

fn zone(around: &Surroundings, program: &Program) -> TimeZone {
    around.zones.get(program.zone()).unwrap_or(TimeZone::UTC)
}

fn gone(kept: &FrozenCopy) -> Refusal {
    Refusal::Failed(format!("version {} of the playbook has no text of the e-mail {}", kept.version, kept.email))
}
