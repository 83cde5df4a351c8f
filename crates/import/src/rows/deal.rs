//! A row about a deal: created, and perhaps won or lost, each at its date.

use attractor_engine::vocabulary::kind;
use jiff::Timestamp;

use super::{Rules, identify};
use crate::facts::{Deal, DealOutcome, Facts};
use crate::message::{Dating, Fields, Message, hash, instant};
use crate::plan::Plan;
use crate::who::{Who, in_space};

/// The deal's events, and before them what the row says of the lead itself.
pub fn messages(facts: &Facts, who: &Who, rules: &Rules, id: String) -> Vec<Message> {
    with_lead(facts, who, events(facts, rules, id))
}

/// The deal's events alone.
pub fn events(facts: &Facts, rules: &Rules, id: String) -> Vec<Message> {
    let deal = &facts.deal;
    let outcome = outcome(deal);
    let ended = ended(deal, outcome).map(|at| at.min(rules.latest));
    let created = deal.created.map(|moment| moment.at.min(rules.latest));
    let mut properties = deal.properties.clone();
    properties.insert("deal_id".to_owned(), id.into());
    let mut messages = Vec::new();
    // A day without its time may seem to end before it began; the last event of a deal decides how it stands.
    let begun = match (created, ended) {
        (Some(created), Some(ended)) => Some(created.min(ended)),
        (created, _) => created,
    };
    if begun.is_some() || outcome == DealOutcome::Open {
        let (at, dating) = dated(begun, rules);
        messages.push(Message::event(kind::DEAL_CREATED, properties.clone(), at, dating));
    }
    let kind = match outcome {
        DealOutcome::Open => None,
        DealOutcome::Won => Some(kind::DEAL_WON),
        DealOutcome::Lost => Some(kind::DEAL_LOST),
    };
    if let Some(kind) = kind {
        let (at, dating) = dated(ended, rules);
        messages.push(Message::event(kind, properties, at, dating));
    }
    messages
}

fn with_lead(facts: &Facts, who: &Who, messages: Vec<Message>) -> Vec<Message> {
    let first = messages.first().map(|message| (message.at, message.dating));
    let Some((at, dating)) = first else { return messages };
    identify(who, traits(facts), at, dating).into_iter().chain(messages).collect()
}

/// What a list of deals says of the lead.
fn traits(facts: &Facts) -> Fields {
    let mut traits = facts.traits.clone();
    traits.remove("invalid_email");
    traits
}

fn dated(at: Option<Timestamp>, rules: &Rules) -> (Timestamp, Dating) {
    at.map_or((rules.as_of, Dating::OfImport), |at| (at, Dating::Given))
}

/// A date of winning or losing says it where no stage does.
fn outcome(deal: &Deal) -> DealOutcome {
    match deal.outcome {
        Some(outcome) if outcome != DealOutcome::Open => outcome,
        _ if deal.won.is_some() => DealOutcome::Won,
        _ if deal.lost.is_some() => DealOutcome::Lost,
        other => other.unwrap_or(DealOutcome::Open),
    }
}

fn ended(deal: &Deal, outcome: DealOutcome) -> Option<Timestamp> {
    let own = match outcome {
        DealOutcome::Open => return None,
        DealOutcome::Won => deal.won,
        DealOutcome::Lost => deal.lost,
    };
    own.or(deal.closed).map(|moment| moment.at)
}

/// The tool's id, or one made of what the row says of the deal.
pub fn id(plan: &Plan, deal: &Deal, who: &Who) -> String {
    match (&deal.id, plan.export.space) {
        (Some(id), Some(space)) => in_space(space, id),
        (Some(id), None) => id.clone(),
        (None, _) => {
            let dates = [deal.created, deal.won, deal.lost, deal.closed];
            let dates: String = dates.iter().flatten().map(|moment| instant(moment.at)).collect();
            let name = deal.properties.get("name").map(ToString::to_string).unwrap_or_default();
            let lead = who.user_id.as_deref().or(who.visitor.as_deref()).unwrap_or_default();
            format!("deal-{}", hash(&[lead, &name, &dates], 6))
        }
    }
}
