use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attractor_store::Location;

use super::reach::{ReachKey, Reached};
use super::*;
use crate::secrets::Secrets;
use crate::settings::{Dkim, Settings, defaults};

const RSA: &str = include_str!("../../../../mail/tests/keys/rsa.pem");

/// A DNS as a table, and a public address that leads here, elsewhere or nowhere.
struct Table {
    answers: Mutex<BTreeMap<Query, Answer>>,
    key: ReachKey,
    leads: &'static str,
}

impl Network for Table {
    fn look_up(&self, queries: &[Query]) -> Vec<Answer> {
        let answers = self.answers.lock().unwrap();
        queries.iter().map(|query| answers.get(query).cloned().unwrap_or(Answer::Nothing)).collect()
    }

    fn call(&self, url: &str, addresses: &[IpAddr]) -> Result<(u16, String), String> {
        assert!(!addresses.is_empty());
        let nonce = url.strip_prefix("https://leads.acme.example/reach/").unwrap();
        match self.leads {
            "here" => Ok((200, format!("{}\n", self.key.answer(nonce).unwrap()))),
            "elsewhere" => Ok((200, "welcome to nginx".into())),
            "lost" => Ok((404, String::new())),
            why => Err(why.to_owned()),
        }
    }
}

fn secrets() -> Secrets {
    Secrets::parse(&"7".repeat(64)).unwrap()
}

fn settings() -> Settings {
    Settings {
        sender_email: "news@acme.example".into(),
        postal_address: "1 Mill Road, Leeds".into(),
        public_url: "https://leads.acme.example".into(),
        spf: "include:_spf.mail.example".into(),
        dkim_rsa: "dkim.pem".into(),
        ..defaults().unwrap()
    }
}

/// A DNS with all that the settings need.
fn right(folder: &Path) -> BTreeMap<Query, Answer> {
    let table = Table { answers: Mutex::default(), key: ReachKey::new(&secrets()), leads: "here" };
    let verifier = Verifier::new(&settings(), folder, &secrets(), Arc::new(table)).unwrap();
    let mut answers: BTreeMap<Query, Answer> = BTreeMap::new();
    for record in verifier.status(None, false).records {
        if record.purpose != "tracking" {
            answers.insert(Query::new(&record.name, RecordType::Txt), Answer::Values(vec![record.value]));
        }
    }
    for (name, kind, value) in [
        ("leads.acme.example", RecordType::A, "192.0.2.7"),
        ("_spf.mail.example", RecordType::Txt, "v=spf1 ip4:192.0.2.0/24 -all"),
    ] {
        answers.insert(Query::new(name, kind), Answer::Values(vec![value.into()]));
    }
    answers
}

/// What a check finds: whether the domain is verified, and the causes.
fn found(
    settings: &Settings,
    change: impl FnOnce(&mut BTreeMap<Query, Answer>),
    leads: &'static str,
    last: bool,
) -> (bool, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dkim.pem"), RSA).unwrap();
    let mut answers = right(folder.path());
    change(&mut answers);
    let table = Table { answers: Mutex::new(answers), key: ReachKey::new(&secrets()), leads };
    let verifier = Verifier::new(settings, folder.path(), &secrets(), Arc::new(table)).unwrap();
    let stored = verifier.examine(&|| Duration::ZERO).stored(&verifier, last, 5);
    assert!(stored.causes.iter().all(|cause| cause.message.contains(' ')), "{:?}", stored.causes);
    (stored.verified, stored.causes.into_iter().map(|cause| cause.cause).collect())
}

fn nothing(_: &mut BTreeMap<Query, Answer>) {}

#[test]
fn a_domain_with_all_records_is_verified() {
    assert_eq!(found(&settings(), nothing, "here", false), (true, vec![]));
}

type Change<'c> = &'c dyn Fn(&mut Settings);

#[test]
fn each_thing_that_is_missing_is_a_cause() {
    let without = |change: Change| {
        let mut settings = settings();
        change(&mut settings);
        found(&settings, nothing, "here", true)
    };
    let table: [(Change, &[&str]); 10] = [
        (&|settings| settings.postal_address = " ".into(), &["no_postal_address"]),
        (&|settings| settings.public_url = String::new(), &["public_url"]),
        (&|settings| settings.public_url = "http://leads.acme.example".into(), &["public_url"]),
        (&|settings| settings.spf = String::new(), &["spf"]),
        (&|settings| settings.spf = "ip4:198.51.100.1".into(), &["spf"]),
        (&|settings| settings.dkim_rsa = String::new(), &["dkim"]),
        (&|settings| settings.dkim_rsa = "lost.pem".into(), &["dkim"]),
        (&|settings| settings.bounce_domain = "bounce.acme.example".into(), &["return_path_spf"]),
        (&|settings| settings.bounce_domain = "bounce.other.example".into(), &["settings"]),
        (&|settings| settings.sender_email = "acme@gmail.com".into(), &["free_mail", "spf", "dkim", "dkim", "dmarc"]),
    ];
    for (change, causes) in table {
        assert_eq!(without(change), (false, causes.iter().map(|cause| (*cause).to_owned()).collect()));
    }
}

#[test]
fn each_record_that_is_missing_is_a_cause() {
    for (name, causes) in
        [("acme.example", ["spf"]), ("_dmarc.acme.example", ["dmarc"]), ("_spf.mail.example", ["spf"])]
    {
        let lost = |answers: &mut BTreeMap<Query, Answer>| drop(answers.remove(&Query::new(name, RecordType::Txt)));
        assert_eq!(found(&settings(), lost, "here", true), (false, causes.map(str::to_owned).to_vec()), "{name}");
    }
}

#[test]
fn a_dns_that_fails_keeps_what_was_known() {
    let silent = |answers: &mut BTreeMap<Query, Answer>| {
        answers.values_mut().for_each(|answer| *answer = Answer::Failure("timeout".into()));
    };
    for last in [false, true] {
        let (verified, causes) = found(&settings(), silent, "here", last);
        assert_eq!(verified, last);
        assert!(causes.contains(&"spf".to_owned()) && causes.contains(&"unreached".to_owned()), "{causes:?}");
    }
}

#[test]
fn names_that_are_asked_too_late_have_failed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dkim.pem"), RSA).unwrap();
    let table = Table { answers: Mutex::new(right(folder.path())), key: ReachKey::new(&secrets()), leads: "here" };
    let verifier = Verifier::new(&settings(), folder.path(), &secrets(), Arc::new(table)).unwrap();
    let stored = verifier.examine(&|| Duration::from_secs(60)).stored(&verifier, true, 5);
    assert!(stored.verified && stored.causes[0].message.contains("taken too long"), "{:?}", stored.causes);
}

#[test]
fn a_public_address_that_leads_elsewhere_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dkim.pem"), RSA).unwrap();
    let no = |why: &str| Reached::No(why.to_owned());
    for (leads, reached) in [
        ("here", Reached::Yes),
        ("elsewhere", no("another server answered")),
        ("lost", no("the answer was 404")),
        ("connection refused", no("connection refused")),
    ] {
        let table = Table { answers: Mutex::new(right(folder.path())), key: ReachKey::new(&secrets()), leads };
        let key = ReachKey::new(&secrets());
        assert_eq!(key.try_out(&table, "https://leads.acme.example"), reached);
        assert_eq!(key.try_out(&table, "https://nowhere.acme.example"), no("nowhere.acme.example has no address"));
        assert_eq!(key.try_out(&table, "http://leads.acme.example"), Reached::Unknown);
        let is_known = found(&settings(), nothing, leads, true).0;
        assert_eq!(is_known, reached == Reached::Yes, "{leads}");
    }
}

#[test]
fn only_numbers_are_answered() {
    let key = ReachKey::new(&secrets());
    for text in ["", "x", "ed25519", &"g".repeat(32), &"0".repeat(33)] {
        assert_eq!(key.answer(text), None);
    }
    let (one, other) = (key.answer(&"0".repeat(32)).unwrap(), key.answer(&"1".repeat(32)).unwrap());
    assert!(one != other && one.len() == 32);
}

#[test]
fn what_was_found_holds_for_this_domain_and_this_address() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dkim.pem"), RSA).unwrap();
    let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
    let made = |settings: &Settings, answers| {
        let table = Table { answers: Mutex::new(answers), key: ReachKey::new(&secrets()), leads: "here" };
        Verifier::new(settings, folder.path(), &secrets(), Arc::new(table)).unwrap()
    };
    let mut check = |verifier: &Verifier, at| {
        let stored = store(&mut connection, verifier, verifier.examine(&|| Duration::ZERO), at, at).unwrap().0;
        (stored.verified, is_verified(&mut connection, verifier.sender()).unwrap())
    };
    let good = made(&settings(), right(folder.path()));
    assert_eq!(check(&good, 1), (true, true));
    let silent = right(folder.path()).into_keys().map(|query| (query, Answer::Failure("timeout".into()))).collect();
    let silent = made(&settings(), silent);
    assert_eq!(check(&silent, 2), (true, true), "the last verdict holds");
    assert_eq!(check(&made(&settings(), BTreeMap::new()), 3), (false, false));
    assert_eq!(check(&silent, 4), (false, false));
    assert_eq!(check(&good, 5), (true, true));
    let moved = Settings { public_url: "https://new.acme.example".into(), ..settings() };
    let moved = made(&moved, BTreeMap::new());
    assert!(!is_verified(&mut connection, moved.sender()).unwrap());
    let other = made(&Settings { spf: "ip4:198.51.100.1".into(), ..settings() }, BTreeMap::new());
    for (verifier, holds) in [(&good, true), (&other, false)] {
        forget_outdated(&mut connection, verifier).unwrap();
        assert_eq!(
            is_verified(&mut connection, good.sender()).unwrap(),
            holds,
            "of the settings that it was made with"
        );
    }
    lane::set_state(&mut connection, CHECKED, "{").unwrap();
    assert!(!is_verified(&mut connection, good.sender()).unwrap());
}

#[test]
fn a_server_without_a_sender_has_nothing_to_check() {
    let folder = tempfile::tempdir().unwrap();
    let table = Table { answers: Mutex::default(), key: ReachKey::new(&secrets()), leads: "here" };
    let verifier = Verifier::new(&defaults().unwrap(), folder.path(), &secrets(), Arc::new(table)).unwrap();
    assert!(verifier.refuse_nobody().unwrap_err().starts_with("`sender_email` is not set"));
    let status = verifier.status(None, false);
    assert_eq!((status.domain, status.is_needed, status.records), (None, false, Vec::new()));
}

#[test]
fn a_setting_that_is_missing_hides_only_its_own_records() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dkim.pem"), RSA).unwrap();
    let purposes = |change: Change| {
        let mut settings = settings();
        change(&mut settings);
        let table = Table { answers: Mutex::default(), key: ReachKey::new(&secrets()), leads: "here" };
        let verifier = Verifier::new(&settings, folder.path(), &secrets(), Arc::new(table)).unwrap();
        let examined = verifier.examine(&|| Duration::ZERO).stored(&verifier, false, 5).records;
        let records = verifier.status(None, false).records;
        assert_eq!(records.len(), examined.len());
        records.into_iter().map(|record| record.purpose).collect::<Vec<_>>()
    };
    assert_eq!(purposes(&|_| {}), ["spf", "dkim", "dkim", "dmarc", "tracking"]);
    assert_eq!(purposes(&|settings| settings.spf = String::new()), ["dkim", "dkim", "dmarc", "tracking"]);
    assert_eq!(purposes(&|settings| settings.dkim_rsa = "lost.pem".into()), ["spf", "dkim", "dmarc", "tracking"]);
    let rsa = |file: &'static str| {
        move |settings: &mut Settings| (settings.dkim, settings.dkim_rsa) = (Dkim::Rsa, file.into())
    };
    assert_eq!(purposes(&rsa("dkim.pem")), ["spf", "dkim", "dmarc", "tracking"]);
    for file in ["lost.pem", ""] {
        assert_eq!(purposes(&rsa(file)), ["spf", "dmarc", "tracking"], "{file:?}");
    }
    assert_eq!(purposes(&|settings| settings.dkim = Dkim::None), ["spf", "dmarc", "tracking"]);
    let services = |settings: &mut Settings| {
        (settings.dkim, settings.dkim_selectors) = (Dkim::None, vec!["s1".into(), "s2".into()]);
    };
    assert_eq!(purposes(&services), ["spf", "dkim", "dkim", "dmarc", "tracking"]);
}

#[test]
fn a_service_that_signs_is_believed_once_its_key_is_in_the_dns() {
    let none = |selectors: &[&str]| Settings {
        dkim: Dkim::None,
        dkim_rsa: String::new(),
        dkim_selectors: selectors.iter().map(|selector| (*selector).to_owned()).collect(),
        ..settings()
    };
    let key = |answers: &mut BTreeMap<Query, Answer>| {
        let record = Answer::Values(vec!["k=rsa; p=QUJD".into()]);
        answers.insert(Query::new("s1._domainkey.acme.example", RecordType::Txt), record);
    };
    let dkim = || vec!["dkim".to_owned()];
    assert_eq!(found(&none(&["s1"]), key, "here", false), (true, vec![]));
    assert_eq!(found(&none(&["s1"]), nothing, "here", true), (false, dkim()));
    assert_eq!(found(&none(&[]), key, "here", true), (false, dkim()), "its keys must be named");
    let rsa = Settings { dkim: Dkim::Rsa, ..settings() };
    let without_own = |answers: &mut BTreeMap<Query, Answer>| answers.retain(|query, _| !query.name().starts_with('e'));
    assert_eq!(found(&rsa, without_own, "here", false), (true, vec![]), "only the records of the keys that sign");
    let no_file = Settings { dkim_rsa: String::new(), ..rsa };
    assert_eq!(found(&no_file, nothing, "here", true), (false, dkim()), "said once");
}

#[test]
fn a_domain_that_nobody_can_own_is_named_as_reserved_until_it_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let causes = |settings: &Settings, verified: bool| {
        let table = Table { answers: Mutex::default(), key: ReachKey::new(&secrets()), leads: "here" };
        let verifier = Verifier::new(settings, folder.path(), &secrets(), Arc::new(table)).unwrap();
        let stored = verifier.examine(&|| Duration::ZERO).stored(&verifier, false, 5);
        let status = verifier.status(Some(StoredCheck { verified, ..stored }), true);
        status.causes.into_iter().filter(|cause| cause.cause == "reserved").count()
    };
    let from = |email: &str| Settings { sender_email: email.into(), ..settings() };
    for (email, expected) in [
        ("news@acme.test", 1),
        ("news@acme.example", 1),
        ("news@acme.invalid", 1),
        ("news@localhost.localhost", 1),
        ("news@acme.io", 0),
        ("", 0),
    ] {
        assert_eq!(causes(&from(email), false), expected, "{email}");
        assert_eq!(causes(&from(email), true), 0, "{email}");
    }
    let own_dns = Settings { dns_server: "192.0.2.53:53".into(), ..from("news@acme.example") };
    assert_eq!(causes(&own_dns, false), 0, "it may know such domains");
}

#[test]
fn a_check_that_cannot_be_read_verifies_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
    for text in ["{", "[]", ""] {
        lane::set_state(&mut connection, CHECKED, text).unwrap();
        assert!(!is_verified(&mut connection, &crate::sending::testing::sender()).unwrap(), "{text}");
    }
}
