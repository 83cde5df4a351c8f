//! SQLite by sqlx.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Row, query, raw_sql};
use tokio::runtime::{Builder, Runtime};

use crate::load::{
    Driver, Event, Form, Head, Move, Outcome, SET_UP_SQLITE, bucket, check, events_json, heads_json, leads_json,
    moves_json, texts_json,
};
use crate::sql::{LEAD, LEAD_EVENTS, rows, sqlite_json};

pub struct File {
    runtime: Runtime,
    store: SqliteConnection,
    form: Form,
}

impl File {
    pub fn open(path: &str, form: Form) -> Outcome<Self> {
        if form == Form::Arrays {
            return Err("SQLite has no arrays: say json or rows".into());
        }
        let runtime = Builder::new_current_thread().build()?;
        let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
        let mut store = runtime.block_on(options.connect())?;
        runtime.block_on(raw_sql(SET_UP_SQLITE).execute(&mut store))?;
        Ok(Self { runtime, store, form })
    }

    fn run(&mut self, sql: &'static str) -> Outcome<()> {
        self.runtime.block_on(query(sql).execute(&mut self.store))?;
        Ok(())
    }

    fn all(&mut self, sql: &'static str, text: String) -> Outcome<Vec<SqliteRow>> {
        Ok(self.runtime.block_on(query(sql).bind(text).fetch_all(&mut self.store))?)
    }

    fn batch(&mut self, sql: &'static str, text: String) -> Outcome<usize> {
        Ok(self.runtime.block_on(query(sql).bind(text).execute(&mut self.store))?.rows_affected() as usize)
    }

    fn changed(&mut self, sql: &'static str, values: [i64; 3]) -> Outcome<usize> {
        let [a, b, c] = values;
        let done = query(sql).bind(a).bind(b).bind(c).execute(&mut self.store);
        Ok(self.runtime.block_on(done)?.rows_affected() as usize)
    }
}

impl Driver for File {
    fn begin(&mut self) -> Outcome<()> {
        self.run("begin immediate")
    }

    fn commit(&mut self) -> Outcome<()> {
        self.run("commit")
    }

    fn ids(&mut self, texts: &[String]) -> Outcome<Vec<(String, i64)>> {
        if self.form == Form::Json {
            let found = self.all(sqlite_json::IDS, texts_json(texts))?;
            return Ok(found.iter().map(|row| (row.get(0), row.get(1))).collect());
        }
        let mut found = Vec::with_capacity(texts.len());
        for text in texts {
            let row = self.runtime.block_on(query(rows::ID).bind(text.as_str()).fetch_one(&mut self.store))?;
            found.push((text.clone(), row.get(0)));
        }
        Ok(found)
    }

    fn insert(&mut self, events: &[Event]) -> Outcome<Vec<(i64, String)>> {
        if self.form == Form::Json {
            let found = self.all(sqlite_json::INSERT, events_json(events))?;
            return Ok(found.iter().map(|row| (row.get(0), row.get(1))).collect());
        }
        let mut new = Vec::with_capacity(events.len());
        for e in events {
            let insert = query(rows::INSERT)
                .bind(e.bucket)
                .bind(e.key)
                .bind(e.message_id.as_str())
                .bind(e.at)
                .bind(e.received)
                .bind(e.flags)
                .bind(e.message.as_str());
            if self.runtime.block_on(insert.execute(&mut self.store))?.rows_affected() == 1 {
                new.push((e.key, e.message_id.clone()));
            }
        }
        Ok(new)
    }

    fn heads(&mut self, leads: &[i64]) -> Outcome<Vec<Head>> {
        if self.form == Form::Json {
            let found = self.all(sqlite_json::HEADS, leads_json(leads))?;
            let read = |row: &SqliteRow| Head {
                bucket: row.get(0),
                id: row.get(1),
                at: row.get(2),
                wake_at: row.get(3),
                head: row.get(4),
            };
            return Ok(found.iter().map(read).collect());
        }
        let mut heads = Vec::with_capacity(leads.len());
        for &id in leads {
            let one = query(rows::HEAD).bind(bucket(id)).bind(id).fetch_one(&mut self.store);
            let row = self.runtime.block_on(one)?;
            heads.push(Head { bucket: bucket(id), id, at: row.get(0), wake_at: row.get(1), head: row.get(2) });
        }
        Ok(heads)
    }

    fn save(&mut self, heads: &[Head]) -> Outcome<()> {
        if self.form == Form::Json {
            return check("saved", self.batch(sqlite_json::SAVE, heads_json(heads))?, heads.len());
        }
        for h in heads {
            let save = query(rows::SAVE).bind(h.bucket).bind(h.id).bind(h.at).bind(h.wake_at).bind(h.head.as_slice());
            let saved = self.runtime.block_on(save.execute(&mut self.store))?.rows_affected();
            check("saved", saved as usize, 1)?;
        }
        Ok(())
    }

    fn move_wakes(&mut self, moves: &[Move]) -> Outcome<()> {
        if self.form == Form::Json {
            let text = moves_json(moves);
            check("wakes gone", self.batch(sqlite_json::UNSLEEP, text.clone())?, moves.len())?;
            return check("wakes set", self.batch(sqlite_json::SLEEP, text)?, moves.len());
        }
        for m in moves {
            check("wakes gone", self.changed(rows::UNSLEEP, [m.bucket, m.from, m.lead])?, 1)?;
            check("wakes set", self.changed(rows::SLEEP, [m.bucket, m.to, m.lead])?, 1)?;
        }
        Ok(())
    }

    fn read(&mut self, lead: i64) -> Outcome<usize> {
        let store = &mut self.store;
        self.runtime.block_on(async {
            let one = query(LEAD).bind(bucket(lead)).bind(lead).fetch_one(&mut *store).await?;
            let (_name, head): (String, Vec<u8>) = (one.get(0), one.get(3));
            let found = query(LEAD_EVENTS).bind(bucket(lead)).bind(lead).fetch_all(store).await?;
            let events: Vec<(String, i64, String)> =
                found.iter().map(|row| (row.get(0), row.get(1), row.get(4))).collect();
            Ok(head.len() + events.iter().map(|(_, _, message)| message.len()).sum::<usize>())
        })
    }

    fn checkpoint(&mut self) -> Outcome<()> {
        self.runtime.block_on(raw_sql("pragma wal_checkpoint(truncate)").execute(&mut self.store))?;
        Ok(())
    }
}
