//! What a link and a pixel of a copy answer, and what is kept of who asked.

use std::net::IpAddr;

use attractor_engine::time::Instant;
use attractor_mail::judge::{DECOY, PIXEL, UNSUBSCRIBE};
use attractor_mail::links::{CopyId, Purpose, Token};
pub use attractor_store::mail_requests::Fetch;
use attractor_store::mail_requests::{MailRequest, Visit};
use attractor_store::{Connection, Error};

use super::copy::FoundCopy;
use super::network::is_in_one;
use super::notes::note;
use super::visitor::{is_own, token_of, with_token};
use crate::App;
use crate::links::copy_tag;
use crate::refusal::Refusal;

/// The longest user agent that is kept, in bytes.
const LONGEST_AGENT: usize = 512;

/// Who asks for something of a copy.
#[derive(Clone, Debug)]
pub struct Asker {
    pub fetch: Fetch,
    /// The header `User-Agent`; empty if it was missing.
    pub agent: String,
    pub address: IpAddr,
    /// When, by the leads' clock.
    pub at: Instant,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// To this URL, as the author wrote it.
    To(String),
    /// The link is not one of ours.
    NotOurs,
    /// The copy is gone, and with it where its links led.
    Gone,
}

/// Follows a link of a copy. A click that may be kept is stored before the answer, within the limits of [`note`].
pub async fn click(app: &App, token: &str, asker: Asker) -> Result<Followed, Refusal> {
    let Ok(Token::Click { link, copy }) = app.links.token(Purpose::Click, token) else {
        return Ok(Followed::NotOurs);
    };
    let found = app.readers.read(move |connection| Ok::<_, Refusal>(look(connection, copy)?)).await?;
    let Some((found, is_measured)) = found else { return Ok(Followed::Gone) };
    // The link that nobody sees leads where the first one does: what follows it learns nothing.
    let shown = match link {
        DECOY => found.links.iter().find(|link| leads_out(&link.url)),
        link => found.link(link),
    };
    let Some(url) = shown.map(|link| link.url.clone()).filter(|url| leads_out(url)) else {
        return Ok(Followed::Gone);
    };
    if !is_measured {
        return Ok(Followed::To(url));
    }
    let is_shown = asker.fetch == Fetch::Show;
    if is_staff(app, asker.address) {
        return Ok(Followed::To(url));
    }
    let number = note(app, request(app, &found, link, asker), found.address.clone()).await;
    let token = number
        .filter(|_| is_shown && link != DECOY && is_own(app, &url))
        .and_then(|number| token_of(found.tag, number));
    Ok(Followed::To(match token {
        Some(token) => with_token(&url, &app.links.keys().sign(&token)),
        None => url,
    }))
}

/// Notes that the pixel of a copy was loaded. `false` where the pixel is not one of ours.
pub async fn open(app: &App, token: &str, asker: Asker) -> Result<bool, Refusal> {
    let Ok(Token::Open { copy }) = app.links.token(Purpose::Open, token) else { return Ok(false) };
    seen(app, copy, PIXEL, asker).await?;
    Ok(true)
}

/// Notes that the page behind the link to unsubscribe was looked at: scanners look at it, too.
pub(crate) async fn looked_at_unsubscribe(app: &App, copy: CopyId, asker: Asker) -> Result<(), Refusal> {
    seen(app, copy, UNSUBSCRIBE, asker).await
}

/// Notes that a position of a copy was requested, if it may be kept.
async fn seen(app: &App, copy: CopyId, position: u16, asker: Asker) -> Result<(), Refusal> {
    let found = app.readers.read(move |connection| Ok::<_, Refusal>(look(connection, copy)?)).await?;
    if let Some((found, true)) = found
        && !is_staff(app, asker.address)
    {
        note(app, request(app, &found, position, asker), found.address.clone()).await;
    }
    Ok(())
}

/// The copy, and whether it is measured now.
fn look(connection: &mut Connection, copy: CopyId) -> Result<Option<(FoundCopy, bool)>, Error> {
    connection.snapshot(|connection| {
        let Some(found) = FoundCopy::find(connection, copy_tag(copy))? else { return Ok(None) };
        let is_measured = found.is_measured(connection)?;
        Ok(Some((found, is_measured)))
    })
}

/// Whether who asks is in a network of people who are no leads: what they try out is kept of nobody.
fn is_staff(app: &App, address: IpAddr) -> bool {
    is_in_one(address, &app.settings.not_leads)
}

/// Whether a URL is one that a link in a mail may redirect to.
fn leads_out(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https")) && !url.chars().any(char::is_control)
}

fn request(app: &App, copy: &FoundCopy, position: u16, asker: Asker) -> MailRequest {
    let at = asker.at;
    let delays = app.clicks.judge.delays;
    let delay = if position == PIXEL { delays.image } else { delays.click };
    let (lead, tag) = copy.tag;
    MailRequest {
        lead,
        tag,
        number: 0,
        send_id: copy.send_id.clone(),
        at: at.0,
        link: position,
        fetch: asker.fetch,
        agent: shortened(asker.agent),
        network: asker.address.to_string(),
        settles_at: at.0.saturating_add(delay),
        judged: None,
        visit: Visit::default(),
    }
}

fn shortened(mut agent: String) -> String {
    let end = (0..=LONGEST_AGENT.min(agent.len())).rev().find(|end| agent.is_char_boundary(*end)).unwrap_or(0);
    agent.truncate(end);
    agent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_web_pages_alone() {
        for (url, expected) in [
            ("https://acme.example/a?b=c#d", true),
            ("HTTP://acme.example", true),
            ("javascript:alert(1)", false),
            ("javascript://x%0aalert(1)", false),
            ("data:text/html,x", false),
            ("//evil.example", false),
            ("https://acme.example/\r\nset-cookie: a=b", false),
            ("", false),
        ] {
            assert_eq!(leads_out(url), expected, "{url}");
        }
    }

    #[test]
    fn a_long_agent_is_cut_between_letters() {
        assert_eq!(shortened("é".repeat(400)).len(), 512);
        assert_eq!(shortened("a".repeat(513)).len(), 512);
        assert_eq!(shortened(format!("a{}", "é".repeat(400))).len(), 511);
        assert_eq!(shortened("Mozilla".into()), "Mozilla");
    }
}
