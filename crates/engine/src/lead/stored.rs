//! A lead's state as bytes. A cache: what another format or another program wrote is not read but rebuilt.

use super::Lead;
use crate::program::Program;

/// Grows with every change of what is stored: a state has no names of its fields, so an older one might be read as another.
const FORMAT: u8 = 4;

/// The format before this one ended before the last field, a list that was empty then. It is read as well, so that no lead is
/// rebuilt for it.
const WITHOUT_FORMER: u8 = 3;
const EMPTY_LIST: &[u8] = &[0];

impl Lead {
    /// The state under a program, for `load`.
    pub fn store(&self, program: &Program) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(program.hash().to_be_bytes());
        // Writing into memory cannot fail; were it to, an empty text says "rebuild".
        postcard::to_extend(self, bytes).unwrap_or_default()
    }

    /// The state that `store` gave under the same program; `None` means that it must be rebuilt from the lead's events.
    pub fn load(bytes: &[u8], program: &Program) -> Option<Lead> {
        let (format, rest) = bytes.split_first()?;
        let (hash, state) = rest.split_first_chunk::<8>()?;
        if u64::from_be_bytes(*hash) != program.hash() {
            return None;
        }
        match *format {
            FORMAT => postcard::from_bytes(state).ok(),
            WITHOUT_FORMER => postcard::from_bytes(&[state, EMPTY_LIST].concat()).ok(),
            _ => None,
        }
    }

    /// Whether bytes that say they are a state under this program cannot be read: they were damaged.
    pub fn is_damaged(bytes: &[u8], program: &Program) -> bool {
        let Some((format, rest)) = bytes.split_first() else { return false };
        let Some((hash, _)) = rest.split_first_chunk::<8>() else { return true };
        let is_known = matches!(*format, FORMAT | WITHOUT_FORMER);
        is_known && u64::from_be_bytes(*hash) == program.hash() && Lead::load(bytes, program).is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, from_value, json, to_value};
    use sha2::{Digest, Sha256};

    use super::*;

    /// The format, and the SHA-256 of the bytes of `whole` in it.
    const LAYOUT: (u8, &str) = (4, "85aef3130434bc441bed9b430dbd86334e1f492252dff80b88fbde3bce93c6ca");

    /// A lead with everything set that can be, in every way: what is added anywhere in it is missed here or moves its bytes.
    fn whole() -> Json {
        json!({
            "name": "ada", "at": 900, "first": 100, "taken": [800, 2], "history_until": 50,
            "counters": [
                [0, {"Total": 3}],
                [1, {"Times": [101, 102]}],
                [2, {"Values": [[7, 103]]}],
                [3, {"Ripening": [[104, 8]]}],
                [4, {"Sum": {"settled": [1.5, 2], "moving": [[105, 0.25]]}}],
                [5, {"One": {"at": 106, "matches": true, "amount": 2.5}}],
            ],
            "clocks": [[0, 107]],
            "attributes": [
                [0, {"Bool": true}],
                [1, {"Number": 4.5}],
                [2, {"Text": "DE"}],
                [3, {"List": [{"Number": 1.0}, "Opaque"]}],
            ],
            "copies": [[0, [{
                "send": 9, "delivered": 108, "opened": true, "clicked": false, "bounced": false, "proxied": true,
                "measured": false,
            }]]],
            "deals": [[10, "Open"], [11, "Won"], [12, "Lost"]],
            "consent": {
                "words": [[0, "unknown", 1], [1, "granted", 2], [2, "withdrawn", 3]],
                "told": [3], "bounced": true, "declined": false, "count": 4,
            },
            "counted": [[0, [109, 110]]],
            "earned": [
                [0, "Nothing"],
                [1, {"Stay": 5.5}],
                [2, {"Fade": {"value": 6.5, "at": 111}}],
                [3, {"Dated": [[112, 7.5]]}],
            ],
            "holding": [[1, null]],
            "strengths": [[1, {"value": 8.5, "at": 113}]],
            "primary": 1,
            "ladders": [[1, {"stage": 2, "since": 114, "set": true}]],
            "segments": [[0, {"since": 115, "hand": "Pinned"}], [1, {"since": null, "hand": "Banned"}]],
            "sequences": [[1, {
                "held": true, "last_began": 116,
                "enrollment": {
                    "began": 117, "by_hand": false, "step": 3, "since": 118, "sending": true, "taken": 4, "done": [1, 2],
                },
            }]],
            "wakes": [[5, 119]],
            "former": [
                {"sequence": "gone", "last_began": 120, "stopped": null},
                {"sequence": "stopped", "last_began": 121, "stopped": {"at": 122, "done": ["a", "b"]}},
            ],
        })
    }

    #[test]
    fn what_is_stored_changes_with_the_format_alone() {
        let lead: Lead = from_value(whole()).expect("`whole` names every field; raise `FORMAT` with a new one");
        assert_eq!(to_value(&lead).unwrap(), whole(), "`whole` names every field; raise `FORMAT` with a new one");
        let bytes = postcard::to_extend(&lead, Vec::new()).unwrap();
        let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            (FORMAT, digits.as_str()),
            LAYOUT,
            "raise `FORMAT`, and `LAYOUT` with it, when what is stored changes"
        );
    }
}
