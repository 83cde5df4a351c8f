//! Clients that send until the server is gone, and send again what was not acknowledged, as clients do.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use attractor_server::clock;
use serde_json::{Value, json};

use super::running::{SERVER_KEY, Server, ask, base64};

const CLIENTS: usize = 4;
const BATCH: usize = 12;

/// What one client has sent and not yet heard of.
#[derive(Default)]
struct Client {
    waiting: Vec<Vec<Value>>,
    sent: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    number: usize,
}

#[derive(Default)]
pub struct Load {
    clients: [Mutex<Client>; CLIENTS],
}

impl Load {
    /// Sends until so many requests were answered, kills the server in the middle of the next ones, and returns when all
    /// clients have noticed.
    pub fn until_killed(&mut self, server: Server, kill: usize) {
        let (answered, gone) = (AtomicUsize::new(0), AtomicBool::new(false));
        let address = server.address;
        thread::scope(|scope| {
            for (number, client) in self.clients.iter().enumerate() {
                let (answered, gone) = (&answered, &gone);
                scope.spawn(move || {
                    let mut client = client.lock().unwrap();
                    while client.turn(number, |body| post(address, body)) {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                    gone.store(true, Ordering::Relaxed);
                });
            }
            // Another number of answers each time, so that the kill meets every part of the work.
            while answered.load(Ordering::Relaxed) < 3 + kill * 7 % 23 && !gone.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            server.kill();
        });
    }

    /// Sends what is left, to a server that stays.
    pub fn finish(&mut self, server: &Server) {
        for client in &self.clients {
            let mut client = client.lock().unwrap();
            for batch in std::mem::take(&mut client.waiting) {
                let body = json!({"batch": batch}).to_string();
                assert_eq!(server.post(SERVER_KEY, "/v1/batch", &body).status, 200);
                client.acknowledged.extend(ids(&batch));
            }
        }
    }

    pub fn acknowledged(&self) -> BTreeSet<String> {
        self.clients.iter().flat_map(|client| client.lock().unwrap().acknowledged.clone()).collect()
    }

    /// All ids, in order.
    pub fn sent(&self) -> Vec<String> {
        let sent: BTreeSet<String> =
            self.clients.iter().flat_map(|client| client.lock().unwrap().sent.clone()).collect();
        sent.into_iter().collect()
    }
}

impl Client {
    /// One request, an old one first; `false` where nobody answered.
    fn turn(&mut self, client: usize, post: impl Fn(&str) -> Option<u16>) -> bool {
        let batch = self.waiting.pop().unwrap_or_else(|| self.batch(client));
        self.sent.extend(ids(&batch));
        match post(&json!({"batch": batch}).to_string()) {
            Some(200) => self.acknowledged.extend(ids(&batch)),
            answer => {
                self.waiting.push(batch);
                assert!(answer.is_none() || answer == Some(503), "the server answered {answer:?}");
                return false;
            }
        }
        true
    }

    /// Visits, forms and who is who, of a few people; some of it late.
    fn batch(&mut self, client: usize) -> Vec<Value> {
        (0..BATCH)
            .map(|_| {
                self.number += 1;
                let (number, now) = (self.number, clock::now());
                let person = number * 7 % 5;
                let path = ["/", "/pricing", "/shirts"][number % 3];
                let late = if number % 4 == 0 { 1_500 } else { 0 };
                let at = attractor_engine::time::Instant(now.0 - late);
                let mut message = match number % 9 {
                    0 => json!({"type": "identify", "userId": format!("u{client}-{person}"),
                        "anonymousId": format!("v{client}-{person}"),
                        "traits": {"email": format!("p{client}-{person}@example.org"), "size": number}}),
                    1 | 2 => {
                        json!({"type": "track", "event": "Form Submitted", "userId": format!("u{client}-{person}")})
                    }
                    _ => json!({"type": "page", "anonymousId": format!("v{client}-{person}"),
                        "properties": {"path": path}}),
                };
                message["messageId"] = format!("c{client}-{number}").into();
                message["timestamp"] = at.to_string().into();
                message
            })
            .collect()
    }
}

fn ids(batch: &[Value]) -> impl Iterator<Item = String> {
    batch.iter().filter_map(|message| Some(message["messageId"].as_str()?.to_owned()))
}

/// The status; `None` where the connection broke off.
fn post(address: std::net::SocketAddr, body: &str) -> Option<u16> {
    let basic = format!("Basic {}", base64(format!("{SERVER_KEY}:").as_bytes()));
    ask(address, "POST", "/v1/batch", &[("authorization", &basic)], body.as_bytes()).ok().map(|answer| answer.status)
}
