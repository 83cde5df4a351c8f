//! Whether `public_url` leads to this server. It calls itself there with a number that nobody can guess, and only a server
//! with the same secret key knows the answer.

use std::net::IpAddr;

use attractor_mail::dns::{Answer, Query, Reach, RecordType};
use attractor_mail::links::host;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Network;
use crate::access::tokens;
use crate::secrets::{Secrets, hex};

/// What the key is derived for.
const PURPOSE: &str = "reach";
/// Bytes of a number and of its answer.
const NONCE: usize = 16;

/// Answers calls of this server to itself.
pub struct ReachKey([u8; 32]);

/// Whether the public address led to this server.
#[derive(Debug, PartialEq, Eq)]
pub enum Reached {
    Yes,
    /// With why.
    No(String),
    /// It cannot be known at present, or there is nothing to try.
    Unknown,
}

impl Reached {
    pub fn as_reach(&self) -> Reach<'_> {
        match self {
            Reached::Yes => Reach::Reached,
            Reached::No(why) => Reach::Unreached(why),
            Reached::Unknown => Reach::Untried,
        }
    }
}

impl ReachKey {
    pub fn new(secrets: &Secrets) -> ReachKey {
        ReachKey(secrets.derived(PURPOSE))
    }

    /// The answer to a number of 32 hexadecimal digits; `None` for any other text, so that nobody chooses what is signed.
    pub fn answer(&self, nonce: &str) -> Option<String> {
        let is_nonce = nonce.len() == 2 * NONCE && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok().filter(|_| is_nonce)?;
        let bytes = mac.chain_update(nonce).finalize().into_bytes();
        Some(hex(&bytes[..NONCE]))
    }

    /// Calls the public address. Only an address with https is tried: another one is wrong in any case.
    pub fn try_out(&self, network: &dyn Network, public_url: &str) -> Reached {
        if !public_url.starts_with("https://") {
            return Reached::Unknown;
        }
        let addresses = match addresses(network, &host(public_url)) {
            Ok(addresses) => addresses,
            Err(reached) => return reached,
        };
        let nonce = nonce();
        let Some(expected) = self.answer(&nonce) else { return Reached::Unknown };
        match network.call(&format!("{public_url}/reach/{nonce}"), &addresses) {
            Ok((200, text)) if text.trim() == expected => Reached::Yes,
            Ok((200, _)) => Reached::No("another server answered".into()),
            Ok((status, _)) => Reached::No(format!("the answer was {status}")),
            Err(why) => Reached::No(why),
        }
    }
}

/// Where a host is; otherwise what that says.
fn addresses(network: &dyn Network, host: &str) -> Result<Vec<IpAddr>, Reached> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let answers = network.look_up(&[RecordType::A, RecordType::Aaaa].map(|kind| Query::new(host, kind)));
    let values = |answer: &Answer| match answer {
        Answer::Values(values) => values.iter().filter_map(|value| value.parse().ok()).collect(),
        _ => Vec::new(),
    };
    let found: Vec<IpAddr> = answers.iter().flat_map(values).collect();
    match found.is_empty() {
        false => Ok(found),
        true if answers.iter().any(|answer| matches!(answer, Answer::Failure(_))) => Err(Reached::Unknown),
        true => Err(Reached::No(format!("{host} has no address"))),
    }
}

fn nonce() -> String {
    hex(&tokens::random::<NONCE>())
}
