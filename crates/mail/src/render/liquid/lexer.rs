//! Divides a text into what stays as it is, `{{ outputs }}` and `{% tags %}`, with their lines.
//!
//! Liquid is read twice: here, before MJML is compiled, for lines, structure and limits; and by the crate `liquid-core`,
//! which evaluates expressions. So a mistake is found at the line where its author wrote it.

use super::super::problem::{Place, Problem};

/// Bytes of a subject, a body or a block list. A mail over 102 kB is cut off by Gmail; this is several times as much.
pub(crate) const SOURCE_LIMIT: usize = 400_000;
/// Levels of `if`, `for` and the like. The parser of expressions uses the stack.
pub(crate) const NESTING_LIMIT: usize = 24;
/// Outputs and tags of one text. Each is parsed by itself.
pub(crate) const TAG_LIMIT: usize = 5_000;
/// Bytes of one output or tag.
pub(crate) const TAG_LENGTH_LIMIT: usize = 2_000;
/// Brackets inside brackets, as in `a[b[c]]`.
const BRACKET_LIMIT: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme {
    Text(String),
    /// `{{ expression }}`.
    Output {
        expression: String,
        line: u32,
    },
    /// `{% name rest %}`; comments are left out, and what is between `raw` and `endraw` is text.
    Tag {
        name: String,
        rest: String,
        line: u32,
    },
}

/// Divides a text; the first mistake ends it.
pub(crate) fn lex(source: &str, place: &Place) -> Result<Vec<Lexeme>, Problem> {
    if source.len() > SOURCE_LIMIT {
        let message = format!("the text has {} bytes; at most {SOURCE_LIMIT} are allowed", source.len());
        return Err(Problem::new(place.clone(), message));
    }
    let mut lexer = Lexer { source, at: 0, line: 1, place, lexemes: Vec::new(), tags: 0, trims: false };
    while lexer.step()? {}
    Ok(lexer.lexemes)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    place: &'a Place,
    lexemes: Vec<Lexeme>,
    tags: usize,
    /// Whether the last tag ended in `-%}` or `-}}`, so that blanks behind it are left out.
    trims: bool,
}

/// What is between the delimiters of an output or a tag.
struct Inside<'a> {
    text: &'a str,
    trims_before: bool,
    trims_after: bool,
    end: usize,
}

impl<'a> Lexer<'a> {
    /// Reads one text and the output or tag behind it; false at the end.
    fn step(&mut self) -> Result<bool, Problem> {
        let rest = &self.source[self.at..];
        let Some(start) = start_of_liquid(rest) else {
            self.push_text(rest, false);
            return Ok(false);
        };
        let is_output = rest[start..].starts_with("{{");
        let (text, line) = (&rest[..start], self.line + newlines(&rest[..start]));
        let inside = self.inside(self.at + start, is_output, line)?;
        self.push_text(text, inside.trims_before);
        self.trims = inside.trims_after;
        self.count(line)?;
        self.line = line + newlines(&self.source[self.at + start..inside.end]);
        self.at = inside.end;
        let words = one_line(inside.text);
        match is_output {
            true => self.lexemes.push(Lexeme::Output { expression: words, line }),
            false => self.tag(&words, line)?,
        }
        Ok(true)
    }

    fn count(&mut self, line: u32) -> Result<(), Problem> {
        self.tags += 1;
        if self.tags > TAG_LIMIT {
            return Err(self.problem(line, format!("the text has over {TAG_LIMIT} outputs and tags")));
        }
        Ok(())
    }

    fn tag(&mut self, words: &str, line: u32) -> Result<(), Problem> {
        let end = words.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(words.len());
        let (name, rest) = (words[..end].to_owned(), words[end..].trim().to_owned());
        if name == "raw" || name == "comment" {
            let body = self.up_to_end(&format!("end{name}"), line)?;
            if name == "raw" {
                self.push_text(&body, false);
            }
        } else {
            self.lexemes.push(Lexeme::Tag { name, rest, line });
        }
        Ok(())
    }

    /// The text up to `{% endraw %}` or `{% endcomment %}`, which is left behind.
    fn up_to_end(&mut self, end: &str, line: u32) -> Result<String, Problem> {
        let from = self.at;
        let mut at = from;
        while let Some(found) = self.source[at..].find("{%") {
            let start = at + found;
            let inner = self.source[start + 2..].trim_start_matches('-').trim_start();
            let behind = inner.strip_prefix(end).map(|behind| behind.trim_start().trim_start_matches('-'));
            if let Some(behind) = behind.and_then(|behind| behind.strip_prefix("%}")) {
                let stop = self.source.len() - behind.len();
                self.line += newlines(&self.source[from..stop]);
                self.at = stop;
                self.trims = false;
                return Ok(self.source[from..start].to_owned());
            }
            at = start + 2;
        }
        let opened = end.trim_start_matches("end");
        Err(self.problem(line, format!("`{{% {opened} %}}` is not closed; write `{{% {end} %}}` behind it")))
    }

    /// Reads from `{{` or `{%` to its end, which quotes may not hide.
    fn inside(&self, start: usize, is_output: bool, line: u32) -> Result<Inside<'a>, Problem> {
        let close = if is_output { '}' } else { '%' };
        let source: &'a str = self.source;
        let body = &source[start + 2..];
        let (mut quote, mut depth, mut last) = (None, 0usize, ' ');
        for (index, c) in body.char_indices() {
            if index > TAG_LENGTH_LIMIT {
                break;
            }
            match (quote, c) {
                (Some(open), _) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '[') => depth += 1,
                (None, ']') => depth = depth.saturating_sub(1),
                (None, '}') if last == close => return Ok(between(body, index, start)),
                _ => {}
            }
            if depth > BRACKET_LIMIT {
                return Err(self.problem(line, format!("more than {BRACKET_LIMIT} brackets are inside one another")));
            }
            last = if quote.is_some() { ' ' } else { c };
        }
        Err(self.problem(line, unclosed(body, is_output)))
    }

    fn push_text(&mut self, text: &str, trims_end: bool) {
        let text = if self.trims { text.trim_start() } else { text };
        let text = if trims_end { text.trim_end() } else { text };
        self.trims = false;
        match self.lexemes.last_mut() {
            Some(Lexeme::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.lexemes.push(Lexeme::Text(text.into())),
        }
    }

    fn problem(&self, line: u32, message: impl Into<String>) -> Problem {
        Problem::new(self.place.at(line), message)
    }
}

fn start_of_liquid(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    bytes.windows(2).position(|pair| pair == b"{{" || pair == b"{%")
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

fn between(body: &str, last: usize, start: usize) -> Inside<'_> {
    let inner = &body[..last - 1];
    let (trims_before, inner) = inner.strip_prefix('-').map_or((false, inner), |inner| (true, inner));
    let (trims_after, inner) = inner.strip_suffix('-').map_or((false, inner), |inner| (true, inner));
    Inside { text: inner.trim(), trims_before, trims_after, end: start + 2 + last + 1 }
}

fn unclosed(body: &str, is_output: bool) -> String {
    let (open, close) = if is_output { ("{{", "}}") } else { ("{%", "%}") };
    let begin: String = body.chars().take(30).collect();
    format!(
        "`{open} {}` is not closed within {TAG_LENGTH_LIMIT} bytes; write `{close}` where it ends, and close every quote in it",
        one_line(&begin)
    )
}

/// Blanks outside quotes become one space: the parser of expressions knows no tabs.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
        if quote.is_none() && c.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::super::problem::Part;
    use super::*;

    fn read(source: &str) -> Result<Vec<Lexeme>, Problem> {
        lex(source, &Place::new(Part::Body, "", 1))
    }

    fn shown(source: &str) -> String {
        let shown = |lexeme: Lexeme| match lexeme {
            Lexeme::Text(text) => format!("[{text}]"),
            Lexeme::Output { expression, line } => format!("({line}: {expression})"),
            Lexeme::Tag { name, rest, line } => format!("<{line}: {name} {rest}>"),
        };
        match read(source) {
            Ok(lexemes) => lexemes.into_iter().map(shown).collect(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn a_text_is_divided_and_lines_are_kept() {
        let table = [
            ("plain", "[plain]"),
            ("a {{ b }} c", "[a ](1: b)[ c]"),
            ("a\n{{ b }}\n\n{% if x %}", "[a\n](2: b)[\n\n]<4: if x>"),
            ("a \n {{- b -}} \n c{{d}}", "[a](2: b)[c](3: d)"),
            ("{{ \"}}\" }}x", "(1: \"}}\")[x]"),
            ("{% assign x = '%}' %}", "<1: assign x = '%}'>"),
            ("{{ a\n\t| b }}{{ c }}", "(1: a | b)(2: c)"),
            ("a{% comment %} {{ {% ' \n {% endcomment %}b{{ c }}", "[ab](2: c)"),
            ("{% raw %}{{ x }}{%- endraw -%}y", "[{{ x }}y]"),
            ("{ { % }", "[{ { % }]"),
        ];
        for (source, wanted) in table {
            assert_eq!(shown(source), wanted, "{source}");
        }
    }

    #[test]
    fn what_is_not_closed_is_reported_at_its_line() {
        let table = [
            ("a\n{{ b", "body, line 2: `{{ b` is not closed"),
            ("\n\n{% if \"a %}", "body, line 3: `{% if \"a %}` is not closed"),
            ("{% raw %}x", "body, line 1: `{% raw %}` is not closed; write `{% endraw %}`"),
            ("{{ a[b[c[d[e[f]]]]] }}", "body, line 1: more than 4 brackets"),
        ];
        for (source, wanted) in table {
            assert!(shown(source).starts_with(wanted), "{source}: {}", shown(source));
        }
    }

    #[test]
    fn sizes_are_limited() {
        assert!(read(&"x".repeat(SOURCE_LIMIT + 1)).is_err());
        assert!(read(&"{{ a }}".repeat(TAG_LIMIT)).is_ok());
        assert!(read(&"{{ a }}".repeat(TAG_LIMIT + 1)).is_err());
    }
}
