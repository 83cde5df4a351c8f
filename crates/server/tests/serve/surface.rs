//! What everybody can see: health, errors, the documents, the script.

use serde_json::json;

use super::program;
use super::running::{PUBLIC_KEY, Place, Server};

#[test]
fn it_says_that_it_is_there_and_ready() {
    Place::each(|place| {
        let server = place.start();
        assert_eq!(server.get("/healthz").body, "ok\n");
        assert_eq!(server.get("/readyz").body, "ready\n");
        assert!(server.figure("attractor_memory_bytes") > 1e6);
        server.stop();
    });
}

#[test]
fn figures_are_for_this_machine_and_for_keys() {
    let place = Place::sqlite();
    place.with_keys(None);
    let made = program::run(&["key", "add", "watch", "--api", "viewer", "--data", &place.path().to_string_lossy()]);
    let server = place.start();
    let key = format!("Bearer {}", made.out.trim());
    let passed_on = ("x-forwarded-for", "192.0.2.7");
    assert_eq!(server.get("/metrics").status, 200);
    let refused = server.ask("GET", "/metrics", &[passed_on], b"");
    assert!(refused.status == 401 && refused.body.contains("API key"), "{refused:?}");
    assert_eq!(server.ask("GET", "/metrics", &[("forwarded", "for=192.0.2.7")], b"").status, 401);
    let shown = server.ask("GET", "/metrics", &[passed_on, ("authorization", &key)], b"");
    assert!(shown.status == 200 && shown.body.contains("attractor_"), "{shown:?}");
    assert_eq!(server.ask("GET", "/metrics", &[passed_on, ("authorization", "Bearer nonsense")], b"").status, 401);
    server.stop();
}

#[test]
fn errors_are_problems() {
    let place = Place::sqlite();
    let server = place.start();
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("PUT", "/healthz", 405),
        ("GET", "/api/status", 401),
        ("POST", "/v1/nothing", 404),
    ] {
        let answer = server.ask(method, path, &[], b"");
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
        assert_eq!(answer.json()["status"], status);
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert!(answer.header("x-request-id").is_some());
    }
    // Only the owner's socket may say who asks.
    assert_eq!(server.ask("GET", "/api/status", &[("x-attractor-user", "eve")], b"").status, 401);
    server.stop();
}

#[test]
fn whoever_sends_too_much_is_told_how_much_there_may_be() {
    let place = Place::sqlite();
    place.with_keys(None).write("attractor.toml", "body_limit = 1000\n");
    let made = program::run(&["key", "add", "k", "--api", "owner", "--data", &place.path().to_string_lossy()]);
    let (server, key) = (place.start(), format!("Bearer {}", made.out.trim()));
    let (body, authorization) = ([b' '; 1_001], ("authorization", key.as_str()));
    for (path, headers) in [
        ("/v1/batch", vec![]),
        ("/hooks/some", vec![]),
        ("/api/leads/query", vec![authorization]),
        ("/api/webhooks", vec![authorization, ("idempotency-key", "once")]),
    ] {
        let answer = server.ask("POST", path, &headers, &body);
        assert_eq!((answer.status, answer.header("content-type")), (413, Some("application/problem+json")), "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("1000 bytes") && detail.contains("`body_limit`"), "{path}: {detail}");
    }
    server.stop();
}

/// What makes a POST of the API happen once is not asked of the calls that a page or a form makes.
#[test]
fn only_the_api_reads_idempotency_keys() {
    let place = Place::sqlite();
    place.with_keys(None);
    let server = place.start();
    let empty = [("idempotency-key", "")];
    let body = format!(r#"{{"writeKey":"{PUBLIC_KEY}","batch":[]}}"#);
    let [with, without] = [&empty[..], &[]].map(|headers| server.ask("POST", "/v1/batch", headers, body.as_bytes()));
    assert_eq!(with.status, without.status, "{with:?}");
    server.stop();
}

#[test]
fn the_api_is_described() {
    let place = Place::sqlite();
    let server = place.start();
    let description = server.get("/api/openapi.json").json();
    assert!(description["paths"]["/api/status"]["get"]["responses"]["200"].is_object());
    server.stop();
}

#[test]
fn browsers_get_the_script_once() {
    let place = Place::sqlite();
    let server = place.start();
    let script = server.get("/v1/attractor.js");
    assert!(script.status == 200 && script.body.contains("attractor"), "{script:?}");
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.header("cache-control"), Some("public, max-age=3600"));
    let again = |tag: &str| server.ask("GET", "/v1/attractor.js", &[("if-none-match", tag)], b"").status;
    assert_eq!((again(script.header("etag").unwrap()), again("\"other\"")), (304, 200));
    assert_eq!((script.header("content-encoding"), script.header("vary")), (None, Some("accept-encoding")));
    let head = server.ask("HEAD", "/v1/attractor.js", &[("accept-encoding", "gzip, br")], b"");
    assert_eq!(head.header("content-encoding"), Some("gzip"));
    let length: usize = head.header("content-length").unwrap().parse().unwrap();
    assert!(length < 5_000 && length < script.body.len() / 2, "{length}");
    server.stop();
}

#[test]
fn whoever_opens_the_address_learns_what_it_is() {
    let place = Place::sqlite();
    let server = place.start();
    let page = server.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("Attractor is running") && page.body.contains("/api/openapi.json"), "{page:?}");
    assert!(!page.body.contains("<script"), "it needs none");
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    for link in page.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(server.get(link).status, 200, "{link}");
    }
    server.stop();
}

#[test]
fn any_site_may_send() {
    let place = Place::sqlite();
    let server = place.start();
    let asks = [
        ("origin", "https://example.org"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type,anonymousid"),
    ];
    let preflight = server.ask("OPTIONS", "/v1/batch", &asks, b"");
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, Some("*")));
    assert_eq!(preflight.header("access-control-allow-credentials"), None);
    let allowed = preflight.header("access-control-allow-headers");
    assert_eq!(allowed, Some("authorization,content-type,anonymousid"), "clients send headers of their own");
    assert_eq!(server.ask("OPTIONS", "/api/status", &asks, b"").header("access-control-allow-origin"), None);
    server.stop();
}

#[test]
fn the_log_can_be_json_and_names_no_paths() {
    let place = Place::sqlite();
    let log = [("ATTRACTOR_LOG_FORMAT", "json"), ("ATTRACTOR_LOG_LEVEL", "debug")];
    let server = Server::start(place.command().envs(log));
    server.get("/healthz?email=ada@example.org");
    server.get("/p/ada@example.org");
    server.signal("-TERM");
    let (_, said) = server.ended();
    // The few lines at the start that are no log but for whoever started it.
    let logged = said.lines().filter(|line| !line.starts_with("attractor: "));
    let lines: Vec<serde_json::Value> = logged.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["route"] == "/healthz" && line["status"] == json!(200)), "{said}");
    assert!(!said.contains("ada"), "{said}");
}

#[test]
fn a_log_that_is_not_on_a_terminal_is_text_alone() {
    let place = Place::sqlite();
    let server = Server::start(place.command().env("ATTRACTOR_LOG_LEVEL", "debug"));
    server.get("/healthz");
    server.signal("-TERM");
    let (_, said) = server.ended();
    assert!(said.contains("/healthz") && said.contains("DEBUG"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
}
