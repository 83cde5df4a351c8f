//! From what was sent to what is stored: one valid message of the contract, as one line of JSON.
//!
//! What a line holds, and why:
//! - the ids, `event`, `groupId`, `name` and `category` as sent; `traits` and `properties` with what was derived added;
//! - `timestamp`, corrected, and `receivedAt`;
//! - `context` as sent: it is small (an SDK's page, library, locale and campaign), and a later normaliser may want it.
//!   Only `context.traits` goes: clients repeat the lead's traits there in every message, which no rule reads and which
//!   would have to be erased with the person. An `identify` that has them there alone gets them as its traits;
//! - `context.attractor`: the version of these rules, and the key. What a client sends by that name is dropped;
//! - `context.public`: `true` if a public key brought the message, whatever the client sent; absent otherwise;
//! - `context.machine`: `true` if a public key brought a page, screen or event that a crawler caused, by its user agent, or
//!   that came from a network of people who are not leads. Other keys say so themselves.
//!
//! Ids of messages from strangers are kept apart from others: a public key's `messageId` is stored as `public:ID`, an
//! inbound webhook's as `hook:NUMBER:ID`. So nobody takes an id that another sender is going to use.
//!
//! All else that clients send stays out: `writeKey` is a secret, `integrations`, `_metadata`, `channel`, `sentAt` and
//! `originalTimestamp` have done their work. A member that is nearly one of those that are read is named to its sender.

use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;

use crate::agents::Agents;
use crate::members::{self, Members, Writer, quoted};
use crate::misspelt::misspelt;
use crate::placeholders;
use crate::request::{Envelope, Raw, Rejected};
use crate::rights::Rights;
use crate::source::{self, Seen, VisitSource};
use crate::timestamp;

/// The version of these rules; stored with each message, so that it is known what was derived how.
pub const NORMALISER: u32 = 1;

/// Ids that are longer, in bytes, are refused: they are keys of the store, and no client makes such.
const LONGEST_ID: usize = 512;

/// How messages arrived.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// The receipt, by the server's clock.
    pub at: Instant,
    pub rights: Rights,
    /// The name of the key, kept with the message.
    pub key: Option<&'a str>,
    /// The number of the inbound webhook that brought them.
    pub hook: Option<&'a str>,
    /// Domains of the installation, such as those of its shop and its checkout: coming from there is no visit's source.
    pub own_domains: &'a [&'a str],
    /// Who caused messages that a public key brings; `None` where nobody can tell.
    pub agents: Option<Agents<'a>>,
}

impl Receipt<'_> {
    /// What the ids of these messages begin with.
    fn id_prefix(&self) -> String {
        match (self.rights, self.hook) {
            (Rights::Public, _) => "public:".to_owned(),
            (Rights::Server, Some(number)) => format!("hook:{number}:"),
            (Rights::Server, None) => String::new(),
        }
    }
}

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct Normalised {
    /// One line; `Message::parse` takes it.
    pub json: String,
    /// Where the visit came from that this page view begins; the use case stores an `identify` with it behind the page view.
    pub source: Option<VisitSource>,
    /// How many of its keys are placeholders, which name nobody.
    pub placeholders: usize,
    /// What is probably misspelt in it and was left out, for its sender.
    pub misspelt: Option<String>,
}

/// Makes a stored message of what was sent; `new_id` makes the id of a message without one. The error says what is
/// wrong, in the engine's words where it is no valid message.
pub fn normalise(
    raw: &Raw,
    envelope: &Envelope,
    received: &Receipt,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Normalised, Rejected> {
    let members = Members::of(&raw.json).ok_or_else(|| raw.no_message(String::new()))?;
    let draft = Draft::of(raw, &members, envelope, received);
    let json = draft.write(new_id);
    let message = Message::parse(&json, &Wanted::Everything)
        .map_err(|reason| raw.no_message(placeholders::explained(reason, &members)))?;
    received.rights.allow(&message, &draft.context).map_err(|reason| raw.rejected(reason))?;
    if let Some(name) = overlong(&message, draft.id_prefix.len()) {
        return Err(raw.rejected(format!("`{name}` is longer than {LONGEST_ID} bytes; send a shorter one")));
    }
    let source = draft.source(&message, received);
    drop(message);
    Ok(Normalised { json, source, placeholders: placeholders::count(&members), misspelt: misspelt(&members) })
}

fn overlong(message: &Message, id_prefix: usize) -> Option<&'static str> {
    let message_id = message.message_id.as_deref().and_then(|id| id.get(id_prefix..));
    let ids = [
        ("userId", message.user_id.as_deref()),
        ("anonymousId", message.anonymous_id.as_deref()),
        ("previousId", message.previous_id.as_deref()),
        ("messageId", message_id),
        ("traits.email", message.email.as_deref()),
        ("event", message.event.as_deref()),
    ];
    ids.into_iter().find(|(_, id)| id.is_some_and(|id| id.len() > LONGEST_ID)).map(|(name, _)| name)
}

/// A message between its reading and its writing.
struct Draft<'a> {
    members: &'a Members<'a>,
    kind: Option<String>,
    /// Of the message, with what the envelope says beside it.
    context: Members<'a>,
    /// What was sent as `context`, where it is no object: the engine says what is wrong with it.
    odd_context: Option<&'a str>,
    properties: Members<'a>,
    timestamp: Option<Instant>,
    received_at: Instant,
    key: Option<&'a str>,
    is_public: bool,
    /// Its user agent or its network says that a machine caused it.
    is_machine: bool,
    id_prefix: String,
    origin: Option<source::Origin>,
}

impl<'a> Draft<'a> {
    fn of(raw: &Raw, members: &'a Members<'a>, envelope: &'a Envelope, received: &Receipt<'a>) -> Draft<'a> {
        let own = members.object("context");
        let odd_context = members.get("context").filter(|_| own.is_none());
        let mut context = own.unwrap_or_default();
        let shared = envelope.context.as_deref().and_then(Members::of).unwrap_or_default();
        for (name, value) in shared.0 {
            if !context.has(&name) {
                context.0.push((name, value));
            }
        }
        let mut draft = Draft {
            members,
            kind: raw.type_of(members),
            context,
            odd_context,
            properties: members.object("properties").unwrap_or_default(),
            timestamp: timestamp::instant(members, envelope.sent_at, received.at),
            received_at: received.at,
            key: received.key,
            is_public: received.rights == Rights::Public,
            is_machine: false,
            id_prefix: received.id_prefix(),
            origin: None,
        };
        draft.is_machine = draft.is_by_machine(received);
        if draft.is_page_view() {
            draft.origin = source::origin(&draft.seen(), received.own_domains);
        }
        draft
    }

    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    fn is_page_view(&self) -> bool {
        self.is("page") || self.is("track") && self.members.get("event") == Some("\"Page Viewed\"")
    }

    /// Whether a public key brings what a machine caused. On messages of other types the mark means nothing.
    fn is_by_machine(&self, received: &Receipt) -> bool {
        let agents = received.agents.filter(|_| self.is_public);
        agents.is_some_and(|agents| {
            ["page", "screen", "track"].iter().any(|kind| self.is(kind)) && agents.name_machine(&self.context)
        })
    }

    /// What the page view says of its coming about. Clients send the page in the context of every message, and most
    /// repeat it in the properties of a page view.
    fn seen(&self) -> Seen<'a> {
        let page = self.context.object("page").unwrap_or_default();
        let said = |name: &str| self.properties.text(name).or_else(|| page.text(name));
        let referrer = self.properties.get("referrer").or_else(|| page.get("referrer"));
        Seen {
            url: said("url"),
            referrer: said("referrer"),
            search: said("search"),
            campaign: self.context.object("campaign"),
            came_directly: referrer == Some("\"\""),
        }
    }

    fn write(&self, new_id: &mut dyn FnMut() -> String) -> String {
        let mut writer = Writer::with_capacity(1_500);
        if let Some(kind) = &self.kind {
            writer.text("type", kind);
        }
        match self.members.get("messageId").filter(|json| is_id(json)) {
            Some(id) if self.id_prefix.is_empty() => writer.raw("messageId", id),
            Some(id) => {
                let id = members::id_of(id).unwrap_or_default();
                writer.text("messageId", &format!("{}{id}", self.id_prefix));
            }
            None => writer.text("messageId", &new_id()),
        }
        match self.timestamp {
            Some(at) => writer.text("timestamp", &at.to_string()),
            None => writer.raw("timestamp", self.members.get("timestamp").unwrap_or("null")),
        }
        writer.text("receivedAt", &self.received_at.to_string());
        for name in ["userId", "anonymousId", "previousId", "groupId"] {
            if let Some(id) = self.members.get(name).filter(|json| is_id(json)) {
                writer.raw(name, id);
            }
        }
        for name in ["event", "name", "category"] {
            if let Some(json) = self.members.get(name) {
                writer.raw(name, json);
            }
        }
        self.write_traits(&mut writer);
        self.write_properties(&mut writer);
        self.write_context(&mut writer);
        writer.done()
    }

    fn write_traits(&self, writer: &mut Writer) {
        let sent = self.members.get("traits");
        let in_context = || self.context.object("traits").filter(|_| self.is("identify"));
        let (Some(mut traits), true) = (sent.map_or_else(in_context, Members::of), self.is("identify")) else {
            if let Some(sent) = sent {
                writer.raw("traits", sent);
            }
            return;
        };
        for (name, value) in in_context().unwrap_or_default().0 {
            if !traits.0.iter().any(|(other, _)| *other == name) {
                traits.0.push((name, value));
            }
        }
        let mut written = Writer::with_capacity(256);
        written.all(&traits);
        writer.raw("traits", &written.done());
    }

    /// A page view gets its page from the context where it has none of its own, a page and a screen their name, and
    /// what begins a visit gets its source.
    fn write_properties(&self, writer: &mut Writer) {
        let sent = self.members.get("properties");
        let is_odd = sent.is_some_and(|json| !json.starts_with('{'));
        if is_odd || !(self.is_page_view() || self.is("screen")) {
            if let Some(sent) = sent {
                writer.raw("properties", sent);
            }
            return;
        }
        let mut written = Writer::with_capacity(1_000);
        written.all(&self.properties);
        for name in ["name", "category"] {
            if let Some(json) =
                self.members.get(name).filter(|json| json.starts_with('"') && !self.properties.has(name))
            {
                written.raw(name, json);
            }
        }
        if self.is_page_view() && !self.properties.has("url") && !self.properties.has("path") {
            let page = self.context.object("page").unwrap_or_default();
            for name in ["url", "path", "title", "referrer"] {
                if let Some(json) = page.get(name).filter(|_| !self.properties.has(name)) {
                    written.raw(name, json);
                }
            }
        }
        if let Some(origin) = &self.origin {
            origin.add_to(&self.properties, &mut written);
        }
        writer.raw("properties", &written.done());
    }

    fn write_context(&self, writer: &mut Writer) {
        if let Some(odd) = self.odd_context {
            return writer.raw("context", odd);
        }
        let mut context = Writer::with_capacity(800);
        let of_ours = ["traits", "attractor", "public"];
        let is_ours = |name: &str| of_ours.contains(&name) || self.is_machine && name == "machine";
        for (name, value) in self.context.0.iter().filter(|(name, _)| !is_ours(name)) {
            context.raw(name, value);
        }
        if self.is_machine {
            context.raw("machine", "true");
        }
        if self.is_public {
            context.raw("public", "true");
        }
        let key = self.key.map_or(String::new(), |key| format!(",\"key\":{}", quoted(key)));
        context.raw("attractor", &format!("{{\"normaliser\":{NORMALISER}{key}}}"));
        writer.raw("context", &context.done());
    }

    /// The source of the visit that this message begins, where a person did.
    fn source(self, message: &Message, received: &Receipt) -> Option<VisitSource> {
        let origin = self.origin.filter(|_| !message.machine)?;
        let who = match (&message.user_id, &message.anonymous_id) {
            (Some(id), _) => ("userId", quoted(id)),
            (None, Some(id)) => ("anonymousId", quoted(id)),
            (None, None) => return None,
        };
        Some(VisitSource {
            origin,
            who,
            message_id: message.message_id.as_deref().unwrap_or_default().to_owned(),
            timestamp: message.timestamp.unwrap_or(received.at),
            received_at: received.at,
            history: message.history,
        })
    }
}

/// Ids are texts and numbers; empty and other ones are as absent.
fn is_id(json: &str) -> bool {
    json != "\"\"" && json.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit())
}
