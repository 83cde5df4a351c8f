//! `GET /api/playbook/draft/people`: whom the draft would move.

use std::sync::Arc;

use attractor_app::playbook::draft;
use attractor_app::{App, DraftNumber};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::extract::Query;
use crate::http::playbook::dry_run::{DryRun, told};
use crate::http::problem::Problem;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DraftPeopleQuery {
    /// The number of an edit: whom it would move if it alone were published. Absent: all edits together
    #[param(value_type = Option<i64>)]
    edit: Option<DraftNumber>,
}

/// Whom the draft, or one edit of it, would move if it were published now. Begins a dry run; 202 where not all leads were
/// looked at yet: `GET /api/playbook/dry-run/{id}` then tells more
#[utoipa::path(get, path = "/api/playbook/draft/people", params(DraftPeopleQuery),
    responses((status = 200, body = DryRun), (status = 202, body = DryRun)))]
pub async fn show(
    State(app): State<Arc<App>>,
    Query(part): Query<DraftPeopleQuery>,
) -> Result<(StatusCode, Json<DryRun>), Problem> {
    let run = draft::people(&app, part.edit).await?;
    told(&app, &run).await
}
