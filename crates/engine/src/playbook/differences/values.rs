//! Values of fields in the words of a sentence.

use serde_json::Value as Json;

use super::fields::{Field, Show};
use crate::condition::{Condition, Names, decimal, gerund, length, named, quoted, span, whose};
use crate::playbook::{Playbook, condition};
use crate::time::Duration;

/// One of the two playbooks.
pub(super) struct Side<'a> {
    pub playbook: &'a Playbook,
    pub names: Names,
}

impl Side<'_> {
    /// The value of a field in words; what it is where it is not written. `record` is what has the field.
    pub fn words(&self, field: &Field, value: Option<&Json>, record: &Json) -> String {
        value.map_or(field.absent.to_owned(), |value| self.shown(field.show, value, record))
    }

    fn shown(&self, show: Show, value: &Json, record: &Json) -> String {
        let names = &self.names;
        match show {
            Show::Points | Show::Number => number(value),
            Show::Length => lasting(value),
            Show::Share => format!("{} %", decimal(value.as_f64().unwrap_or_default(), 2)),
            Show::Percent => format!("{} %", number(value)),
            Show::Flag => if value == &Json::Bool(true) { "on" } else { "off" }.to_owned(),
            Show::Topic => named(names.topic(text(value))),
            Show::Score => named(names.score(text(value))),
            Show::Ladder => named(names.ladder(text(value))),
            Show::Subscription => named(names.subscription(text(value))),
            Show::Topics => list(value, |id| named(names.topic(id))),
            Show::Stages => list(value, |id| named(self.stage(id))),
            Show::Texts => list(value, quoted),
            Show::Kinds => list(value, gerund),
            Show::Condition => self.condition(value),
            Show::Counted => self.counted(record),
            Show::Limit => format!("at most {} within {}", number(&value["times"]), lasting(&value["within"])),
            Show::Decay => decay(value),
            Show::Range | Show::Between => format!("{} to {}", either(&value[0]), either(&value[1])),
            Show::Again => match value.get("after") {
                Some(after) => format!("{} after the last time began", lasting(after)),
                None => text(value).to_owned(),
            },
            Show::While if value.is_string() => text(value).to_owned(),
            Show::While => self.condition(value),
            Show::Body if text(value).starts_with('<') => "MJML in the playbook".to_owned(),
            Show::Word => text(value).to_owned(),
            _ => quoted(text(value)),
        }
    }

    fn condition(&self, value: &Json) -> String {
        match condition(&value.to_string(), self.playbook) {
            Ok(condition) => condition.sentence(&self.names),
            Err(_) => value.to_string(),
        }
    }

    /// What a rule for events counts: "viewing a page whose path starts with “/pricing”".
    fn counted(&self, rule: &Json) -> String {
        let mut asked = serde_json::Map::new();
        for key in ["event", "where"] {
            asked.extend(rule.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        match condition(&Json::Object(asked).to_string(), self.playbook) {
            Ok(Condition::Event(event)) => {
                let kinds: Vec<String> = vec![text(&rule["event"]).to_owned()];
                format!("{}{}", gerund(&kinds[0]), whose(&kinds, &event.filter, &self.names))
            }
            _ => gerund(text(&rule["event"])),
        }
    }

    /// The name of the first stage of this id in any ladder.
    fn stage<'a>(&'a self, id: &'a str) -> &'a str {
        let ladder = self.playbook.ladders.iter().find(|ladder| ladder.stages.iter().any(|stage| stage.id == id));
        ladder.map_or(id, |ladder| self.names.stage(&ladder.id, id))
    }
}

pub(super) fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn number(value: &Json) -> String {
    decimal(value.as_f64().unwrap_or_default(), 0)
}

pub(super) fn lasting(value: &Json) -> String {
    Duration::parse(text(value)).map_or_else(|| text(value).to_owned(), length)
}

/// What follows "every".
fn rhythm(value: &Json) -> String {
    Duration::parse(text(value)).map_or_else(|| text(value).to_owned(), span)
}

/// A number or a duration.
fn either(value: &Json) -> String {
    if value.is_string() { lasting(value) } else { number(value) }
}

fn list(value: &Json, show: impl Fn(&str) -> String) -> String {
    let items: Vec<String> = value.as_array().into_iter().flatten().map(|item| show(text(item))).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn decay(value: &Json) -> String {
    if let Some(half_life) = value.get("half_life") {
        return format!("halving every {}", rhythm(half_life));
    }
    match value.get("expires") {
        Some(expires) => format!("gone after {}", lasting(expires)),
        None => format!("losing {} every {}", number(&value["loses"]), rhythm(&value["every"])),
    }
}
