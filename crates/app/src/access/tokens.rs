//! What nobody can guess: keys, tokens of sessions and links. The store has their hashes alone.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 43 of 62 characters hold 256 bits.
const LENGTH: usize = 43;

/// Bytes from the system's source of randomness. Without one there is nothing safe to do but to end.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// 256 random bits as letters and digits.
pub fn token() -> String {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        // What is beyond the last multiple of 62 is thrown away, so that each character is as likely.
        let fair = random::<64>().into_iter().filter(|byte| *byte < 248).map(|byte| ALPHABET[usize::from(byte % 62)]);
        text.extend(fair.take(LENGTH - text.len()).map(char::from));
    }
    text
}

/// What the store keeps of a token. A random token needs no salt and no slow hash.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether two are the same, without telling by the time where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_plain_and_never_the_same() {
        let (a, b) = (token(), token());
        assert_ne!(a, b);
        assert!(a.len() == 43 && a.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{a}");
    }

    #[test]
    fn every_character_comes_about_as_often() {
        let mut seen = [0_u32; 62];
        for byte in (0..2_000).flat_map(|_| token().into_bytes()) {
            seen[ALPHABET.iter().position(|letter| *letter == byte).unwrap()] += 1;
        }
        // 86,000 over 62 are 1,387 each; seven standard deviations are 260.
        assert!(seen.iter().all(|count| (1_127..1_647).contains(count)), "{seen:?}");
    }

    #[test]
    fn a_hash_is_sha_256() {
        assert_eq!(hash("abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(same(&hash("abc"), &hash("abc")) && !same(&hash("abc"), &hash("abd")) && !same(b"a", b"ab"));
    }
}
