//! Which rule of the cadence keeps copies back, for the sentences about them. The gate asks the same of everything that it
//! knows of a batch; here it is read for leads whose copies are shown.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_live::profile::Profile;
use attractor_live::timing::Timing;
use attractor_live::{Under, Versions};
use attractor_mail::gate::Class;
use attractor_store::{Connection, Error, LeadId, leads};

use super::cadence::{Budget, Levels, said};
use super::pace::{self, paced};
use super::situation::paced_stage;

/// What the budget of a lead depends on, but for what it got.
#[derive(Default)]
pub struct LeadBudget {
    under: Option<Under>,
    /// The ladder of the cadence, and the lead's stage on it.
    stage: Option<(String, String)>,
    levels: Levels,
    timing: Timing,
}

impl LeadBudget {
    /// Of a lead without a cadence, by what it chose.
    #[cfg(test)]
    pub fn chosen(timing: Timing) -> LeadBudget {
        LeadBudget { timing, ..LeadBudget::default() }
    }

    /// Until when the lead chose to get nothing of a class, if it did.
    pub fn pause(&self, class: Class) -> Option<i64> {
        self.timing.not_before.filter(|_| matches!(class, Class::Marketing | Class::Answer))
    }

    /// The rule that keeps a copy of a class back until an instant, in English; `None` where none does any more.
    pub fn rule(&self, class: Class, until: Instant) -> Option<String> {
        let cadence = self.under.as_ref().and_then(|under| under.program.playbook().cadence.as_ref());
        let stage = self.stage.as_ref().map(|(ladder, stage)| (ladder.as_str(), stage.as_str()));
        let budget = Budget {
            cadence,
            stage: stage.map(|(_, stage)| stage),
            levels: self.levels,
            timing: &self.timing,
            last_left: None,
        };
        Some(said(budget.rule_until(class, until)?, self.under.as_ref(), stage))
    }
}

/// By the id under which a copy has its lead, the budget of the lead that this is now.
pub fn of_leads(
    connection: &mut Connection,
    versions: &Versions,
    rows: &BTreeMap<LeadId, leads::Lead>,
    profiles: &BTreeMap<LeadId, Profile>,
) -> Result<BTreeMap<LeadId, LeadBudget>, Error> {
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let of_stages = pace::stage_levels(connection)?;
    let of_leads = pace::levels(connection, rows.values())?;
    let budget = |row: &leads::Lead| {
        let under = versions.of(&row.name);
        let stage = under.as_ref().and_then(|under| paced_stage(row, under));
        let stage = stage.map(|(ladder, stage)| (ladder.to_owned(), stage.to_owned()));
        let of_stage = stage.as_ref().and_then(|(ladder, stage)| of_stages.get(&paced(ladder, stage)));
        let levels = Levels {
            stage: of_stage.copied().unwrap_or_default(),
            lead: of_leads.get(&row.id).copied().unwrap_or_default(),
        };
        let timing = profiles.get(&row.id).map(|profile| profile.timing).unwrap_or_default();
        LeadBudget { under, stage, levels, timing }
    };
    Ok(rows.iter().map(|(id, row)| (*id, budget(row))).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use attractor_engine::playbook::read;
    use attractor_engine::program::Program;
    use attractor_engine::time::Duration;
    use attractor_store::VersionNumber;

    use super::*;

    const TEXT: &str = "playbook: test
scores: [{id: fit, rules: [{id: a, event: A, points: 1}]}]
ladders: [{id: life, score: fit, stages: [{id: cold, name: Cold leads}, {id: hot, from: 9}]}]
cadence: {ladder: life, every: {cold: 30d, hot: 7d}, answer: 2d}
";

    #[test]
    fn a_copy_that_waits_names_the_rule_that_holds_it() {
        let program = Program::new(read(TEXT).playbook.unwrap(), &jiff::tz::TimeZoneDatabase::bundled()).unwrap();
        let under = Under { version: VersionNumber(1), program: Arc::new(program), at: Instant(0), enrols: true };
        let day = Duration::DAY.0;
        let budget = |stage: &str, timing| LeadBudget {
            under: Some(under.clone()),
            stage: Some(("life".to_owned(), stage.to_owned())),
            levels: Levels::default(),
            timing,
        };
        let none = Timing::default();
        let pause = Timing { not_before: Some(9), ..none };
        let rare = Timing { every: Some(14 * day), ..none };
        for (stage, timing, class, expected) in [
            ("cold", none, Class::Marketing, "Leads in the stage Cold leads get at most one e-mail every 30 days"),
            ("hot", none, Class::Marketing, "Leads in the stage hot get at most one e-mail every 7 days"),
            ("hot", rare, Class::Marketing, "The lead chose to get at most one e-mail every 14 days"),
            ("cold", none, Class::Answer, "An answer leaves 2 days after the last e-mail at the earliest"),
            ("cold", pause, Class::Marketing, "The lead chose a pause"),
        ] {
            assert_eq!(budget(stage, timing).rule(class, Instant(9)).as_deref(), Some(expected));
        }
        assert_eq!(budget("cold", none).rule(Class::Transactional, Instant(9)), None);
        assert_eq!(LeadBudget::default().rule(Class::Marketing, Instant(9)), None, "without a cadence");
    }
}
