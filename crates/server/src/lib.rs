//! The server and the commands: HTTP, threads, files, and the only clock.

pub mod app;
mod called;
pub mod clock;
pub mod commands;
mod demo;
pub mod http;
mod replay;
pub mod settings;
pub mod work;
