//! What a use case refused, as an answer: each refusal has one status.

use attractor_app::Turned;
use attractor_app::refusal::{Invalid, Refusal};
use axum::http::StatusCode;
use serde_json::json;

use super::playbook::{outdated, unusable};
use super::problem::Problem;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Malformed(why) => Problem::new(StatusCode::BAD_REQUEST, why),
            Refusal::Unauthenticated(why) => Problem::new(StatusCode::UNAUTHORIZED, why),
            Refusal::Forbidden(why) => Problem::new(StatusCode::FORBIDDEN, why),
            Refusal::Missing(why) => Problem::new(StatusCode::NOT_FOUND, why),
            Refusal::Conflict(why) => Problem::new(StatusCode::CONFLICT, why),
            Refusal::Outdated { in_force, based_on, difference } => outdated(in_force, based_on, &difference),
            Refusal::Stale(why) => Problem::new(StatusCode::PRECONDITION_FAILED, why),
            Refusal::Invalid(invalid) => unprocessable(invalid),
            Refusal::Unusable(findings) => unusable(&findings),
            Refusal::Busy(why, seconds) => Problem::new(StatusCode::TOO_MANY_REQUESTS, why).retry_after(seconds),
            Refusal::Failed(why) => failed(&why),
            Refusal::Disk(error) => {
                tracing::error!(%error, "a file could not be written or read");
                let detail = format!("the server could not write or read a file: {}", error.kind());
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail)
            }
            Refusal::Turned(turned) => turned.into(),
            Refusal::Unreachable(why) => {
                tracing::error!(why, "the store failed a request");
                let detail = "the store cannot be reached at present";
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(5)
            }
        }
    }
}

fn unprocessable(Invalid { detail, places, known }: Invalid) -> Problem {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    let problem = places.into_iter().fold(problem, |problem, (pointer, why)| problem.at(pointer, why));
    known.into_iter().fold(problem, |problem, known| problem.with("known", json!(known)))
}

fn failed(why: &str) -> Problem {
    tracing::error!(why, "a request failed");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
}

impl From<Turned> for Problem {
    fn from(turned: Turned) -> Problem {
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        match turned {
            Turned::Busy => {
                let detail = "too much is waiting to be stored; send this again after the seconds in `Retry-After`";
                Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(1)
            }
            Turned::Unwritable(why) => {
                tracing::debug!(why, "refused because the store cannot be written to");
                Problem::new(unavailable, "the store cannot be written to at present").retry_after(5)
            }
            Turned::Stopped => Problem::new(unavailable, "the server stops").retry_after(5),
        }
    }
}
