//! A lead as an export writes it, on its way back: one `identify` whose `context.exported` says what has no place in
//! traits, so that a store can compare the row with what it knows; and the messages of the contract that say the same.
//!
//! What came with public keys alone stays public: an address that nobody confirmed is not confirmed by an export.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::consent::{Scope, State};
use crate::vocabulary::kind;

/// What an exported lead says beside its attributes and tags.
pub struct Exported {
    /// Names of the attributes that came with public keys alone.
    pub public: BTreeSet<String>,
    /// By scope, its own last word: `state`, `at`, `proof`.
    pub consent: Map<String, Value>,
    /// What binds its address: `scope`, `kind`, `at`.
    pub suppressed: Vec<Value>,
    /// The id of the company that its last `group` named.
    pub group: Option<String>,
    /// The visitor under which messages come that cannot name the lead by its address.
    pub visitor: String,
}

/// The key of `context` under which an `identify` carries it.
const KEY: &str = "exported";

/// Attributes that public keys never set.
const NEVER_PUBLIC: [&str; 2] = ["owner", "tags"];

impl Exported {
    /// As `context` carries it.
    pub fn put_into(self, message: &mut Value) {
        message["context"][KEY] = json!({
            "public": self.public, "consent": self.consent, "suppressed": self.suppressed, "group": self.group,
            "visitor": self.visitor,
        });
    }

    /// Takes it out of a message; `None` where the message is not of an exported lead.
    pub fn take_from(message: &mut Value) -> Option<Exported> {
        let mut said = message.get_mut("context")?.as_object_mut()?.shift_remove(KEY)?;
        let texts = said["public"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Some(Exported {
            public: texts.map(str::to_owned).collect(),
            group: said["group"].as_str().map(str::to_owned),
            visitor: said["visitor"].as_str().unwrap_or_default().to_owned(),
            consent: said["consent"].take().as_object().cloned().unwrap_or_default(),
            suppressed: said["suppressed"].take().as_array().cloned().unwrap_or_default(),
        })
    }

    /// The messages of the contract that say the same as an `identify` and this. `is_known` says that the lead is there
    /// already, so that a message that only names it says nothing.
    pub fn messages(self, mut whole: Value, is_known: bool) -> Vec<Value> {
        let mut traits = whole["traits"].take().as_object().cloned().unwrap_or_default();
        let tags = traits.shift_remove("tags");
        let by_email = whole.get("userId").is_none() && traits.contains_key("email");
        let facts: Vec<Fact> = tagged(tags).chain(self.withdrawals(&traits)).chain(self.consents()).collect();
        let is_public = |name: &str| self.public.contains(name) && !NEVER_PUBLIC.contains(&name);
        let (public, own): (Map<String, Value>, Map<String, Value>) =
            traits.into_iter().partition(|(name, _)| is_public(name));
        // The address names the lead, so its message is the first.
        let halves =
            if public.contains_key("email") { [(public, true), (own, false)] } else { [(own, false), (public, true)] };
        let [(first, _), (second, _)] = &halves;
        let has_more = !second.is_empty() || !facts.is_empty() || self.group.is_some();
        let is_needed = first.len() > usize::from(by_email) || by_email && has_more || !is_known && !has_more;
        if by_email && has_more {
            whole["anonymousId"] = self.visitor.into();
        }
        let needed = [is_needed, !second.is_empty()];
        let identified = halves.into_iter().zip(needed).filter(|(_, needed)| *needed).map(|(half, _)| half);
        let identified = identified.map(|(traits, public)| identify(&whole, traits, public));
        let group = self.group.map(|id| group(&whole, &id));
        identified.chain(group).chain(facts.iter().map(|fact| fact.message(&whole))).collect()
    }

    /// What the lead said itself, but for withdrawals that bind its address as well and are told with it.
    fn consents(&self) -> impl Iterator<Item = Fact> {
        self.consent.iter().filter_map(|(scope, word)| {
            let scope: Scope = scope.parse().ok()?;
            let (state, proof) = (word["state"].as_str()?, word["proof"].as_str());
            let withdrawn = state == State::Withdrawn.name();
            let kind = match (&scope, withdrawn) {
                (Scope::Tracking, true) => kind::TRACKING_DECLINED,
                (Scope::Tracking, false) => kind::TRACKING_ALLOWED,
                (_, true) => kind::UNSUBSCRIBED,
                (_, false) => kind::SUBSCRIBED,
            };
            let is_told = withdrawn && self.suppressed.iter().any(|one| binds(one, &scope));
            if is_told || !withdrawn && (state != State::Granted.name() || proof.is_none()) {
                return None;
            }
            let mut properties = named(&scope);
            properties.extend(proof.filter(|_| !withdrawn).map(|proof| ("proof".to_owned(), proof.into())));
            Some(Fact { id: format!("consent-{scope}"), kind, properties, at: word["at"].as_str().map(str::to_owned) })
        })
    }

    fn withdrawals(&self, traits: &Map<String, Value>) -> impl Iterator<Item = Fact> {
        self.suppressed.iter().filter_map(|one| {
            let scope: Scope = one["scope"].as_str()?.parse().ok()?;
            let kind = match one["kind"].as_str()? {
                "complaint" => kind::EMAIL_MARKED_AS_SPAM,
                "bounce" => kind::EMAIL_BOUNCED,
                _ if scope == Scope::Tracking => kind::TRACKING_DECLINED,
                _ => kind::UNSUBSCRIBED,
            };
            let mut properties = named(&scope);
            properties.extend(traits.get("email").map(|email| ("email".to_owned(), email.clone())));
            let id = format!("suppressed-{}-{scope}", one["kind"].as_str()?);
            Some(Fact { id, kind, properties, at: one["at"].as_str().map(str::to_owned) })
        })
    }
}

/// Whether what binds an address withdraws this scope, as an `Unsubscribed` would.
fn binds(suppression: &Value, scope: &Scope) -> bool {
    suppression["scope"] == scope.to_string().as_str() && suppression["kind"] != "bounce"
}

/// The property that names a scope.
fn named(scope: &Scope) -> Map<String, Value> {
    let (name, id) = match scope {
        Scope::Subscription(id) => ("subscription", id),
        Scope::Topic(id) => ("topic", id),
        Scope::All | Scope::Tracking => return Map::new(),
    };
    Map::from_iter([(name.to_owned(), id.as_str().into())])
}

fn tagged(tags: Option<Value>) -> impl Iterator<Item = Fact> {
    let tags = match tags {
        Some(Value::Array(tags)) => tags,
        _ => Vec::new(),
    };
    (1..).zip(tags).map(|(place, tag): (usize, Value)| Fact {
        id: format!("tag-{place}"),
        kind: kind::TAGGED,
        properties: Map::from_iter([("by".to_owned(), "import".into()), ("tag".to_owned(), tag)]),
        at: None,
    })
}

/// Something that becomes an event.
struct Fact {
    /// Tells it from the others of its lead.
    id: String,
    kind: &'static str,
    properties: Map<String, Value>,
    /// When it happened; the instant of the import where that is unknown.
    at: Option<String>,
}

impl Fact {
    fn message(&self, whole: &Value) -> Value {
        let at = self.at.as_ref().map_or_else(|| whole["timestamp"].clone(), |at| at.as_str().into());
        let mut message = json!({"type": "track", "event": self.kind, "timestamp": at});
        name(&mut message, whole, &self.id);
        message["properties"] = self.properties.clone().into();
        message["context"] = whole["context"].clone();
        message
    }
}

fn identify(whole: &Value, traits: Map<String, Value>, public: bool) -> Value {
    let mut message = json!({"type": "identify", "timestamp": whole["timestamp"]});
    name(&mut message, whole, if public { "public" } else { "" });
    message["traits"] = traits.into();
    message["context"] = whole["context"].clone();
    if public {
        message["context"]["public"] = true.into();
    }
    message
}

fn group(whole: &Value, id: &str) -> Value {
    let mut message = json!({"type": "group", "timestamp": whole["timestamp"], "groupId": id});
    name(&mut message, whole, "group");
    message["context"] = whole["context"].clone();
    message
}

/// Whom a message is about, and its id.
fn name(message: &mut Value, whole: &Value, part: &str) {
    for name in ["userId", "anonymousId"] {
        if let Some(value) = whole.get(name) {
            message[name] = value.clone();
        }
    }
    let id = whole["messageId"].as_str().unwrap_or_default();
    let dash = if part.is_empty() { "" } else { "-" };
    message["messageId"] = format!("{id}{dash}{part}").into();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(name: Value, traits: Value) -> Value {
        let mut whole = json!({"type": "identify", "timestamp": "2026-02-01T00:00:00.000Z", "messageId": "m"});
        whole.as_object_mut().unwrap().extend(name.as_object().unwrap().clone());
        whole["traits"] = traits;
        whole["context"] = json!({"history": true});
        whole
    }

    fn exported(public: &[&str]) -> Exported {
        Exported {
            public: public.iter().map(|name| (*name).to_owned()).collect(),
            consent: Map::new(),
            suppressed: Vec::new(),
            group: None,
            visitor: "email:a@x.org".into(),
        }
    }

    /// Each message as what it says of whom, `public` before those that are.
    fn lines(messages: &[Value]) -> Vec<String> {
        let line = |message: &Value| {
            assert_eq!(message["context"]["history"], true, "{message}");
            let public = if message["context"]["public"] == true { "public " } else { "" };
            let who = message.get("userId").or(message.get("anonymousId")).and_then(Value::as_str).unwrap_or("-");
            let what = match (message.get("event"), message.get("groupId")) {
                (Some(kind), _) => format!("{} {}", kind.as_str().unwrap(), message["properties"]),
                (None, Some(id)) => format!("group {id}"),
                (None, None) => message["traits"].to_string(),
            };
            format!("{public}{who} {what}")
        };
        messages.iter().map(line).collect()
    }

    #[test]
    fn an_address_of_public_keys_alone_is_told_as_public() {
        let traits = json!({"email": "a@x.org", "country": "US", "plan": "pro", "owner": "eve"});
        for (name, public, wanted) in [
            (
                json!({"userId": "u"}),
                &["email", "country", "owner"][..],
                vec![r#"public u {"email":"a@x.org","country":"US"}"#, r#"u {"plan":"pro","owner":"eve"}"#],
            ),
            (
                json!({}),
                &["email"][..],
                vec![
                    r#"public email:a@x.org {"email":"a@x.org"}"#,
                    r#"email:a@x.org {"country":"US","plan":"pro","owner":"eve"}"#,
                ],
            ),
            (
                json!({}),
                &["country"][..],
                vec![
                    r#"email:a@x.org {"email":"a@x.org","plan":"pro","owner":"eve"}"#,
                    r#"public email:a@x.org {"country":"US"}"#,
                ],
            ),
            (json!({}), &[][..], vec![r#"- {"email":"a@x.org","country":"US","plan":"pro","owner":"eve"}"#]),
        ] {
            let messages = exported(public).messages(whole(name, traits.clone()), true);
            assert_eq!(lines(&messages), wanted);
            let ids: BTreeSet<String> = messages.iter().map(|message| message["messageId"].to_string()).collect();
            assert_eq!(ids.len(), messages.len());
        }
    }

    #[test]
    fn only_a_lead_that_is_not_known_is_named_without_more() {
        for (name, traits) in [(json!({}), json!({"email": "a@x.org"})), (json!({"userId": "u"}), json!({}))] {
            assert!(exported(&[]).messages(whole(name.clone(), traits.clone()), true).is_empty());
            assert_eq!(exported(&[]).messages(whole(name, traits), false).len(), 1);
        }
    }

    #[test]
    fn the_company_of_a_group_is_named_again() {
        for (who, traits, wanted) in [
            (json!({"userId": "u"}), json!({}), vec![r#"u group "acme""#]),
            (json!({"userId": "u"}), json!({"plan": "pro"}), vec![r#"u {"plan":"pro"}"#, r#"u group "acme""#]),
            (
                json!({}),
                json!({"email": "a@x.org"}),
                vec![r#"email:a@x.org {"email":"a@x.org"}"#, r#"email:a@x.org group "acme""#],
            ),
            (json!({"anonymousId": "v"}), json!({}), vec![r#"v group "acme""#]),
        ] {
            for is_known in [true, false] {
                let mut said = exported(&[]);
                said.group = Some("acme".into());
                let mut message = whole(who.clone(), traits.clone());
                said.put_into(&mut message);
                let said = Exported::take_from(&mut message).unwrap();
                assert_eq!(lines(&said.messages(message, is_known)), wanted);
            }
        }
    }

    #[test]
    fn tags_consent_and_what_binds_the_address_become_events() {
        let mut said = exported(&["email"]);
        said.consent = json!({
            "all": {"state": "withdrawn", "at": "2026-01-02T00:00:00.000Z"},
            "subscription:news": {"state": "granted", "at": "2026-01-01T00:00:00.000Z", "proof": "form"},
            "topic:shirts": {"state": "granted", "at": "2026-01-01T00:00:00.000Z"},
            "tracking": {"state": "granted", "at": "2026-01-01T00:00:00.000Z", "proof": "banner"},
        })
        .as_object()
        .unwrap()
        .clone();
        said.suppressed = vec![
            json!({"scope": "all", "kind": "complaint", "at": "2026-01-02T00:00:00.000Z"}),
            json!({"scope": "all", "kind": "bounce", "at": "2026-01-03T00:00:00.000Z"}),
        ];
        let messages = said.messages(whole(json!({}), json!({"email": "a@x.org", "tags": ["vip"]})), true);
        assert_eq!(
            lines(&messages),
            [
                r#"public email:a@x.org {"email":"a@x.org"}"#,
                r#"email:a@x.org Tagged {"by":"import","tag":"vip"}"#,
                r#"email:a@x.org Email Marked as Spam {"email":"a@x.org"}"#,
                r#"email:a@x.org Email Bounced {"email":"a@x.org"}"#,
                r#"email:a@x.org Subscribed {"subscription":"news","proof":"form"}"#,
                r#"email:a@x.org Tracking Allowed {"proof":"banner"}"#,
            ],
            "a grant without proof is none, and who complained has left"
        );
        assert_eq!(messages[2]["timestamp"], "2026-01-02T00:00:00.000Z");
    }

    #[test]
    fn what_a_message_carries_is_taken_out_again() {
        let mut message = whole(json!({"userId": "u"}), json!({}));
        let plain = message.clone();
        assert!(Exported::take_from(&mut message).is_none());
        exported(&["email"]).put_into(&mut message);
        let said = Exported::take_from(&mut message).unwrap();
        assert_eq!((said.public.len(), said.visitor.as_str(), &message), (1, "email:a@x.org", &plain));
    }
}
