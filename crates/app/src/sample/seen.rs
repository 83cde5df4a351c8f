//! A caught mail as its reader sees it: the links of its HTML, each with what it stands for.

use attractor_mail::frozen::FrozenLink;
use attractor_mail::judge::DECOY;
use attractor_mail::links::{CopyId, Purpose, Token};
use attractor_mail::message::OpenedMail;
use attractor_sample::SITE;
use attractor_sample::living::{Link, LinkKind, Mail};
use attractor_store::Connection;

use crate::App;
use crate::clicks::copy::FoundCopy;
use crate::links::{Links, copy_tag};
use crate::refusal::Refusal;
use crate::sending::incoming::{OwnMailbox, mailbox_of};
use crate::sending::transport::OutgoingMail;

/// A mail, and what its reader needs to act on it.
#[derive(Clone, Debug)]
pub struct SeenMail {
    pub mail: Mail,
    /// Where bounces go.
    pub return_path: String,
    /// Where replies go.
    pub from: String,
    pub subject: String,
    pub message_id: String,
    /// The last part of each link's path: the token, where it is one of ours.
    pub tokens: Vec<String>,
    pub pixel: Option<String>,
}

impl SeenMail {
    /// Opens what was caught; `None` where it is not a copy of an e-mail.
    pub async fn open(app: &App, caught: &OutgoingMail) -> Result<Option<SeenMail>, Refusal> {
        let Some(OwnMailbox::ReturnPath(copy)) = mailbox_of(app, &caught.from) else { return Ok(None) };
        let find =
            move |connection: &mut Connection| FoundCopy::find(connection, copy_tag(copy)).map_err(Refusal::from);
        let Some(found) = app.readers.read(find).await? else { return Ok(None) };
        Ok(OpenedMail::read(&caught.bytes).map(|opened| SeenMail::of(&app.links, caught, opened, &found, copy)))
    }

    fn of(links: &Links, caught: &OutgoingMail, opened: OpenedMail, found: &FoundCopy, copy: CopyId) -> SeenMail {
        let html = opened.html.unwrap_or_default();
        let urls = attributes(&html, "href");
        let pixel = attributes(&html, "src")
            .into_iter()
            .map(|url| token_of(&url))
            .find(|token| links.token(Purpose::Open, token).is_ok_and(|token| token == Token::Open { copy }));
        let header = |name: &str| {
            let found = opened.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        SeenMail {
            mail: Mail {
                to: caught.to.to_lowercase(),
                sent: caught.made_at.0,
                has_pixel: pixel.is_some(),
                links: urls.iter().map(|url| link(links, found, url)).collect(),
            },
            return_path: caught.from.clone(),
            from: opened.from,
            subject: opened.subject,
            message_id: header("Message-ID"),
            tokens: urls.iter().map(|url| token_of(url)).collect(),
            pixel,
        }
    }
}

/// What a link of the mail is.
fn link(links: &Links, found: &FoundCopy, url: &str) -> Link {
    let token = token_of(url);
    let read = |purpose| links.token(purpose, &token).ok();
    let of = |kind, frozen: Option<&FrozenLink>| Link {
        kind,
        path: frozen.and_then(|link| link.url.strip_prefix(SITE)).unwrap_or_default().to_owned(),
        topic: frozen.and_then(|link| link.topic.clone()),
    };
    let ours =
        [Purpose::Click, Purpose::Attractor, Purpose::Preferences, Purpose::Unsubscribe].into_iter().find_map(read);
    match ours {
        Some(Token::Click { link: DECOY, .. }) => of(LinkKind::Hidden, None),
        Some(Token::Click { link, .. }) => of(LinkKind::Tracked, found.link(link)),
        Some(Token::Attractor { link, .. }) => of(LinkKind::Offer, found.link(link)),
        Some(Token::Preferences { .. }) => of(LinkKind::Preferences, None),
        Some(Token::Unsubscribe { .. }) => of(LinkKind::Unsubscribe, None),
        _ => of(LinkKind::Plain, found.links.iter().find(|link| link.url == url)),
    }
}

/// The values of an attribute, in the order of the text.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let begins = format!(" {name}=\"");
    let values = html.split(begins.as_str()).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(|value| value.replace("&amp;", "&")).filter(|value| value.starts_with("http")).collect()
}

fn token_of(url: &str) -> String {
    let path = url.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_those_of_the_html_in_its_order() {
        let html = r#"<a style="x" href="https://a.example/t/c/one">A</a><img src="https://a.example/t/o/two" href="">
            <a href="mailto:ada@example.org">B</a><a href="https://b.example/?a=1&amp;b=2">C</a>"#;
        assert_eq!(attributes(html, "href"), ["https://a.example/t/c/one", "https://b.example/?a=1&b=2"]);
        assert_eq!(attributes(html, "src").iter().map(|url| token_of(url)).collect::<Vec<_>>(), ["two"]);
    }
}
