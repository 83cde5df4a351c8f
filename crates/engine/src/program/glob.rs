//! Globs over page paths: `*` is any text, `?` one character, nothing else is special; case counts.

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glob(Vec<char>);

impl Glob {
    pub fn new(pattern: &str) -> Glob {
        Glob(pattern.chars().collect())
    }

    /// Whether the whole text matches. Linear but for the text times the pattern, so that no path can hang it.
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, mut chars) = (&self.0, text.chars());
        let (mut at, mut star) = (0, None);
        loop {
            let rest = chars.clone();
            match (pattern.get(at), chars.next()) {
                (Some('*'), _) => {
                    star = Some((at + 1, rest.clone()));
                    at += 1;
                    chars = rest;
                }
                (None, None) => return true,
                (Some(p), Some(c)) if *p == '?' || *p == c => at += 1,
                _ => {
                    // Let the last star take one character more.
                    let Some((behind, from)) = &mut star else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    at = *behind;
                    chars = from.clone();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn whole_paths_match() {
        let cases = [
            ("/shirts*", "/shirts", true),
            ("/shirts*", "/shirts/blue", true),
            ("/shirts*", "/x/shirts", false),
            ("/a?", "/ab", true),
            ("/a?", "/a", false),
            ("/a?", "/aé", true),
            ("*", "", true),
            ("", "", true),
            ("", "/", false),
            ("/[d]ocs", "/docs", false),
            ("/[d]ocs", "/[d]ocs", true),
            ("*/b*c", "/a/b/b-c", true),
            ("**x", "yyx", true),
            ("*a*a*a*a*b", &"a".repeat(2_000), false),
        ];
        for (pattern, path, matches) in cases {
            assert_eq!(Glob::new(pattern).matches(path), matches, "{pattern} {path}");
        }
    }
}
