//! `GET /api/leads/{id}`: one lead.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::app::App;
use crate::app::leads::one;
use crate::app::refusal::Refusal;
use crate::http::problem::Problem;

/// A lead with why, why not, and what comes next
///
/// Called by its id, user id, e-mail or visitor's id. Each score comes with the points that add up to it; each stage and
/// segment with since when and because of what, and with what is missing where the lead is not there; `ahead` is what
/// time alone brings within a year.
#[utoipa::path(get, path = "/api/leads/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Object), (status = 404, description = "There is no such lead")))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let (programs, now) = (app.programs.clone(), app.clock.now());
    let lead = app.readers.read(move |connection| {
        connection.snapshot(|connection| {
            let versions = programs.now(connection)?;
            Ok(one::show(connection, &versions, &id, now))
        })?
    });
    Ok(lead.await.map(Json).map_err(|refusal: Refusal| refusal)?)
}
