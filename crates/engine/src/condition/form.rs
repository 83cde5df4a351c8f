//! What a form of condition is. Each form has one file with all of it: what reads it and its schema (a `record!`), what
//! writes it back, its words, what can be proved of it, and what it asks of a lead.
//!
//! The places of a new form, in this order (paths without a crate are in `crates/engine`):
//!
//! 1. Its file in `src/condition`: the `record!`, [`Predicate`] and [`Question`]. The methods with a default are worth a look
//!    each, because nothing asks for them: a form that refers to a part of the playbook needs `note_needs`, one that cannot
//!    be true needs `truth`, one that ends by itself `window`, one that reads an attribute `attribute`, one with operators
//!    `needed`, one of which the lead has something that a value can say `value`, and one with a warning of its own `look`.
//!    A kind of event and an attribute are read with `EventKind` and `AttributeName` (`src/playbook/form/free.rs`), so that a
//!    mistyped one is found.
//! 2. A case of [`Condition`](super::Condition), one of `Node` (`src/program/node.rs`), and its key in `AnyCondition`
//!    (`any.rs`).
//! 3. What the compiler names from then on, because these matches have no wildcard: `Condition::predicate`,
//!    `Node::question`, `Asking::ask` (`src/ask.rs`: the same dispatch once more and without `dyn`, because every step goes
//!    through it), who may ask for a transactional e-mail (`src/playbook/transactional.rs`), and two kinds of warnings
//!    (`src/playbook/warnings`): sequences that end by what they wait for (`sequences.rs`: two matches), and forms that
//!    compare values of attributes (`negation.rs`: `compared`). A warning of the form's own goes there too, as a method of
//!    `Warnings` that [`Predicate::look`] calls, with rows in `tests/problems/warnings.txt`.
//! 4. A form that reads something new of a lead needs an input in `src/program/inputs.rs`, whose type `src/program/mod.rs`
//!    passes on where forms or steps name it. The compiler names what follows, because these name every input: `keep_the_same`
//!    and `scope` beside it, `wanted` in `src/program/compile.rs`, which says which properties of events are read, and
//!    `plan_kinds` there, which says which kinds of events change it. What a goal has of its own goes in `Scope`; only then
//!    does the compiler name `Lead::forget`, which drops it. Then `src/program/distill.rs` makes an update of such an event,
//!    and `src/step/apply.rs` changes the lead and marks the decisions that read it. What is stored of a lead changes then: the
//!    new field is the last of `Lead` (`src/lead/mod.rs`), and `FORMAT` in `src/lead/stored.rs` grows; it says what to decide
//!    about older formats, and tests there fail until that is done. `tests/versions.rs` reads a state of the format before.
//!    Filters are asked while an event is distilled; an instant must be asked in the step, because a stored event gets its
//!    instant only after it was distilled. `tests/random/laws.rs` asks after each event whether anything changed that was not
//!    marked, and whether what a form proves of itself (`truth`, `stays`, `window`) is so.
//! 5. What tests name, because they read the list of forms from the schema (`tests/forms`):
//!    - `tests/playbook_schema.rs`: `playbooks/schema.json`, written anew by
//!      `RENEW=1 cargo test --workspace --test playbook_schema`, every key in `tests/playbooks/every-form.yaml`, and the form
//!      in `fuzz/playbook.yaml`, in `fuzz/dictionaries/playbook.dict` and in a table of `tests/behaviour`;
//!    - `tests/playbook_write.rs`: what is written reads back;
//!    - `tests/sentences`: the sentence reads back (`random.rs` and `reader.rs`, the inverse of `says`), and the guide has a row
//!      (`documents.rs`: `docs/marketer.md`, *Conditions by example*);
//!    - `tests/why_not.rs`: what is missing, and what the lead has, in words and as data;
//!    - `tests/problems`: `keys.txt` and `names.txt`; `tests/playbook_problems.rs`: what a new text of any kind names;
//!    - `tests/random/costs.rs` (`KEPT`): whether it keeps every event, which `src/playbook/warnings/kept.rs` has to note then;
//!    - `tests/random/audience.rs` (`OF_ANYBODY`): by a state and by messages alike;
//!    - `tests/random/reach.rs` and `tests/random/agreement.rs`: the second evaluator in `tests/naive`. It reads the form (`check.rs`,
//!      `tree.rs`), asks it (`condition.rs`) and makes it up (`random_forms.rs`). When time alone changes it, the instants go
//!      in `Leaf::turns` (`condition.rs`); in `candidates.rs` only if they do not follow from the lead's events. One row
//!      of dice makes a whole case: a form that joins changes all newer cases, and `reach.rs` may then miss an option of
//!      another form by chance; raise the weight of that form in `random_forms.rs`;
//!    - `crates/server/tests/leads/conditions.rs`: by states and by events alike;
//!    - `crates/server/tests/documents`: a place in the chapters of `reference.rs`; then `docs/playbook.md` and
//!      `docs/openapi.json` are written anew by `RENEW=1 cargo test --workspace --test documents`. Without `--workspace`
//!      dependencies are built with other features, which shows in the documents.
//! 6. What nothing asks for: a line in `CHANGELOG.md`.
//!
//! The engine's tests first: they take about a minute, and the server's repeat what they say.
//! ```text
//! cargo test --workspace --locked --test playbook_schema --test playbook_write --test playbook_problems --test sentences \
//!     --test why_not --test behaviour --test random
//! cargo test --workspace --locked --lib lead::
//! ```

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

    /// The operators with which it tests a number or a value, as the notation has them: `{"gte": 31}`; `None` for a form
    /// without operators.
    fn needed(&self) -> Option<Json> {
        None
    }

    /// The attribute that it reads, if any.
    fn attribute(&self) -> Option<&str> {
        None
    }

    /// Notes the parts of the playbook that it refers to. A condition on a score is known by this too.
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
    /// lead has nothing of the kind, or nothing that a value could say. A form without operators gives what the lead has
    /// instead of what the form asks for, such as the stage that it is in.
    fn value(&self, _: &mut Asking) -> Option<Json> {
        None
    }

    /// Notes the decision `user` at everything whose change may change whether this holds, or bring forward the instant
    /// until which that lasts. What is noted too often costs an evaluation; what is missing leaves a wrong result.
    fn note_user(&self, program: &mut Program, user: u32);
}
