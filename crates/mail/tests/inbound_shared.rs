//! The reader on real bounces that lie beside the repository, where they do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attractor_mail::inbound::{Kind, Reason, mails, read};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/bounces"))
}

/// What the labels' reasons mean here.
fn kind_of(reason: &str) -> Kind {
    match reason {
        "userunknown" | "hostunknown" | "hasmoved" | "notaccept" => Kind::Hard,
        "mailboxfull" => Kind::Full,
        "blocked" | "badreputation" | "requireptr" | "spamdetected" | "rejected" => Kind::Blocked,
        "authfailure" | "policyviolation" | "contenterror" | "mesgtoobig" | "notcompliantrfc" | "norelaying" => Kind::Policy,
        "securityerror" | "virusdetected" | "syntaxerror" | "failedstarttls" | "exceedlimit" => Kind::Policy,
        "feedback" => Kind::Complaint,
        "vacation" => Kind::AutoReply,
        "delivered" => Kind::Delivered,
        _ => Kind::Soft,
    }
}

/// Every third file was held back while the rules were written: those whose names' SHA-256 begins with a byte divisible
/// by three.
fn is_held_back(name: &str) -> bool {
    Sha256::digest(name.as_bytes())[0].is_multiple_of(3)
}

#[test]
fn real_bounces_are_read_right() {
    let Ok(expected) = std::fs::read_to_string(folder().join("expected.json")) else {
        eprintln!("SKIPPED: {} is missing; the reader is only seen on its own mails", folder().display());
        return;
    };
    let expected: BTreeMap<String, Value> = serde_json::from_str(&expected).unwrap();
    let mut sums: BTreeMap<bool, [usize; 4]> = BTreeMap::new();
    for (name, labels) in &expected {
        let held = is_held_back(name);
        if held && std::env::var_os("WITH_HELD").is_none() {
            continue;
        }
        let file = std::fs::read(folder().join("mail").join(name)).unwrap();
        let mut inbound = read(b"");
        inbound.facts = mails(&file).into_iter().flat_map(|mail| read(mail).facts).collect();
        let labels = labels["expected"].as_array().unwrap();
        let reasons: Vec<&str> = labels.iter().map(|label| label["reason"].as_str().unwrap()).collect();
        let wanted: Vec<Kind> = reasons.iter().map(|reason| kind_of(reason)).collect();
        let found: Vec<Kind> = inbound.facts.iter().map(|fact| fact.kind).collect();
        let hard: Vec<bool> = labels.iter().map(|label| label["hardbounce"].as_bool().unwrap()).collect();
        let permanent: Vec<bool> = inbound.facts.iter().map(|fact| fact.is_permanent()).collect();
        let status: Vec<String> = inbound.facts.iter().map(|fact| fact.status.map(|s| s.to_string()).unwrap_or_default()).collect();
        let sum = sums.entry(held).or_default();
        sum[0] += 1;
        sum[1] += usize::from(wanted == found);
        sum[2] += usize::from(hard == permanent);
        sum[3] += usize::from(labels.len() == inbound.facts.len());
        if wanted != found && (!held || std::env::var_os("SHOW_HELD").is_some()) {
            let mine: Vec<Reason> = inbound.facts.iter().map(|fact| fact.reason).collect();
            println!("{name}: {reasons:?} {wanted:?}, found {found:?} {mine:?} {status:?} {:?}", inbound.facts.iter().map(|f| (f.recipient.clone().unwrap_or_default(), f.code, f.reply.clone())).collect::<Vec<_>>());
        }
    }
    for (held, [all, kind, hard, count]) in &sums {
        println!("held back {held}: {all} mails; kind right {kind}, permanent right {hard}, number of facts right {count}");
    }
}
