use serde_json::Value as Json;

use super::{Names, Predicate, Question, operators, phrase};
use crate::ask::Asking;
use crate::audience::Needs;
use crate::explain::stands;
use crate::playbook::Playbook;
use crate::playbook::form::leaf::{Refers, id_of};
use crate::playbook::form::operators::OverNumbers;
use crate::playbook::form::record;
use crate::playbook::marked;
use crate::playbook::provable::{number_truth, score_bounds};
use crate::playbook::warnings::Warnings;
use crate::playbook::write::{Object, number, tests};
use crate::program::{Answer, Compiler, Node, Program, note};
use crate::test::Bound;
use crate::value::NumberTest;

/// `{score: ID, OP: N}`
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub score: String,
    pub test: NumberTest,
}

record! { ScoreCondition as "a condition on a score" => super::Condition;
    keys {
        must "score" score: Refers<id_of::Score>, "Id of the score, compared within its range.";
    }
    operators test: OverNumbers;
    build super::Condition::Score(Score { score, test })
}

impl Predicate for Score {
    /// "their score “lead” is at least 31"
    fn says(&self, names: &Names) -> String {
        format!("their score {} {}", phrase::named(names.score(&self.score)), operators::clause(&self.test))
    }

    fn write(&self) -> Json {
        Object::default().put("score", &self.score).put_tests(&self.test).done()
    }

    fn needed(&self) -> Option<Json> {
        Some(tests(&self.test))
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        Ok(Compiled::node(compiler.score(&self.score)?, Bound::from(&self.test)))
    }

    fn note_needs(&self, needs: &mut Needs) {
        needs.scores.insert(self.score.clone());
    }

    fn truth(&self, playbook: &Playbook) -> Option<bool> {
        let score = playbook.scores.iter().find(|score| score.id == self.score)?;
        let (low, high) = score_bounds(score, playbook);
        number_truth(&self.test, low, high, false)
    }

    fn look(&self, warnings: &mut Warnings<'_>, node: &marked::Node) {
        warnings.threshold(self, node);
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    score: u32,
    test: Bound,
}

impl Compiled {
    pub fn node(score: u32, test: Bound) -> Node {
        Node::Score(Compiled { score, test })
    }
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let curve = asking.curve(self.score);
        Answer { holds: self.test.holds(curve.value()), until: curve.until(&self.test) }
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        stands(asking.curve(self.score).value(), &self.test)
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        Some(number(asking.curve(self.score).value()))
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.scores[self.score as usize].users, user);
    }
}
