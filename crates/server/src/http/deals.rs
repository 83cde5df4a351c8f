//! `GET /api/deals`.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::cursor::{Page, limit};
use attractor_app::deals::{self, DealItem};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::http::extract::Query;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DealsQuery {
    /// Only `open`, `won` or `lost` ones
    status: Option<String>,
    /// How many at most, up to 500; 50 if absent
    limit: Option<usize>,
    /// `next` of the previous page
    cursor: Option<String>,
}

/// Deals as they stand
#[utoipa::path(get, path = "/api/deals", params(DealsQuery), responses((status = 200, body = Page<DealItem>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Query(part): Query<DealsQuery>,
) -> Result<Json<Page<DealItem>>, Problem> {
    let limit = limit(part.limit)?;
    let status = part.status.unwrap_or_default();
    Ok(Json(app.read(move |view| deals::page(view, &status, part.cursor.as_deref(), limit)).await?))
}
