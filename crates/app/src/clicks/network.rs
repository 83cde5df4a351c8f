//! Networks as people name them where they correct verdicts, and in settings.

use std::net::IpAddr;

use serde::Deserialize;

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    /// An address, or a network such as `192.0.2.0/24`.
    pub fn read(text: &str) -> Option<Network> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Some(most), |length| length.trim().parse().ok()).filter(|length| *length <= most)?;
        Some(Network { address, length })
    }

    /// Whether the address belongs to it. An address of version 4 never belongs to a network of version 6.
    pub fn holds(&self, address: IpAddr) -> bool {
        let differs = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => u128::from(own.to_bits() ^ other.to_bits()) << 96,
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        differs.leading_zeros() >= self.length
    }
}

/// Whether an address is in one of the networks among texts such as those of the setting `not_leads`, which may also be
/// e-mail addresses and domains.
pub fn is_in_one(address: IpAddr, texts: &[String]) -> bool {
    let address = address.to_canonical();
    texts.iter().filter_map(|text| Network::read(text)).any(|network| network.holds(address))
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        Network::read(&text).ok_or_else(|| format!("`{text}` is not an address or a network"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_begin_alike() {
        for (network, address, expected) in [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/32", "192.0.2.7", false),
        ] {
            let holds =
                Network::read(network).map(|network| address.parse().is_ok_and(|address| network.holds(address)));
            assert_eq!(holds, Some(expected), "{address} in {network}");
        }
        let texts = ["acme.example", "ada@people.example", "192.0.2.0/24"].map(str::to_owned);
        for (address, expected) in [("192.0.2.7", true), ("::ffff:192.0.2.7", true), ("192.0.3.7", false)] {
            assert_eq!(is_in_one(address.parse().unwrap(), &texts), expected, "{address}");
        }
        for odd in ["", "x", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "2001:db8::/129"] {
            assert_eq!(Network::read(odd), None, "{odd}");
        }
    }
}
