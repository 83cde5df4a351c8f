//! The keys that sign e-mails (DKIM): an Ed25519 key that comes from the installation's secret key, and the RSA key of the
//! settings, because many receivers read RSA alone. Which of them sign is a setting: some services sign what they take.
//!
//! A selector names its key, so that a new key has a new record in the DNS, and mails that are on their way are still
//! verified by the old one.

use std::fs;
use std::path::Path;

use attractor_mail::message::dkim::{Key, Signer};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::secrets::Secrets;
use crate::settings::Settings;

/// What the Ed25519 key is derived for; it stands for ever.
const PURPOSE: &str = "dkim ed25519";

/// Which signatures e-mails get.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Dkim {
    #[serde(rename = "rsa+ed25519")]
    RsaAndEd25519,
    #[serde(rename = "rsa")]
    Rsa,
    /// Whoever takes the e-mails signs them.
    #[serde(rename = "none")]
    None,
}

/// Signs for the domain of `From`. The error says which setting is wrong.
pub fn signer(settings: &Settings, folder: &Path, secrets: &Secrets, domain: &str) -> Result<Signer, String> {
    let mut keys = own_keys(settings, secrets)?;
    if settings.dkim != Dkim::None && !settings.dkim_rsa.is_empty() {
        keys.push(rsa_key(&folder.join(&settings.dkim_rsa))?);
    }
    signer_of(domain, keys)
}

/// The same without the RSA key where its file is wrong, so that the server starts all the same. Marketing then waits,
/// because the sender domain is not verified.
pub fn signer_at_start(settings: &Settings, folder: &Path, secrets: &Secrets, domain: &str) -> Result<Signer, String> {
    signer(settings, folder, secrets, domain).or_else(|_| signer_without_rsa(settings, secrets, domain))
}

/// Logs why e-mails are not signed with the RSA key, once for all who sign.
pub fn log_missing_key(settings: &Settings, folder: &Path, secrets: &Secrets, domain: &str) {
    if let Err(why) = signer(settings, folder, secrets, domain) {
        tracing::error!(
            why,
            "e-mails cannot be signed with the RSA key; marketing waits until the server starts with it"
        );
    }
}

/// Signs with the key of the installation alone, or not at all where the settings do not want its signature: a signature
/// whose key is not in the DNS helps nobody.
pub fn signer_without_rsa(settings: &Settings, secrets: &Secrets, domain: &str) -> Result<Signer, String> {
    signer_of(domain, own_keys(settings, secrets)?)
}

/// Signs with the key of the installation, whatever the settings want.
pub fn own_signer(secrets: &Secrets, domain: &str) -> Result<Signer, String> {
    Signer::new(domain, vec![own_key(secrets)?]).map_err(|why| why.to_string())
}

fn signer_of(domain: &str, keys: Vec<Key>) -> Result<Signer, String> {
    let signer = if keys.is_empty() { Signer::unsigned(domain) } else { Signer::new(domain, keys) };
    signer.map_err(|why| why.to_string())
}

fn own_keys(settings: &Settings, secrets: &Secrets) -> Result<Vec<Key>, String> {
    match settings.dkim {
        Dkim::RsaAndEd25519 => Ok(vec![own_key(secrets)?]),
        Dkim::Rsa | Dkim::None => Ok(Vec::new()),
    }
}

fn own_key(secrets: &Secrets) -> Result<Key, String> {
    let selector = format!("e{}", secrets.id());
    Key::ed25519(&selector, &secrets.derived(PURPOSE)).map_err(|why| why.to_string())
}

fn rsa_key(path: &Path) -> Result<Key, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("`dkim_rsa`: {}: {why}", path.display());
    let pem = fs::read_to_string(path).map_err(|why| wrong(&format!("its file cannot be read: {why}")))?;
    Key::rsa(&rsa_selector(&pem), &pem).map_err(|why| wrong(&why))
}

fn rsa_selector(pem: &str) -> String {
    let digest = Sha256::digest(pem.trim());
    digest[..4].iter().fold("r".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

    const RSA: &str = include_str!("../../../mail/tests/keys/rsa.pem");

    #[test]
    fn the_setting_says_which_keys_sign() {
        let (folder, secrets) = (tempfile::tempdir().unwrap(), Secrets::parse(&"1".repeat(64)).unwrap());
        std::fs::write(folder.path().join("dkim.pem"), RSA).unwrap();
        // The first letters of the selectors, with the RSA key, without it, and where its file is lost.
        for (dkim, files) in
            [(Dkim::RsaAndEd25519, ["er", "e", "e"]), (Dkim::Rsa, ["r", "", ""]), (Dkim::None, ["", "", ""])]
        {
            for (file, letters) in ["dkim.pem", "", "lost.pem"].into_iter().zip(files) {
                let settings = Settings { dkim, dkim_rsa: file.into(), ..defaults().unwrap() };
                let signer = signer_at_start(&settings, folder.path(), &secrets, "acme.example").unwrap();
                let found: String = signer.records().iter().filter_map(|record| record.name.chars().next()).collect();
                assert_eq!(found, letters, "{dkim:?} {file}");
                let mail = b"From: <news@acme.example>\r\n\r\nHello\r\n";
                let signed = signer.sign(mail, attractor_engine::time::Instant(0)).unwrap();
                assert_eq!(signed == mail, letters.is_empty(), "{dkim:?} {file}");
            }
        }
    }

    #[test]
    fn a_selector_belongs_to_its_key() {
        let (folder, mut settings) = (tempfile::tempdir().unwrap(), defaults().unwrap());
        let secrets = |digit: &str| Secrets::parse(&digit.repeat(64)).unwrap();
        let signer = |settings: &Settings, digit: &str| {
            signer(settings, folder.path(), &secrets(digit), "acme.example").map(|signer| signer.records())
        };
        let one = signer(&settings, "1").unwrap();
        assert_eq!(one.len(), 1);
        assert_eq!(signer(&settings, "1").unwrap(), one);
        assert_ne!(signer(&settings, "2").unwrap()[0].name, one[0].name);
        assert!(one[0].name.starts_with('e') && one[0].name.ends_with("._domainkey.acme.example"), "{one:?}");
        settings.dkim_rsa = "dkim.pem".into();
        let started = signer_at_start(&settings, folder.path(), &secrets("1"), "acme.example").unwrap();
        assert_eq!(started.records(), one, "a file that is not there does not keep the server from starting");
        let missing = signer(&settings, "1").unwrap_err();
        assert!(missing.starts_with("`dkim_rsa`: ") && missing.contains("dkim.pem"), "{missing}");
        std::fs::write(folder.path().join("dkim.pem"), "no key").unwrap();
        assert!(signer(&settings, "1").unwrap_err().contains("PEM"));
    }
}
