//! `GET /api/playbook`: what is in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::playbook::shown;
use attractor_engine::time::Instant;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::tag;
use crate::http::problem::Problem;

#[derive(Serialize, ToSchema)]
pub struct InForce {
    #[schema(value_type = i64)]
    version: VersionNumber,
    /// Since when
    #[schema(format = DateTime)]
    at: String,
    author: String,
    note: String,
    /// Text by path in the playbook's folder
    files: BTreeMap<String, String>,
    /// The candidate under which a share of the leads lives
    pilot: Option<Pilot>,
}

#[derive(Serialize, ToSchema)]
pub struct Pilot {
    #[schema(value_type = i64)]
    version: VersionNumber,
    percent: f64,
    /// Since when
    #[schema(format = DateTime)]
    at: String,
}

/// The playbook in force; its version is the `ETag`
#[utoipa::path(get, path = "/api/playbook", responses((status = 200, body = InForce)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let now = app.read(shown).await?;
    let pilot =
        now.pilot.map(|pilot| Pilot { version: pilot.version, percent: pilot.percent, at: pilot.at.to_string() });
    let body = InForce {
        version: now.in_force.version,
        at: Instant(now.in_force.at.0).to_string(),
        author: now.version.author,
        note: now.version.note,
        files: now.files,
        pilot,
    };
    Ok((tag(body.version), Json(body)))
}
