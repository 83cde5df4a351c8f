//! `GET /api/playbook/progress`: how far the leads are.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::playbook::progress;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct Progress {
    /// The version in force
    #[schema(value_type = i64)]
    version: VersionNumber,
    /// Whether all leads live under it; until then counts are of both
    complete: bool,
    /// 100 where it is complete
    percent: i64,
    /// Leads gone through so far; null where it is complete
    leads: Option<i64>,
}

/// How far the leads are with what was published last
#[utoipa::path(get, path = "/api/playbook/progress", responses((status = 200, body = Progress)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<Json<Progress>, Problem> {
    let progress = progress(&app).await?;
    Ok(Json(Progress {
        version: progress.version,
        complete: progress.scan.is_none(),
        percent: progress.percent(),
        leads: progress.scan.map(|scan| scan.done),
    }))
}
