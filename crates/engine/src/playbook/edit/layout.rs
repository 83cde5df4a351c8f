//! Where each value of a YAML text begins and ends, so that single values can be rewritten and all else stays.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::Value as Json;

use crate::playbook::marked::Data;
use crate::playbook::scalar;
use crate::playbook::write::number;

/// A value and its bytes in the text.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub start: usize,
    /// Behind the last byte; of a block, behind its last value.
    pub end: usize,
    pub shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// What is only rewritten as a whole: a scalar, an alias, a pair without braces.
    Whole {
        value: Json,
        is_quoted: bool,
        is_block: bool,
    },
    /// `is_flow`: written in brackets or braces.
    List {
        is_flow: bool,
        items: Vec<Piece>,
    },
    Map {
        is_flow: bool,
        entries: Vec<Entry>,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub start: usize,
    /// Behind the key.
    pub key_end: usize,
    pub value: Piece,
}

impl Piece {
    /// The value without its layout.
    pub fn json(&self) -> Json {
        match &self.shape {
            Shape::Whole { value, .. } => value.clone(),
            Shape::List { items, .. } => items.iter().map(Piece::json).collect(),
            Shape::Map { entries, .. } => {
                Json::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.json())).collect())
            }
        }
    }

    pub fn is_block_map(&self) -> bool {
        matches!(self.shape, Shape::Map { is_flow: false, .. })
    }
}

/// The layout of a text that is one YAML document; the error is what is wrong with the text.
pub(super) fn layout(text: &str) -> Result<Piece, String> {
    let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).chain([text.len()]).collect();
    let mut builder = Builder { text, offsets, open: Vec::new(), anchored: BTreeMap::new(), root: None };
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| error.info().to_owned())?;
        builder.take(event, &span)?;
    }
    builder.root.ok_or_else(|| "there is nothing in it".into())
}

/// A list or a mapping whose end was not read yet.
struct Open {
    start: usize,
    is_flow: bool,
    anchor: usize,
    items: Vec<Piece>,
    /// `None` for a list; else the keys with their bytes.
    keys: Option<Vec<(String, usize, usize)>>,
}

struct Builder<'a> {
    text: &'a str,
    /// The byte of each character.
    offsets: Vec<usize>,
    open: Vec<Open>,
    anchored: BTreeMap<usize, Json>,
    root: Option<Piece>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), String> {
        let (start, end) = (self.offset(span.start.index()), self.offset(span.end.index()));
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, tag.as_deref(), anchor, (start, end)),
            Event::SequenceStart(anchor, _) => self.begin(start, anchor, None),
            Event::MappingStart(anchor, _) => self.begin(start, anchor, Some(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => self.finish(end),
            Event::Alias(anchor) => {
                let value = self.anchored.get(&anchor).cloned().ok_or("an alias stands for nothing")?;
                // What the parser gives as its end is not always behind the name.
                let name = |c: char| !c.is_whitespace() && !",[]{}".contains(c);
                let end = start + self.text[start..].find(|c| !name(c)).unwrap_or(self.text.len() - start);
                self.close(Piece { start, end, shape: Shape::Whole { value, is_quoted: false, is_block: false } }, 0);
            }
            _ => {}
        }
        Ok(())
    }

    fn offset(&self, character: usize) -> usize {
        self.offsets.get(character).copied().unwrap_or(self.text.len())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        anchor: usize,
        (start, end): (usize, usize),
    ) {
        let value = match style {
            ScalarStyle::Plain if tag.is_none() => plain(text),
            _ => text.into(),
        };
        let is_quoted = matches!(style, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted);
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        // The end of a block scalar lies behind the blank lines that follow it.
        let start = self.behind_anchor(start, anchor);
        let end = if is_quoted { end } else { start + self.text[start..end.max(start)].trim_end().len() };
        self.close(Piece { start, end, shape: Shape::Whole { value, is_quoted, is_block } }, anchor);
    }

    fn begin(&mut self, start: usize, anchor: usize, keys: Option<Vec<(String, usize, usize)>>) {
        let start = self.behind_anchor(start, anchor);
        let bracket = if keys.is_some() { "{" } else { "[" };
        let is_flow = self.text[start..].starts_with(bracket);
        self.open.push(Open { start, is_flow, anchor, items: Vec::new(), keys });
    }

    /// The parser counts an anchor as part of what it names.
    fn behind_anchor(&self, start: usize, anchor: usize) -> usize {
        match self.text[start..].strip_prefix('&').filter(|_| anchor > 0) {
            Some(rest) => {
                let behind = rest.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
                self.text.len() - behind.len()
            }
            None => start,
        }
    }

    fn finish(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let is_inside_flow = self.open.last().is_some_and(|around| around.is_flow);
        let Open { start, is_flow, anchor, items, keys } = open;
        let last = items.last().map_or(end, |last| last.end);
        let shape = match keys {
            None => Shape::List { is_flow, items },
            Some(keys) => Shape::Map { is_flow, entries: self.entries(keys, items) },
        };
        let mut piece = Piece { start, end: if is_flow { end } else { last }, shape };
        if is_inside_flow && !is_flow {
            piece.shape = Shape::Whole { value: piece.json(), is_quoted: false, is_block: false };
        }
        self.close(piece, anchor);
    }

    fn entries(&self, keys: Vec<(String, usize, usize)>, values: Vec<Piece>) -> Vec<Entry> {
        let entry = |((key, start, key_end), mut value): ((String, usize, usize), Piece)| {
            // A value that is not written is behind the colon.
            if value.start >= value.end {
                let colon = self.text[key_end..].find(':').map_or(key_end, |at| key_end + at + 1);
                (value.start, value.end) = (colon, colon);
            }
            Entry { key, start, key_end, value }
        };
        keys.into_iter().zip(values).map(entry).collect()
    }

    /// A whole value: the text's, or the next key, value or item of what is open around it.
    fn close(&mut self, piece: Piece, anchor: usize) {
        if anchor > 0 {
            self.anchored.insert(anchor, piece.json());
        }
        let Some(around) = self.open.last_mut() else {
            self.root = Some(piece);
            return;
        };
        match &mut around.keys {
            Some(keys) if keys.len() == around.items.len() => {
                let key = match piece.json() {
                    Json::String(text) => text,
                    _ => self.text[piece.start..piece.end].to_owned(),
                };
                keys.push((key, piece.start, piece.end));
            }
            _ => around.items.push(piece),
        }
    }
}

/// What a scalar without quotes stands for.
fn plain(text: &str) -> Json {
    match scalar::resolve(text) {
        Data::Bool(value) => value.into(),
        Data::Number(value, _) => number(value),
        Data::Text(text) => text.into(),
        Data::Null | Data::List(_) | Data::Map(_) => Json::Null,
    }
}
