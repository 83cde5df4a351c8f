//! Who may not be written to, as far as any of the files says it: read before everything else, so that no other file and
//! no later row can raise it again.

use std::collections::BTreeMap;

use crate::tally::hash;

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
pub struct OptOuts {
    against: BTreeMap<u128, Against>,
    /// Keys of one lead, each with another one nearer to the key that stands for all of them.
    same: BTreeMap<u128, u128>,
    /// A visitor, and somebody whom it turned out to be: several people may share a device.
    ties: Vec<(u128, u128)>,
    /// Visitors that turned out to be somebody, when everything is known, each with the first such person.
    tied: BTreeMap<u128, u128>,
}

impl OptOuts {
    pub fn add(&mut self, keys: &[String], against: Against) {
        for key in keys {
            raise(&mut self.against, hash(key), against);
        }
    }

    /// The keys are all of one lead: what stands against one of them stands against every other.
    pub fn link(&mut self, keys: &[String]) {
        let Some((first, others)) = keys.split_first() else { return };
        for other in others {
            let (one, another) = (self.lead(hash(first)), self.lead(hash(other)));
            if one != another {
                self.same.insert(one.max(another), one.min(another));
            }
        }
    }

    /// What stands against the visitor stands against this person too, but not the other way round.
    pub fn tie(&mut self, visitor: &str, person: &str) {
        self.ties.push((hash(visitor), hash(person)));
    }

    /// To be called when everything is known, before anything is asked.
    pub fn settle(&mut self) {
        for (visitor, person) in std::mem::take(&mut self.ties) {
            if let Some(against) = self.against.get(&self.lead(visitor)).copied() {
                raise(&mut self.against, person, against);
            }
            self.tied.entry(visitor).or_insert(person);
        }
        for (key, against) in std::mem::take(&mut self.against) {
            let lead = self.lead(key);
            raise(&mut self.against, lead, against);
        }
    }

    /// The gravest that is known under any of the keys.
    pub fn of(&self, keys: &[String]) -> Option<Against> {
        keys.iter().filter_map(|key| self.against.get(&self.lead(hash(key)))).max().copied()
    }

    /// Whether a visitor turned out to be somebody.
    pub fn is_tied(&self, visitor: u128) -> bool {
        self.tied.contains_key(&visitor)
    }

    /// The key that stands for all keys of a lead, and of the visitor that it was.
    pub fn person(&self, key: u128) -> u128 {
        self.lead(self.tied.get(&key).copied().unwrap_or(key))
    }

    /// The key that stands for all keys of a lead.
    pub fn lead(&self, mut key: u128) -> u128 {
        while let Some(nearer) = self.same.get(&key) {
            key = *nearer;
        }
        key
    }
}

fn raise(known: &mut BTreeMap<u128, Against>, key: u128, against: Against) {
    let known = known.entry(key).or_insert(against);
    *known = (*known).max(against);
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

    #[test]
    fn what_stands_against_one_key_stands_against_the_lead() {
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut optouts = OptOuts::default();
        optouts.add(&keys(&["email:a"]), Against::Out);
        optouts.link(&keys(&["email:c", "user:1"]));
        optouts.link(&keys(&["user:1", "crm:1", "email:a"]));
        optouts.link(&keys(&["user:2", "email:b"]));
        optouts.settle();
        for key in ["email:a", "email:c", "user:1", "crm:1"] {
            assert_eq!(optouts.of(&keys(&[key])), Some(Against::Out), "{key}");
        }
        assert_eq!(optouts.of(&keys(&["user:2", "email:b"])), None);
    }

    #[test]
    fn a_shared_device_tells_nothing_of_the_others() {
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut optouts = OptOuts::default();
        optouts.add(&keys(&["user:1", "mine"]), Against::Out);
        for (visitor, person) in [("kiosk", "user:1"), ("kiosk", "user:2"), ("mine", "user:3")] {
            optouts.tie(visitor, person);
        }
        optouts.settle();
        assert_eq!(optouts.of(&keys(&["user:2"])), None);
        assert_eq!(optouts.of(&keys(&["user:3"])), Some(Against::Out));
    }
}
