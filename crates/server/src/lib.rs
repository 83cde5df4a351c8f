//! The server and the commands: HTTP, threads, files, and the only clock.

pub mod clock;
pub mod commands;
mod demo;
pub mod http;
pub mod machine;
pub mod outgoing;
pub mod start;
pub mod work;
