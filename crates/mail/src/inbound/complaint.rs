//! Complaints: feedback reports (ARF, RFC 5965) and the older form of one large provider.

use super::address;
use super::fact::{Fact, Kind};
use super::fields::Fields;
use super::parts::Parts;

/// The facts of a feedback report; `None` for any other mail.
pub(super) fn read(parts: &Parts) -> Option<Vec<Fact>> {
    let copy = parts.original.as_deref().map(Fields::of).unwrap_or_default();
    let unmarked = || parts.texts.iter().find(|text| is_feedback(text));
    if let Some(report) = parts.feedback.first().or_else(unmarked) {
        return Some(of_report(&Fields::groups(report), &copy));
    }
    // Outlook.com's junk mail reports: the mail itself, and who reported it in a header of the copy.
    let recipient = copy.get("x-hmxmroriginalrecipient").and_then(address::first)?;
    Some(vec![complaint(Some(recipient))])
}

/// True for a report that its sender did not mark as one.
fn is_feedback(text: &str) -> bool {
    let is_mark = |group: &Fields| group.has("feedback-type") && (group.has("user-agent") || group.has("version"));
    text.contains("eedback-") && Fields::groups(text).iter().any(is_mark)
}

fn complaint(recipient: Option<String>) -> Fact {
    Fact { kind: Kind::Complaint, recipient, ..Fact::default() }
}

fn of_report(groups: &[Fields], copy: &Fields) -> Vec<Fact> {
    let find = |name: &'static str| groups.iter().find_map(move |group| group.get(name));
    let kind = match find("feedback-type").unwrap_or("abuse").trim().to_ascii_lowercase().as_str() {
        // A request to be sent nothing more, made with a button of the provider's.
        "opt-out" | "opt-out-list" | "unsubscribe" => Kind::Stop,
        // About our authentication, or to say that a mail is not spam.
        "auth-failure" | "dmarc" | "not-spam" | "virus" => Kind::Report,
        _ => Kind::Complaint,
    };
    let names = ["original-rcpt-to", "removal-recipient", "x-original-rcpt-to", "redacted-address"];
    let of = |name: &'static str| groups.iter().flat_map(move |group| group.all(name)).filter_map(address::first);
    let mut recipients: Vec<String> =
        names.into_iter().map(|name| of(name).collect()).find(|found: &Vec<_>| !found.is_empty()).unwrap_or_default();
    if recipients.is_empty() {
        recipients = copy.get("to").map(address::all).unwrap_or_default();
    }
    let reply = find("user-agent").unwrap_or_default().to_owned();
    let fact = |recipient| Fact { kind, recipient, reply: reply.clone(), ..Fact::default() };
    if recipients.is_empty() {
        return vec![fact(None)];
    }
    recipients.into_iter().take(MOST_RECIPIENTS).map(|recipient| fact(Some(recipient))).collect()
}

/// A report may name all recipients of one mail; RFC 5321 lets it have 100.
const MOST_RECIPIENTS: usize = 100;
