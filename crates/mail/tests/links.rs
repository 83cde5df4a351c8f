//! Tokens are short, serve one purpose, cannot be forged or bent, and stay readable forever.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use attractor_mail::links::{
    Error, Id, KeyId, Keys, MAX_ID, MAX_NAME, MAX_TOKEN, Name, Purpose, Scope, Second, Secret, Token,
    read_for_every_purpose,
};
use attractor_mail::message::Mailbox;
use proptest::prelude::*;

fn keys() -> Keys {
    let old = (KeyId(1), Secret::new([0x11; 32]));
    let new = (KeyId(2), Secret::new([0x22; 32]));
    Keys::new(KeyId(2), [old, new]).unwrap()
}

fn id(bytes: &[u8]) -> Id {
    Id::new(bytes).unwrap()
}

/// One token of each purpose and scope, with its text under key 1, computed from the table of the
/// module's documentation by another program.
fn golden() -> Vec<(Token, &'static str)> {
    let copy = id(b"copy-0123456789abcde");
    let address = id(&[0xaa; 20]);
    let named = |name| Name::new(name).unwrap();
    vec![
        (Token::Click { link: 3, copy }, "EAEAA2NvcHktMDEyMzQ1Njc4OWFiY2RlxuuARIV6rK2Ow2JDU-lVHQ"),
        (Token::Open { copy }, "EQFjb3B5LTAxMjM0NTY3ODlhYmNkZdV6J8RYKglCSOKoUJwPcws"),
        (
            Token::Unsubscribe { scope: Scope::All, address, copy },
            "EgEAFKqqqqqqqqqqqqqqqqqqqqqqqqqqY29weS0wMTIzNDU2Nzg5YWJjZGW8XYCemT2QJx0JObvVzQlD",
        ),
        (
            Token::Unsubscribe { scope: Scope::Subscription(named("newsletter")), address, copy },
            "EgEBCm5ld3NsZXR0ZXIUqqqqqqqqqqqqqqqqqqqqqqqqqqpjb3B5LTAxMjM0NTY3ODlhYmNkZdO2zJpokZ2ic5A__2rM38E",
        ),
        (
            Token::Unsubscribe { scope: Scope::Topic(named("shirts")), address, copy: Id::from(7) },
            "EgECBnNoaXJ0cxSqqqqqqqqqqqqqqqqqqqqqqqqqqgAAAAAAAAAH0r4RS0lCnsD-SGH4y1NhRA",
        ),
        (
            Token::Preferences { address, lead: Id::from(42) },
            "EwEUqqqqqqqqqqqqqqqqqqqqqqqqqqoAAAAAAAAAKpTzOOK5h0VTchtwGJAtPgA",
        ),
        (Token::Confirm { request: Id::from([0xc0; 16]) }, "FAHAwMDAwMDAwMDAwMDAwMDAiI_A4wJOlKkRGS7v_tRdgw"),
        (Token::Download { asset: id(b"a"), request: Id::from(9) }, "FQEBYQAAAAAAAAAJxZ_A2InWgjeGkc_nutI93w"),
        (Token::Attractor { link: u16::MAX, copy }, "FgH__2NvcHktMDEyMzQ1Njc4OWFiY2Rl2UofyOFciHcl1YbAvsdt9w"),
        (Token::Visitor { click: Id::from(1) }, "FwEAAAAAAAAAAb4KC-C6quRKMMKePOy_Pu0"),
        (Token::ReturnPath { copy }, "daawg33qpewtamjsgm2dknrxha4wcytdmrswokim454ngikhc27ndbhgg6y7e"),
        (Token::Form { served: Second(1_800_000_000), form: id(b"demo") }, "GQFrSdIAZGVtbxDriNUOrO1E3G5zYlM-AIA"),
    ]
}

#[test]
fn golden_tokens_are_read_forever() {
    let first = Keys::new(KeyId(1), [(KeyId(1), Secret::new([0x11; 32]))]).unwrap();
    for (token, text) in golden() {
        assert_eq!(first.sign(&token), text, "{token:?}");
        assert_eq!(keys().read(token.purpose(), text), Ok(token), "with a newer key beside it");
    }
}

#[test]
fn every_purpose_has_a_golden_token() {
    let covered: Vec<Purpose> = golden().iter().map(|(token, _)| token.purpose()).collect();
    for purpose in Purpose::ALL {
        assert!(covered.contains(&purpose), "{purpose:?}");
    }
}

#[test]
fn a_token_serves_one_purpose() {
    for (token, text) in golden() {
        for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != token.purpose()) {
            let refused = keys().read(purpose, text).unwrap_err();
            // The return path has letters of its own: to every other purpose it does not look like a token.
            let other_letters = [purpose, token.purpose()].contains(&Purpose::ReturnPath);
            let wrong = Error::WrongPurpose { expected: purpose, found: token.purpose() };
            assert!(refused == wrong || other_letters, "{token:?} as {purpose:?}: {refused}");
        }
    }
}

#[test]
fn no_bent_token_is_read() {
    for (token, text) in golden() {
        let letters = if token.purpose() == Purpose::ReturnPath { "abz27" } else { "abzAZ09-_" };
        for at in 0..text.len() {
            for letter in letters.chars().filter(|letter| !text[at..].starts_with(*letter)) {
                let bent = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
                assert!(keys().read(token.purpose(), &bent).is_err(), "{bent}");
            }
            assert!(keys().read(token.purpose(), &text[..at]).is_err(), "cut at {at}");
        }
        for odd in [format!("{text}a"), format!("{text}="), format!(" {text}"), format!("{text}\n"), text.repeat(2)] {
            assert!(keys().read(token.purpose(), &odd).is_err(), "{odd:?}");
        }
    }
}

#[test]
fn errors_say_why_a_token_is_refused() {
    let click = Token::Click { link: 0, copy: Id::from(1) };
    let text = keys().sign(&click);
    let other = Keys::new(KeyId(2), [(KeyId(2), Secret::new([0x33; 32]))]).unwrap();
    assert_eq!(other.read(Purpose::Click, &text), Err(Error::BadSignature), "another installation's");
    let fewer = Keys::new(KeyId(1), [(KeyId(1), Secret::new([0x11; 32]))]).unwrap();
    assert_eq!(fewer.read(Purpose::Click, &text), Err(Error::UnknownKey(KeyId(2))));
    assert_eq!(keys().read(Purpose::Click, ""), Err(Error::Malformed));
    assert_eq!(keys().read(Purpose::Click, "ä"), Err(Error::Malformed));
    assert_eq!(keys().read(Purpose::Click, &"A".repeat(MAX_TOKEN + 1)), Err(Error::Malformed));
    assert_eq!(keys().read(Purpose::Click, &"-".repeat(40)), Err(Error::UnknownVersion(15)));
    assert_eq!(
        keys().read(Purpose::Click, &format!("H{}", "A".repeat(39))),
        Err(Error::Malformed),
        "a purpose that nothing has"
    );
}

#[test]
fn keys_are_checked_when_they_are_gathered() {
    let secret = || Secret::new([1; 32]);
    assert_eq!(Keys::new(KeyId(1), []).unwrap_err(), Error::NoCurrentKey(KeyId(1)));
    assert_eq!(Keys::new(KeyId(2), [(KeyId(1), secret())]).unwrap_err(), Error::NoCurrentKey(KeyId(2)));
    let twice = [(KeyId(1), secret()), (KeyId(1), secret())];
    assert_eq!(Keys::new(KeyId(1), twice).unwrap_err(), Error::KeyTwice(KeyId(1)));
    assert!(!format!("{:?}{:?}", keys(), secret()).contains("17"), "secrets are not printed");
}

#[test]
fn ids_and_names_have_a_length() {
    for length in [0, MAX_ID + 1, 300] {
        assert_eq!(Id::new(&vec![b'x'; length]), Err(Error::IdLength(length)));
    }
    for length in [0, MAX_NAME + 1] {
        assert_eq!(Name::new(&"x".repeat(length)), Err(Error::NameLength(length)));
    }
    assert_eq!(Id::from(258).as_bytes(), [0, 0, 0, 0, 0, 0, 1, 2]);
}

#[test]
fn tokens_fit_where_they_are_used() {
    let longest = id(&[0xff; MAX_ID]);
    let name = || Name::new(&"x".repeat(MAX_NAME)).unwrap();
    let click = keys().sign(&Token::Click { link: u16::MAX, copy: longest });
    assert!(click.len() <= 60, "{}", click.len());
    let path = keys().sign(&Token::ReturnPath { copy: longest });
    assert!(path.len() <= 64, "{}", path.len());
    assert!(path.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{path}");
    let scopes = [Scope::All, Scope::Subscription(name()), Scope::Topic(name())];
    let lengths = scopes.map(|scope| keys().sign(&Token::Unsubscribe { scope, address: longest, copy: longest }).len());
    assert_eq!(lengths.iter().max(), Some(&MAX_TOKEN), "{lengths:?}");
}

#[test]
fn a_return_path_survives_a_change_of_case() {
    let token = Token::ReturnPath { copy: id(b"copy") };
    let path = keys().sign(&token);
    for changed in [path.to_uppercase(), path[..9].to_uppercase() + &path[9..]] {
        assert_eq!(keys().read(Purpose::ReturnPath, &changed), Ok(token.clone()));
    }
    let longest = keys().sign(&Token::ReturnPath { copy: id(&[0xff; MAX_ID]) });
    let mailbox = Mailbox::parse(&format!("{longest}@bounces.example.org"));
    assert_eq!(mailbox.unwrap().address().split('@').next(), Some(longest.as_str()), "it is one mailbox");
}

fn any_id() -> impl Strategy<Value = Id> {
    prop::collection::vec(any::<u8>(), 1..=MAX_ID).prop_map(|bytes| Id::new(&bytes).unwrap())
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let name = || "\\PC{1,16}".prop_map(|name| Name::new(&name).unwrap());
    prop_oneof![Just(Scope::All), name().prop_map(Scope::Subscription), name().prop_map(Scope::Topic)]
}

fn any_token() -> impl Strategy<Value = Token> {
    prop_oneof![
        (any::<u16>(), any_id()).prop_map(|(link, copy)| Token::Click { link, copy }),
        any_id().prop_map(|copy| Token::Open { copy }),
        (any_scope(), any_id(), any_id()).prop_map(|(scope, address, copy)| Token::Unsubscribe {
            scope,
            address,
            copy
        }),
        (any_id(), any_id()).prop_map(|(address, lead)| Token::Preferences { address, lead }),
        any_id().prop_map(|request| Token::Confirm { request }),
        (any_id(), any_id()).prop_map(|(asset, request)| Token::Download { asset, request }),
        (any::<u16>(), any_id()).prop_map(|(link, copy)| Token::Attractor { link, copy }),
        any_id().prop_map(|click| Token::Visitor { click }),
        any_id().prop_map(|copy| Token::ReturnPath { copy }),
        (any::<u32>(), any_id()).prop_map(|(served, form)| Token::Form { served: Second(served), form }),
    ]
}

proptest! {
    #[test]
    fn every_token_is_read_as_it_was_signed(token in any_token()) {
        let text = keys().sign(&token);
        prop_assert!(text.len() <= MAX_TOKEN);
        prop_assert_eq!(keys().read(token.purpose(), &text), Ok(token));
        prop_assert_eq!(read_for_every_purpose(&keys(), &text), 1);
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in ".*", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(read_for_every_purpose(&keys(), &text), 0);
        prop_assert_eq!(read_for_every_purpose(&keys(), &String::from_utf8_lossy(&bytes)), 0);
    }
}
