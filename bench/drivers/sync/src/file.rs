//! SQLite by rusqlite.

use rusqlite::{Connection, Row, params};

use crate::load::{
    Driver, Event, Form, Head, Move, Outcome, SET_UP_SQLITE, bucket, check, events_json, heads_json, leads_json,
    moves_json, texts_json,
};
use crate::sql::{LEAD, LEAD_EVENTS, rows, sqlite_json};

pub struct File {
    store: Connection,
    form: Form,
}

impl File {
    pub fn open(path: &str, form: Form) -> Outcome<Self> {
        let store = Connection::open(path)?;
        store.execute_batch(SET_UP_SQLITE)?;
        store.set_prepared_statement_cache_capacity(64);
        if form == Form::Arrays {
            return Err("SQLite has no arrays: say json or rows".into());
        }
        Ok(Self { store, form })
    }

    fn all<T>(&self, sql: &str, text: String, each: impl FnMut(&Row) -> rusqlite::Result<T>) -> Outcome<Vec<T>> {
        let mut statement = self.store.prepare_cached(sql)?;
        let found = statement.query_map([text], each)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    fn batch(&self, sql: &str, text: String) -> Outcome<usize> {
        Ok(self.store.prepare_cached(sql)?.execute([text])?)
    }
}

impl Driver for File {
    fn begin(&mut self) -> Outcome<()> {
        self.store.prepare_cached("begin immediate")?.execute([])?;
        Ok(())
    }

    fn commit(&mut self) -> Outcome<()> {
        self.store.prepare_cached("commit")?.execute([])?;
        Ok(())
    }

    fn ids(&mut self, texts: &[String]) -> Outcome<Vec<(String, i64)>> {
        if self.form == Form::Json {
            return self.all(sqlite_json::IDS, texts_json(texts), |row| Ok((row.get(0)?, row.get(1)?)));
        }
        let mut statement = self.store.prepare_cached(rows::ID)?;
        let mut found = Vec::with_capacity(texts.len());
        for text in texts {
            found.push((text.clone(), statement.query_row([text], |row| row.get(0))?));
        }
        Ok(found)
    }

    fn insert(&mut self, events: &[Event]) -> Outcome<Vec<(i64, String)>> {
        if self.form == Form::Json {
            return self.all(sqlite_json::INSERT, events_json(events), |row| Ok((row.get(0)?, row.get(1)?)));
        }
        let mut statement = self.store.prepare_cached(rows::INSERT)?;
        let mut new = Vec::with_capacity(events.len());
        for e in events {
            if statement.execute(params![e.bucket, e.key, e.message_id, e.at, e.received, e.flags, e.message])? == 1 {
                new.push((e.key, e.message_id.clone()));
            }
        }
        Ok(new)
    }

    fn heads(&mut self, leads: &[i64]) -> Outcome<Vec<Head>> {
        if self.form == Form::Json {
            return self.all(sqlite_json::HEADS, leads_json(leads), |row| {
                Ok(Head {
                    bucket: row.get(0)?,
                    id: row.get(1)?,
                    at: row.get(2)?,
                    wake_at: row.get(3)?,
                    head: row.get(4)?,
                })
            });
        }
        let mut statement = self.store.prepare_cached(rows::HEAD)?;
        let mut heads = Vec::with_capacity(leads.len());
        for &id in leads {
            heads.push(statement.query_row([bucket(id), id], |row| {
                Ok(Head { bucket: bucket(id), id, at: row.get(0)?, wake_at: row.get(1)?, head: row.get(2)? })
            })?);
        }
        Ok(heads)
    }

    fn save(&mut self, heads: &[Head]) -> Outcome<()> {
        if self.form == Form::Json {
            return check("saved", self.batch(sqlite_json::SAVE, heads_json(heads))?, heads.len());
        }
        let mut statement = self.store.prepare_cached(rows::SAVE)?;
        for h in heads {
            check("saved", statement.execute(params![h.bucket, h.id, h.at, h.wake_at, h.head])?, 1)?;
        }
        Ok(())
    }

    fn move_wakes(&mut self, moves: &[Move]) -> Outcome<()> {
        if self.form == Form::Json {
            let text = moves_json(moves);
            check("wakes gone", self.batch(sqlite_json::UNSLEEP, text.clone())?, moves.len())?;
            return check("wakes set", self.batch(sqlite_json::SLEEP, text)?, moves.len());
        }
        let mut gone = self.store.prepare_cached(rows::UNSLEEP)?;
        let mut set = self.store.prepare_cached(rows::SLEEP)?;
        for m in moves {
            check("wakes gone", gone.execute([m.bucket, m.from, m.lead])?, 1)?;
            check("wakes set", set.execute([m.bucket, m.to, m.lead])?, 1)?;
        }
        Ok(())
    }

    fn read(&mut self, lead: i64) -> Outcome<usize> {
        let mut one = self.store.prepare_cached(LEAD)?;
        let (_name, head): (String, Vec<u8>) =
            one.query_row([bucket(lead), lead], |row| Ok((row.get(0)?, row.get(3)?)))?;
        let mut statement = self.store.prepare_cached(LEAD_EVENTS)?;
        let events: Vec<(String, i64, String)> = statement
            .query_map([bucket(lead), lead], |row| Ok((row.get(0)?, row.get(1)?, row.get(4)?)))?
            .collect::<Result<_, _>>()?;
        Ok(head.len() + events.iter().map(|(_, _, message)| message.len()).sum::<usize>())
    }

    fn checkpoint(&mut self) -> Outcome<()> {
        Ok(self.store.execute_batch("pragma wal_checkpoint(truncate)")?)
    }
}
