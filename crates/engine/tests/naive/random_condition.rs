//! Random conditions of every form.

use super::random::{Dice, Forms, KINDS, World};
use serde_json::{Map, Value, json};

/// What a condition may refer to.
#[derive(Clone, Default)]
pub struct Known {
    /// The declared topics, where there are interests.
    pub topics: Vec<&'static str>,
    pub scores: Vec<String>,
    pub ladders: Vec<(String, Vec<String>)>,
    pub segments: Vec<String>,
}

const ATTRIBUTES: [&str; 12] = [
    "country",
    "size",
    "tags",
    "tags",
    "flag",
    "job_title",
    "address",
    "address.country",
    "address.country",
    "company.name",
    "email",
    "owner",
];
pub const PROPERTIES: [&str; 9] = ["size", "val", "asset", "ok", "tags", "path", "title", "deep.er", "topic"];
const EMAIL_KINDS: [&str; 4] = ["Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced"];
const OTHER_KINDS: [&str; 5] = ["Deal Created", "Note Written", "Tagged", "Sequence Entered", "Subscribed"];

/// A value as attributes and properties have it, and conditions compare it to.
pub fn value(dice: &mut Dice) -> Value {
    if dice.chance(60) {
        let common = json!([5, "5", 50, "DE", "vip", "VIP", true, "TRUE"]);
        return dice.pick(common.as_array().expect("a list")).clone();
    }
    let values = json!([
        5,
        "5",
        " 5.0 ",
        "5e0",
        "+5",
        50,
        "50",
        -3,
        "-3",
        0,
        2.5,
        "2.5",
        "0x5",
        "inf",
        "NaN",
        "1_0",
        true,
        false,
        "true",
        "TRUE",
        "False",
        "de",
        "DE",
        "Ü",
        "ü",
        "vip",
        "VIP",
        "x",
        "",
        " ",
        "Chief Üx",
        "straße",
        "/pricing",
        "/pricing/a"
    ]);
    dice.pick(values.as_array().expect("a list")).clone()
}

fn values(dice: &mut Dice) -> Vec<Value> {
    (0..1 + dice.below(3)).map(|_| value(dice)).collect()
}

fn text(dice: &mut Dice) -> &'static str {
    dice.pick::<&str>(&["5", "d", "VIP", "ü", "/pricing", "e", "chief", " ", "x.de", "0"])
}

/// One or two operators on a value of any type.
fn operators(dice: &mut Dice, into: &mut Map<String, Value>) {
    for _ in 0..if dice.chance(85) { 1 } else { 2 } {
        let (name, operand) = match dice.below(12) {
            0 => ("eq", value(dice)),
            1 => ("ne", value(dice)),
            2 => ("in", values(dice).into()),
            3 => ("not_in", values(dice).into()),
            4 => ("contains", if dice.chance(70) { text(dice).into() } else { value(dice) }),
            5 => ("starts_with", text(dice).into()),
            6 => ("ends_with", text(dice).into()),
            7 | 8 => ("exists", dice.chance(50).into()),
            _ => (*dice.pick(&["gt", "gte", "lt", "lte"]), json!(dice.pick(&[-3.0, 0.0, 2.5, 5.0, 20.0]))),
        };
        into.insert(name.into(), operand);
    }
}

/// One or two operators on a number.
pub fn numeric(dice: &mut Dice, numbers: &[f64], into: &mut Map<String, Value>) {
    for _ in 0..if dice.chance(80) { 1 } else { 2 } {
        let number = json!(dice.pick(numbers));
        match dice.weighted(&[
            (30, "gte"),
            (20, "gt"),
            (20, "lte"),
            (20, "lt"),
            (5, "eq"),
            (5, "ne"),
            (3, "in"),
            (3, "not_in"),
        ]) {
            name @ ("in" | "not_in") => into.insert(name.into(), json!([number, dice.pick(numbers)])),
            name => into.insert(name.into(), number),
        };
    }
}

/// The parts that rules and conditions about events have in common.
pub fn event(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let kind = match dice.below(10) {
        0..7 => *dice.pick(&world.kinds),
        7 => *dice.pick(&KINDS),
        8 => *dice.pick(&EMAIL_KINDS),
        _ => *dice.pick(&OTHER_KINDS),
    };
    let mut event = Map::from_iter([("event".to_owned(), kind.into())]);
    if dice.chance(25) {
        let mut demanded = Map::new();
        for _ in 0..1 + dice.below(2) {
            let property = (*dice.pick(&PROPERTIES)).to_owned();
            let demand = if dice.chance(30) {
                value(dice)
            } else {
                let mut demand = Map::new();
                operators(dice, &mut demand);
                demand.into()
            };
            demanded.insert(property, demand);
        }
        event.insert("where".into(), demanded.into());
    }
    event
}

fn counted(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let mut event = event(dice, world);
    if dice.chance(65) {
        event.insert("within".into(), world.duration(dice).into());
    }
    if dice.chance(20) {
        event.insert("distinct".into(), (*dice.pick(&["asset", "asset", "size", "ok", "tags"])).into());
    }
    if dice.chance(if event.contains_key("distinct") { 80 } else { 45 }) {
        let mut count = Map::new();
        numeric(dice, &[0.0, 1.0, 1.0, 2.0, 2.0, 3.0], &mut count);
        let count = if dice.chance(10) { json!(1 + dice.below(2)) } else { whole(count).into() };
        event.insert("count".into(), count);
    }
    event
}

/// The operators with whole numbers, as counts want them.
pub fn whole(operators: Map<String, Value>) -> Map<String, Value> {
    fn cut(value: Value) -> Value {
        match value {
            Value::Array(list) => list.into_iter().map(cut).collect(),
            other => json!(other.as_f64().unwrap_or(0.0) as i64),
        }
    }
    operators.into_iter().map(|(name, operand)| (name, cut(operand))).collect()
}

fn attribute(dice: &mut Dice) -> Map<String, Value> {
    let mut condition = Map::from_iter([("attribute".to_owned(), (*dice.pick(&ATTRIBUTES)).into())]);
    operators(dice, &mut condition);
    condition
}

fn inactive(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let mut condition = Map::from_iter([("inactive".to_owned(), world.duration(dice).into())]);
    if dice.chance(40) {
        let kinds: Vec<_> = (0..1 + dice.below(2)).map(|_| *dice.pick(&world.kinds)).collect();
        condition.insert("events".into(), kinds.into());
    }
    condition
}

fn rate(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let mut condition = Map::new();
    condition.insert("rate".into(), (*dice.pick(&["opened", "clicked"])).into());
    condition.insert("over".into(), world.duration(dice).into());
    if dice.chance(50) {
        condition.insert("min_sent".into(), (1 + dice.below(3)).into());
    }
    numeric(dice, &[0.0, 0.0, 0.25, 1.0 / 3.0, 0.333333333, 0.5, 0.5, 1.0], &mut condition);
    condition
}

fn strength(dice: &mut Dice, known: &Known) -> Map<String, Value> {
    let mut condition = Map::from_iter([("interest".to_owned(), (*dice.pick(&known.topics)).into())]);
    if dice.chance(50) {
        condition.insert("primary".into(), true.into());
    } else {
        numeric(dice, &[0.0, 0.125, 0.25, 0.5, 1.0, 1.5, 2.0], &mut condition);
    }
    condition
}

fn score(dice: &mut Dice, known: &Known) -> Map<String, Value> {
    let mut condition = Map::from_iter([("score".to_owned(), dice.pick(&known.scores).clone().into())]);
    numeric(dice, &[-5.0, -2.5, 0.0, 1.0, 2.5, 5.0, 5.0, 7.5, 10.0, 12.0, 20.0], &mut condition);
    condition
}

fn stage(dice: &mut Dice, known: &Known) -> Map<String, Value> {
    let (ladder, stages) = dice.pick(&known.ladders);
    let how = if dice.chance(50) { "is" } else { "at_least" };
    Map::from_iter([("stage".to_owned(), ladder.clone().into()), (how.into(), dice.pick(stages).clone().into())])
}

/// A condition of any form that is allowed here.
pub fn condition(dice: &mut Dice, world: &World, known: &Known, depth: usize) -> Value {
    if depth > 0 && dice.chance(28) {
        let mut parts = |least| -> Vec<Value> {
            (0..least + dice.below(3)).map(|_| condition(dice, world, known, depth - 1)).collect()
        };
        return match parts(0) {
            list if list.is_empty() && dice.chance(85) => json!({"not": condition(dice, world, known, depth - 1)}),
            list if dice.chance(50) => json!({"all": list}),
            list => json!({"any": list}),
        };
    }
    if world.forms == Forms::Newer && dice.chance(55) {
        return super::random_forms::condition(dice, world, known);
    }
    let when = |there: bool, weight| if there { weight } else { 0 };
    match dice.weighted(&[
        (18, 'a'),
        (35, 'e'),
        (14, 'i'),
        (when(!known.scores.is_empty(), 25), 's'),
        (when(!known.ladders.is_empty(), 14), 'l'),
        (when(!known.segments.is_empty(), 14), 'g'),
        (when(!known.topics.is_empty(), 30), 't'),
        (7, 'd'),
        (12, 'r'),
        (3, 'x'),
    ]) {
        'a' => attribute(dice).into(),
        'e' => counted(dice, world).into(),
        'i' => inactive(dice, world).into(),
        's' => score(dice, known).into(),
        'l' => stage(dice, known).into(),
        'g' => json!({"segment": dice.pick(&known.segments)}),
        't' => strength(dice, known).into(),
        'd' => json!({"deal": dice.pick(&["open", "won", "lost"])}),
        'r' => rate(dice, world).into(),
        _ => json!({"sample": dice.pick(&[0.0, 33.3, 50.0, 80.0, 100.0]), "seed": dice.pick(&["a", "ü", "x/y"])}),
    }
}
