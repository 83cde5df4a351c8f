//! The forms of conditions, as the playbook's schema lists them. A test that speaks of every form takes its list from
//! here, so that it fails for a form that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use attractor_engine::playbook;
use serde_json::Value;

/// The forms whose parts are conditions. What is inside any other is its own: `where: {score: 5}` asks for a property, and
/// an `event` there is no condition on events. A new form that holds conditions belongs here.
const GROUPS: [&str; 3] = ["all", "any", "not"];

/// Each form by the key that tells it from the others.
pub fn every() -> BTreeSet<String> {
    schemas().into_keys().collect()
}

/// Each form with what the schema says of it.
pub fn schemas() -> BTreeMap<String, Value> {
    let schema = playbook::schema();
    let ways = schema["$defs"]["AnyCondition"]["anyOf"].as_array().expect("a list of forms");
    ways.iter().map(|way| (key(&schema, way), way.clone())).collect()
}

/// The first key that must be there; of a form with several ways of writing it, that of the first.
fn key(schema: &Value, way: &Value) -> String {
    let path = way["$ref"].as_str().expect("a reference").trim_start_matches('#');
    let form = schema.pointer(path).expect("the definition of a form");
    match form["required"][0].as_str() {
        Some(key) => key.to_owned(),
        None => key(schema, &form["anyOf"][0]),
    }
}

/// The forms of the conditions within a playbook, or a part of one.
pub fn within(value: &Value) -> BTreeSet<String> {
    conditions(value).into_iter().map(|(form, _)| form.to_owned()).collect()
}

/// The conditions within a playbook, or a part of one, with their forms: a group stands before its parts.
pub fn conditions(value: &Value) -> Vec<(&str, &Value)> {
    static EVERY: LazyLock<BTreeSet<String>> = LazyLock::new(every);
    let mut found = Vec::new();
    gather(value, &EVERY, &mut found);
    found
}

fn gather<'a>(value: &'a Value, forms: &BTreeSet<String>, found: &mut Vec<(&'a str, &'a Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, forms, found)),
        Value::Object(object) => {
            // A rule has an event too, and a ladder a score.
            let is_condition = !["id", "points"].iter().any(|key| object.contains_key(*key));
            match object.keys().find(|key| is_condition && forms.contains(*key)) {
                Some(form) => {
                    found.push((form.as_str(), value));
                    if GROUPS.contains(&form.as_str()) {
                        gather(&value[form.as_str()], forms, found);
                    }
                }
                None => {
                    let parts = object.iter().filter(|(key, _)| *key != "where");
                    parts.for_each(|(_, part)| gather(part, forms, found));
                }
            }
        }
        _ => {}
    }
}
