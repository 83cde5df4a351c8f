//! `for`, with fuel. A range is counted and never laid out in memory.

use std::io::Write;

use liquid_core::model::{Object, Value, ValueView};
use liquid_core::parser::{BlockElement, BlockReflection, ParseBlock, TagBlock, TagTokenIter, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister, Renderable, Runtime, Template};
use liquid_core::{Error, Expression, Language, Result};

use super::state::{Loop, charge, size_of, state};
use super::tags::{evaluate, reflects};

reflects!(For, "for", "endfor");

#[derive(Debug)]
enum Range {
    Of(Expression),
    Counted(Expression, Expression),
}

#[derive(Debug)]
struct Repeated {
    name: String,
    range: Range,
    limit: Option<Expression>,
    offset: Option<Expression>,
    reversed: bool,
    body: Template,
    otherwise: Option<Template>,
}

impl ParseBlock for For {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name is expected")?.expect_identifier().into_result()?.to_owned();
        let word = arguments.expect_next("`in` is expected")?;
        word.expect_str("in").into_result_custom_msg("`in` is expected")?;
        let range = range(&mut arguments)?;
        let mut repeated = Repeated {
            name,
            range,
            limit: None,
            offset: None,
            reversed: false,
            body: Template::new(Vec::new()),
            otherwise: None,
        };
        repeated.options(&mut arguments)?;
        let mut body = Vec::new();
        while let Some(element) = block.next()? {
            match element {
                BlockElement::Tag(tag) if tag.name() == "else" => {
                    repeated.otherwise = Some(Template::new(block.parse_all(language)?));
                    break;
                }
                element => body.push(element.parse(&mut block, language)?),
            }
        }
        repeated.body = Template::new(body);
        Ok(Box::new(repeated))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn range(arguments: &mut TagTokenIter<'_>) -> Result<Range> {
    match arguments.expect_next("a list or a range is expected")?.expect_value() {
        TryMatchToken::Matches(list) => Ok(Range::Of(list)),
        TryMatchToken::Fails(token) => token.expect_range().into_result().map(|(from, to)| Range::Counted(from, to)),
    }
}

impl Repeated {
    fn options(&mut self, arguments: &mut TagTokenIter<'_>) -> Result<()> {
        while let Some(token) = arguments.next() {
            match token.as_str() {
                "limit" => self.limit = Some(option(arguments)?),
                "offset" => self.offset = Some(option(arguments)?),
                "reversed" => self.reversed = true,
                other => {
                    let message = format!("`{other}` where `limit:`, `offset:` or `reversed` is expected");
                    return Err(Error::with_msg(message));
                }
            }
        }
        Ok(())
    }

    /// What the loop goes through, within `limit` and `offset`.
    fn items(&self, runtime: &dyn Runtime) -> Result<Items> {
        let all = match &self.range {
            Range::Counted(from, to) => {
                Items::Counted(whole(from, runtime).unwrap_or(0), whole(to, runtime).unwrap_or(-1))
            }
            Range::Of(list) => Items::Listed(listed(evaluate(list, runtime).as_view(), runtime)?),
        };
        let at_least_zero = |value: &Option<Expression>| {
            value.as_ref().map(|value| usize::try_from(whole(value, runtime).unwrap_or(0)).unwrap_or(0))
        };
        let offset = at_least_zero(&self.offset).unwrap_or(0);
        Ok(all.part(offset, at_least_zero(&self.limit).unwrap_or(usize::MAX)))
    }
}

fn option(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments.expect_next("`:` is expected")?.expect_str(":").into_result_custom_msg("`:` is expected")?;
    arguments.expect_next("a value is expected")?.expect_value().into_result()
}

fn whole(expression: &Expression, runtime: &dyn Runtime) -> Option<i64> {
    evaluate(expression, runtime).as_scalar().and_then(|scalar| scalar.to_integer())
}

/// The items of a list, or the pairs of an object; a text or a number is one item, nil none.
fn listed(value: &dyn ValueView, runtime: &dyn Runtime) -> Result<Vec<Value>> {
    charge(runtime, size_of(value))?;
    if let Some(array) = value.as_array() {
        return Ok(array.values().map(ValueView::to_value).collect());
    }
    if let Some(object) = value.as_object() {
        let pair = |(key, item): (liquid_core::model::KStringCow<'_>, &dyn ValueView)| {
            Value::array([Value::scalar(key.into_string()), item.to_value()])
        };
        return Ok(object.iter().map(pair).collect());
    }
    Ok(if value.is_scalar() { vec![value.to_value()] } else { Vec::new() })
}

enum Items {
    Counted(i64, i64),
    Listed(Vec<Value>),
}

impl Items {
    fn len(&self) -> usize {
        match self {
            Self::Counted(from, to) if from > to => 0,
            Self::Counted(from, to) => usize::try_from(from.abs_diff(*to).saturating_add(1)).unwrap_or(usize::MAX),
            Self::Listed(items) => items.len(),
        }
    }

    fn part(self, offset: usize, limit: usize) -> Self {
        match self {
            Self::Listed(items) => Self::Listed(items.into_iter().skip(offset).take(limit).collect()),
            Self::Counted(from, to) => {
                let steps = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
                let first = from.saturating_add(steps(offset));
                let last = first.saturating_add(steps(limit)).saturating_sub(1);
                Self::Counted(first, to.min(last))
            }
        }
    }

    fn get(&self, index: usize) -> Value {
        match self {
            Self::Counted(from, _) => Value::scalar(from.saturating_add(i64::try_from(index).unwrap_or(i64::MAX))),
            Self::Listed(items) => items.get(index).cloned().unwrap_or(Value::Nil),
        }
    }
}

impl Renderable for Repeated {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let place = state(runtime).place;
        let items = self.items(runtime)?;
        let length = items.len();
        if length == 0 {
            return self.otherwise.as_ref().map_or(Ok(()), |body| body.render_to(writer, runtime));
        }
        for step in 0..length {
            state(runtime).place = place;
            let item = items.get(if self.reversed { length - 1 - step } else { step });
            charge(runtime, size_of(&item))?;
            let scope = Loop { parent: runtime, name: &self.name, item: &item, forloop: forloop(step, length) };
            self.body.render_to(writer, &scope)?;
            if let Some(Interrupt::Break) = runtime.registers().get_mut::<InterruptRegister>().reset() {
                break;
            }
        }
        Ok(())
    }
}

fn forloop(step: usize, length: usize) -> Value {
    let number = |value: usize| Value::scalar(i64::try_from(value).unwrap_or(i64::MAX));
    let mut object = Object::new();
    object.insert("index".into(), number(step + 1));
    object.insert("index0".into(), number(step));
    object.insert("length".into(), number(length));
    object.insert("rindex".into(), number(length - step));
    object.insert("first".into(), Value::scalar(step == 0));
    object.insert("last".into(), Value::scalar(step + 1 == length));
    Value::Object(object)
}
