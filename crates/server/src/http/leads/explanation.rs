//! `GET /api/leads/{id}/explanation`: one lead, for people.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::leads::one;
use axum::extract::State;

use super::show::AsOf;
use crate::http::extract::{Path, Query};
use crate::http::instant::instant;
use crate::http::problem::Problem;

/// A lead explained in plain text, as `attractor explain` prints it
///
/// Every score with its points, every stage and segment with its reason or with what is missing, what happened, and what
/// time alone brings. Programs read `GET /api/leads/{id}`, which has the same as data.
#[utoipa::path(get, path = "/api/leads/{id}/explanation", params(("id" = String, Path), AsOf),
    responses((status = 200, body = String, content_type = "text/plain"),
        (status = 404, description = "The lead does not exist"),
        (status = 409, description = "What it is called means several leads; the answer says how each is written")))]
pub async fn text(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(asked): Query<AsOf>,
) -> Result<String, Problem> {
    let at = asked.at.as_deref().map(instant).transpose()?;
    Ok(app.read(move |view| one::explanation(view, &id, at)).await?)
}
