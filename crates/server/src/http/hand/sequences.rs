//! `POST /api/leads/{id}/enroll`, `/stop`: a sequence entered or ended by hand.

use attractor_app::hand;
use attractor_app::hand::deed::Deed;
use attractor_app::leads::hearing::EnrolledByHand;
use attractor_app::leads::whole::WholeLead;
use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Hand;
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InSequence {
    /// Its id
    sequence: String,
}

/// Enrolls a lead in a sequence, whatever its `enroll`, `again` and holdout and the lead's deals say
///
/// `hearing` says which of its e-mails would be skipped, because the lead has not agreed to them for example, and which of them
/// the lead has had before or has waiting: a sequence that has ended sends them again. It also says whether they are drafts
/// first, and which copies that wait may leave later because these e-mails count in the lead's budget.
#[utoipa::path(post, path = "/api/leads/{id}/enroll", params(("id" = String, Path)), request_body = InSequence,
    responses((status = 200, body = EnrolledByHand),
        (status = 409, description = "It would have no effect: the lead is in the sequence, has reached its goal, or does \
not fulfil its `while`; the answer says which, and what would help")))]
pub async fn enroll(hand: Hand, JsonBody(body): JsonBody<InSequence>) -> Result<Json<EnrolledByHand>, Problem> {
    let Hand { app, actor, whom } = hand;
    Ok(Json(hand::enroll(&app, &actor, whom, body.sequence).await?))
}

/// Ends a lead's enrollment in a sequence
#[utoipa::path(post, path = "/api/leads/{id}/stop", params(("id" = String, Path)), request_body = InSequence,
    responses((status = 200, body = WholeLead)))]
pub async fn stop(hand: Hand, JsonBody(body): JsonBody<InSequence>) -> Result<Json<WholeLead>, Problem> {
    hand.does(Deed::Stop(body.sequence)).await
}
