//! `attractor show`: the playbook in force, or another version, as text or as a folder.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_app::VersionNumber;
use attractor_app::playbook::PLAYBOOK;
use serde_json::Value;

use super::client::Client;
use super::serve::DataArgs;
use super::{fail, folder, is_closed_pipe, say};

#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// This version, not the one in force
    #[arg(long, value_name = "N", env = "ATTRACTOR_SHOW_VERSION")]
    pub version: Option<i64>,
    /// Write its files into this folder
    #[arg(long, value_name = "DIR", env = "ATTRACTOR_SHOW_TO")]
    pub to: Option<PathBuf>,
}

pub fn run(args: &ShowArgs) -> ExitCode {
    let shown = Client::of_store(&args.data).and_then(|mut client| {
        let shown = show(&mut client, args);
        client.close().and(shown)
    });
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(why),
    }
}

fn show(client: &mut Client, args: &ShowArgs) -> Result<(), String> {
    let path = args.version.map_or("/api/playbook".into(), |number| format!("/api/playbook/versions/{number}"));
    let version = client.get(&path)?.value()?;
    let files = files(&version);
    match &args.to {
        Some(folder) => write(client, folder, &version, &files),
        None => print(&files),
    }
}

/// The files of a version; `None` where there is none of this number.
pub fn of_version(client: &mut Client, number: VersionNumber) -> Result<Option<BTreeMap<String, String>>, String> {
    Ok(client.get(&format!("/api/playbook/versions/{number}"))?.value().ok().map(|version| files(&version)))
}

/// The number of the version in an answer.
pub fn number(version: &Value) -> VersionNumber {
    version["version"].as_i64().map_or(VersionNumber::NONE, VersionNumber)
}

/// The files in an answer.
pub fn files(version: &Value) -> BTreeMap<String, String> {
    let all = version["files"].as_object().into_iter().flatten();
    all.map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().to_owned())).collect()
}

fn write(client: &mut Client, folder: &Path, version: &Value, files: &BTreeMap<String, String>) -> Result<(), String> {
    let number = number(version);
    let known = match folder::origin(folder)? {
        Some(origin) => {
            of_version(client, origin.number)?.filter(|files| origin.is_of(Some(files))).unwrap_or_default()
        }
        None => BTreeMap::new(),
    };
    folder::write(folder, files, &known, number)?;
    say(format_args!("version {number} is in {}", folder.display()));
    Ok(())
}

fn print(files: &BTreeMap<String, String>) -> Result<(), String> {
    let text = files.get(PLAYBOOK).map_or("", String::as_str);
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if !is_closed_pipe(&error) => return Err(format!("standard output: {error}")),
        _ => {}
    }
    match files.len() {
        0 | 1 => {}
        2 => say(format_args!("and 1 more file; --to DIR writes both")),
        all => say(format_args!("and {} more files; --to DIR writes them all", all - 1)),
    }
    Ok(())
}
