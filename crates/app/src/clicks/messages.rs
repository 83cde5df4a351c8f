//! The messages that a judged request becomes: the click or open itself, and what a click says of its lead. But for a tie's,
//! their ids are made of the copy and the request's number, so that taking them twice is taking them once.

use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Fills};
use attractor_mail::judge::{Evidence, FIRST_OF_OURS, Judgement, PIXEL, Verdict};
use attractor_store::mail_requests::{MailRequest, RequestKey};
use serde_json::{Map, Value, json};

use super::copy::FoundCopy;
use crate::leads::key::LeadKey;

/// Who brings what mail brings.
pub const ORIGIN: &str = "mail";

/// What a request was for, where that becomes an event. Requests for a decoy, for the page to unsubscribe and the like are
/// evidence alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    Open,
    Click(u16),
}

impl Requested {
    pub fn of(position: u16) -> Option<Requested> {
        match position {
            PIXEL => Some(Requested::Open),
            FIRST_OF_OURS.. => None,
            link => Some(Requested::Click(link)),
        }
    }
}

/// The ids of the messages of one request.
pub struct MessageIds(String);

impl MessageIds {
    pub fn of((lead, tag, number): RequestKey) -> MessageIds {
        MessageIds(format!("mail:{lead}.{:x}.{number}", tag as u64))
    }

    /// Of the click or open.
    pub fn event(&self) -> String {
        self.0.clone()
    }

    /// Of what the click says of its lead.
    pub fn sets(&self) -> String {
        format!("{}:sets", self.0)
    }

    /// Of the tie of the visitor that followed the click.
    pub fn visitor(&self) -> String {
        format!("{}:visitor", self.0)
    }
}

/// Whether a message with this id is what a click caused: what it says of its lead, or the tie of the visitor behind it.
pub fn is_caused(id: &str) -> bool {
    id.starts_with("mail:") && [":sets", ":visitor"].iter().any(|end| id.ends_with(end))
}

/// The id of the click that set attributes, by the id of the message that did so.
pub fn click_of(id: &str) -> Option<&str> {
    id.strip_suffix(":sets").filter(|click| click.starts_with("mail:"))
}

/// What the messages of a request are made of.
pub struct Source<'a> {
    pub copy: &'a FoundCopy,
    pub request: &'a MailRequest,
    pub is_human: bool,
    /// Whether a privacy proxy or something that cannot be told from a person loaded the pixel.
    pub by_proxy: bool,
    /// When the copy was sent, in milliseconds since 1970.
    pub sent_at: i64,
}

impl<'a> Source<'a> {
    pub fn of(copy: &'a FoundCopy, request: &'a MailRequest, judgement: &Judgement, sent_at: i64) -> Source<'a> {
        let has_proxy = judgement.findings.iter().any(|finding| finding.evidence == Evidence::PrivacyProxy);
        Source {
            copy,
            request,
            is_human: judgement.verdict == Verdict::Human,
            by_proxy: judgement.verdict == Verdict::Unknown || has_proxy && judgement.verdict == Verdict::Machine,
            sent_at,
        }
    }

    /// The messages, in the order in which they are to be taken.
    pub fn messages(&self, key: &LeadKey, now: Instant) -> Vec<Arrived> {
        let Some(requested) = Requested::of(self.request.link) else { return Vec::new() };
        let ids = MessageIds::of((self.request.lead, self.request.tag, self.request.number));
        let event = self.stamped(self.event(requested, key), ids.event(), now);
        let sets = self.sets(requested, key).map(|message| self.stamped(message, ids.sets(), now));
        [event].into_iter().chain(sets).collect()
    }

    fn event(&self, requested: Requested, key: &LeadKey) -> Value {
        let mut properties = Map::new();
        properties.insert("email_id".into(), self.copy.frozen.email.as_str().into());
        properties.insert("send_id".into(), self.copy.send_id.as_str().into());
        let event = match requested {
            Requested::Open => {
                properties.insert("age".into(), ((self.request.at - self.sent_at).max(0) / 1_000).into());
                if self.by_proxy {
                    properties.insert("proxy".into(), true.into());
                }
                kind::EMAIL_OPENED
            }
            Requested::Click(position) => {
                let link = self.copy.link(position);
                properties.extend(link.map(|link| ("url".to_owned(), link.url.as_str().into())));
                let topic = link.and_then(|link| link.topic.as_deref());
                properties.extend(topic.map(|topic| ("topic".to_owned(), topic.into())));
                properties.insert("position".into(), position.into());
                kind::EMAIL_LINK_CLICKED
            }
        };
        let mut message = json!({"type": "track", key.field: key.text, "event": event, "properties": properties});
        if !self.is_human {
            message["context"] = json!({"machine": true});
        }
        message
    }

    /// What a person's click says of its lead.
    fn sets(&self, requested: Requested, key: &LeadKey) -> Option<Value> {
        let Requested::Click(position) = requested else { return None };
        let sets = &self.copy.link(position).filter(|link| self.is_human && !link.sets.is_empty())?.sets;
        Some(json!({"type": "identify", key.field: key.text, "traits": sets}))
    }

    fn stamped(&self, mut message: Value, id: String, now: Instant) -> Arrived {
        message["messageId"] = id.into();
        message["timestamp"] = Instant(self.request.at).to_string().into();
        Arrived { json: message.to_string(), received_at: now, origin: ORIGIN.to_owned(), fills: Fills::All }
    }
}

/// A message that ties a lead's key to it, which goes before the others.
pub fn tie(key: &LeadKey, at: Instant, now: Instant) -> Option<Arrived> {
    let mut tie = key.public_tie()?;
    tie["messageId"] = crate::intake::new_id(now).into();
    tie["timestamp"] = at.to_string().into();
    Some(Arrived { json: tie.to_string(), received_at: now, origin: ORIGIN.to_owned(), fills: Fills::EmptyByServer })
}

#[cfg(test)]
mod tests {
    use attractor_mail::frozen::{FrozenCopy, FrozenLink};
    use attractor_mail::judge::{DECOY, Finding, Millis, UNSUBSCRIBE};
    use attractor_store::LeadId;
    use attractor_store::mail_requests::{Fetch, Visit};

    use super::*;

    fn copy() -> FoundCopy {
        let links = vec![
            FrozenLink { url: "https://acme.example/".into(), ..FrozenLink::default() },
            FrozenLink {
                url: "https://acme.example/shirts".into(),
                topic: Some("shirts".into()),
                sets: [("pain".to_owned(), "reporting".to_owned())].into(),
                asks: true,
            },
        ];
        let frozen = FrozenCopy { email: "offer".into(), measured: true, ..FrozenCopy::default() };
        let address = "ada@x.example".to_owned();
        FoundCopy { tag: (LeadId(256), -1), send_id: "256/broadcast/may".into(), address, frozen, links }
    }

    fn request(position: u16) -> MailRequest {
        MailRequest {
            lead: LeadId(256),
            tag: -1,
            number: 3,
            send_id: String::new(),
            at: 12_999,
            link: position,
            fetch: Fetch::Show,
            agent: String::new(),
            network: String::new(),
            settles_at: 0,
            judged: None,
            visit: Visit::default(),
        }
    }

    /// The messages of a request in short: event, properties, machine; traits.
    fn short(position: u16, verdict: Verdict, evidence: &[Evidence]) -> Vec<String> {
        let findings = evidence.iter().map(|kind| Finding { evidence: *kind, weight: 20 }).collect();
        let judgement = Judgement { verdict, findings, weight: 20, settled_at: Millis(0) };
        let (copy, request) = (copy(), request(position));
        let key = LeadKey::user("ann");
        let source = Source::of(&copy, &request, &judgement, 10_000);
        let all = source.messages(&key, Instant(60_000)).into_iter().map(|arrived| {
            let message: Value = serde_json::from_str(&arrived.json).unwrap_or_default();
            assert_eq!(message["timestamp"], "1970-01-01T00:00:12.999Z", "its own instant");
            match message["type"].as_str() {
                Some("identify") => {
                    format!("{} sets {}", message["messageId"].as_str().unwrap_or(""), message["traits"])
                }
                _ => format!("{} {} {}", message["event"], message["properties"], message["context"]["machine"]),
            }
        });
        all.map(|line| line.replace('"', "")).collect()
    }

    #[test]
    fn a_request_becomes_what_its_verdict_says() {
        use Verdict::{Human, Machine, Unknown};
        let of_copy = "email_id:offer,send_id:256/broadcast/may";
        for (position, verdict, evidence, expected) in [
            (
                0,
                Human,
                vec![],
                vec![format!("Email Link Clicked {{{of_copy},url:https://acme.example/,position:0}} null")],
            ),
            (
                1,
                Human,
                vec![],
                vec![
                    format!(
                        "Email Link Clicked {{{of_copy},url:https://acme.example/shirts,topic:shirts,position:1}} null"
                    ),
                    "mail:256.ffffffffffffffff.3:sets sets {pain:reporting}".to_owned(),
                ],
            ),
            (
                1,
                Machine,
                vec![Evidence::Burst],
                vec![format!(
                    "Email Link Clicked {{{of_copy},url:https://acme.example/shirts,topic:shirts,position:1}} true"
                )],
            ),
            (PIXEL, Human, vec![], vec![format!("Email Opened {{{of_copy},age:2}} null")]),
            (PIXEL, Machine, vec![Evidence::GmailPrefetch], vec![format!("Email Opened {{{of_copy},age:2}} true")]),
            (
                PIXEL,
                Unknown,
                vec![Evidence::PrivacyProxy],
                vec![format!("Email Opened {{{of_copy},age:2,proxy:true}} true")],
            ),
            (
                PIXEL,
                Unknown,
                vec![Evidence::ImageNearBurst],
                vec![format!("Email Opened {{{of_copy},age:2,proxy:true}} true")],
            ),
            (
                PIXEL,
                Machine,
                vec![Evidence::PrivacyProxy, Evidence::Looked],
                vec![format!("Email Opened {{{of_copy},age:2,proxy:true}} true")],
            ),
            (DECOY, Machine, vec![], vec![]),
            (UNSUBSCRIBE, Human, vec![], vec![]),
        ] {
            assert_eq!(short(position, verdict, &evidence), expected, "{position}, {verdict:?}, {evidence:?}");
        }
    }
}
