//! PostgreSQL by `postgres`.

use std::collections::BTreeMap;

use postgres::types::ToSql;
use postgres::{NoTls, Row, Statement};

use crate::load::{
    Driver, Event, Form, Head, Move, Outcome, bucket, check, events_json, heads_json, leads_json, moves_json,
    texts_json,
};
use crate::sql::{LEAD, LEAD_EVENTS, postgres_arrays, postgres_json};

pub struct Client {
    store: postgres::Client,
    form: Form,
    prepared: BTreeMap<&'static str, Statement>,
}

type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Client {
    pub fn open(place: &str, form: Form) -> Outcome<Self> {
        if form == Form::Rows {
            return Err("a round trip per row is not measured: say json or arrays".into());
        }
        Ok(Self { store: postgres::Client::connect(place, NoTls)?, form, prepared: BTreeMap::new() })
    }

    fn prepared(&mut self, sql: &'static str) -> Outcome<Statement> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.store.prepare(sql)?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }

    fn all(&mut self, sql: &'static str, values: Values) -> Outcome<Vec<Row>> {
        let statement = self.prepared(sql)?;
        Ok(self.store.query(&statement, values)?)
    }

    fn batch(&mut self, sql: &'static str, values: Values) -> Outcome<usize> {
        let statement = self.prepared(sql)?;
        Ok(self.store.execute(&statement, values)? as usize)
    }
}

/// One column of some rows.
macro_rules! column {
    ($rows:expr, $row:ident => $value:expr) => {
        &$rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

impl Driver for Client {
    fn begin(&mut self) -> Outcome<()> {
        Ok(self.store.batch_execute("begin")?)
    }

    fn commit(&mut self) -> Outcome<()> {
        Ok(self.store.batch_execute("commit")?)
    }

    fn ids(&mut self, texts: &[String]) -> Outcome<Vec<(String, i64)>> {
        let rows = if self.form == Form::Json {
            self.all(postgres_json::IDS, &[&texts_json(texts)])?
        } else {
            self.all(postgres_arrays::IDS, &[&texts])?
        };
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn insert(&mut self, events: &[Event]) -> Outcome<Vec<(i64, String)>> {
        let rows = if self.form == Form::Json {
            self.all(postgres_json::INSERT, &[&events_json(events)])?
        } else {
            let columns: Values = &[
                column!(events, e => e.bucket),
                column!(events, e => e.key),
                column!(events, e => e.message_id.as_str()),
                column!(events, e => e.at),
                column!(events, e => e.received),
                column!(events, e => e.flags),
                column!(events, e => e.message.as_str()),
            ];
            self.all(postgres_arrays::INSERT, columns)?
        };
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn heads(&mut self, leads: &[i64]) -> Outcome<Vec<Head>> {
        let rows = if self.form == Form::Json {
            self.all(postgres_json::HEADS, &[&leads_json(leads)])?
        } else {
            self.all(postgres_arrays::HEADS, &[column!(leads, id => bucket(*id)), &leads])?
        };
        let read = |row: &Row| Head {
            bucket: row.get(0),
            id: row.get(1),
            at: row.get(2),
            wake_at: row.get(3),
            head: row.get(4),
        };
        Ok(rows.iter().map(read).collect())
    }

    fn save(&mut self, heads: &[Head]) -> Outcome<()> {
        let saved = if self.form == Form::Json {
            self.batch(postgres_json::SAVE, &[&heads_json(heads)])?
        } else {
            let columns: Values = &[
                column!(heads, h => h.bucket),
                column!(heads, h => h.id),
                column!(heads, h => h.at),
                column!(heads, h => h.wake_at),
                column!(heads, h => h.head.as_slice()),
            ];
            self.batch(postgres_arrays::SAVE, columns)?
        };
        check("saved", saved, heads.len())
    }

    fn move_wakes(&mut self, moves: &[Move]) -> Outcome<()> {
        let (gone, set) = if self.form == Form::Json {
            let text = moves_json(moves);
            (self.batch(postgres_json::UNSLEEP, &[&text])?, self.batch(postgres_json::SLEEP, &[&text])?)
        } else {
            let (buckets, leads) = (column!(moves, m => m.bucket), column!(moves, m => m.lead));
            let gone = self.batch(postgres_arrays::UNSLEEP, &[buckets, column!(moves, m => m.from), leads])?;
            (gone, self.batch(postgres_arrays::SLEEP, &[buckets, column!(moves, m => m.to), leads])?)
        };
        check("wakes gone", gone, moves.len())?;
        check("wakes set", set, moves.len())
    }

    fn read(&mut self, lead: i64) -> Outcome<usize> {
        let one = self.all(LEAD, &[&bucket(lead), &lead])?;
        check("leads", one.len(), 1)?;
        let (_name, head): (String, Vec<u8>) = (one[0].get(0), one[0].get(3));
        let rows = self.all(LEAD_EVENTS, &[&bucket(lead), &lead])?;
        let events: Vec<(String, i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(4))).collect();
        Ok(head.len() + events.iter().map(|(_, _, message)| message.len()).sum::<usize>())
    }

    fn checkpoint(&mut self) -> Outcome<()> {
        Ok(self.store.batch_execute("checkpoint")?)
    }
}
