//! What the forms of a playbook share while they read: the problems found so far, and a note of every id that was
//! declared or referred to, in the order in which the playbook declares, whatever the order in the text.

use super::marked::{Data, Key, Node, shortened};
use super::nearest::{nearest, suggestion};
use super::problem::{Found, Place, Problem};
use crate::value::Operator;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Topic,
    Score,
    Rule,
    Ladder,
    Stage,
    Segment,
    Subscription,
    Cadence,
    Email,
    Sequence,
    Step,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Topic => "topic",
            Kind::Score => "score",
            Kind::Rule => "rule",
            Kind::Ladder => "ladder",
            Kind::Stage => "stage",
            Kind::Segment => "segment",
            Kind::Subscription => "subscription",
            Kind::Cadence => "cadence",
            Kind::Email => "e-mail",
            Kind::Sequence => "sequence",
            Kind::Step => "step",
        }
    }
}

/// What is named without being declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A kind of event.
    Kind,
    Attribute,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Note {
    /// The notes that follow stand in a new one of these.
    Begin(Kind),
    Declared {
        kind: Kind,
        id: String,
        place: Place,
    },
    Refers {
        kind: Kind,
        id: String,
        place: Place,
    },
    /// To the interest in a topic, which asks for `interests` too.
    RefersToInterest {
        place: Place,
    },
    Names {
        named: Named,
        name: String,
        place: Place,
    },
    /// To a stage of this ladder; `None`: of any.
    RefersToStage {
        ladder: Option<String>,
        id: String,
        place: Place,
    },
}

#[derive(Default)]
pub(crate) struct Reader {
    pub problems: Vec<Problem>,
    pub notes: Vec<Note>,
    /// The key whose value is being read, for messages.
    key: Option<String>,
    /// Another way to write the value being read, for messages.
    instead: Option<String>,
    /// Of the condition being read: its clauses so far, and how deep the present one is nested.
    clauses: (usize, usize),
}

impl Reader {
    /// A wrong key, type or form.
    pub fn form(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push(Problem::error(place, Found::Form, message));
    }

    /// Something that no schema sees: a bound, an order, a reference.
    pub fn meaning(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push(Problem::error(place, Found::Meaning, message));
    }

    /// Another value than what is wanted here; answers `None` for the value.
    pub fn wrong<T>(&mut self, node: &Node, wanted: &str) -> Option<T> {
        self.wrong_with(node, wanted, "")
    }

    /// As `wrong`, with a hint behind.
    pub fn wrong_with<T>(&mut self, node: &Node, wanted: &str, hint: &str) -> Option<T> {
        let found = node.describe();
        let instead = self.instead.take().map_or(String::new(), |other| format!(", or {other}"));
        let message = match &self.key {
            Some(key) => format!("`{key}` wants {wanted}{instead}, not {found}{hint}"),
            None => format!("expected {wanted}{instead}, found {found}{hint}"),
        };
        self.form(node.place, message);
        None
    }

    /// The keys of a mapping, where the node is one; unknown keys are reported.
    pub fn fields<'a>(&mut self, node: &'a Node, record: &'a Record) -> Option<Fields<'a>> {
        let Data::Map(entries) = &node.data else {
            return self.wrong(node, &record.wanted());
        };
        for (key, _) in entries {
            if !record.keys.contains(&key.text.as_str()) {
                self.unknown(key, record);
            }
        }
        Some(Fields { node, record })
    }

    fn unknown(&mut self, key: &Key, record: &Record) {
        let known = suggestion(&key.text, record.keys, "known here");
        let message = format!("unknown key `{}` in {}; {known}", shortened(&key.text), record.what);
        self.form(key.place, message);
    }

    /// Begins a condition, or a clause of one. How many clauses the condition has by now.
    pub fn enter_clause(&mut self) -> usize {
        let (count, depth) = self.clauses;
        self.clauses = (if depth == 0 { 1 } else { count + 1 }, depth + 1);
        self.clauses.0
    }

    pub fn leave_clause(&mut self) {
        self.clauses.1 -= 1;
    }

    /// Reads one way of writing a value; where it is wrong, the message names the other way too.
    pub fn or_instead<T>(&mut self, other: String, read: impl FnOnce(&mut Reader) -> T) -> T {
        self.instead = Some(other);
        let value = read(self);
        self.instead = None;
        value
    }

    /// The operator whose right side is being read.
    pub fn operator(&self) -> Option<Operator> {
        self.key.as_deref().and_then(Operator::named)
    }

    /// Reads under a key, which messages then name.
    pub fn under<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader) -> T) -> T {
        let around = self.key.replace(shortened(key));
        let value = read(self);
        self.key = around;
        value
    }
}

/// What a mapping is called where it is wanted; under its own key that need not be said again.
pub(crate) fn mapping(what: &str) -> &str {
    if what.starts_with('`') { "a mapping" } else { what }
}

/// What is known of a mapping before it is read.
pub(crate) struct Record {
    /// With its article: `a score`.
    pub what: &'static str,
    pub keys: &'static [&'static str],
    /// Those of them that must be there.
    pub required: &'static [&'static str],
}

impl Record {
    pub fn wanted(&self) -> String {
        let keys: Vec<String> = self.required.iter().map(|key| format!("{key}: …")).collect();
        match keys.as_slice() {
            [] => format!("{} such as {{{}: …}}", mapping(self.what), self.keys[0]),
            keys => format!("{} such as {{{}}}", mapping(self.what), keys.join(", ")),
        }
    }
}

/// A mapping whose keys are being read.
pub(crate) struct Fields<'a> {
    pub node: &'a Node,
    pub record: &'a Record,
}

impl<'a> Fields<'a> {
    /// Whether an unknown key, reported as such, was probably meant to be this one.
    pub fn has_misspelt(&self, wanted: &str) -> bool {
        self.unknown().any(|key| nearest(key, self.record.keys.iter().copied()) == Some(wanted))
    }

    pub fn unknown(&self) -> impl Iterator<Item = &'a str> {
        let keys = self.record.keys;
        self.node.entries().iter().map(|(key, _)| key.text.as_str()).filter(move |key| !keys.contains(key))
    }

    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key)
    }

    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Where the value of a key stands.
    pub fn place(&self, key: &str) -> Place {
        self.get(key).map_or(self.node.place, |node| node.place)
    }

    /// Where the key itself stands.
    pub fn key_place(&self, key: &str) -> Place {
        let found = self.node.entries().iter().find(|(k, _)| k.text == key);
        found.map_or(self.node.place, |(k, _)| k.place)
    }
}
