//! DKIM signatures (RFC 6376, RFC 8463): one of RSA and one of Ed25519 on the same mail, since not every receiver reads
//! the second.
//!
//! The signatures are `ring`'s. The crate `mail-auth` is not used: its signer takes `t=` from the clock, and it brings a DNS
//! resolver and its runtime into a crate that reaches nothing outside.
//!
//! A header that is signed once more often than it occurs cannot be added on the way (RFC 6376 §8.15): the signature
//! would no longer hold.
//!
//! ```
//! use attractor_mail::message::Instant;
//! use attractor_mail::message::dkim::{Key, Signer};
//!
//! let signer = Signer::new("example.org", vec![Key::ed25519("e2026", &[7; 32])?])?;
//! assert_eq!(signer.records()[0].name, "e2026._domainkey.example.org");
//! let signed = signer.sign(b"From: <news@example.org>\r\n\r\nHello\r\n", Instant(1_800_000_000_000))?;
//! assert!(signed.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canonical;
mod key;
mod record;
mod signature;

use std::fmt;

use attractor_engine::time::Instant;
use sha2::{Digest, Sha256};

pub use key::{Key, KeyError};
pub use record::Record;
pub(crate) use record::zone_strings;

use self::canonical::Header;
use self::signature::Signature;
use super::mailbox::ascii_domain;

/// How often a header is signed, beyond the times that it occurs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seal {
    /// Once more: nobody can add one.
    Always,
    /// Once more where it occurs: nobody can add a second one. Servers on the way may write one where none is.
    WherePresent,
    /// Not more: servers on the way may add their own.
    Never,
}

/// What is signed: what people see, what decides who is answered, and what gives the body its form.
const SIGNED: [(&str, Seal); 18] = [
    ("From", Seal::Always),
    ("Reply-To", Seal::Always),
    ("To", Seal::Always),
    ("Cc", Seal::Always),
    ("Subject", Seal::Always),
    ("List-Unsubscribe", Seal::Always),
    ("List-Unsubscribe-Post", Seal::Always),
    ("Date", Seal::WherePresent),
    ("Message-ID", Seal::WherePresent),
    ("Sender", Seal::WherePresent),
    ("MIME-Version", Seal::WherePresent),
    ("Content-Type", Seal::WherePresent),
    ("Content-Transfer-Encoding", Seal::WherePresent),
    ("In-Reply-To", Seal::Never),
    ("References", Seal::Never),
    ("List-Id", Seal::Never),
    ("Feedback-ID", Seal::Never),
    ("Auto-Submitted", Seal::Never),
];

/// Signs the mails of one domain, with one key or several, or with none where somebody else signs.
pub struct Signer {
    /// In ASCII.
    domain: String,
    keys: Vec<Key>,
}

/// Its keys stay out of every log.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let selectors: Vec<&str> = self.keys.iter().map(Key::selector).collect();
        write!(f, "Signer {{ domain: {:?}, selectors: {selectors:?} }}", self.domain)
    }
}

impl Signer {
    /// A signer for the domain of `From`. Fails without a key, where two keys have one selector, or
    /// where the text is not a domain name.
    pub fn new(domain: &str, keys: Vec<Key>) -> Result<Signer, KeyError> {
        let domain = ascii_domain(domain).map_err(|_| KeyError::Domain(domain.to_owned()))?;
        let twice = keys
            .iter()
            .enumerate()
            .find(|(at, key)| keys[..*at].iter().any(|earlier| earlier.selector() == key.selector()));
        match twice {
            Some((_, key)) => Err(KeyError::SelectorTwice(key.selector().to_owned())),
            None if keys.is_empty() => Err(KeyError::NoKey),
            None => Ok(Signer { domain, keys }),
        }
    }

    /// A signer for the domain of `From` that signs nothing: whoever takes the mails signs them.
    pub fn unsigned(domain: &str) -> Result<Signer, KeyError> {
        let domain = ascii_domain(domain).map_err(|_| KeyError::Domain(domain.to_owned()))?;
        Ok(Signer { domain, keys: Vec::new() })
    }

    /// The records by which receivers find the keys.
    pub fn records(&self) -> Vec<Record> {
        self.keys.iter().map(|key| key.record(&self.domain)).collect()
    }

    /// The mail with one `DKIM-Signature` a key before it; `at` becomes `t=`, in whole seconds.
    ///
    /// The mail ends its lines with CRLF, as [`super::Message::write`] makes it. Fails where it has no `From`, or where the
    /// key refuses.
    pub fn sign(&self, mail: &[u8], at: Instant) -> Result<Vec<u8>, SignError> {
        let (headers, body) = canonical::split(mail);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"From")) {
            return Err(SignError::NoFrom);
        }
        let signed = Signed::of(&headers);
        let body_hash = Sha256::digest(canonical::body(body));
        let mut out = Vec::with_capacity(mail.len() + 1_200 * self.keys.len());
        for key in &self.keys {
            let signature = Signature {
                algorithm: key.algorithm(),
                domain: &self.domain,
                selector: key.selector(),
                at: at.0.div_euclid(1_000).max(0),
                body_hash: &body_hash,
                names: &signed.names,
            };
            let bytes = key.sign(&signature.input(&signed.canonical));
            let bytes = bytes.ok_or_else(|| SignError::Key(key.selector().to_owned()))?;
            signature.write(&bytes, &mut out);
        }
        out.extend_from_slice(mail);
        Ok(out)
    }
}

/// What of the headers is signed: the names for `h=`, and the headers in the relaxed canonical form (RFC 6376 §3.4.2).
struct Signed {
    names: Vec<&'static str>,
    canonical: Vec<u8>,
}

impl Signed {
    fn of(headers: &[Header]) -> Signed {
        let mut names = Vec::new();
        let mut canonical = Vec::with_capacity(1_024);
        for (name, seal) in SIGNED {
            // The last one first, as a verifier takes them (RFC 6376 §5.4.2).
            let found = headers.iter().rev().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
            let mut occurs = 0;
            for header in found {
                canonical::write_header(&mut canonical, *header);
                occurs += 1;
            }
            let is_sealed = seal == Seal::Always || seal == Seal::WherePresent && occurs > 0;
            names.extend(std::iter::repeat_n(name, occurs + usize::from(is_sealed)));
        }
        Signed { names, canonical }
    }
}

/// Why a mail was not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignError {
    /// The mail has no `From`, which every signature must cover (RFC 6376 §5.4).
    NoFrom,
    /// The key with this selector cannot sign.
    Key(String),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignError::NoFrom => write!(f, "DKIM-Signature: the mail has no From; every signature covers it"),
            SignError::Key(selector) => write!(f, "DKIM-Signature: the key {selector} cannot sign; replace the key"),
        }
    }
}

impl std::error::Error for SignError {}
