//! What is wrong with a playbook, where, and what would be right: a table of texts and of all problems found in each.

use attractor_engine::playbook::{Problem, Seen, read, schema, write};
use serde_json::{Map, Value};

/// Each row is a playbook and what is said of it, line by line. Rows are apart by `---`, the two by `>>>`; the line
/// `playbook: p` stands first in every one.
fn check(table: &str) {
    let mut wrong = String::new();
    for row in table.split("\n---\n") {
        let (text, expected) = row.split_once(">>>").unwrap_or_else(|| panic!("no >>> in {row}"));
        let text = format!("playbook: p\n{}", text.trim_start_matches('\n'));
        let found: Vec<String> = problems(&text).iter().map(ToString::to_string).collect();
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if found != expected {
            wrong += &format!("{text}found:\n{}\n\n", found.join("\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// All problems of a text, names that are nearly usual ones among them.
fn problems(text: &str) -> Vec<Problem> {
    let reading = read(text);
    let mut problems = reading.check_names(&Seen::default());
    problems.extend(reading.problems);
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
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
fn notes() {
    check(include_str!("problems/notes.txt"));
}

#[test]
fn names() {
    check(include_str!("problems/names.txt"));
}

/// Each row is a playbook, the advice that is given for it, and the playbook after somebody has followed the advice to
/// the letter: then nothing is said any more.
#[test]
fn advice_can_be_followed() {
    for row in include_str!("problems/advice.txt").split("\n---\n") {
        let parts: Vec<&str> = row.trim().split("\n>>>\n").collect();
        let [before, advice, after] = parts[..] else { panic!("not three parts: {row}") };
        let found: Vec<String> = problems(&format!("playbook: p\n{before}")).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|line| line.contains(advice)), "{advice} is not said of {before}: {found:#?}");
        let left = problems(&format!("playbook: p\n{after}"));
        assert!(left.is_empty(), "{after}: {left:#?}");
    }
}

#[test]
fn nothing_is_said_where_nothing_is_wrong() {
    check(include_str!("problems/none.txt"));
}

#[test]
fn everything_is_found_in_one_run() {
    let text = include_str!("playbooks/contract.yaml");
    let wrong = text
        .replace("timezone: UTC", "timezone: UCT2")
        .replace("related: [cufflinks]", "related: [cuflinks]")
        .replace("points: 5,", "points: five,")
        .replace("score: lead", "score: leed")
        .replace("evaluate: weekly", "evaluate: wekly")
        .replace("holdout: 10", "holdout: 1000")
        .replace("send: offer", "sned: offer");
    let lines: Vec<usize> = read(&wrong).problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 7, 19, 28, 43, 67, 74]);
}

/// A playbook with topics and bodies, and what is said of its links when these texts are the body files.
fn said_of_links(bodies: &[&str]) -> Vec<String> {
    let text = r#"{playbook: p,
        topics: [{id: page, pages: ["/p"]}, {id: mailed}, {id: linked}, {id: alone}],
        emails: [{id: e, subject: S, body: a/e.mjml, topic: mailed}, {id: f, subject: S, body: "<mjml>{{ u | attractor: 'linkd' }}"}]}"#;
    let reading = read(text);
    let files: Vec<String> = reading.body_files().into_iter().map(|file| file.path).collect();
    assert_eq!(files, ["a/e.mjml"]);
    let inside = bodies.iter().flat_map(|body| reading.check_body(body));
    reading.check_links(bodies).into_iter().chain(inside).map(|problem| problem.to_string()).collect()
}

#[test]
fn links_stand_for_topics() {
    let inline = "3:96: a link stands for the topic `linkd`, which is not declared; did you mean `linked`?";
    let nothing = |place: &str, id: &str| {
        format!(
            "{place}: warning: no page, e-mail or link stands for the topic `{id}`, so that nobody is drawn to it; give it `pages`, or a link with attractor: \"{id}\""
        )
    };
    assert_eq!(said_of_links(&[]), [inline.into(), nothing("2:64", "linked"), nothing("2:78", "alone")]);
    let body = "<mjml>\n  <a href='{{ u | attractor: \"linked\", pain: \"x\" }}'/>{{ u | attractor: \"nowhere\" }}";
    let in_body =
        "2:62: a link stands for the topic `nowhere`, which is not declared; declared are: page, mailed, linked, alone";
    assert_eq!(said_of_links(&[body]), [inline.into(), nothing("2:78", "alone"), in_body.into()]);
}

/// Where a playbook names kinds of events: a record of the schema and its key. Of a mapping the keys are the names.
const KINDS: [(&str, &str); 5] = [
    ("WholePlaybook", "activity"),
    ("TheInterests", "weights"),
    ("EventRule", "event"),
    ("EventCondition", "event"),
    ("InactiveCondition", "events"),
];
const ATTRIBUTES: [(&str, &str); 2] = [("AttributeCondition", "attribute"), ("DateCondition", "date")];
/// The keys of other texts that anybody may choose; `every` and those of `where` on are mappings.
const OTHER_TEXTS: [&str; 15] = [
    "playbook",
    "timezone",
    "name",
    "pages",
    "distinct",
    "seed",
    "subject",
    "preheader",
    "body",
    "to",
    "say",
    "every",
    "where",
    "sum",
    "average",
];

/// Whether the schema of a value wants any text, or a mapping with any keys.
fn is_free_text(schema: &Value) -> bool {
    let is_text = schema["type"] == "string" && schema["minLength"] == 1;
    let has_names = schema["propertyNames"]["minLength"] == 1;
    let is_list = schema["items"].is_object() && is_free_text(&schema["items"]);
    is_text || has_names || is_list || schema["anyOf"].as_array().is_some_and(|ways| ways.iter().any(is_free_text))
}

#[test]
fn every_free_text_of_a_playbook_is_a_kind_an_attribute_or_neither() {
    let schema = schema();
    let mut unknown = Vec::new();
    for (record, definition) in schema["$defs"].as_object().expect("definitions") {
        for (key, text) in definition["properties"].as_object().into_iter().flatten() {
            let place = (record.as_str(), key.as_str());
            let is_known = KINDS.contains(&place) || ATTRIBUTES.contains(&place) || OTHER_TEXTS.contains(&key.as_str());
            if is_free_text(text) && !is_known {
                unknown.push(format!("{record}: {key}"));
            }
        }
    }
    assert_eq!(
        unknown,
        Vec::<String>::new(),
        "name them in `KINDS`, `ATTRIBUTES` or `OTHER_TEXTS`; the first two are read as such, with `form::free`"
    );
}

/// All copies of a part of a playbook in which one name under these keys is another, each with the place of that name.
fn with_one_renamed(part: &Value, at: &str, keys: &[(&str, &str)], other: &str) -> Vec<(String, Value)> {
    let mut copies: Vec<(String, Value)> = Vec::new();
    match part {
        Value::Array(list) => {
            for (number, inner) in list.iter().enumerate() {
                for (place, changed) in with_one_renamed(inner, &format!("{at}/{number}"), keys, other) {
                    let mut copy = list.clone();
                    copy[number] = changed;
                    copies.push((place, copy.into()));
                }
            }
        }
        Value::Object(object) => {
            for (key, inner) in object {
                let at = format!("{at}/{key}");
                let is_named = keys.iter().any(|(_, named)| named == key);
                let changed: Vec<(String, Value)> = match is_named {
                    true => one_renamed(inner, other).into_iter().map(|changed| (at.clone(), changed)).collect(),
                    false => with_one_renamed(inner, &at, keys, other),
                };
                for (place, changed) in changed {
                    let mut copy = object.clone();
                    copy.insert(key.clone(), changed);
                    copies.push((place, copy.into()));
                }
            }
        }
        _ => {}
    }
    copies
}

/// All copies of a name, of a list of names or of a mapping of names in which one is another.
fn one_renamed(names: &Value, other: &str) -> Vec<Value> {
    match names {
        Value::String(_) => vec![other.into()],
        Value::Array(list) => (0..list.len())
            .map(|number| {
                let mut copy = list.clone();
                copy[number] = other.into();
                copy.into()
            })
            .collect(),
        Value::Object(object) => object
            .keys()
            .map(|renamed| {
                let name = |key: &String| if key == renamed { other.to_owned() } else { key.clone() };
                object.iter().map(|(key, value)| (name(key), value.clone())).collect::<Map<String, Value>>().into()
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_name_that_is_nearly_a_usual_one_is_found_wherever_a_playbook_has_names() {
    let playbook = read(include_str!("playbooks/every-form.yaml")).playbook.expect("a playbook without errors");
    let tree = write(&playbook);
    for (keys, wrong, right) in [(&KINDS[..], "Page Viewd", "Page Viewed"), (&ATTRIBUTES[..], "seniorty", "seniority")]
    {
        let copies = with_one_renamed(&tree, "", keys, wrong);
        assert!(copies.len() >= keys.len(), "every-form.yaml names {right} in each of {keys:?}");
        for (place, copy) in copies {
            let problems = read(&copy.to_string()).check_names(&Seen::default());
            let said = problems.iter().filter(|problem| problem.message.contains(&format!("did you mean `{right}`?")));
            assert_eq!(said.count(), 1, "{place}: `{wrong}` is not read as a name that people mistype");
        }
    }
}
