//! Forgets what was measured of a person, while the person itself stays.

use attractor_live::Deed;
use attractor_store::{Error, LeadId};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::clicks::messages::is_caused;
use crate::leads::find;
use crate::refusal::Refusal;

/// What was forgotten
#[derive(Debug, Serialize, ToSchema)]
pub struct ForgottenMeasuring {
    /// How many events were deleted: opens, clicks and what they caused
    pub events: u64,
}

/// Deletes a lead's opens and clicks, and what they caused. Whether the lead is measured from now on is another question,
/// which its consent answers.
pub async fn forget(app: &App, actor: &Actor, whom: String) -> Result<ForgottenMeasuring, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.lane
        .run(move |lane| {
            let lead = lane.write(|connection| Ok(find::lead(connection, &whom)))??;
            let events = lane.deed(now, |deed| {
                let events = of_lead(deed, lead.id)?;
                let about = json!({"events": events});
                note(deed.connection(), &actor, now.0, "measuring forgotten", &lead.id.to_string(), &about)?;
                Ok(events)
            })?;
            Ok(ForgottenMeasuring { events })
        })
        .await?
}

/// The same of a lead that is there; how many events are gone.
pub(crate) fn of_lead(deed: &mut Deed<'_, '_>, lead: LeadId) -> Result<u64, Error> {
    Ok(deed.forget_measured(lead, is_caused)?.unwrap_or_default() as u64)
}
