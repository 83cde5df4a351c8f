//! `POST /v1/{call}`: messages in Segment's format.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use bytes::Bytes;

use crate::app::App;
use crate::http::problem::Problem;

/// Takes messages, and answers when they are stored.
pub async fn take(State(_app): State<Arc<App>>, Path(_call): Path<String>, _body: Bytes) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "there is no such write key")
}
