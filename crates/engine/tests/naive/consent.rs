//! What a lead consents to, asked of all its events.

use super::condition::id_of;
use super::lead::Event;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Subscription(String),
    Topic(String),
    Tracking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Unknown,
    Granted,
    Withdrawn,
}

/// What an event does to a scope.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Grants,
    Withdraws,
    /// Tells of a consent that was given in the past.
    Tells,
}

impl State {
    pub fn read(word: &str) -> State {
        match word {
            "granted" => State::Granted,
            "withdrawn" => State::Withdrawn,
            _ => State::Unknown,
        }
    }
}

/// The scope that `Subscribed` and `Unsubscribed` name.
fn named(event: &Event) -> Scope {
    let subscription = id_of(event, "subscription").map(Scope::Subscription);
    subscription.or_else(|| id_of(event, "topic").map(Scope::Topic)).unwrap_or(Scope::All)
}

fn has_proof(event: &Event) -> bool {
    event.properties.get("proof").and_then(Value::as_str).is_some_and(|proof| !proof.trim().is_empty())
}

/// The kind of an event, unless a machine caused it.
fn kind(event: &Event) -> Option<&str> {
    event.kind.as_deref().filter(|_| !event.machine)
}

/// The scope that an event is about and what it does to it. `earlier` are the events before it.
fn word(event: &Event, earlier: &[Event]) -> Option<(Scope, Word)> {
    match kind(event)? {
        "Unsubscribed" => Some((named(event), Word::Withdraws)),
        "Email Marked as Spam" => Some((Scope::All, Word::Withdraws)),
        "Tracking Declined" => Some((Scope::Tracking, Word::Withdraws)),
        "Subscribed" if has_proof(event) => {
            Some((named(event), if event.history { Word::Tells } else { Word::Grants }))
        }
        "Tracking Allowed" if has_proof(event) => {
            let declined = earlier.iter().any(|event| kind(event) == Some("Tracking Declined"));
            (!event.history || !declined).then_some((Scope::Tracking, Word::Grants))
        }
        _ => None,
    }
}

/// The words about a scope, each with the number of its event.
fn words<'a>(events: &'a [Event], scope: &'a Scope) -> impl DoubleEndedIterator<Item = (usize, Word)> + 'a {
    let numbered = events.iter().enumerate();
    let words = numbered.filter_map(|(index, event)| Some((index, word(event, &events[..index])?)));
    words.filter(move |(_, (other, _))| other == scope).map(|(index, (_, word))| (index, word))
}

/// The last grant or withdrawal of a scope.
fn last_word(events: &[Event], scope: &Scope) -> Option<(usize, Word)> {
    words(events, scope).rfind(|(_, word)| *word != Word::Tells)
}

/// Whether a scope counts as granted because an import told of it.
fn is_told(events: &[Event], scope: &Scope) -> bool {
    if last_word(events, scope).is_some() || !words(events, scope).any(|(_, word)| word == Word::Tells) {
        return false;
    }
    let granted = events.iter().enumerate().rposition(|(index, event)| {
        kind(event) == Some("Subscribed") && word(event, &events[..index]).is_some_and(|(_, word)| word == Word::Grants)
    });
    let since = granted.map_or(0, |index| index + 1);
    !events[since..].iter().any(|event| {
        let permanent = event.properties.get("permanent") != Some(&Value::Bool(false));
        kind(event) == Some("Email Bounced") && permanent
    })
}

/// A scope by its own words alone.
fn own_state(events: &[Event], scope: &Scope) -> State {
    match last_word(events, scope) {
        Some((_, Word::Withdraws)) => State::Withdrawn,
        Some(_) => State::Granted,
        None if is_told(events, scope) => State::Granted,
        None => State::Unknown,
    }
}

/// The state that is in effect in a scope after these events.
pub fn state(events: &[Event], scope: &Scope) -> State {
    let own = own_state(events, scope);
    if matches!(scope, Scope::All | Scope::Tracking) || own == State::Withdrawn {
        return own;
    }
    let granted = words(events, scope).rfind(|(_, word)| *word == Word::Grants).map(|(index, _)| index);
    match last_word(events, &Scope::All) {
        Some((index, Word::Withdraws)) if granted.is_none_or(|granted| granted < index) => State::Withdrawn,
        _ if own == State::Granted || own_state(events, &Scope::All) == State::Granted => State::Granted,
        _ => State::Unknown,
    }
}
