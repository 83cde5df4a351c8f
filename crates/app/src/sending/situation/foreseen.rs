//! What is known of leads, moved on in a forecast. Nothing of it is stored.

use std::collections::BTreeSet;

use attractor_engine::lead::Lead;
use attractor_engine::time::Instant;
use attractor_live::suppression::HashKeys;
use attractor_store::copies::MailCopy;
use attractor_store::{Connection, Error, LeadId};

use super::{KnownLead, SHOWN_WITHIN, Situation, hashes, tired};
use crate::sending::compose::is_counted;

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
        let Situation { now, leads, library, beside, .. } = self;
        let Some(address) = leads.get(&copy.lead).and_then(|lead| lead.address.clone()) else { return };
        for lead in leads.values_mut().filter(|lead| lead.address.as_ref() == Some(&address)) {
            if is_budgeted {
                lead.last_left = Some(*now);
                let again = beside.iter_mut().filter(|((of, _), _)| *of == lead.row.id);
                again.for_each(|(_, beside)| beside.last_left = Some(*now));
            }
            lead.requested.extend(is_counted(copy).then_some(*now));
            lead.shown.extend(shows.iter().map(|topic| (topic.clone(), now.0)));
            if let Some(email) = &copy.email {
                library.note(lead.row.id, email);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{known, situation};
    use super::*;
    use crate::sending::testing::copy;

    #[test]
    fn what_leaves_counts_for_every_lead_at_its_address() {
        let ada = known();
        let other = |id, address: &str| {
            let mut lead = ada.clone();
            (lead.row.id, lead.address) = (LeadId(id), Some(address.to_owned()));
            (lead.row.id, lead)
        };
        let (copy, shows) = (MailCopy { lead: ada.row.id, ..copy("offer") }, BTreeSet::from(["hats".to_owned()]));
        for (is_budgeted, email) in [(true, Some("offer")), (false, Some("offer")), (true, None)] {
            let mut situation = situation(ada.clone());
            situation.leads.extend([other(1, "ada@people.example"), other(2, "bob@people.example")]);
            let copy = MailCopy { email: email.map(str::to_owned), ..copy.clone() };
            situation.leaves(&copy, is_budgeted, &shows);
            for (lead, is_at_address) in [(ada.row.id, true), (LeadId(1), true), (LeadId(2), false)] {
                let found = situation.known(lead).unwrap();
                assert_eq!(found.last_left.is_some(), is_at_address && is_budgeted, "{lead}");
                assert_eq!(found.shown.len(), usize::from(is_at_address), "{lead}");
                let has_got = situation.library.got(lead).is_some_and(|got| got.contains("offer"));
                assert_eq!(has_got, is_at_address && email.is_some(), "{lead}");
            }
        }
    }
}
