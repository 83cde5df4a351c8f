//! `GET /api/playbook/differences`: what differs between two versions.

use std::sync::Arc;

use attractor_app::playbook::differences::{self, VersionDifferences};
use attractor_app::{App, VersionNumber};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Query;
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DifferencesQuery {
    /// The version before
    #[param(value_type = i64)]
    from: VersionNumber,
    /// The version after
    #[param(value_type = i64)]
    to: VersionNumber,
}

/// What differs between two published versions, each difference as a sentence
#[utoipa::path(get, path = "/api/playbook/differences", params(DifferencesQuery),
    responses((status = 200, body = VersionDifferences)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Query(DifferencesQuery { from, to }): Query<DifferencesQuery>,
) -> Result<Json<VersionDifferences>, Problem> {
    Ok(Json(app.read(move |view| differences::versions(view, from, to)).await?))
}
