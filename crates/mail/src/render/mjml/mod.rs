//! MJML to HTML. Liquid is hidden before and found again behind (see `tokens`); what the compiler would drop or refuse is
//! carried through or reported here.

mod head;
mod images;
mod walk;

use mrml::prelude::parser::{Error as ParseError, ParserOptions};
use mrml::prelude::render::RenderOptions;

use super::problem::{Place, Problem, line_at};
use super::tokens::{Token, Tokens};
use super::{Language, tokens};
pub(super) use head::{Additions, address_line, footer};

/// Compiles MJML whose Liquid is hidden. `source` is in the author's lines.
pub(super) fn compile(
    source: &str,
    tokens: &mut Tokens,
    additions: &Additions<'_>,
    place: &Place,
) -> Result<String, Vec<Problem>> {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let walked = walk::walk(&source, tokens, additions, place)?;
    let options = ParserOptions::default();
    let parsed = mrml::parse_with_options(&walked.mjml, &options).map_err(|error| {
        vec![Problem::new(place.at(line_of(&error, &walked.mjml)), explained(&error, &walked.mjml))]
    })?;
    // A font of a stranger's server would tell that server who reads the mail.
    let options = RenderOptions { fonts: Default::default(), ..RenderOptions::default() };
    let html = parsed.element.render(&options);
    let html = html
        .map(|html| images::in_shape(&html))
        .map_err(|error| vec![Problem::new(place.clone(), format!("the MJML cannot be compiled: {error}"))])?;
    let mut may_go = walked.dropped;
    // The footer is ours: a body that has no place for it is told nothing about its tags.
    may_go.extend(tokens::numbers(&additions.footer));
    let lost = lost(&html, tokens, &may_go);
    if lost.is_empty() { Ok(html) } else { Err(lost) }
}

/// Tags that the compiler dropped: a condition must not be ignored in silence.
fn lost(html: &str, tokens: &Tokens, may_go: &std::collections::BTreeSet<usize>) -> Vec<Problem> {
    let mut seen = vec![false; tokens.iter().count()];
    for index in tokens::numbers(html) {
        if let Some(seen) = seen.get_mut(index) {
            *seen = true;
        }
    }
    let is_lost = |(index, token): &(usize, &Token)| token.is_flow() && !seen[*index] && !may_go.contains(index);
    let lost = tokens.iter().enumerate().filter(is_lost);
    lost.filter_map(|(_, token)| {
        let place = token.place()?.clone();
        Some(Problem::new(
            place,
            "MJML leaves this tag out here; put it between two elements or into the text of an element",
        ))
    })
    .collect()
}

fn position(error: &ParseError) -> Option<std::ops::Range<usize>> {
    match error {
        ParseError::UnexpectedElement { position, .. }
        | ParseError::UnexpectedToken { position, .. }
        | ParseError::MissingAttribute { position, .. }
        | ParseError::InvalidAttribute { position, .. }
        | ParseError::InvalidFormat { position, .. }
        | ParseError::IncludeLoaderError { position, .. } => Some(position.start..position.end),
        _ => None,
    }
}

fn line_of(error: &ParseError, mjml: &str) -> u32 {
    position(error).map_or(1, |range| line_at(mjml, range.start))
}

fn explained(error: &ParseError, mjml: &str) -> String {
    let found = position(error).and_then(|range| mjml.get(range)).unwrap_or_default();
    let found: String = found.chars().take(60).filter(|c| !tokens::has_tokens(&c.to_string())).collect();
    match error {
        ParseError::UnexpectedElement { .. } => {
            format!(
                "`{found}` is not an MJML element that may be here; text belongs into `mj-text`, HTML into `mj-raw`"
            )
        }
        ParseError::UnexpectedToken { .. } => {
            format!("`{found}` may not be here; text belongs into `mj-text`, and each element needs its end tag")
        }
        ParseError::MissingAttribute { name, .. } => format!("`{found}` needs the attribute `{name}`"),
        ParseError::EndOfStream { .. } => {
            "the MJML ends before all elements are closed; write `</mjml>` at the end".into()
        }
        ParseError::NoRootNode => "the body is not MJML; it begins with `<mjml>` and has an `<mj-body>`".into(),
        other => format!("the MJML cannot be read: {other}"),
    }
}

/// The attributes of `<mjml>` for a language.
fn language_attributes(language: &Language) -> String {
    let direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
    format!(" lang=\"{}\" dir=\"{direction}\"", language.tag())
}
