//! Ladders and their stages.

use super::group::Some1;
use super::leaf::{Any, Declared, Length, NotNegative, Number, OneOf, Refers, Text, id_of};
use super::record;
use super::words::EvaluateWords;
use crate::condition::any::AnyCondition;
use crate::playbook::marked::Node;
use crate::playbook::problem::Place;
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::{Ladder, Stage};

record! { OneLadder as "a ladder" => Ladder;
    declares Ladder;
    check check_stages;
    keys {
        must "id" id: Declared<id_of::Ladder>, "Identifies this ladder in conditions.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        may "score" score: Refers<id_of::Score>, "The score that `from` refers to.";
        must "stages" stages: Some1<OneStage>, "From the lowest, where every lead starts, to the highest.";
        may "hold" hold: Number<NotNegative>, "A stage is left only when the score is this number of points below its `from`.";
        may "min_stay" min_stay: Length, "The shortest stay in a stage before a move down.";
        may "evaluate" evaluate: OneOf<EvaluateWords>, "When leads move; absent: live.";
    }
    build Ladder { id, name, score, stages, hold, min_stay, evaluate: evaluate.unwrap_or_default() }
}

record! { OneStage as "a stage" => Stage;
    declares Stage;
    keys {
        must "id" id: Declared<id_of::Stage>, "Identifies this stage in conditions; unique in its ladder.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        may "from" from: Number<Any>, "The stage begins at this value of the ladder's score.";
        may "enter" enter: AnyCondition, "The stage is entered when this holds; instead of `from`.";
        may "leave" leave: AnyCondition, "The stage is left, one down, when this holds; absent: when `from` or `enter` no longer does.";
    }
    build Stage { id, name, from, enter, leave }
}

fn check_stages(fields: &Fields<'_>, reader: &mut Reader) {
    let stages = fields.get("stages").map_or(&[][..], Node::items);
    for (at, stage) in stages.iter().enumerate() {
        match at {
            0 => check_lowest(stage, reader),
            _ => check_entry(stage, reader),
        }
    }
    let first_from = stages.iter().skip(1).find_map(|stage| key_place(stage, "from"));
    match first_from {
        Some(place) if !fields.has("score") => {
            reader.meaning(place, "`from` asks the ladder's score, and this ladder has none; add `score:` with the id of a score to the ladder");
        }
        None if fields.has("hold") => {
            reader.meaning(
                fields.key_place("hold"),
                "`hold` counts points under a `from`, and no stage has one; remove it, or give the stages `from`",
            );
        }
        _ => {}
    }
}

fn check_lowest(stage: &Node, reader: &mut Reader) {
    for key in ["from", "enter", "leave"] {
        if let Some(place) = key_place(stage, key) {
            reader.meaning(place, format!("the lowest stage has neither `from` nor conditions, for every lead starts there; remove `{key}`, or put a stage before it"));
        }
    }
}

fn check_entry(stage: &Node, reader: &mut Reader) {
    match (key_place(stage, "from"), key_place(stage, "enter")) {
        (Some(from), Some(enter)) => {
            reader.meaning(
                from.max(enter),
                "a stage has `from` or `enter`, not both; to ask for both write enter: {all: [{score: …, gte: …}, …]}",
            );
        }
        (None, None) => {
            reader.meaning(
                stage.place,
                "a stage above the lowest wants `from` or `enter`, else nobody gets there; add one of them",
            );
        }
        _ => {}
    }
}

fn key_place(node: &Node, key: &str) -> Option<Place> {
    node.entries().iter().find(|(k, _)| k.text == key).map(|(k, _)| k.place)
}
