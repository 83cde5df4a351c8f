//! What people do to leads by hand: events like any other, with their author, through the lane.

pub mod deed;
pub mod message;
pub mod person;

use attractor_engine::address::canonical;
use attractor_engine::time::Instant;
use attractor_live::{Arrived, Taken};
use attractor_store::Error;
use serde_json::Value;

use super::actor::Actor;
use super::leads::{consent, find, one};
use super::playbook::present;
use super::refusal::Refusal;
use super::{App, Turned};
use attractor_live::Lane;
use deed::{Deed, Unknown};
use message::Writer;

/// Why nothing was done.
#[derive(Debug)]
pub enum Refused {
    Unknown(Unknown),
    /// What was asked for makes no sense, and what would.
    Senseless(String),
    /// It would raise a consent that the person withdrew.
    Withdrawn(String),
    /// The lead is not there, or could not be read.
    Lead(Refusal),
    Store(Error),
    Turned(Turned),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Store(error)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused::Lead(refusal)
    }
}

impl From<Turned> for Refused {
    fn from(turned: Turned) -> Refused {
        Refused::Turned(turned)
    }
}

/// Does something to a lead; the lead as it is after the commit.
pub async fn act(app: &App, actor: &Actor, whom: String, deed: Deed) -> Result<Value, Refused> {
    if let Some((name, text)) = deed.text()
        && text.trim().is_empty()
    {
        return Err(Refused::Senseless(format!("`{name}` is empty; say something there")));
    }
    let (by, now) = (actor.who.clone(), app.clock.now());
    let done = app
        .lane
        .run(move |lane| {
            let (at, messages) = lane.write(|connection| {
                let lead = match find::lead(connection, &whom) {
                    Ok(lead) => lead,
                    Err(refusal) => return Ok(Err(refusal.into())),
                };
                if let Err(unknown) = deed.fits(&present(connection)?.playbooks(connection)?) {
                    return Ok(Err(Refused::Unknown(unknown)));
                }
                if let Some(scope) = deed.grants()
                    && let Some(why) = consent::refusal(connection, &lead, &scope)?
                {
                    return Ok(Err(Refused::Withdrawn(why)));
                }
                let writer = Writer { lead: &lead, by: &by, at: now.max(Instant(lead.at)) };
                let messages = writer.track(connection, deed.event(), deed.properties())?;
                Ok(Ok((writer.at, messages)))
            })??;
            tell(lane, at, &messages)
        })
        .await??;
    shown(app, done).await
}

/// Sets attributes of a lead; `null` removes one.
pub async fn set(
    app: &App,
    actor: &Actor,
    whom: String,
    traits: serde_json::Map<String, Value>,
) -> Result<Value, Refused> {
    let (by, now) = (actor.who.clone(), app.clock.now());
    let done = app
        .lane
        .run(move |lane| {
            let lead = lane.write(|connection| Ok(find::lead(connection, &whom)))??;
            let other = traits.get("email").is_some_and(|email| !is_email(email, &lead.name));
            if lead.kind == find::EMAIL && other {
                let why = "this lead is known by its e-mail alone: with another one it would be somebody else; \
                    send an `identify` with a user id and each of the e-mails";
                return Err(Refused::Senseless(why.into()));
            }
            let writer = Writer { lead: &lead, by: &by, at: now.max(Instant(lead.at)) };
            tell(lane, writer.at, &[writer.identify(traits)])
        })
        .await??;
    shown(app, done).await
}

fn is_email(value: &Value, email: &str) -> bool {
    value.as_str().is_some_and(|text| canonical(text).as_deref() == Some(email))
}

/// Takes messages in; whose the last one is.
pub fn tell(lane: &mut Lane, now: Instant, messages: &[Arrived]) -> Result<i64, Refused> {
    match lane.take(messages, now)?.last() {
        Some(Taken::New { lead }) => Ok(*lead),
        Some(Taken::Refused(why)) => Err(Refused::Senseless(why.clone())),
        Some(Taken::Known) | None => Err(Refused::Senseless("it was done already".into())),
    }
}

/// The lead as everybody sees it, after something was done to it.
pub async fn shown(app: &App, lead: i64) -> Result<Value, Refused> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    app.readers
        .read(move |connection| {
            connection.snapshot(|connection| {
                let versions = programs.now(connection)?;
                Ok(one::show(connection, &versions, &format!("id:{lead}"), None, now).map_err(Refused::from))
            })?
        })
        .await
}
