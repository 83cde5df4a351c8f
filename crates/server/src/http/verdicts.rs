//! `/api/verdicts`: whether people or machines clicked and opened, why it was decided so, and corrections.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::clicks::verdicts::{self, Corrected, Correction, VerdictItem, VerdictName, VerdictQuery};
use attractor_app::cursor::{self, Page};
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::JsonBody;
use super::problem::Problem;
use crate::http::extract::Query;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Only these
    verdict: Option<VerdictName>,
    /// Not before this instant
    from: Option<String>,
    /// Before this instant
    until: Option<String>,
    /// `next` of the page before
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Verdicts on clicks and opens, the newest first
#[utoipa::path(get, path = "/api/verdicts", params(Which), responses((status = 200, body = Page<VerdictItem>)))]
pub async fn list(State(app): State<Arc<App>>, Query(which): Query<Which>) -> Result<Json<Page<VerdictItem>>, Problem> {
    let limit = cursor::limit(which.limit)?;
    let query = VerdictQuery { verdict: which.verdict, from: which.from, until: which.until };
    Ok(Json(app.read(move |view| verdicts::page(view, &query, which.cursor.as_deref(), limit)).await?))
}

/// Correct verdicts: of single requests, of a copy, of an agent or a network within a period
///
/// With `dry_run`, which is usual, it only counts. Corrected clicks and opens count as though the verdict had been so from
/// the start: leads leave and enter segments, and the moves say why.
#[utoipa::path(post, path = "/api/verdicts", request_body = Correction, responses(
    (status = 200, body = Corrected), (status = 422, description = "It does not say which, or too many match")))]
pub async fn correct(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    JsonBody(correction): JsonBody<Correction>,
) -> Result<Json<Corrected>, Problem> {
    Ok(Json(verdicts::correct(&app, &actor, correction).await?))
}
