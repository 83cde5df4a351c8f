//! The house rules, as tests. Each rule is a function from texts to offences, a test that holds the repository to it,
//! and a test that it can fail. An offence says where it is, what is wrong and what would be right.

mod arrows;
mod circles;
mod documents;
mod doors;
mod kinds;
mod modules;
mod order;
mod places;
mod repository;
mod schemas;
mod serde_errors;
mod size;
mod tokens;
mod unread;
mod words;

/// Fails with every offence, one a line.
#[track_caller]
fn none(offences: Vec<String>) {
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

/// Fails unless the rule found exactly one offence, with these words in it.
#[track_caller]
fn one(offences: Vec<String>, words: &[&str]) {
    assert_eq!(offences.len(), 1, "{offences:#?}");
    for word in words {
        assert!(offences[0].contains(word), "{:?} is not said in: {}", word, offences[0]);
    }
}
