//! The link to unsubscribe that every copy carries (RFC 8058): one request ends what the link names, whoever is there still.

use attractor_engine::consent::Scope;
use attractor_engine::time::Instant;
use attractor_live::{Arrived, Lane, Taken};
use attractor_mail::links::{self, AddressHash, CopyId, Purpose, Token};
use attractor_store::suppressions::{self, SuppressionEffect, SuppressionKind, SuppressionRow};
use attractor_store::{Connection, Error, LeadId, leads};

use super::page::{PreferencePage, Reader, language_of, page};
use super::words::Language;
use super::{OwnAct, Recipient, hexadecimal, is_withdrawn, messages};
use crate::App;
use crate::clicks::answer::{Asker, looked_at_unsubscribe};
use crate::clicks::copy::FoundCopy;
use crate::links::copy_tag;
use crate::programs::Programs;
use crate::refusal::Refusal;

/// What a link to unsubscribe leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsubscribePage {
    pub language: Language,
    /// What the link ends, as people call it; `None`: everything.
    pub ends: Option<String>,
    /// The preferences of the person, with the token of their own link; `None` where it is not known any more.
    pub preferences: Option<(String, PreferencePage)>,
}

/// The scope that a link ends.
fn scope_of(scope: &links::Scope) -> Scope {
    match scope {
        links::Scope::All => Scope::All,
        links::Scope::Subscription(id) => Scope::Subscription(id.as_str().to_owned()),
        links::Scope::Topic(id) => Scope::Topic(id.as_str().to_owned()),
    }
}

/// The page of a link; it changes nothing. `None` where the link is not ours.
pub async fn show(app: &App, token: &str, asker: Asker, reader: Reader) -> Result<Option<UnsubscribePage>, Refusal> {
    let Some((scope, address, copy)) = read(app, token) else { return Ok(None) };
    looked_at_unsubscribe(app, copy, asker).await?;
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let looked = move |connection: &mut Connection| {
        connection.snapshot(|connection| shown(connection, &programs, &scope, (address, copy), &reader, now))
    };
    let (language, ends, page) = app.readers.read(looked).await.map_err(Refusal::from)?;
    let preferences = page.map(|(lead, page)| {
        let token = Token::Preferences { address, lead: links::Id::from(lead.0.cast_unsigned()) };
        (app.links.keys().sign(&token), page)
    });
    Ok(Some(UnsubscribePage { language, ends, preferences }))
}

fn read(app: &App, token: &str) -> Option<(Scope, AddressHash, CopyId)> {
    match app.links.token(Purpose::Unsubscribe, token) {
        Ok(Token::Unsubscribe { scope, address, copy }) => Some((scope_of(&scope), address, copy)),
        _ => None,
    }
}

type Shown = (Language, Option<String>, Option<(LeadId, PreferencePage)>);

fn shown(
    connection: &mut Connection,
    programs: &Programs,
    scope: &Scope,
    (address, copy): (AddressHash, CopyId),
    reader: &Reader,
    now: Instant,
) -> Result<Shown, Error> {
    let program = programs.in_force(connection)?;
    let playbook = program.playbook();
    let ends = match scope {
        Scope::Subscription(id) => {
            Some((id, playbook.subscriptions.iter().find(|one| one.id == *id).map(|one| &one.name)))
        }
        Scope::Topic(id) => Some((id, playbook.topics.iter().find(|one| one.id == *id).map(|one| &one.name))),
        Scope::All | Scope::Tracking => None,
    };
    let ends = ends.map(|(id, name)| name.and_then(Option::as_ref).unwrap_or(id).clone());
    let lead = links::Id::from(copy.lead.cast_unsigned());
    let found = FoundCopy::find(connection, copy_tag(copy))?;
    let reader = reader_of(found.as_ref(), reader);
    match Recipient::find(connection, lead, address)? {
        Some(recipient) => {
            let page = page(connection, programs, &recipient, &reader, now)?;
            Ok((page.language, ends, Some((recipient.lead.id, page))))
        }
        None => Ok((language_of(connection, None, &reader, playbook)?, ends, None)),
    }
}

/// Who follows a link: from the copy that it is in, where that is kept.
fn reader_of(found: Option<&FoundCopy>, reader: &Reader) -> Reader {
    found.map_or_else(|| reader.clone(), |found| reader.of_copy(&found.frozen.language))
}

/// Ends what a link names, before it returns; the language in which that is said. `None` where the link is not ours.
pub async fn end(app: &App, token: &str, reader: Reader) -> Result<Option<Language>, Refusal> {
    let Some((scope, address, copy)) = read(app, token) else { return Ok(None) };
    let (programs, now) = (app.programs.clone(), app.clock.now());
    Ok(Some(app.lane.run(move |lane| ended(lane, &programs, &scope, (address, copy), &reader, now)).await??))
}

/// The lead withdraws by an event of its own; where it is gone, the address alone is bound. The language is found before
/// anything is written, so that an error always means that nothing is ended yet.
fn ended(
    lane: &mut Lane,
    programs: &Programs,
    scope: &Scope,
    (address, copy): (AddressHash, CopyId),
    reader: &Reader,
    now: Instant,
) -> Result<Language, Error> {
    let (language, known) = lane.write(|connection| {
        let found = FoundCopy::find(connection, copy_tag(copy))?;
        let lead = match &found {
            Some(found) => found.lead(connection)?,
            None => None,
        };
        let (reader, program) = (reader_of(found.as_ref(), reader), programs.in_force(connection)?);
        let language = language_of(connection, lead.as_ref(), &reader, program.playbook())?;
        let known = match found.zip(lead) {
            Some((found, lead)) => Some(withdrawal(connection, scope, found, &lead, now)?),
            None => None,
        };
        Ok((language, known))
    })?;
    if let Some(messages) = known {
        let Some(at) = messages.last().map(|message| message.received_at) else { return Ok(language) };
        if matches!(lane.take(&messages, at)?.last(), Some(Taken::New { .. })) {
            return Ok(language);
        }
    }
    lane.write(|connection| bind(connection, scope, address, now))?;
    Ok(language)
}

/// The messages by which a lead ends what a link of its copy names; none where it has ended it before.
fn withdrawal(
    connection: &mut Connection,
    scope: &Scope,
    found: FoundCopy,
    lead: &leads::Lead,
    now: Instant,
) -> Result<Vec<Arrived>, Error> {
    if is_withdrawn(connection, lead, &found.address, scope)? {
        return Ok(Vec::new());
    }
    let mut act = OwnAct::withdrawal(scope, &found.address);
    act.properties.insert("email_id".into(), found.frozen.email.into());
    act.properties.insert("send_id".into(), found.send_id.into());
    messages(connection, lead, vec![act], now)
}

/// Binds the address of a link whose copy or lead is gone.
fn bind(connection: &mut Connection, scope: &Scope, address: AddressHash, now: Instant) -> Result<(), Error> {
    let row = SuppressionRow {
        hash: hexadecimal(address),
        scope: scope.to_string(),
        effect: SuppressionEffect::Blocks(SuppressionKind::Withdrawal),
        at: now.0,
    };
    suppressions::note(connection, &[row])
}
