//! Boundaries as documents: `starter.md` is the contract’s example, `uncommon.md` what that leaves out.

use std::collections::BTreeSet;

use super::{forms, reader};
use attractor_engine::condition::Names;
use attractor_engine::playbook::{self, Playbook, sentences, write_condition};

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

#[test]
fn one_boundary_at_a_time_is_one_line() {
    let playbook = starter();
    let told = [
        sentences::segment_sentence(&playbook, "evaluating"),
        sentences::segment_sentence(&playbook, "dormant"),
        sentences::stage_sentence(&playbook, "lifecycle", "awareness"),
        sentences::stage_sentence(&playbook, "lifecycle", "decision"),
        sentences::rule_sentence(&playbook, "lead", "download"),
        sentences::rule_sentence(&playbook, "lead", "executive"),
        sentences::sequence_sentence(&playbook, "decision-track"),
    ];
    let wanted = [
        "Entered when: has downloaded at least 2 different things in the last 30 days and has \
         viewed a page whose path starts with “/pricing”, at least 3 times in the last 30 days. Left, after 7 days at \
         the earliest, when: has gone 60 days without any activity. Not entered while the condition for leaving holds. \
         Checked weekly, on Monday at 00:00 (UTC); a stay may be up to an hour too short.",
        "Entered when: has opened none of at least 2 e-mails delivered in the last 30 days. Left when that no \
         longer holds. Checked at the instant at which anything changes.",
        "Every lead starts here. Checked at the instant at which anything changes.",
        "Reached when: their score “lead” is at least 61. Left for the stage below, after 3 days at the \
         earliest, when: their score “lead” is below 56. Checked at the instant at which anything changes.",
        "10 points for downloading content, losing 2 every 7 days.",
        "15 points while: their job title contains “chief”.",
        "Enrolled when: is in stage “decision”. Not for leads with an open or won deal, or a deal lost in \
         the last 30 days: they are neither enrolled nor kept. Enrolled again no earlier than 90 days after the last \
         enrollment began. Stopped when the condition for enrolling no longer holds. Ended with success (its goal; only \
         events after enrolling count) when: has had a deal opened. 10 % of the leads are kept out, for comparison.",
    ];
    assert_eq!(told.map(Option::unwrap), wanted);
}

/// The forms that the guide shows elsewhere: a row would say what they say.
const OBVIOUS: [&str; 7] = ["all", "any", "attribute", "deal", "inactive", "interest", "score"];

/// What the marketer's guide shows: conditions in the first column, their sentences in the second.
#[test]
fn the_examples_of_the_guide_read_as_it_says() {
    let guide = include_str!("../../../../docs/marketer.md");
    let (_, section) = guide.split_once("### Conditions by example\n").expect("the section is there");
    let section = section.split_once("\n### ").map_or(section, |(section, _)| section);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    let playbook = read(
        "playbook: guide
topics: [{id: stock, name: Stock}]
subscriptions: [{id: newsletter, name: Newsletter}]
ladders: [{id: temperature, name: Temperature, stages: [{id: cold, name: Cold}, {id: warm, name: Warm, enter: {event: X}}]}]
segments: [{id: call-first, name: Call first, enter: {deal: open}}]
",
    );
    let mut shown = String::new();
    let mut forms: BTreeSet<String> = OBVIOUS.map(str::to_owned).into();
    for (written, sentence) in rows {
        let condition = playbook::condition(written, &playbook).unwrap_or_else(|wrong| panic!("{written}: {wrong:?}"));
        assert_eq!(condition.sentence(&Names::of(&playbook)), sentence, "{written}");
        shown += written;
        forms.extend(forms::within(&write_condition(&condition)));
    }
    assert_eq!(
        forms,
        forms::every(),
        "docs/marketer.md, Conditions by example: a row for each form that is not obvious"
    );
    for key in [
        "which: first",
        "which: last",
        "event: [",
        "within",
        "older",
        "after",
        "before",
        "distinct",
        "sum",
        "average",
        "in_last",
        "in_next",
        "passed",
        "during",
        "every_year",
        "first_seen",
        "consent: granted",
        "consent: withdrawn",
        "subscription",
        "topic",
        "to: tracking",
        "for:",
        "min_sent",
        "sample",
    ] {
        assert!(shown.contains(key), "no example has `{key}`");
    }
}

/// Conditions as others wrote them: every one in the playbooks of the shared cases.
#[test]
fn the_conditions_of_the_shared_cases_read_back() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/cases.ndjson");
    let Ok(cases) = std::fs::read_to_string(path) else {
        return eprintln!("NOT RUN: there are no shared cases at {path}");
    };
    let mut conditions = 0;
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        let text = case["playbook"].as_str().map_or_else(|| case["playbook"].to_string(), str::to_string);
        // Some cases are about playbooks that are refused.
        let Some(playbook) = playbook::read(&text).playbook else { continue };
        let names = Names::of(&playbook);
        playbook.each_condition(&mut |condition| {
            conditions += 1;
            assert_eq!(&reader::read(&condition.sentence(&names), &playbook), condition);
            assert_eq!(&reader::read(&condition.outline(&names), &playbook), condition);
        });
        assert!(sentences::boundaries(&playbook).starts_with("# The rules of "));
    }
    assert!(conditions >= 80, "only {conditions} conditions were read");
}

#[test]
fn of_what_is_not_there_nothing_is_told() {
    let playbook = starter();
    assert_eq!(sentences::segment_sentence(&playbook, "hot"), None);
    assert_eq!(sentences::stage_sentence(&playbook, "lifecycle", "hot"), None);
    assert_eq!(sentences::stage_sentence(&playbook, "warmth", "decision"), None);
    assert_eq!(sentences::rule_sentence(&playbook, "lead", "hot"), None);
    assert_eq!(sentences::sequence_sentence(&playbook, "hot"), None);
    assert_eq!(sentences::boundaries(&Playbook::default()).lines().next(), Some("# The rules of "));
}
