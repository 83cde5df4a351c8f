//! What is wrong with the conditions of a playbook, by the contract's table of forms.

use super::date::{self, Period};
use super::instant::duration;
use super::operators::{NAMES, number};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// Each form by the key that names it, and what else may be written in it; `OP` stands for the operators.
const FORMS: [(&str, &str); 14] = [
    ("all", ""),
    ("any", ""),
    ("not", ""),
    ("attribute", "OP"),
    ("event", "which where within older after before distinct count sum average"),
    ("date", "in_last in_next older passed after before during every_year"),
    ("consent", "subscription topic to"),
    ("inactive", "events"),
    ("score", "OP"),
    ("stage", "is at_least for"),
    ("segment", "for"),
    ("interest", "primary OP"),
    ("deal", ""),
    ("rate", "over min_sent OP"),
];
/// Operators on numbers.
const NUMERIC: [&str; 8] = ["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte"];
const DURATIONS: [&str; 7] = ["within", "older", "in_last", "in_next", "for", "over", "inactive"];

type Object = Map<String, Value>;

/// Everything that is wrong with a playbook's conditions; each problem quotes its condition.
pub fn problems(zone: &TimeZone, playbook: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for condition in conditions(playbook) {
        if let Some(why) = problem(zone, playbook, condition) {
            found.push(format!("{condition}: {why}"));
        }
    }
    found
}

/// All conditions that a playbook writes, those within others too.
fn conditions(playbook: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for part in ["scores", "ladders", "segments", "sequences"] {
        collect(&playbook[part], &mut found);
    }
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, found)),
        Value::Object(object) => {
            for (key, inner) in object {
                let is_condition = match key.as_str() {
                    "if" | "enter" | "leave" | "enroll" | "while" | "goal" | "until" | "not" => inner.is_object(),
                    _ => false,
                };
                match inner.as_array() {
                    Some(parts) if matches!(key.as_str(), "all" | "any") => found.extend(parts),
                    _ if is_condition => found.push(inner),
                    _ => {}
                }
                if !matches!(key.as_str(), "where" | "count" | "sum" | "average" | "limit" | "decay") {
                    collect(inner, found);
                }
            }
        }
        _ => {}
    }
}

fn problem(zone: &TimeZone, playbook: &Value, condition: &Value) -> Option<String> {
    let Some(object) = condition.as_object() else { return Some("a condition is an object".into()) };
    if object.contains_key("sample") {
        let known =
            object.len() == 2 && object.get("seed").and_then(Value::as_str).is_some_and(|seed| !seed.is_empty());
        return (!known).then(|| "`sample` goes with a `seed`".into());
    }
    let Some((form, others)) = FORMS.iter().find(|(form, _)| object.contains_key(*form)) else {
        return Some("none of the forms".into());
    };
    let operators: Vec<&String> = object.keys().filter(|key| NAMES.contains(&key.as_str())).collect();
    let takes_operators = others.ends_with("OP");
    let unknown = object.keys().find(|key| {
        let is_operator = takes_operators && NAMES.contains(&key.as_str());
        key != form && !is_operator && !others.split(' ').any(|other| other == *key)
    });
    if let Some(key) = unknown {
        return Some(format!("`{key}` does not belong to `{form}`"));
    }
    if takes_operators && operators.is_empty() != object.contains_key("primary") {
        return Some("at least one operator, or `primary` without one".into());
    }
    let empty = DURATIONS.iter().find(|key| {
        let written = object.get(**key);
        written.is_some_and(|length| length.as_str().is_none_or(|text| duration(text) <= 0))
    });
    if let Some(key) = empty {
        return Some(format!("`{key}` is a duration greater than zero"));
    }
    let not_a_date = |key: &&str| object.get(*key).is_some_and(|written| date::read(zone, written).is_none());
    if let Some(key) = ["after", "before"].iter().find(|key| not_a_date(key)) {
        return Some(format!("`{key}` is a date"));
    }
    match *form {
        "event" => event(object),
        "date" => date_form(object),
        "consent" => consent(playbook, object),
        "stage" => stage(object),
        _ => None,
    }
    .map(str::to_owned)
}

fn event(object: &Object) -> Option<&'static str> {
    let has = |key: &str| object.contains_key(key);
    let is_kind = |kind: &Value| kind.as_str().is_some_and(|kind| !kind.is_empty());
    let (sums, counts) = (has("sum") || has("average"), has("count") || has("distinct"));
    let numeric = |key: &str| {
        let properties =
            object.get(key).map_or(Some(Vec::new()), |value| value.as_object().map(|o| o.values().collect()));
        properties.is_some_and(|demands| (!has(key) || !demands.is_empty()) && demands.into_iter().all(is_numeric))
    };
    if !object["event"]
        .as_array()
        .map_or(is_kind(&object["event"]), |list| !list.is_empty() && list.iter().all(is_kind))
    {
        return Some("`event` is a kind or a list of kinds, which is not empty");
    }
    if object.get("which").is_some_and(|which| which != "first" && which != "last") {
        return Some("`which` is `first` or `last`");
    }
    if (has("which") || sums) && counts || has("sum") && has("average") {
        return Some("`sum` or `average`, or `count` and `distinct`, the last two without `which`");
    }
    if !numeric("sum") || !numeric("average") || object.get("count").is_some_and(|count| !is_numeric(count)) {
        return Some("what is counted or added up is compared to numbers");
    }
    let length = |key: &str| object.get(key).and_then(Value::as_str).map(duration);
    match (length("older"), length("within")) {
        (Some(older), Some(within)) if older >= within => Some("`older` is shorter than `within`"),
        _ => None,
    }
}

/// A number, or operators that compare to numbers.
fn is_numeric(demand: &Value) -> bool {
    let Some(operators) = demand.as_object() else { return number(demand).is_some() };
    !operators.is_empty()
        && operators.iter().all(|(name, operand)| {
            let numbers = operand.as_array().map_or(vec![operand], |list| list.iter().collect());
            NUMERIC.contains(&name.as_str()) && numbers.into_iter().all(|operand| number(operand).is_some())
        })
}

fn date_form(object: &Object) -> Option<&'static str> {
    if object.len() == 1 {
        return Some("at least one thing is asked of a date");
    }
    let period = object.get("during");
    if period.is_some_and(|period| period.as_str().and_then(Period::read).is_none()) {
        return Some("`during` is a period");
    }
    let is_flag = |key: &str| object.get(key).is_none_or(Value::is_boolean);
    if !is_flag("passed") || !is_flag("every_year") {
        return Some("`passed` and `every_year` are true or false");
    }
    let goes = |key: &String| matches!(key.as_str(), "date" | "every_year" | "in_last" | "in_next" | "during");
    if object.contains_key("every_year") && (object.len() == 2 || !object.keys().all(goes)) {
        return Some("`every_year` goes with `in_last`, `in_next` or `during` only");
    }
    None
}

fn consent(playbook: &Value, object: &Object) -> Option<&'static str> {
    let declares = |list: &str, key: &str| {
        let declared = playbook[list].as_array().into_iter().flatten();
        object.get(key).is_none_or(|id| declared.into_iter().any(|thing| thing["id"] == *id))
    };
    match object["consent"].as_str() {
        Some("granted" | "withdrawn" | "unknown") if object.len() <= 2 => {}
        _ => return Some("`consent` is a state, in at most one scope"),
    }
    if object.get("to").is_some_and(|to| to != "tracking") {
        return Some("consent is `to: tracking`");
    }
    (!declares("subscriptions", "subscription") || !declares("topics", "topic")).then_some("the scope is not declared")
}

fn stage(object: &Object) -> Option<&'static str> {
    match (object.contains_key("is"), object.contains_key("at_least"), object.contains_key("for")) {
        (true, false, _) | (false, true, false) => None,
        _ => Some("`is`, with or without `for`, or `at_least`"),
    }
}
