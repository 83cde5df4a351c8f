//! Lists of `tag=value` with semicolons between them (RFC 6376 §3.2): the form of DKIM and DMARC records.

use super::answers::shortened;

/// The most bytes of a record that are read. A DKIM record with a key of 4,096 bits has 750.
pub(super) const MAX_BYTES: usize = 4_096;

/// The tags of a record, in their order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// Reads a record; the error says at which character it cannot be read.
    pub(super) fn read(text: &'a str) -> Result<Tags<'a>, String> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        let mut at = 0;
        for part in text.split(';') {
            let start = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            if part.trim().is_empty() {
                continue;
            }
            let tag = read_tag(part).map_err(|why| format!("at character {}: {why}", position(text, start)))?;
            if tags.iter().any(|(name, _)| *name == tag.0) {
                return Err(format!("at character {}: `{}` occurs twice", position(text, start), shortened(tag.0)));
            }
            tags.push(tag);
        }
        Ok(Tags(tags))
    }

    /// The value of a tag, without blanks around it.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// Whether the record begins with this tag and value.
    pub(super) fn begins_with(&self, name: &str, value: &str) -> bool {
        self.0.first() == Some(&(name, value))
    }
}

fn read_tag(part: &str) -> Result<(&str, &str), String> {
    let Some((name, value)) = part.split_once('=') else {
        return Err(format!("found `{}`; expected a tag, `=` and a value, such as `p=none`", shortened(part.trim())));
    };
    let name = name.trim();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Err(format!("`{}` is not a tag; expected letters and digits, such as `p`", shortened(name)));
    }
    Ok((name, value.trim()))
}

/// The number of the character at this byte, the first being 1.
pub(super) fn position(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_in_their_order() {
        let tags = Tags::read(" v = DMARC1 ;p=none;; rua = mailto:a@b.example ; ").unwrap();
        assert!(tags.begins_with("v", "DMARC1"));
        assert_eq!((tags.get("p"), tags.get("rua"), tags.get("sp")), (Some("none"), Some("mailto:a@b.example"), None));
        assert_eq!(Tags::read("").unwrap().get("v"), None);
    }

    #[test]
    fn errors_say_at_which_character() {
        for (text, error) in [
            ("v=DMARC1 p=none; x", "at character 18: found `x`"),
            ("v=DMARC1; p:none", "at character 11: found `p:none`"),
            ("v=DMARC1; p=none; p=reject", "at character 19: `p` occurs twice"),
            ("v=DMARC1; ü ä=1", "at character 11: `ü ä` is not a tag"),
            ("ä=1;=2", "at character 1: `ä`"),
            ("a=1; =2", "at character 6: `` is not a tag"),
        ] {
            let found = Tags::read(text).unwrap_err();
            assert!(found.starts_with(error), "{text}: {found}");
        }
    }
}
