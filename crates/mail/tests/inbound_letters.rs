//! What people and their machines answer.

use attractor_mail::inbound::{Inbound, Kind, read};
use jiff::civil::date;

/// A mail of Saturday, 28 November 2026.
fn letter(headers: &str, subject: &str, body: &str) -> Inbound {
    let raw = format!(
        "From: Ada <Ada@Example.com>\nTo: us@ours.example\nDate: Sat, 28 Nov 2026 10:00:00 +0100\nSubject: {subject}\n\
         Message-ID: <a1@example.com>\nIn-Reply-To: <s1@ours.example>\nContent-Type: text/plain; charset=utf-8\n{headers}\n{body}\n"
    );
    read(raw.as_bytes())
}

#[test]
fn people_s_replies_are_told_from_machines_answers() {
    let table = [
        ("", "Re: Hello", "Yes, please call me.", Kind::Reply),
        ("", "Re: Out of office?", "I am back, let us talk.", Kind::Reply),
        ("Precedence: bulk\n", "Re: Hello", "Yes, please.", Kind::Reply),
        ("Auto-Submitted: no\n", "Re: Hello", "Yes, please.", Kind::Reply),
        ("X-Auto-Response-Suppress: All\n", "Re: Hello", "Yes, please.", Kind::Reply),
        ("Auto-Submitted: auto-replied\n", "Re: Hello", "I am away.", Kind::AutoReply),
        ("Auto-Submitted: auto-generated; x=y\n", "Ticket 7", "We got your mail.", Kind::AutoReply),
        ("Precedence: auto_reply\n", "Re: Hello", "I am away.", Kind::AutoReply),
        ("X-Autoreply: yes\n", "Re: Hello", "I am away.", Kind::AutoReply),
        ("X-Autorespond: Re\n", "Re: Hello", "I am away.", Kind::AutoReply),
        ("Return-Path: <>\n", "Hello", "I am away.", Kind::AutoReply),
        ("", "Automatic reply: Hello", "I am away.", Kind::AutoReply),
        ("", "Out of Office: Hello", "I am away.", Kind::AutoReply),
        ("", "Automatische Antwort: Hallo", "Ich bin nicht da.", Kind::AutoReply),
        ("", "Abwesenheitsnotiz: Hallo", "Ich bin nicht da.", Kind::AutoReply),
        ("", "Réponse automatique : Bonjour", "Je suis absente.", Kind::AutoReply),
        ("", "=?utf-8?Q?R=C3=A9ponse_automatique?=", "Je suis absente.", Kind::AutoReply),
        ("", "Risposta automatica: Ciao", "Sono assente.", Kind::AutoReply),
        ("", "Respuesta automática: Hola", "Estoy fuera.", Kind::AutoReply),
        ("", "Re: Hello", "STOP", Kind::Stop),
        (
            "",
            "Re: Hello",
            "Please unsubscribe me.\n\nOn 27 Nov 2026, Us <us@ours.example> wrote:\n> Hello, how are you?\n",
            Kind::Stop,
        ),
        ("", "Unsubscribe", "", Kind::Stop),
        (
            "",
            "Re: Hello",
            "Bitte keine weiteren Mails mehr.\n\nAm 27.11.2026 um 09:00 schrieb Us:\n> Hallo?",
            Kind::Stop,
        ),
        ("", "Re: Hello", "Merci de me désinscrire.\n\nCordialement\nAda Lovelace", Kind::Stop),
        ("", "Re: Hello", "Please unsubscribe me. What else do you offer?", Kind::Reply),
        ("Auto-Submitted: auto-replied\n", "Re: Hello", "Stop", Kind::AutoReply),
        (
            "",
            "Please confirm your message",
            "To deliver your message, please click https://antispam.example/1 to confirm that you are human.",
            Kind::Challenge,
        ),
        ("X-Delivery-Agent: TMDA/1.0\n", "Please confirm", "Reply to this message.", Kind::Challenge),
        (
            "Auto-Submitted: auto-replied\n",
            "Your mail",
            "Your message is being held until you confirm: reply to this mail.",
            Kind::Challenge,
        ),
        ("", "Ihre Nachricht", "Bitte bestätigen Sie, dass Sie ein Mensch sind: https://x.example/1", Kind::Challenge),
        ("", "Re: Hello", "", Kind::Reply),
    ];
    for (headers, subject, body, kind) in table {
        let inbound = letter(headers, subject, body);
        assert_eq!(inbound.facts[0].kind, kind, "{headers}{subject}: {body}");
        assert_eq!(inbound.facts[0].recipient.as_deref(), Some("ada@example.com"));
        assert_eq!(inbound.original.message_ids, ["s1@ours.example"]);
        assert_eq!(inbound.message_id.as_deref(), Some("a1@example.com"));
    }
}

#[test]
fn an_auto_reply_says_when_the_person_is_back() {
    let table = [
        (
            "Automatic reply: Hello",
            "I am out of the office and will be back on 14 December.",
            Some((date(2026, 12, 14), false)),
        ),
        ("Out of office until 4 December", "For urgent matters please call Bob.", Some((date(2026, 12, 4), true))),
        ("Abwesenheit: Hallo", "Ich bin bis einschließlich 11.12.2026 im Urlaub.", Some((date(2026, 12, 11), true))),
        ("Réponse automatique", "Je suis en congés jusqu'au 4 janvier 2027 inclus.", Some((date(2027, 1, 4), true))),
        ("Risposta automatica", "Rientro in ufficio lunedì 7 dicembre.", Some((date(2026, 12, 7), false))),
        ("Respuesta automática", "Vuelvo el 7 de diciembre.", Some((date(2026, 12, 7), false))),
        ("Automatic reply: Hello", "I left the company. Please write to Bob.", None),
        ("Automatic reply: Hello", "I am away.\n\nOn 5 Dec 2026, Us wrote:\n> back on 9 December", None),
    ];
    for (subject, body, wanted) in table {
        let back = letter("", subject, body).facts[0].back.map(|back| (back.day, back.is_away_that_day));
        assert_eq!(back, wanted, "{subject}: {body}");
    }
    assert_eq!(letter("", "Re: Hello", "I am back on 14 December.").facts[0].back, None);
}

#[test]
fn receipts_and_reports_on_authentication_are_not_replies() {
    let receipt = b"From: ada@example.com\nTo: us@ours.example\nReturn-Path: <>\nSubject: Read: Hello\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message was read.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;ada@example.com\nOriginal-Message-ID: <s1@ours.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n";
    assert_eq!(read(receipt).facts[0].kind, Kind::Report);
    assert_eq!(
        letter("", "Report Domain: ours.example Submitter: x.example Report-ID: <1>", "").facts[0].kind,
        Kind::Report
    );
    assert_eq!(letter("TLS-Report-Domain: ours.example\n", "Report", "").facts[0].kind, Kind::Report);
}

#[test]
fn a_reply_in_html_has_its_words() {
    let raw = b"From: ada@example.com\nTo: us@ours.example\nSubject: Re: Hello\nContent-Type: text/html; charset=utf-8\n\n<html><head><style>p{}</style></head><body><p>Please&nbsp;unsubscribe me.</p></body></html>\n";
    let inbound = read(raw);
    assert_eq!((inbound.facts[0].kind, inbound.words.as_str()), (Kind::Stop, "Please\u{a0}unsubscribe me."));
}

#[test]
fn a_person_who_writes_of_failures_is_a_person() {
    let inbound =
        letter("", "Re: Hello", "Your last mail was blocked by our filter, please send it again to bob@example.com.");
    assert_eq!(inbound.facts[0].kind, Kind::Reply);
    let report = "FYI\n\nYour message could not be delivered.\n\nFinal-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n";
    for subject in ["Fwd: Undeliverable: Hello", "WG: Unzustellbar: Hallo", "TR: Non remis : Bonjour", "Hello"] {
        assert_eq!(letter("", subject, report).facts[0].kind, Kind::Reply, "{subject}");
    }
    let forwarded = letter("", "Fwd: your offer", "The mailbox of my colleague is full, so I answer.");
    assert_eq!(forwarded.facts[0].kind, Kind::Reply);
}
