//! `GET /api/backup`, `POST /api/restore`: the whole installation as one file.

use std::io::Write;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::note_leaving;
use attractor_app::actor::Actor;
use attractor_app::backup::{self, RestoreOptions};
use attractor_app::schemas::FileBytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::Query;
use super::peer::{Via, patience};
use super::problem::Problem;
use super::streamed::body_of;

/// Of an archive.
pub const MEDIA: &str = "application/vnd.attractor.backup";

/// Everything in one file, as it is now: tables, keys, settings
#[utoipa::path(get, path = "/api/backup", responses(
    (status = 200, description = "An archive; it is cut short where it could not be finished", content_type = "application/vnd.attractor.backup")))]
pub async fn make(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    via: Option<Extension<Via>>,
) -> impl IntoResponse {
    note_leaving(&app, &actor, "backed up", "store").await;
    let body = body_of(backup::backup(&app, patience(via, &app.settings)));
    ([(CONTENT_TYPE, MEDIA), (CACHE_CONTROL, "no-store")], body)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreQuery {
    #[serde(default)]
    force: bool,
    #[serde(default)]
    settings: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Restored {
    tables: usize,
    rows: u64,
    /// What you should know
    remarks: Vec<String>,
    /// Whether the server uses all of it only after a restart
    restart: bool,
}

/// Put an archive in the place of what is here
///
/// Webhooks to which this server did not post before come back disabled, everybody is signed out, and imports that had not
/// ended have failed; `remarks` names them.
#[utoipa::path(post, path = "/api/restore", params(
    ("force" = Option<bool>, Query, description = "Even where there is data"),
    ("settings" = Option<bool>, Query, description = "Put the archive's settings in place; on the socket in the data folder alone")),
    request_body(content = inline(FileBytes), content_type = "application/vnd.attractor.backup"), responses(
    (status = 200, body = Restored), (status = 403, description = "Settings are not put in place over the network"),
    (status = 409, description = "There is data here already"),
    (status = 422, description = "The archive is damaged, or newer than this program")))]
pub async fn restore(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    via: Option<Extension<Via>>,
    Query(query): Query<RestoreQuery>,
    request: Request,
) -> Result<Json<Restored>, Problem> {
    let how = RestoreOptions { force: query.force, settings: query.settings };
    if how.settings && via.is_none() {
        let detail = "settings rule the machine, not the data: `attractor restore --settings` beside the data folder puts \
                      them in place";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let unread = |error: &dyn std::fmt::Display| Problem::bad(format!("the archive could not be taken in: {error}"));
    // It has no name: whatever ends the program ends the file.
    let mut file = tempfile::tempfile_in(app.folder.path()).map_err(|error| unread(&error))?;
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(|error| unread(&error))?.into_data() {
            file.write_all(&piece).map_err(|error| unread(&error))?;
        }
    }
    let done = backup::restore(&app, &actor, file, how).await?;
    Ok(Json(Restored { tables: done.tables, rows: done.rows, remarks: done.remarks, restart: done.restart }))
}
