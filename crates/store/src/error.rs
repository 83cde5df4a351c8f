//! What can go wrong with a database, as far as anybody decides by it.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No room is left on the disk. Trying again may help.
    Full,
    /// The database cannot be reached, or ended the connection. Trying again on a new connection may help.
    Gone,
    /// Another server has taken over this database: this one must stop.
    Fenced,
    /// The database is newer than this program, or none of ours.
    Foreign,
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
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        let kind = match error.sqlite_error_code() {
            Some(DiskFull | SystemIoFailure) => Kind::Full,
            Some(DatabaseBusy | DatabaseLocked | CannotOpen) => Kind::Gone,
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
        // Class 53: insufficient resources; 57P: ended by its operator; 08: connection (PostgreSQL, appendix A).
        let code = database.code().code();
        let kind = match code {
            "53100" | "53200" => Kind::Full,
            _ if code.starts_with("57P") || code.starts_with("08") || code.starts_with("53") => Kind::Gone,
            _ => Kind::Other,
        };
        Error::new(kind, format!("PostgreSQL: {} ({code})", database.message()))
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
