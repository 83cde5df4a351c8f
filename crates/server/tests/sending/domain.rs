//! Marketing in the name of a real domain: it waits until the domain's records are there, and then leaves.

use axum::http::Method;
use serde_json::{Value, json};

use super::front::{AUTHORITY, Front};
use super::names::Names;
use super::running::{Place, Server};
use super::sink::Sink;
use super::world::{command, get, person, send, start, tell, until};

const RSA: &str = include_str!("../../../mail/tests/keys/rsa.pem");

/// A server that sends for acme.example, with all that is around it.
struct Site {
    sink: Sink,
    names: Names,
    server: Server,
}

fn site(place: &Place) -> Site {
    place.write("dkim.pem", RSA);
    place.write("authority.pem", AUTHORITY);
    site_as_it_is(place)
}

/// The same without the files that its settings name.
fn site_as_it_is(place: &Place) -> Site {
    let (sink, names, front) = (Sink::start(), Names::start(), Front::start());
    let settings = [
        ("SMTP", sink.url()),
        ("STOP_SECONDS", "1".to_owned()),
        ("SENDER_EMAIL", "news@acme.example".to_owned()),
        ("PUBLIC_URL", front.url()),
        ("SPF", "include:_spf.mail.example".to_owned()),
        ("DKIM_RSA", "dkim.pem".to_owned()),
        ("DNS_SERVER", names.address.to_string()),
        ("PUBLIC_URL_CA", "authority.pem".to_owned()),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = start(place, &settings);
    front.lead_to(server.address);
    Site { sink, names, server }
}

fn check(place: &Place) -> Value {
    send(place, Method::POST, "/api/sending/domain/check", &json!({})).unwrap()
}

fn causes(domain: &Value) -> Vec<&str> {
    domain["causes"].as_array().unwrap().iter().map(|cause| cause["cause"].as_str().unwrap()).collect()
}

/// The record for a purpose.
fn record<'d>(domain: &'d Value, purpose: &str) -> &'d Value {
    domain["records"].as_array().unwrap().iter().find(|record| record["purpose"] == purpose).unwrap()
}

/// Sets every text that the domain needs, and where its links lead.
fn set_all(names: &Names, domain: &Value) {
    for record in domain["records"].as_array().unwrap().iter().filter(|record| record["type"] == "TXT") {
        names.set_text(record["name"].as_str().unwrap(), record["value"].as_str().unwrap());
    }
    names.set_text("_spf.mail.example", "v=spf1 ip4:192.0.2.0/24 -all");
    names.set_address("leads.acme.example", [127, 0, 0, 1]);
}

#[test]
fn a_server_whose_files_cannot_be_read_takes_events_and_holds_marketing() {
    let place = Place::sqlite();
    let Site { sink: _sink, names, server } = site_as_it_is(&place);
    names.set_address("leads.acme.example", [127, 0, 0, 1]);
    tell(&server, &person("ok-1", json!({})));
    until(&place, "held", |copies| copies.iter().any(|copy| copy["reason"] == "domain_unverified"));
    let checked = check(&place);
    for (cause, file) in [("dkim", "dkim.pem"), ("unreached", "authority.pem")] {
        let says = |one: &Value| {
            let message = one["message"].as_str().unwrap_or_default();
            one["cause"] == cause && message.contains(file) && message.contains("cannot be read")
        };
        assert!(checked["causes"].as_array().unwrap().iter().any(says), "{cause}: {checked:#}");
    }
    server.stop();
}

#[test]
fn a_sender_for_tests_is_said_to_be_one_and_never_passes_the_check() {
    let (place, names) = (Place::sqlite(), Names::start());
    let server = start(&place, &[("DNS_SERVER", &names.address.to_string())]);
    for (arguments, code) in [(&["dns"][..], 0), (&["dns", "--check"], 1)] {
        let ran = command(&place, arguments);
        assert_eq!(ran.code, code, "{}", ran.err);
        assert!(ran.out.starts_with("acme.test is a reserved name for tests: it cannot receive"), "{}", ran.out);
    }
    server.stop();
}

#[test]
fn marketing_waits_for_the_records_of_its_domain_and_then_leaves() {
    Place::each(|place| {
        let Site { sink, names, server } = site(place);
        tell(&server, &person("ok-1", json!({})));
        until(place, "held", |copies| copies.iter().any(|copy| copy["reason"] == "domain_unverified"));
        let checked = check(place);
        assert_eq!((&checked["domain"], &checked["verified"]), (&json!("acme.example"), &json!(false)));
        assert_eq!(causes(&checked), ["unreached", "spf", "dkim", "dkim", "dmarc"]);
        let spf = record(&checked, "spf");
        let instruction =
            "Add this record at your DNS provider: type TXT, host @, value v=spf1 include:_spf.mail.example ~all";
        assert_eq!((&spf["status"], &spf["instruction"]), (&json!("wrong"), &json!(instruction)));
        let shown = get(place, "/api/sending/domain");
        assert_eq!((record(&shown, "spf"), &shown["verified"]), (spf, &json!(false)));
        assert!(sink.taken().is_empty());

        set_all(&names, &checked);
        let checked = check(place);
        assert_eq!((&checked["verified"], causes(&checked)), (&json!(true), vec![]), "{checked:#}");
        until(place, "sent", |copies| copies.iter().any(|copy| copy["email"] == "welcome" && copy["state"] == "sent"));
        assert_eq!(sink.taken().into_iter().collect::<Vec<_>>(), [("ok-1@people.test".to_owned(), 1)]);

        names.fail();
        let checked = check(place);
        assert_eq!(checked["verified"], true, "what was known still holds: {checked:#}");
        assert!(causes(&checked).contains(&"spf"), "{checked:#}");
        server.stop();
    });
}
