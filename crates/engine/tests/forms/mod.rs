//! The forms of conditions, as the playbook's schema lists them. A test that speaks of every form takes its list from
//! here, so that it fails for a form that it does not know.

use std::collections::BTreeSet;

use attractor_engine::playbook;
use serde_json::Value;

/// Each form by the key that tells it from the others.
pub fn every() -> BTreeSet<String> {
    let schema = playbook::schema();
    let ways = schema["$defs"]["AnyCondition"]["anyOf"].as_array().expect("a list of forms");
    ways.iter().map(|way| key(&schema, way)).collect()
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
    let mut found = BTreeSet::new();
    gather(value, &every(), &mut found);
    found
}

fn gather(value: &Value, forms: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, forms, found)),
        Value::Object(object) => {
            // A rule has an event too, and a ladder a score.
            if !["id", "points"].iter().any(|key| object.contains_key(*key)) {
                found.extend(object.keys().filter(|key| forms.contains(*key)).cloned());
            }
            object.values().for_each(|item| gather(item, forms, found));
        }
        _ => {}
    }
}
