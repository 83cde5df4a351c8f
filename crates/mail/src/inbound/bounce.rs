//! Delivery reports: the standard ones (RFC 3464), and those that are only text.

use std::collections::BTreeMap;

use super::address;
use super::answer;
use super::fact::{Fact, Kind, Original, REPLY_CHARS, Reason, Status};
use super::fields::{Fields, typed};
use super::original;
use super::parts::Parts;
use super::plain::{Plain, clip, is_code};
use super::reason::Evidence;

/// The facts of a delivery report; `None` for any other mail.
pub(super) fn read(parts: &Parts) -> Option<Vec<Fact>> {
    let said = said(parts);
    let groups = groups(parts);
    if !groups.is_empty() {
        let recipients: Vec<String> = groups.iter().filter_map(recipient).collect();
        let blocks = Blocks::of(&said, &recipients);
        return Some(groups.iter().map(|group| of_group(group, parts, &blocks)).collect());
    }
    (!parts.reports.is_empty() || is_report(parts, &said)).then(|| of_text(parts, &said))
}

/// What the reporting server says to people, without the copy that it returns.
fn said(parts: &Parts) -> String {
    let said: Vec<&str> = parts.texts.iter().map(|text| original::split(text).0).collect();
    said.join("\n")
}

/// The groups of fields that concern one recipient each; from the report, or, where a server forgot to mark it as one,
/// from the text.
fn groups(parts: &Parts) -> Vec<Fields> {
    let concerns = |group: &Fields| {
        group.has("final-recipient") || group.has("original-recipient") || group.has("action") && group.has("status")
    };
    let of = |texts: &[String]| -> Vec<Fields> {
        let groups = texts.iter().flat_map(|text: &String| Fields::groups(text));
        groups.filter(concerns).take(MOST_RECIPIENTS).collect()
    };
    let groups = of(&parts.reports);
    // People forward reports as well, in the text of their own mail.
    if groups.is_empty() && is_server(parts) { of(&parts.texts) } else { groups }
}

/// RFC 5321 lets a mail have 100 recipients; ours have one.
const MOST_RECIPIENTS: usize = 100;

/// The address that we wrote to: `Original-Recipient`, else the one that it led to.
fn recipient(group: &Fields) -> Option<String> {
    let names = ["original-recipient", "final-recipient", "x-actual-recipient"];
    names.iter().filter_map(|name| group.get(name)).find_map(|value| address::first(typed(value).1))
}

fn of_group(group: &Fields, parts: &Parts, blocks: &Blocks) -> Fact {
    let (kind, diagnosis) = group.get("diagnostic-code").map(typed).unwrap_or_default();
    let recipient = recipient(group).or_else(|| lone_recipient(parts));
    let around = blocks.about(recipient.as_deref());
    let (reported, comment) = status_field(group.get("status").unwrap_or_default());
    let reply = dovecot(around).unwrap_or(if diagnosis.is_empty() { comment } else { diagnosis });
    let own = answer::status(reply);
    let telling = [own, reported].into_iter().flatten().find(|status| !status.is_vague());
    let status = telling.or(own).or(reported).or_else(|| answer::status(around));
    let evidence = Evidence {
        reply,
        around,
        status,
        code: answer::code(reply).or_else(|| answer::code(around)),
        step: answer::step(around).or_else(|| answer::step(reply)),
        category: group.get("x-powermta-bouncecategory").unwrap_or_default(),
        is_program: kind == "x-unix",
    };
    let action = group.get("action").unwrap_or_default().to_ascii_lowercase();
    let fact = fact(&evidence, action.starts_with("delayed"));
    let is_delivered = ["delivered", "relayed", "expanded", "deliverable"].iter().any(|done| action.starts_with(done));
    Fact {
        kind: if is_delivered { Kind::Delivered } else { fact.kind },
        recipient,
        remote_mta: group.get("remote-mta").map(|value| first_word(typed(value).1)).filter(|name| !name.is_empty()),
        ..fact
    }
}

/// Dovecot's delivery agent says the reason behind these words, whatever its report says.
fn dovecot(said: &str) -> Option<&str> {
    let (_, reason) = said.split_once("was automatically rejected:")?;
    Some(reason.trim()).filter(|reason| !reason.is_empty())
}

/// `5.2.0 (Over quota)`: the status and the comment behind it.
fn status_field(value: &str) -> (Option<Status>, &str) {
    let (status, comment) = value.split_once(' ').unwrap_or((value, ""));
    (Status::parse(status.trim()), comment.trim().trim_matches(['(', ')']))
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().trim_matches(['[', ']', '(', ')']).to_lowercase()
}

fn fact(evidence: &Evidence, is_delayed: bool) -> Fact {
    let reason = match evidence.reason() {
        reason if is_delayed && reason.kind() == Kind::Hard => Reason::Late,
        Reason::Unknown if is_delayed => Reason::Late,
        reason => reason,
    };
    let words = if evidence.reply.is_empty() { evidence.around } else { evidence.reply };
    Fact {
        kind: reason.kind(),
        reason,
        status: evidence.status,
        code: evidence.code,
        reply: one_line(words),
        ..Fact::default()
    }
}

/// A text in one line, cut to [`REPLY_CHARS`].
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = clip(text, 8 * REPLY_CHARS).split_whitespace().collect();
    words.join(" ").chars().take(REPLY_CHARS).collect()
}

/// Bytes that are kept about one recipient; the reason is at their beginning.
const MOST_BLOCK: usize = 16_000;

/// The text about each recipient: from a line that names it to the next line that names another one. A report that
/// concerns one recipient is about it as a whole.
struct Blocks<'t> {
    said: &'t str,
    of: BTreeMap<&'t str, String>,
}

impl<'t> Blocks<'t> {
    fn of(said: &'t str, recipients: &'t [String]) -> Blocks<'t> {
        let mut of: BTreeMap<&str, String> = recipients.iter().map(|own| (own.as_str(), String::new())).collect();
        if of.len() < 2 {
            return Blocks { said, of: BTreeMap::new() };
        }
        let mut named: Vec<String> = Vec::new();
        for line in said.lines() {
            let here: Vec<String> = address::each(line).filter(|address| of.contains_key(address.as_str())).collect();
            if !here.is_empty() {
                named = here;
                named.sort();
                named.dedup();
            }
            for own in &named {
                if let Some(block) = of.get_mut(own.as_str()).filter(|block| block.len() < MOST_BLOCK) {
                    block.push_str(line);
                    block.push('\n');
                }
            }
        }
        Blocks { said, of }
    }

    /// Everything, if the report does not name this recipient.
    fn about(&self, recipient: Option<&str>) -> &str {
        recipient.and_then(|own| self.of.get(own)).map_or(self.said, String::as_str)
    }
}

/// Where a report names nobody: the one to whom the returned copy was written.
fn lone_recipient(parts: &Parts) -> Option<String> {
    let failed = parts.headers.get("x-failed-recipients").map(address::all).unwrap_or_default();
    let candidates = if failed.is_empty() { Original::of(parts).to } else { failed };
    (candidates.len() == 1).then(|| candidates.into_iter().next())?
}

/// A report that is only text.
fn of_text(parts: &Parts, said: &str) -> Vec<Fact> {
    let recipients = recipients_in(parts, said);
    let is_delayed = is_delayed(parts, said);
    let said = dovecot(said).unwrap_or(said);
    if recipients.is_empty() {
        return vec![of_block(said, said, None, is_delayed)];
    }
    let blocks = Blocks::of(said, &recipients);
    let facts = recipients
        .iter()
        .map(|recipient| of_block(blocks.about(Some(recipient)), said, Some(recipient.clone()), is_delayed));
    facts.collect()
}

fn of_block(block: &str, said: &str, recipient: Option<String>, is_delayed: bool) -> Fact {
    let reply = reply_in(block);
    let evidence = Evidence {
        reply,
        around: if block.trim().is_empty() { said } else { block },
        status: answer::status(reply).or_else(|| answer::status(block)),
        code: answer::code(reply),
        step: answer::step(block),
        ..Evidence::default()
    };
    let found = fact(&evidence, is_delayed);
    let reason = match found.reason {
        // Google Groups answers in the sender's language; its one reason is that the sender may not write to the group.
        Reason::Unknown if recipient.as_ref().is_some_and(|to| to.ends_with("@googlegroups.com")) => Reason::Sender,
        reason => reason,
    };
    Fact { recipient, remote_mta: host_in(block), reason, kind: reason.kind(), ..found }
}

/// From the first line with a reply code on; empty if no line has one.
fn reply_in(block: &str) -> &str {
    let mut at = 0;
    for line in block.split_inclusive('\n') {
        if let Some(code) = code_at(line) {
            let reply = &block[at + code..];
            return reply.split("\n\n").next().unwrap_or(reply);
        }
        at += line.len();
    }
    ""
}

/// Where in a line a refusal's code begins: first in the line, or after a sign that ends what comes before.
fn code_at(line: &str) -> Option<usize> {
    let starts = line.char_indices().filter(|(_, c)| matches!(c, '4' | '5')).map(|(at, _)| at);
    starts.into_iter().find(|at| {
        let before = line[..*at].trim_end().chars().next_back();
        let code = line.get(*at..at + 3).is_some_and(is_code);
        let after = line[*at..].chars().nth(3);
        code && after.is_none_or(|c| matches!(c, ' ' | '-' | ':' | '\n' | ',' | '=' | ']'))
            && before.is_none_or(|c| matches!(c, ':' | ';' | '\'' | '"' | '<' | ',' | '>' | '(' | '.' | '['))
            || code && line[..*at].trim_end().to_lowercase().ends_with("code")
    })
}

/// `host mx.example.com [192.0.2.1]`, as Exim, Postfix and their like write.
fn host_in(block: &str) -> Option<String> {
    let mut words = block.split_whitespace().skip_while(|word| !matches!(*word, "host" | "host:"));
    let host = words.nth(1)?.split('[').next()?.trim_matches([':', ',', '(', ')', '.']);
    (host.contains('.') && host.is_ascii()).then(|| host.to_lowercase())
}

/// Whom a text report concerns.
fn recipients_in(parts: &Parts, said: &str) -> Vec<String> {
    let failed: Vec<String> = parts.headers.all("x-failed-recipients").flat_map(address::all).collect();
    if !failed.is_empty() {
        return failed;
    }
    let ours: Vec<String> =
        ["to", "delivered-to"].iter().flat_map(|name| parts.headers.all(name)).flat_map(address::all).collect();
    let is_other = |address: &String| !ours.contains(address) && *address != parts.from && !is_daemon(address);
    let of = |is_read: fn(&&str) -> bool| -> Vec<String> {
        let lines: Vec<&str> = said.lines().filter(|line| !is_about_the_copy(line)).filter(is_read).collect();
        let named: Vec<&str> = lines.into_iter().map(before_expansion).collect();
        address::all(&named.join("\n")).into_iter().filter(is_other).take(MOST_RECIPIENTS).collect()
    };
    let names_somebody =
        [of(|line| !line.trim_start().starts_with("To:")), of(|line| line.trim_start().starts_with("To:"))];
    let found = names_somebody.into_iter().find(|found| !found.is_empty());
    found.unwrap_or_else(|| lone_recipient(parts).or_else(|| address::first(said)).into_iter().collect())
}

/// `<new@b.example> (expanded from <old@b.example>)`: we wrote to the old address.
fn before_expansion(line: &str) -> &str {
    let marks = ["(expanded from", "(ultimately generated from", "(generated from"];
    marks.iter().find_map(|mark| line.split_once(mark)).map_or(line, |(_, old)| old)
}

/// Lines that repeat headers of the mail or speak of its sender.
fn is_about_the_copy(line: &str) -> bool {
    let line = line.trim_start().to_ascii_lowercase();
    let starts =
        ["from:", "from ", "message-id:", "return-path:", "reply-to:", "sender:", "subject:", "cc:", "contact "];
    starts.iter().any(|start| line.starts_with(start)) || line.contains("envelope-from") || line.contains("mail from:<")
}

/// Names under which servers write.
fn is_daemon(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    ["mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster", "poostmaster", "mdaemon", "mail.delivery.system"]
        .contains(&local)
}

/// True if a text without a report of its own says that something did not arrive.
fn is_report(parts: &Parts, said: &str) -> bool {
    if parts.headers.has("x-failed-recipients") {
        return true;
    }
    let subject = Plain::of(&parts.subject);
    let is_answer = ANSWERS.iter().any(|prefix| subject.text().trim_start().starts_with(prefix));
    let has_subject = !is_answer && subject.says_any(&SUBJECTS);
    let has_text = Plain::of(said).says_any(&SAYS);
    // A server that writes under its own name, and wants no answer, reports something, in whatever language.
    let is_daemon = is_daemon(&parts.from) && has_null_path(parts);
    is_daemon || is_server(parts) && (has_subject || has_text) || has_subject && has_text
}

/// True if a server wrote the mail, by its sender.
fn is_server(parts: &Parts) -> bool {
    let path = parts.headers.get("return-path").unwrap_or_default().to_ascii_lowercase();
    let from = parts.headers.get("from").unwrap_or_default().to_ascii_lowercase();
    let named = ["mailer-daemon", "mail delivery", "delivery subsystem", "system administrator", "mail administrator"];
    has_null_path(parts)
        || path.contains("mailer-daemon")
        || is_daemon(&parts.from)
        || named.iter().any(|name| from.contains(name))
}

fn has_null_path(parts: &Parts) -> bool {
    parts.headers.get("return-path").is_some_and(|path| path.trim() == "<>")
}

/// Before the subject of a mail that a person answers or forwards.
const ANSWERS: [&str; 12] = ["re:", "fw:", "fwd:", "aw:", "wg:", "tr:", "ref:", "rif:", "i:", "rv:", "r:", "antwort:"];

fn is_delayed(parts: &Parts, said: &str) -> bool {
    let said = Plain::of(said);
    let subject = Plain::of(&parts.subject);
    subject.says_any(&["(delay", "delayed", "still being retried", "verzoger", "retard", "ritard", "retras"])
        || said.says_any(&[
            "warning message only",
            "not need to resend",
            "temporary failure report",
            "will be retried",
            "will continue to try",
            "will keep trying",
            "delivery attempts will continue",
        ])
}

/// Subjects of reports. Folded, see [`Plain`].
const SUBJECTS: [&str; 38] = [
    "undeliver",
    "undelivered",
    "delivery fail",
    "delivery has failed",
    "delivery report",
    "delivery status",
    "delivery notification",
    "delivery problem",
    "delivery error",
    "error sending",
    "unsolicited bulk email",
    "delivery unsuccessful",
    "failed delivery",
    "failed mail",
    "failure notice",
    "failure delivery",
    "returned mail",
    "returned to sender",
    "return to sender",
    "mail delivery",
    "mail could not be delivered",
    "mail system error",
    "message you sent blocked",
    "message status",
    "non-delivery",
    "nondeliverable",
    "not delivered",
    "non remis",
    "non delivre",
    "echec de la remise",
    "unzustellbar",
    "nicht zugestellt",
    "zustellung",
    "mancato recapito",
    "non recapitabile",
    "no se puede entregar",
    "no entregado",
    "loop alert",
];

/// What reports say. Folded, see [`Plain`].
const SAYS: [&str; 53] = [
    "could not be delivered",
    "couldn't be delivered",
    "cannot be delivered",
    "can't be delivered",
    "could not deliver",
    "couldn't deliver",
    "could not be sent",
    "was not delivered",
    "not been delivered",
    "not yet been delivered",
    "wasn't delivered",
    "not relayed to",
    "unable to deliver",
    "wasn't able to deliver",
    "were unable to deliver",
    "not able to deliver",
    "undeliverable",
    "trouble delivering",
    "delivery to the following*failed",
    "delivery has failed",
    "delivery failed",
    "delivery*delayed",
    "did not reach the following",
    "did not receive this message",
    "following addresses had",
    "following address*failed",
    "following address(es) failed",
    "following recipient",
    "failure reasons",
    "error delivering your mail",
    "error occurred while",
    "mail delivery fail",
    "returned to you",
    "returned to sender",
    "transcript of session",
    "has been rejected",
    "was rejected",
    "was blocked",
    "delivery*was stopped",
    "message is delayed",
    "duplicated message-id",
    "konnte nicht zugestellt werden",
    "nicht zugestellt",
    "nicht zustellbar",
    "n'a pas pu etre*remis",
    "n'a pas pu etre*distribue",
    "pas ete remis",
    "echec de la remise",
    "non e stato possibile recapitare",
    "impossibile recapitare",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no ha podido ser entregado",
];
