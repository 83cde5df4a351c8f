//! How much one network may ask of pages that everybody may see.

use std::sync::Arc;

use attractor_app::App;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::peer::Address;
use super::problem::Problem;

/// Lets a request pass, or says when it may come again.
pub async fn admit(
    State(app): State<Arc<App>>,
    Address(address): Address,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (limit, now) = (app.settings.rate_per_network, app.machine.now().0);
    app.networks.admit(address, limit, now).map_err(|seconds| {
        let why = "too many requests came from this network; try again after the seconds in `Retry-After`";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, why).retry_after(seconds)
    })?;
    Ok(next.run(request).await)
}
