//! `GET /api/openapi.json`: what the routes say of themselves, and what is true of all of them: names, errors, keys.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

const PROBLEM: &str = "application/problem+json";
/// Whoever asks for these is not known yet.
const OPEN: [(&str, &str); 2] = [("/api/session", "post"), ("/api/setup", "post")];

/// The whole description.
pub fn described(routes: &OpenApi) -> Value {
    let mut all = serde_json::to_value(routes).unwrap_or_default();
    if let Some(paths) = all["paths"].as_object_mut() {
        for (path, methods) in paths {
            for (method, operation) in methods.as_object_mut().into_iter().flatten() {
                finish(path, method, operation);
            }
        }
    }
    all["components"]["schemas"]["Problem"] = problem();
    all["components"]["securitySchemes"] = json!({
        "key": {"type": "http", "scheme": "bearer", "description": "An API key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "attractor_session",
            "description": "POST /api/session begins one; every change brings its CSRF token in X-CSRF-Token"},
    });
    all["security"] = json!([{"key": []}, {"session": []}]);
    all
}

fn finish(path: &str, method: &str, operation: &mut Value) {
    operation["operationId"] = name(path, method).into();
    if OPEN.contains(&(path, method)) {
        operation["security"] = json!([]);
    }
    let errors = json!({PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    answers.insert("default".into(), json!({"description": "Why it was not done", "content": errors}));
    for (status, answer) in answers {
        let Some(answer) = answer.as_object_mut() else { continue };
        answer.entry("description").or_insert_with(|| usual(status).into());
        if status.starts_with('4') {
            answer.entry("content").or_insert_with(|| errors.clone());
        }
    }
}

/// The method and the path, as programs name functions: `get_leads_id_events`.
fn name(path: &str, method: &str) -> String {
    let parts = path.split(['/', '{', '}', '-']).filter(|part| !["", "api"].contains(part));
    parts.fold(method.to_owned(), |name, part| format!("{name}_{part}"))
}

fn usual(status: &str) -> &'static str {
    match status {
        "201" => "It was made",
        "202" => "It was begun",
        "204" => "It was done",
        _ => "What was asked for",
    }
}

fn problem() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let place: Map<String, Value> = [
        ("pointer".to_owned(), text("A JSON pointer into the body")),
        ("detail".to_owned(), text("What is wrong there")),
    ]
    .into_iter()
    .collect();
    json!({
        "type": "object",
        "description": "An error (RFC 9457); some have more members",
        "required": ["title", "status", "detail"],
        "properties": {
            "title": text("The status in words"),
            "status": {"type": "integer"},
            "detail": text("What is wrong, and what would be right"),
            "errors": {"type": "array", "items": {
                "type": "object", "required": ["pointer", "detail"], "properties": place,
            }},
        },
    })
}
