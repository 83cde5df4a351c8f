//! What happened to a lead when a copy left or was refused: the messages `Email Sent` and `Email Delivered`, or `Email Bounced`
//! (contract §2, What 23–24).

use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Fills};
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityKind, leads};
use serde_json::{Value, json};

use crate::hand::message::stand_in;
use crate::leads::find;

/// Who brings these messages.
const ORIGIN: &str = "mail";

/// What a mail server did with a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Left,
    /// It refused the copy because of the mailbox: for good, or this time.
    Bounced {
        permanent: bool,
    },
}

/// A copy that a mail server took or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedCopy {
    pub email: String,
    pub send_id: String,
    pub measured: bool,
    pub at: Instant,
}

/// The messages, under ids of the copy: reported twice they are stored once. A lead that is known by its e-mail alone has
/// no key that they may carry; a visitor of its own stands in for it.
pub fn messages(
    connection: &mut Connection,
    lead: &leads::Lead,
    copy: &TriedCopy,
    event: Event,
) -> Result<Vec<Arrived>, Error> {
    let mut messages = Vec::new();
    let (key, id) = match lead.kind {
        IdentityKind::User => ("userId", lead.name.clone()),
        IdentityKind::Visitor => ("anonymousId", lead.name.clone()),
        IdentityKind::Email => {
            let visitor = stand_in(&lead.name);
            messages.extend(tie(connection, lead, &visitor, copy)?);
            ("anonymousId", visitor)
        }
    };
    let kinds = match event {
        Event::Left => vec![(kind::EMAIL_SENT, "sent"), (kind::EMAIL_DELIVERED, "delivered")],
        Event::Bounced { .. } => vec![(kind::EMAIL_BOUNCED, "bounced")],
    };
    for (kind, what) in kinds {
        let mut properties = json!({"email_id": copy.email, "send_id": copy.send_id});
        match event {
            Event::Left if copy.measured => {}
            Event::Left => properties["tracked"] = false.into(),
            Event::Bounced { permanent } => properties["permanent"] = permanent.into(),
        }
        let message = json!({
            "type": "track", "event": kind, key: id, "properties": properties,
            "messageId": format!("mail:{what}:{}", copy.send_id)
        });
        messages.push(arrived(message, copy.at, Fills::All));
    }
    Ok(messages)
}

/// Ties the visitor that stands in for a lead, unless it is tied to it. The message is a public one: it must not confirm
/// the address.
fn tie(
    connection: &mut Connection,
    lead: &leads::Lead,
    visitor: &str,
    copy: &TriedCopy,
) -> Result<Option<Arrived>, Error> {
    let found = identities::find(connection, &[(IdentityKind::Visitor, visitor)])?;
    let tied = found.first().map(|identity: &Identity| find::owner(connection, identity)).transpose()?;
    let message = json!({
        "type": "identify", "anonymousId": visitor, "traits": {"email": lead.name}, "context": {"public": true},
        "messageId": format!("mail:tie:{}", copy.send_id)
    });
    Ok((tied != Some(lead.id)).then(|| arrived(message, copy.at, Fills::Empty)))
}

fn arrived(mut message: Value, at: Instant, fills: Fills) -> Arrived {
    message["timestamp"] = at.to_string().into();
    Arrived { json: message.to_string(), received_at: at, origin: ORIGIN.to_owned(), fills }
}
