//! `POST /api/outbox/{send_id}/again`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::sending::again;
use attractor_app::sending::list::OutboxCopy;
use axum::extract::State;
use axum::{Extension, Json};

use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Send a copy again of which it is not known whether it arrived
///
/// Only copies that are `in_doubt` can be sent again. If the first mail did arrive, the person gets a second one. The copy waits
/// for its turn, and everything that keeps e-mails back is asked once more. Its sequence went on when the copy became in doubt,
/// and stays where it is. In the path, each `/` of the id is written as `%2F`.
#[utoipa::path(post, path = "/api/outbox/{send_id}/again", params(("send_id" = String, Path)), responses(
    (status = 200, body = OutboxCopy), (status = 404, description = "There is no such copy, or it was erased"),
    (status = 409, description = "It is not in doubt, is too late, its lead is one with another now, or its broadcast was stopped")))]
pub async fn send(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(send_id): Path<String>,
) -> Result<Json<OutboxCopy>, Problem> {
    Ok(Json(again::send_again(&app, &actor, send_id).await?))
}
