//! A forecast in plain English: each copy in one sentence with its instant.

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_store::copies::CopyState;

use super::foreseen::{Estimate, ForeseenCopy, ForeseenEnd, ForeseenHold};
use crate::sending::words::{held, in_words, in_words_ahead, is_of_draft, lower};

/// What becomes of a copy; `names` is what the playbook calls its parts, `minute` what clocks show in its time zone.
pub fn sentence(foreseen: &ForeseenCopy, names: &Names, minute: &dyn Fn(Instant) -> String) -> String {
    let at = foreseen.at.map(minute).unwrap_or_default();
    let estimate = foreseen.estimate.map(|estimate| format!(" ({})", because(estimate))).unwrap_or_default();
    match &foreseen.end {
        ForeseenEnd::Leaves if foreseen.estimate == Some(Estimate::UnderWay) => "Is leaving now.".to_owned(),
        ForeseenEnd::Leaves => format!("Leaves on {at}{estimate}."),
        ForeseenEnd::Skipped(reason) if is_of_draft(reason) => {
            format!("Will be skipped on {at}{estimate} unless somebody releases the draft before.")
        }
        ForeseenEnd::Skipped(reason) => {
            let why = in_words_ahead(reason, names);
            format!("Will be skipped on {at}{estimate}: {}", lower(&why))
        }
        ForeseenEnd::Withdrawn => format!("Will be withdrawn on {at}{estimate}, because its sequence ends then."),
        ForeseenEnd::Waits => waits(foreseen, minute),
    }
}

fn waits(foreseen: &ForeseenCopy, minute: &dyn Fn(Instant) -> String) -> String {
    if foreseen.copy.state == CopyState::Draft {
        let last = foreseen.copy.not_after.map(|last| format!(" before {}", minute(Instant(last)))).unwrap_or_default();
        let since = minute(Instant(foreseen.copy.asked_at));
        return format!("Is a draft from {since} on, until somebody releases it{last}.");
    }
    match foreseen.holds.last() {
        Some(hold) => hold_words(hold, minute),
        None => "Waits for its turn, which is not set yet.".to_owned(),
    }
}

/// What keeps a copy back.
pub fn hold_words(hold: &ForeseenHold, minute: &dyn Fn(Instant) -> String) -> String {
    let words = || in_words(&hold.reason, &Names::default()).trim_end_matches('.').to_owned();
    let why = hold.rule.clone().unwrap_or_else(words);
    held(&why, (hold.from, hold.until), minute)
}

/// Why an instant is an estimate.
pub fn because(estimate: Estimate) -> &'static str {
    match estimate {
        Estimate::Paused => "an estimate: sending is paused, and this is as if it were resumed now",
        Estimate::Rate => "an estimate: the number of e-mails within a time is limited",
        Estimate::WarmUp => "an estimate: the sender domain warms up",
        Estimate::Server => "an estimate: the mail server asked to try again later",
        Estimate::Adapts => "an estimate: the cadence adapts each day",
        Estimate::ReEvaluation => "an estimate: leads are being evaluated again",
        Estimate::UnderWay => "an estimate: it is being handed to the mail server",
    }
}

#[cfg(test)]
mod tests {
    use attractor_store::copies::MailCopy;

    use super::*;
    use crate::sending::testing::copy;

    fn foreseen(end: ForeseenEnd, at: Option<i64>, estimate: Option<Estimate>) -> ForeseenCopy {
        ForeseenCopy { end, at: at.map(Instant), estimate, ..ForeseenCopy::new(copy("offer"), true) }
    }

    fn held(reason: &str, until: Option<i64>, rule: Option<&str>) -> ForeseenCopy {
        let mut copy = foreseen(ForeseenEnd::Waits, None, None);
        copy.hold(reason, Instant(3), until.map(Instant), rule.map(str::to_owned));
        copy
    }

    #[test]
    fn each_end_is_one_sentence_with_its_instant() {
        let skipped = |reason: &str| ForeseenEnd::Skipped(reason.to_owned());
        let draft = |not_after| {
            let copy = MailCopy { state: CopyState::Draft, not_after, ..copy("offer") };
            ForeseenCopy { copy, ..foreseen(ForeseenEnd::Waits, None, None) }
        };
        let rule = "Leads in the stage Cold get at most one e-mail every 30 days";
        for (foreseen, expected) in [
            (foreseen(ForeseenEnd::Leaves, Some(9), None), "Leaves on 9."),
            (
                foreseen(ForeseenEnd::Leaves, Some(9), Some(Estimate::WarmUp)),
                "Leaves on 9 (an estimate: the sender domain warms up).",
            ),
            (foreseen(ForeseenEnd::Leaves, Some(9), Some(Estimate::UnderWay)), "Is leaving now."),
            (foreseen(skipped("too_late"), Some(9), None), "Will be skipped on 9: it is too late to send it by then."),
            (
                foreseen(skipped("too_late: draft"), Some(9), None),
                "Will be skipped on 9 unless somebody releases the draft before.",
            ),
            (
                foreseen(ForeseenEnd::Withdrawn, Some(9), None),
                "Will be withdrawn on 9, because its sequence ends then.",
            ),
            (held("cadence", Some(9), Some(rule)), &format!("{rule}: it waits until 9.")),
            (held("window", Some(9), None), "It is outside the sending hours where the lead is: it waits until 9."),
            (
                held("domain_unverified", None, None),
                "The domain of the sender is not verified yet: it waits from 3 on, until that ends.",
            ),
            (draft(None), "Is a draft from 5 on, until somebody releases it."),
            (draft(Some(9)), "Is a draft from 5 on, until somebody releases it before 9."),
            (foreseen(ForeseenEnd::Waits, None, None), "Waits for its turn, which is not set yet."),
        ] {
            assert_eq!(sentence(&foreseen, &Names::default(), &|at| at.0.to_string()), expected);
        }
        assert!(Estimate::ALL.iter().all(|one| because(*one).starts_with("an estimate: ")));
    }
}
