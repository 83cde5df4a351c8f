//! `/api/sessions`: where you are signed in.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::sessions::{self, Listed, Signed};
use attractor_engine::time::Instant;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::me::sessionless;
use super::problem::Problem;
use crate::http::extract::Path;

#[derive(Serialize, ToSchema)]
pub struct OwnSession {
    /// Names it here; it opens nothing
    id: String,
    /// Whether it is the one that you use now
    current: bool,
    #[schema(format = DateTime)]
    made_at: String,
    /// When it was last used, to the hour
    #[schema(format = DateTime)]
    seen_at: String,
    /// When it ends if it is not used again
    #[schema(format = DateTime)]
    ends_at: String,
}

impl From<Listed> for OwnSession {
    fn from(listed: Listed) -> OwnSession {
        let text = |at| Instant(at).to_string();
        OwnSession {
            id: listed.id,
            current: listed.is_current,
            made_at: text(listed.made_at),
            seen_at: text(listed.seen_at),
            ends_at: text(listed.ends_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct OwnSessions {
    /// The latest first
    sessions: Vec<OwnSession>,
}

#[derive(Serialize, ToSchema)]
pub struct EndedSessions {
    /// How many sessions ended
    ended: u64,
}

/// Your own sessions
#[utoipa::path(get, path = "/api/sessions", responses(
    (status = 200, body = OwnSessions), (status = 404, description = "You came without a session")))]
pub async fn list(
    State(app): State<Arc<App>>,
    signed: Option<Extension<Signed>>,
) -> Result<Json<OwnSessions>, Problem> {
    let Extension(signed) = signed.ok_or_else(sessionless)?;
    let sessions = sessions::list(&app, &signed).await?.into_iter().map(OwnSession::from).collect();
    Ok(Json(OwnSessions { sessions }))
}

/// End one of your own sessions
#[utoipa::path(delete, path = "/api/sessions/{id}", params(("id" = String, Path)), responses(
    (status = 204, description = "It has ended"), (status = 404, description = "You have no such session")))]
pub async fn end(
    State(app): State<Arc<App>>,
    signed: Option<Extension<Signed>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let Extension(signed) = signed.ok_or_else(sessionless)?;
    sessions::end(&app, &signed, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all of your own sessions but the one that you use now
#[utoipa::path(delete, path = "/api/sessions", responses(
    (status = 200, body = EndedSessions), (status = 404, description = "You came without a session")))]
pub async fn end_others(
    State(app): State<Arc<App>>,
    signed: Option<Extension<Signed>>,
) -> Result<Json<EndedSessions>, Problem> {
    let Extension(signed) = signed.ok_or_else(sessionless)?;
    Ok(Json(EndedSessions { ended: sessions::end_others(&app, &signed).await? }))
}
