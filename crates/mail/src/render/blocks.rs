//! The block list of the visual editor: a small JSON document, read with JSON pointers in its errors, written as MJML.

use attractor_engine::misread::said_of;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Language;
use super::liquid::escape::html_text;
use super::markup::{Event, events};
use super::mjml;
use super::problem::{Part, Place, Problem};
use super::theme::{self, Colour};
use super::tokens::{Token, Tokens, has_tokens};

/// Columns inside columns are not possible in mails.
const BLOCK_LIMIT: usize = 500;
/// Elements that the text of a block may have.
const INLINE: [&str; 12] = ["a", "b", "strong", "i", "em", "u", "s", "br", "p", "ul", "ol", "li"];

/// The body of an e-mail as a list of blocks.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockList {
    /// The colour of buttons and links, such as `#4338ca`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// Whether text has serifs.
    #[serde(default)]
    pub serif: bool,
    pub blocks: Vec<Block>,
}

/// A block. `show` is a condition of the playbook; without it the block is shown to everybody.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Block {
    /// A heading; `level` is 1 (the default) to 3.
    Heading {
        text: String,
        #[serde(default)]
        level: Option<u8>,
        #[serde(default)]
        show: Option<Value>,
    },
    /// Paragraphs: text with `a`, `b`, `i`, `u`, `s`, `br`, `p`, `ul`, `ol` and `li`. Its links stand for `topic`, if they name
    /// none of their own, and the block is left out together with its topic.
    Text {
        text: String,
        #[serde(default)]
        topic: Option<String>,
        #[serde(default)]
        show: Option<Value>,
    },
    /// A button. A click stands for `topic`, and sets the attributes of `sets`.
    Button {
        text: String,
        url: String,
        #[serde(default)]
        topic: Option<String>,
        #[serde(default)]
        sets: std::collections::BTreeMap<String, String>,
        #[serde(default)]
        show: Option<Value>,
    },
    /// An image; sizes in pixels.
    Image {
        src: String,
        #[serde(default)]
        alt: String,
        #[serde(default)]
        width: Option<u16>,
        #[serde(default)]
        height: Option<u16>,
        #[serde(default)]
        url: Option<String>,
        #[serde(default)]
        topic: Option<String>,
        #[serde(default)]
        show: Option<Value>,
    },
    /// One to four columns, which are above one another on phones.
    Columns {
        columns: Vec<Column>,
        #[serde(default)]
        show: Option<Value>,
    },
    Divider {
        #[serde(default)]
        show: Option<Value>,
    },
    List {
        items: Vec<String>,
        #[serde(default)]
        ordered: bool,
        #[serde(default)]
        show: Option<Value>,
    },
    /// Why one gets this, the sender's address, preferences and the way out. `text` replaces our own reason.
    Footer {
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        show: Option<Value>,
    },
}

/// A column; `width` is in percent.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    #[serde(default)]
    pub width: Option<u8>,
    pub blocks: Vec<Block>,
}

/// The JSON Schema of block lists.
pub fn schema() -> Value {
    schemars::schema_for!(BlockList).to_value()
}

impl BlockList {
    /// Reads a block list; the error names the JSON pointer of the first block that is wrong. It reads what [`schema`]
    /// describes, and nothing else.
    pub fn read(json: &str) -> Result<BlockList, Problem> {
        read(json)
    }
}

fn read(json: &str) -> Result<BlockList, Problem> {
    let value: Value = serde_json::from_str(json).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(1);
        Problem::new(Place::new(Part::Body, "", line.max(1)), format!("the block list is {}", said_of(&error)))
    })?;
    if let Some(blocks) = value.get("blocks").and_then(Value::as_array) {
        check(blocks, "/blocks")?;
    }
    let list = serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = pointer(&error.path().to_string());
        Problem::new(Place::new(Part::Body, &pointer, 1), said_of(&error.into_inner()))
    })?;
    Ok(list)
}

/// Reads each block by itself: a tagged block keeps no path inside it.
fn check(blocks: &[Value], pointer: &str) -> Result<(), Problem> {
    for (index, block) in blocks.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        for (column, inner) in block.get("columns").and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(inner) = inner.get("blocks").and_then(Value::as_array) {
                check(inner, &format!("{pointer}/columns/{column}/blocks"))?;
            }
        }
        let read = serde_json::from_value::<Block>(block.clone());
        read.map_err(|error| Problem::new(Place::new(Part::Body, &pointer, 1), said_of(&error)))?;
    }
    Ok(())
}

/// `blocks[2].level` as `/blocks/2/level`.
fn pointer(path: &str) -> String {
    if path == "." { String::new() } else { format!("/{}", path.replace('[', "/").replace(']', "").replace('.', "/")) }
}

/// Writes a block list as MJML with its Liquid hidden, and its style sheet.
pub(super) fn write(json: &str, language: &Language, tokens: &mut Tokens) -> Result<(String, String), Vec<Problem>> {
    let list = read(json).map_err(|problem| vec![problem])?;
    if list.blocks.len() > BLOCK_LIMIT {
        let message = format!("the list has {} blocks; at most {BLOCK_LIMIT} are allowed", list.blocks.len());
        return Err(vec![Problem::new(Place::new(Part::Body, "/blocks", 1), message)]);
    }
    let accent = match Colour::read(list.accent.as_deref().unwrap_or(theme::ACCENT)) {
        None => {
            let message = "`accent` is not a colour; write it as `#4338ca`";
            return Err(vec![Problem::new(Place::new(Part::Body, "/accent", 1), message)]);
        }
        Some(accent) => accent,
    };
    let mut writer = Writer {
        tokens,
        language,
        accent,
        font: if list.serif { theme::SERIF } else { theme::SANS },
        problems: Vec::new(),
    };
    let body: String =
        list.blocks.iter().enumerate().map(|(index, block)| writer.row(block, &format!("/blocks/{index}"))).collect();
    if !writer.problems.is_empty() {
        return Err(writer.problems);
    }
    let ground = theme::GROUND;
    let mjml = format!(
        "<mjml><mj-body width=\"600px\" background-color=\"{ground}\" css-class=\"at-body\">{body}</mj-body></mjml>"
    );
    Ok((mjml, theme::style(accent, language.is_right_to_left())))
}

struct Writer<'a> {
    tokens: &'a mut Tokens,
    language: &'a Language,
    accent: Colour,
    font: &'static str,
    problems: Vec<Problem>,
}

impl Writer<'_> {
    /// A block as a row of its own.
    fn row(&mut self, block: &Block, pointer: &str) -> String {
        let rest = match block {
            Block::Columns { columns, .. } => shared_width(columns),
            _ => 100,
        };
        let inner = match block {
            Block::Columns { columns, .. } => columns
                .iter()
                .enumerate()
                .map(|(index, column)| {
                    let inner: String = column
                        .blocks
                        .iter()
                        .enumerate()
                        .map(|(block, inner)| self.nested(inner, &format!("{pointer}/columns/{index}/blocks/{block}")))
                        .collect();
                    let width = column.width.map_or(rest, |width| width.clamp(5, 95));
                    format!("<mj-column padding=\"0 8px\" width=\"{width}%\">{inner}</mj-column>")
                })
                .collect(),
            Block::Footer { text, .. } => {
                let reason = text.as_deref().map(|text| self.rich(text, &format!("{pointer}/text")));
                let footer = mjml::footer(self.language, reason.as_deref(), self.tokens).unwrap_or_default();
                return self.shown(block, footer);
            }
            other => format!("<mj-column padding=\"0 8px\">{}</mj-column>", self.placed(other, pointer)),
        };
        let row = format!(
            "<mj-section css-class=\"at-section\" background-color=\"{}\" padding=\"8px 16px\">{inner}</mj-section>",
            theme::GROUND
        );
        self.shown(block, row)
    }

    /// A block inside a column.
    fn nested(&mut self, block: &Block, pointer: &str) -> String {
        if matches!(block, Block::Columns { .. } | Block::Footer { .. }) {
            let message = "columns and footers cannot be inside a column; put the block into the list itself";
            self.problems.push(Problem::new(Place::new(Part::Body, pointer, 1), message));
            return String::new();
        }
        let inner = self.placed(block, pointer);
        self.shown(block, inner)
    }

    fn shown(&mut self, block: &Block, inner: String) -> String {
        let show = match block {
            Block::Heading { show, .. }
            | Block::Text { show, .. }
            | Block::Button { show, .. }
            | Block::Image { show, .. }
            | Block::Columns { show, .. }
            | Block::Divider { show }
            | Block::List { show, .. }
            | Block::Footer { show, .. } => show,
        };
        let inner = match block {
            Block::Text { topic: Some(topic), .. } => {
                let topic = self.tokens.topic(topic);
                let (start, end) = (self.tokens.add(Token::Topic(topic)), self.tokens.add(Token::EndTopic));
                format!("{start}{inner}{end}")
            }
            _ => inner,
        };
        let Some(condition) = show else { return inner };
        self.tokens.conditions.push(condition.clone());
        let index = self.tokens.conditions.len() - 1;
        let (start, end) = (self.tokens.add(Token::Show(index)), self.tokens.add(Token::EndShow));
        format!("{start}{inner}{end}")
    }

    /// A block behind its place, which is that of its links and images without Liquid.
    fn placed(&mut self, block: &Block, pointer: &str) -> String {
        let part = match block {
            Block::Heading { .. } | Block::Text { .. } => "/text",
            Block::Button { .. } => "/url",
            Block::List { .. } => "/items",
            Block::Image { .. } | Block::Divider { .. } | Block::Columns { .. } | Block::Footer { .. } => "",
        };
        let place = self.tokens.add(Token::Place(Place::new(Part::Body, &format!("{pointer}{part}"), 1)));
        place + &self.inner(block, pointer)
    }

    fn inner(&mut self, block: &Block, pointer: &str) -> String {
        let align = if self.language.is_right_to_left() { "right" } else { "left" };
        let (font, text) = (self.font, theme::TEXT);
        match block {
            Block::Heading { text: words, level, .. } => {
                let level = level.unwrap_or(1).clamp(1, 3);
                let (size, line) = [(26, 32), (20, 28), (17, 24)][usize::from(level - 1)];
                let words = self.rich(words, &format!("{pointer}/text"));
                format!(
                    "<mj-text css-class=\"at-text\" color=\"{text}\" align=\"{align}\" font-family=\"{font}\" font-size=\"{size}px\" line-height=\"{line}px\" font-weight=\"600\" padding=\"8px 0 4px\"><h{level} style=\"margin:0;font-family:{font};font-size:{size}px;font-weight:600;line-height:{line}px\">{words}</h{level}></mj-text>"
                )
            }
            Block::Text { text: words, topic, .. } => {
                let words = self.rich(words, &format!("{pointer}/text"));
                self.paragraph(&of_topic(&words, topic.as_deref()), align)
            }
            Block::List { items, ordered, .. } => {
                let list = if *ordered { "ol" } else { "ul" };
                let items: String = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| format!("<li>{}</li>", self.rich(item, &format!("{pointer}/items/{index}"))))
                    .collect();
                // Programs that drop the style sheet would leave a gap of a line above and below the list.
                let indent = theme::list_indent(self.language.is_right_to_left());
                let list_tag = format!("<{list} style=\"{indent}\">");
                self.paragraph(&format!("{list_tag}{items}</{list}>"), align)
            }
            Block::Divider { .. } => format!(
                "<mj-divider css-class=\"at-line\" border-width=\"1px\" border-color=\"{}\" padding=\"8px 0\"></mj-divider>",
                theme::LINE
            ),
            Block::Button { text: words, url, topic, sets, .. } => {
                let words = self.plain(words, &format!("{pointer}/text"));
                let href = self.href(url, &format!("{pointer}/url"));
                let mut says =
                    topic.as_deref().map_or(String::new(), |topic| format!(" data-topic=\"{}\"", quoted(topic)));
                says.extend(
                    sets.iter().map(|(name, value)| format!(" data-sets-{}=\"{}\"", quoted(name), quoted(value))),
                );
                let (Colour(r, g, b), ink) = (self.accent, theme::on(self.accent));
                format!(
                    "<mj-button css-class=\"at-button\" href=\"{href}\"{says} align=\"{align}\" background-color=\"#{r:02x}{g:02x}{b:02x}\" color=\"{ink}\" font-family=\"{font}\" font-size=\"16px\" font-weight=\"600\" border-radius=\"6px\" inner-padding=\"13px 22px\" padding=\"8px 0\">{words}</mj-button>"
                )
            }
            Block::Image { src, alt, width, height, url, topic, .. } => {
                let (src, alt) =
                    (self.href(src, &format!("{pointer}/src")), self.plain(alt, &format!("{pointer}/alt")));
                let mut more = width.map_or(String::new(), |width| format!(" width=\"{width}px\""));
                more.extend(height.map(|height| format!(" height=\"{height}px\"")));
                if let Some(url) = url {
                    let href = self.href(url, &format!("{pointer}/url"));
                    more.push_str(&format!(" href=\"{href}\""));
                    more.extend(topic.as_deref().map(|topic| format!(" data-topic=\"{}\"", quoted(topic))));
                }
                format!(
                    "<mj-image css-class=\"at-image\" src=\"{src}\" alt=\"{alt}\"{more} align=\"{align}\" font-family=\"{font}\" font-size=\"14px\" border-radius=\"4px\" padding=\"4px 0\"></mj-image>"
                )
            }
            Block::Columns { .. } | Block::Footer { .. } => String::new(),
        }
    }

    fn paragraph(&self, words: &str, align: &str) -> String {
        format!(
            "<mj-text css-class=\"at-text\" color=\"{}\" align=\"{align}\" font-family=\"{}\" font-size=\"16px\" line-height=\"25px\" padding=\"4px 0\">{words}</mj-text>",
            theme::TEXT,
            self.font
        )
    }

    /// Text with the elements that a block may have.
    fn rich(&mut self, text: &str, pointer: &str) -> String {
        let hidden = self.hide(text, pointer);
        for event in events(&hidden) {
            if let Event::Open(tag) = event
                && !INLINE.iter().any(|name| tag.is(name))
            {
                let message = format!("`<{}>` cannot be in a block; allowed are {}", tag.name, INLINE.join(", "));
                self.problems.push(Problem::new(Place::new(Part::Body, pointer, 1), message));
            }
        }
        hidden
    }

    /// Text without markup.
    fn plain(&mut self, text: &str, pointer: &str) -> String {
        quoted(&self.hide(text, pointer))
    }

    fn href(&mut self, url: &str, pointer: &str) -> String {
        quoted(&self.hide(url, pointer))
    }

    fn hide(&mut self, text: &str, pointer: &str) -> String {
        match self.tokens.hide(text, &Place::new(Part::Body, pointer, 1)) {
            Ok(hidden) => hidden,
            Err(problems) => {
                self.problems.extend(problems);
                String::new()
            }
        }
    }
}

/// Text whose links stand for a topic; the topic that a link names itself comes first.
fn of_topic(words: &str, topic: Option<&str>) -> String {
    let Some(topic) = topic else { return words.to_owned() };
    let mut out = String::with_capacity(words.len());
    for event in events(words) {
        match event {
            Event::Open(tag) if tag.is("a") && tag.attribute("data-topic").is_none() => {
                let rest = tag.whole.get("<a".len()..).unwrap_or_default();
                out.push_str(&format!("<a data-topic=\"{}\"{rest}", quoted(topic)));
            }
            Event::Open(tag) => out.push_str(tag.whole),
            Event::Close { whole, .. } => out.push_str(whole),
            Event::Text(text) | Event::Comment(text) | Event::Other(text) => out.push_str(text),
        }
    }
    out
}

/// The percentage for each column without a width of its own: they share what the others leave.
fn shared_width(columns: &[Column]) -> u8 {
    let taken: u8 = columns.iter().filter_map(|column| column.width).fold(0, u8::saturating_add);
    let open = columns.iter().filter(|column| column.width.is_none()).count();
    let open = u8::try_from(open.max(1)).unwrap_or(u8::MAX);
    (100u8.saturating_sub(taken) / open).max(5)
}

/// Text for an attribute. References that are written already stay.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    html_text(&super::markup::unescape(text), &mut out);
    debug_assert_eq!(has_tokens(text), has_tokens(&out));
    out
}
