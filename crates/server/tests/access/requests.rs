//! Requests as no browser sends them, and what answers say about themselves.

use serde_json::json;

use super::server::Server;

#[test]
fn a_request_names_one_host() {
    let server = Server::start();
    for (host, status) in [
        ("Host: a\r\n", "200"),
        ("", "400"),
        ("Host: a\r\nHost: b\r\n", "400"),
        ("Host: a\r\nhost: a\r\n", "400"),
        ("Host: a/../b\r\n", "400"),
    ] {
        for version in ["1.0", "1.1"] {
            let request = format!("GET /healthz HTTP/{version}\r\n{host}Connection: close\r\n\r\n");
            let answer = server.raw(request.as_bytes());
            assert_eq!(answer.split(' ').nth(1), Some(status), "HTTP/{version} {host:?}: {answer}");
        }
    }
}

/// A second request in what the server and a proxy before it understand differently must never be answered.
#[test]
fn a_request_is_never_smuggled_in_another() {
    let server = Server::start();
    let inner = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let length = inner.len() + 5;
    for framing in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\n".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n".to_owned(),
        "Content-Length: +5\r\n\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n".to_owned(),
    ] {
        let request = format!("POST /api/session HTTP/1.1\r\nHost: a\r\n{framing}{inner}");
        let answer = server.raw(request.as_bytes());
        assert!(!answer.contains("ok\n") || answer.matches("HTTP/1.1").count() < 2, "{framing:?}: {answer}");
    }
}

#[test]
fn an_answer_before_the_body_was_read_says_that_the_connection_ends() {
    let server = Server::start();
    let head = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{")
    };
    for path in ["/api/leads/query", "/api/session", "/nowhere"] {
        let answer = server.raw(head(path).as_bytes()).to_lowercase();
        assert!(answer.contains("\r\nconnection: close\r\n"), "{path}: {answer}");
    }
    let read = server.ask("POST", "/api/session", &["Connection: keep-alive"], Some(json!({"email": "a"})));
    assert_eq!(read.status, 400);
}

#[test]
fn browsers_guess_no_types_and_keep_nothing_of_the_api() {
    let server = Server::start();
    for (path, private) in [
        ("/healthz", false),
        ("/", false),
        ("/setup", false),
        ("/v1/attractor.js", false),
        ("/nowhere", false),
        ("/api/me", true),
        ("/api/nowhere", true),
        ("/api/openapi.json", true),
    ] {
        let answer = server.get(path, &[]);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control") == Some("no-store"), private || path == "/setup", "{path}");
    }
}

#[test]
fn json_under_another_type_is_refused_by_the_api_alone() {
    let server = Server::start();
    let key = format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]));
    for (media, status) in [
        ("application/json", 201),
        ("Application/JSON; charset=utf-8", 201),
        ("application/vnd.api+json", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
    ] {
        let wanted = json!({"name": media, "kind": "public"});
        let answer = server.post("/api/keys", &[&key, &format!("Content-Type: {media}")], wanted);
        assert_eq!(answer.status, status, "{media}: {}", answer.body);
    }
    let write = server.key(&["s", "--server"]);
    let message = json!({"writeKey": write, "userId": "u", "event": "Demo Requested"});
    assert_eq!(server.post("/v1/track", &["Content-Type: text/plain"], message).status, 200, "beacons send that");
}

#[test]
fn bodies_are_as_small_as_what_they_are_for() {
    let server = Server::start();
    let key = format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]));
    for (path, limit) in
        [("/api/session", 16_384), ("/api/setup", 16_384), ("/api/users", 65_536), ("/api/keys", 65_536)]
    {
        for (length, large) in [(limit - 100, false), (limit + 1, true)] {
            let body = json!({"x": "a".repeat(length - 8)});
            let answer = server.post(path, &[&key, "Idempotency-Key: one"], body.clone());
            assert_eq!(answer.status == 413, large, "{path}, {length} bytes: {}", answer.body);
            let chunked = format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\n{key}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                body.to_string().len()
            );
            assert_eq!(server.raw(chunked.as_bytes()).starts_with("HTTP/1.1 413"), large, "{path}, of unknown length");
        }
    }
}

#[test]
fn a_hooks_header_is_the_name_of_one() {
    let server = Server::start();
    let key = format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]));
    let mapping = json!({"type": "track", "event": "Paid", "user_id": "$.id"});
    for (header, status) in [("X-Signature", 201), ("", 201), ("x\r\nset-cookie: a", 422), ("x y", 422), ("x:", 422)] {
        let wanted = json!({"name": "shop", "mapping": mapping, "proof": "hmac", "header": header});
        let made = server.post("/api/hooks", &[&key], wanted);
        assert_eq!(made.status, status, "{header:?}: {}", made.body);
    }
}

#[test]
fn a_private_address_is_refused_when_the_webhook_is_made() {
    let server = Server::start();
    let key = format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]));
    for host in ["127.0.0.1", "localhost", "[::1]", "10.0.0.5", "2130706433", "0x7f.1"] {
        let made = server.post("/api/webhooks", &[&key], json!({"url": format!("http://{host}:9105/in")}));
        assert_eq!((made.status, &made.body["errors"][0]["pointer"]), (422, &json!("/url")), "{host}");
        assert!(made.body["detail"].as_str().unwrap().contains("`webhooks_private`"), "{}", made.body);
    }
    let open = server.post("/api/webhooks", &[&key], json!({"url": "https://1.1.1.1/in"}));
    assert_eq!(open.status, 201, "{}", open.body);
    let changed = json!({"url": "http://127.0.0.1/", "enabled": true});
    assert_eq!(server.ask("PUT", "/api/webhooks/1", &[&key], Some(changed)).status, 422);
}
