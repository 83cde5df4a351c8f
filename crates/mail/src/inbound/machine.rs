//! Mails that a machine wrote for a person: auto-replies and challenges.

use super::parts::Parts;
use super::plain::Plain;

/// True if a machine answered: by its headers (RFC 3834, and what came before it), or by its subject.
pub(super) fn is_auto_reply(parts: &Parts) -> bool {
    let header = |name: &str| parts.headers.get(name).map(str::to_ascii_lowercase);
    let submitted = header("auto-submitted").is_some_and(|value| !value.trim_start().starts_with("no"));
    let precedence = header("precedence").is_some_and(|value| value.contains("auto"));
    let null_path = header("return-path").is_some_and(|value| value.trim() == "<>");
    submitted || precedence || null_path || MARKS.iter().any(|name| parts.headers.has(name)) || has_subject(parts)
}

/// True if a machine reports something that concerns no delivery: a receipt of reading, or a provider's report on
/// authentication (DMARC, RFC 7489 7.2.1.1; TLS, RFC 8460 5.3) that was sent to this address.
pub(super) fn is_report(parts: &Parts) -> bool {
    let subject = Plain::of(&parts.subject);
    let has_tls = parts.headers.has("tls-report-domain");
    parts.is_receipt || has_tls || subject.text().starts_with(" report domain:")
}

/// Headers that only machines write.
const MARKS: [&str; 13] = [
    "x-apple-action",
    "x-ms-exchange-inbox-rules-loop",
    "x-autoreply",
    "x-auto-reply",
    "x-autoreply-from",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response",
    "x-mail-autoreply",
    "x-vacation",
    "x-away",
    "x-notes-out-of-office",
    "x-amazon-auto-reply",
];

/// True if the subject begins as auto-replies do. A person who answers one writes `Re:` before it.
fn has_subject(parts: &Parts) -> bool {
    let subject = Plain::of(&parts.subject);
    let subject = subject.text().trim_start_matches([' ', '[', '(', '*', '"']);
    SUBJECTS.iter().any(|start| subject.starts_with(start))
}

/// Folded, see [`Plain`].
const SUBJECTS: [&str; 40] = [
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto:",
    "auto response",
    "auto-response",
    "autoresponse",
    "autoresponder",
    "out of office",
    "out of the office",
    "out-of-office",
    "ooo:",
    "vacation",
    "on vacation",
    "away from",
    "i am away",
    "i'm away",
    "automatische antwort",
    "automatische ruckantwort",
    "automatische abwesenheit",
    "autom. antwort",
    "abwesenheit",
    "abwesend",
    "nicht im buro",
    "reponse automatique",
    "message automatique",
    "notification d'absence",
    "message d'absence",
    "absence du bureau",
    "absent",
    "risposta automatica",
    "fuori ufficio",
    "fuori sede",
    "respuesta automatica",
    "fuera de la oficina",
    "ausente",
];

/// True if the mail arrives only after its sender has confirmed it.
pub(super) fn is_challenge(parts: &Parts, words: &str) -> bool {
    let is_tmda = parts.headers.get("x-delivery-agent").is_some_and(|agent| agent.starts_with("TMDA"));
    let has_way =
        words.contains("://") || words.contains('@') || Plain::of(words).says_any(&["reply to this", "click"]);
    is_tmda || has_way && Plain::of(&format!("{} {words}", parts.subject)).says_any(&CHALLENGES)
}

/// Folded, see [`Plain`].
const CHALLENGES: [&str; 34] = [
    "confirm that you are human",
    "confirm you are human",
    "confirm that you are a person",
    "confirm*you are a real person",
    "prove*you are human",
    "prove that you are not a robot",
    "verify that you are human",
    "verify that this email was sent by a real person",
    "please confirm your message",
    "please confirm your email*delivered",
    "confirm your message*delivered",
    "confirmation*required*deliver your message",
    "message*held*until you confirm",
    "message*waiting for your*confirm",
    "message*awaiting*verification",
    "message*not*delivered until*verif",
    "sender verification*required",
    "requires verification of*sender",
    "authenticate yourself*deliver",
    "challenge/response",
    "challenge-response",
    "to release your message",
    "not on*list of approved senders",
    "i'm protecting myself from receiving junk mail",
    "protected by boxtrapper",
    "bestatigen sie*dass sie*mensch",
    "nachricht*zugestellt*sobald*bestatig",
    "bestatigen sie*absender*zugestellt",
    "confirmer*que vous etes*humain",
    "confirmez*expediteur*antispam",
    "mailinblack",
    "confermare*di essere*umano",
    "confirme*que*es*humano",
    "antispam*confirm*mensa",
];
