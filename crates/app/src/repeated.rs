//! Requests under an `Idempotency-Key`: whoever asks the same again gets the same answer, and nothing is done twice.
//!
//! That a request begins is stored before it is done. Where its end is not known afterwards (the server was killed), it
//! is not done again: its sender looks what came of it and takes another key.

use attractor_store::audit::{self, Answer};

use super::App;
use crate::refusal::Refusal;

/// How long answers are kept, in milliseconds.
const KEPT: i64 = 24 * 3_600_000;
/// Of one actor, within that time. More would fill the store: each answer is kept.
const MOST: i64 = 10_000;
/// When an actor that has reached it may come back, in seconds.
const COME_BACK: u64 = 3_600;
const PURPOSE: &str = "answer";

/// What is known of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing: do it.
    New,
    /// It was done: status and body of the answer.
    Done(u16, Vec<u8>),
    /// It was used with another request.
    Differs,
    /// It is under way, or nobody knows how it ended.
    Open,
}

/// Who asks, under which key, for what.
#[derive(Clone, Debug)]
pub struct RepeatableRequest {
    pub who: String,
    pub word: String,
    /// Method and pattern of the path: the path itself may name people.
    pub route: String,
    /// The path with its query.
    pub target: String,
}

/// Notes that a request begins, unless it was made before.
pub async fn begin(app: &App, asked: &RepeatableRequest, body: &[u8]) -> Result<Begun, Refusal> {
    let now = app.machine.now().0;
    let request = app.secrets.fingerprint(&[asked.target.as_bytes(), b"\n", body].concat());
    let RepeatableRequest { who, word, route, .. } = asked.clone();
    let answer = Answer { who, word, route, request, given: None, at: now };
    let asked = answer.clone();
    let write = app.write(move |connection| {
        audit::sweep(connection, now - KEPT)?;
        if let Some(before) = audit::answer(connection, &asked.who, &asked.word)? {
            return Ok(Ok(Some(before)));
        }
        if audit::kept(connection, &asked.who)? >= MOST {
            return Ok(Err(Refusal::too_often(COME_BACK)));
        }
        audit::begin(connection, &asked)?;
        Ok(Ok(None))
    });
    let Some(before) = write.await? else { return Ok(Begun::New) };
    if before.route != answer.route || before.request != answer.request {
        return Ok(Begun::Differs);
    }
    let Some((status, sealed)) = before.given else { return Ok(Begun::Open) };
    let body = app.secrets.unseal(PURPOSE, &sealed).map_err(Refusal::Failed)?;
    Ok(Begun::Done(u16::try_from(status).unwrap_or(500), body))
}

/// Keeps how a request ended. Answers may hold keys: they are sealed.
pub async fn finish(app: &App, asked: &RepeatableRequest, status: u16, body: &[u8]) -> Result<(), Refusal> {
    let sealed = app.secrets.seal(PURPOSE, body).map_err(Refusal::Failed)?;
    let RepeatableRequest { who, word, .. } = asked.clone();
    app.write(move |connection| audit::finish(connection, &who, &word, i64::from(status), &sealed).map(Ok)).await
}

/// A request came to nothing: the same may be tried again.
pub async fn forget(app: &App, asked: &RepeatableRequest) -> Result<(), Refusal> {
    let RepeatableRequest { who, word, .. } = asked.clone();
    app.write(move |connection| audit::forget(connection, &who, &word).map(Ok)).await
}
