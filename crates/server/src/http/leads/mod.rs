//! `/api/leads`.

pub mod enrollment;
pub mod events;
pub mod explanation;
pub mod list;
pub mod moves;
pub mod query;
pub mod show;

use serde::Deserialize;
use utoipa::IntoParams;

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// How many at most, up to 500; 50 if absent
    pub limit: Option<usize>,
    /// `next` of the previous page
    pub cursor: Option<String>,
}
