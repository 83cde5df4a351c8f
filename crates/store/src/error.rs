//! What can go wrong with a database, as far as anybody decides by it.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The disk takes nothing: it is full, read-only, or fails. Trying again may help.
    Full,
    /// The database cannot be reached, ended the connection, or broke the work off. Trying again may help.
    Gone,
    /// What was written may have got lost on its way to the disk, and no second try would tell: the log still has it, and
    /// whoever opens the store anew brings back all of it.
    Unsynced,
    /// Another server has taken over this database: this one must stop.
    Fenced,
    /// The database is newer than this program, or none of ours.
    Foreign,
    /// One transaction would be far more work than it may be; in smaller parts it can be done.
    TooMuch,
    Other,
}

/// A sentence for people and a kind for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    pub text: String,
}

impl Error {
    pub fn new(kind: Kind, text: impl Into<String>) -> Error {
        Error { kind, text: text.into() }
    }

    /// Whether the same work may succeed later.
    pub fn passes(&self) -> bool {
        matches!(self.kind, Kind::Full | Kind::Gone)
    }

    /// The same of work that has not begun: what stands in its way lies with the store, and is waited for.
    pub fn before_work(self) -> Error {
        if self.kind == Kind::Other { Error { kind: Kind::Gone, ..self } } else { self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, PermissionDenied, ReadOnly,
            SystemIoFailure,
        };
        let kind = match error.sqlite_error_code() {
            Some(DiskFull | SystemIoFailure | ReadOnly | OutOfMemory) => Kind::Full,
            Some(DatabaseBusy | DatabaseLocked | CannotOpen | PermissionDenied) => Kind::Gone,
            _ => Kind::Other,
        };
        Error::new(kind, format!("SQLite: {error}"))
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Error {
        let Some(database) = error.as_db_error() else {
            return Error::new(Kind::Gone, format!("PostgreSQL: {}", with_sources(&error)));
        };
        let code = database.code().code();
        Error::new(kind_of(code), format!("PostgreSQL: {} ({code})", database.message()))
    }
}

/// By the classes of PostgreSQL's appendix A: what lies with the server and not with what was asked of it passes.
fn kind_of(code: &str) -> Kind {
    match code {
        // No room, no memory, a disk that fails.
        "53100" | "53200" | "58030" => Kind::Full,
        // A server that only reads: it stands by for another one.
        "25006" => Kind::Gone,
        // Connection, rolled back for others' sake, resources, locks, broken off by an operator, system.
        _ if ["08", "40", "53", "55", "57", "58"].contains(&code.get(..2).unwrap_or_default()) => Kind::Gone,
        _ => Kind::Other,
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_with_the_server_passes_and_what_lies_with_the_work_does_not() {
        for (code, kind) in [
            ("53100", Kind::Full),
            ("57P01", Kind::Gone),
            ("57014", Kind::Gone),
            ("40P01", Kind::Gone),
            ("55P03", Kind::Gone),
            ("25006", Kind::Gone),
            ("08006", Kind::Gone),
            ("22021", Kind::Other),
            ("23505", Kind::Other),
            ("42P01", Kind::Other),
            ("54000", Kind::Other),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }

    #[test]
    fn a_disk_that_cannot_be_written_to_passes() {
        let of = |code| {
            let failure = rusqlite::ffi::Error::new(code);
            Error::from(rusqlite::Error::SqliteFailure(failure, None)).passes()
        };
        use rusqlite::ffi::{SQLITE_CONSTRAINT, SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY, SQLITE_TOOBIG};
        assert!(of(SQLITE_FULL) && of(SQLITE_IOERR_WRITE) && of(SQLITE_READONLY));
        assert!(!of(SQLITE_CONSTRAINT) && !of(SQLITE_TOOBIG));
    }
}
