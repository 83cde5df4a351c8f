//! The mail server that takes e-mails: as a URL, which the setting `smtp` is, or in its parts.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the connection is encrypted: `tls` from its start on, or by `starttls`; to a mail server on this machine also
/// `offered`, by STARTTLS where the server offers it, and `none`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportSecurity {
    /// TLS from the first byte on.
    Tls,
    /// By STARTTLS; a server that does not offer it gets nothing.
    Starttls,
    /// By STARTTLS where it is offered: on this machine alone.
    Offered,
    /// Not at all: on this machine alone.
    None,
}

/// A mail server. Its password is in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    /// Where it is encrypted, the server's certificate is checked.
    pub security: TransportSecurity,
    /// User and password.
    pub login: Option<(String, String)>,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({self})")
    }
}

/// Without the login.
impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

const EXPECTED: &str = "write smtps://USER:PASSWORD@HOST, or smtp://USER:PASSWORD@HOST:587 for STARTTLS";

impl SmtpServer {
    /// Reads the setting. The error repeats nothing of it, because it may hold a password.
    pub fn parse(url: &str) -> Result<SmtpServer, String> {
        let (scheme, rest) =
            url.split_once("://").ok_or_else(|| format!("not the URL of a mail server; {EXPECTED}"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, server) = rest.rsplit_once('@').map_or((None, rest), |(login, server)| (Some(login), server));
        let (host, port) = host_and_port(server.trim_end_matches('/'))?;
        let security = security(scheme, query, &host)?;
        let port = port.unwrap_or_else(|| security.usual_port());
        Ok(SmtpServer { host, port, security, login: login.map(read_login).transpose()? })
    }

    /// Whether a text is the name or the address of a host.
    pub fn is_host(text: &str) -> bool {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.:_".contains(c))
    }

    /// Whether a host is this machine, to which a connection need not be encrypted.
    pub fn is_here(host: &str) -> bool {
        host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl TransportSecurity {
    /// The port where no other is named.
    pub fn usual_port(self) -> u16 {
        match self {
            TransportSecurity::Tls => 465,
            TransportSecurity::Starttls => 587,
            TransportSecurity::Offered | TransportSecurity::None => 25,
        }
    }
}

fn security(scheme: &str, query: &str, host: &str) -> Result<TransportSecurity, String> {
    let is_here = SmtpServer::is_here(host);
    match (scheme, query) {
        ("smtps", "") => Ok(TransportSecurity::Tls),
        ("smtp", "") if is_here => Ok(TransportSecurity::Offered),
        ("smtp", "") => Ok(TransportSecurity::Starttls),
        ("smtp", "tls=none") if is_here => Ok(TransportSecurity::None),
        ("smtp", "tls=none") => Err("`?tls=none` is for a mail server on this machine alone; leave it out".into()),
        ("smtp" | "smtps", _) => Err("behind the host only `?tls=none` is known, for a server on this machine".into()),
        _ => Err(format!("the URL begins neither with smtps:// nor with smtp://; {EXPECTED}")),
    }
}

fn host_and_port(server: &str) -> Result<(String, Option<u16>), String> {
    let wrong = || format!("the URL names no host, or a port that is not a number from 1 to 65535; {EXPECTED}");
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':'))).ok_or_else(wrong)?,
        None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(str::parse).transpose().map_err(|_| wrong())?;
    if SmtpServer::is_host(host) && port != Some(0) { Ok((host.to_owned(), port)) } else { Err(wrong()) }
}

fn read_login(text: &str) -> Result<(String, String), String> {
    let wrong = || "the login is not USER:PASSWORD; write @ as %40, : as %3A, / as %2F and % as %25 in it".to_owned();
    let (user, password) = text.split_once(':').ok_or_else(wrong)?;
    let read = |text: &str| decoded(text).filter(|text| !text.is_empty() && !text.contains('\0'));
    read(user).zip(read(password)).ok_or_else(wrong)
}

/// A text with `%XX` read as bytes of UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_a_url() {
        use TransportSecurity::{Offered, Starttls, Tls};
        for (url, host, port, security, user) in [
            ("smtps://ada:p%40ss@mail.x.example", "mail.x.example", 465, Tls, Some("ada")),
            ("smtps://a%40x.example:p:w@mail.x.example:4465/", "mail.x.example", 4465, Tls, Some("a@x.example")),
            ("smtp://ada:p@mail.x.example", "mail.x.example", 587, Starttls, Some("ada")),
            ("smtp://mail.x.example:25", "mail.x.example", 25, Starttls, None),
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, Offered, None),
            ("smtp://[::1]:2525?tls=none", "::1", 2525, TransportSecurity::None, None),
            ("smtp://localhost?tls=none", "localhost", 25, TransportSecurity::None, None),
        ] {
            let server = SmtpServer::parse(url).unwrap_or_else(|why| panic!("{url}: {why}"));
            let login = server.login.as_ref().map(|(user, _)| user.as_str());
            assert_eq!((server.host.as_str(), server.port, server.security, login), (host, port, security, user));
        }
        let server = SmtpServer::parse("smtps://ada:s%3Acret@mail.x.example").unwrap();
        assert_eq!(server.login.as_ref().unwrap().1, "s:cret");
        assert!(!format!("{server:?} {server}").contains("cret"), "{server:?}");
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for (url, why) in [
            ("mail.x.example", "not the URL"),
            ("https://ada:secret@x.example", "begins neither"),
            ("smtps://ada:secret@", "names no host"),
            ("smtps://ada:secret@x.example:99999", "names no host"),
            ("smtps://ada:secret@x.example:0", "names no host"),
            ("smtps://secret@x.example", "not USER:PASSWORD"),
            ("smtps://ada:sec%ret@x.example", "not USER:PASSWORD"),
            ("smtp://ada:secret@x.example?tls=none", "on this machine alone"),
            ("smtps://ada:secret@127.0.0.1?tls=off", "only `?tls=none`"),
        ] {
            let wrong = SmtpServer::parse(url).unwrap_err();
            assert!(wrong.contains(why) && !wrong.contains("secret"), "{url}: {wrong}");
        }
    }
}
