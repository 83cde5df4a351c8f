//! Sentences are exact: what they say reads back to the same condition. And they are English, as the tables show.

mod documents;
#[path = "../forms/mod.rs"]
mod forms;
mod random;
mod reader;
mod table;

use std::collections::BTreeSet;

use attractor_engine::condition::Names;
use attractor_engine::playbook::write_condition;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sentence_of_any_condition_reads_back_to_it(condition in random::condition(), playbook in random::playbook()) {
        let names = Names::of(&playbook);
        let sentence = condition.sentence(&names);
        prop_assert!(!sentence.contains('\n'), "{sentence:?} is one line");
        prop_assert_eq!(&reader::read(&sentence, &playbook), &condition, "{}", sentence);
    }

    #[test]
    fn the_outline_of_any_condition_reads_back_to_it(condition in random::condition(), playbook in random::playbook()) {
        let outline = condition.outline(&Names::of(&playbook));
        prop_assert_eq!(&reader::read(&outline, &playbook), &condition, "{}", outline);
    }
}

#[test]
fn random_conditions_are_of_every_form() {
    let mut runner = TestRunner::deterministic();
    let mut found = BTreeSet::new();
    for _ in 0..500 {
        let condition = random::condition().new_tree(&mut runner).expect("a condition").current();
        found.extend(forms::within(&write_condition(&condition)));
    }
    assert_eq!(found, forms::every());
}
