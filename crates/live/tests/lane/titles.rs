//! Rank and department follow the job title, and give way to whoever says them.

use serde_json::{Value, json};

use crate::trial::Trial;

/// What is told of Ada, a message at each minute: her title, rank and department after each.
fn told(lines: &[&str]) -> Vec<String> {
    let mut trial = Trial::new();
    let mut all = Vec::new();
    for (minute, traits) in lines.iter().enumerate() {
        let rest = format!(r#""type": "identify", "userId": "ada", "traits": {{{traits}}}"#);
        let (public, rest) = match rest.contains(r#""public": true"#) {
            true => (true, rest.replace(r#", "public": true"#, "")),
            false => (false, rest),
        };
        let (id, time) = (format!("m{minute}"), format!("09:{minute:02}"));
        if public {
            trial.hear_public(&id, &time, &rest)
        } else {
            trial.receive(&[(&id, &time, &rest)])
        }
        let shown = ["seniority", "department"].map(|name| match trial.attribute("ada", name) {
            Value::Null => "-".to_owned(),
            value => value.as_str().unwrap().to_owned(),
        });
        all.push(shown.join(" / "));
    }
    trial.agrees();
    all
}

#[test]
fn they_follow_the_title() {
    let lines = [r#""job_title": "CEO""#, r#""job_title": "Sales Manager""#, r#""job_title": "Ninja""#];
    assert_eq!(told(&lines), ["c-level / executive", "manager / sales", "- / -"]);
    assert_eq!(told(&[lines[0], r#""job_title": null"#]), ["c-level / executive", "- / -"]);
    assert_eq!(told(&[lines[0], r#""city": "Ulm""#]), ["c-level / executive", "c-level / executive"]);
}

#[test]
fn what_somebody_says_stays() {
    let lines =
        [r#""job_title": "CEO", "seniority": "boss""#, r#""job_title": "Sales Manager""#, r#""job_title": null"#];
    assert_eq!(told(&lines), ["boss / executive", "boss / sales", "boss / -"]);
    let lines = [r#""department": "it""#, r#""title": "Sales Manager""#, r#""department": null"#, r#""title": "CFO""#];
    assert_eq!(told(&lines), ["- / it", "manager / it", "manager / -", "c-level / finance"]);
    assert_eq!(told(&[r#""title": "CEO", "seniority": null"#]), ["- / executive"]);
}

#[test]
fn the_first_of_several_titles_counts() {
    let lines = [r#""job_title": "CEO""#, r#""title": "Sales Manager""#, r#""job_title": null"#, r#""title": "Mr.""#];
    assert_eq!(told(&lines), ["c-level / executive", "c-level / executive", "manager / sales", "- / -"]);
}

#[test]
fn a_title_that_may_not_be_set_says_nothing() {
    let lines = [r#""job_title": "CEO""#, r#""job_title": "Intern", "public": true"#];
    assert_eq!(told(&lines), ["c-level / executive", "c-level / executive"]);
    let lines = [r#""job_title": "CEO", "public": true"#, r#""job_title": "Sales Manager", "public": true"#];
    assert_eq!(told(&lines), ["c-level / executive", "manager / sales"]);
    let lines = [r#""seniority": "boss""#, r#""job_title": "Sales Manager", "public": true"#];
    assert_eq!(told(&lines), ["boss / -", "boss / sales"]);
}

#[test]
fn they_have_the_age_and_the_source_of_their_title() {
    let mut trial = Trial::new();
    let title = |text: &str| format!(r#""type": "identify", "userId": "ada", "traits": {{"job_title": "{text}"}}"#);
    trial.take("import:1", &[("a", "09:00", &title("CEO"))]);
    trial.take("key:1", &[("b", "09:10", &title("CFO"))]);
    let profile = trial.profile("ada");
    let [title, rank, department] = ["job_title", "seniority", "department"].map(|name| &profile.attributes[name]);
    assert_eq!((rank.at, &rank.by, rank.read), (title.at, &title.by, true));
    assert_eq!((department.at, &department.by, &department.value), (title.at, &title.by, &json!("finance")));
    trial.agrees();
}
