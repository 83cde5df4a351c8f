//! How often somebody may try to sign in. Counted in memory: a restart forgives.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::tally::{self, Tally, TallyKey, network};

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

/// What is counted. Tries of an account are counted anew after each pardon.
#[derive(Clone, Copy)]
enum Whose<'a> {
    Address(IpAddr),
    Account(&'a str, u64),
    Pair(IpAddr, &'a str, u64),
}

impl Whose<'_> {
    fn key(self) -> TallyKey {
        tally::key(&match self {
            Whose::Address(address) => format!("address {address}"),
            Whose::Account(email, pardons) => format!("account {pardons} {email}"),
            Whose::Pair(address, email, pardons) => format!("pair {address} {pardons} {email}"),
        })
    }

    fn limit(self) -> u32 {
        match self {
            Whose::Address(_) => PER_ADDRESS,
            Whose::Account(..) => PER_ACCOUNT,
            Whose::Pair(..) => PER_PAIR,
        }
    }
}

pub struct Attempts {
    tally: Mutex<Tally>,
    /// How often an owner has ended the lock of each account; only accounts of users are in it.
    pardons: Mutex<BTreeMap<String, u64>>,
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts { tally: Mutex::new(Tally::new(WINDOW, MOST)), pardons: Mutex::default() }
    }
}

impl Attempts {
    /// Counts an attempt to sign in, before it is known whether it is a good one. `Err`: in so many seconds at the
    /// earliest. An attempt that is refused by one limit is not counted against the next one, so that it keeps nothing.
    pub fn admit(&self, address: IpAddr, email: &str, now: i64) -> Result<(), u64> {
        let (network, pardons) = (network(address), self.pardons(email));
        let all = [Whose::Address(network), Whose::Pair(network, email, pardons), Whose::Account(email, pardons)];
        self.count(&all, now)
    }

    /// Counts an attempt that names no account.
    pub fn admit_address(&self, address: IpAddr, now: i64) -> Result<(), u64> {
        self.count(&[Whose::Address(network(address))], now)
    }

    /// The attempt was a good one: what was counted against the account from this address is forgotten.
    pub fn succeeded(&self, address: IpAddr, email: &str) {
        self.tally().remove(&Whose::Pair(network(address), email, self.pardons(email)).key());
    }

    /// Forgets what was counted against an account, from any address: an owner has seen to it.
    pub fn pardon(&self, email: &str) {
        let mut pardons = self.pardons.lock().unwrap_or_else(PoisonError::into_inner);
        *pardons.entry(email.to_owned()).or_default() += 1;
    }

    fn pardons(&self, email: &str) -> u64 {
        let pardons = self.pardons.lock().unwrap_or_else(PoisonError::into_inner);
        pardons.get(email).copied().unwrap_or_default()
    }

    fn count(&self, all: &[Whose], now: i64) -> Result<(), u64> {
        let mut tally = self.tally();
        tally.forget(now);
        all.iter().try_for_each(|whose| tally.count(whose.key(), whose.limit(), now))
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn entries(&self) -> usize {
        self.tally().entries()
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
    fn an_owner_ends_the_lock_of_an_account() {
        let attempts = Attempts::default();
        for email in ["ada", "bea"] {
            assert_eq!(admitted(&attempts, 9, ip(1), email), 8);
        }
        attempts.pardon("ada");
        assert_eq!(admitted(&attempts, 9, ip(1), "ada"), 8);
        assert_eq!(admitted(&attempts, 1, ip(1), "bea"), 0);
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
