//! How often somebody may try to sign in. Counted in memory: a restart forgives.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// In milliseconds.
const WINDOW: i64 = 15 * 60_000;
/// Tries in a window: from one address for one account, from one address, for one account from anywhere.
const LIMITS: [u32; 3] = [8, 40, 200];
/// As many are counted at once; an attacker with more addresses than this is held by the last limit.
const MOST: usize = 50_000;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Pair(IpAddr, String),
    Address(IpAddr),
    Account(String),
}

#[derive(Default)]
pub struct Attempts {
    /// How many, and since when in milliseconds.
    counts: Mutex<BTreeMap<Whose, (u32, i64)>>,
}

impl Attempts {
    /// Counts a try, before it is known whether it is a good one. `Err`: in so many seconds at the earliest.
    pub fn admit(&self, address: IpAddr, email: &str, now: i64) -> Result<(), u64> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, (_, since)| now - *since < WINDOW);
        let mut wait = None;
        for (whose, limit) in keys(address, email).into_iter().zip(LIMITS) {
            if counts.len() >= MOST && !counts.contains_key(&whose) {
                continue;
            }
            let (count, since) = counts.entry(whose).or_insert((0, now));
            *count = count.saturating_add(1);
            if *count > limit {
                wait = wait.max(Some(*since + WINDOW - now));
            }
        }
        wait.map_or(Ok(()), |left| Err(left.max(1).unsigned_abs().div_ceil(1000)))
    }

    /// The try was a good one: what was counted against the account from this address is forgotten.
    pub fn succeeded(&self, address: IpAddr, email: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove(&Whose::Pair(network(address), email.to_owned()));
    }
}

fn keys(address: IpAddr, email: &str) -> [Whose; 3] {
    let network = network(address);
    [Whose::Pair(network, email.to_owned()), Whose::Address(network), Whose::Account(email.to_owned())]
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

    #[test]
    fn neighbours_in_ipv6_are_one() {
        let attempts = Attempts::default();
        let tried = (0..20).filter(|n| attempts.admit(format!("2001:db8::{n}").parse().unwrap(), "ada", 0).is_ok());
        assert_eq!(tried.count(), 8);
    }
}
