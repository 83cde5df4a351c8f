//! The column `what`: who, and what happened, as a message.

use serde_json::{Map, Value, json};

use attractor_engine::time::Instant;

/// What stands in the column: `None` is nothing but time.
pub struct Happening {
    pub lead: String,
    pub message: Option<String>,
    pub id: Option<String>,
}

/// Short words for e-mail events; what follows them is the copy.
const MAIL: [(&str, &str); 5] = [
    ("sent", "Email Sent"),
    ("delivered", "Email Delivered"),
    ("opened", "Email Opened"),
    ("clicked", "Email Link Clicked"),
    ("bounced", "Email Bounced"),
];

/// Kinds that are written without `track`, and the properties that follow them.
const NAMED: [(&str, &[&str]); 14] = [
    ("Segment Pinned", &["segment"]),
    ("Segment Banned", &["segment"]),
    ("Segment Released", &["segment"]),
    ("Stage Set", &["ladder", "stage"]),
    ("Stage Released", &["ladder"]),
    ("Sequence Entered", &["sequence"]),
    ("Sequence Stopped", &["sequence"]),
    ("Tagged", &["tag"]),
    ("Untagged", &["tag"]),
    ("Owner Set", &["owner"]),
    ("Deal Created", &["deal_id"]),
    ("Deal Won", &["deal_id"]),
    ("Deal Lost", &["deal_id"]),
    ("Email Replied", &["send_id"]),
];

pub fn happening(text: &str, at: Instant) -> Result<Happening, String> {
    let (who, what) = match text.split_once(": ") {
        Some((who, what)) if !who.contains(['{', '"', '=']) => (who, what),
        _ => ("ann", text),
    };
    let (mut message, lead) = author(who);
    if what == "(time)" {
        return Ok(Happening { lead, message: None, id: None });
    }
    if what == "blank" {
        return Ok(Happening { lead, message: Some(String::new()), id: None });
    }
    if let Some(line) = what.strip_prefix("raw ") {
        let id = serde_json::from_str::<Value>(line).ok().and_then(|json| Some(json["messageId"].as_str()?.to_owned()));
        return Ok(Happening { lead, message: Some(line.to_owned()), id });
    }
    message.insert("timestamp".into(), json!(at.to_string()));
    let id = fill(&mut message, &mut tokens(what))?;
    Ok(Happening { lead, message: Some(Value::from(message).to_string()), id })
}

/// The ids of a message, and whose line it is.
fn author(who: &str) -> (Map<String, Value>, String) {
    let mut message = Map::new();
    let mut lead = None;
    for part in who.split(", ").filter(|part| *part != "nobody") {
        let (key, id) = part.strip_prefix("visitor ").map_or(("userId", part), |visitor| ("anonymousId", visitor));
        message.insert(key.into(), json!(id));
        lead.get_or_insert_with(|| id.to_owned());
    }
    (message, lead.unwrap_or_default())
}

/// Fills in what happened; returns the messageId, if any.
fn fill(message: &mut Map<String, Value>, tokens: &mut Vec<&str>) -> Result<Option<String>, String> {
    let mut context = Map::new();
    while let Some(mark) = tokens.first().copied().filter(|word| ["machine", "history", "public"].contains(word)) {
        context.insert(mark.into(), json!(true));
        tokens.remove(0);
    }
    let is_word = |token: &&&str| !token.starts_with('#') && !is_pair(token);
    let words: Vec<&str> = tokens.iter().take_while(is_word).copied().collect();
    let (kind, event, mut fields) = kind_of(&words)?;
    let mut id = None;
    for token in &tokens[words.len()..] {
        match (token.strip_prefix('#'), token.split_once('=')) {
            (Some(name), _) => id = Some(name.to_owned()),
            (None, Some((name, value))) => drop(fields.insert(name.into(), read(value))),
            (None, None) => return Err(format!("`{token}` stands behind the properties")),
        }
    }
    message.insert("type".into(), json!(kind));
    match kind {
        "track" => drop(message.insert("event".into(), json!(event))),
        "alias" => drop(message.insert("previousId".into(), json!(event))),
        _ => {}
    }
    message.insert(if matches!(kind, "identify" | "group") { "traits" } else { "properties" }.into(), fields.into());
    if !context.is_empty() {
        message.insert("context".into(), context.into());
    }
    if let Some(id) = &id {
        message.insert("messageId".into(), json!(id));
    }
    Ok(id)
}

/// The type of the message, its kind (of an alias the old id), and the properties that need no name.
fn kind_of<'a>(words: &[&'a str]) -> Result<(&'a str, String, Map<String, Value>), String> {
    let one = |name: &str, value: Option<&&str>| {
        value.map(|value| (name.to_owned(), read(value))).into_iter().collect::<Map<_, _>>()
    };
    let text = words.join(" ");
    if let Some((_, event)) = MAIL.iter().find(|(word, _)| words.first() == Some(word)) {
        return Ok(("track", (*event).into(), one("send_id", words.get(1))));
    }
    if let Some((event, names)) = NAMED.iter().find(|(event, _)| text.starts_with(event)) {
        let values = &words[event.split(' ').count()..];
        if values.len() > names.len() {
            return Err(format!("`{event}` is followed by {}", names.join(" ")));
        }
        let fields = names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), read(value)));
        return Ok(("track", (*event).into(), fields.collect()));
    }
    match words {
        ["page", path @ ..] if path.len() < 2 => Ok(("page", String::new(), one("path", path.first()))),
        [kind @ ("screen" | "identify" | "group")] => Ok((kind, String::new(), Map::new())),
        ["track", event @ ..] if !event.is_empty() => Ok(("track", event.join(" "), Map::new())),
        [kind @ "alias", old] => Ok((kind, (*old).into(), Map::new())),
        _ => Err(format!("`{text}` is nothing that happens")),
    }
}

fn is_pair(token: &str) -> bool {
    token.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || "_.".contains(c)))
}

/// JSON, else text.
fn read(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| json!(value))
}

/// Parted at blanks outside of quotes and brackets.
fn tokens(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start, mut tokens) = (0, false, 0, Vec::new());
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ' ' if !quoted && depth == 0 => {
                tokens.extend((start < at).then(|| &text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    tokens
}
