//! Webhooks and deliveries as the API shows them.

use attractor_engine::time::Instant;
use attractor_store::webhooks;
use attractor_store::{DeliveryNumber, WebhookId};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Filter;
use super::fields::Fields;
use crate::closed_lists::DeliveryStateName;
use crate::schemas::AnyJson;
use crate::stored::stored;

#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookItem {
    #[schema(value_type = i64)]
    id: WebhookId,
    url: String,
    note: String,
    /// `stage`, `segment`, `sequence`, `interest`, `call`, `alert`; empty: all but `call` and `alert`
    kinds: Vec<String>,
    /// Ids of ladders, segments and sequences, and `primary` for the primary interest; alerts go by their sequence, calls by
    /// none; empty: all
    subjects: Vec<String>,
    /// Why moves happened; empty: `live`, `late`, `join`, `verdict`, `unmerge`
    reasons: Vec<String>,
    /// Under the names of another system, what each delivery says of its lead
    fields: Fields,
    #[schema(format = DateTime)]
    made_at: String,
    made_by: String,
    enabled: bool,
    /// Why it is disabled
    disabled_why: Option<String>,
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
    /// The first failure since something arrived
    #[schema(format = DateTime)]
    failing_since: Option<String>,
}

impl From<webhooks::Webhook> for WebhookItem {
    fn from(webhook: webhooks::Webhook) -> WebhookItem {
        let (filter, damage) = match Filter::of(&webhook) {
            Ok(filter) => (filter, None),
            Err(why) => (Filter::default(), Some(why)),
        };
        let (disabled_at, disabled_why) = webhook.disabled.unzip();
        let disabled_why = disabled_why.or(damage);
        WebhookItem {
            id: webhook.id,
            url: webhook.url,
            note: webhook.note,
            kinds: filter.kinds,
            subjects: filter.subjects,
            reasons: filter.reasons,
            fields: filter.fields,
            made_at: Instant(webhook.made_at).to_string(),
            made_by: webhook.made_by,
            enabled: disabled_why.is_none(),
            disabled_why,
            disabled_at: disabled_at.map(|at| Instant(at).to_string()),
            failing_since: webhook.failing_since.map(|at| Instant(at).to_string()),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryItem {
    #[schema(value_type = i64)]
    number: DeliveryNumber,
    /// The id that the receiver sees, the same at every try
    message: String,
    kind: String,
    #[schema(value_type = AnyJson)]
    body: Value,
    #[schema(value_type = DeliveryStateName)]
    state: String,
    tries: i64,
    #[schema(format = DateTime)]
    made_at: String,
    /// When it is tried next
    #[schema(format = DateTime)]
    due: Option<String>,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Of the last answer
    status: Option<i64>,
    error: Option<String>,
}

impl From<webhooks::Delivery> for DeliveryItem {
    fn from(delivery: webhooks::Delivery) -> DeliveryItem {
        DeliveryItem {
            number: delivery.number,
            message: delivery.message,
            kind: delivery.kind,
            body: stored(&delivery.body),
            due: (delivery.state == webhooks::DeliveryState::Waiting).then(|| Instant(delivery.due).to_string()),
            state: delivery.state.name().to_owned(),
            tries: delivery.tries,
            made_at: Instant(delivery.made_at).to_string(),
            ended_at: delivery.ended_at.map(|at| Instant(at).to_string()),
            status: delivery.status,
            error: delivery.error,
        }
    }
}
