use serde_json::Value as Json;

use super::{Names, Predicate, Question, operators, phrase};
use crate::ask::Asking;
use crate::playbook::Playbook;
use crate::playbook::form::free::AttributeName;
use crate::playbook::form::operators::OverValues;
use crate::playbook::form::record;
use crate::playbook::marked;
use crate::playbook::provable::never_holds;
use crate::playbook::warnings::{Tested, Warnings};
use crate::playbook::write::{Object, plain, tests};
use crate::program::{Answer, Compiler, Node, Program, note};
use crate::test::Asked;
use crate::value::{Test, Value};

/// `{attribute: NAME, OP: VALUE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub attribute: String,
    pub test: Test,
}

record! { AttributeCondition as "a condition on an attribute" => super::Condition;
    keys {
        must "attribute" attribute: AttributeName, "The name of the attribute, such as `job_title`; for a nested attribute a dotted path, such as `company.size`.";
    }
    operators test: OverValues;
    build super::Condition::Attribute(Attribute { attribute, test })
}

impl Predicate for Attribute {
    /// "their job title contains “chief”"
    fn says(&self, _: &Names) -> String {
        format!(
            "their {} {}",
            phrase::property(&self.attribute),
            operators::clause_of_value(&self.test, phrase::number)
        )
    }

    fn write(&self) -> Json {
        Object::default().put("attribute", &self.attribute).put_tests(&self.test).done()
    }

    fn needed(&self) -> Option<Json> {
        Some(tests(&self.test))
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let attribute = compiler.inputs.attribute(&self.attribute);
        Ok(Node::Attribute(Compiled { attribute, test: Asked::from(&self.test) }))
    }

    fn attribute(&self) -> Option<&str> {
        Some(&self.attribute)
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        never_holds(&self.test).then_some(false)
    }

    fn look(&self, warnings: &mut Warnings<'_>, node: &marked::Node) {
        warnings.test(&self.test, Tested::Attribute(&self.attribute), node.place);
        warnings.values_of_attribute(&self.attribute, &self.test, node);
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    attribute: u32,
    test: Asked,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        Answer::for_good(self.test.holds(asking.lead.attributes.get(self.attribute)))
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        match asking.lead.attributes.get(self.attribute) {
            Some(value) => format!("it is {}", spoken(value)),
            None => not_set(&asking.program.inputs.attributes[self.attribute as usize].name, asking.lead.name()),
        }
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        asking.lead.attributes.get(self.attribute).map(plain)
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.inputs.attributes[self.attribute as usize].users, user);
    }
}

/// Of an attribute that the lead lacks. A user id that is an e-mail address is an address of its lead, but conditions read
/// the attribute alone, and the same answer shows that address.
pub(super) fn not_set(attribute: &str, lead: &str) -> String {
    match attribute {
        "email" if lead.contains('@') => {
            "the attribute `email` is not set; the lead's address comes from its user id, which conditions do not read"
                .into()
        }
        _ => format!("the attribute `{attribute}` is not set"),
    }
}

fn spoken(value: &Value) -> String {
    match value {
        Value::Bool(yes) => (if *yes { "true" } else { "false" }).into(),
        Value::Number(number) => format!("{number}"),
        Value::Text(text) => format!("“{text}”"),
        Value::List(list) if list.is_empty() => "an empty list".into(),
        Value::List(list) => list.iter().map(spoken).collect::<Vec<_>>().join(", "),
        Value::Opaque => "something else".into(),
    }
}
