//! A mail by which somebody of the installation sees what a lead would get: a test that a user asks for, or a sample of the
//! test mode. It leaves no trace at any lead.

use attractor_engine::time::Instant;
use attractor_mail::message::dkim::Signer;
use attractor_mail::message::{Headers, Mailbox, Message, MessageId};
use attractor_mail::render::Rendered;

use super::sender::Sender;
use super::senders::ChosenSender;
use super::transport::OutgoingMail;
use crate::access::tokens;

/// What is before the subject of every such mail.
const MARK: &str = "[Test]";

/// Who an e-mail shown to somebody comes from.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub settings: &'a Sender,
    pub chosen: &'a ChosenSender,
    pub signer: &'a Signer,
}

/// The subject of a test, and its mail; `tag` as [`OutgoingMail`] has it. Nobody can leave a list by it, and none is named in
/// it.
pub fn test_mail(
    to: &Mailbox,
    by: By<'_>,
    rendered: &Rendered,
    (now, tag): (Instant, i64),
) -> Result<(String, OutgoingMail), String> {
    let subject = format!("{MARK} {}", rendered.subject);
    let number = u64::from_be_bytes(tokens::random());
    let message = Message {
        id: &MessageId::of_copy("test", &number.to_string(), &by.chosen.from),
        from: &by.chosen.from,
        to,
        subject: &subject,
        date: now,
        text: &rendered.text,
        html: Some(&rendered.html),
        attachments: &[],
        headers: Headers { reply_to: by.chosen.reply_to.as_ref(), ..Headers::default() },
    };
    let mail = OutgoingMail {
        from: by.settings.from.address().to_owned(),
        to: to.address().to_owned(),
        needs_smtputf8: message.needs_smtputf8(),
        bytes: by.signer.sign(&message.write(), now).map_err(|why| why.to_string())?,
        made_at: now,
        tag,
    };
    Ok((subject, mail))
}
