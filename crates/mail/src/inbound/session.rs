//! The receiving side of an SMTP or LMTP dialogue (RFC 5321, RFC 2033) without a network: bytes in, steps out.
//!
//! ```
//! use attractor_mail::inbound::session::{Session, Step, Stored};
//!
//! let mut session = Session::new("bounce.x.example");
//! let mut replies = String::new();
//! session.feed(b"LHLO mx.example\r\nMAIL FROM:<>\r\nRCPT TO:<copy@bounce.x.example>\r\nDATA\r\nSubject: Hi\r\n\r\n..\r\n.\r\n");
//! while let Some(step) = session.next(&|recipient| recipient == "copy@bounce.x.example") {
//!     match step {
//!         Step::Reply(text) | Step::Close(text) => replies += &text,
//!         Step::Mail(mail) => {
//!             assert_eq!(mail.raw, b"Subject: Hi\r\n\r\n.\r\n");
//!             replies += &session.answer(&[Stored::Yes]);
//!         }
//!     }
//! }
//! assert!(replies.ends_with("250 2.0.0 Stored\r\n"));
//! ```

mod command;
mod data;

use command::Command;
use data::Data;

/// The most bytes of a command line, with its end.
pub const MOST_LINE: usize = 2_000;
/// The most bytes of a mail. Only its first [`super::MOST_BYTES`] are kept: nothing behind them is read.
pub const MOST_MAIL: usize = 10 * 1024 * 1024;
/// The most recipients of a mail.
pub const MOST_RECIPIENTS: usize = 20;
/// The connection ends with this many errors.
pub const MOST_ERRORS: usize = 10;

/// A mail with its envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The envelope's sender; empty for reports and auto-replies.
    pub sender: String,
    /// Those of ours that it goes to, as the other side wrote them.
    pub recipients: Vec<String>,
    /// The mail, at most its first [`super::MOST_BYTES`] and one more byte, so that a reader sees that it was cut.
    pub raw: Vec<u8>,
}

/// What whoever has the connection does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sends this, which ends with CR LF.
    Reply(String),
    /// Stores what the mail means, and then calls [`Session::answer`].
    Mail(ReceivedMail),
    /// Sends this and closes the connection.
    Close(String),
}

/// Whether what a mail means to one recipient was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Yes,
    /// Not now; the other side tries again.
    Later,
}

#[derive(Debug)]
enum Reading {
    Commands,
    /// The rest of a line that is too long.
    LongLine,
    Data(Data),
    /// The answer to a mail to this number of recipients.
    Answer(usize),
    Closed,
}

/// One dialogue.
#[derive(Debug)]
pub struct Session {
    host: String,
    buffer: Vec<u8>,
    reading: Reading,
    has_greeted: bool,
    /// Each recipient gets an answer of its own behind the mail (RFC 2033).
    is_lmtp: bool,
    envelope: Option<ReceivedMail>,
    errors: usize,
}

impl Session {
    /// `host` is what the server calls itself.
    pub fn new(host: &str) -> Session {
        Session {
            host: host.to_owned(),
            buffer: Vec::new(),
            reading: Reading::Commands,
            has_greeted: false,
            is_lmtp: false,
            envelope: None,
            errors: 0,
        }
    }

    /// The first line, which the server sends before it reads.
    pub fn greeting(&self) -> String {
        format!("220 {} ESMTP\r\n", self.host)
    }

    /// The last line of a server that stops, or of a connection that was silent for too long.
    pub fn farewell(&self, why: &str) -> String {
        format!("421 4.3.2 {} {why}\r\n", self.host)
    }

    /// The only line to a connection that has no place, such as one of a network that has too many (RFC 5321, 3.8).
    ///
    /// ```
    /// use attractor_mail::inbound::session::Session;
    ///
    /// let line = Session::new("bounce.x.example").no_place("Too many connections from your network");
    /// assert_eq!(line, "421 4.7.0 bounce.x.example Too many connections from your network; try again later\r\n");
    /// ```
    pub fn no_place(&self, why: &str) -> String {
        format!("421 4.7.0 {} {why}; try again later\r\n", self.host)
    }

    /// Takes in what came. Call [`Session::next`] until it returns `None` before the next call, so that little waits.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !matches!(self.reading, Reading::Closed) {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next step; `None` where more has to come, or an answer is due. `is_ours` says whether an address is a return
    /// path of ours.
    pub fn next(&mut self, is_ours: &dyn Fn(&str) -> bool) -> Option<Step> {
        loop {
            match &mut self.reading {
                Reading::Answer(_) | Reading::Closed => return None,
                Reading::Data(data) => {
                    let (read, is_over) = data.read(&self.buffer);
                    self.buffer.drain(..read);
                    return if is_over { Some(self.received()) } else { None };
                }
                Reading::LongLine => {
                    let Some(end) = self.line_end() else {
                        self.buffer.clear();
                        return None;
                    };
                    self.buffer.drain(..=end);
                    self.reading = Reading::Commands;
                    return Some(self.error("500 5.5.2 The line is too long"));
                }
                Reading::Commands => match self.line_end() {
                    Some(end) if end < MOST_LINE => {
                        let line: Vec<u8> = self.buffer.drain(..=end).collect();
                        return Some(self.line(&line, is_ours));
                    }
                    None if self.buffer.len() < MOST_LINE => return None,
                    _ => self.reading = Reading::LongLine,
                },
            }
        }
    }

    /// The reply to a mail, given what became of it for each recipient, in their order.
    pub fn answer(&mut self, stored: &[Stored]) -> String {
        let Reading::Answer(recipients) = self.reading else { return String::new() };
        self.reading = Reading::Commands;
        let reply = |stored: bool| match stored {
            true => "250 2.0.0 Stored\r\n",
            false => "451 4.3.0 It cannot be stored at present, try again later\r\n",
        };
        if !self.is_lmtp {
            return reply(stored.len() == recipients && stored.iter().all(|one| *one == Stored::Yes)).to_owned();
        }
        (0..recipients).map(|place| reply(stored.get(place) == Some(&Stored::Yes))).collect()
    }

    fn line_end(&self) -> Option<usize> {
        self.buffer.iter().position(|byte| *byte == b'\n')
    }

    fn error(&mut self, reply: &str) -> Step {
        self.errors += 1;
        if self.errors < MOST_ERRORS {
            return Step::Reply(format!("{reply}\r\n"));
        }
        self.close("421 4.7.0 Too many errors")
    }

    fn close(&mut self, reply: &str) -> Step {
        self.reading = Reading::Closed;
        self.buffer.clear();
        Step::Close(format!("{reply}\r\n"))
    }

    fn line(&mut self, line: &[u8], is_ours: &dyn Fn(&str) -> bool) -> Step {
        // A lone CR or LF ends no line: what it hides is not read as a command.
        let Some(line) = line.strip_suffix(b"\r\n").filter(|line| !line.contains(&b'\r')) else {
            return self.error("500 5.5.2 A line ends with CR LF");
        };
        let reply = |text: &str| Step::Reply(format!("{text}\r\n"));
        match Command::read(&String::from_utf8_lossy(line)) {
            Command::Hello { extended, lmtp } => self.hello(extended, lmtp),
            Command::Mail { sender, size } => self.begin(sender, size),
            Command::Rcpt { recipient } => self.recipient(recipient, is_ours),
            Command::Data => self.data(),
            Command::Rset => {
                self.envelope = None;
                reply("250 2.0.0 Ok")
            }
            Command::Noop => reply("250 2.0.0 Ok"),
            Command::Vrfy => reply("252 2.1.5 Send a mail, and its answer says it"),
            Command::Quit => self.close("221 2.0.0 Bye"),
            Command::Malformed => self.error("501 5.5.4 The argument of the command is malformed"),
            Command::Unknown => self.error("500 5.5.1 The command is unknown"),
        }
    }

    fn hello(&mut self, extended: bool, lmtp: bool) -> Step {
        (self.has_greeted, self.is_lmtp, self.envelope) = (true, lmtp, None);
        let host = &self.host;
        Step::Reply(if extended {
            format!(
                "250-{host}\r\n250-PIPELINING\r\n250-SIZE {MOST_MAIL}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n\
                 250 ENHANCEDSTATUSCODES\r\n"
            )
        } else {
            format!("250 {host}\r\n")
        })
    }

    fn begin(&mut self, sender: String, size: Option<usize>) -> Step {
        if !self.has_greeted {
            return self.error("503 5.5.1 Say EHLO first");
        }
        if self.envelope.is_some() {
            return self.error("503 5.5.1 A mail has begun already");
        }
        if size.is_some_and(|size| size > MOST_MAIL) {
            return self.error("552 5.3.4 The mail is too large");
        }
        self.envelope = Some(ReceivedMail { sender, ..ReceivedMail::default() });
        Step::Reply("250 2.1.0 Ok\r\n".to_owned())
    }

    fn recipient(&mut self, recipient: String, is_ours: &dyn Fn(&str) -> bool) -> Step {
        let Some(envelope) = &mut self.envelope else { return self.error("503 5.5.1 Say MAIL first") };
        if !is_ours(&recipient) {
            return self.error("550 5.1.1 There is no such mailbox here");
        }
        if envelope.recipients.len() >= MOST_RECIPIENTS {
            return Step::Reply("452 4.5.3 Too many recipients\r\n".to_owned());
        }
        envelope.recipients.push(recipient);
        Step::Reply("250 2.1.5 Ok\r\n".to_owned())
    }

    fn data(&mut self) -> Step {
        if self.envelope.as_ref().is_none_or(|envelope| envelope.recipients.is_empty()) {
            return self.error("503 5.5.1 Say RCPT first");
        }
        self.reading = Reading::Data(Data::default());
        Step::Reply("354 End the mail with CR LF . CR LF\r\n".to_owned())
    }

    /// The mail is over.
    fn received(&mut self) -> Step {
        let mut mail = self.envelope.take().unwrap_or_default();
        let Reading::Data(data) = std::mem::replace(&mut self.reading, Reading::Commands) else {
            return self.close("421 4.3.0 An internal error");
        };
        let Some(raw) = data.mail() else {
            let answers = if self.is_lmtp { mail.recipients.len() } else { 1 };
            return Step::Reply("552 5.3.4 The mail is too large\r\n".repeat(answers));
        };
        mail.raw = raw;
        self.reading = Reading::Answer(mail.recipients.len());
        Step::Mail(mail)
    }
}
