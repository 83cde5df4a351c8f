//! Fields of another system, such as a CRM: under its own names, what is known of the lead of a delivery.

use std::collections::BTreeMap;

use attractor_engine::playbook::{Playbook, did_you_mean};
use attractor_engine::time::Instant;
use serde_json::Value;

use crate::calls::lead::KnownLead;

/// The names of another system's fields, each with what is in it.
pub type Fields = BTreeMap<String, String>;

/// As many fields one webhook has.
const MOST: usize = 100;

/// What is in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source<'f> {
    /// By the score's id.
    Score(&'f str),
    /// By the ladder's id.
    Stage(&'f str),
    Attribute(&'f str),
    Owner,
    /// The id of the primary interest.
    Interest,
    Email,
}

impl Source<'_> {
    fn read(text: &str) -> Option<Source<'_>> {
        match text.split_once('.') {
            Some(("score", id)) => Some(Source::Score(id)),
            Some(("stage", ladder)) => Some(Source::Stage(ladder)),
            Some(("attribute", name)) if !name.is_empty() => Some(Source::Attribute(name)),
            Some(_) => None,
            None => match text {
                "owner" => Some(Source::Owner),
                "interest" => Some(Source::Interest),
                "email" => Some(Source::Email),
                _ => None,
            },
        }
    }

    fn of(&self, lead: &KnownLead, now: Instant) -> Value {
        match *self {
            Source::Score(id) => lead.scores(now).get(id).copied().into(),
            Source::Stage(ladder) => lead.stages.get(ladder).cloned().into(),
            Source::Attribute(name) => {
                lead.profile.attribute(name).map(|attribute| attribute.value.clone()).unwrap_or_default()
            }
            Source::Owner => lead.text("owner").into(),
            Source::Interest => lead.primary_interest().into(),
            Source::Email => lead.email.clone().into(),
        }
    }
}

/// Whether fields say what is in them, and name scores and ladders that exist in at least one of these playbooks. The error
/// says what would be right.
pub fn check(fields: &Fields, playbooks: &[Playbook]) -> Result<(), String> {
    if fields.len() > MOST {
        return Err(format!("a webhook has at most {MOST} fields"));
    }
    fields.iter().try_for_each(|(name, text)| one(name, text, playbooks))
}

fn one(name: &str, text: &str, playbooks: &[Playbook]) -> Result<(), String> {
    let wrong = || {
        format!(
            "`{text}` in the field `{name}` is not known; write score.ID, stage.LADDER, attribute.NAME, owner, interest or \
             email"
        )
    };
    let (what, id, known): (_, _, Vec<&str>) = match Source::read(text).ok_or_else(wrong)? {
        Source::Score(id) => {
            let scores = playbooks.iter().flat_map(|playbook| &playbook.scores);
            ("score", id, scores.map(|score| score.id.as_str()).collect())
        }
        Source::Stage(id) => {
            let ladders = playbooks.iter().flat_map(|playbook| &playbook.ladders);
            ("ladder", id, ladders.map(|ladder| ladder.id.as_str()).collect())
        }
        Source::Attribute(_) | Source::Owner | Source::Interest | Source::Email => return Ok(()),
    };
    if known.contains(&id) {
        return Ok(());
    }
    Err(format!("there is no {what} `{id}`; {}", did_you_mean(id, &known, "declared are")))
}

/// The fields as they are for a lead; null where something is not known.
pub(crate) fn mapped(fields: &Fields, lead: Option<&KnownLead>, now: Instant) -> Value {
    let value = |text: &String| Some(Source::read(text)?.of(lead?, now));
    fields.iter().map(|(name, text)| (name.clone(), value(text).unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;

    use super::*;

    const PLAYBOOK: &str = "playbook: p\nscores: [{id: engagement, rules: [{id: a, event: Form Submitted, points: 1}]}]\n\
        ladders: [{id: life, score: engagement, stages: [{id: cold}, {id: hot, from: 5}]}]\n";

    #[test]
    fn fields_say_what_is_in_them() {
        let playbooks = [read(PLAYBOOK).playbook.unwrap()];
        for (text, wrong) in [
            ("score.engagement", None),
            ("stage.life", None),
            ("attribute.company.size", None),
            ("owner", None),
            ("score.engagemnt", Some("there is no score `engagemnt`; did you mean `engagement`?")),
            ("stage.hot", Some("there is no ladder `hot`; declared are: life")),
            ("score", Some("`score` in the field `x` is not known; write score.ID")),
            ("attribute.", Some("is not known")),
            ("", Some("is not known")),
        ] {
            let checked = check(&Fields::from([("x".to_owned(), text.to_owned())]), &playbooks);
            assert_eq!(checked.is_err(), wrong.is_some(), "{text}");
            let said = checked.err().unwrap_or_default();
            assert!(said.contains(wrong.unwrap_or_default()), "{said}");
        }
    }
}
