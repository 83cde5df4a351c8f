//! Delivery reports and complaints in the forms of many servers, made for these tests from what the forms are like.

use attractor_mail::inbound::{Fact, Inbound, Kind, Reason, mails, read};

/// A report by RFC 3464: the text for people, then the fields of the recipients.
fn dsn(said: &str, fields: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: bounce+1@ours.example\nSubject: Undelivered Mail\n\
         MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\n\n{said}\n--b\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\nArrival-Date: Sat, 28 Nov 2026 10:00:00 +0100\n\n{fields}\n\
         --b\nContent-Type: message/rfc822\n\nReturn-Path: <bounce+1@ours.example>\nMessage-ID: <s1@ours.example>\nTo: ada@example.com\n\
         From: us@ours.example\nSubject: Hello\n\nHello, user unknown, mailbox full, spam\n--b--\n"
    )
}

/// The fields of one recipient, and nothing for people to read.
fn fields(status: &str, diagnosis: &str) -> String {
    dsn(
        "",
        &format!(
            "Final-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {diagnosis}\n"
        ),
    )
}

/// A report that is only text.
fn text(from: &str, subject: &str, said: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: {from}\nTo: bounce+1@ours.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{said}\n"
    )
}

fn only(raw: &str) -> (Inbound, Fact) {
    let inbound = read(raw.as_bytes());
    assert_eq!(inbound.facts.len(), 1, "{raw}\n{inbound:?}");
    let fact = inbound.facts[0].clone();
    (inbound, fact)
}

/// What servers write into their reports, and why they refuse.
#[test]
fn replies_in_standard_reports_have_their_reason() {
    let mut wrong = Vec::new();
    let rows = include_str!("tables/replies.txt").lines().filter(|line| !line.starts_with('#'));
    for row in rows {
        let [reason, status, reply] = row.splitn(3, '|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let (inbound, fact) = only(&fields(status, &reply.replace("\\n", "\n")));
        if format!("{:?}", fact.reason) != reason || fact.kind != fact.reason.kind() {
            wrong.push(format!("{row}: found {:?}", fact.reason));
        }
        assert_eq!(fact.recipient.as_deref(), Some("ada@example.com"), "{reply}");
        assert_eq!(inbound.original.message_ids, ["s1@ours.example"]);
        assert_eq!(inbound.original.return_path.as_deref(), Some("bounce+1@ours.example"));
        assert_eq!(inbound.to, ["bounce+1@ours.example"]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nothing of our reputation, of the mail, or of a server's state suppresses a person.
#[test]
fn only_a_dead_address_is_permanent() {
    for (reply, is_permanent) in [
        ("550 5.1.1 user unknown", true),
        ("550 5.1.2 no such domain", true),
        ("550 5.7.1 listed at Spamhaus, user unknown", false),
        ("554 5.7.1 rejected as spam", false),
        ("550 5.7.26 DMARC", false),
        ("552 5.2.2 mailbox full", false),
        ("550 5.2.1 account disabled", false),
        ("550 5.7.1 no", false),
        ("550 5.5.2 syntax error", false),
    ] {
        assert_eq!(only(&fields("5.0.0", reply)).1.is_permanent(), is_permanent, "{reply}");
    }
}

#[test]
fn the_reply_s_own_status_outweighs_the_report_s() {
    let (_, fact) = only(&fields("5.1.1", "550 5.7.1 IP address blacklisted by recipient"));
    assert_eq!((fact.kind, fact.status.map(|status| status.to_string()).as_deref()), (Kind::Blocked, Some("5.7.1")));
    assert_eq!(fact.code, Some(550));
    let (_, fact) = only(&fields("5.1.1", "552 Mailbox of ada is full"));
    assert_eq!(fact.kind, Kind::Full);
}

/// Servers that write only text: who, subject, text, kind.
#[test]
fn reports_that_are_only_text_are_read() {
    let exim = "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n";
    let copy = "\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <bounce+1@ours.example>\nMessage-ID: <s1@ours.example>\nTo: ada@example.com\n\nmailbox full";
    let table = [
        ("Mailer-Daemon@x.example", "Mail delivery failed: returning message to sender", format!("{exim}  ada@example.com\n    host mx.example.com [192.0.2.9]\n    SMTP error from remote mail server after RCPT TO:<ada@example.com>:\n    550 No such user here{copy}"), Kind::Hard),
        ("Mailer-Daemon@x.example", "Mail delivery failed: returning message to sender", format!("{exim}  ada@example.com\n    Unrouteable address{copy}"), Kind::Hard),
        ("Mailer-Daemon@x.example", "Mail delivery failed: returning message to sender", format!("{exim}  ada@example.com\n    SMTP error from remote mail server after end of data:\n    host mx.example.com [192.0.2.9]: 554 5.7.1 Spam message rejected{copy}"), Kind::Blocked),
        ("Mailer-Daemon@x.example", "Warning: message 1abc-2 delayed 24 hours", format!("This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n  ada@example.com\n    host mx.example.com [192.0.2.9]\n    Delay reason: Connection timed out\n\nNo action is required on your part. Delivery attempts will continue for\nsome time, and this warning may be repeated.{copy}"), Kind::Soft),
        ("MAILER-DAEMON@x.example", "failure notice", format!("Hi. This is the qmail-send program at x.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ada@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n{copy}"), Kind::Hard),
        ("MAILER-DAEMON@x.example", "failure notice", format!("Hi. This is the qmail-send program at x.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<ada@example.com>:\nConnected to 192.0.2.9 but connection died. (#4.4.2)\nI'm not going to try again; this message has been in the queue too long.\n{copy}"), Kind::Soft),
        ("MAILER-DAEMON@x.example", "failure notice", format!("I wasn't able to deliver your message.\n\n<ada@example.com>:\n192.0.2.9 failed after I sent the message.\nRemote host said: 552 sorry, your message was too large, message size exceeds\n{copy}"), Kind::Policy),
        ("postmaster@x.example", "Undeliverable: Hello", "Delivery has failed to these recipients or groups:\n\nAda (ada@example.com)\nThe e-mail address you entered couldn't be found. Please check the recipient's e-mail address.\n\nDiagnostic information for administrators:\nGenerating server: x.example\nada@example.com\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n".to_owned(), Kind::Hard),
        ("postmaster@x.example", "Unzustellbar: Hallo", "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nada@example.com\nDas Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.\n\nDiagnoseinformationen für Administratoren:\nada@example.com\nRemote Server returned '554 5.2.2 mailbox full'\n".to_owned(), Kind::Full),
        ("postmaster@x.example", "Non remis : Bonjour", "Échec de la remise pour ces destinataires ou groupes :\n\nada@example.com\nL'adresse de messagerie que vous avez entrée est introuvable.\n".to_owned(), Kind::Hard),
        ("postmaster@x.example", "Non recapitabile: Ciao", "Impossibile recapitare il messaggio ai destinatari seguenti:\n\nada@example.com\nL'indirizzo non esiste.\n".to_owned(), Kind::Hard),
        ("postmaster@x.example", "No se puede entregar: Hola", "No se pudo entregar el mensaje a estos destinatarios:\n\nada@example.com\nLa dirección no se encontró.\n".to_owned(), Kind::Hard),
        ("postmaster@x.example", "DELIVERY FAILURE: User ada (ada@example.com) not listed in Domino Directory", "Your message\n\n  Subject: Hello\n\nwas not delivered to:\n\n  ada@example.com\n\nbecause:\n\n  User ada (ada@example.com) not listed in Domino Directory\n".to_owned(), Kind::Hard),
        ("postmaster@x.example", "NOTICE: mail delivery status.", "UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<ada@example.com>:\n    mx.example.com [192.0.2.9]:\n>>> RCPT TO:<ada@example.com>\n<<< 550 User unknown.\n".to_owned(), Kind::Hard),
        ("MAILER-DAEMON@x.example", "Delivery status notification: error", "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nada@example.com: 550 5.2.2 Mailbox full\n\n    Below is a copy of the original message:\n\nReceived: x\n".to_owned(), Kind::Full),
        ("MAILER-DAEMON@yahoo.example", "Failure Notice", "Sorry, we were unable to deliver your message to the following address.\n\n<ada@example.com>:\n550: 5.1.1 User unknown\n\n--- Below this line is a copy of the message.\n".to_owned(), Kind::Hard),
        ("mailer-daemon@googlemail.example", "Delivery Status Notification (Failure)", "Delivery to the following recipient failed permanently:\n\n     ada@example.com\n\nTechnical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the server for the recipient domain example.com by mx.example.com. [192.0.2.9].\n\nThe error that the other server returned was:\n550 5.1.1 <ada@example.com>: Recipient address rejected\n\n----- Original message -----\n\nX: y\n".to_owned(), Kind::Hard),
        ("mailer-daemon@x.example", "Message status - undeliverable", "The message that you sent was undeliverable to the following:\n\tada@example.com (mailbox full)\n".to_owned(), Kind::Full),
        ("MDaemon@x.example", "Permanent Delivery Failure", "The attached message had PERMANENT delivery errors!\n\nDelivery failed.\n\nRecipient: ada@example.com\n\n<ada@example.com> - no such user here\n".to_owned(), Kind::Hard),
        ("postmaster@james.example", "Delivery failure", "Hi. This is the James mail server at james.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\n  ada@example.com\n\nError message below:\n550 - Requested action not taken: no such user here\n".to_owned(), Kind::Soft),
    ];
    let mut wrong = Vec::new();
    for (from, subject, said, kind) in table {
        let (inbound, fact) = only(&text(from, subject, &said));
        if (fact.kind, fact.recipient.as_deref()) != (kind, Some("ada@example.com")) {
            wrong.push(format!("{said}\nexpected {kind:?}, found {fact:?}"));
        }
        let has_copy = said.contains("Message-ID");
        assert_eq!(
            inbound.original.message_ids.first().map(String::as_str),
            has_copy.then_some("s1@ours.example"),
            "{said}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_recipient_of_a_report_has_its_own_fact() {
    let fields = "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n\
        Original-Recipient: rfc822;b@example.com\nFinal-Recipient: rfc822; other@example.net\nAction: failed\nStatus: 5.2.2\nRemote-MTA: dns; mx.example.net\n\n\
        Final-Recipient: rfc822; c@example.com\nAction: delayed\nStatus: 4.4.1\n\n\
        Final-Recipient: rfc822; d@example.com\nAction: delivered\nStatus: 2.0.0\n";
    let inbound = read(dsn("", fields).as_bytes());
    let found: Vec<_> = inbound.facts.iter().map(|fact| (fact.kind, fact.recipient.as_deref().unwrap())).collect();
    let wanted = [
        (Kind::Hard, "a@example.com"),
        (Kind::Full, "b@example.com"),
        (Kind::Soft, "c@example.com"),
        (Kind::Delivered, "d@example.com"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(inbound.facts[1].remote_mta.as_deref(), Some("mx.example.net"));

    let said = "I wasn't able to deliver your message to the following addresses.\n\n<a@example.com>:\n550 5.1.1 no such user\n\n<b@example.com>:\n552 5.2.2 mailbox full\n";
    let inbound = read(text("MAILER-DAEMON@x.example", "failure notice", said).as_bytes());
    let found: Vec<_> = inbound.facts.iter().map(|fact| (fact.kind, fact.recipient.as_deref().unwrap())).collect();
    assert_eq!(found, [(Kind::Hard, "a@example.com"), (Kind::Full, "b@example.com")]);
}

#[test]
fn the_address_that_we_wrote_to_is_named_and_not_the_one_it_led_to() {
    let said = "Your message could not be delivered.\n\n<new@other.example> (expanded from <ada@example.com>): host mx.other.example[192.0.2.9] said: 550 5.1.1\n    User unknown (in reply to RCPT TO command)\n";
    let (_, fact) = only(&text("MAILER-DAEMON@localhost", "Undelivered Mail Returned to Sender", said));
    assert_eq!((fact.kind, fact.recipient.as_deref()), (Kind::Hard, Some("ada@example.com")));
}

#[test]
fn a_warning_is_never_permanent() {
    let fields = "Final-Recipient: rfc822; ada@example.com\nAction: delayed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 user unknown\n";
    let (_, fact) = only(&dsn("THIS IS A WARNING MESSAGE ONLY.", fields));
    assert_eq!((fact.kind, fact.reason), (Kind::Soft, Reason::Late));
}

#[test]
fn a_report_whose_structure_is_broken_is_still_read() {
    let unmarked = text(
        "postmaster@x.example",
        "Undeliverable",
        "Technical report:\n\nFinal-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n",
    );
    assert_eq!(only(&unmarked).1.kind, Kind::Hard);
    let whole = dsn("", "Final-Recipient: rfc822; ada@example.com\nAction: failed\nStatus: 5.1.1\n");
    for cut in (600..whole.len()).step_by(7) {
        read(&whole.as_bytes()[..cut]);
    }
    let without_recipient = dsn("--- Delivery report unavailable ---", "");
    let (_, fact) = only(&without_recipient);
    assert_eq!((fact.kind, fact.recipient.as_deref()), (Kind::Soft, Some("ada@example.com")));
}

fn arf(fields: &str, copy: &str) -> String {
    format!(
        "From: feedback@provider.example\nTo: abuse@ours.example\nSubject: Complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\n\nThis is an email abuse report.\n--b\nContent-Type: message/feedback-report\n\n{fields}\n--b\nContent-Type: message/rfc822\n\n{copy}\n\nHello\n--b--\n"
    )
}

#[test]
fn complaints_name_who_complained_and_about_what() {
    let copy = "Message-ID: <s1@ours.example>\nTo: ada@example.com\nReturn-Path: <bounce+1@ours.example>";
    let (inbound, fact) = only(&arf("Feedback-Type: abuse\nUser-Agent: Loop/1.0\nVersion: 1\n", copy));
    assert_eq!((fact.kind, fact.recipient.as_deref()), (Kind::Complaint, Some("ada@example.com")));
    assert_eq!(inbound.original.message_ids, ["s1@ours.example"]);
    assert_eq!(inbound.original.return_path.as_deref(), Some("bounce+1@ours.example"));

    let several =
        arf("Feedback-Type: abuse\nOriginal-Rcpt-To: <a@example.com>\nOriginal-Rcpt-To: b@example.com\n", copy);
    let found: Vec<_> = read(several.as_bytes()).facts.into_iter().filter_map(|fact| fact.recipient).collect();
    assert_eq!(found, ["a@example.com", "b@example.com"]);

    for (kind_of_feedback, kind) in [
        ("fraud", Kind::Complaint),
        ("opt-out", Kind::Stop),
        ("not-spam", Kind::Report),
        ("auth-failure", Kind::Report),
        ("Abuse", Kind::Complaint),
    ] {
        assert_eq!(
            only(&arf(&format!("Feedback-Type: {kind_of_feedback}\n"), copy)).1.kind,
            kind,
            "{kind_of_feedback}"
        );
    }
    let redacted = arf("Feedback-Type: abuse\nRedacted-Address: redacted\n", "Subject: x");
    assert_eq!(only(&redacted).1.recipient, None);

    let junk_report = "From: staff@hotmail.example\nTo: abuse@ours.example\nSubject: complaint about message\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: ada@example.com\nMessage-ID: <s1@ours.example>\n\nHello\n--b--\n";
    let (_, fact) = only(junk_report);
    assert_eq!((fact.kind, fact.recipient.as_deref()), (Kind::Complaint, Some("ada@example.com")));
}

#[test]
fn amazon_reports_by_mail_as_well_and_only_amazon() {
    let event = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"ada@example.com","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"messageId":"ses-1","source":"bounce+1@ours.example","destination":["ada@example.com"]}}"#;
    let mail = |from: &str| {
        format!(
            "From: {from}\nTo: us@ours.example\nSubject: AWS Notification Message\n\n{event}\n\n--\nIf you wish to stop receiving notifications\n"
        )
    };
    let (inbound, fact) = only(&mail("no-reply@sns.amazonaws.com"));
    assert_eq!((fact.kind, fact.recipient.as_deref()), (Kind::Hard, Some("ada@example.com")));
    assert_eq!(inbound.original.message_ids, ["ses-1"]);
    assert_eq!(only(&mail("somebody@example.com")).1.kind, Kind::Reply);
}

#[test]
fn a_file_may_hold_several_mails() {
    let one = text("MAILER-DAEMON@x.example", "failure notice", "<ada@example.com>:\n550 5.1.1 no such user\n");
    let file = format!("From x Sat Nov 28 10:00:00 2026\n{one}\nFrom x Sat Nov 28 10:00:01 2026\n{one}");
    assert_eq!(
        mails(file.as_bytes()).into_iter().map(|mail| read(mail).facts[0].kind).collect::<Vec<_>>(),
        [Kind::Hard; 2]
    );
    // A mail that quotes one is not a file of mails.
    let quotes = format!("{one}\n\nFrom x Sat Nov 28 10:00:00 2026\n{one}");
    assert_eq!(mails(quotes.as_bytes()).len(), 1);
    assert_eq!(mails(b""), [b""]);
}
