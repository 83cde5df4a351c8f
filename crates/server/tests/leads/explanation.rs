//! What a lead's explanation says happened and comes: what the store has, never what a replay of the events would make.

use attractor_engine::time::{Duration, Instant};
use attractor_server::clock;
use serde_json::{Value, json};

use super::world::{Place, World};

/// Sequences that time alone, a form and consent begin.
const PLAYBOOK: &str = "
playbook: nurturing
timezone: Europe/Berlin
subscriptions: [{id: news, name: News}]
segments:
  - {id: quiet, name: Quiet, enter: {inactive: 60d}}
  - {id: asked, name: Asked, enter: {event: Form Submitted}}
emails:
  - {id: back, name: Come back, subject: A, body: <mjml></mjml>, subscription: news}
  - {id: guide, name: The guide, subject: B, body: <mjml></mjml>, subscription: news, format: guide}
sequences:
  - {id: again, name: Re-engagement, enroll: {segment: quiet}, while: {not: {event: Form Submitted, within: 1d}}, steps: [{send: back}, {wait: 30d}, {id: last, send: back}]}
  - {id: follow, name: Follow-up, review: true, enroll: {segment: asked}, steps: [{id: first, send: guide}, {wait: 7d}, {id: best, send: {best: true}}]}
  - {id: reading, name: Reading, review: true, enroll: {segment: asked}, steps: [{wait: 7d}, {id: piece, send: {best: true}}]}
";

fn days_ago(days: i64) -> String {
    Instant(clock::now().0 - days * Duration::DAY.0).to_string()
}

/// Somebody whom a list brings today, whose first contact was months ago; and somebody who fills in a form now.
fn people() -> Vec<String> {
    let list = json!({"import_id": "1", "history": true});
    [
        json!({"type": "identify", "userId": "old", "messageId": "a", "timestamp": days_ago(200), "traits": {"email": "old@acme.com"}, "context": list}),
        json!({"type": "track", "event": "Subscribed", "userId": "old", "messageId": "b", "timestamp": days_ago(200), "properties": {"subscription": "news", "proof": "fair"}, "context": list}),
        json!({"type": "identify", "userId": "new", "messageId": "c", "timestamp": days_ago(0), "traits": {"email": "new@acme.com"}}),
        json!({"type": "track", "event": "Subscribed", "userId": "new", "messageId": "d", "timestamp": days_ago(0), "properties": {"subscription": "news", "proof": "form"}}),
        json!({"type": "track", "event": "Form Submitted", "userId": "new", "messageId": "e", "timestamp": days_ago(0), "properties": {"form_id": "guide"}}),
    ]
    .map(|message| message.to_string())
    .to_vec()
}

fn part<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from}: {text}"));
    rest.split_once(to).map_or(rest, |(part, _)| part)
}

#[test]
fn what_happened_to_an_imported_lead_is_what_the_server_did() {
    Place::each(|place| {
        let mut world = World::under(PLAYBOOK, place, &people());
        let text = world.export("/api/leads/old/explanation");
        let happened = part(&text, "\nWhat happened\n", "\nWhat comes");
        assert!(happened.contains("enters Quiet"), "{text}");
        assert!(!happened.contains("Re-engagement"), "an import enrolls nobody and sends nothing: {text}");
        let moves = world.all("/api/leads/old/moves");
        assert_eq!(happened.lines().filter(|line| !line.is_empty()).count(), moves.len(), "{text}\n{moves:#?}");
    });
}

#[test]
fn an_explanation_and_the_lead_forecast_the_same() {
    Place::each(|place| {
        let mut world = World::under(PLAYBOOK, place, &people());
        for (lead, at) in [("old", 0), ("new", 0), ("old", 150), ("old", 100)] {
            let at = if at == 0 { String::new() } else { format!("?at={}", days_ago(at)) };
            let text = world.export(&format!("/api/leads/{lead}/explanation{at}"));
            let comes = part(&text, "\nWhat comes if nothing happens\n", "\nMay be written to");
            let whole = world.get(&format!("/api/leads/{lead}{at}"));
            let ahead: Vec<&str> =
                whole["ahead"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
            let listed: Vec<&str> =
                comes.lines().filter(|line| line.starts_with("  2")).map(|line| &line[20..]).collect();
            assert_eq!(listed, ahead, "{lead}{at}: {text}");
        }
    });
}

#[test]
fn consent_has_the_day_of_the_playbooks_zone() {
    let place = Place::sqlite();
    let late = json!({"type": "track", "event": "Subscribed", "userId": "eve", "messageId": "s", "timestamp": "2026-03-13T23:30:00Z", "properties": {"subscription": "news", "proof": "fair"}});
    let known = json!({"type": "identify", "userId": "eve", "messageId": "i", "timestamp": "2026-03-13T23:30:00Z", "traits": {"email": "eve@acme.com"}});
    let mut world = World::under(PLAYBOOK, &place, &[late.to_string(), known.to_string()]);
    let text = world.export("/api/leads/eve/explanation");
    assert!(text.contains("News: yes, granted on 2026-03-14: fair"), "{text}");
}

#[test]
fn a_lead_without_a_name_is_named_once() {
    let place = Place::sqlite();
    let known =
        json!({"type": "identify", "messageId": "i", "timestamp": days_ago(1), "traits": {"email": "eve@acme.com"}});
    let mut world = World::under(PLAYBOOK, &place, &[known.to_string()]);
    let text = world.export("/api/leads/eve@acme.com/explanation");
    assert!(text.starts_with("acme.com\neve@acme.com, as of "), "{text}");
}

#[test]
fn what_a_sequence_asked_for_is_shown_with_what_became_of_it() {
    let place = Place::sqlite();
    let mut world = World::under(PLAYBOOK, &place, &people());
    let text = world.export("/api/leads/new/explanation");
    let happened = part(&text, "\nWhat happened\n", "\nWhat comes");
    let line = "Follow-up asks for The guide (a draft that a person releases), because of Form Submitted";
    assert!(happened.contains("enrolled in Follow-up, because of") && happened.contains(line), "{text}");
    let names: Value = world.get("/api/leads/new")["sends"][0]["state"].clone();
    assert_eq!(names, "draft");
}

#[test]
fn what_comes_names_drafts_and_judges_the_best_piece_by_the_library() {
    let place = Place::sqlite();
    let mut world = World::under(PLAYBOOK, &place, &people());
    let whole = world.get("/api/leads/new");
    let best = whole["ahead"].as_array().unwrap().iter().find(|one| one["kind"] == "send" && one["to"].is_null());
    let best = best.unwrap_or_else(|| panic!("{whole:#}"));
    let draft = "Reading asks for the best unread piece (a draft that a person releases)";
    assert_eq!((&best["what"], &best["held"]), (&json!(draft), &Value::Null), "the library belongs to the news");
    let text = world.export("/api/leads/new/explanation");
    assert!(text.contains(draft) && text.contains("consent, cadence and sending hours decide"), "{text}");
    assert!(text.contains("\n  `GET /api/outbox/ahead` has the day on which"), "{text}");
}
