//! What the use cases of access deny, as answers.

use axum::http::StatusCode;

use super::problem::Problem;
use crate::app::access::Denied;

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Problem {
        match denied {
            Denied::Stranger(why) => Problem::new(StatusCode::UNAUTHORIZED, why),
            Denied::Missing(why) => Problem::new(StatusCode::NOT_FOUND, why),
            Denied::Conflict(why) => Problem::new(StatusCode::CONFLICT, why),
            Denied::Invalid(pointer, why) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.clone()).at(pointer, why)
            }
            Denied::InvalidFields(why, fields) => {
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why);
                fields.into_iter().fold(problem, |problem, (pointer, why)| problem.at(pointer, why))
            }
            Denied::TooOften(seconds) => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "this was tried too often").retry_after(seconds)
            }
            Denied::Failed(why) => {
                tracing::error!(why, "a request failed");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
            }
            Denied::Turned(turned) => turned.into(),
            Denied::Store(error) => error.into(),
        }
    }
}
