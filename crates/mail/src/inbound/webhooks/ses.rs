//! Events of Amazon SES, as its event publishing and its older notifications have them.
//!
//! Source: "Contents of event data that Amazon SES publishes to Amazon SNS", Amazon SES developer guide.

use serde_json::Value;

use super::{Delivered, Failure, Instant, Notice, Refusal, address, failure, ids, plain, text, token};
use crate::inbound::fact::{Fact, Kind, Original, Reason};

pub(super) fn read(message: &str, id: &str, at: Instant) -> Result<Delivered, Refusal> {
    let Ok(event) = serde_json::from_str::<Value>(message) else {
        // SNS says so in words when a topic is first tied to SES.
        return Ok(Delivered { ignored: 1, ..Delivered::default() });
    };
    let Some(facts) = facts(&event) else { return Ok(Delivered { ignored: 1, ..Delivered::default() }) };
    let original = original(&event);
    let notice = |(number, fact): (usize, Fact)| Notice {
        id: (!id.is_empty()).then(|| if number == 0 { id.to_owned() } else { format!("{id}/{number}") }),
        at: Some(at),
        fact,
        original: original.clone(),
    };
    Ok(Delivered { notices: facts.into_iter().enumerate().map(notice).collect(), ..Delivered::default() })
}

/// The facts of an event that SNS sent as a mail; `None` for any other text.
pub(in crate::inbound) fn of_text(text: &str) -> Option<(Vec<Fact>, Original)> {
    let start = text.find("{\"notificationType\"").or_else(|| text.find("{\"eventType\""))?;
    // Sendmail breaks lines longer than 990 characters with an exclamation mark.
    let text = text[start..].replace("!\n ", "").replace("!\n", "");
    let event = serde_json::Deserializer::from_str(&text).into_iter::<Value>().next()?.ok()?;
    Some((facts(&event)?, original(&event)))
}

fn kind(event: &Value) -> &str {
    let kind = text(event, "/eventType");
    if kind.is_empty() { text(event, "/notificationType") } else { kind }
}

/// `None` for events that we do not use.
fn facts(event: &Value) -> Option<Vec<Fact>> {
    let destination = || event.pointer("/mail/destination").and_then(Value::as_array).into_iter().flatten();
    let to = || destination().filter_map(Value::as_str).map(address);
    match kind(event) {
        "Bounce" => Some(recipients(event, "/bounce/bouncedRecipients").map(|one| bounced(event, one)).collect()),
        "DeliveryDelay" => {
            Some(recipients(event, "/deliveryDelay/delayedRecipients").map(|one| delayed(event, one)).collect())
        }
        "Complaint" => {
            let by = text(event, "/complaint/complaintFeedbackType");
            let is_complaint = !matches!(by, "not-spam" | "auth-failure");
            let kind = if is_complaint { Kind::Complaint } else { Kind::Report };
            let all = recipients(event, "/complaint/complainedRecipients");
            Some(all.map(|one| plain(kind, address(text(one, "/emailAddress")), by)).collect())
        }
        "Delivery" => {
            let reply = text(event, "/delivery/smtpResponse");
            let all = event.pointer("/delivery/recipients").and_then(Value::as_array).into_iter().flatten();
            Some(all.filter_map(Value::as_str).map(|one| plain(Kind::Delivered, address(one), reply)).collect())
        }
        "Reject" => Some(to().map(|to| refused(to, text(event, "/reject/reason"))).collect()),
        "Rendering Failure" => Some(to().map(|to| refused(to, text(event, "/failure/errorMessage"))).collect()),
        "Subscription" if has_left(event) => Some(to().map(|to| plain(Kind::Stop, to, "")).collect()),
        _ => None,
    }
}

fn has_left(event: &Value) -> bool {
    event.pointer("/subscription/newTopicPreferences/unsubscribeAll").and_then(Value::as_bool) == Some(true)
}

fn recipients<'v>(event: &'v Value, path: &str) -> impl Iterator<Item = &'v Value> {
    event.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

fn bounced(event: &Value, recipient: &Value) -> Fact {
    let sub = text(event, "/bounce/bounceSubType");
    let verdict = match (text(event, "/bounce/bounceType"), sub) {
        (_, "Suppressed" | "OnAccountSuppressionList" | "UnsubscribedRecipient") => Reason::HeldBack,
        (_, "MailboxFull") => Reason::Full,
        (_, "MessageTooLarge") => Reason::TooLarge,
        (_, "ContentRejected" | "AttachmentRejected") => Reason::Content,
        (_, "CustomTimeoutExceeded") => Reason::Late,
        ("Permanent", _) => Reason::NoUser,
        _ => Reason::Unknown,
    };
    failed(recipient, verdict, false)
}

fn delayed(event: &Value, recipient: &Value) -> Fact {
    let verdict = match text(event, "/deliveryDelay/delayType") {
        "MailboxFull" => Reason::Full,
        "SpamDetected" => Reason::Spam,
        "IPFailure" => Reason::Reputation,
        "RecipientServerError" => Reason::Server,
        "TransientCommunicationFailure" => Reason::Network,
        _ => Reason::Late,
    };
    failed(recipient, verdict, true)
}

fn failed(recipient: &Value, verdict: Reason, is_delayed: bool) -> Fact {
    let (reply, status) = (text(recipient, "/diagnosticCode"), text(recipient, "/status"));
    failure(address(text(recipient, "/emailAddress")), &Failure { reply, status, verdict, is_delayed })
}

/// SES itself did not send it: a virus, or a template of SES's that fails.
fn refused(recipient: Option<String>, reply: &str) -> Fact {
    Fact { kind: Kind::Policy, reason: Reason::Content, ..plain(Kind::Policy, recipient, reply) }
}

fn original(event: &Value) -> Original {
    let headers = event.pointer("/mail/headers").and_then(Value::as_array).into_iter().flatten();
    let own =
        headers.filter(|header| text(header, "/name").eq_ignore_ascii_case("Message-ID")).map(|h| text(h, "/value"));
    let destination = event.pointer("/mail/destination").and_then(Value::as_array).into_iter().flatten();
    Original {
        message_ids: ids(own.chain([text(event, "/mail/commonHeaders/messageId"), text(event, "/mail/messageId")])),
        return_path: address(text(event, "/mail/source")),
        to: destination.filter_map(Value::as_str).filter_map(address).collect(),
        token: token(event, "/mail/tags/copy/0"),
        ..Original::default()
    }
}
