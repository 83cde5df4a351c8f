//! Where a visit came from: campaign, click id, referrer; and what that says of the lead.
//!
//! A page view begins a visit where a campaign, an advertisement's click id or another site led to it. Its properties
//! then get, where the sender gave none of that name:
//!
//! | property | what |
//! | --- | --- |
//! | `channel` | Direct, Organic Search, Paid Search, Organic Social, Paid Social, Email, Referral, Affiliates … (Google Analytics' words) |
//! | `source` | `utm_source`, else the network's name in lower case, else the referrer's registered domain |
//! | `medium` | `utm_medium`, else `cpc`, `organic`, `social`, `video`, `email`, `referral` |
//! | `campaign`, `term`, `content` | `utm_campaign`, `utm_term`, `utm_content` |
//! | `network` | the site by its name: LinkedIn, Hacker News … |
//! | `shared` | `true` where one person passed the link to another, see [`is_share`] |
//!
//! A page view with an empty referrer, and nothing in its address that tells a source, is a direct visit. It counts as a lead's first source and never
//! replaces its last one.

pub mod channel;
pub mod visit;

use std::borrow::Cow;

use attractor_engine::time::Instant;

use crate::host::{host_of, query_of, registrable, without_query};
use crate::members::{Members, Writer};
use crate::networks::{self, Class, Network};

/// The longest text taken from a campaign's link, in characters.
const LONGEST: usize = 200;

/// What a page view says of its coming about.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    pub url: Option<Cow<'a, str>>,
    pub referrer: Option<Cow<'a, str>>,
    /// The query with its `?`, where the URL lacks it.
    pub search: Option<Cow<'a, str>>,
    /// `context.campaign`: name, source, medium, term, content.
    pub campaign: Option<Members<'a>>,
    /// Whether `referrer` was said and empty: nobody led there.
    pub came_directly: bool,
}

/// Where a visit came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub channel: &'static str,
    pub source: String,
    pub medium: String,
    pub campaign: Option<String>,
    pub term: Option<String>,
    pub content: Option<String>,
    pub network: Option<&'static str>,
    pub shared: bool,
    /// URL of the page that led here, without query and fragment.
    pub referrer: Option<String>,
    /// URL of the page that was led to, without query and fragment.
    pub landing_page: Option<String>,
}

/// Parameters that an advertisement's click leaves in a link: whose they are, and whether the advertisement was paid
/// for. Facebook and Pinterest mark every click that way.
const CLICK_IDS: [(&str, &str, bool); 13] = [
    ("gclid", "google", true),
    ("gbraid", "google", true),
    ("wbraid", "google", true),
    ("msclkid", "bing", true),
    ("li_fat_id", "linkedin", true),
    ("ttclid", "tiktok", true),
    ("twclid", "x", true),
    ("rdt_cid", "reddit", true),
    ("ScCid", "snapchat", true),
    ("qclid", "quora", true),
    ("fbclid", "facebook", false),
    ("epik", "pinterest", false),
    ("igshid", "instagram", false),
];

/// Parameters that the share buttons of sites and apps add, and those of our own share links.
const SHARE_PARAMETERS: [&str; 9] =
    ["share", "shared", "share_id", "shareId", "sharer", "share_token", "igsh", "igshid", "mibextid"];

/// What is kept of a source, in the order of [`Origin::said`].
const NAMES: [&str; 9] =
    ["channel", "source", "medium", "campaign", "term", "content", "network", "referrer", "landing_page"];

const SHARE_MEDIA: [&str; 6] = ["share", "shared", "social-share", "social_share", "sharing", "share-button"];

/// Where this page view came from; nothing where it goes on with a visit, or does not say. `own` are domains of the
/// installation besides that of the page itself, each with all that is registered with it.
pub(crate) fn origin(seen: &Seen, own: &[&str]) -> Option<Origin> {
    let query = match seen.url.as_deref().map(query_of).filter(|query| !query.is_empty()) {
        Some(query) => query,
        None => seen.search.as_deref().unwrap_or_default().trim_start_matches('?'),
    };
    let parameters = Parameters::of(query);
    let referrer = foreign_referrer(seen, own);
    let mut origin = of_campaign(seen, &parameters)
        .or_else(|| of_click_id(&parameters))
        .or_else(|| referrer.as_ref().map(|host| of_referrer(host)))
        .or_else(|| is_share("", "", &parameters).then(of_share))
        .or_else(|| seen.came_directly.then(direct))?;
    origin.shared |= is_share(&origin.medium, &origin.source, &parameters);
    origin.referrer = referrer.and(seen.referrer.as_deref()).map(|url| without_query(url).to_owned());
    origin.landing_page = seen.url.as_deref().map(|url| without_query(url).to_owned()).filter(|url| !url.is_empty());
    Some(origin)
}

/// A query's parameters that matter here, decoded.
#[derive(Default)]
struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    fn of(query: &'a str) -> Parameters<'a> {
        // More parameters than a link has are not read.
        Parameters(form_urlencoded::parse(query.as_bytes()).take(100).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, value)| other == name && !value.trim().is_empty()).map(|(_, value)| value.as_ref())
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }
}

/// The host that led here, where it is another site's. Where the page's own host is unknown, only sites that are known
/// by name are believed to be others.
fn foreign_referrer<'a>(seen: &'a Seen, own: &[&str]) -> Option<Cow<'a, str>> {
    let host = host_of(seen.referrer.as_deref()?)?;
    let domain = registrable(&host);
    let is_own = match seen.url.as_deref().and_then(host_of) {
        Some(page) => registrable(&page) == domain,
        None => networks::by_host(&host).is_none(),
    };
    let is_listed = || own.iter().any(|own| registrable(own).eq_ignore_ascii_case(domain));
    (!is_own && !is_listed()).then_some(host)
}

fn of_campaign(seen: &Seen, parameters: &Parameters) -> Option<Origin> {
    let of = |name: &str, parameter: &str| -> Option<String> {
        let in_context = || seen.campaign.as_ref().and_then(|campaign| campaign.text(name));
        let text = parameters.get(parameter).map(str::to_owned).or_else(|| in_context().map(Cow::into_owned))?;
        Some(text.trim().chars().take(LONGEST).collect())
    };
    let (source, medium, campaign) =
        (of("source", "utm_source"), of("medium", "utm_medium"), of("name", "utm_campaign"));
    if source.is_none() && medium.is_none() && campaign.is_none() {
        return None;
    }
    let clicked = click_id(parameters);
    let said = source.as_deref().and_then(networks::by_name);
    let network = said.or_else(|| clicked.filter(|_| source.is_none()).map(|(network, _)| network));
    let medium = medium.or_else(|| clicked.filter(|(_, paid)| *paid).map(|_| "cpc".to_owned())).unwrap_or_default();
    let source = source.or_else(|| network.map(|network| network.name.to_lowercase())).unwrap_or_default();
    let shared = is_share(&medium, &source, parameters);
    Some(Origin {
        channel: channel::of_campaign(&medium, campaign.as_deref().unwrap_or_default(), network, shared),
        source,
        medium,
        campaign,
        term: of("term", "utm_term"),
        content: of("content", "utm_content"),
        network: network.map(|network| network.name),
        shared: shared || network.is_some_and(|network| network.class == Class::Chat),
        ..Origin::default()
    })
}

/// The network of the first click id, and whether somebody paid for the click.
fn click_id(parameters: &Parameters) -> Option<(&'static Network, bool)> {
    let (_, name, paid) = CLICK_IDS.iter().find(|(parameter, ..)| parameters.get(parameter).is_some())?;
    Some((networks::by_name(name)?, *paid))
}

fn of_click_id(parameters: &Parameters) -> Option<Origin> {
    let (network, paid) = click_id(parameters)?;
    let medium = if paid { "cpc" } else { channel::medium_of(network.class) };
    Some(Origin {
        channel: channel::of_campaign(medium, "", Some(network), false),
        source: network.name.to_lowercase(),
        medium: medium.into(),
        network: Some(network.name),
        ..Origin::default()
    })
}

fn of_referrer(host: &str) -> Origin {
    match networks::by_host(host) {
        Some(network) => Origin {
            channel: channel::of_visit(network.class),
            source: network.name.to_lowercase(),
            medium: channel::medium_of(network.class).into(),
            network: Some(network.name),
            shared: network.class == Class::Chat,
            ..Origin::default()
        },
        None => Origin {
            channel: "Referral",
            source: registrable(host).to_owned(),
            medium: "referral".into(),
            ..Origin::default()
        },
    }
}

fn of_share() -> Origin {
    Origin { channel: "Referral", source: "share".into(), medium: "share".into(), ..Origin::default() }
}

fn direct() -> Origin {
    Origin { channel: channel::DIRECT, source: "direct".into(), medium: "none".into(), ..Origin::default() }
}

/// Whether one person passed this link to another: `utm_medium` or `utm_source` says share, or the link carries what
/// share buttons add ([`SHARE_PARAMETERS`]). Visits from a chat (WhatsApp, Slack …) are shares too. A link copied by
/// hand and sent in a message bears no trace and stays a direct visit.
fn is_share(medium: &str, source: &str, parameters: &Parameters) -> bool {
    let says = |text: &str| SHARE_MEDIA.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    says(medium) || says(source) || SHARE_PARAMETERS.iter().any(|name| parameters.has(name))
}

impl Origin {
    pub fn is_direct(&self) -> bool {
        self.channel == channel::DIRECT
    }

    /// What is said of the visit, by the name of the property.
    fn said(&self) -> [(&'static str, Option<&str>); 7] {
        let text = |text: &'_ String| !text.is_empty();
        [
            ("channel", Some(self.channel)),
            ("source", Some(self.source.as_str()).filter(|_| text(&self.source))),
            ("medium", Some(self.medium.as_str()).filter(|_| text(&self.medium))),
            ("campaign", self.campaign.as_deref()),
            ("term", self.term.as_deref()),
            ("content", self.content.as_deref()),
            ("network", self.network),
        ]
    }

    /// Adds to a page view's properties what it does not say itself.
    pub(crate) fn add_to(&self, given: &Members, writer: &mut Writer) {
        for (name, text) in self.said() {
            if let Some(text) = text.filter(|_| !given.has(name)) {
                writer.text(name, text);
            }
        }
        if self.shared && !given.has("shared") {
            writer.raw("shared", "true");
        }
    }
}

/// A visit's source with whom it belongs to: what the lead's first and last source are made of.
#[derive(Clone, Debug)]
pub struct VisitSource {
    pub origin: Origin,
    /// JSON of the ids that the page view belongs by: `userId`, else `anonymousId`.
    pub(crate) who: (&'static str, String),
    pub(crate) message_id: String,
    pub(crate) timestamp: Instant,
    pub(crate) received_at: Instant,
    pub(crate) history: bool,
}

impl VisitSource {
    /// The `identify` with the lead's first and last source, as one line of JSON. The receiver keeps the first source that
    /// a lead has already; a direct visit is not a last source. Its context holds the source once more: where another
    /// visit turns out to be the first, [`visit::Visit`] makes it anew.
    ///
    /// Of the page view's ids it carries one alone: with both it would tie the visitor to the person, which page views
    /// do not do.
    pub fn identify(&self) -> String {
        let mut traits = Writer::with_capacity(256);
        self.write("first_", &mut traits);
        if !self.origin.is_direct() {
            self.write("last_", &mut traits);
        }
        let mut writer = Writer::with_capacity(600);
        writer.text("type", "identify");
        writer.text("messageId", &format!("{}:source", self.message_id));
        writer.text("timestamp", &self.timestamp.to_string());
        writer.text("receivedAt", &self.received_at.to_string());
        writer.raw(self.who.0, &self.who.1);
        writer.raw("traits", &traits.done());
        let mut visit = Writer::with_capacity(256);
        self.write("", &mut visit);
        let (visit, normaliser) = (visit.done(), crate::NORMALISER);
        let history = if self.history { r#""history":true,"# } else { "" };
        let of_ours = format!(r#"{{"normaliser":{normaliser},"derived":"source","visit":{visit}}}"#);
        writer.raw("context", &format!(r#"{{{history}"attractor":{of_ours}}}"#));
        writer.done()
    }

    /// The last one has all names every time: what this source lacks is removed, so that a lead never has one source's
    /// campaign beside another's network.
    fn write(&self, prefix: &str, writer: &mut Writer) {
        let origin = &self.origin;
        let pages = [origin.referrer.as_deref(), origin.landing_page.as_deref()];
        let texts = origin.said().map(|(_, text)| text).into_iter().chain(pages);
        for (name, text) in NAMES.into_iter().zip(texts) {
            let name = format!("{prefix}{name}");
            match text {
                Some(text) => writer.text(&name, text),
                None if prefix == "last_" => writer.raw(&name, "null"),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
