//! What is so with a copy, for people: in one sentence, with its instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::program::Program;
use attractor_engine::time::{Duration, Instant};
use attractor_live::timing::Timing;
use attractor_mail::gate::Hold;
use attractor_store::copies::{CopyState, MailCopy, Rank};
use attractor_store::{LeadId, leads};

use super::holds::ranks_held;
use super::paused;
use super::words::{in_words, interval, lower, outside_hours};
use super::zone::LeadZone;
use crate::leads::joined::present;
use crate::leads::profiles;
use crate::refusal::Refusal;
use crate::view::View;

/// What is known beside the copies themselves.
#[derive(Default)]
pub struct CopyWords {
    /// Why no e-mail leaves.
    paused: Option<String>,
    /// Copies of these ranks are not looked at, so that nothing is noted at each of them.
    ranks: &'static [Rank],
    now: i64,
    /// What leads chose whose copies are held for that.
    timings: BTreeMap<LeadId, Timing>,
    /// By which clocks leads go whose copies are held.
    zones: BTreeMap<LeadId, LeadZone>,
    /// For the time zone: the playbook in force.
    program: Option<Arc<Program>>,
    /// What the playbook in force calls its parts.
    names: Names,
}

impl CopyWords {
    pub fn read(view: &mut View, copies: &[MailCopy]) -> Result<CopyWords, Refusal> {
        let versions = view.versions()?;
        let program = versions.in_force.and_then(|now| versions.compiled(now.version)).cloned();
        let is_of_lead = |copy: &&MailCopy| is_held(copy, Hold::Cadence) || is_held(copy, Hold::Window);
        let held: BTreeSet<LeadId> = copies.iter().filter(is_of_lead).map(|copy| copy.lead).collect();
        let rows = present(view.connection, &held)?;
        let living: BTreeMap<LeadId, leads::Lead> = rows.values().map(|row| (row.id, row.clone())).collect();
        let profiles = profiles::of(view.connection, &living.into_values().collect::<Vec<_>>())?;
        let timing = |(id, row): (&LeadId, &leads::Lead)| Some((*id, profiles.get(&row.id)?.timing));
        let zone = |(id, row): (&LeadId, &leads::Lead)| {
            let under = versions.of(&row.name);
            let account = under.as_ref().map(|under| under.program.zone());
            Some((*id, LeadZone::of(profiles.get(&row.id)?, account, versions.zones())))
        };
        Ok(CopyWords {
            paused: paused(view.connection)?,
            ranks: ranks_held(view.connection)?,
            now: view.now.0,
            timings: rows.iter().filter_map(timing).collect(),
            zones: rows.iter().filter_map(zone).collect(),
            names: program.as_ref().map(|program| Names::of(program.playbook())).unwrap_or_default(),
            program,
        })
    }

    /// Why a copy waits, or did not arrive, with its instant; `None` where there is nothing to say.
    pub fn why(&self, copy: &MailCopy) -> Option<String> {
        match copy.state {
            CopyState::Waiting => self.why_it_waits(copy),
            _ => self.outcome(copy).map(|what| format!("It {what}.")),
        }
    }

    /// What became of a copy that is over and did not plainly arrive, or is in review.
    fn outcome(&self, copy: &MailCopy) -> Option<String> {
        let (reason, on) = (copy.reason.as_deref(), self.ended(copy));
        Some(match copy.state {
            CopyState::Failed => format!("failed{on}: the mail server refused it: {}", plain(reason?)),
            CopyState::InDoubt => format!("may have been sent{on}, but that is not known: {}", plain(reason?)),
            CopyState::Skipped => format!("was skipped{on}: {}", lower(plain(&in_words(reason?, &self.names)))),
            CopyState::Draft => {
                let last = copy.not_after.map(|last| format!(" before {}", self.minute(last))).unwrap_or_default();
                let since = self.minute(copy.asked_at);
                format!("has been a draft since {since}: its sequence is in review, and somebody must release it{last}")
            }
            CopyState::Sent if copy.is_caught() => {
                let on = copy.dispatch.sent_at.map(|at| format!(" on {}", self.minute(at))).unwrap_or_default();
                format!("was caught{on}, not sent: no mail server was set, so nobody got it")
            }
            CopyState::Withdrawn if copy.is_rejected() => format!("was withdrawn{on}: somebody rejected the draft"),
            CopyState::Waiting | CopyState::Claimed | CopyState::Sent | CopyState::Withdrawn => return None,
        })
    }

    /// When it was decided; of copies of earlier versions it is known when they were asked for.
    fn ended(&self, copy: &MailCopy) -> String {
        match copy.dispatch.ended_at {
            Some(at) => format!(" on {}", self.minute(at)),
            None => format!(", asked for on {}", self.minute(copy.asked_at)),
        }
    }

    fn why_it_waits(&self, copy: &MailCopy) -> Option<String> {
        let began = copy.dispatch.again_at.unwrap_or(copy.asked_at);
        let since = |why: &str| Some(format!("{}; it has waited since {}.", plain(why), self.minute(began)));
        if let Some(why) = &self.paused {
            return since(&format!("Sending is paused: {}", plain(why)));
        }
        if self.ranks.contains(&copy.rank()) && copy.dispatch.due.is_some_and(|due| due <= self.now) {
            return since(&in_words(Hold::ReEvaluation.name(), &self.names));
        }
        let Some(reason) = copy.reason.as_deref() else {
            let again = self.minute(copy.dispatch.again_at?);
            return Some(format!("It was in doubt, and somebody decided on {again} to send it again."));
        };
        // While all sending is paused, no copy is looked at.
        if is_held(copy, Hold::Paused) {
            return since("The broadcast is paused");
        }
        let words = self.reason(copy, reason);
        let Some(until) = copy.until else { return since(&words) };
        let why = match is_held(copy, Hold::Cadence) {
            true => self.budget(copy, until),
            false => self.until(copy, plain(&words), until),
        };
        Some(match ends_first(copy, until) {
            Some(last) => format!("{}, but on {} its time is over, and it is skipped.", plain(&why), self.minute(last)),
            None => why,
        })
    }

    /// Why a copy is held; outside sending hours, by which clock.
    fn reason(&self, copy: &MailCopy, reason: &str) -> String {
        match self.zones.get(&copy.lead).filter(|_| is_held(copy, Hold::Window)) {
            Some(zone) => outside_hours(zone),
            None => in_words(reason, &self.names),
        }
    }

    /// A reason with the instant until which it holds, or at which the copy is looked at again.
    fn until(&self, copy: &MailCopy, words: &str, until: i64) -> String {
        let is_known_end = [Hold::Window, Hold::AutoReply].into_iter().any(|hold| is_held(copy, hold));
        let then = if is_known_end { ", until" } else { "; it is looked at again on" };
        format!("{words}{then} {}.", self.minute(until))
    }

    /// What keeps a copy back that is held for the cadence.
    fn budget(&self, copy: &MailCopy, until: i64) -> String {
        let next = format!("the next may leave from {} on", self.minute(until));
        match self.timings.get(&copy.lead) {
            Some(Timing { not_before: Some(end), .. }) if *end == until => {
                format!("The lead chose a pause until {}.", self.minute(until))
            }
            Some(Timing { every: Some(every), .. }) => {
                let every = interval(Duration(*every));
                format!("The lead got an e-mail lately, and chose to get at most one every {every}; {next}.")
            }
            _ => format!("The lead got an e-mail lately; {next}."),
        }
    }

    /// What is so with a copy: that it left, waits, or why it did neither.
    pub fn sentence(&self, copy: &MailCopy) -> String {
        let minute = |at: Option<i64>| at.map(|at| self.minute(at)).unwrap_or_default();
        if let Some(what) = self.outcome(copy) {
            return what;
        }
        match (copy.state, self.why_it_waits(copy)) {
            (CopyState::Waiting, Some(why)) => format!("waits. {}", plain(&why)),
            (CopyState::Claimed, _) => "is being sent".to_owned(),
            (CopyState::Sent, _) => format!("was sent on {}", minute(copy.dispatch.sent_at)),
            (CopyState::Withdrawn, _) => format!("was withdrawn{}", self.ended(copy)),
            _ => format!("waits for its turn from {} on", minute(copy.dispatch.due)),
        }
    }

    /// The same in a few words, for a line that says more than that; its times are those of the playbook's zone.
    pub fn brief(&self, copy: &MailCopy) -> String {
        let reason = || copy.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        match (copy.state, copy.until.or(copy.dispatch.due)) {
            (CopyState::Waiting, Some(until)) if ends_first(copy, until).is_some() => {
                let last = copy.not_after.map(|last| self.clock(last)).unwrap_or_default();
                format!("waits{}, and is skipped on {last}", reason())
            }
            (CopyState::Waiting, Some(until)) => format!("waits until {}{}", self.clock(until), reason()),
            (CopyState::Waiting, None) => format!("waits{}", reason()),
            (CopyState::Draft, _) => "a draft that a person releases".to_owned(),
            (CopyState::Claimed, _) => "is being sent".to_owned(),
            (CopyState::Sent, _) if copy.is_caught() => {
                format!("caught on {}", copy.dispatch.sent_at.map(|at| self.clock(at)).unwrap_or_default())
            }
            (CopyState::Sent, _) => {
                format!("sent on {}", copy.dispatch.sent_at.map(|at| self.clock(at)).unwrap_or_default())
            }
            (CopyState::Skipped, _) => {
                let words = |why: &String| format!(": {}", lower(plain(&in_words(why, &self.names))));
                format!("skipped{}", copy.reason.as_ref().map(words).unwrap_or_default())
            }
            (CopyState::Failed, _) => format!("failed{}", reason()),
            (CopyState::InDoubt, _) => "may have been sent".to_owned(),
            (CopyState::Withdrawn, _) => "withdrawn".to_owned(),
        }
    }

    fn clock(&self, at: i64) -> String {
        self.program.as_ref().map_or_else(|| Instant(at).to_string(), |program| program.minute(Instant(at)))
    }

    /// What clocks show in the playbook's time zone, with its name.
    pub fn minute(&self, at: i64) -> String {
        match &self.program {
            Some(program) => format!("{} {}", program.minute(Instant(at)), program.zone()),
            None => Instant(at).to_string(),
        }
    }
}

/// Without the full stop, behind which more is said.
fn plain(words: &str) -> &str {
    words.trim_end_matches('.')
}

fn is_held(copy: &MailCopy, hold: Hold) -> bool {
    copy.state == CopyState::Waiting && copy.reason.as_deref() == Some(hold.name())
}

/// The end of its use, where that comes before what it waits for.
fn ends_first(copy: &MailCopy, until: i64) -> Option<i64> {
    copy.not_after.filter(|last| *last <= until)
}

#[cfg(test)]
mod tests {
    use attractor_mail::gate::Skip;
    use attractor_store::copies::{CAUGHT, Dispatch};

    use super::*;
    use crate::sending::testing::{copy, profile};

    const AT: i64 = 5;
    const LATER: i64 = 86_400_000;
    const DAY: &str = "1970-01-02T00:00:00.000Z";

    fn words(timing: Timing) -> CopyWords {
        CopyWords { timings: BTreeMap::from([(copy("a").lead, timing)]), ..CopyWords::default() }
    }

    fn waiting(reason: &str, until: Option<i64>) -> MailCopy {
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        MailCopy { reason, until, ..copy("offer") }
    }

    fn over(state: CopyState, reason: &str) -> MailCopy {
        let dispatch = Dispatch { ended_at: Some(LATER), ..Dispatch::default() };
        MailCopy { state, dispatch, ..waiting(reason, None) }
    }

    #[test]
    fn what_is_so_in_a_few_words() {
        let late = MailCopy { not_after: Some(AT), ..waiting("cadence", Some(LATER)) };
        for (copy, expected) in [
            (MailCopy { state: CopyState::Draft, ..copy("offer") }, "a draft that a person releases".to_owned()),
            (waiting("cadence", Some(LATER)), format!("waits until {DAY}: cadence")),
            (late, format!("waits: cadence, and is skipped on {}", Instant(AT))),
            (over(CopyState::Skipped, "too_late"), "skipped: it was too late to send it".to_owned()),
        ] {
            assert_eq!(words(Timing::default()).brief(&copy), expected);
        }
    }

    #[test]
    fn what_is_so_is_one_sentence_with_its_instant() {
        let draft = |not_after| MailCopy { state: CopyState::Draft, not_after, ..copy("offer") };
        let since = Instant(AT);
        let none = Timing::default();
        let pause = Timing { not_before: Some(LATER), ..none };
        let every = Timing { every: Some(14 * LATER), ..none };
        let day = DAY;
        for (timing, copy, expected) in [
            (
                none,
                draft(None),
                format!("has been a draft since {since}: its sequence is in review, and somebody must release it"),
            ),
            (
                none,
                draft(Some(LATER)),
                format!(
                    "has been a draft since {since}: its sequence is in review, and somebody must release it before {day}"
                ),
            ),
            (none, waiting("", None), format!("waits for its turn from {} on", Instant(AT))),
            (
                none,
                waiting("cadence", Some(LATER)),
                format!("waits. The lead got an e-mail lately; the next may leave from {day} on"),
            ),
            (pause, waiting("cadence", Some(LATER)), format!("waits. The lead chose a pause until {day}")),
            (
                every,
                waiting("cadence", Some(LATER)),
                format!(
                    "waits. The lead got an e-mail lately, and chose to get at most one every 14 days; the next may \
                     leave from {day} on"
                ),
            ),
            (
                pause,
                waiting("window", Some(LATER)),
                format!("waits. It is outside the sending hours where the lead is, until {day}"),
            ),
            (
                none,
                waiting("server", Some(LATER)),
                format!("waits. The mail server could not take it yet; it is looked at again on {day}"),
            ),
            (
                none,
                MailCopy { not_after: Some(AT), ..waiting("cadence", Some(LATER)) },
                format!(
                    "waits. The lead got an e-mail lately; the next may leave from {day} on, but on {since} its time is \
                     over, and it is skipped"
                ),
            ),
            (
                none,
                waiting("domain_unverified", None),
                format!("waits. The domain of the sender is not verified yet; it has waited since {since}"),
            ),
        ] {
            assert_eq!(words(timing).sentence(&copy), expected);
        }
        let paused = CopyWords { paused: Some("we move house.".into()), ..CopyWords::default() };
        let expected = format!("waits. Sending is paused: we move house; it has waited since {since}");
        assert_eq!(paused.sentence(&waiting("cadence", Some(LATER))), expected);
    }

    #[test]
    fn a_copy_outside_sending_hours_says_by_which_clock() {
        use serde_json::json;
        let zones = jiff::tz::TimeZoneDatabase::bundled();
        let clock = |attributes| LeadZone::of(&profile(&attributes), Some("Europe/Paris"), &zones);
        for (zone, clock) in [
            (clock(json!({"timezone": "Asia/Tokyo"})), "Asia/Tokyo (the lead's own)"),
            (clock(json!({"country": "US"})), "America/New_York (its country's largest city)"),
            (clock(json!({})), "Europe/Paris (the account's, because the lead's is not known)"),
        ] {
            let words = CopyWords { zones: BTreeMap::from([(copy("a").lead, zone)]), ..CopyWords::default() };
            let outside = "It is outside the sending hours where the lead is";
            let expected = format!("{outside}, by the clock of {clock}, until {DAY}.");
            assert_eq!(words.why(&waiting("window", Some(LATER))), Some(expected));
            let other = words.why(&waiting("auto_reply", Some(LATER))).unwrap();
            assert!(!other.contains("clock"), "{other}");
        }
    }

    #[test]
    fn what_became_of_a_copy_is_one_sentence_with_its_instant() {
        let earlier = |state, reason: &str| MailCopy { dispatch: Dispatch::default(), ..over(state, reason) };
        let sent = Dispatch { sent_at: Some(LATER), ..Dispatch::default() };
        let (since, day) = (Instant(AT), DAY);
        let sent = MailCopy { state: CopyState::Sent, dispatch: sent, ..copy("offer") };
        let caught = MailCopy { reason: Some(CAUGHT.to_owned()), ..sent.clone() };
        for (copy, expected) in [
            (sent, format!("was sent on {day}")),
            (caught, format!("was caught on {day}, not sent: no mail server was set, so nobody got it")),
            (over(CopyState::Skipped, "too_late"), format!("was skipped on {day}: it was too late to send it")),
            (
                earlier(CopyState::Skipped, "too_late"),
                format!("was skipped, asked for on {since}: it was too late to send it"),
            ),
            (over(CopyState::Failed, "550 no"), format!("failed on {day}: the mail server refused it: 550 no")),
            (
                over(CopyState::InDoubt, "cut off"),
                format!("may have been sent on {day}, but that is not known: cut off"),
            ),
            (over(CopyState::Withdrawn, ""), format!("was withdrawn on {day}")),
            (over(CopyState::Withdrawn, "rejected"), format!("was withdrawn on {day}: somebody rejected the draft")),
        ] {
            assert_eq!(words(Timing::default()).sentence(&copy), expected);
        }
    }

    #[test]
    fn a_copy_that_is_sent_again_waits_since_somebody_decided_so() {
        let again = |copy: MailCopy| MailCopy { dispatch: Dispatch { again_at: Some(LATER), ..copy.dispatch }, ..copy };
        let words = words(Timing::default());
        let decided = format!("waits. It was in doubt, and somebody decided on {DAY} to send it again");
        assert_eq!(words.sentence(&again(copy("offer"))), decided);
        let paused = CopyWords { paused: Some("we move house".into()), ..CopyWords::default() };
        let expected = format!("waits. Sending is paused: we move house; it has waited since {DAY}");
        assert_eq!(paused.sentence(&again(copy("offer"))), expected);
    }

    /// Every reason of the gate, held and skipped, with a detail and without, beside what servers answer.
    fn explained() -> Vec<MailCopy> {
        let mut all = Vec::new();
        for hold in Hold::ALL {
            all.extend([None, Some(LATER)].map(|until| waiting(hold.name(), until)));
        }
        let dispatch = |ended_at| Dispatch { ended_at, ..Dispatch::default() };
        let mut over = |state, reason: String| {
            all.extend([None, Some(LATER)].map(|at| MailCopy {
                state,
                dispatch: dispatch(at),
                ..waiting(&reason, None)
            }));
        };
        for skip in Skip::ALL {
            over(CopyState::Skipped, skip.name().to_owned());
            over(CopyState::Skipped, format!("{}: subscription:news", skip.name()));
        }
        over(CopyState::Skipped, "country: DE:single_opt_in".to_owned());
        for hold in Hold::ALL {
            over(CopyState::Skipped, format!("too_late: {}", hold.name()));
        }
        over(CopyState::Failed, "550 5.1.1 no such user".to_owned());
        over(CopyState::InDoubt, "the connection broke off".to_owned());
        over(CopyState::Withdrawn, "rejected".to_owned());
        let draft = |not_after| MailCopy { state: CopyState::Draft, not_after, ..copy("offer") };
        all.extend([None, Some(LATER)].map(draft));
        all.push(MailCopy { not_after: Some(AT), ..waiting(Hold::Window.name(), Some(LATER)) });
        all
    }

    #[test]
    fn every_copy_that_is_held_skipped_or_in_doubt_is_explained_in_one_sentence_with_its_instant_in_the_zone() {
        let text = "playbook: shop\ntimezone: Pacific/Auckland";
        let playbook = attractor_engine::playbook::read(text).playbook.unwrap();
        let program = Program::new(playbook, &jiff::tz::TimeZoneDatabase::bundled()).unwrap();
        let words = CopyWords { program: Some(Arc::new(program)), ..words(Timing::default()) };
        let paused = CopyWords { paused: Some("we move house".into()), ..words_of(&words) };
        for copy in explained() {
            let why = words.why(&copy).unwrap_or_default();
            let is_one = why.starts_with(char::is_uppercase) && why.ends_with('.') && !why.contains(". ");
            let has_instant = why.contains("1970-01-01 12:00 Pacific/Auckland") || why.contains("1970-01-02 12:00");
            assert!(is_one && has_instant, "{:?} {:?}: {why}", copy.state, copy.reason);
            let names = Hold::ALL.map(Hold::name).into_iter().chain(Skip::ALL.map(Skip::name));
            let names: Vec<&str> = names.filter(|name| name.contains('_') && why.contains(name)).collect();
            assert!(names.is_empty(), "{why} has words of programs: {names:?}");
            assert!(!words.sentence(&copy).contains("  "), "{}", words.sentence(&copy));
            let is_waiting = copy.state == CopyState::Waiting;
            let why = paused.why(&copy).unwrap_or_default();
            assert_eq!(
                why.starts_with("Sending is paused: we move house; it has waited since 1970"),
                is_waiting,
                "{why}"
            );
        }
    }

    fn words_of(words: &CopyWords) -> CopyWords {
        CopyWords { program: words.program.clone(), ..CopyWords::default() }
    }
}
