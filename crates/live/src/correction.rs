//! Of a lead that comes back from an export, what somebody corrected: that is what differs from what is known, but for
//! what changed since the export.

use attractor_engine::consent::{Consents, Scope, State};
use attractor_engine::exported::Exported;
use attractor_engine::time::Instant;
use attractor_engine::value::Value;
use serde_json::Value as Json;

use crate::arrived::Arrived;
use crate::lead::profile::{Attribute, Profile, has_tag};
use crate::sending::suppression::AddressBlocks;

/// What is known of a lead that comes back.
#[derive(Clone, Copy)]
pub struct KnownLead<'k> {
    /// `None` where there is no such lead yet.
    pub profile: Option<&'k Profile>,
    /// What binds the address that the export gives it.
    pub address: Option<&'k AddressBlocks>,
}

/// The messages that say it: attributes in an `identify` for each way in which they came, an event for each tag that is
/// missing (`traits.tags`), and one for each consent or withdrawal that is not known.
pub fn of(arrived: &Arrived, known: KnownLead, since: Instant) -> Vec<Arrived> {
    let Ok(mut message) = serde_json::from_str::<Json>(&arrived.json) else { return vec![arrived.clone()] };
    let Some(mut exported) = Exported::take_from(&mut message) else { return vec![arrived.clone()] };
    let Some(mut traits) = message["traits"].as_object().cloned() else { return vec![arrived.clone()] };
    let nothing = Profile::default();
    let profile = known.profile.unwrap_or(&nothing);
    let by_email = message.get("userId").is_none() && traits.contains_key("email");
    let tags = new_tags(traits.remove("tags"), profile.attributes.get("tags"), since);
    let is_key = |name: &str| by_email && name == "email";
    traits.retain(|name, value| is_key(name) || corrects(name, value, profile, since));
    if !tags.is_empty() {
        traits.insert("tags".to_owned(), tags.into());
    }
    let at = message["timestamp"].clone();
    exported.consent.retain(|scope, word| changes(scope, word, &at, &profile.consents, since));
    exported.group.take_if(|id| !names_other(id, profile, since));
    exported.suppressed.retain(|one| !known.address.is_some_and(|address| is_bound(one, address)));
    message["traits"] = traits.into();
    let all = exported.messages(message, known.profile.is_some());
    all.into_iter().map(|message| Arrived { json: message.to_string(), ..arrived.clone() }).collect()
}

/// Whether a company is another one than is known, and none was named since.
fn names_other(group: &str, known: &Profile, since: Instant) -> bool {
    known.group.as_deref() != Some(group) && known.group_at.is_none_or(|at| at <= since.0)
}

/// Whether a word about a scope is not what is known of it. A withdrawal of what is granted here is dated by the import:
/// the grant came after the date that the export gives.
fn changes(scope: &str, exported: &mut Json, at: &Json, known: &Consents, since: Instant) -> bool {
    let Ok(scope) = scope.parse::<Scope>() else { return false };
    // A consent that was told and has no effect, as after a bounce, is known all the same.
    if known.words().any(|(other, word)| *other == scope && exported["state"] == word.state.name()) {
        return false;
    }
    let effect = known.in_effect(&scope);
    let is_later = effect.because.is_some_and(|word| word.at > since);
    match (exported["state"].as_str(), effect.state) {
        (Some("granted" | "withdrawn"), State::Unknown) => true,
        (Some("withdrawn"), State::Granted) if !is_later => {
            exported["at"] = at.clone();
            true
        }
        _ => false,
    }
}

/// Whether an address is bound already as an export says.
fn is_bound(exported: &Json, address: &AddressBlocks) -> bool {
    address.all().any(|one| exported["scope"] == one.scope.to_string().as_str() && exported["kind"] == one.kind.name())
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
    use serde_json::json;

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
        let grouped = |at| Profile { group: Some("acme".into()), group_at: at, ..Profile::default() };
        for (known, exported, wanted) in [
            (Profile::default(), "acme", true),
            (grouped(Some(10)), "acme", false),
            (grouped(Some(10)), "other", true),
            (grouped(Some(11)), "other", false),
            (grouped(None), "other", true),
        ] {
            assert_eq!(names_other(exported, &known, Instant(10)), wanted, "{:?} and {exported}", known.group_at);
        }
        assert!(!corrects("a", &mut json!("new"), &held(json!("old")), Instant(9)), "it came after the export");
        assert!(corrects("b", &mut json!("new"), &held(json!("old")), Instant(9)));
    }
}
