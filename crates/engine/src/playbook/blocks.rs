//! The block list of an e-mail's body, as the visual editor keeps it: what decides whether a block is shown. What else a
//! block says is the renderer's.

use serde_json::{Map, Value as Json};

use super::asked::{Wrong, declared, pointer};
use super::form::Form;
use super::marked::{self, Node};
use super::problem::Problem;
use super::reader::{Kind, Note};
use super::{Playbook, references};
use crate::condition::Condition;
use crate::condition::any::AnyCondition;

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The JSON pointer to it in the body.
    pub pointer: String,
    /// The key `type`.
    pub kind: String,
    /// All other keys but `show`; blocks inside it are among them too.
    pub fields: Map<String, Json>,
    /// The block is left out for leads of whom this does not hold.
    pub show: Option<Condition>,
}

/// All blocks of a body in JSON, those inside others behind them. The body is an object with a list of `blocks`.
///
/// The error says what is wrong with the conditions, by their pointers in the body. Text that is not JSON has no blocks.
///
/// ```
/// use attractor_engine::playbook::{Playbook, blocks};
///
/// let body = r#"{"blocks": [{"type": "text", "text": "Hi"}, {"type": "button", "show": {"deal": "open"}}]}"#;
/// let blocks = blocks(body, &Playbook::default()).expect("its conditions are valid");
/// assert_eq!((blocks[1].kind.as_str(), blocks[1].show.is_some()), ("button", true));
/// ```
pub fn blocks(text: &str, playbook: &Playbook) -> Result<Vec<Block>, Vec<Wrong>> {
    let Ok(json) = serde_json::from_str::<Json>(text) else { return Ok(Vec::new()) };
    let (tree, problems) = marked::parse(text);
    let (shown, problems) = tree.as_ref().map_or((Vec::new(), problems), |tree| conditions(tree, playbook));
    if !problems.is_empty() {
        let wrong = |problem: Problem| {
            let place = super::Place { line: problem.line, column: problem.column };
            let pointer = tree.as_ref().and_then(|tree| pointer(tree, place));
            Wrong { pointer: pointer.unwrap_or_default(), message: problem.message }
        };
        return Err(problems.into_iter().map(wrong).collect());
    }
    let mut shown = shown.into_iter();
    let mut found = Vec::new();
    each(&json, "", &mut |pointer, block, kind| {
        let mut fields = block.clone();
        fields.shift_remove("type");
        let show = fields.shift_remove("show").and_then(|_| shown.next());
        found.push(Block { pointer: pointer.into(), kind: kind.into(), fields, show });
    });
    Ok(found)
}

/// What is wrong with the conditions of the blocks, by their places in the text.
pub(super) fn problems(text: &str, playbook: &Playbook) -> Vec<Problem> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        // MJML, or a mistake that others report.
        return Vec::new();
    }
    match marked::parse(text) {
        (Some(tree), _) => conditions(&tree, playbook).1,
        (None, problems) => problems,
    }
}

/// The conditions under which blocks are shown, in the order of the blocks, and what is wrong with them.
fn conditions(tree: &Node, playbook: &Playbook) -> (Vec<Condition>, Vec<Problem>) {
    let mut shown = Vec::new();
    shows(tree, &mut shown);
    if shown.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut reader = declared(playbook);
    let read = |node: &&Node| {
        reader.notes.push(Note::Begin(Kind::Segment));
        AnyCondition::read(node, &mut reader)
    };
    let conditions: Vec<Condition> = shown.iter().filter_map(read).collect();
    references::check(&mut reader, playbook.interests.is_some());
    (conditions, reader.problems)
}

/// The values of `show` of a body's blocks, in the order of `each`.
fn shows<'n>(node: &'n Node, found: &mut Vec<&'n Node>) {
    for block in node.get("blocks").map_or(&[][..], Node::items) {
        if block.get("type").and_then(Node::text).is_some() {
            found.extend(block.get("show"));
        }
        block.get("columns").map_or(&[][..], Node::items).iter().for_each(|column| shows(column, found));
    }
}

/// Calls with each block of an object with `blocks`, its pointer and its type; those in its columns behind it. These are the
/// places where the renderer reads blocks.
fn each(json: &Json, pointer: &str, take: &mut impl FnMut(&str, &Map<String, Json>, &str)) {
    fn list<'j>(json: &'j Json, key: &str) -> impl Iterator<Item = (usize, &'j Json)> {
        json.get(key).and_then(Json::as_array).into_iter().flatten().enumerate()
    }
    for (place, block) in list(json, "blocks") {
        let pointer = format!("{pointer}/blocks/{place}");
        if let (Some(object), Some(kind)) = (block.as_object(), block.get("type").and_then(Json::as_str)) {
            take(&pointer, object, kind);
        }
        for (column, inner) in list(block, "columns") {
            each(inner, &format!("{pointer}/columns/{column}"), take);
        }
    }
}
