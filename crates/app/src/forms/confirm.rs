//! The owner of an address confirms what a form said, by a button on a page of ours. Looking at the page changes nothing, so
//! that whatever opens the links of an e-mail confirms nothing.

use attractor_engine::consent::Scope;
use attractor_engine::time::Instant;
use attractor_live::Deed;
use attractor_live::suppression::HashKeys;
use attractor_store::form_requests::{self, RequestTag};
use attractor_store::{Connection, Error, IdentityKind, assets, identities, leads};

use super::messages::Said;
use super::page::house;
use super::request::{AgreedText, FormRequest, RequestDocument, confirmation, message_id};
use super::submit::ask;
use crate::App;
use crate::access::tokens;
use crate::leads::find;
use crate::preferences::words::Language;
use crate::preferences::{OwnAct, messages};
use crate::refusal::Refusal;

/// What a confirmation link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfirmationPage {
    /// The link is not ours, or what it stood for was deleted.
    Void,
    Expired(Language),
    Open(OpenRequest),
    Confirmed(ConfirmedRequest),
    /// A new link was asked for.
    Again(Language),
}

/// What is to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    pub language: Language,
    pub form: String,
    pub address: String,
    /// What the form said of its sender, each with its label. It is confirmed with the address.
    pub answers: Vec<(String, String)>,
    /// The texts of the boxes that were ticked.
    pub consents: Vec<String>,
}

/// What was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedRequest {
    pub language: Language,
    /// The file that it gives: its name and the token of its link.
    pub download: Option<(String, String)>,
}

/// What somebody does on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmationAct {
    Confirm,
    /// Asks for a new link.
    Again,
}

impl ConfirmationAct {
    /// The field that the page's button sends.
    pub const FIELD: &str = "act";

    pub fn name(self) -> &'static str {
        match self {
            ConfirmationAct::Confirm => "confirm",
            ConfirmationAct::Again => "again",
        }
    }

    pub fn read(fields: &[(String, String)]) -> Option<ConfirmationAct> {
        let value = fields.iter().find(|(name, _)| name == ConfirmationAct::FIELD).map(|(_, value)| value.as_str())?;
        [ConfirmationAct::Confirm, ConfirmationAct::Again].into_iter().find(|act| act.name() == value)
    }
}

/// The page of a link; it changes nothing.
pub async fn show(app: &App, token: &str) -> Result<ConfirmationPage, Refusal> {
    let Some(tag) = confirmation(app, token) else { return Ok(ConfirmationPage::Void) };
    let now = app.clock.now();
    let found = app.readers.read(move |connection| present(connection, tag)).await.map_err(Refusal::from)?;
    Ok(page(app, found, now))
}

/// Does what somebody wants; the page as it is then.
pub async fn act(app: &App, token: &str, act: ConfirmationAct) -> Result<ConfirmationPage, Refusal> {
    let Some(tag) = confirmation(app, token) else { return Ok(ConfirmationPage::Void) };
    let (now, place) = (app.clock.now(), format!("{}/f", app.settings.address()));
    match act {
        ConfirmationAct::Confirm => {
            let found = app.lane.run(move |lane| lane.deed(now, |deed| confirm(deed, tag, &place, now))).await??;
            Ok(page(app, found, now))
        }
        ConfirmationAct::Again => {
            let found = app.lane.run(move |lane| lane.write(|connection| again(connection, tag, now))).await??;
            app.copies.ring();
            Ok(match found {
                Some(request) if request.row.confirmed_at.is_none() => {
                    ConfirmationPage::Again(house(&request.document.language))
                }
                found => page(app, found, now),
            })
        }
    }
}

/// A request whose lead is still there.
fn present(connection: &mut Connection, tag: RequestTag) -> Result<Option<FormRequest>, Error> {
    let found = FormRequest::find(connection, tag)?;
    Ok(if find::row(connection, tag.0)?.is_some() { found } else { None })
}

fn page(app: &App, found: Option<FormRequest>, now: Instant) -> ConfirmationPage {
    let Some(request) = found else { return ConfirmationPage::Void };
    let language = house(&request.document.language);
    if request.is_expired(now) {
        return ConfirmationPage::Expired(language);
    }
    if request.row.confirmed_at.is_none() {
        return ConfirmationPage::Open(OpenRequest {
            language,
            form: request.document.title,
            address: request.document.address,
            answers: request.document.shown.into_iter().map(|shown| (shown.label, shown.text)).collect(),
            consents: request.document.consents.into_iter().map(|agreed| agreed.text).collect(),
        });
    }
    let token = request.download(app).filter(|_| request.gives_its_file(now));
    let download = token.zip(request.document.asset).map(|(token, asset)| (asset.name, token));
    ConfirmationPage::Confirmed(ConfirmedRequest { language, download })
}

/// Confirms a request, once: what the form said, what was agreed to and that it is confirmed are one transaction, so that
/// pressing again never grants anything to somebody else. The request as it is then.
fn confirm(deed: &mut Deed, tag: RequestTag, place: &str, now: Instant) -> Result<Option<FormRequest>, Error> {
    let connection = deed.connection();
    let Some(request) = present(connection, tag)? else { return Ok(None) };
    if request.row.confirmed_at.is_some() || request.is_expired(now) {
        return Ok(Some(request));
    }
    // The address may belong to another lead by now; after an erasure it is nobody's.
    let Some(owner) = owner(connection, &request.document.address)? else { return Ok(None) };
    let at = now.max(Instant(owner.at));
    let said = Said { id: message_id(tag), form: request.row.form.clone(), at };
    let mut all = vec![said.confirmed(&request)];
    let grants: Vec<OwnAct> =
        request.document.consents.iter().map(|agreed| grant(agreed, &request, place, at)).collect();
    if !grants.is_empty() {
        all.extend(messages(connection, &owner, grants, at)?);
    }
    deed.take_all(&all)?;
    form_requests::confirm(deed.connection(), tag, at.0)?;
    FormRequest::find(deed.connection(), tag)
}

/// Whose an address in canonical form is.
fn owner(connection: &mut Connection, address: &str) -> Result<Option<leads::Lead>, Error> {
    match identities::find(connection, &[(IdentityKind::Email, address)])?.pop() {
        Some(identity) => find::row(connection, identity.lead),
        None => Ok(None),
    }
}

fn grant(agreed: &AgreedText, request: &FormRequest, place: &str, now: Instant) -> OwnAct {
    let scope = agreed.subscription.clone().map_or(Scope::All, Scope::Subscription);
    let mut act = OwnAct::grant(&scope, proof(agreed, request, place, now));
    act.properties.insert("form".into(), request.row.form.as_str().into());
    act
}

/// Where, when and to what text somebody agreed, and from which network it was asked.
fn proof(agreed: &AgreedText, request: &FormRequest, place: &str, now: Instant) -> String {
    let (form, asked) = (&request.row.form, Instant(request.row.asked_at));
    let (language, network) = (&request.document.language, &request.document.network);
    format!(
        "{place}/{form}, asked {asked}, confirmed {now}, {language}: \u{201c}{}\u{201d}, network {network}",
        agreed.text
    )
}

/// Asks once more for what was not confirmed, as a request of its own.
fn again(connection: &mut Connection, tag: RequestTag, now: Instant) -> Result<Option<FormRequest>, Error> {
    let Some(request) = present(connection, tag)? else { return Ok(None) };
    let Some(lead) = find::row(connection, tag.0)? else { return Ok(None) };
    if request.row.confirmed_at.is_none() {
        let mut document = RequestDocument { is_own: true, ..request.document.clone() };
        // What was deleted since cannot be delivered.
        if let Some(asset) = &document.asset
            && assets::one(connection, &asset.id)?.is_none()
        {
            document.asset = None;
        }
        let number = i64::from_be_bytes(tokens::random());
        let keys = HashKeys::read(connection)?;
        ask(connection, &keys, (lead.id, number), &request.row.form, &document, now)?;
    }
    Ok(Some(request))
}
