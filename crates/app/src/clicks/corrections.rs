//! Verdicts that turn out to be others: because more is known of a copy, or because a person says so. The events that the
//! earlier verdict became are amended, and their leads are what they would have been had it been known from the start.

use attractor_engine::time::Instant;
use attractor_live::{Amended, Deed};
use attractor_mail::judge::{Evidence, Verdict};
use attractor_store::Error;
use attractor_store::mail_requests::{self, Judged, MailRequest};
use attractor_store::moves::MoveReason;
use serde_json::{Map, Value, json};

use super::copy::FoundCopy;
use super::judging::key;
use super::messages::{MessageIds, Requested, Source};
use crate::leads::key::LeadKey;
use crate::stored::of_row;

/// Who corrected a verdict, in its evidence.
const CORRECTED: &str = "corrected";

/// The evidence of a request's verdict; `null` where there is no verdict. Evidence that cannot be read is counted and logged,
/// and is `null` too.
pub fn evidence_of(request: &MailRequest) -> Value {
    let judged = request.judged.as_ref();
    let read = |judged: &Judged| of_row::<Map<_, _>>(&judged.evidence, "mail_requests", named(request)).ok();
    judged.and_then(read).map(Value::Object).unwrap_or_default()
}

/// The kinds of evidence that a request's verdict is based on; none where there is no verdict.
pub fn kinds_of_evidence(request: &MailRequest) -> Vec<Evidence> {
    let evidence = evidence_of(request);
    let findings = evidence["findings"].as_array().into_iter().flatten();
    findings.filter_map(|finding| Evidence::from_name(finding["evidence"].as_str()?)).collect()
}

/// A request in a log: its copy, and which of the copy's requests it is.
fn named(request: &MailRequest) -> String {
    format!("{}, request {}", request.send_id, request.number)
}

/// The verdict of a request that a person gave: no evidence changes it any more.
pub fn given_by_a_person(request: &MailRequest) -> Option<&Judged> {
    request.judged.as_ref().filter(|_| evidence_of(request).get(CORRECTED).is_some())
}

/// The verdict that a person gives, beside the evidence that was there.
pub fn by_a_person(request: &MailRequest, before: &Judged, verdict: Verdict, by: &str, at: Instant) -> Judged {
    let mut evidence = evidence_of(request);
    evidence[CORRECTED] = json!({"by": by, "at": at.to_string(), "before": before.verdict});
    Judged { verdict: verdict.name().to_owned(), evidence: evidence.to_string() }
}

/// Replaces the verdict of a request, and amends what it became. `by` is named in the message.
pub fn apply(
    deed: &mut Deed<'_, '_>,
    copy: &FoundCopy,
    request: &MailRequest,
    judged: Judged,
    by: &str,
    now: Instant,
) -> Result<(), Error> {
    let is_human = judged.verdict == Verdict::Human.name();
    mail_requests::correct(deed.connection(), &[(key(request), judged)])?;
    let (Some(requested), Some(lead)) = (Requested::of(request.link), copy.lead(deed.connection())?) else {
        return Ok(());
    };
    let ids = MessageIds::of(key(request));
    deed.judge(lead.id, &ids.event(), !is_human, by)?;
    if !matches!(requested, Requested::Click(_)) {
        return Ok(());
    }
    let reason = Some(MoveReason::Verdict);
    if !is_human {
        deed.withdraw(lead.id, &ids.sets(), reason)?;
        return deed.withdraw(lead.id, &ids.visitor(), reason).map(drop);
    }
    if deed.reinstate(lead.id, &ids.sets(), reason)? == Amended::Done {
        return Ok(());
    }
    let name = LeadKey::of(deed.connection(), &lead)?;
    // Only what the click says of its lead is new: the click itself is there.
    let source = Source { copy, request, is_human, by_proxy: false, sent_at: request.at };
    let messages: Vec<_> = source.messages(&name, now).into_iter().skip(1).collect();
    if messages.is_empty() { Ok(()) } else { deed.take(&messages).map(drop) }
}
