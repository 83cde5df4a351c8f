//! E-mail addresses in the one form in which they are compared, and the placeholders that name nobody (contract §2,
//! Who 18–20). Every comparison, key, look-up and suppression of an address goes through [`canonical`].

use std::borrow::Cow;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::value::Value;

/// The canonical form of one address, or nothing where the text does not have the form of one address or its domain has
/// no ASCII form.
///
/// Characters of Unicode's category Cf and blanks at both ends are removed, ASCII letters of the local part are
/// lowercased, and the domain is lowercased and written in ASCII (IDNA 2008). Other letters of the local part stay as
/// they are: folding them could turn one mailbox into another (`K` U+212A is not `k`).
///
/// ```
/// use attractor_engine::address::canonical;
///
/// assert_eq!(canonical(" Ada@Bücher.example ").as_deref(), Some("ada@xn--bcher-kva.example"));
/// assert_eq!(canonical("b\u{ad}ea@example.org").as_deref(), Some("bea@example.org"));
/// assert_eq!(canonical("none"), None);
/// ```
pub fn canonical(text: &str) -> Option<String> {
    let visible = without_invisible(text);
    let (local, domain) = visible.trim().split_once('@')?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    if local.is_empty() || local.contains(odd) || domain.contains(odd) {
        return None;
    }
    let domain =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Verify).ok()?;
    Some(format!("{}@{}", local.to_ascii_lowercase(), domain))
}

/// Whether mail could reach a canonical address by its form. This is stricter than what makes a key: `root@localhost`
/// names a lead, but lists of leads, suppressions and users need an address with a domain that has a dot.
///
/// ```
/// use attractor_engine::address::is_mailable;
///
/// assert!(is_mailable("ada@example.org"));
/// assert!(!is_mailable("ada@example") && !is_mailable("ada@-x.example"));
/// ```
pub fn is_mailable(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    let good_label = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let good_local = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && local
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '@' | ',' | ';' | ':' | '\\' | '\u{fffd}'));
    good_local && labels.len() >= 2 && domain.len() <= 253 && labels.iter().all(good_label)
}

/// [`canonical`] of a value; nothing of a value that is not text.
pub fn canonical_value(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => canonical(text),
        _ => None,
    }
}

/// The text without characters of Unicode's category Cf, such as a zero width space, a byte order mark or a soft hyphen:
/// a mailbox has none, and nobody sees them.
pub fn without_invisible(text: &str) -> Cow<'_, str> {
    let invisible = |c: char| !c.is_ascii() && c.general_category() == GeneralCategory::Format;
    if text.is_ascii() || !text.contains(invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !invisible(*c)).collect())
}

/// What broken sites and tools send where they have no id.
const PLACEHOLDERS: [&str; 14] = [
    "undefined",
    "null",
    "(null)",
    "nil",
    "none",
    "nan",
    "n/a",
    "true",
    "false",
    "0",
    "-",
    "guest",
    "anonymous",
    "[object object]",
];

/// Whether a lead key or `groupId` is a placeholder, which names nobody: in any case, blanks around it ignored.
///
/// ```
/// use attractor_engine::address::is_placeholder;
///
/// assert!(is_placeholder(" Undefined ") && is_placeholder("0"));
/// assert!(!is_placeholder("00") && !is_placeholder("u-1"));
/// ```
pub fn is_placeholder(id: &str) -> bool {
    let id = id.trim();
    PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        for (text, form) in [
            ("ada@example.org", "ada@example.org"),
            (" \tADA@Example.ORG\n", "ada@example.org"),
            ("\u{feff}ada@example.org", "ada@example.org"),
            ("a\u{200b}da@exa\u{200e}mple.org\u{200d}", "ada@example.org"),
            ("\u{200b} ada@example.org", "ada@example.org"),
            ("ada@M\u{fc}nchen.de", "ada@xn--mnchen-3ya.de"),
            ("ada@mu\u{308}nchen.de", "ada@xn--mnchen-3ya.de"),
            ("ada@XN--MNCHEN-3YA.de", "ada@xn--mnchen-3ya.de"),
            ("ada@stra\u{df}e.de", "ada@xn--strae-oqa.de"),
            ("ada@example\u{3002}org", "ada@example.org"),
            ("ada+news@x_y.example", "ada+news@x_y.example"),
            ("J\u{d6}RG@example.org", "j\u{d6}rg@example.org"),
            ("fresh\u{212a}@example.org", "fresh\u{212a}@example.org"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(form), "{text:?}");
            assert_eq!(canonical(form).as_deref(), Some(form), "{form:?} again");
        }
    }

    #[test]
    fn what_is_not_one_address_has_no_form() {
        for text in [
            "",
            "@",
            "a@",
            "@b.example",
            "noat",
            "none",
            "a b@c.example",
            "a@b c.example",
            "a@b@c.example",
            "a@x.example,b@y.example",
            "a\r\nBcc: b@c.example",
            "a@b..example",
            "a@.example",
            "a@b.example.",
            "a@b<c",
            "a@xn--zzzzzzzzz--.example",
            "Ada <ada@example.org>",
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
        assert_eq!(canonical(&format!("a@{}.example", "b".repeat(64))), None);
        assert_eq!(canonical_value(&Value::Number(7.0)), None);
    }

    #[test]
    fn placeholders_name_nobody() {
        for id in PLACEHOLDERS {
            assert!(is_placeholder(id) && is_placeholder(&format!(" {} ", id.to_uppercase())), "{id}");
        }
        for id in ["", " ", "1", "-1", "0.0", "nobody", "nullx", "--", "undefined@example.org"] {
            assert!(!is_placeholder(id), "{id:?}");
        }
    }
}
