//! Who may send messages: write keys, each with what it may send and how much.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use attractor_engine::time::Instant;
use attractor_intake::Rights;
use attractor_live::Lane;
use attractor_store::access::{self, AccessKey};
use attractor_store::{Connection, Error, KeyId};
use sha2::{Digest, Sha256};

use super::rate::Rate;

/// A write key that is good.
#[derive(Debug)]
pub struct Door {
    pub id: KeyId,
    pub name: String,
    pub rights: Rights,
    rate: Rate,
}

impl Door {
    fn of(key: &AccessKey) -> Option<Door> {
        let rights = match key.kind.as_str() {
            "public" => Rights::Public,
            "server" => Rights::Server,
            _ => return None,
        };
        let rate = Rate::new(key.rate.and_then(|rate| u32::try_from(rate).ok()));
        Some(Door { id: key.id, name: key.name.clone(), rights, rate })
    }

    /// Says for how many seconds messages have to wait, where too many have come. `usual` is the limit a minute of a public
    /// key that has none of its own; 0 is none.
    pub fn admit(&self, usual: u32, now: Instant) -> Result<(), u64> {
        self.rate.admit(self.usual(usual), now)
    }

    /// Lets messages through, or says for how many seconds they have to wait.
    pub fn pass(&self, messages: usize, usual: u32, now: Instant) -> Result<(), u64> {
        self.rate.pass(messages, self.usual(usual), now)
    }

    /// Server keys are in nobody else's hands: they have no limit but their own.
    fn usual(&self, usual: u32) -> u32 {
        if self.rights == Rights::Public { usual } else { 0 }
    }
}

/// All doors, by the SHA-256 of their key.
#[derive(Default)]
pub struct Doors {
    open: RwLock<BTreeMap<Vec<u8>, Arc<Door>>>,
}

impl Doors {
    /// Reads who may send.
    pub fn read(lane: &mut Lane) -> Result<Doors, Error> {
        let doors = Doors::default();
        doors.refresh(&lane.write(|connection: &mut Connection| access::keys(connection))?);
        Ok(doors)
    }

    /// What holds from now on, after a key was made or revoked. Keys that stay keep what they have used of their rate.
    pub fn refresh(&self, keys: &[AccessKey]) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let good = keys.iter().filter(|key| key.revoked_at.is_none());
        *open = good
            .filter_map(|key| {
                let door = open.get(&key.hash).cloned().or_else(|| Door::of(key).map(Arc::new))?;
                Some((key.hash.clone(), door))
            })
            .collect();
    }

    /// The door that this key opens.
    pub fn find(&self, key: &str) -> Option<Arc<Door>> {
        let hash = Sha256::digest(key.as_bytes());
        self.open.read().unwrap_or_else(PoisonError::into_inner).get(hash.as_slice()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: KeyId, kind: &str, text: &str) -> AccessKey {
        AccessKey {
            id,
            name: format!("key {id}"),
            kind: kind.into(),
            role: None,
            hash: Sha256::digest(text.as_bytes()).to_vec(),
            prefix: String::new(),
            made_at: 0,
            made_by: String::new(),
            revoked_at: None,
            used_on: None,
            rate: Some(1),
        }
    }

    #[test]
    fn a_key_opens_its_door_until_it_is_revoked() {
        let doors = Doors::default();
        let mut keys = [key(KeyId(1), "public", "p"), key(KeyId(2), "server", "s"), key(KeyId(3), "api", "a")];
        doors.refresh(&keys);
        assert_eq!(doors.find("p").unwrap().rights, Rights::Public);
        assert_eq!(doors.find("s").unwrap().rights, Rights::Server);
        assert!(doors.find("a").is_none() && doors.find("x").is_none());
        keys[0].revoked_at = Some(5);
        doors.refresh(&keys);
        assert!(doors.find("p").is_none());
    }

    #[test]
    fn the_usual_rate_is_for_public_keys_alone() {
        let doors = Doors::default();
        let mut keys = [key(KeyId(1), "public", "p"), key(KeyId(2), "server", "s"), key(KeyId(3), "server", "own")];
        (keys[0].rate, keys[1].rate) = (None, None);
        doors.refresh(&keys);
        let passes = |key: &str| (0..3).map(|_| doors.find(key).unwrap().pass(1, 2, Instant(0)).is_ok()).collect();
        let (public, server, own): (Vec<bool>, Vec<bool>, Vec<bool>) = (passes("p"), passes("s"), passes("own"));
        assert_eq!(public, [true, true, false]);
        assert_eq!(server, [true, true, true], "a server key has no limit but its own");
        assert_eq!(own, [true, false, false]);
    }

    #[test]
    fn a_refresh_forgets_no_rate() {
        let doors = Doors::default();
        let keys = [key(KeyId(1), "public", "p")];
        doors.refresh(&keys);
        doors.find("p").unwrap().pass(1, 0, Instant(0)).unwrap();
        doors.refresh(&keys);
        assert_eq!(doors.find("p").unwrap().pass(1, 0, Instant(0)), Err(60));
    }
}
