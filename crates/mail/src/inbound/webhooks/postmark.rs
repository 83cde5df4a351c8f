//! Postmark's webhooks.
//!
//! Source: "Webhooks" in Postmark's developer docs; it has no signature, its docs name HTTP Basic.

use data_encoding::BASE64;
use ring::hmac;
use serde_json::Value;

use super::{
    Delivered, Failure, Instant, Notice, Refusal, Request, address, failure, ids, instant, plain, text, token,
};
use crate::inbound::fact::{Fact, Kind, Original, Reason};

pub(super) fn read(request: &Request, user: &str, password: &str) -> Result<Delivered, Refusal> {
    verify(request, user, password)?;
    let event: Value = serde_json::from_slice(request.body).map_err(|_| Refusal::Malformed("the event"))?;
    Ok(self::event(&event))
}

pub(super) fn event(event: &Value) -> Delivered {
    let Some(fact) = fact(event) else { return Delivered { ignored: 1, ..Delivered::default() } };
    let notice = Notice {
        id: id(event),
        at: time(event),
        original: Original {
            message_ids: ids([text(event, "/Metadata/message-id"), text(event, "/MessageID")]),
            to: fact.recipient.iter().cloned().collect(),
            token: token(event, "/Metadata/copy"),
            ..Original::default()
        },
        fact,
    };
    Delivered { notices: vec![notice], ..Delivered::default() }
}

fn verify(request: &Request, user: &str, password: &str) -> Result<(), Refusal> {
    let header = request.header("Authorization")?;
    let (scheme, given) = header.split_once(' ').ok_or(Refusal::Unproven)?;
    let given = BASE64.decode(given.trim().as_bytes()).map_err(|_| Refusal::Unproven)?;
    let wanted = format!("{user}:{password}");
    let is_empty = user.is_empty() || password.is_empty();
    // Their codes are compared, so that the time that it takes says nothing of how much is right.
    let key = hmac::Key::new(hmac::HMAC_SHA256, wanted.as_bytes());
    let code = hmac::sign(&key, wanted.as_bytes());
    let is_same = hmac::verify(&key, &given, code.as_ref()).is_ok();
    let is_proven = scheme.eq_ignore_ascii_case("basic") && is_same && !is_empty;
    if is_proven { Ok(()) } else { Err(Refusal::Unproven) }
}

/// Bounces have an id; the rest has the mail's, of which each kind happens once per recipient.
fn id(event: &Value) -> Option<String> {
    if let Some(id) = event.get("ID").and_then(Value::as_i64) {
        return Some(id.to_string());
    }
    let parts = [text(event, "/MessageID"), text(event, "/RecordType"), recipient(event)];
    (!parts[0].is_empty()).then(|| parts.join("/"))
}

fn recipient(event: &Value) -> &str {
    let recipient = text(event, "/Email");
    if recipient.is_empty() { text(event, "/Recipient") } else { recipient }
}

fn time(event: &Value) -> Option<Instant> {
    ["/BouncedAt", "/DeliveredAt", "/ChangedAt"].into_iter().find_map(|path| instant(text(event, path)))
}

fn fact(event: &Value) -> Option<Fact> {
    let to = address(recipient(event));
    let details = text(event, "/Details");
    Some(match text(event, "/RecordType") {
        "Delivery" => plain(Kind::Delivered, to, details),
        "SpamComplaint" => plain(Kind::Complaint, to, details),
        "SubscriptionChange" => changed(event, to)?,
        "Bounce" => bounced(event, to)?,
        _ => return None,
    })
}

fn changed(event: &Value, to: Option<String>) -> Option<Fact> {
    let is_off = event.get("SuppressSending").and_then(Value::as_bool) == Some(true);
    let kind = match text(event, "/SuppressionReason") {
        _ if !is_off => return None,
        "SpamComplaint" => Kind::Complaint,
        "ManualSuppression" => Kind::Stop,
        // The bounce has been reported itself.
        _ => return None,
    };
    Some(plain(kind, to, ""))
}

fn bounced(event: &Value, to: Option<String>) -> Option<Fact> {
    let details = text(event, "/Details");
    let reply = if details.is_empty() { text(event, "/Description") } else { details };
    let failed =
        |verdict, is_delayed| Some(failure(to.clone(), &Failure { reply, verdict, is_delayed, ..Failure::default() }));
    match text(event, "/Type") {
        "HardBounce" | "BadEmailAddress" => failed(Reason::NoUser, false),
        "AddressChange" => Some(plain(Kind::AutoReply, to, reply)),
        "AutoResponder" => Some(plain(Kind::AutoReply, to, reply)),
        "Unsubscribe" => Some(plain(Kind::Stop, to, reply)),
        "SpamComplaint" => Some(plain(Kind::Complaint, to, reply)),
        "ChallengeVerification" => Some(plain(Kind::Challenge, to, reply)),
        "Transient" => failed(Reason::Late, true),
        "DnsError" => failed(Reason::Network, false),
        "SpamNotification" => failed(Reason::Spam, false),
        "VirusNotification" => failed(Reason::Virus, false),
        "Blocked" => failed(Reason::Reputation, false),
        "DMARCPolicy" => failed(Reason::Authentication, false),
        "ManuallyDeactivated" | "Unconfirmed" => failed(Reason::HeldBack, false),
        "Subscribe" | "OpenRelayTest" | "InboundError" => None,
        _ => failed(Reason::Unknown, false),
    }
}
