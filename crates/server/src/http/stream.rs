//! `GET /api/stream`: hints of what changes, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::access::sessions::Signed;
use attractor_app::actor::Actor;
use attractor_app::stream::{Guest, Onlooker};
use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, StreamExt};

use super::problem::Problem;

/// A proxy closes what is silent for a minute.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// Hints of what changes: `{leads, moves: [{number, lead, kind, subject}]}`, or `{from, to, count}` where it is much
///
/// At most ten a second. Ask for the leads again; a hint says no more than that they changed. `Last-Event-ID` resumes.
/// It ends when its key is revoked, its session ends or its user is disabled.
#[utoipa::path(get, path = "/api/stream", params(("Last-Event-ID" = Option<i64>, Header, description = "The last hint seen")),
    responses((status = 200, description = "Events named `moves`", content_type = "text/event-stream"),
        (status = 429, description = "You, or all together, have as many streams open as there may be")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    signed: Option<Extension<Signed>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let guest = Guest { actor, session: signed.map(|Extension(signed)| signed) };
    let onlooker = Onlooker::new(&app, guest, after)?;
    // Sent at once, so that whoever connects knows that it has.
    let hello = stream::once(async { Ok::<Event, Infallible>(Event::default().retry(RETRY).comment("hello")) });
    let hints = stream::unfold(onlooker, |mut onlooker| async move {
        let hint = onlooker.next().await?;
        let event = Event::default().event("moves").id(hint.last.to_string()).data(hint.data.to_string());
        Some((Ok(event), onlooker))
    });
    Ok(Sse::new(hello.chain(hints)).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}
