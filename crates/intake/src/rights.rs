//! What a write key may send (contract section 2, Keys).

use attractor_engine::message::{Message, Type};

use crate::members::{Members, Writer};
use crate::title;

/// The kind of key that a message came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Of the site script, readable by everybody.
    Public,
    Server,
}

/// Kinds that stand for what was seen elsewhere: in mail, in consents, in sales.
const RESERVED: [&str; 12] = [
    "Email Sent",
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Email Bounced",
    "Email Marked as Spam",
    "Email Replied",
    "Subscribed",
    "Unsubscribed",
    "Deal Created",
    "Deal Won",
    "Deal Lost",
];

/// Kinds that stand for what somebody of the team did.
const BY_HAND: [&str; 12] = [
    "Segment Pinned",
    "Segment Banned",
    "Segment Released",
    "Stage Set",
    "Stage Released",
    "Sequence Entered",
    "Sequence Stopped",
    "Tagged",
    "Untagged",
    "Owner Set",
    "Note Written",
    "Call Logged",
];

impl Rights {
    /// Says why a message may not be sent with such a key.
    pub(crate) fn allow(self, message: &Message, context: &Members) -> Result<(), String> {
        if self == Rights::Server {
            return Ok(());
        }
        if message.kind == Type::Alias {
            return Err("a public key may not send `alias`; send it with a server key".into());
        }
        if let Some(mark) = ["machine", "history"].into_iter().find(|mark| context.has(mark)) {
            return Err(format!("a public key may not send `context.{mark}`; leave it out, or use a server key"));
        }
        let kind = message.event.as_deref().filter(|_| message.kind == Type::Track).unwrap_or_default();
        let why = if RESERVED.contains(&kind) {
            "it stands for what was seen elsewhere"
        } else if BY_HAND.contains(&kind) {
            "it stands for what somebody of the team did"
        } else {
            return Ok(());
        };
        Err(format!("a public key may not send “{kind}”: {why}; call the event otherwise, or use a server key"))
    }
}

/// What is read from job titles and stands behind them in a stored message.
const OF_TITLES: [&str; 2] = ["seniority", "department"];

/// Takes refused traits out of a stored `identify` of a public key, and names them by their dotted paths. `refused` is
/// asked for each trait whether it would overwrite what the lead has from elsewhere. Other types stay as they are: the
/// attributes that a `group` sets are the company's.
///
/// With a job title goes what was read from it. A trait that is `null` only removes, so it is refused unasked. The e-mail is what names the lead where there is no
/// `userId`, and stays then.
pub fn refuse_traits(json: &str, mut refused: impl FnMut(&str) -> bool) -> (String, Vec<String>) {
    let mut taken = Vec::new();
    let unchanged = |taken| (json.to_owned(), taken);
    let Some(members) = Members::of(json).filter(|members| members.get("type") == Some("\"identify\"")) else {
        return unchanged(taken);
    };
    let Some(traits) = members.object("traits") else { return unchanged(taken) };
    let by_email = !members.has("userId");
    let kept = keep(&traits, "", &mut |path, json| {
        let is_of_refused_title = OF_TITLES.contains(&path) && taken.iter().any(|name| title::NAMES.contains(&&**name));
        let refuse = !(by_email && path == "email") && (json == "null" || is_of_refused_title || refused(path));
        if refuse {
            taken.push(path.to_owned());
        }
        !refuse
    });
    if taken.is_empty() {
        return unchanged(taken);
    }
    let mut writer = Writer::with_capacity(json.len());
    for (name, value) in &members.0 {
        writer.raw(name, if name == "traits" { &kept } else { value });
    }
    (writer.done(), taken)
}

/// An object with those of its leaves for which `stays` says so, by their dotted paths. Objects that are left empty go.
fn keep(object: &Members, prefix: &str, stays: &mut dyn FnMut(&str, &str) -> bool) -> String {
    let mut writer = Writer::with_capacity(64);
    for (name, json) in &object.0 {
        let path = format!("{prefix}{name}");
        match Members::of(json) {
            Some(inner) => {
                let inner = keep(&inner, &format!("{path}."), stays);
                if inner != "{}" {
                    writer.raw(name, &inner);
                }
            }
            None if stays(&path, json) => writer.raw(name, json),
            None => {}
        }
    }
    writer.done()
}

#[cfg(test)]
mod tests {
    use attractor_engine::message::Wanted;

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
        for kind in RESERVED.iter().chain(&BY_HAND) {
            let refusal = public(&format!(r#"{{"type": "track", "event": "{kind}", "userId": "u"}}"#)).unwrap_err();
            assert!(refusal.contains(kind) && refusal.contains("server key"), "{refusal}");
        }
        for (json, word) in [
            (r#"{"type": "alias", "userId": "u", "previousId": "p"}"#, "alias"),
            (r#"{"type": "page", "userId": "u", "context": {"machine": true}}"#, "context.machine"),
            (r#"{"type": "page", "userId": "u", "context": {"history": true}}"#, "context.history"),
            (r#"{"type": "identify", "userId": "u", "context": {"history": "true"}}"#, "context.history"),
        ] {
            assert!(public(json).unwrap_err().contains(word), "{json}");
        }
    }

    #[test]
    fn refused_traits_are_taken_out_by_their_paths() {
        let json = r#"{"type":"identify","userId":"u","traits":{"email":"a@b.c","address":{"city":"Ulm","zip":7.10},"a":{"b":1},"plan":null,"tags":["x"]}}"#;
        let (kept, taken) = refuse_traits(json, |path| ["email", "address.city", "a.b"].contains(&path));
        assert_eq!(taken, ["email", "address.city", "a.b", "plan"]);
        assert_eq!(kept, r#"{"type":"identify","userId":"u","traits":{"address":{"zip":7.10},"tags":["x"]}}"#);
        let (kept, taken) = refuse_traits(json, |_| true);
        assert_eq!((taken.len(), kept.ends_with(r#""traits":{}}"#)), (6, true));
    }

    #[test]
    fn with_a_title_goes_what_was_read_from_it() {
        let json = r#"{"type":"identify","userId":"u","traits":{"title":"CEO","plan":"x","seniority":"c-level"}}"#;
        let (kept, taken) = refuse_traits(json, |path| path == "title");
        assert_eq!(taken, ["title", "seniority"]);
        assert_eq!(kept, r#"{"type":"identify","userId":"u","traits":{"plan":"x"}}"#);
        let (_, taken) = refuse_traits(json, |path| path == "plan");
        assert_eq!(taken, ["plan"]);
    }

    #[test]
    fn the_email_stays_where_it_names_the_lead() {
        let json = r#"{"type":"identify","anonymousId":"a","traits":{"email":"a@b.c","plan":"x"}}"#;
        let (kept, taken) = refuse_traits(json, |_| true);
        assert_eq!(taken, ["plan"]);
        assert_eq!(kept, r#"{"type":"identify","anonymousId":"a","traits":{"email":"a@b.c"}}"#);
    }

    #[test]
    fn what_sets_no_attributes_of_the_lead_stays() {
        for json in [
            r#"{"type":"group","userId":"u","traits":{"name":"x"}}"#,
            r#"{"type":"track","event":"E","traits":{"name":null}}"#,
            r#"{"type":"identify","userId":"u"}"#,
            "nonsense",
        ] {
            assert_eq!(refuse_traits(json, |_| true), (json.to_owned(), Vec::new()));
        }
        let json = r#"{"type":"identify","userId":"u","traits":{"name":"x"}}"#;
        assert_eq!(refuse_traits(json, |_| false), (json.to_owned(), Vec::new()));
    }
}
