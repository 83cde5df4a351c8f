//! The outbox of the days to come says where an instant is an estimate: while sending is paused, and behind a rate.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::Place;
use super::sink::Sink;
use super::smtp::{ask_for, borrowed, settings, welcomes};
use super::world::{get, send, start, until};

const PEOPLE: usize = 4;

/// How the first e-mails of all leads end that have not left, and why each is an estimate.
fn ahead(place: &Place) -> Vec<(String, String, String)> {
    let page = get(place, "/api/outbox/ahead?days=2&limit=100");
    let copies = page["copies"]["items"].as_array().unwrap().clone();
    let text = |copy: &Value, name: &str| copy[name].as_str().unwrap_or_default().to_owned();
    let is_first = |copy: &&Value| copy["email"] == "welcome";
    let end = |copy: &Value| (text(copy, "end"), text(copy, "estimate"), text(copy, "estimate_because"));
    copies.iter().filter(is_first).map(end).collect()
}

#[test]
fn while_sending_is_paused_and_behind_a_rate_instants_are_estimates() {
    Place::each(|place| {
        let sink = Sink::start();
        let mut settings = settings(&sink);
        settings.push(("SEND_RATE", "1".to_owned()));
        let server = start(place, &borrowed(&settings));
        send(place, Method::POST, "/api/sending/pause", &json!({"why": "we look at it again"})).unwrap();
        ask_for(&server, (0..PEOPLE).map(|number| format!("ok-{number}")));
        until(place, "asked for", |copies| welcomes(copies).len() == PEOPLE);
        let paused = ahead(place);
        assert_eq!(paused.len(), PEOPLE);
        for (end, estimate, because) in &paused {
            assert_eq!((end.as_str(), estimate.as_str()), ("leaves", "paused"), "{paused:?}");
            assert!(because.contains("paused"), "{because}");
        }
        assert!(sink.taken().is_empty());
        send(place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
        let is_held = |copies: &[Value]| {
            let found = welcomes(copies);
            found.values().filter(|(_, reason)| reason == "rate").count() >= 1
                && found.values().all(|(state, reason)| state == "sent" || reason == "rate")
        };
        until(place, "held by the rate", is_held);
        let slowed = ahead(place);
        assert!(!slowed.is_empty());
        // One of them may leave at this moment.
        let is_estimate = |estimate: &str| ["rate", "under_way"].contains(&estimate);
        assert!(slowed.iter().all(|(_, estimate, _)| is_estimate(estimate)), "{slowed:?}");
        server.stop();
    });
}
