//! Tokens are short, serve one purpose, cannot be forged or bent, and stay readable forever.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use attractor_mail::links::{
    AddressHash, CopyId, Error, Id, KeyId, Keys, MAX_ID, MAX_NAME, MAX_TOKEN, Name, Purpose, Scope, Second, Secret,
    Token, read_for_every_purpose,
};
use attractor_mail::message::Mailbox;
use proptest::prelude::*;

fn keys() -> Keys {
    let old = (KeyId(1), Secret::new([0x11; 32]));
    let new = (KeyId(2), Secret::new([0x22; 32]));
    Keys::new(new, [old]).unwrap()
}

fn id(bytes: &[u8]) -> Id {
    Id::new(bytes).unwrap()
}

/// One token of each purpose and scope, with its text under key 1, computed from the table of the
/// module's documentation by another program.
fn golden() -> Vec<(Token, &'static str)> {
    let copy = CopyId { lead: 414, tag: 0x0123_4567_89ab_cdef };
    let far = CopyId { lead: (1 << 62) + 5, tag: -2 };
    let address = AddressHash([0xaa; 32]);
    let named = |name| Name::new(name).unwrap();
    vec![
        (Token::Click { link: 3, copy }, "EAEAAwAAAAAAAAGeASNFZ4mrze9pWmsU0kJHA4i5OUCbGMAI"),
        (Token::Open { copy }, "EQEAAAAAAAABngEjRWeJq83vGz6GIDjKv0K5IURtYTP6_g"),
        (
            Token::Unsubscribe { scope: Scope::All, address, copy },
            "EgEAqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqoAAAAAAAABngEjRWeJq83vvxnXz_Uu3gJs-VHm-bghAw",
        ),
        (
            Token::Unsubscribe { scope: Scope::Subscription(named("newsletter")), address, copy },
            "EgEBCm5ld3NsZXR0ZXKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqgAAAAAAAAGeASNFZ4mrze9_WV2klxA7JnpiM2JyJjcL",
        ),
        (
            Token::Unsubscribe { scope: Scope::Topic(named("shirts")), address, copy: far },
            "EgECBnNoaXJ0c6qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqQAAAAAAAAAX__________ilav9Ob-rP0kQOSXKPtiMc",
        ),
        (
            Token::Preferences { address, lead: Id::from(42) },
            "EwGqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqgAAAAAAAAAqm_3DsHt2Sou-DkzIEGjZsA",
        ),
        (Token::Confirm { request: Id::from([0xc0; 16]) }, "FAHAwMDAwMDAwMDAwMDAwMDAiI_A4wJOlKkRGS7v_tRdgw"),
        (Token::Download { asset: id(b"a"), request: Id::from(9) }, "FQEBYQAAAAAAAAAJxZ_A2InWgjeGkc_nutI93w"),
        (Token::Attractor { link: u16::MAX, copy }, "FgH__wAAAAAAAAGeASNFZ4mrze8j1aQ-x1__QjvEMp7aaFZZ"),
        (Token::Visitor { click: Id::from(1) }, "FwEAAAAAAAAAAb4KC-C6quRKMMKePOy_Pu0"),
        (Token::ReturnPath { copy }, "daaqaaaaaaaaaam6aerukz4jvpg66fsmototn3rqwjqeqnu5gbp5tra"),
        (Token::Form { served: Second(1_800_000_000), form: id(b"demo") }, "GQFrSdIAZGVtbxDriNUOrO1E3G5zYlM-AIA"),
        (
            Token::Message { lead: 414, copy: 0x0123_4567_89ab_cdef_u64.to_be_bytes() },
            "diaqaaaaaaaaaam6aerukz4jvpg66odoyiyszfrbsdwjqnrfbjmpxwi",
        ),
    ]
}

#[test]
fn golden_tokens_are_read_forever() {
    let first = Keys::new((KeyId(1), Secret::new([0x11; 32])), []).unwrap();
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

fn in_addresses(purpose: Purpose) -> bool {
    [Purpose::ReturnPath, Purpose::Message].contains(&purpose)
}

#[test]
fn a_token_serves_one_purpose() {
    for (token, text) in golden() {
        for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != token.purpose()) {
            let refused = keys().read(purpose, text).unwrap_err();
            // What stands in an address has letters of its own: to every other purpose it does not look like a token.
            let other_letters = in_addresses(purpose) != in_addresses(token.purpose());
            let wrong = Error::WrongPurpose { expected: purpose, found: token.purpose() };
            assert!(refused == wrong || other_letters, "{token:?} as {purpose:?}: {refused}");
        }
    }
}

#[test]
fn no_bent_token_is_read() {
    for (token, text) in golden() {
        let letters = if in_addresses(token.purpose()) { "abz27" } else { "abzAZ09-_" };
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
    let click = Token::Click { link: 0, copy: CopyId { lead: 1, tag: 1 } };
    let text = keys().sign(&click);
    let other = Keys::new((KeyId(2), Secret::new([0x33; 32])), []).unwrap();
    assert_eq!(other.read(Purpose::Click, &text), Err(Error::BadSignature), "another installation's");
    let fewer = Keys::new((KeyId(1), Secret::new([0x11; 32])), []).unwrap();
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

/// Every installation gives its keys numbers of its own. An archive that is restored into another one brings its keys along,
/// whose numbers may be taken.
#[test]
fn the_links_of_two_installations_are_read_where_their_keys_have_one_number() {
    let key = |byte| (KeyId(7), Secret::new([byte; 32]));
    let installations = [0x41, 0x42, 0x43].map(|byte| Keys::new(key(byte), []).unwrap());
    let joined = Keys::new(key(0x42), [key(0x41), key(0x43)]).unwrap();
    for (token, _) in golden() {
        for own in &installations {
            assert_eq!(joined.read(token.purpose(), &own.sign(&token)), Ok(token.clone()), "{own:?}");
        }
        assert_eq!(joined.sign(&token), installations[1].sign(&token), "the key that was given to sign does");
        let stranger = Keys::new(key(0x44), []).unwrap().sign(&token);
        assert_eq!(joined.read(token.purpose(), &stranger), Err(Error::BadSignature));
    }
}

#[test]
fn a_key_is_given_once() {
    let key = |number, byte| (KeyId(number), Secret::new([byte; 32]));
    assert_eq!(Keys::new(key(1, 1), [key(1, 1)]).unwrap_err(), Error::KeyTwice(KeyId(1)));
    assert_eq!(Keys::new(key(1, 1), [key(2, 1), key(2, 1)]).unwrap_err(), Error::KeyTwice(KeyId(2)));
    assert!(Keys::new(key(1, 1), [key(2, 1)]).is_ok(), "one secret may have two numbers");
    assert!(!format!("{:?}{:?}", keys(), Secret::new([17; 32])).contains("17"), "secrets are not printed");
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
    let (copy, address) = (CopyId { lead: i64::MAX, tag: -1 }, AddressHash([0xff; 32]));
    let name = || Name::new(&"x".repeat(MAX_NAME)).unwrap();
    let click = keys().sign(&Token::Click { link: u16::MAX, copy });
    assert_eq!(click.len(), 48);
    let path = keys().sign(&Token::ReturnPath { copy });
    assert_eq!(path.len(), 55, "a local part has at most 64 bytes");
    assert!(path.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{path}");
    let scopes = [Scope::All, Scope::Subscription(name()), Scope::Topic(name())];
    let lengths = scopes.map(|scope| keys().sign(&Token::Unsubscribe { scope, address, copy }).len());
    assert_eq!(lengths.iter().max(), Some(&MAX_TOKEN), "{lengths:?}");
}

#[test]
fn the_id_of_a_mail_is_that_of_its_copy() {
    let id = |lead, send_id| keys().sign(&Token::of_message(lead, send_id));
    assert_eq!(id(414, "17/sequence/welcome/0/1"), id(414, "17/sequence/welcome/0/1"));
    let others = [id(414, "17/sequence/welcome/0/2"), id(415, "17/sequence/welcome/0/1")];
    assert!(!others.contains(&id(414, "17/sequence/welcome/0/1")));
    let changed = id(414, "x").to_uppercase();
    assert_eq!(
        keys().read(Purpose::Message, &changed),
        Ok(Token::of_message(414, "x")),
        "whatever case it comes back in"
    );
}

#[test]
fn a_return_path_survives_a_change_of_case() {
    let token = Token::ReturnPath { copy: CopyId { lead: 414, tag: 9 } };
    let path = keys().sign(&token);
    for changed in [path.to_uppercase(), path[..9].to_uppercase() + &path[9..]] {
        assert_eq!(keys().read(Purpose::ReturnPath, &changed), Ok(token.clone()));
    }
    let mailbox = Mailbox::parse(&format!("{path}@bounces.example.org"));
    assert_eq!(mailbox.unwrap().address().split('@').next(), Some(path.as_str()), "it is one mailbox");
}

fn any_id() -> impl Strategy<Value = Id> {
    prop::collection::vec(any::<u8>(), 1..=MAX_ID).prop_map(|bytes| Id::new(&bytes).unwrap())
}

fn any_copy() -> impl Strategy<Value = CopyId> {
    (any::<i64>(), any::<i64>()).prop_map(|(lead, tag)| CopyId { lead, tag })
}

fn any_address() -> impl Strategy<Value = AddressHash> {
    any::<[u8; 32]>().prop_map(AddressHash)
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let name = || "\\PC{1,16}".prop_map(|name| Name::new(&name).unwrap());
    prop_oneof![Just(Scope::All), name().prop_map(Scope::Subscription), name().prop_map(Scope::Topic)]
}

fn any_token() -> impl Strategy<Value = Token> {
    prop_oneof![
        (any::<u16>(), any_copy()).prop_map(|(link, copy)| Token::Click { link, copy }),
        any_copy().prop_map(|copy| Token::Open { copy }),
        (any_scope(), any_address(), any_copy()).prop_map(|(scope, address, copy)| Token::Unsubscribe {
            scope,
            address,
            copy
        }),
        (any_address(), any_id()).prop_map(|(address, lead)| Token::Preferences { address, lead }),
        any_id().prop_map(|request| Token::Confirm { request }),
        (any_id(), any_id()).prop_map(|(asset, request)| Token::Download { asset, request }),
        (any::<u16>(), any_copy()).prop_map(|(link, copy)| Token::Attractor { link, copy }),
        any_id().prop_map(|click| Token::Visitor { click }),
        any_copy().prop_map(|copy| Token::ReturnPath { copy }),
        (any::<u32>(), any_id()).prop_map(|(served, form)| Token::Form { served: Second(served), form }),
        (any::<i64>(), any::<[u8; 8]>()).prop_map(|(lead, copy)| Token::Message { lead, copy }),
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
