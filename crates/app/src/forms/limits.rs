//! How much strangers may send: by forms, for one address and from one network; and how much one network may ask of the
//! pages behind links.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::tally::{Tally, key, network};

/// Milliseconds.
const WINDOW: i64 = 10 * 60_000;
/// Forms in a window from one network. A company or a fair stand behind one address sends fewer.
const PER_NETWORK: u32 = 100;
/// Forms in a window with one address.
const PER_ADDRESS: u32 = 10;
/// Milliseconds.
const MINUTE: i64 = 60_000;
/// As many are counted at once.
const MOST: usize = 50_000;

/// Counts submitted forms.
pub struct FormLimits(Mutex<Tally>);

impl Default for FormLimits {
    fn default() -> FormLimits {
        FormLimits(Mutex::new(Tally::new(WINDOW, MOST)))
    }
}

impl FormLimits {
    /// Counts a form from a network address. `Err`: the seconds to wait.
    pub fn admit(&self, address: IpAddr, now: i64) -> Result<(), u64> {
        self.count(&format!("network {}", network(address)), PER_NETWORK, now)
    }

    /// Counts a form with an e-mail address in canonical form: whether it is to be taken. Nobody hears that it is not.
    pub fn takes(&self, email: &str, now: i64) -> bool {
        self.count(&format!("email {email}"), PER_ADDRESS, now).is_ok()
    }

    fn count(&self, whose: &str, limit: u32, now: i64) -> Result<(), u64> {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.forget(now);
        tally.count(key(whose), limit, now)
    }
}

/// Counts requests for the pages behind links.
pub struct NetworkLimits(Mutex<Tally>);

impl Default for NetworkLimits {
    fn default() -> NetworkLimits {
        NetworkLimits(Mutex::new(Tally::new(MINUTE, MOST)))
    }
}

impl NetworkLimits {
    /// Counts a request from a network address; `limit` is how many a minute pass, 0 for all. The machine's own address has
    /// no limit: behind a proxy that is not trusted, everybody has it. `Err`: the seconds to wait.
    pub fn admit(&self, address: IpAddr, limit: u32, now: i64) -> Result<(), u64> {
        if limit == 0 || address.is_loopback() {
            return Ok(());
        }
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tally.forget(now);
        tally.count(key(&network(address).to_string()), limit, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn a_network_and_an_address_have_limits_of_their_own() {
        let limits = FormLimits::default();
        assert_eq!((0..200).filter(|_| limits.admit(ip(1), 0).is_ok()).count(), 100);
        assert_eq!(limits.admit(ip(1), 1_000), Err(599));
        assert_eq!(limits.admit(ip(2), 1_000), Ok(()));
        assert_eq!((0..20).filter(|_| limits.takes("ada@x.example", 2_000)).count(), 10);
        assert!(limits.takes("bob@x.example", 2_000) && limits.takes("ada@x.example", WINDOW + 2_000));
    }

    #[test]
    fn pages_have_a_limit_that_can_be_switched_off() {
        let limits = NetworkLimits::default();
        let passed = |address: IpAddr, limit| (0..10).filter(|_| limits.admit(address, limit, 0).is_ok()).count();
        assert_eq!(passed(ip(1), 4), 4);
        assert_eq!((passed(ip(2), 0), passed([127, 0, 0, 1].into(), 4)), (10, 10));
        let six = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
        assert_eq!((0..10).filter(|n| limits.admit(six(*n), 4, 0).is_ok()).count(), 4, "one /64 is one network");
    }
}
