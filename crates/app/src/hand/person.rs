//! A person as a whole: made known, joined with another, taken apart, handed over.

use std::sync::Arc;

use attractor_engine::address::canonical;
use attractor_engine::time::Instant;
use attractor_live::history::history;
use attractor_live::{Amended, preview};
use attractor_store::contents::{self, Content};
use attractor_store::letters::{self, Letter};
use attractor_store::{Connection, Error, LeadId, calls, copies, form_requests, identities, moves};
use serde_json::{Map, Value, json};

use super::erasing::{Reach, written_to};
use super::message::{self, Writer, arrived};
use super::{shown, tell};
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::calls::kept::KeptCall;
use crate::clicks::requests;
use crate::forms::request::FormRequest;
use crate::leads::joined::with_predecessors;
use crate::leads::whole::{
    AlertItem, FormRequestItem, JoinedLead, KeptMail, LetterAbout, OwnIdentity, PersonExport, WholeLead,
};
use crate::leads::{find, joining, one, past};
use crate::moves::items;
use crate::refusal::Refusal;
use crate::sending::caught;
use crate::sending::incoming::{aside, unmatched};
use crate::stored::stored;
use crate::team::letter::Content as LetterContent;
use crate::view::View;

/// What a lead may be known by.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub user_id: Option<String>,
    pub anonymous_id: Option<String>,
}

/// Makes a lead known, or tells more of one that is: an `identify`.
pub async fn make(app: &App, actor: &Actor, keys: Keys, traits: Map<String, Value>) -> Result<WholeLead, Refusal> {
    let email = traits.get("email").and_then(Value::as_str).map(str::trim).filter(|email| !email.is_empty());
    if keys.user_id.as_deref().unwrap_or_default().is_empty() && email.is_none() {
        return Err(Refusal::senseless("give a `user_id`, or `attributes` with an `email`; else nobody is meant"));
    }
    let user = keys.user_id.as_deref().filter(|id| !id.is_empty()).map(|id| format!("user:{id}"));
    let known = user.or_else(|| email.filter(|email| canonical(email).is_some()).map(|email| format!("email:{email}")));
    let mut message = json!({"type": "identify", "traits": traits});
    for (key, id) in [("userId", keys.user_id), ("anonymousId", keys.anonymous_id)] {
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            message[key] = id.into();
        }
    }
    let (by, now) = (actor.who.clone(), app.clock.now());
    let made = app
        .lane
        .run(move |lane| {
            let known = known.as_deref();
            let lead = match known {
                Some(known) => lane.write(|connection| Ok(find::known(connection, known)))??,
                None => None,
            };
            let at = lead.map_or(now, |lead| now.max(Instant(lead.at)));
            tell(lane, at, &[arrived(message, &by, at)])
        })
        .await??;
    shown(app, made).await
}

/// Joins a lead with another one, into which it goes: an `alias`.
pub async fn merge(app: &App, actor: &Actor, whom: String, into: String) -> Result<JoinedLead, Refusal> {
    let (by, now) = (actor.who.clone(), app.clock.now());
    let (joined, alias) = app
        .lane
        .run(move |lane| {
            let from = lane.write(|connection| Ok(find::lead(connection, &whom)))??;
            let to = lane.write(|connection| Ok(find::lead(connection, &into)))??;
            if from.id == to.id {
                return Err(Refusal::senseless("the two are one already"));
            }
            if let Some(why) = lane.write(|connection| joining::obstacle(connection, &from, &to))? {
                return Err(Refusal::senseless(why));
            }
            let writer = Writer { lead: &to, by: &by, at: now.max(Instant(from.at.max(to.at))) };
            let alias = json!({"type": "alias", "previousId": from.name, "userId": to.name});
            let alias = writer.arrived(alias);
            let joined = tell(lane, writer.at, std::slice::from_ref(&alias))?;
            Ok((joined, message::id(&alias)))
        })
        .await??;
    Ok(JoinedLead { lead: shown(app, joined).await?, alias })
}

/// Takes an `alias` back, by the id of its message; the lead as it is then.
pub async fn unmerge(app: &App, actor: &Actor, whom: String, alias: String) -> Result<WholeLead, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    let after = app
        .lane
        .run(move |lane| {
            let found = lane.write(|connection| Ok(find::lead(connection, &whom)))??;
            let parted = lane.deed(now, |deed| {
                let parted = deed.unmerge(found.id, &alias)?;
                if parted == Amended::Done {
                    let details = json!({"alias": alias});
                    note(deed.connection(), &actor, now.0, "leads parted", &found.id.to_string(), &details)?;
                }
                Ok(parted)
            })?;
            amended(parted)?;
            // Taken apart, the two may be called alike.
            match lane.write(|connection| Ok(find::lead(connection, &whom)))? {
                Err(Refusal::Conflict(_)) => Ok(found),
                lead => Ok::<_, Refusal>(lead?),
            }
        })
        .await??;
    shown(app, after.id).await
}

pub(super) fn amended(amended: Amended) -> Result<(), Refusal> {
    match amended {
        Amended::Done | Amended::AsBefore => Ok(()),
        Amended::Refused(why) => Err(Refusal::senseless(why)),
    }
}

/// Everything that is stored about a person.
pub async fn export(app: &Arc<App>, whom: String) -> Result<PersonExport, Refusal> {
    let (mut export, addresses, leads) = app.read(move |view| everything(view, &whom)).await?;
    // Files, which no view of the store holds.
    export.caught = caught::of_person(app, addresses.clone(), leads.clone()).await?;
    export.put_aside = aside::of_person(app, addresses, leads).await?;
    Ok(export)
}

/// What the store has of a person, and by which addresses and leads mails in files are found, as an erasure finds them.
fn everything(view: &mut View, whom: &str) -> Result<(PersonExport, Vec<String>, Vec<LeadId>), Refusal> {
    let row = find::lead(view.connection, whom)?;
    let lead = one::show(view, &format!("id:{}", row.id), None)?;
    let names = view.names()?;
    let connection = &mut *view.connection;
    let past = history(connection, &row)?;
    let mut moved = moves::of_leads(connection, &[row.id])?;
    moved.sort_by_key(|noted| noted.number);
    let all = with_predecessors(connection, row.id)?;
    let (sends, mails) = (copies::of_leads(connection, &all)?, kept_mails(connection, &all)?);
    let alerts = moves::alerts_of_leads(connection, &all)?;
    let mut about = Vec::new();
    for lead in &all {
        about.extend(letters::of_lead(connection, *lead)?);
    }
    let (mut called, mut kept) = (Vec::new(), Vec::new());
    for lead in &all {
        called.extend(calls::of_lead(connection, *lead)?);
    }
    for call in &called {
        kept.push(KeptCall::of(call, view.now)?);
    }
    let known = preview::identities(connection, &row)?;
    let form_requests = requested(connection, &all)?;
    let addresses = written_to(connection, &row, Reach::Lead)?;
    let (requests, unmatched) =
        (requests::of_leads(connection, &all)?, unmatched::of_person(connection, &all, &addresses)?);
    let shown_moves = items(connection, moved, &names)?;
    let identity = |own: &identities::Identity| OwnIdentity { kind: own.kind.name(), text: own.text.clone() };
    let export = PersonExport {
        lead,
        identities: known.iter().map(identity).collect(),
        events: past.iter().map(|past| past::shown(past, &names)).collect(),
        moves: shown_moves,
        sends: sends.iter().map(|copy| one::copy(copy, &names)).collect(),
        mails,
        alerts: alerts.into_iter().map(alert).collect(),
        form_requests,
        letters: about.into_iter().map(letter).collect(),
        calls: kept,
        requests,
        caught: Vec::new(),
        put_aside: Vec::new(),
        unmatched,
    };
    Ok((export, addresses, all))
}

fn requested(connection: &mut Connection, ids: &[LeadId]) -> Result<Vec<FormRequestItem>, Error> {
    let item = |request: FormRequest| FormRequestItem {
        email: request.document.email,
        agreed: request.document.consents.into_iter().map(|agreed| agreed.text).collect(),
        attributes: Value::Object(request.document.traits),
        file: request.document.asset.map(|asset| asset.name),
        downloads: request.row.downloads,
        asked_at: Instant(request.row.asked_at).to_string(),
        confirmed_at: request.row.confirmed_at.map(|at| Instant(at).to_string()),
        form: request.row.form,
    };
    form_requests::of_leads(connection, ids)?.into_iter().map(|row| FormRequest::of(row).map(item)).collect()
}

fn letter(letter: Letter) -> LetterAbout {
    let LetterContent { subject, text, .. } = LetterContent::read(&letter.content);
    let made_at = Instant(letter.made_at).to_string();
    LetterAbout { kind: letter.kind, to: letter.recipient, subject, text, made_at }
}

fn kept_mails(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<KeptMail>, Error> {
    let mut mails = Vec::new();
    for Content { send_id, address, link_set, document, .. } in contents::all_of_leads(connection, leads)? {
        let links = contents::link_set(connection, &link_set)?.unwrap_or_else(|| "[]".to_owned());
        mails.push(KeptMail { send_id, to: address, document: stored(&document), links: stored(&links) });
    }
    mails.sort_by(|one, other| one.send_id.cmp(&other.send_id));
    Ok(mails)
}

fn alert(alert: moves::Alert) -> AlertItem {
    let at = Instant(alert.at).to_string();
    AlertItem { sequence: alert.sequence, to: alert.to, say: alert.say, at }
}
