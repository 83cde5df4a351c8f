//! Values that an attribute or a property with a closed list of values never has.

use super::Warnings;
use crate::playbook::marked::{Node, shortened};
use crate::playbook::nearest::nearest;
use crate::playbook::vocabulary::{CHANNELS, values};
use crate::value::{Operator, Test, Value};
use crate::vocabulary::kind;

impl Warnings<'_> {
    /// Looks at what an attribute is compared with as a whole. `node` has the operators as keys.
    pub fn values_of_attribute(&mut self, attribute: &str, test: &Test, node: &Node) {
        if let Some(known) = values(attribute) {
            self.derived(attribute, known, test, node);
        }
    }

    fn derived(&mut self, name: &str, known: &[&str], test: &Test, node: &Node) {
        self.values(test, node, |text| {
            if known.iter().any(|value| value.to_lowercase() == text.to_lowercase()) {
                return None;
            }
            let fact = format!("`{}` is not a value that the server derives for `{name}`", shortened(text));
            Some(match nearest(text, known.iter().copied()) {
                Some(meant) => format!("{fact}; did you mean `{meant}`?"),
                None => format!("{fact} ({}); leave it if your own data has it", known.join(", ")),
            })
        });
    }

    /// The same of a property in `where`, whose value is `node`. Properties that name parts of the playbook may keep
    /// the ids of parts that earlier versions had, so only ids that are nearly declared ones are pointed out.
    pub(super) fn values_of_property(&mut self, kind: &str, property: &str, test: &Test, node: &Node) {
        if kind == kind::PAGE_VIEWED && property == "channel" {
            return self.derived(property, &CHANNELS, test, node);
        }
        let playbook = self.playbook;
        let (what, ids): (_, Vec<&str>) = match property {
            "topic" => ("topic", playbook.topics.iter().map(|topic| topic.id.as_str()).collect()),
            "email_id" => ("e-mail", playbook.emails.iter().map(|email| email.id.as_str()).collect()),
            "subscription" => ("subscription", playbook.subscriptions.iter().map(|one| one.id.as_str()).collect()),
            _ => return,
        };
        self.values(test, node, |text| {
            let meant = nearest(text, ids.iter().copied()).filter(|_| !ids.contains(&text))?;
            let fact = format!("`{}` is nearly the {what} `{meant}`", shortened(text));
            Some(format!("{fact}; did you mean `{meant}`?"))
        });
    }

    fn values(&mut self, test: &Test, node: &Node, wrong: impl Fn(&str) -> Option<String>) {
        let whole = |operator| matches!(operator, Operator::Eq | Operator::Ne | Operator::In | Operator::NotIn);
        for (operator, value) in test.0.iter().filter(|(operator, _)| whole(*operator)) {
            let here = node.get(operator.name()).unwrap_or(node);
            let listed = match value {
                Value::List(list) => list.as_slice(),
                one => std::slice::from_ref(one),
            };
            for (number, value) in listed.iter().enumerate() {
                let Value::Text(text) = value else { continue };
                if let Some(why) = wrong(text) {
                    self.warn(here.items().get(number).unwrap_or(here).place, why);
                }
            }
        }
    }
}
