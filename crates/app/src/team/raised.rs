//! Alerts, posted to webhooks that name them: each alert, whoever gets its mail.

use attractor_live::Versions;
use attractor_store::moves::Alert;
use attractor_store::{Connection, Error, leads};
use serde_json::json;

use crate::calls::Now;
use crate::calls::lead::known;
use crate::moves::instant;
use crate::webhooks::happening::{Happening, Listeners, posted_lead};

const NAME: &str = "alert.raised";

/// Asks for a delivery of an alert to each of these webhooks that wants its sequence, in the transaction of its letters. `row` is the lead, or the one
/// that it is one with now.
pub(super) fn post(
    connection: &mut Connection,
    listeners: &Listeners,
    (alert, row): (&Alert, &leads::Lead),
    versions: &Versions,
    now: Now,
) -> Result<(), Error> {
    let listeners = listeners.about(&alert.sequence);
    if listeners.is_empty() {
        return Ok(());
    }
    let leads = known(connection, versions, std::slice::from_ref(row))?;
    let lead = leads.get(&row.id);
    let Alert { sequence, step, to, say, .. } = alert;
    let data = json!({
        "lead": posted_lead(row.id, lead, now.leads), "to": to, "say": say, "sequence": sequence, "step": step,
        "at": instant(alert.at),
    });
    // By what tells alerts apart in the store.
    let id = format!("{}_{sequence}_{step}_{}", alert.lead, alert.began);
    let happening = Happening { name: NAME, id, lead: row.id, known: lead, data };
    listeners.post(connection, &happening, now)
}
