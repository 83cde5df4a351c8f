//! `GET /readyz`: whether messages can be stored now.

use std::sync::Arc;

use attractor_app::App;
use axum::extract::State;
use axum::http::StatusCode;

use super::problem::Problem;

/// Whether the server can do its work, and why not
#[utoipa::path(get, path = "/readyz", responses(
    (status = 200, description = "It can", content_type = "text/plain"),
    (status = 503, description = "It cannot, and why", content_type = "application/problem+json")
))]
pub async fn show(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    match app.readiness().await {
        Ok(()) => Ok("ready\n"),
        Err(why) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(1)),
    }
}
