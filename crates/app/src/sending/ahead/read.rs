//! Reads what a forecast begins with.

use std::collections::BTreeSet;

use attractor_engine::playbook::{Action, Playbook, Step};
use attractor_engine::time::Instant;
use attractor_store::copies::{self, MailCopy};
use attractor_store::{Connection, Error, LeadId, leads};

use super::foreseen::ForeseenCopy;
use super::future::Future;
use crate::App;
use crate::leads::key::LeadKey;
use crate::refusal::Refusal;
use crate::sending::emails::Emails;
use crate::sending::sender::Sender;
use crate::sending::situation::{KnownLead, Rules, Situation};

/// What forecasts are made with; kept from one piece of the leads to the next.
pub struct Forecast {
    pub rules: Rules,
    emails: Emails,
}

impl Forecast {
    /// Of an installation as its settings are.
    pub fn of(app: &App) -> Result<Forecast, Refusal> {
        let sender = Sender::of(&app.settings).map_err(|why| Refusal::Failed(format!("`sender_email`: {why}")))?;
        let rules = Rules::of(app, sender, app.account.is_real()).map_err(Refusal::Failed)?;
        Ok(Forecast { rules, emails: Emails::default() })
    }

    /// What becomes of the copies of some leads from now until an instant, if nothing happens.
    pub fn foresee(
        &mut self,
        connection: &mut Connection,
        (now, until): (Instant, Instant),
        mut rows: Vec<leads::Lead>,
    ) -> Result<Vec<ForeseenCopy>, Error> {
        let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
        let open = copies::open_of_leads(connection, &ids)?;
        let busy: BTreeSet<LeadId> = open.iter().map(|copy| copy.lead).collect();
        let changes = |row: &leads::Lead| row.wake.is_some_and(|at| at <= until.0);
        rows.retain(|row| row.became.is_none() && (busy.contains(&row.id) || changes(row)));
        if rows.is_empty() && open.is_empty() {
            return Ok(Vec::new());
        }
        self.future(connection, now, rows, open).map(|future| future.until(until))
    }

    fn future(
        &mut self,
        connection: &mut Connection,
        now: Instant,
        rows: Vec<leads::Lead>,
        open: Vec<MailCopy>,
    ) -> Result<Future<'_>, Error> {
        let mut situation = Situation::of_leads(connection, &self.rules, now, (rows, &open))?;
        let known: Vec<&KnownLead> = situation.leads().collect();
        self.emails.read(connection, situation.editions())?;
        let choosing = known.iter().filter(|lead| lead.under.as_ref().is_some_and(|of| chooses(of.program.playbook())));
        let choosing: BTreeSet<LeadId> = choosing.map(|lead| lead.row.id).collect();
        let keys = LeadKey::of_all(connection, &known.iter().map(|lead| &lead.row).collect::<Vec<_>>())?;
        if !choosing.is_empty() {
            situation.read_library(connection, choosing)?;
        }
        Ok(Future::new(situation, keys, open, &mut self.emails))
    }
}

/// Whether a step of a playbook sends the best unread piece.
fn chooses(playbook: &Playbook) -> bool {
    playbook.sequences.iter().any(|sequence| sends_best(&sequence.steps))
}

fn sends_best(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Send { email, .. } => email.is_none(),
        Action::Branch { then, otherwise, .. } => sends_best(then) || sends_best(otherwise),
        Action::Wait(_) | Action::WaitUntil { .. } | Action::Alert { .. } => false,
    })
}
