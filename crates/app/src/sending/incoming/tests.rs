use attractor_mail::frozen::FrozenCopy;
use attractor_store::LeadId;
use serde_json::Value;

use super::*;

const REPORT: &str = "From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
    Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
    Final-Recipient: rfc822; other@people.test\r\nAction: ACTION\r\nStatus: STATUS\r\nDiagnostic-Code: smtp; DIAGNOSIS\r\n\r\n--b--\r\n";

const COMPLAINT: &str = "From: fbl@provider.example\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nSpam.\r\n--b\r\n\
    Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Provider/1\r\nVersion: 1\r\n\r\n--b--\r\n";

fn report(action: &str, status: &str, diagnosis: &str) -> String {
    REPORT.replace("ACTION", action).replace("STATUS", status).replace("DIAGNOSIS", diagnosis)
}

fn letter(subject: &str, more: &str, words: &str) -> String {
    format!(
        "From: Ada <ada@people.test>\r\nTo: news@acme.example\r\nSubject: {subject}\r\n\
         Date: Mon, 10 Aug 2026 10:00:00 +0000\r\n{more}\r\n{words}\r\n"
    )
}

fn meaning(sender: &str, raw: &str) -> Meaning {
    Meaning::of(&ReceivedMail { sender: sender.into(), recipients: Vec::new(), raw: raw.as_bytes().to_vec() })
}

#[test]
fn each_mail_means_one_thing() {
    let auto = "Auto-Submitted: auto-replied\r\n";
    let until = |day: i8| Event::AutoReplied { until: Some(Date::constant(2026, 8, day)) };
    for (sender, raw, expected) in [
        ("", report("failed", "5.1.1", "550 5.1.1 no such user"), vec![Event::Bounced { permanent: true }]),
        ("", report("failed", "5.2.2", "552 5.2.2 mailbox full"), vec![Event::Bounced { permanent: false }]),
        ("", report("delayed", "4.4.1", "451 4.4.1 no answer"), vec![Event::Bounced { permanent: false }]),
        ("", report("failed", "5.7.1", "550 5.7.1 rejected, your IP is on a blocklist"), vec![]),
        ("", report("delivered", "2.0.0", "250 ok"), vec![]),
        ("", COMPLAINT.to_owned(), vec![Event::MarkedAsSpam]),
        ("", letter("Out of office", auto, "I will be back on 24 August 2026."), vec![until(24)]),
        ("", letter("Out of office", auto, "I am away until 21 August 2026."), vec![until(22)]),
        ("", letter("Out of office", auto, "I read your mail later."), vec![Event::AutoReplied { until: None }]),
        ("ada@people.test", letter("Re: Hello", "", "Please call me on Monday."), vec![Event::Replied]),
        ("ada@people.test", letter("Re: Hello", "", "unsubscribe"), vec![Event::Unsubscribed]),
    ] {
        assert_eq!(meaning(sender, &raw).events, expected, "{raw}");
    }
}

#[test]
fn events_name_the_copy_its_address_and_nobody_whom_the_mail_names() {
    let copy = FoundCopy {
        tag: (LeadId(256), 1),
        send_id: "256/x".into(),
        address: "ada@people.test".into(),
        frozen: FrozenCopy { email: "offer".into(), subscription: Some("news".into()), ..FrozenCopy::default() },
        links: Vec::new(),
    };
    let at = Instant::parse("2026-08-10T12:00:00Z").unwrap();
    let of_copy = json!({"email_id": "offer", "send_id": "256/x", "email": "ada@people.test"});
    let with = |name: &str, value: Value| {
        let mut properties = of_copy.clone();
        properties[name] = value;
        properties
    };
    let day = |year| Some(Date::constant(year, 8, 24));
    for (event, kind, properties, id) in [
        (Event::Bounced { permanent: true }, "Email Bounced", with("permanent", true.into()), "mail:bounced:256/x"),
        (Event::Bounced { permanent: false }, "Email Bounced", with("permanent", false.into()), "mail:delayed:256/x"),
        (
            Event::AutoReplied { until: day(2026) },
            "Email Auto-Replied",
            with("until", "2026-08-24".into()),
            "mail:auto_replied:256/x:m",
        ),
        (Event::AutoReplied { until: day(2999) }, "Email Auto-Replied", of_copy.clone(), "mail:auto_replied:256/x:m"),
        (Event::Replied, "Email Replied", of_copy.clone(), "mail:replied:256/x:m"),
        (Event::Unsubscribed, "Unsubscribed", of_copy.clone(), "mail:unsubscribed:256/x:m"),
        (Event::Left, "Unsubscribed", with("subscription", "news".into()), "mail:unsubscribed:256/x:m"),
        (Event::MarkedAsSpam, "Email Marked as Spam", of_copy.clone(), "mail:spam:256/x"),
    ] {
        let returned = Returned {
            clues: Clues::default(),
            events: vec![event],
            source: "m".into(),
            by: "mail",
            from: String::new(),
            reply: None,
            failed: Vec::new(),
        };
        let message = returned.message(event, &copy, &LeadKey::user("ann"), at);
        let message: Value = serde_json::from_str(&message.json).unwrap();
        let expected = json!({
            "type": "track", "userId": "ann", "event": kind, "properties": properties, "messageId": id,
            "timestamp": at.to_string()
        });
        assert_eq!(message, expected);
    }
}

#[test]
fn mails_are_told_apart_by_their_bytes() {
    let (one, other) = (letter("Re: a", "", "Yes."), letter("Re: a", "", "No."));
    assert_eq!(meaning("ada@people.test", &one), meaning("ada@people.test", &one));
    assert_ne!(meaning("ada@people.test", &one).mail, meaning("ada@people.test", &other).mail);
}
