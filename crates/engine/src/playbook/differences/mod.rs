//! What differs between two playbooks, field by field, as sentences with the names that people use.

mod fields;
mod steps;
mod values;

use serde_json::{Map, Value as Json};

use super::sentences::{rule_sentence, segment_sentence, sequence_sentence, stage_sentence};
use super::{Playbook, write};
use crate::condition::{Names, gerund, named, quoted};
use fields::{Field, Show, fields};
use steps::Steps;
use values::{Side, number, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Differs {
    Added,
    Removed,
    Changed,
    /// It has another place in its list.
    Moved,
}

impl Differs {
    pub fn name(self) -> &'static str {
        match self {
            Differs::Added => "added",
            Differs::Removed => "removed",
            Differs::Changed => "changed",
            Differs::Moved => "moved",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where it is: a JSON pointer with ids, as edits have it.
    pub path: String,
    pub differs: Differs,
    /// What differs, with its full stop.
    pub sentence: String,
    /// As the playbook writes it; `None` where it was not written, or is told by the sentence alone.
    pub was: Option<Json>,
    pub now: Option<Json>,
}

/// Everything that differs, in the order of the schema. Where the playbooks mean the same there is none.
pub fn differences(old: &Playbook, new: &Playbook) -> Vec<Difference> {
    let side = |playbook| Side { playbook, names: Names::of(playbook) };
    let mut walk = Walk { old: side(old), new: side(new), found: Vec::new() };
    let subject = Subject { words: "the playbook".into(), kind: "playbook", path: String::new() };
    walk.record(&subject, &write(old), &write(new));
    walk.found
}

/// What has fields.
struct Subject {
    /// With its article: "the segment “Hot leads”".
    words: String,
    kind: &'static str,
    path: String,
}

impl Subject {
    fn path_of(&self, key: &str) -> String {
        format!("{}/{}", self.path, key.replace('~', "~0").replace('/', "~1"))
    }
}

struct Walk<'a> {
    old: Side<'a>,
    new: Side<'a>,
    found: Vec<Difference>,
}

const NOTHING: Json = Json::Null;

impl Walk<'_> {
    fn record(&mut self, of: &Subject, old: &Json, new: &Json) {
        if of.kind == "rule" && counts_by(old) != counts_by(new) {
            return self.rule_of_another_kind(of, old, new);
        }
        for field in fields(of.kind) {
            let (was, now) = (old.get(field.key), new.get(field.key));
            let counts_others = field.show == Show::Counted && old.get("where") != new.get("where");
            if was != now || counts_others {
                self.field(of, field, (old, was), (new, now));
            }
        }
    }

    fn field(&mut self, of: &Subject, field: &Field, old: (&Json, Option<&Json>), new: (&Json, Option<&Json>)) {
        let path = of.path_of(field.key);
        let (was, now) = (old.1.unwrap_or(&NOTHING), new.1.unwrap_or(&NOTHING));
        match field.show {
            Show::Where => {}
            Show::Entries(kind) => self.entries(of, field, kind, was, now),
            Show::Record(kind) => self.part(of, kind, path, old.1, new.1),
            Show::ByStage | Show::ByKind => self.by_key(of, field, was, now),
            Show::ByKey(kind) => self.translations(of, kind, was, now),
            Show::Steps => self.steps(of, path),
            _ => {
                let was = self.old.words(field, old.1, old.0);
                let now = self.new.words(field, new.1, new.0);
                let sentence = sentence(of, field, &was, &now, old.1.is_some() && new.1.is_some());
                self.push(path, Differs::Changed, sentence, old.1, new.1);
            }
        }
    }

    fn push(&mut self, path: String, differs: Differs, sentence: String, was: Option<&Json>, now: Option<&Json>) {
        self.found.push(Difference { path, differs, sentence, was: was.cloned(), now: now.cloned() });
    }

    fn rule_of_another_kind(&mut self, of: &Subject, old: &Json, new: &Json) {
        let score = of.path.split('/').nth(2).unwrap_or_default();
        let says = |side: &Side, rule: &Json| rule_sentence(side.playbook, score, id(rule)).unwrap_or_default();
        let sentence =
            format!("{} is now: {} It was: {}", upper(&of.words), says(&self.new, new), says(&self.old, old));
        self.push(of.path.clone(), Differs::Changed, sentence, Some(old), Some(new));
    }

    /// A record that is there once or not at all.
    fn part(&mut self, of: &Subject, kind: &'static str, path: String, old: Option<&Json>, new: Option<&Json>) {
        let words = match of.kind {
            "playbook" => format!("the {kind}"),
            _ => format!("the {kind} of {}", of.words),
        };
        let verb = if kind == "interests" { "are" } else { "is" };
        match (old, new) {
            (Some(old), Some(new)) => self.record(&Subject { words, kind, path }, old, new),
            (None, now) => self.push(path, Differs::Added, format!("{} {verb} new.", upper(&words)), None, now),
            (was, None) => self.push(path, Differs::Removed, format!("{} {verb} removed.", upper(&words)), was, None),
        }
    }

    /// Entries of a list, by their ids, and their order.
    fn entries(&mut self, of: &Subject, field: &Field, kind: &'static str, old: &Json, new: &Json) {
        let (old, new) = (items(old), items(new));
        let find = |list: &[Json], id: &str| list.iter().find(|entry| self::id(entry) == id).cloned();
        for entry in new {
            let subject = self.subject(of, field, kind, entry, true);
            match find(old, id(entry)) {
                Some(before) if before == *entry => {}
                Some(before) => self.record(&subject, &before, entry),
                None => {
                    let sentence = self.new_entry(&subject, entry, of);
                    self.push(subject.path, Differs::Added, sentence, None, Some(entry));
                }
            }
        }
        for entry in old.iter().filter(|entry| find(new, id(entry)).is_none()) {
            let subject = self.subject(of, field, kind, entry, false);
            let sentence = format!("{} is removed.", upper(&subject.words));
            self.push(subject.path, Differs::Removed, sentence, Some(entry), None);
        }
        self.order(of, field, kind, old, new);
    }

    fn subject(&self, of: &Subject, field: &Field, kind: &'static str, entry: &Json, is_new: bool) -> Subject {
        let side = if is_new { &self.new } else { &self.old };
        let called = named(&called(side, of, kind, entry));
        let has_several = match kind {
            "rule" => side.playbook.scores.len() > 1,
            "stage" => side.playbook.ladders.len() > 1,
            _ => kind == "variant",
        };
        let words = match has_several {
            true => format!("the {kind} {called} of {}", of.words),
            false => format!("the {kind} {called}"),
        };
        Subject { words, kind, path: format!("{}/{}", of.path_of(field.key), id(entry)) }
    }

    fn new_entry(&self, subject: &Subject, entry: &Json, of: &Subject) -> String {
        let (playbook, id) = (self.new.playbook, id(entry));
        let around = of.path.rsplit('/').next().unwrap_or_default();
        let parts = |key: &str| {
            let names = items(&entry[key]).iter().map(|part| named(text(part.get("name").unwrap_or(&part["id"]))));
            let names: Vec<String> = names.collect();
            (!names.is_empty()).then(|| format!("with the {key} {}.", names.join(", ")))
        };
        let says = match subject.kind {
            "rule" => rule_sentence(playbook, around, id),
            "stage" => stage_sentence(playbook, around, id),
            "segment" => segment_sentence(playbook, id),
            "sequence" => sequence_sentence(playbook, id),
            "e-mail" => Some(format!("with the subject {}.", quoted(text(&entry["subject"])))),
            "score" => parts("rules"),
            "ladder" => parts("stages"),
            _ => None,
        };
        match says {
            Some(says) if says.starts_with("with ") => format!("{} is new, {says}", upper(&subject.words)),
            Some(says) => format!("{} is new. {says}", upper(&subject.words)),
            None => format!("{} is new.", upper(&subject.words)),
        }
    }

    fn order(&mut self, of: &Subject, field: &Field, kind: &'static str, old: &[Json], new: &[Json]) {
        let left = |from: &[Json], other: &[Json]| -> Vec<String> {
            let ids = from.iter().map(|entry| id(entry).to_owned());
            ids.filter(|id| other.iter().any(|entry| self::id(entry) == id)).collect()
        };
        let (was, now) = (left(old, new), left(new, old));
        if was == now {
            return;
        }
        let entry = |id: &str| new.iter().find(|entry| self::id(entry) == id).unwrap_or(&NOTHING);
        let moved = now.iter().find(|id| without(&was, id) == without(&now, id));
        let Some(moved) = moved else {
            let names: Vec<String> = now.iter().map(|id| named(&called(&self.new, of, kind, entry(id)))).collect();
            let around = if of.kind == "playbook" { String::new() } else { format!(" of {}", of.words) };
            let sentence = format!("The {}{around} are in another order: {}.", field.words, names.join(", "));
            return self.push(of.path_of(field.key), Differs::Moved, sentence, None, None);
        };
        let subject = self.subject(of, field, kind, entry(moved), true);
        let before = now.iter().position(|id| id == moved).and_then(|at| now.get(at.checked_sub(1)?));
        let place = match before {
            Some(before) => format!("comes after {} now", named(&called(&self.new, of, kind, entry(before)))),
            None => "comes first now".to_owned(),
        };
        let sentence = format!("{} {place}.", upper(&subject.words));
        self.push(subject.path, Differs::Moved, sentence, None, None);
    }

    /// Values by the stage or the kind of event that they are for.
    fn by_key(&mut self, of: &Subject, field: &Field, old: &Json, new: &Json) {
        let ladder =
            |side: &Side| side.playbook.cadence.as_ref().map_or(String::new(), |cadence| cadence.ladder.clone());
        for key in keys(old, new) {
            let (was, now) = (old.get(&key), new.get(&key));
            if was == now {
                continue;
            }
            let words = match field.show {
                Show::ByStage => {
                    format!("{} in the stage {}", field.words, named(self.new.names.stage(&ladder(&self.new), &key)))
                }
                _ => format!("{} of {}", field.words, gerund(&key)),
            };
            let shown = |value: Option<&Json>| match value {
                None => "none".to_owned(),
                Some(value) if value.is_string() => values::lasting(value),
                Some(value) => number(value),
            };
            let sentence = format!("The {words} is now {} instead of {}.", shown(now), shown(was));
            let path = format!("{}/{}", of.path_of(field.key), key.replace('~', "~0").replace('/', "~1"));
            self.push(path, Differs::Changed, sentence, was, now);
        }
    }

    fn translations(&mut self, of: &Subject, kind: &'static str, old: &Json, new: &Json) {
        for key in keys(old, new) {
            let words = format!("the {kind} of {} into {}", of.words, quoted(&key));
            let path = format!("{}/{key}", of.path_of("languages"));
            match (old.get(&key), new.get(&key)) {
                (Some(old), Some(new)) => self.record(&Subject { words, kind, path }, old, new),
                (None, now) => self.push(path, Differs::Added, format!("{} is new.", upper(&words)), None, now),
                (was, None) => self.push(path, Differs::Removed, format!("{} is removed.", upper(&words)), was, None),
            }
        }
    }

    fn steps(&mut self, of: &Subject, path: String) {
        let id = of.path.rsplit('/').next().unwrap_or_default();
        let find = |side: &Side<'_>| side.playbook.sequences.iter().position(|sequence| sequence.id == id);
        let (Some(old), Some(new)) = (find(&self.old), find(&self.new)) else { return };
        let (old_steps, new_steps) = (&self.old.playbook.sequences[old].steps, &self.new.playbook.sequences[new].steps);
        let (old, new) = ((&self.old, old_steps.as_slice()), (&self.new, new_steps.as_slice()));
        let mut found = Vec::new();
        Steps { old, new, of: of.words.clone(), path }.differences(&mut found);
        self.found.append(&mut found);
    }
}

/// One sentence about a field that has another value.
fn sentence(of: &Subject, field: &Field, was: &str, now: &str, is_written: bool) -> String {
    let subject = upper(&of.words);
    match field.show {
        Show::Name if is_written => format!("The {} {} is now called {}.", of.kind, was, now),
        Show::Name if now == field.absent => format!("{subject} no longer has the name {was}."),
        Show::Name => {
            let id = of.path.rsplit('/').next().unwrap_or_default();
            format!("The {} {} is now called {now}.", of.kind, named(id))
        }
        Show::Points => {
            let unit = if now == "1" || now == "-1" { "point" } else { "points" };
            format!("{subject} now gives {now} {unit} instead of {was}.")
        }
        Show::Counted => format!("{subject} now counts {now} instead of {was}."),
        Show::Condition | Show::While => format!("The {} is now: {now}. It was: {was}.", possessed(of, field)),
        Show::Body if now == was => format!("The {} was rewritten.", possessed(of, field)),
        _ => {
            let are_several = matches!(field.show, Show::Kinds | Show::Texts | Show::Topics | Show::Stages);
            let verb = if are_several { "are" } else { "is" };
            format!("The {} {verb} now {now} instead of {was}.", possessed(of, field))
        }
    }
}

/// "threshold of the stage Hot", "condition for entering the segment Keen"
fn possessed(of: &Subject, field: &Field) -> String {
    let has_its_own = ["entering", "leaving", " in"].iter().any(|end| field.words.ends_with(end));
    let of_ = if has_its_own { " " } else { " of " };
    format!("{}{of_}{}", field.words, of.words)
}

/// What a rule gives its points for: the key that tells.
fn counts_by(rule: &Json) -> Option<&'static str> {
    ["event", "if", "inactive"].into_iter().find(|key| rule.get(key).is_some())
}

/// What people call an entry. Names come from the playbook where they could be taken for others.
fn called(side: &Side, of: &Subject, kind: &str, entry: &Json) -> String {
    let (names, id) = (&side.names, id(entry));
    match kind {
        "topic" => names.topic(id),
        "score" => names.score(id),
        "ladder" => names.ladder(id),
        "stage" => names.stage(of.path.rsplit('/').next().unwrap_or_default(), id),
        "segment" => names.segment(id),
        "subscription" => names.subscription(id),
        "e-mail" => names.email(id),
        "sequence" => names.sequence(id),
        _ => entry.get("name").map_or(id, text),
    }
    .to_owned()
}

fn id(entry: &Json) -> &str {
    text(&entry["id"])
}

fn items(list: &Json) -> &[Json] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn without<'a>(ids: &'a [String], id: &str) -> Vec<&'a String> {
    ids.iter().filter(|other| *other != id).collect()
}

/// The keys of both, those of the old one first.
fn keys(old: &Json, new: &Json) -> Vec<String> {
    let members = |json: &Json| json.as_object().cloned().unwrap_or_default();
    let mut all: Map<String, Json> = members(old);
    all.extend(members(new));
    all.keys().cloned().collect()
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
