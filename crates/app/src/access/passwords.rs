//! Passwords: argon2id, with the parameters that OWASP recommends (19 MiB, two passes, one lane).

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use super::tokens;

/// In characters.
pub const SHORTEST: usize = 12;
/// In bytes: more is no safer, and slow to hash.
const LONGEST: usize = 1024;
/// Fewer guesses than ten to the power of this number find a weak password. A login that is limited as ours is holds
/// against ten thousand million of them.
const GUESSES_LOG10: f64 = 10.0;
/// Passphrases that everybody has read, and that would be good ones otherwise.
const FAMOUS: [&str; 2] = ["correcthorsebatterystaple", "correct horse battery staple"];

/// Of a password that nobody has: checking it takes as long as checking a true one.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$9GJYbnQbmCqAXfN8bHbnvX3Gm5Jv5p4Bvm1mYVQWmDg";

/// Why a password will not do; a sentence for people.
///
/// Weak ones are found by zxcvbn: common passwords, names, words and what people make of them, rows of keys, dates,
/// repetitions, and what the account is called.
pub fn judge(password: &str, email: &str) -> Result<(), String> {
    if password.chars().count() < SHORTEST {
        return Err(format!("a password has at least {SHORTEST} characters; a few words make a good one"));
    }
    if password.len() > LONGEST {
        return Err(format!("a password has at most {LONGEST} bytes"));
    }
    let lower = password.trim().to_lowercase();
    if !email.is_empty() && lower == email.to_lowercase() {
        return Err("a password must not be the e-mail address; a few words make a good one".into());
    }
    let parts = email.split(|letter: char| !letter.is_alphanumeric()).filter(|part| part.len() > 2);
    let own: Vec<&str> = parts.chain([email, "attractor"]).chain(FAMOUS).filter(|part| !part.is_empty()).collect();
    if zxcvbn::zxcvbn(&lower, &own).guesses_log10() < GUESSES_LOG10 {
        return Err("this password is among the first that attackers try; a few words make a good one".into());
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
            ("qwertyuiopasdfghjkl", "attackers"),
            ("P@ssw0rdP@ssw0rd", "attackers"),
            ("iloveyou1234", "attackers"),
            ("123456789012345", "attackers"),
            ("administrator", "attackers"),
            ("attractor1234", "attackers"),
            ("ada.lovelace2026", "attackers"),
            ("correcthorsebatterystaple", "attackers"),
            ("Correct Horse Battery Staple", "attackers"),
            ("ada.lovelace@example.com", "address"),
            (&"käse und brot ".repeat(80), "1024 bytes"),
        ] {
            let why = judge(password, "Ada.Lovelace@example.com").expect_err(password);
            assert!(why.contains(word), "{password}: {why}");
        }
        for password in ["zwölf zeiche", "four plain words here", "Ünïcödé liebt Käse👍"] {
            assert_eq!(judge(password, "a@example.com"), Ok(()), "{password}");
        }
    }
}
