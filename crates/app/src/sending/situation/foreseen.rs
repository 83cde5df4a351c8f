//! What is known of leads, moved on in a forecast. Nothing of it is stored.

use std::collections::BTreeSet;

use attractor_engine::lead::Lead;
use attractor_engine::time::Instant;
use attractor_live::suppression::HashKeys;
use attractor_store::copies::MailCopy;
use attractor_store::{Connection, Error, LeadId};

use super::{KnownLead, SHOWN_WITHIN, Situation, hashes, tired};

impl Situation {
    /// Looks at a lead from a later instant: what was shown to it long ago counts no more.
    pub fn turn_to(&mut self, now: Instant, lead: LeadId) {
        self.now = now;
        if let Some(known) = self.leads.get_mut(&lead) {
            let since = (now - SHOWN_WITHIN).0;
            known.shown.retain(|(_, at)| *at >= since);
            known.tired = tired(known.shown.iter(), &known.profile.chosen);
        }
    }

    /// Reads what these leads have got, because their steps may yet ask for the best unread piece.
    pub fn read_library(&mut self, connection: &mut Connection, leads: BTreeSet<LeadId>) -> Result<(), Error> {
        let keys = HashKeys::read(connection)?;
        let Situation { leads: known, library, .. } = self;
        library.read_for(connection, leads, &|lead| hashes(&keys, known.get(&lead)))
    }

    /// A lead by its id, whichever copy it is for.
    pub fn known(&self, lead: LeadId) -> Option<&KnownLead> {
        self.leads.get(&lead)
    }

    /// Takes the state of a lead, to move it on; [`Situation::becomes`] puts it back.
    pub fn take_state(&mut self, lead: LeadId) -> Option<Lead> {
        self.leads.get_mut(&lead)?.state.take()
    }

    /// A lead's state from here on.
    pub fn becomes(&mut self, lead: LeadId, state: Lead) {
        if let Some(known) = self.leads.get_mut(&lead) {
            known.state = Some(state);
        }
    }

    /// A copy leaves now, and counts for the budget of its address or does not; `shows` are the topics that a measured one
    /// shows.
    pub fn leaves(&mut self, copy: &MailCopy, is_budgeted: bool, shows: &BTreeSet<String>) {
        let Some(address) = self.leads.get(&copy.lead).and_then(|lead| lead.address.clone()) else { return };
        let now = self.now;
        for lead in self.leads.values_mut().filter(|lead| lead.address.as_ref() == Some(&address)) {
            if is_budgeted {
                lead.last_left = Some(now);
            }
            lead.shown.extend(shows.iter().map(|topic| (topic.clone(), now.0)));
        }
        let Some(email) = &copy.email else { return };
        let here: Vec<LeadId> = self
            .leads
            .values()
            .filter(|lead| lead.address.as_ref() == Some(&address))
            .map(|lead| lead.row.id)
            .collect();
        here.into_iter().for_each(|lead| self.library.note(lead, email));
    }
}
