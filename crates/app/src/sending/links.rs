//! The links of one copy: where each leads, what it stands for, and the personal ones.

use attractor_engine::program::Program;
use attractor_mail::frozen::FrozenLink;
use attractor_mail::gate::Class;
use attractor_mail::judge::DECOY;
use attractor_mail::links::{AddressHash, CopyId, Id, Keys, Name, Scope, Token};
use attractor_mail::render::Link;

use crate::preferences::words::Language;
use crate::preferences::{INERT, in_language};

/// What a copy has in place of the addresses that are personal. A sender signs them; whoever only shows a mail does not.
pub trait PersonalLinks {
    /// In place of the link at a position, where the copy is measured.
    fn click(&self, position: u16, link: &Link) -> String;

    /// In place of an attractor, where the copy is not measured.
    fn offer(&self, position: u16, link: &Link) -> String;

    /// In place of any other link; `None`: the author's own.
    fn plain(&self, position: u16, link: &Link) -> Option<String>;

    fn pixel(&self) -> Option<String>;

    /// A link that no person sees.
    fn decoy(&self) -> Option<String>;

    /// Ends what `subscription` names; without one, all.
    fn unsubscribe(&self, subscription: Option<&str>) -> String;

    /// The page of the preferences, in the language of the copy.
    fn preferences(&self, language: &str) -> String;

    /// The page on which the owner of the address confirms a request.
    fn confirm(&self, request: Id) -> String;
}

/// Who a copy's links belong to.
#[derive(Clone, Copy, Debug)]
pub struct CopyLinks<'a> {
    pub keys: &'a Keys,
    /// Without a slash at its end.
    pub public_url: &'a str,
    pub copy: CopyId,
    /// Of the address to which the copy goes.
    pub address: AddressHash,
    /// Whether a measured copy has a link that no person sees.
    pub has_decoy: bool,
}

impl CopyLinks<'_> {
    fn at(&self, path: &str, token: &Token) -> String {
        format!("{}/{path}/{}", self.public_url, self.keys.sign(token))
    }

    /// The local part of the return path.
    pub fn return_path(&self) -> String {
        self.keys.sign(&Token::ReturnPath { copy: self.copy })
    }

    /// The part of its `Message-ID` before the `@`, the same each time that the copy is composed.
    pub fn message_id(&self, send_id: &str) -> String {
        self.keys.sign(&Token::of_message(self.copy.lead, send_id))
    }
}

impl PersonalLinks for CopyLinks<'_> {
    /// The redirect.
    fn click(&self, position: u16, _: &Link) -> String {
        self.at("t/c", &Token::Click { link: position, copy: self.copy })
    }

    /// The page with the offer, which works without measuring.
    fn offer(&self, position: u16, _: &Link) -> String {
        self.at("p", &Token::Attractor { link: position, copy: self.copy })
    }

    fn plain(&self, _: u16, _: &Link) -> Option<String> {
        None
    }

    fn pixel(&self) -> Option<String> {
        Some(self.at("t/o", &Token::Open { copy: self.copy }))
    }

    fn decoy(&self) -> Option<String> {
        self.has_decoy.then(|| self.at("t/c", &Token::Click { link: DECOY, copy: self.copy }))
    }

    fn unsubscribe(&self, subscription: Option<&str>) -> String {
        // An id that does not fit into a token is longer than any list's; then the link ends all.
        let scope = subscription.and_then(|id| Name::new(id).ok()).map_or(Scope::All, Scope::Subscription);
        self.at("u", &Token::Unsubscribe { scope, address: self.address, copy: self.copy })
    }

    /// Its token names a person and no copy, so the language is beside it.
    fn preferences(&self, language: &str) -> String {
        let lead = Id::from(self.copy.lead.cast_unsigned());
        in_language(self.at("p", &Token::Preferences { address: self.address, lead }), Language::of_tag(language))
    }

    fn confirm(&self, request: Id) -> String {
        self.at("f/confirm", &Token::Confirm { request })
    }
}

/// The links of a mail that is only shown: those of the author lead where the author pointed, and those that would be
/// personal lead to a page that says that they change nothing. Nothing is signed.
#[derive(Clone, Copy, Debug)]
pub struct InertLinks<'a> {
    /// Without a slash at its end.
    pub public_url: &'a str,
    /// Where the links led when the mail was sent, if it was.
    pub sent: &'a [FrozenLink],
}

impl InertLinks<'_> {
    fn led(&self, position: u16, link: &Link) -> String {
        self.sent.get(usize::from(position)).map_or_else(|| link.url.clone(), |sent| sent.url.clone())
    }
}

impl PersonalLinks for InertLinks<'_> {
    fn click(&self, position: u16, link: &Link) -> String {
        self.led(position, link)
    }

    fn offer(&self, position: u16, link: &Link) -> String {
        self.led(position, link)
    }

    fn plain(&self, position: u16, link: &Link) -> Option<String> {
        Some(self.led(position, link))
    }

    fn pixel(&self) -> Option<String> {
        None
    }

    fn decoy(&self) -> Option<String> {
        None
    }

    fn unsubscribe(&self, _: Option<&str>) -> String {
        format!("{}/u/{INERT}", self.public_url)
    }

    fn preferences(&self, _: &str) -> String {
        format!("{}/p/{INERT}", self.public_url)
    }

    fn confirm(&self, _: Id) -> String {
        format!("{}/f/confirm/{INERT}", self.public_url)
    }
}

/// Whether a link asks where its copy is not measured: its page has a button (contract §6, Tracking 4).
pub fn is_attractor(link: &Link, class: Class) -> bool {
    link.topic.is_some() && class.carries_attractors()
}

/// Whether a link leads to a page, so that a click on it can be measured.
pub fn is_page(link: &Link) -> bool {
    is_web(&link.url)
}

fn is_web(url: &str) -> bool {
    ["http:", "https:"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// What a link stands for: the topic that the e-mail gave it, else that of the page it leads to, else the e-mail's own
/// (contract §2, What 16).
pub fn topic(own: Option<&str>, url: &str, program: &Program, of_email: Option<&str>) -> Option<String> {
    let page = || program.topic_of_page(path(url)).or(of_email).filter(|_| is_web(url));
    own.or_else(page).map(str::to_owned)
}

/// What is kept of a link of a copy of a class. Where the class carries no attractors, it stands for nothing and sets
/// nothing.
pub fn frozen(link: &Link, class: Class, program: &Program, of_email: Option<&str>) -> FrozenLink {
    if !class.carries_attractors() {
        return FrozenLink { url: link.url.clone(), ..FrozenLink::default() };
    }
    let topic = topic(link.topic.as_deref(), &link.url, program, of_email);
    let asks = is_attractor(link, class) && is_page(link);
    FrozenLink { url: link.url.clone(), topic, sets: link.sets.iter().cloned().collect(), asks }
}

/// The path of a URL, not decoded, without query and fragment; `/` where it is empty.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    rest.find('/').map_or("/", |at| &rest[at..])
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    fn link(url: &str, topic: Option<&str>) -> Link {
        Link { url: url.into(), topic: topic.map(str::to_owned), sets: Vec::new(), position: 0, source: 0 }
    }

    #[test]
    fn a_link_stands_for_its_own_topic_else_its_pages_else_the_emails() {
        let text = "playbook: p\ntopics:\n  - {id: shirts, pages: [\"/shirts*\"]}\n  - {id: home, pages: [\"/\"]}\n";
        let program = Program::new(read(text).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
        for (url, own, of_email, topic) in [
            ("https://x.example/shirts/blue?a=/b", None, Some("news"), Some("shirts")),
            ("https://x.example/shirts", Some("hats"), Some("news"), Some("hats")),
            ("https://x.example/about", None, Some("news"), Some("news")),
            ("https://x.example/about", None, None, None),
            ("https://x.example?shirts", None, None, Some("home")),
            ("HTTPS://x.example#/shirts", None, None, Some("home")),
            ("mailto:shirts@x.example", None, Some("news"), None),
            ("tel:+49123", Some("hats"), None, Some("hats")),
        ] {
            let of_class = |class| frozen(&link(url, own), class, &program, of_email).topic;
            assert_eq!(of_class(Class::Marketing).as_deref(), topic, "{url}");
            assert_eq!(of_class(Class::Transactional), None, "{url}");
        }
    }
}
