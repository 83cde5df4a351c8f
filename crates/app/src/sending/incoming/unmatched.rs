//! What came back and is of no copy that is known: listed, so that somebody may look into it, and counted nowhere.

use std::collections::BTreeSet;

use attractor_engine::address::canonical;
use attractor_engine::time::{Duration, Instant};
use attractor_live::Deed;
use attractor_live::suppression::{BlockWriter, HashKeys};
use attractor_store::unmatched_mails::{self, Kept, UnmatchedRow};
use attractor_store::{Connection, Error, LeadId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Returned;
use super::search::Naming;
use crate::App;
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::stored::of_row;
use crate::team::letter::LatestLetters;

/// As many are listed.
const MOST: i64 = 200;
/// As many are kept: strangers may write to the postmaster as often as they like.
const MOST_KEPT: i64 = 1_000;
/// By the machine's clock.
const KEPT: Duration = Duration(30 * Duration::DAY.0);
/// As many ids of mails are listed of one, and looked for among our letters.
const MOST_IDS: usize = 5;
/// The longest domain or id of a mail that is listed, in bytes.
const LONGEST: usize = 255;

/// Something that came back, of no copy that is known
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnmatchedMail {
    #[schema(format = DateTime)]
    pub at: String,
    /// `mail`, or the provider whose webhook reported it
    pub by: String,
    /// The kinds of the events that it would have become, such as `Email Bounced`
    pub kinds: Vec<String>,
    /// The domain of its sender, as the mail says it; null where it does not say
    pub from_domain: Option<String>,
    /// The ids of mails that it names, at most five
    pub message_ids: Vec<String>,
    /// Why it counts nowhere, for people
    pub why: String,
}

/// What came back in the last 30 days and is of no copy that is known
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmatchedMails {
    /// The newest first, at most 200
    pub items: Vec<UnmatchedMail>,
    /// How many there are; the last 1,000 are kept
    pub total: u64,
}

/// Keeps what came back at an instant by the machine's clock. `installation` is the id of this installation's secrets.
pub(super) fn keep(deed: &mut Deed, unknown: &[&Returned], installation: &str, now: Instant) -> Result<(), Error> {
    if unknown.is_empty() {
        return Ok(());
    }
    let at = deed.now();
    let keys = BlockWriter { keys: &mut None, now: at }.keys(deed.connection())?;
    let letters = LatestLetters::read(deed.connection(), installation)?;
    let rows: Vec<UnmatchedRow> = unknown.iter().map(|one| one.row(&keys, one.cause(&letters), now)).collect();
    unmatched_mails::add(deed.connection(), &rows, Kept { since: (now - KEPT).0, most: MOST_KEPT })
}

/// The list as it is now.
pub async fn list(app: &App) -> Result<UnmatchedMails, Refusal> {
    let since = app.machine.now() - KEPT;
    Ok(app.readers.read(move |connection| connection.snapshot(|connection| listed(connection, since))).await?)
}

fn listed(connection: &mut Connection, since: Instant) -> Result<UnmatchedMails, Error> {
    let rows = unmatched_mails::newest(connection, since.0, MOST)?;
    let total = unmatched_mails::count(connection, since.0)?.unsigned_abs();
    Ok(UnmatchedMails { items: rows.into_iter().filter_map(shown).collect(), total })
}

/// One that cannot be read is logged, and left out.
fn shown(row: UnmatchedRow) -> Option<UnmatchedMail> {
    of_row(&row.document, "unmatched_mails", instant(row.at)).ok()
}

/// What names one of these leads, or one of these addresses in canonical form: the oldest first.
pub fn of_person(
    connection: &mut Connection,
    leads: &[LeadId],
    addresses: &[String],
) -> Result<Vec<UnmatchedMail>, Error> {
    let keys = HashKeys::read(connection)?;
    let hashes: BTreeSet<String> = addresses.iter().flat_map(|address| keys.hashes(address)).collect();
    let mut rows = unmatched_mails::newest(connection, i64::MIN, MOST_KEPT)?;
    rows.retain(|row| {
        row.lead.is_some_and(|lead| leads.contains(&lead)) || row.hashes.iter().any(|hash| hashes.contains(hash))
    });
    Ok(rows.into_iter().rev().filter_map(shown).collect())
}

/// Forgets what came back long ago.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let before = (app.machine.now() - KEPT).0;
    app.write(move |connection| unmatched_mails::forget(connection, before).map(Ok)).await.map(drop)
}

/// Why no copy is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// What names the copy is signed, and the copy was erased or made anew since.
    Gone,
    /// An id that is signed, which anybody in a conversation has seen.
    IdAlone,
    /// A mail of ours to the team.
    Letter,
    /// Ids that are not signed.
    Unsigned,
    Nothing,
}

impl Cause {
    fn sentence(self) -> &'static str {
        match self {
            Cause::Gone => "The e-mail that it names was erased, or was composed anew since.",
            Cause::IdAlone => {
                "It names one of our e-mails by its Message-ID alone, by which only complaints and automatic answers count."
            }
            Cause::Letter => "It is about a mail from this server to the team, not about an e-mail to a lead.",
            Cause::Unsigned => "The ids that it names are not signed by this installation.",
            Cause::Nothing => "It names no e-mail.",
        }
    }
}

impl Returned {
    /// As it is kept, so that an erasure of whoever it names finds it.
    fn row(&self, keys: &HashKeys, cause: Cause, now: Instant) -> UnmatchedRow {
        let named = self.clues.addresses().map(str::to_owned).chain(self.failed.iter().cloned());
        let addresses: BTreeSet<String> = canonical(&self.from).into_iter().chain(named).collect();
        UnmatchedRow {
            at: now.0,
            lead: self.clues.lead(),
            hashes: addresses.iter().filter_map(|address| keys.hashes(address).into_iter().next()).collect(),
            document: serde_json::to_string(&self.listed(cause, now)).unwrap_or_default(),
        }
    }

    fn listed(&self, cause: Cause, now: Instant) -> UnmatchedMail {
        let domain = self.from.rsplit_once('@').map(|(_, domain)| domain);
        UnmatchedMail {
            at: instant(now.0),
            by: self.by.to_owned(),
            kinds: self.events.iter().map(|event| event.kind().to_owned()).collect(),
            from_domain: domain.filter(|domain| domain.len() <= LONGEST).map(str::to_owned),
            message_ids: self.clues.ids().filter(|id| id.len() <= LONGEST).take(MOST_IDS).map(str::to_owned).collect(),
            why: cause.sentence().to_owned(),
        }
    }

    /// What would count by the id alone found no copy.
    fn cause(&self, letters: &LatestLetters) -> Cause {
        match self.clues.cause() {
            Cause::IdAlone if self.events.iter().any(|event| event.counts(Naming::IdAlone)) => Cause::Gone,
            Cause::Unsigned if letters.have_one(self.clues.ids().take(MOST_IDS)) => Cause::Letter,
            cause => cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use attractor_mail::links::CopyId;
    use attractor_store::Location;

    use super::super::Event;
    use super::super::search::Clues;
    use super::*;

    const EARLY: Kept = Kept { since: 0, most: MOST_KEPT };

    fn returned(number: u64) -> Returned {
        Returned {
            clues: Clues::of_return_path(CopyId { lead: 414, tag: 1 }),
            events: vec![Event::Bounced { permanent: true }],
            source: number.to_string(),
            by: "mail",
            from: format!("Postmaster@Mx{number}.test"),
            reply: None,
            failed: vec!["ada@people.test".into()],
        }
    }

    #[test]
    fn the_newest_are_listed_and_all_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let keys = BlockWriter { keys: &mut None, now: Instant(0) }.keys(&mut connection).unwrap();
        let most = MOST as u64;
        let rows: Vec<UnmatchedRow> =
            (0..most + 5).map(|number| returned(number).row(&keys, Cause::Gone, Instant(7))).collect();
        unmatched_mails::add(&mut connection, &rows, EARLY).unwrap();
        let damaged = UnmatchedRow { document: "{".into(), ..rows[0].clone() };
        unmatched_mails::add(&mut connection, &[damaged], EARLY).unwrap();
        let UnmatchedMails { items, total } = listed(&mut connection, Instant(7)).unwrap();
        assert_eq!((items.len() as u64, total), (most - 1, most + 6), "what cannot be read is left out");
        assert_eq!(items[0], returned(most + 4).listed(Cause::Gone, Instant(7)));
        assert_eq!(listed(&mut connection, Instant(8)).unwrap().total, 0);
    }

    #[test]
    fn what_is_kept_is_found_by_whom_it_names_and_tells_no_address() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let keys = BlockWriter { keys: &mut None, now: Instant(0) }.keys(&mut connection).unwrap();
        let row = returned(1).row(&keys, Cause::Gone, Instant(7));
        assert_eq!((row.at, row.lead, row.hashes.len()), (7, Some(LeadId(414)), 2));
        for address in ["ada@people.test", "postmaster@mx1.test"] {
            assert!(row.hashes.contains(&keys.hashes(address)[0]), "{address}");
        }
        assert!(!row.document.contains('@'), "{}", row.document);
        unmatched_mails::add(&mut connection, &[row], EARLY).unwrap();
        for (lead, address, count) in
            [(414, "eve@people.test", 1), (7, "ada@people.test", 1), (7, "eve@people.test", 0)]
        {
            let found = of_person(&mut connection, &[LeadId(lead)], &[address.to_owned()]).unwrap();
            assert_eq!(found.len(), count, "{lead} {address}");
        }
    }

    #[test]
    fn every_cause_is_a_sentence() {
        for cause in [Cause::Gone, Cause::IdAlone, Cause::Letter, Cause::Unsigned, Cause::Nothing] {
            assert!(cause.sentence().ends_with('.'), "{cause:?}");
        }
    }
}
