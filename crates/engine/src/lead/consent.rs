//! A lead's consent in the scopes that a playbook asks for.

use serde::{Deserialize, Serialize};

use crate::consent::{Known, State, decided};

/// What an event says about a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    Granted,
    /// An import tells of consent.
    Told,
    Withdrawn,
    /// A copy came back for good.
    Bounced,
    TrackingAllowed {
        history: bool,
    },
    TrackingDeclined,
}

/// By the numbers that the program gives scopes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The last word about each scope, with its place among the words.
    words: Vec<(u32, State, u64)>,
    told: Vec<u32>,
    bounced: bool,
    declined: bool,
    count: u64,
}

impl Consent {
    /// Takes in a word about a scope; `None`: about one that nobody asks for.
    pub fn hear(&mut self, scope: Option<u32>, word: Word) {
        match word {
            Word::Granted => {
                self.bounced = false;
                self.note(scope, State::Granted);
            }
            Word::Told => self.told.extend(scope.filter(|scope| !self.told.contains(scope))),
            Word::Withdrawn => self.note(scope, State::Withdrawn),
            Word::Bounced => self.bounced = true,
            Word::TrackingAllowed { history } if history && self.declined => {}
            Word::TrackingAllowed { .. } => self.note(scope, State::Granted),
            Word::TrackingDeclined => {
                self.declined = true;
                self.note(scope, State::Withdrawn);
            }
        }
    }

    fn note(&mut self, scope: Option<u32>, state: State) {
        let Some(scope) = scope else { return };
        self.count += 1;
        self.words.retain(|(other, ..)| *other != scope);
        self.words.push((scope, state, self.count));
    }

    /// What is in effect in a scope; `all` is the number of all, unless the scope stands for itself.
    pub fn state(&self, scope: u32, all: Option<u32>) -> State {
        let known = |scope: u32| {
            let word = self.words.iter().find(|(other, ..)| *other == scope);
            Known {
                word: word.map(|(_, state, place)| (*state, *place)),
                told: !self.bounced && self.told.contains(&scope),
            }
        };
        decided(known(scope), all.map(known)).0
    }
}
