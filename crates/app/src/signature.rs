//! Signatures of webhooks: HMAC-SHA256. Outgoing ones follow Standard Webhooks (symmetric, `v1`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::access::tokens;
use super::secrets::hex;

const PREFIX: &str = "whsec_";

/// A new secret, `whsec_…`.
pub fn new_secret() -> String {
    format!("{PREFIX}{}", BASE64.encode(tokens::random::<24>()))
}

/// The value of the header `webhook-signature`. `seconds` is that of `webhook-timestamp`.
pub fn sign(secret: &str, id: &str, seconds: i64, body: &str) -> Result<String, String> {
    let encoded = secret.strip_prefix(PREFIX).ok_or("the secret is none of ours")?;
    let key = BASE64.decode(encoded).map_err(|_| "the secret is none of ours")?;
    let signature = mac(&key, &[id.as_bytes(), b".", seconds.to_string().as_bytes(), b".", body.as_bytes()]);
    Ok(format!("v1,{}", BASE64.encode(signature)))
}

/// Whether `given` is the signature of a body: in hexadecimal or base64, with or without `sha256=` before it.
pub fn is_signature(secret: &[u8], body: &[u8], given: &str) -> bool {
    let given = given.trim();
    let given = given.strip_prefix("sha256=").unwrap_or(given);
    let right = mac(secret, &[body]);
    tokens::same(given.to_ascii_lowercase().as_bytes(), hex(&right).as_bytes())
        || BASE64.decode(given).is_ok_and(|bytes| tokens::same(&bytes, &right))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // A MAC takes keys of any length.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's `hmac` and `base64`.
    #[test]
    fn signatures_are_those_that_others_make() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}").unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        sign("x", "a", 1, "b").unwrap_err();
        assert!(sign(&new_secret(), "a", 1, "b").unwrap().len() == 47);
    }

    #[test]
    fn a_signature_comes_in_hexadecimal_or_base64() {
        let hex = "88aab3ede8d3adf94d26ab90d3bafd4a2083070c3bcce9c014ee04a443847c0b";
        let base64 = "iKqz7ejTrflNJquQ07r9SiCDBww7zOnAFO4EpEOEfAs=";
        for given in [hex, &format!("sha256={}", hex.to_uppercase()), base64, &format!("sha256={base64}")] {
            assert!(is_signature(b"secret", b"hello", given), "{given}");
        }
        for given in ["", "sha256=", &hex[1..], "iKqz"] {
            assert!(!is_signature(b"secret", b"hello", given), "{given}");
        }
    }
}
