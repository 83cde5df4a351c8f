//! The tables themselves: a right one passes, a wrong one fails and says where.

use crate::lines::check::failures;

tables! {
    the_table_of_the_introduction: "
        scores: [{id: lead, rules: [{id: visit, event: Page Viewed, points: 5}]}]
        segments: [{id: hot, enter: {score: lead, gte: 8}}, {id: quiet, enter: {inactive: 3d}}]
        when     | what            | then
        d0       | page /pricing   | lead=5, out hot, next d3
        d0 10:00 | page /pricing   | lead=10, → hot entered
        d3 10:00 | (time)          | → quiet entered
    ";
}

const PLAYBOOK: &str = "
    scores: [{id: lead, rules: [{id: visit, event: Page Viewed, points: 5}]}]
    ladders: [{id: heat, stages: [{id: cold}, {id: hot, enter: {score: lead, gte: 10}}]}]
    segments: [{id: seen, enter: {event: Page Viewed}}, {id: quiet, enter: {inactive: 3d}}]
    when | what | then
";

#[track_caller]
fn fails(lines: &str, words: &[&str]) {
    let said = failures(&format!("{PLAYBOOK}{lines}")).join("\n");
    for word in words {
        assert!(said.contains(word), "expected “{word}” in: {said}");
    }
}

const FIRST: &str = "d0 | page / | → heat cold, → seen entered\n";

#[test]
fn a_move_that_no_line_expects() {
    fails(
        "d0 | page / | → heat cold",
        &["no line expects ann: → seen entered at 2024-01-01T00:00:00.000Z because line-1"],
    );
    fails(&format!("{FIRST} d3 | (time) | nothing"), &["no line expects ann: → quiet entered at 2024-01-04"]);
}

#[test]
fn a_move_that_does_not_come() {
    fails(
        &format!("{FIRST} d1 | page / | → heat hot"),
        &["line 6: expected ann: → heat hot", "no line expects ann: → heat cold>hot"],
    );
}

#[test]
fn a_move_a_millisecond_off_or_for_another_reason() {
    fails(
        &format!("{FIRST} d2 23:59:59.999 | (time) | → quiet entered \n d3 | (time) |"),
        &["line 6: expected", "no line expects"],
    );
    fails(&format!("{FIRST} d3 | track X | → quiet entered"), &["because line-2, but", "because time"]);
}

#[test]
fn moves_in_another_order() {
    fails("d0 | page / | → seen entered, → heat cold", &["the moves come in another order: ann: → heat cold"]);
}

#[test]
fn another_standing() {
    let wrong = "d0 | page / | → heat cold, → seen entered, lead=6, heat=hot, out seen, in quiet, next none";
    let said =
        ["line 5: expected lead=6, got 5", "heat=hot, got cold", "out seen, got", "in quiet, got", "next none, got"];
    fails(wrong, &said);
    fails(&format!("{FIRST} d1 | (time) | leads bob, bob: lead=5"), &["leads bob, got ann", "no lead `bob`, only ann"]);
    fails(&format!("{FIRST} d1 | (time) | led=5, in sean"), &["nothing named `led`", "no segment `sean`"]);
}

#[test]
fn a_line_that_is_invalid_or_is_not() {
    fails("d0 | raw [1] | nothing", &["line 5: is invalid: not a JSON object"]);
    fails(
        &format!("{FIRST} d1 | track X | invalid timestamp, conflict ann"),
        &["expected invalid “timestamp”, got []", "conflict"],
    );
}

#[test]
fn a_table_that_cannot_be_read() {
    fails("d0 | page /", &["line 5: 2 columns"]);
    fails("soon | page / | nothing", &["`soon` is no instant"]);
    fails("d0 | dance | nothing", &["`dance` is nothing that happens"]);
    fails("d0 | page / | joy", &["`joy` is nothing that can be expected"]);
    assert!(failures("scores: []")[0].contains("without lines"));
    assert!(failures("scores: 5\n when | what | then\n d0 | page / | nothing")[0].contains("the playbook is refused"));
    assert!(failures("scores: []\n refused anything")[0].contains("expected a playbook refused with “anything”"));
}
