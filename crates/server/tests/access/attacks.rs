//! What attackers tried and did not get: held by a table of each kind.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::server::Server;

fn bearer(key: &str) -> String {
    format!("Authorization: Bearer {key}")
}

/// The status of a body that is sent as it is.
fn status(server: &Server, path: &str, headers: &[&str], body: &[u8]) -> u16 {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    let answer = server.raw(&request);
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{path}: {answer:?}"))
}

#[test]
fn no_spelling_of_a_reserved_kind_comes_with_a_public_key() {
    let server = Server::start();
    let (public, owner) = (server.key(&["site", "--public"]), bearer(&server.key(&["o", "--api", "owner"])));
    let spellings = [
        r#""event":"Deal Won""#,
        r#""event":"Page","event":"Deal Won""#,
        r#""event":"Deal Won","event":"Page""#,
        r#""event":"\u0044eal Won""#,
        r#""event":"Deal\u0020Won""#,
        r#""\u0065vent":"Deal Won""#,
        r#""event":"Deal Won\u0000""#,
        r#""event":"\u0000Deal Won""#,
        r#""event":" Deal Won ""#,
        r#""event":"Deal Won\u200b""#,
        r#""event":"DEAL WON""#,
        r#""event":["Deal Won"]"#,
        r#""event":null,"type":"Deal Won""#,
        r#""event":"Subscribed""#,
        r#""type":"track","event":"Unsubscribed""#,
        r#""event":"Segment Pinned""#,
        r#""event":"Topic Chosen""#,
    ];
    for (number, spelling) in spellings.iter().enumerate() {
        let properties = r#""properties":{"deal_id":"d","amount":1,"segment":"x","by":"me"}"#;
        let message = format!(r#"{{"userId":"eve","messageId":"m{number}",{spelling},{properties}}}"#);
        let at = status(&server, &format!("/v1/track?writeKey={public}"), &[], message.as_bytes());
        assert!(at < 500, "{spelling}: {at}");
        let batch = format!(r#"{{"batch":[{}]}}"#, message.replacen('{', r#"{"type":"track","#, 1));
        let at = status(&server, &format!("/v1/batch?writeKey={public}"), &[], batch.as_bytes());
        assert!(at < 500, "{spelling}: {at}");
    }
    // Those that are other kinds for the reader are there, and mean nothing.
    let eve = server.get("/api/leads/eve", &[&owner]);
    assert_eq!(eve.status, 200, "{}", eve.text);
    assert_eq!((&eve.body["deals"], &eve.body["consent"]["all"]["state"]), (&json!([]), &json!("unknown")));
    let events = server.get("/api/leads/eve/events?limit=200", &[&owner]);
    let reserved = ["Deal Won", "Subscribed", "Unsubscribed", "Segment Pinned", "Topic Chosen"];
    for item in events.body["items"].as_array().unwrap() {
        let kind = item["message"]["event"].as_str().unwrap_or_default();
        assert!(!reserved.contains(&kind), "{item}");
    }
}

#[test]
fn a_small_body_that_unpacks_to_a_large_one_is_refused() {
    let server = Server::start();
    let path = format!("/v1/batch?writeKey={}", server.key(&["s", "--server"]));
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(br#"{"batch":[{"type":"track","userId":"u","event":"e","properties":{"a":""#).unwrap();
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..200 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 400_000, "{}", bomb.len());
    assert_eq!(status(&server, &path, &["Content-Encoding: gzip"], &bomb), 413);
    let twice = {
        let mut outer = GzEncoder::new(Vec::new(), Compression::best());
        outer.write_all(&bomb).unwrap();
        outer.finish().unwrap()
    };
    assert!((400..500).contains(&status(&server, &path, &["Content-Encoding: gzip"], &twice)));
    assert_eq!(server.get("/healthz", &[]).status, 200);
}

#[test]
fn texts_that_are_made_to_be_large_or_deep_are_refused_with_a_place() {
    let server = Server::start();
    let key = bearer(&server.key(&["o", "--api", "owner"]));
    let ask = |path: &str, body: Value| server.post(path, &[&key, "Content-Type: application/json"], body);
    let deep =
        format!("playbook: p\nsegments:\n  - {{id: a, enter: {}{}}}\n", "{not: ".repeat(5_000), "}".repeat(5_000));
    let laughs: String = (1..40).map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0}]\n", n - 1)).collect();
    let laughs = format!("playbook: p\na0: &a0 [x]\n{laughs}");
    let many: String =
        (0..10_000).map(|n| format!("  - {{id: s{n}, enter: {{inactive: {}d}}}}\n", n % 300 + 1)).collect();
    let many = format!("playbook: p\nsegments:\n{many}");
    for (name, text) in [("deep", deep), ("laughs", laughs), ("many", many)] {
        let checked = ask("/api/playbook/check", json!({"files": {"playbook.yaml": text}}));
        assert!(checked.status < 500, "{name}: {}", checked.text);
    }
    let nested = |n: usize| (0..n).fold(json!({"inactive": "1d"}), |inner, _| json!({"not": inner}));
    let deep = server.raw(
        format!(
            "POST /api/leads/query HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{key}\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n{}",
            "[".repeat(200_000)
        )
        .as_bytes(),
    );
    assert!(deep.starts_with("HTTP/1.1 4"), "{}", &deep[..deep.len().min(300)]);
    let counted = ask("/api/segments/count", json!({"condition": nested(100)}));
    assert!((400..500).contains(&counted.status), "{}", counted.text);
    let clauses: Vec<Value> = (0..2_000).map(|n| json!({"inactive": format!("{}d", n + 1)})).collect();
    let counted = ask("/api/segments/count", json!({"condition": {"any": clauses}}));
    assert!((400..500).contains(&counted.status), "{}", counted.text);
    assert_eq!(server.get("/healthz", &[]).status, 200);
}

/// Texts that mean something to a database, a file system, a shell or a browser.
const ODD: [&str; 14] = [
    "'",
    "''; DROP TABLE leads; --",
    "1 OR 1=1",
    "%27%20OR%201=1--",
    "..%2f..%2f..%2fetc%2fpasswd",
    "../../../../etc/passwd",
    "%00",
    "a%00b",
    "%ff%fe",
    "%",
    "$1",
    "<script>alert(1)</script>",
    "%F0%9F%98%80",
    "9223372036854775808",
];

#[test]
fn no_text_in_a_path_or_a_query_does_anything_but_mean_itself() {
    let server = Server::start();
    let key = bearer(&server.key(&["o", "--api", "owner"]));
    let owner = [key.as_str()];
    let made = server.post("/api/leads", &owner, json!({"user_id": "ada", "attributes": {"email": "ada@example.org"}}));
    assert_eq!(made.status, 200, "{}", made.text);
    let described = server.get("/api/openapi.json", &[]);
    let paths = described.body["paths"].as_object().unwrap();
    let mut asked = 0;
    for (path, operations) in paths.iter().filter(|(_, operations)| operations.get("get").is_some()) {
        let parameters = operations["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let queries = parameters.iter().filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
        let queries: Vec<String> = queries.map(str::to_owned).collect();
        for odd in ODD {
            let plain = odd.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E");
            let filled = path.split('/').map(|part| if part.starts_with('{') { plain.as_str() } else { part });
            let filled: Vec<&str> = filled.collect();
            let filled = filled.join("/");
            let mut urls: Vec<String> = queries.iter().map(|name| format!("{filled}?{name}={plain}")).collect();
            if path.contains('{') {
                urls.push(filled);
            }
            for url in urls.iter().filter(|url| !url.contains("/stream")) {
                let status = server.status("GET", url, &owner, "");
                assert!(status < 500, "{url}: {status}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
    let after = server.get("/api/leads/ada", &owner);
    assert_eq!((after.status, &after.body["email"]), (200, &json!("ada@example.org")));
}
