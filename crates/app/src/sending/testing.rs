//! Leads and copies for tests.

use attractor_live::profile::{Attribute, Profile};
use attractor_mail::message::Mailbox;
use attractor_store::LeadId;
use attractor_store::copies::{CopySource, CopyState, Dispatch, MailCopy};
use serde_json::Value;

use super::sender::Sender;

/// A profile with these attributes, by name.
pub fn profile(attributes: &Value) -> Profile {
    let one = |(name, value): (&String, &Value)| {
        (name.clone(), Attribute { value: value.clone(), at: 0, by: "key:1".into(), public: false, read: false })
    };
    let attributes = attributes.as_object().into_iter().flatten().map(one).collect();
    Profile { attributes, ..Profile::default() }
}

pub fn sender() -> Sender {
    Sender {
        takes_mail: false,
        providers: Vec::new(),
        from: Mailbox::parse("news@acme.example").unwrap().named("Acme"),
        postal_address: "1 Mill Road, Leeds".into(),
        public_url: "https://leads.acme.example".into(),
        bounce_domain: Some("bounce.acme.example".into()),
    }
}

/// A copy of an e-mail that a step of a sequence asked for.
pub fn copy(email: &str) -> MailCopy {
    MailCopy {
        lead: LeadId(414),
        source: CopySource::Sequence { sequence: "welcome".into(), began: 5, step: "hello".into() },
        email: Some(email.into()),
        class: "marketing".into(),
        asked_at: 5,
        not_after: None,
        state: CopyState::Waiting,
        reason: None,
        until: None,
        dispatch: Dispatch::due(5),
    }
}
