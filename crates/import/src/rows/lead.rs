//! A row about a lead: its attributes when it became known, where it stands when the row was last changed, and what it
//! did, each at its date; what was only counted, one a day back from the last date.

use std::collections::BTreeMap;

use attractor_engine::vocabulary::kind;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Rules, deal, identify, of_row};
use crate::exports::generic;
use crate::facts::{Dated, Facts, MAX_COUNT};
use crate::message::{Dating, Fields, Message};
use crate::plan::Plan;
use crate::who::Who;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Everything but what stands against writing to the lead, which is told before.
pub fn messages(plan: &Plan, facts: &Facts, who: &Who, rules: &Rules) -> Vec<Message> {
    let mut messages = attributes(facts, who, rules);
    messages.extend(tagged(facts, rules));
    messages.extend(events(facts, rules));
    if facts.deal.is_mentioned() {
        messages.extend(deal::events(facts, rules, deal::id(plan, &facts.deal, who)));
    }
    messages
}

/// A list brings tags; it does not say that a lead has no others.
fn tagged(facts: &Facts, rules: &Rules) -> impl Iterator<Item = Message> {
    let (at, dating) = of_row(facts, rules);
    facts.tags.iter().map(move |tag| {
        let properties = [("by", "import"), ("tag", tag)].map(|(name, value)| (name.to_owned(), value.into()));
        Message::event(kind::TAGGED, Fields::from(properties), at, dating)
    })
}

/// One `identify`, or two where the row shows when it was last changed.
pub fn attributes(facts: &Facts, who: &Who, rules: &Rules) -> Vec<Message> {
    let first = facts.created.or(facts.dates.iter().min().copied());
    let (last, last_dating) = of_row(facts, rules);
    let mut traits = facts.traits.clone();
    if facts.emails.len() > 1 {
        traits.insert("other_emails".to_owned(), facts.emails[1..].to_vec().into());
    }
    let Some(first) = first.filter(|first| *first < last) else {
        for (name, value) in &facts.now {
            traits.entry(name.clone()).or_insert_with(|| value.clone());
        }
        return identify(who, traits, last, last_dating).into_iter().collect();
    };
    let mut messages: Vec<Message> = identify(who, traits, first, Dating::Given).into_iter().collect();
    if !facts.now.is_empty() {
        messages.push(Message::traits(facts.now.clone(), last, last_dating));
    }
    messages
}

fn events(facts: &Facts, rules: &Rules) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for dated in &facts.dated {
        messages.push(dated_event(facts, dated));
    }
    let (at, dating) = of_row(facts, rules);
    for (kind, asset) in &facts.done {
        let asset = asset.iter().map(|asset| ("asset".to_owned(), Value::from(asset.as_str())));
        messages.push(Message::event(kind.clone(), asset.collect(), at, dating));
    }
    if let Some(activity) = &facts.activity {
        messages.push(Message::event(generic::activity_kind(activity), Fields::new(), at, dating));
    }
    for (kind, count) in most(&facts.counts) {
        let told: Vec<Timestamp> = messages.iter().filter(|m| m.kind() == Some(kind)).map(|m| m.at).collect();
        messages.extend(counted(kind, count, &told, at));
    }
    if facts.converted && !facts.deal.is_mentioned() {
        messages.push(Message::event(kind::DEAL_WON, Fields::new(), at, dating));
    }
    messages
}

/// Properties of a row belong to what it dates. Rows with properties are events: each of several equal ones counts.
fn dated_event(facts: &Facts, dated: &Dated) -> Message {
    let of_stage = dated.stage.iter().map(|stage| ("stage".to_owned(), Value::from(stage.as_str()))).collect();
    let properties = if dated.stage.is_some() { of_stage } else { facts.properties.clone() };
    let message = Message::event(dated.kind.clone(), properties, dated.at, Dating::Given);
    if dated.stage.is_none() && !facts.properties.is_empty() { message.each() } else { message }
}

/// Several columns may count the same; the highest of them is right.
fn most(counts: &[(String, u64)]) -> BTreeMap<&str, u64> {
    let mut most = BTreeMap::new();
    for (kind, count) in counts {
        let highest = most.entry(kind.as_str()).or_insert(0);
        *highest = (*highest).max(*count);
    }
    most
}

/// The events that a counter stands for, but for those already told, whose earliest is then the one to go back from.
fn counted(kind: &str, count: u64, told: &[Timestamp], last: Timestamp) -> Vec<Message> {
    let left = count.saturating_sub(told.len() as u64);
    let start = told.iter().min().map_or(Some(last), |told| told.checked_sub(DAY).ok());
    let mut messages = Vec::new();
    let mut at = start;
    for back in 0..left.min(MAX_COUNT) {
        let Some(now) = at else { break };
        messages.push(Message::event(kind, Fields::new(), now, Dating::Turn(left - back)));
        at = now.checked_sub(DAY).ok();
    }
    messages
}

/// What grants the lead's consent, at the date at which it signed up or became known.
pub fn subscribed(facts: &Facts, rules: &Rules) -> Option<Message> {
    let proof = rules.consent.as_ref()?;
    let signed_up = facts.dated.iter().find(|dated| dated.kind == kind::SIGNED_UP).map(|dated| dated.at);
    let known = signed_up.or(facts.created).or(facts.dates.iter().min().copied());
    let (at, dating) = known.map_or((rules.as_of, Dating::OfImport), |at| (at, Dating::OfRow));
    let properties = Fields::from([("proof".to_owned(), proof.clone().into())]);
    Some(Message::event(kind::SUBSCRIBED, properties, at, dating))
}
