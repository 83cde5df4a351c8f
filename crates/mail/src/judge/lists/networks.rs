//! Networks, and the most specific one that an address is in.

// Addresses alone, without sockets, are in `core`.
use core::net::IpAddr;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::ListError;

/// How much a listed network says of a request from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Only machines are in this network.
    Certain,
    /// Hardly any people are in this network.
    Likely,
}

/// Networks with their names. Also serves lists of other networks, for example of an installation's own staff.
///
/// ```
/// use attractor_mail::judge::{Certainty, Networks};
///
/// let mut networks = Networks::default();
/// networks.add("192.0.2.0/24\n2001:db8::/32 likely gateway of a customer\n").unwrap();
/// assert_eq!(networks.find("192.0.2.7".parse().unwrap()), Some((Certainty::Certain, "192.0.2.0/24")));
/// assert_eq!(networks.find("2001:db8::7".parse().unwrap()), Some((Certainty::Likely, "gateway of a customer")));
/// assert_eq!(networks.find("198.51.100.7".parse().unwrap()), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// By the number of fixed bits, longest first, so that the first hit is the most specific. IPv4 is part of IPv6 here
    /// (`::ffff:0:0/96`).
    by_length: BTreeMap<Reverse<u32>, BTreeMap<u128, (Certainty, String)>>,
}

impl Networks {
    /// Adds the networks of a text, one a line: `NETWORK [certain|likely] [NAME]`. Without a word `certain` is meant,
    /// without a name the network is its own. Empty lines and lines that begin with `#` are passed over.
    ///
    /// # Errors
    /// The first line that names no network. The lines before it have been added.
    pub fn add(&mut self, text: &str) -> Result<(), ListError> {
        for (line, entry) in super::lines(text) {
            let (network, rest) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
            let (bits, length) = read(network).map_err(|reason| ListError { line, reason })?;
            let (certainty, name) = certainty(rest.trim());
            let name = if name.is_empty() { network } else { name };
            self.by_length.entry(Reverse(length)).or_default().insert(bits, (certainty, name.to_owned()));
        }
        Ok(())
    }

    /// The most specific network that an address is in.
    pub fn find(&self, address: IpAddr) -> Option<(Certainty, &str)> {
        let bits = bits(address);
        let hit = self.by_length.iter().find_map(|(length, networks)| networks.get(&masked(bits, length.0)))?;
        Some((hit.0, &hit.1))
    }
}

/// The word in front of a name, if there is one.
fn certainty(text: &str) -> (Certainty, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match word {
        "certain" => (Certainty::Certain, rest.trim()),
        "likely" => (Certainty::Likely, rest.trim()),
        _ => (Certainty::Certain, text),
    }
}

/// A network's bits and how many of them are fixed.
fn read(network: &str) -> Result<(u128, u32), String> {
    let expected = || format!("expected a network like 192.0.2.0/24 or 2001:db8::/32, found `{network}`");
    let (address, length) = match network.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| expected())?)),
        None => (network, None),
    };
    let address: IpAddr = address.parse().map_err(|_| expected())?;
    let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
    let length = length.unwrap_or(most);
    if length > most {
        return Err(expected());
    }
    let (bits, length) = (bits(address), before + length);
    if masked(bits, length) != bits {
        return Err(format!("`{network}` has bits behind its length; expected the network's first address"));
    }
    Ok((bits, length))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
        IpAddr::V6(six) => six.to_bits(),
    }
}

fn masked(bits: u128, length: u32) -> u128 {
    if length == 0 { 0 } else { bits & (u128::MAX << (128 - length)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(networks: &Networks, address: &str) -> Option<String> {
        networks.find(address.parse().unwrap()).map(|(_, name)| name.to_owned())
    }

    #[test]
    fn the_most_specific_network_wins() {
        let mut networks = Networks::default();
        networks.add("# ours\n10.0.0.0/8 likely wide\n10.1.0.0/16 narrow\n\n10.1.2.3 certain one\n::/0 all\n").unwrap();
        for (address, expected) in [
            ("10.9.9.9", "wide"),
            ("10.1.9.9", "narrow"),
            ("10.1.2.3", "one"),
            ("::ffff:10.1.2.3", "one"),
            ("192.0.2.1", "all"),
            ("2001:db8::1", "all"),
        ] {
            assert_eq!(name(&networks, address).as_deref(), Some(expected), "{address}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_refused_with_its_line() {
        for (text, line, part) in [
            ("10.0.0.0/8\n10.0.0.0/33", 2, "expected a network"),
            ("ten", 1, "found `ten`"),
            ("\n\n10.0.0.0/x", 3, "expected a network"),
            ("2001:db8::/129", 1, "expected a network"),
            ("10.0.0.1/8", 1, "first address"),
        ] {
            let error = Networks::default().add(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
