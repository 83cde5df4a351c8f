//! `GET /api/leads/{id}`: one lead.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::leads::one;
use attractor_app::leads::whole::WholeLead;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::{Path, Query};
use crate::http::instant::instant;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AsOf {
    /// The lead as it was, or will be if nothing happens, at this instant; now if absent
    pub at: Option<String>,
}

/// A lead with why, why not, and what comes next
///
/// Called by its id, user id, e-mail or visitor's id; bare, or in a form that means this alone: `id:414`, `user:414`,
/// `email:ada@example.com`, `visitor:v-1`. A bare text that means several leads is refused, everywhere. Each score comes with the points that add up to it; each stage and
/// segment with since when and because of what, and with what is missing where the lead is not there; `ahead` is what
/// time alone brings within a year. With `at` all of this is as of that instant: events and moves after it are left out,
/// and who the lead is, is as today.
#[utoipa::path(get, path = "/api/leads/{id}", params(("id" = String, Path), AsOf),
    responses((status = 200, body = WholeLead), (status = 404, description = "The lead does not exist"),
        (status = 409, description = "What it is called means several leads; the answer says how each is written")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(asked): Query<AsOf>,
) -> Result<Json<WholeLead>, Problem> {
    let at = asked.at.as_deref().map(instant).transpose()?;
    Ok(Json(app.read(move |view| one::show(view, &id, at)).await?))
}
