//! Sequences and their steps.

use super::group::{Either, List};
use super::leaf::{Declared, Flag, Length, Number, OneOf, Percent, Refers, Text, Yes, id_of};
use super::words::{AgainWords, ClassWords, Words};
use super::{Definitions, Form, choice, record};
use crate::condition::any::AnyCondition;
use crate::playbook::marked::Node;
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::{Action, Again, Sequence, Step, While};

const STEP_ID: &str = "Identifies the step when other steps move; absent: its position.";

record! { OneSequence as "a sequence" => Sequence;
    declares Sequence;
    check check_step_ids;
    keys {
        must "id" id: Declared<id_of::Sequence>, "Identifies this sequence in the log.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        must "enroll" enroll: AnyCondition, "A lead is enrolled at the instant at which this becomes true.";
        may "again" again: AgainForm, "Whether a lead can be enrolled more than once; absent: never.";
        may "while" while_: WhileForm, "The enrollment stops when this no longer holds; absent: enrolled, as long as `enroll` holds.";
        may "goal" goal: AnyCondition, "The enrollment ends, with success, when this holds.";
        may "holdout" holdout: Number<Percent>, "The percentage of leads that are not enrolled, for comparison; absent: 0.";
        may "buyers" buyers: Flag, "true: leads with an open or won deal are enrolled too; absent: false.";
        may "review" review: Flag, "true: mails of the sequence are drafts until a person releases them; absent: false.";
        must "steps" steps: List<OneStep>, "The steps, in order.";
    }
    build Sequence {
        id,
        name,
        enroll,
        again: again.unwrap_or_default(),
        while_: while_.unwrap_or_default(),
        goal,
        holdout: holdout.unwrap_or_default(),
        buyers: buyers.unwrap_or_default(),
        review: review.unwrap_or_default(),
        steps,
    }
}

/// A step without an id is known by its position, which must then be no other step's id.
fn check_step_ids(fields: &Fields<'_>, reader: &mut Reader) {
    let steps = fields.get("steps").map_or(&[][..], Node::items);
    let mut all: Vec<&Node> = Vec::new();
    collect(steps, &mut all);
    for id in all.iter().filter_map(|step| step.get("id")) {
        let position = id.text().and_then(|text| text.parse::<usize>().ok());
        let taken = position.and_then(|at| steps.get(at)).is_some_and(|step| step.get("id").is_none());
        if taken && id.text() == position.map(|at| at.to_string()).as_deref() {
            reader.meaning(
                id.place,
                format!("{} is the position of a step without an id; choose an id with a letter in it", id.describe()),
            );
        }
    }
}

fn collect<'a>(steps: &'a [Node], all: &mut Vec<&'a Node>) {
    for step in steps {
        all.push(step);
        for side in ["then", "else"] {
            collect(step.get("branch").and_then(|branch| branch.get(side)).map_or(&[], Node::items), all);
        }
    }
}

type AgainForm = Either<OneOf<AgainWords>, AgainAfter>;

record! { AgainAfter as "`again`" => Again;
    keys {
        must "after" after: Length, "The shortest time since the last enrollment began.";
    }
    build Again::After(after)
}

/// `while` as a word.
#[derive(Clone, Copy)]
pub(crate) enum WhileWord {
    Enrolled,
    Always,
}

pub(crate) struct WhileWords;

impl Words for WhileWords {
    type Value = WhileWord;
    const WORDS: &'static [(&'static str, WhileWord)] =
        &[("enrolled", WhileWord::Enrolled), ("always", WhileWord::Always)];
}

struct WhileAsWord;

impl Form for WhileAsWord {
    type Value = While;

    fn wanted() -> String {
        OneOf::<WhileWords>::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<While> {
        OneOf::<WhileWords>::read(node, reader).map(|word| match word {
            WhileWord::Enrolled => While::Enrolled,
            WhileWord::Always => While::Always,
        })
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        OneOf::<WhileWords>::schema(definitions)
    }
}

struct WhileCondition;

impl Form for WhileCondition {
    type Value = While;

    fn wanted() -> String {
        AnyCondition::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<While> {
        AnyCondition::read(node, reader).map(While::Condition)
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        AnyCondition::schema(definitions)
    }
}

type WhileForm = Either<WhileAsWord, WhileCondition>;

choice! { OneStep as "a step" => Step;
    "send" SendStep,
    "wait" WaitStep,
    "branch" BranchStep,
    "alert" AlertStep
}

record! { SendStep as "a `send` step" => Step;
    declares Step;
    keys {
        may "id" id: Declared<id_of::Step>, STEP_ID;
        must "send" action: Either<SendById, SendForm>, "Id of the e-mail, or {email: …, class: …, not_after: …}, or {best: true}.";
    }
    build Step { id, action }
}

/// `send: EMAIL`
struct SendById;

impl Form for SendById {
    type Value = Action;

    fn wanted() -> String {
        Refers::<id_of::Email>::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Action> {
        let email = Refers::<id_of::Email>::read(node, reader)?;
        Some(Action::Send { email: Some(email), class: None, not_after: None })
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        Refers::<id_of::Email>::schema(definitions)
    }
}

choice! { SendForm as "`send`" => Action;
    "email" SendEmail,
    "best" SendBest
}

record! { SendEmail as "`send`" => Action;
    keys {
        must "email" email: Refers<id_of::Email>, "Id of the e-mail.";
        may "class" class: OneOf<ClassWords>, "How this copy counts in the cadence; absent: as the e-mail says.";
        may "not_after" not_after: Length, "The copy is skipped if it is later than this.";
    }
    build Action::Send { email: Some(email), class, not_after }
}

record! { SendBest as "`send`" => Action;
    keys {
        must "best" best: Yes, "The best unread piece of the library for the lead's primary interest and stage.";
        may "class" class: OneOf<ClassWords>, "How this copy counts in the cadence; absent: as the e-mail says.";
        may "not_after" not_after: Length, "The copy is skipped if it is later than this.";
    }
    build {
        let () = best;
        Action::Send { email: None, class, not_after }
    }
}

record! { WaitStep as "a `wait` step" => Step;
    declares Step;
    keys {
        may "id" id: Declared<id_of::Step>, STEP_ID;
        must "wait" action: Either<WaitFor, WaitUntil>, "A duration, or {until: CONDITION, at_most: …}.";
    }
    build Step { id, action }
}

/// `wait: D`
struct WaitFor;

impl Form for WaitFor {
    type Value = Action;

    fn wanted() -> String {
        Length::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Action> {
        Length::read(node, reader).map(Action::Wait)
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        Length::schema(definitions)
    }
}

record! { WaitUntil as "`wait`" => Action;
    keys {
        must "until" until: AnyCondition, "The wait ends when this holds …";
        must "at_most" at_most: Length, "… or after this time.";
    }
    build Action::WaitUntil { until, at_most }
}

record! { BranchStep as "a `branch` step" => Step;
    declares Step;
    keys {
        may "id" id: Declared<id_of::Step>, STEP_ID;
        must "branch" action: Branch, "Two ways to continue.";
    }
    build Step { id, action }
}

record! { Branch as "`branch`" => Action;
    keys {
        must "if" condition: AnyCondition, "Evaluated once, when the lead reaches this step.";
        must "then" then: List<OneStep>, "The steps if the condition holds.";
        may "else" otherwise: List<OneStep>, "The steps if it does not.";
    }
    build Action::Branch { condition, then, otherwise: otherwise.unwrap_or_default() }
}

record! { AlertStep as "an `alert` step" => Step;
    declares Step;
    keys {
        may "id" id: Declared<id_of::Step>, STEP_ID;
        must "alert" action: Alert, "Notifies people about the lead.";
    }
    build Step { id, action }
}

record! { Alert as "`alert`" => Action;
    keys {
        must "to" to: Text, "Who is notified: the name of a list in the setting `alert_lists`, `owner` for the owner of the lead, a role such as `sales`, or the address of a user.";
        must "say" say: Text, "The text of the alert.";
    }
    build Action::Alert { to, say }
}
