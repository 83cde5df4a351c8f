//! A lead's state as bytes. A cache: what another format or another program wrote is not read but rebuilt.

use super::Lead;
use crate::program::Program;

/// Grows with every change of what is stored.
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
