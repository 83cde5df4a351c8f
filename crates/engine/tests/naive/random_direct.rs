//! Segments that are entered directly by a newer form, and goals with one, so that a wrong answer of the form shows.

use super::random::{Dice, Theme, World};
use super::random_dates;
use serde_json::{Value, json};

/// Adds them to a playbook. Nothing else of it refers to them.
pub fn add(dice: &mut Dice, world: &World, playbook: &mut Value) {
    let segments: Vec<Value> =
        (0..4).map(|number| json!({"id": format!("direct-{number}"), "enter": form(dice, world)})).collect();
    if let Some(list) = playbook["segments"].as_array_mut() {
        list.extend(segments);
    }
    if dice.chance(60)
        && let Some(list) = playbook["sequences"].as_array_mut()
    {
        list.push(json!({
            "id": "direct", "enroll": {"event": dice.pick(&world.kinds)}, "again": "always", "while": "always",
            "buyers": true, "goal": goal(dice, world), "steps": [{"wait": "30d"}],
        }));
    }
}

fn form(dice: &mut Dice, world: &World) -> Value {
    match world.theme {
        Theme::Dates => date(dice, world),
        Theme::Consent => consent(dice, world),
        Theme::Orders => picked(dice, world),
        Theme::Mail => rate(dice),
    }
}

fn date(dice: &mut Dice, world: &World) -> Value {
    let mut form = json!({"date": dice.pick(&world.dates)});
    match dice.below(8) {
        0..3 => form["passed"] = true.into(),
        3 => form["in_next"] = world.duration(dice).into(),
        4 => form["after"] = random_dates::near_change(dice, world).into(),
        _ => form["during"] = (*dice.pick(&["today", "today", "yesterday", "tomorrow", "this week"])).into(),
    }
    form
}

fn consent(dice: &mut Dice, world: &World) -> Value {
    let mut form = json!({"consent": dice.pick(&["granted", "granted", "granted", "withdrawn"])});
    match dice.below(7) {
        0 if !world.subscriptions.is_empty() => form["subscription"] = json!(dice.pick(&world.subscriptions)),
        1 if !world.topics.is_empty() => form["topic"] = json!(dice.pick(&world.topics)),
        2 | 3 => form["to"] = "tracking".into(),
        _ => {}
    }
    form
}

fn picked(dice: &mut Dice, world: &World) -> Value {
    let mut form = json!({"event": ["Order Placed", dice.pick(&world.kinds)]});
    match dice.below(4) {
        0 => form["which"] = "last".into(),
        1 => form["which"] = "first".into(),
        2 => form["sum"] = json!({"amount": {"gte": dice.pick(&[5, 10, 20])}}),
        _ => form["average"] = json!({"amount": {"gte": dice.pick(&[5, 10])}}),
    }
    match dice.below(3) {
        0 => form["older"] = world.duration(dice).into(),
        1 => form["within"] = world.duration(dice).into(),
        _ => form["where"] = json!({"plan": dice.pick(&["pro", "free"])}),
    }
    form
}

fn rate(dice: &mut Dice) -> Value {
    let mut form = json!({"rate": dice.pick(&["opened", "clicked"]), "over": dice.pick(&["10d", "30d", "8w"])});
    let (operator, share) = dice.weighted(&[(3, ("lte", 0.0)), (2, ("gte", 0.5)), (1, ("gt", 0.0)), (1, ("lt", 1.0))]);
    form[operator] = share.into();
    form
}

/// Two kinds with the same plans, of which the goal looks at one event alone.
fn goal(dice: &mut Dice, world: &World) -> Value {
    json!({
        "event": ["Order Placed", dice.pick(&world.kinds)],
        "which": dice.pick(&["first", "last", "first"]),
        "where": {"plan": dice.pick(&["pro", "free"])},
    })
}
