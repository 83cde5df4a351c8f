//! Samples of copies that the test mode holds: each is composed as its lead would have got it, but for what is personal or
//! measured in it.

use attractor_engine::time::Instant;
use attractor_mail::frozen::FrozenChoice;
use attractor_mail::message::Mailbox;
use attractor_store::copies::MailCopy;
use attractor_store::{Connection, Error};

use super::{Chosen, Composer, Planner, Shown, compiled, made_of, text_of};
use crate::sending::compose::{kept, render};
use crate::sending::links::InertLinks;
use crate::sending::senders::Senders;
use crate::sending::situation::{Rules, Situation};
use crate::sending::test_mail::{By, test_mail};
use crate::sending::test_mode::{Sample, Sampled, SampledText};
use crate::sending::transport::OutgoingMail;

/// One sample of each text that these copies have and that was not sampled today, as far as samples may leave today. Where
/// the text cannot be composed for one lead, that for the next one is tried.
pub(super) fn samples(
    connection: &mut Connection,
    (rules, situation): (&Rules, &Situation),
    held: Vec<(MailCopy, Option<FrozenChoice>)>,
    planner: &mut Planner,
    (senders, shown): (&Senders, &mut Shown),
) -> Result<Vec<Sample>, Error> {
    let Some(to) = rules.test_to.as_ref().filter(|_| !held.is_empty()) else { return Ok(Vec::new()) };
    let mut sampled = Sampled::read(connection, situation.now)?;
    let mut samples: Vec<Sample> = Vec::new();
    for (copy, choice) in held {
        if sampled.is_full() {
            break;
        }
        let Some(lead) = situation.lead(&copy) else { continue };
        let Ok((_, chosen, email)) = text_of(situation, &copy, lead) else { continue };
        let variant = chosen.variant.map(str::to_owned);
        let text = SampledText { email: email.id.clone(), language: chosen.language.to_owned(), variant };
        if !sampled.lacks(&text) {
            continue;
        }
        let Ok(email) = compiled(situation, &copy, planner.emails) else { continue };
        shown.read(connection, rules, situation, &email)?;
        // By its lead's number, an erasure finds what was caught; the instant tells several of one lead apart.
        let chosen = Chosen { tag: lead.row.id.0, copy, choice, lead, email };
        let at = Instant(situation.now.0 + samples.len() as i64);
        match composed(situation, &chosen, planner.composer, (senders, &*shown), (to, at)) {
            Ok(mail) => {
                sampled.take(&text);
                samples.push(Sample { text, mail });
            }
            Err(why) => tracing::warn!(why, email = text.email, "no sample of an e-mail can be made for a lead"),
        }
    }
    Ok(samples)
}

fn composed(
    situation: &Situation,
    chosen: &Chosen,
    composer: Composer,
    (senders, shown): (&Senders, &Shown),
    (to, at): (&Mailbox, Instant),
) -> Result<OutgoingMail, String> {
    let by = composer.installation;
    made_of(situation, chosen, composer, shown, |parts, disclosure| {
        let sender = disclosure.sender(senders, &by.sender, parts.email);
        let kept = kept(parts, false, disclosure.profile(), &sender);
        let rendered = render(parts, &InertLinks { public_url: &by.sender.public_url, sent: &[] }, &kept)?;
        let by = By { settings: &by.sender, chosen: &sender, signer: &by.signer };
        test_mail(to, by, &rendered, (at, parts.tag)).map(|(_, mail)| mail)
    })
}
