//! Leads of an export of our own among the files.

use std::io;

use super::Import;
use super::leaving::Leaving;
use crate::assertion::Assertion;
use crate::optouts::Against;
use crate::own;
use crate::tally::hash;

impl Import<'_> {
    /// Who left by an export left by the other files too.
    pub(super) fn tell_lead(&mut self, lead: &own::Lead) {
        let (key, keys) = (hash(&lead.key()), lead.keys());
        let counts = if lead.is_visitor() { &mut self.visitors } else { &mut self.people };
        counts.add(key);
        self.optouts.link(&keys);
        if lead.has_left() {
            self.counted.left(key, Leaving::All);
            self.optouts.add(&keys, Against::Out);
        }
    }

    /// What differs from what a store knows is known there.
    pub(super) fn take_lead(&mut self, lead: &own::Lead) -> io::Result<Result<(), String>> {
        self.report.leads += 1;
        let key = self.optouts.person(hash(&lead.key()));
        if lead.tells_of_consent() && !lead.has_left() {
            self.counted.granted.insert(key);
        }
        let messages =
            if self.rules.for_store { Vec::from_iter(lead.for_store(self.rules)) } else { lead.messages(self.rules) };
        for message in messages {
            self.line(&message, Assertion::Corrects(lead.since(self.rules)))?;
        }
        Ok(Ok(()))
    }
}
