//! What holds many copies at once is not written into each of them again and again: copies of a rank that waits for a new
//! version of the playbook are not looked at, and what waits for a person is written once and recalled when that person has
//! acted.

use std::collections::BTreeSet;

use attractor_live::{Outcome, Report, force};
use attractor_mail::gate::Hold;
use attractor_store::copies::Rank;
use attractor_store::{BroadcastId, Connection, Error, broadcasts, outbox};

use super::broadcasts::stop::broadcast_of;
use super::sender::DomainWait;
use super::situation::{Rules, domain_wait};

/// The ranks of which no copy is looked at now: leads are being evaluated again, and a broadcast waits for all of them.
pub fn ranks_held(connection: &mut Connection) -> Result<&'static [Rank], Error> {
    Ok(if force::scan(connection)?.is_some() { &[Rank::Broadcast] } else { &[] })
}

/// Reports without the holds that have ended since they were decided. Whoever ended them has recalled the copies, and would
/// not do so again.
pub fn that_hold(
    connection: &mut Connection,
    mut reports: Vec<Report>,
    domain_wait: impl FnOnce(&mut Connection) -> Result<DomainWait, Error>,
) -> Result<Vec<Report>, Error> {
    let waits_for_domain = |report: &Report| is_held(report, Hold::DomainUnverified);
    if reports.iter().any(waits_for_domain) && domain_wait(connection)? == DomainWait::Nobody {
        reports.retain(|report| !waits_for_domain(report));
    }
    let paused = reports.iter().filter(|report| is_held(report, Hold::Paused));
    let asked: BTreeSet<BroadcastId> = paused.filter_map(|report| broadcast_of(&report.key.1)).collect();
    let mut halted = BTreeSet::new();
    if !asked.is_empty() {
        let found = broadcasts::of_ids(connection, &asked.into_iter().collect::<Vec<_>>())?;
        halted.extend(found.iter().filter(|one| one.state.is_halted()).map(|one| one.id));
    }
    let has_ended = |report: &Report| {
        is_held(report, Hold::Paused) && broadcast_of(&report.key.1).is_none_or(|id| !halted.contains(&id))
    };
    reports.retain(|report| !has_ended(report));
    Ok(reports)
}

fn is_held(report: &Report, hold: Hold) -> bool {
    matches!(&report.outcome, Outcome::Held { reason, .. } if reason == hold.name())
}

/// Makes copies due that waited for the domain when an earlier server ended, where some of them may leave now. Those that
/// may not wait again. Returns how many are due.
pub fn recall_verified(connection: &mut Connection, rules: &Rules, now: i64) -> Result<u64, Error> {
    if domain_wait(connection, rules)? == DomainWait::Everybody {
        return Ok(0);
    }
    outbox::recall(connection, Hold::DomainUnverified.name(), now)
}

#[cfg(test)]
mod tests {
    use attractor_store::broadcasts::{Broadcast, BroadcastState};
    use attractor_store::copies::CopySource;
    use attractor_store::{LeadId, Location};

    use super::*;
    use crate::sending::broadcasts::control::testing::broadcast;

    fn held(broadcast: i64, hold: Hold) -> Report {
        let reason = hold.name().to_owned();
        let outcome = Outcome::Held { reason, until: None, due: None, trouble_since: None };
        let key = (LeadId(414), CopySource::Broadcast(broadcast.to_string()));
        Report { key, claim: None, outcome, messages: Vec::new() }
    }

    #[test]
    fn what_somebody_has_ended_meanwhile_holds_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        for (id, state) in [(1, BroadcastState::Paused), (2, BroadcastState::Started)] {
            broadcasts::save(&mut connection, &Broadcast { state, ..broadcast(id) }).expect("stored");
        }
        let paused = [1, 2, 3].map(|id| held(id, Hold::Paused));
        let (domain, cadence) = (held(2, Hold::DomainUnverified), held(2, Hold::Cadence));
        let still = vec![paused[0].clone(), domain.clone(), cadence.clone()];
        for (wait, expected) in [
            (DomainWait::Everybody, still.clone()),
            (DomainWait::RealRecipients, still),
            (DomainWait::Nobody, vec![paused[0].clone(), cadence.clone()]),
        ] {
            let all = [&paused[..], &[domain.clone(), cadence.clone()]].concat();
            let left = that_hold(&mut connection, all, |_| Ok(wait)).expect("read");
            assert_eq!(left, expected, "{wait:?}");
        }
    }
}
