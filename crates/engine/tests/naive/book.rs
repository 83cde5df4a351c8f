//! The playbook as the evaluator walks it: ids looked up, durations in milliseconds. Only valid playbooks are read.

use super::condition::{Condition, Leaf};
use super::instant::{DAY, duration};
use super::sequence::{Step, flat};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Comparisons are made of billionths: whole numbers after rounding to nine decimals.
pub const BILLION: f64 = 1e9;

pub struct Book {
    pub zone: jiff::tz::TimeZone,
    pub topics: Vec<Topic>,
    pub interests: Option<Interests>,
    pub scores: Vec<Score>,
    pub ladders: Vec<Ladder>,
    pub segments: Vec<Segment>,
    pub sequences: Vec<Sequence>,
    /// Every condition that is no `all`, `any` or `not`, with what can be asked of single events beforehand.
    pub leaves: Vec<Leaf>,
    /// Per score and per topic, the numbers (in billionths) that conditions compare it to.
    pub score_limits: Vec<Vec<f64>>,
    pub strength_limits: Vec<Vec<f64>>,
    /// The kinds that count as the lead being active.
    pub activity: Vec<String>,
}

pub struct Topic {
    pub id: String,
    pub pages: Vec<Vec<char>>,
}

pub struct Interests {
    pub half_life: f64,
    pub weights: BTreeMap<String, f64>,
    /// In billionths.
    pub minimum: f64,
    pub margin: f64,
}

pub struct Score {
    pub id: String,
    pub range: Option<(f64, f64)>,
    pub rules: Vec<Rule>,
}

pub struct Rule {
    pub points: f64,
    pub cap: Option<f64>,
    pub source: Source,
}

pub enum Source {
    /// `leaf` tells which events match.
    Event {
        leaf: usize,
        limit: Option<(usize, i64)>,
        decay: Decay,
    },
    If(Condition),
    Inactive {
        leaf: usize,
        after: i64,
        repeats: bool,
    },
}

#[derive(Clone, Copy)]
pub enum Decay {
    None,
    HalfLife(f64),
    Expires(i64),
    Loses(f64, i64),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    Live,
    Daily,
    Weekly,
    Monthly,
}

pub struct Ladder {
    pub id: String,
    pub stages: Vec<Stage>,
    pub min_stay: i64,
    pub when: When,
    /// How long conditions ask the lead to have been in a stage.
    pub stays: Vec<i64>,
}

pub struct Stage {
    pub id: String,
    /// The lowest stage has none.
    pub enter: Condition,
    /// `leave`, where given.
    pub own_leave: Option<Condition>,
    /// `leave`, or what stands for it.
    pub leave: Condition,
}

pub struct Segment {
    pub id: String,
    pub enter: Condition,
    pub own_leave: Option<Condition>,
    pub leave: Condition,
    pub min_stay: i64,
    pub when: When,
    /// How long conditions ask the lead to have been inside.
    pub stays: Vec<i64>,
}

pub struct Sequence {
    pub id: String,
    /// With what is demanded about deals.
    pub enroll: Condition,
    /// Where the rules enrolled.
    pub stay: Condition,
    /// Where a person enrolled.
    pub stay_by_hand: Condition,
    pub goal: Condition,
    pub again: Again,
    pub holdout: f64,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy)]
pub enum Again {
    Never,
    Always,
    After(i64),
}

pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("everything in a playbook has an id").into()
}

pub fn time(value: &Value, key: &str) -> Option<i64> {
    value.get(key).and_then(Value::as_str).map(duration)
}

pub fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn when(value: &Value) -> When {
    match value.get("evaluate").and_then(Value::as_str) {
        Some("daily") => When::Daily,
        Some("weekly") => When::Weekly,
        Some("monthly") => When::Monthly,
        _ => When::Live,
    }
}

/// Rounded to nine decimals, in billionths; never −0. Where the product looks like a half, its error decides.
pub fn billionths(number: f64) -> f64 {
    let product = number * BILLION;
    let (rounded, error) = (product.round(), number.mul_add(BILLION, -product));
    let correction = match rounded - product {
        0.5 if error < 0.0 => -1.0,
        -0.5 if error > 0.0 => 1.0,
        _ => 0.0,
    };
    rounded + correction + 0.0
}

/// What is demanded of leads in nurturing unless the sequence is for buyers.
fn no_buyer() -> Value {
    json!({"all": [{"not": {"deal": "open"}}, {"not": {"deal": "won"}}, {"not": {"event": "Deal Lost", "within": "30d"}}]})
}

impl Book {
    pub fn read(playbook: &Value, zone: jiff::tz::TimeZone) -> Book {
        let activity = match playbook.get("activity") {
            Some(kinds) => texts(kinds),
            None => texts(&json!([
                "Page Viewed",
                "Email Opened",
                "Email Link Clicked",
                "Form Submitted",
                "Content Downloaded",
                "Webinar Attended",
                "Demo Requested",
                "Topic Chosen"
            ])),
        };
        let mut book = Book {
            zone,
            topics: list(playbook, "topics").iter().map(Topic::read).collect(),
            interests: playbook.get("interests").map(Interests::read),
            scores: Vec::new(),
            ladders: Vec::new(),
            segments: Vec::new(),
            sequences: Vec::new(),
            leaves: Vec::new(),
            score_limits: Vec::new(),
            strength_limits: Vec::new(),
            activity,
        };
        let minimum = book.interests.as_ref().map(|interests| interests.minimum);
        book.strength_limits = vec![minimum.into_iter().collect(); book.topics.len()];
        for score in list(playbook, "scores") {
            let rules = list(score, "rules").iter().map(|rule| book.rule(rule)).collect();
            let range =
                score.get("range").map(|r| (r[0].as_f64().expect("a number"), r[1].as_f64().expect("a number")));
            book.scores.push(Score { id: id(score), range, rules });
            book.score_limits.push(Vec::new());
        }
        for ladder in list(playbook, "ladders") {
            let ladder = book.ladder(ladder);
            book.ladders.push(ladder);
        }
        for segment in list(playbook, "segments") {
            let segment = book.segment(segment);
            book.segments.push(segment);
        }
        for sequence in list(playbook, "sequences") {
            let sequence = book.sequence(sequence);
            book.sequences.push(sequence);
        }
        book
    }

    fn rule(&mut self, rule: &Value) -> Rule {
        let source = if let Some(condition) = rule.get("if") {
            Source::If(self.condition(condition))
        } else if let Some(after) = time(rule, "inactive") {
            let leaf = self.leaf(Leaf::Inactive { after, kinds: self.kinds(rule) });
            Source::Inactive { leaf, after, repeats: rule["repeats"] == json!(true) }
        } else {
            let leaf = self.event_leaf(rule);
            let limit = rule.get("limit").map(|limit| {
                let times = limit["times"].as_u64().expect("`times` is a whole number");
                (times as usize, time(limit, "within").expect("`limit` has `within`"))
            });
            Source::Event { leaf, limit, decay: decay(rule.get("decay")) }
        };
        let points = rule["points"].as_f64().expect("a rule has points");
        Rule { points, cap: rule.get("cap").and_then(Value::as_f64), source }
    }

    fn ladder(&mut self, ladder: &Value) -> Ladder {
        let score = ladder.get("score").and_then(Value::as_str);
        let hold = ladder.get("hold").and_then(Value::as_f64);
        let stages = list(ladder, "stages").iter().map(|stage| self.stage(stage, score, hold)).collect();
        let min_stay = time(ladder, "min_stay").unwrap_or(0);
        Ladder { id: id(ladder), stages, min_stay, when: when(ladder), stays: Vec::new() }
    }

    fn stage(&mut self, stage: &Value, score: Option<&str>, hold: Option<f64>) -> Stage {
        let from = stage.get("from").and_then(Value::as_f64);
        let at_least = |from: f64| json!({"score": score, "gte": from});
        let enter = from.map(at_least).or_else(|| stage.get("enter").cloned()).unwrap_or(json!({"any": []}));
        let default = match (from, hold) {
            (Some(from), Some(hold)) => json!({"score": score, "lt": from - hold}),
            _ => json!({"not": enter}),
        };
        let own_leave = stage.get("leave").map(|leave| self.condition(leave));
        let leave = self.condition(stage.get("leave").unwrap_or(&default));
        Stage { id: id(stage), enter: self.condition(&enter), own_leave, leave }
    }

    fn segment(&mut self, segment: &Value) -> Segment {
        let enter = &segment["enter"];
        let own_leave = segment.get("leave").map(|leave| self.condition(leave));
        let leave = self.condition(segment.get("leave").unwrap_or(&json!({"not": enter})));
        let min_stay = time(segment, "min_stay").unwrap_or(0);
        let (enter, when, stays) = (self.condition(enter), when(segment), Vec::new());
        Segment { id: id(segment), enter, own_leave, leave, min_stay, when, stays }
    }

    fn sequence(&mut self, sequence: &Value) -> Sequence {
        let buyers = sequence.get("buyers") == Some(&json!(true));
        let demanded = if buyers { json!({"all": []}) } else { no_buyer() };
        let always = json!({"all": []});
        let (stay, by_hand) = match sequence.get("while") {
            None => (&sequence["enroll"], &always),
            Some(Value::String(word)) if word == "enrolled" => (&sequence["enroll"], &always),
            Some(Value::String(_)) => (&always, &always),
            Some(condition) => (condition, condition),
        };
        Sequence {
            id: id(sequence),
            enroll: self.condition(&json!({"all": [sequence["enroll"], demanded]})),
            stay: self.condition(&json!({"all": [stay, demanded]})),
            stay_by_hand: self.condition(by_hand),
            goal: self.condition(sequence.get("goal").unwrap_or(&json!({"any": []}))),
            again: again(sequence.get("again")),
            holdout: sequence.get("holdout").and_then(Value::as_f64).unwrap_or(0.0),
            steps: flat(self, list(sequence, "steps")),
        }
    }

    pub fn leaf(&mut self, leaf: Leaf) -> usize {
        self.leaves.push(leaf);
        self.leaves.len() - 1
    }
}

fn decay(value: Option<&Value>) -> Decay {
    let Some(value) = value else { return Decay::None };
    if let Some(half_life) = time(value, "half_life") {
        Decay::HalfLife(half_life as f64)
    } else if let Some(expires) = time(value, "expires") {
        Decay::Expires(expires)
    } else {
        let loses = value["loses"].as_f64().expect("`decay` has one of three forms");
        Decay::Loses(loses, time(value, "every").expect("`loses` has `every`"))
    }
}

fn again(value: Option<&Value>) -> Again {
    match value {
        Some(Value::String(word)) if word == "always" => Again::Always,
        Some(Value::Object(_)) => Again::After(value.and_then(|v| time(v, "after")).expect("`again` has `after`")),
        _ => Again::Never,
    }
}

impl Topic {
    fn read(value: &Value) -> Topic {
        let pages = list(value, "pages").iter().filter_map(Value::as_str);
        Topic { id: id(value), pages: pages.map(|glob| glob.chars().collect()).collect() }
    }
}

impl Interests {
    fn read(value: &Value) -> Interests {
        let number = |key: &str, default| value.get(key).and_then(Value::as_f64).unwrap_or(default);
        let weights = match value.get("weights").and_then(Value::as_object) {
            Some(weights) => weights.iter().map(|(kind, w)| (kind.clone(), w.as_f64().unwrap_or(0.0))).collect(),
            None => BTreeMap::from([
                ("Email Link Clicked".into(), 1.0),
                ("Topic Chosen".into(), 1.0),
                ("Page Viewed".into(), 0.25),
            ]),
        };
        Interests {
            half_life: time(value, "half_life").unwrap_or(30 * DAY) as f64,
            weights,
            minimum: billionths(number("minimum", 0.5)),
            margin: number("margin", 1.25),
        }
    }
}
