//! Links of a mail: what their author says of them, where they lead in one copy, and parameters for own sites.

use super::liquid::escape::html_text;
use super::liquid::{LINK_ENDS, LINK_NUMBER_ENDS, LINK_STARTS};
use super::problem::Place;
use super::tokens::Declared;
use crate::links::{behind_scheme, host, leads_to};

/// Values that are links of ours: personal, never measured, never rewritten.
pub(super) const SERVICE: [&str; 5] = ["unsubscribe_url", "preferences_url", "confirm_url", "download_url", "view_url"];

/// What a URL of the mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A link of the author, which may be measured.
    Content,
    /// One of `SERVICE`.
    Service,
    /// The address of an image or the like.
    Source,
}

/// A URL as it is in the template.
#[derive(Clone, Debug)]
pub(super) struct LinkSource {
    pub(super) kind: Kind,
    pub(super) declared: Declared,
    pub(super) place: Place,
    /// The URL, where it is the same in every copy.
    pub(super) fixed: Option<String>,
}

/// A link as the body of an e-mail declares it; links of ours (unsubscribe and the like) are not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredLink {
    /// Where it leads; `None` where that is different in each copy.
    pub url: Option<String>,
    /// The topic that was given to the link in the e-mail.
    pub topic: Option<String>,
    /// Attributes that a click sets, by name.
    pub sets: Vec<(String, String)>,
    pub place: Place,
}

impl DeclaredLink {
    pub(super) fn of(link: &LinkSource) -> Option<DeclaredLink> {
        (link.kind == Kind::Content).then(|| DeclaredLink {
            url: link.fixed.clone(),
            topic: link.declared.topic.clone(),
            sets: link.declared.sets.clone(),
            place: link.place.clone(),
        })
    }
}

/// A link of one copy, as the caller that rewrites it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address that the author wrote, with this lead's values and the parameters for own sites. Always `http`,
    /// `https`, `mailto` or `tel`.
    pub url: String,
    /// The topic that was given to the link in the e-mail.
    pub topic: Option<String>,
    /// Attributes that a click sets, by name.
    pub sets: Vec<(String, String)>,
    /// Counts the links of this copy from 0, in the order of the HTML. Links of ours (unsubscribe and the like) do not count.
    pub position: u32,
    /// Counts the links of the template from 0: the same in every copy, and one for all turns of a loop.
    pub source: u32,
}

/// Parameters for links to own sites, such as `utm_source`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaign {
    /// Domains of one's own; their subdomains are meant too.
    pub domains: Vec<String>,
    /// Names and values; a parameter that a link has already stays as it is.
    pub parameters: Vec<(String, String)>,
}

impl Campaign {
    /// The URL with the parameters, if it leads to one of the domains.
    pub(super) fn apply(&self, url: &str) -> String {
        if !self.domains.iter().any(|domain| leads_to(url, domain)) {
            return url.to_owned();
        }
        let (front, fragment) = url.find('#').map_or((url, ""), |at| url.split_at(at));
        let query = front.split_once('?').map_or("", |(_, query)| query);
        let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        let mut out = front.to_owned();
        for (name, value) in self.parameters.iter().filter(|(name, _)| !has(name)) {
            out.push(if out.contains('?') { '&' } else { '?' });
            super::liquid::escape::Escape::UrlPart.write(name, &mut out);
            out.push('=');
            super::liquid::escape::Escape::UrlPart.write(value, &mut out);
        }
        out + fragment
    }
}

/// Whether a URL may be in a mail: `http`, `https` with a host, `mailto` or `tel` with something behind it.
pub(super) fn is_allowed(url: &str) -> bool {
    let mail = behind_scheme(url, "mailto:").or_else(|| behind_scheme(url, "tel:"));
    mail.map_or_else(|| !host(url).is_empty(), |rest| !rest.is_empty())
}

/// Whether a URL leads to a page of the web, so that it can stand for a topic.
pub(super) fn is_page(url: &str) -> bool {
    !host(url).is_empty()
}

/// Whether the bytes of a URL may be in one (RFC 3986); others could end an attribute or a line.
fn is_clean(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !"\"<>\\^`{|}".contains(c)
}

/// Puts the URLs of one copy into its text. `in_html` escapes them for attributes.
pub(super) struct Finisher<'a> {
    pub(super) sources: &'a [LinkSource],
    pub(super) in_html: bool,
}

impl Finisher<'_> {
    /// Replaces each marked URL by what `resolve` gives for its source and text.
    pub(super) fn finish(&self, marked: &str, mut resolve: impl FnMut(usize, &str) -> String) -> String {
        let mut out = String::with_capacity(marked.len() + marked.len() / 4);
        let mut rest = marked;
        while let Some(start) = rest.find(LINK_STARTS) {
            out.push_str(&rest[..start]);
            let behind = &rest[start + 1..];
            let Some((number, behind)) = behind.split_once(LINK_NUMBER_ENDS) else { break };
            let Some((url, behind)) = behind.split_once(LINK_ENDS) else { break };
            let source = number.parse().unwrap_or(usize::MAX);
            let url = if source < self.sources.len() { resolve(source, url.trim()) } else { String::new() };
            let clean: String = url.chars().filter(|c| is_clean(*c)).collect();
            if self.in_html {
                html_text(&clean, &mut out)
            } else {
                out.push_str(&clean)
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_lead_somewhere_are_allowed() {
        let table = [
            ("https://x.example/a", true),
            ("HTTP://x.example", true),
            ("mailto:a@x.example", true),
            ("tel:+49123", true),
            ("javascript:alert(1)", false),
            (" javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("vbscript:x", false),
            ("#", false),
            ("", false),
            ("/path", false),
            ("//x.example", false),
            ("https://", false),
            ("https:x.example", false),
            ("mailto:", false),
        ];
        for (url, wanted) in table {
            assert_eq!(is_allowed(url), wanted, "{url}");
        }
    }

    #[test]
    fn parameters_are_added_for_own_sites_only() {
        let campaign = Campaign {
            domains: vec!["lathewell.example".into()],
            parameters: vec![("utm_source".into(), "news letter".into()), ("utm_medium".into(), "email".into())],
        };
        let table = [
            ("https://lathewell.example", "https://lathewell.example?utm_source=news%20letter&utm_medium=email"),
            (
                "https://www.Lathewell.example/a?b=c#d",
                "https://www.Lathewell.example/a?b=c&utm_source=news%20letter&utm_medium=email#d",
            ),
            ("https://lathewell.example/?utm_source=x", "https://lathewell.example/?utm_source=x&utm_medium=email"),
            ("https://evil-lathewell.example/", "https://evil-lathewell.example/"),
            ("https://lathewell.example@evil.example/", "https://lathewell.example@evil.example/"),
            ("https://evil.example/\\@lathewell.example", "https://evil.example/\\@lathewell.example"),
            ("mailto:a@lathewell.example", "mailto:a@lathewell.example"),
        ];
        for (url, wanted) in table {
            assert_eq!(campaign.apply(url), wanted);
        }
    }
}
