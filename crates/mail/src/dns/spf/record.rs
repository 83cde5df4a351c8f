//! An SPF record, read (RFC 7208 §4.6 and §12).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::dns::answers::shortened;
use crate::dns::tags::{MAX_BYTES, position};

/// What a term says of the servers that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Qualifier {
    /// `+`, or nothing: they may send.
    Pass,
    /// `?`
    Neutral,
    /// `~`
    SoftFail,
    /// `-`
    Fail,
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// `bits` is at most 32 or 128; more is read as all of them.
    pub(super) fn new(address: IpAddr, bits: Option<u8>) -> Network {
        let all = if address.is_ipv4() { 32 } else { 128 };
        Network { address, bits: bits.unwrap_or(all).min(all) }
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        let shares = |ours: u128, theirs: u128, width: u32| {
            let rest = width - u32::from(self.bits);
            ours.checked_shr(rest) == theirs.checked_shr(rest)
        };
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => shares(ours.to_bits().into(), theirs.to_bits().into(), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => shares(ours.to_bits(), theirs.to_bits(), 128),
            _ => false,
        }
    }
}

/// The prefix lengths behind `a` and `mx`: `/24//64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prefixes {
    pub(super) v4: Option<u8>,
    pub(super) v6: Option<u8>,
}

/// What a term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form<'t> {
    All,
    Include(&'t str),
    /// The addresses of a domain, by default the record's own.
    A(Option<&'t str>, Prefixes),
    /// The addresses of the hosts that take in a domain's mail, by default the record's own domain.
    Mx(Option<&'t str>, Prefixes),
    Ptr,
    Exists,
    Network(Network),
    Redirect(&'t str),
    /// `exp=`, and modifiers that nobody knows.
    Modifier,
}

impl Form<'_> {
    /// Whether receivers look up a name because of it, of which they look up at most ten.
    pub(super) fn costs_lookup(self) -> bool {
        !matches!(self, Form::All | Form::Network(_) | Form::Modifier)
    }

    pub(super) fn is_modifier(self) -> bool {
        matches!(self, Form::Redirect(_) | Form::Modifier)
    }
}

/// A term of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term<'t> {
    pub(super) text: &'t str,
    pub(super) qualifier: Qualifier,
    pub(super) form: Form<'t>,
}

/// A record as far as it can be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Spf<'t> {
    pub(super) terms: Vec<Term<'t>>,
    /// What cannot be read, with the number of its first character.
    pub(super) errors: Vec<String>,
}

impl<'t> Spf<'t> {
    /// Whether a TXT record is an SPF record (RFC 7208 §4.5).
    pub(super) fn is_spf(text: &str) -> bool {
        let version = text.split(' ').next().unwrap_or_default();
        version.eq_ignore_ascii_case("v=spf1")
    }

    /// Reads a record that [`Spf::is_spf`]. Of what is longer than any real record, nothing is read.
    pub(super) fn read(text: &'t str) -> Spf<'t> {
        let mut spf = Spf::default();
        if text.len() > MAX_BYTES {
            return spf;
        }
        let mut start = 0;
        for word in text.split(' ') {
            let at = start;
            start += word.len() + 1;
            if at == 0 || word.is_empty() {
                continue;
            }
            match read_term(word) {
                Ok(term) => spf.terms.push(term),
                Err(why) => spf.errors.push(format!("at character {}: {why}", position(text, at))),
            }
        }
        if spf.terms.iter().filter(|term| matches!(term.form, Form::Redirect(_))).count() > 1 {
            spf.errors.push("`redirect=` occurs twice; keep one of the two".to_owned());
        }
        spf
    }

    /// Its `all`, which decides about every server that no term before it names.
    pub(super) fn all(&self) -> Option<Qualifier> {
        self.terms.iter().find(|term| term.form == Form::All).map(|term| term.qualifier)
    }

    /// The mechanisms that receivers read: those before `all`.
    pub(super) fn mechanisms(&self) -> impl Iterator<Item = &Term<'t>> {
        self.terms.iter().take_while(|term| term.form != Form::All).filter(|term| !term.form.is_modifier())
    }

    /// The mechanisms behind `all`, which nobody reads.
    pub(super) fn never_read(&self) -> impl Iterator<Item = &Term<'t>> {
        let behind = self.terms.iter().skip_while(|term| term.form != Form::All).skip(1);
        behind.filter(|term| !term.form.is_modifier())
    }

    /// Where the record goes on, if no mechanism decides.
    pub(super) fn redirect(&self) -> Option<&'t str> {
        if self.all().is_some() {
            return None;
        }
        self.terms.iter().find_map(|term| match term.form {
            Form::Redirect(target) => Some(target),
            _ => None,
        })
    }
}

fn read_term(word: &str) -> Result<Term<'_>, String> {
    if let Some(odd) = word.chars().find(|c| !c.is_ascii_graphic()) {
        return Err(format!("the character {odd:?} has no place in an SPF record"));
    }
    let name_end = word.find([':', '=', '/']).unwrap_or(word.len());
    if word[name_end..].starts_with('=') {
        let form = read_modifier(word, &word[..name_end], &word[name_end + 1..])?;
        return Ok(Term { text: word, qualifier: Qualifier::Pass, form });
    }
    let (qualifier, mechanism) = match word.as_bytes().first() {
        Some(b'+') => (Qualifier::Pass, &word[1..]),
        Some(b'?') => (Qualifier::Neutral, &word[1..]),
        Some(b'~') => (Qualifier::SoftFail, &word[1..]),
        Some(b'-') => (Qualifier::Fail, &word[1..]),
        _ => (Qualifier::Pass, word),
    };
    Ok(Term { text: word, qualifier, form: read_mechanism(mechanism)? })
}

fn read_modifier<'t>(word: &str, name: &str, value: &'t str) -> Result<Form<'t>, String> {
    let lower = name.to_ascii_lowercase();
    let mechanism = lower.trim_start_matches(['+', '-', '~', '?']);
    match mechanism {
        "redirect" => Ok(Form::Redirect(domain_of(word, value)?)),
        "exp" => domain_of(word, value).map(|_| Form::Modifier),
        "v" => Err(format!("`{word}` stands for a second record; a record begins with `v=spf1` once")),
        "include" | "a" | "mx" | "ip4" | "ip6" | "exists" | "ptr" | "all" => {
            Err(format!("`{}` has `=`; expected `:`, as in `include:spf.example.com`", shortened(word)))
        }
        _ if is_name(mechanism) => Ok(Form::Modifier),
        _ => Err(format!("`{}` is not a term of SPF; expected one such as `include:spf.example.com`", shortened(word))),
    }
}

fn read_mechanism(mechanism: &str) -> Result<Form<'_>, String> {
    let name_end = mechanism.find([':', '/']).unwrap_or(mechanism.len());
    let (name, rest) = mechanism.split_at(name_end);
    let value = rest.strip_prefix(':');
    match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Ok(Form::All),
        "all" => Err(format!("`{}` has something behind `all`; leave it out", shortened(mechanism))),
        "include" => domain_of(mechanism, value.unwrap_or_default()).map(Form::Include),
        "exists" => domain_of(mechanism, value.unwrap_or_default()).map(|_| Form::Exists),
        "ptr" if rest.is_empty() => Ok(Form::Ptr),
        "ptr" => domain_of(mechanism, value.unwrap_or_default()).map(|_| Form::Ptr),
        "a" => read_hosts(mechanism, rest).map(|(domain, prefixes)| Form::A(domain, prefixes)),
        "mx" => read_hosts(mechanism, rest).map(|(domain, prefixes)| Form::Mx(domain, prefixes)),
        "ip4" => read_network::<Ipv4Addr>(mechanism, value, 32, "ip4:192.0.2.1"),
        "ip6" => read_network::<Ipv6Addr>(mechanism, value, 128, "ip6:2001:db8::1"),
        "ipv4" => Err(format!("`{}` begins with `ipv4`; SPF calls it `ip4`", shortened(mechanism))),
        "ipv6" => Err(format!("`{}` begins with `ipv6`; SPF calls it `ip6`", shortened(mechanism))),
        _ => Err(format!(
            "`{}` is not a term of SPF; expected one such as `include:spf.example.com` or `ip4:192.0.2.1`",
            shortened(mechanism)
        )),
    }
}

/// The domain and the prefix lengths behind `a` or `mx`.
fn read_hosts<'t>(mechanism: &str, rest: &'t str) -> Result<(Option<&'t str>, Prefixes), String> {
    let (domain, cidr) = match rest.find('/') {
        // A macro may have a slash of its own.
        Some(slash) if !rest.contains("%{") => rest.split_at(slash),
        _ => (rest, ""),
    };
    let domain = domain.strip_prefix(':').map(|domain| domain_of(mechanism, domain)).transpose()?;
    let wrong = || format!("`{}` has a prefix length that is not a number up to 32 or 128", shortened(mechanism));
    let (v4, v6) = match cidr.split_once("//") {
        Some((v4, v6)) => (v4, Some(v6)),
        None => (cidr, None),
    };
    let v4 = (!v4.is_empty()).then(|| length(v4.trim_start_matches('/'), 32).ok_or_else(wrong)).transpose()?;
    let v6 = v6.map(|v6| length(v6, 128).ok_or_else(wrong)).transpose()?;
    Ok((domain, Prefixes { v4, v6 }))
}

fn read_network<A>(mechanism: &str, value: Option<&str>, most: u8, example: &str) -> Result<Form<'static>, String>
where
    A: core::str::FromStr + Into<IpAddr>,
{
    let wrong = || format!("`{}` is not an address or network; expected one such as `{example}`", shortened(mechanism));
    let value = value.ok_or_else(wrong)?;
    let (address, bits) = match value.split_once('/') {
        Some((address, bits)) => (address, Some(length(bits, most).ok_or_else(wrong)?)),
        None => (value, None),
    };
    let address: A = address.parse().map_err(|_| wrong())?;
    Ok(Form::Network(Network::new(address.into(), bits)))
}

fn length(text: &str, most: u8) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|length| digits && *length <= most)
}

/// A domain, which may have macros (RFC 7208 §7).
fn domain_of<'t>(term: &str, domain: &'t str) -> Result<&'t str, String> {
    if is_domain(domain) || is_macro(domain) && !domain.contains(['/', ',']) {
        return Ok(domain);
    }
    let term = shortened(term);
    Err(format!("`{term}` names {domain:?}, which is not a domain; expected one such as `spf.example.com`"))
}

/// Whether a domain depends on the mail, so that it cannot be looked up beforehand.
pub(super) fn is_macro(domain: &str) -> bool {
    domain.contains('%')
}

/// Whether a text is a name of the DNS with two labels at least. Labels may begin with an underscore.
pub(in crate::dns) fn is_domain(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let is_label = |label: &str| {
        let fits = (1..=63).contains(&label.len());
        fits && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let is_number = domain.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    domain.len() <= 253 && domain.contains('.') && !is_number && domain.split('.').all(is_label)
}

fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read() {
        let spf = Spf::read(
            "v=spf1 A mx:b.example/24//64 -include:_spf.example.com ip4:192.0.2.0/24 exists:%{i}.x.example ~ALL",
        );
        assert_eq!(spf.errors, [""; 0]);
        let forms: Vec<Form> = spf.terms.iter().map(|term| term.form).collect();
        let network = Network::new("192.0.2.0".parse().unwrap(), Some(24));
        assert_eq!(
            forms,
            [
                Form::A(None, Prefixes::default()),
                Form::Mx(Some("b.example"), Prefixes { v4: Some(24), v6: Some(64) }),
                Form::Include("_spf.example.com"),
                Form::Network(network),
                Form::Exists,
                Form::All,
            ]
        );
        assert_eq!((spf.terms[2].qualifier, spf.all()), (Qualifier::Fail, Some(Qualifier::SoftFail)));
        assert_eq!(forms.iter().filter(|form| form.costs_lookup()).count(), 4);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        for (text, error) in [
            ("v=spf1 include=spf.example.com", "at character 8: `include=spf.example.com` has `=`"),
            ("v=spf1 ip4:1.2.3 -all", "at character 8: `ip4:1.2.3` is not an address"),
            ("v=spf1  ip4:1.2.3.4/33", "at character 9"),
            ("v=spf1 ip4 -all", "`ip4` is not an address or network"),
            ("v=spf1 ip6:1.2.3.4", "expected one such as `ip6:2001:db8::1`"),
            ("v=spf1 ipv4:1.2.3.4", "SPF calls it `ip4`"),
            ("v=spf1 include: -all", "names \"\", which is not a domain"),
            ("v=spf1 include:localhost", "`include:localhost` names \"localhost\""),
            ("v=spf1 include:a..example", "not a domain"),
            ("v=spf1 a/x", "prefix length"),
            ("v=spf1 mx//129", "prefix length"),
            ("v=spf1 all:x", "leave it out"),
            ("v=spf1 foo:bar", "`foo:bar` is not a term of SPF"),
            ("v=spf1 a, mx", "at character 8: `a,`"),
            ("v=spf1 “a”", "at character 8: the character '“'"),
            ("v=spf1 a\tmx", "the character '\\t'"),
            ("v=spf1 a v=spf1 mx", "at character 10: `v=spf1` stands for a second record"),
            ("v=spf1 redirect=a.example redirect=b.example", "occurs twice"),
            ("v=spf1 include:1.2.3.4", "not a domain"),
        ] {
            let errors = Spf::read(text).errors;
            assert_eq!(errors.len(), 1, "{text}: {errors:?}");
            assert!(errors[0].contains(error), "{text}: {}", errors[0]);
        }
    }

    #[test]
    fn only_what_begins_with_the_version_is_a_record() {
        for (text, is) in [
            ("v=spf1", true),
            ("V=SPF1 -all", true),
            ("v=spf10 -all", false),
            (" v=spf1", false),
            ("v=spf1; -all", false),
            ("\"v=spf1 -all\"", false),
            ("", false),
        ] {
            assert_eq!(Spf::is_spf(text), is, "{text}");
        }
    }

    #[test]
    fn what_is_behind_all_is_never_read() {
        let spf = Spf::read("v=spf1 a -all mx redirect=b.example exp=c.example");
        assert_eq!(spf.mechanisms().map(|term| term.text).collect::<Vec<_>>(), ["a"]);
        assert_eq!(spf.never_read().map(|term| term.text).collect::<Vec<_>>(), ["mx"]);
        assert_eq!(spf.redirect(), None);
        assert_eq!(Spf::read("v=spf1 a redirect=b.example").redirect(), Some("b.example"));
    }

    #[test]
    fn networks_contain_the_addresses_that_share_their_first_bits() {
        for (network, bits, address, is) in [
            ("192.0.2.0", Some(24), "192.0.2.255", true),
            ("192.0.2.0", Some(24), "192.0.3.0", false),
            ("192.0.2.1", None, "192.0.2.1", true),
            ("192.0.2.1", None, "192.0.2.2", false),
            ("0.0.0.0", Some(0), "255.1.2.3", true),
            ("::", Some(0), "2001:db8::1", true),
            ("2001:db8::", Some(32), "2001:db8:1::", true),
            ("2001:db8::", Some(32), "2001:db9::", false),
            ("::", Some(0), "1.2.3.4", false),
        ] {
            let network = Network::new(network.parse().unwrap(), bits);
            assert_eq!(network.contains(address.parse().unwrap()), is, "{network:?} {address}");
        }
    }
}
