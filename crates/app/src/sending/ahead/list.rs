//! The outbox of the days to come: what leaves when, what is held and why, and what sequences will ask for.

use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::time::{Duration, Instant};
use attractor_store::broadcasts::START;
use attractor_store::copies::CopySource;
use attractor_store::{Connection, Error, LeadId, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::foreseen::{Estimate, ForeseenCopy, ForeseenEnd, ForeseenHold};
use super::kept::{ForecastNumber, Foreseen};
use super::read::Forecast;
use super::summary::{DayAhead, WaitingAhead, days, waiting};
use super::words::{because, hold_words, sentence};
use crate::App;
use crate::closed_lists::{EstimateName, ForeseenEndName, SuppressionKindName};
use crate::cursor::{self, Page};
use crate::leads::who::{self, LeadNames};
use crate::refusal::Refusal;
use crate::sending::copy_words::CopyWords;
use crate::sending::limits::Limits;
use crate::sending::words::in_fields;
use crate::sending::{paused, warm_up};
use crate::view::View;

/// How many leads are looked at together.
const PIECE: i64 = 500;
/// How many days are looked ahead at most.
const MOST_DAYS: i64 = 31;

/// What leaves in the days to come if nothing happens
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxAhead {
    /// The instant as of which all of this is; on further pages that of the first, while the server keeps it
    #[schema(format = DateTime)]
    pub at: String,
    /// Up to this instant
    #[schema(format = DateTime)]
    pub until: String,
    /// Why no e-mail leaves at present; null if e-mails leave
    pub sending_paused: Option<String>,
    /// Days on which anything is decided of a copy, in order
    pub days: Vec<DayAhead>,
    /// Copies that wait on at the end, by what keeps them back
    pub waiting: Vec<WaitingAhead>,
    pub copies: Page<CopyAhead>,
}

/// What becomes of a copy that waits, or that a sequence will ask for
#[derive(Debug, Serialize, ToSchema)]
pub struct CopyAhead {
    /// The lead's id
    pub lead: String,
    #[serde(flatten)]
    pub names: LeadNames,
    pub send_id: String,
    /// What asks for it: `sequence`, `broadcast`, `form` …
    pub source: &'static str,
    /// The sequence's id; null where none asks for it
    pub sequence: Option<String>,
    pub sequence_name: Option<String>,
    /// The id of the sequence's step
    pub step: Option<String>,
    /// The e-mail's id, also where it would be chosen as the best unread one; null where nothing is chosen
    pub email: Option<String>,
    pub email_name: Option<String>,
    /// `marketing`, `answer` or `transactional`
    pub class: String,
    /// It was asked for already
    pub is_asked: bool,
    /// When it was asked for, or will be
    #[schema(format = DateTime)]
    pub asked_at: String,
    #[schema(value_type = ForeseenEndName)]
    pub end: &'static str,
    /// When that is; null where it waits on
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// Why it is skipped; null where it is not
    pub reason: Option<String>,
    /// What binds the address, where the reason is `suppressed`; null elsewhere
    #[schema(value_type = Option<SuppressionKindName>)]
    pub suppression: Option<&'static str>,
    /// All of it in one sentence, in English
    pub what: String,
    /// What keeps it from leaving sooner, one after the other
    pub holds: Vec<HoldAhead>,
    /// Why the instant may be another though nothing happens; null where it is exact
    #[schema(value_type = Option<EstimateName>)]
    pub estimate: Option<&'static str>,
    /// The same in English
    pub estimate_because: Option<&'static str>,
}

/// What keeps a copy back for a while
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldAhead {
    /// `cadence`, `window` …
    pub reason: String,
    #[schema(format = DateTime)]
    pub from: String,
    /// Null where a person must act
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// In English, with the instant
    pub why: String,
}

impl HoldAhead {
    /// As the API shows it; `minute` is what clocks show in the playbook's time zone.
    pub fn of(hold: &ForeseenHold, minute: &dyn Fn(Instant) -> String) -> HoldAhead {
        HoldAhead {
            reason: hold.reason.clone(),
            from: hold.from.to_string(),
            until: hold.until.map(|until| until.to_string()),
            why: hold_words(hold, minute),
        }
    }
}

/// Where a copy is in the list.
type Place = (i64, LeadId, String);

/// What leaves within some days, and what becomes of each copy. The first page makes the forecast; further pages read it.
pub async fn page(app: &App, days: Option<i64>, after: Option<String>, limit: usize) -> Result<OutboxAhead, Refusal> {
    let days = days.unwrap_or(14);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Refusal::Malformed(format!("`days` is {days}; expected 1 to {MOST_DAYS}")));
    }
    let after: Option<(ForecastNumber, Place)> = cursor::read(after.as_deref())?;
    let kept = after.as_ref().and_then(|(number, _)| {
        let foreseen = app.forecasts.find(&app.machine, *number, days)?;
        Some((*number, foreseen))
    });
    let (number, all) = match kept {
        Some(kept) => kept,
        None => make(app, days).await?,
    };
    let after = after.map(|(_, place)| place);
    let page = app.read(move |view| shown(view, number, &all, after, limit)).await?;
    if page.copies.next.is_none() {
        app.forecasts.forget(number);
    }
    Ok(page)
}

/// Makes a forecast of some days, and keeps it for its pages.
async fn make(app: &App, length: i64) -> Result<(ForecastNumber, Arc<Foreseen>), Refusal> {
    let mut forecast = Forecast::of(app)?;
    let limits = Limits::of_rules(&app.settings, &forecast.rules, app.clock.now());
    let made = app.read(move |view| {
        let until = view.now + Duration(length * Duration::DAY.0);
        let copies = foreseen(view, &mut forecast, limits, until)?;
        let words = CopyWords::read(view, &[])?;
        Ok(Foreseen {
            at: view.now,
            until,
            length,
            sending_paused: paused(view.connection)?,
            days: days(&copies, &|at: Instant| words.minute(at.0)),
            waiting: waiting(&copies),
            copies,
        })
    });
    Ok(app.forecasts.keep(&app.machine, made.await?))
}

/// Everything that becomes of copies until an instant, in the order in which it happens.
fn foreseen(
    view: &mut View,
    forecast: &mut Forecast,
    mut limits: Limits,
    until: Instant,
) -> Result<Vec<ForeseenCopy>, Error> {
    let (mut all, mut last) = (Vec::new(), START);
    loop {
        let rows = leads::ahead_after(view.connection, last, until.0, PIECE)?;
        let Some(end) = rows.last() else { break };
        last = (end.id.bucket(), end.id);
        all.extend(forecast.foresee(view.connection, (view.now, until), rows)?);
    }
    all.sort_by_cached_key(place);
    limits.begin(warm_up::usage(view.connection, forecast.rules.sender.from.domain())?, view.now);
    let is_paused = paused(view.connection)?.is_some();
    for one in &mut all {
        one.may_differ(is_paused.then_some(Estimate::Paused));
        slow(one, &mut limits, until);
        // It is shown to nobody, and its person may be erased while the forecast is kept.
        one.address = None;
    }
    all.sort_by_cached_key(place);
    Ok(all)
}

/// Puts off a copy as far as the warm-up and the rates do.
fn slow(one: &mut ForeseenCopy, limits: &mut Limits, until: Instant) {
    let (Some(at), Some(address), ForeseenEnd::Leaves) = (one.at, one.address.clone(), &one.end) else { return };
    let (leaves, Some(hold)) = limits.foresee_copy(&one.copy, &address, at) else { return };
    one.hold(hold.name(), at, Some(leaves), None);
    one.may_differ(Estimate::of_hold(hold.name()));
    let last = one.copy.not_after.map(Instant).filter(|last| *last <= leaves);
    (one.end, one.at) = match last {
        Some(last) if last <= until => (ForeseenEnd::Skipped(format!("too_late: {}", hold.name())), Some(last)),
        None if leaves <= until => (ForeseenEnd::Leaves, Some(leaves)),
        _ => (ForeseenEnd::Waits, None),
    };
}

/// Copies that wait on are behind all others.
fn place(one: &ForeseenCopy) -> Place {
    (one.at.unwrap_or(Instant::NEVER).0, one.copy.lead, one.copy.send_id())
}

fn shown(
    view: &mut View,
    number: ForecastNumber,
    all: &Foreseen,
    after: Option<Place>,
    limit: usize,
) -> Result<OutboxAhead, Refusal> {
    let (words, names) = (CopyWords::read(view, &[])?, view.names()?);
    let minute = |at: Instant| words.minute(at.0);
    let begin = after.map_or(0, |after| all.copies.partition_point(|one| place(one) <= after));
    let some: Vec<ForeseenCopy> = all.copies.iter().skip(begin).take(limit + 1).cloned().collect();
    let page = Page::cut(some, limit, |last| (number, place(last)));
    Ok(OutboxAhead {
        at: all.at.to_string(),
        until: all.until.to_string(),
        sending_paused: all.sending_paused.clone(),
        days: all.days.clone(),
        waiting: all.waiting.clone(),
        copies: Page { items: items(view.connection, &page.items, &names, &minute)?, next: page.next },
    })
}

/// Copies as the API shows them.
pub fn items(
    connection: &mut Connection,
    all: &[ForeseenCopy],
    names: &Names,
    minute: &dyn Fn(Instant) -> String,
) -> Result<Vec<CopyAhead>, Error> {
    let called = who::of(connection, all.iter().map(|one| one.copy.lead))?;
    let called = |lead: LeadId| called.get(&lead).cloned().unwrap_or_default();
    Ok(all.iter().map(|one| item(one, called(one.copy.lead), names, minute)).collect())
}

fn item(one: &ForeseenCopy, called: LeadNames, names: &Names, minute: &dyn Fn(Instant) -> String) -> CopyAhead {
    let (sequence, step) = match &one.copy.source {
        CopySource::Sequence { sequence, step, .. } => (Some(sequence), Some(step)),
        _ => (None, None),
    };
    let skipped = match &one.end {
        ForeseenEnd::Skipped(reason) => Some(in_fields(reason)),
        _ => None,
    };
    let (reason, suppression) = skipped.unzip();
    CopyAhead {
        lead: one.copy.lead.to_string(),
        names: called,
        send_id: one.copy.send_id(),
        source: one.copy.source.name(),
        sequence: sequence.cloned(),
        sequence_name: sequence.map(|id| names.sequence(id).to_owned()),
        step: step.cloned(),
        email: one.copy.email.clone(),
        email_name: one.copy.email.as_deref().map(|id| names.email(id).to_owned()),
        class: one.copy.class.clone(),
        is_asked: one.is_asked,
        asked_at: Instant(one.copy.asked_at).to_string(),
        end: one.end.name(),
        at: one.at.map(|at| at.to_string()),
        reason,
        suppression: suppression.flatten(),
        what: sentence(one, names, minute),
        holds: one.holds.iter().map(|hold| HoldAhead::of(hold, minute)).collect(),
        estimate: one.estimate.map(Estimate::name),
        estimate_because: one.estimate.map(because),
    }
}

#[cfg(test)]
mod tests {
    use attractor_mail::message::Mailbox;
    use attractor_mail::reputation::Usage;
    use attractor_store::copies::MailCopy;

    use super::*;
    use crate::sending::testing::{copy, sender};
    use crate::settings::{Settings, defaults};

    const DAY: Instant = Instant(Duration::DAY.0);
    const FORTNIGHT: Instant = Instant(14 * Duration::DAY.0);

    /// Of a sender that sends so many a minute (0: no limit), and may be new.
    fn limits(warm_up: bool, send_rate: u32) -> Limits {
        let settings = Settings { warm_up, send_rate, ..defaults().unwrap() };
        let mut sender = sender();
        sender.from = Mailbox::parse("news@acme.com").unwrap();
        let mut limits = Limits::of(&settings, &sender, Instant(0));
        limits.begin(Usage::default(), Instant(0));
        limits
    }

    /// A copy of a sequence that may leave at once.
    fn leaving(not_after: Option<Instant>) -> ForeseenCopy {
        let copy = MailCopy { not_after: not_after.map(|last| last.0), ..copy("offer") };
        ForeseenCopy {
            end: ForeseenEnd::Leaves,
            at: Some(Instant(0)),
            address: Some("ada@people.example".into()),
            ..ForeseenCopy::new(copy, true)
        }
    }

    fn slowed(mut one: ForeseenCopy, limits: &mut Limits, until: Instant) -> ForeseenCopy {
        slow(&mut one, limits, until);
        one
    }

    #[test]
    fn what_a_new_domain_may_not_send_today_is_an_estimate() {
        let mut limits = limits(true, 0);
        let all: Vec<ForeseenCopy> = (0..100).map(|_| slowed(leaving(None), &mut limits, FORTNIGHT)).collect();
        let exact =
            all.iter().filter(|one| one.estimate.is_none() && one.holds.is_empty() && one.at == Some(Instant(0)));
        assert_eq!(exact.count(), 45, "a tenth of the first day is kept for answers");
        for one in &all[45..] {
            let [hold] = &one.holds[..] else { panic!("{one:?}") };
            assert_eq!((hold.reason.as_str(), hold.from, hold.until), ("warm_up", Instant(0), Some(DAY)));
            assert_eq!((&one.end, one.at, one.estimate), (&ForeseenEnd::Leaves, Some(DAY), Some(Estimate::WarmUp)));
        }
    }

    #[test]
    fn what_is_held_for_too_long_is_skipped_and_what_leaves_behind_the_forecast_waits() {
        let noon = Instant(Duration::DAY.0 / 2);
        let too_late = ForeseenEnd::Skipped("too_late: warm_up".into());
        for (not_after, until, end, at) in [
            (Some(noon), FORTNIGHT, &too_late, Some(noon)),
            (Some(DAY), DAY, &too_late, Some(DAY)),
            (Some(noon), Instant(5), &ForeseenEnd::Waits, None),
            (None, noon, &ForeseenEnd::Waits, None),
            (Some(FORTNIGHT), FORTNIGHT, &ForeseenEnd::Leaves, Some(DAY)),
        ] {
            let mut limits = limits(true, 0);
            (0..45).for_each(|_| drop(slowed(leaving(None), &mut limits, until)));
            let one = slowed(leaving(not_after), &mut limits, until);
            assert_eq!((&one.end, one.at), (end, at), "{not_after:?} {until:?}");
            assert_eq!(one.estimate, Some(Estimate::WarmUp), "{not_after:?} {until:?}");
        }
    }

    #[test]
    fn what_waits_behind_a_rate_is_an_estimate() {
        let mut limits = limits(false, 1);
        let [first, second] = [(); 2].map(|()| slowed(leaving(None), &mut limits, FORTNIGHT));
        assert_eq!((first.at, first.estimate), (Some(Instant(0)), None));
        assert!(second.at > first.at && second.end == ForeseenEnd::Leaves, "{second:?}");
        assert_eq!((second.holds[0].reason.as_str(), second.estimate), ("rate", Some(Estimate::Rate)));
        assert_eq!(second.holds[0].until, second.at);
    }
}
