//! `GET /api/emails/blocks.schema`: what a block list may hold.

use attractor_app::emails::list::block_schema;
use attractor_app::schemas::AnyJson;
use axum::Json;
use serde_json::Value;

/// The JSON Schema of block lists: the bodies of e-mails that end in `.json`
#[utoipa::path(get, path = "/api/emails/blocks.schema", responses((status = 200, body = AnyJson)))]
pub async fn show() -> Json<Value> {
    Json(block_schema())
}
