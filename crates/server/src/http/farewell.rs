//! What a server that stops says to those who still ask. It answers every request that has reached it.

use std::sync::Arc;

use attractor_app::{App, Turned};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use super::problem::Problem;

/// What the answers depend on.
#[derive(Clone)]
pub struct Farewell {
    pub app: Arc<App>,
    /// True when the time for requests that are under way is over.
    pub is_over: watch::Receiver<bool>,
}

/// Answers 503 in the place of a request that takes longer than a stop may, and lets no connection wait for a next request.
pub async fn bid(State(farewell): State<Farewell>, request: Request, next: Next) -> Response {
    let Farewell { app, mut is_over } = farewell;
    let mut response = tokio::select! {
        biased;
        response = next.run(request) => response,
        // Its sender lives as long as the server does.
        _ = is_over.wait_for(|is_over| *is_over) => Problem::from(Turned::Stopped).into_response(),
    };
    if app.is_stopping() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
