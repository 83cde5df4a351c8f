//! A condition by itself: what it says, how it is written, what is wrong with it. No lead is read; the warnings of a count come from here too.

use attractor_engine::condition::Names;
use attractor_engine::playbook::{self, Playbook, Seen, Wrong, read_condition, write_condition};
use attractor_store::{Connection, Error};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schemas::AnyCondition;
use super::segments::in_force;
use crate::playbook::seen;
use crate::view::View;

/// What a condition says, or what is wrong with it
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckedCondition {
    /// What it says, in English on one line; null where it is wrong
    pub sentence: Option<String>,
    /// The same as an indented list, where it has several parts
    pub outline: Option<String>,
    /// The same condition as playbooks are written: defaults left out, keys in order; null where it is wrong
    #[schema(value_type = Option<AnyCondition>)]
    pub form: Option<Value>,
    /// Empty where it can be used
    pub problems: Vec<ConditionProblem>,
    /// What can be used but is hardly meant as written, such as a kind of event that was never received
    pub warnings: Vec<ConditionProblem>,
}

/// Something that is wrong with a condition
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConditionProblem {
    /// A JSON pointer into the condition
    pub pointer: String,
    /// What is wrong, and what would be right
    pub detail: String,
}

impl From<Wrong> for ConditionProblem {
    fn from(wrong: Wrong) -> ConditionProblem {
        ConditionProblem { pointer: wrong.pointer, detail: wrong.message }
    }
}

/// What the store has received, read when the first condition names something that only the store can know.
#[derive(Default)]
pub(crate) struct Received(Option<Seen>);

impl Received {
    /// What in a condition can be used but is hardly meant as written; nothing of one that cannot be used.
    pub fn warnings(
        &mut self,
        connection: &mut Connection,
        text: &str,
        playbook: &Playbook,
    ) -> Result<Vec<ConditionProblem>, Error> {
        let Ok(reading) = read_condition(text, playbook) else { return Ok(Vec::new()) };
        if self.0.is_none() && reading.has_own_names() {
            self.0 = Some(connection.passing(seen::look)?);
        }
        let seen = self.0.clone().unwrap_or_default();
        Ok(reading.warnings(playbook, &seen).into_iter().map(ConditionProblem::from).collect())
    }
}

/// Reads a condition, JSON, under the playbook in force.
pub fn check(view: &mut View, text: &str) -> Result<CheckedCondition, Refusal> {
    let program = in_force(&view.versions()?)?;
    let playbook = program.playbook();
    Ok(match playbook::condition(text, playbook) {
        Ok(condition) => {
            let names = Names::of(playbook);
            CheckedCondition {
                sentence: Some(condition.sentence(&names)),
                outline: Some(condition.outline(&names)),
                form: Some(write_condition(&condition)),
                problems: Vec::new(),
                warnings: Received::default().warnings(view.connection, text, playbook)?,
            }
        }
        Err(wrongs) => {
            let problems = wrongs.into_iter().map(ConditionProblem::from).collect();
            CheckedCondition { sentence: None, outline: None, form: None, problems, warnings: Vec::new() }
        }
    })
}
