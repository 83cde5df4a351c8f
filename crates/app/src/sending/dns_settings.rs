//! Settings of the DNS, read.

use std::net::{IpAddr, SocketAddr};

use attractor_mail::dns::{Outgoing, SetupError, is_selector};

/// The port of DNS servers where none is named.
const PORT: u16 = 53;

/// What mails leave from: a list with commas. The error is what would be right.
pub fn outgoing(spf: &str) -> Result<Vec<Outgoing>, String> {
    let parts = spf.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|why: SetupError| format!("`spf`: {why}"))).collect()
}

/// Refuses what is not the selector of a DKIM key; most often it is the whole name of its record.
pub fn selectors(selectors: &[String]) -> Result<(), String> {
    let wrong = |text: &String| {
        format!("`dkim_selectors`: `{text}` is not a selector; write what is before `._domainkey` in the record's name")
    };
    selectors.iter().find(|text| !is_selector(text)).map_or(Ok(()), |text| Err(wrong(text)))
}

/// The DNS server to ask; `None` for the system's. The error is what would be right.
pub fn dns_server(text: &str) -> Result<Option<SocketAddr>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let address = text.parse().or_else(|_| text.parse().map(|ip: IpAddr| SocketAddr::new(ip, PORT)));
    let wrong =
        |_| format!("`dns_server`: `{text}` is not the address of a server; write it in numbers, such as 192.0.2.53");
    address.map(Some).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sends_is_a_list_with_commas() {
        let outgoing = outgoing("include:_spf.x.example, ip4:192.0.2.1,").unwrap();
        let outgoing: Vec<String> = outgoing.iter().map(ToString::to_string).collect();
        assert_eq!(outgoing, ["include:_spf.x.example", "ip4:192.0.2.1"]);
    }

    #[test]
    fn a_selector_is_not_the_whole_name() {
        let read = |text: &str| selectors(&[text.to_owned()]);
        assert!(["s1", "20260401-x", "a.b", "pm_bounces"].iter().all(|text| read(text).is_ok()));
        for text in ["", "s1._domainkey", "s1._domainkey.acme.example", "a b", ".a", "ä", &"a".repeat(64)] {
            assert!(read(text).unwrap_err().starts_with(&format!("`dkim_selectors`: `{text}` is not a selector")));
        }
    }

    #[test]
    fn a_server_is_an_address_with_a_port_or_without() {
        for (text, address) in [("192.0.2.53", "192.0.2.53:53"), ("[::1]:5353", "[::1]:5353"), ("::1", "[::1]:53")] {
            assert_eq!(dns_server(text).unwrap(), Some(address.parse().unwrap()), "{text}");
        }
        assert_eq!(dns_server(" ").unwrap(), None);
        assert!(dns_server("ns.x.example").unwrap_err().starts_with("`dns_server`: `ns.x.example` is not the address"));
    }
}
