//! What an event says about its lead as a person: its tags, its owner, its deals, its consent.
//!
//! Events are read for it only here. Lead states, which hold what the playbook asks for, and profiles, which hold
//! everything, both apply these facts, so that they cannot disagree about what an event means.

use std::borrow::Cow;

use crate::deal::Deal;
use crate::message::{Message, Type};
use crate::value::{Value, same};
use crate::vocabulary::{Act, ConsentAct, EventKind};

/// What one event says about its lead.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<'m> {
    /// The lead gets or loses a tag.
    Tag {
        tag: &'m Value,
        adds: bool,
    },
    Owner(&'m Value),
    Deal(DealFact<'m>),
    Consent(ConsentAct),
}

/// What an event says about a deal.
#[derive(Clone, Debug, PartialEq)]
pub struct DealFact<'m> {
    /// `None`: the one deal that all events without an id are about.
    pub id: Option<Cow<'m, str>>,
    pub state: Deal,
    /// In the deal's currency; text that reads as a number counts.
    pub amount: Option<f64>,
    pub currency: Option<&'m str>,
}

impl<'m> Fact<'m> {
    /// The fact in a message; `None` if it has none, or a machine caused it.
    pub fn of(message: &'m Message) -> Option<Fact<'m>> {
        if message.kind != Type::Track || message.machine {
            return None;
        }
        let row = EventKind::named(message.event.as_deref()?)?;
        row.acts.iter().find_map(|act| Fact::read(*act, message))
    }

    /// The fact in a message whose kind acts so; `None` if the act is of another sort, or its property is missing.
    pub(crate) fn read(act: Act, message: &'m Message) -> Option<Fact<'m>> {
        Some(match act {
            Act::Tag => Fact::Tag { tag: message.property("tag")?, adds: true },
            Act::Untag => Fact::Tag { tag: message.property("tag")?, adds: false },
            Act::SetOwner => Fact::Owner(message.property("owner")?),
            Act::Deal(state) => Fact::Deal(DealFact::of(message, state)),
            Act::Consent(act) => Fact::Consent(act),
            Act::Copy(_)
            | Act::Pin
            | Act::Ban
            | Act::Release
            | Act::SetStage
            | Act::ReleaseStage
            | Act::Enroll
            | Act::Stop => return None,
        })
    }
}

impl<'m> DealFact<'m> {
    fn of(message: &'m Message, state: Deal) -> DealFact<'m> {
        let amount = match message.property("amount") {
            Some(Value::Number(amount)) => Some(*amount),
            Some(Value::Text(text)) => text.trim().parse().ok().filter(|amount: &f64| amount.is_finite()),
            _ => None,
        };
        let currency = match message.property("currency") {
            Some(Value::Text(currency)) => Some(currency.as_str()),
            _ => None,
        };
        DealFact { id: message.id("deal_id"), state, amount, currency }
    }
}

/// The tags after one is added or removed: a single value becomes a list of one, and a list that is emptied stays
/// (contract §2, What 28). `None` if the lead has no tags and one is removed.
///
/// ```
/// use attractor_engine::fact::tags_after;
/// use attractor_engine::value::Value;
///
/// let partner = Value::Text("partner".into());
/// assert_eq!(tags_after(None, &partner, true), Some(Value::List(vec![partner.clone()])));
/// assert_eq!(tags_after(Some(&partner), &partner, false), Some(Value::List(vec![])));
/// assert_eq!(tags_after(None, &partner, false), None);
/// ```
pub fn tags_after(tags: Option<&Value>, tag: &Value, adds: bool) -> Option<Value> {
    let mut tags = match tags {
        None if !adds => return None,
        None => Vec::new(),
        Some(Value::List(tags)) => tags.clone(),
        Some(single) => vec![single.clone()],
    };
    if !adds {
        tags.retain(|other| !same(other, tag));
    } else if !tags.iter().any(|other| same(other, tag)) {
        tags.push(tag.clone());
    }
    Some(Value::List(tags))
}

/// Whether an attribute of tags, a list or a single value, has this one.
pub fn has_tag(tags: &Value, tag: &Value) -> bool {
    match tags {
        Value::List(tags) => tags.iter().any(|other| same(other, tag)),
        single => same(single, tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Wanted;
    use crate::vocabulary::KINDS;

    fn reads(json: &str, check: impl Fn(Option<Fact>)) {
        check(Fact::of(&Message::parse(json, &Wanted::Everything).unwrap()));
    }

    #[test]
    fn an_amount_may_be_a_text_that_reads_as_a_number() {
        for (amount, read) in
            [("1200", Some(1200.0)), ("\" 1200.5 \"", Some(1200.5)), ("\"many\"", None), ("[1]", None)]
        {
            let json = format!(
                r#"{{"type": "track", "event": "Deal Won", "userId": "u", "properties": {{"deal_id": 7, "amount": {amount}}}}}"#
            );
            reads(&json, |fact| {
                let Some(Fact::Deal(deal)) = fact else { panic!("{json} is a deal") };
                assert_eq!((deal.id.as_deref(), deal.state, deal.amount), (Some("7"), Deal::Won, read), "{json}");
            });
        }
    }

    #[test]
    fn a_machine_says_nothing_of_a_person() {
        for row in KINDS {
            let by = |context: &str| row.example().replacen('{', &format!("{{{context}"), 1);
            reads(&by(r#""context": {"machine": true}, "#), |fact| assert_eq!(fact, None, "{}", row.name));
            let says = row
                .acts
                .iter()
                .any(|act| matches!(act, Act::Tag | Act::Untag | Act::SetOwner | Act::Deal(_) | Act::Consent(_)));
            reads(&by(""), |fact| assert_eq!(fact.is_some(), says, "{}", row.name));
        }
    }
}
