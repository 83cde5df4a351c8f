//! The server and the commands: HTTP, threads, files, and the only clock.

pub mod clock;
pub mod commands;
mod demo;
pub mod http;
mod incoming;
pub mod machine;
pub mod outgoing;
pub mod start;
pub mod work;
