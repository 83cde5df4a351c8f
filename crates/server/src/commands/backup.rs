//! `attractor backup` and `attractor restore`: the whole installation as one file.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_app::archive::{self, Checking, Contents};
use axum::http::StatusCode;
use clap::Args;
use serde_json::Value;

use super::client::{Client, sentence, whole};
use super::serve::DataArgs;
use super::{fail, say, unread};
use crate::http::backup::MEDIA;

#[derive(Args)]
pub struct BackupArgs {
    /// The file to write. One that exists is refused without --replace
    dest: PathBuf,
    /// Replace the file if it exists; the old one stays until the new one is complete
    #[arg(long, env = "ATTRACTOR_BACKUP_REPLACE", value_parser = clap::builder::FalseyValueParser::new())]
    replace: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
pub struct RestoreArgs {
    /// A file that `attractor backup` has written
    src: PathBuf,
    /// Put it in the place of data that is there; a folder without a store is refused
    #[arg(long, env = "ATTRACTOR_RESTORE_FORCE", value_parser = clap::builder::FalseyValueParser::new())]
    force: bool,
    /// Put the archive's settings into DIR/attractor.toml too. What a backup leaves out, such as `database` and `smtp`, and
    /// the files that settings name are yours to bring: the command lists them
    #[arg(long, env = "ATTRACTOR_RESTORE_SETTINGS", value_parser = clap::builder::FalseyValueParser::new())]
    settings: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &BackupArgs) -> ExitCode {
    backup(args).map_or_else(fail, |()| ExitCode::SUCCESS)
}

pub fn run_restore(args: &RestoreArgs) -> ExitCode {
    restore(args).map_or_else(fail, |()| ExitCode::SUCCESS)
}

/// The file has its name only when it is whole, on the disk, and read again.
fn backup(args: &BackupArgs) -> Result<(), String> {
    let dest = &args.dest;
    refuse_place(dest, args.replace)?;
    let mut name = dest.clone().into_os_string();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let contents = written(args, &partial).inspect_err(|_| drop(fs::remove_file(&partial)))?;
    fs::rename(&partial, dest).and_then(|()| sync_folder(dest)).map_err(|error| unwritten(dest, &error))?;
    let bytes = fs::metadata(dest).map_or(0, |about| about.len());
    let Contents { rows, tables, .. } = contents;
    say(format_args!("attractor: {}: {rows} rows of {tables} tables, {bytes} bytes", dest.display()));
    Ok(())
}

/// Before anything is read: a backup may take long.
fn refuse_place(dest: &Path, replace: bool) -> Result<(), String> {
    let why = match fs::metadata(dest) {
        Ok(about) if about.is_dir() => "this is a folder; name a file in it",
        Ok(about) if !about.is_file() => "this is not a file; name another place",
        Ok(_) if !replace => "this file exists already; name another, or replace it with --replace",
        _ => return Ok(()),
    };
    Err(format!("{}: {why}", dest.display()))
}

/// A new name is on the disk only when its folder is.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn written(args: &BackupArgs, partial: &Path) -> Result<Contents, String> {
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(partial);
    let mut file = opened.map_err(|error| unwritten(&args.dest, &error))?;
    let mut client = Client::of_store(&args.data)?;
    client.get("/api/backup")?.copy_to(&mut file)?;
    client.close()?;
    file.sync_all().map_err(|error| unwritten(&args.dest, &error))?;
    let mut checking = Checking::new().map_err(|error| error.to_string())?;
    let written = File::open(partial).map_err(|error| unwritten(&args.dest, &error))?;
    archive::walk(written, &mut checking).map_err(|why| format!("{}: {why}", args.dest.display()))
}

fn restore(args: &RestoreArgs) -> Result<(), String> {
    let file = opened(&args.src)?;
    if !args.data.has_store()? {
        // A store is not made for what cannot be restored.
        let mut checking = Checking::new().map_err(|error| error.to_string())?;
        archive::walk(&file, &mut checking).map_err(|why| format!("{}: {why}", args.src.display()))?;
        if args.force {
            return Err(nothing_to_replace(&args.data.data));
        }
    }
    let file = opened(&args.src)?;
    let mut client = Client::open(&args.data)?;
    let path = format!("/api/restore?force={}&settings={}", args.force, args.settings);
    let (status, done) = client.stream(&path, MEDIA, file)?.parts()?;
    if !status.is_success() {
        return Err(refused(&args.src, status, &done));
    }
    let is_served = client.is_served();
    client.close()?;
    let (rows, tables, folder) = (&done["rows"], &done["tables"], whole(&args.data.data));
    say(format_args!("attractor: {}: restored {rows} rows of {tables} tables", args.src.display()));
    say(format_args!("attractor: the data folder is {}", folder.display()));
    for remark in done["remarks"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        say(format_args!("attractor: {remark}"));
    }
    if done["restart"] == true && is_served {
        say("attractor: restart the server: it reads keys and settings when it starts");
    }
    if args.data.database.is_some() && !args.settings {
        say("attractor: the rows are in the database that was given: give it to `attractor serve` as well");
    }
    Ok(())
}

/// Why `--force` restores nothing where there is no store: it is for replacing data, so another folder was meant.
fn nothing_to_replace(folder: &Path) -> String {
    format!(
        "nothing was restored: there is no store in the folder {}, so --force has nothing to replace. --data DIR or the variable \
         ATTRACTOR_DATA names the data folder of your server; without --force a new store is made in this folder",
        whole(folder).display()
    )
}

fn opened(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|error| format!("{}: {}", path.display(), unread(&error)))
}

/// Why nothing was restored. That there is data here already is nothing about the file.
fn refused(src: &Path, status: StatusCode, problem: &Value) -> String {
    let why = sentence(status, problem);
    if status == StatusCode::CONFLICT { why } else { format!("{}: {why}", src.display()) }
}

/// Why a backup could not be written where it should be.
fn unwritten(dest: &Path, error: &std::io::Error) -> String {
    let dest = dest.display();
    match error.kind() {
        ErrorKind::NotFound => format!("{dest}: its folder does not exist; create it, or name another place"),
        ErrorKind::PermissionDenied => format!("{dest}: it may not be written there; allow it, or name another place"),
        _ => format!("{dest}: {error}"),
    }
}
