//! Clients: as fast as they are answered, or at a rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant as Clock};

use attractor_engine::time::Instant;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Outcome;
use super::fill::{page_view, scattered};
use super::nginx::PIXEL;
use super::served::Served;

pub const BATCH: usize = 100;
pub const CONNECTIONS: usize = 8;
/// Of those that keep a rate: enough that none waits for its own answers.
const PACED: usize = 64;
/// How long whoever was refused waits before it tries again.
const AGAIN: Duration = Duration::from_millis(20);

#[derive(Clone, Copy)]
pub enum Kind {
    /// Of nginx.
    Pixel,
    Healthz,
    PageView,
}

pub struct Load {
    runtime: Runtime,
    line: Arc<Line>,
}

/// What all connections know.
struct Line {
    address: String,
    authorization: String,
    leads: usize,
    next: AtomicUsize,
}

/// In milliseconds, in order.
pub struct Latencies(Vec<f64>);

impl Latencies {
    /// The one that this share of them does not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let place = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

impl Load {
    pub fn new(served: &Served, leads: usize) -> Outcome<Load> {
        let key = served.key("server")?;
        let line =
            Line { address: served.address.clone(), authorization: basic(&key), leads, next: AtomicUsize::new(0) };
        Ok(Load { runtime: Runtime::new()?, line: Arc::new(line) })
    }

    /// The same clients, asking another server.
    pub fn elsewhere(address: &str) -> Outcome<Load> {
        let line = Line { address: address.to_owned(), authorization: String::new(), leads: 0, next: 0.into() };
        Ok(Load { runtime: Runtime::new()?, line: Arc::new(line) })
    }

    /// Sends batches as fast as they are answered; returns how many seconds that took.
    pub fn flood(&self, messages: usize) -> Outcome<f64> {
        let left = Arc::new(AtomicUsize::new(messages / BATCH));
        let clock = Clock::now();
        self.runtime.block_on(async {
            let mut all = JoinSet::new();
            for _ in 0..CONNECTIONS {
                let (line, left) = (self.line.clone(), left.clone());
                all.spawn(async move {
                    let mut sender = connect(&line.address).await?;
                    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                        let messages: Vec<String> = (0..BATCH).map(|_| line.message()).collect();
                        let body = format!(r#"{{"batch":[{}]}}"#, messages.join(","));
                        line.ask(&mut sender, Method::POST, "/v1/batch", body).await?;
                    }
                    Outcome::Ok(())
                });
            }
            all.join_all().await.into_iter().collect::<Outcome<Vec<()>>>()
        })?;
        Ok(clock.elapsed().as_secs_f64())
    }

    /// The same clients with another key.
    pub fn with_key(&self, key: &str) -> Outcome<Load> {
        let line = Line {
            address: self.line.address.clone(),
            authorization: basic(key),
            leads: self.line.leads,
            next: AtomicUsize::new(0),
        };
        Ok(Load { runtime: Runtime::new()?, line: Arc::new(line) })
    }

    /// The same clients with the same key, where the same store is served now.
    pub fn moved_to(&self, served: &Served) -> Outcome<Load> {
        let line = Line {
            address: served.address.clone(),
            authorization: self.line.authorization.clone(),
            leads: self.line.leads,
            next: AtomicUsize::new(0),
        };
        Ok(Load { runtime: Runtime::new()?, line: Arc::new(line) })
    }

    /// Sends these messages in batches, one after the other.
    pub fn send(&self, messages: impl Iterator<Item = String>) -> Outcome<()> {
        let all: Vec<String> = messages.collect();
        self.runtime.block_on(async {
            let mut sender = connect(&self.line.address).await?;
            for some in all.chunks(BATCH * 10) {
                let body = format!(r#"{{"batch":[{}]}}"#, some.join(","));
                self.line.ask(&mut sender, Method::POST, "/v1/batch", body).await?;
            }
            Ok(())
        })
    }

    /// Sends bodies as fast as they are answered, refused or not, until it is to end; each body comes with the number of its
    /// messages. Returns how many messages were stored. What is not answered at the end is left.
    pub fn press(&self, body: impl Fn() -> (usize, String), ends: &AtomicBool) -> Outcome<usize> {
        let stored = AtomicUsize::new(0);
        let ended = async {
            while !ends.load(Ordering::Relaxed) {
                tokio::time::sleep(AGAIN).await;
            }
            Outcome::Ok(())
        };
        self.runtime.block_on(async {
            let pressing =
                futures_util::future::try_join_all((0..CONNECTIONS).map(|_| self.line.press(&body, &stored)));
            tokio::select! {
                failed = pressing => failed.map(|_| ()),
                ended = ended => ended,
            }
        })?;
        Ok(stored.into_inner())
    }

    /// Sends one request at each of the instants that a rate gives, answered or not; a request's time counts from that
    /// instant on, so that a server that stalls does not hide it.
    pub fn paced(&self, rate: usize, count: usize, kind: Kind) -> Outcome<Latencies> {
        let begin = Clock::now() + Duration::from_millis(200);
        let found = self.runtime.block_on(async {
            let mut all = JoinSet::new();
            for connection in 0..PACED {
                let line = self.line.clone();
                all.spawn(async move {
                    let mut sender = connect(&line.address).await?;
                    let mut found = Vec::with_capacity(count / PACED + 1);
                    for number in (connection..count).step_by(PACED) {
                        let due = begin + Duration::from_secs_f64(number as f64 / rate as f64);
                        tokio::time::sleep_until(due.into()).await;
                        match kind {
                            Kind::Pixel => line.ask(&mut sender, Method::GET, PIXEL, String::new()).await?,
                            Kind::Healthz => line.ask(&mut sender, Method::GET, "/healthz", String::new()).await?,
                            Kind::PageView => line.ask(&mut sender, Method::POST, "/v1/page", line.message()).await?,
                        };
                        found.push(due.elapsed().as_secs_f64() * 1e3);
                    }
                    Outcome::Ok(found)
                });
            }
            all.join_all().await.into_iter().collect::<Outcome<Vec<Vec<f64>>>>()
        })?;
        let mut all: Vec<f64> = found.into_iter().flatten().collect();
        all.sort_by(f64::total_cmp);
        Ok(Latencies(all))
    }

    /// Counts a new segment: seconds to the first answer, and to the exact one.
    pub fn count(&self, key: &str) -> Outcome<(f64, f64)> {
        let authorization = format!("Bearer {key}");
        let condition = serde_json::json!({"condition": {"event": "Page Viewed",
            "where": {"path": {"starts_with": "/shoes"}}, "within": "60d", "count": {"gte": 3}}});
        let ask = |method: Method, path: String, body: String| -> Outcome<Value> {
            let line = Line {
                address: self.line.address.clone(),
                authorization: authorization.clone(),
                leads: 0,
                next: 0.into(),
            };
            let text = self
                .runtime
                .block_on(async { line.ask(&mut connect(&line.address).await?, method, &path, body).await })?;
            Ok(serde_json::from_str(&text)?)
        };
        let clock = Clock::now();
        let first = ask(Method::POST, "/api/segments/count".into(), condition.to_string())?;
        let seconds = clock.elapsed().as_secs_f64();
        let Some(id) = first["count"].as_str() else { return Ok((seconds, seconds)) };
        while ask(Method::GET, format!("/api/counts/{id}"), String::new())?["state"] == "running" {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok((seconds, clock.elapsed().as_secs_f64()))
    }
}

impl Line {
    /// The next message: another lead's, now.
    fn message(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let now = Instant(jiff::Timestamp::now().as_millisecond());
        let id = format!("{:016x}-{:x}-{number:08x}", (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15), now.0);
        page_view(scattered(number, self.leads), number, &id, now)
    }

    /// Sends bodies on one connection, without an end.
    async fn press(&self, body: &impl Fn() -> (usize, String), stored: &AtomicUsize) -> Outcome<()> {
        let mut sender = connect(&self.address).await?;
        loop {
            let (count, body) = body();
            while self.send(&mut sender, Method::POST, "/v1/batch", body.clone()).await?.0
                == StatusCode::TOO_MANY_REQUESTS
            {
                tokio::time::sleep(AGAIN).await;
            }
            stored.fetch_add(count, Ordering::Relaxed);
        }
    }

    async fn ask(
        &self,
        sender: &mut SendRequest<Full<Bytes>>,
        method: Method,
        path: &str,
        body: String,
    ) -> Outcome<String> {
        let (status, text) = self.send(sender, method, path, body).await?;
        if status.is_success() { Ok(text) } else { Err(format!("{path}: {status} {text}").into()) }
    }

    async fn send(
        &self,
        sender: &mut SendRequest<Full<Bytes>>,
        method: Method,
        path: &str,
        body: String,
    ) -> Outcome<(StatusCode, String)> {
        let request = Request::builder().method(method).uri(path).header(HOST, &self.address);
        let request = request.header(AUTHORIZATION, &self.authorization).header(CONTENT_TYPE, "application/json");
        sender.ready().await?;
        let answer = sender.send_request(request.body(Full::from(body))?).await?;
        let status = answer.status();
        Ok((status, String::from_utf8_lossy(&answer.into_body().collect().await?.to_bytes()).into_owned()))
    }
}

fn basic(key: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{key}:")))
}

async fn connect(address: &str) -> Outcome<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// One request, from outside of any load.
pub fn get(address: &str, path: &str) -> Outcome<String> {
    let Load { runtime, line } = Load::elsewhere(address)?;
    runtime.block_on(async { line.ask(&mut connect(address).await?, Method::GET, path, String::new()).await })
}
