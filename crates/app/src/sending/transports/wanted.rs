//! A mail server as somebody describes it: by a URL or by its parts, with a password or without one that is known already.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::refusal::{Refusal, both};
use crate::sending::smtp_url::{SmtpServer, TransportSecurity};

/// In bytes: no mail server takes more.
const LONGEST: usize = 1_000;

/// A mail server: `smtp` alone, or `host` with what else is needed
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedTransport {
    /// The mail server as a URL, as in the settings: `smtps://USER:PASSWORD@HOST`, or `smtp://USER:PASSWORD@HOST:587` for
    /// STARTTLS. In the user and the password, write @ as %40, : as %3A, / as %2F and % as %25
    smtp: Option<String>,
    /// Its name or address
    host: Option<String>,
    /// Absent: 465 for `tls`, 587 for `starttls`, 25 otherwise
    port: Option<u16>,
    /// Absent: `tls`; to a mail server on this machine `offered`
    security: Option<TransportSecurity>,
    /// Absent: the mail server takes e-mails without a login
    user: Option<String>,
    /// It is never shown. Absent: that of the account that is set, if `host` and `user` are the same
    password: Option<String>,
}

/// A mail server that is fit to be used, as far as it was described.
#[derive(Debug, PartialEq, Eq)]
pub struct Described {
    /// Its login, where it has one, is known.
    pub server: SmtpServer,
    /// The user whose password is to be kept.
    pub keeps_password_of: Option<String>,
}

impl WantedTransport {
    /// The error is everything that is wrong, and repeats no password.
    pub fn read(self) -> Result<Described, Refusal> {
        if let Some(url) = &self.smtp {
            if self.has_parts() {
                let why = "`smtp` says all of the mail server; leave the other fields out, or name its parts instead";
                return Err(Refusal::invalid("/smtp", why));
            }
            let server = SmtpServer::parse(url).map_err(|why| Refusal::invalid("/smtp", why))?;
            return Ok(Described { server, keeps_password_of: None });
        }
        let WantedTransport { host, port, security, user, password, .. } = self;
        let ((host, security), (port, login)) =
            both(reached(host, security), both(checked_port(port), login(user, password)))?;
        let (login, keeps_password_of) = match login {
            Login::Known(login) => (login, None),
            Login::OfUser(user) => (None, Some(user)),
        };
        let port = port.unwrap_or_else(|| security.usual_port());
        Ok(Described { server: SmtpServer { host, port, security, login }, keeps_password_of })
    }

    fn has_parts(&self) -> bool {
        let WantedTransport { smtp: _, host, port, security, user, password } = self;
        host.is_some() || port.is_some() || security.is_some() || user.is_some() || password.is_some()
    }
}

/// A login as it was described.
enum Login {
    /// `None` where the server takes e-mails without one.
    Known(Option<(String, String)>),
    /// The password is to be kept.
    OfUser(String),
}

fn login(user: Option<String>, password: Option<String>) -> Result<Login, Refusal> {
    let fits = |text: &str| !text.is_empty() && text.len() <= LONGEST && !text.contains(['\0', '\r', '\n']);
    let check = |text: &Option<String>, pointer: &str, what: &str| match text {
        Some(text) if !fits(text) => {
            let why = format!("{what} has from 1 to {LONGEST} bytes and no line break; leave it out if there is none");
            Err(Refusal::invalid(pointer, why))
        }
        _ => Ok(()),
    };
    both(check(&user, "/user", "a user"), check(&password, "/password", "a password"))?;
    match (user, password) {
        (Some(user), Some(password)) => Ok(Login::Known(Some((user, password)))),
        (Some(user), None) => Ok(Login::OfUser(user)),
        (None, None) => Ok(Login::Known(None)),
        (None, Some(_)) => Err(Refusal::invalid("/user", "a password belongs to a user; name `user` too")),
    }
}

fn checked_port(port: Option<u16>) -> Result<Option<u16>, Refusal> {
    let why = "a port is a number from 1 to 65535; leave it out for the usual one";
    if port == Some(0) { Err(Refusal::invalid("/port", why)) } else { Ok(port) }
}

/// The host, and how the connection to it is encrypted.
fn reached(host: Option<String>, security: Option<TransportSecurity>) -> Result<(String, TransportSecurity), Refusal> {
    let Some(host) = host.map(|host| host.trim().to_owned()) else {
        let why = "name the mail server: `smtp` as a URL, or `host`, with `user` if it asks for a login";
        return Err(Refusal::invalid("/host", why));
    };
    if !SmtpServer::is_host(&host) || host.len() > LONGEST {
        let why = "this is not the name or the address of a host; write mail.example.org, without a scheme and a port";
        return Err(Refusal::invalid("/host", why));
    }
    let is_here = SmtpServer::is_here(&host);
    let usual = if is_here { TransportSecurity::Offered } else { TransportSecurity::Tls };
    let security = security.unwrap_or(usual);
    if !is_here && matches!(security, TransportSecurity::Offered | TransportSecurity::None) {
        let why = "only a mail server on this machine may be spoken to without encryption; write `tls` or `starttls`";
        return Err(Refusal::invalid("/security", why));
    }
    Ok((host, security))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(wanted: Value) -> Result<Described, Refusal> {
        serde_json::from_value::<WantedTransport>(wanted).unwrap().read()
    }

    #[test]
    fn a_mail_server_is_described_by_a_url_or_by_its_parts() {
        for (wanted, url) in [
            (json!({"smtp": "smtps://ada:p%40ss@mail.x.example"}), "smtps://ada:p%40ss@mail.x.example"),
            (json!({"host": "mail.x.example", "user": "ada", "password": "p@ss"}), "smtps://ada:p%40ss@mail.x.example"),
            (json!({"host": "mail.x.example", "security": "starttls"}), "smtp://mail.x.example"),
            (json!({"host": "mail.x.example", "security": "starttls", "port": 25}), "smtp://mail.x.example:25"),
            (json!({"host": "127.0.0.1", "port": 2525}), "smtp://127.0.0.1:2525"),
            (json!({"host": "::1", "security": "none"}), "smtp://[::1]?tls=none"),
        ] {
            let described = read(wanted.clone()).unwrap();
            let server = SmtpServer::parse(url).unwrap();
            assert_eq!(described, Described { server, keeps_password_of: None }, "{wanted}");
        }
        let described = read(json!({"host": "mail.x.example", "user": "ada"})).unwrap();
        assert_eq!((described.server.login, described.keeps_password_of), (None, Some("ada".into())));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_without_the_password() {
        for (wanted, place) in [
            (json!({}), "/host"),
            (json!({"host": "smtps://mail.x.example"}), "/host"),
            (json!({"host": "mail.x.example", "port": 0}), "/port"),
            (json!({"host": "mail.x.example", "security": "none"}), "/security"),
            (json!({"host": "mail.x.example", "security": "offered"}), "/security"),
            (json!({"host": "mail.x.example", "password": "s3cret"}), "/user"),
            (json!({"host": "mail.x.example", "user": "", "password": "s3cret"}), "/user"),
            (json!({"host": "mail.x.example", "user": "ada", "password": "s3cret\r\nQUIT"}), "/password"),
            (json!({"smtp": "smtps://ada:s3cret@x.example", "port": 25}), "/smtp"),
            (json!({"smtp": "https://ada:s3cret@x.example"}), "/smtp"),
        ] {
            let Err(Refusal::Invalid(found)) = read(wanted.clone()) else { panic!("{wanted}") };
            assert_eq!(found.places.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), [place], "{wanted}");
            assert!(!found.detail.contains("s3cret"), "{}", found.detail);
        }
    }
}
