//! Any text as a name, subject or body comes out of the mail as it went in, and no text makes a header.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod texts;

use attractor_mail::message::dkim::{Key, Signer};
use attractor_mail::message::{
    Attachment, Automatic, FeedbackId, Headers, Instant, ListId, Mailbox, Message, MessageId, Unsubscribe, subject_line,
};
use mail_parser::{Address, MessageParser, MimeHeaders};
use proptest::prelude::*;
use texts::any_text;

fn mailbox(address: &str) -> Mailbox {
    Mailbox::parse(address).unwrap()
}

/// The text as a part carries it.
fn carried(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let end = if lines.is_empty() || lines.ends_with('\n') { "" } else { "\n" };
    (lines + end).replace('\n', "\r\n")
}

/// The names of the headers of the mail itself, in their order.
fn header_names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let fields = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    fields.map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

fn assert_lines(bytes: &[u8]) {
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        assert!(line.ends_with(b"\r\n"), "a line without CRLF: {text:?}");
        let inside = &line[..line.len() - 2];
        assert!(!inside.contains(&b'\r') && !inside.contains(&0), "{text:?}");
        assert!(line.len() <= 1_000, "{} bytes: {text:?}", line.len());
    }
}

fn one_address<'a>(address: Option<&'a Address<'a>>) -> (String, String) {
    let list: Vec<_> = address.unwrap().iter().collect();
    assert_eq!(list.len(), 1, "{list:?}");
    (list[0].name().unwrap_or_default().to_owned(), list[0].address().unwrap().to_owned())
}

/// A mail with these texts, written, checked line by line, and read again by another library.
fn assert_survives(name: &str, subject: &str, text: &str, html: Option<&str>, file: Option<(&str, &[u8])>) {
    let from = mailbox("news@example.org").named(name);
    let to = mailbox("ada@b\u{fc}cher.example").named(name);
    let files: Vec<Attachment> =
        file.iter().map(|(name, bytes)| Attachment::new(name, "application/pdf", bytes).unwrap()).collect();
    let message = Message {
        id: &MessageId::of_copy("5f0c", subject, &from),
        from: &from,
        to: &to,
        subject,
        date: Instant(1_780_000_000_999),
        text,
        html,
        attachments: &files,
        headers: Headers { reply_to: Some(&to), ..Headers::default() },
    };
    let bytes = message.write();
    assert_eq!(bytes, message.write(), "the same mail is the same bytes");
    assert_lines(&bytes);
    let names = header_names(&bytes);
    let mut expected = vec!["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"];
    expected.extend((html.is_none() && files.is_empty()).then_some("Content-Transfer-Encoding"));
    assert_eq!(names, expected);

    let parsed = MessageParser::new().parse(&bytes).unwrap();
    assert_eq!(one_address(parsed.from()), (from.name().to_owned(), from.address().to_owned()));
    assert_eq!(one_address(parsed.to()), (to.name().to_owned(), to.address().to_owned()));
    assert_eq!(parsed.subject().unwrap_or_default(), subject_line(subject));
    assert_eq!(parsed.date().unwrap().to_timestamp(), 1_780_000_000);
    assert_eq!(parsed.message_id(), Some(message.id.as_str()));
    assert_eq!(parsed.text_body.len(), 1);
    assert_eq!(parsed.body_text(0).unwrap_or_default(), carried(text));
    if let Some(html) = html {
        assert_eq!(parsed.body_html(0).unwrap_or_default(), carried(html));
    }
    assert_eq!(parsed.attachment_count(), files.len());
    for (found, (_, bytes)) in parsed.attachments().zip(file) {
        assert_eq!(found.contents(), bytes);
        assert_eq!(found.attachment_name(), Some(files[0].name()));
    }
}

#[test]
fn texts_of_every_script_survive() {
    for text in texts::everywhere() {
        let text = text.as_str();
        assert_survives(text, text, text, None, None);
        assert_survives(text, text, text, Some(text), None);
        assert_survives(text, text, text, Some(text), Some((text, text.as_bytes())));
        assert_survives(text, text, text, None, Some(("ä.pdf", &[0, 255, 13, 10])));
    }
}

#[test]
fn every_header_is_where_it_belongs() {
    let from = mailbox("news@example.org");
    let to = mailbox("j\u{f6}rg@example.com");
    let id = MessageId::of_copy("5f0c", "1", &from);
    let first = MessageId::parse("<first@example.com>").unwrap();
    let leave = mailbox("leave@example.org");
    let unsubscribe = Unsubscribe::new("https://example.org/u/x", Some(leave)).unwrap();
    let list = ListId::new("newsletter", "example.org", "News").unwrap();
    let feedback = FeedbackId::new("welcome", "onboarding", "marketing", "acme-de").unwrap();
    let headers = Headers {
        reply_to: Some(&from),
        answers: Some(&first),
        unsubscribe: Some(&unsubscribe),
        list: Some(&list),
        feedback: Some(&feedback),
        automatic: Automatic::Replied,
        reference: None,
    };
    let message = Message {
        id: &id,
        from: &from,
        to: &to,
        subject: "Hello",
        date: Instant(0),
        text: "Hello\n",
        html: None,
        attachments: &[],
        headers,
    };
    assert!(message.needs_smtputf8());
    let expected = format!(
        "From: <news@example.org>\r\n\
         To: <j\u{f6}rg@example.com>\r\n\
         Reply-To: <news@example.org>\r\n\
         Subject: Hello\r\n\
         Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n\
         Message-ID: {id}\r\n\
         In-Reply-To: <first@example.com>\r\n\
         References: <first@example.com>\r\n\
         List-Unsubscribe: <https://example.org/u/x>,\r\n <mailto:leave@example.org?subject=unsubscribe>\r\n\
         List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\
         List-Id: \"News\" <newsletter.example.org>\r\n\
         Feedback-ID: welcome:onboarding:marketing:acme-de\r\n\
         Auto-Submitted: auto-replied\r\n\
         X-Auto-Response-Suppress: All\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         \r\n\
         Hello\r\n"
    );
    assert_eq!(String::from_utf8(message.write()).unwrap(), expected);
}

/// The exact bytes: what they change into is seen here, and not first in somebody's mailbox.
#[test]
fn parts_are_bordered_by_the_hash_of_the_id() {
    let from = mailbox("news@example.org");
    let file = Attachment::new("B\u{fc}cher.pdf", "application/pdf", b"%PDF").unwrap();
    let message = Message {
        id: &MessageId::of_copy("5f0c", "1", &from),
        from: &from,
        to: &from,
        subject: "Gr\u{fc}\u{df}e",
        date: Instant(0),
        text: "Gr\u{fc}\u{df}e aus der Werkstatt\n",
        html: Some("<p>\u{3053}\u{3093}</p>"),
        attachments: &[file],
        headers: Headers::default(),
    };
    assert_eq!(String::from_utf8(message.write()).unwrap().replace("\r\n", "\n"), include_str!("parts.eml"));
}

#[test]
fn any_instant_is_a_date() {
    let from = mailbox("news@example.org");
    let id = MessageId::of_copy("", "", &from);
    for at in [i64::MIN, -1, 0, 253_402_300_800_000, i64::MAX] {
        let message = Message {
            id: &id,
            from: &from,
            to: &from,
            subject: "",
            date: Instant(at),
            text: "",
            html: None,
            attachments: &[],
            headers: Headers::default(),
        };
        assert_lines(&message.write());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_text_survives(
        name in any_text(),
        subject in any_text(),
        text in any_text(),
        html in prop::option::of(any_text()),
        file in prop::option::of((any_text(), prop::collection::vec(any::<u8>(), 0..200))),
    ) {
        let file = file.as_ref().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        assert_survives(&name, &subject, &text, html.as_deref(), file);
    }

    #[test]
    fn any_address_is_one_or_none(text in any_text(), domain in "[a-z]{0,5}[.@, a-z]{0,3}example") {
        for address in [text.clone(), format!("{text}@{domain}")] {
            if let Ok(mailbox) = Mailbox::parse(&address) {
                let mut chars = mailbox.address().chars();
                prop_assert!(!chars.any(|c| c.is_whitespace() || c.is_control()));
                prop_assert_eq!(mailbox.address().matches('@').count(), 1);
                prop_assert_eq!(Mailbox::parse(mailbox.address()), Ok(mailbox));
            }
        }
    }

    /// A lead's address is written to as the key that it is.
    #[test]
    fn a_canonical_address_is_read_as_itself(local in "[!-~\u{e0}-\u{17f}]{1,20}", domain in "[a-z\u{e0}-\u{17f}]{1,9}\\.(de|example)") {
        if let Some(canonical) = attractor_engine::address::canonical(&format!("{local}@{domain}"))
            && let Ok(mailbox) = Mailbox::parse(&canonical)
        {
            prop_assert_eq!(mailbox.address(), canonical);
        }
    }

    /// A value that a header accepts is one header, whatever it is.
    #[test]
    fn no_value_makes_a_header(text in any_text()) {
        let from = mailbox("news@example.org");
        let answers = [text.clone(), format!("<{text}@example.org>")].map(|text| MessageId::parse(&text).ok());
        let urls = [text.clone(), format!("https://example.org/{text}")].map(|url| Unsubscribe::new(&url, None).ok());
        let lists = [ListId::new(&text, "example.org", "").ok(), ListId::new("a", "example.org", &text).ok()];
        let feedback = FeedbackId::new(&text, "", "", "acme-de").ok();
        let file = Attachment::new(&text, &format!("a/{text}"), b"").or(Attachment::new(&text, "a/b", b"")).unwrap();
        for at in 0..2 {
            let headers = Headers {
                answers: answers[at].as_ref(),
                unsubscribe: urls[at].as_ref(),
                list: lists[at].as_ref(),
                feedback: feedback.as_ref(),
                ..Headers::default()
            };
            let mut expected = vec!["From", "To", "Subject", "Date", "Message-ID"];
            expected.extend(headers.answers.iter().flat_map(|_| ["In-Reply-To", "References"]));
            let is_secure = |url: &&Unsubscribe| format!("{url:?}").contains("https:");
            expected.extend(headers.unsubscribe.map(|_| "List-Unsubscribe"));
            expected.extend(headers.unsubscribe.filter(is_secure).map(|_| "List-Unsubscribe-Post"));
            expected.extend(headers.list.map(|_| "List-Id"));
            expected.extend(headers.feedback.map(|_| "Feedback-ID"));
            expected.extend(["MIME-Version", "Content-Type"]);
            let message = Message {
                id: &MessageId::of_copy("5f0c", &text, &from),
                from: &from,
                to: &from,
                subject: &text,
                date: Instant(0),
                text: "",
                html: None,
                attachments: std::slice::from_ref(&file),
                headers,
            };
            let bytes = message.write();
            assert_lines(&bytes);
            prop_assert_eq!(header_names(&bytes), expected);
        }
    }

    #[test]
    fn any_bytes_are_signed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), text in any_text()) {
        let signer = Signer::new("example.org", vec![Key::ed25519("e", &[7; 32]).unwrap()]).unwrap();
        for mail in [bytes, text.into_bytes()] {
            if let Ok(signed) = signer.sign(&mail, Instant(0)) {
                prop_assert!(signed.starts_with(b"DKIM-Signature: ") && signed.ends_with(&mail));
            }
        }
    }
}
