//! Who asks is found out once; each route demands a role.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::access::{keys, refusals, sessions};
use attractor_app::actor::{Actor, Role};
use axum::Extension;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;

use super::peer::Via;
use super::problem::Problem;
use super::{Routes, session};

/// The header in which a command says who runs it. It counts on the socket and in-process alone.
pub const USER: &str = "x-attractor-user";
/// The header in which a session proves that its user means a change.
const CSRF: &str = "x-csrf-token";

/// Lets only those with this role, or a higher one, reach these routes.
pub fn demand(app: &Arc<App>, role: Role, routes: Routes) -> Routes {
    routes.route_layer(middleware::from_fn_with_state((app.clone(), role), check))
}

async fn check(State((app, role)): State<(Arc<App>, Role)>, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(actor) = request.extensions().get::<Actor>() else {
        return Err(match request.extensions().get::<Unmeant>() {
            Some(Unmeant) => Problem::new(
                StatusCode::FORBIDDEN,
                "a change by a session brings its CSRF token in the header X-CSRF-Token; GET /api/session tells it",
            ),
            None => Problem::new(StatusCode::UNAUTHORIZED, "sign in, or send `Authorization: Bearer` with an API key"),
        });
    };
    if actor.role < role {
        let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
        refusals::refused(&app, actor, &format!("{} {route}", request.method()));
        let detail = format!("this needs the role {}, and you are {}", role.name(), actor.role.name());
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(next.run(request).await)
}

/// A request that came with a session, but without its CSRF token: nobody knows whether its user meant it.
#[derive(Clone, Copy)]
struct Unmeant;

/// Puts an `Actor` into the request where somebody is known to ask, and the session where there is one.
pub async fn identify(
    State(app): State<Arc<App>>,
    via: Option<Extension<Via>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if via.is_some_and(|Extension(via)| via == Via::Owner) {
        let user = request.headers().get(USER).and_then(|user| user.to_str().ok()).unwrap_or("unknown");
        let actor = Actor::command_line(user);
        request.extensions_mut().insert(actor);
    } else if request.uri().path().starts_with("/api/") || request.uri().path() == "/metrics" {
        recognise(&app, &mut request).await?;
    }
    Ok(next.run(request).await)
}

/// An api key goes before a session.
async fn recognise(app: &App, request: &mut Request) -> Result<(), Problem> {
    if let Some(key) = bearer(request.headers()) {
        let actor = keys::authenticate(app, key)?;
        request.extensions_mut().insert(actor);
        return Ok(());
    }
    let Some(token) = session::token(request.headers(), &app.settings) else { return Ok(()) };
    let Some(signed) = sessions::find(app, token).await? else { return Ok(()) };
    let csrf = request.headers().get(CSRF).and_then(|token| token.to_str().ok()).unwrap_or_default();
    if !request.method().is_safe() && !signed.is_meant(csrf) {
        request.extensions_mut().insert(Unmeant);
        return Ok(());
    }
    if let Some(actor) = signed.actor() {
        request.extensions_mut().insert(actor);
        request.extensions_mut().insert(signed);
    }
    Ok(())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
