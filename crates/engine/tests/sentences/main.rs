//! Sentences are exact: what they say reads back to the same condition. And they are English, as the tables show.

mod documents;
mod random;
mod reader;
mod table;

use attractor_engine::condition::Names;
use proptest::prelude::*;

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
