//! `/api/openapi.json` holds together, and what is answered is what it says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{Place, World};

/// Every object in a document.
fn objects<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => {
            found.push(value);
            members.values().for_each(|member| objects(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        _ => {}
    }
}

fn operations(api: &Value) -> Vec<(String, String, &Value)> {
    let paths = api["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(|(method, operation)| (path.clone(), method.clone(), operation))
        })
        .collect()
}

#[test]
fn the_description_holds_together() {
    let place = Place::sqlite();
    let api = World::of(&place, &[]).get("/api/openapi.json");
    let mut all = Vec::new();
    objects(&api, &mut all);
    let references: Vec<&str> = all.iter().filter_map(|object| object["$ref"].as_str()).collect();
    assert!(references.len() > 100);
    for reference in references {
        assert!(api.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(&api) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is the name of two");
        assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{method} {path} has no summary");
        let of_path: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let given = operation["parameters"].as_array().into_iter().flatten();
        let given: BTreeSet<&str> =
            given.filter(|given| given["in"] == "path").map(|given| given["name"].as_str().unwrap()).collect();
        assert_eq!(given, of_path, "{method} {path}");
        for (status, answer) in operation["responses"].as_object().unwrap() {
            assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path} {status}");
            let is_error = status.starts_with('4') || status == "default";
            assert!(!is_error || answer["content"]["application/problem+json"].is_object(), "{method} {path} {status}");
        }
    }
    assert!(names.contains("get_leads_id_events"), "{names:?}");
}

/// Whether a value is what a schema says; the error is where it is not.
fn fits(api: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(api, api.pointer(&reference[1..]).unwrap(), value, at);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fits(api, part, value, at)?;
    }
    for choice in ["oneOf", "anyOf"].iter().filter_map(|name| schema[name].as_array()) {
        choice
            .iter()
            .map(|one| fits(api, one, value, at))
            .find(Result::is_ok)
            .unwrap_or(Err(format!("{at}: {value}")))?;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if !number.is_f64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !(types.is_empty() || types.contains(&is) || is == "integer" && types.contains(&"number")) {
        return Err(format!("{at}: {value} is no {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return Err(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    if value.is_object() {
        let missing = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|name| value.get(name.as_str().unwrap()).is_none());
        missing.map_or(Ok(()), |name| Err(format!("{at}: {name} is missing")))?;
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            value.get(name).map_or(Ok(()), |member| fits(api, of, member, &format!("{at}/{name}")))?;
        }
    }
    let items = value.as_array().into_iter().flatten();
    items.enumerate().try_for_each(|(place, item)| fits(api, &schema["items"], item, &format!("{at}/{place}")))
}

/// A number that can only be an instant in milliseconds, where people and programs expect RFC 3339.
fn bare_instant(value: &Value, at: &str) -> Option<String> {
    match value {
        Value::Object(members) => {
            members.iter().find_map(|(name, member)| bare_instant(member, &format!("{at}/{name}")))
        }
        Value::Array(items) => items.iter().find_map(|item| bare_instant(item, at)),
        Value::Number(number) => {
            number.as_i64().filter(|number| (100_000_000_000..10_000_000_000_000).contains(number))?;
            Some(format!("{at}: {number}"))
        }
        _ => None,
    }
}

#[test]
fn answers_are_as_described() {
    let place = Place::sqlite();
    let mut world = World::company(&place);
    let api = world.get("/api/openapi.json");
    let lead = world.get("/api/leads?limit=1")["items"][0]["id"].as_str().unwrap().to_owned();
    let webhook = json!({"url": "https://example.org/in", "kinds": ["stage"]});
    world.post("/api/webhooks", &webhook).unwrap();
    let email = json!({"name": "email", "type": "email", "label": "E-mail", "required": true});
    world.post("/api/forms", &json!({"id": "guide", "form": {"title": "Guide", "fields": [email]}})).unwrap();
    let sender = json!({"id": "sales", "name": "Grace Hopper", "address": "grace@example.org"});
    world.post("/api/senders", &sender).unwrap();
    world.post("/api/calls", &json!({"lead": lead, "note": "Met at the fair"})).unwrap();
    let mut seen = 0;
    for (path, method, operation) in operations(&api) {
        let media = &operation["responses"]["200"]["content"]["application/json"];
        if method != "get" || !media.is_object() || path.contains("dry-run") || path.starts_with("/api/session") {
            continue;
        }
        let filled = match path.as_str() {
            "/api/companies/{id}" => {
                path.replace("{id}", world.get("/api/companies")["items"][0]["id"].as_str().unwrap())
            }
            "/api/segments/{id}" | "/api/segments/{id}/members" => {
                path.replace("{id}", world.get("/api/segments")["items"][0]["id"].as_str().unwrap())
            }
            "/api/forms/{id}" => path.replace("{id}", "guide"),
            "/api/senders/{id}" => path.replace("{id}", "sales"),
            "/api/caught/{id}" | "/api/counts/{id}" | "/api/imports/{id}" | "/api/imports/{id}/undo" => continue,
            // This playbook has no e-mails and no sequences.
            "/api/leads/{id}/enrollments/{sequence}" | "/api/sequences/{id}/enrollments" => continue,
            _ if ["/api/broadcasts/{id}", "/api/emails/{id}", "/api/outbox/{send_id}"]
                .iter()
                .any(|of| path.starts_with(of)) =>
            {
                continue;
            }
            "/api/playbook/differences" => format!("{path}?from=1&to=1"),
            "/api/suppressions" => format!("{path}?email=ada@example.org"),
            _ => path.replace("/leads/{id}", &format!("/leads/{lead}")).replace("{id}", "1").replace("{number}", "1"),
        };
        let answer = world.get(&filled);
        fits(&api, &media["schema"], &answer, "").unwrap_or_else(|why| panic!("{filled}: {why}"));
        assert_eq!(bare_instant(&answer, ""), None, "{filled}");
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
    assert!(bare_instant(&json!({"a": [{"b": 1_795_855_420_412_i64}]}), "").is_some(), "the check itself");
    let wrong = json!({"items": [{"id": 7}], "next": null});
    let schema = &api["paths"]["/api/leads"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(fits(&api, schema, &wrong, "").is_err(), "the check itself");
    let made = world.post("/api/playbook/rollback", &json!({"version": 1})).unwrap();
    let schema =
        &api["paths"]["/api/playbook/rollback"]["post"]["responses"]["200"]["content"]["application/json"]["schema"];
    fits(&api, schema, &made, "").unwrap();
}

/// Every pair of an id and a name, `stage` and `stage_name`, wherever it is.
fn stages_in(value: &Value, found: &mut Vec<(Value, Value)>) {
    let mut all = Vec::new();
    objects(value, &mut all);
    let with_stage = all.iter().filter(|object| object.get("stage_name").is_some());
    found.extend(with_stage.map(|object| (object["stage"].clone(), object["stage_name"].clone())));
}

#[test]
fn a_stage_is_named_by_its_id_with_its_name_beside_it() {
    let place = Place::sqlite();
    let mut world = World::company(&place);
    let ladders = world.get("/api/ladders");
    let mut known = BTreeSet::new();
    let ladders = ladders["items"].as_array().unwrap_or_else(|| panic!("{ladders}"));
    for stage in ladders.iter().flat_map(|ladder| ladder["stages"].as_array().unwrap()) {
        known.insert((stage["id"].to_string(), stage["name"].to_string()));
    }
    assert!(known.iter().any(|(id, name)| id != name), "names differ from ids: {known:?}");
    let (mut found, mut next) = (Vec::new(), 0);
    for lead in world.get("/api/leads?limit=40")["items"].as_array().unwrap() {
        let lead = world.get(&format!("/api/leads/id:{}", lead["id"].as_str().unwrap()));
        next += lead["stages"].as_object().unwrap().values().filter(|stage| stage["next"].is_object()).count();
        stages_in(&lead["stages"], &mut found);
    }
    assert!(next > 10, "{next}");
    for (id, name) in found {
        assert!(known.contains(&(id.to_string(), name.to_string())), "{id} {name}: {known:?}");
    }
}
