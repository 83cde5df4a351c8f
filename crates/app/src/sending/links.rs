//! The links of one copy: where each leads, what it stands for, and the personal ones.

use attractor_engine::program::Program;
use attractor_mail::frozen::FrozenLink;
use attractor_mail::links::{AddressHash, CopyId, Id, Keys, Name, Scope, Token};
use attractor_mail::render::Link;

/// Who a copy's links belong to.
#[derive(Clone, Copy, Debug)]
pub struct CopyLinks<'a> {
    pub keys: &'a Keys,
    /// Without a slash at its end.
    pub public_url: &'a str,
    pub copy: CopyId,
    /// Of the address to which the copy goes.
    pub address: AddressHash,
}

impl CopyLinks<'_> {
    fn at(&self, path: &str, token: &Token) -> String {
        format!("{}/{path}/{}", self.public_url, self.keys.sign(token))
    }

    /// The redirect of the link at a position.
    pub fn click(&self, position: u16) -> String {
        self.at("t/c", &Token::Click { link: position, copy: self.copy })
    }

    /// The page with the offer of the link at a position, which works without measuring.
    pub fn offer(&self, position: u16) -> String {
        self.at("p", &Token::Attractor { link: position, copy: self.copy })
    }

    pub fn pixel(&self) -> String {
        self.at("t/o", &Token::Open { copy: self.copy })
    }

    /// Ends what `subscription` names; without one, all.
    pub fn unsubscribe(&self, subscription: Option<&str>) -> String {
        // An id that does not fit into a token is longer than any list's; then the link ends all.
        let scope = subscription.and_then(|id| Name::new(id).ok()).map_or(Scope::All, Scope::Subscription);
        self.at("u", &Token::Unsubscribe { scope, address: self.address, copy: self.copy })
    }

    pub fn preferences(&self) -> String {
        let lead = Id::from(self.copy.lead.cast_unsigned());
        self.at("p", &Token::Preferences { address: self.address, lead })
    }

    /// The page on which the owner of the address confirms a request.
    pub fn confirm(&self, request: Id) -> String {
        self.at("f/confirm", &Token::Confirm { request })
    }

    /// The local part of the return path.
    pub fn return_path(&self) -> String {
        self.keys.sign(&Token::ReturnPath { copy: self.copy })
    }
}

/// Whether a link leads to a page, so that a click on it can be measured.
pub fn is_page(link: &Link) -> bool {
    ["http:", "https:"]
        .iter()
        .any(|scheme| link.url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// What is kept of a link: its topic is the one that the e-mail gave it, else that of the page it leads to, else the
/// e-mail's own (contract §2, What 16).
pub fn frozen(link: &Link, program: &Program, of_email: Option<&str>) -> FrozenLink {
    let page = || program.topic_of_page(path(&link.url)).map(str::to_owned);
    let topic = link.topic.clone().or_else(|| page().or_else(|| of_email.map(str::to_owned)).filter(|_| is_page(link)));
    FrozenLink { url: link.url.clone(), topic, sets: link.sets.iter().cloned().collect() }
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
            assert_eq!(frozen(&link(url, own), &program, of_email).topic.as_deref(), topic, "{url}");
        }
    }
}
