//! What the stored events of one identity say of who is who, by today's rules.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::{Fact, Key, contested};
use attractor_engine::message::{Message, Wanted};
use attractor_store::events::{PUBLIC, Passing};
use attractor_store::identities::Identity;
use attractor_store::{IdentityId, Received};
use serde_json::{Value, json};

use crate::identity::emails::keep_stronger;
use crate::identity::keys::{key, keys_and_facts};

#[derive(Default)]
pub struct Reread {
    /// By e-mail, the strongest message that claims it, and whether it is public.
    pub claims: BTreeMap<String, (Received, bool)>,
    /// Visitors, each with the message that ties it and its instant.
    pub ties: BTreeSet<(String, Received, i64)>,
    /// Old ids, each with the message of its alias and its instant.
    pub aliases: BTreeSet<(String, Received, i64)>,
    /// Ids of the messages that belong under another key, or under none.
    pub strays: Vec<String>,
    /// Messages of public keys that did not say so: identity, id and the text that does.
    pub marked: Vec<(IdentityId, String, String)>,
    /// One of the marked ones gives an e-mail, which may belong to another lead.
    pub contests: bool,
}

/// A stored message, as far as it says who is who; `None` where it is not a message.
pub fn parsed_as(json: &str) -> Option<Message<'_>> {
    Message::parse(json, &Wanted::only([])).ok()
}

impl Reread {
    /// Takes in an event that is stored under `identity`.
    pub fn take(&mut self, identity: &Identity, event: &Passing) {
        let parsed = parsed_as(event.message);
        let unmarked = event.flags & PUBLIC != 0 && parsed.as_ref().is_none_or(|message| !message.public);
        let marked = unmarked.then(|| marked(event.message)).flatten();
        if let Some(text) = &marked {
            self.marked.push((event.identity, event.message_id.to_owned(), text.clone()));
        }
        let parsed = marked.as_deref().map_or(parsed, parsed_as);
        let of_identity = |of: Key| key(of) == (identity.kind, identity.text.as_str());
        let Some(message) = parsed.filter(|message| Key::of(message).is_some_and(of_identity)) else {
            return self.strays.push(event.message_id.to_owned());
        };
        self.contests |= marked.is_some() && contested(&message).is_some();
        self.facts(identity, &message, event.received, event.at);
    }

    fn facts(&mut self, identity: &Identity, message: &Message, received: Received, at: i64) {
        let (keys, facts) = keys_and_facts(message);
        let text = |place: u32| match place {
            0 => identity.text.clone(),
            place => keys[place as usize - 1].1.clone(),
        };
        for fact in facts {
            match fact {
                Fact::Claim { email, public, .. } => {
                    let best = self.claims.entry(text(email)).or_insert((received, public));
                    keep_stronger(best, (received, public), email == 0);
                }
                Fact::Tie { visitor, .. } => _ = self.ties.insert((text(visitor), received, at)),
                Fact::Alias { previous, .. } => _ = self.aliases.insert((previous, received, at)),
            }
        }
    }
}

/// The message with `context.public`.
fn marked(message: &str) -> Option<String> {
    let mut whole: Value = serde_json::from_str(message).ok()?;
    match whole.get_mut("context") {
        Some(Value::Object(context)) => _ = context.insert("public".into(), true.into()),
        _ => whole["context"] = json!({"public": true}),
    }
    Some(whole.to_string())
}
