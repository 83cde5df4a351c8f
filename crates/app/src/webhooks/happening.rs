//! What is posted beside moves: what happens with calls, and alerts. Only webhooks that name its kind get it.

use attractor_engine::time::Instant;
use attractor_store::webhooks::{self, Delivery};
use attractor_store::{Connection, Error, LeadId, WebhookId};
use serde_json::{Value, json};

use super::Filter;
use super::fields::mapped;
use super::follow::delivery;
use crate::calls::Now;
use crate::calls::lead::KnownLead;

/// The webhooks that name a kind, with what they ask for.
pub(crate) struct Listeners(Vec<(WebhookId, Filter)>);

/// Something that happened to a lead.
pub(crate) struct Happening<'h> {
    /// `call.opened`, `alert.raised` …
    pub name: &'static str,
    /// Tells it apart from everything else of this name.
    pub id: String,
    pub lead: LeadId,
    /// What is known of the lead; `None` where it cannot be read.
    pub known: Option<&'h KnownLead>,
    pub data: Value,
}

impl Listeners {
    /// The webhooks that name a kind, without those that are disabled or whose filter cannot be read.
    pub fn of(connection: &mut Connection, kind: &str) -> Result<Listeners, Error> {
        let enabled = webhooks::all(connection)?.into_iter().filter(|webhook| webhook.disabled.is_none());
        let filters = enabled.filter_map(|webhook| Some((webhook.id, Filter::of(&webhook).ok()?)));
        Ok(Listeners(filters.filter(|(_, filter)| filter.names(kind)).collect()))
    }

    /// Those of them that want everything of the kind, or name this subject.
    pub fn about(&self, subject: &str) -> Listeners {
        let wants = |filter: &Filter| filter.subjects.is_empty() || filter.subjects.iter().any(|one| one == subject);
        Listeners(self.0.iter().filter(|(_, filter)| wants(filter)).cloned().collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks for a delivery to each, in the transaction of what happened.
    pub fn post(&self, connection: &mut Connection, happening: &Happening, now: Now) -> Result<(), Error> {
        let Happening { name, id, lead, known, data } = happening;
        let deliveries = self.0.iter().map(|(webhook, filter)| {
            let mut data = data.clone();
            if !filter.fields.is_empty() {
                data["fields"] = mapped(&filter.fields, *known, now.leads);
            }
            let body = json!({"type": name, "timestamp": now.leads.to_string(), "data": data}).to_string();
            let message = format!("msg_{webhook}_{name}_{id}");
            let made = delivery(*webhook, message, (*name).to_owned(), body, now.machine.0);
            Delivery { lead: Some(*lead), ..made }
        });
        webhooks::insert_deliveries(connection, &deliveries.collect::<Vec<_>>()).map(drop)
    }
}

/// A lead as it is posted.
pub(crate) fn posted_lead(id: LeadId, known: Option<&KnownLead>, now: Instant) -> Value {
    json!({
        "id": id.to_string(),
        "name": known.map(|lead| &lead.row.name),
        "email": known.and_then(|lead| lead.email.as_ref()),
        "phone": known.and_then(|lead| lead.text("phone")),
        "scores": known.map(|lead| lead.scores(now)),
        "stages": known.map(|lead| &lead.stages),
        "primary_interest": known.and_then(KnownLead::primary_interest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_subjects_gets_what_is_about_one_of_them() {
        let filter = |subjects: &[&str]| Filter {
            kinds: vec!["alert".into()],
            subjects: subjects.iter().map(|subject| (*subject).to_owned()).collect(),
            ..Filter::default()
        };
        let filters = [filter(&[]), filter(&["welcome", "calling"]), filter(&["hot"])];
        let listeners =
            Listeners(filters.into_iter().enumerate().map(|(id, filter)| (WebhookId(id as i64), filter)).collect());
        for (subject, expected) in [("calling", &[0, 1][..]), ("hot", &[0, 2]), ("other", &[0])] {
            let ids: Vec<i64> = listeners.about(subject).0.iter().map(|(id, _)| id.0).collect();
            assert_eq!(ids, expected, "{subject}");
        }
    }
}
