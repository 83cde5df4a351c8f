//! Liquid, sandboxed: a program of texts, outputs and tags that ends, within limits, and names the line where it does not.

mod conditions;
pub(super) mod escape;
mod filters;
mod language;
pub(super) mod lexer;
mod loops;
pub(super) mod state;
pub(super) mod structure;
mod tags;

use std::fmt::Write as _;
use std::sync::Arc;

use liquid_core::model::Object;
use liquid_core::runtime::{Renderable, Template};

use super::problem::{Part, Place, Problem};
use escape::Escape;
use language::LANGUAGE;
use state::{FUEL, Locale, Scope, State, Tables};
pub(super) use tags::{LINK_ENDS, LINK_NUMBER_ENDS, LINK_STARTS};

/// A part of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that is written as it is.
    Text(String),
    /// An expression, written as its place demands.
    Output {
        expression: String,
        escape: Escape,
        place: Place,
    },
    /// A tag of the author.
    Tag {
        name: String,
        rest: String,
        place: Place,
    },
    /// A URL begins; its number is among the e-mail's links.
    Link(usize),
    EndLink,
    /// A block that is shown if its condition holds.
    Show(usize),
    EndShow,
    /// A block that is left out with its topic.
    Topic(usize),
    EndTopic,
}

/// A text, ready to be made for one lead after the other.
#[derive(Debug)]
pub(super) struct Program {
    tables: Arc<Tables>,
    template: Template,
}

/// What a rendering needs beside the values.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) locale: Locale,
    pub(super) shown: Vec<bool>,
    pub(super) left_out: Vec<bool>,
}

impl Program {
    /// Compiles pieces whose tags were checked. `fallback` is the place for problems that have none of their own.
    pub(super) fn compile(pieces: &[Piece], fallback: &Place) -> Result<Self, Problem> {
        let mut writer = Writer { source: String::new(), tables: Tables::default() };
        writer.tables.places.push(fallback.clone());
        for (index, piece) in pieces.iter().enumerate() {
            writer.piece(piece, index.checked_sub(1).and_then(|before| pieces.get(before)))?;
        }
        let parsed = liquid_core::parser::parse(&writer.source, &LANGUAGE);
        let elements = parsed.map_err(|error| Problem::new(fallback.clone(), message(&error)))?;
        Ok(Self { tables: Arc::new(writer.tables), template: Template::new(elements) })
    }

    /// A program of one text, such as a subject.
    pub(super) fn of_text(source: &str, part: Part, escape: Escape) -> Result<Self, Vec<Problem>> {
        let place = Place::new(part, "", 1);
        let lexemes = lexer::lex(source, &place).map_err(|problem| vec![problem])?;
        let problems = structure::check(&lexemes, &place);
        if !problems.is_empty() {
            return Err(problems);
        }
        let pieces: Vec<Piece> = lexemes
            .into_iter()
            .map(|lexeme| match lexeme {
                lexer::Lexeme::Text(text) => Piece::Text(text),
                lexer::Lexeme::Output { expression, line } => {
                    Piece::Output { expression, escape, place: place.at(line) }
                }
                lexer::Lexeme::Tag { name, rest, line } => Piece::Tag { name, rest, place: place.at(line) },
            })
            .collect();
        Self::compile(&pieces, &place).map_err(|problem| vec![problem])
    }

    /// Makes the text.
    pub(super) fn render(&self, values: &Object, frame: &Frame) -> Result<String, Problem> {
        let state = State {
            tables: self.tables.clone(),
            fuel: FUEL,
            shown: frame.shown.clone(),
            left_out: frame.left_out.clone(),
            locale: frame.locale.clone(),
            ..State::default()
        };
        let scope = Scope::new(values, state);
        let mut out = Vec::with_capacity(self.tables.chunks.iter().map(String::len).sum::<usize>() + 1024);
        let rendered = self.template.render_to(&mut out, &scope);
        rendered.map_err(|error| {
            let state = state::state(&scope);
            let place = self.tables.places[state.place.min(self.tables.places.len() - 1)].clone();
            Problem::new(place, state.wrong.clone().unwrap_or_else(|| message(&error)))
        })?;
        Ok(String::from_utf8(out).unwrap_or_default())
    }
}

/// Writes a program as Liquid, in which only tags remain: texts are chunks, named by number. So the parser reads little, and
/// nothing in a text can be taken for Liquid.
struct Writer {
    source: String,
    tables: Tables,
}

impl Writer {
    fn piece(&mut self, piece: &Piece, before: Option<&Piece>) -> Result<(), Problem> {
        match piece {
            Piece::Text(text) => return self.text(text, before),
            Piece::Output { expression, escape, place } => {
                let place = self.place(place);
                self.tables.outputs.push((*escape, place));
                let index = self.tables.outputs.len() - 1;
                self.push(format_args!("{{%o {index} {expression}%}}"));
            }
            Piece::Tag { name, rest, place } => self.tag(name, rest, place),
            Piece::Link(index) => self.push(format_args!("{{%l {index}%}}")),
            Piece::EndLink => self.push(format_args!("{{%endl%}}")),
            Piece::Show(index) => self.push(format_args!("{{%s {index}%}}")),
            Piece::EndShow => self.push(format_args!("{{%ends%}}")),
            Piece::Topic(index) => self.push(format_args!("{{%k {index}%}}")),
            Piece::EndTopic => self.push(format_args!("{{%endk%}}")),
        }
        Ok(())
    }

    fn push(&mut self, tag: std::fmt::Arguments<'_>) {
        // Writing to a text does not fail.
        let _ = self.source.write_fmt(tag);
    }

    /// Between `case` and its first `when`, text belongs to no branch.
    fn text(&mut self, text: &str, before: Option<&Piece>) -> Result<(), Problem> {
        if let Some(Piece::Tag { name, place, .. }) = before
            && name == "case"
        {
            return match text.trim().is_empty() {
                true => Ok(()),
                false => {
                    Err(Problem::new(place.clone(), "between `case` and `when` is text, which would never be shown"))
                }
            };
        }
        self.tables.chunks.push(text.to_owned());
        let index = self.tables.chunks.len() - 1;
        self.push(format_args!("{{%t {index}%}}"));
        Ok(())
    }

    fn tag(&mut self, name: &str, rest: &str, place: &Place) {
        if matches!(structure::shape(name), Some(structure::Shape::Opens | structure::Shape::Single)) {
            let place = self.place(place);
            self.push(format_args!("{{%p {place}%}}"));
        }
        self.push(format_args!("{{%{name} {rest}%}}"));
    }

    fn place(&mut self, place: &Place) -> usize {
        if self.tables.places.last() != Some(place) {
            self.tables.places.push(place.clone());
        }
        self.tables.places.len() - 1
    }
}

fn message(error: &liquid_core::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("liquid: ").to_owned()
}

#[cfg(test)]
mod tests;
