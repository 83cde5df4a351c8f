//! `/api/sending/domain`: whether marketing may leave in the name of the sender domain.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::sending::verification::{self, DomainStatus};
use axum::extract::State;
use axum::{Extension, Json};

use crate::http::problem::Problem;

/// How the sender domain was at the last check, and the DNS records that it needs
#[utoipa::path(get, path = "/api/sending/domain", responses((status = 200, body = DomainStatus)))]
pub async fn show(State(app): State<Arc<App>>) -> Result<Json<DomainStatus>, Problem> {
    Ok(Json(verification::status(&app).await?))
}

/// Checks the sender domain now: its DNS records, the public address of this server, and the settings of the sender
///
/// The server also checks by itself: when it starts, daily, and at least hourly while the domain is not verified. When the
/// domain becomes verified, e-mails that waited for it leave.
#[utoipa::path(post, path = "/api/sending/domain/check",
    responses((status = 200, body = DomainStatus), (status = 409, description = "`sender_email` is not set"),
    (status = 429, description = "Checked too often within a minute")))]
pub async fn check(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<DomainStatus>, Problem> {
    Ok(Json(verification::check_now(&app, &actor).await?))
}
