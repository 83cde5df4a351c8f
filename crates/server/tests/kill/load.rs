//! Clients that send until the server is gone, and send again what was not acknowledged, as clients do.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use attractor_server::clock;
use serde_json::{Value, json};

use super::running::{Answer, SERVER_KEY, Server, ask, base64};

const CLIENTS: usize = 4;
const BATCH: usize = 12;
/// Of a client that was refused: it comes back sooner than it was told to.
const PAUSE: Duration = Duration::from_millis(20);
/// Of a batch to a server that stays: a minute's worth.
const LAST_TRIES: usize = 3_000;

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

/// What the clients have heard so far.
#[derive(Default)]
pub struct Heard {
    stored: AtomicUsize,
    refused: AtomicUsize,
    gone: AtomicBool,
    over: AtomicBool,
}

impl Heard {
    /// Requests that were acknowledged.
    pub fn stored(&self) -> usize {
        self.stored.load(Ordering::Relaxed)
    }

    /// Requests that were to come again later.
    #[allow(dead_code, reason = "not every test makes a server refuse")]
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether the server has ended.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

/// Lets the clients end, also where what went on beside them failed.
struct Over<'a>(&'a Heard);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

impl Load {
    /// Sends until so many requests were answered, kills the server in the middle of the next ones, and returns when all
    /// clients have noticed.
    #[allow(dead_code, reason = "not every test kills")]
    pub fn until_killed(&mut self, server: Server, kill: usize) {
        self.sending(server.address, |heard| {
            // Another number of answers each time, so that the kill meets every part of the work.
            while heard.stored() < 3 + kill * 7 % 23 && !heard.is_gone() {
                thread::yield_now();
            }
            server.kill();
        });
    }

    /// Sends while something else goes on.
    pub fn sending<T>(&mut self, address: SocketAddr, beside: impl FnOnce(&Heard) -> T) -> T {
        let heard = Heard::default();
        thread::scope(|scope| {
            for (number, client) in self.clients.iter().enumerate() {
                let heard = &heard;
                scope.spawn(move || {
                    let mut client = client.lock().unwrap();
                    let mut turn = || client.turn(number, heard, |body| post(address, body));
                    while !heard.over.load(Ordering::Relaxed) {
                        if !turn() {
                            return;
                        }
                    }
                });
            }
            let _over = Over(&heard);
            beside(&heard)
        })
    }

    /// Sends what is left, to a server that stays. What it refuses comes again, as a client does it, and not for ever.
    pub fn finish(&mut self, server: &Server) {
        for client in &self.clients {
            let mut client = client.lock().unwrap();
            for batch in std::mem::take(&mut client.waiting) {
                let body = json!({"batch": batch}).to_string();
                for refused in 0.. {
                    let answer = server.post(SERVER_KEY, "/v1/batch", &body);
                    if answer.status == 200 {
                        break;
                    }
                    is_clear(&answer);
                    assert!(refused < LAST_TRIES, "refused {refused} times: {answer:?}");
                    eprintln!("a server that nothing ails refused a batch: {answer:?}");
                    thread::park_timeout(PAUSE);
                }
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
    fn turn(&mut self, client: usize, heard: &Heard, post: impl Fn(&str) -> Option<Answer>) -> bool {
        let batch = self.waiting.pop().unwrap_or_else(|| self.batch(client));
        self.sent.extend(ids(&batch));
        match post(&json!({"batch": batch}).to_string()) {
            Some(answer) if answer.status == 200 => {
                assert_eq!(answer.body, r#"{"success":true}"#, "nothing of it is wrong");
                self.acknowledged.extend(ids(&batch));
                heard.stored.fetch_add(1, Ordering::Relaxed);
            }
            Some(answer) => {
                self.waiting.push(batch);
                is_clear(&answer);
                heard.refused.fetch_add(1, Ordering::Relaxed);
                thread::park_timeout(PAUSE);
            }
            None => {
                self.waiting.push(batch);
                heard.gone.store(true, Ordering::Relaxed);
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

/// Whoever is refused hears why, and when to come back.
#[track_caller]
pub fn is_clear(answer: &Answer) {
    assert!([429, 503].contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let seconds: u64 = answer.header("retry-after").unwrap_or_default().parse().unwrap_or_default();
    assert!((1..=60).contains(&seconds), "{answer:?}");
    assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{answer:?}");
}

/// `None` where the connection broke off.
fn post(address: SocketAddr, body: &str) -> Option<Answer> {
    let basic = format!("Basic {}", base64(format!("{SERVER_KEY}:").as_bytes()));
    ask(address, "POST", "/v1/batch", &[("authorization", &basic)], body.as_bytes()).ok()
}
