//! A sender takes copies: what it saw of them must still be so, and one server alone may have each.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::Instant;
use attractor_store::addressed::{self, Addressed};
use attractor_store::contents::Content;
use attractor_store::copies::{CopySource, CopyState, MailCopy};
use attractor_store::outbox::Claim;
use attractor_store::{ClaimNumber, Error, LeadId, VersionNumber};

use crate::sending::copies::present_copies;
use crate::sending::resume::make_ready;
use crate::work::Work;
use crate::write::rounds::{ClaimedCopies, CopyKey};

/// A copy that a sender wants to have, as it was when its content was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claiming {
    pub key: CopyKey,
    /// When it was asked for, in milliseconds since 1970: what was asked for anew since then is another copy.
    pub asked_at: i64,
    /// The e-mail that was chosen for it, where the best unread piece was asked for.
    pub email: Option<String>,
    /// The version of the playbook that its lead lived under when the content was made.
    pub version: VersionNumber,
    pub content: NewContent,
    /// What is noted at the address: what may go there once only, `step:SEQUENCE/STEP` or `broadcast:ID`; or, of a copy that
    /// its lead asked for, that it counts within a day (`addressed::requested`).
    pub once: Option<String>,
    /// Whether it counts for the budget of its address.
    pub is_budgeted: bool,
    /// The topics that it shows to somebody who is measured.
    pub shows: BTreeSet<String>,
    /// Until when the dialogue may take.
    pub lease_until: Instant,
}

/// What is frozen with a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContent {
    /// Random: with the lead it is the copy's id in links.
    pub tag: i64,
    /// In its canonical form.
    pub address: String,
    /// The SHA-256 of the links that it shares with other copies, in hexadecimal, and these links as JSON.
    pub link_set: (String, String),
    /// JSON.
    pub document: String,
}

/// Takes copies. Returns those that the sender has now, in their order; the others are no more what it saw, or the same
/// went to their address already.
pub fn claim(work: &mut Work, claiming: &[Claiming]) -> Result<Vec<(CopyKey, ClaimNumber)>, Error> {
    let mut keys = BTreeSet::new();
    let once_each: Vec<&Claiming> = claiming.iter().filter(|claiming| keys.insert(&claiming.key)).collect();
    let named: BTreeSet<LeadId> = once_each.iter().map(|claiming| claiming.key.0).collect();
    let mut present = BTreeMap::new();
    for lead in &named {
        present.extend(work.present(*lead)?.map(|now| (*lead, now)));
    }
    make_ready(work, &present.values().copied().collect())?;
    let rows = present_copies(work.connection, &work.pending, named)?;
    let rows: BTreeMap<CopyKey, MailCopy> =
        rows.into_iter().map(|copy| ((copy.lead, copy.source.clone()), copy)).collect();
    let as_seen = |claiming: &&Claiming| {
        let is_waiting = |row: &MailCopy| row.state == CopyState::Waiting && row.asked_at == claiming.asked_at;
        let (lead, source) = &claiming.key;
        // A form's copy is for an address, whichever lead that is now; any other is for its own lead.
        let is_form = matches!(source, CopySource::Form(_));
        let present = present.get(lead).copied().filter(|now| now == lead || is_form);
        let under = present.and_then(|now| work.leads.under(now));
        rows.get(&claiming.key).is_some_and(is_waiting) && under.is_some_and(|under| under.version == claiming.version)
    };
    let as_seen: Vec<&Claiming> = once_each.into_iter().filter(as_seen).collect();
    let mut notes = Notes::read(work, &as_seen)?;
    let (mut claimed, mut held) = (ClaimedCopies::default(), Vec::new());
    for claiming in as_seen {
        let (lead, source) = &claiming.key;
        let send_id = source.send_id(*lead);
        if !notes.is_first(work, claiming, &send_id)? {
            continue;
        }
        work.memory.claims = work.memory.claims.next();
        let number = work.memory.claims;
        if claiming.is_budgeted {
            let is_again = rows.get(&claiming.key).is_some_and(MailCopy::is_sent_again);
            notes.leaves(work, claiming, &send_id, is_again.then_some(number))?;
        }
        notes.shows(work, claiming, &send_id)?;
        let NewContent { tag, address, link_set, document } = claiming.content.clone();
        claimed.claims.push(Claim {
            lead: *lead,
            source: source.clone(),
            asked_at: claiming.asked_at,
            email: claiming.email.clone(),
            number,
            lease_until: claiming.lease_until.0,
        });
        claimed.contents.push(Content { lead: *lead, send_id, tag, address, link_set: link_set.0.clone(), document });
        claimed.link_sets.insert(link_set.0, link_set.1);
        held.push((claiming.key.clone(), number));
    }
    claimed.addressed = notes.new.into_values().collect();
    work.pending.copies.claim(claimed);
    Ok(held)
}

/// What went to the addresses of a batch already.
struct Notes {
    known: BTreeMap<(String, String), Addressed>,
    /// By hash and thing, what this batch sends.
    new: BTreeMap<(String, String), Addressed>,
}

impl Notes {
    fn read(work: &mut Work, claiming: &[&Claiming]) -> Result<Notes, Error> {
        let (mut writer, connection) = work.block_writer();
        let mut asked = BTreeSet::new();
        for claiming in claiming {
            let Some(what) = &claiming.once else { continue };
            let hashes = writer.keys(connection)?.hashes(&claiming.content.address);
            asked.extend(hashes.into_iter().map(|hash| (hash, what.clone())));
        }
        let known = addressed::of(connection, &asked.into_iter().collect::<Vec<_>>())?;
        let known = known.into_iter().map(|note| ((note.hash.clone(), note.what.clone()), note)).collect();
        Ok(Notes { known, new: BTreeMap::new() })
    }

    /// Whether nobody but the lead itself was sent this at its address; then it is noted. What a lead that is gone was sent
    /// does not count.
    fn is_first(&mut self, work: &mut Work, claiming: &Claiming, send_id: &str) -> Result<bool, Error> {
        let Some(what) = &claiming.once else { return Ok(true) };
        let (mut writer, connection) = work.block_writer();
        let hashes = writer.keys(connection)?.hashes(&claiming.content.address);
        let lead = claiming.key.0;
        for hash in &hashes {
            let key = (hash.clone(), what.clone());
            let Some(note) = self.new.get(&key).or(self.known.get(&key)) else { continue };
            // Leads that are one now were asked for a broadcast each; a step was passed over where another has it.
            let is_second = addressed::is_of_broadcast(what) && note.send_id != send_id;
            let of = note.lead;
            if work.present(of)?.is_some_and(|other| is_second || other != lead) {
                return Ok(false);
            }
        }
        self.note(&hashes, what.clone(), lead, send_id, work.now);
        Ok(true)
    }

    /// That a copy leaves which counts for the budget of its address; `again` is the claim of one that is sent again.
    fn leaves(
        &mut self,
        work: &mut Work,
        claiming: &Claiming,
        send_id: &str,
        again: Option<ClaimNumber>,
    ) -> Result<(), Error> {
        let (mut writer, connection) = work.block_writer();
        let hashes = writer.keys(connection)?.hashes(&claiming.content.address);
        let what = again.map_or_else(|| addressed::left(send_id), |claim| addressed::left_again(send_id, claim));
        self.note(&hashes, what, claiming.key.0, send_id, work.now);
        Ok(())
    }

    /// That a copy shows topics to its address.
    fn shows(&mut self, work: &mut Work, claiming: &Claiming, send_id: &str) -> Result<(), Error> {
        if claiming.shows.is_empty() {
            return Ok(());
        }
        let (mut writer, connection) = work.block_writer();
        let hashes = writer.keys(connection)?.hashes(&claiming.content.address);
        for topic in &claiming.shows {
            self.note(&hashes, addressed::shown(topic, send_id), claiming.key.0, send_id, work.now);
        }
        Ok(())
    }

    /// Notes something under the newest hash of its address.
    fn note(&mut self, hashes: &[String], what: String, lead: LeadId, send_id: &str, now: Instant) {
        if let Some(hash) = hashes.first().cloned() {
            let note =
                Addressed { hash: hash.clone(), what: what.clone(), lead, send_id: send_id.to_owned(), at: now.0 };
            self.new.insert((hash, what), note);
        }
    }
}
