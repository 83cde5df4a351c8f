//! The machine's clock is set back and ahead under a server that runs. A clock of its own stands for it: that of the
//! machine belongs to everybody on it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use attractor_app::App;
use attractor_app::folder::Folder;
use attractor_app::settings;
use attractor_engine::time::Instant;
use attractor_server::clock::{self, Clock};
use attractor_server::commands::serve::finish;
use attractor_server::http;
use attractor_server::start::{self, Running};
use attractor_store::leads;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{Request, StatusCode};
use serde_json::json;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use super::running::{Place, SERVER_KEY, base64};
use super::{truth, until};

const MINUTE: i64 = 60_000;
/// What the machine's clock is set to, one after the other, beside the right time.
const JUMPS: [i64; 8] =
    [0, -MINUTE / 2, 60 * MINUTE, 59 * MINUTE, -2 * MINUTE, 3 * MINUTE, -240 * MINUTE, 24 * 60 * MINUTE];
const BATCH: usize = 15;

/// A server in this process, by a clock that can be set.
struct Inside {
    app: Arc<App>,
    running: Running,
    runtime: Runtime,
    ahead: Arc<AtomicI64>,
}

impl Inside {
    fn start(place: &Place) -> Inside {
        let settings = settings::read(&place.path(), |_| None, &[("database", place.database.clone())]).unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let wall = ahead.clone();
        let clock = Clock::of(move || Instant(clock::now().0 + wall.load(Ordering::SeqCst)));
        let (app, running) =
            start::prepared(settings, Folder::hold(&place.path(), clock::now()).unwrap(), clock, |_| Ok(())).unwrap();
        Inside { app, running, runtime: Runtime::new().unwrap(), ahead }
    }

    /// Visits of a few people, each at its own instant of the clock as it is.
    fn visits(&self, from: usize) -> BTreeSet<String> {
        let one = |number: usize| {
            let path = if number.is_multiple_of(2) { "/pricing" } else { "/shirts" };
            json!({"type": "page", "userId": format!("u{}", number % 4), "messageId": format!("m{number:04}"),
                "properties": {"path": path}})
        };
        let numbers = from..from + BATCH;
        for number in numbers.clone() {
            let body = json!({"batch": [one(number)]}).to_string();
            let basic = format!("Basic {}", base64(format!("{SERVER_KEY}:").as_bytes()));
            let request = Request::post("/v1/batch")
                .header(HOST, "test")
                .header(AUTHORIZATION, basic)
                .body(Body::from(body))
                .unwrap();
            let answer = self.runtime.block_on(http::router(&self.app).oneshot(request)).unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        }
        numbers.map(|number| format!("m{number:04}")).collect()
    }

    fn stop(self) -> Instant {
        self.app.stop();
        let now = self.app.clock.now();
        finish(&self.app, self.running, self.runtime, Ok(())).unwrap();
        now
    }
}

#[test]
fn a_clock_that_is_set_back_and_ahead_loses_nothing() {
    Place::each(|place| {
        truth::publish(place);
        place.with_keys(None);
        let server = Inside::start(place);
        let mut acknowledged = BTreeSet::new();
        for (jump, ahead) in JUMPS.into_iter().enumerate() {
            server.ahead.store(ahead, Ordering::SeqCst);
            acknowledged.extend(server.visits(jump * BATCH));
            let mut store = place.store();
            until("all that is due is done", || {
                let due = leads::first_wake(&mut store).unwrap();
                due.is_none_or(|due| due > server.app.clock.now().0)
            });
        }
        let now = server.stop();
        truth::holds_at(place, &acknowledged, now).unwrap();
        assert_eq!(place.message_ids().len(), acknowledged.len(), "each once");
    });
}
