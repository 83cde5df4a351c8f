//! Which interval applies to a lead: the slowest of its stage's, its own and what it chose (contract §4.11, 6 and 7).

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::condition::Names;
use attractor_engine::time::Duration;
use attractor_live::Versions;
use attractor_live::timing::Timing;
use attractor_mail::gate::Class;
use attractor_store::{Connection, Error, LeadId, leads};

use super::{levels, paced, stage_levels};
use crate::leads::joined::present;
use crate::leads::profiles;
use crate::sending::cadence::{Budget, BudgetRule, Levels};
use crate::sending::situation::paced_stage;
use crate::sending::words::rhythm;

/// The interval that applies to a lead now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub every: Duration,
    by: AppliedBy,
}

/// Whose interval it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum AppliedBy {
    /// The name of the lead's stage.
    Stage(String),
    /// The lead's own, as it was adapted.
    Own,
    /// What the lead chose.
    Choice,
}

impl Applied {
    /// What is added to the reason of a change after which the lead's own interval was `own`: that another one applies.
    pub fn words(&self, own: Duration) -> String {
        let leaves = format!("at most one e-mail leaves every {}", rhythm(self.every));
        match &self.by {
            _ if self.every == own => String::new(),
            AppliedBy::Choice => format!(", but {leaves}, because the lead chose that"),
            AppliedBy::Stage(name) if self.every > own => format!(", but {leaves}, because its stage {name} is slower"),
            AppliedBy::Stage(_) | AppliedBy::Own => format!(", and by now {leaves}"),
        }
    }

    fn of(budget: Budget, stage: &str) -> Option<Applied> {
        let rule = budget.slowest(Class::Marketing)?;
        let levels = Levels { lead: 0, ..budget.levels };
        let by = match rule {
            BudgetRule::Chosen { .. } => AppliedBy::Choice,
            _ if (Budget { levels, ..budget }).slowest(Class::Marketing) == Some(rule) => {
                AppliedBy::Stage(stage.to_owned())
            }
            _ => AppliedBy::Own,
        };
        Some(Applied { every: rule.interval()?, by })
    }
}

/// What applies to these leads, or to those that they are one with now; nothing of those that are gone, that wait to be
/// evaluated again or that no interval holds back.
pub(super) fn of_leads(
    connection: &mut Connection,
    versions: &Versions,
    ids: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, Applied>, Error> {
    let rows = present(connection, ids)?;
    let profiles = profiles::of(connection, rows.values())?;
    let (of_leads, of_stages) = (levels(connection, rows.values())?, stage_levels(connection)?);
    let one = |row: &leads::Lead| {
        let lead = of_leads.get(&row.id).copied().unwrap_or_default();
        applied(versions, row, &profiles.get(&row.id)?.timing, (&of_stages, lead))
    };
    Ok(rows.iter().filter_map(|(id, row)| Some((*id, one(row)?))).collect())
}

fn applied(
    versions: &Versions,
    row: &leads::Lead,
    timing: &Timing,
    (of_stages, lead): (&BTreeMap<String, i32>, i32),
) -> Option<Applied> {
    let under = versions.of(&row.name)?;
    let playbook = under.program.playbook();
    let cadence = playbook.cadence.as_ref()?;
    let (ladder, stage) = paced_stage(row, &under)?;
    let levels = Levels { stage: of_stages.get(&paced(ladder, stage)).copied().unwrap_or_default(), lead };
    let budget = Budget { cadence: Some(cadence), stage: Some(stage), levels, timing, last_left: None };
    Applied::of(budget, Names::of(playbook).stage(ladder, stage))
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::{Adapt, Cadence};

    use super::*;

    fn days(days: i64) -> Duration {
        Duration(days * Duration::DAY.0)
    }

    #[test]
    fn the_slowest_applies_and_is_named_where_it_is_not_what_the_change_gave() {
        let adapt = Adapt {
            slow_below: 0.1,
            quicken_above: 0.4,
            over: days(30),
            min_sent: 50,
            factor: 2.0,
            between: (days(4), days(60)),
        };
        let cadence =
            Cadence { ladder: "life".into(), every: vec![("cold".into(), days(14))], answer: None, adapt: Some(adapt) };
        let slower = ", but at most one e-mail leaves every 14 days, because its stage Cold is slower";
        let chosen = ", but at most one e-mail leaves every 30 days, because the lead chose that";
        for (stage, lead, choice, own, every, words) in [
            (0, -1, None, 7, 14, slower),
            (-1, -1, None, 7, 7, ""),
            (0, 1, None, 28, 28, ""),
            (2, 1, None, 28, 56, ", but at most one e-mail leaves every 8 weeks, because its stage Cold is slower"),
            (0, 1, Some(30), 28, 30, chosen),
            (0, -1, Some(30), 7, 30, chosen),
            (0, 1, Some(20), 28, 28, ""),
            // The change was undone, or another one came behind it.
            (0, 0, None, 28, 14, ", and by now at most one e-mail leaves every 14 days"),
            (0, 2, None, 28, 56, ", and by now at most one e-mail leaves every 8 weeks"),
        ] {
            let timing = Timing { every: choice.map(|choice| days(choice).0), ..Timing::default() };
            let levels = Levels { stage, lead };
            let budget =
                Budget { cadence: Some(&cadence), stage: Some("cold"), levels, timing: &timing, last_left: None };
            let applied = Applied::of(budget, "Cold").unwrap();
            assert_eq!(
                (applied.every, applied.words(days(own)).as_str()),
                (days(every), words),
                "{levels:?} {choice:?}"
            );
        }
    }
}
