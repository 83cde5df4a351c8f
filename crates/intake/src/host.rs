//! Addresses of pages, as far as sources need them.

use std::borrow::Cow;

/// The host of an absolute URL, in lower case, without user, port and final dot. Of apps, as
/// `android-app://com.slack`, their id.
pub fn host_of(url: &str) -> Option<Cow<'_, str>> {
    let url = url.trim();
    let (_, rest) = url.split_once("//").filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => host.split(':').next()?.trim_end_matches('.'),
    };
    if host.is_empty() {
        return None;
    }
    let lower = host.bytes().any(|byte| byte.is_ascii_uppercase()) || !host.is_ascii();
    Some(if lower { Cow::Owned(host.to_lowercase()) } else { Cow::Borrowed(host) })
}

/// The part of a host that somebody registered: `example.co.uk` of `www.example.co.uk`. Of addresses and local names
/// they themselves.
pub fn registrable(host: &str) -> &str {
    let is_number = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || host.contains(':');
    if is_number { host } else { psl::domain_str(host).unwrap_or(host) }
}

/// A URL without query and fragment: both may name people, and neither tells pages apart.
pub fn without_query(url: &str) -> &str {
    url.trim().split(['?', '#']).next().unwrap_or_default()
}

/// The query of a URL, without its `?`.
pub fn query_of(url: &str) -> &str {
    let url = url.split('#').next().unwrap_or_default();
    url.split_once('?').map_or("", |(_, query)| query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read() {
        for (url, host) in [
            ("https://www.Example.com/a?b#c", Some("www.example.com")),
            ("//example.com", Some("example.com")),
            (" http://user:word@example.com.:8080/x@y", Some("example.com")),
            ("http://[::1]:80/", Some("::1")),
            ("android-app://com.slack/", Some("com.slack")),
            ("https://MÜNCHEN.de", Some("münchen.de")),
            ("https://example.com?x=//y", Some("example.com")),
            ("example.com/a", None),
            ("/a//b", None),
            ("$direct", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
    }

    #[test]
    fn what_is_registered_is_known() {
        for (host, domain) in [
            ("www.example.com", "example.com"),
            ("a.b.example.co.uk", "example.co.uk"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "::1"),
            ("com", "com"),
        ] {
            assert_eq!(registrable(host), domain);
        }
    }

    #[test]
    fn queries_are_cut_off_and_out() {
        assert_eq!(without_query(" https://x.org/a?b=c#d"), "https://x.org/a");
        assert_eq!(without_query("/a#?b"), "/a");
        assert_eq!(query_of("https://x.org/a?b=c?d#e?f"), "b=c?d");
        assert_eq!(query_of("https://x.org/#a?b"), "");
    }
}
