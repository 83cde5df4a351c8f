//! PostgreSQL by sqlx.

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions, Postgres, Row, query, raw_sql};
use tokio::runtime::{Builder, Runtime};

use crate::load::{
    Driver, Event, Form, Head, Move, Outcome, bucket, check, events_json, heads_json, leads_json, moves_json,
    texts_json,
};
use crate::sql::{LEAD, LEAD_EVENTS, postgres_arrays, postgres_json};

pub struct Client {
    runtime: Runtime,
    store: PgConnection,
    form: Form,
}

impl Client {
    /// `place` is `host=FOLDER user=NAME dbname=NAME`, as the other program takes it.
    pub fn open(place: &str, form: Form) -> Outcome<Self> {
        if form == Form::Rows {
            return Err("a round trip per row is not measured: say json or arrays".into());
        }
        let mut options = PgConnectOptions::new_without_pgpass().disable_statement_logging();
        for (name, value) in place.split(' ').filter_map(|word| word.split_once('=')) {
            options = match name {
                "host" => options.socket(value),
                "user" => options.username(value),
                _ => options.database(value),
            };
        }
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let store = runtime.block_on(options.connect())?;
        Ok(Self { runtime, store, form })
    }

    fn run(&mut self, sql: &'static str) -> Outcome<()> {
        self.runtime.block_on(raw_sql(sql).execute(&mut self.store))?;
        Ok(())
    }

    fn all(&mut self, asked: Query<'_, Postgres, PgArguments>) -> Outcome<Vec<PgRow>> {
        Ok(self.runtime.block_on(asked.fetch_all(&mut self.store))?)
    }

    fn batch(&mut self, asked: Query<'_, Postgres, PgArguments>) -> Outcome<usize> {
        Ok(self.runtime.block_on(asked.execute(&mut self.store))?.rows_affected() as usize)
    }
}

/// One column of some rows.
macro_rules! column {
    ($rows:expr, $row:ident => $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

impl Driver for Client {
    fn begin(&mut self) -> Outcome<()> {
        self.run("begin")
    }

    fn commit(&mut self) -> Outcome<()> {
        self.run("commit")
    }

    fn ids(&mut self, texts: &[String]) -> Outcome<Vec<(String, i64)>> {
        let rows = if self.form == Form::Json {
            self.all(query(postgres_json::IDS).bind(texts_json(texts)))?
        } else {
            self.all(query(postgres_arrays::IDS).bind(texts))?
        };
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn insert(&mut self, events: &[Event]) -> Outcome<Vec<(i64, String)>> {
        let rows = if self.form == Form::Json {
            self.all(query(postgres_json::INSERT).bind(events_json(events)))?
        } else {
            let insert = query(postgres_arrays::INSERT)
                .bind(column!(events, e => e.bucket))
                .bind(column!(events, e => e.key))
                .bind(column!(events, e => e.message_id.as_str()))
                .bind(column!(events, e => e.at))
                .bind(column!(events, e => e.received))
                .bind(column!(events, e => e.flags))
                .bind(column!(events, e => e.message.as_str()));
            self.all(insert)?
        };
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn heads(&mut self, leads: &[i64]) -> Outcome<Vec<Head>> {
        let rows = if self.form == Form::Json {
            self.all(query(postgres_json::HEADS).bind(leads_json(leads)))?
        } else {
            self.all(query(postgres_arrays::HEADS).bind(column!(leads, id => bucket(*id))).bind(leads))?
        };
        let read = |row: &PgRow| Head {
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
            self.batch(query(postgres_json::SAVE).bind(heads_json(heads)))?
        } else {
            let save = query(postgres_arrays::SAVE)
                .bind(column!(heads, h => h.bucket))
                .bind(column!(heads, h => h.id))
                .bind(column!(heads, h => h.at))
                .bind(column!(heads, h => h.wake_at))
                .bind(column!(heads, h => h.head.as_slice()));
            self.batch(save)?
        };
        check("saved", saved, heads.len())
    }

    fn move_wakes(&mut self, moves: &[Move]) -> Outcome<()> {
        let (gone, set) = if self.form == Form::Json {
            let text = moves_json(moves);
            let gone = self.batch(query(postgres_json::UNSLEEP).bind(text.as_str()))?;
            (gone, self.batch(query(postgres_json::SLEEP).bind(text.as_str()))?)
        } else {
            let (buckets, leads) = (column!(moves, m => m.bucket), column!(moves, m => m.lead));
            let from = column!(moves, m => m.from);
            let gone = self.batch(query(postgres_arrays::UNSLEEP).bind(&buckets).bind(from).bind(&leads))?;
            let to = column!(moves, m => m.to);
            (gone, self.batch(query(postgres_arrays::SLEEP).bind(&buckets).bind(to).bind(&leads))?)
        };
        check("wakes gone", gone, moves.len())?;
        check("wakes set", set, moves.len())
    }

    fn read(&mut self, lead: i64) -> Outcome<usize> {
        let one = self.all(query(LEAD).bind(bucket(lead)).bind(lead))?;
        check("leads", one.len(), 1)?;
        let (_name, head): (String, Vec<u8>) = (one[0].get(0), one[0].get(3));
        let rows = self.all(query(LEAD_EVENTS).bind(bucket(lead)).bind(lead))?;
        let events: Vec<(String, i64, String)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(4))).collect();
        Ok(head.len() + events.iter().map(|(_, _, message)| message.len()).sum::<usize>())
    }

    fn checkpoint(&mut self) -> Outcome<()> {
        self.run("checkpoint")
    }
}
