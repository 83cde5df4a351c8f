//! Senders as objects: who e-mails come from that name one. The playbook names them by their ids.

use attractor_engine::playbook::Playbook;
use attractor_mail::message::{MAX_NAME_CHARS, Mailbox};
use attractor_store::senders::{self, Sender};
use attractor_store::{Connection, Error};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::emails::EmailAddress;
use crate::moves::instant;
use crate::playbook::present;
use crate::refusal::{Refusal, both};
use crate::sending::sender::Sender as SettingsSender;
use crate::sending::senders::{ChosenSender, OWNER, Senders};
use crate::view::View;

/// In bytes.
const LONGEST_ID: usize = 64;
/// In characters.
const LONGEST_ADDRESS: usize = 300;

/// A sender
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Sender)]
pub struct SenderItem {
    /// What `from` of an e-mail names
    pub id: String,
    pub name: String,
    pub address: String,
    /// Where answers go; null for `address`
    pub reply_to: Option<String>,
    /// Shown in the e-mails; null for that of the settings
    pub postal_address: Option<String>,
    /// Who readers see
    pub shown_from: EmailAddress,
    /// Where answers go in fact
    pub answers_to: String,
    /// Whether `address` is in `From`: it is at the domain of `sender_email`, whose DNS records are checked. Otherwise
    /// e-mails come from `sender_email` with this name, and answers go to this sender
    pub is_aligned: bool,
    /// The e-mails of the playbook in force that name it
    pub emails: Vec<String>,
    #[schema(format = DateTime)]
    pub made_at: String,
    pub made_by: String,
}

/// All senders
#[derive(Debug, Serialize, ToSchema)]
pub struct SenderList {
    /// Of the settings: of every e-mail that names no other
    pub default: EmailAddress,
    /// By their ids
    pub items: Vec<SenderItem>,
}

/// A sender as somebody describes it.
#[derive(Clone, Debug, Default)]
pub struct NewSender {
    pub id: String,
    pub name: String,
    pub address: String,
    pub reply_to: Option<String>,
    pub postal_address: Option<String>,
}

/// What is to change of a sender; what is `None` stays, and an empty text takes away what need not be there.
#[derive(Clone, Debug, Default)]
pub struct SenderChange {
    pub name: Option<String>,
    pub address: Option<String>,
    pub reply_to: Option<String>,
    pub postal_address: Option<String>,
}

pub async fn list(app: &App) -> Result<SenderList, Refusal> {
    let settings = of_settings(app)?;
    app.read(move |view| {
        let playbooks = playbooks(view)?;
        let items = senders::all(view.connection)?.into_iter().map(|sender| item(&settings, &playbooks, sender));
        Ok(SenderList { default: (&settings.from).into(), items: items.collect() })
    })
    .await
}

pub async fn one(app: &App, id: String) -> Result<SenderItem, Refusal> {
    let settings = of_settings(app)?;
    app.read(move |view| {
        let found = senders::one(view.connection, &id)?.ok_or_else(|| missing(&id))?;
        Ok(item(&settings, &playbooks(view)?, found))
    })
    .await
}

/// Makes a sender.
pub async fn add(app: &App, actor: &Actor, new: NewSender) -> Result<SenderItem, Refusal> {
    let (actor, now, id) = (actor.clone(), app.clock.now().0, new.id.clone());
    let sender = described_by(new, now, actor.who.clone())?;
    app.write(move |connection| {
        if !senders::insert(connection, &sender)? {
            return Ok(Err(Refusal::Conflict(format!("there is a sender `{}` already; change that one", sender.id))));
        }
        note(connection, &actor, now, "sender added", &subject(&sender.id), &described(&sender)).map(Ok)
    })
    .await?;
    one(app, id).await
}

/// A sender as somebody describes it; the error is everything that is wrong.
fn described_by(new: NewSender, made_at: i64, made_by: String) -> Result<Sender, Refusal> {
    let reply_to = filled(new.reply_to).map(|text| address(&text, "/reply_to")).transpose();
    let postal_address = filled(new.postal_address).map(|text| postal_address(&text)).transpose();
    let addresses = both(address(&new.address, "/address"), both(reply_to, postal_address));
    let (((), name), (address, (reply_to, postal_address))) =
        both(both(check_id(&new.id), name(&new.name)), addresses)?;
    Ok(Sender { id: new.id, name, address, reply_to, postal_address, made_at, made_by })
}

/// Changes a sender.
pub async fn change(app: &App, actor: &Actor, id: String, change: SenderChange) -> Result<SenderItem, Refusal> {
    let name = change.name.as_deref().map(name).transpose();
    let own = change.address.as_deref().map(|text| address(text, "/address")).transpose();
    let reply_to = change.reply_to.map(|text| optional(text, |text| address(text, "/reply_to"))).transpose();
    let postal = change.postal_address.map(|text| optional(text, postal_address)).transpose();
    let ((name, own), (reply_to, postal)) = both(both(name, own), both(reply_to, postal))?;
    let (actor, now, changed) = (actor.clone(), app.clock.now().0, id.clone());
    app.write(move |connection| {
        let Some(before) = senders::one(connection, &changed)? else { return Ok(Err(missing(&changed))) };
        let sender = Sender {
            name: name.unwrap_or(before.name),
            address: own.unwrap_or(before.address),
            reply_to: reply_to.unwrap_or(before.reply_to),
            postal_address: postal.unwrap_or(before.postal_address),
            ..before
        };
        senders::update(connection, &sender)?;
        note(connection, &actor, now, "sender changed", &subject(&changed), &described(&sender)).map(Ok)
    })
    .await?;
    one(app, id).await
}

/// Removes a sender that no e-mail names any more.
pub async fn remove(app: &App, actor: &Actor, id: String) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now().0);
    app.write(move |connection| {
        let used = used_by(&present(connection)?.playbooks(connection)?, &id);
        if !used.is_empty() {
            let why =
                format!("the sender `{id}` is named by the e-mails {}; change their `from` first", used.join(", "));
            return Ok(Err(Refusal::Conflict(why)));
        }
        if !senders::delete(connection, &id)? {
            return Ok(Err(missing(&id)));
        }
        note(connection, &actor, now, "sender removed", &subject(&id), &json!({})).map(Ok)
    })
    .await
}

/// The e-mails of a candidate that name a sender that is not there.
pub(crate) fn unknown(connection: &mut Connection, playbook: &Playbook) -> Result<Vec<(String, String)>, Error> {
    let senders = Senders::read(connection)?;
    let named = playbook.emails.iter().filter_map(|email| Some((email.id.clone(), email.from.clone()?)));
    Ok(named.filter(|(_, from)| !senders.has(from)).collect())
}

fn of_settings(app: &App) -> Result<SettingsSender, Refusal> {
    SettingsSender::of(&app.settings).map_err(|why| Refusal::Failed(format!("`sender_email`: {why}")))
}

fn playbooks(view: &mut View) -> Result<Vec<Playbook>, Refusal> {
    Ok(present(view.connection)?.playbooks(view.connection)?)
}

fn item(settings: &SettingsSender, playbooks: &[Playbook], sender: Sender) -> SenderItem {
    let chosen = Senders::of_one(settings, &sender).unwrap_or_else(|| ChosenSender::of(settings));
    SenderItem {
        emails: used_by(playbooks, &sender.id),
        shown_from: (&chosen.from).into(),
        answers_to: chosen.answers().address().to_owned(),
        is_aligned: chosen.from.address() == sender.address,
        id: sender.id,
        name: sender.name,
        address: sender.address,
        reply_to: sender.reply_to,
        postal_address: sender.postal_address,
        made_at: instant(sender.made_at),
        made_by: sender.made_by,
    }
}

fn used_by(playbooks: &[Playbook], id: &str) -> Vec<String> {
    let named =
        playbooks.iter().flat_map(|playbook| &playbook.emails).filter(|email| email.from.as_deref() == Some(id));
    let mut emails: Vec<String> = named.map(|email| email.id.clone()).collect();
    emails.sort();
    emails.dedup();
    emails
}

fn subject(id: &str) -> String {
    format!("sender:{id}")
}

/// For the audit.
fn described(sender: &Sender) -> serde_json::Value {
    json!({"address": sender.address, "reply_to": sender.reply_to})
}

fn missing(id: &str) -> Refusal {
    Refusal::Missing(format!("there is no sender `{id}`; GET /api/senders lists them"))
}

fn check_id(id: &str) -> Result<(), Refusal> {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if id == OWNER {
        return Err(Refusal::invalid("/id", "`owner` stands for the lead's owner; choose another id"));
    }
    if id.len() <= LONGEST_ID && id.split('-').all(is_part) {
        return Ok(());
    }
    let why = format!("an id has small letters, digits and single hyphens, at most {LONGEST_ID}; write sales-team");
    Err(Refusal::invalid("/id", why))
}

fn name(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > MAX_NAME_CHARS {
        let why = format!("a name is one line of at most {MAX_NAME_CHARS} characters");
        return Err(Refusal::invalid("/name", why));
    }
    Ok(text.to_owned())
}

/// One address, as a header has it.
fn address(text: &str, pointer: &str) -> Result<String, Refusal> {
    let mailbox = Mailbox::parse(text.trim()).map_err(|why| Refusal::invalid(pointer, why.to_string()))?;
    Ok(mailbox.address().to_owned())
}

fn postal_address(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > LONGEST_ADDRESS {
        let why = format!(
            "a postal address is one line of at most {LONGEST_ADDRESS} characters; write commas between its parts"
        );
        return Err(Refusal::invalid("/postal_address", why));
    }
    Ok(text.to_owned())
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// An empty text takes away.
fn optional(text: String, read: impl FnOnce(&str) -> Result<String, Refusal>) -> Result<Option<String>, Refusal> {
    filled(Some(text)).map(|text| read(&text)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_one_address_or_one_line_is_refused() {
        for text in ["a\r\nBcc: b@c.example", "a@x.example, b@y.example", "noat", "", "Ada <ada@x.example>"] {
            assert!(address(text, "/address").is_err(), "{text:?}");
        }
        assert_eq!(address(" Ada@B\u{fc}cher.example ", "/address").unwrap(), "Ada@xn--bcher-kva.example");
        assert!(name("Ada\nBcc: x").is_err() && name(&"x".repeat(121)).is_err());
        assert!(postal_address("1 Road\nLeeds").is_err() && postal_address("1 Road, Leeds").is_ok());
        for (id, is_id) in
            [("sales-team-2", true), ("owner", false), ("Sales", false), ("a--b", false), ("", false), ("-a", false)]
        {
            assert_eq!(check_id(id).is_ok(), is_id, "{id}");
        }
    }
}
