//! What stops an import as a whole (exit 2). What stops a single row is a `why` in the file of rejected rows.

use std::{fmt, io};

#[derive(Debug)]
pub enum Error {
    /// A file that cannot be read at all: its name, what is wrong, what would be right.
    Unreadable { file: String, why: String },
    /// `--map` says something that cannot be meant.
    Map(String),
    /// The messages or the rejected rows cannot be written.
    Write(io::Error),
}

impl Error {
    pub(crate) fn unreadable(file: &str, why: impl fmt::Display) -> Error {
        Error::Unreadable { file: file.to_owned(), why: why.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unreadable { file, why } => write!(f, "{file}: {why}"),
            Error::Map(why) => write!(f, "--map: {why}"),
            Error::Write(error) => write!(f, "the messages cannot be written: {error}"),
        }
    }
}

impl std::error::Error for Error {}
