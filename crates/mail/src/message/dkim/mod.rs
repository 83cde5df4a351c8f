//! DKIM signatures (RFC 6376, RFC 8463): one of RSA and one of Ed25519 on the same mail, since not every receiver reads
//! the second.
//!
//! The signature itself (canonical forms, layout, keys) is `mail-auth`'s. Its signer is not used: it takes `t=` from the
//! clock, and hashes the body once a key.
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
//! assert!(signed.starts_with(b"DKIM-Signature: v=1; a=ed25519-sha256; s=e2026; d=example.org;"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod key;
mod record;

use std::fmt;

use attractor_engine::time::Instant;
use mail_auth::common::crypto::{HashContext, HashImpl, Sha256, SigningKey};
use mail_auth::common::headers::{Writable, Writer};
use mail_auth::dkim::canonicalize::BodyHasher;
use mail_auth::dkim::{Canonicalization, Signature};

pub use key::{Key, KeyError};
pub use record::Record;

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

/// Signs the mails of one domain, with one key or several.
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

    /// The records by which receivers find the keys.
    pub fn records(&self) -> Vec<Record> {
        self.keys.iter().map(|key| key.record(&self.domain)).collect()
    }

    /// The mail with one `DKIM-Signature` a key before it; `at` becomes `t=`, in whole seconds.
    ///
    /// The mail ends its lines with CRLF, as [`super::Message::write`] makes it. Fails where it has no `From`, or where the
    /// key refuses.
    pub fn sign(&self, mail: &[u8], at: Instant) -> Result<Vec<u8>, SignError> {
        let (headers, body) = split(mail);
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"From")) {
            return Err(SignError::NoFrom);
        }
        let signed = Signed::of(&headers);
        let body_hash = hash(body);
        let mut out = Vec::with_capacity(mail.len() + 1_200 * self.keys.len());
        for key in &self.keys {
            let mut signature = self.unsigned(key, &signed, &body_hash, at);
            let input = Input { headers: &signed.canonical, signature: &signature };
            signature.b =
                key.inner().sign(input).map_err(|why| SignError::Key(key.selector().to_owned(), why.to_string()))?;
            signature.write(&mut out, true);
        }
        out.extend_from_slice(mail);
        Ok(out)
    }

    fn unsigned(&self, key: &Key, signed: &Signed, body_hash: &[u8], at: Instant) -> Signature {
        Signature {
            v: 1,
            a: key.inner().algorithm(),
            d: self.domain.clone(),
            s: key.selector().to_owned(),
            bh: body_hash.to_vec(),
            h: signed.names.clone(),
            t: at.0.div_euclid(1_000).max(1).unsigned_abs(),
            ch: Canonicalization::Relaxed,
            cb: Canonicalization::Relaxed,
            ..Signature::default()
        }
    }
}

fn hash(body: &[u8]) -> Vec<u8> {
    let mut hasher = BodyHasher::new(Sha256::hasher(), Canonicalization::Relaxed, 0);
    hasher.write(body);
    hasher.finish().0.complete().as_ref().to_vec()
}

/// A header's name, and its value with the line break at its end.
type Header<'a> = (&'a [u8], &'a [u8]);

/// The headers of a mail in their order, and its body.
fn split(mail: &[u8]) -> (Vec<Header<'_>>, &[u8]) {
    let mut headers = Vec::new();
    let mut rest = mail;
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return (headers, body);
        }
        let (field, after) = rest.split_at(end_of_field(rest));
        rest = after;
        if let Some(colon) = field.iter().position(|byte| *byte == b':') {
            headers.push((&field[..colon], &field[colon + 1..]));
        }
    }
    (headers, b"")
}

/// The length of the field at the beginning, its folded lines and last line break included.
fn end_of_field(bytes: &[u8]) -> usize {
    let breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let mut ends = breaks.map(|(at, _)| at + 1).filter(|end| !matches!(bytes.get(*end), Some(b' ' | b'\t')));
    ends.next().unwrap_or(bytes.len())
}

/// What of the headers is signed: the names for `h=`, and the headers in the relaxed canonical form (RFC 6376 §3.4.2).
struct Signed {
    names: Vec<String>,
    canonical: Vec<u8>,
}

impl Signed {
    fn of(headers: &[Header]) -> Signed {
        let mut names = Vec::new();
        let mut values = Vec::new();
        for (name, seal) in SIGNED {
            // The last one first, as a verifier takes them (RFC 6376 §5.4.2).
            let found = headers.iter().rev().filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()));
            let before = values.len();
            values.extend(found.copied());
            let occurs = values.len() - before;
            let is_sealed = seal == Seal::Always || seal == Seal::WherePresent && occurs > 0;
            names.extend(std::iter::repeat_n(name.to_owned(), occurs + usize::from(is_sealed)));
        }
        let mut canonical = Vec::with_capacity(1_024);
        Canonicalization::Relaxed.canonicalize_headers(values.into_iter(), &mut canonical);
        Signed { names, canonical }
    }
}

/// What a key signs: the headers, then the signature's own header without its signature.
struct Input<'a> {
    headers: &'a [u8],
    signature: &'a Signature,
}

impl Writable for Input<'_> {
    fn write(self, writer: &mut impl Writer) {
        writer.write(self.headers);
        self.signature.write(writer, false);
    }
}

/// Why a mail was not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignError {
    /// The mail has no `From`, which every signature must cover (RFC 6376 §5.4).
    NoFrom,
    /// The key with this selector refused, and why.
    Key(String, String),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SignError::NoFrom => write!(f, "DKIM-Signature: the mail has no From; every signature covers it"),
            SignError::Key(selector, why) => write!(f, "DKIM-Signature: the key {selector} cannot sign: {why}"),
        }
    }
}

impl std::error::Error for SignError {}
