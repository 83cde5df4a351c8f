//! A condition by itself: what it says, how it is written, what is wrong with it. Nobody is counted.

use attractor_engine::condition::Names;
use attractor_engine::playbook::{self, write_condition};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schemas::AnyCondition;
use super::segments::in_force;
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
}

/// Something that is wrong with a condition
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConditionProblem {
    /// A JSON pointer into the condition
    pub pointer: String,
    /// What is wrong, and what would be right
    pub detail: String,
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
            }
        }
        Err(wrongs) => {
            let problem = |wrong: playbook::Wrong| ConditionProblem { pointer: wrong.pointer, detail: wrong.message };
            let problems = wrongs.into_iter().map(problem).collect();
            CheckedCondition { sentence: None, outline: None, form: None, problems }
        }
    })
}
