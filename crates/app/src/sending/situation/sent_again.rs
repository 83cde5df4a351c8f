//! Copies that a person sends again. Their own first try, which is in doubt, keeps none of them back.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::Instant;
use attractor_live::CopyKey;
use attractor_live::suppression::HashKeys;
use attractor_store::addressed::{self, Addressed};
use attractor_store::copies::MailCopy;
use attractor_store::{Connection, Error, LeadId};

use super::{KnownLead, SHOWN_WITHIN, Situation, hashes, tired};

/// What a lead's address got beside the first try of a copy that is sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GotBeside {
    /// When the last copy left that counts for the budget.
    pub last_left: Option<Instant>,
    /// The topics that were shown often enough in vain.
    pub tired: BTreeSet<String>,
}

impl GotBeside {
    fn of(lead: &KnownLead, send_id: &str, mut notes: Vec<Addressed>, now: Instant) -> GotBeside {
        notes.retain(|note| note.send_id != send_id);
        let left = notes.iter().filter(|note| note.is_left()).map(|note| Instant(note.at));
        let lately = notes.iter().filter(|note| note.at >= (now - SHOWN_WITHIN).0);
        let shown: Vec<(String, i64)> = lately.filter_map(|note| Some((note.topic()?.to_owned(), note.at))).collect();
        GotBeside { last_left: left.max(), tired: tired(shown.iter(), &lead.profile.chosen) }
    }
}

/// By copy, what the addresses of those that are sent again got beside them.
pub(super) fn got_beside(
    connection: &mut Connection,
    keys: &HashKeys,
    copies: &[MailCopy],
    leads: &BTreeMap<LeadId, KnownLead>,
    now: Instant,
) -> Result<BTreeMap<CopyKey, GotBeside>, Error> {
    let mut found = BTreeMap::new();
    for copy in copies.iter().filter(|copy| copy.is_sent_again()) {
        // A form's copy may be of a lead that is one with another now; no budget binds it.
        let Some(lead) = leads.get(&copy.lead) else { continue };
        let notes = addressed::all_of(connection, &hashes(keys, Some(lead)))?;
        found.insert((copy.lead, copy.source.clone()), GotBeside::of(lead, &copy.send_id(), notes, now));
    }
    Ok(found)
}

impl Situation {
    /// When the last copy left to a copy's address that counts for its budget.
    pub fn last_left(&self, lead: &KnownLead, copy: &MailCopy) -> Option<Instant> {
        self.beside(copy).map_or(lead.last_left, |beside| beside.last_left)
    }

    /// The topics that were shown often enough in vain at a copy's address.
    pub fn tired<'s>(&'s self, lead: &'s KnownLead, copy: &MailCopy) -> &'s BTreeSet<String> {
        self.beside(copy).map_or(&lead.tired, |beside| &beside.tired)
    }

    fn beside(&self, copy: &MailCopy) -> Option<&GotBeside> {
        // Hardly any copy is sent again: no key is made for the others.
        copy.is_sent_again().then(|| self.beside.get(&(copy.lead, copy.source.clone()))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{known, situation};
    use super::*;
    use crate::sending::testing::copy;

    const OWN: &str = "414/sequence/welcome/5/hello";

    fn note(what: String, send_id: &str, at: i64) -> Addressed {
        Addressed { hash: "a".into(), what, lead: LeadId(414), send_id: send_id.into(), at }
    }

    #[test]
    fn the_first_try_of_a_copy_counts_for_others_and_not_for_itself() {
        let now = Instant(1_800_000_000_000);
        let shown = |send_id: &str, at| note(addressed::shown("hats", send_id), send_id, at);
        let left = |send_id: &str, at| note(addressed::left(send_id), send_id, at);
        for (others, expected_left, is_tired) in [(0, None, false), (2, Some(2), false), (3, Some(3), true)] {
            let mut notes = vec![shown(OWN, now.0 - 1), left(OWN, now.0 - 1)];
            for number in 1..=others {
                let send_id = format!("414/broadcast/{number}");
                notes.extend([shown(&send_id, now.0 - 9), left(&send_id, number)]);
            }
            let beside = GotBeside::of(&known(), OWN, notes, now);
            assert_eq!(beside.last_left, expected_left.map(Instant), "{others}");
            assert_eq!(beside.tired.contains("hats"), is_tired, "{others}");
        }
    }

    #[test]
    fn only_a_copy_that_is_sent_again_is_measured_by_what_was_beside_it() {
        let lead = KnownLead { last_left: Some(Instant(7)), tired: ["hats".to_owned()].into(), ..known() };
        let mut again = copy("offer");
        again.dispatch.again_at = Some(5);
        let mut situation = situation(lead.clone());
        situation.beside.insert((again.lead, again.source.clone()), GotBeside::default());
        assert_eq!(situation.last_left(&lead, &copy("offer")), Some(Instant(7)));
        assert_eq!(situation.last_left(&lead, &again), None);
        assert!(situation.tired(&lead, &copy("offer")).contains("hats"));
        assert!(situation.tired(&lead, &again).is_empty());
        situation.leaves(&copy("other"), true, &BTreeSet::new());
        assert_eq!(situation.last_left(&lead, &again), Some(situation.now), "what leaves since counts for it");
    }
}
