//! Any condition: which form it is, told by the key that comes first in the contract, and what people write instead.

use super::Condition;
use super::attribute::AttributeCondition;
use super::consent::ConsentCondition;
use super::date::DateCondition;
use super::deal::DealCondition;
use super::event::EventCondition;
use super::group::{AllCondition, AnyOfCondition, NotCondition};
use super::inactive::InactiveCondition;
use super::interest::InterestCondition;
use super::rate::RateCondition;
use super::sample::SampleCondition;
use super::score::ScoreCondition;
use super::segment::SegmentCondition;
use super::stage::StageCondition;
use crate::playbook::form::{Form, choice};
use crate::playbook::marked::{Data, Node, shortened};
use crate::playbook::reader::Reader;

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
    "date" DateCondition,
    "consent" ConsentCondition,
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
    let forms: Vec<&str> = AnyCondition::KEYS.iter().copied().filter(|form| known.contains(form)).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::form::Definitions;

    #[test]
    fn every_form_has_its_key_among_those_that_cannot_share_a_mapping() {
        let mut definitions = Definitions::default();
        let _ = AnyCondition::schema(&mut definitions);
        let ways = definitions.0["AnyCondition"]["anyOf"].as_array().expect("several ways");
        assert_eq!(ways.len(), AnyCondition::KEYS.len());
        for form in AnyCondition::KEYS {
            let text = format!("{{{form}: x}}");
            let (tree, _) = crate::playbook::marked::parse(&text);
            let tree = tree.expect("a mapping");
            assert!(!foreign(&tree, &mut Reader::default()), "{form} alone is a condition");
        }
    }
}
