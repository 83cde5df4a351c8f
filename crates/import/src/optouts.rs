//! Who may not be written to, as far as any of the files says it: read before everything else, so that no other file and
//! no later row can raise it again.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// How much stands against a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// Something doubtful: no consent is granted.
    Doubt,
    /// It left, bounced or complained: nothing in these files raises it.
    Out,
}

/// By hashes of the leads' keys, so that a long list of opt-outs fits into memory.
#[derive(Debug, Default)]
pub struct OptOuts(BTreeMap<u128, Against>);

impl OptOuts {
    pub fn add(&mut self, keys: &[String], against: Against) {
        for key in keys {
            let known = self.0.entry(hash(key)).or_insert(against);
            *known = (*known).max(against);
        }
    }

    /// The gravest that is known under any of the keys.
    pub fn of(&self, keys: &[String]) -> Option<Against> {
        keys.iter().filter_map(|key| self.0.get(&hash(key))).max().copied()
    }
}

fn hash(key: &str) -> u128 {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().take(16).fold(0, |hash, byte| hash << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_counts() {
        let mut optouts = OptOuts::default();
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        optouts.add(&keys(&["email:a", "user:1"]), Against::Out);
        optouts.add(&keys(&["email:a", "email:b"]), Against::Doubt);
        assert_eq!(optouts.of(&keys(&["email:a"])), Some(Against::Out));
        assert_eq!(optouts.of(&keys(&["email:b"])), Some(Against::Doubt));
        assert_eq!(optouts.of(&keys(&["email:b", "user:1"])), Some(Against::Out));
        assert_eq!(optouts.of(&keys(&["email:c"])), None);
    }
}
