use serde_json::{Value as Json, json};

use super::{Names, Predicate, Question, operators, phrase};
use crate::ask::Asking;
use crate::audience::Needs;
use crate::explain::stands;
use crate::playbook::Playbook;
use crate::playbook::form::leaf::{Flag, Refers, id_of};
use crate::playbook::form::operators::OverNumbers;
use crate::playbook::form::{choice, record};
use crate::playbook::provable::number_truth;
use crate::playbook::reader::{Fields, Note, Reader};
use crate::playbook::write::{Object, number, tests};
use crate::program::{Answer, Compiler, Node, Program, find, note};
use crate::test::Bound;
use crate::value::NumberTest;

/// `{interest: TOPIC, primary: true}` or `{interest: TOPIC, OP: STRENGTH}`
#[derive(Clone, Debug, PartialEq)]
pub struct Interest {
    pub topic: String,
    pub wanted: Pull,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pull {
    /// `primary: true` or `primary: false`
    Primary(bool),
    Strength(NumberTest),
}

choice! { InterestCondition as "a condition on an interest" => super::Condition;
    "primary" PrimaryInterest;
    else InterestStrength
}

record! { PrimaryInterest as "a condition on the primary interest" => super::Condition;
    check note_interest;
    keys {
        must "interest" topic: Refers<id_of::Topic>, "Id of the topic.";
        must "primary" primary: Flag, "true: this topic is the lead's primary interest; false: it is not.";
    }
    build super::Condition::Interest(Interest { topic, wanted: Pull::Primary(primary) })
}

record! { InterestStrength as "a condition on an interest" => super::Condition;
    check note_interest;
    keys {
        must "interest" topic: Refers<id_of::Topic>, "Id of the topic whose strength is compared.";
    }
    operators test: OverNumbers;
    build super::Condition::Interest(Interest { topic, wanted: Pull::Strength(test) })
}

fn note_interest(fields: &Fields<'_>, reader: &mut Reader) {
    reader.notes.push(Note::RefersToInterest { place: fields.key_place("interest") });
}

impl Predicate for Interest {
    /// "their primary interest is Shirts"
    fn says(&self, names: &Names) -> String {
        let topic = phrase::named(names.topic(&self.topic));
        match &self.wanted {
            Pull::Primary(true) => format!("their primary interest is {topic}"),
            Pull::Primary(false) => format!("their primary interest is not {topic}"),
            Pull::Strength(test) => format!("their interest in {topic} {}", operators::clause(test)),
        }
    }

    fn write(&self) -> Json {
        match &self.wanted {
            Pull::Primary(primary) => json!({"interest": self.topic, "primary": primary}),
            Pull::Strength(test) => Object::default().put("interest", &self.topic).put_tests(test).done(),
        }
    }

    fn needed(&self) -> Option<Json> {
        match &self.wanted {
            Pull::Primary(_) => None,
            Pull::Strength(test) => Some(tests(test)),
        }
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let topic = find("topic", &self.topic, compiler.playbook.topics.iter().map(|topic| &topic.id))?;
        Ok(Node::Interest(match &self.wanted {
            Pull::Primary(wanted) => Compiled::Primary { topic, wanted: *wanted },
            Pull::Strength(test) => Compiled::Strength { topic, test: Bound::from(test) },
        }))
    }

    fn note_needs(&self, needs: &mut Needs) {
        needs.interests = true;
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        match &self.wanted {
            Pull::Strength(test) => number_truth(test, 0.0, f64::INFINITY, false),
            Pull::Primary(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Compiled {
    Primary { topic: u32, wanted: bool },
    Strength { topic: u32, test: Bound },
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        match self {
            Compiled::Primary { topic, wanted } => Answer::for_good((asking.lead.primary == Some(*topic)) == *wanted),
            Compiled::Strength { topic, test } => {
                let curve = asking.strength(*topic);
                Answer { holds: test.holds(curve.value()), until: curve.until(test) }
            }
        }
    }

    fn found(&self, asking: &mut Asking, names: &Names) -> String {
        match self {
            Compiled::Primary { .. } => match asking.lead.primary {
                Some(topic) => format!("it is {}", names.topic(&asking.program.playbook.topics[topic as usize].id)),
                None => "there is none".into(),
            },
            Compiled::Strength { topic, test } => stands(asking.strength(*topic).value(), test),
        }
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        match self {
            Compiled::Primary { .. } => {
                asking.lead.primary.map(|topic| asking.program.playbook.topics[topic as usize].id.as_str().into())
            }
            Compiled::Strength { topic, .. } => Some(number(asking.strength(*topic).value())),
        }
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        let Some(interest) = &mut program.interest else { return };
        match self {
            Compiled::Primary { .. } => note(&mut interest.primary_users, user),
            Compiled::Strength { topic, .. } => note(&mut interest.strength_users[*topic as usize], user),
        }
    }
}
