//! Inbound webhooks: what other systems post becomes messages, stored before they are answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_intake::request::Envelope;
use attractor_intake::webhook::{Compiled, Mapping, Problem};
use attractor_intake::{Raw, Receipt, Rejected, Rights, normalise};
use attractor_live::{Fills, Taken};
use attractor_store::LeadId;
use attractor_store::hooks::{self, Hook};
use serde::Serialize;
use serde_json::{Value, json};
use ureq::http::HeaderName;
use utoipa::ToSchema;

use super::access::{note, tokens};
use super::actor::Actor;
use super::intake::{ToStore, new_id, own_domains, to_store};
use super::{App, signature};
use crate::figures;
use crate::refusal::{Refusal, both};
use crate::schemas::AnyJson;

/// In characters.
const LONGEST_NAME: usize = 200;
const DEFAULT_HEADER: &str = "x-signature";

/// How whoever posts proves that it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By a token in the address.
    Token,
    /// By an HMAC-SHA256 of the body in this header.
    Hmac(String),
}

/// What a user says of a hook.
#[derive(Clone, Debug)]
pub struct NewHook {
    pub name: String,
    pub mapping: Mapping,
}

/// What is to change of a hook; what is `None` stays as it is. A mapping is one value, and changes as a whole.
#[derive(Clone, Debug, Default)]
pub struct HookChange {
    pub name: Option<String>,
    pub mapping: Option<Mapping>,
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.contains('\0') {
        return Err(Refusal::invalid("/name", format!("a name has between 1 and {LONGEST_NAME} characters")));
    }
    Ok(())
}

/// A mapping as it is kept.
fn kept(mapping: &Mapping) -> Result<String, Refusal> {
    whole(mapping)?;
    serde_json::to_string(mapping).map_err(|error| Refusal::Failed(said_of(&error)))
}

/// A mapping that is sound. One that drops some of what it finds is too: it may have been stored before that was
/// refused, and what it takes it goes on taking.
fn compile(mapping: &Mapping) -> Result<Compiled, Refusal> {
    mapping.compile().map_err(|problems| wrong(&problems))
}

/// A mapping that is sound and drops nothing: what somebody writes today.
fn whole(mapping: &Mapping) -> Result<Compiled, Refusal> {
    let compiled = compile(mapping)?;
    let dropped = mapping.dropped();
    if dropped.is_empty() { Ok(compiled) } else { Err(wrong(&dropped)) }
}

fn wrong(problems: &[Problem]) -> Refusal {
    let lines: Vec<String> = problems.iter().map(|one| format!("`{}`: {}", one.field, one.reason)).collect();
    Refusal::invalid("/mapping", lines.join("; "))
}

fn missing() -> Refusal {
    Refusal::Missing("there is no such hook".into())
}

fn purpose(id: &str) -> String {
    format!("hook:{id}")
}

pub async fn list(app: &App) -> Result<Vec<Hook>, Refusal> {
    Ok(app.readers.read(hooks::all).await?)
}

/// The name of the header that holds an HMAC, in lower case.
fn header_name(text: String) -> Result<String, Refusal> {
    if text.is_empty() {
        return Ok(DEFAULT_HEADER.to_owned());
    }
    let name = HeaderName::from_bytes(text.as_bytes()).ok().filter(|name| name.as_str().len() <= LONGEST_NAME);
    let wrong = || Refusal::invalid("/header", "this is not the name of a header; write x-signature");
    name.map(|name| name.as_str().to_owned()).ok_or_else(wrong)
}

/// Makes a hook. Its secret comes beside it, this once.
pub async fn add(app: &Arc<App>, actor: &Actor, wanted: NewHook, proof: Proof) -> Result<(Hook, String), Refusal> {
    let header = match &proof {
        Proof::Token => Ok(None),
        Proof::Hmac(header) => header_name(header.clone()).map(Some),
    };
    let (((), mapping), header) = both(both(check_name(&wanted.name), kept(&wanted.mapping)), header)?;
    let (id, secret) = (tokens::token().chars().take(22).collect::<String>(), tokens::token());
    let (name, kept) = match proof {
        Proof::Token => ("token", tokens::hash(&secret).to_vec()),
        Proof::Hmac(_) => ("hmac", app.secrets.seal(&purpose(&id), secret.as_bytes()).map_err(Refusal::Failed)?),
    };
    let (actor, made_at) = (actor.clone(), app.clock.now().0);
    let hook = Hook {
        id,
        name: wanted.name,
        mapping,
        proof: name.into(),
        header,
        secret: kept,
        made_at,
        made_by: actor.who.clone(),
    };
    app.write(move |connection| {
        hooks::insert(connection, &hook)?;
        note(connection, &actor, made_at, "hook added", &purpose(&hook.id), &json!({"name": hook.name}))?;
        Ok(Ok((hook, secret)))
    })
    .await
}

/// Changes a hook's name, its mapping or both.
pub async fn change(app: &Arc<App>, actor: &Actor, id: String, change: HookChange) -> Result<(), Refusal> {
    let named = change.name.as_deref().map_or(Ok(()), check_name);
    let ((), mapping) = both(named, change.mapping.as_ref().map(kept).transpose())?;
    let (actor, now) = (actor.clone(), app.clock.now().0);
    app.write(move |connection| {
        let Some(before) = hooks::one(connection, &id)? else { return Ok(Err(missing())) };
        let (name, mapping) = (change.name.unwrap_or(before.name), mapping.unwrap_or(before.mapping));
        hooks::update(connection, &id, &name, &mapping)?;
        note(connection, &actor, now, "hook changed", &purpose(&id), &json!({"name": name}))?;
        Ok(Ok(()))
    })
    .await
}

pub async fn remove(app: &Arc<App>, actor: &Actor, id: String) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now().0);
    app.write(move |connection| {
        if !hooks::delete(connection, &id)? {
            return Ok(Err(missing()));
        }
        note(connection, &actor, now, "hook removed", &purpose(&id), &json!({}))?;
        Ok(Ok(()))
    })
    .await
}

/// A delivery from outside.
pub struct Posted<'a> {
    pub hook: &'a str,
    /// Of the address.
    pub token: Option<&'a str>,
    /// The value of a header.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
}

/// What became of a delivery.
#[derive(Debug)]
pub struct Done {
    /// Messages that are stored now, or were already.
    pub stored: usize,
    /// The leads of those that are new, each once.
    pub leads: Vec<LeadId>,
    pub rejected: Vec<Rejected>,
}

/// Takes a delivery in. What it returns is after the commit: the leads are updated.
pub async fn take(app: &App, posted: &Posted<'_>) -> Result<Done, Refusal> {
    let id = posted.hook.to_owned();
    let hook = app.readers.read(move |connection| hooks::one(connection, &id)).await?.ok_or_else(missing)?;
    prove(app, &hook, posted)?;
    let mapping: Mapping = serde_json::from_str(&hook.mapping).map_err(|error| unreadable_mapping(&hook, &error))?;
    let (made, rejected) = messages(app, &compile(&mapping)?, (&hook.id, &hook.name), posted)?;
    let mut done = Done { stored: 0, leads: Vec::new(), rejected };
    if made.is_empty() {
        return Ok(done);
    }
    let (indexes, arrived): (Vec<_>, Vec<_>) = made.into_iter().map(|sent| (sent.index, sent.arrived)).unzip();
    for (index, taken) in indexes.into_iter().zip(app.lane.take(arrived).await?) {
        // What the server made of a message is no concern of its sender.
        let Some(index) = index else { continue };
        match taken {
            Taken::Refused(reason) => done.rejected.push(Rejected { index, reason }),
            Taken::New { lead } => {
                done.stored += 1;
                done.leads.extend(Some(lead).filter(|lead| !done.leads.contains(lead)));
            }
            Taken::Repeated => done.stored += 1,
        }
    }
    done.rejected.sort_by_key(|rejected| rejected.index);
    Ok(done)
}

fn unreadable_mapping(hook: &Hook, error: &serde_json::Error) -> Refusal {
    let why = said_of(error);
    Refusal::Failed(format!("the stored mapping of the webhook `{}` cannot be read: {why}; set it again", hook.name))
}

fn prove(app: &App, hook: &Hook, posted: &Posted) -> Result<(), Refusal> {
    let is_proven = match &hook.header {
        None => posted.token.is_some_and(|token| tokens::same(&tokens::hash(token), &hook.secret)),
        Some(header) => {
            let secret = app.secrets.unseal(&purpose(&hook.id), &hook.secret).map_err(Refusal::Failed)?;
            (posted.header)(header).is_some_and(|given| signature::is_signature(&secret, posted.body, &given))
        }
    };
    if is_proven {
        return Ok(());
    }
    Err(Refusal::Unauthenticated(match &hook.header {
        None => "the token in the address (`?token=…`) is missing or wrong".to_owned(),
        Some(header) => format!("the header {header} is missing or wrong: expected the body's HMAC-SHA256"),
    }))
}

type Made = (Vec<ToStore>, Vec<Rejected>);

/// What a delivery says by this mapping; a hook is an id and a name.
fn messages(app: &App, mapping: &Compiled, (hook, name): (&str, &str), posted: &Posted) -> Result<Made, Refusal> {
    let found = mapping.messages(hook, posted.content_type, posted.body);
    let found = found.map_err(|refused| Refusal::invalid("", refused.reason))?;
    let (now, key, origin) = (app.clock.now(), format!("hook {name}"), format!("hook:{hook}"));
    let (key, hook, own_domains) = (Some(key.as_str()), Some(hook), &own_domains(app));
    let received = Receipt { at: now, rights: Rights::Server, key, hook, own_domains, agents: None };
    let (mut made, mut rejected) = (Vec::new(), Vec::new());
    figures::placeholders(found.iter().flatten().map(Raw::placeholders).sum());
    for raw in found {
        let normalised =
            raw.and_then(|raw| Ok((raw.index, normalise(&raw, &Envelope::default(), &received, &mut || new_id(now))?)));
        match normalised {
            Ok((index, normalised)) => made.extend(to_store(index, normalised, &origin, Fills::All, now)),
            Err(reason) => rejected.push(reason),
        }
    }
    Ok((made, rejected))
}

/// What a mapping would make of a body. Nothing is stored.
pub fn try_out(
    app: &App,
    mapping: &Mapping,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<(Vec<String>, Vec<Rejected>), Refusal> {
    let posted = Posted { hook: "try", token: None, header: &|_| None, content_type, body };
    let (made, rejected) = messages(app, &whole(mapping)?, ("try", "try"), &posted)?;
    Ok((made.into_iter().map(|sent| sent.arrived.json).collect(), rejected))
}

/// A hook as the API shows it
#[derive(Serialize, ToSchema)]
#[schema(as = Hook)]
pub struct HookItem {
    id: String,
    name: String,
    /// Where others post: below the server's address
    path: String,
    /// `token` or `hmac`
    proof: String,
    /// Where the request has its `hmac`
    header: Option<String>,
    #[schema(value_type = KnownMapping)]
    mapping: Value,
    #[schema(format = DateTime)]
    made_at: String,
    made_by: String,
}

impl From<Hook> for HookItem {
    fn from(hook: Hook) -> HookItem {
        HookItem {
            path: format!("/hooks/{}", hook.id),
            id: hook.id,
            name: hook.name,
            proof: hook.proof,
            header: hook.header,
            mapping: crate::stored::stored(&hook.mapping),
            made_at: Instant(hook.made_at).to_string(),
            made_by: hook.made_by,
        }
    }
}

/// Where a hook's mapping finds what in a body: docs/operate.md
#[derive(Serialize, ToSchema)]
#[schema(as = Mapping)]
pub struct MappingItem {
    /// Path of a list; each of its elements is an item. Absent: the body is the one item
    each: Option<String>,
    /// `identify` (where absent), `track`, `page`, `screen` or `group`; a constant, or a path
    r#type: Option<String>,
    /// Of a `track`: its kind
    event: Option<String>,
    user_id: Option<String>,
    anonymous_id: Option<String>,
    group_id: Option<String>,
    email: Option<String>,
    /// ISO 8601, or seconds or milliseconds since 1970. Absent: the receipt
    timestamp: Option<String>,
    /// Unique to the event in the system that sends it
    message_id: Option<String>,
    /// Traits of the lead (of a `group`: of the company) by their dotted names: paths, or constants
    #[schema(value_type = BTreeMap<String, AnyJson>, required = false)]
    traits: BTreeMap<String, Value>,
    #[schema(value_type = BTreeMap<String, AnyJson>, required = false)]
    properties: BTreeMap<String, Value>,
}

/// A mapping as it is stored
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum KnownMapping {
    Mapping(Box<MappingItem>),
    /// Its text, where it cannot be read
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_described_with_the_fields_that_it_has() {
        let described = MappingItem {
            each: None,
            r#type: None,
            event: None,
            user_id: None,
            anonymous_id: None,
            group_id: None,
            email: None,
            timestamp: None,
            message_id: None,
            traits: BTreeMap::new(),
            properties: BTreeMap::new(),
        };
        let json = |value: &dyn Fn() -> serde_json::Result<Value>| value().unwrap();
        assert_eq!(
            json(&|| serde_json::to_value(&described)),
            json(&|| serde_json::to_value(Mapping::default())),
            "a field of the mapping is not described, or one is that it does not have"
        );
    }
}
