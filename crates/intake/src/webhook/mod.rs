//! Inbound webhooks: a mapping says where in another system's JSON a message's parts stand.
//!
//! ```json
//! {
//!   "each": "$.attendees",
//!   "type": "track",
//!   "event": "Webinar Attended",
//!   "email": "$.email",
//!   "timestamp": "$.joined_at",
//!   "message_id": "$.id",
//!   "traits": {"job_title": "$.title", "company.name": "$.org.name"},
//!   "properties": {"webinar": "$$.webinar.name", "minutes": "$.minutes", "via": "zoom"}
//! }
//! ```
//!
//! A text that begins with `$.` or `$[`, or is `$`, is a path into the item (with `each`: one element of that list, else
//! the body), with `$$` into the whole body. Everything else is a constant. What a path does not find is left out.
//! Paths are dotted names, `[0]`, `[-1]` for the last, and `['any name']`.
//!
//! Each item becomes an `identify` with the traits and the e-mail, where there are any, and the event, where `type` is
//! not `identify`. Where a person is known by the e-mail alone, both carry the visitor `email:ADDRESS`, by which the
//! event belongs to whoever has that address. Without `message_id`, ids are made of the body, so that the same delivery
//! twice is one.

mod path;

use std::collections::BTreeMap;

use attractor_engine::address::canonical;
use attractor_engine::identity::is_own_visitor;
use attractor_engine::message::{decimal_text, with_all_digits};
use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::request::{Raw, Refused, Rejected};
use path::Path;

/// A mapping as people write it. [`Mapping::compile`] says what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Path of a list; each of its elements is an item. Absent: the body is the one item.
    pub each: Option<String>,
    /// `identify` (where absent), `track`, `page`, `screen` or `group`; a constant, or a path.
    pub r#type: Option<String>,
    /// Of a `track`: its kind.
    pub event: Option<String>,
    pub user_id: Option<String>,
    pub anonymous_id: Option<String>,
    pub group_id: Option<String>,
    pub email: Option<String>,
    /// ISO 8601, or seconds or milliseconds since 1970. Absent: the receipt.
    pub timestamp: Option<String>,
    /// Unique to the event in the system that sends it.
    pub message_id: Option<String>,
    /// Traits of the lead (of a `group`: of the company) by their dotted names.
    pub traits: BTreeMap<String, Value>,
    pub properties: BTreeMap<String, Value>,
}

/// Something wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `email`, `traits.job_title` …
    pub field: String,
    pub reason: String,
}

/// A mapping that is sound.
#[derive(Clone, Debug)]
pub struct Compiled {
    each: Option<Path>,
    /// The scalar fields that are given, by name.
    fields: BTreeMap<&'static str, Template>,
    traits: BTreeMap<String, Template>,
    properties: BTreeMap<String, Template>,
}

#[derive(Clone, Debug)]
enum Template {
    At(Path),
    Constant(Value),
}

impl Template {
    fn find<'v>(&'v self, item: &'v Value, body: &'v Value) -> Option<&'v Value> {
        match self {
            Template::At(path) => path.find(item, body),
            Template::Constant(value) => Some(value).filter(|value| !value.is_null()),
        }
    }
}

const TYPES: [&str; 5] = ["identify", "track", "page", "screen", "group"];

impl Mapping {
    /// The text that a property has in all messages, where the mapping has a text in place of a path.
    pub fn constant(&self, property: &str) -> Option<&str> {
        self.properties.get(property)?.as_str().filter(|text| Path::parse(text).is_none())
    }

    /// Reads the paths; all problems at once, each with its field.
    pub fn compile(&self) -> Result<Compiled, Vec<Problem>> {
        let mut problems = Vec::new();
        let each = self.each.as_ref().and_then(|text| list_path(text, &mut problems));
        let scalars = [
            ("type", &self.r#type),
            ("event", &self.event),
            ("user_id", &self.user_id),
            ("anonymous_id", &self.anonymous_id),
            ("group_id", &self.group_id),
            ("email", &self.email),
            ("timestamp", &self.timestamp),
            ("message_id", &self.message_id),
        ];
        let mut fields = BTreeMap::new();
        for (name, text) in scalars {
            if let Some(text) = text {
                fields.extend(template(name, &Value::from(text.as_str()), &mut problems).map(|found| (name, found)));
            }
        }
        let mut templates = |section: &str, map: &BTreeMap<String, Value>| {
            let found = map.iter().filter_map(|(name, value)| {
                Some((name.clone(), template(&format!("{section}.{name}"), value, &mut problems)?))
            });
            found.collect::<BTreeMap<_, _>>()
        };
        let (traits, properties) = (templates("traits", &self.traits), templates("properties", &self.properties));
        let compiled = Compiled { each, fields, traits, properties };
        compiled.check(&mut problems);
        if problems.is_empty() { Ok(compiled) } else { Err(problems) }
    }

    /// What it finds and the messages of its type cannot hold, each with what to write instead: it would be dropped
    /// without a word. Nothing, where the type is known from the body alone.
    pub fn dropped(&self) -> Vec<Problem> {
        let kind = self.r#type.as_deref().unwrap_or("identify");
        if Path::parse(kind).is_some() {
            return Vec::new();
        }
        let has = match &self.r#type {
            Some(kind) => format!("`type` is `{kind}`"),
            None => "without a `type` it is an `identify`".to_owned(),
        };
        let mut dropped = Vec::new();
        if self.event.is_some() && kind != "track" {
            dropped.push(problem("event", format!("an event needs `type: track`; {has}")));
        }
        if self.group_id.is_some() && kind != "group" {
            dropped.push(problem("group_id", format!("a group needs `type: group`; {has}")));
        }
        if !self.properties.is_empty() && ["identify", "group"].contains(&kind) {
            let why = format!("properties need `type: track`, `page` or `screen`; {has}, which has `traits`");
            dropped.push(problem("properties", why));
        }
        dropped
    }
}

fn problem(field: &str, reason: impl Into<String>) -> Problem {
    Problem { field: field.to_owned(), reason: reason.into() }
}

fn list_path(text: &str, problems: &mut Vec<Problem>) -> Option<Path> {
    match Path::parse(text) {
        Some(Ok(path)) => return Some(path),
        Some(Err(reason)) => problems.push(problem("each", reason)),
        None => problems.push(problem("each", format!("`{text}` is no path; write it like $.items"))),
    }
    None
}

fn template(field: &str, value: &Value, problems: &mut Vec<Problem>) -> Option<Template> {
    match value.as_str().and_then(Path::parse) {
        Some(Ok(path)) => Some(Template::At(path)),
        Some(Err(reason)) => {
            problems.push(problem(field, reason));
            None
        }
        None => Some(Template::Constant(value.clone())),
    }
}

impl Compiled {
    fn check(&self, problems: &mut Vec<Problem>) {
        let kind = match self.fields.get("type") {
            None => Some("identify"),
            Some(Template::Constant(Value::String(kind))) => Some(kind.as_str()),
            Some(_) => None,
        };
        if let Some(kind) = kind.filter(|kind| !TYPES.contains(kind)) {
            problems.push(problem("type", format!("`{kind}` is none of {}", TYPES.join(", "))));
        }
        if kind == Some("track") && !self.fields.contains_key("event") {
            problems.push(problem("event", "missing; a `track` needs the event's kind, like \"Webinar Attended\""));
        }
        if !["user_id", "anonymous_id", "email"].iter().any(|field| self.fields.contains_key(field)) {
            problems.push(problem("email", "missing; say who it is by `email`, `user_id` or `anonymous_id`"));
        }
    }

    /// The messages of one delivery. `hook` is the webhook's id and part of the ids that are made; `content_type` tells
    /// a form from JSON. The messages go through [`normalise`](crate::normalise()) like all others.
    pub fn messages(
        &self,
        hook: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<Result<Raw, Rejected>>, Refused> {
        let value = parse(content_type, body)?;
        let mut made = Vec::new();
        let items = self.items(&value).map_err(|why| Refused::not_json(why + hint(content_type)))?;
        for (index, item) in items.iter().enumerate() {
            let id = || made_id(hook, body, index);
            match self.of_item(item, &value, id) {
                Ok(messages) => made.extend(messages.iter().map(|message| {
                    Raw::of(index, &message.to_string(), None).map_err(|reason| Rejected { index, reason })
                })),
                Err(reason) => made.push(Err(Rejected { index, reason })),
            }
        }
        Ok(made)
    }

    fn items<'v>(&self, body: &'v Value) -> Result<&'v [Value], String> {
        let Some(each) = &self.each else { return Ok(std::slice::from_ref(body)) };
        match each.find(body, body) {
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err("`each`: the body has no list there".into()),
            None => Err("`each`: the body has nothing there".into()),
        }
    }

    fn of_item(&self, item: &Value, body: &Value, made_id: impl Fn() -> String) -> Result<Vec<Value>, String> {
        let scalar = |field: &str| match self.fields.get(field).and_then(|template| template.find(item, body)) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(decimal_text(&number.to_string()).into_owned())),
            Some(other) => Err(format!("`{field}`: {} stands there; a text is wanted", kind_of(other))),
        };
        let kind = match self.fields.contains_key("type") {
            true => scalar("type")?.ok_or("`type`: the body has nothing there")?,
            false => "identify".to_owned(),
        };
        if !TYPES.contains(&kind.as_str()) {
            return Err(format!("`type`: `{kind}` is none of {}", TYPES.join(", ")));
        }
        let event = scalar("event")?;
        if kind == "track" && event.is_none() {
            return Err("`event`: the body has nothing there; it is the event's kind".into());
        }
        let (user_id, mut visitor, email) = (scalar("user_id")?, scalar("anonymous_id")?, scalar("email")?);
        if visitor.as_deref().is_some_and(is_own_visitor) {
            return Err("`anonymous_id`: begins as the ids do that only the server makes; map another field".into());
        }
        if user_id.is_none() && visitor.is_none() && email.is_none() {
            return Err("names nobody: the body has nothing at `email`, `user_id` or `anonymous_id`".into());
        }
        if user_id.is_none() && visitor.is_none() {
            visitor = Some(visitor_of(email.as_deref().unwrap_or_default())?);
        }
        let mut common = Map::new();
        let ids = [("userId", user_id), ("anonymousId", visitor), ("timestamp", timestamp(scalar("timestamp")?)?)];
        common.extend(ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), Value::from(id?)))));
        let id = scalar("message_id")?.unwrap_or_else(made_id);
        let found =
            Found { traits: values(&self.traits, item, body), properties: values(&self.properties, item, body) };
        Ok(found.messages(&kind, &id, &common, [("event", event), ("groupId", scalar("group_id")?)], email))
    }
}

/// The visitor by whom an event belongs to whoever has this address.
fn visitor_of(email: &str) -> Result<String, String> {
    let short: String = email.chars().take(40).collect();
    let nobody = || format!("names nobody: “{short}” at `email` is not one address, and nothing else is given");
    canonical(email).map(|email| format!("email:{email}")).ok_or_else(nobody)
}

/// What an item says of its lead and of what happened.
struct Found {
    traits: Map<String, Value>,
    properties: Map<String, Value>,
}

impl Found {
    fn messages(
        self,
        kind: &str,
        id: &str,
        common: &Map<String, Value>,
        own: [(&str, Option<String>); 2],
        email: Option<String>,
    ) -> Vec<Value> {
        let message = |kind: &str, id: String, section: &str, fields: Map<String, Value>| {
            let mut message = common.clone();
            message.insert("type".into(), kind.into());
            message.insert("messageId".into(), id.into());
            message.insert(section.into(), Value::Object(fields));
            message
        };
        let mut of_lead = if kind == "group" { Map::new() } else { self.traits.clone() };
        of_lead.extend(email.map(|email| ("email".to_owned(), Value::from(email))));
        if kind == "identify" {
            return vec![Value::Object(message(kind, id.to_owned(), "traits", of_lead))];
        }
        let mut messages = Vec::new();
        if !of_lead.is_empty() {
            messages.push(Value::Object(message("identify", format!("{id}:identify"), "traits", of_lead)));
        }
        let (section, fields) = if kind == "group" { ("traits", self.traits) } else { ("properties", self.properties) };
        let mut event = message(kind, id.to_owned(), section, fields);
        event.extend(own.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))));
        messages.push(Value::Object(event));
        messages
    }
}

fn values(templates: &BTreeMap<String, Template>, item: &Value, body: &Value) -> Map<String, Value> {
    let found =
        templates.iter().filter_map(|(name, template)| Some((name.clone(), template.find(item, body)?.clone())));
    found.collect()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
        _ => "no text",
    }
}

/// What to try where a body was understood and nothing was found in it: `curl` sends everything as a form.
fn hint(content_type: Option<&str>) -> &'static str {
    match is_form(content_type) {
        true => "; it was read as a form, as its Content-Type says: send JSON with `Content-Type: application/json`",
        false => "",
    }
}

fn is_form(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.trim().starts_with("application/x-www-form-urlencoded"))
}

/// A delivery's body: JSON, or the fields of a form as an object of texts.
fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Value, Refused> {
    if is_form(content_type) {
        let fields = form_urlencoded::parse(body).map(|(name, text)| (name.into_owned(), Value::from(text)));
        return Ok(Value::Object(fields.collect()));
    }
    let json = std::str::from_utf8(body)
        .map_err(|error| Refused::not_json(format!("the body is not UTF-8 at byte {}", error.valid_up_to() + 1)))?;
    // Any name may become an id.
    serde_json::from_str(&with_all_digits(json))
        .map_err(|error| Refused::not_json(format!("the body is {}", said_of(&error))))
}

/// Seconds since 1970 below this, milliseconds from it on: 5138, and 1973.
const FIRST_AS_MILLISECONDS: f64 = 1e11;

/// An instant as ISO 8601; nothing where there is none, so that the receipt counts.
fn timestamp(said: Option<String>) -> Result<Option<String>, String> {
    let Some(said) = said else { return Ok(None) };
    let instant = match said.parse::<f64>() {
        // Eight digits are a date of ISO 8601, not an instant of 1970.
        Ok(number) if said.len() != 8 && number.is_finite() => {
            let milliseconds = if number.abs() < FIRST_AS_MILLISECONDS { number * 1_000.0 } else { number };
            Some(Instant(milliseconds as i64)).filter(|instant| (0..253_402_300_800_000).contains(&instant.0))
        }
        _ => Instant::parse(&said),
    };
    let short: String = said.chars().take(40).collect();
    let wrong = || format!("`timestamp`: “{short}” is no instant; ISO 8601 or seconds since 1970 are read");
    instant.ok_or_else(wrong).map(|instant| Some(instant.to_string()))
}

/// An id made of the delivery: the same body twice gives the same.
fn made_id(hook: &str, body: &[u8], index: usize) -> String {
    let mut hasher = Sha256::new();
    hasher.update((hook.len() as u64).to_be_bytes());
    hasher.update(hook.as_bytes());
    hasher.update(body);
    let hash: String = hasher.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("hook-{hash}-{index}")
}

#[cfg(test)]
mod tests;
