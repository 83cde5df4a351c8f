//! What keeps an installation going and ties it to others: backup, restore, move, webhooks, the stream.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod archive;
mod inbound;
mod moving;
mod outbound;
#[path = "../program/mod.rs"]
mod program;
mod restored_webhooks;
#[path = "../serve/running.rs"]
mod running;
mod senders;
mod stream;

use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use attractor_store::transfer;
use axum::http::Method;
use serde_json::Value;

use program::Ran;
use running::{PUBLIC_KEY, Place, SERVER_KEY, Server};

/// A line to the running server's `/api`, as its owner.
fn client(place: &Place) -> Client {
    Client::open(&DataArgs { data: place.path(), database: place.database.clone() }).unwrap()
}

fn post(place: &Place, path: &str, body: &Value) -> Result<Value, String> {
    client(place).json(Method::POST, path, body)?.value()
}

fn get(place: &Place, path: &str) -> Value {
    client(place).get(path).unwrap().value().unwrap()
}

/// `attractor COMMAND … --data …` on this place.
fn command(place: &Place, arguments: &[&str]) -> Ran {
    let data = place.path().display().to_string();
    let mut all = [arguments, &["--data", &data]].concat();
    if let Some(url) = &place.database {
        all.extend(["--database", url]);
    }
    program::run(&all)
}

/// Some leads that move.
/// The kind of event raises no alert, because alerts are written and sent in the background.
fn fill(server: &Server, from: usize, to: usize) {
    let messages: Vec<String> = (from..to)
        .map(|number| {
            format!(
                r#"{{"type":"track","event":"Form Submitted","messageId":"m{number}","userId":"u{number}",
                    "properties":{{"text":"tab\\tslash\\\\é{number}","amount":0.1}}}}"#
            )
        })
        .collect();
    let body = format!(r#"{{"batch":[{}]}}"#, messages.join(","));
    assert_eq!(server.post(SERVER_KEY, "/v1/batch", &body).status, 200);
}

/// Every table but those that a start, a command or the first use of a key writes into, each with its count and checksum.
fn content(place: &Place) -> Vec<(String, u64, String)> {
    let mut store = place.store();
    let own = ["answers", "audit", "invitations", "keys", "lane"];
    let tables = transfer::tables().unwrap().into_iter().filter(|table| !own.contains(&table.name.as_str()));
    tables
        .map(|table| {
            if table.name == "state" {
                let mut rows = table.rows(&mut store).unwrap();
                // A server does it in the background, sooner or later; a copy sends no mail; and each place remembers itself
                // where it posted.
                let of_the_place = [
                    "addresses to bind",
                    "cadence asked",
                    "calls listed",
                    "keys to carry over",
                    "posted to before a restore",
                    "sending paused",
                    "test mode",
                ];
                rows.retain(|row| !of_the_place.contains(&row.text(0).unwrap()));
                return (table.name, rows.len() as u64, format!("{rows:?}"));
            }
            let sum = table.sum(&mut store).unwrap();
            (table.name, sum.rows, sum.hash)
        })
        .collect()
}
