//! Where in a webhook's body a value stands: `$.contact.emails[0]`, `$['full name']`.

use serde_json::Value;

/// A place in a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Whether it starts at the whole body (`$$`) rather than at the item of `each` (`$`).
    from_body: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    /// From 0; negative ones count from the end, the last is −1.
    Index(i64),
}

impl Path {
    /// Reads a path; `None` where the text does not begin as one and is a constant. So `$5` is a text.
    pub fn parse(text: &str) -> Option<Result<Path, String>> {
        let rest = text.strip_prefix('$')?;
        let (from_body, rest) = rest.strip_prefix('$').map_or((false, rest), |rest| (true, rest));
        if !(rest.is_empty() || rest.starts_with(['.', '['])) {
            return None;
        }
        Some(
            steps(rest)
                .map(|steps| Path { from_body, steps })
                .ok_or_else(|| format!("`{text}` is no path; write it like $.contact.emails[0] or $['full name']")),
        )
    }

    /// The value at this place; `null` is as absent.
    pub fn find<'v>(&self, item: &'v Value, body: &'v Value) -> Option<&'v Value> {
        let mut value = if self.from_body { body } else { item };
        for step in &self.steps {
            value = match (step, value) {
                (Step::Name(name), Value::Object(members)) => members.get(name)?,
                (Step::Index(index), Value::Array(items)) => {
                    let from_start = if *index < 0 { index + i64::try_from(items.len()).ok()? } else { *index };
                    items.get(usize::try_from(from_start).ok()?)?
                }
                _ => return None,
            };
        }
        Some(value).filter(|value| !value.is_null())
    }
}

fn steps(mut rest: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = match rest.strip_prefix('.') {
            Some(named) => {
                let end = named.find(['.', '[']).unwrap_or(named.len());
                (Step::Name(named[..end].to_owned()), &named[end..])
            }
            None => in_brackets(rest.strip_prefix('[')?)?,
        };
        if step == Step::Name(String::new()) {
            return None;
        }
        steps.push(step);
    }
    Some(steps)
}

/// What stands in brackets, behind the opening one: a number, or a name in quotes.
fn in_brackets(rest: &str) -> Option<(Step, &str)> {
    let quote = rest.chars().next().filter(|first| ['\'', '"'].contains(first));
    if let Some(quote) = quote {
        let (name, rest) = rest[1..].split_once(quote)?;
        return Some((Step::Name(name.to_owned()), rest.strip_prefix(']')?));
    }
    let (index, rest) = rest.split_once(']')?;
    Some((Step::Index(index.trim().parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_values() {
        let body = json!({"a": {"b c": [1, {"d": null, "e.f": "x"}]}, "": 1});
        for (path, value) in [
            ("$", Some(json!("item"))),
            ("$$.a['b c'][0]", Some(json!(1))),
            ("$$.a.b c[-1][\"e.f\"]", Some(json!("x"))),
            ("$$.a.b c[1].d", None),
            ("$$.a.b c[2]", None),
            ("$$.a.b c[-3]", None),
            ("$$.a[0]", None),
            ("$$.x.y", None),
            ("$.a", None),
        ] {
            let found = Path::parse(path).unwrap().unwrap().find(&json!("item"), &body).cloned();
            assert_eq!(found, value, "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_a_constant_or_said() {
        for constant in ["", "x", "$5", "$ x", "$$5", "price: $.a"] {
            assert_eq!(Path::parse(constant), None, "{constant}");
        }
        for wrong in ["$.", "$..a", "$[", "$[x]", "$['a'", "$['a]", "$[0]x", "$['']", "$[99999999999999999999]"] {
            let problem = Path::parse(wrong).unwrap().unwrap_err();
            assert!(problem.contains(wrong) && problem.contains("write it like"), "{problem}");
        }
    }
}
