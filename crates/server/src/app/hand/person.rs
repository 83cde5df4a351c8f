//! A person as a whole: made known, joined with another, taken apart, handed over, erased.

use attractor_engine::time::Instant;
use attractor_live::{Amended, preview};
use attractor_store::{Connection, identities, leads, moves};
use serde_json::{Map, Value, json};

use super::message::{self, Writer, arrived};
use super::{Refused, brief, one, tell, whom};
use crate::app::App;
use crate::app::access::note_done;
use crate::app::actor::Actor;

/// What a lead may be known by.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub user_id: Option<String>,
    pub anonymous_id: Option<String>,
}

/// Makes a lead known, or tells more of one that is: an `identify`.
pub async fn make(app: &App, actor: &Actor, keys: Keys, traits: Map<String, Value>) -> Result<Value, Refused> {
    let email = traits.get("email").and_then(Value::as_str).map(str::trim).filter(|email| !email.is_empty());
    if keys.user_id.as_deref().unwrap_or_default().is_empty() && email.is_none() {
        return Err(Refused::Senseless(
            "give a `user_id`, or `attributes` with an `email`; else nobody is meant".into(),
        ));
    }
    let known = keys.user_id.clone().filter(|id| !id.is_empty()).or_else(|| email.map(str::to_owned));
    let mut message = json!({"type": "identify", "traits": traits});
    for (key, id) in [("userId", keys.user_id), ("anonymousId", keys.anonymous_id)] {
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            message[key] = id.into();
        }
    }
    let (by, now) = (actor.who.clone(), app.clock.now());
    app.lane
        .run(move |lane| {
            let lead = lane.write(|connection| whom::find(connection, known.as_deref().unwrap_or_default()))?;
            let at = lead.map_or(now, |lead| now.max(Instant(lead.at)));
            tell(lane, at, &[arrived(message, &by, at)])
        })
        .await?
}

/// Joins a lead with another one, into which it goes: an `alias`.
pub async fn merge(app: &App, actor: &Actor, whom: String, into: String) -> Result<Value, Refused> {
    let (by, now) = (actor.who.clone(), app.clock.now());
    app.lane
        .run(move |lane| {
            let found =
                lane.write(|connection| Ok((whom::find(connection, &whom)?, whom::find(connection, &into)?)))?;
            let (from, to) = match found {
                (Some(from), Some(to)) => (from, to),
                (None, _) => return Err(Refused::Nobody(whom)),
                (_, None) => return Err(Refused::Nobody(into)),
            };
            if from.id == to.id {
                return Err(Refused::Senseless("the two are one already".into()));
            }
            let alone = |lead: &leads::Lead| format!("{} is known by an e-mail alone", lead.name);
            let why = match (from.kind, to.kind) {
                (0 | 2, 0) => None,
                (1, 0) => Some(format!(
                    "{}: set the attribute `email` of {} to it, then the two are one",
                    alone(&from),
                    to.name
                )),
                (2, 1) => Some(format!(
                    "{}: set the attribute `email` of {} to it, then the two are one",
                    alone(&to),
                    from.name
                )),
                (_, 1) => Some(format!("{}: merge the other way round", alone(&to))),
                _ => Some(format!("{} is a visitor of whom no more is known: merge the other way round", to.name)),
            };
            if let Some(why) = why {
                return Err(Refused::Senseless(why));
            }
            let writer = Writer { lead: &to, by: &by, at: now.max(Instant(from.at.max(to.at))) };
            let alias = json!({"type": "alias", "previousId": from.name, "userId": to.name});
            let alias = writer.arrived(alias);
            let mut joined = tell(lane, writer.at, std::slice::from_ref(&alias))?;
            // By this it can be taken back.
            joined["alias"] = message::id(&alias).into();
            Ok(joined)
        })
        .await?
}

/// Takes an `alias` back, by the id of its message; the lead as it is then.
pub async fn unmerge(app: &App, whom: String, alias: String) -> Result<Value, Refused> {
    let now = app.clock.now();
    app.lane
        .run(move |lane| {
            let found = lane.write(|connection| whom::find(connection, &whom))?;
            let found = found.ok_or_else(|| Refused::Nobody(whom.clone()))?;
            amended(lane.unmerge(found.id, &alias, now)?)?;
            let after = lane.write(|connection| match whom::find(connection, &whom)? {
                Some(lead) => brief::brief(connection, &lead).map(Some),
                None => Ok(None),
            })?;
            after.ok_or(Refused::Nobody(whom))
        })
        .await?
}

/// Erases a person, for good.
pub async fn erase(app: &App, actor: &Actor, whom: String) -> Result<(), Refused> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.lane
        .run(move |lane| {
            let found = lane.write(|connection| whom::find(connection, &whom))?.ok_or(Refused::Nobody(whom))?;
            amended(lane.erase(found.id, now)?)?;
            note_done(lane, &actor, now.0, "lead erased", &found.id.to_string());
            Ok(())
        })
        .await?
}

fn amended(amended: Amended) -> Result<(), Refused> {
    match amended {
        Amended::Done | Amended::AsBefore => Ok(()),
        Amended::Refused(why) => Err(Refused::Senseless(why)),
    }
}

/// Everything that is stored about a person.
pub async fn export(app: &App, whom: String) -> Result<Value, Refused> {
    app.readers.read(move |connection| everything(connection, &whom)).await
}

fn everything(connection: &mut Connection, whom: &str) -> Result<Value, Refused> {
    let lead = one(connection, whom)?;
    let brief = brief::brief(connection, &lead)?;
    let past = preview::history(connection, &lead)?;
    let event = |past: &attractor_live::Past| {
        let message: Value = serde_json::from_str(&past.message).unwrap_or_default();
        json!({"at": Instant(past.at).to_string(), "origin": past.origin, "message": message})
    };
    let mut moved = moves::of_leads(connection, &[lead.id])?;
    moved.sort_by_key(|noted| noted.number);
    let a_move = |noted: &moves::Move| {
        let revised = noted.revised.as_ref().map(|(at, by)| json!({"at": Instant(*at).to_string(), "by": by}));
        json!({
            "number": noted.number, "at": Instant(noted.at).to_string(), "known_at": Instant(noted.known_at).to_string(),
            "kind": noted.kind, "subject": noted.subject, "from": noted.was, "to": noted.became,
            "because": noted.because, "reason": noted.reason, "version": noted.version, "revised": revised,
        })
    };
    let sends = moves::sends_of_leads(connection, &[lead.id])?;
    let send = |send: &moves::Send| {
        json!({
            "sequence": send.sequence, "began": Instant(send.began).to_string(), "step": send.step,
            "email": send.email, "asked_at": Instant(send.asked_at).to_string(), "state": send.state,
        })
    };
    let alerts = moves::alerts_of_leads(connection, &[lead.id])?;
    let alert = |alert: &moves::Alert| {
        json!({
            "sequence": alert.sequence, "to": alert.to, "say": alert.say, "at": Instant(alert.at).to_string(),
        })
    };
    let kinds = ["user", "email", "visitor"];
    let known: Vec<Value> = preview::identities(connection, &lead)?
        .iter()
        .map(|own: &identities::Identity| json!({"kind": kinds.get(own.kind as usize), "text": own.text}))
        .collect();
    Ok(json!({
        "lead": brief,
        "identities": known,
        "events": past.iter().map(event).collect::<Vec<_>>(),
        "moves": moved.iter().map(a_move).collect::<Vec<_>>(),
        "sends": sends.iter().map(send).collect::<Vec<_>>(),
        "alerts": alerts.iter().map(alert).collect::<Vec<_>>(),
    }))
}
