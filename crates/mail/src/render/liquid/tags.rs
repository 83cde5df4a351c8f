//! Tags that stand for parts of a program: text, outputs, places, links, conditions and topics; and `assign`, `capture`.

use std::io::Write;

use liquid_core::model::{KString, ValueView as _};
use liquid_core::parser::{
    BlockReflection, FilterChain, ParseBlock, ParseTag, TagBlock, TagReflection, TagTokenIter, TryMatchToken,
};
use liquid_core::runtime::{Renderable, Runtime, Template};
use liquid_core::{Error, Expression, Language, Result};

use super::escape::Escape;
use super::state::{charge, fail, size_of, state, text_of, write};

/// U+0001, the number of a link and U+0002 come before a URL in what a program writes, and U+0003 behind it. Neither
/// texts nor values contain these characters.
pub(crate) const LINK_STARTS: char = '\u{1}';
pub(crate) const LINK_NUMBER_ENDS: char = '\u{2}';
pub(crate) const LINK_ENDS: char = '\u{3}';

macro_rules! reflects {
    ($name:ident, $tag:literal) => {
        #[derive(Clone)]
        pub(crate) struct $name;
        impl TagReflection for $name {
            fn tag(&self) -> &str {
                $tag
            }
            fn description(&self) -> &str {
                ""
            }
        }
    };
    ($name:ident, $start:literal, $end:literal) => {
        #[derive(Clone)]
        pub(crate) struct $name;
        impl BlockReflection for $name {
            fn start_tag(&self) -> &str {
                $start
            }
            fn end_tag(&self) -> &str {
                $end
            }
            fn description(&self) -> &str {
                ""
            }
        }
    };
}
pub(crate) use reflects;

reflects!(Chunk, "t");
reflects!(At, "p");
reflects!(Output, "o");
reflects!(Assign, "assign");
reflects!(Capture, "capture", "endcapture");
reflects!(Link, "l", "endl");
reflects!(Show, "s", "ends");
reflects!(Topic, "k", "endk");

/// The number that our own tags have as their first argument.
fn number(arguments: &mut TagTokenIter<'_>) -> Result<usize> {
    let literal = arguments.expect_next("a number is expected")?.expect_literal().into_result()?;
    let number = literal.as_scalar().and_then(|scalar| scalar.to_integer());
    number.and_then(|number| usize::try_from(number).ok()).ok_or_else(|| Error::with_msg("a number is expected"))
}

impl ParseTag for Chunk {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(ChunkAt(number(&mut arguments)?)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

/// Text that is the same in every copy.
#[derive(Debug)]
struct ChunkAt(usize);

impl Renderable for ChunkAt {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let tables = state(runtime).tables.clone();
        tables.chunks.get(self.0).map_or(Ok(()), |chunk| write(writer, runtime, chunk))
    }
}

impl ParseTag for At {
    fn parse(&self, mut arguments: TagTokenIter<'_>, _: &Language) -> Result<Box<dyn Renderable>> {
        Ok(Box::new(PlaceAt(number(&mut arguments)?)))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

/// Says where the next tag was written, for errors.
#[derive(Debug)]
struct PlaceAt(usize);

impl Renderable for PlaceAt {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        state(runtime).place = self.0;
        Ok(())
    }
}

impl ParseTag for Output {
    fn parse(&self, mut arguments: TagTokenIter<'_>, language: &Language) -> Result<Box<dyn Renderable>> {
        let index = number(&mut arguments)?;
        let chain = chain(&mut arguments, language)?;
        arguments.expect_nothing()?;
        Ok(Box::new(Written { index, chain }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

fn chain(arguments: &mut TagTokenIter<'_>, language: &Language) -> Result<FilterChain> {
    let token = arguments.expect_next("a value is expected")?;
    match token.expect_filter_chain(language) {
        TryMatchToken::Matches(chain) => Ok(chain),
        TryMatchToken::Fails(token) => Err(token.raise_error()),
    }
}

/// A value, written as its place demands.
#[derive(Debug)]
struct Written {
    index: usize,
    chain: FilterChain,
}

impl Renderable for Written {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let escape = {
            let mut state = state(runtime);
            let (escape, place) = state.tables.outputs.get(self.index).copied().unwrap_or((Escape::Html, 0));
            state.place = place;
            state.in_url = escape == Escape::UrlPart;
            if state.captures > 0 { Escape::Text } else { escape }
        };
        let value = self.chain.evaluate(runtime)?;
        charge(runtime, size_of(value.as_view()))?;
        let mut out = String::new();
        escape.write(&text_of(value.as_view()), &mut out);
        write(writer, runtime, &out)
    }
}

impl ParseTag for Assign {
    fn parse(&self, mut arguments: TagTokenIter<'_>, language: &Language) -> Result<Box<dyn Renderable>> {
        let name = name(&mut arguments)?;
        let equals = arguments.expect_next("`=` is expected")?;
        equals.expect_str("=").into_result_custom_msg("`=` is expected")?;
        let chain = chain(&mut arguments, language)?;
        arguments.expect_nothing()?;
        Ok(Box::new(Assigned { name, chain }))
    }

    fn reflection(&self) -> &dyn TagReflection {
        self
    }
}

fn name(arguments: &mut TagTokenIter<'_>) -> Result<KString> {
    let name = arguments.expect_next("a name is expected")?.expect_identifier().into_result()?;
    Ok(KString::from_ref(name))
}

#[derive(Debug)]
struct Assigned {
    name: KString,
    chain: FilterChain,
}

impl Renderable for Assigned {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        state(runtime).in_url = false;
        let value = self.chain.evaluate(runtime)?.into_owned();
        charge(runtime, size_of(&value))?;
        runtime.set_global(self.name.clone(), value);
        Ok(())
    }
}

impl ParseBlock for Capture {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = name(&mut arguments)?;
        arguments.expect_nothing()?;
        let body = Template::new(block.parse_all(language)?);
        Ok(Box::new(Captured { name, body }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct Captured {
    name: KString,
    body: Template,
}

impl Renderable for Captured {
    fn render_to(&self, _: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        state(runtime).captures += 1;
        let mut captured = Vec::new();
        let rendered = self.body.render_to(&mut captured, runtime);
        state(runtime).captures -= 1;
        rendered?;
        let text = String::from_utf8(captured).map_err(|why| fail(runtime, why.to_string()))?;
        runtime.set_global(self.name.clone(), liquid_core::model::Value::scalar(text));
        Ok(())
    }
}

impl ParseBlock for Link {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let index = number(&mut arguments)?;
        Ok(Box::new(LinkTo { index, url: Template::new(block.parse_all(language)?) }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

/// A URL, between marks by which it is found when the text is complete.
#[derive(Debug)]
struct LinkTo {
    index: usize,
    url: Template,
}

impl Renderable for LinkTo {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        write(writer, runtime, &format!("{LINK_STARTS}{}{LINK_NUMBER_ENDS}", self.index))?;
        self.url.render_to(writer, runtime)?;
        write(writer, runtime, LINK_ENDS.encode_utf8(&mut [0; 4]))
    }
}

impl ParseBlock for Show {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let index = number(&mut arguments)?;
        Ok(Box::new(Shown { index, by_topic: false, body: Template::new(block.parse_all(language)?) }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

impl ParseBlock for Topic {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let index = number(&mut arguments)?;
        Ok(Box::new(Shown { index, by_topic: true, body: Template::new(block.parse_all(language)?) }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

/// A block that is shown if its condition holds, or unless its topic is left out.
#[derive(Debug)]
struct Shown {
    index: usize,
    by_topic: bool,
    body: Template,
}

impl Renderable for Shown {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let shows = {
            let state = state(runtime);
            match self.by_topic {
                true => !state.left_out.get(self.index).copied().unwrap_or(false),
                false => state.shown.get(self.index).copied().unwrap_or(true),
            }
        };
        if shows { self.body.render_to(writer, runtime) } else { Ok(()) }
    }
}

/// A value as an expression gives it; what is missing is nil.
pub(crate) fn evaluate<'r>(expression: &'r Expression, runtime: &'r dyn Runtime) -> liquid_core::model::ValueCow<'r> {
    expression.try_evaluate(runtime).unwrap_or(liquid_core::model::ValueCow::Owned(liquid_core::model::Value::Nil))
}
