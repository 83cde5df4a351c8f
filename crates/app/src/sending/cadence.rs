//! When a lead may get its next copy (contract §4.11, 1, 2, 6 and 7): the budget of its stage as it is adapted, and its own
//! choice.

use std::collections::BTreeMap;

use attractor_engine::cadence::{interval, slowest};
use attractor_engine::condition::Names;
use attractor_engine::playbook::Cadence;
use attractor_engine::time::{Duration, Instant};
use attractor_live::Under;
use attractor_live::timing::Timing;
use attractor_mail::gate::Class;

use super::pace::paced;
use super::words::{interval as interval_words, rhythm};

/// How often intervals were multiplied; 0: as the playbook says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Of the stage.
    pub stage: i32,
    /// Of the lead.
    pub lead: i32,
}

/// What a lead's budget depends on.
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    pub cadence: Option<&'a Cadence>,
    /// The lead's stage on the ladder of the cadence.
    pub stage: Option<&'a str>,
    pub levels: Levels,
    pub timing: &'a Timing,
    /// When its last copy of class marketing or answer left.
    pub last_left: Option<Instant>,
}

/// Which rule keeps a copy back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetRule {
    /// The interval of the lead's stage, as it is adapted.
    Stage { every: Duration },
    /// The interval between answers.
    Answer { every: Duration },
    /// The lead chose to get at most one in this time.
    Chosen { every: Duration },
    /// The lead chose a pause.
    Pause,
}

/// The instant from which on a copy may leave; `None` where nothing keeps it back.
pub fn free_from(budget: Budget, class: Class) -> Option<Instant> {
    budget.rule(class).map(|(at, _)| at)
}

impl Budget<'_> {
    /// From when on a copy may leave, and by which rule; of several that end at one instant the lead's own choice.
    pub fn rule(&self, class: Class) -> Option<(Instant, BudgetRule)> {
        if matches!(class, Class::Transactional | Class::Alert) {
            return None;
        }
        let after_last = |rule: BudgetRule| Some((self.last_left? + rule.interval()?, rule));
        let pause = self.timing.not_before.map(|at| (Instant(at), BudgetRule::Pause));
        let rules = [self.slowest(class).and_then(after_last), pause];
        rules.into_iter().flatten().max_by_key(|(at, _)| *at)
    }

    /// The rule that keeps a copy of a class back until an instant, as the gate found it.
    pub fn rule_until(&self, class: Class, until: Instant) -> Option<BudgetRule> {
        match self.timing.not_before == Some(until.0) {
            true => Some(BudgetRule::Pause),
            false => self.slowest(class),
        }
    }

    /// The rule with the longest interval between two copies of a class; of equal ones the lead's own choice.
    pub fn slowest(&self, class: Class) -> Option<BudgetRule> {
        let of_stage = |cadence: &Cadence| {
            let (_, every) = cadence.every.iter().find(|(stage, _)| Some(stage.as_str()) == self.stage)?;
            Some(BudgetRule::Stage { every: adapted(cadence, *every, self.levels) })
        };
        let budgeted = match class {
            Class::Marketing => self.cadence.and_then(of_stage),
            Class::Answer => self.cadence.and_then(|cadence| Some(BudgetRule::Answer { every: cadence.answer? })),
            Class::Transactional | Class::Alert => return None,
        };
        let chosen = self.timing.every.map(|every| BudgetRule::Chosen { every: Duration(every) });
        [budgeted, chosen].into_iter().flatten().max_by_key(|rule| rule.interval())
    }
}

impl BudgetRule {
    /// The time between two copies.
    pub fn interval(self) -> Option<Duration> {
        match self {
            BudgetRule::Stage { every } | BudgetRule::Answer { every } | BudgetRule::Chosen { every } => Some(every),
            BudgetRule::Pause => None,
        }
    }

    /// What it demands, in English; `stage` is the name of the lead's stage.
    pub fn words(self, stage: &str) -> String {
        match self {
            BudgetRule::Stage { every } => {
                format!("Leads in the stage {stage} get at most one e-mail every {}", rhythm(every))
            }
            BudgetRule::Answer { every } => {
                format!("An answer leaves {} after the last e-mail at the earliest", interval_words(every))
            }
            BudgetRule::Chosen { every } => {
                format!("The lead chose to get at most one e-mail every {}", rhythm(every))
            }
            BudgetRule::Pause => "The lead chose a pause".to_owned(),
        }
    }
}

/// A rule in English, for a lead that lives under a version, in this stage of its ladder.
pub fn said(rule: BudgetRule, under: Option<&Under>, stage: Option<(&str, &str)>) -> String {
    let names = under.map(|under| Names::of(under.program.playbook())).unwrap_or_default();
    let stage = stage.map(|(ladder, stage)| names.stage(ladder, stage).to_owned());
    rule.words(&stage.unwrap_or_default())
}

/// The longest interval of all stages, as they are adapted now; `levels` are those of stages, by LADDER/STAGE.
pub fn longest(cadence: &Cadence, levels: &BTreeMap<String, i32>) -> Option<Duration> {
    let of_stage = |(stage, every): &(String, Duration)| {
        let stage = levels.get(&paced(&cadence.ladder, stage)).copied().unwrap_or_default();
        adapted(cadence, *every, Levels { stage, lead: 0 })
    };
    cadence.every.iter().map(of_stage).max()
}

/// The interval of a stage for a lead: the slower of the stage's, adapted or not, and the lead's where that was adapted. So
/// a lead gets more only where its stage does, too.
fn adapted(cadence: &Cadence, every: Duration, levels: Levels) -> Duration {
    let Some(adapt) = &cadence.adapt else { return every };
    let of_stage = interval(adapt, every, levels.stage);
    let of_lead = (levels.lead != 0).then(|| interval(adapt, every, levels.lead));
    slowest([Some(of_stage), of_lead]).unwrap_or(every)
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::Adapt;

    use super::*;

    const DAY: i64 = Duration::DAY.0;

    #[test]
    fn the_longest_interval_that_applies_counts_from_the_last_copy() {
        let days = |days: i64| Duration(days * DAY);
        let cadence = Cadence {
            ladder: "life".into(),
            every: vec![("cold".into(), days(30)), ("hot".into(), days(7))],
            answer: Some(days(1)),
            adapt: None,
        };
        use Class::{Alert, Answer, Marketing, Transactional};
        for (class, stage, every, not_before, last, free) in [
            (Marketing, Some("cold"), None, None, Some(1), Some(31)),
            (Marketing, Some("hot"), None, None, Some(1), Some(8)),
            (Marketing, Some("hot"), Some(14), None, Some(1), Some(15)),
            (Marketing, Some("cold"), Some(14), None, Some(1), Some(31)),
            (Marketing, Some("warm"), None, None, Some(1), None),
            (Marketing, None, Some(2), None, Some(1), Some(3)),
            (Marketing, Some("cold"), None, None, None, None),
            (Marketing, Some("cold"), None, Some(40), None, Some(40)),
            (Marketing, Some("cold"), None, Some(20), Some(1), Some(31)),
            (Answer, Some("cold"), None, None, Some(1), Some(2)),
            (Answer, Some("cold"), Some(14), None, Some(1), Some(15)),
            (Transactional, Some("cold"), Some(14), Some(40), Some(1), None),
            (Alert, Some("cold"), Some(14), Some(40), Some(1), None),
        ] {
            let day = |day: i64| day * DAY;
            let timing = Timing { every: every.map(day), not_before: not_before.map(day), away_until: None };
            let last_left = last.map(|last| Instant(day(last)));
            let levels = Levels::default();
            let budget = Budget { cadence: Some(&cadence), stage, levels, timing: &timing, last_left };
            let found = free_from(budget, class).map(|at| at.0 / DAY);
            assert_eq!(found, free, "{class:?} {stage:?} every {every:?} from {not_before:?} after {last:?}");
        }
        let timing = Timing::default();
        let levels = Levels { stage: 3, lead: 3 };
        let free = Budget { cadence: None, stage: None, levels, timing: &timing, last_left: Some(Instant(0)) };
        assert_eq!(free_from(free, Marketing), None, "without a cadence");
    }

    #[test]
    fn the_slowest_counts_within_its_bounds_and_a_stage_that_was_not_adapted_counts_as_it_is() {
        let days = |days: i64| Duration(days * DAY);
        let between = (days(4), days(60));
        let adapt = Adapt { slow_below: 0.1, quicken_above: 0.4, over: days(30), min_sent: 50, factor: 2.0, between };
        let cadence = |adapt| Cadence { ladder: "life".into(), every: Vec::new(), answer: None, adapt };
        for (stage, lead, expected) in [
            (0, 0, 14),
            (1, 0, 28),
            (0, 1, 28),
            (1, 2, 56),
            (2, 1, 56),
            (3, 0, 60),
            (-1, 0, 7),
            (0, -1, 14),
            (0, -2, 14),
            (-1, -2, 7),
            (-1, 1, 28),
            (-2, -2, 4),
        ] {
            let levels = Levels { stage, lead };
            assert_eq!(adapted(&cadence(Some(adapt.clone())), days(14), levels), days(expected), "{levels:?}");
            assert_eq!(adapted(&cadence(None), days(14), levels), days(14), "the playbook adapts no more");
        }
    }
}
