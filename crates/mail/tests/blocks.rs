//! The published schema of block lists accepts and refuses what the reader does.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use attractor_mail::render::{BlockList, schema};
use serde_json::{Value, json};

/// A list with every block and every key.
fn whole() -> Value {
    json!({"accent": "#0f766e", "serif": true, "blocks": [
        {"type": "heading", "text": "Hello", "level": 2, "show": {"deal": "open"}},
        {"type": "text", "text": "<p>One <b>two</b></p>", "show": null},
        {"type": "button", "text": "Go", "url": "https://x.example/", "topic": "a", "sets": {"pain": "cost"}, "show": {}},
        {"type": "image", "src": "https://x.example/i.png", "alt": "A lathe", "width": 200, "height": 120,
            "url": "https://x.example/", "topic": "a"},
        {"type": "columns", "columns": [{"width": 40, "blocks": [{"type": "divider"}]}, {"blocks": []}]},
        {"type": "list", "items": ["a", "b"], "ordered": true},
        {"type": "footer", "text": "You asked.", "show": {"deal": "open"}}
    ]})
}

/// The values that stand in place of every part of the list, one after the other.
fn others() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(3),
        json!(-1),
        json!(1.5),
        json!(70_000),
        json!("x"),
        json!([]),
        json!({}),
        json!(["x", 1]),
    ]
}

/// Every list that differs in one place: a part is missing, is something else, or has one key too many.
fn mutated(value: &Value) -> Vec<Value> {
    let mut all = others();
    match value {
        Value::Object(object) => {
            for key in object.keys() {
                let mut without = object.clone();
                without.remove(key);
                all.push(Value::Object(without));
                all.extend(mutated(&object[key]).into_iter().map(|inner| {
                    let mut other = object.clone();
                    other.insert(key.clone(), inner);
                    Value::Object(other)
                }));
            }
            let mut more = object.clone();
            more.insert("extra".into(), json!(1));
            all.push(Value::Object(more));
        }
        Value::Array(items) => {
            for place in 0..items.len() {
                let (mut without, mut twice) = (items.clone(), items.clone());
                without.remove(place);
                twice.push(items[place].clone());
                all.extend([without, twice].map(Value::Array));
                all.extend(mutated(&items[place]).into_iter().map(|inner| {
                    let mut other = items.clone();
                    other[place] = inner;
                    Value::Array(other)
                }));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn the_schema_and_the_reader_agree_on_every_list_that_differs_in_one_place() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for list in std::iter::once(whole()).chain(mutated(&whole())) {
        let read = BlockList::read(&list.to_string());
        assert_eq!(validator.is_valid(&list), read.is_ok(), "{list}: {read:?}");
        if read.is_ok() { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 80 && refused > 300, "{accepted} accepted, {refused} refused");
}
