//! Keys, their records, and what a signature covers. That signatures hold is verified by dkimpy in `tests/independent`.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use attractor_mail::message::Instant;
use attractor_mail::message::dkim::{Key, KeyError, SignError, Signer};

const RSA: &str = include_str!("keys/rsa.pem");
const PKCS1: &str = include_str!("keys/rsa-pkcs1.pem");
const SHORT: &str = include_str!("keys/rsa-1024.pem");

/// The key pair of RFC 8463, appendix A.2.
const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fn ed25519(selector: &str) -> Key {
    let seed = data_encoding::BASE64.decode(SEED.as_bytes()).unwrap();
    Key::ed25519(selector, &seed.try_into().unwrap()).unwrap()
}

#[test]
fn each_key_has_its_record() {
    let signer = Signer::new("B\u{fc}cher.example", vec![Key::rsa("R1", RSA).unwrap(), ed25519("e.2026")]).unwrap();
    let records = signer.records();
    assert_eq!(records[0].name, "r1._domainkey.xn--bcher-kva.example");
    assert!(
        records[0].text.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"),
        "{records:?}"
    );
    assert_eq!(records[0].strings().matches('"').count(), 4, "two strings");
    assert_eq!(records[1].name, "e.2026._domainkey.xn--bcher-kva.example");
    assert_eq!(records[1].text, PUBLIC);
}

#[test]
fn a_key_that_cannot_sign_is_refused() {
    assert!(Key::rsa("s", PKCS1).is_ok());
    assert!(matches!(Key::rsa("s", SHORT), Err(KeyError::Rsa(_))));
    for pem in ["", "x", &RSA[..RSA.len() / 2], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert_eq!(Key::rsa("s", pem).unwrap_err(), KeyError::Pem, "{pem:?}");
    }
    for selector in ["", ".", "a b", "a;b", "-a", "a\r\n", "ä", &"a".repeat(64)] {
        assert_eq!(Key::rsa(selector, RSA).unwrap_err(), KeyError::Selector(selector.to_owned()));
    }
}

#[test]
fn a_signer_needs_a_domain_and_distinct_selectors() {
    assert_eq!(Signer::new("example.org", vec![]).unwrap_err(), KeyError::NoKey);
    assert_eq!(Signer::new("x y", vec![ed25519("e")]).unwrap_err(), KeyError::Domain("x y".to_owned()));
    let twice = Signer::new("example.org", vec![ed25519("e"), ed25519("E")]);
    assert_eq!(twice.unwrap_err(), KeyError::SelectorTwice("e".to_owned()));
}

#[test]
fn keys_are_not_printed() {
    let signer = Signer::new("example.org", vec![ed25519("e")]).unwrap();
    let printed = format!("{signer:?} {:?}", ed25519("e"));
    assert_eq!(printed, r#"Signer { domain: "example.org", selectors: ["e"] } Key { selector: "e" }"#);
}

#[test]
fn a_signature_says_what_it_covers() {
    let signer = Signer::new("example.org", vec![ed25519("e")]).unwrap();
    let mail =
        b"From: a@example.org\r\nSubject: x\r\n y\r\nMessage-ID: <i>\r\nX-Other: z\r\nList-Id: <l>\r\n\r\nbody\r\n";
    let signed = signer.sign(mail, Instant(1_700_000_000_999)).unwrap();
    assert_eq!(signed, signer.sign(mail, Instant(1_700_000_000_000)).unwrap(), "whole seconds count");
    assert!(signed.ends_with(mail));
    let header = String::from_utf8(signed[..signed.len() - mail.len()].to_vec()).unwrap();
    assert!(header.ends_with("\r\n") && header.lines().all(|line| line.len() <= 78), "{header}");
    let unfolded: String = header.split_whitespace().collect();
    for tag in ["a=ed25519-sha256;", "c=relaxed/relaxed;", "d=example.org;", "s=e;", "t=1700000000;"] {
        assert!(unfolded.contains(tag), "{tag} in {unfolded}");
    }
    let names = unfolded.split_once(";h=").unwrap().1.split_once(';').unwrap().0;
    let times = |name: &str| names.split(':').filter(|signed| *signed == name).count();
    for (name, expected) in [
        ("From", 2),
        ("Subject", 2),
        ("Reply-To", 1),
        ("List-Unsubscribe", 1),
        ("Content-Type", 0),
        ("Message-ID", 2),
        ("List-Id", 1),
        ("Feedback-ID", 0),
        ("X-Other", 0),
    ] {
        assert_eq!(times(name), expected, "{name} in {names}");
    }
}

#[test]
fn a_mail_without_a_sender_is_not_signed() {
    let signer = Signer::new("example.org", vec![ed25519("e")]).unwrap();
    for mail in ["", "\r\n", "Subject: x\r\n\r\nFrom: a@example.org\r\n"] {
        assert_eq!(signer.sign(mail.as_bytes(), Instant(0)), Err(SignError::NoFrom), "{mail:?}");
    }
}
