//! One text of one e-mail for one reader, composed as a copy is, for whoever looks at it. Nothing in it is signed, and nobody
//! is told.

use std::collections::BTreeSet;

use attractor_engine::playbook::{Class, Email, Translation};
use attractor_engine::time::Instant;
use attractor_live::suppression::{AddressBlocks, of_address};
use attractor_mail::frozen::FrozenCopy;
use attractor_mail::links::{AddressHash, CopyId, KeyId, Keys, Secret};
use attractor_mail::render::{self, FooterReason, Rendered};
use attractor_store::copies::{CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::{LeadId, VersionNumber, leads};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;

use super::reader::{Reader, Sample};
use super::source::{EmailSource, broken, class, no_text};
use crate::access::tokens;
use crate::audience::AudienceQuery;
use crate::leads::addresses;
use crate::refusal::{Refusal, both};
use crate::sending::compose::{self, Parts, kept, render};
use crate::sending::country_rules::CountryRules;
use crate::sending::disclosure::Disclosure;
use crate::sending::links::{CopyLinks, InertLinks};
use crate::sending::permission::Permission;
use crate::sending::sender::Sender;
use crate::sending::senders::{ChosenSender, Senders};
use crate::sending::texts::{ChosenText, named};
use crate::sending::utm::Utm;
use crate::view::View;

/// The id of an e-mail that the playbook does not have.
const UNNAMED: &str = "preview";
/// The longest body that is given with a request, in bytes.
const MOST: usize = 1_000_000;

/// What somebody wants to look at.
#[derive(Clone, Debug, Default)]
pub struct LetterRequest {
    /// An e-mail of the playbook; `None` for what `content` has alone.
    pub email: Option<String>,
    /// Whether that of the draft.
    pub is_draft: bool,
    /// In place of what the e-mail has.
    pub content: GivenContent,
    /// By any of its names; `None`: a sample.
    pub lead: Option<String>,
    pub sample: Sample,
    /// As the reader gets it, where neither is named.
    pub language: Option<String>,
    pub variant: Option<String>,
    /// As a copy that is measured or not; `None`: as one to the lead would be, and to somebody made up as a measured one.
    pub measured: Option<bool>,
}

/// A text that is given with a request.
#[derive(Clone, Debug, Default)]
pub struct GivenContent {
    pub subject: Option<String>,
    pub preheader: Option<String>,
    /// MJML, or a block list.
    pub body: Option<String>,
}

/// What composing needs of the installation.
pub struct Surroundings {
    pub sender: Sender,
    pub utm: Option<Utm>,
    pub has_decoys: bool,
    pub zones: TimeZoneDatabase,
    pub countries: CountryRules,
}

/// An e-mail for a reader.
pub struct Letter {
    pub source: EmailSource,
    pub email: Email,
    pub compiled: render::Email,
    pub reader: Reader,
    pub copy: MailCopy,
    pub sender: ChosenSender,
    /// Whether the sender that the e-mail names is there.
    pub has_sender: bool,
    request: LetterRequest,
    measured: bool,
    reason: FooterReason,
    /// The conditions of blocks, and whether they hold.
    shown: Vec<(Value, bool)>,
    zone: TimeZone,
    now: Instant,
}

impl Letter {
    /// Finds and compiles what a request asks for.
    pub fn read(view: &mut View, request: LetterRequest, around: &Surroundings) -> Result<Letter, Refusal> {
        let source = EmailSource::read(view, request.is_draft)?;
        let email = match &request.email {
            Some(id) => source.email(id)?.clone(),
            None => unnamed(&request, source.playbook().language())?,
        };
        if request.content.body.as_ref().is_some_and(|body| body.len() > MOST) {
            return Err(Refusal::invalid("/content/body", format!("the body is longer than {MOST} bytes; shorten it")));
        }
        let reader = match &request.lead {
            Some(called) => Reader::lead(view, called)?,
            None => Reader::sample(request.sample),
        };
        let blocks = blocks(view, &reader)?;
        let permission =
            Permission { profile: &reader.profile, blocks: &blocks, countries: &around.countries, now: view.now };
        // Somebody made up may be measured.
        let measured = request.measured.unwrap_or_else(|| reader.lead.is_none() || permission.is_measured());
        let copy = copy(&email, reader.lead.as_ref(), view.now);
        let reason = reason(&reader, &copy, &email, &permission);
        let text = text(&source, &email, &request, &reader)?;
        let compiled = source.compiled(&email, &text, around.utm.as_ref()).map_err(|problems| broken(&problems))?;
        let shown = shown(view, &compiled, reader.lead.as_ref())?;
        let zone = around.zones.get(source.program.zone()).unwrap_or(TimeZone::UTC);
        let senders = Senders::read(view.connection)?;
        let sender = disclosure(&reader, &email).sender(&senders, &around.sender, &email);
        let has_sender = email.from.as_deref().is_none_or(|from| senders.has(from));
        Ok(Letter {
            source,
            email,
            compiled,
            reader,
            copy,
            sender,
            has_sender,
            request,
            measured,
            reason,
            shown,
            zone,
            now: view.now,
        })
    }

    pub fn text(&self) -> Result<ChosenText<'_>, Refusal> {
        text(&self.source, &self.email, &self.request, &self.reader)
    }

    pub fn class(&self) -> Class {
        class(&self.email)
    }

    /// Whether it is shown as a measured copy.
    pub fn measured(&self) -> bool {
        self.measured && compose::class(&self.copy).carries_attractors()
    }

    /// The version of the playbook; 0 of the draft.
    fn version(&self) -> VersionNumber {
        self.source.version.unwrap_or(VersionNumber::NONE)
    }

    /// Composes it.
    pub fn composing<T>(&self, work: impl FnOnce(&Parts, &FrozenCopy) -> Result<T, String>) -> Result<T, Refusal> {
        let disclosure = disclosure(&self.reader, &self.email);
        let holds = |condition: &Value| {
            let found = self.shown.iter().find(|(one, _)| one == condition);
            disclosure.shows(found.is_none_or(|(_, holds)| *holds))
        };
        let parts = Parts {
            copy: &self.copy,
            class: compose::class(&self.copy),
            version: self.version(),
            program: &self.source.program,
            email: &self.email,
            text: self.text()?,
            compiled: &self.compiled,
            tired: &BTreeSet::new(),
            confirmation: None,
            choice: None,
            stage: None,
            reason: self.reason,
            shown: &holds,
            zone: self.zone.clone(),
            tag: 0,
            now: self.now,
        };
        let kept = kept(&parts, self.measured(), disclosure.profile(), &self.sender);
        work(&parts, &kept).map_err(|why| Refusal::senseless(format!("the e-mail cannot be shown: {why}")))
    }
}

/// How it looks: its links lead where the author pointed.
pub fn looked_at(parts: &Parts, kept: &FrozenCopy, public_url: &str) -> Result<Rendered, String> {
    render(parts, &InertLinks { public_url, sent: &[] }, kept)
}

/// How many bytes the HTML of a copy has, with links of their real length. They are signed by a key that is nobody's and is
/// gone with this call.
pub fn size(parts: &Parts, kept: &FrozenCopy, around: &Surroundings) -> Result<usize, String> {
    let keys = Keys::new((KeyId(0), Secret::new(tokens::random())), []).map_err(|why| why.to_string())?;
    let links = CopyLinks {
        keys: &keys,
        public_url: &around.sender.public_url,
        copy: CopyId { lead: 0, tag: 0 },
        address: AddressHash([0; 32]),
        has_decoy: around.has_decoys,
    };
    Ok(render(parts, &links, kept)?.html.len())
}

/// What the e-mail may say of its reader. Only e-mails of class transactional go to an address that is not confirmed; others
/// are shown as they leave once it is.
fn disclosure<'r>(reader: &'r Reader, email: &Email) -> Disclosure<'r> {
    Disclosure::of(&reader.profile, reader.is_unconfirmed && class(email) == Class::Transactional)
}

/// What binds the reader's address.
fn blocks(view: &mut View, reader: &Reader) -> Result<AddressBlocks, Refusal> {
    let Some(lead) = &reader.lead else { return Ok(AddressBlocks::default()) };
    let email = addresses::of_one(view.connection, lead)?;
    Ok(of_address(view.connection, email.as_deref().unwrap_or_default())?)
}

/// What the footer says of why the reader gets it: somebody made up asked for what is not transactional.
fn reason(reader: &Reader, copy: &MailCopy, email: &Email, permission: &Permission) -> FooterReason {
    let is_made_up = reader.lead.is_none() && compose::class(copy) != attractor_mail::gate::Class::Transactional;
    match is_made_up {
        true => FooterReason::Asked,
        false => permission.footer_reason(compose::class(copy), email.subscription.as_deref()),
    }
}

/// An e-mail of which only a text is known.
fn unnamed(request: &LetterRequest, language: &str) -> Result<Email, Refusal> {
    let demand = |text: &Option<String>, name: &str| {
        let missing =
            || Refusal::invalid(format!("/content/{name}"), format!("`{name}` is missing; a preview needs it"));
        text.clone().ok_or_else(missing)
    };
    let (subject, body) = both(demand(&request.content.subject, "subject"), demand(&request.content.body, "body"))?;
    let translation = Translation { subject: subject.clone(), preheader: None, body: body.clone() };
    let other = request.language.clone().filter(|tag| !tag.eq_ignore_ascii_case(language));
    let languages = other.map(|tag| (tag, translation)).into_iter().collect();
    Ok(Email { id: UNNAMED.into(), subject, body, languages, ..Email::default() })
}

fn text<'a>(
    source: &'a EmailSource,
    email: &'a Email,
    request: &'a LetterRequest,
    reader: &Reader,
) -> Result<ChosenText<'a>, Refusal> {
    let playbook = source.playbook();
    let text = match (request.language.as_deref(), request.variant.as_deref()) {
        (None, None) => disclosure(reader, email).text(playbook, email, &reader.name),
        (language, variant) => named(playbook, email, language, variant).map_err(no_text)?,
    };
    let content = &request.content;
    Ok(ChosenText {
        subject: content.subject.as_deref().unwrap_or(text.subject),
        preheader: content.preheader.as_deref().unwrap_or(text.preheader),
        body: content.body.as_deref().unwrap_or(text.body),
        ..text
    })
}

/// Which blocks with a condition the reader sees: somebody made up sees all of them.
fn shown(view: &mut View, email: &render::Email, lead: Option<&leads::Lead>) -> Result<Vec<(Value, bool)>, Refusal> {
    let mut shown = Vec::new();
    for condition in email.conditions() {
        let holds = match lead {
            None => true,
            Some(lead) => match AudienceQuery::read(view.versions()?, &condition.to_string()) {
                Ok(mut query) => query.of(view.connection, std::slice::from_ref(lead), view.now)? == [true],
                // As when it is sent: one that means nothing holds of nobody.
                Err(_) => false,
            },
        };
        shown.push((condition.clone(), holds));
    }
    Ok(shown)
}

/// A copy as nothing asks for.
fn copy(email: &Email, lead: Option<&leads::Lead>, now: Instant) -> MailCopy {
    MailCopy {
        lead: lead.map_or(LeadId::NOBODY, |lead| lead.id),
        source: CopySource::Test(now.0),
        email: Some(email.id.clone()),
        class: class(email).name().to_owned(),
        asked_at: now.0,
        not_after: None,
        state: CopyState::Waiting,
        reason: None,
        until: None,
        dispatch: Dispatch::due(now.0),
    }
}
