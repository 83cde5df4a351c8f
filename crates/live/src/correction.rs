//! Of a lead that comes back from an export, what somebody corrected: that is what differs from what is known, but for
//! what changed since the export.

use attractor_engine::time::Instant;
use attractor_engine::value::Value;
use attractor_engine::vocabulary::kind;
use serde_json::{Map, Value as Json, json};

use crate::arrived::Arrived;
use crate::lead::profile::{Attribute, Profile, has_tag};

/// The messages that say it: attributes in one `identify`, and a `Tagged` for each tag that is missing (`traits.tags`).
pub fn of(arrived: &Arrived, known: &Profile, since: Instant) -> Vec<Arrived> {
    let Ok(mut message) = serde_json::from_str::<Json>(&arrived.json) else { return vec![arrived.clone()] };
    let Some(mut traits) = message["traits"].as_object().cloned() else { return vec![arrived.clone()] };
    let by_email = message.get("userId").is_none() && traits.contains_key("email");
    let tags = new_tags(traits.remove("tags"), known.attributes.get("tags"), since);
    let is_key = |name: &str| by_email && name == "email";
    traits.retain(|name, value| is_key(name) || corrects(name, value, known, since));
    let says_more = traits.len() > usize::from(by_email);
    // Who is named by an e-mail must be tied to the name that its tags come under.
    let first = says_more || by_email && !tags.is_empty();
    let tagged: Vec<Json> = (1..).zip(tags).map(|(place, tag)| tagged(&message, place, tag)).collect();
    message["traits"] = traits.into();
    let all = Some(message).filter(|_| first).into_iter().chain(tagged);
    all.map(|message| Arrived { json: message.to_string(), ..arrived.clone() }).collect()
}

/// Tags that the lead has not, and that were not taken from it since.
fn new_tags(exported: Option<Json>, held: Option<&Attribute>, since: Instant) -> Vec<Json> {
    let Some(Json::Array(mut tags)) = exported else { return Vec::new() };
    tags.retain(|tag| match (held, tag.as_str()) {
        (Some(held), Some(text)) => {
            let is_there = has_tag(&held.value, &Value::Text(text.to_owned()));
            !is_there && (held.at <= since.0 || held.value.is_null())
        }
        _ => true,
    });
    tags
}

fn tagged(message: &Json, place: usize, tag: Json) -> Json {
    let mut tagged = Map::new();
    for name in ["timestamp", "userId", "anonymousId", "context"] {
        if let Some(value) = message.get(name) {
            tagged.insert(name.to_owned(), value.clone());
        }
    }
    let id = message["messageId"].as_str().unwrap_or_default();
    tagged.insert("messageId".to_owned(), format!("{id}-tag-{place}").into());
    tagged.insert("type".to_owned(), "track".into());
    tagged.insert("event".to_owned(), kind::TAGGED.into());
    tagged.insert("properties".to_owned(), json!({"by": "import", "tag": tag}));
    tagged.into()
}

/// Whether a value was corrected; it becomes of the type that is known. What a table shows has none.
fn corrects(name: &str, exported: &mut Json, known: &Profile, since: Instant) -> bool {
    let Some(held) = known.attributes.get(name) else { return true };
    if held.at > since.0 || in_table(exported) == in_table(&held.value) || *exported == held.value {
        return false;
    }
    if let Some(typed) = typed(&in_table(exported), &held.value) {
        *exported = typed;
    }
    true
}

/// A text as a value of the same type as another, where it can be one.
fn typed(text: &str, like: &Json) -> Option<Json> {
    match like {
        Json::Number(_) => text.parse().ok().map(Json::Number),
        Json::Bool(_) => text.parse().ok().map(Json::Bool),
        Json::Array(_) if text.starts_with('[') => serde_json::from_str(text).ok(),
        Json::Array(_) => Some(text.split(';').collect::<Vec<_>>().into()),
        Json::String(_) => Some(text.into()),
        Json::Null | Json::Object(_) => None,
    }
}

/// A value as a table shows it: lists are joined by semicolons unless one of their texts has one, what is nested is JSON.
pub fn in_table(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.replace("\r\n", "\n"),
        Json::Array(items) if items.iter().all(is_plain) => items.iter().map(in_table).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

fn is_plain(item: &Json) -> bool {
    match item {
        Json::String(text) => !text.is_empty() && !text.contains(';') && !text.starts_with('['),
        Json::Bool(_) | Json::Number(_) => true,
        Json::Null | Json::Array(_) | Json::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(value: Json) -> Profile {
        let attribute = Attribute { value, at: 10, by: "key:1".into(), public: false, read: false };
        Profile { attributes: [("a".to_owned(), attribute)].into(), ..Profile::default() }
    }

    /// What is held, what a table or a line says, and what is corrected to.
    #[test]
    fn what_differs_is_corrected_in_the_type_that_is_known() {
        for (known, exported, wanted) in [
            (json!("x"), json!("x"), None),
            (json!("5"), json!(5), None),
            (json!(5), json!("5"), None),
            (json!(5), json!("7.5"), Some(json!(7.5))),
            (json!(5), json!("many"), Some(json!("many"))),
            (json!("01067"), json!(1067), Some(json!("1067"))),
            (json!(true), json!("true"), None),
            (json!(true), json!("false"), Some(json!(false))),
            (json!(["a", "b"]), json!("a;b"), None),
            (json!(["a", "b"]), json!("a;c"), Some(json!(["a", "c"]))),
            (json!(["a;b"]), json!("[\"a;b\"]"), None),
            (json!(["a;b"]), json!(["a;b"]), None),
            (json!("a\r\nb"), json!("a\nb"), None),
            (json!(null), json!("x"), Some(json!("x"))),
        ] {
            let mut value = exported.clone();
            let corrected = corrects("a", &mut value, &held(known.clone()), Instant(10)).then_some(value);
            assert_eq!(corrected, wanted, "{known} and {exported}");
        }
        assert!(!corrects("a", &mut json!("new"), &held(json!("old")), Instant(9)), "it came after the export");
        assert!(corrects("b", &mut json!("new"), &held(json!("old")), Instant(9)));
    }
}
