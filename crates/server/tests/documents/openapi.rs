//! The description of `/api` is published as `docs/openapi.json`, so that a change to it shows in review, and it says
//! what is in each body.

use std::collections::BTreeSet;
use std::{env, fs};

use attractor_server::http::description;
use serde_json::{Map, Value, json};

#[test]
fn the_published_openapi_is_what_the_server_answers() {
    let (path, current) = (super::root().join("docs/openapi.json"), format!("{:#}\n", description()));
    if env::var_os("RENEW").is_some() {
        fs::write(&path, &current).expect("the description can be written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == current, "renew it: RENEW=1 cargo test --workspace --test documents openapi");
}

/// Bodies that are not JSON, each with its operation.
const NOT_JSON: [(&str, &str); 20] = [
    ("get_a_hash_name", "application/octet-stream"),
    ("get_backup", "application/vnd.attractor.backup"),
    ("get_d_token", "text/html"),
    ("get_export_what", "application/x-ndjson"),
    ("get_f_confirm_token", "text/html"),
    ("get_f_form", "text/html"),
    ("get_imports_id_rejected", "text/csv"),
    ("get_leads_id_explanation", "text/plain"),
    ("get_p_token", "text/html"),
    ("get_stream", "text/event-stream"),
    ("get_t_o_token", "image/gif"),
    ("get_u_token", "text/html"),
    ("post_assets", "application/octet-stream"),
    ("post_d_token", "application/octet-stream"),
    ("post_f_confirm_token", "text/html"),
    ("post_f_form", "text/html"),
    ("post_imports_id_files_number", "application/octet-stream"),
    ("post_p_token", "text/html"),
    ("post_restore", "application/vnd.attractor.backup"),
    ("post_u_token", "text/html"),
];

/// Every request and every answer of an operation that is not an error: its media type and schema.
fn bodies(operation: &Value) -> Vec<(String, &Value)> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let answers = answers.filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer);
    let contents = answers.chain([&operation["requestBody"]]).filter_map(|body| body["content"].as_object());
    contents.flatten().map(|(media, content)| (media.clone(), &content["schema"])).collect()
}

fn operations(api: &Value) -> Vec<&Value> {
    let paths = api["paths"].as_object().into_iter().flatten();
    paths.filter_map(|(_, methods)| methods.as_object()).flatten().map(|(_, operation)| operation).collect()
}

/// A schema that says nothing of what it describes.
fn says_nothing(schema: &Value) -> bool {
    let Some(members) = schema.as_object() else { return true };
    let says = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const"].iter().any(|key| members.contains_key(*key));
    let open = |key: &str| members.get(key).is_none_or(|of| of.as_object().is_none_or(Map::is_empty));
    match schema["type"].as_str() {
        _ if says => false,
        Some("object") => open("properties") && open("additionalProperties"),
        Some("array") => open("items") && open("prefixItems"),
        _ => !members.contains_key("type"),
    }
}

/// The operations whose JSON is not described, and the media types that are not JSON.
fn untyped(api: &Value) -> (Vec<String>, BTreeSet<(String, String)>) {
    let (mut untyped, mut other) = (Vec::new(), BTreeSet::new());
    for operation in operations(api) {
        let name = operation["operationId"].as_str().unwrap_or_default();
        for (media, schema) in bodies(operation) {
            if media != "application/json" {
                other.insert((name.to_owned(), media));
            } else if says_nothing(schema) {
                untyped.push(name.to_owned());
            }
        }
    }
    (untyped, other)
}

#[test]
fn every_operation_describes_what_it_takes_and_answers() {
    let api = description();
    let (untyped, other) = untyped(&api);
    assert!(operations(&api).len() > 80);
    assert_eq!(untyped, Vec::<String>::new(), "give these a type with `ToSchema`");
    let known = NOT_JSON.map(|(name, media)| (name.to_owned(), media.to_owned()));
    assert_eq!(other, known.into());
}

/// The schemas in a document that say nothing, by where they are.
fn silent(schema: &Value, at: &str, found: &mut Vec<String>) {
    if says_nothing(schema) {
        found.push(at.to_owned());
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        silent(member, &format!("{at}/{name}"), found);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) {
            silent(inner, &format!("{at}/{key}"), found);
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let parts = schema[key].as_array().into_iter().flatten();
        parts.for_each(|part| silent(part, &format!("{at}/{key}"), found));
    }
}

fn schemas(api: &Value) -> impl Iterator<Item = (&String, &Value)> {
    api["components"]["schemas"].as_object().into_iter().flatten()
}

#[test]
fn every_field_says_what_is_in_it() {
    let api = description();
    let mut found = Vec::new();
    schemas(&api).for_each(|(name, schema)| silent(schema, name, &mut found));
    assert_eq!(found, ["AnyJson"], "JSON that anything may be in is `AnyJson`, and nothing else may be anything");
}

/// Whether a field is an instant by its name.
fn is_instant(name: &str) -> bool {
    const INSTANTS: [&str; 13] = [
        "at",
        "since",
        "until",
        "began",
        "last_began",
        "due",
        "not_after",
        "last_seen",
        "first_seen",
        "next_change",
        "next_wake",
        "failing_since",
        "until_at",
    ];
    INSTANTS.contains(&name) || name.ends_with("_at")
}

/// The schemas' fields that hold a text: the schema's name, the field's, and what describes it.
fn texts(api: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    schemas(api).flat_map(|(name, schema)| {
        let own = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
        let fields = own.filter_map(|part| part["properties"].as_object()).flatten();
        fields
            .filter(|(_, of)| of["type"] == "string" || of["type"] == json!(["string", "null"]))
            .map(move |(field, of)| (name, field, of))
    })
}

/// Whether a text is a duration of the playbook, which `not_after` of a step is.
fn is_duration(of: &Value) -> bool {
    of["pattern"].as_str().is_some_and(|pattern| pattern.contains("[smhdw]"))
}

#[test]
fn every_instant_is_described_as_one() {
    let api = description();
    let mut seen = 0;
    for (name, field, of) in texts(&api).filter(|(_, field, of)| is_instant(field) && !is_duration(of)) {
        assert_eq!(of["format"], "date-time", "{name}/{field}: add `#[schema(format = DateTime)]`");
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn an_operation_without_types_is_found() {
    let body = |schema: Value| json!({"content": {"application/json": {"schema": schema}}});
    let cases = [
        (json!({"type": "object"}), true),
        (json!({}), true),
        (json!({"type": "array", "items": {}}), true),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), false),
        (json!({"$ref": "#/components/schemas/Lead"}), false),
        (json!({"type": "string"}), false),
    ];
    for (schema, expected) in cases {
        let api = json!({"paths": {"/a": {"get": {"operationId": "a", "responses": {"200": body(schema.clone())}}}}});
        assert_eq!(untyped(&api).0.len(), usize::from(expected), "{schema}");
    }
}

/// Fields that hold the id of a part of the playbook, wherever they are; its name is in a field of its own.
const IDS: [&str; 5] = ["ladder", "segment", "sequence", "stage", "topic"];

#[test]
fn a_field_called_after_a_part_of_the_playbook_holds_its_id() {
    let api = description();
    let mut seen = 0;
    for (name, field, of) in texts(&api).filter(|(_, field, _)| IDS.contains(&field.as_str())) {
        let about = of["description"].as_str().unwrap_or_default().to_lowercase();
        let is_id = about.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "id");
        let is_scope = ["ConsentCondition", "OneConsent"].contains(&name.as_str());
        assert!(is_scope || is_id && !about.contains("name"), "{name}/{field}: {about:?}");
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}
