//! Mailgun's webhooks: the JSON of today, and the forms before 2018, which old accounts still send.
//!
//! Source: "Webhooks" and "Securing webhooks", Mailgun docs. The signature is HMAC-SHA256 of timestamp and token.

use ring::hmac;
use serde_json::{Map, Value};

use super::{
    Delivered, Failure, Notice, Refusal, Request, Window, address, failure, form, ids, plain, seconds, text, token,
};
use crate::inbound::fact::{Fact, Kind, Original, Reason};

pub(super) fn read(request: &Request, signing_key: &str, window: Window) -> Result<Delivered, Refusal> {
    let content_type = request.header("Content-Type").unwrap_or_default().to_owned();
    let (signature, event) = if content_type.to_ascii_lowercase().contains("json") {
        let body: Value = serde_json::from_slice(request.body).map_err(|_| Refusal::Malformed("the event"))?;
        let part = |name: &str| body.get(name).cloned().unwrap_or_default();
        (part("signature"), part("event-data"))
    } else {
        let fields = form::fields(&content_type, request.body);
        let fields: Map<String, Value> = fields.into_iter().rev().map(|(name, value)| (name, value.into())).collect();
        let fields = Value::Object(fields);
        (fields.clone(), fields)
    };
    verify(&signature, signing_key, window)?;
    let nonce = Some(text(&signature, "/token").to_owned());
    Ok(Delivered { nonce, ..self::event(&event, &signature) })
}

pub(super) fn event(event: &Value, signature: &Value) -> Delivered {
    let Some(fact) = fact(event) else { return Delivered { ignored: 1, ..Delivered::default() } };
    let id = [text(event, "/id"), text(signature, "/token")].into_iter().find(|id| !id.is_empty());
    let at = [event, signature].into_iter().find_map(|part| part.get("timestamp").and_then(seconds));
    let notice = Notice { id: id.map(str::to_owned), at, original: original(event, &fact), fact };
    Delivered { notices: vec![notice], ..Delivered::default() }
}

fn verify(signature: &Value, signing_key: &str, window: Window) -> Result<(), Refusal> {
    let field = |name: &'static str| {
        let value = signature.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
        value.ok_or(Refusal::Missing(name))
    };
    let (timestamp, token, code) = (field("timestamp")?, field("token")?, field("signature")?);
    // The signature covers both without a border: digits alone, or a part of the token could pass as the end of a number.
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Malformed("timestamp"));
    }
    if signing_key.is_empty() {
        return Err(Refusal::Key("webhook signing key"));
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, signing_key.as_bytes());
    let code = unhex(code).ok_or(Refusal::Unproven)?;
    hmac::verify(&key, format!("{timestamp}{token}").as_bytes(), &code).map_err(|_| Refusal::Unproven)?;
    window.check(seconds(&Value::from(timestamp)).ok_or(Refusal::Malformed("timestamp"))?)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn fact(event: &Value) -> Option<Fact> {
    let recipient = address(text(event, "/recipient"));
    let reply = reply(event);
    let status = status(event);
    let failed = |verdict, is_delayed| {
        let failed = Failure { reply: &reply, status: &status, verdict, is_delayed };
        Fact { remote_mta: host(event), ..failure(recipient.clone(), &failed) }
    };
    Some(match text(event, "/event") {
        "delivered" => Fact { remote_mta: host(event), ..plain(Kind::Delivered, recipient, &reply) },
        "complained" => plain(Kind::Complaint, recipient, ""),
        "unsubscribed" => plain(Kind::Stop, recipient, ""),
        "failed" if text(event, "/severity") == "temporary" => failed(verdict(event, Reason::Late), true),
        "failed" => failed(verdict(event, Reason::NoUser), false),
        "bounced" => failed(Reason::NoUser, false),
        "dropped" => failed(verdict(event, Reason::Unknown), false),
        "rejected" => failed(Reason::Policy, false),
        _ => return None,
    })
}

fn reply(event: &Value) -> String {
    let paths =
        ["/delivery-status/message", "/error", "/reject/reason", "/description", "/delivery-status/description"];
    let found = paths.iter().map(|path| text(event, path)).find(|text| !text.is_empty());
    found.unwrap_or_default().to_owned()
}

/// `code` is a number in JSON and a text in forms; below 600 it is the server's, else Mailgun's own.
fn status(event: &Value) -> String {
    let enhanced = text(event, "/delivery-status/enhanced-code");
    if enhanced.is_empty() { text(event, "/code").to_owned() } else { enhanced.to_owned() }
}

fn verdict(event: &Value, otherwise: Reason) -> Reason {
    let own = event.pointer("/delivery-status/code").or_else(|| event.get("code"));
    let own = own.and_then(|code| code.as_i64().or_else(|| code.as_str()?.parse().ok()));
    match (text(event, "/reason"), own) {
        // Mailgun's list of earlier bounces (605), unsubscribers (606), complainers (607).
        ("suppress-bounce" | "suppress-complaint" | "suppress-unsubscribe", _) | (_, Some(605..=607)) => {
            Reason::HeldBack
        }
        ("espblock", _) => Reason::Reputation,
        ("old", _) | (_, Some(602)) => Reason::Late,
        ("greylisted", _) => Reason::Server,
        ("bounce" | "hardfail", _) => otherwise,
        _ => {
            if otherwise == Reason::Late {
                Reason::Late
            } else {
                Reason::Unknown
            }
        }
    }
}

fn host(event: &Value) -> Option<String> {
    let host = text(event, "/delivery-status/mx-host");
    (!host.is_empty()).then(|| host.to_lowercase())
}

fn original(event: &Value, fact: &Fact) -> Original {
    let own = ["/message/headers/message-id", "/Message-Id", "/message-id"].map(|path| text(event, path));
    let listed = serde_json::from_str::<Vec<(String, Value)>>(text(event, "/message-headers")).unwrap_or_default();
    let listed =
        listed.iter().find(|(name, _)| name.eq_ignore_ascii_case("message-id")).and_then(|(_, id)| id.as_str());
    Original {
        message_ids: ids(own.into_iter().chain(listed)),
        to: fact.recipient.iter().cloned().collect(),
        token: ["/user-variables/copy", "/copy"].into_iter().find_map(|path| token(event, path)),
        ..Original::default()
    }
}
