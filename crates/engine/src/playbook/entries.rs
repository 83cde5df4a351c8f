//! Everything that a playbook declares, each with its name and its sentence, so that nobody has to read YAML.

use super::sentences::{
    email_sentence, rule_sentence, segment_sentence, sequence_sentence, stage_sentence, step_line, topic_sentence,
};
use super::{Action, Playbook, Sequence, Step};
use crate::condition::Names;

/// Something that is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A JSON pointer with ids, as edits have it.
    pub path: String,
    /// `topic`, `score`, `rule`, `ladder`, `stage`, `segment`, `subscription`, `e-mail`, `sequence` or `step`.
    pub kind: &'static str,
    /// Of a step without one, its position, from 0.
    pub id: String,
    /// What people call it; the id where it has no name.
    pub name: String,
    /// What it does, in English; `None` where its parts say it.
    pub sentence: Option<String>,
}

/// All of them, each before its parts, in the order of the playbook.
pub fn entries(playbook: &Playbook) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut put = |path: String, kind, id: &str, name: Option<&String>, sentence: Option<String>| {
        let name = name.map_or(id, String::as_str).to_owned();
        all.push(Entry { path, kind, id: id.to_owned(), name, sentence });
    };
    for topic in &playbook.topics {
        let path = format!("/topics/{}", topic.id);
        put(path, "topic", &topic.id, topic.name.as_ref(), topic_sentence(playbook, &topic.id));
    }
    for score in &playbook.scores {
        let path = format!("/scores/{}", score.id);
        put(path.clone(), "score", &score.id, score.name.as_ref(), None);
        for rule in &score.rules {
            let sentence = rule_sentence(playbook, &score.id, &rule.id);
            put(format!("{path}/rules/{}", rule.id), "rule", &rule.id, rule.name.as_ref(), sentence);
        }
    }
    for ladder in &playbook.ladders {
        let path = format!("/ladders/{}", ladder.id);
        put(path.clone(), "ladder", &ladder.id, ladder.name.as_ref(), None);
        for stage in &ladder.stages {
            let sentence = stage_sentence(playbook, &ladder.id, &stage.id);
            put(format!("{path}/stages/{}", stage.id), "stage", &stage.id, stage.name.as_ref(), sentence);
        }
    }
    for segment in &playbook.segments {
        let sentence = segment_sentence(playbook, &segment.id);
        put(format!("/segments/{}", segment.id), "segment", &segment.id, segment.name.as_ref(), sentence);
    }
    for one in &playbook.subscriptions {
        put(format!("/subscriptions/{}", one.id), "subscription", &one.id, one.name.as_ref(), None);
    }
    for email in &playbook.emails {
        let sentence = email_sentence(playbook, &email.id);
        put(format!("/emails/{}", email.id), "e-mail", &email.id, email.name.as_ref(), sentence);
    }
    let names = Names::of(playbook);
    playbook.sequences.iter().for_each(|sequence| of_sequence(playbook, sequence, &names, &mut all));
    all
}

fn of_sequence(playbook: &Playbook, sequence: &Sequence, names: &Names, all: &mut Vec<Entry>) {
    let (id, path) = (sequence.id.clone(), format!("/sequences/{}", sequence.id));
    let name = sequence.name.clone().unwrap_or_else(|| id.clone());
    let sentence = sequence_sentence(playbook, &id);
    all.push(Entry { path: path.clone(), kind: "sequence", id, name, sentence });
    of_steps(&sequence.steps, &format!("{path}/steps"), names, all);
}

fn of_steps(steps: &[Step], path: &str, names: &Names, all: &mut Vec<Entry>) {
    for (at, step) in steps.iter().enumerate() {
        let id = step.id.clone().unwrap_or_else(|| at.to_string());
        let path = format!("{path}/{id}");
        let sentence = Some(step_line(step, names) + ".");
        all.push(Entry { path: path.clone(), kind: "step", name: id.clone(), id, sentence });
        if let Action::Branch { then, otherwise, .. } = &step.action {
            of_steps(then, &format!("{path}/branch/then"), names, all);
            of_steps(otherwise, &format!("{path}/branch/else"), names, all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::read;

    const TEXT: &str = "playbook: shop
topics: [{id: shirts, name: Shirts, pages: [/shirts]}]
scores: [{id: lead, rules: [{id: visit, name: Visit, event: Page Viewed, points: 5}]}]
ladders: [{id: life, score: lead, stages: [{id: cold}, {id: warm, from: 10}]}]
segments: [{id: keen, enter: {stage: life, is: warm}}]
subscriptions: [{id: news}]
emails: [{id: hello, subject: Hi, body: <mjml/>}]
sequences: [{id: welcome, enroll: {segment: keen}, steps: [{wait: 1d}, {id: b, branch: {if: {segment: keen}, then: [{send: hello}]}}]}]
";

    #[test]
    fn each_thing_has_its_path_its_name_and_its_sentence() {
        let playbook = read(TEXT).playbook.unwrap();
        let lines: Vec<String> = entries(&playbook)
            .into_iter()
            .map(|entry| {
                format!("{} {} ({}) {}", entry.path, entry.kind, entry.name, entry.sentence.unwrap_or_default())
            })
            .collect();
        let begins = [
            "/topics/shirts topic (Shirts) Pages “/shirts”.",
            "/scores/lead score (lead) ",
            "/scores/lead/rules/visit rule (Visit) 5 points for viewing a page.",
            "/ladders/life ladder (life) ",
            "/ladders/life/stages/cold stage (cold) Every lead starts here.",
            "/ladders/life/stages/warm stage (warm) Reached when: their score “lead” is at least 10.",
            "/segments/keen segment (keen) Entered when: ",
            "/subscriptions/news subscription (news) ",
            "/emails/hello e-mail (hello) Subject: “Hi”.",
            "/sequences/welcome sequence (welcome) Enrolled when: ",
            "/sequences/welcome/steps/0 step (0) Wait 1 day.",
            "/sequences/welcome/steps/b step (b) If: ",
            "/sequences/welcome/steps/b/branch/then/0 step (0) Send the e-mail “hello”.",
        ];
        assert_eq!(lines.len(), begins.len(), "{lines:#?}");
        for (line, begin) in lines.iter().zip(begins) {
            assert!(line.starts_with(begin), "{line}\n{begin}");
        }
    }
}
