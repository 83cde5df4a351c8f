//! Requests that a role does not allow, noted in the log and in the audit.
//!
//! A program that tries the same again and again would fill both: each actor is noted once an hour for each route.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::note_later;
use crate::App;
use crate::actor::Actor;

/// In milliseconds.
const HOUR: i64 = 3_600_000;
/// As many pairs of an actor and a route are remembered. With more than these within an hour, some are noted again.
const MOST: usize = 10_000;

/// When each actor was last noted for each route, in milliseconds since 1970.
#[derive(Default)]
pub struct Refusals {
    noted: Mutex<BTreeMap<(String, String), i64>>,
}

impl Refusals {
    /// Whether this one is to be noted now. `route` may be another thing that is refused, such as a sign-in.
    pub(crate) fn is_new(&self, who: &str, route: &str, now: i64) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let pair = (who.to_owned(), route.to_owned());
        if noted.get(&pair).is_some_and(|at| now - at < HOUR) {
            return false;
        }
        if noted.len() >= MOST {
            noted.retain(|_, at| now - *at < HOUR);
        }
        if noted.len() >= MOST {
            noted.clear();
        }
        noted.insert(pair, now);
        true
    }
}

/// Notes that an actor was refused. `route` is the pattern of a route, without the names in a path.
pub fn refused(app: &App, actor: &Actor, route: &str) {
    let now = app.machine.now().0;
    if !app.access.refusals.is_new(&actor.who, route, now) {
        return;
    }
    let role = actor.role.name();
    tracing::warn!(who = actor.who, role, route, "a request was refused: the role does not allow it");
    note_later(app, actor.clone(), "refused", "api".to_owned(), json!({"route": route, "role": role}));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_noted_once_an_hour_for_each_route_and_the_table_is_bounded() {
        let refusals = Refusals::default();
        assert!(refusals.is_new("key:1", "GET /api/keys", 0));
        assert!(!refusals.is_new("key:1", "GET /api/keys", HOUR - 1));
        assert!(refusals.is_new("key:2", "GET /api/keys", 1) && refusals.is_new("key:1", "GET /api/users", 1));
        assert!(refusals.is_new("key:1", "GET /api/keys", HOUR));
        for number in 0..3 * MOST {
            refusals.is_new(&format!("key:{number}"), "GET /api/users", HOUR);
            assert!(refusals.noted.lock().unwrap().len() <= MOST);
        }
    }
}
