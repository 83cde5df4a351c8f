//! How far people left, for the report: who left everything, who left one subscription, and to whom mail cannot be sent.

use attractor_engine::vocabulary::kind;

use crate::message::Message;
use crate::rows::optout::FAREWELLS;

/// How far a person left; of several ways the furthest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaving {
    /// One subscription or topic.
    Part,
    Bounced,
    Complained,
    All,
}

impl Leaving {
    /// What an event in a file says by itself; `None` where nobody left by it. `has` tells whether it has a property.
    pub fn by_event(event: &str, has: impl Fn(&str) -> bool) -> Option<Leaving> {
        let is_part = has("subscription") || has("topic");
        match event {
            kind::UNSUBSCRIBED if is_part => Some(Leaving::Part),
            event if FAREWELLS.contains(&event) && !is_part => Some(Leaving::All),
            _ => None,
        }
    }

    /// What the messages of a row about leaving say together; `None` where there are none.
    pub fn of(messages: &[Message]) -> Option<Leaving> {
        let has = |wanted: &str| messages.iter().any(|message| message.kind() == Some(wanted));
        let is_part = |message: &Message| message.has_property("subscription") || message.has_property("topic");
        if has(kind::EMAIL_MARKED_AS_SPAM) {
            return Some(Leaving::Complained);
        }
        // An `Unsubscribed` follows a bounce, so that it binds like one.
        if has(kind::EMAIL_BOUNCED) {
            return Some(Leaving::Bounced);
        }
        let left = messages.iter().filter(|message| message.kind() == Some(kind::UNSUBSCRIBED));
        left.map(|message| if is_part(message) { Leaving::Part } else { Leaving::All }).max()
    }
}
