//! What is wrong with a playbook, where, and what would be right: a table of texts and of all problems found in each.

use attractor_engine::playbook::read;

/// Each row is a playbook and what is said of it, line by line. Rows are apart by `---`, the two by `>>>`; the line
/// `playbook: p` stands first in every one.
fn check(table: &str) {
    for row in table.split("\n---\n") {
        let (text, expected) = row.split_once(">>>").unwrap_or_else(|| panic!("no >>> in {row}"));
        let text = format!("playbook: p\n{}", text.trim_start_matches('\n'));
        let found: Vec<String> = read(&text).problems.iter().map(ToString::to_string).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(found, expected, "\n{text}");
    }
}

#[test]
fn keys() {
    check(include_str!("problems/keys.txt"));
}

#[test]
fn values() {
    check(include_str!("problems/values.txt"));
}

#[test]
fn references() {
    check(include_str!("problems/references.txt"));
}

#[test]
fn warnings() {
    check(include_str!("problems/warnings.txt"));
}

#[test]
fn nothing_is_said_where_nothing_is_wrong() {
    check(include_str!("problems/none.txt"));
}
