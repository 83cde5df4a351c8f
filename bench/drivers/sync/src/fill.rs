//! The filled store, the same rows for both databases and for both programs.

use std::io::Write;

use postgres::{Client, NoTls};
use rusqlite::{Connection, params};

use crate::load::{Dice, EVENTS, FIRST, HOUR, Head, Outcome, SET_UP_SQLITE, bucket, filled_event, hex, key_text};
use crate::sql::rows;

/// The bytes of a lead's head.
const HEAD: usize = 500;

pub fn sqlite(path: &str, leads: i64) -> Outcome<()> {
    let mut store = Connection::open(path)?;
    store.execute_batch(SET_UP_SQLITE)?;
    store.execute_batch(&tables("blob", "", " without rowid"))?;
    for part in in_order(leads).chunks(2000) {
        let transaction = store.transaction()?;
        let mut insert = transaction.prepare_cached(rows::INSERT)?;
        for lead in part {
            let mut events: Vec<_> = (0..EVENTS).map(|n| filled_event(*lead, n)).collect();
            events.sort_by(|a, b| a.message_id.cmp(&b.message_id));
            for e in events {
                insert.execute(params![e.bucket, e.key, e.message_id, e.at, e.received, e.flags, e.message])?;
            }
        }
        drop(insert);
        transaction.commit()?;
    }
    let transaction = store.transaction()?;
    for lead in in_order(leads) {
        let h = filled_head(lead);
        let row = params![h.bucket, h.id, format!("Lead {lead}"), h.at, h.wake_at, h.head];
        transaction.prepare_cached("insert into leads values (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(row)?;
        transaction.prepare_cached(rows::SLEEP)?.execute(params![h.bucket, h.wake_at, h.id])?;
        transaction.prepare_cached("insert into keys values (1, ?1, ?2)")?.execute(params![key_text(lead), h.id])?;
    }
    transaction.commit()?;
    store.execute_batch("pragma wal_checkpoint(truncate)")?;
    Ok(())
}

pub fn postgres(place: &str, leads: i64) -> Outcome<()> {
    let mut store = Client::connect(place, NoTls)?;
    store.batch_execute(&tables("bytea", " collate \"C\"", ""))?;
    let mut copy = store.copy_in("copy events from stdin")?;
    for lead in in_order(leads) {
        for e in (0..EVENTS).map(|n| filled_event(lead, n)) {
            let (received, flags, message) = (e.received, e.flags, e.message);
            writeln!(copy, "{}\t{}\t{}\t{}\t{received}\t{flags}\t{message}", e.bucket, e.key, e.message_id, e.at)?;
        }
    }
    copy.finish()?;
    let mut copy = store.copy_in("copy leads from stdin")?;
    for h in in_order(leads).into_iter().map(filled_head) {
        let head = hex(&h.head);
        writeln!(copy, "{}\t{}\tLead {}\t{}\t{}\t\\\\x{head}", h.bucket, h.id, h.id, h.at, h.wake_at)?;
    }
    copy.finish()?;
    let mut copy = store.copy_in("copy wakes from stdin")?;
    for h in in_order(leads).into_iter().map(filled_head) {
        writeln!(copy, "{}\t{}\t{}", h.bucket, h.wake_at, h.id)?;
    }
    copy.finish()?;
    let mut copy = store.copy_in("copy keys from stdin")?;
    for lead in 1..=leads {
        writeln!(copy, "1\t{}\t{lead}", key_text(lead))?;
    }
    copy.finish()?;
    store.batch_execute("vacuum analyze")?;
    store.batch_execute("checkpoint")?;
    Ok(())
}

/// The tables; `bytes`, `collate` and `end` are the dialect's.
fn tables(bytes: &str, collate: &str, end: &str) -> String {
    let text = format!("text{collate} not null");
    format!(
        "create table events (bucket bigint not null, key bigint not null, message_id {text}, at bigint not null, \
           received bigint not null, flags bigint not null, message text not null, \
           primary key (bucket, key, message_id)){end}; \
         create table leads (bucket bigint not null, id bigint not null, name {text}, at bigint not null, \
           wake_at bigint not null, head {bytes} not null, primary key (bucket, id)){end}; \
         create table wakes (bucket bigint not null, at bigint not null, lead bigint not null, \
           primary key (bucket, at, lead)){end}; \
         create table keys (kind bigint not null, text {text}, id bigint not null, primary key (kind, text)){end};"
    )
}

/// A lead of the filled store.
fn filled_head(lead: i64) -> Head {
    let at = FIRST + EVENTS as i64 * HOUR;
    let wake_at = at + Dice(lead as u64).below(30 * 24) as i64 * HOUR;
    Head { bucket: bucket(lead), id: lead, at, wake_at, head: head(lead as u64) }
}

fn head(seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed ^ 0xabcd);
    (0..HEAD / 8 + 1).flat_map(|_| dice.roll().to_le_bytes()).take(HEAD).collect()
}

/// All ids of leads in the order of the trees, (bucket, id).
fn in_order(leads: i64) -> Vec<i64> {
    let mut ids: Vec<i64> = (1..=leads).collect();
    ids.sort_by_key(|id| (bucket(*id), *id));
    ids
}
