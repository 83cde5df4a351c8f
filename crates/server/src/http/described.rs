//! `GET /api/openapi.json`: what the routes of `/api`, `/v1` and `/hooks` say of themselves, and what is true of all of
//! them: names, errors, keys.

use attractor_app::actor::Role;
use attractor_engine::playbook::schema;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::tracking::described as tracking;

const PROBLEM: &str = "application/problem+json";
/// Nobody is known who asks for these; an inbound webhook and a link of an e-mail have a proof of their own.
const OPEN: [(&str, &str); 17] = [
    ("/a/{hash}/{name}", "get"),
    ("/api/session", "post"),
    ("/api/setup", "post"),
    ("/d/{token}", "get"),
    ("/d/{token}", "post"),
    ("/f/confirm/{token}", "get"),
    ("/f/confirm/{token}", "post"),
    ("/f/{form}", "get"),
    ("/f/{form}", "post"),
    ("/hooks/{id}", "post"),
    ("/p/{token}", "get"),
    ("/p/{token}", "post"),
    ("/t/c/{token}", "get"),
    ("/t/o/{token}", "get"),
    ("/t/v", "post"),
    ("/u/{token}", "get"),
    ("/u/{token}", "post"),
];

/// The whole description: of routes that need no role, and of those that need one.
pub fn described(of_anybody: &OpenApi, of_roles: &[(Role, OpenApi)]) -> Value {
    let mut all = serde_json::to_value(of_anybody).unwrap_or_default();
    for (role, routes) in of_roles {
        add(&mut all, routes, *role);
    }
    if let Some(paths) = all["paths"].as_object_mut() {
        paths.extend(tracking::paths());
        paths.sort_keys();
        for (path, methods) in paths {
            for (method, operation) in methods.as_object_mut().into_iter().flatten() {
                finish(path, method, operation);
            }
        }
    }
    let_bodies_be_left_out(&mut all);
    all["components"]["schemas"]["Problem"] = problem();
    all["components"]["schemas"]["AnyJson"] = json!({"description": "Any JSON: only its sender knows what is in it"});
    if let Some(schemas) = all["components"]["schemas"].as_object_mut() {
        schemas.extend(tracking::schemas());
        schemas.extend(of_the_playbook(&["AnyCondition", "OneSegment", "WholePlaybook"]));
        schemas.sort_keys();
    }
    all["components"]["securitySchemes"] = json!({
        "key": {"type": "http", "scheme": "bearer", "description": "An API key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "attractor_session",
            "description": "POST /api/session begins one; every change brings its CSRF token in X-CSRF-Token"},
        "write_key": tracking::security(),
    });
    all["security"] = json!([{"key": []}, {"session": []}]);
    all
}

/// Adds the routes of a role, each with its name.
fn add(all: &mut Value, routes: &OpenApi, role: Role) {
    let mut routes = serde_json::to_value(routes).unwrap_or_default();
    let methods = routes["paths"].as_object_mut().into_iter().flatten().filter_map(|(_, path)| path.as_object_mut());
    for (_, operation) in methods.flatten() {
        operation["x-role"] = role.name().into();
    }
    for part in ["/paths", "/components/schemas"] {
        let added = routes.pointer_mut(part).and_then(Value::as_object_mut).map(std::mem::take);
        for (name, value) in added.into_iter().flatten() {
            join(&mut all.pointer_mut(part).unwrap_or(&mut Value::Null)[name], value);
        }
    }
}

/// Two roles may have methods of one path.
fn join(there: &mut Value, new: Value) {
    match (there, new) {
        (Value::Object(there), Value::Object(new)) => there.extend(new),
        (there, new) => *there = new,
    }
}

fn finish(path: &str, method: &str, operation: &mut Value) {
    operation["operationId"] = name(path, method).into();
    if let Some(role) = operation["x-role"].as_str() {
        let may = match role {
            "owner" => "Owners may do this".to_owned(),
            role => format!("Users and API keys with the role `{role}` may do this, or with one that may do more"),
        };
        let about = operation["description"].as_str().map_or_else(|| may.clone(), |about| format!("{about}\n\n{may}"));
        operation["description"] = about.into();
    }
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

/// Where every field of a JSON body may be left out, the body itself may be, as the handlers of `/api` read it.
fn let_bodies_be_left_out(all: &mut Value) {
    let schemas = all["components"]["schemas"].take();
    let paths = all["paths"].as_object_mut().into_iter().flatten().filter(|(path, _)| path.starts_with("/api/"));
    for operation in paths.filter_map(|(_, methods)| methods.as_object_mut()).flatten().map(|(_, one)| one) {
        let schema = operation.pointer("/requestBody/content/application~1json/schema");
        if schema.is_some_and(|schema| requires_nothing(schema, &schemas)) {
            operation["requestBody"]["required"] = false.into();
        }
    }
    all["components"]["schemas"] = schemas;
}

/// Whether an object without fields is what a schema describes.
fn requires_nothing(schema: &Value, schemas: &Value) -> bool {
    let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix(SCHEMAS));
    let schema = name.map_or(schema, |name| &schemas[name]);
    schema["type"] == "object" && schema["required"].as_array().is_none_or(Vec::is_empty)
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

/// Where what is described once is.
const SCHEMAS: &str = "#/components/schemas/";

/// These definitions of the playbook's schema, with those that they refer to.
fn of_the_playbook(names: &[&str]) -> Map<String, Value> {
    let definitions = &schema()["$defs"];
    let mut wanted: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut found = Map::new();
    while let Some(name) = wanted.pop() {
        if !found.contains_key(&name) {
            let mut definition = definitions[&name].clone();
            move_references(&mut definition, &mut wanted);
            found.insert(name, definition);
        }
    }
    found
}

/// Whether a schema only says which fields must be there. As one of several, it says nothing of what is in them, and
/// generators of clients take it for anything.
fn only_requires(schema: &Value) -> bool {
    schema.as_object().is_some_and(|members| members.keys().all(|key| key == "required"))
}

/// Lets references lead to where schemas are here; `named` gets the names of what they lead to.
fn move_references(value: &mut Value, named: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.get("anyOf").and_then(Value::as_array).is_some_and(|parts| parts.iter().all(only_requires)) {
                members.shift_remove("anyOf");
            }
            for (key, member) in members {
                let name = member.as_str().filter(|_| key == "$ref").and_then(|path| path.strip_prefix("#/$defs/"));
                match name.map(str::to_owned) {
                    Some(name) => {
                        *member = format!("{SCHEMAS}{name}").into();
                        named.push(name);
                    }
                    None => move_references(member, named),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_references(item, named)),
        _ => {}
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
