//! What stands against writing to a lead: told before everything else, and raised by nothing.

use attractor_engine::vocabulary::kind;
use jiff::Timestamp;

use super::{Rules, of_row};
use crate::assertion::Assertion;
use crate::facts::{Facts, Stand};
use crate::keys::Standing;
use crate::message::{Dating, Fields, Message};

/// Kinds of events by which a lead says itself, or by a machine, that it may not be written to.
pub const FAREWELLS: [&str; 2] = [kind::UNSUBSCRIBED, kind::EMAIL_MARKED_AS_SPAM];

/// One `Unsubscribed` for whatever stands against it, before it the bounce or complaint that it comes from, and one for
/// each subscription left.
pub fn messages(facts: &Facts, rules: &Rules) -> Vec<Message> {
    let against: Vec<&Stand> = facts.standings.iter().filter(|stand| stand.standing > Standing::Held).collect();
    let mut messages: Vec<Message> = against.iter().filter_map(|stand| cause(stand, facts, rules)).collect();
    // What the lead said itself goes before what merely happened to its mails.
    if let Some(first) = against.iter().min_by_key(|stand| stand.standing) {
        messages.push(farewell(first, facts, rules));
    }
    for subscription in &facts.left {
        let (at, dating) = of_row(facts, rules);
        let properties = Fields::from([("subscription".to_owned(), subscription.clone().into())]);
        messages.push(Message::event(kind::UNSUBSCRIBED, properties, at, dating));
    }
    // Where the lead was granted consent in the meantime, it left once more.
    let farewells = messages.iter_mut().filter(|message| message.kind() == Some(kind::UNSUBSCRIBED));
    farewells.for_each(|message| message.assertion = Assertion::Holds);
    messages
}

fn cause(stand: &Stand, facts: &Facts, rules: &Rules) -> Option<Message> {
    let kind = match stand.standing {
        Standing::Bounced => kind::EMAIL_BOUNCED,
        Standing::Complained => kind::EMAIL_MARKED_AS_SPAM,
        Standing::Unsubscribed | Standing::Held | Standing::Fine => return None,
    };
    let (at, dating) = since(stand, facts, rules);
    Some(Message::event(kind, reason(stand, None), at, dating))
}

fn farewell(stand: &Stand, facts: &Facts, rules: &Rules) -> Message {
    let word = match stand.standing {
        Standing::Bounced => Some("bounced"),
        Standing::Complained => Some("complained"),
        Standing::Unsubscribed | Standing::Held | Standing::Fine => None,
    };
    let (at, dating) = since(stand, facts, rules);
    Message::event(kind::UNSUBSCRIBED, reason(stand, word), at, dating)
}

fn since(stand: &Stand, facts: &Facts, rules: &Rules) -> (Timestamp, Dating) {
    stand.since.map_or_else(|| of_row(facts, rules), |since| (since, Dating::Given))
}

fn reason(stand: &Stand, word: Option<&str>) -> Fields {
    let reason = stand.reason.as_deref().or(word);
    reason.map(|reason| ("reason".to_owned(), reason.into())).into_iter().collect()
}
