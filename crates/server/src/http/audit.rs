//! `GET /api/audit`: who did what.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::audit::{self, Audit};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::http::extract::Query;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// The `next` of the previous page
    cursor: Option<String>,
    /// How many entries at most, up to 1,000
    limit: Option<i64>,
}

/// Who did what, the newest first
#[utoipa::path(get, path = "/api/audit", params(AuditQuery), responses((status = 200, body = Audit)))]
pub async fn list(State(app): State<Arc<App>>, Query(page): Query<AuditQuery>) -> Result<Json<Audit>, Problem> {
    Ok(Json(app.read(move |view| audit::page(view, page.cursor.as_deref(), page.limit)).await?))
}
