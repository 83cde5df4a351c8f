//! What was requested on a person's copies, as the export of the person has it: judged, or waiting for its verdict.

use attractor_engine::time::Instant;
use attractor_store::mail_requests::{self, Visit};
use attractor_store::{Connection, Error, LeadId};
use serde::Serialize;
use utoipa::ToSchema;

use super::judging::key;
use super::verdicts::{CorrectionItem, EvidenceItem, RequestedName, VerdictItem, VerdictName, items};

/// A request for a link or the pixel of an e-mail to a person
#[derive(Debug, Serialize, ToSchema)]
pub struct MeasuredRequest {
    #[schema(format = DateTime)]
    pub at: String,
    pub requested: RequestedName,
    /// Null while it waits for its verdict
    pub verdict: Option<VerdictName>,
    /// The sum of the evidence in decibans; from 30 on it is a machine
    pub weight: i64,
    /// The heaviest first
    pub evidence: Vec<EvidenceItem>,
    /// Where somebody has corrected the verdict
    pub corrected: Option<CorrectionItem>,
    /// The e-mail's id
    pub email: String,
    pub send_id: String,
    /// Where the link leads; null for opens
    pub url: Option<String>,
    /// The id of the topic that the link stands for
    pub topic: Option<String>,
    pub agent: String,
    /// Where it came from; null after 30 days
    pub address: Option<String>,
    /// The id of the site's visitor who followed the link
    pub visitor: Option<String>,
    /// When the site script ran behind the link
    #[schema(format = DateTime)]
    pub loaded_at: Option<String>,
    /// When a further page was viewed
    #[schema(format = DateTime)]
    pub went_on_at: Option<String>,
    /// When the visitor scrolled, or moved or touched something
    #[schema(format = DateTime)]
    pub acted_at: Option<String>,
}

/// Every request on the copies of some leads, the oldest first.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<MeasuredRequest>, Error> {
    let mut requests = mail_requests::of_leads(connection, leads)?;
    requests.sort_by_key(|request| (request.at, key(request)));
    let kept: Vec<(bool, Visit)> = requests.iter().map(|one| (one.judged.is_some(), one.visit.clone())).collect();
    let items = items(connection, requests)?;
    Ok(items.into_iter().zip(kept).map(|(item, (is_judged, visit))| measured(item, is_judged, visit)).collect())
}

fn measured(item: VerdictItem, is_judged: bool, visit: Visit) -> MeasuredRequest {
    let instant = |at: Option<i64>| at.map(|at| Instant(at).to_string());
    MeasuredRequest {
        at: item.at,
        requested: item.requested,
        verdict: is_judged.then_some(item.verdict),
        weight: item.weight,
        evidence: item.evidence,
        corrected: item.corrected,
        email: item.email,
        send_id: item.send_id,
        url: item.url,
        topic: item.topic,
        agent: item.agent,
        address: item.address,
        visitor: visit.visitor,
        loaded_at: instant(visit.loaded_at),
        went_on_at: instant(visit.went_on_at),
        acted_at: instant(visit.acted_at),
    }
}
