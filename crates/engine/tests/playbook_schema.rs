//! The published schema agrees with what `read` says of keys, types and forms, and what is written is read again.

mod forms;
mod mutate;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use attractor_engine::playbook::{Found, Reading, read, schema, write};
use mutate::{CONTRACT, Change, EVERY_FORM, apply, known_keys};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value as Json;

static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema()).expect("a schema"));

fn tree(yaml: &str) -> Json {
    let reading = read(yaml);
    write(&reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems)))
}

fn rich() -> [Json; 2] {
    [CONTRACT, EVERY_FORM].map(tree)
}

fn a_change() -> impl Strategy<Value = Change> {
    let n = || 0..100_000_usize;
    prop_oneof![
        n().prop_map(|place| Change::Drop { place }),
        (n(), n()).prop_map(|(place, to)| Change::Rename { place, to }),
        (n(), n()).prop_map(|(place, value)| Change::Odd { place, value }),
        (n(), n()).prop_map(|(from, to)| Change::Copy { from, to }),
        (n(), n(), n()).prop_map(|(place, key, value)| Change::AddKey { place, key, value }),
    ]
}

fn has(reading: &Reading, found: Found) -> bool {
    reading.problems.iter().any(|problem| problem.found == found)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default()
    })]

    #[test]
    fn schema_and_reading_agree(which in 0..2_usize, changes in prop::collection::vec(a_change(), 1..4)) {
        static RICH: LazyLock<[Json; 2]> = LazyLock::new(rich);
        let mut tree = RICH[which].clone();
        changes.iter().for_each(|change| apply(&mut tree, *change));
        let text = tree.to_string();
        let reading = read(&text);
        prop_assert!(!has(&reading, Found::Text), "{:?}\n{text}", reading.problems);
        let errors: Vec<String> = VALIDATOR.iter_errors(&tree).map(|error| error.to_string()).collect();
        prop_assert_eq!(errors.is_empty(), !has(&reading, Found::Form), "{:?}\n{:?}\n{}", errors, reading.problems, text);
        if let Some(playbook) = reading.playbook {
            let written = write(&playbook);
            prop_assert!(VALIDATOR.is_valid(&written), "{written}");
            prop_assert_eq!(read(&written.to_string()).playbook, Some(playbook));
        }
    }
}

#[test]
fn the_published_schema_is_the_one_that_reads() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks/schema.json");
    let current = format!("{:#}\n", schema());
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(path, &current).expect("it is written");
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == current, "renew it: RENEW=1 cargo test --workspace --test playbook_schema");
}

#[test]
fn the_schema_is_one_and_refers_to_nothing_that_is_missing() {
    let schema = schema();
    jsonschema::meta::validate(&schema).expect("a schema");
    let text = schema.to_string();
    for name in text.split("\"#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(schema["$defs"][name].is_object(), "{name}");
    }
}

#[test]
fn the_example_of_every_form_has_every_key() {
    let known = known_keys();
    let [_, tree] = rich();
    let mut used = BTreeSet::new();
    keys(&tree, &mut used);
    let missing: Vec<&String> = known.difference(&used).collect();
    assert_eq!(missing, Vec::<&String>::new(), "add them to tests/playbooks/every-form.yaml");
}

fn keys(tree: &Json, found: &mut BTreeSet<String>) {
    match tree {
        Json::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Json::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

/// The fuzzer replays messages under the one, and makes playbooks of the words of the other.
#[test]
fn the_fuzzer_has_every_form() {
    let playbook = tree(include_str!("../../../fuzz/playbook.yaml"));
    assert_eq!(forms::within(&playbook), forms::every(), "add a condition of it to fuzz/playbook.yaml");
    let words = include_str!("../../../fuzz/dictionaries/playbook.dict");
    let is_missing = |form: &String| !words.lines().any(|word| word.starts_with(&format!("\"{form}: ")));
    let missing: Vec<String> = forms::every().into_iter().filter(is_missing).collect();
    assert_eq!(missing, Vec::<String>::new(), "add it to fuzz/dictionaries/playbook.dict");
}

#[test]
fn the_tables_of_lines_that_a_marketer_could_check_have_every_form() {
    let folder =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviour")).expect("the folder is there");
    let paths = folder.map(|file| file.expect("a file").path()).filter(|path| path.is_file());
    let tables: String = paths.map(|path| std::fs::read_to_string(path).expect("a text")).collect();
    let is_missing = |form: &String| !tables.contains(&format!("{{{form}: "));
    let missing: Vec<String> = forms::every().into_iter().filter(is_missing).collect();
    assert_eq!(missing, Vec::<String>::new(), "add a table with it in tests/behaviour");
}
