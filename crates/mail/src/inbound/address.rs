//! Addresses in the texts of others.

use attractor_engine::address::canonical;

/// Longer ones are not addresses (RFC 5321, 4.5.3.1).
const MOST_BYTES: usize = 320;

/// The addresses of a text in their order, in canonical form, without repetition.
pub(super) fn all(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for address in each(text) {
        if !found.contains(&address) && found.len() < MOST_FOUND {
            found.push(address);
        }
    }
    found
}

/// No report names more than that; RFC 5321 lets a mail have 100 recipients.
const MOST_FOUND: usize = 200;

pub(super) fn first(text: &str) -> Option<String> {
    each(text).next()
}

/// Also with repetition.
pub(super) fn each(text: &str) -> impl Iterator<Item = String> + '_ {
    let parted = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '"' | ',' | ';' | '|');
    text.split(parted).filter(|token| token.contains('@')).filter_map(tidy)
}

/// `smtp:a@b.example`, `mailto:a@b.example`, `a@b.example:`, `'a@b.example'`.
fn tidy(token: &str) -> Option<String> {
    let token = token.trim_matches(|c: char| matches!(c, '\'' | ':' | '.' | '!' | '?' | '`' | '*'));
    let (local, domain) = token.rsplit_once('@')?;
    let local = local.rsplit_once(':').map_or(local, |(_, local)| local);
    let local = local.rsplit_once("rfc822;").map_or(local, |(_, local)| local);
    let domain = domain.split([':', '/', '\'', '=', '?', '!']).next()?.trim_end_matches('.');
    let is_domain = domain.contains('.')
        && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && !domain.starts_with('.');
    let is_local = !local.is_empty() && !local.contains('/') && !local.contains('@');
    if is_domain && is_local && token.len() <= MOST_BYTES { canonical(&format!("{local}@{domain}")) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_what_servers_write() {
        let table: [(&str, &[&str]); 8] = [
            ("<A@B.example>: host mx.b.example said: 550", &["a@b.example"]),
            ("\"a@b.example\":", &["a@b.example"]),
            ("x@b.example (x@b.example)<mailto:x@b.example>", &["x@b.example"]),
            ("rfc822;a@b.example, smtp:c@d.example", &["a@b.example", "c@d.example"]),
            ("|/usr/bin/x a@b.example /var/mail/a@b.example/.y", &["a@b.example"]),
            ("<Ada@Bücher.example>, ada@xn--bcher-kva.example", &["ada@xn--bcher-kva.example"]),
            ("\u{212a}ay@b.example", &["\u{212a}ay@b.example"]),
            ("@smtp.example.net:dana@server at@ @home a@localhost", &[]),
        ];
        for (text, wanted) in table {
            assert_eq!(all(text), wanted, "{text}");
        }
    }
}
