//! What stands against writing to a lead: told before everything else, and raised by nothing.

use attractor_engine::vocabulary::kind;
use jiff::Timestamp;

use super::{Rules, of_row};
use crate::assertion::Assertion;
use crate::facts::{Facts, Objection};
use crate::keys::MailStatus;
use crate::message::{Dating, Fields, Message};

/// Kinds of events by which a lead says itself, or by a machine, that it may not be written to.
pub const FAREWELLS: [&str; 2] = [kind::UNSUBSCRIBED, kind::EMAIL_MARKED_AS_SPAM];

/// One `Unsubscribed` for whatever stands against it, before it the bounce or complaint that it comes from, and one for
/// each subscription left.
pub fn messages(facts: &Facts, rules: &Rules) -> Vec<Message> {
    let against: Vec<&Objection> =
        facts.objections.iter().filter(|objection| objection.mail_status > MailStatus::Held).collect();
    let mut messages: Vec<Message> = against.iter().filter_map(|objection| cause(objection, facts, rules)).collect();
    // What the lead said itself goes before what merely happened to its mails.
    if let Some(first) = against.iter().min_by_key(|objection| objection.mail_status) {
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

fn cause(objection: &Objection, facts: &Facts, rules: &Rules) -> Option<Message> {
    let kind = match objection.mail_status {
        MailStatus::Bounced => kind::EMAIL_BOUNCED,
        MailStatus::Complained => kind::EMAIL_MARKED_AS_SPAM,
        MailStatus::Unsubscribed | MailStatus::Held | MailStatus::Fine => return None,
    };
    let (at, dating) = since(objection, facts, rules);
    Some(Message::event(kind, reason(objection, None), at, dating))
}

fn farewell(objection: &Objection, facts: &Facts, rules: &Rules) -> Message {
    let word = match objection.mail_status {
        MailStatus::Bounced => Some("bounced"),
        MailStatus::Complained => Some("complained"),
        MailStatus::Unsubscribed | MailStatus::Held | MailStatus::Fine => None,
    };
    let (at, dating) = since(objection, facts, rules);
    Message::event(kind::UNSUBSCRIBED, reason(objection, word), at, dating)
}

fn since(objection: &Objection, facts: &Facts, rules: &Rules) -> (Timestamp, Dating) {
    objection.since.map_or_else(|| of_row(facts, rules), |since| (since, Dating::Given))
}

fn reason(objection: &Objection, word: Option<&str>) -> Fields {
    let reason = objection.reason.as_deref().or(word);
    reason.map(|reason| ("reason".to_owned(), reason.into())).into_iter().collect()
}
