//! A lead's state as bytes. A cache: what another format or another program wrote is not read but rebuilt.

use super::Lead;
use crate::program::Program;

/// Grows with every change of what is stored: a state has no names of its fields, so an older one might be read as another.
///
/// Whoever raises it decides about each older format that `load` reads. To go on reading one, the new field must be the last of
/// `Lead`, and what stands for its empty value is appended to each older state; to one without former tracks behind `EMPTY_LIST`.
/// A format that is read no more is taken out of `load` and of `is_damaged`: its states are rebuilt from their leads' events, and
/// nothing is said of it. One that `is_damaged` knows and `load` cannot read would be reported as damage of healthy leads.
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
    use jiff::tz::TimeZoneDatabase;
    use serde_json::{Value as Json, from_value, json, to_value};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::lead::Track;
    use crate::playbook::read;
    use crate::time::Instant;

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

    /// `small` as each format had it, by hand and without the head: stores may have such states still. A new format gets a
    /// row, and no row is ever changed.
    const SMALL: [(u8, &[u8]); 2] = [
        (
            3,
            &[
                3, b'a', b'd', b'a', // the name
                0x88, 0x0e, // at 900
                1, 0xc8, 0x01, // the first at 100
                0xc0, 0x0c, 2, // 2 taken at 800
                0, 0, // no history, no counters
                1, 0, 0xd6, 0x01, // one clock, 0 at 107
                0, 0, 0, 0, 0, 0, 0, 0, // nothing from the attributes to the strengths
                0, 0, 0, // no primary interest, no ladders, no segments
                1, 1, 1, 1, 0xe8, 0x01, 0, // one sequence, 1, held and begun at 116
                1, 5, 0xee, 0x01, // one wake, 5 at 119
            ],
        ),
        (
            4,
            &[
                3, b'a', b'd', b'a', 0x88, 0x0e, 1, 0xc8, 0x01, 0xc0, 0x0c, 2, 0, 0, 1, 0, 0xd6, 0x01, 0, 0, 0, 0, 0,
                0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0xe8, 0x01, 0, 1, 5, 0xee, 0x01, 0, // at the end no former tracks
            ],
        ),
    ];

    fn small() -> Lead {
        let mut lead =
            Lead { at: Instant(900), first: Some(Instant(100)), taken: (Instant(800), 2), ..Lead::new("ada") };
        lead.clocks.insert(0, Instant(107));
        lead.sequences.insert(1, Track { held: true, last_began: Some(Instant(116)), enrollment: None });
        lead.wakes.insert(5, Instant(119));
        lead
    }

    #[test]
    fn a_state_of_an_older_format_is_read_as_it_was_or_rebuilt_and_never_called_damaged() {
        let program = Program::new(read("playbook: p").playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
        let formats: Vec<u8> = SMALL.iter().map(|(format, _)| *format).collect();
        assert_eq!(formats, (3..=FORMAT).collect::<Vec<u8>>(), "add a row to `SMALL` for the new format");
        for (format, state) in SMALL {
            let bytes = [&[format][..], &program.hash().to_be_bytes()[..], state].concat();
            assert!(
                !Lead::is_damaged(&bytes, &program),
                "`is_damaged` knows format {format}, which `load` cannot read"
            );
            let loaded = Lead::load(&bytes, &program);
            assert!(loaded.as_ref().is_none_or(|loaded| *loaded == small()), "format {format} is read as {loaded:?}");
            if format == FORMAT {
                assert_eq!(small().store(&program), bytes, "the row of format {format} has what is stored now");
                assert!(Lead::is_damaged(&bytes[..bytes.len() - 1], &program), "it ends too early");
            }
        }
    }
}
