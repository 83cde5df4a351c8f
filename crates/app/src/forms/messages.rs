//! The messages of what somebody did with a form.

use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use attractor_live::{Arrived, Fills};
use attractor_store::{Connection, Error, leads};
use serde_json::{Map, Value, json};

use super::answers::Submission;
use super::definition::FormDefinition;
use super::request::FormRequest;
use crate::leads::key::LeadKey;

/// Who says something, and when.
#[derive(Clone, Debug)]
pub struct Said {
    /// What the ids of its messages begin with.
    pub id: String,
    /// The form's id.
    pub form: String,
    pub at: Instant,
}

impl Said {
    /// What a stranger said: nothing that is known otherwise changes by it.
    fn public(&self, mut message: Value, id: &str) -> Arrived {
        message["context"] = json!({"public": true});
        self.arrived(message, id, Fills::Empty)
    }

    /// What ties a key to its lead, where that is needed.
    fn tie(&self, key: &LeadKey) -> Option<Arrived> {
        key.public_tie().map(|message| self.arrived(message, ":tie", Fills::EmptyByServer))
    }

    /// What the owner of an address said.
    fn own(&self, message: Value, id: &str) -> Arrived {
        self.arrived(message, id, Fills::All)
    }

    fn arrived(&self, mut message: Value, id: &str, fills: Fills) -> Arrived {
        message["messageId"] = format!("{}{id}", self.id).into();
        message["timestamp"] = self.at.to_string().into();
        let origin = format!("form:{}", self.form);
        Arrived { json: message.to_string(), received_at: self.at, origin, fills }
    }

    /// Who submits, as the form says it.
    pub fn who(&self, submission: &Submission, visitor: Option<&str>) -> Arrived {
        let mut traits = submission.traits.clone();
        traits.insert("email".into(), submission.email.as_str().into());
        let mut message = json!({"type": "identify", "traits": traits});
        if let Some(visitor) = visitor {
            message["anonymousId"] = visitor.into();
        }
        self.public(message, ":who")
    }

    /// That a form was submitted, and the form's other event.
    pub fn submitted(&self, lead: &LeadKey, form: &FormDefinition, submission: &Submission) -> Vec<Arrived> {
        let mut properties = Map::new();
        properties.insert("form".into(), self.form.as_str().into());
        properties.insert("form_name".into(), form.title.as_str().into());
        for (name, value) in [("topic", &form.topic), ("intent", &form.intent)] {
            properties.extend(value.as_ref().map(|value| (name.to_owned(), value.as_str().into())));
        }
        let mut answered = properties.clone();
        if !submission.answers.is_empty() {
            answered.insert("answers".into(), Value::Object(submission.answers.clone()));
        }
        let track = |event: &str, properties: &Map<String, Value>| json!({"type": "track", lead.field: lead.text, "event": event, "properties": properties});
        let mut messages = Vec::new();
        messages.extend(self.tie(lead));
        messages.push(self.public(track(kind::FORM_SUBMITTED, &answered), ""));
        messages.extend(form.emits.as_ref().map(|event| self.public(track(event, &properties), ":also")));
        messages
    }

    /// Who submitted, as the owner of the address confirms it: with what the page of the confirmation showed.
    pub fn confirmed(&self, request: &FormRequest) -> Arrived {
        let shown = request.document.shown.iter().map(|shown| (shown.attribute.clone(), shown.value.clone()));
        let mut traits: Map<String, Value> = shown.collect();
        traits.insert("email".into(), request.document.email.as_str().into());
        self.own(json!({"type": "identify", "traits": traits}), ":confirmed")
    }

    /// A file was taken.
    pub fn downloaded(
        &self,
        connection: &mut Connection,
        lead: &leads::Lead,
        request: &FormRequest,
    ) -> Result<Vec<Arrived>, Error> {
        let key = LeadKey::of(connection, lead)?;
        let document = &request.document;
        let asset = document.asset.clone().unwrap_or_default();
        let mut properties = Map::new();
        properties.insert("asset".into(), asset.name.into());
        properties.insert("form".into(), self.form.as_str().into());
        for (name, value) in [("format", &asset.format), ("topic", &document.topic), ("intent", &document.intent)] {
            properties.extend(value.as_ref().map(|value| (name.to_owned(), value.as_str().into())));
        }
        let message = json!({
            "type": "track", key.field: key.text, "event": kind::CONTENT_DOWNLOADED, "properties": properties
        });
        Ok(self.tie(&key).into_iter().chain([self.own(message, ":downloaded")]).collect())
    }
}
