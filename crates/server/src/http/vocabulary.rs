//! `GET /api/vocabulary`: what conditions can be written with.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::vocabulary::{self, Vocabulary};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;
use crate::http::extract::Query;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct VocabularyQuery {
    /// At most this many values of each property and attribute, up to 100; 10 if absent
    values: Option<usize>,
}

/// The kinds of events, their properties, the attributes of leads and the values of each, with how often they occur
///
/// At most 51,200 events and 10,240 leads are read. In a larger store they are those of the oldest and of the newest
/// leads; `complete` is then false.
#[utoipa::path(get, path = "/api/vocabulary", params(VocabularyQuery), responses((status = 200, body = Vocabulary)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Query(asked): Query<VocabularyQuery>,
) -> Result<Json<Vocabulary>, Problem> {
    Ok(Json(app.read(move |view| vocabulary::words(view, asked.values)).await?))
}
