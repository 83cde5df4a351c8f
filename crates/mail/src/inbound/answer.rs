//! What of a text is an SMTP reply: its code, its status, and the step of the dialogue that it answers.

use super::fact::Status;
use super::plain::{Plain, is_code};

/// The step of an SMTP dialogue at which a server said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Before or with the greeting: it does not talk to us.
    Connect,
    /// `MAIL FROM`.
    From,
    /// `RCPT TO`.
    To,
    /// `DATA`, or after the mail.
    Data,
}

/// The first reply code of a text that says no; else the first.
pub(super) fn code(text: &str) -> Option<u16> {
    let all = || tokens(text).filter_map(code_of);
    all().find(|code| *code >= 400).or_else(|| all().next())
}

/// `550`, `550-5.1.1`, `550:`.
fn code_of(token: &str) -> Option<u16> {
    let (code, rest) = token.split_at_checked(3)?;
    let ends = rest.is_empty() || rest.starts_with(['-', ':', '=']);
    (ends && is_code(code)).then(|| code.parse().ok())?
}

/// The first status of a text that says something; else the first.
pub(super) fn status(text: &str) -> Option<Status> {
    let all = || tokens(text).filter_map(status_of);
    all().find(|status| !status.is_vague()).or_else(|| all().next())
}

/// `5.1.1`, `550-5.1.1`.
fn status_of(token: &str) -> Option<Status> {
    Status::parse(token).or_else(|| {
        let (code, status) = token.split_once('-')?;
        is_code(code).then(|| Status::parse(status))?
    })
}

/// Words without the signs around them.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let parted = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '<' | '>' | '(' | ')' | '#' | '=' | '[' | ']');
    text.split(parted).map(|token| token.trim_matches(|c: char| !c.is_ascii_alphanumeric())).filter(|t| !t.is_empty())
}

/// In the words of servers, and of the transcripts that they return, the step that was answered. More certain ones
/// first.
const STEPS: [(Step, &[&str]); 4] = [
    (
        Step::To,
        &[
            "in reply to rcpt to",
            "after rcpt",
            "our rcpt to",
            "does not like recipient",
            "smtp:rcpt",
            "sent <<< rcpt to",
            "rcpt to*failed",
            "response to rcpt",
            "for rcpt to command",
            "for recipient command",
            "rejected recipient",
        ],
    ),
    (
        Step::From,
        &[
            "in reply to mail from",
            "after mail from",
            "our mail from",
            "but sender was rejected",
            "after envelope from",
            "smtp:mail",
            "response to mail",
            "for mail from command",
        ],
    ),
    (
        Step::Data,
        &[
            "in reply to end of data",
            "in reply to data",
            "after end of data",
            "after data",
            "after i sent the message",
            "our data",
            "for text command",
            "for data command",
            "smtp:data",
            "after pipelined end of data",
            "response to end of data",
        ],
    ),
    (
        Step::Connect,
        &[
            "refused to talk to me",
            "initial server greeting",
            "initial connection",
            "in reply to helo",
            "in reply to ehlo",
            "after ehlo",
            "after helo",
            "smtp:helo",
            "smtp:ehlo",
            "after initial",
        ],
    ),
];

/// The step that a text names, if it does.
pub(super) fn step(text: &str) -> Option<Step> {
    transcript(text).or_else(|| {
        let plain = Plain::whole(text);
        STEPS.iter().find(|(_, phrases)| plain.says_any(phrases)).map(|(step, _)| *step)
    })
}

/// In a transcript (`>>> RCPT To:<…>`, `<<< 550 …`) the command before the first refusal.
fn transcript(text: &str) -> Option<Step> {
    let mut last = None;
    for line in text.lines().map(str::trim_start) {
        if let Some(command) = line.strip_prefix(">>> ") {
            last = command_step(command);
        } else if line.strip_prefix("<<< ").is_some_and(|reply| reply.starts_with(['4', '5'])) {
            return last;
        }
    }
    None
}

fn command_step(command: &str) -> Option<Step> {
    let word = command.get(..4)?.to_ascii_uppercase();
    match word.as_str() {
        "RCPT" => Some(Step::To),
        "MAIL" => Some(Step::From),
        "DATA" => Some(Step::Data),
        "HELO" | "EHLO" => Some(Step::Connect),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_found_where_servers_put_them() {
        let table = [
            ("smtp; 550 5.1.1 <a@b.example>... User unknown", Some(550), Some("5.1.1")),
            ("550-5.7.26 Unauthenticated email", Some(550), Some("5.7.26")),
            ("Sorry. (#4.4.1)", None, Some("4.4.1")),
            ("550: 5.2.2 full", Some(550), Some("5.2.2")),
            ("Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 gone", Some(550), Some("5.1.1")),
            ("host mx.example[192.0.2.45]:25 said nothing", None, None),
            ("554 5.0.0 failed: 550 5.1.1 unknown", Some(554), Some("5.1.1")),
            ("(reason: 255)", None, None),
        ];
        for (text, want_code, want_status) in table {
            assert_eq!(code(text), want_code, "{text}");
            assert_eq!(status(text).map(|status| status.to_string()).as_deref(), want_status, "{text}");
        }
    }

    #[test]
    fn the_step_is_read_from_words_and_transcripts() {
        let table = [
            ("said: 550 no (in reply to RCPT TO\n command)", Some(Step::To)),
            ("after end of data: host x: 554 no", Some(Step::Data)),
            (">>> DATA\n<<< 550 Unknown user\n>>> RCPT To:<a@b.example>\n<<< 250 ok", Some(Step::Data)),
            (">>> RCPT To:<a@b.example>\n<<< 550 no\n>>> DATA\n<<< 503 RCPT first", Some(Step::To)),
            ("Connected to 192.0.2.1 but sender was rejected.", Some(Step::From)),
            ("host x refused to talk to me: 554 no", Some(Step::Connect)),
            ("Diagnostic-Code: smtp; 550 no", None),
        ];
        for (text, step_wanted) in table {
            assert_eq!(step(text), step_wanted, "{text}");
        }
    }
}
