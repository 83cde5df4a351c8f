//! Compiled HTML to a program: each value gets the escape that its surroundings demand, each URL becomes a link, and beside
//! it grows the text part.

use super::findings::{Finding, Seen};
use super::links::{Kind, LinkSource, SERVICE};
use super::liquid::Piece;
use super::liquid::escape::Escape;
use super::liquid::structure::Shape;
use super::markup::{Attribute, Event, Tag, events, unescape};
use super::plain::Plain;
use super::problem::{Place, Problem};
use super::tokens::{Declared, Span, Token, Tokens, has_tokens, spans};

/// Attributes whose value is a URL.
const URLS: [&str; 8] = ["href", "src", "background", "action", "formaction", "poster", "cite", "xlink:href"];

/// Programs and links of a mail.
pub(super) struct Assembled {
    pub(super) html: Vec<Piece>,
    pub(super) text: Vec<Piece>,
    pub(super) links: Vec<LinkSource>,
    pub(super) findings: Vec<Finding>,
}

struct Assembler<'a> {
    tokens: &'a Tokens,
    place: &'a Place,
    html: Vec<Piece>,
    plain: Plain,
    links: Vec<LinkSource>,
    seen: Seen,
    problems: Vec<Problem>,
    /// The element whose content is not shown as text: `style` or `title`.
    raw: Option<String>,
    /// The place of the last token, for links that have none.
    last: Place,
}

/// Reads compiled HTML.
pub(super) fn assemble(html: &str, tokens: &Tokens, place: &Place) -> Result<Assembled, Vec<Problem>> {
    let mut assembler = Assembler {
        tokens,
        place,
        html: Vec::new(),
        plain: Plain::default(),
        links: Vec::new(),
        seen: Seen::default(),
        problems: Vec::new(),
        raw: None,
        last: place.clone(),
    };
    for event in events(html) {
        assembler.event(&event);
    }
    if !assembler.problems.is_empty() {
        return Err(assembler.problems);
    }
    let findings = assembler.seen.findings(&assembler.links);
    Ok(Assembled { html: assembler.html, text: assembler.plain.pieces(), links: assembler.links, findings })
}

impl Assembler<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(text) => self.text(text),
            Event::Comment(whole) => self.comment(whole),
            Event::Other(whole) => self.push(whole),
            Event::Open(tag) => self.open(tag),
            Event::Close { name, whole } => {
                if self.raw.as_deref().is_some_and(|raw| raw.eq_ignore_ascii_case(name)) {
                    self.raw = None;
                }
                self.push(whole);
                self.plain.close(name);
            }
        }
    }

    fn push(&mut self, text: &str) {
        push_text(&mut self.html, text);
    }

    fn text(&mut self, text: &str) {
        let escape = if self.raw.as_deref() == Some("style") { Escape::Css } else { Escape::Html };
        let is_shown = self.raw.is_none();
        for span in spans(text) {
            match span {
                Span::Text(text) => {
                    self.push(text);
                    if is_shown {
                        self.plain.text(&unescape(text));
                    }
                }
                Span::Token(index) => {
                    self.token(index, escape);
                    if is_shown && let Some(piece) = self.piece(index, Escape::Text) {
                        self.plain.piece(piece);
                    }
                }
            }
        }
    }

    /// A comment that is a single tag of Liquid was put there by `mjml`; values in others are escaped.
    fn comment(&mut self, whole: &str) {
        let inner = whole.strip_prefix("<!--").and_then(|inner| inner.strip_suffix("-->")).unwrap_or(whole);
        if let [Span::Token(index)] = spans(inner.trim())[..] {
            self.token(index, Escape::Html);
            if let Some(piece) = self.piece(index, Escape::Text) {
                self.plain.piece(piece);
            }
            return;
        }
        for span in spans(whole) {
            match span {
                Span::Text(text) => self.push(text),
                Span::Token(index) => self.token(index, Escape::Comment),
            }
        }
    }

    /// A token as a part of a program.
    fn piece(&self, index: usize, escape: Escape) -> Option<Piece> {
        Some(match self.tokens.get(index)?.clone() {
            Token::Output { expression, place } => Piece::Output { expression, escape, place },
            Token::Tag { name, rest, place } => Piece::Tag { name, rest, place },
            Token::Show(index) => Piece::Show(index),
            Token::EndShow => Piece::EndShow,
            Token::Topic(index) => Piece::Topic(index),
            Token::EndTopic => Piece::EndTopic,
            Token::Declared(_) | Token::Place(_) => return None,
        })
    }

    fn token(&mut self, index: usize, escape: Escape) {
        if let Some(place) = self.tokens.get(index).and_then(Token::place) {
            self.last = place.clone();
        }
        if let Some(piece) = self.piece(index, escape) {
            self.html.push(piece);
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        if (tag.is("style") || tag.is("title")) && !tag.is_closed {
            self.raw = Some(tag.name.to_ascii_lowercase());
        }
        self.seen.open(tag, &self.last);
        let link = (tag.is("a") || tag.is("area")).then(|| tag.attribute("href")).flatten();
        let mut number = None;
        if let Some(href) = link {
            number = Some(self.links.len());
            self.rebuilt(tag, Some(href));
        } else if has_tokens(tag.whole) {
            self.rebuilt(tag, None);
        } else {
            self.push(tag.whole);
        }
        self.plain.open(tag, number);
        if let (Some(alt), true) = (tag.attribute("alt"), tag.is("img")) {
            for span in spans(alt) {
                match span {
                    Span::Text(text) => self.plain.text(&unescape(text)),
                    Span::Token(index) => {
                        if let Some(piece) = self.piece(index, Escape::Text) {
                            self.plain.piece(piece);
                        }
                    }
                }
            }
        }
    }

    /// Writes a start tag whose attributes have Liquid or a link.
    fn rebuilt(&mut self, tag: &Tag<'_>, href: Option<&str>) {
        self.push(&format!("<{}", tag.name));
        for attribute in &tag.attributes {
            let name = attribute.name.to_ascii_lowercase();
            match attribute.value {
                _ if name.starts_with("data-topic") || name.starts_with("data-sets-") => {}
                None => self.push(&format!(" {}", attribute.name)),
                Some(value) if name == "href" && href.is_some() => self.link(value),
                Some(value) if !has_tokens(value) => self.plain_attribute(attribute, value),
                Some(value) => self.attribute(&name, value),
            }
        }
        self.push(if tag.is_closed { "/>" } else { ">" });
    }

    fn plain_attribute(&mut self, attribute: &Attribute<'_>, value: &str) {
        let quote = if value.contains('"') { '\'' } else { '"' };
        self.push(&format!(" {}={quote}{value}{quote}", attribute.name));
    }

    /// An attribute with Liquid in its value.
    fn attribute(&mut self, name: &str, value: &str) {
        if name.starts_with("on") || name == "srcdoc" || name == "srcset" {
            let message = format!(
                "Liquid cannot be in the attribute `{name}`; mail programs ignore it, or it could run as a script"
            );
            self.problems.push(Problem::new(self.place_of(value), message));
            return;
        }
        self.push(&format!(" {name}=\""));
        if URLS.contains(&name) {
            let source = LinkSource {
                kind: Kind::Source,
                declared: Declared::default(),
                place: self.place_of(value),
                fixed: None,
            };
            self.url(value, source);
        } else {
            let escape = if name == "style" { Escape::Css } else { Escape::Html };
            for span in spans(value) {
                match span {
                    Span::Text(text) => self.push(&text.replace('"', "&quot;")),
                    Span::Token(index) => self.token(index, escape),
                }
            }
        }
        self.push("\"");
    }

    fn place_of(&self, value: &str) -> Place {
        let place = |span: &Span<'_>| match span {
            Span::Token(index) => self.tokens.get(*index).and_then(Token::place).cloned(),
            Span::Text(_) => None,
        };
        spans(value).iter().find_map(place).unwrap_or_else(|| self.place.clone())
    }

    /// The place of a value; of one without Liquid, that of what was last before it.
    fn place_near(&self, value: &str) -> Place {
        match self.place_of(value) {
            place if place == *self.place && self.last.part == place.part => self.last.clone(),
            place => place,
        }
    }

    fn link(&mut self, href: &str) {
        let mut declared = Declared::default();
        let (mut fixed, mut outputs, mut only) = (String::new(), 0, None);
        for span in spans(href) {
            match span {
                Span::Text(text) => fixed.push_str(&unescape(text)),
                Span::Token(index) => match self.tokens.get(index) {
                    Some(Token::Declared(index)) => {
                        declared = self.tokens.declared.get(*index).cloned().unwrap_or_default()
                    }
                    Some(Token::Output { expression, .. }) => {
                        outputs += 1;
                        only = Some(expression.trim());
                    }
                    _ => outputs += 2,
                },
            }
        }
        let is_service = outputs == 1 && fixed.trim().is_empty() && only.is_some_and(|only| SERVICE.contains(&only));
        let source = LinkSource {
            kind: if is_service { Kind::Service } else { Kind::Content },
            declared,
            place: self.place_near(href),
            fixed: match only.and_then(literal) {
                Some(url) if outputs == 1 && fixed.trim().is_empty() => Some(url.trim().to_owned()),
                _ => (outputs == 0).then(|| fixed.trim().to_owned()),
            },
        };
        self.push(" href=\"");
        self.url(href, source);
        self.push("\"");
    }

    fn url(&mut self, value: &str, source: LinkSource) {
        self.links.push(source);
        self.html.push(Piece::Link(self.links.len() - 1));
        let pieces = self.url_pieces(value);
        if self.links.last().is_some_and(|link| link.kind != Kind::Source) {
            self.plain.url(self.links.len() - 1, pieces.clone());
        }
        self.html.extend(pieces);
        self.html.push(Piece::EndLink);
    }

    fn url_pieces(&self, value: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut is_start = true;
        // Each branch of a condition begins where the condition begins.
        let mut starts = Vec::new();
        for span in spans(value) {
            match span {
                Span::Text(text) => {
                    let text = unescape(text);
                    is_start = is_start && text.trim().is_empty();
                    push_text(&mut pieces, &text);
                }
                Span::Token(index) => {
                    let escape = if is_start { Escape::UrlStart } else { Escape::UrlPart };
                    let piece = self.piece(index, escape);
                    match self.tokens.get(index).and_then(Token::shape) {
                        Some(Shape::Opens) => starts.push(is_start),
                        Some(Shape::Divides) => is_start = starts.last().copied().unwrap_or(is_start),
                        Some(Shape::Closes) => _ = starts.pop(),
                        _ => {}
                    }
                    is_start = is_start && !matches!(piece, Some(Piece::Output { .. }));
                    pieces.extend(piece);
                }
            }
        }
        pieces
    }
}

/// What an expression is that is a text in quotes and nothing else.
fn literal(expression: &str) -> Option<&str> {
    let quote = expression.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = expression.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains(quote)).then_some(inner)
}

/// Appends text to pieces.
pub(super) fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}
