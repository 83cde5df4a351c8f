//! The program as somebody runs it: arguments and files in; exit status, standard output and standard error out.

#![allow(dead_code, reason = "each test that includes this module asks a part of it")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use tempfile::TempDir;

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn new(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {:?}", output.status));
        let ran = Ran { code, out: text(output.stdout), err: text(output.stderr) };
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran
    }
}

/// The program, deaf to settings of whoever runs the tests.
pub fn program() -> Command {
    deaf(Command::new(env!("CARGO_BIN_EXE_attractor")))
}

pub fn deaf(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ATTRACTOR_")) {
        command.env_remove(name);
    }
    command
}

pub fn run(arguments: &[&str]) -> Ran {
    Ran::new(program().args(arguments).output().expect("the program starts"))
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    Ran::new(command.output().expect("the program starts"))
}

/// Runs a command while `input` is written to its standard input.
pub fn feed(mut command: Command, input: impl FnOnce(&mut dyn Write) + Send + 'static) -> Ran {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its standard input is piped");
    let writer = thread::spawn(move || input(&mut stdin));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the program reads its input");
    Ran::new(output)
}

/// A playbook and events in a folder that goes with the test.
pub struct Files {
    folder: TempDir,
}

impl Files {
    pub fn new(playbook: &str, events: impl AsRef<[u8]>) -> Files {
        let files = Files { folder: TempDir::new().expect("there is room for temporary files") };
        files.write("playbook.yaml", playbook);
        files.write("events.ndjson", events);
        files
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a temporary file can be written");
    }

    /// `replay` of these events, with more arguments.
    pub fn command(&self, more: &[&str]) -> Command {
        self.replay_of(&self.path("events.ndjson"), more)
    }

    pub fn replay_of(&self, events: &Path, more: &[&str]) -> Command {
        let mut command = program();
        command.arg("replay").arg("--playbook").arg(self.path("playbook.yaml")).arg("--events").arg(events).args(more);
        command
    }

    pub fn replay(&self, more: &[&str]) -> Ran {
        Ran::new(self.command(more).output().expect("the program starts"))
    }
}
