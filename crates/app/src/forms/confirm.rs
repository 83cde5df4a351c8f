//! The owner of an address confirms what a form said, by a button on a page of ours. Looking at the page changes nothing, so
//! that whatever opens the links of an e-mail confirms nothing.

use attractor_engine::consent::Scope;
use attractor_engine::time::Instant;
use attractor_live::suppression::HashKeys;
use attractor_live::{Lane, Taken};
use attractor_store::form_requests::{self, RequestTag};
use attractor_store::{Connection, Error, assets, leads};

use super::messages::Said;
use super::page::house;
use super::request::{AgreedText, FormRequest, confirmation, message_id};
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
            let found = app.lane.run(move |lane| confirm(lane, tag, &place, now)).await??;
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
            consents: request.document.consents.into_iter().map(|agreed| agreed.text).collect(),
        });
    }
    let token = request.download(app).filter(|_| request.gives_its_file(now));
    let download = token.zip(request.document.asset).map(|(token, asset)| (asset.name, token));
    ConfirmationPage::Confirmed(ConfirmedRequest { language, download })
}

/// Confirms a request, once. The request as it is then.
fn confirm(lane: &mut Lane, tag: RequestTag, place: &str, now: Instant) -> Result<Option<FormRequest>, Error> {
    let found = lane.write(|connection| {
        let lead = find::row(connection, tag.0)?;
        Ok(lead.zip(FormRequest::find(connection, tag)?))
    })?;
    let Some((lead, request)) = found else { return Ok(None) };
    if request.row.confirmed_at.is_some() || request.is_expired(now) {
        return Ok(Some(request));
    }
    let at = now.max(Instant(lead.at));
    let said = Said { id: message_id(tag), form: request.row.form.clone(), at };
    let taken = lane.take(&[said.confirmed(&request)], at)?;
    // The address may belong to another lead by now.
    let owner = match taken.last() {
        Some(Taken::New { lead }) => *lead,
        _ => lead.id,
    };
    let acts = |lead: &leads::Lead, connection: &mut Connection| {
        let grants = request.document.consents.iter().map(|agreed| grant(agreed, &request, place, at));
        messages(connection, lead, grants.collect(), at)
    };
    let grants = lane.write(|connection| match find::row(connection, owner)? {
        Some(lead) if !request.document.consents.is_empty() => acts(&lead, connection),
        _ => Ok(Vec::new()),
    })?;
    if let Some(last) = grants.last() {
        lane.take(&grants, last.received_at)?;
    }
    lane.write(|connection| {
        form_requests::confirm(connection, tag, at.0)?;
        FormRequest::find(connection, tag)
    })
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
        let mut document = request.document.clone();
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
