//! What is so with a copy, for people: in one sentence, with its instant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::program::Program;
use attractor_engine::time::{Duration, Instant};
use attractor_live::timing::Timing;
use attractor_mail::gate::Hold;
use attractor_store::copies::{CopyState, MailCopy, Rank};
use attractor_store::{LeadId, leads};

use super::holds::ranks_held;
use super::paused;
use super::words::in_words;
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
    /// For the time zone: the playbook in force.
    program: Option<Arc<Program>>,
}

impl CopyWords {
    pub fn read(view: &mut View, copies: &[MailCopy]) -> Result<CopyWords, Refusal> {
        let versions = view.versions()?;
        let program = versions.in_force.and_then(|now| versions.compiled(now.version)).cloned();
        let held: BTreeSet<LeadId> =
            copies.iter().filter(|copy| is_held(copy, Hold::Cadence)).map(|copy| copy.lead).collect();
        let rows = present(view.connection, &held)?;
        let living: BTreeMap<LeadId, leads::Lead> = rows.values().map(|row| (row.id, row.clone())).collect();
        let profiles = profiles::of(view.connection, &living.into_values().collect::<Vec<_>>())?;
        let timing = |(id, row): (&LeadId, &leads::Lead)| Some((*id, profiles.get(&row.id)?.timing));
        Ok(CopyWords {
            paused: paused(view.connection)?,
            ranks: ranks_held(view.connection)?,
            now: view.now.0,
            timings: rows.iter().filter_map(timing).collect(),
            program,
        })
    }

    /// Why a copy waits, or did not arrive.
    pub fn why(&self, copy: &MailCopy) -> Option<String> {
        match copy.state {
            CopyState::Waiting => self.why_it_waits(copy),
            CopyState::Failed => copy.reason.as_ref().map(|answer| format!("The mail server refused it: {answer}")),
            CopyState::InDoubt => copy.reason.as_ref().map(|why| format!("Whether it arrived is not known: {why}")),
            CopyState::Skipped => copy.reason.as_deref().map(in_words),
            CopyState::Draft => Some(match copy.not_after {
                Some(last) => {
                    format!("Its sequence is in review: somebody must release it before {}.", self.minute(last))
                }
                None => "Its sequence is in review: somebody must release it.".to_owned(),
            }),
            CopyState::Withdrawn if copy.is_rejected() => Some("Somebody rejected the draft.".to_owned()),
            CopyState::Claimed | CopyState::Sent | CopyState::Withdrawn => None,
        }
    }

    fn why_it_waits(&self, copy: &MailCopy) -> Option<String> {
        if let Some(why) = &self.paused {
            return Some(format!("Sending is paused: {}.", why.trim_end_matches('.')));
        }
        if self.ranks.contains(&copy.rank()) && copy.dispatch.due.is_some_and(|due| due <= self.now) {
            return Some(in_words(Hold::ReEvaluation.name()));
        }
        let reason = copy.reason.as_deref()?;
        // While all sending is paused, no copy is looked at.
        if is_held(copy, Hold::Paused) {
            return Some("The broadcast is paused.".to_owned());
        }
        let Some(until) = copy.until else { return Some(in_words(reason)) };
        if is_held(copy, Hold::Cadence) {
            return Some(self.budget(copy, until));
        }
        let (words, until) = (in_words(reason), self.minute(until));
        let is_known_end = [Hold::Window, Hold::AutoReply].into_iter().any(|hold| is_held(copy, hold));
        let then =
            if is_known_end { format!(", until {until}.") } else { format!("; it is looked at again on {until}.") };
        Some(words.trim_end_matches('.').to_owned() + &then)
    }

    /// What keeps a copy back that is held for the cadence.
    fn budget(&self, copy: &MailCopy, until: i64) -> String {
        let next = format!("the next may leave from {} on", self.minute(until));
        match self.timings.get(&copy.lead) {
            Some(Timing { not_before: Some(end), .. }) if *end == until => {
                format!("The lead chose a pause until {}.", self.minute(until))
            }
            Some(Timing { every: Some(every), .. }) => {
                let every = Duration(*every);
                format!("The lead got an e-mail lately, and chose to get at most one every {every}; {next}.")
            }
            _ => format!("The lead got an e-mail lately; {next}."),
        }
    }

    /// What is so with a copy: that it left, waits, or why it did neither.
    pub fn sentence(&self, copy: &MailCopy) -> String {
        let (why, minute) = (self.why(copy), |at: Option<i64>| at.map(|at| self.minute(at)).unwrap_or_default());
        let what = match copy.state {
            CopyState::Draft => "waits as a draft".to_owned(),
            CopyState::Waiting if why.is_none() => format!("waits for its turn from {} on", minute(copy.dispatch.due)),
            CopyState::Waiting => "waits".to_owned(),
            CopyState::Claimed => "is being sent".to_owned(),
            CopyState::Sent => format!("was sent on {}", minute(copy.dispatch.sent_at)),
            CopyState::Skipped => "was skipped".to_owned(),
            CopyState::Failed => "failed".to_owned(),
            CopyState::InDoubt => "may have been sent".to_owned(),
            CopyState::Withdrawn => "was withdrawn".to_owned(),
        };
        match why {
            Some(why) => format!("{what}. {}", why.trim_end_matches('.')),
            None => what,
        }
    }

    /// The same in a few words, for a line that says more than that; its times are those of the playbook's zone.
    pub fn brief(&self, copy: &MailCopy) -> String {
        let reason = || copy.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        match (copy.state, copy.until.or(copy.dispatch.due)) {
            (CopyState::Waiting, Some(until)) => format!("waits until {}{}", self.clock(until), reason()),
            (CopyState::Waiting, None) => format!("waits{}", reason()),
            (CopyState::Draft, _) => "a draft that a person releases".to_owned(),
            (CopyState::Claimed, _) => "is being sent".to_owned(),
            (CopyState::Sent, _) => {
                format!("sent on {}", copy.dispatch.sent_at.map(|at| self.clock(at)).unwrap_or_default())
            }
            (CopyState::Skipped, _) => format!("skipped{}", reason()),
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

fn is_held(copy: &MailCopy, hold: Hold) -> bool {
    copy.state == CopyState::Waiting && copy.reason.as_deref() == Some(hold.name())
}

#[cfg(test)]
mod tests {
    use attractor_store::copies::Dispatch;

    use super::*;
    use crate::sending::testing::copy;

    const AT: i64 = 5;
    const LATER: i64 = 86_400_000;

    fn words(timing: Timing) -> CopyWords {
        CopyWords { timings: BTreeMap::from([(copy("a").lead, timing)]), ..CopyWords::default() }
    }

    fn waiting(reason: &str, until: Option<i64>) -> MailCopy {
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        MailCopy { reason, until, ..copy("offer") }
    }

    #[test]
    fn what_is_so_is_one_sentence_with_its_instant() {
        let draft = |not_after| MailCopy { state: CopyState::Draft, not_after, ..copy("offer") };
        let over = |state, reason: &str| MailCopy { state, ..waiting(reason, None) };
        let sent = Dispatch { sent_at: Some(LATER), ..Dispatch::default() };
        let none = Timing::default();
        let pause = Timing { not_before: Some(LATER), ..none };
        let every = Timing { every: Some(14 * LATER), ..none };
        let day = "1970-01-02T00:00:00.000Z";
        let (draft_in_brief, waiting_in_brief) =
            ("a draft that a person releases", format!("waits until {day}: cadence"));
        assert_eq!(words(none).brief(&draft(None)), draft_in_brief);
        assert_eq!(words(none).brief(&waiting("cadence", Some(LATER))), waiting_in_brief);
        assert_eq!(words(none).brief(&over(CopyState::Skipped, "too_late")), "skipped: too_late");
        for (timing, copy, expected) in [
            (none, draft(None), "waits as a draft. Its sequence is in review: somebody must release it".to_owned()),
            (
                none,
                draft(Some(LATER)),
                format!("waits as a draft. Its sequence is in review: somebody must release it before {day}"),
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
                    "waits. The lead got an e-mail lately, and chose to get at most one every 2w; the next may leave from \
                     {day} on"
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
                waiting("domain_unverified", None),
                "waits. The domain of the sender is not verified yet".to_owned(),
            ),
            (none, MailCopy { state: CopyState::Sent, dispatch: sent, ..copy("offer") }, format!("was sent on {day}")),
            (none, over(CopyState::Skipped, "too_late"), "was skipped. It was too late to send it".to_owned()),
            (none, over(CopyState::Failed, "550 no"), "failed. The mail server refused it: 550 no".to_owned()),
            (none, over(CopyState::Withdrawn, ""), "was withdrawn".to_owned()),
        ] {
            assert_eq!(words(timing).sentence(&copy), expected);
        }
        let paused = CopyWords { paused: Some("we move house.".into()), ..CopyWords::default() };
        assert_eq!(paused.sentence(&waiting("cadence", Some(LATER))), "waits. Sending is paused: we move house");
    }
}
