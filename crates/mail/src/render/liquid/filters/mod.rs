//! The filters of e-mails. All are ours: each says what it costs before it makes a text larger.

mod dates;
mod lists;
mod numbers;
mod texts;

use std::fmt;

use liquid_core::model::{Value, ValueView};
use liquid_core::parser::{
    Filter as LiquidFilter, FilterArguments, FilterReflection, ParameterReflection, ParseFilter,
};
use liquid_core::{Error, Expression, Result, Runtime};

use super::state::{Locale, State, charge, fail, size_of, state};
use super::tags::evaluate;

/// A filter: its name, how many arguments it takes, and what it does.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) name: &'static str,
    least: usize,
    most: usize,
    run: fn(&Call<'_>) -> std::result::Result<Value, String>,
}

const fn filter(
    name: &'static str,
    least: usize,
    most: usize,
    run: fn(&Call<'_>) -> std::result::Result<Value, String>,
) -> Filter {
    Filter { name, least, most, run }
}

/// All filters but `attractor`, which is read when an e-mail is compiled.
pub(crate) static FILTERS: &[Filter] = &[
    filter("abs", 0, 0, numbers::abs),
    filter("append", 1, 1, texts::append),
    filter("at_least", 1, 1, numbers::at_least),
    filter("at_most", 1, 1, numbers::at_most),
    filter("capitalize", 0, 0, texts::capitalize),
    filter("ceil", 0, 0, numbers::ceil),
    filter("date", 0, 1, dates::date),
    filter("default", 1, 1, texts::default),
    filter("divided_by", 1, 1, numbers::divided_by),
    filter("downcase", 0, 0, texts::downcase),
    filter("escape", 0, 0, texts::unchanged),
    filter("escape_once", 0, 0, texts::unchanged),
    filter("first", 0, 0, lists::first),
    filter("floor", 0, 0, numbers::floor),
    filter("join", 0, 1, lists::join),
    filter("last", 0, 0, lists::last),
    filter("lstrip", 0, 0, texts::lstrip),
    filter("minus", 1, 1, numbers::minus),
    filter("modulo", 1, 1, numbers::modulo),
    filter("money", 1, 2, numbers::money),
    filter("number", 0, 1, numbers::number),
    filter("plus", 1, 1, numbers::plus),
    filter("prepend", 1, 1, texts::prepend),
    filter("remove", 1, 1, texts::remove),
    filter("remove_first", 1, 1, texts::remove_first),
    filter("replace", 1, 2, texts::replace),
    filter("replace_first", 1, 2, texts::replace_first),
    filter("reverse", 0, 0, lists::reverse),
    filter("round", 0, 1, numbers::round),
    filter("rstrip", 0, 0, texts::rstrip),
    filter("size", 0, 0, lists::size),
    filter("slice", 1, 2, texts::slice),
    filter("sort", 0, 0, lists::sort),
    filter("split", 1, 1, lists::split),
    filter("strip", 0, 0, texts::strip),
    filter("strip_newlines", 0, 0, texts::strip_newlines),
    filter("times", 1, 1, numbers::times),
    filter("truncate", 0, 2, texts::truncate),
    filter("truncatewords", 0, 2, texts::truncatewords),
    filter("uniq", 0, 0, lists::uniq),
    filter("upcase", 0, 0, texts::upcase),
    filter("url_encode", 0, 0, texts::url_encode),
];

/// Whether a filter exists; if not, what was probably meant.
pub(crate) fn known(name: &str) -> std::result::Result<(), String> {
    if FILTERS.iter().any(|filter| filter.name == name) {
        return Ok(());
    }
    if name == "attractor" {
        return Err("`attractor` belongs into the `href` of a link, as its last filter".into());
    }
    let near = |filter: &&Filter| {
        let (a, b) = (filter.name, name);
        a.starts_with(b) || b.starts_with(a) || distance(a.as_bytes(), b.as_bytes()) <= 2
    };
    let hint = FILTERS.iter().filter(near).min_by_key(|filter| distance(filter.name.as_bytes(), name.as_bytes()));
    Err(match hint {
        Some(filter) => format!("`{name}` is not a filter; did you mean `{}`?", filter.name),
        None => {
            let names: Vec<&str> = FILTERS.iter().map(|filter| filter.name).collect();
            format!("`{name}` is not a filter; the filters are {}", names.join(", "))
        }
    })
}

/// How many letters to change, add or remove (Levenshtein), for names of at most 20 letters.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len().max(b.len()) > 20 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (corner + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}

/// One use of a filter while a text is made.
pub(super) struct Call<'a> {
    input: &'a dyn ValueView,
    arguments: Vec<Value>,
    locale: Locale,
    in_url: bool,
    runtime: &'a dyn Runtime,
}

impl Call<'_> {
    fn text(&self) -> String {
        super::state::text_of(self.input)
    }

    fn argument(&self, index: usize) -> Option<String> {
        self.arguments.get(index).map(|value| super::state::text_of(value))
    }

    fn integer(&self, index: usize) -> Option<i64> {
        self.arguments.get(index).and_then(|value| value.as_scalar()).and_then(|scalar| scalar.to_integer())
    }

    /// Uses fuel before something of this size is made.
    fn charge(&self, bytes: usize) -> std::result::Result<(), String> {
        state(self.runtime).charge(bytes)
    }
}

fn text(text: impl Into<String>) -> std::result::Result<Value, String> {
    Ok(Value::scalar(text.into()))
}

/// A filter as `liquid-core` finds it by name.
#[derive(Clone)]
pub(crate) struct Parsed(pub(crate) &'static Filter);

impl FilterReflection for Parsed {
    fn name(&self) -> &str {
        self.0.name
    }

    fn description(&self) -> &str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Parsed {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn LiquidFilter>> {
        let Filter { name, least, most, .. } = self.0;
        let positional: Vec<Expression> = arguments.positional.collect();
        if let Some((key, _)) = arguments.keyword.next() {
            return Err(Error::with_msg(format!("`{name}` has no option `{key}`")));
        }
        if positional.len() < *least || positional.len() > *most {
            let many = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let noun = if *most == 1 && least == most { "argument" } else { "arguments" };
            return Err(Error::with_msg(format!("`{name}` takes {many} {noun}, not {}", positional.len())));
        }
        Ok(Box::new(Applied { filter: self.0, arguments: positional }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

#[derive(Debug)]
struct Applied {
    filter: &'static Filter,
    arguments: Vec<Expression>,
}

impl fmt::Display for Applied {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.filter.name)
    }
}

impl LiquidFilter for Applied {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let arguments = self.arguments.iter().map(|argument| evaluate(argument, runtime).into_owned()).collect();
        charge(runtime, size_of(input))?;
        let (locale, in_url) = {
            let State { locale, in_url, .. } = &*state(runtime);
            (locale.clone(), *in_url)
        };
        let call = Call { input, arguments, locale, in_url, runtime };
        let made = (self.filter.run)(&call).map_err(|why| fail(runtime, why))?;
        charge(runtime, size_of(&made))?;
        Ok(made)
    }
}
