//! What normalising one page view costs: `cargo run --release -p attractor-intake --example page_views`.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::hint::black_box;
use std::time::Instant as Clock;

use attractor_engine::time::Instant;
use attractor_intake::{Limits, Receipt, Request, Rights, normalise, read};

const PAGE: &str = r#"{"timestamp":"2026-11-22T04:36:27.571Z","integrations":{"Segment.io":true},"type":"page","name":null,"category":null,"properties":{"path":"/pricing","referrer":"https://www.google.com/","search":"?utm_source=newsletter&utm_medium=email&utm_campaign=jan","title":"Pricing","url":"https://www.example.com/pricing?utm_source=newsletter&utm_medium=email&utm_campaign=jan"},"context":{"page":{"path":"/pricing","referrer":"https://www.google.com/","search":"?utm_source=newsletter&utm_medium=email&utm_campaign=jan","title":"Pricing","url":"https://www.example.com/pricing?utm_source=newsletter&utm_medium=email&utm_campaign=jan"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)","locale":"en-US","library":{"name":"analytics.js","version":"npm:next-1.84.3"},"campaign":{"source":"newsletter","medium":"email","name":"jan"},"timezone":"UTC"},"messageId":"ajs-next-1795322187571-f0fc004b-9926-42db-a0e5-02c707807759","anonymousId":"6ab9f0fc-004b-4926-b2db-20e502c70780","_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}"#;

/// Few a round, so that the median round is one in which nothing else was run on its core.
const MESSAGES: usize = 20;
const ROUNDS: u32 = 5_000;

fn main() {
    let plain = r#"{"type":"page","anonymousId":"6ab9f0fc","messageId":"m","timestamp":"2026-11-22T04:36:27.571Z","properties":{"url":"https://www.example.com/pricing","title":"Pricing","referrer":"https://www.example.com/"},"context":{"library":{"name":"attractor.js","version":"1"}}}"#;
    for (name, page) in
        [("as Segment's browser client sends it, from a campaign", PAGE), ("small, within a visit", plain)]
    {
        let (read, normalised) = measure(page);
        println!("a page view of {} bytes ({name}): read {read:.2} µs, normalised {normalised:.2} µs", page.len());
    }
}

/// Microseconds a message for reading and for normalising: the median round.
fn measure(page: &str) -> (f64, f64) {
    let body = format!(
        "{{\"batch\":[{}{page}],\"sentAt\":\"2026-11-22T04:36:27.580Z\"}}",
        format!("{page},").repeat(MESSAGES - 1)
    );
    let request = Request { path: "/v1/batch", body: body.as_bytes(), ..Request::default() };
    let at = Instant::parse("2026-11-22T04:36:28Z").unwrap_or_default();
    let received =
        Receipt { at, rights: Rights::Public, key: Some("site"), hook: None, own_domains: &[], agents: None };
    let rounds = (0..ROUNDS).filter_map(|_| {
        let start = Clock::now();
        let batch = black_box(read(&request, &Limits::default()).ok()?);
        let divided = start.elapsed();
        for raw in batch.messages.iter().flatten() {
            black_box(normalise(raw, &batch.envelope, &received, &mut String::new).ok()?);
        }
        let each = |took: std::time::Duration| took.as_secs_f64() * 1e6 / MESSAGES as f64;
        Some((each(divided), each(start.elapsed() - divided)))
    });
    let (mut reads, mut all): (Vec<f64>, Vec<f64>) = rounds.unzip();
    reads.sort_by(f64::total_cmp);
    all.sort_by(f64::total_cmp);
    (reads.get(reads.len() / 2).copied().unwrap_or(f64::NAN), all.get(all.len() / 2).copied().unwrap_or(f64::NAN))
}
