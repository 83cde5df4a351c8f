//! Events in words. A click or a choice in an e-mail and a form set attributes by a message of its own, beside the event:
//! where that message is the cause of something, the act is named. So is what somebody did to a lead by hand, with who did
//! it.

use std::collections::BTreeMap;

use attractor_engine::condition::Names;
use attractor_engine::explain::describe;
use attractor_engine::message::{Message, Type, Wanted};
use attractor_engine::vocabulary::kind;
use attractor_live::history::Past;

use crate::access::names::ActorNames;
use crate::clicks::messages::click_of;
use crate::imports::origin::import_of;
use crate::preferences::offer::offer_of;

/// What a stored message says, for people; `names`, what a playbook calls its topics.
pub fn in_words(past: &Past, names: &Names) -> String {
    let message = Message::parse(&past.message, &Wanted::Everything);
    message.map_or_else(|why| format!("an event that cannot be read: {why}"), |message| describe(&message, names))
}

/// A lead's events, by their ids, and the names of those who can do something to it.
pub struct Acts<'p> {
    events: BTreeMap<&'p str, &'p Past>,
    actors: ActorNames,
}

impl<'p> Acts<'p> {
    pub fn of(past: &'p [Past], actors: ActorNames) -> Acts<'p> {
        Acts { events: past.iter().map(|past| (past.id.as_str(), past)).collect(), actors }
    }

    /// What a stored message says as the cause of something, behind “because of”; of one that set attributes, by which
    /// act or import it did; of what was done by hand, who did it.
    pub fn cause(&self, past: &Past, names: &Names) -> String {
        let told = imported(past).or_else(|| self.by_hand(past, names)).or_else(|| self.acted(past, names));
        told.unwrap_or_else(|| in_words(past, names))
    }

    /// The act that set attributes, and which it set. A choice is one act with what it sets, and needs no more words.
    fn acted(&self, past: &Past, names: &Names) -> Option<String> {
        let (act, set) = (self.act(past, names)?, set_by(past)?);
        Some(if offer_of(&past.id).is_some() { act } else { format!("{act}, which set {set}") })
    }

    /// What somebody did to the lead by hand, and who did it; `None` of all other messages.
    fn by_hand(&self, past: &Past, names: &Names) -> Option<String> {
        let wanted = ["segment", "sequence", "ladder", "stage", "by"];
        let message = Message::parse(&past.message, &Wanted::only(wanted)).ok()?;
        let what = match message.event_kind()? {
            kind::SEGMENT_PINNED => format!("the pin to “{}”", names.segment(&message.id("segment")?)),
            kind::SEGMENT_BANNED => format!("the ban from “{}”", names.segment(&message.id("segment")?)),
            kind::STAGE_SET => {
                let (ladder, stage) = (message.id("ladder")?, message.id("stage")?);
                format!("the stage “{}”, set by hand", names.stage(&ladder, &stage))
            }
            kind::SEQUENCE_ENTERED => format!("the enrollment in “{}”", names.sequence(&message.id("sequence")?)),
            kind::SEQUENCE_STOPPED => format!("the stop of “{}”", names.sequence(&message.id("sequence")?)),
            _ => return None,
        };
        let by = message.id("by");
        let who = by.as_deref().unwrap_or(&past.origin);
        Some(format!("{what} by {}", self.actors.of(who).as_deref().unwrap_or(who)))
    }

    /// The event with an id.
    pub fn get(&self, id: &str) -> Option<&'p Past> {
        self.events.get(id).copied()
    }

    /// The act of the lead that set attributes; `None` where it is not known.
    fn act(&self, past: &Past, names: &Names) -> Option<String> {
        if let Some(click) = click_of(&past.id) {
            return in_email(self.events.get(click)?, names, ("a click", "on"));
        }
        if let Some(offer) = offer_of(&past.id) {
            // Its event and this message were taken together.
            let is_event = |other: &&&Past| offer_of(&other.id) == Some(offer) && other.at == past.at;
            return self
                .events
                .values()
                .filter(is_event)
                .find_map(|event| in_email(event, names, ("the choice", "of")));
        }
        let form = past.origin.strip_prefix("form:")?;
        let submitted = past.id.rsplit_once(':').and_then(|(said, _)| self.events.get(said));
        let message = submitted.and_then(|event| Message::parse(&event.message, &Wanted::only(["form_name"])).ok());
        let name = message.as_ref().and_then(|message| message.id("form_name"));
        Some(format!("the form “{}”", name.as_deref().unwrap_or(form)))
    }
}

/// The attributes that a message set; `None` of one that set none.
fn set_by(past: &Past) -> Option<String> {
    let message = Message::parse(&past.message, &Wanted::Everything).ok()?;
    let names: Vec<&str> = message.fields.iter().map(|(name, _)| name.as_ref()).collect();
    (message.kind == Type::Identify && !names.is_empty()).then(|| attributes(&names))
}

/// The attribute `pain`; of several the attributes `pain`, `plan`; of many the first three.
fn attributes(names: &[&str]) -> String {
    let code = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => format!("the attribute {}", code(names)),
        2..=4 => format!("the attributes {}", code(names)),
        more => format!("the attributes {} and {} more", code(&names[..3]), more - 3),
    }
}

/// Of attributes that an import brought, which one it was: a row has too many of them to name a cause.
fn imported(past: &Past) -> Option<String> {
    let number = import_of(&past.origin)?;
    // Its kind alone is asked for.
    let message = Message::parse(&past.message, &Wanted::only([] as [&str; 0])).ok()?;
    (message.kind == Type::Identify).then(|| format!("import {number}"))
}

/// What was done in an e-mail, and to which topic: a click on “Shirts” in the e-mail “News of May”.
fn in_email(event: &Past, names: &Names, (act, of): (&str, &str)) -> Option<String> {
    let message = Message::parse(&event.message, &Wanted::only(["email_id", "topic"])).ok()?;
    let (email, topic) = (message.id("email_id")?, message.id("topic"));
    let email = names.email(&email);
    Some(match &topic {
        Some(topic) => format!("{act} {of} “{}” in the e-mail “{email}”", names.topic(topic)),
        None => format!("{act} in the e-mail “{email}”"),
    })
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;
    use attractor_store::events::Event;
    use attractor_store::{IdentityId, Received};
    use serde_json::{Value, json};

    use super::*;

    fn past(id: &str, origin: &str, message: Value) -> Past {
        Past::of(Event {
            identity: IdentityId(1),
            message_id: id.into(),
            at: 5,
            received: Received(1),
            received_at: 5,
            flags: 0,
            origin: origin.into(),
            message: message.to_string(),
        })
    }

    #[test]
    fn what_set_attributes_is_named_by_the_act_where_that_is_known() {
        let text = "playbook: shop\ntopics: [{id: shirts, name: Shirts}]\nemails: [{id: may, name: News of May, subject: May, body: <mjml></mjml>}]\n";
        let names = Names::of(&read(text).playbook.unwrap());
        let event = |kind: &str, properties: Value| json!({"type": "track", "userId": "u", "event": kind, "properties": properties});
        let sets = json!({"type": "identify", "userId": "u", "traits": {"pain": "cold ears"}});
        let on_shirts = json!({"email_id": "may", "topic": "shirts"});
        let all = [
            past("mail:1.f.3", "mail", event("Email Link Clicked", on_shirts.clone())),
            past("mail:1.f.3:sets", "mail", sets.clone()),
            past("mail:1.f.4", "mail", event("Email Link Clicked", json!({"email_id": "may"}))),
            past("mail:1.f.4:sets", "mail", sets.clone()),
            past("offer:1.f.2:a", "mail", event("Topic Chosen", on_shirts)),
            past("offer:1.f.2:b", "mail", sets.clone()),
            past("form-7", "form:demo", event("Form Submitted", json!({"form_name": "Ask for a demo"}))),
            past("form-7:who", "form:demo", sets.clone()),
            past("form-8:who", "form:demo", sets.clone()),
            past("x", "key:1", sets.clone()),
            past("row:1", "import:2", sets),
            past("h-1", "user:1", event("Segment Pinned", json!({"segment": "vip", "by": "user:1"}))),
            past("h-2", "key:2", event("Sequence Entered", json!({"sequence": "welcome"}))),
            past("h-3", "key:2", event("Stage Set", json!({"ladder": "life", "stage": "hot", "by": "kim"}))),
            past("h-4", "key:2", event("Segment Pinned", json!({}))),
            past("row:1:visit", "import:2", event("Page Viewed", json!({"path": "/prices"}))),
        ];
        let acts = Acts::of(&all, ActorNames::default());
        for (set, expected) in [
            (&["pain", "plan"][..], "the attributes `pain`, `plan`"),
            (&["a", "b", "c", "d", "e"], "the attributes `a`, `b`, `c` and 2 more"),
        ] {
            assert_eq!(attributes(set), expected);
        }
        for (id, expected) in [
            ("mail:1.f.3", "Email Link Clicked may"),
            ("mail:1.f.3:sets", "a click on “Shirts” in the e-mail “News of May”, which set the attribute `pain`"),
            ("mail:1.f.4:sets", "a click in the e-mail “News of May”, which set the attribute `pain`"),
            ("offer:1.f.2:b", "the choice of “Shirts” in the e-mail “News of May”"),
            ("form-7:who", "the form “Ask for a demo”, which set the attribute `pain`"),
            ("form-8:who", "the form “demo”, which set the attribute `pain`"),
            ("x", "attributes set: pain"),
            ("row:1", "import 2"),
            ("h-1", "the pin to “vip” by user:1"),
            ("h-2", "the enrollment in “welcome” by key:2"),
            ("h-3", "the stage “hot”, set by hand by kim"),
            ("h-4", "Segment Pinned"),
            ("row:1:visit", "Page Viewed /prices"),
        ] {
            let one = all.iter().find(|past| past.id == id).unwrap();
            assert_eq!(acts.cause(one, &names), expected, "{id}");
        }
    }
}
