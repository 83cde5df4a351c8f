//! One mail over a connection to a mail server. Each stage is known, so that what becomes of a mail is said exactly: in doubt
//! is only what broke off behind the envelope.

use attractor_app::sending::transport::{Delivery, OutgoingMail, Step};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::extension::Extension;

/// A mail of up to this many bytes goes down in one piece with the dot that ends it. Two pieces would wait for each other: the
/// system keeps the second one back until the server has acknowledged the first, and the server waits for more.
const ONE_PIECE: usize = 1 << 16;

/// A connection that mails go over.
pub struct Open {
    pub connection: SmtpConnection,
    /// Whether commands may be sent without waiting for the answer to each (RFC 2920).
    pub pipelines: bool,
    /// How many mails it has had.
    pub mails: usize,
}

impl Open {
    pub fn close(mut self) {
        // The mails have left; nobody needs the answer.
        let _ = self.connection.quit();
    }
}

/// What came of a dialogue.
pub enum Ended {
    /// What became of the mail, and whether the connection can be used again.
    With { delivery: Delivery, goes_on: bool },
    /// The server had closed the connection before: it has read nothing of the mail.
    Closed(String),
}

/// Hands over one mail.
pub fn dialogue(open: &mut Open, mail: &OutgoingMail) -> Ended {
    let offers = |what| open.connection.server_info().supports_feature(what);
    if mail.needs_smtputf8 && !offers(Extension::SmtpUtfEight) {
        let answer = "the mail server does not take addresses with letters beyond ASCII (SMTPUTF8)".into();
        return Ended::With { delivery: Delivery::Refused { answer, step: Step::From }, goes_on: true };
    }
    let utf8 = if mail.needs_smtputf8 { " SMTPUTF8" } else { "" };
    let eight = if !mail.bytes.is_ascii() && offers(Extension::EightBitMime) { " BODY=8BITMIME" } else { "" };
    let commands = [
        (Step::From, format!("MAIL FROM:<{}>{utf8}{eight}\r\n", mail.from)),
        (Step::To, format!("RCPT TO:<{}>\r\n", mail.to)),
        (Step::Data, "DATA\r\n".to_owned()),
    ];
    let said = if open.pipelines { at_once(open, &commands) } else { one_by_one(open, &commands) };
    match said {
        Ok(()) => body(&mut open.connection, &mail.bytes),
        Err(ended) => ended,
    }
}

fn one_by_one(open: &mut Open, commands: &[(Step, String)]) -> Result<(), Ended> {
    for (step, command) in commands {
        open.connection.command(command).map_err(|error| before_the_mail(&error, *step, open.mails))?;
    }
    Ok(())
}

/// All commands in one piece. The first error decides; the answers to the others are read, so that the next mail does not
/// take them for its own.
fn at_once(open: &mut Open, commands: &[(Step, String)]) -> Result<(), Ended> {
    let all: String = commands.iter().map(|(_, command)| command.as_str()).collect();
    let mut answer = open.connection.command(all);
    let mut first = None;
    for (step, _) in commands {
        if *step != Step::From {
            answer = open.connection.read_response();
        }
        match (&answer, first.take()) {
            (Err(error), None) => first = Some(before_the_mail(error, *step, open.mails)),
            // It waits for a mail whose envelope it has refused.
            (Ok(_), Some(ended)) if *step == Step::Data => first = Some(ends_here(ended)),
            (Err(error), Some(ended)) if error.status().is_none() => first = Some(ends_here(ended)),
            (_, known) => first = known,
        }
        if matches!(first, Some(Ended::Closed(_) | Ended::With { goes_on: false, .. })) {
            break;
        }
    }
    first.map_or(Ok(()), Err)
}

/// The same, and the connection cannot be used again.
fn ends_here(ended: Ended) -> Ended {
    match ended {
        Ended::With { delivery, .. } => Ended::With { delivery, goes_on: false },
        closed @ Ended::Closed(_) => closed,
    }
}

fn body(connection: &mut SmtpConnection, bytes: &[u8]) -> Ended {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= ONE_PIECE => end_of(connection.command(stuffed(text)).map(drop), true),
        _ => in_pieces(connection, bytes),
    }
}

fn in_pieces(connection: &mut SmtpConnection, bytes: &[u8]) -> Ended {
    // The end of the data brings a line break of its own.
    let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    let mut is_whole = false;
    let mut parts = [bytes].into_iter();
    let parts = std::iter::from_fn(|| {
        let next = parts.next();
        // Nothing is asked for behind the last part but the dot that ends it.
        is_whole |= next.is_none();
        next
    });
    let answer = connection.message_iter(parts).map(drop);
    end_of(answer, is_whole)
}

fn end_of(answer: Result<(), Error>, is_whole: bool) -> Ended {
    match answer {
        Ok(()) => Ended::With { delivery: Delivery::Accepted, goes_on: true },
        Err(error) if error.status().is_some() || !is_whole => known(&error, Step::Data),
        Err(error) => Ended::With {
            delivery: Delivery::Unknown { why: format!("the connection broke off behind the mail: {error}") },
            goes_on: false,
        },
    }
}

/// A mail as it goes over the wire, with the dot that ends it.
fn stuffed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.strip_suffix("\r\n").unwrap_or(text).split("\r\n") {
        if line.starts_with('.') {
            out.push('.');
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out.push_str(".\r\n");
    out
}

/// An error in the envelope.
fn before_the_mail(error: &Error, step: Step, mails: usize) -> Ended {
    let code = error.status().map(u16::from);
    // Of a connection that was kept, silence and 421 only say that it was kept too long.
    if step == Step::From && mails > 1 && matches!(code, None | Some(421)) {
        return Ended::Closed(answer(error));
    }
    match known(error, step) {
        // That the sender is refused is for the settings to change, and no copy's fault.
        Ended::With { delivery: Delivery::Refused { answer, step: Step::From }, goes_on } => {
            Ended::With { delivery: Delivery::PutOff { answer, step: Some(Step::From) }, goes_on }
        }
        ended => ended,
    }
}

/// An error of which it is certain that the server does not have the mail.
fn known(error: &Error, step: Step) -> Ended {
    let answer = answer(error);
    match error.status() {
        Some(_) if error.is_permanent() => Ended::With { delivery: Delivery::Refused { answer, step }, goes_on: true },
        // 421 announces that the server closes the connection.
        Some(code) => {
            let goes_on = u16::from(code) != 421;
            Ended::With { delivery: Delivery::PutOff { answer, step: Some(step) }, goes_on }
        }
        None => Ended::With { delivery: Delivery::PutOff { answer, step: None }, goes_on: false },
    }
}

/// The server's answer: its code and its words.
pub fn answer(error: &Error) -> String {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match error.status() {
        Some(code) => format!("{code} {words}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_with_a_dot_get_another_and_the_mail_its_end() {
        for (text, expected) in [
            ("a\r\n.b\r\n", "a\r\n..b\r\n.\r\n"),
            (".\r\n..\r\nc.d\r\n", "..\r\n...\r\nc.d\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n\r\n", "a\r\n\r\n.\r\n"),
            ("", "\r\n.\r\n"),
        ] {
            assert_eq!(stuffed(text), expected, "{text:?}");
        }
    }
}
