//! The condition tree: one record a form, told apart by the key that stands first in the contract.

use super::free::{AttributeName, EventKind};
use super::group::{List, Some1};
use super::leaf::{Count, Flag, Id, Length, Number, OneOf, Percent, Refers, Text, id_of};
use super::operators::{CountTest, OverNumbers, OverValues, Where};
use super::words::{DealWords, ResponseWords};
use super::{Definitions, Form, choice, record};
use crate::condition::{Attribute, Condition, Event, Inactive, Interest, Pull, Rate, Sample, Score, Segment, Stage};
use crate::playbook::marked::{Data, Node, shortened};
use crate::playbook::reader::{Fields, Note, Reader};

/// The keys that tell the forms apart, as `AnyCondition` lists them.
const FORMS: [&str; 13] = [
    "event",
    "attribute",
    "score",
    "stage",
    "segment",
    "interest",
    "inactive",
    "rate",
    "deal",
    "sample",
    "all",
    "any",
    "not",
];

choice! { AnyCondition as "a condition" => Condition;
    around within_limit;
    "event" EventCondition,
    "attribute" AttributeCondition,
    "score" ScoreCondition,
    "stage" StageCondition,
    "segment" SegmentCondition,
    "interest" InterestCondition,
    "inactive" InactiveCondition,
    "rate" RateCondition,
    "deal" DealCondition,
    "sample" SampleCondition,
    "all" AllCondition,
    "any" AnyOfCondition,
    "not" NotCondition
}

/// How many clauses one condition has at most, groups among them. Each may be asked of every lead. How deep they nest is
/// limited for the whole text, see `marked`.
const MAX_CLAUSES: usize = 500;

/// Reads a clause of a condition; the clauses beyond the limit are not read at all.
fn within_limit(
    node: &Node,
    reader: &mut Reader,
    read: impl FnOnce(&mut Reader) -> Option<Condition>,
) -> Option<Condition> {
    let clauses = reader.enter_clause();
    if clauses == MAX_CLAUSES + 1 {
        let shorter = "use `in: […]` for the values of one attribute, or divide it into segments";
        reader.meaning(node.place, format!("a condition has at most {MAX_CLAUSES} clauses; {shorter}"));
    }
    let condition = match foreign(node, reader) {
        _ if clauses > MAX_CLAUSES => Some(Condition::All(Vec::new())),
        true => None,
        false => read(reader),
    };
    reader.leave_clause();
    condition
}

/// What other languages call groups, and how they are written here.
const FOREIGN: [(&str, &str); 11] = [
    ("and", "all: […]"),
    ("all_of", "all: […]"),
    ("every", "all: […]"),
    ("or", "any: […]"),
    ("any_of", "any: […]"),
    ("some", "any: […]"),
    ("one_of", "any: […]"),
    ("none", "not: {any: […]}"),
    ("none_of", "not: {any: […]}"),
    ("nor", "not: {any: […]}"),
    ("nand", "not: {all: […]}"),
];

/// Conditions as they are written elsewhere: a bare list, groups by other names, several conditions in one mapping. Tells
/// how to write them, and whether it did.
fn foreign(node: &Node, reader: &mut Reader) -> bool {
    if let Data::List(_) = node.data {
        let hint = "; write {all: [ … ]} if all of these must hold, or {any: [ … ]} if one of them is enough";
        return reader.wrong_with::<()>(node, &AnyCondition::wanted(), hint).is_none();
    }
    let known: Vec<&str> = node.entries().iter().map(|(key, _)| key.text.as_str()).collect();
    for (key, _) in node.entries() {
        let lower = key.text.to_lowercase();
        if let Some((_, here)) = FOREIGN.iter().find(|(other, _)| *other == lower) {
            reader.form(key.place, format!("a condition has no key `{}`; write {here}", shortened(&key.text)));
            return true;
        }
    }
    let forms: Vec<&str> = FORMS.iter().copied().filter(|form| known.contains(form)).collect();
    if forms.len() < 2 {
        return false;
    }
    let (keys, each) = (
        forms.iter().map(|form| format!("`{form}`")).collect::<Vec<_>>().join(" and "),
        forms.iter().map(|form| format!("{{{form}: …}}")).collect::<Vec<_>>().join(", "),
    );
    reader.form(
        node.place,
        format!("{keys} are conditions of their own and cannot share one mapping; write all: [{each}]"),
    );
    true
}

record! { AllCondition as "an `all` condition" => Condition;
    keys {
        must "all" all: List<AnyCondition>, "True when all of these are true; an empty list is true.";
    }
    build Condition::All(all)
}

record! { AnyOfCondition as "an `any` condition" => Condition;
    keys {
        must "any" any: List<AnyCondition>, "True when at least one of these is true; an empty list is false.";
    }
    build Condition::Any(any)
}

/// A condition in a box, for `not`.
struct Inner;

impl Form for Inner {
    type Value = Box<Condition>;

    fn wanted() -> String {
        AnyCondition::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Box<Condition>> {
        AnyCondition::read(node, reader).map(Box::new)
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        AnyCondition::schema(definitions)
    }
}

record! { NotCondition as "a `not` condition" => Condition;
    keys {
        must "not" not: Inner, "True when this is false.";
    }
    build Condition::Not(not)
}

record! { AttributeCondition as "a condition on an attribute" => Condition;
    keys {
        must "attribute" attribute: AttributeName, "The name of the attribute, such as `job_title`; for a nested attribute a dotted path, such as `company.size`.";
    }
    operators test: OverValues;
    build Condition::Attribute(Attribute { attribute, test })
}

record! { EventCondition as "a condition on events" => Condition;
    keys {
        must "event" event: EventKind, "The kind of the events to count, such as `Page Viewed`.";
        may "where" filter: Where, "Only events with these properties: a value, or operators.";
        may "within" within: Length, "Only events within this period; absent: all events.";
        may "distinct" distinct: Text, "Counts the different values of this property; events without it are left out.";
        may "count" count: CountTest, "The required number; absent: {gte: 1}.";
    }
    build Condition::Event(Event { event, filter: filter.unwrap_or_default(), within, distinct, count })
}

record! { InactiveCondition as "an `inactive` condition" => Condition;
    keys {
        must "inactive" inactive: Length, "No event has happened for at least this time.";
        may "events" events: Some1<EventKind>, "The kinds of events that count; absent: the playbook's `activity`.";
    }
    build Condition::Inactive(Inactive { inactive, events })
}

record! { ScoreCondition as "a condition on a score" => Condition;
    keys {
        must "score" score: Refers<id_of::Score>, "Id of the score, compared within its range.";
    }
    operators test: OverNumbers;
    build Condition::Score(Score { score, test })
}

choice! { StageCondition as "a condition on a stage" => Condition;
    "is" StageIs,
    "at_least" StageAtLeast
}

record! { StageIs as "a condition on a stage" => Condition;
    check note_is;
    keys {
        must "stage" ladder: Refers<id_of::Ladder>, "Id of the ladder.";
        must "is" stage: Id, "Id of the stage that the lead must be in.";
    }
    build Condition::Stage(Stage { ladder, stage, at_least: false })
}

record! { StageAtLeast as "a condition on a stage" => Condition;
    check note_at_least;
    keys {
        must "stage" ladder: Refers<id_of::Ladder>, "Id of the ladder.";
        must "at_least" stage: Id, "Id of the stage that the lead must be in, or in a higher one.";
    }
    build Condition::Stage(Stage { ladder, stage, at_least: true })
}

fn note_is(fields: &Fields<'_>, reader: &mut Reader) {
    note_stage(fields, "is", reader);
}

fn note_at_least(fields: &Fields<'_>, reader: &mut Reader) {
    note_stage(fields, "at_least", reader);
}

fn note_stage(fields: &Fields<'_>, key: &str, reader: &mut Reader) {
    let text = |key| fields.get(key).and_then(Node::text).map(str::to_string);
    if let (Some(ladder), Some(id)) = (text("stage"), text(key)) {
        reader.notes.push(Note::RefersToStage { ladder: Some(ladder), id, place: fields.place(key) });
    }
}

record! { SegmentCondition as "a condition on a segment" => Condition;
    keys {
        must "segment" segment: Refers<id_of::Segment>, "Id of the segment that the lead must be in now.";
    }
    build Condition::Segment(Segment { segment })
}

choice! { InterestCondition as "a condition on an interest" => Condition;
    "primary" PrimaryInterest;
    else InterestStrength
}

record! { PrimaryInterest as "a condition on the primary interest" => Condition;
    check note_interest;
    keys {
        must "interest" topic: Refers<id_of::Topic>, "Id of the topic.";
        must "primary" primary: Flag, "true: this topic is the lead's primary interest; false: it is not.";
    }
    build Condition::Interest(Interest { topic, wanted: Pull::Primary(primary) })
}

record! { InterestStrength as "a condition on an interest" => Condition;
    check note_interest;
    keys {
        must "interest" topic: Refers<id_of::Topic>, "Id of the topic whose strength is compared.";
    }
    operators test: OverNumbers;
    build Condition::Interest(Interest { topic, wanted: Pull::Strength(test) })
}

fn note_interest(fields: &Fields<'_>, reader: &mut Reader) {
    reader.notes.push(Note::RefersToInterest { place: fields.key_place("interest") });
}

record! { DealCondition as "a condition on deals" => Condition;
    keys {
        must "deal" deal: OneOf<DealWords>, "The lead has a deal in this state.";
    }
    build Condition::Deal(deal)
}

record! { RateCondition as "a condition on a rate" => Condition;
    keys {
        must "rate" of: OneOf<ResponseWords>, "The share of delivered copies that the lead opened, or clicked.";
        must "over" over: Length, "Counts copies delivered within this period.";
        may "min_sent" min_sent: Count, "With fewer copies than this, the condition is false; absent: 1.";
    }
    operators test: OverNumbers;
    build Condition::Rate(Rate { of, over, min_sent, test })
}

record! { SampleCondition as "a `sample` condition" => Condition;
    keys {
        must "sample" percent: Number<Percent>, "The percentage of leads that match, always the same leads.";
        must "seed" seed: Text, "Another text chooses other leads.";
    }
    build Condition::Sample(Sample { percent, seed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_key_among_those_that_cannot_share_a_mapping() {
        let mut definitions = Definitions::default();
        let _ = AnyCondition::schema(&mut definitions);
        let ways = definitions.0["AnyCondition"]["anyOf"].as_array().expect("several ways");
        assert_eq!(ways.len(), FORMS.len());
        for form in FORMS {
            let text = format!("{{{form}: x}}");
            let (tree, _) = crate::playbook::marked::parse(&text);
            let tree = tree.expect("a mapping");
            assert!(!foreign(&tree, &mut Reader::default()), "{form} alone is a condition");
        }
    }
}
