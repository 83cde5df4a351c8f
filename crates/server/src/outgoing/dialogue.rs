//! One mail over a connection to a mail server. Each stage is known, so that what becomes of a mail is said exactly: in doubt
//! is only what broke off behind the envelope.

use attractor_app::sending::transport::{Delivery, OutgoingMail, Step};
use memchr::memmem;

use super::connection::{Connection, Failure};

/// A mail of up to this many bytes goes down in one piece with the dot that ends it. Two pieces would wait for each other: the
/// system keeps the second one back until the server has acknowledged the first, and the server waits for more.
const ONE_PIECE: usize = 1 << 16;

/// A connection that mails go over.
pub struct Open {
    pub connection: Connection,
    /// How many mails it has had.
    pub mails: usize,
}

impl Open {
    pub fn close(mut self) {
        // The mails have left; nobody needs the answer.
        let _ = self.connection.command("QUIT\r\n");
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
    let offers = &open.connection.offers;
    if mail.needs_smtputf8 && !offers.has("SMTPUTF8") {
        let answer = "the mail server does not take addresses with letters beyond ASCII (SMTPUTF8)".into();
        return Ended::With { delivery: Delivery::Refused { answer, step: Step::From }, goes_on: true };
    }
    let utf8 = if mail.needs_smtputf8 { " SMTPUTF8" } else { "" };
    let eight = if !mail.bytes.is_ascii() && offers.has("8BITMIME") { " BODY=8BITMIME" } else { "" };
    let commands = [
        (Step::From, format!("MAIL FROM:<{}>{utf8}{eight}\r\n", mail.from)),
        (Step::To, format!("RCPT TO:<{}>\r\n", mail.to)),
        (Step::Data, "DATA\r\n".to_owned()),
    ];
    // Commands may be sent without waiting for the answer to each (RFC 2920).
    let said = if offers.has("PIPELINING") { at_once(open, &commands) } else { one_by_one(open, &commands) };
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
            answer = open.connection.read_reply();
        }
        match (&answer, first.take()) {
            (Err(error), None) => first = Some(before_the_mail(error, *step, open.mails)),
            // It waits for a mail whose envelope it has refused.
            (Ok(_), Some(ended)) if *step == Step::Data => first = Some(ends_here(ended)),
            (Err(error), Some(ended)) if error.code().is_none() => first = Some(ends_here(ended)),
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

fn body(connection: &mut Connection, bytes: &[u8]) -> Ended {
    let mut mail = stuffed(bytes);
    if mail.len() <= ONE_PIECE {
        mail.extend_from_slice(END);
        return end_of(connection.command(mail).map(drop), true);
    }
    match connection.write(&mail) {
        Ok(()) => end_of(connection.command(END).map(drop), true),
        failed => end_of(failed, false),
    }
}

/// Ends a mail.
const END: &[u8] = b".\r\n";

/// What the answer to a mail means; `is_whole`: the server may have all of the mail.
fn end_of(answer: Result<(), Failure>, is_whole: bool) -> Ended {
    match answer {
        Ok(()) => Ended::With { delivery: Delivery::Accepted, goes_on: true },
        Err(error) if error.code().is_some() || !is_whole => known(&error, Step::Data),
        Err(error) => Ended::With {
            delivery: Delivery::Unknown { why: format!("the connection broke off behind the mail: {error}") },
            goes_on: false,
        },
    }
}

/// A mail as it goes over the wire, without the dot that ends it.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 64);
    let mut rest = Some(mail.strip_suffix(b"\r\n").unwrap_or(mail));
    while let Some(text) = rest {
        let end = memmem::find(text, b"\r\n");
        let line = &text[..end.unwrap_or(text.len())];
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
        rest = end.map(|end| &text[end + 2..]);
    }
    out
}

/// An error in the envelope.
fn before_the_mail(error: &Failure, step: Step, mails: usize) -> Ended {
    // Of a connection that was kept, silence and 421 only say that it was kept too long.
    if step == Step::From && mails > 1 && matches!(error.code(), None | Some(421)) {
        return Ended::Closed(error.to_string());
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
fn known(error: &Failure, step: Step) -> Ended {
    let answer = error.to_string();
    match error.code() {
        Some(_) if error.is_permanent() => Ended::With { delivery: Delivery::Refused { answer, step }, goes_on: true },
        // 421 announces that the server closes the connection.
        Some(code) => Ended::With { delivery: Delivery::PutOff { answer, step: Some(step) }, goes_on: code != 421 },
        None => Ended::With { delivery: Delivery::PutOff { answer, step: None }, goes_on: false },
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
            assert_eq!([&stuffed(text.as_bytes()), END].concat(), expected.as_bytes(), "{text:?}");
        }
    }
}
