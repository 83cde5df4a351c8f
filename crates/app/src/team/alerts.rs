//! Alerts of sequences become letters.

use attractor_engine::time::Instant;
use attractor_store::moves::{self, Alert};
use attractor_store::{Connection, Error};

use super::letter::{LetterKind, ask, to_all};
use super::recipients::{lead, of_alert};
use super::words::{self, language};
use crate::leads::who;

/// As many become letters in one transaction.
pub(super) const PORTION: i64 = 50;

/// Writes the letters of alerts that wait; `lists` are those of the settings.
pub(super) fn mail(connection: &mut Connection, lists: &[String], now: Instant) -> Result<(), Error> {
    let alerts = moves::waiting_alerts(connection, PORTION)?;
    let language = language(connection)?;
    for alert in &alerts {
        let Some(row) = lead(connection, alert.lead)? else { continue };
        let people = of_alert(connection, lists, &alert.to, Some(&row))?;
        if people.is_empty() {
            tracing::error!(to = alert.to, "an alert reaches nobody: make a list in `alert_lists`, or a user");
        }
        let content = words::alert(language, &alert.say, &called(connection, alert)?);
        ask(connection, to_all(LetterKind::Alert, &people, &content, Some(row.id)), now)?;
    }
    moves::mark_mailed(connection, &alerts)
}

/// What people call the lead of an alert.
fn called(connection: &mut Connection, alert: &Alert) -> Result<String, Error> {
    let names = who::of(connection, [alert.lead])?.remove(&alert.lead).unwrap_or_default();
    let mut all: Vec<String> = Vec::new();
    for name in [names.lead_display_name, names.lead_email, names.lead_name].into_iter().flatten() {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    Ok(all.join(", "))
}
