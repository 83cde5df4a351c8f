//! What a person or a scanner does with a mail, done by the use cases that requests from outside come to.

use std::net::IpAddr;

use attractor_engine::consent::Scope;
use attractor_engine::time::Instant;
use attractor_sample::living::{Act, LinkKind, Reaction};
use attractor_store::mail_requests::Fetch;

use super::returned;
use super::seen::SeenMail;
use crate::App;
use crate::clicks::answer::{self, Asker};
use crate::preferences::change::{MEANT, PreferenceForm, change};
use crate::preferences::offer::{self, OfferAct};
use crate::preferences::page::{self, Reader};
use crate::preferences::unsubscribe;
use crate::refusal::Refusal;
use crate::sending::incoming::{Meaning, receive};

/// Does it. Whether the person is on the author's page then.
pub async fn act(app: &App, seen: &SeenMail, reaction: &Reaction) -> Result<bool, Refusal> {
    let asker = Asker {
        fetch: Fetch::Show,
        agent: reaction.agent.to_owned(),
        address: IpAddr::from(reaction.address),
        at: Instant(reaction.at),
    };
    match &reaction.act {
        Act::Load => {
            if let Some(pixel) = &seen.pixel {
                answer::open(app, pixel, asker).await?;
            }
            Ok(false)
        }
        Act::Open(place) => open(app, seen, *place, asker).await,
        Act::Choose(place) => {
            let Some(token) = seen.tokens.get(*place) else { return Ok(false) };
            offer::act(app, token, OfferAct::Choose, Reader::default()).await.map(|_| true)
        }
        Act::Unsubscribe => {
            if let Some(token) = token_of(seen, LinkKind::Unsubscribe) {
                unsubscribe::end(app, token, Reader::default()).await?;
            }
            Ok(false)
        }
        Act::LeaveTopic(topic) => {
            let scope = Scope::Topic((*topic).to_owned()).to_string();
            prefer(app, seen, &[("shown", &scope), ("was", &scope)]).await
        }
        Act::ChooseFrequency(every) => prefer(app, seen, &[("every", every)]).await,
        Act::Reply | Act::AutoReply | Act::Complain | Act::Bounce => come_back(app, seen, reaction).await,
    }
}

/// Follows a link, by the door that it leads to.
async fn open(app: &App, seen: &SeenMail, place: usize, asker: Asker) -> Result<bool, Refusal> {
    let (Some(link), Some(token)) = (seen.mail.links.get(place), seen.tokens.get(place)) else { return Ok(false) };
    match link.kind {
        LinkKind::Tracked | LinkKind::Hidden => {
            answer::click(app, token, asker).await?;
        }
        LinkKind::Offer => {
            offer::show(app, token, Reader::default()).await?;
        }
        LinkKind::Unsubscribe => {
            unsubscribe::show(app, token, asker, Reader::default()).await?;
        }
        LinkKind::Preferences => {
            page::show(app, token, Reader::default()).await?;
        }
        LinkKind::Plain => {}
    }
    Ok(matches!(link.kind, LinkKind::Tracked | LinkKind::Plain))
}

/// Sends the form of the page of preferences.
async fn prefer(app: &App, seen: &SeenMail, fields: &[(&str, &str)]) -> Result<bool, Refusal> {
    let Some(token) = token_of(seen, LinkKind::Preferences) else { return Ok(false) };
    let fields = [MEANT].iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let form = PreferenceForm::read(&fields.collect::<Vec<_>>());
    change(app, token, form, Reader::default()).await.map(|_| false)
}

async fn come_back(app: &App, seen: &SeenMail, reaction: &Reaction) -> Result<bool, Refusal> {
    if let Some(mail) = returned::mail(&reaction.act, seen, Instant(reaction.at)) {
        receive(app, &mail.recipients, Meaning::of(&mail)).await;
    }
    Ok(false)
}

fn token_of(seen: &SeenMail, kind: LinkKind) -> Option<&str> {
    let place = seen.mail.links.iter().position(|link| link.kind == kind)?;
    seen.tokens.get(place).map(String::as_str)
}

/// The place of the link that an act is about.
pub fn place(act: &Act) -> Option<usize> {
    match act {
        Act::Open(place) | Act::Choose(place) => Some(*place),
        _ => None,
    }
}
