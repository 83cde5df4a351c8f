//! `/v1`: what sites, apps and other programs call.

pub mod calls;
pub mod described;
pub mod script;

use std::time::Duration;

use axum::http::Method;
use axum::http::header::RETRY_AFTER;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

/// Any site may send, without cookies. Clients send headers of their own beside the usual ones; none means anything here.
pub fn from_any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([RETRY_AFTER])
        .max_age(Duration::from_secs(86_400))
}
