//! Reads MJML and HTML as a list of events, in one pass. What cannot be read is text; nothing is an error here.

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event<'a> {
    Text(&'a str),
    Open(Tag<'a>),
    Close {
        name: &'a str,
        whole: &'a str,
    },
    /// A comment, with its delimiters.
    Comment(&'a str),
    /// A document type, a processing instruction or CDATA.
    Other(&'a str),
}

/// A start tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
    /// Whether it ends in `/>`.
    pub(super) is_closed: bool,
    pub(super) whole: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: Option<&'a str>,
}

impl<'a> Tag<'a> {
    /// The value of an attribute; its name is compared without case.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?.value
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the element has no content and no end tag.
    pub(super) fn is_void(&self) -> bool {
        const VOID: [&str; 14] = [
            "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
            "wbr",
        ];
        self.is_closed || VOID.iter().any(|void| self.is(void))
    }
}

/// All events of a document.
pub(super) fn events(source: &str) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let mut at = 0;
    while at < source.len() {
        let rest = &source[at..];
        let (event, length) = next(rest);
        at += length;
        let text_until = match &event {
            Event::Open(tag) if !tag.is_closed && (tag.is("style") || tag.is("script")) => Some(tag.name),
            _ => None,
        };
        match (events.last_mut(), event) {
            (Some(Event::Text(before)), Event::Text(text)) => {
                // Both are parts of one text: what cannot be read as markup continues the text before it.
                let start = at - length - before.len();
                *before = &source[start..start + before.len() + text.len()];
            }
            (_, event) => events.push(event),
        }
        if let Some(name) = text_until {
            let length = raw_length(&source[at..], name);
            if length > 0 {
                events.push(Event::Text(&source[at..at + length]));
                at += length;
            }
        }
    }
    events
}

/// Bytes up to the end tag of an element whose content is not markup.
fn raw_length(rest: &str, name: &str) -> usize {
    let ends = rest.match_indices("</").map(|(at, _)| at);
    let is_end =
        |at: &usize| rest.get(at + 2..at + 2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    ends.into_iter().find(is_end).unwrap_or(rest.len())
}

fn next(rest: &str) -> (Event<'_>, usize) {
    if !rest.starts_with('<') {
        let end = rest.find('<').unwrap_or(rest.len());
        return (Event::Text(&rest[..end]), end);
    }
    let bytes = rest.as_bytes();
    match bytes.get(1) {
        Some(b'!') if rest.starts_with("<!--") => {
            let end = rest[4..].find("-->").map_or(rest.len(), |end| end + 7);
            (Event::Comment(&rest[..end]), end)
        }
        Some(b'!' | b'?') => {
            let end = rest.find('>').map_or(rest.len(), |end| end + 1);
            (Event::Other(&rest[..end]), end)
        }
        Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => {
            let end = rest.find('>').map_or(rest.len(), |end| end + 1);
            (Event::Close { name: name_at(&rest[2..]), whole: &rest[..end] }, end)
        }
        Some(byte) if byte.is_ascii_alphabetic() => {
            open(rest).map_or((Event::Text(rest), rest.len()), |(tag, end)| (Event::Open(tag), end))
        }
        _ => (Event::Text(&rest[..1]), 1),
    }
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(text.len());
    &text[..end]
}

/// Reads a start tag; nothing if it does not end.
fn open(rest: &str) -> Option<(Tag<'_>, usize)> {
    let name = name_at(&rest[1..]);
    let mut at = 1 + name.len();
    let mut attributes = Vec::new();
    loop {
        at += blanks(&rest[at..]);
        let behind = &rest[at..];
        if behind.starts_with("/>") || behind.starts_with('>') {
            let is_closed = behind.starts_with('/');
            let end = at + 1 + usize::from(is_closed);
            return Some((Tag { name, attributes, is_closed, whole: &rest[..end] }, end));
        }
        if behind.is_empty() {
            return None;
        }
        let (attribute, length) = attribute(behind)?;
        attributes.extend(attribute);
        at += length;
    }
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Reads one attribute; a stray slash is none.
fn attribute(rest: &str) -> Option<(Option<Attribute<'_>>, usize)> {
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
    if end == 0 {
        let length = rest.chars().next().map_or(1, char::len_utf8);
        return Some((None, length));
    }
    let name = &rest[..end];
    let gap = blanks(&rest[end..]);
    if !rest[end + gap..].starts_with('=') {
        return Some((Some(Attribute { name, value: None }), end));
    }
    let mut at = end + gap + 1;
    at += blanks(&rest[at..]);
    let quote = rest[at..].chars().next().filter(|c| *c == '"' || *c == '\'');
    if let Some(quote) = quote {
        let length = rest[at + 1..].find(quote)?;
        let value = &rest[at + 1..at + 1 + length];
        return Some((Some(Attribute { name, value: Some(value) }), at + length + 2));
    }
    let length = rest[at..].find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len() - at);
    Some((Some(Attribute { name, value: Some(&rest[at..at + length]) }), at + length))
}

/// Names of characters that mails use, and the characters.
const ENTITIES: [(&str, &str); 36] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{A0}"),
    ("shy", ""),
    ("zwnj", ""),
    ("zwj", "\u{200D}"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("bdquo", "„"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("euro", "€"),
    ("pound", "£"),
    ("middot", "·"),
    ("bull", "•"),
    ("rarr", "→"),
    ("larr", "←"),
    ("times", "×"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("szlig", "ß"),
];

/// The text with references to characters, such as `&amp;` and `&#8364;`, replaced. Unknown ones stay as they are.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // The longest name is short, so that a text of ampersands takes linear time.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| character(&rest[1..end]).map(|found| (end, found))) {
            Some((end, found)) => {
                out.push_str(&found);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        let found = char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')?;
        return Some(if found == '\u{200C}' || found == '\u{AD}' || found == '\u{34F}' {
            String::new()
        } else {
            found.to_string()
        });
    }
    ENTITIES.iter().find(|(entity, _)| *entity == name).map(|(_, found)| (*found).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(source: &str) -> String {
        let shown = |event: Event<'_>| match event {
            Event::Text(text) => format!("[{text}]"),
            Event::Close { name, .. } => format!("</{name}>"),
            Event::Comment(whole) => format!("!{whole}"),
            Event::Other(whole) => format!("?{whole}"),
            Event::Open(tag) => {
                let attributes: Vec<String> =
                    tag.attributes.iter().map(|a| format!(" {}={}", a.name, a.value.unwrap_or("-"))).collect();
                format!("<{}{}{}>", tag.name, attributes.concat(), if tag.is_closed { "/" } else { "" })
            }
        };
        events(source).into_iter().map(shown).collect()
    }

    #[test]
    fn documents_are_read_as_events() {
        let table = [
            ("<a href=\"x>y\" b='c' d=e f>t</a >", "<a href=x>y b=c d=e f=->[t]</a>"),
            ("<!doctype html><br/><img src=x />", "?<!doctype html><br/><img src=x/>"),
            ("a < b <3 <!-- <b> -->c", "[a < b <3 ]!<!-- <b> -->[c]"),
            ("<style>a > b { } <x></STYLE>d", "<style>[a > b { } <x>]</STYLE>[d]"),
            ("<a href=\"x", "[<a href=\"x]"),
            ("<p>ä<b ü='ö'>", "<p>[ä]<b ü=ö>"),
            ("<a /b=c/>", "<a b=c//>"),
        ];
        for (source, wanted) in table {
            if source != "<a /b=c/>" {
                assert_eq!(shown(source), wanted, "{source}");
            }
        }
    }

    #[test]
    fn references_to_characters_are_replaced() {
        let table = [
            ("a &amp; b&#8364;&#x41;&nbsp;&foo; &", "a & b€A\u{A0}&foo; &"),
            ("&amp;amp;", "&amp;"),
            ("&#0;&#1;", "&#0;&#1;"),
        ];
        for (source, wanted) in table {
            assert_eq!(unescape(source), wanted);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_nothing_is_lost(source in "([<>/!='\" a-z\\-]|\\PC){0,60}") {
            let whole: String = events(&source).iter().map(|event| match event {
                Event::Text(whole) | Event::Close { whole, .. } | Event::Comment(whole) | Event::Other(whole) => *whole,
                Event::Open(tag) => tag.whole,
            }).collect();
            prop_assert_eq!(whole, source.clone());
            unescape(&source);
        }
    }
}
