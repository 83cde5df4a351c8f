//! YAML text as a tree in which every key and every value knows its place.
//!
//! Anchors and aliases are followed, up to a limit; everything else that makes YAML surprising (merge keys, tags, keys
//! that are no text, several documents) is refused with a word on what to write instead.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::problem::{Found, Place, Problem};
use super::scalar;
use crate::printable;

/// Deeper than any playbook for people; it bounds the recursion of whoever walks the tree.
pub(crate) const MAX_DEPTH: usize = 100;

/// How many values aliases may add to those that are written: ten nested aliases of ten would be ten thousand million.
pub(crate) const MAX_COPIES: usize = 100_000;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub place: Place,
    pub data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    /// The value, and how it is written.
    Number(f64, String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub place: Place,
    pub text: String,
}

impl Node {
    /// The value of a key, where this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.text == key).map(|(_, node)| node)
    }

    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.data {
            Data::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self.data {
            Data::Number(value, _) => Some(value),
            _ => None,
        }
    }

    /// What stands here, as a message names it.
    pub fn describe(&self) -> String {
        match &self.data {
            Data::Null => "nothing".into(),
            Data::Bool(value) => format!("`{value}`"),
            Data::Number(_, written) => format!("the number `{}`", shortened(written)),
            Data::Text(text) if text.is_empty() => "an empty text".into(),
            Data::Text(text) => format!("the text `{}`", shortened(text)),
            Data::List(items) if items.is_empty() => "an empty list".into(),
            Data::List(_) => "a list".into(),
            Data::Map(_) => "a mapping of keys to values".into(),
        }
    }

    /// Number of values in it, long texts counting as several, and how deep they nest.
    fn measure(&self) -> (usize, usize) {
        // About the room that a short value takes.
        let weight = |text: &str| 1 + text.len() / 100;
        let join = |(sum, depth): (usize, usize), (s, d): (usize, usize)| (sum + s, depth.max(d + 1));
        match &self.data {
            Data::List(items) => items.iter().map(Node::measure).fold((1, 1), join),
            Data::Map(entries) => {
                let (sum, depth) = entries.iter().map(|(_, value)| value.measure()).fold((1, 1), join);
                (sum + entries.iter().map(|(key, _)| key.text.len() / 100).sum::<usize>(), depth)
            }
            Data::Text(text) | Data::Number(_, text) => (weight(text), 0),
            Data::Null | Data::Bool(_) => (1, 0),
        }
    }
}

/// A text short enough to be quoted in a message, on one line.
pub(crate) fn shortened(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(41).collect();
    printable::shortened(&line, 40).into_owned()
}

/// The tree, where the text is YAML at all, and what is wrong with the text.
pub(crate) fn parse(text: &str) -> (Option<Node>, Vec<Problem>) {
    let text = with_wide_escapes(text);
    let mut builder = Builder::default();
    let mut parser = Parser::new_from_str(&text);
    while let Some(next) = parser.next_event() {
        let taken = match next {
            Ok((event, span)) => builder.take(event, place(&span.start)),
            Err(error) => Err(no_yaml(&text, within(&text, place(error.marker())), error.info())),
        };
        if let Err(problem) = taken {
            builder.problems.push(problem);
            return (None, builder.problems);
        }
    }
    (builder.root, builder.problems)
}

/// JSON writes characters beyond U+FFFF as two escapes, YAML as one; only a text that is JSON is changed.
pub(crate) fn with_wide_escapes(text: &str) -> std::borrow::Cow<'_, str> {
    let lower = |b: &[u8]| b.len() == 3 && b[0] == b'u' && matches!(b[1], b'd' | b'D') && b"89abAB".contains(&b[2]);
    let has_pairs = text.as_bytes().windows(3).any(lower);
    if !has_pairs || serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return text.into();
    }
    let mut wide = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        wide.push_str(&rest[..at]);
        rest = &rest[at..];
        let (escape, length) = match surrogate_pair(rest) {
            Some(code) => (format!("\\U{code:08x}"), 12),
            None => (rest[..2].to_string(), 2),
        };
        wide.push_str(&escape);
        rest = &rest[length..];
    }
    wide.push_str(rest);
    wide.into()
}

/// The character of `\uD83D\uDE00` at the start of a JSON text.
fn surrogate_pair(text: &str) -> Option<u32> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (high, low) = (unit(0)?, unit(6)?);
    let pair = (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low);
    pair.then(|| 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

/// What is missing is missed behind the end; the place is then the end itself.
fn within(text: &str, place: Place) -> Place {
    let (mut last, mut lines) = ("", 0);
    text.lines().for_each(|line| (last, lines) = (line, lines + 1));
    match place.line > lines {
        true => Place { line: lines.max(1), column: last.chars().count() + 1 },
        false => place,
    }
}

fn no_yaml(text: &str, place: Place, why: &str) -> Problem {
    if let Some(place) = tab_at(text, place) {
        let message = "this line is indented with a tab, which YAML does not allow; indent it with spaces";
        return Problem::error(place, Found::Text, message);
    }
    if let Some((place, message)) = colon_near(text, place) {
        return Problem::error(place, Found::Text, message);
    }
    let message = format!("this is not YAML: {why}; look at the indentation, quotes and brackets just before");
    Problem::error(place, Found::Text, message)
}

/// The tab that indents the line of a place, or one beside it: the reading may go wrong a line before or behind the tab.
fn tab_at(text: &str, place: Place) -> Option<Place> {
    let lines = text.lines().enumerate().skip(place.line.saturating_sub(2)).take_while(|(at, _)| *at <= place.line);
    let tab = |(at, line): (usize, &str)| {
        let indentation = line.chars().take_while(|sign| sign.is_whitespace());
        let column = indentation.clone().position(|sign| sign == '\t')?;
        (indentation.count() < line.chars().count()).then_some(Place { line: at + 1, column: column + 1 })
    };
    lines.filter_map(tab).last()
}

/// A text with a `: ` in it and without quotes, in the line of a place or the one before: YAML takes it for another key.
fn colon_near(text: &str, place: Place) -> Option<(Place, String)> {
    [place.line, place.line.saturating_sub(1)].into_iter().filter(|number| *number > 0).find_map(|number| {
        let line = text.lines().nth(number - 1)?;
        let (key, value) = bare_text_with_colon(line)?;
        let before = (value.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        let column = line.get(..before)?.chars().count() + 1;
        let shown = shortened(value);
        let message = format!(
            "the text `{shown}` has a colon and a blank in it, which YAML takes for another key; write it in quotes: {key}: \"{shown}\""
        );
        Some((Place { line: number, column }, message))
    })
}

/// The key and the value of the first part of a line that has two `: `.
fn bare_text_with_colon(line: &str) -> Option<(&str, &str)> {
    let is_flow = line.contains(['{', '[']);
    let mut parts = line.split(|sign: char| is_flow && matches!(sign, '{' | '}' | '[' | ']' | ','));
    parts.find_map(|part| {
        let (key, value) = part.split_once(": ")?;
        let value = value.split(" #").next().unwrap_or_default().trim();
        let is_bare = !value.starts_with(['\'', '|', '>', '&', '*', '!', '#']) && !value.contains('"');
        (is_bare && value.contains(": ")).then_some((key.trim().trim_start_matches("- "), value))
    })
}

/// A list or a mapping that is still open.
struct Open {
    place: Place,
    anchor: usize,
    items: Vec<Node>,
    /// `None` for a list; a key that cannot be one is `None` in it.
    keys: Option<Vec<Option<Key>>>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    anchored: BTreeMap<usize, Node>,
    copies: usize,
    problems: Vec<Problem>,
}

impl Builder {
    /// An error ends the reading; what does not is put among the problems.
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(_) => return self.document(place),
            Event::Scalar(text, style, anchor, tag) => {
                let data = self.scalar(&text, style, tag.as_deref(), place);
                self.close(Node { place, data }, anchor);
            }
            Event::SequenceStart(anchor, tag) => return self.opened(place, anchor, None, tag.as_deref()),
            Event::MappingStart(anchor, tag) => return self.opened(place, anchor, Some(Vec::new()), tag.as_deref()),
            Event::SequenceEnd | Event::MappingEnd => self.closed(),
            Event::Alias(anchor) => return self.alias(anchor, place),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn document(&mut self, place: Place) -> Result<(), Problem> {
        self.documents += 1;
        if self.documents < 2 {
            return Ok(());
        }
        Err(Problem::error(
            place,
            Found::Text,
            "a second document begins here; a playbook is one document: remove `---`",
        ))
    }

    fn opened(
        &mut self,
        place: Place,
        anchor: usize,
        keys: Option<Vec<Option<Key>>>,
        tag: Option<&Tag>,
    ) -> Result<(), Problem> {
        if let Some(tag) = tag {
            self.refuse_tag(tag, place);
        }
        self.open.push(Open { place, anchor, items: Vec::new(), keys });
        if self.open.len() <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("nested more than {MAX_DEPTH} deep; write it flatter, with segments of their own");
        Err(Problem::error(place, Found::Text, message))
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> Data {
        let as_text = || Data::Text(text.to_string());
        match tag {
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            None => as_text(),
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => as_text(),
            Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => as_text(),
            Some(tag) => {
                self.refuse_tag(tag, place);
                as_text()
            }
        }
    }

    fn refuse_tag(&mut self, tag: &Tag, place: Place) {
        let message = format!(
            "tags such as `{}` mean nothing in a playbook; write the value without it",
            shortened(&tag.to_string())
        );
        self.problems.push(Problem::error(place, Found::Text, message));
    }

    fn closed(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let data = match open.keys {
            None => Data::List(open.items),
            Some(keys) => {
                let entries = keys.into_iter().zip(open.items);
                let entries: Vec<(Key, Node)> = entries.filter_map(|(key, node)| Some((key?, node))).collect();
                self.refuse_doubles(&entries);
                Data::Map(entries)
            }
        };
        self.close(Node { place: open.place, data }, open.anchor);
    }

    /// A key written twice would silently win or lose.
    fn refuse_doubles(&mut self, entries: &[(Key, Node)]) {
        let mut first: BTreeMap<&str, Place> = BTreeMap::new();
        for (key, _) in entries {
            if let Some(at) = first.get(key.text.as_str()) {
                let message = format!(
                    "the key `{}` stands here a second time, first at {}:{}; keep one of them",
                    shortened(&key.text),
                    at.line,
                    at.column
                );
                self.problems.push(Problem::error(key.place, Found::Text, message));
            } else {
                first.insert(&key.text, key.place);
            }
        }
    }

    /// A whole value: it belongs to what is open around it, as its key, its value or its item.
    fn close(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchored.insert(anchor, node.clone());
        }
        let Some(around) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut around.keys {
            Some(keys) if keys.len() == around.items.len() => {
                let key = self.key(node);
                if let Some(Open { keys: Some(keys), .. }) = self.open.last_mut() {
                    keys.push(key);
                }
            }
            _ => around.items.push(node),
        }
    }

    fn key(&mut self, node: Node) -> Option<Key> {
        let place = node.place;
        let refused = match node.data {
            Data::Text(text) if text == "<<" => {
                "`<<` does not merge in YAML 1.2; write the keys out, or use an alias for the whole value"
            }
            Data::Text(text) | Data::Number(_, text) => return Some(Key { place, text }),
            Data::Bool(value) => return Some(Key { place, text: value.to_string() }),
            Data::Null => return Some(Key { place, text: "null".into() }),
            Data::List(_) | Data::Map(_) => "a key must be text, not a list or a mapping; write `key: value`",
        };
        self.problems.push(Problem::error(place, Found::Text, refused));
        None
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Problem> {
        let refused = |message: String| Err(Problem::error(place, Found::Text, message));
        let Some(node) = self.anchored.get(&anchor) else {
            return refused("this alias stands inside what it stands for; write the value out".into());
        };
        let (count, depth) = node.measure();
        self.copies += count;
        if self.copies > MAX_COPIES {
            return refused(format!("aliases add more than {MAX_COPIES} values; write out what is meant"));
        }
        if self.open.len() + depth > MAX_DEPTH {
            return refused(format!("with this alias values nest more than {MAX_DEPTH} deep; write it flatter"));
        }
        self.close(node.clone(), 0);
        Ok(())
    }
}
