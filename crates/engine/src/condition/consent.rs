use serde_json::Value as Json;

use super::{Names, Predicate, Question, phrase};
use crate::ask::Asking;
use crate::consent::{Scope, State};
use crate::lead::consent::Consent as Given;
use crate::playbook::form::leaf::{OneOf, Refers, id_of};
use crate::playbook::form::record;
use crate::playbook::form::words::{Words, word};
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::write::Object;
use crate::program::{Answer, Compiler, Node, Program, note};

/// `{consent: STATE, subscription: ID}`, or with `topic: ID` or `to: tracking`; without a scope, all.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    pub state: State,
    pub scope: Scope,
}

pub(crate) struct StateWords;

impl Words for StateWords {
    type Value = State;
    const WORDS: &'static [(&'static str, State)] =
        &[("granted", State::Granted), ("withdrawn", State::Withdrawn), ("unknown", State::Unknown)];
}

pub(crate) struct ToWords;

impl Words for ToWords {
    type Value = ();
    const WORDS: &'static [(&'static str, ())] = &[("tracking", ())];
}

record! { ConsentCondition as "a condition on consent" => super::Condition;
    check check_scope;
    keys {
        must "consent" state: OneOf<StateWords>, "The state that is in effect now.";
        may "subscription" subscription: Refers<id_of::Subscription>, "Consent to this subscription; absent, as `topic` and `to`: to receive anything.";
        may "topic" topic: Refers<id_of::Topic>, "Consent to e-mails about this topic.";
        may "to" tracking: OneOf<ToWords>, "tracking: consent to be tracked.";
    }
    build {
        let tracking = tracking.map(|()| Scope::Tracking);
        let scope = subscription.map(Scope::Subscription).or(topic.map(Scope::Topic)).or(tracking);
        super::Condition::Consent(Consent { state, scope: scope.unwrap_or(Scope::All) })
    }
}

fn check_scope(fields: &Fields<'_>, reader: &mut Reader) {
    let scopes: Vec<&str> = ["subscription", "topic", "to"].into_iter().filter(|key| fields.has(key)).collect();
    if let [_, second, ..] = scopes.as_slice() {
        let keys = scopes.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
        let message =
            format!("{keys} are different scopes; ask for each in a condition of its own, together in all: [ … ]");
        reader.meaning(fields.key_place(second), message);
    }
}

impl Predicate for Consent {
    /// "has consented to e-mails about Shirts"
    fn says(&self, names: &Names) -> String {
        let did = match self.state {
            State::Granted => "has consented to",
            State::Withdrawn => "has withdrawn consent to",
            State::Unknown => "has neither given nor withdrawn consent to",
        };
        format!("{did} {}", scope_in_words(&self.scope, names))
    }

    fn denies(&self, names: &Names) -> Option<String> {
        let did = match self.state {
            State::Granted => "has not consented to",
            State::Withdrawn => "has not withdrawn consent to",
            State::Unknown => return None,
        };
        Some(format!("{did} {}", scope_in_words(&self.scope, names)))
    }

    fn write(&self) -> Json {
        let object = Object::default().put("consent", word::<StateWords>(self.state));
        match &self.scope {
            Scope::All => object,
            Scope::Subscription(id) => object.put("subscription", id),
            Scope::Topic(id) => object.put("topic", id),
            Scope::Tracking => object.put("to", "tracking"),
        }
        .done()
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let all = compiler.inputs.consent(&Scope::All);
        let scope = compiler.inputs.consent(&self.scope);
        let all = matches!(self.scope, Scope::Subscription(_) | Scope::Topic(_)).then_some(all);
        Ok(Node::Consent(Compiled { state: self.state, scope, all }))
    }
}

fn scope_in_words(scope: &Scope, names: &Names) -> String {
    match scope {
        Scope::All => "e-mails".into(),
        Scope::Subscription(id) => format!("the subscription {}", phrase::named(names.subscription(id))),
        Scope::Topic(id) => format!("e-mails about {}", phrase::named(names.topic(id))),
        Scope::Tracking => "tracking".into(),
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    state: State,
    scope: u32,
    /// The number of the scope of all, where it counts for this one too.
    all: Option<u32>,
}

impl Compiled {
    fn now(&self, asking: &Asking) -> State {
        let none = Given::default();
        asking.lead.consent.as_deref().unwrap_or(&none).state(self.scope, self.all)
    }
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        Answer::for_good(self.now(asking) == self.state)
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        format!("it is {}", self.now(asking).name())
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        Some(self.now(asking).name().into())
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.inputs.consent_users, user);
    }
}
