//! Who asks is found out once; each route demands a role.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;

use super::Routes;
use super::peer::Via;
use super::problem::Problem;
use crate::app::App;
use crate::app::actor::{Actor, Role};

/// The header in which a command says who runs it. It counts on the socket and in-process alone.
pub const USER: &str = "x-attractor-user";

/// Lets only those with this role, or a higher one, reach these routes.
pub fn demand(role: Role, routes: Routes) -> Routes {
    routes.route_layer(middleware::from_fn_with_state(role, check))
}

async fn check(State(role): State<Role>, request: Request, next: Next) -> Result<Response, Problem> {
    let Some(actor) = request.extensions().get::<Actor>() else {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "sign in, or send `Authorization: Bearer` with an API key"));
    };
    if actor.role < role {
        let detail = format!("this needs the role {}, and you are {}", role.name(), actor.role.name());
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(next.run(request).await)
}

/// Puts an `Actor` into the request where somebody is known to ask.
pub async fn identify(
    State(_app): State<Arc<App>>,
    via: Option<Extension<Via>>,
    mut request: Request,
    next: Next,
) -> Response {
    if via.is_some_and(|Extension(via)| via == Via::Owner) {
        let user = request.headers().get(USER).and_then(|user| user.to_str().ok()).unwrap_or("unknown");
        let actor = Actor::command_line(user);
        request.extensions_mut().insert(actor);
    }
    next.run(request).await
}
