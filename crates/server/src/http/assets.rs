//! Files that the server hosts: as objects under `/api/assets`, and for everybody under `/a`.

use std::io;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::assets::{self as app_assets, AssetFile, AssetItem, LARGEST, in_a_path, kind, portion};
use attractor_app::schemas::FileBytes;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    IF_NONE_MATCH,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Path, Query};
use super::problem::Problem;

/// Whatever a file holds, it runs nothing and loads nothing.
const POLICY: (HeaderName, &str) = (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
/// E-mails are read on pages of others.
const FOR_EVERYBODY: (HeaderName, &str) = (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");

#[derive(Serialize, ToSchema)]
pub struct Assets {
    items: Vec<AssetItem>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct NewAsset {
    /// The name of the file, such as guide.pdf
    name: String,
}

/// All files that the server hosts, the newest first
#[utoipa::path(get, path = "/api/assets", responses((status = 200, body = Assets)))]
pub async fn list(State(app): State<Arc<App>>) -> Result<Json<Assets>, Problem> {
    Ok(Json(Assets { items: app_assets::list(&app).await? }))
}

/// Upload a file of at most 20 MB
///
/// The same content is stored once, under its first name.
#[utoipa::path(post, path = "/api/assets", params(NewAsset),
    request_body(content = inline(FileBytes), content_type = "application/octet-stream"), responses(
    (status = 201, body = AssetItem), (status = 413, description = "The file is too large"),
    (status = 409, description = "There are too many files, or too many bytes")))]
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Query(new): Query<NewAsset>,
    body: Body,
) -> Result<(StatusCode, Json<AssetItem>), Problem> {
    let too_large = |_| {
        let why = format!("the file broke off, or has more than {LARGEST} bytes, the most that is possible");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let content = to_bytes(body, LARGEST).await.map_err(too_large)?;
    Ok((StatusCode::CREATED, Json(app_assets::add(&app, &actor, new.name, content).await?)))
}

/// Delete a file. What was sent shows it no longer
#[utoipa::path(delete, path = "/api/assets/{id}", params(("id" = String, Path)), responses(
    (status = 204, description = "It is gone"), (status = 404, description = "The file does not exist"),
    (status = 409, description = "A form delivers it")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    app_assets::remove(&app, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A file
///
/// PNG, JPEG, GIF and WebP images are shown, by what their bytes say; everything else is saved. A file never changes.
#[utoipa::path(get, path = "/a/{hash}/{name}",
    params(("hash" = String, Path, description = "Of the content"), ("name" = String, Path, description = "Of the file")),
    responses((status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "The file does not exist")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path((hash, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "there is no such file");
    let row = app_assets::find(&app, hash, name).await?.ok_or_else(missing)?;
    let tag = format!("\"{}\"", row.id);
    let kept = [(ETAG, tag.clone()), (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned())];
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|known| known.trim() == tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let file = app_assets::open(&app, row).await?;
    let file = if kind::is_shown(file.media) { shown(app, file) } else { saved(app, file) };
    Ok((kept, [FOR_EVERYBODY], file).into_response())
}

fn shown(app: Arc<App>, file: AssetFile) -> Response {
    let headers = [(CONTENT_TYPE, file.media.to_owned()), (CONTENT_LENGTH, file.size.to_string())];
    ([POLICY], headers, content(app, file)).into_response()
}

/// A file that browsers save.
pub fn saved(app: Arc<App>, file: AssetFile) -> Response {
    let name = format!("attachment; filename*=UTF-8''{}", in_a_path(&file.name));
    let headers =
        [(CONTENT_TYPE, file.media.to_owned()), (CONTENT_DISPOSITION, name), (CONTENT_LENGTH, file.size.to_string())];
    ([POLICY], headers, content(app, file)).into_response()
}

/// The content, read in portions as the client takes them: a slow client holds one of them, whatever the file's size. Where
/// the file is deleted in between, it breaks off before its announced length.
fn content(app: Arc<App>, file: AssetFile) -> Body {
    let (id, first) = (file.id, Bytes::from(file.first));
    let rest = stream::unfold((app, id, 1), |(app, id, number)| async move {
        let portion = portion(&app, id.clone(), number).await.map_err(|why| io::Error::other(format!("{why:?}")));
        let is_end = portion.as_ref().is_ok_and(Vec::is_empty);
        (!is_end).then(|| (portion.map(Bytes::from), (app, id, number + 1)))
    });
    Body::from_stream(stream::once(async move { Ok::<Bytes, io::Error>(first) }).chain(rest))
}
