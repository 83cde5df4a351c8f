//! A mail of ours, read again for people.

use mail_parser::{Addr, Address, Message, MessageParser};

/// What a reader shows of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedMail {
    /// As the header has them: a name and an address each.
    pub from: String,
    pub to: String,
    pub subject: String,
    /// All headers, in their order, each on one line.
    pub headers: Vec<(String, String)>,
    pub html: Option<String>,
    pub text: Option<String>,
}

impl OpenedMail {
    /// Reads a mail; `None` where the bytes are not one.
    ///
    /// ```
    /// use attractor_mail::message::OpenedMail;
    ///
    /// let mail = OpenedMail::read(b"From: News <news@example.org>\r\nTo: ada@example.com\r\nSubject: Hi\r\n\r\nHello\r\n").unwrap();
    /// assert_eq!((mail.from.as_str(), mail.subject.as_str()), ("News <news@example.org>", "Hi"));
    /// assert_eq!((mail.text.as_deref(), mail.html), (Some("Hello\r\n"), None));
    /// ```
    pub fn read(bytes: &[u8]) -> Option<OpenedMail> {
        let message = MessageParser::default().parse(bytes)?;
        let has_html = message.html_bodies().any(|part| part.is_text_html());
        let has_text = message.text_bodies().any(|part| part.is_text() && !part.is_text_html());
        Some(OpenedMail {
            from: mailboxes(message.from()),
            to: mailboxes(message.to()),
            subject: message.subject().unwrap_or_default().to_owned(),
            headers: headers(&message),
            html: has_html.then(|| message.body_html(0)).flatten().map(|html| html.into_owned()),
            text: has_text.then(|| message.body_text(0)).flatten().map(|text| text.into_owned()),
        })
    }
}

fn mailboxes(found: Option<&Address>) -> String {
    let one = |mailbox: &Addr| match (mailbox.name.as_deref(), mailbox.address.as_deref()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    found.map(|all| all.iter().map(one).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// As they were written, without their line breaks.
fn headers(message: &Message) -> Vec<(String, String)> {
    let one_line = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
    message.headers_raw().map(|(name, value)| (name.to_owned(), one_line(value))).collect()
}
