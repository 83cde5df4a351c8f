//! `GET /metrics`: figures for Prometheus.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::app;

/// Figures in the text format of Prometheus
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "The figures", content_type = "text/plain")))]
pub async fn show() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app::figures())
}
