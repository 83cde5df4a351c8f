//! Twilio SendGrid's event webhook.
//!
//! Source: "Event Webhook Reference" and "Getting started with the Event Webhook security features", SendGrid docs. The
//! signature is ECDSA over P-256 with SHA-256, of the timestamp's text and the body.

use data_encoding::BASE64;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;
use x509_cert::der::Decode;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::{Delivered, Failure, Notice, Refusal, Request, Window, address, failure, ids, plain, seconds, text, token};
use crate::inbound::fact::{Fact, Kind, Original, Reason};

const SIGNATURE: &str = "X-Twilio-Email-Event-Webhook-Signature";
const TIMESTAMP: &str = "X-Twilio-Email-Event-Webhook-Timestamp";

pub(super) fn read(request: &Request, public_key: &str, window: Window) -> Result<Delivered, Refusal> {
    verify(request, public_key, window)?;
    let events: Vec<Value> =
        serde_json::from_slice(request.body).map_err(|_| Refusal::Malformed("the list of events"))?;
    Ok(self::events(&events))
}

pub(super) fn events(events: &[Value]) -> Delivered {
    let notices: Vec<Notice> = events.iter().filter_map(notice).collect();
    Delivered { ignored: events.len() - notices.len(), notices, ..Delivered::default() }
}

fn verify(request: &Request, public_key: &str, window: Window) -> Result<(), Refusal> {
    let signature = request.header(SIGNATURE)?;
    let timestamp = request.header(TIMESTAMP)?;
    let at = seconds(&Value::from(timestamp)).ok_or(Refusal::Malformed(TIMESTAMP))?;
    let signature = BASE64.decode(signature.as_bytes()).map_err(|_| Refusal::Unproven)?;
    let key = BASE64.decode(public_key.trim().as_bytes()).map_err(|_| Refusal::Key("verification key"))?;
    let key = SubjectPublicKeyInfoRef::from_der(&key).map_err(|_| Refusal::Key("verification key"))?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.subject_public_key.raw_bytes());
    let signed = [timestamp.as_bytes(), request.body].concat();
    key.verify(&signed, &signature).map_err(|_| Refusal::Unproven)?;
    window.check(at)
}

/// Whether a text is a key that webhooks can be verified with.
pub fn is_verification_key(text: &str) -> bool {
    let key = BASE64.decode(text.trim().as_bytes()).ok();
    key.is_some_and(|key| SubjectPublicKeyInfoRef::from_der(&key).is_ok())
}

fn notice(event: &Value) -> Option<Notice> {
    let fact = fact(event)?;
    let id = text(event, "/sg_event_id");
    Some(Notice {
        id: (!id.is_empty()).then(|| id.to_owned()),
        at: event.get("timestamp").and_then(seconds),
        original: Original {
            message_ids: ids([text(event, "/smtp-id"), text(event, "/sg_message_id")]),
            to: fact.recipient.iter().cloned().collect(),
            token: token(event, "/copy"),
            ..Original::default()
        },
        fact,
    })
}

fn fact(event: &Value) -> Option<Fact> {
    let recipient = address(text(event, "/email"));
    let reason = text(event, "/reason");
    let reply = if reason.is_empty() { text(event, "/response") } else { reason };
    let status = text(event, "/status");
    let failed = |verdict, is_delayed| failure(recipient.clone(), &Failure { reply, status, verdict, is_delayed });
    Some(match text(event, "/event") {
        "delivered" => plain(Kind::Delivered, recipient, reply),
        "deferred" => failed(Reason::Late, true),
        "bounce" => failed(bounce_verdict(event), false),
        "dropped" => failed(drop_verdict(reason), false),
        "spamreport" => plain(Kind::Complaint, recipient, ""),
        "unsubscribe" | "group_unsubscribe" => plain(Kind::Stop, recipient, ""),
        _ => return None,
    })
}

fn bounce_verdict(event: &Value) -> Reason {
    match (text(event, "/bounce_classification"), text(event, "/type")) {
        ("Invalid Address", _) => Reason::NoUser,
        ("Mailbox Unavailable", _) => Reason::Full,
        ("Content", _) => Reason::Content,
        ("Reputation", _) => Reason::Reputation,
        ("Frequency or Volume Too High", _) => Reason::Rate,
        ("Technical Failure", _) => Reason::Server,
        (_, "blocked") => Reason::Policy,
        ("", "bounce") => Reason::NoUser,
        _ => Reason::Unknown,
    }
}

fn drop_verdict(reason: &str) -> Reason {
    match reason.to_ascii_lowercase() {
        reason if reason.contains("spam content") => Reason::Spam,
        reason if reason == "invalid" => Reason::NoUser,
        reason if reason.contains("quota") => Reason::Rate,
        _ => Reason::HeldBack,
    }
}
