//! Who e-mails come from, and where their links lead; and whom a sender that exists for tests reaches.

mod by_settings;

use attractor_mail::links::host;
use attractor_mail::message::{Mailbox, Provider};

/// The sender of all e-mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub from: Mailbox,
    pub postal_address: String,
    /// Without a slash at its end.
    pub public_url: String,
    /// Where the return addresses of copies are.
    pub bounce_domain: Option<String>,
    /// Whether mail to `bounce_domain` comes to this server: then people may reply to it.
    pub takes_mail: bool,
    /// The providers whose webhooks report here.
    pub providers: Vec<Provider>,
}

impl Sender {
    /// Whether its mails stay among machines of one's own: its domain and its links are reserved for trying things out.
    pub fn is_for_trying_out(&self) -> bool {
        is_reserved(self.from.domain()) && is_reserved(&host(&self.public_url))
    }
}

/// The names under which nobody gets mail: reserved for tests and documents (RFC 2606, RFC 6761).
const NOBODYS: [&str; 7] = ["test", "example", "invalid", "localhost", "example.com", "example.net", "example.org"];

/// Whose e-mails of class marketing and answer wait for the sender domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainWait {
    Nobody,
    /// The sender exists for tests: its e-mails may leave to addresses that exist for tests too.
    RealRecipients,
    Everybody,
}

impl DomainWait {
    /// Of a sender whose domain is not verified, where e-mails leave this machine.
    pub fn of_unverified(sender: &Sender) -> DomainWait {
        if sender.is_for_trying_out() { DomainWait::RealRecipients } else { DomainWait::Everybody }
    }

    /// Whether e-mails to this address wait.
    pub fn holds(self, address: Option<&str>) -> bool {
        match self {
            DomainWait::Nobody => false,
            DomainWait::RealRecipients => !address.is_some_and(reaches_nobody),
            DomainWait::Everybody => true,
        }
    }
}

/// Whether the domain of an address is reserved, so that no mail to it reaches anybody.
fn reaches_nobody(address: &str) -> bool {
    address.rsplit_once('@').is_some_and(|(_, domain)| is_nobodys(domain))
}

/// Whether nobody can own a domain: its name is reserved for tests and documents (RFC 2606, RFC 6761).
pub fn is_nobodys(domain: &str) -> bool {
    is_at_or_below(domain, &NOBODYS)
}

/// Whether a name is one of these, or below one of them.
fn is_at_or_below(name: &str, ends: &[&str]) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    ends.iter().any(|end| name.strip_suffix(*end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether a host is this machine, or its name is reserved for tests (RFC 6761).
pub fn is_reserved(host: &str) -> bool {
    let is_loopback = host.trim_end_matches('.').parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    is_loopback || is_at_or_below(host, &["localhost", "test"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

    #[test]
    fn only_names_that_nobody_can_own_are_for_trying_out() {
        for (url, reserved) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/x", true),
            ("http://localhost", true),
            ("https://mail.attractor.test:1/x", true),
            ("https://a.localhost.", true),
            ("https://contest", false),
            ("https://test.example.org", false),
            ("https://10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_reserved(&host(url)), reserved, "{url}");
        }
    }

    #[test]
    fn a_sender_for_tests_reaches_only_addresses_for_tests() {
        for (address, waits) in [
            ("ada@people.test", false),
            ("ada@example.com", false),
            ("ada@mail.example.org", false),
            ("ada@Example.NET.", false),
            ("ada@acme.example", false),
            ("ada@a.invalid", false),
            ("ada@b.localhost", false),
            ("ada@acme.com", true),
            ("ada@myexample.com", true),
            ("ada@example.com.acme.io", true),
            ("ada@contest", true),
            ("ada", true),
        ] {
            assert_eq!(DomainWait::RealRecipients.holds(Some(address)), waits, "{address}");
            assert!(DomainWait::Everybody.holds(Some(address)) && !DomainWait::Nobody.holds(Some(address)));
        }
        assert!(DomainWait::RealRecipients.holds(None));
        let mut settings = defaults().unwrap();
        for (from, url, expected) in [
            ("news@acme.test", "https://leads.acme.test", DomainWait::RealRecipients),
            ("news@acme.test", "https://leads.acme.io", DomainWait::Everybody),
            ("news@acme.example", "https://leads.acme.test", DomainWait::Everybody),
        ] {
            (settings.sender_email, settings.public_url) = (from.into(), url.into());
            assert_eq!(DomainWait::of_unverified(&Sender::of(&settings).unwrap()), expected, "{from} {url}");
        }
    }
}
