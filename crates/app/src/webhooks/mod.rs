//! Webhooks: who is told of moves, of calls and of alerts.

pub mod deliver;
pub mod fields;
pub mod follow;
pub(crate) mod happening;
pub mod item;

use std::sync::Arc;
use std::time::Duration;

use attractor_engine::misread::said_of;
use attractor_store::moves::Move;
use attractor_store::webhooks::{self, Delivery, DeliveryState, Webhook};
use attractor_store::{Connection, DeliveryNumber, Error, WebhookId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::access::note;
use super::actor::Actor;
use super::playbook::{present, references};
use super::{App, outside, signature};
use crate::refusal::{Refusal, all_right, both};
use fields::Fields;

/// How long a name is looked up while somebody waits.
const LOOK_UP: Duration = Duration::from_secs(5);
/// In characters.
const LONGEST_NOTE: usize = 500;

/// The kind by which a filter names what happens with calls.
pub(crate) const CALLS: &str = "call";
/// The kind by which a filter names alerts of sequences.
pub(crate) const ALERTS: &str = "alert";
/// The kinds beside those of moves. They are posted only where they are named: whoever asked for moves of all kinds asked for
/// nothing else.
pub(crate) const BESIDE_MOVES: [&str; 2] = [CALLS, ALERTS];

/// Which moves somebody wants to hear of. An empty list is all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// `stage`, `segment`, `sequence`, `interest`; and [`BESIDE_MOVES`], which no empty list contains.
    pub kinds: Vec<String>,
    /// Ids of ladders, segments and sequences; `primary` for the primary interest. An alert is about its sequence; calls are
    /// about none of these, and go to all that name them.
    pub subjects: Vec<String>,
    /// Words of [`MoveReason`]. An empty list is those that follow from what a lead did: an import of a list, or a new
    /// version of the playbook, does not post a move for each lead.
    pub reasons: Vec<String>,
    /// What each delivery says of its lead beside the move, under the names of another system.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
}

impl Filter {
    /// The filter of a stored webhook, or why it cannot be read.
    pub fn of(webhook: &Webhook) -> Result<Filter, String> {
        serde_json::from_str(&webhook.filter).map_err(|error| {
            format!("its filter cannot be read ({}); set `kinds` and `subjects` again", said_of(&error))
        })
    }

    /// Whether it names a kind, which the empty list does not.
    fn names(&self, kind: &str) -> bool {
        self.kinds.iter().any(|named| named == kind)
    }

    fn wants(&self, one: &Move) -> bool {
        let has = |list: &[String], text: &str| list.is_empty() || list.iter().any(|one| one == text);
        let by_reason = match self.reasons.as_slice() {
            [] => one.reason.is_of_a_lead(),
            words => words.iter().any(|word| word == one.reason.word()),
        };
        by_reason && has(&self.kinds, one.kind.name()) && has(&self.subjects, &one.subject)
    }
}

/// What a user says of a webhook.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub url: String,
    pub note: String,
    pub filter: Filter,
}

impl NewWebhook {
    fn check_url(&self) -> Result<(), Refusal> {
        outside::check(&self.url).map(|_| ()).map_err(|why| Refusal::invalid("/url", why))
    }

    fn check(&self) -> Result<String, Refusal> {
        let is_note = self.note.chars().count() <= LONGEST_NOTE;
        let long = || Refusal::invalid("/note", format!("a note has at most {LONGEST_NOTE} characters"));
        all_right([self.check_url(), is_note.then_some(()).ok_or_else(long)])?;
        serde_json::to_string(&self.filter).map_err(|error| Refusal::Failed(error.to_string()))
    }
}

/// Refuses names that exist neither in the playbook in force nor in a pilot's.
fn names_exist(connection: &mut Connection, filter: &Filter) -> Result<Result<(), Refusal>, Error> {
    let playbooks = present(connection)?.playbooks(connection)?;
    let checked =
        references::check(filter, &playbooks).map_err(|unknown| Refusal::invalid(unknown.pointer, unknown.why));
    let fields = || fields::check(&filter.fields, &playbooks).map_err(|why| Refusal::invalid("/fields", why));
    Ok(checked.and_then(|()| fields()))
}

/// Refuses an address inside a private network at once, and not only when something is delivered.
async fn may_call(app: &App, url: &str) -> Result<(), Refusal> {
    if app.settings.webhooks_private {
        return Ok(());
    }
    let url = url.to_owned();
    let looked = app.machine.done(move || outside::refuse_private(&url));
    match app.machine.within(LOOK_UP, looked).await {
        Some(Some(Err(why))) => Err(Refusal::invalid("/url", why)),
        // A name that cannot be looked up now may be known later. Each delivery looks again.
        _ => Ok(()),
    }
}

fn purpose(id: WebhookId) -> String {
    format!("webhook:{id}")
}

fn missing(id: WebhookId) -> Refusal {
    Refusal::Missing(format!("there is no webhook {id}"))
}

pub async fn list(app: &App) -> Result<Vec<Webhook>, Refusal> {
    Ok(app.readers.read(webhooks::all).await?)
}

pub async fn one(app: &App, id: WebhookId) -> Result<Webhook, Refusal> {
    app.readers.read(move |connection| webhooks::one(connection, id)).await?.ok_or_else(|| missing(id))
}

/// Makes a webhook that is told of what moves from now on. Its secret comes beside it, this once.
pub async fn add(app: &Arc<App>, actor: &Actor, wanted: NewWebhook) -> Result<(Webhook, String), Refusal> {
    let may_call = if wanted.check_url().is_ok() { may_call(app, &wanted.url).await } else { Ok(()) };
    let asked = wanted.filter.clone();
    let named = app.readers.read(move |connection| Ok::<_, Refusal>(names_exist(connection, &asked)?)).await?;
    let ((filter, ()), ()) = both(both(wanted.check(), may_call), named)?;
    let (secret, app2, actor) = (signature::new_secret(), app.clone(), actor.clone());
    let (cursor, now) = (*app.lane.moves().borrow(), app.machine.now().0);
    app.write(move |connection| {
        if let Err(why) = names_exist(connection, &wanted.filter)? {
            return Ok(Err(why));
        }
        let id = webhooks::next_id(connection)?;
        let sealed = match app2.secrets.seal(&purpose(id), secret.as_bytes()) {
            Ok(sealed) => sealed,
            Err(why) => return Ok(Err(Refusal::Failed(why))),
        };
        let webhook = Webhook {
            id,
            url: wanted.url,
            note: wanted.note,
            filter,
            secret: sealed,
            cursor,
            made_at: now,
            made_by: actor.who.clone(),
            failing_since: None,
            disabled: None,
        };
        webhooks::insert(connection, &webhook)?;
        note(connection, &actor, now, "webhook added", &purpose(id), &json!({"url": webhook.url}))?;
        Ok(Ok((webhook, secret)))
    })
    .await
}

/// What is to change of a webhook; what is `None` stays as it is. So a filter never becomes wider by what is left out.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub note: Option<String>,
    pub kinds: Option<Vec<String>>,
    pub subjects: Option<Vec<String>>,
    pub reasons: Option<Vec<String>>,
    pub fields: Option<Fields>,
    /// `true` lets one that was disabled begin anew, with what moves from then on.
    pub enabled: Option<bool>,
}

impl WebhookChange {
    fn is_filtered(&self) -> bool {
        self.kinds.is_some() || self.subjects.is_some() || self.reasons.is_some() || self.fields.is_some()
    }

    /// The webhook with this change, checked.
    fn of(self, webhook: Webhook) -> Result<Webhook, Refusal> {
        let is_filtered = self.is_filtered();
        let filter = match (self.kinds, self.subjects, self.reasons) {
            (Some(kinds), Some(subjects), reasons) => {
                let before = Filter::of(&webhook).unwrap_or_default();
                let (reasons, fields) = (reasons.unwrap_or(before.reasons), self.fields.unwrap_or(before.fields));
                Filter { kinds, subjects, reasons, fields }
            }
            // One that cannot be read stays as it is while nobody enables it.
            (None, None, None) if self.fields.is_none() && self.enabled != Some(true) => {
                Filter::of(&webhook).unwrap_or_default()
            }
            (kinds, subjects, reasons) => {
                let before = Filter::of(&webhook).map_err(|why| Refusal::invalid("/kinds", why))?;
                Filter {
                    kinds: kinds.unwrap_or(before.kinds),
                    subjects: subjects.unwrap_or(before.subjects),
                    reasons: reasons.unwrap_or(before.reasons),
                    fields: self.fields.unwrap_or(before.fields),
                }
            }
        };
        let (url, note) = (self.url.unwrap_or(webhook.url), self.note.unwrap_or(webhook.note));
        let wanted = NewWebhook { url, note, filter };
        let filter = wanted.check()?;
        let filter = if is_filtered { filter } else { webhook.filter };
        Ok(Webhook { url: wanted.url, note: wanted.note, filter, ..webhook })
    }
}

/// Changes a webhook.
pub async fn change(app: &Arc<App>, actor: &Actor, id: WebhookId, change: WebhookChange) -> Result<Webhook, Refusal> {
    let (actor, now) = (actor.clone(), app.machine.now().0);
    let before = one(app, id).await?;
    let enabled = change.enabled.unwrap_or(before.disabled.is_none());
    if enabled && (change.url.is_some() || change.enabled.is_some()) {
        may_call(app, change.url.as_ref().unwrap_or(&before.url)).await?;
    }
    let cursor = *app.lane.moves().borrow();
    let webhook = app
        .write(move |connection| {
            let Some(before) = webhooks::one(connection, id)? else { return Ok(Err(missing(id))) };
            let (asked, filter) = (change.enabled, before.filter.clone());
            let names = change.is_filtered();
            let mut webhook = match change.of(before) {
                Ok(webhook) => webhook,
                Err(denied) => return Ok(Err(denied)),
            };
            // One that points nowhere can still be disabled, or noted on, as it is.
            if asked == Some(true) || webhook.filter != filter || (names && asked.is_none()) {
                let named = match Filter::of(&webhook) {
                    Ok(filter) => names_exist(connection, &filter)?,
                    Err(why) => Err(Refusal::invalid("/kinds", why)),
                };
                if let Err(denied) = named {
                    return Ok(Err(denied));
                }
            }
            if asked == Some(true) && webhook.disabled.take().is_some() {
                webhook.failing_since = None;
                webhooks::set_cursor(connection, id, cursor)?;
            }
            if asked == Some(false) && webhook.disabled.is_none() {
                webhook.disabled = Some((now, "by hand".into()));
            }
            webhooks::update(connection, &webhook)?;
            let details = json!({"url": webhook.url, "enabled": webhook.disabled.is_none()});
            note(connection, &actor, now, "webhook changed", &purpose(id), &details)?;
            Ok(Ok(webhook))
        })
        .await?;
    app.nudged.notify_one();
    Ok(webhook)
}

pub async fn remove(app: &Arc<App>, actor: &Actor, id: WebhookId) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.machine.now().0);
    app.write(move |connection| {
        if !webhooks::delete(connection, id)? {
            return Ok(Err(missing(id)));
        }
        note(connection, &actor, now, "webhook removed", &purpose(id), &json!({}))?;
        Ok(Ok(()))
    })
    .await
}

/// The log of deliveries with numbers below `before`, the newest first.
pub async fn log(app: &App, id: WebhookId, before: DeliveryNumber, limit: i64) -> Result<Vec<Delivery>, Refusal> {
    let read = move |connection: &mut _| {
        let known = webhooks::one(connection, id)?.is_some();
        Ok::<_, Refusal>(known.then_some(webhooks::deliveries(connection, id, before, limit)?))
    };
    app.readers.read(read).await?.ok_or_else(|| missing(id))
}

/// Sends something that is no move, to see whether it arrives.
pub async fn test(app: &Arc<App>, id: WebhookId) -> Result<Delivery, Refusal> {
    let now = app.machine.now();
    let body = json!({"type": "test", "timestamp": now.to_string(), "data": {"webhook": id}}).to_string();
    let delivery = follow::delivery(id, format!("msg_{id}_test_{}", now.0), "test".into(), body, now.0);
    let made = app
        .write(move |connection| {
            if let Err(why) = ready(webhooks::one(connection, id)?, id) {
                return Ok(Err(why));
            }
            let number = webhooks::insert_deliveries(connection, std::slice::from_ref(&delivery))?;
            Ok(Ok(Delivery { number, ..delivery }))
        })
        .await?;
    app.nudged.notify_one();
    Ok(made)
}

/// Sends a delivery again, with the same id.
pub async fn replay(app: &Arc<App>, id: WebhookId, number: DeliveryNumber) -> Result<Delivery, Refusal> {
    let now = app.machine.now().0;
    let again = app
        .write(move |connection| {
            if let Err(why) = ready(webhooks::one(connection, id)?, id) {
                return Ok(Err(why));
            }
            let Some(mut delivery) = webhooks::one_delivery(connection, id, number)? else {
                return Ok(Err(Refusal::Missing(format!("the webhook {id} has no delivery {number}"))));
            };
            (delivery.state, delivery.due, delivery.ended_at) = (DeliveryState::Waiting, now, None);
            webhooks::update_delivery(connection, &delivery)?;
            Ok(Ok(delivery))
        })
        .await?;
    app.nudged.notify_one();
    Ok(again)
}

fn ready(webhook: Option<Webhook>, id: WebhookId) -> Result<(), Refusal> {
    match webhook {
        None => Err(missing(id)),
        Some(Webhook { disabled: Some((_, why)), .. }) => {
            Err(Refusal::Conflict(format!("the webhook {id} is disabled ({why}); enable it first")))
        }
        Some(_) => Ok(()),
    }
}

/// A webhook that wants every move: tests change what they are about.
#[cfg(test)]
pub fn example() -> Webhook {
    Webhook {
        id: WebhookId(7),
        url: "https://a.example/".into(),
        note: String::new(),
        filter: "{}".into(),
        secret: Vec::new(),
        cursor: attractor_store::MoveNumber::START,
        made_at: 0,
        made_by: String::new(),
        failing_since: None,
        disabled: None,
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::VersionNumber;
    use attractor_store::moves::{MoveKind, MoveReason};

    use super::*;

    #[test]
    fn an_empty_list_wants_every_kind_and_subject() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let all = Filter::default();
        assert!(all.wants(&moved(MoveKind::Stage, "lifecycle", MoveReason::Live)));
        let some = Filter { kinds: list(&["segment"]), subjects: list(&["hot", "cold"]), ..all };
        for (kind, subject, wanted) in
            [(MoveKind::Segment, "hot", true), (MoveKind::Stage, "hot", false), (MoveKind::Segment, "warm", false)]
        {
            assert_eq!(some.wants(&moved(kind, subject, MoveReason::Live)), wanted, "{kind:?} {subject}");
        }
    }

    #[test]
    fn an_empty_list_names_neither_calls_nor_alerts() {
        let alerts = Filter { kinds: vec![ALERTS.to_owned()], ..Filter::default() };
        for kind in BESIDE_MOVES {
            assert!(!Filter::default().names(kind), "{kind}");
            assert_eq!(alerts.names(kind), kind == ALERTS, "{kind}");
        }
        assert!(!alerts.wants(&moved(MoveKind::Stage, "lifecycle", MoveReason::Live)));
    }

    #[test]
    fn what_comes_in_bulk_is_posted_only_where_its_reason_is_named() {
        let reasons = |reasons: &[&str]| Filter {
            reasons: reasons.iter().map(|text| (*text).to_owned()).collect(),
            ..Filter::default()
        };
        let wants = |filter: &Filter, reason| filter.wants(&moved(MoveKind::Stage, "lifecycle", reason));
        for (reason, without_a_filter) in [
            (MoveReason::Live, true),
            (MoveReason::Late, true),
            (MoveReason::Join, true),
            (MoveReason::Verdict, true),
            (MoveReason::Unmerge, true),
            (MoveReason::Import, false),
            (MoveReason::Undo, false),
            (MoveReason::Erasure, false),
            (MoveReason::Keys, false),
            (MoveReason::Version(VersionNumber(3)), false),
        ] {
            assert_eq!(wants(&Filter::default(), reason), without_a_filter, "{reason}");
            assert!(wants(&reasons(&[reason.word()]), reason), "{reason}");
        }
        let import = reasons(&["import", "version"]);
        assert!(wants(&import, MoveReason::Version(VersionNumber(9))) && !wants(&import, MoveReason::Live));
    }

    fn moved(kind: MoveKind, subject: &str, reason: MoveReason) -> Move {
        Move {
            number: attractor_store::MoveNumber(1),
            lead: attractor_store::LeadId(256),
            at: 0,
            known_at: 0,
            kind,
            subject: subject.into(),
            was: None,
            became: "decision".into(),
            because: String::new(),
            reason,
            version: VersionNumber(1),
            revised: None,
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let wanted = |url: &str, note: &str| {
            NewWebhook { url: url.into(), note: note.into(), filter: Filter::default() }.check()
        };
        let place = |refused: Result<String, Refusal>| match refused {
            Err(Refusal::Invalid(invalid)) => invalid.places[0].0.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(place(wanted("nowhere", "ours")), "/url");
        assert_eq!(place(wanted("https://a.example/", &"n".repeat(501))), "/note");
        wanted("https://a.example/", "ours").unwrap();
    }
}
