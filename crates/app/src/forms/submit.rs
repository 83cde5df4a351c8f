//! A form is submitted. Whether its address is known makes no difference to what anybody sees.

use std::collections::BTreeMap;
use std::net::IpAddr;

use attractor_engine::time::{Duration, Instant};
use attractor_live::suppression::{BlockWriter, HashKeys};
use attractor_live::{Lane, Taken};
use attractor_mail::links::{Id, Purpose, Second, Token};
use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::form_requests::{self, RequestRow, RequestTag};
use attractor_store::{Connection, Error, LeadId, assets, forms};
use sha2::{Digest, Sha256};

use super::answers::{self, LANGUAGE, SERVED, Sent, Submission};
use super::check::is_own_page;
use super::definition::{FormDefinition, FormField};
use super::letter::EMAIL;
use super::messages::Said;
use super::page::{ShownForm, Texts, house};
use super::request::{A_DAY, AgreedText, EXPIRES, RequestDocument, RequestedAsset, ShownAnswer, message_id};
use super::stored;
use crate::App;
use crate::access::tokens;
use crate::leads::find;
use crate::leads::key::LeadKey;
use crate::preferences::words::Language;
use crate::refusal::Refusal;
use crate::tally::network;

/// Who asks for a form, or submits it.
#[derive(Clone, Debug)]
pub struct Submitter {
    pub address: IpAddr,
    /// The header `Accept-Language`.
    pub languages: String,
}

/// What whoever submits a form sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    NoForm,
    /// With what is wrong.
    Wrong(Box<ShownForm>),
    /// Seconds to wait.
    TooOften(Language, u64),
    Done(SubmittedPage),
}

/// What is shown when a form was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedPage {
    /// For `lang`.
    pub tag: String,
    pub house: Language,
    pub thanks: String,
    /// An e-mail follows.
    pub is_mailed: bool,
    /// Where to go instead.
    pub redirect: Option<String>,
}

/// A form as it is shown to somebody; `None` where there is none of this id.
pub async fn show(
    app: &App,
    id: String,
    asks: Submitter,
    language: Option<String>,
) -> Result<Option<ShownForm>, Refusal> {
    let Some(form) = find_form(app, &id).await? else { return Ok(None) };
    let tag = language_of(&form, language.as_deref().unwrap_or_default(), &asks.languages);
    let mut shown = ShownForm::new(&id, &form, &tag, &Sent(&[]), &BTreeMap::new());
    shown.served = served(app, &id);
    Ok(Some(shown))
}

async fn find_form(app: &App, id: &str) -> Result<Option<FormDefinition>, Refusal> {
    let id = id.to_owned();
    let row = app.readers.read(move |connection| forms::one(connection, &id)).await?;
    Ok(row.as_ref().map(stored).transpose()?)
}

/// The language that a page was shown in, if the form has it; otherwise the reader's.
fn language_of(form: &FormDefinition, shown: &str, header: &str) -> String {
    let has = |tag: &str| form.language == tag || form.translations.contains_key(tag);
    if has(shown) { shown.to_owned() } else { form.language_for(header).to_owned() }
}

fn served(app: &App, id: &str) -> String {
    let served = Second(u32::try_from(app.machine.now().0 / 1_000).unwrap_or_default());
    app.links.keys().sign(&Token::Form { served, form: form_id(id) })
}

/// A form as tokens name it.
fn form_id(id: &str) -> Id {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(id)[..16]);
    Id::from(bytes)
}

/// Takes a form in.
pub async fn submit(
    app: &App,
    id: String,
    asks: Submitter,
    fields: Vec<(String, String)>,
) -> Result<Submitted, Refusal> {
    let Some(form) = find_form(app, &id).await? else { return Ok(Submitted::NoForm) };
    let sent = Sent(&fields);
    let tag = language_of(&form, sent.value(LANGUAGE), &asks.languages);
    let now = app.machine.now().0;
    if let Err(seconds) = app.forms.admit(asks.address, now) {
        return Ok(Submitted::TooOften(house(&tag), seconds));
    }
    let submission = match answers::read(&form, &sent) {
        Ok(submission) => submission,
        Err(wrong) => {
            let mut shown = ShownForm::new(&id, &form, &tag, &sent, &wrong);
            shown.served = served(app, &id);
            return Ok(Submitted::Wrong(Box::new(shown)));
        }
    };
    let done = Submitted::Done(page(app, &form, &tag, &submission));
    // Nobody hears that something was not taken: it would help programs, and tell what is known of an address.
    let is_person = !submission.is_machine && !is_too_quick(app, &id, &form, sent.value(SERVED));
    if is_person && app.forms.takes(&submission.address, now) {
        let place = Place { id, tag, network: network(asks.address).to_string(), now: app.clock.now() };
        app.lane.run(move |lane| place.take(lane, &form, &submission)).await??;
        app.copies.ring();
    }
    Ok(done)
}

fn page(app: &App, form: &FormDefinition, tag: &str, submission: &Submission) -> SubmittedPage {
    let texts = Texts::of(form, tag);
    SubmittedPage {
        tag: texts.tag.to_owned(),
        house: house(texts.tag),
        thanks: texts.thanks().to_owned(),
        is_mailed: is_mailed(form, submission),
        // The domains may be others by now.
        redirect: form.redirect.clone().filter(|url| is_own_page(url, &app.settings)),
    }
}

/// Whether something waits for the owner of the address.
fn is_mailed(form: &FormDefinition, submission: &Submission) -> bool {
    form.asset.is_some() || !submission.agreed.is_empty()
}

/// Whether a page of ours was filled in faster than people do.
fn is_too_quick(app: &App, id: &str, form: &FormDefinition, token: &str) -> bool {
    let Some(least) = form.min_seconds else { return false };
    match app.links.token(Purpose::Form, token) {
        Ok(Token::Form { served, form }) if form == form_id(id) => {
            app.machine.now().0 / 1_000 < i64::from(served.0) + i64::from(least)
        }
        // A page of one's own has no token.
        _ => false,
    }
}

/// Where and when a form was submitted.
struct Place {
    /// The form's id.
    id: String,
    tag: String,
    network: String,
    now: Instant,
}

impl Place {
    /// The events of what was submitted, then the request to confirm it.
    fn take(self, lane: &mut Lane, form: &FormDefinition, submission: &Submission) -> Result<(), Error> {
        let number = i64::from_be_bytes(tokens::random());
        let said = Said { id: message_id((LeadId::NOBODY, number)), form: self.id.clone(), at: self.now };
        let lead = self.who(lane, &said, submission)?;
        let messages = lane.write(|connection| {
            let Some(row) = find::row(connection, lead)? else { return Ok(Vec::new()) };
            Ok(said.submitted(&LeadKey::of(connection, &row)?, form, submission))
        })?;
        lane.deed(self.now, |deed| deed.take_all(&messages))?;
        lane.write(|connection| match find::row(connection, lead)?.filter(|_| is_mailed(form, submission)) {
            Some(row) => self.ask(connection, (row.id, number), form, submission),
            None => Ok(()),
        })
    }

    /// Whose the form is. A visitor that the lead may not get any more, because strangers gave it too many, is left out.
    fn who(&self, lane: &mut Lane, said: &Said, submission: &Submission) -> Result<LeadId, Error> {
        for visitor in [submission.visitor.as_deref(), None] {
            if let Some(Taken::New { lead }) = lane.take(&[said.who(submission, visitor)], self.now)?.last() {
                return Ok(*lead);
            }
        }
        Err(Error::new(attractor_store::Kind::Other, format!("what was sent with the form {} was refused", self.id)))
    }

    fn ask(
        &self,
        connection: &mut Connection,
        tag: RequestTag,
        form: &FormDefinition,
        submission: &Submission,
    ) -> Result<(), Error> {
        let keys = BlockWriter { keys: &mut None, now: self.now }.keys(connection)?;
        let document = self.document(connection, &keys, form, submission)?;
        ask(connection, &keys, tag, &self.id, &document, self.now)
    }

    fn document(
        &self,
        connection: &mut Connection,
        keys: &HashKeys,
        form: &FormDefinition,
        submission: &Submission,
    ) -> Result<RequestDocument, Error> {
        let texts = Texts::of(form, &self.tag);
        let agreed = |place: &usize| AgreedText {
            subscription: form.consents.get(*place).and_then(|consent| consent.subscription.clone()),
            text: texts.consent(*place).to_owned(),
        };
        let hash = keys.hashes(&format!("network {}", self.network)).into_iter().next().unwrap_or_default();
        Ok(RequestDocument {
            email: submission.email.clone(),
            address: submission.address.clone(),
            traits: submission.traits.clone(),
            shown: shown(form, texts, submission),
            language: texts.tag.to_owned(),
            title: texts.title().to_owned(),
            consents: submission.agreed.iter().map(agreed).collect(),
            asset: asset(connection, form)?,
            topic: form.topic.clone(),
            intent: form.intent.clone(),
            subject: texts.subject().to_owned(),
            letter: texts.letter().map(str::to_owned),
            is_own: false,
            network: hash.chars().take(16).collect(),
        })
    }
}

/// What the owner of the address sees of what was filled in, in the order of the fields.
fn shown(form: &FormDefinition, texts: Texts, submission: &Submission) -> Vec<ShownAnswer> {
    let answer = |field: &FormField| {
        let attribute = field.attribute.as_deref()?;
        Some(texts.answer(field, attribute, submission.traits.get(attribute)?))
    };
    form.fields.iter().filter_map(answer).collect()
}

fn asset(connection: &mut Connection, form: &FormDefinition) -> Result<Option<RequestedAsset>, Error> {
    let Some(delivered) = &form.asset else { return Ok(None) };
    let Some(row) = assets::one(connection, &delivered.id)? else { return Ok(None) };
    let name = delivered.name.clone().unwrap_or(row.name);
    Ok(Some(RequestedAsset { id: delivered.id.clone(), name, format: delivered.format.clone() }))
}

/// Asks the owner of an address to confirm a request, unless enough confirmations went there today.
pub(super) fn ask(
    connection: &mut Connection,
    keys: &HashKeys,
    tag: RequestTag,
    form: &str,
    document: &RequestDocument,
    now: Instant,
) -> Result<(), Error> {
    let hashes = keys.hashes(&document.address);
    if form_requests::count_since(connection, &hashes, (now - Duration::DAY).0)? >= A_DAY {
        return Ok(());
    }
    let text =
        serde_json::to_string(document).map_err(|why| Error::new(attractor_store::Kind::Other, why.to_string()))?;
    let row = RequestRow {
        tag,
        form: form.to_owned(),
        hash: hashes.into_iter().next().unwrap_or_default(),
        document: text,
        asked_at: now.0,
        confirmed_at: None,
        downloads: 0,
    };
    form_requests::insert(connection, &row)?;
    let copy = MailCopy {
        lead: tag.0,
        source: CopySource::Form(message_id(tag)),
        email: Some(EMAIL.to_owned()),
        class: "transactional".to_owned(),
        asked_at: now.0,
        not_after: Some((now + EXPIRES).0),
        state: CopyState::Waiting,
        reason: None,
        until: None,
        dispatch: Dispatch::due(now.0),
    };
    copies::insert(connection, &[copy]).map(drop)
}
