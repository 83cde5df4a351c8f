//! Mails and webhooks that want to do harm, or are only broken.

use attractor_mail::inbound::{Kind, MOST_BYTES, back, hostile, own_words, read, webhooks};
use proptest::collection::vec;
use proptest::prelude::*;

/// Pieces of which mails are made, so that random ones reach far into the reader.
const PIECES: [&str; 54] = [
    "=\n",
    "= \t\n--x\n",
    "=\n--x",
    "=4",
    "==\n",
    "\r",
    "\r\n",
    "\u{b}\u{c}",
    "a",
    "!\n",
    "--",
    "=?utf-8?Q?=",
    "=?iso-2022-jp?B?GyRC",
    "\n \n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n",
    "Content-Type: multipart/mixed; boundary=\"x\"\n",
    "Content-Type: message/rfc822\n",
    "Content-Type: message/delivery-status\n",
    "Content-Type: message/feedback-report\n",
    "Content-Type: text/rfc822-headers\n",
    "Content-Type: text/html; charset=iso-2022-jp\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "From: MAILER-DAEMON@mx.example\n",
    "From: =?utf-8?B?8J+QiPCfkIg=?= <ada@example.com>\n",
    "To: bounce+1@x.example, a@b.example\n",
    "Date: Sat, 28 Nov 2026 10:00:00 +0100\n",
    "Date: Sat, 99 Foo 9999 99:99:99 +9999\n",
    "Return-Path: <>\n",
    "Subject: failure notice\n",
    "Subject: Abwesenheit bis 99.99.\n",
    "Auto-Submitted: auto-replied\n",
    "X-Failed-Recipients: a@b.example,\n",
    "References: <a@x> <b@x>\n",
    "\n",
    "\n--x\n",
    "\n--x--\n",
    "--x",
    "Final-Recipient: rfc822; a@b.example\n",
    "Action: failed\n",
    "Status: 5.1.1 (no)\n",
    "Diagnostic-Code: smtp; 550-5.7.1 [192.0.2.1] no\n 550 5.7.1 still no\n",
    "Feedback-Type: abuse\n",
    "Original-Rcpt-To: a@b.example\n",
    "<a@b.example>: host mx.example[192.0.2.1] said: 550 unknown user (in reply to RCPT TO command)\n",
    ">>> RCPT To:<a@b.example>\n<<< 550 no\n",
    "--- Below this line is a copy of the message.\n",
    "On 2 Mar 2026, Ada wrote:\n> old\n",
    "I am back on 31 February until 1-99 December 2026-13-45\n",
    "Please unsubscribe me?\n",
    "ß\u{212a}İ\u{feff}\u{0}",
    "From ada Sat Nov 28 10:00:00 2026\n",
    "{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":\"a@b.example\"}]}}",
    "was automatically rejected:\n",
];

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..4000)) {
        hostile::mail(&bytes);
        hostile::webhook(&bytes);
    }

    #[test]
    fn any_order_of_the_pieces_of_mails_is_read(pieces in vec(prop::sample::select(&PIECES[..]), 0..60), noise in ".{0,40}") {
        let mail = pieces.concat() + &noise;
        hostile::mail(mail.as_bytes());
        let text = pieces.join(&noise);
        hostile::mail(text.replace('\n', "\r\n").as_bytes());
    }

    #[test]
    fn any_text_is_somebodys_words(text in "\\PC{0,300}", day in 1u8..29) {
        let sent = attractor_mail::inbound::Sent { day: jiff::civil::date(2026, 11, day as i8), zone: 0 };
        let words = own_words(&text);
        prop_assert!(words.len() <= text.len());
        if let Some(back) = back(&format!("{text} back on {text}"), sent) {
            prop_assert!(back.day >= sent.day);
        }
    }

    #[test]
    fn any_json_is_an_event_that_is_read_or_left_out(name in "event|recipient|bounce|mail|timestamp|RecordType|Type", value in "\\PC{0,20}", number: f64) {
        let event = serde_json::json!({ name: value, "event": "failed", "RecordType": "Bounce", "timestamp": number, "eventType": "Bounce",
            "bounce": {"bouncedRecipients": [value, number, {"emailAddress": value}]}, "message-headers": value });
        hostile::webhook(event.to_string().as_bytes());
    }
}

#[test]
fn mails_in_mails_without_end_are_cut() {
    let mails = [
        "Content-Type: message/rfc822\n\n".repeat(60_000),
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n".repeat(40_000),
    ];
    for mail in mails {
        hostile::mail(mail.as_bytes());
        assert!(read(mail.as_bytes()).is_cut);
    }
    let split = "Content-Type:\n multi\n part/mixed; boundary=x\n\n--x\n".repeat(40_000);
    hostile::mail(split.as_bytes());
}

#[test]
fn endless_mails_are_read_to_the_limit() {
    let rows = [
        format!("Subject: {}\n\nStop", "a".repeat(MOST_BYTES)),
        "X-Header: y\n".repeat(300_000),
        "To: a@b.example,\n".repeat(200_000),
        format!("Subject: x\n\n{}", "<a@b.example>: 550 no\n".repeat(150_000)),
        format!(
            "From: MAILER-DAEMON@x\nSubject: failure notice\n\n{}",
            (0..80_000).map(|n| format!("<a{n}@b.example>:\n550 no\n")).collect::<String>()
        ),
        format!(
            "Content-Type: message/delivery-status\n\n{}",
            "Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\n\n".repeat(50_000)
        ),
        format!("Subject: x\n\n{}", "quota ".repeat(400_000)),
        format!("Subject: x\n\n{}", "4".repeat(MOST_BYTES)),
        format!("References: {}\n\nx", "<a@x> ".repeat(400_000)),
        "(".repeat(MOST_BYTES),
        format!("From: {}\n\n", "(".repeat(MOST_BYTES)),
        format!("Subject: {}\n\n", "=?utf-8?B?".repeat(200_000)),
        format!("Content-Type: text/html\n\n{}", "<a".repeat(900_000)),
        format!("Subject: Re\n\nFrom: x{}", "\n".repeat(1_900_000)),
        format!("Subject: Re\n\n{}", "On 1\n\n".repeat(300_000)),
        format!("Content-Type: multipart/mixed; boundary=x\n\n{}", "--x\n\na\n".repeat(250_000)),
    ];
    for (number, mail) in rows.iter().enumerate() {
        hostile::mail(mail.as_bytes());
        assert!(read(mail.as_bytes()).facts.len() <= 100, "row {number}");
    }
}

#[test]
fn a_soft_line_break_at_the_end_of_a_part_loses_nothing() {
    for end in ["=\n", "= \n", "=\r\n", "=\n=\n", "\n=\n"] {
        for body in ["", "a", "Yes"] {
            let mail = format!(
                "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: quoted-printable\n\n{body}{end}--x--\n"
            );
            assert_eq!(read(mail.as_bytes()).words, body, "{mail}");
        }
    }
}

/// Only the headers of a copy are used, so the form of its body does not matter.
#[test]
fn a_returned_copy_may_be_encoded() {
    let copy = "Message-ID: <s1@ours.example>\nContent-Type: multipart/mixed; boundary=y\n\n--y\nContent-Transfer-Encoding: quoted-printable\n\n=\n--y--\n";
    let copy = data_encoding::BASE64.encode(copy.as_ref());
    for kind in ["message/rfc822", "Message/RFC822", "message/global", "message/\n rfc822", "message / rfc822"] {
        let mail = format!(
            "Content-Type: multipart/report; boundary=x\n\n--x\n\nsorry\n--x\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{copy}\n--x--\n"
        );
        hostile::mail(mail.as_bytes());
        if !kind.contains(' ') {
            assert_eq!(read(mail.as_bytes()).original.message_ids, ["s1@ours.example"], "{kind}");
        }
    }
    let digest = format!(
        "Content-Type: multipart/digest; boundary=x\n\n--x\nContent-Transfer-Encoding: base64\n\n{copy}\n--x--\n"
    );
    hostile::mail(digest.as_bytes());
}

#[test]
fn letters_in_every_charset_are_read() {
    let mail = |charset: &str, body: &[u8]| {
        let head = format!("From: ada@example.com\nContent-Type: text/plain; charset={charset}\n\n");
        read(&[head.as_bytes(), body].concat())
    };
    assert_eq!(mail("iso-8859-1", b"Gr\xfc\xdfe").words, "Grüße");
    assert_eq!(mail("windows-1252", b"\x80 5").words, "€ 5");
    assert_eq!(mail("utf-8", "日本".as_bytes()).words, "日本");
    assert_eq!(mail("iso-2022-jp", b"\x1b$B$3$s\x1b(B").words, "こん");
    for charset in ["x-unknown", "", "\"", "utf-7", "utf-16"] {
        assert_eq!(mail(charset, b"\xff\xfe\x00hello\xd8").facts[0].kind, Kind::Reply, "{charset}");
    }
}

#[test]
fn a_webhook_of_megabytes_is_refused() {
    let body = vec![b' '; webhooks::MOST_BODY + 1];
    let window = webhooks::Window { now: webhooks::Instant(0), most_age: 0 };
    let request = webhooks::Request { headers: &[], body: &body };
    let key = webhooks::Key::Mailgun { signing_key: "key" };
    assert_eq!(webhooks::read(&request, &key, window), Err(webhooks::Refusal::TooLarge));
    hostile::webhook("[".repeat(1_000_000).as_bytes());
    hostile::webhook("--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n".repeat(50_000).as_bytes());
}
