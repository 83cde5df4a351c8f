//! Every message is one of the contract (§2): a checker of its own, apart from the program's reader.

mod stream;

use serde_json::Value;
use stream::{Line, lines};

#[test]
fn every_message_is_valid() {
    for line in lines(400, 200, 3) {
        if let Err(why) = check(&line) {
            panic!("{why}: {}", line.json);
        }
    }
}

#[test]
fn every_kind_occurs() {
    let lines = lines(2_000, 180, 1);
    let seen: std::collections::BTreeSet<&str> = lines.iter().map(Line::kind).collect();
    let kinds = "page screen identify group alias; Form Submitted; Content Downloaded; Webinar Registered; \
        Webinar Attended; Demo Requested; Email Sent; Email Delivered; Email Opened; Email Link Clicked; Email Bounced; \
        Email Marked as Spam; Email Replied; Subscribed; Unsubscribed; Deal Created; Deal Won; Deal Lost; Owner Set; \
        Tagged; Untagged; Call Logged; Note Written";
    for kind in
        kinds.split("; ").flat_map(|kind| if kind.starts_with("page") { kind.split(' ').collect() } else { vec![kind] })
    {
        assert!(seen.contains(kind), "no {kind}");
    }
}

/// What the contract asks of a message.
fn check(line: &Line) -> Result<(), String> {
    let message = line.json.as_object().ok_or("no object")?;
    let text = |key: &str| message.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("messageId").ok_or("no messageId")?;
    let timestamp = text("timestamp").ok_or("no timestamp")?;
    if timestamp.len() != "2026-01-01T00:00:00.000Z".len() || timestamp.parse::<jiff::Timestamp>().is_err() {
        return Err(format!("timestamp {timestamp}"));
    }
    if text("userId").or(text("anonymousId")).is_none() {
        return Err("names nobody".into());
    }
    for key in ["traits", "properties", "context"] {
        if message.get(key).is_some_and(|it| !it.is_object()) {
            return Err(format!("{key} is no object"));
        }
    }
    match text("type") {
        Some("track") => check_track(line, text("event").ok_or("a track without event")?),
        Some("alias") => text("previousId").and(text("userId")).map(drop).ok_or("an alias of nobody".into()),
        Some("identify") => line.trait_("email").map(drop).ok_or("an identify without e-mail".into()),
        Some("group") => text("groupId").map(drop).ok_or("a group without id".into()),
        Some("page") => line.property("path").map(drop).ok_or("a page without path".into()),
        Some("screen") => Ok(()),
        other => Err(format!("type {other:?}")),
    }
}

/// The properties that the reserved kinds must carry.
fn check_track(line: &Line, event: &str) -> Result<(), String> {
    let needed: &[&str] = match event {
        "Email Opened" => &["email_id", "send_id", "age"],
        _ if event.starts_with("Email ") => &["email_id", "send_id"],
        _ if event.starts_with("Deal ") => &["deal_id", "amount", "currency"],
        "Subscribed" => &["subscription", "proof"],
        "Tagged" | "Untagged" => &["by", "tag"],
        "Owner Set" => &["by", "owner"],
        "Call Logged" => &["by", "outcome"],
        "Note Written" => &["by"],
        "Content Downloaded" => &["asset", "format", "topic"],
        "Form Submitted" => &["form"],
        "Webinar Attended" | "Webinar Registered" => &["webinar", "topic"],
        "Demo Requested" | "Unsubscribed" => &[],
        other => return Err(format!("unexpected event {other}")),
    };
    if line.is_proxy() && !line.is_machine() {
        return Err("a proxy's load that is no machine's".into());
    }
    match needed.iter().find(|name| line.property(name).is_none()) {
        Some(name) => Err(format!("{event} without {name}")),
        None => Ok(()),
    }
}
