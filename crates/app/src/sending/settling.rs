//! What became of a batch is stored in one transaction: the copies, what they count for, and whether sending stops.

use attractor_engine::time::Instant;
use attractor_live::{Deed, Outcome, Report};
use attractor_mail::reputation::{Counts, Thresholds};
use attractor_store::{BroadcastId, Error};

use super::broadcasts;
use super::broadcasts::stop::broadcast_of;
use super::endings::{Ending, account_works, counts, has_left, login_refused, reports};
use super::failed_test::forget_untested;
use super::halt::halt_at_login;
use super::situation::Rules;
use super::{reputation, warm_up};

/// Stores what became of the copies that the sender had. Returns why sending stopped, if it did.
pub fn settle(
    deed: &mut Deed,
    endings: Vec<Ending>,
    rules: &Rules,
    thresholds: Thresholds,
    now: Instant,
) -> Result<Option<String>, Error> {
    let (refused, works) = (login_refused(&endings), account_works(&endings));
    let known: Vec<_> = endings.iter().map(counts).collect();
    let mut reports = reports(deed.connection(), endings)?;
    if !rules.is_real {
        reports.iter_mut().for_each(caught);
    }
    let settled = deed.settle_copies(&reports)?;
    let known = settled.into_iter().zip(known).zip(&reports).filter(|((counts, _), _)| *counts);
    let known = known.filter_map(|((_, known), report)| Some((known?, broadcast_of(&report.key.1))));
    let known: Vec<((Instant, Counts), Option<BroadcastId>)> = known.collect();
    broadcasts::stop::count_all(deed.connection(), &known, thresholds, now)?;
    let known: Vec<(Instant, Counts)> = known.into_iter().map(|(known, _)| known).collect();
    if rules.is_real {
        if works {
            forget_untested(deed.connection())?;
        }
        let left = known.iter().filter(|one| has_left(one)).count() as u64;
        warm_up::count(deed.connection(), rules.sender.from.domain(), left, now)?;
    }
    let stopped = reputation::count(deed.connection(), &known, thresholds, now)?;
    match refused {
        Some(answer) if stopped.is_none() => halt_at_login(deed.connection(), &answer, now),
        _ => Ok(stopped),
    }
}

/// Where no mail server is set, what was taken was caught.
fn caught(report: &mut Report) {
    if let Outcome::Sent { at } = report.outcome {
        report.outcome = Outcome::Caught { at };
    }
}
