//! A line in the log for each request: its route, never its path, because paths have names and addresses in them.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::clock::Stopwatch;

/// The header with the request's number in this server, for people who report something.
pub const REQUEST_ID: &str = "x-request-id";

static NUMBER: AtomicU64 = AtomicU64::new(1);

pub async fn note(request: Request, next: Next) -> Response {
    let id = format!("{:x}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let stopwatch = Stopwatch::start();
    let mut response = next.run(request).await;
    let milliseconds = stopwatch.elapsed().as_millis() as u64;
    let (status, route) = (response.status().as_u16(), route.as_deref().unwrap_or("-"));
    if response.status().is_server_error() {
        tracing::warn!(id, %method, route, status, milliseconds, "request");
    } else {
        tracing::debug!(id, %method, route, status, milliseconds, "request");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
