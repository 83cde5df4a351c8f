//! Random conditions of the newer forms.

use super::instant::duration;
use super::random::{DATES, Dice, KINDS, NEWER_KINDS, Theme, World};
use super::random_condition::{self as older, Known};
use super::random_dates;
use serde_json::{Map, Value, json};

const PERIODS: [&str; 12] = [
    "today",
    "yesterday",
    "tomorrow",
    "this week",
    "last week",
    "next week",
    "this month",
    "last month",
    "next month",
    "this year",
    "last year",
    "next year",
];
const CONSENT_KINDS: [&str; 4] = ["Subscribed", "Unsubscribed", "Tracking Allowed", "Tracking Declined"];

pub fn condition(dice: &mut Dice, world: &World, known: &Known) -> Value {
    let when = |there: bool, weight| if there { weight } else { 0 };
    let of = |theme, weight| if world.theme == theme { weight * 4 } else { weight };
    match dice.weighted(&[
        (of(Theme::Orders, 28), 'e'),
        (of(Theme::Dates, 24), 'd'),
        (of(Theme::Consent, 12), 'c'),
        (when(!known.ladders.is_empty(), 14), 'l'),
        (when(!known.segments.is_empty(), 14), 'g'),
        (when(!known.topics.is_empty(), 5), 'p'),
    ]) {
        'e' => event(dice, world).into(),
        'd' => date(dice, world).into(),
        'c' => consent(dice, world),
        'l' => {
            let (ladder, stages) = dice.pick(&known.ladders);
            json!({"stage": ladder, "is": dice.pick(stages), "for": stay(dice, world)})
        }
        'g' => json!({"segment": dice.pick(&known.segments), "for": stay(dice, world)}),
        _ => json!({"interest": dice.pick(&known.topics), "primary": false}),
    }
}

fn stay(dice: &mut Dice, world: &World) -> &'static str {
    if dice.chance(20) { "90s" } else { world.duration(dice) }
}

fn kinds(dice: &mut Dice, world: &World) -> Value {
    let kind = |dice: &mut Dice| match dice.below(10) {
        0..7 => *dice.pick(&world.kinds),
        7 => *dice.pick(&CONSENT_KINDS),
        8 => *dice.pick(&NEWER_KINDS),
        _ => *dice.pick(&KINDS),
    };
    match dice.below(5) {
        0..2 => kind(dice).into(),
        count => (1..count).map(|_| kind(dice)).collect(),
    }
}

fn event(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let mut event = older::event(dice, world);
    event.insert("event".into(), kinds(dice, world));
    let which = dice.chance(35);
    if which {
        event.insert("which".into(), (*dice.pick(&["first", "last", "last"])).into());
    }
    windows(dice, world, &mut event);
    match dice.below(10) {
        0..3 => measured(dice, "sum", &mut event),
        3..6 => measured(dice, "average", &mut event),
        6..8 if !which => {
            if dice.chance(40) {
                event.insert("distinct".into(), (*dice.pick(&["amount", "asset", "plan", "size"])).into());
            }
            let mut count = Map::new();
            older::numeric(dice, &[0.0, 1.0, 1.0, 2.0, 2.0, 3.0], &mut count);
            event.insert("count".into(), older::whole(count).into());
        }
        _ => {}
    }
    event
}

fn windows(dice: &mut Dice, world: &World, event: &mut Map<String, Value>) {
    let (some, other) = (world.duration(dice), world.duration(dice));
    let (shorter, longer) = if duration(some) < duration(other) { (some, other) } else { (other, some) };
    match dice.below(10) {
        0..3 => drop(event.insert("within".into(), longer.into())),
        3..6 => drop(event.insert("older".into(), shorter.into())),
        6..8 if duration(shorter) < duration(longer) => {
            event.insert("within".into(), longer.into());
            event.insert("older".into(), shorter.into());
        }
        _ => {}
    }
    for key in ["after", "before"] {
        if dice.chance(15) {
            event.insert(key.into(), random_dates::date(dice, world, world.start).into());
        }
    }
}

/// A sum or an average, mostly of what orders say.
fn measured(dice: &mut Dice, what: &str, event: &mut Map<String, Value>) {
    if dice.chance(70) {
        let orders =
            [json!("Order Placed"), json!(["Order Placed", "Page Viewed"]), json!(["Deal Won", "Order Placed"])];
        event.insert("event".into(), dice.pick(&orders).clone());
        ["where", "after", "before"].iter().for_each(|key| drop(event.remove(*key)));
    }
    let mut properties = Map::new();
    if dice.chance(40) {
        ["within", "older", "which"].iter().for_each(|key| drop(event.remove(*key)));
    }
    for _ in 0..if dice.chance(85) { 1 } else { 2 } {
        let mut demand = Map::new();
        older::numeric(dice, &[-3.0, 0.0, 0.3, 5.0, 5.0, 7.5, 10.0, 10.0, 15.0, 20.0], &mut demand);
        properties.insert(
            (*dice.pick(&["amount", "amount", "amount", "amount", "size", "amount.net"])).into(),
            demand.into(),
        );
    }
    event.insert(what.into(), properties.into());
}

fn date(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let name = match dice.below(20) {
        0..14 => *dice.pick(&world.dates),
        14..17 => "first_seen",
        17..19 => *dice.pick(&DATES),
        _ => "size",
    };
    let mut form = Map::from_iter([("date".to_owned(), name.into())]);
    if dice.chance(40) {
        form.insert("every_year".into(), true.into());
        let long = ["30d", "52w", "365d", "366d", "400d"];
        // At least one of the three.
        let chosen = 1 + dice.below(7);
        if chosen & 1 > 0 {
            form.insert("in_last".into(), if dice.chance(70) { world.duration(dice) } else { dice.pick(&long) }.into());
        }
        if chosen & 2 > 0 {
            form.insert("in_next".into(), if dice.chance(70) { world.duration(dice) } else { dice.pick(&long) }.into());
        }
        if chosen & 4 > 0 {
            form.insert("during".into(), json!(dice.pick(&PERIODS)));
        }
        return form;
    }
    for _ in 0..if dice.chance(70) { 1 } else { 2 } {
        let (key, value) = match dice.below(10) {
            0..2 => ("in_last", json!(world.duration(dice))),
            2..4 => ("in_next", json!(world.duration(dice))),
            4 => ("older", json!(world.duration(dice))),
            5 => ("passed", dice.chance(60).into()),
            6 => (*dice.pick(&["after", "before"]), json!(random_dates::date(dice, world, world.start))),
            _ => ("during", json!(dice.pick(&PERIODS))),
        };
        form.insert(key.into(), value);
    }
    form
}

fn consent(dice: &mut Dice, world: &World) -> Value {
    let mut form = json!({"consent": dice.pick(&["granted", "granted", "withdrawn", "unknown"])});
    match dice.below(8) {
        0..3 if !world.subscriptions.is_empty() => form["subscription"] = json!(dice.pick(&world.subscriptions)),
        3..5 if !world.topics.is_empty() => form["topic"] = json!(dice.pick(&world.topics)),
        5..7 => form["to"] = "tracking".into(),
        _ => {}
    }
    form
}
