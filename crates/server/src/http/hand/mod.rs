//! What people do to leads by hand: each is an event with its author, and answers with the lead as it is then.

pub mod attributes;
pub mod calls;
pub mod consent;
pub mod joins;
pub mod owner;
pub mod person;
pub mod segments;
pub mod sequences;
pub mod stages;
pub mod tags;

use std::sync::Arc;

use attractor_app::App;
use attractor_app::actor::Actor;
use attractor_app::hand::act;
use attractor_app::hand::deed::Deed;
use attractor_app::leads::whole::WholeLead;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::http::extract::Path;

/// Who does something, and to whom.
pub struct Hand {
    pub app: Arc<App>,
    pub actor: Actor,
    /// What the lead is called: an id, user id, e-mail or visitor's id, bare or in a form of its own, such as `user:414`.
    pub whom: String,
}

impl FromRequestParts<Arc<App>> for Hand {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Hand, Problem> {
        let Path(whom) = Path::<String>::from_request_parts(parts, app).await?;
        let actor = parts.extensions.get::<Actor>().cloned();
        let stranger = || Problem::new(StatusCode::UNAUTHORIZED, "sign in first");
        Ok(Hand { app: app.clone(), actor: actor.ok_or_else(stranger)?, whom })
    }
}

impl Hand {
    /// Does it.
    pub async fn does(self, deed: Deed) -> Result<Json<WholeLead>, Problem> {
        Ok(Json(act(&self.app, &self.actor, self.whom, deed).await?))
    }
}
