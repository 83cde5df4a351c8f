//! `/api/playbook/draft`: edits of the playbook that gather until they are published.

pub mod discard;
pub mod edits;
pub mod people;
pub mod publish;
pub mod rebase;
pub mod show;

use std::collections::BTreeMap;

use attractor_app::playbook::draft::{DraftConflict, DraftEditItem, DraftTag, DraftView, Expected};
use attractor_app::playbook::parsed::ParsedPlaybook;
use attractor_app::{DraftNumber, VersionNumber};
use axum::Json;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Finding, findings};
use crate::http::problem::Problem;

/// The draft of the playbook. There is one; without edits it is the version in force
#[derive(Serialize, ToSchema)]
pub struct Draft {
    /// Grows with every change of the draft
    #[schema(value_type = i64)]
    number: DraftNumber,
    /// The version that its edits were made on; null: there are none
    #[schema(value_type = Option<i64>)]
    base: Option<VersionNumber>,
    #[schema(value_type = i64)]
    in_force: VersionNumber,
    /// The oldest first
    edits: Vec<DraftEditItem>,
    /// Set if another version is in force than the one that the draft is based on
    conflict: Option<DraftConflict>,
    /// What the draft would change of the version in force
    differences: Vec<attractor_app::playbook::differences::DifferenceItem>,
    /// Text by path in the playbook's folder: the version in force with the edits that apply to it
    files: BTreeMap<String, String>,
    /// The same, parsed
    parsed: ParsedPlaybook,
    /// What can be used but hardly means what was meant
    warnings: Vec<Finding>,
}

type Shown = ([(HeaderName, HeaderValue); 1], Json<Draft>);

/// The draft with its tag.
fn shown(view: DraftView) -> Shown {
    let DraftView { tag, base, edits, conflict, differences, files, parsed, warnings } = view;
    let DraftTag { draft: number, in_force } = tag;
    let warnings = findings(&warnings);
    let body = Draft { number, base, in_force, edits, conflict, differences, files, parsed, warnings };
    (etag(tag), Json(body))
}

fn etag(tag: DraftTag) -> [(HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{tag}\""));
    [(ETAG, value.unwrap_or(HeaderValue::from_static("\"0.0\"")))]
}

/// The state that `If-Match` names, which must be there.
fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        let detail = "`If-Match` is missing; send the `ETag` of GET /api/playbook/draft, so that no edit of somebody else \
                      is written over";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, detail));
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Expected::Any);
    }
    let tag = text.trim_start_matches("W/").trim_matches('"').parse().map(Expected::Tag);
    tag.map_err(|()| Problem::bad("`If-Match` is the `ETag` of GET /api/playbook/draft, such as \"7.3\""))
}
