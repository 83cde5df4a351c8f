//! `if` and `unless`. Liquid's own end the rendering where `contains` meets a missing value; here it is false.

use std::io::Write;

use liquid_core::model::{State as Query, ValueView, ValueViewCmp};
use liquid_core::parser::{BlockElement, BlockReflection, ParseBlock, TagBlock, TagTokenIter};
use liquid_core::runtime::{Renderable, Runtime, Template};
use liquid_core::{Error, Expression, Language, Result};

use super::state::{charge, size_of};
use super::tags::{evaluate, reflects};

reflects!(If, "if", "endif");
reflects!(Unless, "unless", "endunless");

impl ParseBlock for If {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        branches(arguments, block, language, true)
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

impl ParseBlock for Unless {
    fn parse(
        &self,
        arguments: TagTokenIter<'_>,
        block: TagBlock<'_, '_>,
        language: &Language,
    ) -> Result<Box<dyn Renderable>> {
        branches(arguments, block, language, false)
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

#[derive(Debug)]
struct Branches {
    branches: Vec<Branch>,
    otherwise: Option<Template>,
}

#[derive(Debug)]
struct Branch {
    condition: Condition,
    /// What the condition has to be.
    when: bool,
    body: Template,
}

fn branches(
    arguments: TagTokenIter<'_>,
    mut block: TagBlock<'_, '_>,
    language: &Language,
    when: bool,
) -> Result<Box<dyn Renderable>> {
    let mut parsed = Branches { branches: Vec::new(), otherwise: None };
    let (mut condition, mut when) = (condition(arguments)?, when);
    let mut body = Vec::new();
    while let Some(element) = block.next()? {
        match element {
            BlockElement::Tag(tag) if tag.name() == "elsif" => {
                let next = self::condition(tag.into_tokens())?;
                let done = Template::new(std::mem::take(&mut body));
                parsed.branches.push(Branch { condition: std::mem::replace(&mut condition, next), when, body: done });
                when = true;
            }
            BlockElement::Tag(tag) if tag.name() == "else" => {
                parsed.otherwise = Some(Template::new(block.parse_all(language)?));
                break;
            }
            element => body.push(element.parse(&mut block, language)?),
        }
    }
    parsed.branches.push(Branch { condition, when, body: Template::new(body) });
    Ok(Box::new(parsed))
}

impl Renderable for Branches {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        for branch in &self.branches {
            if branch.condition.holds(runtime)? == branch.when {
                return branch.body.render_to(writer, runtime);
            }
        }
        self.otherwise.as_ref().map_or(Ok(()), |body| body.render_to(writer, runtime))
    }
}

/// Comparisons joined by `or`, each of which is a list joined by `and`.
#[derive(Debug)]
struct Condition(Vec<Vec<Comparison>>);

#[derive(Debug)]
struct Comparison {
    left: Expression,
    right: Option<(Operator, Expression)>,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
}

impl Operator {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "==" => Self::Equal,
            "!=" | "<>" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            "contains" => Self::Contains,
            _ => return None,
        })
    }
}

fn condition(mut arguments: TagTokenIter<'_>) -> Result<Condition> {
    let mut any = vec![Vec::new()];
    let mut left = value(&mut arguments)?;
    loop {
        let mut right = None;
        let mut token = arguments.next();
        if let Some(operator) = token.as_ref().and_then(|token| Operator::of(token.as_str())) {
            right = Some((operator, value(&mut arguments)?));
            token = arguments.next();
        }
        if let Some(all) = any.last_mut() {
            all.push(Comparison { left, right });
        }
        match token {
            None => return Ok(Condition(any)),
            Some(token) if token.as_str() == "and" => {}
            Some(token) if token.as_str() == "or" => any.push(Vec::new()),
            Some(token) => {
                let message = format!("`{}` where `==`, `contains`, `and` or `or` is expected", token.as_str());
                return Err(Error::with_msg(message));
            }
        }
        left = value(&mut arguments)?;
    }
}

fn value(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments.expect_next("a value is expected")?.expect_value().into_result()
}

impl Condition {
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        for all in &self.0 {
            let mut holds = true;
            for comparison in all {
                holds = holds && comparison.holds(runtime)?;
            }
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Comparison {
    fn holds(&self, runtime: &dyn Runtime) -> Result<bool> {
        let left = evaluate(&self.left, runtime);
        let Some((operator, right)) = &self.right else {
            charge(runtime, 0)?;
            return Ok(left.query_state(Query::Truthy));
        };
        let right = evaluate(right, runtime);
        charge(runtime, size_of(left.as_view()).saturating_add(size_of(right.as_view())))?;
        let (a, b) = (ValueViewCmp::new(left.as_view()), ValueViewCmp::new(right.as_view()));
        Ok(match operator {
            Operator::Equal => a == b,
            Operator::Unequal => a != b,
            Operator::Less => a < b,
            Operator::AtMost => a <= b,
            Operator::Greater => a > b,
            Operator::AtLeast => a >= b,
            Operator::Contains => contains(left.as_view(), right.as_view()),
        })
    }
}

fn contains(whole: &dyn ValueView, part: &dyn ValueView) -> bool {
    if let Some(items) = whole.as_array() {
        return items.values().any(|item| ValueViewCmp::new(item) == ValueViewCmp::new(part));
    }
    if let Some(object) = whole.as_object() {
        return part.is_scalar() && object.contains_key(part.to_kstr().as_str());
    }
    whole.is_scalar() && part.is_scalar() && whole.to_kstr().contains(part.to_kstr().as_str())
}
