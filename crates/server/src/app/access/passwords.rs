//! Passwords: argon2id, with the parameters that OWASP recommends (19 MiB, two passes, one lane).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use super::tokens;

/// In characters.
pub const SHORTEST: usize = 12;
/// In bytes: more is no safer, and slow to hash.
const LONGEST: usize = 1024;
/// Of fewer different characters a password is a pattern.
const VARIETY: usize = 5;

/// What attackers try first among passwords of this length.
const COMMON: [&str; 28] = [
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789123",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "abcdefghijkl",
    "abc123456789",
    "administrator",
    "adminadminadmin",
    "attractor1234",
    "changeme1234",
    "changemechangeme",
    "correcthorsebatterystaple",
    "iloveyou1234",
    "letmeinletmein",
    "passwordpassword",
    "password1234",
    "password12345",
    "password123456",
    "password123!",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdfghjkl",
    "qwerty123456",
    "trustno1trustno1",
    "welcome12345",
    "welcomewelcome",
];

/// Of a password that nobody has: checking it takes as long as checking a true one.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$9GJYbnQbmCqAXfN8bHbnvX3Gm5Jv5p4Bvm1mYVQWmDg";

/// Why a password will not do; a sentence for people.
pub fn judge(password: &str, email: &str) -> Result<(), String> {
    let lower = password.trim().to_lowercase();
    if password.chars().count() < SHORTEST {
        return Err(format!("a password has at least {SHORTEST} characters; a few words make a good one"));
    }
    if password.len() > LONGEST {
        return Err(format!("a password has at most {LONGEST} bytes"));
    }
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < VARIETY || COMMON.contains(&lower.as_str()) {
        return Err("this password is among the first that attackers try; a few words make a good one".into());
    }
    if !email.is_empty() && lower == email.to_lowercase() {
        return Err("the e-mail address is no password".into());
    }
    Ok(())
}

/// As the store keeps it, a PHC string. Slow on purpose: never on a thread that runs asynchronous code.
pub fn hash(password: &str) -> Result<String, String> {
    let salt: [u8; 16] = tokens::random();
    let hash = hasher()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// Whether this is the password. Takes as long where there is none to compare with. As slow as `hash`.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    let verified = PasswordHash::new(stored.unwrap_or(NOBODYS))
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
    verified && stored.is_some() && password.len() <= LONGEST
}

fn hasher() -> Result<Argon2<'static>, String> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let stored = hash("ein langer Satz über Käse").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("ein langer Satz über Käse", Some(&stored)));
        assert!(!verify("ein langer Satz über Kase", Some(&stored)));
        assert!(!verify("ein langer Satz über Käse", None));
        assert!(!verify("x", Some("no PHC string")));
        assert_ne!(stored, hash("ein langer Satz über Käse").unwrap(), "each has its own salt");
    }

    /// Else an unknown user would be told from a known one by the time.
    #[test]
    fn nobodys_password_costs_what_others_cost() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        let stored = hash("ein langer Satz").unwrap();
        let stored = PasswordHash::new(&stored).unwrap();
        assert_eq!((nobodys.algorithm, nobodys.version), (stored.algorithm, stored.version));
        assert_eq!(nobodys.params.to_string(), stored.params.to_string());
        assert_eq!(nobodys.hash.unwrap().len(), stored.hash.unwrap().len());
    }

    #[test]
    fn what_is_short_common_or_a_pattern_is_refused() {
        for (password, word) in [
            ("elf zeichen", "12 characters"),
            ("PasswordPassword", "attackers"),
            ("abababababab", "attackers"),
            ("ada.lovelace@example.com", "address"),
            (&"käse und brot ".repeat(80), "1024 bytes"),
        ] {
            let why = judge(password, "Ada.Lovelace@example.com").unwrap_err();
            assert!(why.contains(word), "{password}: {why}");
        }
        for password in ["zwölf zeiche", "four plain words here", "Ünïcödé👍👍👍👍👍"] {
            assert_eq!(judge(password, "a@example.com"), Ok(()), "{password}");
        }
        assert!(COMMON.iter().all(|common| common.len() >= SHORTEST), "what is shorter is refused anyhow");
    }
}
