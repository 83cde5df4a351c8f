//! From deliveries to their receivers: signed, tried again after longer and longer pauses, given up after three days.

use std::collections::BTreeSet;
use std::sync::Arc;

use attractor_store::webhooks::{self, Delivery, DeliveryState, Webhook};
use attractor_store::{Connection, Error, WebhookId};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ureq::Agent;

use super::purpose;
use crate::refusal::Refusal;
use crate::{App, outside, signature};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;
/// After each try.
const PAUSES: [i64; 8] =
    [5 * SECOND, 30 * SECOND, 120 * SECOND, 600 * SECOND, 1_800 * SECOND, HOUR, 2 * HOUR, 4 * HOUR];
const GIVEN_UP_AFTER: i64 = 3 * DAY;
const DISABLED_AFTER: i64 = 5 * DAY;
const LOG_KEPT: i64 = 30 * DAY;
/// What is due to one webhook is sent in groups of so many.
const DUE: i64 = 200;
/// Webhooks that are sent to at once, each on a thread.
const AT_ONCE: usize = 16;
/// A webhook keeps its place no longer than about this, in seconds: others may wait for one.
const PATIENCE: u64 = 10;

/// The webhooks that something is being sent to. Each has one group under way at most, so that a slow receiver delays
/// nobody but itself.
pub struct UnderWay {
    webhooks: BTreeSet<WebhookId>,
    tell: UnboundedSender<Ended>,
    ended: UnboundedReceiver<Ended>,
}

/// What became of a group, and whose it was.
type Ended = (WebhookId, Result<(), Refusal>);

impl Default for UnderWay {
    fn default() -> UnderWay {
        let (tell, ended) = unbounded_channel();
        UnderWay { webhooks: BTreeSet::new(), tell, ended }
    }
}

impl UnderWay {
    fn is_full(&self) -> bool {
        self.webhooks.len() >= AT_ONCE
    }

    /// Waits until one of them has ended; for ever where there is none.
    pub async fn ended(&mut self) -> Result<(), Refusal> {
        // One of the senders is here: the channel stays open.
        let Some((webhook, done)) = self.ended.recv().await else { return std::future::pending().await };
        self.webhooks.remove(&webhook);
        done
    }

    fn begin(&mut self, webhook: WebhookId) -> Group {
        self.webhooks.insert(webhook);
        Group { webhook, done: None, tell: self.tell.clone() }
    }

    /// Waits until all have ended.
    pub async fn finish(mut self) {
        while !self.webhooks.is_empty() {
            // What fails now is tried again by the next server.
            let _ = self.ended().await;
        }
    }
}

/// Deliveries to one webhook that are under way. However that ends, it is told.
struct Group {
    webhook: WebhookId,
    done: Option<Result<(), Refusal>>,
    tell: UnboundedSender<Ended>,
}

impl Group {
    fn end(mut self, done: Result<(), Refusal>) {
        self.done = Some(done);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let done = self.done.take().unwrap_or_else(|| Err(Refusal::Failed("a delivery has failed".into())));
        // Nobody listens where the server has ended.
        let _ = self.tell.send((self.webhook, done));
    }
}

/// Begins to send what is due, to each webhook one after the other and to several at once. Whether anything began.
pub async fn deliver(app: &Arc<App>, under_way: &mut UnderWay) -> Result<bool, Refusal> {
    let (now, busy) = (app.machine.now().0, under_way.webhooks.clone());
    let due = app.readers.read(move |connection| due(connection, now, &busy)).await?;
    let any = !due.is_empty();
    for (webhook, deliveries) in due {
        let (app, host) = (app.clone(), app.machine.clone());
        let group = under_way.begin(webhook.id);
        host.begin(async move {
            let done = to_one(&app, webhook, deliveries).await;
            group.end(done);
        });
    }
    Ok(any)
}

type Due = Vec<(Webhook, Vec<Delivery>)>;

/// What is due to webhooks that are not busy, the longest due first, for as many as there is room.
fn due(connection: &mut Connection, now: i64, busy: &BTreeSet<WebhookId>) -> Result<Due, Error> {
    let waiting = webhooks::next_due(connection)?.into_iter();
    let free = waiting.filter(|(webhook, due)| *due <= now && !busy.contains(webhook));
    let mut due = Due::new();
    for (id, _) in free.take(AT_ONCE.saturating_sub(busy.len())) {
        if let Some(webhook) = webhooks::one(connection, id)? {
            due.push((webhook, webhooks::due_of(connection, id, now, DUE)?));
        }
    }
    Ok(due)
}

/// When the next one is due that could begin, in milliseconds since 1970.
pub async fn next_due(app: &App, under_way: &UnderWay) -> Result<Option<i64>, Refusal> {
    if under_way.is_full() {
        return Ok(None);
    }
    let waiting = app.readers.read(webhooks::next_due).await?;
    Ok(waiting.into_iter().find(|(webhook, _)| !under_way.webhooks.contains(webhook)).map(|(_, due)| due))
}

/// Forgets deliveries that ended long ago.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let until = app.machine.now().0 - LOG_KEPT;
    app.write(move |connection| webhooks::sweep(connection, until).map(Ok)).await
}

async fn to_one(app: &Arc<App>, webhook: Webhook, deliveries: Vec<Delivery>) -> Result<(), Refusal> {
    let stopwatch = app.machine.stopwatch();
    let agent = outside::agent(app.settings.webhooks_private);
    let secret = match app.secrets.unseal(&purpose(webhook.id), &webhook.secret) {
        Ok(secret) => String::from_utf8_lossy(&secret).into_owned(),
        // Another server of this database may have the key: what is due is tried again, as if nobody had answered.
        Err(why) => return fail_first(app, webhook.id, deliveries, &format!("its secret cannot be read: {why}")).await,
    };
    for delivery in deliveries {
        let (agent, url, secret) = (agent.clone(), webhook.url.clone(), secret.clone());
        let now = app.machine.now().0;
        let (message, body) = (delivery.message.clone(), delivery.body.clone());
        let answered = app.machine.done(move || post(&agent, &url, &secret, &message, now, &body)).await;
        let answered = answered.unwrap_or_else(|| Err("the call has failed".into()));
        let is_good = matches!(answered, Ok((200..=299, _)));
        note(app, webhook.id, delivery, answered).await?;
        if !is_good || stopwatch.elapsed().as_secs() >= PATIENCE || app.is_stopping() {
            return Ok(());
        }
    }
    Ok(())
}

/// The first of these deliveries has failed, and those behind it wait for the next try.
async fn fail_first(app: &App, id: WebhookId, deliveries: Vec<Delivery>, why: &str) -> Result<(), Refusal> {
    tracing::warn!(webhook = id.0, why, "a webhook could not be called");
    match deliveries.into_iter().next() {
        Some(first) => note(app, id, first, Err(why.to_owned())).await,
        None => Ok(()),
    }
}

fn post(agent: &Agent, url: &str, secret: &str, message: &str, now: i64, body: &str) -> Result<(u16, String), String> {
    let seconds = now.div_euclid(SECOND);
    let signature = signature::sign(secret, message, seconds, body)?;
    let timestamp = seconds.to_string();
    let headers =
        [("webhook-id", message), ("webhook-timestamp", timestamp.as_str()), ("webhook-signature", signature.as_str())];
    outside::post(agent, url, &headers, body)
}

pub(super) async fn disable(app: &App, id: WebhookId, why: String) -> Result<(), Refusal> {
    let now = app.machine.now().0;
    tracing::warn!(webhook = id.0, why, "a webhook was disabled");
    app.write(move |connection| {
        if let Some(mut webhook) = webhooks::one(connection, id)? {
            webhook.disabled = Some((now, why));
            webhooks::update(connection, &webhook)?;
        }
        Ok(Ok(()))
    })
    .await
}

/// Keeps what became of a try.
async fn note(
    app: &App,
    id: WebhookId,
    delivery: Delivery,
    answered: Result<(u16, String), String>,
) -> Result<(), Refusal> {
    let now = app.machine.now().0;
    let disabled = app
        .write(move |connection| {
            let after = after(delivery, &answered, now);
            webhooks::update_delivery(connection, &after)?;
            // It may have been changed or removed meanwhile.
            let Some(mut webhook) = webhooks::one(connection, id)? else { return Ok(Ok(None)) };
            let why = stands(&mut webhook, &after, now);
            webhooks::update(connection, &webhook)?;
            Ok(Ok(why))
        })
        .await?;
    if let Some(why) = disabled {
        tracing::warn!(webhook = id.0, why, "a webhook was disabled");
    }
    Ok(())
}

/// A delivery after a try.
fn after(mut delivery: Delivery, answered: &Result<(u16, String), String>, now: i64) -> Delivery {
    delivery.tries += 1;
    (delivery.status, delivery.error) = match answered {
        Ok((status @ 200..=299, _)) => (Some(i64::from(*status)), None),
        Ok((status, text)) => (Some(i64::from(*status)), Some(text.replace('\0', "").chars().take(300).collect())),
        Err(why) => (None, Some(why.clone())),
    };
    let is_good = delivery.error.is_none();
    let next = now + pause(&delivery.message, delivery.tries);
    if is_good || next > delivery.made_at + GIVEN_UP_AFTER {
        delivery.state = if is_good { DeliveryState::Delivered } else { DeliveryState::Failed };
        delivery.ended_at = Some(now);
    } else {
        delivery.due = next;
    }
    delivery
}

/// How a webhook stands after a try; why it was disabled, where that was just now.
fn stands(webhook: &mut Webhook, delivery: &Delivery, now: i64) -> Option<String> {
    if delivery.error.is_none() {
        webhook.failing_since = None;
        return None;
    }
    let since = *webhook.failing_since.get_or_insert(now);
    let why = match delivery.status {
        Some(410) => "its receiver says that it is gone (410)".to_owned(),
        _ if now - since >= DISABLED_AFTER => {
            let last = delivery.status.map_or_else(|| delivery.error.clone().unwrap_or_default(), |s| s.to_string());
            format!("nothing has arrived for five days; the last answer was: {last}")
        }
        _ => return None,
    };
    webhook.disabled = Some((now, why.clone()));
    Some(why)
}

/// The pause after so many tries, up to a fifth longer or shorter, so that not all come back at once.
fn pause(message: &str, tries: i64) -> i64 {
    let place = usize::try_from(tries - 1).unwrap_or(0).min(PAUSES.len() - 1);
    let hash = Sha256::digest(format!("{message}/{tries}"));
    let share = i64::from(u16::from_be_bytes([hash[0], hash[1]]));
    PAUSES[place] * 4 / 5 + PAUSES[place] * 2 / 5 * share / 65_536
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::example;
    use crate::webhooks::follow::delivery;

    fn fresh() -> Delivery {
        delivery(WebhookId(1), "msg_1_1".into(), "test".into(), "{}".into(), 0)
    }

    #[test]
    fn what_fails_is_tried_for_three_days_and_then_given_up() {
        let (mut delivery, mut tried) = (fresh(), Vec::new());
        while delivery.state == DeliveryState::Waiting {
            let now = delivery.due;
            tried.push(now);
            delivery = after(delivery, &Err("no answer".into()), now);
        }
        assert_eq!((delivery.state, delivery.error.as_deref()), (DeliveryState::Failed, Some("no answer")));
        assert!((20..40).contains(&tried.len()), "{}", tried.len());
        assert!(tried[1] <= 6_000 && *tried.last().unwrap() < GIVEN_UP_AFTER);
        assert!(tried.windows(2).all(|pair| pair[0] < pair[1]));
        assert_ne!(pause("a", 5), pause("b", 5));
    }

    #[test]
    fn an_answer_of_the_two_hundreds_is_a_delivery() {
        for (status, state) in
            [(200, "delivered"), (204, "delivered"), (302, "waiting"), (404, "waiting"), (500, "waiting")]
        {
            let after = after(fresh(), &Ok((status, "text".into())), 7);
            assert_eq!((after.state.name(), after.status, after.tries), (state, Some(i64::from(status)), 1));
        }
    }

    #[test]
    fn a_webhook_is_disabled_after_five_days_or_when_it_is_gone() {
        let failed = after(fresh(), &Ok((500, "x".into())), 0);
        let mut webhook = example();
        assert_eq!(stands(&mut webhook, &failed, 10), None);
        assert_eq!(stands(&mut webhook, &failed, 9 + DISABLED_AFTER), None);
        assert_eq!(webhook.failing_since, Some(10));
        let good = after(fresh(), &Ok((200, String::new())), 0);
        assert_eq!(stands(&mut webhook, &good, 20), None);
        assert_eq!(webhook.failing_since, None);
        stands(&mut webhook, &failed, 30);
        assert!(stands(&mut webhook, &failed, 30 + DISABLED_AFTER).unwrap().contains("five days"));
        assert!(webhook.disabled.is_some());
        let gone = after(fresh(), &Ok((410, String::new())), 0);
        assert!(stands(&mut webhook, &gone, 1).unwrap().contains("410"));
    }
}
