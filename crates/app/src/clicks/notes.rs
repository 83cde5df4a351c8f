//! Requests on their way into the store: whatever waits while the lane is busy goes down in one transaction, and each is
//! answered after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use attractor_engine::consent::{Scope, State};
use attractor_engine::time::Instant;
use attractor_live::profile::Profile;
use attractor_live::suppression::of_addresses;
use attractor_store::mail_requests::{self, CopyTag, MailRequest};
use attractor_store::{Connection, Error, LeadId, leads};
use tokio::sync::oneshot;

use crate::App;
use crate::figures;

/// As many may wait. Beyond that people are answered all the same, and what they requested is not kept.
const MOST: usize = 10_000;
/// As many are kept of one copy: more says nothing new of who it is, and anybody who has a link could fill the disk.
const MOST_OF_A_COPY: i64 = 500;

/// The requests that wait to be stored.
#[derive(Default)]
pub struct Notes(Mutex<Vec<Note>>);

struct Note {
    request: MailRequest,
    /// To which its copy went.
    address: String,
    /// Gets the number of the request.
    stored: oneshot::Sender<i64>,
}

impl Notes {
    fn waiting(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a request in. Returns what waits for its commit, and whether the lane must be asked to take what waits; `None`
    /// where too much waits.
    fn put(&self, request: MailRequest, address: String) -> Option<(oneshot::Receiver<i64>, bool)> {
        let (stored, done) = oneshot::channel();
        let mut waiting = self.waiting();
        if waiting.len() >= MOST {
            return None;
        }
        waiting.push(Note { request, address, stored });
        Some((done, waiting.len() == 1))
    }

    fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.waiting())
    }
}

/// Stores a request for a copy that went to an address, with others. Whoever asked is answered whether or not it could be stored; that it could not is counted.
/// Returns the number of the request, where it is kept.
pub(crate) async fn note(app: &App, request: MailRequest, address: String) -> Option<i64> {
    let number = match app.clicks.notes.put(request, address) {
        None => None,
        Some((done, is_first)) => {
            if is_first {
                store_what_waits(app);
            }
            done.await.ok()
        }
    };
    figures::mail_requests(usize::from(number.is_some()), usize::from(number.is_none()));
    number.filter(|number| *number <= MOST_OF_A_COPY)
}

/// One job for all that waits when the lane comes to it, whether or not those who wait are still there.
fn store_what_waits(app: &App) {
    let (lane, clicks) = (app.lane.clone(), (app.clicks.notes.clone(), app.clicks.settling.clone()));
    let left = clicks.0.clone();
    app.machine.begin(async move {
        let done = lane.run(move |lane| {
            let (notes, settling) = clicks;
            let (requests, waiting): (Vec<(MailRequest, String)>, Vec<oneshot::Sender<i64>>) =
                notes.take().into_iter().map(|note| ((note.request, note.address), note.stored)).unzip();
            let settles_at = requests.iter().map(|(request, _)| request.settles_at).min();
            let numbers = lane.write(|connection| store(connection, requests))?;
            settles_at.into_iter().for_each(|at| settling.note(Instant(at)));
            for (stored, number) in waiting.into_iter().zip(numbers) {
                // Whoever has gone waits for nothing.
                let _ = stored.send(number);
            }
            Ok::<_, Error>(())
        });
        match done.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "clicks and opens could not be stored"),
            Err(turned) => {
                tracing::warn!(?turned, "clicks and opens could not be stored");
                drop(left.take());
            }
        }
    });
}

/// Numbers the requests of each copy behind those that are there, and stores as many as a copy may have. Returns the numbers;
/// a number that no copy may have, where somebody declined to be measured since the request was looked at.
fn store(connection: &mut Connection, requests: Vec<(MailRequest, String)>) -> Result<Vec<i64>, Error> {
    let declined = Declined::read(connection, &requests)?;
    let is_kept: Vec<bool> =
        requests.iter().map(|(request, address)| !declined.concerns(request.lead, address)).collect();
    let kept = requests.into_iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept);
    let mut numbers = store_kept(connection, kept.map(|((request, _), _)| request).collect())?.into_iter();
    Ok(is_kept.iter().map(|is_kept| if *is_kept { numbers.next().unwrap_or(i64::MAX) } else { i64::MAX }).collect())
}

/// Who declined to be measured, of the leads and addresses of a batch.
struct Declined {
    leads: BTreeSet<LeadId>,
    addresses: BTreeSet<String>,
}

impl Declined {
    fn read(connection: &mut Connection, requests: &[(MailRequest, String)]) -> Result<Declined, Error> {
        let ids: BTreeSet<LeadId> = requests.iter().map(|(request, _)| request.lead).collect();
        let mut leads = BTreeSet::new();
        for (lead, document) in leads::profiles(connection, &ids.into_iter().collect::<Vec<_>>())? {
            // Nobody is measured whose consent cannot be read.
            let state = Profile::parse(&document).map(|profile| profile.consents.in_effect(&Scope::Tracking).state);
            if state.is_ok_and(|state| state != State::Withdrawn) {
                continue;
            }
            leads.insert(lead);
        }
        let asked = requests.iter().map(|(_, address)| address.clone()).collect();
        let mut addresses = of_addresses(connection, &asked)?;
        addresses.retain(|_, blocks| blocks.withdrawn(&Scope::Tracking).is_some());
        Ok(Declined { leads, addresses: addresses.into_keys().collect() })
    }

    fn concerns(&self, lead: LeadId, address: &str) -> bool {
        self.leads.contains(&lead) || self.addresses.contains(address)
    }
}

fn store_kept(connection: &mut Connection, mut requests: Vec<MailRequest>) -> Result<Vec<i64>, Error> {
    let mut last: BTreeMap<CopyTag, i64> = requests.iter().map(|request| ((request.lead, request.tag), 0)).collect();
    let copies: Vec<CopyTag> = last.keys().copied().collect();
    last.extend(mail_requests::last_numbers(connection, &copies)?);
    for request in &mut requests {
        let number = last.entry((request.lead, request.tag)).or_default();
        *number += 1;
        request.number = *number;
    }
    let numbers = requests.iter().map(|request| request.number).collect();
    requests.retain(|request| request.number <= MOST_OF_A_COPY);
    mail_requests::insert(connection, &requests)?;
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;
    use attractor_store::mail_requests::{Fetch, Visit};

    use super::*;

    fn request(lead: i64) -> MailRequest {
        MailRequest {
            lead: LeadId(lead),
            tag: 1,
            number: 0,
            send_id: String::new(),
            at: 5,
            link: 0,
            fetch: Fetch::Show,
            agent: String::new(),
            network: String::new(),
            settles_at: 6,
            judged: None,
            visit: Visit::default(),
        }
    }

    #[test]
    fn requests_are_numbered_by_copy_up_to_a_limit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        let numbers = |connection: &mut Connection, lead| {
            let stored = mail_requests::of_copies(connection, &[(LeadId(lead), 1)]).expect("what is stored");
            let mut numbers: Vec<i64> = stored.into_iter().map(|request| request.number).collect();
            numbers.sort_unstable();
            numbers
        };
        let store = |connection: &mut Connection, requests: Vec<MailRequest>| {
            super::store(connection, requests.into_iter().map(|one| (one, "a@x.example".to_owned())).collect())
        };
        store(&mut connection, vec![request(256), request(512), request(256)]).expect("room");
        store(&mut connection, vec![request(256)]).expect("room");
        assert_eq!((numbers(&mut connection, 256), numbers(&mut connection, 512)), (vec![1, 2, 3], vec![1]));
        store(&mut connection, vec![request(512); 600]).expect("room");
        assert_eq!(numbers(&mut connection, 512).len(), 500, "a flood of one copy is cut off");
    }

    #[test]
    fn the_first_that_waits_asks_the_lane_for_all() {
        let notes = Notes::default();
        let asks: Vec<bool> =
            (0..3).filter_map(|_| notes.put(request(256), String::new())).map(|(_, asks)| asks).collect();
        assert_eq!((asks, notes.take().len()), (vec![true, false, false], 3));
        assert!(
            notes.put(request(256), String::new()).is_some_and(|(_, asks)| asks),
            "those that come behind are asked for anew"
        );
    }
}
