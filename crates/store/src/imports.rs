//! Imports: what was asked for, and how far each is.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::ImportId;
use crate::series::{self, Series};
use crate::value::{Row, Value};

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportState {
    /// Its files are still to come.
    #[default]
    Uploading,
    /// For an import before it.
    Waiting,
    /// Files become messages.
    Reading,
    /// Messages go into the ledger.
    Storing,
    Done,
    Failed,
    /// Its messages are being deleted.
    Undoing,
    Undone,
}

impl ImportState {
    pub const ALL: [ImportState; 8] = [
        ImportState::Uploading,
        ImportState::Waiting,
        ImportState::Reading,
        ImportState::Storing,
        ImportState::Done,
        ImportState::Failed,
        ImportState::Undoing,
        ImportState::Undone,
    ];

    /// As it is stored and shown.
    ///
    /// ```
    /// use attractor_store::imports::ImportState;
    ///
    /// assert_eq!(ImportState::Undoing.name(), "undoing");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            ImportState::Uploading => "uploading",
            ImportState::Waiting => "waiting",
            ImportState::Reading => "reading",
            ImportState::Storing => "storing",
            ImportState::Done => "done",
            ImportState::Failed => "failed",
            ImportState::Undoing => "undoing",
            ImportState::Undone => "undone",
        }
    }

    fn read(name: &str) -> Result<ImportState, Error> {
        ImportState::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::new(Kind::Other, format!("the database gave `{name}` as the state of an import")))
    }
}

impl From<ImportState> for Value<'_> {
    fn from(state: ImportState) -> Self {
        Value::from(state.name())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    pub id: ImportId,
    /// Its files, for people.
    pub name: String,
    pub state: ImportState,
    pub author: String,
    /// JSON: the files and how to read them.
    pub rules: String,
    /// Milliseconds since 1970, as all instants here.
    pub made_at: i64,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub progress: Progress,
    /// Messages in all; 0 until the files are read.
    pub messages: i64,
    /// What was understood of the files, for people.
    pub report: String,
    /// Why it failed.
    pub why: Option<String>,
}

/// How far an import is: it changes in the transaction that stores the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of its messages that are in the ledger.
    pub position: i64,
    /// Bytes of its file of rejected rows that belong to them.
    pub rejects: i64,
    /// Messages that are new, that were there already, and rows and messages that could not be taken.
    pub stored: i64,
    pub known: i64,
    pub rejected: i64,
    /// Messages of consent that took no effect: their address is suppressed.
    pub suppressed: i64,
}

const COLUMNS: &str =
    "id, name, state, author, rules, made_at, started_at, finished_at, position, rejects, stored, known,
    rejected, messages, report, why, suppressed";

fn import(mut row: Row) -> Result<Import, Error> {
    let progress = Progress {
        position: row.integer(8)?,
        rejects: row.integer(9)?,
        stored: row.integer(10)?,
        known: row.integer(11)?,
        rejected: row.integer(12)?,
        suppressed: row.integer(16)?,
    };
    Ok(Import {
        name: row.take_text(1)?,
        state: ImportState::read(row.text(2)?)?,
        author: row.take_text(3)?,
        rules: row.take_text(4)?,
        report: row.take_text(14)?,
        why: row.text_or_null(15)?.map(str::to_owned),
        id: ImportId::read(&row, 0)?,
        made_at: row.integer(5)?,
        started_at: row.integer_or_null(6)?,
        finished_at: row.integer_or_null(7)?,
        messages: row.integer(13)?,
        progress,
    })
}

/// Inserts an import under the next number, which it returns. The number of an import that was removed is never given
/// again: its files may be there still.
pub fn insert(connection: &mut Connection, import: &Import) -> Result<ImportId, Error> {
    let Import { name, state, author, rules, made_at, .. } = import;
    let id = ImportId(series::take(connection, Series::Imports, 1)?);
    let sql =
        "INSERT INTO imports (id, name, state, author, rules, made_at, position, rejects, messages, stored, known,
            rejected, report)
        VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, 0, 0, 0, '')";
    let params = [id.into(), name.into(), (*state).into(), author.into(), rules.into(), (*made_at).into()];
    connection.execute(sql, &params).map(|_| id)
}

pub fn one(connection: &mut Connection, id: ImportId) -> Result<Option<Import>, Error> {
    connection.first(&format!("SELECT {COLUMNS} FROM imports WHERE id = $1"), &[id.into()])?.map(import).transpose()
}

/// Removes an import that is in this state and stored nothing; `false` where it is not so.
pub fn remove(connection: &mut Connection, id: ImportId, state: ImportState) -> Result<bool, Error> {
    let sql = "DELETE FROM imports WHERE id = $1 AND state = $2 AND position = 0";
    Ok(connection.execute(sql, &[id.into(), state.into()])? == 1)
}

/// Imports with numbers below `before`, the newest first.
pub fn latest(connection: &mut Connection, before: ImportId, limit: i64) -> Result<Vec<Import>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE id < $1 ORDER BY id DESC LIMIT $2");
    connection.query(&sql, &[before.into(), limit.into()])?.into_iter().map(import).collect()
}

/// Imports in one of these states, the oldest first.
pub fn in_state(connection: &mut Connection, states: &[ImportState]) -> Result<Vec<Import>, Error> {
    let marks: Vec<String> = (1..=states.len()).map(|number| format!("${number}")).collect();
    let sql = format!("SELECT {COLUMNS} FROM imports WHERE state IN ({}) ORDER BY id", marks.join(", "));
    let states: Vec<Value> = states.iter().map(|state| Value::from(*state)).collect();
    connection.query(&sql, &states)?.into_iter().map(import).collect()
}

/// Moves an import from one state to another; `false` where it is not in the first.
pub fn turn(connection: &mut Connection, id: ImportId, from: ImportState, to: ImportState) -> Result<bool, Error> {
    let sql = "UPDATE imports SET state = $3 WHERE id = $1 AND state = $2";
    Ok(connection.execute(sql, &[id.into(), from.into(), to.into()])? == 1)
}

/// Writes what changes of an import beside its state and progress, where it is in the state given.
pub fn save(connection: &mut Connection, import: &Import) -> Result<bool, Error> {
    let sql = "UPDATE imports SET started_at = $3, finished_at = $4, messages = $5, report = $6, why = $7
        WHERE id = $1 AND state = $2";
    let params = [
        import.id.into(),
        import.state.into(),
        import.started_at.into(),
        import.finished_at.into(),
        import.messages.into(),
        Value::from(&import.report),
        import.why.as_deref().into(),
    ];
    Ok(connection.execute(sql, &params)? == 1)
}

/// Moves an import on; `false` where it is not where it was thought to be, or is stored no more.
pub fn advance(connection: &mut Connection, id: ImportId, from: i64, progress: &Progress) -> Result<bool, Error> {
    let sql = "UPDATE imports SET position = $3, rejects = $4, stored = $5, known = $6, rejected = $7, suppressed = $8
        WHERE id = $1 AND position = $2 AND state IN ('reading', 'storing')";
    let Progress { position, rejects, stored, known, rejected, suppressed } = *progress;
    let params = [id.0, from, position, rejects, stored, known, rejected, suppressed].map(Value::from);
    Ok(connection.execute(sql, &params)? == 1)
}
