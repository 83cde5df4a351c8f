//! Replies of people, forwarded to whoever owns the lead, else to the sender.
//!
//! A forwarded reply cannot go round: it goes to members of the team alone, is marked as written by a machine, so that
//! no machine answers it, and there are limits for each lead and for all.

use attractor_engine::time::{Duration, Instant};
use attractor_mail::inbound::Inbound;
use attractor_mail::message::Mailbox;
use attractor_store::{Connection, Error, leads, letters};

use super::letter::{LetterKind, ask, to_all};
use super::recipients::owner_of;
use super::words::{self, language};

/// As many replies of one lead are forwarded in a day.
const MOST_OF_LEAD: i64 = 20;
/// As many replies are forwarded in a day.
const MOST: i64 = 500;
/// As much of a reply is forwarded, in characters.
const MOST_CHARS: usize = 20_000;

/// What a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// An address.
    pub from: String,
    pub subject: String,
    /// Without quoted text and signature.
    pub words: String,
    /// Whether it came to the mailbox of the sender, who has it already.
    pub is_with_sender: bool,
}

impl Reply {
    /// The reply in a mail; `None` where it has no sender whom one could answer.
    pub fn of(mail: &Inbound) -> Option<Reply> {
        let words = mail.words.chars().take(MOST_CHARS).filter(|c| *c == '\n' || !c.is_control()).collect();
        let (from, subject) = (mail.from.clone(), mail.subject.clone());
        Mailbox::parse(&from).is_ok().then_some(Reply { from, subject, words, is_with_sender: false })
    }
}

/// How replies are forwarded, by the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarding {
    /// Where replies go whose lead nobody owns; empty for nowhere.
    pub email: String,
    /// What goes to this domain comes back here.
    pub bounce_domain: String,
    /// By the machine's clock.
    pub now: Instant,
}

/// Forwards a reply of a lead to an e-mail.
pub fn forward(
    connection: &mut Connection,
    reply: &Reply,
    (lead, email): (&leads::Lead, &str),
    forwarding: &Forwarding,
) -> Result<(), Error> {
    let Forwarding { email: sender, bounce_domain, now } = forwarding;
    let to_sender = || if reply.is_with_sender { String::new() } else { sender.clone() };
    let to = owner_of(connection, lead)?.unwrap_or_else(to_sender);
    let domain = to.rsplit_once('@').map_or("", |(_, domain)| domain);
    let comes_back = domain.eq_ignore_ascii_case(bounce_domain) || to.eq_ignore_ascii_case(&reply.from);
    if to.is_empty() || comes_back {
        return Ok(());
    }
    let (kind, since) = (LetterKind::Reply, now.0 - Duration::DAY.0);
    let of_lead = letters::count_about(connection, kind, lead.id, since)?;
    if of_lead >= MOST_OF_LEAD || letters::count(connection, kind, since)? >= MOST {
        tracing::warn!(lead = lead.id.0, "a reply was not forwarded: there were too many within a day");
        return Ok(());
    }
    let content = words::reply(language(connection)?, reply, email);
    ask(connection, to_all(kind, &[to], &content, Some(lead.id)), *now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_answered_is_forwarded_and_as_text() {
        let mail = |from: &str, words: &str| Inbound {
            from: from.to_owned(),
            subject: "Re: Hello".to_owned(),
            words: words.to_owned(),
            ..Inbound::default()
        };
        assert_eq!(Reply::of(&mail("", "Hello")), None);
        assert_eq!(Reply::of(&mail("a@b@c.example", "Hello")), None);
        let long = "x".repeat(MOST_CHARS + 1);
        assert_eq!(Reply::of(&mail("ada@x.example", &long)).unwrap().words.len(), MOST_CHARS);
        assert_eq!(Reply::of(&mail("ada@x.example", "a\r\n\u{1b}b")).unwrap().words, "a\nb");
    }
}
