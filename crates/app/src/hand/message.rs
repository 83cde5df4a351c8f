//! The messages that carry what people do by hand.

use attractor_engine::time::Instant;
use attractor_live::{Arrived, Fills};
use attractor_store::{Connection, Error, IdentityKind, leads};
use serde_json::{Map, Value, json};

use crate::leads::key::LeadKey;

/// Writes messages about one lead.
pub struct Writer<'a> {
    pub lead: &'a leads::Lead,
    /// Who writes.
    pub by: &'a str,
    /// When: never before the lead's last input, so that it is never late.
    pub at: Instant,
}

impl Writer<'_> {
    /// A `track` about the lead, behind what ties its key to it where that is not so yet.
    pub fn track(
        &self,
        connection: &mut Connection,
        event: &str,
        mut properties: Map<String, Value>,
    ) -> Result<Vec<Arrived>, Error> {
        properties.insert("by".into(), self.by.into());
        let key = LeadKey::of(connection, self.lead)?;
        let track = json!({"type": "track", key.field: key.text, "event": event, "properties": properties});
        Ok(key.tie().into_iter().chain([track]).map(|message| self.arrived(message)).collect())
    }

    /// An `identify` of the lead.
    pub fn identify(&self, mut traits: Map<String, Value>) -> Arrived {
        let key = match self.lead.kind {
            IdentityKind::User => "userId",
            IdentityKind::Visitor => "anonymousId",
            IdentityKind::Email => {
                traits.entry("email").or_insert_with(|| self.lead.name.as_str().into());
                return self.arrived(json!({"type": "identify", "traits": traits}));
            }
        };
        self.arrived(json!({"type": "identify", key: self.lead.name, "traits": traits}))
    }

    /// A message with what every message has.
    pub fn arrived(&self, message: Value) -> Arrived {
        arrived(message, self.by, self.at)
    }
}

/// A message with its id and its instant.
pub fn arrived(mut message: Value, by: &str, at: Instant) -> Arrived {
    message["messageId"] = crate::intake::new_id(at).into();
    message["timestamp"] = at.to_string().into();
    Arrived { json: message.to_string(), received_at: at, origin: by.to_owned(), fills: Fills::All }
}

/// The id of a message.
pub fn id(arrived: &Arrived) -> String {
    let message: Value = serde_json::from_str(&arrived.json).unwrap_or_default();
    message["messageId"].as_str().unwrap_or_default().to_owned()
}
