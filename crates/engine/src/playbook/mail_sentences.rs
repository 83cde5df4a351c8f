//! What a playbook says of its e-mails and of how often they leave, in plain English.

use super::form::words::{IntentWords, word};
use super::{Adapt, Cadence, Class, Email, Format, Variant};
use crate::condition::{Names, decimal, either, length, named, quoted, span};

/// Languages by the first part of their tags, as far as people would not know the tag.
const LANGUAGES: [(&str, &str); 20] = [
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("hu", "Hungarian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("nb", "Norwegian"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("sv", "Swedish"),
    ("tr", "Turkish"),
    ("zh", "Chinese"),
];

/// The facts about an e-mail, each without its full stop.
pub(super) fn email_facts(email: &Email, names: &Names) -> Vec<String> {
    let mut facts = vec![format!("Subject: {}", cited(&email.subject))];
    facts.extend(email.preheader.as_ref().map(|preheader| format!("Preheader: {}", cited(preheader))));
    facts.extend(email.languages.iter().map(|(tag, translation)| {
        let preheader = translation.preheader.as_ref().map(|words| format!(", with the preheader {}", cited(words)));
        format!("In {}: {}{}", language(tag), cited(&translation.subject), preheader.unwrap_or_default())
    }));
    facts.extend(email.variants.iter().map(variant));
    facts.extend(email.topic.as_ref().map(|topic| format!("About {}", named(names.topic(topic)))));
    facts.extend(email.format.map(|format| in_library(format, email.class)));
    facts.extend(email.intent.map(|intent| format!("Its intent is to {}", word::<IntentWords>(intent))));
    facts.extend(email.subscription.as_ref().map(|id| format!("For subscribers of {}", named(names.subscription(id)))));
    let stages: Vec<String> = email.stages.iter().map(|stage| named(names.stage_of_any(stage))).collect();
    facts.extend((!stages.is_empty()).then(|| format!("For leads in the stage {}", either(&stages))));
    facts.extend(email.class.map(|class| format!("Counts as {}", class_words(class))));
    facts.extend(email.from.as_ref().map(|from| sender(from)));
    facts
}

/// What somebody wrote, in “…”. Its own quotation marks become single ones, as in print: nothing reads it back, and a
/// backslash would look like a part of it.
fn cited(text: &str) -> String {
    let inner = text.chars().map(|c| match c {
        '“' => '‘',
        '”' => '’',
        '„' => '‚',
        c => c,
    });
    quoted(&inner.collect::<String>())
}

/// "German", "German (de-AT)"; a tag that is not known is itself.
fn language(tag: &str) -> String {
    let first = tag.split('-').next().unwrap_or(tag);
    match LANGUAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(first)) {
        Some((_, name)) if first.len() == tag.len() => (*name).to_owned(),
        Some((_, name)) => format!("{name} ({tag})"),
        None => tag.to_owned(),
    }
}

/// What an e-mail with a format is; one of class transactional is never chosen from the library.
fn in_library(format: Format, class: Option<Class>) -> String {
    let what = match format {
        Format::Guide => "a guide",
        Format::CaseStudy => "a case study",
        Format::Webinar => "a webinar",
        Format::Comparison => "a comparison",
        Format::Demo => "a demo",
        Format::Testimonial => "a testimonial",
        Format::Trial => "a trial",
    };
    match class {
        Some(Class::Transactional) => format!("Its format is {what}"),
        _ => format!("In the library as {what}"),
    }
}

/// What follows "as".
pub(super) fn class_words(class: Class) -> &'static str {
    match class {
        Class::Transactional => "transactional",
        Class::Answer => "an answer",
        Class::Marketing => "marketing",
    }
}

fn variant(variant: &Variant) -> String {
    let subject = variant.subject.as_ref().map(|subject| format!("the subject {}", cited(subject)));
    let preheader = variant.preheader.as_ref().map(|preheader| format!("the preheader {}", cited(preheader)));
    let body = variant.body.as_ref().map(|_| "a body of its own".to_owned());
    let own: Vec<String> = [subject, preheader, body].into_iter().flatten().collect();
    let with = if own.is_empty() { String::new() } else { format!(", with {}", own.join(" and ")) };
    format!("The variant {} goes to {} % of the leads{with}", quoted(&variant.id), decimal(variant.share, 0))
}

fn sender(from: &str) -> String {
    match from {
        "owner" => "From the lead’s owner".to_owned(),
        id => format!("From the sender {}", quoted(id)),
    }
}

/// The facts about how often a lead hears from us, each without its full stop.
pub(super) fn cadence_facts(cadence: &Cadence, names: &Names) -> Vec<String> {
    let stages: Vec<String> = cadence
        .every
        .iter()
        .map(|(stage, every)| format!("every {} in {}", span(*every), named(names.stage(&cadence.ladder, stage))))
        .collect();
    let ladder = named(names.ladder(&cadence.ladder));
    let mut facts = vec![format!("By {ladder}, a lead gets at most one e-mail {}", stages.join(", "))];
    facts.extend(cadence.answer.map(|answer| {
        format!("An e-mail that answers what the lead did leaves {} after the last one at the earliest", length(answer))
    }));
    facts.extend(cadence.adapt.iter().flat_map(adapt_facts));
    facts
}

fn adapt_facts(adapt: &Adapt) -> [String; 3] {
    let percent = |share| decimal(share, 2);
    let (factor, over) = (decimal(adapt.factor, 0), span(adapt.over));
    let (low, high) = adapt.between;
    [
        format!(
            "The interval of a stage is multiplied by {factor} if fewer than {} % of its e-mails of the last {over} were opened, \
             and divided by {factor} if more than {} % were, once there are at least {} of them",
            percent(adapt.slow_below),
            percent(adapt.quicken_above),
            adapt.min_sent
        ),
        format!(
            "The interval of a lead is multiplied by {factor} if the lead clicked and chose nothing in its last 4 e-mails, and \
             divided by {factor} if it clicked or chose something in at least 3 of them"
        ),
        format!("No interval becomes shorter than {} or longer than {}", length(low), length(high)),
    ]
}
