//! A lead's state as bytes. A cache: what another format or another program wrote is not read but rebuilt.

use super::Lead;
use crate::program::Program;

/// Grows with every change of what is stored: a state has no names of its fields, so an older one might be read as another.
const FORMAT: u8 = 3;

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
        let known = *format == FORMAT && u64::from_be_bytes(*hash) == program.hash();
        known.then(|| postcard::from_bytes(state).ok()).flatten()
    }

    /// Whether bytes that say they are a state under this program cannot be read: they were damaged.
    pub fn is_damaged(bytes: &[u8], program: &Program) -> bool {
        let Some((format, rest)) = bytes.split_first() else { return false };
        let Some((hash, _)) = rest.split_first_chunk::<8>() else { return true };
        *format == FORMAT && u64::from_be_bytes(*hash) == program.hash() && Lead::load(bytes, program).is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::{Value, to_value};

    use super::*;
    use crate::lead::tally::{Sum, Tally};
    use crate::lead::{Enrollment, Membership, Standing, Track};
    use crate::time::Instant;

    /// The names of the fields, as they are stored.
    fn fields(value: impl Serialize) -> String {
        let value = to_value(value).unwrap();
        let fields = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>().join(" ");
        value.as_object().map(fields).unwrap_or_else(|| value.to_string())
    }

    #[test]
    fn what_is_stored_changes_with_the_format_alone() {
        let enrollment = Enrollment {
            began: Instant(0),
            by_hand: false,
            step: 0,
            since: Instant(0),
            sending: false,
            taken: 0,
            done: Vec::new(),
        };
        let layout = [
            fields(Lead::new("ada")),
            fields(Standing { stage: 0, since: Instant(0), set: false }),
            fields(Membership::default()),
            fields(Track::default()),
            fields(enrollment),
            fields(Tally::Sum(Sum::default())),
        ];
        let expected = [
            "name at first taken history_until counters clocks attributes copies deals consent counted earned holding \
                strengths primary ladders segments sequences wakes",
            "stage since set",
            "since hand",
            "held last_began enrollment",
            "began by_hand step since sending taken done",
            "Sum",
        ];
        assert_eq!((FORMAT, layout), (3, expected.map(str::to_owned)), "raise `FORMAT` when what is stored changes");
    }
}
