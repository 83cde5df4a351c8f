//! SQLite: one writer, WAL, every commit on the disk before it is acknowledged.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs::{self, File, Metadata, Permissions};
use std::mem::ManuallyDrop;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_IOERR_FSYNC;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql};

use crate::dialect::Dialect;
use crate::error::{Error, Kind};
use crate::value::{Row, Value};

/// The cache is neither small (2 MB, the default, halves what large groups reach) nor large: behind a tree's rebalancing
/// each commit goes through all pages held, with 256 MB a third of the time of small groups. The log is brought back by
/// a [`Checkpointer`] where there is one; where there is none, or it lags, by the writer at this length. Its file is left
/// as long as that: making it shorter, and longer again, costs more than writing over it.
const WRITER: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    PRAGMA wal_autocheckpoint = 120000;
    PRAGMA journal_size_limit = 268435456;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
";

const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -32768; PRAGMA temp_store = FILE;";

/// The cache of a reader that goes through a tree from one end to the other: pages on the way down are asked for again and
/// again, leaves never.
const SMALL_CACHE: &str = "PRAGMA cache_size = -2048";
const USUAL_CACHE: &str = "PRAGMA cache_size = -32768";

/// A database without a file.
pub const MEMORY: &str = ":memory:";

/// As many prepared statements as the program has texts.
const STATEMENTS: usize = 256;

pub struct Sqlite(rusqlite::Connection);

/// Brings the write-ahead log back into the file beside the writer, who would otherwise stop for it within a commit.
pub struct Checkpointer {
    connection: rusqlite::Connection,
    /// Never closed: with any descriptor of the file the process would give up the locks that SQLite holds on it.
    file: ManuallyDrop<File>,
}

impl Checkpointer {
    pub(crate) fn open(path: &Path) -> Result<Checkpointer, Error> {
        let connection = Sqlite::open(path, "PRAGMA wal_autocheckpoint = 0;", OpenFlags::default())?.0;
        let file = File::options().write(true).open(path).map_err(|why| Error::new(Kind::Other, why.to_string()))?;
        Ok(Checkpointer { connection, file: ManuallyDrop::new(file) })
    }

    /// As far as it goes without anybody waiting for it; returns how many pages the log holds. SQLite syncs the file only
    /// when all of the log is in it, which beside a busy writer it never is: the writer, who makes it complete, would wait
    /// for all that was written since.
    pub fn run(&mut self) -> Result<u64, Error> {
        let length = bring_back(&self.connection)?;
        self.file.sync_data().map_err(|why| unsynced(&why))?;
        Ok(length)
    }
}

impl Sqlite {
    pub fn writer(path: &Path) -> Result<Sqlite, Error> {
        if path != Path::new(MEMORY) {
            for_its_owner_alone(path);
        }
        Sqlite::open(path, WRITER, OpenFlags::default())
    }

    pub fn reader(path: &Path) -> Result<Sqlite, Error> {
        Sqlite::open(path, READER, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
    }

    fn open(path: &Path, pragmas: &str, flags: OpenFlags) -> Result<Sqlite, Error> {
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.execute_batch(pragmas)?;
        // Otherwise SQLite looks at what is bound while it plans, and plans a statement anew for each value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Sqlite(connection))
    }

    pub fn execute_script(&mut self, sql: &str) -> Result<(), Error> {
        Ok(self.0.execute_batch(sql)?)
    }

    /// Holds few pages from here on, and gives back the others, or as many as usual.
    pub fn hold_few_pages(&mut self, few: bool) -> Result<(), Error> {
        self.execute_script(if few { SMALL_CACHE } else { USUAL_CACHE })
    }

    pub fn query(&mut self, text: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        let sql = Dialect::Sqlite.statement(text).sql;
        let mut statement = self.0.prepare_cached(&sql)?;
        let mut found = Vec::new();
        gather(&mut statement, params, &mut found)?;
        Ok(found)
    }

    pub fn execute(&mut self, text: &str, params: &[Value]) -> Result<u64, Error> {
        let sql = Dialect::Sqlite.statement(text).sql;
        Ok(self.0.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(params))? as u64)
    }

    /// A batch whose answer is read row by row; each is read into the last one's place.
    pub fn batch_each<const N: usize>(
        &mut self,
        text: &str,
        rows: &[[Value; N]],
        rest: &[Value],
        mut take: impl FnMut(&mut Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = Dialect::Sqlite.statement(text).sql;
        let mut statement = self.0.prepare_cached(&sql)?;
        let mut held = Row::default();
        for row in rows {
            for (place, value) in (1..).zip(row.iter().chain(rest)) {
                statement.raw_bind_parameter(place, value)?;
            }
            let mut answer = statement.raw_query();
            while let Some(row) = answer.next()? {
                read_over(row, &mut held)?;
                take(&mut held)?;
            }
        }
        Ok(())
    }

    /// Reads row by row, without holding them all.
    pub fn each(
        &mut self,
        text: &str,
        params: &[Value],
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = Dialect::Sqlite.statement(text).sql;
        let mut statement = self.0.prepare_cached(&sql)?;
        let mut answer = statement.query(rusqlite::params_from_iter(params))?;
        while let Some(row) = answer.next()? {
            take(read(row)?)?;
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
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        let mut statement = self.0.prepare_cached(&sql)?;
        let mut count = 0;
        while let Some(row) = next()? {
            count += statement.execute(rusqlite::params_from_iter(&row.0))? as u64;
        }
        Ok(count)
    }

    /// Brings back what is left of the log, so that the next commit begins it anew where nobody reads it.
    pub fn end_log(&mut self) -> Result<(), Error> {
        bring_back(&self.0).map(drop)
    }

    /// A consistent copy of the whole database beside writers; `progress` hears how many pages are left of how many.
    pub fn backup(&mut self, to: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(), Error> {
        let mut copy = rusqlite::Connection::open(to)?;
        let backup = rusqlite::backup::Backup::new(&self.0, &mut copy)?;
        loop {
            let step = backup.step(4096)?;
            let state = backup.progress();
            progress(state.remaining as u64, state.pagecount as u64);
            if step == rusqlite::backup::StepResult::Done {
                return Ok(());
            }
        }
    }
}

/// Makes the file where there is none, and closes it and the files beside it to others. SQLite gives those it makes the
/// mode of the database. Where this fails SQLite says what is wrong.
fn for_its_owner_alone(path: &Path) {
    // Only where there is none: with a descriptor that is closed the process would give up SQLite's locks.
    if !path.exists() {
        let _ = File::options().write(true).create_new(true).mode(0o600).open(path);
    }
    for behind in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(behind);
        let is_open = |file: &Metadata| file.permissions().mode() & 0o077 != 0;
        if fs::metadata(&name).as_ref().is_ok_and(is_open) {
            let _ = fs::set_permissions(&name, Permissions::from_mode(0o600));
        }
    }
}

/// Brings the log into the file, as far as nobody must wait for it; returns how many pages the log holds. A system says
/// once that it could not sync, and then takes the pages for written: a sync that succeeds afterwards means nothing.
fn bring_back(connection: &rusqlite::Connection) -> Result<u64, Error> {
    let length = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1));
    length.map(i64::unsigned_abs).map_err(|error| match error.sqlite_error() {
        Some(failure) if failure.extended_code == SQLITE_IOERR_FSYNC => unsynced(&error),
        _ => error.into(),
    })
}

fn unsynced(why: &dyn Display) -> Error {
    Error::new(Kind::Unsynced, format!("the store could not be synced: {why}"))
}

fn gather(statement: &mut rusqlite::Statement, params: &[Value], found: &mut Vec<Row>) -> Result<(), Error> {
    let mut answer = statement.query(rusqlite::params_from_iter(params))?;
    while let Some(row) = answer.next()? {
        found.push(read(row)?);
    }
    Ok(())
}

fn read(row: &rusqlite::Row) -> Result<Row, Error> {
    let mut read = Row::default();
    read_over(row, &mut read)?;
    Ok(read)
}

/// Reads a row into one that is held; texts go where its texts were.
fn read_over(row: &rusqlite::Row, held: &mut Row) -> Result<(), Error> {
    held.0.resize(row.as_ref().column_count(), Value::Null);
    for (place, field) in held.0.iter_mut().enumerate() {
        match (row.get_ref(place)?, field) {
            (ValueRef::Text(text), Value::Text(Cow::Owned(kept))) => {
                kept.clear();
                kept.push_str(&text_of(text));
            }
            (ValueRef::Text(text), field) => *field = text_of(text).into_owned().into(),
            (ValueRef::Null, field) => *field = Value::Null,
            (ValueRef::Integer(value), field) => *field = Value::Integer(value),
            (ValueRef::Real(value), field) => *field = Value::Real(value),
            (ValueRef::Blob(value), field) => *field = Value::Bytes(value.to_vec().into()),
        }
    }
    Ok(())
}

/// What a bad disk made of a text must not stop everything. (`from_utf8_lossy` alone looks at each letter.)
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(value) => ValueRef::Integer(*value),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn the_log_is_brought_back_beside_a_writer_who_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut writer = Sqlite::writer(&path).unwrap();
        writer.execute_script("CREATE TABLE t (a TEXT)").unwrap();
        let mut write = |times: usize| {
            for _ in 0..times {
                writer.execute("INSERT INTO t VALUES ($1)", &[Value::from("x".repeat(4_000))]).unwrap();
            }
            writer.end_log().unwrap();
        };
        let length = || std::fs::metadata(&path).unwrap().len();
        let mut checkpointer = Checkpointer::open(&path).unwrap();
        write(100);
        let before = length();
        assert!(before > 400_000, "{before}");
        assert!(checkpointer.run().unwrap() >= 100);
        write(1);
        let log = checkpointer.run().unwrap();
        assert!(log < 10, "{log} pages: it began anew");
    }

    #[test]
    fn who_goes_through_much_holds_few_pages_meanwhile() {
        let mut sqlite = Sqlite::writer(Path::new(MEMORY)).unwrap();
        let size = |sqlite: &Sqlite| sqlite.0.query_row("PRAGMA cache_size", [], |row| row.get::<_, i64>(0)).unwrap();
        let usual = size(&sqlite);
        sqlite.hold_few_pages(true).unwrap();
        assert!(size(&sqlite).abs() < usual.abs() / 10);
        sqlite.hold_few_pages(false).unwrap();
        assert_eq!(size(&sqlite), usual);
    }

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound() {
        let connection = Sqlite::writer(Path::new(MEMORY)).unwrap().0;
        connection.execute_batch("CREATE TABLE t (a, b); CREATE INDEX t_a ON t (a) WHERE b = 'x'").unwrap();
        let sql = "SELECT a FROM t WHERE a <= ?1 AND b = 'x' AND a > ?2 ORDER BY a LIMIT ?3";
        let mut statement = connection.prepare(sql).unwrap();
        for number in 0..5 {
            assert_eq!(statement.query_map([9, number, number], |_| Ok(())).unwrap().count(), 0);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn a_log_that_is_read_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut writer = Sqlite::writer(&path).unwrap();
        let mut write = || {
            writer.execute("INSERT INTO t VALUES ('x')", &[]).unwrap();
            writer.end_log().unwrap();
        };
        let mut checkpointer = Checkpointer::open(&path).unwrap();
        checkpointer.connection.execute_batch("CREATE TABLE t (a TEXT)").unwrap();
        write();
        let mut reader = Sqlite::reader(&path).unwrap();
        reader.execute_script("BEGIN").unwrap();
        let count = |reader: &mut Sqlite| reader.query("SELECT count(*) FROM t", &[]).unwrap()[0].integer(0).unwrap();
        assert_eq!(count(&mut reader), 1);
        let mut last = 0;
        for _ in 0..5 {
            write();
            let length = checkpointer.run().unwrap();
            assert!(length > last, "{length}");
            last = length;
        }
        assert_eq!(count(&mut reader), 1);
        reader.execute_script("ROLLBACK").unwrap();
        assert_eq!(count(&mut reader), 6);
    }
}
