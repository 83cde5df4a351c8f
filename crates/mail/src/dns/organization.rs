//! Which domains belong together: the organizational domain (RFC 7489 §3.2), by the public suffix list.

/// How close two domains have to be for DMARC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// One organizational domain: `bounce.example.org` is aligned with `example.org`.
    Relaxed,
    /// The same domain.
    Strict,
}

/// The part of a domain that somebody registered: `example.co.uk` of `mail.example.co.uk`. `None` of a public suffix such as
/// `co.uk`, which belongs to nobody.
///
/// ```
/// use attractor_mail::dns::organizational_domain;
///
/// assert_eq!(organizational_domain("mail.example.co.uk"), Some("example.co.uk"));
/// assert_eq!(organizational_domain("co.uk"), None);
/// ```
pub fn organizational_domain(domain: &str) -> Option<&str> {
    psl::domain_str(domain)
}

/// Whether DMARC regards a domain as the sender's own. Both names in ASCII and lower case.
///
/// ```
/// use attractor_mail::dns::{Alignment, are_aligned};
///
/// assert!(are_aligned("bounce.example.org", "example.org", Alignment::Relaxed));
/// assert!(!are_aligned("bounce.example.org", "example.org", Alignment::Strict));
/// ```
pub fn are_aligned(domain: &str, from: &str, alignment: Alignment) -> bool {
    let organization = organizational_domain(from);
    domain == from
        || alignment == Alignment::Relaxed && organization.is_some() && organizational_domain(domain) == organization
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_aligned_by_the_organization_that_registered_them() {
        use Alignment::{Relaxed, Strict};
        for (domain, from, relaxed, strict) in [
            ("example.org", "example.org", true, true),
            ("bounce.example.org", "example.org", true, false),
            ("a.example.org", "b.example.org", true, false),
            ("example.org", "news.example.org", true, false),
            ("example.co.uk", "other.co.uk", false, false),
            ("mail.example.co.uk", "example.co.uk", true, false),
            ("co.uk", "co.uk", true, true),
            ("amazonses.com", "example.org", false, false),
            ("badexample.org", "example.org", false, false),
            ("a.github.io", "b.github.io", false, false),
        ] {
            assert_eq!(are_aligned(domain, from, Relaxed), relaxed, "{domain} {from}");
            assert_eq!(are_aligned(domain, from, Strict), strict, "{domain} {from}");
        }
    }
}
