//! Calls to addresses that users name. What is inside a network is none of theirs, unless the settings say so.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// What glibc and musl say of a name without an address.
const NO_ADDRESS: [&str; 4] = [
    "Name or service not known",
    "No address associated with hostname",
    "Name does not resolve",
    "Name has no usable address",
];
/// How long a whole call may take.
const LONGEST: Duration = Duration::from_secs(10);
const PRIVATE: &str = "the address is inside a private network; the setting `webhooks_private` would allow it";
/// As much of an answer is read, in bytes.
const READ: u64 = 1024;
/// The most bytes of an answer that is needed as a whole.
const MOST_FETCHED: u64 = 64 * 1024;
/// As many addresses of a host are tried.
const MOST_ADDRESSES: usize = 8;

/// What makes the calls. It follows no redirects: who is told is who was named.
pub fn agent(allow_private: bool) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(LONGEST))
        .user_agent(concat!("attractor/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Guarded { inner: DefaultResolver::default(), allow_private })
}

/// Posts; returns the status and the beginning of the answer. The error is a sentence.
pub fn post(agent: &Agent, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, String), String> {
    let mut request = agent.post(url).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = request.send(body).map_err(|error| said(&error, url))?;
    let status = answer.status().as_u16();
    // What the answer says beyond its status serves the log alone.
    let text = answer.body_mut().with_config().limit(READ).lossy_utf8(true).read_to_string().unwrap_or_default();
    Ok((status, text))
}

/// Gets a URL; returns the status and the whole answer, of which no more than 64 KiB are read. The error is a sentence.
pub fn fetch(agent: &Agent, url: &str) -> Result<(u16, String), String> {
    let mut answer = agent.get(url).call().map_err(|error| said(&error, url))?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().with_config().limit(MOST_FETCHED).lossy_utf8(true).read_to_string();
    Ok((status, text.map_err(|error| said(&error, url))?))
}

/// Gets a URL from these addresses, whatever the system's names say; returns the status and the beginning of the answer.
/// `ca` are certificates (PEM) to trust instead of the public authorities. The error is a sentence.
pub fn get(url: &str, addresses: &[IpAddr], ca: Option<&[u8]>) -> Result<(u16, String), String> {
    let mut tls = TlsConfig::builder();
    if let Some(pem) = ca {
        tls = tls.root_certs(RootCerts::from(certificates(pem)?));
    }
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .https_only(true)
        .proxy(None)
        .tls_config(tls.build())
        .timeout_global(Some(LONGEST))
        .user_agent(concat!("attractor/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), Known(addresses.to_vec()));
    let mut answer = agent.get(url).call().map_err(|error| said(&error, url))?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().with_config().limit(READ).lossy_utf8(true).read_to_string();
    Ok((status, text.map_err(|error| said(&error, url))?))
}

/// Why a call has failed, for people.
fn said(error: &Error, url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let server = uri.as_ref().and_then(Uri::authority).map_or("the server", |authority| authority.as_str());
    match error {
        Error::Timeout(_) => no_answer(),
        Error::HostNotFound => no_address(uri.as_ref().and_then(Uri::host).unwrap_or(server)),
        Error::Io(why) => match why.kind() {
            ErrorKind::ConnectionRefused => format!("{server} refused the connection"),
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof => {
                format!("{server} ended the connection without a complete answer")
            }
            ErrorKind::TimedOut => no_answer(),
            _ => why.to_string(),
        },
        error => error.to_string(),
    }
}

fn no_answer() -> String {
    format!("no answer within {} seconds", LONGEST.as_secs())
}

fn no_address(host: &str) -> String {
    format!("the host {host} has no address")
}

/// Why the name of a host could not be looked up. The standard library only passes on the text of the system.
fn not_found(host: &str, why: &str) -> String {
    let has_none = NO_ADDRESS.iter().any(|text| why.contains(text));
    let reason = why.rsplit(": ").next().unwrap_or(why);
    if has_none { no_address(host) } else { format!("the host {host} could not be looked up: {reason}") }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let found: Vec<Certificate<'static>> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() { Err("the file has no certificate (PEM)".to_owned()) } else { Ok(found) }
}

/// Addresses that are known already.
#[derive(Debug)]
struct Known(Vec<IpAddr>);

impl Resolver for Known {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let (mut open, port) = (self.empty(), uri.port_u16().unwrap_or(443));
        for address in self.0.iter().take(MOST_ADDRESSES) {
            open.push(SocketAddr::new(*address, port));
        }
        if open.is_empty() { Err(Error::HostNotFound) } else { Ok(open) }
    }
}

/// Looks names up and leaves out what is inside. The address that is checked is the one that is called, so that a name
/// cannot be made to mean something else in between.
#[derive(Debug)]
struct Guarded {
    inner: DefaultResolver,
    allow_private: bool,
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        if !self.allow_private && is_local_name(uri.host().unwrap_or_default()) {
            return Err(Error::Io(io::Error::other(PRIVATE)));
        }
        let host = uri.host().unwrap_or_default();
        let found = self.inner.resolve(uri, config, timeout).map_err(|error| match error {
            Error::Io(why) => Error::Io(io::Error::other(not_found(host, &why.to_string()))),
            error => error,
        })?;
        let mut open = self.empty();
        for address in found.iter().filter(|address| self.allow_private || is_public(address.ip())) {
            open.push(*address);
        }
        if open.is_empty() {
            return Err(Error::Io(io::Error::other(PRIVATE)));
        }
        Ok(open)
    }
}

/// Whether a URL names nothing but addresses inside a private network, in whatever notation; the error says so. A name
/// that cannot be looked up is not refused.
pub fn refuse_private(url: &str) -> Result<(), String> {
    let Ok(uri) = url.parse::<Uri>() else { return Ok(()) };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if is_local_name(host) {
        return Err(PRIVATE.to_owned());
    }
    let Ok(found) = (host, uri.port_u16().unwrap_or(443)).to_socket_addrs() else { return Ok(()) };
    let found: Vec<SocketAddr> = found.collect();
    if !found.is_empty() && found.iter().all(|address| !is_public(address.ip())) {
        return Err(PRIVATE.to_owned());
    }
    Ok(())
}

/// `localhost` and every name under it stand for the machine itself (RFC 6761), even where the system's resolver does not
/// know them.
fn is_local_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// Whether an address is one of the whole internet.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_special = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || a == 198 && (b == 18 || b == 19);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_special)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match [a, b] {
        // Translated and tunnelled ones stand for an IPv4 address.
        [0x64, 0xff9b] if [c, d, e, f] == [0; 4] => is_public_v4(v4(g, h)),
        [0x2002, _] => is_public_v4(v4(b, c)),
        // Only 2000::/3 is given out, and of it 2001::/23 and 2001:db8::/32 are not the internet's.
        _ => a & 0xe000 == 0x2000 && !(a == 0x2001 && (b < 0x200 || b == 0xdb8)),
    }
}

/// Whether a URL is one that can be called; the error is what would be right.
pub fn check(url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|error| format!("`{url}` is not an address: {error}"))?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.authority() {
        Some(authority) if is_web && !authority.as_str().contains('@') && url.len() <= 2_000 => Ok(()),
        _ => Err(format!("`{url}` is not the address of a web server; write https://example.org/hook")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_is_told_from_what_is_outside() {
        let inside =
            "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
            198.18.0.1 192.0.0.1 ::1 :: fe80::1 fc00::1 fd12::1 ff02::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::
            2001:db8::1 2001::1";
        for text in inside.split_whitespace() {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            "1.1.1.1 172.32.0.1 100.128.0.1 198.20.0.1 2606:4700::1111 2001:4860:4860::8888 64:ff9b::808:808".split(' ')
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_private_address_is_not_called() {
        let why = post(&agent(false), "http://127.0.0.1:9/", &[], "{}").unwrap_err();
        assert!(why.contains("private network"), "{why}");
        let why = post(&agent(false), "http://localhost:9/", &[], "{}").unwrap_err();
        assert!(why.contains("private network"), "{why}");
        let why = post(&agent(true), "http://127.0.0.1:9/", &[], "{}").unwrap_err();
        assert!(!why.contains("private network"), "{why}");
    }

    #[test]
    fn a_private_address_is_known_in_every_notation() {
        for host in
            "127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 localhost 10.0.0.5 [::1] [::ffff:10.0.0.1] [fd00::1] 0 \
             crm.localhost CRM.Localhost. localhost."
                .split(' ')
        {
            let why = refuse_private(&format!("http://{host}:9105/in")).unwrap_err();
            assert!(why.contains("`webhooks_private`"), "{host}: {why}");
            let why = post(&agent(false), &format!("http://{host}:9/"), &[], "{}").unwrap_err();
            assert!(why.contains("private network"), "{host}: {why}");
        }
        for open in [
            "http://1.1.1.1/",
            "https://localhost.name-that-nobody-has.invalid/",
            "https://name-that-nobody-has.invalid/",
            "nonsense",
        ] {
            refuse_private(open).unwrap();
        }
    }

    #[test]
    fn a_call_that_fails_says_why_in_words_for_people() {
        let host = "name-that-nobody-has.invalid";
        let why = post(&agent(true), &format!("http://{host}/"), &[], "{}").unwrap_err();
        // A machine without a name server cannot know that there is no address.
        assert!(why.starts_with(&format!("the host {host} ")) && !why.contains("lookup"), "{why}");
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let why = fetch(&agent(true), &format!("http://{closed}/")).unwrap_err();
        assert_eq!(why, format!("{closed} refused the connection"));
        for (system, said) in [
            ("Name or service not known", "the host crm.example.org has no address"),
            ("No address associated with hostname", "the host crm.example.org has no address"),
            (
                "Temporary failure in name resolution",
                "the host crm.example.org could not be looked up: Temporary failure in name resolution",
            ),
        ] {
            let why = format!("failed to lookup address information: {system}");
            assert_eq!(not_found("crm.example.org", &why), said);
        }
    }

    #[test]
    fn what_is_no_address_is_said() {
        for url in ["", "example.org", "ftp://example.org", "https://user:pass@example.org/", "/x"] {
            check(url).unwrap_err();
        }
        check("https://example.org:8443/hook?x=1").unwrap();
    }
}
