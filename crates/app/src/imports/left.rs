//! People of a list who left a subscription or topic here, and not everything. No import lifts that, so the preview and the
//! report say how many they are.

use std::collections::BTreeSet;
use std::io::{self, BufRead};

use attractor_engine::address::canonical;
use attractor_engine::consent::Scope;
use attractor_import::Assertion;
use attractor_live::suppression::{AddressBlocks, of_addresses};
use attractor_store::{Connection, Error};
use serde_json::Value;

/// The addresses of the people whom messages name, one message a line, in canonical form.
pub fn addresses(messages: impl BufRead) -> io::Result<BTreeSet<String>> {
    let mut addresses = BTreeSet::new();
    for line in messages.lines() {
        let line = line?;
        if line.contains("\"email\"") {
            let message: Value = serde_json::from_str(Assertion::of_line(&line).1).unwrap_or_default();
            addresses.extend(message["traits"]["email"].as_str().and_then(canonical));
        }
    }
    Ok(addresses)
}

/// How many of these addresses, in canonical form, left a part.
pub fn of_parts(connection: &mut Connection, addresses: &BTreeSet<String>) -> Result<u64, Error> {
    Ok(of_addresses(connection, addresses)?.values().filter(|blocks| is_of_part(blocks)).count() as u64)
}

/// Whether an address is blocked for everything.
pub fn is_of_all(blocks: &AddressBlocks) -> bool {
    blocks.in_scope(&Scope::All).next().is_some()
}

/// Whether an address is blocked for a subscription or topic, and not for everything.
pub fn is_of_part(blocks: &AddressBlocks) -> bool {
    !is_of_all(blocks) && blocks.all().any(|one| one.scope != Scope::Tracking)
}

/// For people; `None` where nobody left.
pub fn note(people: u64) -> Option<String> {
    match people {
        0 => None,
        1 => Some("1 of these people has left a subscription or topic here, which stays so".to_owned()),
        more => Some(format!("{more} of these people have left a subscription or topic here, which stays so")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_people_whom_messages_name() {
        let lines = concat!(
            r#"={"type": "identify", "traits": {"email": "Ada@X.org"}}"#,
            "\n",
            r#"~12 {"type": "identify", "userId": "u", "traits": {"email": "bob@x.org"}}"#,
            "\n",
            r#"{"type": "track", "event": "Unsubscribed", "properties": {"email": "other@x.org"}}"#,
            "\nnothing with \"email\"\n",
        );
        let found: Vec<String> = addresses(lines.as_bytes()).unwrap().into_iter().collect();
        assert_eq!(found, ["ada@x.org", "bob@x.org"]);
    }

    #[test]
    fn a_sentence_says_how_many_stay_out_of_a_part() {
        assert_eq!(note(0), None);
        assert!(note(1).unwrap().starts_with("1 of these people has left "));
        assert!(note(2).unwrap().starts_with("2 of these people have left "));
    }
}
