//! Python with other people's readers of mail, for tests of this crate and of the server.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// What the test needs, or nothing where it is missing and nobody insists.
pub fn or_report<T>(made: Result<T, impl Display>) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(why) => {
            assert!(std::env::var_os("ATTRACTOR_INSIST").is_none(), "no independent reader of mails: {why}");
            eprintln!("!!! Mails were NOT checked by independent tools: {why}");
            None
        }
    }
}

pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|why| format!("{command:?}: {why}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{command:?}: {}{}", text(&output.stdout), text(&output.stderr))),
    }
}

/// A Python that has dkimpy. The environment is kept until the requirements change.
pub fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("independent");
    let (python, marker) = (folder.join("bin/python"), folder.join("installed.txt"));
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(python);
    }
    let base = std::env::var("PYTHON").unwrap_or("python3".to_owned());
    run(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mail/tests/independent/requirements.txt");
    let install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement"];
    run(Command::new(&python).args(install).arg(requirements))?;
    std::fs::write(marker, REQUIREMENTS).map_err(|why| why.to_string())?;
    Ok(python)
}
