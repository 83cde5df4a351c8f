//! Rank and department, read from a lead's present job title. They follow it, and give way to messages that set them.

use std::collections::BTreeSet;

use attractor_engine::message::{Message, Type};
use attractor_engine::value::Value;
use attractor_intake::title::{self, NAMES, Title};

use crate::lead::concerned::ConcernedProfiles;
use crate::lead::profile::{Profile, plain};

/// The names of what is read from a title.
const READ: [&str; 2] = ["seniority", "department"];

/// What is read from a title.
type TitleReading = [(&'static str, Option<&'static str>); 2];

/// Whether a message sets a job title.
pub fn has_title(message: &Message) -> bool {
    message.kind == Type::Identify && message.fields.iter().any(|(name, _)| NAMES.contains(&name.as_ref()))
}

/// What a message is stored with of rank and department; `None` where what was read from an earlier title goes.
/// `refused` are traits that it may not set.
pub fn set_by_title(
    message: &Message,
    refused: &BTreeSet<&str>,
    profiles: &ConcernedProfiles,
) -> Vec<(&'static str, Option<&'static str>)> {
    let sets = |name: &str| message.fields.iter().any(|(other, _)| other == name) && !refused.contains(name);
    if message.kind != Type::Identify || !NAMES.into_iter().any(sets) {
        return Vec::new();
    }
    let in_message = |name: &str| match message.property(name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let present = |name: &str| match sets(name) {
        true => in_message(name),
        false => profiles.attribute(name).and_then(|attribute| attribute.value.as_str().map(str::to_owned)),
    };
    let (from, read) = read(present);
    let is_new = from.is_none_or(sets);
    let gives = |name: &str| message.fields.iter().any(|(other, _)| other == name);
    let changes = |(name, found): &(&'static str, Option<&'static str>)| match profiles.attribute(name) {
        _ if gives(name) => false,
        Some(attribute) => attribute.read && (is_new || attribute.value.as_str() != *found),
        None => found.is_some(),
    };
    read.into_iter().filter(changes).collect()
}

/// Notes which of what a message set was read from the title.
pub fn note_read(profile: &mut Profile, message: &Message) {
    // To read a title is to look for every word of a long list, and few messages have anything to compare it with.
    if !READ.iter().any(|name| message.property(name).is_some()) {
        return;
    }
    let text = |name: &str| profile.attribute(name).and_then(|attribute| attribute.value.as_str().map(str::to_owned));
    let (_, read) = read(text);
    for (name, found) in read {
        let value = message.property(name).map(plain);
        if let (Some(value), Some(attribute)) = (value, profile.attributes.get_mut(name)) {
            attribute.read = value.as_str() == found;
        }
    }
}

/// Rank and department by the title, and the attribute that holds the title.
fn read(text: impl Fn(&str) -> Option<String>) -> (Option<&'static str>, TitleReading) {
    let titles = NAMES.into_iter().filter_map(|name| Some((name, text(name)?)));
    let found = titles.into_iter().find(|(_, text)| !text.trim().is_empty());
    let Title { seniority, department } = title::read(found.as_ref().map_or("", |(_, text)| text));
    (found.map(|(name, _)| name), [(READ[0], seniority), (READ[1], department)])
}
