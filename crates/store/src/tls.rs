//! Connecting to PostgreSQL, encrypted where its URL asks for it.
//!
//! `sslmode` means what it means to PostgreSQL's own programs: `disable`; `prefer` (where it is left out) and `allow`:
//! encrypted where the server can; `require`: encrypted, whoever answers; `verify-ca` and `verify-full`: only with a
//! certificate for this very host, signed by an authority of `sslrootcert=FILE`, or by one that browsers know where no
//! file is given. With `sslrootcert`, `require` checks as well.

use std::sync::Arc;
use std::time::Duration;

use postgres::Client;
use postgres::config::{Config, SslMode};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Kind};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a URL says about encryption, taken out of it.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    /// The URL without it.
    url: String,
    mode: String,
    /// A file of certificates in PEM.
    authorities: Option<String>,
}

/// Opens a connection as the URL says.
pub fn connect(url: &str) -> Result<Client, Error> {
    let wish = wish(url);
    let mut config: Config = wish.url.parse().map_err(|error| wrong(format!("the database's URL: {error}")))?;
    let (mode, checks) = match wish.mode.as_str() {
        "disable" => (SslMode::Disable, false),
        "" | "prefer" | "allow" => (SslMode::Prefer, false),
        "require" => (SslMode::Require, wish.authorities.is_some()),
        "verify-ca" | "verify-full" => (SslMode::Require, true),
        other => {
            let known = "disable, prefer, require or verify-full";
            return Err(wrong(format!("the database's URL: `sslmode={other}` is none of {known}")));
        }
    };
    config.ssl_mode(mode);
    be_patient(&mut config);
    let encryption = encryption(checks, wish.authorities.as_deref())?;
    config.connect(MakeRustlsConnect::new(encryption)).map_err(|error| explain(error.into()))
}

/// A machine that is gone says nothing: where the URL sets no times of its own, half a minute's silence is an end.
fn be_patient(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE / 3);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENCE);
    }
    if config.get_keepalives_idle() > PATIENCE {
        config.keepalives_idle(PATIENCE / 3).keepalives_interval(PATIENCE / 3).keepalives_retries(2);
    }
}

fn wrong(text: String) -> Error {
    Error::new(Kind::Other, text)
}

/// A certificate that is refused will be refused again: trying again does not help.
fn explain(error: Error) -> Error {
    if !error.text.contains("certificate") {
        return error;
    }
    wrong(format!(
        "{}: the server's certificate is not accepted; with sslrootcert=FILE the URL names the authority that signed it",
        error.text
    ))
}

fn wish(url: &str) -> Wish {
    let mut wish = Wish { url: url.to_owned(), mode: String::new(), authorities: None };
    let Some((before, query)) = url.split_once('?') else { return wish };
    let mut rest = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some(("sslmode", mode)) => wish.mode = mode.to_owned(),
            Some(("sslrootcert", file)) => wish.authorities = Some(decoded(file)),
            _ => rest.push(part),
        }
    }
    wish.url = if rest.is_empty() { before.to_owned() } else { format!("{before}?{}", rest.join("&")) };
    wish
}

/// Undoes `%2F`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encryption(checks: bool, authorities: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| wrong(error.to_string()))?;
    if !checks {
        let anybody = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
        return Ok(anybody.with_no_client_auth());
    }
    let roots = match authorities {
        Some(file) => of_file(file)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn of_file(file: &str) -> Result<RootCertStore, Error> {
    let place = |why: String| wrong(format!("sslrootcert: {file}: {why}"));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| place(error.to_string()))? {
        let certificate = certificate.map_err(|error| place(error.to_string()))?;
        roots.add(certificate).map_err(|error| place(error.to_string()))?;
    }
    if roots.is_empty() { Err(place("there is no certificate in it".into())) } else { Ok(roots) }
}

/// Accepts every certificate: what is asked for is encryption, whoever answers.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer,
        _: &[CertificateDer],
        _: &ServerName,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_says_about_encryption_is_taken_out_of_it() {
        let of = |url| {
            let Wish { url, mode, authorities } = wish(url);
            (url, mode, authorities)
        };
        let plain = "postgresql://u:p@h/n";
        assert_eq!(of(plain), (plain.into(), String::new(), None));
        let full = format!("{plain}?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fetc%2Fca.pem");
        let rest = format!("{plain}?connect_timeout=3");
        assert_eq!(of(&full), (rest, "verify-full".into(), Some("/etc/ca.pem".into())));
        assert_eq!(of(&format!("{plain}?sslmode=require")), (plain.into(), "require".into(), None));
    }

    #[test]
    fn what_is_wrong_with_the_wish_is_said_before_anybody_is_called() {
        let said = |url: &str| connect(url).map(drop).unwrap_err().text;
        assert!(said("postgresql://h/n?sslmode=strict").contains("`sslmode=strict` is none of disable"));
        let none = said("postgresql://h/n?sslmode=verify-full&sslrootcert=/nowhere.pem");
        assert!(none.starts_with("sslrootcert: /nowhere.pem: "), "{none}");
    }
}
