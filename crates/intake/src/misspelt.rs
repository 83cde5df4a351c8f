//! Members of a message that nobody reads and that are nearly one that is read. Clients send members of their own, which are
//! left out without a word; of one that is probably misspelt, the sender hears.

use attractor_engine::playbook::nearest_name;

use crate::members::Members;

/// The members that are read.
const READ: [&str; 13] = [
    "type",
    "messageId",
    "timestamp",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "event",
    "name",
    "category",
    "traits",
    "properties",
    "context",
];

/// What clients send beside them.
const OF_CLIENTS: [&str; 12] = [
    "sentAt",
    "originalTimestamp",
    "receivedAt",
    "writeKey",
    "integrations",
    "_metadata",
    "channel",
    "version",
    "projectId",
    "library",
    "options",
    "ip",
];

/// What is probably misspelt in a message, for its sender.
pub fn misspelt(members: &Members) -> Option<String> {
    let is_strange = |name: &str| !READ.contains(&name) && !OF_CLIENTS.contains(&name);
    let strange = members.0.iter().map(|(name, _)| &**name).filter(|name| is_strange(name));
    let meant = strange.filter_map(|name| Some((name, nearest_name(name, READ).filter(|meant| !members.has(meant))?)));
    let said: Vec<String> =
        meant.map(|(name, meant)| format!("`{name}` is not read; did you mean `{meant}`?")).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_nearly_one_that_is_read_is_named() {
        for (json, meant) in [
            (r#"{"userId": "a", "event": "E", "propertis": {}}"#, Some(("propertis", "properties"))),
            (r#"{"user_id": "a", "event": "E"}"#, Some(("user_id", "userId"))),
            (r#"{"userID": "a"}"#, Some(("userID", "userId"))),
            (r#"{"userId": "a", "trait": {}}"#, Some(("trait", "traits"))),
            (r#"{"userId": "a", "timestmp": "2024"}"#, Some(("timestmp", "timestamp"))),
            // The right one is there as well.
            (r#"{"userId": "a", "user_id": "a"}"#, None),
            (r#"{"userId": "a", "sentAt": "2024", "integrations": {}, "_metadata": {}, "channel": "x"}"#, None),
            (r#"{"userId": "a", "rudderId": "x", "request_ip": "1", "shop": 5}"#, None),
        ] {
            let said = misspelt(&Members::of(json).unwrap());
            let expected = meant.map(|(name, meant)| format!("`{name}` is not read; did you mean `{meant}`?"));
            assert_eq!(said, expected, "{json}");
        }
    }
}
