//! Where a URL leads. It is read as browsers read it, so that what we take for one of our own sites is one for them too.

/// The host of an `http` or `https` URL in lower case, without user, port, brackets and final dot; empty for any other text.
///
/// ```
/// use attractor_mail::links::host;
///
/// assert_eq!(host("https://ada@Shop.example.org:8443/hats"), "shop.example.org");
/// assert_eq!(host("http://[::1]:8080"), "::1");
/// assert_eq!(host("mailto:ada@example.org"), "");
/// ```
pub fn host(url: &str) -> String {
    let rest = behind_scheme(url, "https:").or_else(|| behind_scheme(url, "http:"));
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix("//")) else { return String::new() };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => host.split(':').next(),
    };
    host.unwrap_or_default().trim_end_matches('.').to_lowercase()
}

/// What stands behind the scheme of a URL, with its colon, in whatever case.
pub(crate) fn behind_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).map(|_| &url[scheme.len()..])
}

/// Whether a URL leads to a domain or to one under it; none leads to the empty domain.
pub fn leads_to(url: &str, domain: &str) -> bool {
    let (host, domain) = (host(url), domain.trim_end_matches('.').to_lowercase());
    !domain.is_empty() && host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_a_browser_would_call() {
        for (url, expected) in [
            ("https://acme.example/a", "acme.example"),
            ("HTTPS://www.ACME.example.:8443/a", "www.acme.example"),
            ("http://ada:secret@acme.example", "acme.example"),
            ("http://acme.example@evil.example/", "evil.example"),
            ("https://evil.example\\@acme.example/", "evil.example"),
            ("https://acme.example?x=//other", "acme.example"),
            ("https://acme.example#@other", "acme.example"),
            ("http://[::1]:8080/x", "::1"),
            ("http://ada@[2001:DB8::1]", "2001:db8::1"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("https://MÜNCHEN.example", "münchen.example"),
            ("https://contest", "contest"),
            ("https://", ""),
            ("https:acme.example", ""),
            ("//acme.example", ""),
            ("ftp://acme.example", ""),
            ("mailto:ada@acme.example", ""),
            ("acme.example", ""),
            ("", ""),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn a_domain_is_told_from_others() {
        for (url, domain, expected) in [
            ("https://acme.example/a", "acme.example", true),
            ("https://www.ACME.example:8443/a", "Acme.example.", true),
            ("https://acme.example@evil.example/", "acme.example", false),
            ("https://evil-acme.example/", "acme.example", false),
            ("https://evil.example/?acme.example", "acme.example", false),
            ("https://evil.example\\@acme.example/", "acme.example", false),
            ("https://acme.example", "", false),
        ] {
            assert_eq!(leads_to(url, domain), expected, "{url}, {domain}");
        }
    }
}
