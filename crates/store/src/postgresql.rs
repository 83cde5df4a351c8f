//! PostgreSQL, by its binary protocol.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io::Write;

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::dialect::Dialect;
use crate::error::{Error, Kind};
use crate::tls;
use crate::transfer;
use crate::value::{Row, Value};

/// A writer whose end nobody noticed, as when its machine lost its network, would keep everybody from its rows for hours.
const WRITER: &str = "SET idle_in_transaction_session_timeout = '60s'";
/// As much of a table is sent at once, in bytes.
const PIECE: usize = 64 << 10;

pub struct Postgresql {
    client: Client,
    prepared: HashMap<String, Prepared>,
}

#[derive(Clone)]
struct Prepared {
    statement: postgres::Statement,
    columns: Vec<String>,
}

impl Postgresql {
    fn open(url: &str) -> Result<Postgresql, Error> {
        let mut client = tls::connect(url)?;
        // Batches come as arrays whose length no plan can know: planning each anew costs more than it finds.
        client.batch_execute("SET plan_cache_mode = force_generic_plan")?;
        Ok(Postgresql { client, prepared: HashMap::new() })
    }

    pub fn writer(url: &str) -> Result<Postgresql, Error> {
        let mut writer = Postgresql::open(url)?;
        writer.execute_script(WRITER)?;
        Ok(writer)
    }

    /// A connection that refuses to write.
    pub fn reader(url: &str) -> Result<Postgresql, Error> {
        let mut reader = Postgresql::open(url)?;
        reader.execute_script("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")?;
        Ok(reader)
    }

    pub fn execute_script(&mut self, sql: &str) -> Result<(), Error> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn prepare(&mut self, text: &str) -> Result<Prepared, Error> {
        if let Some(known) = self.prepared.get(text) {
            return Ok(known.clone());
        }
        let statement = Dialect::Postgres.statement(text);
        let prepared = Prepared { statement: self.client.prepare(&statement.sql)?, columns: statement.columns };
        self.prepared.insert(text.to_owned(), prepared.clone());
        Ok(prepared)
    }

    pub fn query(&mut self, text: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        let prepared = self.prepare(text)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client.query(&prepared.statement, &params)?.iter().map(read).collect()
    }

    pub fn execute(&mut self, text: &str, params: &[Value]) -> Result<u64, Error> {
        let prepared = self.prepare(text)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        Ok(self.client.execute(&prepared.statement, &params)?)
    }

    /// A batch whose answer is read row by row.
    pub fn batch_each<const N: usize>(
        &mut self,
        text: &str,
        rows: &[[Value; N]],
        rest: &[Value],
        mut take: impl FnMut(&mut Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let prepared = self.prepare(text)?;
        let columns: Vec<Array> = prepared
            .columns
            .iter()
            .enumerate()
            .map(|(place, of)| Array::of(of, rows, place))
            .collect::<Result<_, _>>()?;
        let arrays = columns.iter().map(|column| column as &(dyn ToSql + Sync));
        let params: Vec<&(dyn ToSql + Sync)> = arrays.chain(rest.iter().map(|value| value as _)).collect();
        let mut answer = self.client.query_raw(&prepared.statement, params)?;
        while let Some(row) = answer.next()? {
            take(&mut read(&row)?)?;
        }
        Ok(())
    }

    /// Adds rows to a table until `next` gives none; returns how many.
    pub fn load(
        &mut self,
        table: &str,
        columns: &[&str],
        next: &mut dyn FnMut() -> Result<Option<Row>, Error>,
    ) -> Result<u64, Error> {
        let mut writer = self.client.copy_in(&format!("COPY {table} ({}) FROM STDIN", columns.join(", ")))?;
        let mut lines = Vec::with_capacity(2 * PIECE);
        while let Some(row) = next()? {
            transfer::copy_line(&row, &mut lines);
            if lines.len() >= PIECE {
                writer.write_all(&lines).map_err(broken)?;
                lines.clear();
            }
        }
        writer.write_all(&lines).map_err(broken)?;
        Ok(writer.finish()?)
    }

    /// Reads row by row, without holding them all.
    pub fn each(
        &mut self,
        text: &str,
        params: &[Value],
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let prepared = self.prepare(text)?;
        let mut rows = self.client.query_raw(&prepared.statement, params)?;
        while let Some(row) = rows.next()? {
            take(read(&row)?)?;
        }
        Ok(())
    }
}

fn broken(error: std::io::Error) -> Error {
    Error::new(Kind::Gone, format!("PostgreSQL: {error}"))
}

/// One column of a batch.
#[derive(Debug)]
enum Array<'a> {
    Integers(Vec<Option<i64>>),
    Reals(Vec<Option<f64>>),
    Texts(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl<'a> Array<'a> {
    fn of<const N: usize>(name: &str, rows: &'a [[Value; N]], place: usize) -> Result<Array<'a>, Error> {
        let column = rows.iter().map(|row| &row[place]);
        let wrong = || Error::new(Kind::Other, format!("column {place} of a batch is not all {name}"));
        macro_rules! values {
            ($variant:ident, $value:ident => $read:expr) => {
                column
                    .map(|value| match value {
                        Value::Null => Ok(None),
                        Value::$variant($value) => Ok(Some($read)),
                        _ => Err(wrong()),
                    })
                    .collect::<Result<_, _>>()
            };
        }
        Ok(match name {
            "bigint" => Array::Integers(values!(Integer, value => *value)?),
            "double precision" => Array::Reals(values!(Real, value => *value)?),
            "text" => Array::Texts(values!(Text, value => &**value)?),
            _ => Array::Bytes(values!(Bytes, value => &**value)?),
        })
    }
}

impl ToSql for Array<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Array::Integers(values) => values.to_sql(of, out),
            Array::Reals(values) => values.to_sql(of, out),
            Array::Texts(values) => values.to_sql(of, out),
            Array::Bytes(values) => values.to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Value<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self, of) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(value), &Type::INT4) => i32::try_from(*value)?.to_sql(of, out),
            (Value::Integer(value), &Type::FLOAT8) => (*value as f64).to_sql(of, out),
            (Value::Integer(value), _) => value.to_sql(of, out),
            (Value::Real(value), _) => value.to_sql(of, out),
            (Value::Text(value), _) => value.to_sql(of, out),
            (Value::Bytes(value), _) => (&**value).to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn read(row: &postgres::Row) -> Result<Row, Error> {
    let field = |(place, column): (usize, &postgres::Column)| -> Result<Value<'static>, Error> {
        Ok(match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.into(),
            Type::INT4 => row.try_get::<_, Option<i32>>(place)?.map(i64::from).into(),
            Type::BOOL => row.try_get::<_, Option<bool>>(place)?.into(),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(place)?.into(),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place)?.into(),
            _ => row.try_get::<_, Option<String>>(place)?.into(),
        })
    };
    row.columns().iter().enumerate().map(field).collect::<Result<_, _>>().map(Row)
}
