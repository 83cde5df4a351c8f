//! What happened to a lead when a copy left: the messages `Email Sent` and `Email Delivered` (contract §2, What 23–24).

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

/// A copy that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftCopy {
    pub email: String,
    pub send_id: String,
    pub measured: bool,
    pub at: Instant,
}

/// The messages, under ids of the copy: reported twice they are stored once. A lead that is known by its e-mail alone has
/// no key that they may carry; a visitor of its own stands in for it.
pub fn left(connection: &mut Connection, lead: &leads::Lead, copy: &LeftCopy) -> Result<Vec<Arrived>, Error> {
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
    for (event, what) in [(kind::EMAIL_SENT, "sent"), (kind::EMAIL_DELIVERED, "delivered")] {
        let mut properties = json!({"email_id": copy.email, "send_id": copy.send_id});
        if !copy.measured {
            properties["tracked"] = false.into();
        }
        let message = json!({
            "type": "track", "event": event, key: id, "properties": properties,
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
    copy: &LeftCopy,
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
