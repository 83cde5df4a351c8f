//! From a line of a file to a message, or to the reason why it is none.

use super::address::{canonical, is_placeholder};
use super::instant;
use super::json::{id, read as read_json, text, thawed};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A dotted path and its new value; `None` removes the path and its children.
pub type Setting = (String, Option<Value>);

/// A valid message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its line in the file, from 1: the order received.
    pub line: usize,
    pub id: String,
    pub at: i64,
    pub type_: String,
    pub user: Option<String>,
    pub visitor: Option<String>,
    pub previous: Option<String>,
    /// The e-mail that an `identify` gives, in its canonical form.
    pub email: Option<String>,
    pub kind: Option<String>,
    pub properties: BTreeMap<String, Value>,
    pub settings: Vec<Setting>,
    pub machine: bool,
    pub history: bool,
    pub public: bool,
}

/// All valid messages in the order received, and the lines that are none.
pub fn read(lines: &[String]) -> (Vec<Message>, Vec<(usize, String)>) {
    let (mut messages, mut rejected) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(lines) {
        if text.trim().is_empty() {
            continue;
        }
        match parse(line, text) {
            Ok(message) => messages.push(message),
            Err(why) => rejected.push((line, why)),
        }
    }
    (messages, rejected)
}

fn parse(line: usize, json: &str) -> Result<Message, String> {
    let json = read_json(json)?;
    let json = json.as_object().ok_or("not a JSON object")?;
    let type_ = json.get("type").and_then(text).unwrap_or_default().to_owned();
    if !["identify", "track", "page", "screen", "group", "alias"].contains(&type_.as_str()) {
        return Err("`type` is none of the six".into());
    }
    let empty = Map::new();
    let [traits, properties, context] = ["traits", "properties", "context"].map(|key| match json.get(key) {
        None | Some(Value::Null) => Ok(&empty),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(format!("`{key}` is no object")),
    });
    let (traits, context) = (traits?, context?);
    let properties = flatten(properties?);
    let key = |name| json.get(name).and_then(id).filter(|id| !is_placeholder(id));
    let email = if type_ == "identify" { traits.get("email").and_then(text).and_then(canonical) } else { None };
    let (user, visitor, previous) = (key("userId"), key("anonymousId"), key("previousId"));
    if user.is_none() && visitor.is_none() && email.is_none() {
        return Err("names nobody".into());
    }
    if type_ == "alias" && (user.is_none() || previous.is_none()) {
        return Err("an alias needs `userId` and `previousId`".into());
    }
    let stamp = json.get("timestamp").and_then(text).ok_or("no `timestamp`")?;
    let at = instant::parse(stamp).ok_or("`timestamp` is not ISO 8601")?;
    let kind = kind(&type_, json)?;
    let flag = |key: &str| context.get(key) == Some(&Value::Bool(true));
    Ok(Message {
        line,
        id: json.get("messageId").and_then(id).unwrap_or_else(|| format!("line-{line}")),
        at,
        user,
        visitor,
        previous,
        email,
        properties: with_path(kind.as_deref(), properties),
        settings: match type_.as_str() {
            "identify" => settings(traits, ""),
            "group" => settings(traits, "company."),
            _ => Vec::new(),
        },
        machine: kind.is_some() && flag("machine"),
        history: flag("history"),
        public: flag("public"),
        kind,
        type_,
    })
}

fn kind(type_: &str, json: &Map<String, Value>) -> Result<Option<String>, String> {
    match type_ {
        "page" => Ok(Some("Page Viewed".into())),
        "screen" => Ok(Some("Screen Viewed".into())),
        "track" => match json.get("event").and_then(text) {
            Some(event) => Ok(Some(event.into())),
            None => Err("a track needs a text `event`".into()),
        },
        _ => Ok(None),
    }
}

/// The id that a property is: text, or the decimal text of a number; anything else and the empty text are absent.
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => number.as_f64().map(|n| (n + 0.0).to_string()),
        _ => None,
    }
}

/// The settings that an object of traits stands for, in the order written.
fn settings(object: &Map<String, Value>, prefix: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    for (key, value) in object {
        let path = format!("{prefix}{key}");
        match value {
            Value::Null => found.push((path, None)),
            Value::Object(nested) => found.extend(settings(nested, &format!("{path}."))),
            other => {
                let value = thawed(&path, other);
                found.push((path, Some(value)));
            }
        }
    }
    found
}

/// Applies one setting: a name and its children are independent, but removing removes both.
pub fn set(values: &mut BTreeMap<String, Value>, (path, value): &Setting) {
    match value {
        Some(value) => {
            values.insert(path.clone(), value.clone());
        }
        None => {
            let children = format!("{path}.");
            values.retain(|name, _| name != path && !name.starts_with(&children));
        }
    }
}

fn flatten(object: &Map<String, Value>) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    settings(object, "").iter().for_each(|setting| set(&mut values, setting));
    values
}

/// A `Page Viewed` without a path has that of its `url`.
fn with_path(kind: Option<&str>, mut properties: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    if kind == Some("Page Viewed")
        && !properties.contains_key("path")
        && let Some(url) = properties.get("url").and_then(Value::as_str)
    {
        let path = url_path(url);
        properties.insert("path".into(), path.into());
    }
    properties
}

/// The path of a URL as RFC 3986 (appendix B) takes it apart, not decoded; `/` where it is empty.
fn url_path(url: &str) -> String {
    let url = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    let rest = match url.find([':', '/']) {
        Some(colon) if colon > 0 && url.as_bytes()[colon] == b':' => &url[colon + 1..],
        _ => url,
    };
    let path = match rest.strip_prefix("//") {
        Some(authority) => &authority[authority.find('/').unwrap_or(authority.len())..],
        None => rest,
    };
    if path.is_empty() { "/".into() } else { path.into() }
}
