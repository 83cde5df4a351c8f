//! Instants in queries.

use attractor_app::refusal::Refusal;
use attractor_engine::time::Instant;

use super::problem::Problem;

/// The instant that the parameter `at` names.
pub fn instant(text: &str) -> Result<Instant, Problem> {
    let wrong = || Refusal::Malformed("`at` is not an instant; write it like 2026-03-09T14:30:00Z".into());
    Ok(Instant::parse(text).ok_or_else(wrong)?)
}
