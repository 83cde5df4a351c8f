//! What names a lead: the canonical form of e-mail addresses, and the placeholders that name nobody.

use idna::AsciiDenyList;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The canonical form of a text, if it has the form of one address.
pub fn canonical(text: &str) -> Option<String> {
    let visible: String = text.chars().filter(|c| c.general_category() != GeneralCategory::Format).collect();
    let parts: Vec<&str> = visible.trim().split('@').collect();
    let [local, domain] = parts.as_slice() else { return None };
    let is_plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    if !is_plain(local) || !is_plain(domain) {
        return None;
    }
    let local: String = local.chars().map(|c| if c.is_ascii() { c.to_ascii_lowercase() } else { c }).collect();
    let domain = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?;
    // Names of the DNS: labels of 1 to 63 bytes, 253 in all.
    let fits = domain.len() <= 253 && domain.split('.').all(|label| (1..=63).contains(&label.len()));
    fits.then(|| format!("{local}@{domain}"))
}

pub fn is_placeholder(id: &str) -> bool {
    let listed = "undefined null (null) nil none nan n/a true false 0 - guest anonymous";
    let id = id.trim().to_ascii_lowercase();
    id == "[object object]" || listed.split(' ').any(|placeholder| placeholder == id)
}
