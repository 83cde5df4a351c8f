//! What a write key may send (contract section 2, Keys).

use attractor_engine::identity::is_own_visitor;
use attractor_engine::message::{Message, Type};
use attractor_engine::vocabulary::{EventKind, Group};

use crate::members::Members;

/// The kind of key that a message came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Of the site script, readable by everybody.
    Public,
    Server,
}

impl Rights {
    /// Says why a message may not be sent with such a key.
    pub(crate) fn allow(self, message: &Message, context: &Members) -> Result<(), String> {
        if self == Rights::Server {
            return Ok(());
        }
        if message.kind == Type::Alias {
            return Err("a public key may not send `alias`; send it with a server key".into());
        }
        if message.anonymous_id.as_deref().is_some_and(is_own_visitor) {
            return Err(
                "`anonymousId` begins as the ids do that only the server makes; give the visitor another id".into()
            );
        }
        if let Some(mark) = ["machine", "history"].into_iter().find(|mark| context.has(mark)) {
            return Err(format!("a public key may not send `context.{mark}`; leave it out, or use a server key"));
        }
        let kind = message.event.as_deref().filter(|_| message.kind == Type::Track).unwrap_or_default();
        let why = match EventKind::named(kind).map(|row| row.group) {
            Some(Group::Reserved) => "it stands for what was seen elsewhere",
            Some(Group::ByHand) => "it stands for what somebody of the team did",
            Some(Group::Behavior) | None => return Ok(()),
        };
        Err(format!("a public key may not send “{kind}”: {why}; give the event another name, or use a server key"))
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::message::Wanted;
    use attractor_engine::vocabulary::KINDS;

    use super::*;

    fn public(json: &str) -> Result<(), String> {
        let members = Members::of(json).unwrap();
        let context = members.object("context").unwrap_or_default();
        let message = Message::parse(json, &Wanted::Everything).unwrap();
        assert_eq!(Rights::Server.allow(&message, &context), Ok(()));
        Rights::Public.allow(&message, &context)
    }

    #[test]
    fn a_public_key_sends_what_a_site_sends() {
        for json in [
            r#"{"type": "page", "anonymousId": "a"}"#,
            r#"{"type": "screen", "anonymousId": "a", "context": {"machine": null}}"#,
            r#"{"type": "track", "event": "Form Submitted", "anonymousId": "a"}"#,
            r#"{"type": "track", "event": "deal won", "anonymousId": "a"}"#,
            r#"{"type": "group", "anonymousId": "a"}"#,
            r#"{"type": "identify", "anonymousId": "a", "event": "Deal Won"}"#,
        ] {
            assert_eq!(public(json), Ok(()), "{json}");
        }
    }

    #[test]
    fn a_public_key_sends_nothing_reserved() {
        for row in KINDS.iter().filter(|row| !row.group.is_public()) {
            let kind = row.name;
            let refusal = public(&format!(r#"{{"type": "track", "event": "{kind}", "userId": "u"}}"#)).unwrap_err();
            assert!(refusal.contains(kind) && refusal.contains("server key"), "{refusal}");
        }
        for (json, word) in [
            (r#"{"type": "alias", "userId": "u", "previousId": "p"}"#, "alias"),
            (
                r#"{"type": "identify", "anonymousId": "by hand: ada@x.org", "traits": {"email": "eve@x.org"}}"#,
                "only the server",
            ),
            (r#"{"type": "page", "anonymousId": "email:ada@x.org"}"#, "only the server"),
            (r#"{"type": "page", "userId": "u", "context": {"machine": true}}"#, "context.machine"),
            (r#"{"type": "page", "userId": "u", "context": {"history": true}}"#, "context.history"),
            (r#"{"type": "identify", "userId": "u", "context": {"history": "true"}}"#, "context.history"),
        ] {
            assert!(public(json).unwrap_err().contains(word), "{json}");
        }
    }
}
