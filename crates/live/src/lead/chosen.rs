//! The topics that a lead has chosen by its own act: when it last clicked on one in an e-mail, or chose it on a page of ours.

use std::collections::BTreeMap;

use attractor_engine::message::{Message, Type, id_of};
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use serde::{Deserialize, Serialize};

/// By topic, when it was last chosen, in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChosenTopics(BTreeMap<String, i64>);

/// Whether a message says that its lead chose a topic.
pub fn concerns(message: &Message) -> bool {
    let kinds = [kind::EMAIL_LINK_CLICKED, kind::TOPIC_CHOSEN];
    let is_kind = message.event.as_deref().is_some_and(|event| kinds.contains(&event));
    message.kind == Type::Track && !message.machine && is_kind && topic(message).is_some()
}

fn topic(message: &Message) -> Option<String> {
    message.property("topic").and_then(id_of).map(|id| id.into_owned())
}

impl ChosenTopics {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in a message that concerns it; messages come in the order of events.
    pub fn take_in(&mut self, message: &Message, at: Instant) {
        if let Some(topic) = topic(message).filter(|_| concerns(message)) {
            self.0.insert(topic, at.0);
        }
    }

    /// When a topic was last chosen.
    pub fn last(&self, topic: &str) -> Option<Instant> {
        self.0.get(topic).copied().map(Instant)
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::message::Wanted;

    use super::*;

    #[test]
    fn a_click_of_a_person_and_a_choice_count() {
        let mut chosen = ChosenTopics::default();
        for (number, (event, rest, last)) in (1..).zip([
            ("Email Opened", r#""properties": {"topic": "shirts"}"#, None),
            ("Email Link Clicked", r#""properties": {"topic": "shirts"}, "context": {"machine": true}"#, None),
            ("Email Link Clicked", r#""properties": {"topic": "shirts"}"#, Some(3)),
            ("Topic Chosen", r#""properties": {"topic": "hats"}"#, Some(3)),
            ("Topic Chosen", r#""properties": {"topic": "shirts"}"#, Some(5)),
            ("Topic Chosen", r#""properties": {}"#, Some(5)),
        ]) {
            let json = format!(r#"{{"type": "track", "userId": "u", "event": "{event}", {rest}}}"#);
            chosen.take_in(&Message::parse(&json, &Wanted::Everything).unwrap(), Instant(number));
            assert_eq!(chosen.last("shirts"), last.map(Instant), "{json}");
        }
    }
}
