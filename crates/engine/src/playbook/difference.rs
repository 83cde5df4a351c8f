//! What differs between two playbooks, piece by piece, in the sentences that people know them by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value as Json};

use super::sentences::{rule_sentence, segment_sentence, sequence_sentence, stage_sentence};
use super::{Playbook, write};
use crate::condition::quoted;

/// One piece of a playbook that is new, gone or another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As people name it: `segment hot`, `score lead, rule visit`; of what is new or gone with its name: `segment hot
    /// (“Hot leads”)`.
    pub what: String,
    /// `None`: there was none.
    pub was: Option<String>,
    /// `None`: there is none any more.
    pub now: Option<String>,
}

/// One line; what was and what is now stand on lines of their own where both are.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.was, &self.now) {
            (Some(was), Some(now)) => write!(f, "~ {}\n    was: {was}\n    now: {now}", self.what),
            (None, Some(now)) => write!(f, "+ {}: {now}", self.what),
            (Some(was), None) => write!(f, "- {}: {was}", self.what),
            (None, None) => write!(f, "  {}", self.what),
        }
    }
}

/// What is said of no sentence about it, and so by itself.
const BESIDE: [&str; 2] = ["name", "steps"];

/// Where the order decides: what comes later may refer to what comes earlier, and ties go to the first.
const ORDERED: [&str; 4] = ["topics", "ladders", "segments", "sequences"];

struct Piece {
    what: String,
    json: Json,
    sentence: Option<String>,
}

/// Everything that differs, in the order of the contract's keys; what is gone stands behind what is left.
pub fn difference(old: &Playbook, new: &Playbook) -> Vec<Change> {
    let (old_json, new_json) = (write(old), write(new));
    let mut before: BTreeMap<String, Piece> =
        pieces(old, &old_json).into_iter().map(|piece| (piece.what.clone(), piece)).collect();
    let mut changes = Vec::new();
    for piece in pieces(new, &new_json) {
        match before.remove(&piece.what) {
            None => changes.push(Change { now: Some(piece.says()), was: None, what: piece.called() }),
            Some(other) if other.json == piece.json => {}
            Some(other) => {
                let (was, now) = (other.says_beside(&piece), piece.says_beside(&other));
                changes.push(Change { what: piece.what, was: Some(was), now: Some(now) });
            }
        }
    }
    let gone = pieces(old, &old_json).into_iter().filter(|piece| before.contains_key(&piece.what));
    changes.extend(gone.map(|piece| Change { was: Some(piece.says()), now: None, what: piece.called() }));
    changes.extend(ORDERED.iter().filter_map(|key| reordered(key, &old_json, &new_json)));
    changes
}

fn pieces(playbook: &Playbook, json: &Json) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (key, value) in json.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("playbook", name) => pieces.push(plain("name of the playbook", name)),
            ("timezone", zone) => pieces.push(plain("time zone", zone)),
            ("scores", Json::Array(scores)) => scores.iter().for_each(|score| {
                within("score", "rules", "rule", score, &mut pieces, |score, rule| {
                    rule_sentence(playbook, score, rule)
                });
            }),
            ("ladders", Json::Array(ladders)) => ladders.iter().for_each(|ladder| {
                within("ladder", "stages", "stage", ladder, &mut pieces, |l, s| stage_sentence(playbook, l, s));
            }),
            ("segments", Json::Array(all)) => each("segment", all, &mut pieces, |id| segment_sentence(playbook, id)),
            ("sequences", Json::Array(all)) => each("sequence", all, &mut pieces, |id| sequence_sentence(playbook, id)),
            ("topics", Json::Array(all)) => each("topic", all, &mut pieces, |_| None),
            ("subscriptions", Json::Array(all)) => each("subscription", all, &mut pieces, |_| None),
            ("emails", Json::Array(all)) => each("e-mail", all, &mut pieces, |_| None),
            (key, value) => pieces.push(plain(key, value)),
        }
    }
    pieces
}

fn plain(what: &str, json: &Json) -> Piece {
    Piece { what: what.into(), json: json.clone(), sentence: None }
}

fn id(json: &Json) -> &str {
    json["id"].as_str().unwrap_or_default()
}

fn each(kind: &str, all: &[Json], pieces: &mut Vec<Piece>, sentence: impl Fn(&str) -> Option<String>) {
    pieces.extend(all.iter().map(|one| Piece {
        what: format!("{kind} {}", id(one)),
        json: one.clone(),
        sentence: sentence(id(one)),
    }));
}

/// A whole with its parts: the whole apart from them, and each of them.
fn within(
    kind: &str,
    key: &str,
    part_kind: &str,
    whole: &Json,
    pieces: &mut Vec<Piece>,
    sentence: impl Fn(&str, &str) -> Option<String>,
) {
    let mut own = whole.clone();
    let parts = own.as_object_mut().and_then(|own| own.shift_remove(key)).unwrap_or_default();
    let parts = parts.as_array().cloned().unwrap_or_default();
    // The order of stages is the ladder; that of rules decides nothing.
    if key == "stages" {
        own[key] = parts.iter().map(id).collect();
    }
    let what = format!("{kind} {}", id(whole));
    pieces.extend(parts.iter().map(|part| Piece {
        what: format!("{what}, {part_kind} {}", id(part)),
        json: part.clone(),
        sentence: sentence(id(whole), id(part)),
    }));
    pieces.push(Piece { what, json: own, sentence: None });
}

impl Piece {
    /// What it is, with its name where the sentence about it leaves that out.
    fn called(&self) -> String {
        match self.json["name"].as_str().filter(|_| self.sentence.is_some()) {
            Some(name) => format!("{} (\u{201c}{name}\u{201d})", self.what),
            None => self.what.clone(),
        }
    }

    fn says(&self) -> String {
        match (&self.sentence, &self.json) {
            (Some(sentence), _) => sentence.clone(),
            (None, value) => word(value),
        }
    }

    /// What of it differs from the other.
    fn says_beside(&self, other: &Piece) -> String {
        let (Json::Object(own), Json::Object(theirs)) = (&self.json, &other.json) else { return self.says() };
        let keys: BTreeSet<&str> = own.keys().chain(theirs.keys()).map(String::as_str).collect();
        let spoken = self.sentence.as_ref().filter(|_| self.sentence != other.sentence);
        let differs = |key: &&str| own.get(*key) != theirs.get(*key) && (spoken.is_none() || BESIDE.contains(key));
        let rest = listed(keys.into_iter().filter(differs).map(|key| (key, own.get(key))));
        let parts = spoken.cloned().into_iter().chain(Some(rest).filter(|rest| !rest.is_empty()));
        parts.collect::<Vec<_>>().join(" ")
    }
}

fn listed<'a>(members: impl Iterator<Item = (&'a str, Option<&'a Json>)>) -> String {
    let member = |(key, value): (&str, Option<&Json>)| match value {
        Some(value) => format!("{key} {}", part(value)),
        None => format!("no {key}"),
    };
    members.map(member).collect::<Vec<_>>().join(", ")
}

/// A value for people: what is in it by its names, and no JSON.
fn word(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(members) => within_words(members),
        Json::Array(_) => part(value),
        other => other.to_string(),
    }
}

/// A value behind its name: a text of several words has quotes, and what has parts of its own has brackets, behind its id
/// where it has one.
fn part(value: &Json) -> String {
    match value {
        Json::String(text) if text.contains(char::is_whitespace) => quoted(text),
        Json::Array(all) => joined(all.iter().map(part).collect()),
        Json::Object(members) => {
            let (id, rest) = (id(value), within_words(members));
            match (id.is_empty(), rest.is_empty()) {
                (true, _) => format!("({rest})"),
                (false, true) => id.to_owned(),
                (false, false) => format!("{id} ({rest})"),
            }
        }
        other => word(other),
    }
}

fn within_words(members: &Map<String, Json>) -> String {
    listed(members.iter().filter(|(key, _)| *key != "id").map(|(key, value)| (key.as_str(), Some(value))))
}

/// “a, b and c”
fn joined(mut all: Vec<String>) -> String {
    match all.pop() {
        None => "none".to_owned(),
        Some(only) if all.is_empty() => only,
        Some(last) => format!("{} and {last}", all.join(", ")),
    }
}

fn reordered(key: &str, old: &Json, new: &Json) -> Option<Change> {
    let ids = |json: &Json| -> Vec<String> {
        json[key].as_array().into_iter().flatten().map(|one| id(one).to_owned()).collect()
    };
    let (old, new) = (ids(old), ids(new));
    let left = |from: &[String], other: &[String]| -> Vec<String> {
        from.iter().filter(|id| other.contains(id)).cloned().collect()
    };
    let (was, now) = (left(&old, &new), left(&new, &old));
    (was != now).then(|| Change {
        what: format!("order of {key}"),
        was: Some(was.join(", ")),
        now: Some(now.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    const OLD: &str = "playbook: shop
topics: [{id: shirts}, {id: ties}]
scores: [{id: lead, rules: [{id: visit, event: Page Viewed, points: 5}, {id: call, event: Call Logged, points: 9}]}]
ladders: [{id: life, score: lead, stages: [{id: cold}, {id: warm, from: 10}]}]
segments:
  - {id: hot, enter: {score: lead, gte: 20}}
  - {id: known, enter: {attribute: email, exists: true}}
";

    fn lines(new: &str) -> Vec<String> {
        let playbook = |text: &str| {
            let reading = read(text);
            reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems))
        };
        difference(&playbook(OLD), &playbook(new)).iter().map(Change::to_string).collect()
    }

    #[test]
    fn the_same_playbook_differs_in_nothing() {
        assert!(lines(OLD).is_empty());
        assert!(lines(&OLD.replace("topics:", "# a comment\n\ntopics:")).is_empty());
    }

    #[test]
    fn each_piece_is_told_by_its_name() {
        let table: [(&str, &str, &[&str]); 8] = [
            ("playbook: shop", "playbook: store", &["~ name of the playbook", "was: shop", "now: store"]),
            ("points: 5", "points: 6", &["~ score lead, rule visit", "was: 5 points", "now: 6 points"]),
            (", {id: call, event: Call Logged, points: 9}", "", &["- score lead, rule call: 9 points"]),
            ("gte: 20", "gte: 30", &["~ segment hot", "was: ", "20", "now: ", "30"]),
            ("{id: hot,", "{id: hot, name: Hot,", &["~ segment hot", "was: no name", "now: name Hot"]),
            ("from: 10", "from: 12", &["~ ladder life, stage warm", "10", "12"]),
            ("{id: ties}", "{id: ties}, {id: hats, pages: [/hats]}", &["+ topic hats: pages /hats"]),
            (
                "stages: [{id: cold}",
                "min_stay: 2d, stages: [{id: cold}",
                &["~ ladder life", "no min_stay", "min_stay 2d"],
            ),
        ];
        for (from, to, told) in table {
            let lines = lines(&OLD.replace(from, to));
            assert_eq!(lines.len(), 1, "{from} → {to}: {lines:#?}");
            for part in told {
                assert!(lines[0].contains(part), "{part} is not said in: {}", lines[0]);
            }
        }
    }

    #[test]
    fn what_is_new_or_gone_is_told_with_its_name() {
        let named =
            OLD.replace("{id: hot,", "{id: hot, name: Hot leads,").replace("{id: call,", "{id: call, name: Calls,");
        let read = |text: &str| read(text).playbook.unwrap();
        let changes = difference(&read(&named), &read("playbook: shop"));
        let what: Vec<&str> = changes.iter().map(|change| change.what.as_str()).collect();
        for expected in ["segment hot (\u{201c}Hot leads\u{201d})", "score lead, rule call (\u{201c}Calls\u{201d})"] {
            assert!(what.contains(&expected), "{what:?}");
        }
    }

    #[test]
    fn what_has_parts_is_told_in_words() {
        let emails =
            |variants: &str| format!("{OLD}emails: [{{id: may, subject: News of May, body: <mjml/>{variants}}}]\n");
        let read = |text: &str| {
            let reading = read(text);
            reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems))
        };
        let told = |old: &str, new: &str| -> String {
            difference(&read(old), &read(new)).iter().map(Change::to_string).collect::<Vec<_>>().join("\n")
        };
        let variants =
            ", variants: [{id: asks, share: 50, subject: What would you ask?}, {id: short, share: 10, subject: May}]";
        let cadence = "cadence: {ladder: life, every: {cold: 30d, warm: 7d}}\n";
        let plain = emails("");
        for (new, expected) in [
            (
                emails(variants),
                "variants asks (share 50, subject “What would you ask?”) and short (share 10, subject May)",
            ),
            (format!("{plain}{cadence}"), "+ cadence: ladder life, every (cold 30d, warm 1w)"),
        ] {
            let told = told(&plain, &new);
            assert!(told.contains(expected), "{told}");
            assert!(!told.contains(['{', '[', '"']), "{told}");
        }
        let alone = told("playbook: shop", &plain);
        assert!(!alone.contains("[{") && !alone.contains("\":"), "{alone}");
    }

    #[test]
    fn the_order_counts_where_it_decides() {
        let swapped = OLD.replace("{id: shirts}, {id: ties}", "{id: ties}, {id: shirts}");
        assert_eq!(lines(&swapped), ["~ order of topics\n    was: shirts, ties\n    now: ties, shirts"]);
    }
}
