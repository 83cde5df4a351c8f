//! `GET /api/status`: what runs here.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::team::list::lost_alerts;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Status {
    /// The program's version
    version: &'static str,
    /// `sqlite` or `postgresql`
    database: &'static str,
    /// Who asks
    who: String,
    /// `viewer`, `sales`, `marketer` or `owner`
    role: &'static str,
    /// Why messages cannot be stored at present; null where they can
    trouble: Option<String>,
    /// How many alerts of the last 30 days could not be delivered, or reach nobody; `GET /api/letters` says why
    /// Null while the store cannot be read
    lost_alerts: Option<i64>,
}

/// What runs here, and as whom you ask
#[utoipa::path(get, path = "/api/status", responses((status = 200, body = Status)))]
pub async fn show(State(app): State<Arc<App>>, Extension(actor): Extension<Actor>) -> Json<Status> {
    Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        database: if app.settings.database.is_empty() { "sqlite" } else { "postgresql" },
        role: actor.role.name(),
        who: actor.who,
        trouble: app.lane.trouble(),
        lost_alerts: app.read(lost_alerts).await.ok(),
    })
}
