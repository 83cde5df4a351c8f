//! `POST /api/outbox/drafts`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::sending::drafts::{self, DraftDecision, DraftsDecided};
use axum::extract::State;
use axum::{Extension, Json};

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

/// Release or reject drafts of sequences in review
///
/// Say which: some by their `send_id`, or all of a sequence. A released draft waits for its turn as all e-mails do. A
/// rejected draft is withdrawn for good, and its sequence goes on.
#[utoipa::path(post, path = "/api/outbox/drafts", request_body = DraftDecision, responses(
    (status = 200, body = DraftsDecided), (status = 422, description = "It does not say which, or names what is not a copy")))]
pub async fn decide(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(asked): JsonBody<DraftDecision>,
) -> Result<Json<DraftsDecided>, Problem> {
    Ok(Json(drafts::decide(&app, &actor, asked).await?))
}
