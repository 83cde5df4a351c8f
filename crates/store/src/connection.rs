//! One connection to either database, and where to open it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dialect::Dialect;
use crate::effort::Effort;
use crate::error::{Error, Kind};
use crate::migrate;
use crate::postgresql::Postgresql;
use crate::sqlite::{self, Checkpointer, Sqlite};
use crate::transfer;
use crate::value::{Row, Value};

/// Where a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A URL, `postgresql://…`.
    Postgresql(String),
}

impl Location {
    /// Opens for writing, and brings the tables up to this program's.
    pub fn writer(&self) -> Result<Connection, Error> {
        let mut connection = self.open()?;
        migrate::migrate(&mut connection)?;
        Ok(connection)
    }

    /// Opens for writing a store whose tables are this program's already, or are not to be changed.
    pub fn open(&self) -> Result<Connection, Error> {
        Ok(Connection::new(match self {
            Location::Sqlite(path) => Backend::Sqlite(Sqlite::writer(path)?),
            Location::Postgresql(url) => Backend::Postgresql(Box::new(Postgresql::writer(url)?)),
        }))
    }

    /// Whether processes on other machines, or of other data folders, may open the same store.
    pub fn is_shared(&self) -> bool {
        matches!(self, Location::Postgresql(_))
    }

    /// Opens for reading what a writer has made.
    pub fn reader(&self) -> Result<Connection, Error> {
        Ok(Connection::new(match self {
            Location::Sqlite(path) => Backend::Sqlite(Sqlite::reader(path)?),
            Location::Postgresql(url) => Backend::Postgresql(Box::new(Postgresql::reader(url)?)),
        }))
    }

    /// What keeps the log of a file short; a server of its own does so itself.
    pub fn checkpointer(&self) -> Result<Option<Checkpointer>, Error> {
        match self {
            Location::Sqlite(path) => Checkpointer::open(path).map(Some),
            Location::Postgresql(_) => Ok(None),
        }
    }
}

enum Backend {
    Sqlite(Sqlite),
    Postgresql(Box<Postgresql>),
}

macro_rules! either {
    ($connection:expr, $backend:ident => $call:expr) => {
        match &mut $connection.backend {
            Backend::Sqlite($backend) => $call,
            Backend::Postgresql($backend) => $call,
        }
    };
}

pub struct Connection {
    backend: Backend,
    /// What a test lets go wrong.
    fault: Option<Fault>,
    /// Set by whoever reads, when nobody waits for the answer any more.
    abandoned: Option<Arc<AtomicBool>>,
    effort: Effort,
}

/// A failure on order, for tests: the statement after so many others fails.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub after: u32,
    pub kind: Kind,
    /// Whether a commit that fails has in truth been done: the connection was lost behind it.
    pub commits: bool,
}

impl Connection {
    fn new(backend: Backend) -> Connection {
        Connection { backend, fault: None, abandoned: None, effort: Effort::default() }
    }

    /// An empty store that nobody else sees, and that goes with the connection.
    pub(crate) fn in_memory() -> Result<Connection, Error> {
        Ok(Connection::new(Backend::Sqlite(Sqlite::writer(Path::new(sqlite::MEMORY))?)))
    }

    /// From here on commits do not wait for the disk: for stores that are thrown away. Call it between transactions.
    pub fn forgo_durability(&mut self) -> Result<(), Error> {
        match &mut self.backend {
            Backend::Sqlite(sqlite) => sqlite.execute_script("PRAGMA synchronous = OFF"),
            Backend::Postgresql(postgresql) => postgresql.execute_script("SET synchronous_commit = off"),
        }
    }

    pub fn dialect(&self) -> Dialect {
        match self.backend {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgresql(_) => Dialect::Postgres,
        }
    }

    /// The rows of an answer. `sql` is as `dialect` describes.
    pub fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.may_fail()?;
        let found = either!(self, backend => backend.query(sql, params))?;
        found.iter().for_each(|row| self.effort.found(row));
        Ok(found)
    }

    /// The first row of an answer.
    pub fn first(&mut self, sql: &str, params: &[Value]) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// How many rows were changed.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Error> {
        self.may_fail()?;
        either!(self, backend => backend.execute(sql, params))
    }

    /// A batch: `rows` stand for `{rows: …}` in `sql`, whose columns are the first N parameters; `rest` follows them.
    /// What each row gives back comes in any order.
    pub fn batch<const N: usize>(&mut self, sql: &str, rows: &[[Value; N]], rest: &[Value]) -> Result<Vec<Row>, Error> {
        let mut found = Vec::new();
        self.batch_each(sql, rows, rest, |row| {
            found.push(std::mem::take(row));
            Ok(())
        })?;
        Ok(found)
    }

    /// The same, handing over row after row.
    pub fn batch_each<const N: usize>(
        &mut self,
        sql: &str,
        rows: &[[Value; N]],
        rest: &[Value],
        mut take: impl FnMut(&mut Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        self.may_fail()?;
        let mut effort = self.effort;
        effort.given(rows);
        let counted = |row: &mut Row| {
            effort.found(row);
            take(row)
        };
        let done = either!(self, backend => backend.batch_each(sql, rows, rest, counted));
        self.effort = effort;
        done
    }

    /// Hands over row after row, however many.
    pub fn each(
        &mut self,
        sql: &str,
        params: &[Value],
        take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.may_fail()?;
        either!(self, backend => backend.each(sql, params, take))
    }

    /// One transaction: all of `work` or nothing. An error of a commit may leave it done.
    pub fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = if self.dialect() == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        self.script(begin)?;
        match work(self) {
            Ok(done) => {
                self.commit()?;
                Ok(done)
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// Reads at one instant, whatever others write meanwhile.
    pub fn snapshot<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.script(transfer::beginning(self.dialect()))?;
        let done = work(self);
        self.roll_back();
        done
    }

    /// Goes through much of which nothing is read twice. Little of it is held at once, and no more of it is kept for later
    /// statements.
    pub fn passing<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.hold_few_pages(true)?;
        let done = work(self);
        let restored = self.hold_few_pages(false);
        done.and_then(|done| restored.map(|()| done))
    }

    fn hold_few_pages(&mut self, few: bool) -> Result<(), Error> {
        match &mut self.backend {
            Backend::Sqlite(sqlite) => sqlite.hold_few_pages(few),
            Backend::Postgresql(_) => Ok(()),
        }
    }

    /// Adds rows to a table until `next` gives none; returns how many.
    pub(crate) fn load(
        &mut self,
        table: &str,
        columns: &[&str],
        next: &mut dyn FnMut() -> Result<Option<Row>, Error>,
    ) -> Result<u64, Error> {
        self.may_fail()?;
        either!(self, backend => backend.load(table, columns, next))
    }

    fn commit(&mut self) -> Result<(), Error> {
        let fails = self.may_fail();
        if fails.is_ok() || self.fault.is_some_and(|fault| fault.commits) {
            if let Err(error) = self.script("COMMIT") {
                self.roll_back();
                return Err(error);
            }
        } else {
            self.roll_back();
        }
        fails
    }

    /// A connection that is gone has rolled back by itself.
    fn roll_back(&mut self) {
        let _ = self.script("ROLLBACK");
    }

    /// Several statements without parameters.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), Error> {
        either!(self, backend => backend.execute_script(sql))
    }

    /// Whether it can still be used: a server may have ended it meanwhile.
    pub fn is_alive(&mut self) -> bool {
        match &mut self.backend {
            Backend::Sqlite(_) => true,
            Backend::Postgresql(postgresql) => postgresql.execute_script("").is_ok(),
        }
    }

    /// Makes an end of the log that a [`Checkpointer`] has nearly brought back: what is left of it is little.
    pub fn end_log(&mut self) -> Result<(), Error> {
        match &mut self.backend {
            Backend::Sqlite(sqlite) => sqlite.end_log(),
            Backend::Postgresql(_) => Ok(()),
        }
    }

    /// A copy of the whole store as a SQLite file, beside writers; `progress` hears what is left of how much.
    pub fn backup(&mut self, to: &Path, progress: impl FnMut(u64, u64)) -> Result<(), Error> {
        match &mut self.backend {
            Backend::Sqlite(sqlite) => sqlite.backup(to, progress),
            Backend::Postgresql(_) => {
                Err(Error::new(Kind::Other, "a PostgreSQL database is backed up by copying it table by table"))
            }
        }
    }

    /// Lets the statement after so many others fail, once.
    pub fn inject(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    /// From when the flag is set, every statement fails: nobody waits for the answer.
    pub fn abandon_when(&mut self, flag: Option<Arc<AtomicBool>>) {
        self.abandoned = flag;
    }

    /// What it has done so far.
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// Called before each statement.
    fn may_fail(&mut self) -> Result<(), Error> {
        self.effort.statements += 1;
        if self.abandoned.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(Error::new(Kind::Other, "the client has left before the answer was complete"));
        }
        let Some(fault) = &mut self.fault else { return Ok(()) };
        if fault.after == 0 {
            // It stays at nought, so that what rolls back fails no more than it must.
            return Err(Error::new(fault.kind, "a failure on order"));
        }
        fault.after -= 1;
        Ok(())
    }
}
