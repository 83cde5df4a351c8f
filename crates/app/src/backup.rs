//! Backup and restore, beside everything else that the server does.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attractor_live::{owe_blocks, owe_carry_over, owe_erasures};
use attractor_store::transfer::{self, Table};
use attractor_store::{Connection, Error, Kind, Row, access as keys, audit, link_keys, suppressions};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;

use super::access::note;
use super::actor::Actor;
use super::archive::{self, Checking, Head, Visitor, Writer};
use super::archived::Archived;
use super::pieces::{Pieces, pieces};
use super::restored::{After, Before};
use super::{App, secrets, sending};
use crate::refusal::Refusal;
use crate::settings;

const PIECE: usize = 64 << 10;
/// Whoever was erased stays erased, an address that withdrew stays withdrawn, and links that have left are read: what a
/// restore finds here is kept beside what the archive has.
const KEPT: [&str; 3] = ["erasures", "link_keys", "suppression_keys"];

/// Makes an archive while it is read. Its pieces end with an error where it cannot be finished, or where nobody takes one
/// for so long.
pub fn backup(app: &Arc<App>, patience: Option<Duration>) -> mpsc::Receiver<io::Result<Bytes>> {
    let (pieces, taken) = pieces(app.machine.clone(), patience);
    let end = pieces.end();
    let head = Head {
        program: env!("CARGO_PKG_VERSION").into(),
        schema: transfer::schema(),
        made_at: app.machine.now().to_string(),
    };
    let (app, host) = (app.clone(), app.machine.clone());
    host.begin(async move {
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
            Ok(bytes) => writer.file(name, &portable(name, bytes)).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    connection
        .snapshot(|connection| transfer::tables()?.iter().try_for_each(|table| writer.table(table, connection)))?;
    writer.finish().and_then(|mut out| out.flush()).map_err(failed)
}

/// A file as it goes into an archive: settings without what belongs to this place, such as the database and its password.
fn portable(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    if name != settings::FILE {
        return bytes;
    }
    let text = String::from_utf8_lossy(&bytes);
    settings::without(&text, &settings::OF_THE_PLACE).map_or_else(
        |wrong| {
            tracing::warn!(%wrong, "the settings file cannot be read; the backup is made without it");
            Vec::new()
        },
        String::into_bytes,
    )
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

/// What is asked of a restore.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreOptions {
    /// Even where there is data.
    pub force: bool,
    /// Also put the archive's settings in place. Only who may write files here may ask for it.
    pub settings: bool,
}

/// What a restore did.
#[derive(Debug)]
pub struct Restored {
    pub tables: usize,
    pub rows: u64,
    /// What its owner should know, in sentences.
    pub remarks: Vec<String>,
    /// Whether a running server uses all of it only after a restart.
    pub restart: bool,
}

/// Puts what `archive` holds in the place of everything that is here. Unless forced, only where nobody has put anything
/// yet. All of the archive, its files too, is checked before anything is changed.
pub async fn restore(app: &Arc<App>, actor: &Actor, archive: File, how: RestoreOptions) -> Result<Restored, Refusal> {
    let checking = move || {
        let mut checking = Checking::new().map_err(|error| error.text)?;
        let contents = archive::walk(from_its_start(&archive)?, &mut checking)?;
        Ok::<_, String>((Archived::read(&contents, how.settings)?, contents, archive))
    };
    let checked = app.machine.done(checking).await;
    let checked = checked.ok_or_else(|| Refusal::Failed("the archive could not be checked".into()))?;
    let (files, contents, archive) = checked.map_err(|why| Refusal::invalid("", why))?;
    let (actor, now, folder) = (actor.clone(), app.machine.now(), app.folder.path().to_owned());
    let database = app.settings.database.clone();
    let written = app.lane.run(move |lane| {
        let (mut remarks, mut restart) = (Vec::new(), false);
        let done = lane.replace(|connection| {
            if let Some(here) = transfer::used(connection)?.filter(|_| !how.force) {
                return Ok(Err(Refusal::Conflict(format!(
                    "there is data here already ({here}); --force puts the archive in its place"
                ))));
            }
            let before = match Before::read(connection)? {
                Ok(before) => before,
                Err(why) => return Ok(Err(Refusal::Conflict(why))),
            };
            // The keys first: with one too many everything can be read, with one too few something cannot.
            restart = match files.put_keys(&folder, &mut remarks) {
                Ok(changed) => changed,
                Err(error) => return Ok(Err(Refusal::Failed(format!("{}: {error}", secrets::FILE)))),
            };
            load(connection, &archive)?;
            let after = before.settle(connection, now.0)?;
            owe_erasures(connection)?;
            owe_blocks(connection)?;
            owe_carry_over(connection)?;
            let details = json!({"archive made at": contents.head.made_at, "rows": contents.rows});
            note(connection, &actor, now.0, "restored", "store", &details)?;
            Ok(Ok((after, keys::keys(connection)?, link_keys::all_or_first(connection, now.0)?)))
        });
        let (after, keys, link_keys) = match done? {
            Ok(done) => done,
            Err(denied) => return Ok(Err(denied)),
        };
        // Whoever was erased after the archive was made is erased again before anything else happens; where this is
        // stopped, the next start goes on with it.
        let erased = lane.erase_listed(now)?;
        if erased > 0 {
            lane.write(audit::forget_answers)?;
            remarks.push(format!("What was erased since has been erased again: {erased} identities."));
        }
        sending::doubt_what_was_under_way(lane, now)?;
        restart |= finish(&files, after, &folder, &database, &mut remarks).map_err(|error| {
            Error::new(Kind::Other, format!("everything was restored but {}: {error}", settings::FILE))
        })?;
        Ok::<_, Error>(Ok((
            Restored { tables: contents.tables, rows: contents.rows, remarks, restart },
            keys,
            link_keys,
        )))
    });
    let (restored, keys, link_keys) = written.await???;
    app.links.refresh(&link_keys)?;
    app.doors.refresh(&keys);
    app.access.keys.refresh(&keys);
    app.access.narrow();
    Ok(restored)
}

/// What is done when the rows are there. Whether a running server uses it only after a restart.
fn finish(
    files: &Archived,
    after: After,
    folder: &Path,
    database: &str,
    remarks: &mut Vec<String>,
) -> io::Result<bool> {
    after.tidy(folder);
    remarks.extend(after.remarks);
    files.put_settings(folder, database, remarks)
}

fn from_its_start(mut archive: &File) -> Result<&File, String> {
    archive.rewind().map(|()| archive).map_err(|error| format!("the archive: {error}"))
}

fn load(connection: &mut Connection, archive: &File) -> Result<(), Error> {
    let tables = transfer::tables()?;
    let bound = suppressions::all(connection)?;
    let mut kept = Vec::new();
    for table in tables.iter().filter(|table| KEPT.contains(&table.name.as_str())) {
        kept.push((table, table.rows(connection)?));
    }
    for table in &tables {
        table.clear(connection)?;
    }
    let failed = |why: String| Error::new(Kind::Other, why);
    let source = from_its_start(archive).map_err(failed)?;
    let mut loading = Loading { connection, tables: &tables, current: None, error: None };
    let walked = archive::walk(source, &mut loading);
    if let Some(error) = loading.error.take() {
        return Err(error);
    }
    walked.map_err(failed)?;
    kept.into_iter().try_for_each(|(table, rows)| table.add_missing(connection, rows))?;
    // Of a withdrawal that both have, the later one counts.
    suppressions::note(connection, &bound)
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
        self.current = Some(archive::known(self.tables, name, columns)?);
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
