//! What a visit says of its lead, as it is stored: its source as the last one, and as the first one where no visit came
//! before it. Which one that is changes with who is who, so the message keeps what either form needs.

use serde_json::{Map, Value};

use super::NAMES;

/// The attributes that a first source sets.
pub const FIRST: [&str; NAMES.len()] = [
    "first_channel",
    "first_source",
    "first_medium",
    "first_campaign",
    "first_term",
    "first_content",
    "first_network",
    "first_referrer",
    "first_landing_page",
];

/// The stored message of a visit, see [`super::VisitSource::identify`].
#[derive(Debug)]
pub struct Visit {
    message: Map<String, Value>,
    traits: Map<String, Value>,
    first: Map<String, Value>,
}

impl Visit {
    /// `None` where the message is not a visit.
    pub fn of(json: &str) -> Option<Visit> {
        // Most messages need not be read to know.
        if !json.contains(r#""derived":"source""#) {
            return None;
        }
        let mut message: Map<String, Value> = serde_json::from_str(json).ok()?;
        let of_ours = message.get("context")?.get("attractor")?;
        let is_visit = message.get("type")? == "identify" && of_ours.get("derived")? == "source";
        let origin = of_ours.get("visit")?.as_object().filter(|_| is_visit)?.clone();
        let named =
            |(name, first): (&str, &str)| Some((first.to_owned(), origin.get(name).filter(|v| v.is_string())?.clone()));
        let first = NAMES.into_iter().zip(FIRST).filter_map(named).collect();
        let traits = message.get_mut("traits")?.as_object_mut().map(std::mem::take)?;
        Some(Visit { message, traits, first })
    }

    /// The names that its source sets where it is the first.
    pub fn first(&self) -> impl Iterator<Item = &str> {
        self.first.keys().map(String::as_str)
    }

    /// The message of the first visit, or of another one.
    pub fn into_message(self, is_first: bool) -> String {
        let Visit { mut message, traits, first } = self;
        let mut changed = if is_first { first } else { Map::new() };
        changed.extend(traits.into_iter().filter(|(name, _)| !FIRST.contains(&name.as_str())));
        message.insert("traits".into(), changed.into());
        Value::Object(message).to_string()
    }
}
