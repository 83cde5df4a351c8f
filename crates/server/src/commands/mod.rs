//! The commands: arguments in, results to standard output, everything else to standard error. Exit 0 done, 1 done with
//! rejected input (counted and named), 2 could not.

pub mod apply;
pub mod backup;
mod bar;
pub mod check;
pub mod cli;
pub mod client;
pub mod demo;
pub mod dns;
mod dry_run;
pub mod email;
pub mod explain;
pub mod export;
pub mod folder;
pub mod import;
pub mod key;
mod leftovers;
mod local_times;
pub mod moving;
pub mod replay;
pub mod rollback;
pub mod serve;
pub mod show;
pub mod simulate;
mod table;
pub mod user;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use attractor_engine::printable;

/// Done, but some of the input was rejected.
pub const REJECTED: u8 = 1;
/// Could not be done.
pub const FAILED: u8 = 2;

/// Says why a command could not do its work.
pub fn fail(why: impl Display) -> ExitCode {
    say(format_args!("attractor: {why}"));
    ExitCode::from(FAILED)
}

/// Writes a message to standard error, printable whatever it quotes. That nobody reads it is no reason to stop.
pub fn say(what: impl Display) {
    // Where standard error cannot be written, there is no place left to say so.
    let _ = writeln!(io::stderr().lock(), "{}", printable::lines(&what.to_string()));
}

/// Writes a result for people to standard output, printable whatever it quotes. Line breaks in it are the command's own.
pub fn show(text: &str) -> Result<(), String> {
    let mut output = io::stdout().lock();
    match output.write_all(printable::lines(text).as_bytes()).and_then(|()| output.flush()) {
        Err(error) if !is_closed_pipe(&error) => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

/// Why a file could not be read, and what would be right.
pub fn unread(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; create it, or correct the path".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read; allow it, or correct the path".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether standard output was closed by its reader, who has seen enough.
pub fn is_closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
