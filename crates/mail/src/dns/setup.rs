//! What a sender domain is to have: its names, keys and servers.

use core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

use super::answers::plain;
use super::organization::{Alignment, are_aligned, organizational_domain};
use super::spf::is_domain;
use crate::message::{Mailbox, dkim};

/// From where mails leave: what SPF has to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A domain whose SPF record lists the servers, as mail services name it: `amazonses.com`.
    Include(String),
    /// The address of a server.
    Address(IpAddr),
    /// A network whose servers send: an address in it, and how many of its bits are the network's.
    Network(IpAddr, u8),
}

impl Outgoing {
    /// The first and the last address of a server; `None` where names have to be looked up.
    pub(super) fn bounds(&self) -> Option<(IpAddr, IpAddr)> {
        match *self {
            Outgoing::Include(_) => None,
            Outgoing::Address(address) => Some((address, address)),
            Outgoing::Network(IpAddr::V4(address), bits) => {
                let rest = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
                let address = u32::from(address);
                Some((IpAddr::V4((address & !rest).into()), IpAddr::V4((address | rest).into())))
            }
            Outgoing::Network(IpAddr::V6(address), bits) => {
                let rest = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
                let address = u128::from(address);
                Some((IpAddr::V6((address & !rest).into()), IpAddr::V6((address | rest).into())))
            }
        }
    }
}

/// As SPF writes it: `include:amazonses.com`, `ip4:192.0.2.1`.
impl fmt::Display for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outgoing::Include(domain) => write!(f, "include:{domain}"),
            Outgoing::Address(IpAddr::V4(address)) => write!(f, "ip4:{address}"),
            Outgoing::Address(IpAddr::V6(address)) => write!(f, "ip6:{address}"),
            Outgoing::Network(IpAddr::V4(address), bits) => write!(f, "ip4:{address}/{bits}"),
            Outgoing::Network(IpAddr::V6(address), bits) => write!(f, "ip6:{address}/{bits}"),
        }
    }
}

/// The same from a text.
impl FromStr for Outgoing {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Outgoing, SetupError> {
        let wrong = || SetupError::Outgoing(text.chars().take(80).collect());
        match text.split_once(':') {
            Some(("include", domain)) if is_domain(domain) => Ok(Outgoing::Include(plain(domain))),
            Some(("ip4", address)) => servers(address, 32, |text| text.parse().ok().map(IpAddr::V4)).ok_or_else(wrong),
            Some(("ip6", address)) => servers(address, 128, |text| text.parse().ok().map(IpAddr::V6)).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

/// An address, or a network of addresses with at most so many bits.
fn servers(text: &str, most: u8, address: impl Fn(&str) -> Option<IpAddr>) -> Option<Outgoing> {
    let Some((start, bits)) = text.split_once('/') else { return address(text).map(Outgoing::Address) };
    let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    let bits: u8 = bits.parse().ok().filter(|bits| is_number && (1..=most).contains(bits))?;
    address(start).map(|start| Outgoing::Network(start, bits))
}

/// Where the host of tracked links leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To another name, by CNAME.
    Host(String),
    /// To our server, by A and AAAA.
    Addresses(Vec<IpAddr>),
    /// To a server whose public address is not known here: the name only has to exist.
    Unknown,
}

/// A sender domain as the settings describe it.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// The domain of From.
    pub domain: &'a str,
    /// The records of the keys that sign, of [`dkim::Signer::records`].
    pub keys: &'a [dkim::Record],
    /// The selectors of keys that others sign with in the domain's name, as a mail service does. Their texts are not known
    /// here. There is at least one, or one of `keys`.
    pub foreign_selectors: &'a [String],
    /// All that mails leave from; at least one.
    pub outgoing: &'a [Outgoing],
    /// The host of the return path, below the domain of From or beside it: `bounce.example.org`. `None` where bounces go to
    /// the address in From: then the records of its domain hold for them too.
    pub bounce_host: Option<&'a str>,
    /// The host that takes in bounces; `None` where it is not known here: then any host will do.
    pub bounce_target: Option<&'a str>,
    /// The host of links and pixels, that of `public_url`; `None` where it is not a name, and needs no record.
    pub tracking_host: Option<&'a str>,
    /// Where that host should lead.
    pub tracking_target: &'a Target,
    /// The address to which receivers send their DMARC reports. At another organization's domain, receivers also need a
    /// record there (RFC 7489 §7.1), which is not examined.
    pub report_to: Option<&'a str>,
}

/// A sender domain whose settings make sense. All names are in ASCII and lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub(super) domain: String,
    pub(super) keys: Vec<dkim::Record>,
    /// The names of the records of others' keys.
    pub(super) foreign_keys: Vec<String>,
    pub(super) outgoing: Vec<Outgoing>,
    pub(super) bounce_host: Option<String>,
    pub(super) bounce_target: Option<String>,
    pub(super) tracking_host: Option<String>,
    pub(super) tracking_target: Target,
    pub(super) report_to: Option<String>,
}

impl Setup {
    /// Checks the settings: names that are domain names, a domain that can be registered, and a return path that is aligned
    /// with it.
    pub fn new(settings: &Settings<'_>) -> Result<Setup, SetupError> {
        let domain = ascii("the domain of From", settings.domain)?;
        if organizational_domain(&domain).is_none() {
            return Err(SetupError::PublicSuffix(domain));
        }
        let bounce_host = settings.bounce_host.map(|host| bounces(host, &domain)).transpose()?;
        if settings.keys.is_empty() && settings.foreign_selectors.is_empty() {
            return Err(SetupError::NoKey);
        }
        if settings.outgoing.is_empty() {
            return Err(SetupError::NoServer);
        }
        Ok(Setup {
            keys: settings.keys.to_vec(),
            foreign_keys: foreign_keys(settings.foreign_selectors, &domain)?,
            outgoing: settings.outgoing.iter().map(outgoing).collect::<Result<_, _>>()?,
            bounce_target: named("the host that takes in bounces", settings.bounce_target)?,
            tracking_host: named("the host of tracked links", settings.tracking_host)?,
            tracking_target: target(settings)?,
            report_to: settings.report_to.map(reports).transpose()?,
            domain,
            bounce_host,
        })
    }

    /// The domain of From.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The part of the domain that was registered, whose zone the DNS provider shows.
    pub fn organization(&self) -> &str {
        organizational_domain(&self.domain).unwrap_or(&self.domain)
    }
}

/// Whether a text is the selector of a DKIM key: what is before `._domainkey` in the name of its record, and not that name.
///
/// ```
/// use attractor_mail::dns::is_selector;
///
/// assert!(is_selector("s1") && !is_selector("s1._domainkey.example.org"));
/// ```
pub fn is_selector(text: &str) -> bool {
    !text.contains("_domainkey") && is_domain(&format!("{text}._domainkey"))
}

fn foreign_keys(selectors: &[String], domain: &str) -> Result<Vec<String>, SetupError> {
    let key_of = |selector: &String| {
        let name = plain(&format!("{selector}._domainkey.{domain}"));
        if is_selector(selector) && is_domain(&name) {
            Ok(name)
        } else {
            Err(SetupError::Selector(selector.chars().take(80).collect()))
        }
    };
    selectors.iter().map(key_of).collect()
}

fn bounces(host: &str, domain: &str) -> Result<String, SetupError> {
    let bounce_host = ascii("the host of the return path", host)?;
    if bounce_host == domain {
        return Err(SetupError::BounceIsDomain(bounce_host));
    }
    if !are_aligned(&bounce_host, domain, Alignment::Relaxed) {
        return Err(SetupError::NotAligned { bounce_host, domain: domain.to_owned() });
    }
    Ok(bounce_host)
}

fn named(what: &'static str, name: Option<&str>) -> Result<Option<String>, SetupError> {
    name.map(|name| ascii(what, name)).transpose()
}

fn ascii(what: &'static str, name: &str) -> Result<String, SetupError> {
    let plain = name.strip_suffix('.').unwrap_or(name);
    crate::message::ascii_domain(plain).map_err(|_| SetupError::name(what, name))
}

/// An address that can be written into a DMARC record, where commas and semicolons separate.
fn reports(address: &str) -> Result<String, SetupError> {
    let wrong = || SetupError::Address(address.chars().take(80).collect());
    let mailbox = Mailbox::parse(address).map_err(|_| wrong())?;
    let fits = mailbox.address().is_ascii() && !mailbox.address().contains([',', ';', '!', '"', '%', '?', '#']);
    if fits { Ok(mailbox.address().to_owned()) } else { Err(wrong()) }
}

fn outgoing(outgoing: &Outgoing) -> Result<Outgoing, SetupError> {
    match outgoing {
        Outgoing::Include(domain) if is_domain(domain) => Ok(Outgoing::Include(plain(domain))),
        Outgoing::Include(domain) => Err(SetupError::name("the domain that SPF includes", domain)),
        servers => Ok(servers.clone()),
    }
}

fn target(settings: &Settings<'_>) -> Result<Target, SetupError> {
    match settings.tracking_target {
        Target::Host(host) => {
            let host = ascii("the host to which tracked links lead", host)?;
            if settings.tracking_host.is_some_and(|tracking| host == plain(tracking)) {
                Err(SetupError::LeadsToItself(host))
            } else {
                Ok(Target::Host(host))
            }
        }
        Target::Addresses(addresses) if addresses.is_empty() => Err(SetupError::NoAddress),
        Target::Addresses(addresses) => Ok(Target::Addresses(addresses.clone())),
        Target::Unknown => Ok(Target::Unknown),
    }
}

/// Why the settings of a sender domain cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    Name {
        what: &'static str,
        /// At most 80 characters of it.
        found: String,
    },
    /// A text that names nothing from which mails leave.
    Outgoing(String),
    /// A text that does not name a DKIM key.
    Selector(String),
    /// The address for DMARC reports.
    Address(String),
    /// A domain such as `co.uk`.
    PublicSuffix(String),
    /// The return path has the domain of From, whose mail goes to people.
    BounceIsDomain(String),
    NotAligned {
        bounce_host: String,
        domain: String,
    },
    NoKey,
    NoServer,
    NoAddress,
    LeadsToItself(String),
}

impl SetupError {
    fn name(what: &'static str, found: &str) -> SetupError {
        SetupError::Name { what, found: found.chars().take(80).collect() }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Name { what, found } => {
                write!(f, "{what} is {found:?}, which is not a domain name; expected one such as mail.example.org")
            }
            SetupError::Selector(found) => {
                write!(
                    f,
                    "{found:?} is not the selector of a DKIM key; expected what is before `._domainkey` in its name"
                )
            }
            SetupError::Address(found) => write!(
                f,
                "the address for DMARC reports is {found:?}; expected a plain e-mail address such as dmarc@example.org"
            ),
            SetupError::PublicSuffix(domain) => {
                write!(f, "{domain} belongs to nobody: domains are registered below it; expected your own domain")
            }
            SetupError::BounceIsDomain(domain) => write!(
                f,
                "the host of the return path is {domain} itself, whose mail goes to your mailboxes; expected a host of its \
                 own, such as bounce.{domain}"
            ),
            SetupError::NotAligned { bounce_host, domain } => write!(
                f,
                "the return path {bounce_host} is not aligned with {domain}, so DMARC ignores its SPF record; expected a host \
                 such as bounce.{domain}"
            ),
            SetupError::Outgoing(found) => write!(
                f,
                "`{found}` does not say from where mails leave; expected `include:` and a host, `ip4:` and an IPv4 address \
                 or network, or `ip6:` and an IPv6 address or network"
            ),
            SetupError::NoKey => write!(f, "there is no key to sign with; make a DKIM key first"),
            SetupError::NoServer => {
                write!(f, "no server is known from which mails leave; name the mail service or the server's address")
            }
            SetupError::LeadsToItself(host) => {
                write!(f, "the host of tracked links, {host}, leads to itself; name the server's addresses, or none")
            }
            SetupError::NoAddress => write!(f, "the server of tracked links has no address; name one"),
        }
    }
}

impl std::error::Error for SetupError {}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What tests examine: example.org, which sends through mail.example.net and from 192.0.2.1.
    pub(in crate::dns) fn setup() -> Setup {
        let keys =
            [dkim::Record { name: "a._domainkey.example.org".into(), text: "v=DKIM1; k=ed25519; p=QUJD".into() }];
        let outgoing = [Outgoing::Include("_SPF.mail.example".into()), Outgoing::Address("192.0.2.1".parse().unwrap())];
        let target = Target::Host("app.example.org".into());
        Setup::new(&settings(&keys, &outgoing, &target)).unwrap()
    }

    fn settings<'a>(keys: &'a [dkim::Record], outgoing: &'a [Outgoing], target: &'a Target) -> Settings<'a> {
        Settings {
            domain: "Example.org",
            keys,
            foreign_selectors: &[],
            outgoing,
            bounce_host: Some("bounce.example.org."),
            bounce_target: Some("mx.attractor.example"),
            tracking_host: Some("links.example.org"),
            tracking_target: target,
            report_to: Some("dmarc@example.org"),
        }
    }

    #[test]
    fn names_are_plain() {
        let setup = setup();
        assert_eq!((setup.domain(), setup.organization()), ("example.org", "example.org"));
        assert_eq!(setup.bounce_host.as_deref(), Some("bounce.example.org"));
        assert_eq!(setup.outgoing[0].to_string(), "include:_spf.mail.example");
        assert_eq!(setup.outgoing[1].to_string(), "ip4:192.0.2.1");
        assert_eq!(Outgoing::Address("2001:db8::1".parse().unwrap()).to_string(), "ip6:2001:db8::1");
    }

    #[test]
    fn what_sends_is_read_as_spf_writes_it() {
        for text in
            ["include:_spf.mail.example", "ip4:192.0.2.1", "ip6:2001:db8::1", "ip4:192.0.2.0/24", "ip6:2001:db8::/32"]
        {
            assert_eq!(text.parse::<Outgoing>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "mail.example",
            "include:",
            "include:a b",
            "ip4:2001:db8::1",
            "ip4:192.0.2.0/33",
            "ip4:192.0.2.0/",
            "ip6:::/0",
            "a:x.example",
        ] {
            let why = text.parse::<Outgoing>().unwrap_err().to_string();
            assert!(why.starts_with(&format!("`{text}` does not say")), "{why}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_with_what_would_be_right() {
        let Setup { keys, outgoing, tracking_target, .. } = setup();
        let right = settings(&keys, &outgoing, &tracking_target);
        let no_address = Target::Addresses(Vec::new());
        let itself = Target::Host("links.example.org".into());
        let selectors = ["a b", "s1._domainkey"].map(str::to_owned);
        let bad_include = [Outgoing::Include("spf mail".into())];
        for (wrong, error) in [
            (Settings { domain: "exa mple.org", ..right.clone() }, "the domain of From is \"exa mple.org\""),
            (Settings { domain: "localhost", ..right.clone() }, "not a domain name"),
            (Settings { domain: "co.uk", ..right.clone() }, "co.uk belongs to nobody"),
            (Settings { bounce_host: Some("example.org"), ..right.clone() }, "such as bounce.example.org"),
            (Settings { bounce_host: Some("bounce.example.net"), ..right.clone() }, "not aligned with example.org"),
            (Settings { bounce_target: Some(""), ..right.clone() }, "takes in bounces is \"\""),
            (Settings { tracking_host: Some("-.org"), ..right.clone() }, "tracked links is \"-.org\""),
            (Settings { tracking_target: &no_address, ..right.clone() }, "has no address"),
            (Settings { tracking_target: &itself, ..right.clone() }, "leads to itself"),
            (Settings { report_to: Some("a;b@example.org"), ..right.clone() }, "DMARC reports is \"a;b@example.org\""),
            (Settings { report_to: Some("\"a,b\"@example.org"), ..right.clone() }, "DMARC reports"),
            (Settings { keys: &[], ..right.clone() }, "make a DKIM key first"),
            (Settings { foreign_selectors: &selectors[..1], ..right.clone() }, "\"a b\" is not the selector"),
            (Settings { foreign_selectors: &selectors[1..], ..right.clone() }, "\"s1._domainkey\" is not the selector"),
            (Settings { outgoing: &[], ..right.clone() }, "no server is known"),
            (Settings { outgoing: &bad_include, ..right.clone() }, "SPF includes is \"spf mail\""),
        ] {
            let found = Setup::new(&wrong).unwrap_err().to_string();
            assert!(found.contains(error), "{found}");
        }
    }
}
