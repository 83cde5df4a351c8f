//! What happened to a lead when a copy left or was refused: the messages `Email Sent` and `Email Delivered`, or `Email Bounced`
//! (contract §2, What 23–24).

use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Fills};
use serde_json::{Value, json};

use crate::clicks::messages::ORIGIN;
use crate::leads::key::LeadKey;

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
    /// To which it went or was to go, in canonical form.
    pub address: String,
    pub measured: bool,
    pub at: Instant,
}

/// The messages, under ids of the copy: reported twice they are stored once. A lead that is known by its e-mail alone has
/// no key that they may carry; a visitor of its own stands in for it.
pub fn messages(key: &LeadKey, copy: &TriedCopy, event: Event) -> Vec<Arrived> {
    let mut messages = Vec::new();
    messages.extend(tie(key, copy));
    let kinds = match event {
        Event::Left => vec![(kind::EMAIL_SENT, "sent"), (kind::EMAIL_DELIVERED, "delivered")],
        Event::Bounced { .. } => vec![(kind::EMAIL_BOUNCED, "bounced")],
    };
    for (kind, what) in kinds {
        let mut properties = json!({"email_id": copy.email, "send_id": copy.send_id});
        match event {
            Event::Left if copy.measured => {}
            Event::Left => properties["tracked"] = false.into(),
            Event::Bounced { permanent } => {
                properties["permanent"] = permanent.into();
                // The address that the bounce binds, whatever the lead's is by now.
                properties["email"] = copy.address.as_str().into();
            }
        }
        let message = json!({
            "type": "track", "event": kind, key.field: key.text, "properties": properties,
            "messageId": format!("mail:{what}:{}", copy.send_id)
        });
        messages.push(arrived(message, copy.at, Fills::All));
    }
    messages
}

/// What ties a key to its lead, where that is needed.
fn tie(key: &LeadKey, copy: &TriedCopy) -> Option<Arrived> {
    let mut message = key.public_tie()?;
    message["messageId"] = format!("mail:tie:{}", copy.send_id).into();
    Some(arrived(message, copy.at, Fills::EmptyByServer))
}

fn arrived(mut message: Value, at: Instant, fills: Fills) -> Arrived {
    message["timestamp"] = at.to_string().into();
    Arrived { json: message.to_string(), received_at: at, origin: ORIGIN.to_owned(), fills }
}
