//! What is wrong with a playbook, where, and what would be right: a table of texts and of all problems found in each.

use attractor_engine::playbook::{Problem, Seen, read};

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
