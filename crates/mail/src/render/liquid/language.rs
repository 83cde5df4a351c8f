//! The Liquid of e-mails: its tags and filters, ours where Liquid's could grow without end.

use std::sync::LazyLock;

use liquid_core::Language;
use liquid_core::parser::{ParseBlock, ParseTag};
use liquid_lib::stdlib;

use super::filters::{self, FILTERS};
use super::{conditions, loops, tags};

/// Everything that a program may use, our own tags included.
pub(crate) static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let mut language = Language::empty();
    for filter in FILTERS {
        language.filters.register(filter.name.into(), Box::new(filters::Parsed(filter)));
    }
    let own: [Box<dyn ParseTag>; 6] = [
        Box::new(tags::Chunk),
        Box::new(tags::At),
        Box::new(tags::Output),
        Box::new(tags::Assign),
        Box::new(stdlib::BreakTag),
        Box::new(stdlib::ContinueTag),
    ];
    for tag in own {
        language.tags.register(tag.reflection().tag().into(), tag);
    }
    let blocks: [Box<dyn ParseBlock>; 8] = [
        Box::new(conditions::If),
        Box::new(conditions::Unless),
        Box::new(stdlib::CaseBlock),
        Box::new(loops::For),
        Box::new(tags::Capture),
        Box::new(tags::Link),
        Box::new(tags::Show),
        Box::new(tags::Topic),
    ];
    for block in blocks {
        language.blocks.register(block.reflection().start_tag().into(), block);
    }
    language
});

/// Digits of a whole number; the parser of expressions ends the process on a number that has no 64 bits.
const DIGIT_LIMIT: usize = 18;

/// Whether the expression of an output can be read; if not, why.
pub(crate) fn check_output(expression: &str) -> Result<(), String> {
    check_tag(expression, &format!("{{{{{expression}}}}}"))
}

/// Whether a whole tag can be read, whose expression is `rest`; if not, why.
pub(crate) fn check_tag(rest: &str, whole: &str) -> Result<(), String> {
    let bare = without_quotes(rest);
    if bare.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > DIGIT_LIMIT) {
        return Err(format!("a number has more than {DIGIT_LIMIT} digits"));
    }
    for name in filter_names(&bare) {
        filters::known(name)?;
    }
    liquid_core::parser::parse(whole, &LANGUAGE).map(|_| ()).map_err(|error| reason(&error))
}

/// The part of the parser's message that is about the mistake and not about its own text.
fn reason(error: &liquid_core::Error) -> String {
    let text = error.to_string();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("= "));
    let line = line.or_else(|| text.lines().next()).unwrap_or_default().trim_start_matches("liquid: ").trim();
    let plain = line
        .replace("FilterChain", "value")
        .replace("DoubleCharSymbol", "operator")
        .replace("SingleCharSymbol", "sign");
    if plain.is_empty() { "a value is expected".into() } else { plain }
}

/// The text with everything in quotes replaced by blanks.
pub(crate) fn without_quotes(text: &str) -> String {
    let mut quote = None;
    let bare = |c: char| match quote {
        Some(open) => {
            if c == open {
                quote = None;
            }
            '_'
        }
        None if c == '"' || c == '\'' => {
            quote = Some(c);
            '_'
        }
        None => c,
    };
    text.chars().map(bare).collect()
}

/// The names behind `|`, in a text without quotes.
fn filter_names(bare: &str) -> impl Iterator<Item = &str> {
    let name = |part: &'_ str| -> usize {
        let part = part.trim_start();
        part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len())
    };
    bare.split('|').skip(1).map(move |part| &part.trim_start()[..name(part)]).filter(|name| !name.is_empty())
}
