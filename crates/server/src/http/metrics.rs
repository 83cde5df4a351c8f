//! `GET /metrics`: figures for Prometheus.

use std::net::SocketAddr;

use attractor_app::actor::Actor;
use axum::Extension;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, FORWARDED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use super::problem::Problem;
use crate::work::figures;

/// Figures in the text format of Prometheus
///
/// For programs on the same machine; for others with an API key of any role.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "The figures", content_type = "text/plain"),
    (status = 401, description = "You come from elsewhere, without an API key")))]
pub async fn show(
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    actor: Option<Extension<Actor>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let is_here = peer.is_some_and(|Extension(ConnectInfo(peer))| is_this_machine(peer, &headers));
    if !is_here && actor.is_none() {
        let why = "the figures are for programs on the server's own machine; from elsewhere send \
                   `Authorization: Bearer` with an API key";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, why));
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], figures::text()))
}

/// What a proxy on this machine passes on comes from elsewhere, trusted or not.
fn is_this_machine(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let is_passed_on = headers.contains_key("x-forwarded-for") || headers.contains_key(FORWARDED);
    peer.ip().to_canonical().is_loopback() && !is_passed_on
}
