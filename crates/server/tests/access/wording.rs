//! Refusals speak of the request: which parameter or field is wrong and what would be right, never of the program's types.

use serde_json::{Value, json};

use super::server::{Answer, Server};

/// Words of the libraries that read requests, and of the program's types.
const INWARD: [&str; 16] = [
    "deserialize",
    "serde",
    "expected value",
    "invalid type",
    "invalid digit",
    "invalid value",
    "untagged",
    "unknown variant",
    "any variant",
    "struct ",
    "i64",
    "u64",
    "usize",
    "u32",
    "f64",
    "Option<",
];

/// An operation of the description: its method, path and what it is described as.
struct Operation<'d> {
    method: String,
    path: &'d str,
    described: &'d Value,
}

impl Operation<'_> {
    /// The names of its parameters in the path or the query, with their types.
    fn parameters(&self, place: &str) -> Vec<(&str, String)> {
        let all = self.described["parameters"].as_array().into_iter().flatten();
        let here = all.filter(|parameter| parameter["in"] == place);
        here.map(|parameter| (parameter["name"].as_str().unwrap(), parameter["schema"].to_string())).collect()
    }

    /// The path with this in place of each of its parameters.
    fn filled(&self, value: &str) -> String {
        let parts: Vec<&str> =
            self.path.split('/').map(|part| if part.starts_with('{') { value } else { part }).collect();
        parts.join("/")
    }

    fn takes_json(&self) -> bool {
        self.described["requestBody"]["content"]["application/json"].is_object()
    }
}

fn operations(description: &Value) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            all.push(Operation { method: method.to_uppercase(), path, described });
        }
    }
    all
}

fn refuse(answer: &Answer, what: &str, names: &str) {
    let text = answer.body.to_string();
    assert!((400..500).contains(&answer.status), "{what}: {} {text}", answer.status);
    let inward: Vec<&&str> = INWARD.iter().filter(|word| text.contains(**word)).collect();
    assert!(inward.is_empty(), "{what}: {inward:?} in {text}");
    assert!(text.contains(names), "{what}: `{names}` is not named in {text}");
}

fn owned(server: &Server) -> String {
    format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]))
}

#[test]
fn a_query_that_cannot_be_read_names_its_parameter_and_what_would_be_right() {
    let server = Server::start();
    let key = owned(&server);
    let description = server.get("/api/openapi.json", &[&key]).body;
    let mut tried = 0;
    for operation in operations(&description).iter().filter(|operation| operation.path.starts_with("/api")) {
        let path = operation.filled("1");
        let ask = |query: &str| server.ask(&operation.method, &format!("{path}?{query}"), &[&key], None);
        refuse(&ask("nonsense=1"), &format!("{} {path}?nonsense", operation.method), "nonsense");
        for (name, schema) in operation.parameters("query") {
            if schema.contains("integer") || schema.contains("boolean") || schema.contains("$ref") {
                refuse(&ask(&format!("{name}=%20x")), &format!("{} {path}?{name}", operation.method), name);
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "{tried} parameters");
}

#[test]
fn a_path_that_cannot_be_read_names_its_parameter_and_what_would_be_right() {
    let server = Server::start();
    let key = owned(&server);
    let description = server.get("/api/openapi.json", &[&key]).body;
    let mut tried = 0;
    for operation in operations(&description) {
        let Some((name, schema)) = operation.parameters("path").first().cloned() else { continue };
        let mut values = vec!["%ff"];
        if schema.contains("integer") {
            values.push("abc");
        }
        for value in values {
            let path = operation.filled(value);
            let body = operation.takes_json().then(|| json!({}));
            let answer = server.ask(&operation.method, &path, &[&key], body);
            refuse(&answer, &format!("{} {path}", operation.method), name);
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried} paths");
}

#[test]
fn a_body_that_cannot_be_read_names_the_place_and_what_would_be_right() {
    let server = Server::start();
    let key = owned(&server);
    let description = server.get("/api/openapi.json", &[&key]).body;
    let mut tried = 0;
    for operation in operations(&description).iter().filter(|operation| operation.takes_json()) {
        let path = operation.filled("1");
        for body in ["", "{", "[]", "5", "null", "\"a\"", r#"{"nonsense": 1}"#, "{}{}", "{\"a\": x}"] {
            let length = body.len();
            let (method, key) = (&operation.method, &key);
            let answer = server.raw(
                format!(
                    "{method} {path} HTTP/1.1\r\nHost: a\r\n{key}\r\nContent-Type: application/json\r\n\
                     Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                )
                .as_bytes(),
            );
            let inward: Vec<&&str> = INWARD.iter().filter(|word| answer.contains(**word)).collect();
            assert!(inward.is_empty(), "{method} {path} {body:?}: {inward:?} in {answer}");
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried} bodies");
}

#[test]
fn a_body_whose_fields_may_all_be_left_out_may_be_left_out() {
    let server = Server::start();
    let key = owned(&server);
    let description = server.get("/api/openapi.json", &[&key]).body;
    let (mut may_be_left_out, mut must_be_there) = (Vec::new(), 0);
    let api = operations(&description);
    for operation in api.iter().filter(|one| one.takes_json() && one.path.starts_with("/api")) {
        let empty = server.ask(&operation.method, &operation.filled("1"), &[&key], None);
        let detail = empty.body["detail"].as_str().unwrap_or_default();
        let text = format!("{} {}", operation.method, operation.path);
        if operation.described["requestBody"]["required"] == false {
            let is_misread = detail.starts_with("the body is");
            assert!(!is_misread && empty.status < 500, "{text}: {} {}", empty.status, empty.body);
            may_be_left_out.push(text);
        } else {
            let how = "the body is empty; send JSON with `-H 'Content-Type: application/json' -d '{…}'`";
            assert!(empty.status == 400 && detail.starts_with(how), "{text}: {} {}", empty.status, empty.body);
            must_be_there += 1;
        }
    }
    for text in ["POST /api/broadcasts/{id}/pause", "POST /api/sending/pause", "POST /api/playbook/draft/publish"] {
        assert!(may_be_left_out.iter().any(|one| one == text), "{text}: {may_be_left_out:?}");
    }
    assert!(may_be_left_out.len() > 10 && must_be_there > 30, "{may_be_left_out:?} {must_be_there}");
    assert!(server.get("/api/sending", &[&key]).body["paused"].is_string(), "without a body it is paused too");
}

#[test]
fn refusals_say_what_would_be_right() {
    let server = Server::start();
    let key = owned(&server);
    for (path, detail) in [
        ("/api/leads?limit=ten", "the query parameter `limit` is `ten`; expected a whole number"),
        ("/api/companies?sort=size", "the query parameter `sort` cannot be read: `size` is not known here; expected "),
        ("/api/webhooks/ten", "`id` in the path is `ten`; expected a whole number"),
        ("/api/webhooks/%ff", "`id` in the path is not UTF-8"),
    ] {
        let said = server.get(path, &[&key]).body["detail"].as_str().unwrap_or_default().to_owned();
        assert!(said.starts_with(detail), "{path}: {said}");
    }
    for (body, pointer, detail) in [
        (json!({"name": 5, "kind": "public"}), "/name", "expected a text, found the number 5"),
        (json!({"name": "a", "kind": "public", "x": 1}), "/x", "`x` is not known here; expected one of "),
        (json!({"kind": "public"}), "", "`name` is missing"),
    ] {
        let refused = server.post("/api/keys", &[&key], body.clone()).body;
        let error = &refused["errors"][0];
        assert_eq!(error["pointer"], pointer, "{body}: {refused}");
        assert!(error["detail"].as_str().unwrap().starts_with(detail), "{body}: {refused}");
        let first = format!("the body is not what is expected here: {}", error["detail"].as_str().unwrap());
        assert_eq!(refused["detail"], first);
    }
    let refused = server.post("/api/keys", &[&key], json!({"name": 5, "kind": "privat", "x": 1})).body;
    let pointers: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/name", "/kind", "/x"], "{refused}");
}
