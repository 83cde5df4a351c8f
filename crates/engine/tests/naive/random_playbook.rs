//! Random playbooks.

use super::random::{Dice, Forms, World};
use super::random_condition::{Known, condition, event};
use super::random_direct;
use serde_json::{Map, Value, json};

pub const EMAILS: [&str; 3] = ["welcome", "offer", "case-study"];

/// A playbook that `check` finds nothing wrong with.
pub fn playbook(dice: &mut Dice, world: &World) -> Value {
    let mut known = Known::default();
    let mut playbook = json!({"playbook": "random", "timezone": world.zone_name});
    if dice.chance(50) {
        playbook["activity"] = world.kinds[..2].into();
    }
    if !world.topics.is_empty() {
        let topics = world.topics.iter().enumerate().map(|(number, id)| topic(dice, number, id));
        playbook["topics"] = topics.collect();
        if dice.chance(85) {
            playbook["interests"] = interests(dice, world);
            known.topics = world.topics.clone();
        }
    }
    playbook["scores"] = (0..dice.below(4)).map(|number| score(dice, world, &mut known, number)).collect();
    playbook["ladders"] = (0..dice.below(3)).map(|number| ladder(dice, world, &mut known, number)).collect();
    playbook["segments"] = (0..dice.below(5)).map(|number| segment(dice, world, &mut known, number)).collect();
    let emails =
        EMAILS.iter().map(|id| json!({"id": id, "subject": "Hello", "body": "<mjml><mj-body></mj-body></mjml>"}));
    playbook["emails"] = emails.collect();
    if world.forms == Forms::Newer {
        newer_parts(dice, world, &mut playbook);
    }
    playbook["sequences"] = (0..dice.below(4)).map(|number| sequence(dice, world, &known, number)).collect();
    if world.forms == Forms::Newer {
        random_direct::add(dice, world, &mut playbook);
    }
    playbook
}

/// Subscriptions, and what e-mails may have that no condition asks for.
fn newer_parts(dice: &mut Dice, world: &World, playbook: &mut Value) {
    if !world.subscriptions.is_empty() {
        playbook["subscriptions"] = world.subscriptions.iter().map(|id| json!({"id": id, "name": id})).collect();
        playbook["emails"][0]["subscription"] = world.subscriptions[0].into();
    }
    if dice.chance(15) {
        let body = &playbook["emails"][1]["body"];
        let german = json!({"subject": "Hallo", "preheader": "Neu", "body": body});
        let variant = json!({"id": "short", "share": 20, "subject": "Hi"});
        let email = &mut playbook["emails"][1];
        email["preheader"] = "News".into();
        email["from"] = "owner".into();
        email["languages"] = json!({"de": german});
        email["variants"] = json!([variant]);
        playbook["language"] = "en".into();
    }
}

fn topic(dice: &mut Dice, number: usize, id: &str) -> Value {
    let pages = [["/shirts*", "/[a-z]"], ["/s?oes*", "*ing*"], ["*", "/ties/*/x"]][number];
    if dice.chance(80) { json!({"id": id, "pages": &pages[..1 + dice.below(2)]}) } else { json!({"id": id}) }
}

fn interests(dice: &mut Dice, world: &World) -> Value {
    let half_life = if dice.chance(30) { world.duration(dice) } else { *dice.pick(&["2d", "8d", "30d"]) };
    let mut interests = json!({"half_life": half_life});
    if dice.chance(70) {
        let weights =
            world.kinds.iter().map(|kind| ((*kind).to_owned(), json!(dice.pick(&[0.0, 0.25, 0.5, 1.0, 1.0, 2.0]))));
        interests["weights"] = weights.collect::<Map<_, _>>().into();
    }
    if dice.chance(50) {
        interests["minimum"] = json!(dice.pick(&[0.125, 0.25, 1.0]));
    }
    if dice.chance(50) {
        interests["margin"] = json!(dice.pick(&[1.0, 1.5, 2.0]));
    }
    interests
}

fn points(dice: &mut Dice) -> Value {
    json!(dice.pick(&[1.0, 2.5, 5.0, 5.0, 10.0, 10.0, 20.0, -1.0, -2.5, -5.0, -10.0]))
}

fn rule(dice: &mut Dice, world: &World, topics: &Known, number: usize) -> Value {
    let mut rule = match dice.weighted(&[(65, 'e'), (15, 'c'), (20, 'i')]) {
        'e' => event_rule(dice, world),
        'c' => Map::from_iter([("if".to_owned(), condition(dice, world, topics, 2))]),
        _ => {
            let mut rule = Map::from_iter([("inactive".to_owned(), world.duration(dice).into())]);
            if dice.chance(60) {
                rule.insert("repeats".into(), true.into());
                // Without a cap an idle lead has something to do every quarter of an hour for a year.
                if super::instant::duration(rule["inactive"].as_str().expect("a duration")) < super::instant::HOUR {
                    rule.insert("inactive".into(), "6h".into());
                }
            }
            rule
        }
    };
    rule.insert("id".into(), format!("r{number}").into());
    rule.insert("points".into(), points(dice));
    if dice.chance(25) {
        rule.insert("cap".into(), json!(dice.pick(&[3.0, 5.0, 7.5, 15.0])));
    }
    rule.into()
}

fn event_rule(dice: &mut Dice, world: &World) -> Map<String, Value> {
    let mut rule = event(dice, world);
    if dice.chance(20) {
        rule.insert("limit".into(), json!({"times": 1 + dice.below(2), "within": world.duration(dice)}));
    }
    let decay = match dice.weighted(&[(20, 'n'), (45, 'h'), (17, 'e'), (18, 'l')]) {
        'n' => return rule,
        'h' => json!({"half_life": world.duration(dice)}),
        'e' => json!({"expires": world.duration(dice)}),
        _ => json!({"loses": dice.pick(&[0.5, 1.0, 2.0, 3.0]), "every": world.duration(dice)}),
    };
    rule.insert("decay".into(), decay);
    rule
}

/// Two rules on the same events, of both signs and with half-lives of their own: their sum may rise and then fall.
fn opposed(dice: &mut Dice, world: &World) -> Vec<Value> {
    let kind = *dice.pick(&world.kinds);
    let rule = |dice: &mut Dice, id: &str, points: f64| {
        let mut rule = json!({"id": id, "event": kind, "points": points, "decay": {"half_life": world.duration(dice)}});
        if dice.chance(30) {
            // A cap hides the decay for a while: the sum turns where it ends.
            rule["cap"] = json!(points.abs() * *dice.pick(&[0.25, 0.5, 1.5]));
        }
        rule
    };
    let (plus, minus) = (*dice.pick(&[5.0, 10.0, 20.0]), *dice.pick(&[-5.0, -10.0, -20.0, -7.5]));
    vec![rule(dice, "plus", plus), rule(dice, "minus", minus)]
}

fn score(dice: &mut Dice, world: &World, known: &mut Known, number: usize) -> Value {
    // A rule's `if` may not use scores, stages or segments.
    let topics = Known { topics: known.topics.clone(), ..Known::default() };
    let mut rules: Vec<_> = (0..1 + dice.below(4)).map(|number| rule(dice, world, &topics, number)).collect();
    if dice.chance(30) {
        rules.extend(opposed(dice, world));
    }
    let id = format!("score{number}");
    let mut score = json!({"id": id, "rules": rules});
    if dice.chance(35) {
        score["range"] = dice.pick(&[json!([0, 100]), json!([0, 10]), json!([-5, 12])]).clone();
    }
    known.scores.push(id);
    score
}

fn evaluate(dice: &mut Dice, into: &mut Value) {
    match dice.below(20) {
        0..9 => {}
        9 => into["evaluate"] = "live".into(),
        10..15 => into["evaluate"] = "daily".into(),
        15..18 => into["evaluate"] = "weekly".into(),
        _ => into["evaluate"] = "monthly".into(),
    }
}

fn ladder(dice: &mut Dice, world: &World, known: &mut Known, number: usize) -> Value {
    let count = 2 + dice.below(3);
    let names: Vec<_> = ["low", "mid", "top", "peak"][..count].iter().map(|id| (*id).to_owned()).collect();
    let id = format!("ladder{number}");
    let by_score = !known.scores.is_empty() && dice.chance(60);
    let mut stages = vec![json!({"id": "low"})];
    for (number, name) in names.iter().enumerate().skip(1) {
        let mut stage = json!({"id": name});
        if by_score && dice.chance(90) {
            stage["from"] = json!([0.0, 2.5, 5.0, 10.0][number]);
        } else {
            stage["enter"] = condition(dice, world, known, 2);
        }
        if dice.chance(if by_score { 12 } else { 40 }) {
            stage["leave"] = condition(dice, world, known, 2);
        }
        stages.push(stage);
    }
    let mut ladder = json!({"id": id, "stages": stages});
    if by_score {
        ladder["score"] = dice.pick(&known.scores).clone().into();
        let counts = ladder["stages"].as_array().is_some_and(|stages| stages.iter().any(|s| s.get("from").is_some()));
        if counts && dice.chance(50) {
            ladder["hold"] = json!(dice.pick(&[1.0, 2.5, 4.0]));
        }
    }
    if dice.chance(55) {
        ladder["min_stay"] = world.duration(dice).into();
    }
    evaluate(dice, &mut ladder);
    known.ladders.push((id, names));
    ladder
}

fn segment(dice: &mut Dice, world: &World, known: &mut Known, number: usize) -> Value {
    let id = format!("seg{number}");
    let mut segment = json!({"id": id, "enter": condition(dice, world, known, 3)});
    if dice.chance(40) {
        segment["leave"] = condition(dice, world, known, 2);
    }
    if dice.chance(35) {
        segment["min_stay"] = world.duration(dice).into();
    }
    evaluate(dice, &mut segment);
    known.segments.push(id);
    segment
}

fn sequence(dice: &mut Dice, world: &World, known: &Known, number: usize) -> Value {
    let depth = dice.below(3);
    let mut sequence = json!({"id": format!("seq{number}"), "enroll": condition(dice, world, known, depth)});
    match dice.below(6) {
        0 => sequence["again"] = "never".into(),
        1..3 => sequence["again"] = "always".into(),
        3..5 => sequence["again"] = json!({"after": world.duration(dice)}),
        _ => {}
    }
    match dice.below(6) {
        0 => sequence["while"] = "enrolled".into(),
        1..4 => sequence["while"] = "always".into(),
        4 => sequence["while"] = condition(dice, world, known, 1),
        _ => {}
    }
    if dice.chance(60) {
        let depth = dice.below(3);
        sequence["goal"] = condition(dice, world, known, depth);
    }
    if dice.chance(30) {
        sequence["holdout"] = json!(dice.pick(&[0.0, 12.5, 50.0, 100.0]));
    }
    if dice.chance(70) {
        sequence["buyers"] = dice.chance(80).into();
    }
    let mut steps = steps(dice, world, known, 2);
    if let (Value::Array(steps), true) = (&mut steps, dice.chance(60)) {
        // An enrollment has to last for its goal or its end to come.
        steps.insert(dice.below(steps.len() + 1), json!({"wait": dice.pick(&["3d", "1w", "30d"])}));
    }
    sequence["steps"] = steps;
    sequence
}

fn steps(dice: &mut Dice, world: &World, known: &Known, depth: usize) -> Value {
    (0..*dice.pick(&[0, 1, 2, 2, 3, 4])).map(|_| step(dice, world, known, depth)).collect()
}

fn step(dice: &mut Dice, world: &World, known: &Known, depth: usize) -> Value {
    let branches = if depth > 0 { 20 } else { 0 };
    match dice.weighted(&[(10, 'a'), (25, 's'), (6, 'm'), (40, 'w'), (16, 'u'), (branches, 'b')]) {
        'a' => json!({"alert": {"to": "sales", "say": "Look"}}),
        's' => json!({"send": dice.pick(&EMAILS)}),
        'm' => json!({"send": {"email": dice.pick(&EMAILS), "class": "answer", "not_after": "2d"}}),
        'w' => json!({"wait": world.duration(dice)}),
        'u' => {
            json!({"wait": {"until": condition(dice, world, known, 2), "at_most": world.duration(dice)}})
        }
        _ => {
            let mut branch =
                json!({"if": condition(dice, world, known, 2), "then": steps(dice, world, known, depth - 1)});
            if dice.chance(70) {
                branch["else"] = steps(dice, world, known, depth - 1);
            }
            json!({"branch": branch})
        }
    }
}
