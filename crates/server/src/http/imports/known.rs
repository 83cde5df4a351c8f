//! `POST /api/imports/known`: whom of a list the store knows.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::imports::{self, Known, Whom};
use axum::Json;
use axum::extract::State;

use crate::http::body::JsonBody;
use crate::http::problem::Problem;

/// Count which names and addresses are known, 1,000 of each at most. Nothing is stored
#[utoipa::path(post, path = "/api/imports/known", request_body = Whom,
    responses((status = 200, body = Known), (status = 422, description = "Too many names or addresses")))]
pub async fn known(State(app): State<Arc<App>>, JsonBody(asked): JsonBody<Whom>) -> Result<Json<Known>, Problem> {
    Ok(Json(imports::known(&app, asked).await?))
}
