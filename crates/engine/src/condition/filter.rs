//! What is asked of the properties of events, as words: nouns and units where the vocabulary has them, else the names of
//! the properties.

use super::phrase::{self, either, named};
use super::{Names, operators};
use crate::value::{Operator, Test, Value};
use crate::vocabulary::spoken::{Declared, Spoken, spoken};

/// " within 2 days of delivery and whose subject is “Hi”"; nothing where nothing is asked.
pub(crate) fn whose(kinds: &[String], filter: &[(String, Test)], names: &Names) -> String {
    let asked: Vec<String> =
        filter.iter().map(|(property, test)| format!(" {}", asked(kinds, property, test, names))).collect();
    asked.join(" and")
}

fn asked(kinds: &[String], property: &str, test: &Test, names: &Names) -> String {
    if let Some(Spoken::Of(declared, words)) = common(kinds, property, |words| matches!(words, Spoken::Of(..)))
        && let Some(things) = declared_values(declared, test, names)
    {
        return words.replace('#', &either(&things));
    }
    if let Some(broadcast) = broadcast(property, test) {
        return format!("in the broadcast {broadcast}");
    }
    let measure = measure(kinds, property);
    if let Some(Spoken::Seconds(words)) = common(kinds, property, |words| matches!(words, Spoken::Seconds(_)))
        && let [(Operator::Lte, Value::Number(number))] = test.0.as_slice()
        && phrase::whole_seconds(*number).is_some()
    {
        return words.replace('#', &measure(*number));
    }
    format!("whose {} {}", phrase::property(property), operators::clause_of_value(test, measure))
}

/// The number of the broadcast whose copies a test asks for, as follow-ups do. The id of a copy ends with what asked for it.
fn broadcast<'t>(property: &str, test: &'t Test) -> Option<&'t str> {
    let [(Operator::EndsWith, Value::Text(end))] = test.0.as_slice() else { return None };
    let number = end.strip_prefix("/broadcast/").filter(|_| property == "send_id")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

/// How numbers of a property are written: with the unit that it has in any of these kinds. The others have no such property,
/// or it is the same there.
pub(super) fn measure(kinds: &[String], property: &str) -> fn(f64) -> String {
    let in_seconds = |kind: &String| spoken(kind, property).any(|words| matches!(words, Spoken::Seconds(_)));
    if kinds.iter().any(in_seconds) { phrase::seconds } else { phrase::number }
}

/// The participle of the kind together with the one declared thing that a property must be: "opened the e-mail Welcome".
pub(super) fn the(kind: &str, property: &str, test: &Test, names: &Names) -> Option<String> {
    let words = spoken(kind, property).find_map(|words| match words {
        Spoken::The(declared, words) => Some((declared, words)),
        _ => None,
    });
    let (declared, words) = words?;
    let things = declared_values(declared, test, names)?;
    let [only] = things.as_slice() else { return None };
    Some(words.replace('#', only))
}

/// The participle of the kind with the number of a property's different values: "viewed at least 3 different pages".
pub(super) fn different(kind: &str, property: &str, number: &str) -> Option<String> {
    spoken(kind, property).find_map(|words| match words {
        Spoken::Different(words) => Some(words.replace('#', number)),
        _ => None,
    })
}

/// The words that all of these kinds have for a property.
fn common(kinds: &[String], property: &str, is_it: fn(&Spoken) -> bool) -> Option<Spoken> {
    let (first, rest) = kinds.split_first()?;
    let words = spoken(first, property).find(is_it)?;
    rest.iter().all(|kind| spoken(kind, property).any(|other| other == words)).then_some(words)
}

/// What the values are called that satisfy a test, where the playbook declares all of them.
fn declared_values(declared: Declared, test: &Test, names: &Names) -> Option<Vec<String>> {
    let name = |value: &Value| match value {
        Value::Text(id) => names.declared(declared, id).map(named),
        _ => None,
    };
    match test.0.as_slice() {
        [(Operator::Eq, value)] => Some(vec![name(value)?]),
        [(Operator::In, Value::List(values))] if values.len() > 1 => values.iter().map(name).collect(),
        _ => None,
    }
}
