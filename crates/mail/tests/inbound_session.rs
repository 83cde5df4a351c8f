//! Dialogues with a mail server that hands over what came back.

use attractor_mail::inbound::session::{
    MOST_ERRORS, MOST_LINE, MOST_MAIL, MOST_RECIPIENTS, ReceivedMail, Session, Step, Stored,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn is_ours(recipient: &str) -> bool {
    recipient.starts_with("ours")
}

/// Plays pieces; the replies without the end of the last line, the mails, and whether the connection was closed.
fn played(pieces: &[&[u8]], stored: &[Stored]) -> (Vec<String>, Vec<ReceivedMail>, bool) {
    let mut session = Session::new("bounce.x.example");
    let (mut replies, mut mails, mut is_closed) = (Vec::new(), Vec::new(), false);
    for piece in pieces {
        session.feed(piece);
        while let Some(step) = session.next(&is_ours) {
            match step {
                Step::Reply(text) => replies.push(text),
                Step::Close(text) => {
                    replies.push(text);
                    is_closed = true;
                }
                Step::Mail(mail) => {
                    assert_eq!(session.next(&is_ours), None, "nothing is read before the answer");
                    replies.push(session.answer(&stored[..mail.recipients.len().min(stored.len())]));
                    mails.push(mail);
                }
            }
        }
    }
    (replies, mails, is_closed)
}

/// The codes of the replies to lines.
fn codes(lines: &str) -> String {
    let (replies, ..) = played(&[lines.replace('\n', "\r\n").as_bytes()], &[Stored::Yes; MOST_RECIPIENTS]);
    let codes = replies.iter().flat_map(|reply| reply.lines()).filter(|line| line.as_bytes().get(3) == Some(&b' '));
    codes.map(|line| &line[..3]).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_line_has_its_answer() {
    for (lines, expected) in [
        (
            "EHLO a\nMAIL FROM:<> SIZE=100 BODY=8BITMIME\nRCPT TO:<ours@b>\nDATA\nHi\n.\nQUIT\n",
            "250 250 250 354 250 221",
        ),
        ("HELO a\nMAIL FROM:<x@y>\nRCPT TO:<theirs@b>\nRCPT TO:<ours@b>\nDATA\n.\n", "250 250 550 250 354 250"),
        ("EHLO a\nMAIL FROM:<>\nRCPT TO:<theirs@b>\nDATA\n", "250 250 550 503"),
        (
            "LHLO a\nMAIL FROM:<>\nRCPT TO:<ours1@b>\nRCPT TO:<ours2@b>\nDATA\n.\nNOOP\n",
            "250 250 250 250 354 250 250 250",
        ),
        ("EHLO a\nMAIL FROM:<>\nRCPT TO:<ours1@b>\nRCPT TO:<ours2@b>\nDATA\n.\nNOOP\n", "250 250 250 250 354 250 250"),
        ("MAIL FROM:<>\n", "503"),
        ("EHLO a\nRCPT TO:<ours@b>\nDATA\n", "250 503 503"),
        ("EHLO a\nMAIL FROM:<>\nMAIL FROM:<>\nRSET\nMAIL FROM:<>\n", "250 250 503 250 250"),
        ("EHLO a\nMAIL FROM:<>\nEHLO a\nMAIL FROM:<>\n", "250 250 250 250"),
        ("EHLO a\nMAIL FROM:<> SIZE=10485760\nRSET\nMAIL FROM:<> SIZE=10485761\n", "250 250 250 552"),
        ("VRFY ada\nNOOP\nEXPN all\nSTARTTLS\nRCPT\nQUIT\nNOOP\n", "252 250 500 500 501 221"),
    ] {
        assert_eq!(codes(lines), expected, "{lines}");
    }
}

#[test]
fn there_are_bounds() {
    let errors = "nonsense\n".repeat(MOST_ERRORS + 1);
    assert!(codes(&errors).ends_with("500 421"), "{}", codes(&errors));
    assert_eq!(codes(&errors).split(' ').count(), MOST_ERRORS);
    let many: String = (0..=MOST_RECIPIENTS).map(|number| format!("RCPT TO:<ours{number}@b>\n")).collect();
    assert!(codes(&format!("EHLO a\nMAIL FROM:<>\n{many}DATA\n.\n")).ends_with("250 452 354 250"));
    let long = format!("NOOP {}\nNOOP\n", "a".repeat(MOST_LINE));
    assert_eq!(codes(&long), "500 250");
    let longest = format!("NOOP {}\n", "a".repeat(MOST_LINE - 7));
    assert_eq!(codes(&longest), "250");
    let large = format!(
        "LHLO a\nMAIL FROM:<>\nRCPT TO:<ours1@b>\nRCPT TO:<ours2@b>\nDATA\n{}\n.\nNOOP\n",
        "a".repeat(MOST_MAIL)
    );
    assert_eq!(codes(&large), "250 250 250 250 354 552 552 250");
}

#[test]
fn a_mail_has_its_envelope_and_is_not_answered_before_it_is_stored() {
    let begin = "EHLO a\r\nMAIL FROM:<x@y>\r\nRCPT TO:<ours1@b>\r\nRCPT TO:<ours2@b>\r\nDATA\r\na\r\n..b\r\n.\r\n";
    let mail = ReceivedMail {
        sender: "x@y".into(),
        recipients: vec!["ours1@b".into(), "ours2@b".into()],
        raw: b"a\r\n.b\r\n".to_vec(),
    };
    for (hello, stored, expected) in [
        ("EHLO", [Stored::Yes, Stored::Yes], vec!["250"]),
        ("EHLO", [Stored::Yes, Stored::Later], vec!["451"]),
        ("LHLO", [Stored::Yes, Stored::Later], vec!["250", "451"]),
        ("LHLO", [Stored::Later, Stored::Later], vec!["451", "451"]),
    ] {
        let (replies, mails, _) = played(&[begin.replace("EHLO", hello).as_bytes()], &stored);
        assert_eq!(mails, std::slice::from_ref(&mail));
        let last: Vec<&str> = replies.last().unwrap().lines().map(|line| &line[..3]).collect();
        assert_eq!(last, expected, "{hello} {stored:?}");
    }
}

#[test]
fn lone_line_ends_smuggle_nothing() {
    let begin = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<ours@b>\r\nDATA\r\nfirst";
    for end in ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n"] {
        let hidden = "MAIL FROM:<>\r\nRCPT TO:<ours2@b>\r\nDATA\r\nsecond\r\n.\r\n";
        let (_, mails, _) = played(&[format!("{begin}{end}{hidden}").as_bytes()], &[Stored::Yes]);
        assert_eq!(mails.len(), 1, "{end:?}");
        assert!(String::from_utf8_lossy(&mails[0].raw).contains("second"), "{end:?}");
    }
    for line in ["NOOP\nNOOP\r\n", "NOOP\rMAIL FROM:<>\r\n"] {
        let (replies, ..) = played(&[line.as_bytes()], &[]);
        assert!(replies[0].starts_with("500 "), "{line:?}: {replies:?}");
    }
}

/// Pieces of which dialogues are made, so that random ones reach far.
const PIECES: [&str; 18] = [
    "EHLO a\r\n",
    "LHLO a\r\n",
    "MAIL FROM:<>\r\n",
    "RCPT TO:<ours@b>\r\n",
    "DATA\r\n",
    ".\r\n",
    "..",
    ".",
    "\r",
    "\n",
    "\r\n",
    "RSET\r\n",
    "QUIT\r\n",
    "NOOP ",
    "<",
    ">",
    "é\0",
    "SIZE=",
];

fn dialogue() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => (0..PIECES.len()).prop_map(|place| PIECES[place].as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..40),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_answered_alike_however_they_are_cut(bytes in dialogue(), at in any::<prop::sample::Index>()) {
        let whole = played(&[&bytes], &[Stored::Yes]);
        let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
        prop_assert_eq!(&whole, &played(&[first, second], &[Stored::Yes]));
        let each: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&whole, &played(&each, &[Stored::Yes]));
    }
}
