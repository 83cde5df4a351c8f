use serde_json::Value as Json;

use super::{Names, Predicate, Question, kind, phrase};
use crate::ask::Asking;
use crate::playbook::form::free::EventKind;
use crate::playbook::form::group::Some1;
use crate::playbook::form::leaf::Length;
use crate::playbook::form::record;
use crate::playbook::write::{Object, length};
use crate::program::{Answer, Compiler, Node, Program};
use crate::time::{Duration, Instant};

/// `{inactive: D, events: [KIND…]}`
#[derive(Clone, Debug, PartialEq)]
pub struct Inactive {
    pub inactive: Duration,
    /// `None`: the playbook's `activity`.
    pub events: Option<Vec<String>>,
}

record! { InactiveCondition as "an `inactive` condition" => super::Condition;
    keys {
        must "inactive" inactive: Length, "No event has happened for at least this time.";
        may "events" events: Some1<EventKind>, "The kinds of events that count; absent: the playbook's `activity`.";
    }
    build super::Condition::Inactive(Inactive { inactive, events })
}

impl Predicate for Inactive {
    /// "has gone 60 days without any activity"
    fn says(&self, _: &Names) -> String {
        format!("has gone {}", self.without())
    }

    fn denies(&self, _: &Names) -> Option<String> {
        Some(format!("has not gone {}", self.without()))
    }

    fn write(&self) -> Json {
        Object::default().put("inactive", length(self.inactive)).put_some("events", self.events.as_ref()).done()
    }

    fn compile(&self, compiler: &mut Compiler, goal: Option<u32>) -> Result<Node, String> {
        let clock = compiler.clock(self.events.as_deref(), goal);
        Ok(Node::Inactive(Compiled { clock, span: self.inactive }))
    }
}

impl Inactive {
    fn without(&self) -> String {
        let missed = match &self.events {
            None => "any activity".to_string(),
            Some(kinds) => phrase::either(&kinds.iter().map(|kind| kind::gerund(kind)).collect::<Vec<_>>()),
        };
        format!("{} without {missed}", phrase::length(self.inactive))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    clock: u32,
    span: Duration,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let due = asking.idle_since(self.clock) + self.span;
        let holds = asking.at >= due;
        Answer { holds, until: if holds { Instant::NEVER } else { due } }
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let since = asking.idle_since(self.clock);
        let due = since + self.span;
        let base = match asking.last_of(self.clock) {
            Some(_) => "the last was at",
            None => "there was none; the time counts from",
        };
        let later = if asking.at < due {
            format!("; so it will be from {} on", asking.program.minute(due))
        } else {
            String::new()
        };
        format!("{base} {}{later}", asking.program.minute(since))
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        Some(asking.idle_since(self.clock).to_string().into())
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        program.inputs.clocks[self.clock as usize].note_user(user, self.span);
    }
}
