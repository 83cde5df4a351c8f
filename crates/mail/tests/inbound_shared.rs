//! The reader on real bounces and webhooks that lie beside the repository, where they do.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use attractor_mail::inbound::webhooks::{Delivered, Instant, Notice, Refusal};
use attractor_mail::inbound::{Fact, Kind, hostile, mails, read};
use serde_json::Value;
use sha2::{Digest, Sha256};
use signing::SendGrid;

mod signing;

fn shared(path: &str) -> PathBuf {
    PathBuf::from(format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/{}"), path))
}

/// A JSON file beside the repository. Without it these tests see mails of our own making alone, and say so.
fn json(path: &str) -> Option<Value> {
    let Ok(text) = std::fs::read_to_string(shared(path)) else {
        print(&format!("!!! Real bounces or webhooks were NOT read: there is no {}", shared(path).display()));
        return None;
    };
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// Past the test runner's capture: it is for people, whether the test passes or not.
fn print(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("standard error takes a line");
}

/// What the labels' reasons mean here.
fn kind_of(reason: &str) -> Kind {
    match reason {
        "userunknown" | "hostunknown" | "hasmoved" | "notaccept" => Kind::Hard,
        "mailboxfull" => Kind::Full,
        "blocked" | "badreputation" | "requireptr" | "spamdetected" | "rejected" => Kind::Blocked,
        "authfailure" | "policyviolation" | "contenterror" | "mesgtoobig" => Kind::Policy,
        "notcompliantrfc" | "norelaying" | "securityerror" | "syntaxerror" => Kind::Policy,
        "virusdetected" | "failedstarttls" | "exceedlimit" => Kind::Policy,
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

#[derive(Default)]
struct Figures {
    mails: usize,
    kinds: usize,
    permanent: usize,
}

#[test]
fn real_bounces_are_read_right() {
    let Some(Value::Object(expected)) = json("bounces/expected.json") else { return };
    let mut figures: BTreeMap<bool, Figures> = BTreeMap::new();
    for (name, labels) in &expected {
        let file = std::fs::read(shared("bounces/mail").join(name)).unwrap();
        let facts: Vec<Fact> = mails(&file).into_iter().flat_map(|mail| read(mail).facts).collect();
        let labels = labels["expected"].as_array().unwrap();
        let wanted: Vec<Kind> = labels.iter().map(|label| kind_of(label["reason"].as_str().unwrap())).collect();
        let hard: Vec<bool> = labels.iter().map(|label| label["hardbounce"].as_bool().unwrap()).collect();
        let found: Vec<Kind> = facts.iter().map(|fact| fact.kind).collect();
        let permanent: Vec<bool> = facts.iter().map(Fact::is_permanent).collect();
        let sum = figures.entry(is_held_back(name)).or_default();
        sum.mails += 1;
        sum.kinds += usize::from(wanted == found);
        sum.permanent += usize::from(hard == permanent);
        if wanted != found {
            println!("{name}: expected {wanted:?}, found {found:?}: {}", facts[0].reply);
        }
    }
    for (held_back, sum) in &figures {
        let part = if *held_back { "held back" } else { "seen while writing" };
        println!(
            "{part}: of {} mails the kind of {} is right, {} permanent or not",
            sum.mails, sum.kinds, sum.permanent
        );
    }
    let total = |of: fn(&Figures) -> usize| figures.values().map(of).sum::<usize>();
    print(&format!(
        "bounces: of {} mails the kind of {} is read right, {} permanent or not",
        total(|sum| sum.mails),
        total(|sum| sum.kinds),
        total(|sum| sum.permanent)
    ));
    assert_eq!(total(|sum| sum.mails), 180);
    assert!(total(|sum| sum.kinds) >= 176, "{} of 180 kinds are right", total(|sum| sum.kinds));
    assert!(total(|sum| sum.permanent) >= 176, "{} of 180 are right", total(|sum| sum.permanent));
}

/// Real mails, damaged: cut, a line left out, repeated or moved, bytes changed. The damage follows from the name of the file.
#[test]
fn damaged_bounces_are_read() {
    let Some(Value::Object(expected)) = json("bounces/expected.json") else { return };
    let rounds: u32 = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    for name in expected.keys() {
        let mail = std::fs::read(shared("bounces/mail").join(name)).unwrap();
        for round in 0..rounds {
            hostile::mail(&damaged(&mail, &Sha256::digest(format!("{name} {round}"))));
        }
    }
}

fn damaged(mail: &[u8], chance: &[u8]) -> Vec<u8> {
    let number = |at: usize| usize::from(chance[at]) << 8 | usize::from(chance[at + 1]);
    let mut lines: Vec<Vec<u8>> = mail.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for at in (0..24).step_by(6) {
        let (one, other) = (number(at) % lines.len(), number(at + 2) % lines.len());
        match chance[at + 4] % 6 {
            0 => _ = lines.remove(one),
            1 => lines.swap(one, other),
            2 => lines.insert(one, lines[other].clone()),
            3 => lines[one].truncate(number(at + 2) % 40),
            4 => lines[one].iter_mut().step_by(7).for_each(|byte| *byte = chance[at + 5]),
            _ => lines.truncate(one.max(1)),
        }
        if lines.is_empty() {
            return Vec::new();
        }
    }
    lines.concat()
}

/// What a provider's event is to us; `None` is left out.
fn wanted(event: &Value) -> Option<fn(Kind) -> bool> {
    match event["event_type"].as_str().expect("a text") {
        "bounced" | "deferred" | "rejected" | "failed" => {
            Some(|kind| matches!(kind, Kind::Hard | Kind::Soft | Kind::Full | Kind::Blocked | Kind::Policy))
        }
        "delivered" => Some(|kind| kind == Kind::Delivered),
        "complained" => Some(|kind| kind == Kind::Complaint),
        "unsubscribed" => Some(|kind| kind == Kind::Stop),
        _ => None,
    }
}

fn is_same(notice: &Notice, event: &Value) -> bool {
    let id = event["message_id"].as_str().map(|id| id.trim_matches(['<', '>']).to_owned());
    let at = event["timestamp"]
        .as_str()
        .map(|at| Instant(at.parse::<jiff::Timestamp>().expect("RFC 3339").as_millisecond()));
    wanted(event).is_some_and(|is_kind| is_kind(notice.fact.kind))
        && notice.fact.recipient.as_deref() == event["recipient"].as_str()
        && id.is_none_or(|id| notice.original.message_ids.contains(&id))
        && (at.is_none() || notice.at == at)
}

/// The request as it was recorded, and, where the recording has no signature, as its provider signs it.
fn recorded_and_signed(request: &Value, sendgrid: &SendGrid) -> [Result<Delivered, Refusal>; 2] {
    let body = request["body"]["text"].as_str().expect("a text");
    let provider = request["path"].as_str().expect("a text").trim_matches('/').split('/').next().expect("a provider");
    match provider {
        "amazon_ses" => {
            let envelope: Value = serde_json::from_str(body).expect("JSON");
            [signing::read_ses(body.as_bytes()), signing::read_ses(&signing::ses(envelope))]
        }
        "sendgrid" => {
            let header = |name: &str| request["headers"][name].as_str().unwrap_or_default();
            let pair =
                ["TIMESTAMP", "SIGNATURE"].map(|part| header(&format!("HTTP_X_TWILIO_EMAIL_EVENT_WEBHOOK_{part}")));
            let recorded = sendgrid.read_with(&[(pair[0], pair[1])], body.as_bytes(), signing::ANY_TIME);
            [recorded, sendgrid.read(body.as_bytes())]
        }
        "postmark" => {
            let of = |authorization| signing::read_postmark(body.as_bytes(), authorization);
            [of(None), of(Some(signing::POSTMARK))]
        }
        "mailgun" => {
            let content_type = request["content_type"].as_str().expect("a text");
            let of = |key| signing::read_mailgun(content_type, body.as_bytes(), key);
            [of("another key"), of(signing::MAILGUN_KEY)]
        }
        other => panic!("a provider that is not known: {other}"),
    }
}

#[test]
fn real_webhooks_are_read_right_and_unsigned_ones_refused() {
    let Some(Value::Array(requests)) = json("webhooks/requests.json") else { return };
    let sendgrid = SendGrid::new();
    let (mut refused, mut right) = (0, 0);
    for request in &requests {
        let [recorded, signed] = recorded_and_signed(request, &sendgrid);
        let case = format!("{} {}", request["path"], request["case"]);
        assert!(recorded.is_err(), "{case} is not signed with our key and is accepted");
        refused += 1;
        // Signed, the same body is read.
        let events: Vec<&Value> =
            request["events"].as_array().unwrap().iter().filter(|e| wanted(e).is_some()).collect();
        let read = signed.unwrap_or_else(|why| panic!("{case}: {why}"));
        let is_right = read.notices.len() == events.len()
            && read.notices.iter().zip(&events).all(|(notice, event)| is_same(notice, event));
        if events.is_empty() && request["http_status"] == 200 || !events.is_empty() {
            assert!(is_right, "{case}: expected {events:?}, found {read:?}");
            right += 1;
        }
    }
    print(&format!(
        "webhooks: of {} requests {refused} are refused without our signature, all {right} with events are read right",
        requests.len()
    ));
}
