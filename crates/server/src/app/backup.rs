//! Backup and restore, beside everything else that the server does.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attractor_live::owe_erasures;
use attractor_store::copy::{self, Table};
use attractor_store::{Connection, Error, Kind, Row, access as keys, audit};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::access::{Denied, note};
use super::actor::Actor;
use super::archive::{self, Checking, Contents, Head, Visitor, Writer};
use super::pieces::{Pieces, pieces};
use super::{App, secrets};
use crate::settings;

const PIECE: usize = 64 << 10;
/// Who is to be forgotten stays forgotten: what a restore finds here is kept beside what the archive has.
const KEPT: &str = "erasures";

/// Makes an archive while it is read. Its pieces end with an error where it cannot be finished, or where nobody takes one
/// for so long.
pub fn backup(app: &Arc<App>, patience: Option<Duration>) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, taken) = pieces(patience);
    let end = pieces.end();
    let head = Head {
        program: env!("CARGO_PKG_VERSION").into(),
        schema: copy::schema(),
        made_at: app.machine.now().to_string(),
    };
    let app = app.clone();
    tokio::spawn(async move {
        let folder = app.folder.path().to_owned();
        let out = Filling { pieces, filled: Vec::with_capacity(PIECE) };
        let done = app.readers.read(move |connection| write(connection, &folder, &head, out)).await;
        if let Err(error) = done {
            tracing::error!(%error, "a backup could not be finished");
            end.break_off(error.text).await;
        }
    });
    taken
}

/// Everything as it is at one instant: the store goes on being written to meanwhile.
fn write(connection: &mut Connection, folder: &Path, head: &Head, out: Filling) -> Result<(), Error> {
    let failed = |error: io::Error| Error::new(Kind::Other, format!("the archive cannot be written: {error}"));
    let mut writer = Writer::begin(out, head).map_err(failed)?;
    for name in [secrets::FILE, settings::FILE] {
        match fs::read(folder.join(name)) {
            Ok(bytes) => writer.file(name, &bytes).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    connection.snapshot(|connection| copy::tables()?.iter().try_for_each(|table| writer.table(table, connection)))?;
    writer.finish().and_then(|mut out| out.flush()).map_err(failed)
}

/// Bytes on their way to whoever reads the archive.
struct Filling {
    pieces: Pieces,
    filled: Vec<u8>,
}

impl Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.filled.extend_from_slice(bytes);
        if self.filled.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pieces.hand(std::mem::take(&mut self.filled))
    }
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    pub tables: usize,
    pub rows: u64,
    /// What its owner should know, in sentences.
    pub remarks: Vec<String>,
}

/// Puts what `archive` holds in the place of everything that is here. Unless `force`, only where nobody has put anything
/// yet. All of the archive is checked before anything is changed.
pub async fn restore(app: &Arc<App>, actor: &Actor, archive: PathBuf, force: bool) -> Result<Restored, Denied> {
    let path = archive.clone();
    let contents = spawn_blocking(move || archive::walk(open(&path)?, &mut Checking)).await;
    let contents = contents.map_err(|_| Denied::Failed("the archive could not be checked".into()))?;
    let contents = contents.map_err(|why| Denied::Invalid("", why))?;
    let (actor, now) = (actor.clone(), app.machine.now());
    let written = app.lane.run(move |lane| {
        let done = lane.replace(|connection| {
            if let Some(table) = copy::used(connection)?.filter(|_| !force) {
                return Ok(Err(Denied::Conflict(format!(
                    "there is data here already (in `{table}`); --force puts the archive in its place"
                ))));
            }
            load(connection, &archive)?;
            owe_erasures(connection)?;
            let details = json!({"archive made at": contents.head.made_at, "rows": contents.rows});
            note(connection, &actor, now.0, "restored", "store", &details)?;
            Ok(Ok((contents, keys::keys(connection)?)))
        });
        let done = done?;
        // Whoever was erased after the archive was made is erased again before anything else happens; where this is
        // stopped, the next start goes on with it.
        let erased = if done.is_ok() { lane.erase_listed(now)? } else { 0 };
        if erased > 0 {
            lane.write(audit::forget_answers)?;
        }
        Ok::<_, Error>(done.map(|(contents, keys)| (contents, keys, erased)))
    });
    let (contents, keys, erased) = written.await???;
    app.doors.refresh(&keys);
    app.access.keys.refresh(&keys);
    app.access.narrow();
    let mut remarks = put_files(app.folder.path(), &contents)?;
    if erased > 0 {
        remarks.push(format!("What was erased since has been erased again: {erased} identities."));
    }
    Ok(Restored { tables: contents.tables, rows: contents.rows, remarks })
}

fn open(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn load(connection: &mut Connection, archive: &Path) -> Result<(), Error> {
    let tables = copy::tables()?;
    let kept = match tables.iter().find(|table| table.name == KEPT) {
        Some(table) => Some((table, table.rows(connection)?)),
        None => None,
    };
    for table in &tables {
        table.clear(connection)?;
    }
    let failed = |why: String| Error::new(Kind::Other, why);
    let source = open(archive).map_err(failed)?;
    let mut loading = Loading { connection, tables: &tables, current: None, error: None };
    let walked = archive::walk(source, &mut loading);
    if let Some(error) = loading.error.take() {
        return Err(error);
    }
    walked.map_err(failed)?;
    kept.map_or(Ok(()), |(table, rows)| table.add_missing(connection, rows))
}

struct Loading<'a> {
    connection: &'a mut Connection,
    tables: &'a [Table],
    current: Option<Table>,
    /// What the store said, which is more than a sentence.
    error: Option<Error>,
}

impl Visitor for Loading<'_> {
    fn table(&mut self, name: &str, columns: Vec<String>) -> Result<(), String> {
        let known = self.tables.iter().find(|table| table.name == name);
        let fitting = known.and_then(|table| table.with_columns(columns));
        self.current = Some(fitting.ok_or_else(|| format!("the table {name} of the archive is not known here"))?);
        Ok(())
    }

    fn rows(&mut self, rows: Vec<Row>) -> Result<(), String> {
        let (Some(table), mut rows) = (&self.current, rows.into_iter()) else { return Ok(()) };
        table.fill(self.connection, &mut || Ok(rows.next())).map(drop).map_err(|error| {
            let text = error.text.clone();
            self.error = Some(error);
            text
        })
    }
}

/// Puts the files back: keys are added to those that are here, settings that are here stay.
fn put_files(folder: &Path, contents: &Contents) -> Result<Vec<String>, Denied> {
    let mut remarks = Vec::new();
    for (name, bytes) in &contents.files {
        let put = match name.as_str() {
            secrets::FILE => put_keys(&folder.join(name), bytes, &mut remarks),
            settings::FILE => put_settings(&folder.join(name), bytes, &mut remarks),
            _ => Ok(()),
        };
        put.map_err(|error| Denied::Failed(format!("{name}: {error}")))?;
    }
    Ok(remarks)
}

fn put_keys(path: &Path, bytes: &[u8], remarks: &mut Vec<String>) -> io::Result<()> {
    let here = fs::read_to_string(path).unwrap_or_default();
    let there = String::from_utf8_lossy(bytes);
    let missing: Vec<&str> = there.lines().filter(|line| !line.is_empty() && !here.contains(*line)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    write_file(path, format!("{}\n{}\n", here.trim_end(), missing.join("\n")).trim_start().as_bytes())?;
    remarks.push("The key of the archive's secrets was added to secret.key: restart the server to use it.".into());
    Ok(())
}

fn put_settings(path: &Path, bytes: &[u8], remarks: &mut Vec<String>) -> io::Result<()> {
    match fs::read(path) {
        Ok(here) if here == bytes => Ok(()),
        Ok(_) => {
            remarks.push("The settings here stay; the archive's are beside them in attractor.toml.restored.".into());
            write_file(&path.with_extension("toml.restored"), bytes)
        }
        Err(_) => {
            remarks.push("The settings were restored: restart the server to use them.".into());
            write_file(path, bytes)
        }
    }
}

/// For the folder's owner alone, and on the disk.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
