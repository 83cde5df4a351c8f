//! Rich playbooks as JSON, and changes that turn them into ones that are hardly right.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use attractor_engine::playbook::schema;
use serde_json::{Map, Value as Json, json};

pub const CONTRACT: &str = include_str!("../playbooks/contract.yaml");
pub const EVERY_FORM: &str = include_str!("../playbooks/every-form.yaml");

/// One change of a tree. Numbers choose among what there is, so that every number is a change of any tree.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Drop {
        place: usize,
    },
    Rename {
        place: usize,
        to: usize,
    },
    Odd {
        place: usize,
        value: usize,
    },
    /// What stands at one place stands at another one too.
    Copy {
        from: usize,
        to: usize,
    },
    AddKey {
        place: usize,
        key: usize,
        value: usize,
    },
}

/// Keys that no part of a playbook has.
const ODD_KEYS: [&str; 4] = ["ID", "nmae", "", "x"];

static KEYS: LazyLock<Vec<String>> =
    LazyLock::new(|| known_keys().into_iter().chain(ODD_KEYS.map(str::to_owned)).collect());

/// Every key that a part of a playbook has, by the schema.
pub fn known_keys() -> BTreeSet<String> {
    let schema = schema();
    let definitions = schema["$defs"].as_object().expect("definitions").values();
    let properties = definitions.filter_map(|definition| definition["properties"].as_object());
    properties.flat_map(|properties| properties.keys().cloned()).collect()
}

/// Values of each type, and near each bound.
pub fn odd_values() -> Vec<Json> {
    let mut values: Vec<Json> = ["", "x", "5", "30d", "0d", "1.5d", "30 d", "1M", "٣d", "9999999999d", "0000000001w"]
        .into_iter()
        .chain(["always", "enrolled", "never", "opened", "Live", "weekly", "a b", "a-b", "-a", "a-", "ä", "\u{0}"])
        .chain(["😀", "\u{feff}\u{2028}\u{7f}", "<mjml>", "../x.mjml", "Europe/Berlin", "null", "true", "a\n", "1d\n"])
        .map(Json::from)
        .collect();
    values.extend([json!(null), json!(true), json!(false)]);
    values.extend([json!(0), json!(1), json!(-1), json!(2), json!(100), json!(101), json!(4_294_967_296_u64)]);
    values.extend([json!(0.5), json!(1.5), json!(1.0), json!(-0.0), json!(1e308), json!(1e-308), json!(u64::MAX)]);
    values.extend([json!([]), json!([null]), json!(["a"]), json!([1, 2]), json!([2, 1]), json!(["1d", "2d"])]);
    values.extend([json!({}), json!({"id": "x"}), json!({"gte": 1}), json!({"all": []}), json!({"deal": "open"})]);
    values.extend([json!({"after": "1d"}), json!({"best": true}), json!({"best": false}), json!([[]]), json!({"": 1})]);
    values
}

pub fn apply(tree: &mut Json, change: Change) {
    let places = places(tree);
    let at = |n: usize| places[n % places.len()].as_str();
    let odd = |n: usize| odd_values().swap_remove(n % odd_values().len());
    match change {
        Change::Drop { place } => edit(tree, at(place), |parent, key| {
            parent.shift_remove(key);
        }),
        Change::Rename { place, to } => {
            edit(tree, at(place), |parent, key| rename(parent, key, &KEYS[to % KEYS.len()]))
        }
        Change::Odd { place, value } => set(tree, at(place), odd(value)),
        Change::Copy { from, to } => {
            let copy = tree.pointer(at(from)).cloned();
            set(tree, at(to), copy.unwrap_or_default());
        }
        Change::AddKey { place, key, value } => {
            if let Some(Json::Object(map)) = tree.pointer_mut(at(place)) {
                map.insert(KEYS[key % KEYS.len()].clone(), odd(value));
            }
        }
    }
}

/// The JSON pointers of all values, the whole first.
fn places(tree: &Json) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0;
    while let Some(pointer) = found.get(next).cloned() {
        next += 1;
        match tree.pointer(&pointer) {
            Some(Json::Object(map)) => found.extend(map.keys().map(|key| format!("{pointer}/{}", escaped(key)))),
            Some(Json::Array(items)) => found.extend((0..items.len()).map(|i| format!("{pointer}/{i}"))),
            _ => {}
        }
    }
    found
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn set(tree: &mut Json, pointer: &str, value: Json) {
    if let Some(place) = tree.pointer_mut(pointer) {
        *place = value;
    }
}

/// Edits the mapping around a place; of a list the item is removed.
fn edit(tree: &mut Json, pointer: &str, change: impl FnOnce(&mut Map<String, Json>, &str)) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    match tree.pointer_mut(parent) {
        Some(Json::Object(map)) => change(map, &last.replace("~1", "/").replace("~0", "~")),
        Some(Json::Array(items)) => {
            items.remove(last.parse().expect("a list's item"));
        }
        _ => {}
    }
}

fn rename(map: &mut Map<String, Json>, from: &str, to: &str) {
    let renamed = std::mem::take(map).into_iter();
    map.extend(renamed.map(|(key, value)| if key == from { (to.to_string(), value) } else { (key, value) }));
}
