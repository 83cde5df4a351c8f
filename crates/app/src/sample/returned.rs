//! What comes back from the people of the sample company by mail: replies, automatic ones, complaints and bounces. It is
//! read as whatever a mail server brings.

use attractor_engine::time::Instant;
use attractor_mail::inbound::session::ReceivedMail;
use attractor_sample::living::Act;

use super::seen::SeenMail;

/// The mail that an act sends; `None` where it sends none.
pub fn mail(act: &Act, seen: &SeenMail, at: Instant) -> Option<ReceivedMail> {
    let person = seen.mail.to.as_str();
    let (sender, text) = match act {
        Act::Reply => {
            (person, reply(seen, "Thank you. That is just what we struggle with. Can you call me next week?"))
        }
        Act::AutoReply => ("", away(seen)),
        Act::Complain => ("", complaint(seen)),
        Act::Bounce => ("", bounce(seen)),
        _ => return None,
    };
    let raw = format!("Message-ID: <{}.{}>\r\n{text}", at.0, person).replace('\n', "\r\n").replace("\r\r\n", "\r\n");
    Some(ReceivedMail { sender: sender.to_owned(), recipients: vec![seen.return_path.clone()], raw: raw.into_bytes() })
}

fn reply(seen: &SeenMail, text: &str) -> String {
    let SeenMail { from, subject, message_id, .. } = seen;
    format!("From: {}\nTo: {from}\nSubject: Re: {subject}\nIn-Reply-To: {message_id}\n\n{text}\n", seen.mail.to)
}

fn away(seen: &SeenMail) -> String {
    let from = &seen.mail.to;
    format!(
        "From: {from}\nTo: {}\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nI am away for a few days.\n",
        seen.from
    )
}

/// RFC 5965.
fn complaint(seen: &SeenMail) -> String {
    let (to, id) = (&seen.mail.to, &seen.message_id);
    format!(
        "From: <feedback@provider.example>\nTo: {}\nSubject: complaint\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"part\"\n\n\
         --part\nContent-Type: text/plain\n\nThis is a complaint about an e-mail.\n\
         --part\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: provider/1.0\nVersion: 1\n\
         Original-Rcpt-To: {to}\n\
         --part\nContent-Type: text/rfc822-headers\n\nTo: {to}\nMessage-ID: {id}\n--part--\n",
        seen.return_path
    )
}

/// RFC 3464.
fn bounce(seen: &SeenMail) -> String {
    let (to, id) = (&seen.mail.to, &seen.message_id);
    format!(
        "From: MAILER-DAEMON@mx.provider.example\nTo: {}\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"part\"\n\n\
         --part\nContent-Type: text/plain\n\nThe address does not exist.\n\
         --part\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.provider.example\n\n\
         Final-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n\
         --part\nContent-Type: text/rfc822-headers\n\nTo: {to}\nMessage-ID: {id}\n--part--\n",
        seen.return_path
    )
}

#[cfg(test)]
mod tests {
    use attractor_mail::inbound::{Kind, read};
    use attractor_sample::living::Mail;

    use super::*;

    #[test]
    fn each_mail_that_comes_back_is_read_as_what_it_is() {
        let seen = SeenMail {
            mail: Mail { to: "ada@x.example".into(), sent: 0, has_pixel: false, links: Vec::new() },
            return_path: "abc@bounce.lathewell.example".into(),
            from: "Maria <maria@lathewell.example>".into(),
            subject: "News".into(),
            message_id: "<1@lathewell.example>".into(),
            tokens: Vec::new(),
            pixel: None,
        };
        for (act, expected) in [
            (Act::Reply, Some(Kind::Reply)),
            (Act::AutoReply, Some(Kind::AutoReply)),
            (Act::Complain, Some(Kind::Complaint)),
            (Act::Bounce, Some(Kind::Hard)),
            (Act::Load, None),
        ] {
            let mail = mail(&act, &seen, Instant(1));
            let kinds = mail.map(|mail| {
                let raw = [format!("Return-Path: <{}>\r\n", mail.sender).as_bytes(), &mail.raw].concat();
                read(&raw).facts.into_iter().map(|fact| fact.kind).collect::<Vec<_>>()
            });
            assert_eq!(kinds, expected.map(|kind| vec![kind]), "{act:?}");
        }
    }
}
