//! Boundaries as documents.

use attractor_engine::playbook::{self, Playbook, sentences};

fn read(text: &str) -> Playbook {
    let reading = playbook::read(text);
    reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems))
}

fn starter() -> Playbook {
    read(include_str!("starter.yaml"))
}

#[test]
fn the_boundaries_of_the_starter_playbook() {
    let document = sentences::boundaries(&starter());
    assert_eq!(document, include_str!("starter.md"), "\n{document}");
}

#[test]
fn the_boundaries_of_what_the_starter_does_not_use() {
    let document = sentences::boundaries(&read(include_str!("uncommon.yaml")));
    assert_eq!(document, include_str!("uncommon.md"), "\n{document}");
}
