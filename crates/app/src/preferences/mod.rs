//! What a person decides on the pages behind a mail's links: what it receives and how often, whether it is measured, what
//! interests it. Links name people by signed tokens; looking at a page changes nothing.

pub mod change;
pub mod offer;
pub mod page;
pub mod unsubscribe;
pub mod words;

use std::collections::BTreeSet;

use attractor_engine::consent::{Scope, State};
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::history::{history, own_emails, person};
use attractor_live::suppression::{HashKeys, of_address};
use attractor_live::{Arrived, Fills};
use attractor_mail::links::{AddressHash, Id};
use attractor_store::{Connection, Error, LeadId, leads};
use serde_json::{Map, Value, json};

use self::words::Language;
use crate::leads::key::LeadKey;
use crate::leads::{addresses, find};
use crate::secrets::hex;

/// What the address of a page names its language by.
pub const LANGUAGE: &str = "lang";

/// The address of a page, in a language where that is known.
pub fn in_language(address: String, language: Option<Language>) -> String {
    match language {
        Some(language) => format!("{address}?{LANGUAGE}={}", language.tag()),
        None => address,
    }
}

/// In the place of the token in a mail that is only shown, or sent as a test.
pub const INERT: &str = "preview";

/// Who brings what a person decided on a page.
pub const ORIGIN: &str = "preferences";

/// A person whom a link names: its lead now, and the address to which the link went.
#[derive(Clone, Debug)]
pub struct Recipient {
    pub lead: leads::Lead,
    /// In canonical form.
    pub address: String,
}

impl Recipient {
    /// The lead of a token, if the address is one of its own. After an erasure, it is nobody's.
    pub fn find(connection: &mut Connection, lead: Id, address: AddressHash) -> Result<Option<Recipient>, Error> {
        let Ok(id) = <[u8; 8]>::try_from(lead.as_bytes()) else { return Ok(None) };
        let Some(lead) = find::row(connection, LeadId(i64::from_be_bytes(id)))? else { return Ok(None) };
        let mut own: BTreeSet<String> =
            own_emails(connection, &[lead.id])?.into_iter().map(|(_, email)| email).collect();
        own.extend(addresses::of_one(connection, &lead)?);
        let (keys, hash) = (HashKeys::read(connection)?, hexadecimal(address));
        let found = own.into_iter().find(|email| keys.hashes(email).contains(&hash));
        Ok(found.map(|address| Recipient { lead, address }))
    }
}

/// A hash as the list of suppressions has it.
pub fn hexadecimal(address: AddressHash) -> String {
    hex(&address.0)
}

/// A track by the person itself.
pub struct OwnAct {
    pub event: &'static str,
    pub properties: Map<String, Value>,
}

impl OwnAct {
    /// The withdrawal of a scope at an address.
    pub fn withdrawal(scope: &Scope, address: &str) -> OwnAct {
        let (event, mut properties) = match scope {
            Scope::Tracking => (kind::TRACKING_DECLINED, Map::new()),
            scope => (kind::UNSUBSCRIBED, of_scope(scope)),
        };
        properties.insert("email".into(), address.into());
        OwnAct { event, properties }
    }

    /// Whether it takes something back.
    pub fn is_withdrawal(&self) -> bool {
        [kind::TRACKING_DECLINED, kind::UNSUBSCRIBED].contains(&self.event)
    }

    /// The grant of a scope, with its proof.
    pub fn grant(scope: &Scope, proof: String) -> OwnAct {
        let (event, mut properties) = match scope {
            Scope::Tracking => (kind::TRACKING_ALLOWED, Map::new()),
            scope => (kind::SUBSCRIBED, of_scope(scope)),
        };
        properties.insert("proof".into(), proof.into());
        OwnAct { event, properties }
    }
}

fn of_scope(scope: &Scope) -> Map<String, Value> {
    let (name, id) = match scope {
        Scope::Subscription(id) => ("subscription", id),
        Scope::Topic(id) => ("topic", id),
        Scope::All | Scope::Tracking => return Map::new(),
    };
    Map::from_iter([(name.to_owned(), id.as_str().into())])
}

/// The messages of what a person did, at an instant that is not before its last input.
pub fn messages(
    connection: &mut Connection,
    lead: &leads::Lead,
    acts: Vec<OwnAct>,
    now: Instant,
) -> Result<Vec<Arrived>, Error> {
    let key = LeadKey::of(connection, lead)?;
    let at = now.max(Instant(lead.at));
    let acts = acts.into_iter().map(|act| {
        let message = json!({"type": "track", key.field: key.text, "event": act.event, "properties": act.properties});
        stamped(message, at, Fills::All)
    });
    Ok(tie(&key, at).into_iter().chain(acts).collect())
}

/// What ties a key to its lead, where that is needed.
fn tie(key: &LeadKey, at: Instant) -> Option<Arrived> {
    key.public_tie().map(|message| stamped(message, at, Fills::EmptyByServer))
}

fn stamped(message: Value, at: Instant, fills: Fills) -> Arrived {
    stamped_as(crate::intake::new_id(at), message, at, fills)
}

fn stamped_as(id: String, mut message: Value, at: Instant, fills: Fills) -> Arrived {
    message["messageId"] = id.into();
    message["timestamp"] = at.to_string().into();
    Arrived { json: message.to_string(), received_at: at, origin: ORIGIN.to_owned(), fills }
}

/// Whether what somebody withdraws is withdrawn already, at the lead and at the address.
pub(crate) fn is_withdrawn(
    connection: &mut Connection,
    lead: &leads::Lead,
    address: &str,
    scope: &Scope,
) -> Result<bool, Error> {
    let profile = person(&history(connection, lead)?).profile;
    let blocks = of_address(connection, address)?;
    let is_withdrawn = |scope: &Scope| {
        profile.consents.in_effect(scope).state == State::Withdrawn && blocks.withdrawn(scope).is_some()
    };
    // Of all, no part may have been granted since.
    let parts = profile.consents.scopes().filter(|part| *scope == Scope::All && **part != Scope::Tracking);
    Ok(is_withdrawn(scope) && parts.into_iter().all(is_withdrawn))
}
