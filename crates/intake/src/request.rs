//! A request of a tracking client, divided into its messages. What they say is not judged here, see
//! [`normalise`](crate::normalise()).

use std::borrow::Cow;
use std::fmt;

use attractor_engine::message::{Message, Wanted, sound};
use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use serde_json::value::RawValue;

use crate::body::{self, Text};
use crate::members::{Members, is_json, text_of};
use crate::placeholders::placeholders;
use crate::write_key;

/// What of a request matters here. Header values are as they came, absent ones `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The path with or without its query; what stands before `/v1/` does not matter.
    pub path: &'a str,
    pub content_encoding: Option<&'a str>,
    pub authorization: Option<&'a str>,
    /// The header `User-Agent`, for [`Agents`](crate::Agents).
    pub agent: Option<&'a str>,
    pub body: &'a [u8],
}

/// How much is taken. Larger bodies are refused whole, larger messages by themselves.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the body, as sent and unpacked.
    pub body: usize,
    /// Bytes of one message's JSON, as sent.
    pub message: usize,
    /// Messages in one batch.
    pub messages: usize,
}

impl Default for Limits {
    /// More than Segment takes (32 kB a message, 500 kB and 2,500 messages a batch), as some clients measure what they
    /// send before their last additions to it.
    fn default() -> Limits {
        Limits { body: 4_000_000, message: 64 * 1024, messages: 10_000 }
    }
}

/// A request divided into messages, in the order sent.
#[derive(Debug)]
pub struct Batch {
    pub write_key: Option<String>,
    pub envelope: Envelope,
    pub messages: Vec<Result<Raw, Rejected>>,
}

/// What a batch says of all its messages.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    pub sent_at: Option<Instant>,
    /// JSON of an object, for the messages that do not say it themselves.
    pub context: Option<String>,
}

/// One message as it was sent, without line breaks, within the limits and without U+0000.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its place among the messages of its request, from 0.
    pub index: usize,
    pub(crate) json: String,
    /// The type, where the path says it.
    pub(crate) kind: Option<&'static str>,
}

/// A message that is not taken, and why. The others of its batch are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub index: usize,
    pub reason: String,
}

/// A request of which nothing can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status to answer with: 400, 404, 413 or 415.
    pub status: u16,
    pub reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "message {}: {}", self.index, self.reason)
    }
}

impl Refused {
    pub(crate) fn too_large(what: &str, bytes: usize, most: usize) -> Refused {
        let reason =
            format!("{what} has {} bytes or more, {} are taken; send smaller batches", grouped(bytes), grouped(most));
        Refused { status: 413, reason }
    }

    pub(crate) fn encoding(name: &str) -> Refused {
        let name: String = name.chars().take(40).collect();
        Refused { status: 415, reason: format!("Content-Encoding `{name}` is not understood; send gzip, or nothing") }
    }

    pub(crate) fn not_json(reason: String) -> Refused {
        Refused { status: 400, reason }
    }
}

/// A number with its thousands set apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join(",")
}

/// What a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    One(&'static str),
    Batch,
}

fn call_of(path: &str) -> Option<Call> {
    let (_, call) = path.rsplit_once("/v1/")?;
    Some(match call.trim_end_matches('/') {
        "identify" | "i" => Call::One("identify"),
        "track" | "t" => Call::One("track"),
        "page" | "p" => Call::One("page"),
        "screen" | "s" => Call::One("screen"),
        "group" | "g" => Call::One("group"),
        "alias" | "a" => Call::One("alias"),
        "batch" | "b" | "import" => Call::Batch,
        _ => return None,
    })
}

/// Divides a request into its messages.
///
/// ```
/// use attractor_intake::{Limits, Request, read};
/// let body = br#"{"batch": [{"type": "page", "userId": "u"}], "writeKey": "k"}"#;
/// let batch = read(&Request { path: "/v1/batch", body, ..Request::default() }, &Limits::default()).unwrap();
/// assert_eq!((batch.write_key.as_deref(), batch.messages.len()), (Some("k"), 1));
/// ```
pub fn read(request: &Request, limits: &Limits) -> Result<Batch, Refused> {
    read_if(request, limits, |_| Ok(()))
}

/// The same for a write key that `admit` lets in. `admit` is called once, as soon as the key is known: a key in a header
/// before anything is done with the body, another one before its messages are looked at. So a request that is not admitted
/// costs little.
///
/// # Errors
/// That of `admit`, or the reason why nothing of the request can be taken.
pub fn read_if<E: From<Refused>>(
    request: &Request,
    limits: &Limits,
    admit: impl Fn(Option<&str>) -> Result<(), E>,
) -> Result<Batch, E> {
    let (path, query) = request.path.split_once('?').unwrap_or((request.path, ""));
    let call = call_of(path).ok_or_else(|| Refused {
        status: 404,
        reason: "no such call; identify, track, page, screen, group, alias and batch are taken at /v1/".into(),
    })?;
    let in_header = write_key::in_header(request.authorization);
    if in_header.is_some() {
        admit(in_header.as_deref())?;
    }
    let mut text = body::decode(request.body, request.content_encoding, limits)?;
    text.make_names_sound();
    let members = Members::of(&text.text).ok_or_else(|| not_an_object(&text.text))?;
    let is_admitted = in_header.is_some();
    let write_key = in_header.or_else(|| write_key::in_body_or_query(&members, query));
    if !is_admitted {
        admit(write_key.as_deref())?;
    }
    let envelope = Envelope {
        sent_at: members.text("sentAt").and_then(|text| Instant::parse(&text)),
        context: members
            .get("context")
            .filter(|_| call == Call::Batch && members.object("context").is_some())
            .map(str::to_owned),
    };
    let messages = match call {
        Call::One(kind) => vec![raw(0, text.text.trim(), Some(kind), &text, limits)],
        Call::Batch => divide(&members, &text, limits)?,
    };
    Ok(Batch { write_key, envelope, messages })
}

fn not_an_object(text: &str) -> Refused {
    let reason = match is_json(text) {
        Err(error) => format!("the body is {}", said_of(&error)),
        Ok(()) => "the body is not a JSON object; a message or {\"batch\": [messages]} is expected".into(),
    };
    Refused::not_json(reason)
}

fn divide(members: &Members, text: &Text, limits: &Limits) -> Result<Vec<Result<Raw, Rejected>>, Refused> {
    let no_list = || Refused::not_json("no `batch`; it is the list of messages: {\"batch\": [messages]}".into());
    let list = members.get("batch").ok_or_else(no_list)?;
    let elements: Vec<&RawValue> = serde_json::from_str(list).map_err(|_| no_list())?;
    if elements.len() > limits.messages {
        let reason =
            format!("{} messages in a batch, {} are taken; send smaller batches", elements.len(), limits.messages);
        return Err(Refused { status: 413, reason });
    }
    Ok(elements.iter().enumerate().map(|(index, element)| raw(index, element.get(), None, text, limits)).collect())
}

fn raw(index: usize, json: &str, kind: Option<&'static str>, text: &Text, limits: &Limits) -> Result<Raw, Rejected> {
    let rejected = |reason: String| Err(Rejected { index, reason });
    if json.len() > limits.message {
        return rejected(format!("{} bytes; a message may have {}", grouped(json.len()), grouped(limits.message)));
    }
    if text.is_broken(json) {
        return rejected("holds bytes that are no UTF-8; send JSON in UTF-8".into());
    }
    Raw::of(index, json, kind).map_err(|reason| Rejected { index, reason })
}

impl Raw {
    /// `json` is one JSON value of any kind.
    pub(crate) fn of(index: usize, json: &str, kind: Option<&'static str>) -> Result<Raw, String> {
        if holds_nul(json) {
            return Err("holds U+0000, which no text can be stored with; leave that character out".into());
        }
        // In JSON a line break can only stand where a blank can.
        let has = |byte: u8| json.as_bytes().contains(&byte);
        let json = if has(b'\n') || has(b'\r') { json.replace(['\n', '\r'], " ") } else { json.to_owned() };
        // Whoever reads what is stored understands it.
        let json = match sound(&json) {
            Cow::Owned(sound) => sound,
            Cow::Borrowed(_) => json,
        };
        Ok(Raw { index, json, kind })
    }

    /// How many of its keys are placeholders, which name nobody.
    pub fn placeholders(&self) -> usize {
        placeholders(&self.json)
    }

    /// Its type: that of the path, else the one it says.
    pub(crate) fn type_of(&self, members: &Members) -> Option<String> {
        let said = || members.get("type").and_then(text_of).map(|text| text.into_owned());
        self.kind.map(str::to_owned).or_else(said)
    }

    pub(crate) fn rejected(&self, reason: impl Into<String>) -> Rejected {
        Rejected { index: self.index, reason: reason.into() }
    }

    /// Why this is no valid message, in the engine's words. Where it is no sound JSON, the columns are those of what was
    /// sent, not of what was made of it (of which `reason` speaks).
    pub(crate) fn no_message(&self, reason: String) -> Rejected {
        let of_sent = || Message::parse(&self.json, &Wanted::Everything).err();
        let is_about_columns = reason.is_empty() || reason.contains("column");
        let said = is_about_columns.then(of_sent).flatten().unwrap_or(reason);
        self.rejected(if said.is_empty() { "not a JSON object".into() } else { said })
    }
}

/// Whether a text in this JSON holds U+0000, with which no text can be stored. Unescaped it is no JSON.
pub fn holds_nul(json: &str) -> bool {
    // Most messages have no escapes, and looking for one byte is quick.
    json.as_bytes().contains(&b'\\')
        && json.match_indices("\\u0000").any(|(at, _)| {
            let before = json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
            before % 2 == 0
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(path: &str, body: &str) -> Result<Batch, Refused> {
        read(&Request { path, body: body.as_bytes(), ..Request::default() }, &Limits::default())
    }

    #[test]
    fn paths_say_the_type() {
        let calls = [("identify", "i"), ("track", "t"), ("page", "p"), ("screen", "s"), ("group", "g"), ("alias", "a")];
        for (long, short) in calls {
            for path in [format!("/v1/{long}"), format!("/v1/{short}"), format!("/x/v1/{short}/?a=/v1/b")] {
                assert_eq!(sent(&path, "{}").unwrap().messages[0].as_ref().unwrap().kind, Some(long), "{path}");
            }
        }
        for path in ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch?writeKey=k"] {
            assert_eq!(sent(path, r#"{"batch": [1, {}]}"#).unwrap().messages.len(), 2, "{path}");
        }
        for path in ["/v1/", "/v2/track", "/v1/m", "/", ""] {
            assert_eq!(sent(path, "{}").unwrap_err().status, 404, "{path}");
        }
    }

    #[test]
    fn a_key_that_is_not_admitted_costs_no_look_at_the_messages() {
        let refused = |key: Option<&str>| Err(Refused { status: 429, reason: key.unwrap_or("none").to_owned() });
        let read = |authorization, body: &str, path| {
            let request = Request { path, authorization, body: body.as_bytes(), ..Request::default() };
            read_if(&request, &Limits::default(), refused).unwrap_err().reason
        };
        let header = Some("Basic d2s6");
        assert_eq!(read(header, "not JSON", "/v1/b"), "wk", "the body is not even read");
        assert_eq!(read(header, r#"{"writeKey": "k"}"#, "/v1/b?writeKey=q"), "wk");
        assert_eq!(read(None, r#"{"writeKey": "k", "batch": 7}"#, "/v1/b?writeKey=q"), "k", "nor the batch");
        assert_eq!(read(None, "{}", "/v1/b?writeKey=q"), "q");
        assert_eq!(read(None, "{}", "/v1/b"), "none");
    }

    #[test]
    fn what_is_no_batch_is_refused_with_the_reason() {
        for (body, word) in [
            ("", "breaks off"),
            ("[]", "not a JSON object"),
            ("{", "not valid JSON"),
            ("{\"a\": 1}", "no `batch`"),
            ("{\"batch\": {}}", "no `batch`"),
        ] {
            let refused = sent("/v1/batch", body).unwrap_err();
            assert_eq!((refused.status, refused.reason.contains(word)), (400, true), "{body}: {refused}");
        }
        let many = format!("{{\"batch\": [{}0]}}", "0,".repeat(10_000));
        assert_eq!(sent("/v1/batch", &many).unwrap_err().status, 413);
    }

    #[test]
    fn an_element_that_cannot_be_taken_costs_itself_alone() {
        let body = [
            br#"{"batch": [{"a": "\u0000"}, {"a": "\\u0000"}, {"a": "\\\u0000"}, {"b": ""#.as_slice(),
            b"\xff",
            br#""}, {"c": ""#,
            &[b'x'; 70_000],
            br#""}, {"d"
: 1}, 7]}"#,
        ];
        let body = body.concat();
        let batch = read(&Request { path: "/v1/b", body: &body, ..Request::default() }, &Limits::default()).unwrap();
        let outcome: Vec<String> = batch
            .messages
            .iter()
            .map(|message| match message {
                Ok(raw) => raw.json.clone(),
                Err(rejected) => rejected.to_string(),
            })
            .collect();
        for (index, word) in [
            (0, "0: holds U+0000"),
            (1, r#"{"a": "\\u0000"}"#),
            (2, "U+0000"),
            (3, "UTF-8"),
            (4, "65,536"),
            (5, r#"{"d" : 1}"#),
            (6, "7"),
        ] {
            assert!(outcome[index].contains(word), "{index}: {}", outcome[index]);
        }
        assert_eq!(outcome.len(), 7);
    }

    #[test]
    fn the_envelope_is_read() {
        let body = r#"{"batch": [], "sentAt": "2026-01-01T00:00:00.5Z", "context": {"ip": "::1"}, "writeKey": "k"}"#;
        let batch = sent("/v1/batch", body).unwrap();
        assert_eq!(batch.envelope.sent_at.unwrap().to_string(), "2026-01-01T00:00:00.500Z");
        assert_eq!(batch.envelope.context.as_deref(), Some(r#"{"ip": "::1"}"#));
        assert!(sent("/v1/batch", r#"{"batch": [], "context": 7}"#).unwrap().envelope.context.is_none());
        assert!(sent("/v1/track", r#"{"context": {}}"#).unwrap().envelope.context.is_none());
    }
}
