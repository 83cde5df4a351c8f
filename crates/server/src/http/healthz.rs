//! `GET /healthz`: the process answers.

/// Whether the process is there at all
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "It is", content_type = "text/plain")))]
pub async fn show() -> &'static str {
    "ok\n"
}
