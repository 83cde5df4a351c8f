//! When a lead is written to, as far as its mailbox and the lead itself have said: an out-of-office reply and the chosen
//! frequency (contract §2, What 22).

use attractor_engine::message::{Message, Type};
use attractor_engine::time::{Duration, Instant};
use attractor_engine::value::Value;
use attractor_engine::vocabulary::kind;
use serde::{Deserialize, Serialize};

/// How long an automatic reply counts that does not say until when (contract §6, the gate).
const AWAY: Duration = Duration(7 * Duration::DAY.0);

/// What is known of one lead. Instants and lengths are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Until when its mailbox answers by itself, by its last automatic reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_until: Option<i64>,
    /// The time between two copies that it chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<i64>,
    /// The instant before which it chose to get nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
}

/// Whether a message says something of it.
pub fn concerns(message: &Message) -> bool {
    let kinds = [kind::EMAIL_AUTO_REPLIED, kind::FREQUENCY_CHOSEN];
    let is_kind = message.event.as_deref().is_some_and(|event| kinds.contains(&event));
    message.kind == Type::Track && !message.machine && is_kind
}

impl Timing {
    pub fn is_empty(&self) -> bool {
        *self == Timing::default()
    }

    /// Takes in a message that concerns it; messages come in the order of events, and the last choice replaces the others.
    pub fn take_in(&mut self, message: &Message, at: Instant) {
        if !concerns(message) {
            return;
        }
        let until = text(message, "until").and_then(Instant::parse).map(|until| until.0);
        if message.event.as_deref() == Some(kind::EMAIL_AUTO_REPLIED) {
            self.away_until = Some(until.unwrap_or((at + AWAY).0));
        } else {
            self.every = text(message, "every").and_then(Duration::parse).map(|every| every.0);
            self.not_before = until;
        }
    }
}

fn text<'m>(message: &'m Message, name: &str) -> Option<&'m str> {
    match message.property(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::message::Wanted;

    use super::*;

    #[test]
    fn the_last_reply_and_the_last_choice_count() {
        let mut timing = Timing::default();
        let day = Duration::DAY.0;
        for (event, properties, away, every, not_before) in [
            ("Email Opened", "{}", None, None, None),
            ("Email Auto-Replied", "{}", Some(7 * day), None, None),
            ("Email Auto-Replied", r#"{"until": "1970-01-03"}"#, Some(2 * day), None, None),
            ("Email Auto-Replied", r#"{"until": "some day"}"#, Some(7 * day), None, None),
            ("Frequency Chosen", r#"{"every": "30d"}"#, Some(7 * day), Some(30 * day), None),
            ("Frequency Chosen", r#"{"until": "1970-01-05T00:00:00Z"}"#, Some(7 * day), None, Some(4 * day)),
            ("Frequency Chosen", r#"{"every": 30}"#, Some(7 * day), None, None),
        ] {
            let json = format!(r#"{{"type": "track", "userId": "u", "event": "{event}", "properties": {properties}}}"#);
            timing.take_in(&Message::parse(&json, &Wanted::Everything).unwrap(), Instant(0));
            assert_eq!((timing.away_until, timing.every, timing.not_before), (away, every, not_before), "{json}");
        }
        let json = r#"{"type": "track", "userId": "u", "event": "Email Auto-Replied", "context": {"machine": true}}"#;
        assert!(!concerns(&Message::parse(json, &Wanted::Everything).unwrap()));
    }
}
