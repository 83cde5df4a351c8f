//! Webhooks: who is told of moves, and what was told.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{DeliveryNumber, LeadId, MoveNumber, WebhookId};
use crate::series::{self, Series};
use crate::value::{Row, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Given by `next_id`.
    pub id: WebhookId,
    pub url: String,
    pub note: String,
    /// A JSON object.
    pub filter: String,
    /// Sealed.
    pub secret: Vec<u8>,
    /// The last move looked at.
    pub cursor: MoveNumber,
    /// Milliseconds since 1970, as all instants here.
    pub made_at: i64,
    pub made_by: String,
    /// The first failure since the last success.
    pub failing_since: Option<i64>,
    /// When it was disabled, and why.
    pub disabled: Option<(i64, String)>,
}

const WEBHOOK: &str =
    "id, url, note, filter, secret, cursor, made_at, made_by, failing_since, disabled_at, disabled_why";

fn webhook(mut row: Row) -> Result<Webhook, Error> {
    let disabled_at = row.integer_or_null(9)?;
    let why = row.text_or_null(10)?.unwrap_or_default().to_owned();
    Ok(Webhook {
        id: WebhookId::read(&row, 0)?,
        url: row.take_text(1)?,
        note: row.take_text(2)?,
        filter: row.take_text(3)?,
        secret: row.bytes(4)?.to_vec(),
        cursor: MoveNumber::read(&row, 5)?,
        made_at: row.integer(6)?,
        made_by: row.take_text(7)?,
        failing_since: row.integer_or_null(8)?,
        disabled: disabled_at.map(|at| (at, why)),
    })
}

/// Takes the id of a new webhook: a secret is sealed for it before it is inserted. Only in a transaction of the lane.
pub fn next_id(connection: &mut Connection) -> Result<WebhookId, Error> {
    series::take(connection, Series::Webhooks, 1).map(WebhookId)
}

pub fn insert(connection: &mut Connection, webhook: &Webhook) -> Result<(), Error> {
    let sql = "INSERT INTO webhooks (id, url, note, filter, secret, cursor, made_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let params = [
        webhook.id.into(),
        Value::from(&webhook.url),
        Value::from(&webhook.note),
        Value::from(&webhook.filter),
        Value::from(webhook.secret.as_slice()),
        webhook.cursor.into(),
        webhook.made_at.into(),
        Value::from(&webhook.made_by),
    ];
    connection.execute(sql, &params).map(drop)
}

/// All of them, in the order in which they were made.
pub fn all(connection: &mut Connection) -> Result<Vec<Webhook>, Error> {
    connection.query(&format!("SELECT {WEBHOOK} FROM webhooks ORDER BY id"), &[])?.into_iter().map(webhook).collect()
}

pub fn one(connection: &mut Connection, id: WebhookId) -> Result<Option<Webhook>, Error> {
    connection.first(&format!("SELECT {WEBHOOK} FROM webhooks WHERE id = $1"), &[id.into()])?.map(webhook).transpose()
}

/// Rewrites what may change: address, note, filter, how it stands. Whether there was such a webhook.
pub fn update(connection: &mut Connection, webhook: &Webhook) -> Result<bool, Error> {
    let sql = "UPDATE webhooks SET url = $2, note = $3, filter = $4, failing_since = $5, disabled_at = $6,
        disabled_why = $7 WHERE id = $1";
    let (at, why) = webhook.disabled.as_ref().map(|(at, why)| (*at, why.as_str())).unzip();
    let params = [
        webhook.id.into(),
        Value::from(&webhook.url),
        Value::from(&webhook.note),
        Value::from(&webhook.filter),
        webhook.failing_since.into(),
        at.into(),
        why.into(),
    ];
    Ok(connection.execute(sql, &params)? == 1)
}

pub fn set_cursor(connection: &mut Connection, id: WebhookId, cursor: MoveNumber) -> Result<(), Error> {
    let sql = "UPDATE webhooks SET cursor = $2 WHERE id = $1 AND cursor < $2";
    connection.execute(sql, &[id.into(), cursor.into()]).map(drop)
}

/// Its deliveries go with it.
pub fn delete(connection: &mut Connection, id: WebhookId) -> Result<bool, Error> {
    connection.execute("DELETE FROM deliveries WHERE webhook = $1", &[id.into()])?;
    Ok(connection.execute("DELETE FROM webhooks WHERE id = $1", &[id.into()])? == 1)
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// For its next try.
    Waiting,
    Delivered,
    /// It was given up.
    Failed,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 3] = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed];

    /// As it is stored and shown.
    ///
    /// ```
    /// use attractor_store::webhooks::DeliveryState;
    ///
    /// assert_eq!(DeliveryState::Waiting.name(), "waiting");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
        }
    }

    fn read(name: &str) -> Result<DeliveryState, Error> {
        DeliveryState::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::new(Kind::Other, format!("the database gave `{name}` as the state of a delivery")))
    }
}

/// One message to one webhook, however often it is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Given by `insert_deliveries`.
    pub number: DeliveryNumber,
    pub webhook: WebhookId,
    /// The id that the receiver sees.
    pub message: String,
    /// The lead that it tells of.
    pub lead: Option<LeadId>,
    /// `move.stage` …
    pub kind: String,
    /// JSON.
    pub body: String,
    pub state: DeliveryState,
    pub tries: i64,
    pub made_at: i64,
    pub due: i64,
    pub ended_at: Option<i64>,
    /// The last answer's.
    pub status: Option<i64>,
    pub error: Option<String>,
}

const DELIVERY: &str =
    "number, webhook, message, kind, body, state, tries, made_at, due, ended_at, status, error, lead";

fn delivery(mut row: Row) -> Result<Delivery, Error> {
    Ok(Delivery {
        number: DeliveryNumber::read(&row, 0)?,
        webhook: WebhookId::read(&row, 1)?,
        message: row.take_text(2)?,
        kind: row.take_text(3)?,
        body: row.take_text(4)?,
        state: DeliveryState::read(row.text(5)?)?,
        tries: row.integer(6)?,
        made_at: row.integer(7)?,
        due: row.integer(8)?,
        ended_at: row.integer_or_null(9)?,
        status: row.integer_or_null(10)?,
        error: row.text_or_null(11)?.map(str::to_owned),
        lead: LeadId::read_or_null(&row, 12)?,
    })
}

/// Returns the number of the first one; the others follow it.
pub fn insert_deliveries(connection: &mut Connection, deliveries: &[Delivery]) -> Result<DeliveryNumber, Error> {
    let first = series::take(connection, Series::Deliveries, deliveries.len() as i64)?;
    let rows: Vec<[Value; 8]> = (first..)
        .zip(deliveries)
        .map(|(number, delivery)| {
            [
                number.into(),
                delivery.webhook.into(),
                Value::from(&delivery.message),
                Value::from(&delivery.kind),
                Value::from(&delivery.body),
                delivery.made_at.into(),
                delivery.due.into(),
                delivery.lead.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO deliveries (number, webhook, message, kind, body, state, tries, made_at, due, lead)
        SELECT r.number, r.webhook, r.message, r.kind, r.body, 'waiting', 0, r.made_at, r.due, r.lead
        FROM {rows: number bigint, webhook bigint, message text, kind text, body text, made_at bigint, due bigint,
            lead bigint}";
    connection.batch(sql, &rows, &[])?;
    Ok(DeliveryNumber(first))
}

/// Waiting ones of a webhook, due by `now`, the longest due first.
pub fn due_of(connection: &mut Connection, webhook: WebhookId, now: i64, limit: i64) -> Result<Vec<Delivery>, Error> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries WHERE state = 'waiting' AND webhook = $1 AND due <= $2
        ORDER BY due, number LIMIT $3"
    );
    connection.query(&sql, &[webhook.into(), now.into(), limit.into()])?.into_iter().map(delivery).collect()
}

/// When the next waiting one of each webhook that is not disabled is due: (webhook, instant), the earliest first.
pub fn next_due(connection: &mut Connection) -> Result<Vec<(WebhookId, i64)>, Error> {
    let sql = "SELECT webhook, min(due) FROM deliveries WHERE state = 'waiting'
        AND webhook IN (SELECT id FROM webhooks WHERE disabled_at IS NULL) GROUP BY webhook ORDER BY 2, 1";
    connection.query(sql, &[])?.into_iter().map(|row| Ok((WebhookId::read(&row, 0)?, row.integer(1)?))).collect()
}

/// Keeps how a delivery stands after a try.
pub fn update_delivery(connection: &mut Connection, delivery: &Delivery) -> Result<(), Error> {
    let sql = "UPDATE deliveries SET state = $2, tries = $3, due = $4, ended_at = $5, status = $6, error = $7
        WHERE number = $1";
    let params = [
        delivery.number.into(),
        Value::from(delivery.state.name()),
        delivery.tries.into(),
        delivery.due.into(),
        delivery.ended_at.into(),
        delivery.status.into(),
        delivery.error.as_deref().into(),
    ];
    connection.execute(sql, &params).map(drop)
}

pub fn one_delivery(
    connection: &mut Connection,
    webhook: WebhookId,
    number: DeliveryNumber,
) -> Result<Option<Delivery>, Error> {
    let sql = format!("SELECT {DELIVERY} FROM deliveries WHERE number = $2 AND webhook = $1");
    connection.first(&sql, &[webhook.into(), number.into()])?.map(delivery).transpose()
}

/// Those of a webhook with numbers below `before`, the newest first.
pub fn deliveries(
    connection: &mut Connection,
    webhook: WebhookId,
    before: DeliveryNumber,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let sql =
        format!("SELECT {DELIVERY} FROM deliveries WHERE webhook = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
    connection.query(&sql, &[webhook.into(), before.into(), limit.into()])?.into_iter().map(delivery).collect()
}

/// Ends what waits for webhooks that are disabled. It stays in the log, and may be sent again by hand.
pub fn give_up(connection: &mut Connection, why: &str, now: i64) -> Result<(), Error> {
    let sql = "UPDATE deliveries SET state = 'failed', ended_at = $1, error = $2 WHERE state = 'waiting'
        AND webhook IN (SELECT id FROM webhooks WHERE disabled_at IS NOT NULL)";
    connection.execute(sql, &[now.into(), why.into()]).map(drop)
}

/// Forgets what ended before `until`.
pub fn sweep(connection: &mut Connection, until: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM deliveries WHERE ended_at < $1", &[until.into()]).map(drop)
}
