//! How often somebody may try to sign in. Counted in memory: a restart forgives.
//!
//! Strangers decide what is counted here, so nothing that they send is kept: a hash of 16 bytes stands for each address
//! and account, and the table has a fixed number of places.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

/// In milliseconds.
const WINDOW: i64 = 15 * 60_000;
/// Tries in a window from one address.
const PER_ADDRESS: u32 = 40;
/// Tries in a window for one account from anywhere.
const PER_ACCOUNT: u32 = 200;
/// Tries in a window from one address for one account.
const PER_PAIR: u32 = 8;
/// As many are counted at once. Beyond that, the oldest are forgotten: to make room costs an attacker as many tries,
/// from more than a thousand addresses, within one window.
const MOST: usize = 50_000;

/// What is counted.
#[derive(Clone, Copy)]
enum Whose<'a> {
    Address(IpAddr),
    Account(&'a str),
    Pair(IpAddr, &'a str),
}

type Key = [u8; 16];

impl Whose<'_> {
    fn key(self) -> Key {
        let mut hash = Sha256::new();
        match self {
            Whose::Address(address) => hash.update(format!("address {address}")),
            Whose::Account(email) => hash.update(format!("account {email}")),
            Whose::Pair(address, email) => hash.update(format!("pair {address} {email}")),
        }
        let mut key = Key::default();
        key.copy_from_slice(&hash.finalize()[..16]);
        key
    }

    fn limit(self) -> u32 {
        match self {
            Whose::Address(_) => PER_ADDRESS,
            Whose::Account(_) => PER_ACCOUNT,
            Whose::Pair(..) => PER_PAIR,
        }
    }
}

#[derive(Default)]
pub struct Attempts {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// How many, and since when in milliseconds.
    counts: BTreeMap<Key, (u32, i64)>,
    /// The same keys, the oldest first, each with the instant at which it was counted first.
    ages: VecDeque<(Key, i64)>,
}

impl Attempts {
    /// Counts an attempt to sign in, before it is known whether it is a good one. `Err`: in so many seconds at the
    /// earliest. An attempt that is refused by one limit is not counted against the next one, so that it keeps nothing.
    pub fn admit(&self, address: IpAddr, email: &str, now: i64) -> Result<(), u64> {
        let network = network(address);
        self.count(&[Whose::Address(network), Whose::Pair(network, email), Whose::Account(email)], now)
    }

    /// Counts an attempt that names no account.
    pub fn admit_address(&self, address: IpAddr, now: i64) -> Result<(), u64> {
        self.count(&[Whose::Address(network(address))], now)
    }

    /// The attempt was a good one: what was counted against the account from this address is forgotten.
    pub fn succeeded(&self, address: IpAddr, email: &str) {
        self.table().counts.remove(&Whose::Pair(network(address), email).key());
    }

    fn count(&self, all: &[Whose], now: i64) -> Result<(), u64> {
        let mut table = self.table();
        table.forget(now);
        all.iter().try_for_each(|whose| table.count(*whose, now))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn entries(&self) -> usize {
        let table = self.table();
        table.counts.len().max(table.ages.len())
    }
}

impl Table {
    /// Drops what is older than the window, and the oldest where all places are taken.
    fn forget(&mut self, now: i64) {
        while let Some((key, since)) = self.ages.front().copied() {
            if now - since < WINDOW && self.ages.len() < MOST {
                return;
            }
            self.ages.pop_front();
            // It may have been counted anew since.
            if self.counts.get(&key).is_some_and(|(_, begun)| *begun == since) {
                self.counts.remove(&key);
            }
        }
    }

    fn count(&mut self, whose: Whose, now: i64) -> Result<(), u64> {
        let key = whose.key();
        let ages = &mut self.ages;
        let (count, since) = self.counts.entry(key).or_insert_with(|| {
            ages.push_back((key, now));
            (0, now)
        });
        if *count >= whose.limit() {
            return Err((*since + WINDOW - now).max(1).unsigned_abs().div_ceil(1000));
        }
        *count += 1;
        Ok(())
    }
}

/// Of IPv6 whoever has one address has the whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn admitted(attempts: &Attempts, tries: u32, address: IpAddr, email: &str) -> usize {
        (0..tries).filter(|_| attempts.admit(address, email, 0).is_ok()).count()
    }

    #[test]
    fn an_account_is_tried_a_few_times_from_one_address() {
        let attempts = Attempts::default();
        assert_eq!(admitted(&attempts, 20, ip(1), "ada"), 8);
        assert_eq!(attempts.admit(ip(1), "ada", 60_500), Err(840), "the seconds left of the window");
        assert_eq!(attempts.admit(ip(2), "ada", 0), Ok(()), "its owner elsewhere gets in");
        assert_eq!(attempts.admit(ip(1), "ada", WINDOW), Ok(()));
    }

    #[test]
    fn one_address_may_not_go_through_all_accounts_nor_all_addresses_through_one() {
        let attempts = Attempts::default();
        let accounts = (0..100).filter(|n| attempts.admit(ip(1), &format!("user {n}"), 0).is_ok()).count();
        assert_eq!(accounts, 40);
        let addresses = (0..=255).filter(|n| attempts.admit([198, 51, 100, *n].into(), "ada", 0).is_ok()).count();
        assert_eq!(addresses, 200);
    }

    #[test]
    fn a_good_one_starts_anew() {
        let attempts = Attempts::default();
        assert_eq!(admitted(&attempts, 8, ip(1), "ada"), 8);
        attempts.succeeded(ip(1), "ada");
        assert_eq!(attempts.admit(ip(1), "ada", 0), Ok(()));
    }

    /// Each attempt was kept with its address, refused ones too.
    #[test]
    fn attempts_that_are_refused_and_long_addresses_take_no_memory() {
        let attempts = Attempts::default();
        for number in 0..10_000 {
            let _ = attempts.admit(ip(1), &format!("{number}{}", "x".repeat(1_000)), 0);
        }
        assert_eq!(attempts.entries(), 1 + 2 * PER_ADDRESS as usize, "the address, and 40 accounts, alone and with it");
    }

    #[test]
    fn the_table_is_bounded_and_the_latest_stay_counted() {
        let attempts = Attempts::default();
        for number in 0..2 * MOST as u32 {
            let _ = attempts.admit(std::net::Ipv4Addr::from_bits(number).into(), &format!("user {number}"), 0);
            assert!(attempts.entries() <= MOST + 3);
        }
        assert_eq!(admitted(&attempts, 20, ip(1), "ada"), 8, "a full table counts on");
        assert!(attempts.admit(ip(1), "ada", 0).is_err());
        attempts.admit(ip(2), "bob", WINDOW).unwrap();
        assert_eq!(attempts.entries(), 3, "all others are too old");
    }

    #[test]
    fn setting_up_counts_against_the_address() {
        let attempts = Attempts::default();
        assert_eq!((0..100).filter(|_| attempts.admit_address(ip(1), 0).is_ok()).count(), 40);
        assert!(attempts.admit(ip(1), "ada", 0).is_err());
        assert!(attempts.admit(ip(2), "ada", 0).is_ok());
    }

    #[test]
    fn neighbours_in_ipv6_are_one() {
        let attempts = Attempts::default();
        let tried = (0..20).filter(|n| attempts.admit(format!("2001:db8::{n}").parse().unwrap(), "ada", 0).is_ok());
        assert_eq!(tried.count(), 8);
    }
}
