//! Liquid, hidden while MJML is compiled: each output and tag becomes a token of characters that no author uses, and is put
//! back into the HTML, where its surroundings say how a value has to be written.

use super::liquid::lexer::{Lexeme, lex};
use super::liquid::structure::{self, Shape};
use super::problem::{Place, Problem, line_at};

/// Characters around the number of a token. They are printable, because the MJML compiler writes others in attributes as
/// `\u{…}`; and no author uses them.
const OPEN: char = '\u{2997}';
const CLOSE: char = '\u{2998}';

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Output {
        expression: String,
        place: Place,
    },
    Tag {
        name: String,
        rest: String,
        place: Place,
    },
    /// The beginning or the end of a block with a condition.
    Show(usize),
    EndShow,
    /// The beginning or the end of what is left out with a topic.
    Topic(usize),
    EndTopic,
    /// What an `href` says of its link; see `Declared`.
    Declared(usize),
    /// Where the author wrote what follows. It writes nothing.
    Place(Place),
}

impl Token {
    /// Whether it decides what is shown, so that it has to be put between elements.
    pub(super) fn is_flow(&self) -> bool {
        !matches!(self, Self::Output { .. } | Self::Declared(_) | Self::Place(_))
    }

    /// Whether it may be between elements.
    pub(super) fn fits_between(&self) -> bool {
        self.is_flow() || matches!(self, Self::Place(_))
    }

    pub(super) fn shape(&self) -> Option<Shape> {
        match self {
            Self::Tag { name, .. } => structure::shape(name),
            Self::Show(_) | Self::Topic(_) => Some(Shape::Opens),
            Self::EndShow | Self::EndTopic => Some(Shape::Closes),
            Self::Output { .. } | Self::Declared(_) | Self::Place(_) => None,
        }
    }

    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::Output { place, .. } | Self::Tag { place, .. } | Self::Place(place) => Some(place),
            _ => None,
        }
    }
}

/// What an author says of a link: the topic that a click stands for, and attributes that it sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) topic: Option<String>,
    pub(super) sets: Vec<(String, String)>,
}

/// A part of a text with tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span<'a> {
    Text(&'a str),
    Token(usize),
}

/// All tokens of an e-mail's body.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    all: Vec<Token>,
    pub(super) declared: Vec<Declared>,
    pub(super) topics: Vec<String>,
    pub(super) conditions: Vec<serde_json::Value>,
}

impl Tokens {
    pub(super) fn get(&self, index: usize) -> Option<&Token> {
        self.all.get(index)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Token> {
        self.all.iter()
    }

    /// Adds a token and gives the text that stands for it.
    pub(super) fn add(&mut self, token: Token) -> String {
        self.all.push(token);
        text(self.all.len() - 1)
    }

    pub(super) fn replace(&mut self, index: usize, token: Token) {
        if let Some(old) = self.all.get_mut(index) {
            *old = token;
        }
    }

    /// The number of a topic.
    pub(super) fn topic(&mut self, topic: &str) -> usize {
        match self.topics.iter().position(|known| known == topic) {
            Some(index) => index,
            None => {
                self.topics.push(topic.to_owned());
                self.topics.len() - 1
            }
        }
    }

    /// A text with its Liquid hidden. Texts keep their number of lines, so that the MJML compiler's lines are the author's.
    pub(super) fn hide(&mut self, source: &str, place: &Place) -> Result<String, Vec<Problem>> {
        if let Some(at) = source.find(is_forbidden) {
            let message = "the text has a control character, U+2997 or U+2998; remove it";
            return Err(vec![Problem::new(place.at(line_at(source, at)), message)]);
        }
        let lexemes = lex(source, place).map_err(|problem| vec![problem])?;
        let checked: Vec<Lexeme> = lexemes.iter().map(without_attractor).collect();
        let problems = structure::check(&checked, place);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut out = String::with_capacity(source.len());
        let mut lines = place.line;
        for lexeme in lexemes {
            match lexeme {
                Lexeme::Text(text) => {
                    lines += newlines(&text);
                    out.push_str(&text);
                }
                Lexeme::Output { expression, line } => {
                    keep_lines(&mut out, &mut lines, line);
                    out.push_str(&self.add(Token::Output { expression, place: place.at(line) }));
                }
                Lexeme::Tag { name, rest, line } => {
                    keep_lines(&mut out, &mut lines, line);
                    out.push_str(&self.add(Token::Tag { name, rest, place: place.at(line) }));
                }
            }
        }
        Ok(out)
    }
}

/// Adds the line feeds that an output with several lines, a comment or trimmed blanks had.
fn keep_lines(out: &mut String, lines: &mut u32, line: u32) {
    while *lines < line {
        out.push('\n');
        *lines += 1;
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

fn is_forbidden(c: char) -> bool {
    c == OPEN || c == CLOSE || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// An output as the evaluator knows it.
fn without_attractor(lexeme: &Lexeme) -> Lexeme {
    match lexeme {
        Lexeme::Output { expression, line } => {
            let expression = split_attractor(expression).map_or(expression.clone(), |(before, _)| before.to_owned());
            Lexeme::Output { expression, line: *line }
        }
        other => other.clone(),
    }
}

/// Divides `URL | attractor: "shirts", pain: "reporting"` at its last filter.
pub(super) fn split_attractor(expression: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let mut last = None;
    for (at, c) in expression.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '|' => last = Some(at),
            None => {}
        }
    }
    let at = last?;
    let arguments = expression[at + 1..].trim().strip_prefix("attractor")?.trim_start();
    let arguments = if arguments.is_empty() { Some("") } else { arguments.strip_prefix(':') };
    Some((expression[..at].trim_end(), arguments?.trim()))
}

/// Reads `"shirts", pain: "reporting"`.
pub(super) fn read_attractor(arguments: &str) -> Result<Declared, String> {
    const EXAMPLE: &str = "write, for example, `attractor: \"shirts\", pain: \"reporting\"`";
    let mut declared = Declared::default();
    let mut rest = arguments.trim();
    loop {
        let (key, behind) = match rest.find(['"', '\'']) {
            None => return Err(format!("`attractor` takes texts in quotes; {EXAMPLE}")),
            Some(at) => rest.split_at(at),
        };
        let quote = &behind[..1];
        let Some(end) = behind[1..].find(quote) else { return Err(format!("a quote is not closed; {EXAMPLE}")) };
        let value = behind[1..=end].to_owned();
        match key.trim().strip_suffix(':').map(str::trim) {
            Some(name) if is_name(name) => declared.sets.push((name.to_owned(), value)),
            None if key.trim().is_empty() && declared.topic.is_none() => declared.topic = Some(value),
            _ => return Err(format!("`{}` is not the name of an attribute; {EXAMPLE}", key.trim())),
        }
        rest = behind[end + 2..].trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None if rest.is_empty() => return Ok(declared),
            None => return Err(format!("`{rest}` where a comma is expected; {EXAMPLE}")),
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The text that stands for a token.
pub(super) fn text(index: usize) -> String {
    format!("{OPEN}{index}{CLOSE}")
}

/// The numbers of a text's tokens.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = usize> {
    spans(text).into_iter().filter_map(|span| match span {
        Span::Token(index) => Some(index),
        Span::Text(_) => None,
    })
}

/// Divides a text at its tokens.
pub(super) fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let behind = &rest[start + OPEN.len_utf8()..];
        let Some(end) = behind.find(CLOSE) else { break };
        if start > 0 {
            spans.push(Span::Text(&rest[..start]));
        }
        if let Ok(index) = behind[..end].parse() {
            spans.push(Span::Token(index));
        }
        rest = &behind[end + CLOSE.len_utf8()..];
    }
    if !rest.is_empty() {
        spans.push(Span::Text(rest));
    }
    spans
}

/// Whether a text has tokens.
pub(super) fn has_tokens(text: &str) -> bool {
    text.contains(OPEN)
}

#[cfg(test)]
mod tests {
    use super::super::problem::Part;
    use super::*;

    #[test]
    fn hidden_liquid_is_found_again_and_lines_are_kept() {
        let mut tokens = Tokens::default();
        let place = Place::new(Part::Body, "", 1);
        let hidden = tokens.hide("a {{ b\n| upcase }}\n{%- if c -%}\n\nd{% endif %}", &place).unwrap();
        let spans = spans(&hidden);
        assert!(matches!(spans[..], [Span::Text("a "), Span::Token(0), ..]), "{spans:?}");
        assert_eq!(spans.iter().filter(|span| matches!(span, Span::Token(_))).count(), 3);
        assert_eq!(tokens.get(2).and_then(Token::place).map(|place| place.line), Some(5));
        assert_eq!(line_at(&hidden, hidden.find(OPEN).unwrap()), 1);
        assert_eq!(line_at(&hidden, hidden.rfind(OPEN).unwrap()), 5);
    }

    #[test]
    fn an_attractor_is_read() {
        let declared = |topic: &str, sets: &[(&str, &str)]| Declared {
            topic: Some(topic.into()),
            sets: sets.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        };
        let table = [
            ("u | attractor: \"shirts\"", "u", Ok(declared("shirts", &[]))),
            (
                "'a|b' | append: 'c' | attractor: 'shirts', pain: \"a, b\"",
                "'a|b' | append: 'c'",
                Ok(declared("shirts", &[("pain", "a, b")])),
            ),
        ];
        for (expression, before, wanted) in table {
            let (found, arguments) = split_attractor(expression).unwrap();
            assert_eq!((found, read_attractor(arguments)), (before, wanted));
        }
        for wrong in ["", "shirts", "\"a\" \"b\"", "\"a\", \"b\"", "\"a\", pain \"b\"", "\"a"] {
            assert!(read_attractor(wrong).is_err(), "{wrong}");
        }
        assert_eq!(split_attractor("u | upcase"), None);
    }
}
