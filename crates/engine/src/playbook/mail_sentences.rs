//! What a playbook says of its e-mails and of how often they leave, in plain English.

use super::form::words::{ClassWords, word};
use super::{Adapt, Cadence, Email, Variant};
use crate::condition::{Names, decimal, either, length, quoted};

/// The facts about an e-mail, each without its full stop.
pub(super) fn email_facts(email: &Email, names: &Names) -> Vec<String> {
    let mut facts = vec![format!("Subject: {}", quoted(&email.subject))];
    facts
        .extend(email.languages.iter().map(|(tag, translation)| format!("In {tag}: {}", quoted(&translation.subject))));
    facts.extend(email.variants.iter().map(variant));
    facts.extend(email.topic.as_ref().map(|topic| format!("About {}", names.topic(topic))));
    facts.extend(email.subscription.as_ref().map(|id| format!("For subscribers of {}", names.subscription(id))));
    let stages: Vec<String> = email.stages.iter().map(|stage| quoted(stage)).collect();
    facts.extend((!stages.is_empty()).then(|| format!("For leads in the stage {}", either(&stages))));
    facts.extend(email.class.map(|class| format!("Counts as {}", word::<ClassWords>(class))));
    facts.extend(email.from.as_ref().map(|from| sender(from)));
    facts
}

fn variant(variant: &Variant) -> String {
    let subject = variant.subject.as_ref().map(|subject| format!(", with the subject {}", quoted(subject)));
    let share = decimal(variant.share, 0);
    format!("The variant {} for {share} % of the leads{}", quoted(&variant.id), subject.unwrap_or_default())
}

fn sender(from: &str) -> String {
    match from {
        "owner" => "From the lead's owner".to_owned(),
        id => format!("From the sender {}", quoted(id)),
    }
}

/// The facts about how often a lead hears from us, each without its full stop.
pub(super) fn cadence_facts(cadence: &Cadence, names: &Names) -> Vec<String> {
    let stages: Vec<String> = cadence
        .every
        .iter()
        .map(|(stage, every)| stage_interval(names.stage(&cadence.ladder, stage), length(*every)))
        .collect();
    let mut facts = vec![format!(
        "A lead gets at most one e-mail, by its {}: {}",
        names.ladder(&cadence.ladder),
        stages.join(", ")
    )];
    facts.extend(cadence.answer.map(|answer| {
        format!("An e-mail that answers what the lead did leaves {} after another at the earliest", length(answer))
    }));
    facts.extend(cadence.adapt.iter().flat_map(adapt_facts));
    facts
}

fn stage_interval(stage: &str, every: String) -> String {
    format!("every {every} in {stage}")
}

fn adapt_facts(adapt: &Adapt) -> [String; 3] {
    let percent = |share| decimal(share, 2);
    let (factor, over) = (decimal(adapt.factor, 0), length(adapt.over));
    let (low, high) = adapt.between;
    [
        format!(
            "The interval of a stage is multiplied by {factor} if fewer than {} % of its e-mails of the last {over} were opened, \
             and divided by it if more than {} % were, once there are at least {} of them",
            percent(adapt.slow_below),
            percent(adapt.quicken_above),
            adapt.min_sent
        ),
        format!(
            "The interval of a lead is multiplied by {factor} if it clicked and chose nothing in its last 4 e-mails, and divided \
             by it if it did in 3 of them"
        ),
        format!("No interval becomes shorter than {} or longer than {}", length(low), length(high)),
    ]
}
