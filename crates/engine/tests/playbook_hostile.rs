//! Texts made to break a reader: none panics, none takes long, each is answered with an error that has a place.

use attractor_engine::playbook::{Reading, condition, read};

fn first(text: &str) -> String {
    let reading = read(text);
    assert!(reading.playbook.is_none(), "{text:?}");
    assert!(reading.problems.iter().all(|problem| problem.line >= 1 && problem.column >= 1));
    assert!(reading.problems.iter().all(|problem| problem.message.len() < 2_000), "a message too long to read");
    reading.problems.first().map(ToString::to_string).unwrap_or_else(|| panic!("nothing is said of {text:?}"))
}

fn is_fine(text: &str) -> Reading {
    let reading = read(text);
    assert!(reading.playbook.is_some(), "{text:?}: {:?}", reading.problems);
    reading
}

#[test]
fn texts_without_a_playbook() {
    for text in ["", " ", "\n\n", "# nothing\n", "\u{feff}"] {
        assert_eq!(first(text), "1:1: there is no playbook in this text; it begins with `playbook: NAME`", "{text:?}");
    }
    for text in ["---\n", "null", "5", "- a\n- b", "[]", "playbook", "\"playbook: p\"", "true", "!!map x"] {
        assert!(
            first(text).contains("a playbook such as {playbook: …}") || first(text).contains("tags"),
            "{}",
            first(text)
        );
    }
    assert_eq!(first("{}"), "1:1: `playbook` is missing in a playbook; add it, with text");
}

#[test]
fn texts_that_are_no_yaml() {
    let texts = [
        "playbook: [",
        "playbook: {",
        "playbook: \"a",
        "playbook: 'a",
        "a: b: c",
        "playbook: p\n\ttopics: []",
        "playbook: p\n topics: []",
        "playbook: *nothing",
        "playbook: &",
        "playbook: \"\\q\"",
        "playbook: p\n}",
        "@",
        "`",
        "playbook: |\nx: \0\n  y",
        "? [a]\n: b",
        "? {a: b}\n: c",
        "<<: {playbook: p}",
        "{\"playbook\": \"\\ud83d\"}",
        "playbook: p\n---\nplaybook: q",
        "\u{0}",
        "playbook: p\u{0}\n",
        "- - -",
        "? ",
        "!",
    ];
    for text in texts {
        first(text);
    }
    assert!(first("playbook: p\n---\nplaybook: q").starts_with("2:1: a second document begins here"));
    assert!(first("playbook: p\ntopics: [").starts_with("2:10: this is not YAML"));
    assert!(first("playbook: p\ntopics: [\n\n").starts_with("3:1: this is not YAML"));
    for (text, place) in [
        ("playbook: p\nemails:\n  - id: a\n    subject: Hallo: Welt # so\n    body: a.mjml\n", "4:14"),
        ("playbook: p\nemails: [{id: a, subject: Hallo: Welt, body: a.mjml}]\n", "2:27"),
    ] {
        let message = "the text `Hallo: Welt` has a colon and a blank in it, which YAML takes for another key; write it in quotes: subject: \"Hallo: Welt\"";
        assert_eq!(first(text), format!("{place}: {message}"));
    }
    let scanned = "playbook: p\nsegments:\n  - id: a\n\tenter: {event: X}\n";
    for (text, place) in [("playbook: p\ntopics:\n\t- id: a", "3:1"), (scanned, "4:1")] {
        assert!(first(text).starts_with(&format!("{place}: this line is indented with a tab")), "{}", first(text));
    }
}

#[test]
fn ways_of_writing_that_people_use() {
    let plain = is_fine("playbook: p\ntopics:\n  - id: a\n    name: Ä\n").playbook;
    for text in [
        "\u{feff}playbook: p\ntopics:\n  - id: a\n    name: Ä\n",
        "playbook: p\r\ntopics:\r\n  - id: a\r\n    name: Ä\r\n",
        "---\nplaybook: p\ntopics:\n  - id: a\n    name: Ä\n...\n",
        "playbook: p # name\ntopics:   # all\n- id: a\n  name: \"\\u00c4\"",
        "{\"playbook\": \"p\", \"topics\": [{\"id\": \"a\", \"name\": \"\\u00C4\"}]}",
        "{\"playbook\":\"p\",\n\t\"topics\":\n\t[{\"id\":\"a\",\"name\":\"Ä\"}]}",
        "playbook: &x p\ntopics:\n  - {id: a, name: !!str Ä}",
        "topics: [{name: 'Ä', id: 'a'}]\nplaybook: >-\n  p\n",
    ] {
        assert_eq!(is_fine(text).playbook, plain, "{text:?}");
    }
    let pair = is_fine("{\"playbook\": \"\\ud83d\\ude00 \\u00e4 \\\\ud83d \\/\"}").playbook.expect("a playbook");
    assert_eq!(pair.name, "😀 ä \\ud83d /");
}

#[test]
fn places_count_lines_and_characters_from_one() {
    for text in ["\u{feff}playbook: p\nxs: 1", "playbook: p\r\nxs: 1", "playbook: ä\nxs: 1", "playbook: 😀\nxs: 1"] {
        assert!(first(text).starts_with("2:1: unknown key `xs`"), "{}", first(text));
    }
    assert!(first("{playbook: äöü😀, xs: 1}").starts_with("1:18: unknown key `xs`"));
    assert!(first("\u{feff}{playbook: p, xs: 1}").starts_with("1:15: unknown key `xs`"));
}

#[test]
fn what_is_said_twice() {
    let text = "playbook: p\ntopics: []\ntopics: []\nplaybook: q\n";
    let said: Vec<String> = read(text).problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "3:1: the key `topics` stands here a second time, first at 2:1; keep one of them",
            "4:1: the key `playbook` stands here a second time, first at 1:1; keep one of them",
        ]
    );
    assert!(first("playbook: p\nsegments: [{id: a, enter: {event: X, \"event\": Y}}]").contains("a second time"));
}

#[test]
fn nesting() {
    for depth in [101, 1_000, 200_000] {
        for (open, close) in [("[", "]"), ("{all: [", "]}"), ("{\"not\": ", "}"), ("- ", ""), ("? ", "")] {
            let text = format!("playbook: p\nsegments: {}{}", open.repeat(depth), close.repeat(depth));
            first(&text);
            first(&open.repeat(depth));
        }
    }
    let nots = |depth| format!("{}{{event: X}}{}", "{not: ".repeat(depth), "}".repeat(depth));
    is_fine(&format!("playbook: p\nsegments: [{{id: a, enter: {}}}]", nots(90)));
    assert!(
        first(&format!("playbook: p\nsegments: [{{id: a, enter: {}}}]", nots(110)))
            .contains("nested more than 100 deep")
    );
}

#[test]
fn conditions_of_many_clauses() {
    let any = |count: usize| format!("{{any: [{}]}}", vec!["{attribute: a, eq: 1}"; count].join(", "));
    let in_playbook = |condition: &str| format!("playbook: p\nsegments: [{{id: a, enter: {condition}}}]");
    is_fine(&in_playbook(&any(499)));
    is_fine(&in_playbook(&format!("{}, leave: {}", any(499), any(499))));
    for condition in [any(500), any(20_000), format!("{{not: {{all: [{}, {}]}}}}", any(249), any(249))] {
        let problems = read(&in_playbook(&condition)).problems;
        let errors = problems.iter().filter(|problem| problem.message.contains("at most 500 clauses")).count();
        assert_eq!(errors, 1, "{problems:?}");
    }
    let playbook = is_fine("playbook: p").playbook.expect("a playbook");
    assert!(condition(&any(499), &playbook).is_ok());
    let wrong = condition(&any(20_000), &playbook).expect_err("too many clauses");
    assert_eq!((wrong.len(), wrong[0].pointer.as_str()), (1, "/any/499"), "{wrong:?}");
    assert!(wrong[0].message.contains("at most 500 clauses"), "{wrong:?}");
}

#[test]
fn numbers_too_large_to_add_up() {
    let rule =
        |points: &str| format!("playbook: p\nscores: [{{id: s, rules: [{{id: a, event: X, points: {points}}}]}}]");
    for points in ["1e15", "-1000000000000000", "0.5"] {
        is_fine(&rule(points));
    }
    for points in ["1e16", "-1e300", "1e308"] {
        assert!(first(&rule(points)).contains("at most 1,000,000,000,000,000"), "{}", first(&rule(points)));
    }
    for points in ["1e400", ".inf", "-.inf", ".nan"] {
        assert!(first(&rule(points)).contains("`points` wants a number"), "{}", first(&rule(points)));
    }
    for text in ["range: [-1e16, 5]", "range: [0, 1e300]"] {
        let text = format!("playbook: p\nscores: [{{id: s, {text}, rules: [{{id: a, event: X, points: 1}}]}}]");
        assert!(first(&text).contains("at most 1,000,000,000,000,000"), "{}", first(&text));
    }
}

#[test]
fn aliases() {
    is_fine("playbook: p\nsegments: [{id: a, enter: &e {event: X}}, {id: b, enter: {all: [*e, *e]}}]");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..30 {
        let inner = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb += &format!("a{i}: &a{i} [{inner}]\n");
    }
    assert!(read(&bomb).problems.iter().any(|problem| problem.message.contains("aliases add more than")));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), "*a, ".repeat(50_000));
    assert!(read(&long).problems.iter().any(|problem| problem.message.contains("aliases add more than")));
    assert!(first("a: &a [*a]").contains("this alias stands inside what it stands for"));
    let mut deep = String::from("a0: &a0 [x]\n");
    for i in 1..300 {
        deep += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    assert!(read(&deep).problems.iter().any(|problem| problem.message.contains("nest more than 100 deep")));
}

#[test]
fn long_texts() {
    const MB: usize = 1_000_000;
    let long = "x".repeat(MB);
    is_fine(&format!("playbook: {long}\nactivity: ['{long}']"));
    for text in [
        long.clone(),
        format!("\"{long}"),
        format!("playbook: p\n{long}: 1"),
        format!("playbook: p\n? {long}\n: 1"),
        format!("playbook: p\ntimezone: {long}"),
        format!("playbook: p\ntopics: [{{id: X{long}}}]"),
        format!(
            "playbook: p\nsegments: [{{id: {long}, enter: {{segment: {long}y}}}}, {{id: {long}, enter: {{event: X}}}}]"
        ),
        format!("playbook: p\nscores: [{{id: a, rules: [{{id: a, event: X, points: \"{}\"}}]}}]", "9".repeat(MB)),
        format!("playbook: p\nsegments: [{{id: a, enter: {{event: {}}}}}]", "9".repeat(MB)),
        format!("playbook: p\nsegments: [{{id: a, enter: {{inactive: {}d}}}}]", "9".repeat(MB)),
        format!("playbook: p\nemails: [{{id: a, subject: S, body: {long}}}]"),
    ] {
        first(&text);
    }
}

#[test]
fn many_problems() {
    let many = |each: &dyn Fn(usize) -> String| (0..2_000).map(each).collect::<Vec<_>>().join("\n");
    let count = |text: &str| read(&format!("playbook: p\n{text}")).problems.len();
    assert_eq!(
        count(&format!("segments:\n{}", many(&|i| format!("  - {{id: seg-{i}, enter: {{segment: sge-{i}}}}}")))),
        2_000
    );
    assert_eq!(
        count(&format!(
            "segments:\n{}",
            many(&|i| format!("  - {{id: s{i}, enter: {{segment: s{}}}}}", (i + 1) % 2_000))
        )),
        1_999
    );
    assert_eq!(count(&format!("topics:\n{}", many(&|_| "  - {id: a, pages: [/a]}".into()))), 1_999);
    assert_eq!(count(&many(&|i| format!("activty{i}: 1"))), 2_000);
}
