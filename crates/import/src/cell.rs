//! Small readings of one cell: whether it says anything, yes or no, addresses, tags, names of attributes.

/// What tools write where there is nothing.
const NOTHING: [&str; 11] =
    ["", "select", "n/a", "#n/a", "null", "\\n", "-", "--", "(not set)", "unknown", "(no value)"];

const YES: [&str; 12] = ["yes", "y", "true", "1", "x", "on", "checked", "ja", "j", "wahr", "oui", "✓"];
const NO: [&str; 9] = ["no", "n", "false", "0", "off", "unchecked", "nein", "falsch", "non"];

/// The text of a cell, where it says anything.
pub fn said(cell: &str) -> Option<&str> {
    let text = cell.trim();
    let is_nothing = text.len() <= 10 && NOTHING.contains(&text.to_lowercase().as_str());
    (!is_nothing).then_some(text)
}

/// Yes, no, or neither of the two.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.trim().to_lowercase();
    let number = text.trim_end_matches(".0");
    if YES.contains(&number) { Some(true) } else { (NO.contains(&number) || text.is_empty()).then_some(false) }
}

/// The addresses in a cell, in lower case: several may be parted by commas, semicolons or blanks, or stand in `<>`.
pub fn addresses(text: &str) -> Vec<String> {
    let parts = text.split([',', ';', ' ', '\n', '\t', '|', '<', '>', '(', ')', '"']);
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        let bare = part.trim().strip_prefix("mailto:").unwrap_or(part.trim()).to_lowercase();
        if is_address(&bare) && !found.contains(&bare) {
            found.push(bare);
        }
    }
    found
}

/// Whether a mail could reach it by its looks.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
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
        && local.chars().all(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '@' | ',' | ';' | ':' | '\\'));
    good_local && labels.len() >= 2 && domain.len() <= 253 && labels.iter().all(good_label)
}

/// The tags of a cell: parted by commas or semicolons, perhaps quoted, or a JSON list.
pub fn tags(text: &str) -> Vec<String> {
    if let Ok(list) = serde_json::from_str::<Vec<String>>(text) {
        return list;
    }
    let parts = text.split([',', ';', '|']).map(|part| part.trim().trim_matches('"').trim());
    let mut tags: Vec<String> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !tags.iter().any(|tag| tag == part) {
            tags.push(part.to_owned());
        }
    }
    tags
}

/// `Last Page Seen` → `last_page_seen`, `TotalVisits` → `total_visits`; dots part the levels of a path.
pub fn snake_case(name: &str) -> String {
    let one_word = !name.trim().contains(|c: char| !c.is_alphanumeric());
    let mut snake = String::new();
    let mut before = ' ';
    for character in name.trim().chars() {
        let hump = one_word && character.is_uppercase() && before.is_lowercase();
        let dot = character == '.' && before.is_alphanumeric();
        if hump || (!character.is_alphanumeric() && !dot && !snake.ends_with(['_', '.'])) {
            snake.push('_');
        }
        if character.is_alphanumeric() {
            snake.extend(character.to_lowercase());
        } else if dot {
            snake.push('.');
        }
        before = character;
    }
    snake.trim_matches(['_', '.']).to_owned()
}

/// `Marketing Information` → `marketing-information`
pub fn kebab_case(name: &str) -> String {
    snake_case(name).replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_cells() {
        let cases: [(&str, &[&str]); 9] = [
            ("Ada@Example.ORG ", &["ada@example.org"]),
            ("Ada Lovelace <ada@x.org>", &["ada@x.org"]),
            ("a@x.org; b@x.org, A@x.org", &["a@x.org", "b@x.org"]),
            ("ömil@gmail.com", &["ömil@gmail.com"]),
            ("Bob.Something@adv", &[]),
            ("albert.a.dum", &[]),
            ("@x.org", &[]),
            ("a@-x.org", &[]),
            ("Ada (ada@x.org)", &["ada@x.org"]),
        ];
        for (text, wanted) in cases {
            assert_eq!(addresses(text), wanted, "{text}");
        }
    }

    #[test]
    fn names_of_attributes() {
        let cases = [
            ("Last Page Seen", "last_page_seen"),
            ("TotalVisits", "total_visits"),
            ("MEMBER_RATING", "member_rating"),
            ("Country/Region", "country_region"),
            ("company.name", "company.name"),
            ("Größe (cm)", "größe_cm"),
            ("?!", ""),
            ("clientId", "client_id"),
            ("utm.Source", "utm.source"),
        ];
        for (name, wanted) in cases {
            assert_eq!(snake_case(name), wanted, "{name}");
        }
        assert_eq!(kebab_case("Marketing Information"), "marketing-information");
    }

    #[test]
    fn what_says_nothing_and_yes_and_no() {
        for nothing in ["", " ", "Select", "N/A", "-"] {
            assert_eq!(said(nothing), None);
        }
        assert_eq!(said(" Ada "), Some("Ada"));
        assert_eq!(yes_or_no("Yes"), Some(true));
        assert_eq!(yes_or_no("0"), Some(false));
        assert_eq!(yes_or_no("perhaps"), None);
        assert_eq!(tags("\"Lorem Editors\", News"), ["Lorem Editors", "News"]);
        assert_eq!(tags("[\"a,b\"]"), ["a,b"]);
    }
}
