//! Random edits of the playbooks that come with the program: each changes the text in place, and the text then says the
//! same as the edited tree.

use attractor_engine::playbook::edit::{Beside, Edit, edit};
use attractor_engine::playbook::read;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

const STARTER: &str = include_str!("../../../playbooks/starter/playbook.yaml");
const SAMPLE: &str = include_str!("../../../playbooks/sample/playbook.yaml");
const CONTRACT: &str = include_str!("playbooks/contract.yaml");
const EVERY_FORM: &str = include_str!("playbooks/every-form.yaml");

fn tree(text: &str) -> Json {
    let reading = read(text);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    attractor_engine::playbook::write(&playbook)
}

/// Every path into a tree, by ids where there are any.
fn paths(value: &Json, path: &str, found: &mut Vec<String>) {
    let mut below = |key: &str, value: &Json| {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(path.clone());
        paths(value, &path, found);
    };
    match value {
        Json::Object(members) => members.iter().for_each(|(key, value)| below(key, value)),
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let at = at.to_string();
                below(item.get("id").and_then(Json::as_str).unwrap_or(&at), item);
            }
        }
        _ => {}
    }
}

fn comments(text: &str) -> usize {
    text.lines().filter(|line| line.trim_start().starts_with('#')).count()
}

/// Makes a random edit; the text stays as it is where it is refused.
fn edited(text: &str, kind: usize, place: usize, value: usize) -> String {
    let values = [
        json!(7),
        json!("a: b # c"),
        json!({"id": "x", "enter": {"deal": "won"}}),
        json!(["a", {"b": []}]),
        json!("30d"),
    ];
    let value = values[value % values.len()].clone();
    let mut all = Vec::new();
    paths(&tree_of(text), "", &mut all);
    let path = all[place % all.len()].clone();
    let made = match kind % 4 {
        0 => Edit::Set { path, value },
        1 => Edit::Add { path, value, place: Beside::End },
        2 => Edit::Remove { path },
        _ => Edit::Move { path, place: Beside::End },
    };
    match edit(text, &made) {
        Ok(edited) => {
            let (before, after) = (comments(text), comments(&edited.text));
            assert!(after <= before, "{made:?} adds comments");
            let takes = matches!(made, Edit::Set { .. } | Edit::Remove { .. });
            assert!(takes || after == before, "{made:?} loses a comment:\n{}", edited.text);
            edited.text
        }
        Err(refused) => {
            assert!(!refused.message.contains("cannot be edited in place"), "{made:?}: {refused:?}\n{text}");
            text.to_owned()
        }
    }
}

/// The tree as it is written, usable or not.
fn tree_of(text: &str) -> Json {
    attractor_engine::playbook::edit::tree_of(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_edits_are_made_in_place(
        which in 0..4_usize,
        edits in proptest::collection::vec((0..4_usize, any::<usize>(), any::<usize>()), 1..6),
    ) {
        let mut text = [STARTER, SAMPLE, CONTRACT, EVERY_FORM][which].to_owned();
        for (kind, place, value) in edits {
            text = edited(&text, kind, place, value);
        }
    }
}

#[test]
fn every_entry_can_be_removed_and_put_back() {
    for text in [STARTER, SAMPLE] {
        let before = tree(text);
        for list in ["scores", "ladders", "segments"] {
            let items = before[list].as_array().unwrap().clone();
            for (at, item) in items.iter().enumerate() {
                let path = format!("/{list}/{}", item["id"].as_str().unwrap());
                let without = edit(text, &Edit::Remove { path }).unwrap();
                let place = match items.get(at + 1) {
                    Some(next) => Beside::Before(next["id"].as_str().unwrap().to_owned()),
                    None => Beside::End,
                };
                let add = Edit::Add { path: format!("/{list}"), value: without.was.unwrap(), place };
                let again = edit(&without.text, &add).unwrap().text;
                assert_eq!(tree(&again), before, "{list} {at}");
            }
        }
    }
}
