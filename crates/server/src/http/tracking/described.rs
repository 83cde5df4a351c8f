//! The calls of `/v1` in the description of the API. One route takes them all, and each has fields of its own, so they are
//! described here and not where they are routed.

use serde_json::{Map, Value, json};

/// A call, what it records, and its fields beside those of every message: a name, a schema's name and a description.
type Call = (&'static str, &'static str, &'static [(&'static str, Kind, &'static str)], &'static [&'static str]);

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Object,
}

const CALLS: [Call; 6] = [
    (
        "identify",
        "Set attributes of a lead, and tie a visitor to it",
        &[("traits", Kind::Object, "The attributes; `null` removes one. `email` may name the lead by itself")],
        &[],
    ),
    (
        "track",
        "Record an event",
        &[
            ("event", Kind::Text, "The kind of the event, such as `Demo Requested`"),
            ("properties", Kind::Object, "What is known of the event"),
        ],
        &["event"],
    ),
    (
        "page",
        "Record a page view",
        &[
            ("name", Kind::Text, "The name of the page"),
            ("properties", Kind::Object, "`path`, `url`, `title`, `referrer` and more"),
        ],
        &[],
    ),
    (
        "screen",
        "Record a view of a screen of an app",
        &[("name", Kind::Text, "The name of the screen"), ("properties", Kind::Object, "What is known of the screen")],
        &[],
    ),
    (
        "group",
        "Set attributes of a lead's company",
        &[
            ("groupId", Kind::Text, "The company's id"),
            ("traits", Kind::Object, "The attributes, which become `company.…` of the lead"),
        ],
        &[],
    ),
    (
        "alias",
        "Make two leads one",
        &[("previousId", Kind::Text, "The user id or visitor's id that goes into `userId`")],
        &["previousId", "userId"],
    ),
];

const SCHEMAS: &str = "#/components/schemas/";

fn named(schema: &str) -> Value {
    json!({"$ref": format!("{SCHEMAS}{schema}")})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn object(description: &str) -> Value {
    json!({"type": "object", "description": description, "additionalProperties": named("AnyJson")})
}

fn instant(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

/// The fields of every message.
fn common() -> Map<String, Value> {
    let fields = [
        ("userId", text("The lead's user id")),
        ("anonymousId", text("The visitor's id, which the site's script makes")),
        ("messageId", text("Makes the message idempotent for its lead")),
        ("timestamp", instant("When it happened; absent: when it arrived")),
        ("sentAt", instant("When it was sent, by the clock that wrote `timestamp`, to correct that clock")),
        ("context", object("What is known of the page, the campaign and the browser")),
        ("writeKey", text("The write key, for programs that cannot send it as the user of basic authentication")),
    ];
    fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn message(call: &Call) -> Value {
    let (_, summary, fields, required) = call;
    let mut properties = common();
    for (name, kind, description) in *fields {
        let schema = match kind {
            Kind::Text => text(description),
            Kind::Object => object(description),
        };
        properties.insert((*name).to_owned(), schema);
    }
    json!({"type": "object", "description": summary, "required": required, "properties": properties})
}

/// `Track` for `track`.
fn schema_name(call: &str) -> String {
    format!("{}{}Message", call[..1].to_uppercase(), &call[1..])
}

/// The schemas of the messages.
pub fn schemas() -> Map<String, Value> {
    let mut all: Map<String, Value> = CALLS.iter().map(|call| (schema_name(call.0), message(call))).collect();
    let of_any = json!({"type": "string", "enum": CALLS.map(|(name, ..)| name), "description": "Which call it is"});
    let batched = json!({"allOf": [{"anyOf": CALLS.map(|(name, ..)| named(&schema_name(name)))}, {"type": "object",
        "required": ["type"], "properties": {"type": of_any}}]});
    all.insert("BatchedMessage".into(), batched);
    all.insert(
        "Batch".into(),
        json!({"type": "object", "description": "Several messages", "required": ["batch"], "properties": {
            "batch": {"type": "array", "items": named("BatchedMessage")},
            "sentAt": instant("As in a message, for all of them"),
            "context": object("As in a message, for those that have none"),
            "writeKey": text("As in a message"),
        }}),
    );
    let rejected = json!({"type": "array", "description": "Absent if all were taken", "items": named("Rejection")});
    let warnings = json!({"type": "array", "description": "What is probably misspelt; absent if nothing is", "items": {
    "type": "object", "required": ["index", "text"], "properties": {
        "index": {"type": "integer", "description": "The message's place in the batch, from 0"},
        "text": {"type": "string", "description": "What is not read, and what was probably meant"},
    }}});
    all.insert(
        "Taken".into(),
        json!({"type": "object", "description": "Which messages were taken", "required": ["success"], "properties": {
            "success": {"type": "boolean", "description": "Whether at least one was taken"}, "rejected": rejected,
            "warnings": warnings,
        }}),
    );
    all
}

fn operation(summary: &str, schema: &str) -> Value {
    let content = |schema: &str| json!({"application/json": {"schema": named(schema)}});
    json!({"post": {
        "tags": ["tracking"],
        "summary": summary,
        "description": "Answers when the messages are stored. What a public key may send is in docs/tracking.md.",
        "security": [{"write_key": []}],
        "requestBody": {"required": true, "content": content(schema)},
        "responses": {
            "200": {"description": "Taken; `rejected` names messages that are not valid", "content": content("Taken")},
            "401": {"description": "The write key is missing or unknown"},
            "413": {"description": "The body or the batch is too large"},
            "429": {"description": "This key has sent more than it may; `Retry-After` says when it may go on"},
        },
    }})
}

pub fn paths() -> Map<String, Value> {
    let path = |name: &str| format!("/v1/{name}");
    let one = |call: &Call| (path(call.0), operation(call.1, &schema_name(call.0)));
    let mut all: Map<String, Value> = CALLS.iter().map(one).collect();
    all.insert(path("batch"), operation("Record several messages", "Batch"));
    all
}

/// How senders authenticate.
pub fn security() -> Value {
    json!({"type": "http", "scheme": "basic",
        "description": "The write key, a public key or a server key, as the user; no password"})
}
