//! The keys that sign e-mails (DKIM): an Ed25519 key that comes from the installation's secret key, and the RSA key of the
//! settings, because many receivers read RSA alone.
//!
//! A selector names its key, so that a new key has a new record in the DNS, and mails that are on their way are still
//! verified by the old one.

use std::fs;
use std::path::Path;

use attractor_mail::message::dkim::{Key, Signer};
use sha2::{Digest, Sha256};

use crate::secrets::Secrets;
use crate::settings::Settings;

/// What the Ed25519 key is derived for; it stands for ever.
const PURPOSE: &str = "dkim ed25519";

/// Signs for the domain of `From`. The error says which setting is wrong.
pub fn signer(settings: &Settings, folder: &Path, secrets: &Secrets, domain: &str) -> Result<Signer, String> {
    let selector = format!("e{}", secrets.id());
    let mut keys = vec![Key::ed25519(&selector, &secrets.derived(PURPOSE)).map_err(|why| why.to_string())?];
    if !settings.dkim_rsa.is_empty() {
        let path = folder.join(&settings.dkim_rsa);
        let wrong = |why: &dyn std::fmt::Display| format!("`dkim_rsa`: {}: {why}", path.display());
        let pem = fs::read_to_string(&path).map_err(|why| wrong(&why))?;
        keys.push(Key::rsa(&rsa_selector(&pem), &pem).map_err(|why| wrong(&why))?);
    }
    Signer::new(domain, keys).map_err(|why| why.to_string())
}

fn rsa_selector(pem: &str) -> String {
    let digest = Sha256::digest(pem.trim());
    digest[..4].iter().fold("r".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

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
        let missing = signer(&settings, "1").unwrap_err();
        assert!(missing.starts_with("`dkim_rsa`: ") && missing.contains("dkim.pem"), "{missing}");
        std::fs::write(folder.path().join("dkim.pem"), "no key").unwrap();
        assert!(signer(&settings, "1").unwrap_err().contains("PEM"));
    }
}
