//! Ids that name nobody, such as the `undefined` of a broken site, counted for operators and named to senders (contract §2,
//! Who 20).

use attractor_engine::address::is_placeholder;

use crate::members::{Members, id_of};

/// How many keys of a message are placeholders, whether or not the message is valid; 0 where the text is not a JSON
/// object.
///
/// ```
/// use attractor_intake::placeholders;
///
/// assert_eq!(placeholders(r#"{"type": "page", "userId": "undefined", "anonymousId": "a-1"}"#), 1);
/// ```
pub fn placeholders(json: &str) -> usize {
    Members::of(json).map_or(0, |message| count(&message))
}

/// The same of a message that was read.
pub(crate) fn count(message: &Members) -> usize {
    let ids = ["userId", "anonymousId", "previousId", "groupId"].into_iter().filter_map(|name| message.get(name));
    let traits = message.object("traits").filter(|_| message.get("type") == Some("\"identify\""));
    let email = traits.as_ref().and_then(|traits| traits.get("email"));
    ids.chain(email).filter_map(id_of).filter(|id| is_placeholder(id)).count()
}

/// So the engine says that a message has no id of a person.
const NOBODY: &str = "names nobody";

/// Why a message is not valid, with the placeholder that it has where an id of a person should be.
pub(crate) fn explained(reason: String, message: &Members) -> String {
    let Some(rest) = reason.strip_prefix(NOBODY) else { return reason };
    let mut ids = ["userId", "anonymousId"].into_iter().filter_map(|name| Some((name, id_of(message.get(name)?)?)));
    match ids.find(|(_, id)| is_placeholder(id)) {
        Some((name, id)) => format!("{NOBODY}: “{}” at `{name}` is a placeholder{rest}", id.trim()),
        None => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_names_nobody_is_counted() {
        for (json, count) in [
            (r#"{"userId": "u", "anonymousId": "a"}"#, 0),
            (r#"{"userId": "NULL", "anonymousId": 0, "previousId": -0.0, "groupId": " n/a "}"#, 4),
            (r#"{"userId": null, "anonymousId": true, "messageId": "none"}"#, 0),
            (r#"{"type": "identify", "userId": "u", "traits": {"email": "none"}}"#, 1),
            (r#"{"type": "group", "userId": "u", "traits": {"email": "none"}}"#, 0),
            (r#"{"type": "track", "properties": {"userId": "none"}}"#, 0),
            ("[]", 0),
            ("", 0),
        ] {
            assert_eq!(placeholders(json), count, "{json}");
        }
    }
}
