//! The conditions under which blocks of e-mails are shown: read, checked, and asked of leads.

use attractor_engine::audience::Audience;
use attractor_engine::condition::Condition;
use attractor_engine::playbook::{Playbook, blocks, read};
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;

const PLAYBOOK: &str = "playbook: p\ntopics: [{id: shirts}]\nscores: [{id: lead, rules: [{id: x, event: X, points: 5}]}]\n\
    ladders: [{id: life, score: lead, stages: [{id: a}, {id: b, from: 5}]}]";

fn playbook() -> Playbook {
    read(PLAYBOOK).playbook.expect("a valid playbook")
}

const BODY: &str = r#"{"blocks": [
  {"type": "text", "text": "Hi"},
  {"type": "columns", "columns": [
    {"blocks": [{"type": "button", "topic": "shirts", "show": {"stage": "life", "is": "b"}}]},
    {"blocks": [{"type": "image", "src": "type"}]}
  ], "show": {"not": {"deal": "won"}}}
]}"#;

#[test]
fn blocks_have_their_types_their_fields_and_their_conditions() {
    let blocks = blocks(BODY, &playbook()).expect("valid conditions");
    let told: Vec<(&str, &str, bool)> =
        blocks.iter().map(|block| (block.pointer.as_str(), block.kind.as_str(), block.show.is_some())).collect();
    assert_eq!(
        told,
        [
            ("/blocks/0", "text", false),
            ("/blocks/1", "columns", true),
            ("/blocks/1/columns/0/blocks/0", "button", true),
            ("/blocks/1/columns/1/blocks/0", "image", false),
        ]
    );
    assert!(matches!(blocks[1].show, Some(Condition::Not(_))), "{:?}", blocks[1].show);
    assert!(matches!(blocks[2].show, Some(Condition::Stage(_))), "{:?}", blocks[2].show);
    assert_eq!(blocks[2].fields, serde_json::from_str(r#"{"topic": "shirts"}"#).expect("JSON"));
}

#[test]
fn what_is_wrong_with_a_condition_has_its_place_and_its_pointer() {
    let body = BODY.replace("\"b\"}", "\"c\"}").replace("\"won\"", "\"one\"");
    let wrong = blocks(&body, &playbook()).expect_err("two conditions are wrong");
    let pointers: Vec<&str> = wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
    assert_eq!(pointers, ["/blocks/1/show/not/deal", "/blocks/1/columns/0/blocks/0/show/is"], "{wrong:?}");
    let places: Vec<(usize, usize)> =
        read(PLAYBOOK).check_body(&body).iter().map(|problem| (problem.line, problem.column)).collect();
    assert_eq!(places, [(6, 31), (4, 87)]);
}

#[test]
fn blocks_are_where_the_renderer_reads_them() {
    let block = r#"{"type": "text", "show": {"deal": "one"}}"#;
    for (body, is_read) in [
        (format!(r#"{{"blocks": [{block}]}}"#), true),
        (format!(r#"{{"blocks": [{{"columns": [{{"blocks": [{block}]}}]}}]}}"#), true),
        (format!("[{block}]"), false),
        (block.to_owned(), false),
        (format!(r#"{{"blocks": [[{block}]]}}"#), false),
        (format!(r#"{{"other": [{block}]}}"#), false),
        (format!(r#"{{"blocks": [{{"type": "text", "blocks": [{block}]}}]}}"#), false),
    ] {
        assert_eq!(blocks(&body, &playbook()).is_err(), is_read, "{body}");
        assert_eq!(!read(PLAYBOOK).check_body(&body).is_empty(), is_read, "{body}");
    }
}

#[test]
fn what_is_not_json_has_no_blocks() {
    for text in ["", "<mjml></mjml>", "[", "{\"type\": ", "[]", "7", "[{\"show\": 5}]", "{\"blocks\": 7}"] {
        assert_eq!(blocks(text, &playbook()), Ok(Vec::new()), "{text}");
    }
}

#[test]
fn a_block_is_shown_to_the_leads_of_whom_its_condition_holds() {
    let zones = TimeZoneDatabase::bundled();
    let program = Program::new(playbook(), &zones).expect("a playbook that compiles");
    let blocks = blocks(BODY, &playbook()).expect("valid conditions");
    let line = |event: &str| {
        format!(r#"{{"type": "track", "event": "{event}", "userId": "ada", "timestamp": "2026-03-02T09:00:00Z"}}"#)
    };
    let at = Instant::parse("2026-03-02T09:00:00Z").expect("an instant");
    let is_shown = |place: usize, event: &str| {
        let show = blocks[place].show.as_ref().expect("it has a condition");
        let audience = Audience::new(&program, show, &zones).expect("it compiles");
        let event = audience.read(&line(event), at, |_| true).expect("a message");
        audience.of_events("ada", [&event], at)
    };
    let shown = |event: &str| (is_shown(1, event), is_shown(2, event));
    assert_eq!(shown("X"), (true, true));
    assert_eq!(shown("Y"), (true, false));
    assert_eq!(shown("Deal Won"), (false, false));
}
