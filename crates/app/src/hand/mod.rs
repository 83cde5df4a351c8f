//! What people do to leads by hand: events like any other, with their author, through the lane.

pub mod deed;
mod enrolling;
pub mod erasing;
pub mod forgetting;
pub mod message;
pub mod person;

use attractor_engine::address::canonical;
use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_live::{Arrived, Taken};
use attractor_store::{CallId, IdentityKind, LeadId};
use serde_json::Value;

use super::App;
use super::actor::Actor;
use super::calls::opening::ahead_of;
use super::leads::hearing::{self, EnrolledByHand};
use super::leads::whole::WholeLead;
use super::leads::{consent, find, one};
use super::playbook::present;
use super::refusal::Refusal;
use deed::Deed;
use message::Writer;

/// Does something to a lead; the lead as it is after the commit.
pub async fn act(app: &App, actor: &Actor, whom: String, deed: Deed) -> Result<WholeLead, Refusal> {
    if let Some((name, text)) = deed.text()
        && text.trim().is_empty()
    {
        return Err(Refusal::senseless(format!("`{name}` is empty; say something there")));
    }
    let (by, now, programs) = (actor.who.clone(), app.clock.now(), app.programs.clone());
    let done = app
        .lane
        .run(move |lane| {
            let (at, messages) = lane.write(|connection| {
                let lead = match find::lead(connection, &whom) {
                    Ok(lead) => lead,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if let Err(unknown) = deed.fits(&present(connection)?.playbooks(connection)?) {
                    return Ok(Err(unknown.into()));
                }
                if let Some(scope) = deed.grants()
                    && let Some(why) = consent::refusal(connection, &lead, &scope)?
                {
                    return Ok(Err(Refusal::Conflict(why)));
                }
                if let Deed::Call { .. } = &deed
                    && let Some(call) = ahead_of(connection, &lead)?
                {
                    return Ok(Err(Refusal::Conflict(of_call(call.id))));
                }
                let writer = Writer { lead: &lead, by: &by, at: now.max(Instant(lead.at)) };
                let messages = writer.track(connection, deed.event(), deed.properties())?;
                if let Deed::Enroll(sequence) = &deed {
                    let versions = programs.now(connection)?;
                    if let Some(why) = enrolling::refusal(connection, &versions, &lead, sequence, &messages)? {
                        return Ok(Err(Refusal::Conflict(why)));
                    }
                }
                Ok(Ok((writer.at, messages)))
            })??;
            tell(lane, at, &messages)
        })
        .await??;
    shown(app, done).await
}

/// Enrolls a lead in a sequence by hand; the lead as it is then, and what it hears of the sequence.
pub async fn enroll(app: &App, actor: &Actor, whom: String, sequence: String) -> Result<EnrolledByHand, Refusal> {
    let lead = act(app, actor, whom, Deed::Enroll(sequence.clone())).await?;
    let id = format!("id:{}", lead.id);
    let hearing = app.read(move |view| hearing::of_lead(view, &id, &sequence)).await?;
    Ok(EnrolledByHand { lead, hearing })
}

/// A call that is logged elsewhere leaves the one that is open, and the lead would be called again.
fn of_call(id: CallId) -> String {
    format!("this lead has an open call ({id}): log it with POST /api/calls/{id}/log")
}

/// Sets attributes of a lead; `null` removes one.
pub async fn set(
    app: &App,
    actor: &Actor,
    whom: String,
    traits: serde_json::Map<String, Value>,
) -> Result<WholeLead, Refusal> {
    if traits.len() == 1 && traits.get("attributes").is_some_and(Value::is_object) {
        return Err(Refusal::senseless(
            "the body itself has the attributes as its members, without `attributes` around them",
        ));
    }
    let (by, now) = (actor.who.clone(), app.clock.now());
    let done = app
        .lane
        .run(move |lane| {
            let lead = lane.write(|connection| Ok(find::lead(connection, &whom)))??;
            let other = traits.get("email").is_some_and(|email| !is_email(email, &lead.name));
            if lead.kind == IdentityKind::Email && other {
                let why = "this lead is known by its e-mail alone: with another one it would be somebody else; \
                    send an `identify` with a user id and each of the e-mails";
                return Err(Refusal::senseless(why));
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
pub fn tell(lane: &mut Lane, now: Instant, messages: &[Arrived]) -> Result<LeadId, Refusal> {
    match lane.take(messages, now)?.last() {
        Some(Taken::New { lead }) => Ok(*lead),
        Some(Taken::Refused(why)) => Err(Refusal::senseless(why.clone())),
        Some(Taken::Repeated) | None => Err(Refusal::senseless("it was done already")),
    }
}

/// The lead as everybody sees it, after something was done to it.
pub async fn shown(app: &App, lead: LeadId) -> Result<WholeLead, Refusal> {
    app.read(move |view| one::show(view, &format!("id:{lead}"), None)).await
}
