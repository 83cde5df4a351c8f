//! What a form of condition is. Each form has one file with all of it: what reads it and its schema (a `record!`), what
//! writes it back, its words, what can be proved of it, and what it asks of a lead.
//!
//! A new form begins with its file, a case of [`Condition`](super::Condition), a case of `Node` (`program/node.rs`) and its
//! key in `AnyCondition` (`any.rs`). From there on:
//!
//! - The compiler names each `match` over conditions that misses the case: `predicate` and `Node::question` among them.
//! - The tests that speak of every form read their list from the schema, so they fail until the form is in
//!   `tests/playbooks/every-form.yaml` (what is written reads back), in the random conditions of `tests/sentences` (the
//!   sentence reads back), in the table of `tests/why_not.rs`, in `tests/problems/keys.txt` and `names.txt`, and in the
//!   second evaluator under `tests/naive`: `check.rs`, `tree.rs`, `condition.rs`, `candidates.rs` (when time alone changes
//!   it) and `random_forms.rs`. The schema itself is written anew by `RENEW=1 cargo test --test playbook_schema`.
//! - A form that reads something new of a lead needs an input in `program/inputs.rs`. The compiler names most of what
//!   follows: `plan_kinds` in `program/compile.rs` says which kinds of events change it, `program/distill.rs` makes an update
//!   of such an event, `step/apply.rs` changes the lead and marks the decisions that read it, and `Lead::forget` drops what
//!   a goal had of its own. What is stored of a lead changes then: `FORMAT` in `lead/stored.rs` grows. `tests/laws.rs` asks
//!   after each event whether anything changed that was not marked.

use serde_json::Value as Json;

use super::Names;
use crate::ask::Asking;
use crate::audience::Needs;
use crate::playbook::Playbook;
use crate::playbook::marked;
use crate::playbook::warnings::Warnings;
use crate::program::{Answer, Compiler, Node, Program};
use crate::time::Duration;

/// A form as a playbook has it: a predicate ("has …", "is …", "their … is …").
pub(crate) trait Predicate {
    /// One line, exact: the same tree reads back from it.
    fn says(&self, names: &Names) -> String;

    /// The opposite, where plain English has it in few words and it can be nothing else.
    fn denies(&self, _: &Names) -> Option<String> {
        None
    }

    /// The playbook's notation: what the form's record reads back.
    fn write(&self) -> Json;

    /// The question that it asks of leads. `goal` is the sequence in whose goal it is, which counts events of its own.
    /// The error is a reference to nothing.
    fn compile(&self, compiler: &mut Compiler, goal: Option<u32>) -> Result<Node, String>;

    /// The operators with which it tests a number or a value, as the notation has them: `{"gte": 31}`.
    fn needed(&self) -> Option<Json> {
        None
    }

    /// The attribute that it reads, if any.
    fn attribute(&self) -> Option<&str> {
        None
    }

    /// Notes the parts of the playbook that it refers to.
    fn note_needs(&self, _: &mut Needs) {}

    /// `Some(false)`: never true; `Some(true)`: always true; `None`: it depends.
    fn truth(&self, _: &Playbook) -> Option<bool> {
        None
    }

    /// Whether, once it is `value`, it is that forever, whatever happens.
    fn stays(&self, _value: bool, playbook: &Playbook) -> bool {
        self.truth(playbook).is_some()
    }

    /// The longest time for which it stays true if nothing more happens; `None`: maybe forever.
    fn window(&self) -> Option<Duration> {
        None
    }

    /// Warns of what in it can be used but is hardly meant; `node` is what it was read from.
    fn look(&self, _: &mut Warnings<'_>, _node: &marked::Node) {}
}

/// A form compiled: what it asks of a lead.
pub(crate) trait Question {
    /// Whether it holds, and until when at least that stays so by itself.
    fn ask(&self, asking: &mut Asking) -> Answer;

    /// What the lead has, for people: "there are 2".
    fn found(&self, asking: &mut Asking, names: &Names) -> String;

    /// The same as data, in the units of the notation: a number, a text, an id, an instant as RFC 3339; `None` where the
    /// lead has nothing of the kind, or nothing that a value could say.
    fn value(&self, _: &mut Asking) -> Option<Json> {
        None
    }

    /// Notes the decision `user` at everything whose change may change whether this holds, or bring forward the instant
    /// until which that lasts. What is noted too often costs an evaluation; what is missing leaves a wrong result.
    fn note_user(&self, program: &mut Program, user: u32);
}
