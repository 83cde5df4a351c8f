//! The binary `attractor`.

use std::process::ExitCode;

fn main() -> ExitCode {
    attractor_server::commands::cli::main()
}
