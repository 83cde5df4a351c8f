//! The commands: arguments in, results to standard output, everything else to standard error. Exit 0 done, 1 done with
//! rejected input (counted and named), 2 could not.

pub mod apply;
pub mod backup;
mod bar;
pub mod check;
pub mod cli;
pub mod client;
pub mod demo;
pub mod explain;
pub mod export;
pub mod folder;
pub mod import;
pub mod key;
mod leftovers;
pub mod moving;
pub mod replay;
pub mod serve;
pub mod show;
pub mod simulate;
mod table;
pub mod user;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Done, but some of the input was rejected.
pub const REJECTED: u8 = 1;
/// Could not be done.
pub const FAILED: u8 = 2;

/// Says why a command could not do its work.
pub fn fail(why: impl Display) -> ExitCode {
    say(format_args!("attractor: {why}"));
    ExitCode::from(FAILED)
}

/// Says something to who watches. That nobody does is no reason to stop.
pub fn say(what: impl Display) {
    // Where standard error cannot be written, there is no place left to say so.
    let _ = writeln!(io::stderr().lock(), "{what}");
}

/// Whether standard output was closed by its reader, who has seen enough.
pub fn is_closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
