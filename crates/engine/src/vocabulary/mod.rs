//! The one table of the kinds of events that mean something without being declared: the reserved kinds and those made by
//! hand (contract §2, What 22 and 26), and the usual kinds of sites and imports.
//!
//! Whoever may send a kind, what it changes, its properties and its words are columns of this table. A new kind is a row
//! of [`KINDS`] and, where it changes something new, an [`Act`] with its meaning.

pub mod kind;
mod property;
pub(crate) mod spoken;

pub use kind::KINDS;
pub use property::{Holds, Property};

use crate::deal::Deal;

/// A kind of event.
#[derive(Debug)]
pub struct EventKind {
    /// As events carry it; kinds compare exactly.
    pub name: &'static str,
    pub group: Group,
    /// One sentence for people.
    pub meaning: &'static str,
    pub properties: &'static [Property],
    /// What it changes beside what the playbook asks for.
    pub acts: &'static [Act],
    /// How sentences speak of it; a kind without words is named in quotes.
    pub words: Option<Words>,
}

/// Where events of a kind come from, which decides who may send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What leads do on sites and in apps. Every key may send it.
    Behavior,
    /// What was observed in mail, in consents, in sales and on the program's own pages. A public key may not send it.
    Reserved,
    /// What somebody of the team did. A public key may not send it.
    ByHand,
}

impl Group {
    pub const ALL: [Group; 3] = [Group::Behavior, Group::Reserved, Group::ByHand];

    /// Whether a public key may send the kinds of this group.
    pub fn is_public(self) -> bool {
        self == Group::Behavior
    }
}

/// A kind as a verb of which the lead is the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Follows "has": "viewed a page".
    pub participle: &'static str,
    /// Follows "without" and "points for": "viewing a page".
    pub gerund: &'static str,
}

/// What an event of a kind changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The fate of one copy, which rates ask for.
    Copy(Did),
    /// A deal enters this state.
    Deal(Deal),
    /// Adds an element to the attribute `tags`.
    Tag,
    /// Removes an element of the attribute `tags`.
    Untag,
    /// Sets the attribute `owner`.
    SetOwner,
    Consent(ConsentAct),
    Pin,
    Ban,
    Release,
    SetStage,
    ReleaseStage,
    Enroll,
    Stop,
}

/// How an event changes consent (contract §2, Consent 2–4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentAct {
    Subscribe,
    Unsubscribe,
    Complain,
    Bounce,
    AllowTracking,
    DeclineTracking,
}

/// What became of one copy of an e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Did {
    Delivered,
    /// Delivered without being measured, which rates leave out.
    DeliveredUnmeasured,
    Opened,
    Clicked,
    Bounced,
    /// Loaded by a privacy proxy, so that nobody can know whether it was opened.
    Proxied,
}

impl EventKind {
    /// The row of a kind; `None` for kinds that users invent.
    ///
    /// ```
    /// use attractor_engine::vocabulary::{EventKind, Group, kind};
    ///
    /// assert_eq!(EventKind::named(kind::DEAL_WON).map(|row| row.group), Some(Group::Reserved));
    /// assert!(EventKind::named("Order Completed Twice").is_none());
    /// ```
    pub fn named(name: &str) -> Option<&'static EventKind> {
        KINDS.iter().find(|row| row.name == name)
    }

    /// A message of this kind as one line of JSON, with an example of its properties.
    pub fn example(&self) -> String {
        let (kind, event) = match self.name {
            kind::PAGE_VIEWED => ("page", String::new()),
            kind::SCREEN_VIEWED => ("screen", String::new()),
            name => ("track", format!(r#""event": "{name}", "#)),
        };
        let shown = self.properties.iter().filter(|property| !property.example.is_empty());
        let properties: Vec<String> =
            shown.map(|property| format!(r#""{}": {}"#, property.name, property.example)).collect();
        let properties = match properties.is_empty() {
            true => String::new(),
            false => format!(r#", "properties": {{{}}}"#, properties.join(", ")),
        };
        format!(r#"{{"type": "{kind}", {event}"userId": "c-1001", "timestamp": "2026-03-02T09:00:00Z"{properties}}}"#)
    }

    /// How it changes consent.
    pub fn consent(&self) -> Option<ConsentAct> {
        self.acts.iter().find_map(|act| if let Act::Consent(act) = act { Some(*act) } else { None })
    }
}

impl Act {
    /// The properties that it is read from.
    pub(crate) fn reads(self) -> &'static [&'static str] {
        match self {
            Act::Copy(_) => &["send_id"],
            Act::Deal(_) => &["deal_id"],
            Act::Tag | Act::Untag => &["tag"],
            Act::SetOwner => &["owner"],
            // Profiles take in consent, and read whole messages.
            Act::Consent(_) => &[],
            Act::Pin | Act::Ban | Act::Release => &["segment"],
            Act::SetStage => &["ladder", "stage"],
            Act::ReleaseStage => &["ladder"],
            Act::Enroll | Act::Stop => &["sequence"],
        }
    }
}

/// The kinds that a group has, in the order of the table.
pub fn of_group(group: Group) -> impl Iterator<Item = &'static EventKind> {
    KINDS.iter().filter(move |row| row.group == group)
}

#[cfg(test)]
mod tests;
