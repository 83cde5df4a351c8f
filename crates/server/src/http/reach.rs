//! `GET /reach/{nonce}`: what this server answers itself, to see whether its public address leads here.

use std::sync::Arc;

use attractor_app::App;
use axum::extract::State;
use axum::http::StatusCode;

use super::extract::Path;
use super::problem::Problem;

/// The proof that this server was reached, for a number that it made
#[utoipa::path(get, path = "/reach/{nonce}", params(("nonce" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "The proof", content_type = "text/plain"),
    (status = 404, description = "This is not such a number")))]
pub async fn show(State(app): State<Arc<App>>, Path(nonce): Path<String>) -> Result<String, Problem> {
    let proof = app.verifier.reach().answer(&nonce);
    proof.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "expected 32 hexadecimal digits".to_owned()))
}
