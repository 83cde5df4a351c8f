//! The published JSON Schema of the playbook, from the same description that reads it.

use serde_json::{Value as Json, json};

use super::form::{Definitions, Form, WholePlaybook};

/// Draft 2020-12. It knows keys, types and forms; references, bounds between values and order are told by `read` alone.
pub fn schema() -> Json {
    let mut definitions = Definitions::default();
    let root = WholePlaybook::schema(&mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Attractor playbook",
        "$ref": root["$ref"],
        "$defs": definitions.0,
    })
}
