//! What an import does, piece by piece. Whatever stops it, it goes on from what is in the table.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use attractor_engine::time::Instant;
use attractor_import::{Report, SourceFile, import};
use attractor_intake::placeholders;
use attractor_live::Lane;
use attractor_live::{Arrived, Assertion, Fills, Taken};
use attractor_store::imports::{self, Import, ImportState, Progress};
use attractor_store::{Connection, Error, ImportId, Kind, erasures};

use super::attempts::Attempt;
use super::origin::origin;
use super::spool::{Group, Spool, reject};
use super::{ImportRequest, MESSAGES, REJECTED};
use super::{all, attempts, confirmed, erased, file, folder, left, preview, private};
use crate::bell::Bell;
use crate::figures;
use crate::lane::{LaneHandle, Stop};
use crate::machine::Time;

/// Messages in one transaction: what else waits for the lane waits no longer than for these.
const GROUP: usize = 500;
/// Events looked through in one transaction, when an import is taken back.
const SLICE: usize = 2_000;
/// Rejected rows name people whom no erasure finds there, so they are not kept for ever.
const REJECTED_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Why files did not become messages.
enum Unread {
    /// It lies in the files, or in what was asked.
    Wrong(String),
    /// The messages could not be written.
    Disk(io::Error),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::Disk(error)
    }
}

impl From<attractor_import::Error> for Unread {
    fn from(error: attractor_import::Error) -> Unread {
        match error {
            attractor_import::Error::Write(error) => Unread::Disk(error),
            wrong => Unread::Wrong(wrong.to_string()),
        }
    }
}

pub struct Runner {
    pub lane: LaneHandle,
    pub clock: Arc<dyn Time>,
    /// The data folder.
    pub data: PathBuf,
    /// Countries in which people are written to who neither agreed nor left, as the setting `consent_unknown` has them.
    pub unasked: Vec<String>,
    pub bell: Arc<Bell>,
}

impl Runner {
    /// Removes what uploads and imports that ended left behind when the program was stopped.
    pub fn tidy(&self) -> Result<(), Stop> {
        self.write(|connection| {
            for import in imports::in_state(connection, &[ImportState::Uploading])? {
                imports::remove(connection, import.id, ImportState::Uploading)?;
            }
            Ok(())
        })?;
        let Ok(entries) = fs::read_dir(all(&self.data)) else { return Ok(()) };
        for entry in entries.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<ImportId>().ok()) else { continue };
            let known = self.write(move |connection| imports::one(connection, id))?;
            match known.map(|import| import.state) {
                Some(ImportState::Waiting | ImportState::Reading | ImportState::Storing | ImportState::Undoing) => {}
                Some(ImportState::Done | ImportState::Failed) => spare_rejected(&entry.path()),
                _ => drop(fs::remove_dir_all(entry.path())),
            }
        }
        Ok(())
    }

    /// Removes the rejected rows of imports that ended long ago.
    pub fn forget_rejected(&self) {
        for entry in fs::read_dir(all(&self.data)).into_iter().flatten().flatten() {
            let rejected = entry.path().join(REJECTED);
            if fs::metadata(&rejected).is_ok_and(|file| self.is_old(&file)) {
                let _ = fs::remove_file(&rejected);
                // Only where nothing is left in it.
                let _ = fs::remove_dir(entry.path());
            }
        }
    }

    fn is_old(&self, file: &Metadata) -> bool {
        let written = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let now = Duration::from_millis(u64::try_from(self.clock.now().0).unwrap_or_default());
        written.is_some_and(|written| now.saturating_sub(written) > REJECTED_KEPT)
    }

    /// Does what is next; `false` where nothing is.
    pub fn step(&self) -> Result<bool, Stop> {
        let open = self.write(|connection| {
            imports::in_state(
                connection,
                &[ImportState::Undoing, ImportState::Storing, ImportState::Reading, ImportState::Waiting],
            )
        })?;
        // What is to go goes first: another one may bring the same again.
        let next = open.iter().find(|import| import.state == ImportState::Undoing).or(open.first()).cloned();
        let Some(import) = next else { return Ok(false) };
        match import.state {
            ImportState::Undoing => self.take_back(import)?,
            ImportState::Storing => self.store(import)?,
            _ => self.read(import)?,
        }
        Ok(true)
    }

    /// Files to messages. They are in the table only when all of them are on the disk.
    fn read(&self, import: Import) -> Result<(), Stop> {
        let (id, home) = (import.id, folder(&self.data, import.id));
        self.write(move |connection| imports::turn(connection, id, ImportState::Waiting, ImportState::Reading))?;
        let Some(attempt) = Attempt::begin(&home)? else {
            let now = self.clock.now();
            return self.fail(Import { state: ImportState::Reading, ..import }, now, attempts::WHY);
        };
        let read = self.convert(&import, &home);
        attempt.end();
        if self.bell.is_stopping() {
            return Err(Stop::Stopped);
        }
        let now = self.clock.now();
        match read {
            Ok((report, rejects)) => {
                let progress = Progress { rejects, rejected: report.rejected as i64, ..Progress::default() };
                let read = Import {
                    state: ImportState::Reading,
                    messages: report.messages as i64,
                    // Names of columns stand in it, and a text of PostgreSQL has no such character.
                    report: report.to_string().replace('\0', "\u{fffd}"),
                    ..import
                };
                self.write(move |connection| {
                    imports::save(connection, &read)?;
                    imports::advance(connection, id, 0, &progress)?;
                    imports::turn(connection, id, ImportState::Reading, ImportState::Storing)
                })?;
            }
            Err(Unread::Wrong(why)) => self.fail(Import { state: ImportState::Reading, ..import }, now, &why)?,
            Err(Unread::Disk(error)) => return Err(error.into()),
        }
        Ok(())
    }

    /// The report, and the length of the file of rejected rows.
    fn convert(&self, import: &Import, home: &Path) -> Result<(Report, i64), Unread> {
        let wish = ImportRequest::parse(&import.rules).map_err(Unread::Wrong)?;
        let mapping = wish.mapping().map_err(Unread::Wrong)?;
        let now = Instant(import.started_at.unwrap_or(import.made_at));
        let rules = wish.rules(now).map_err(Unread::Wrong)?.with_unasked(&self.unasked).for_store().with_addresses();
        let source =
            |(n, name): (usize, &String)| self.source(name, home.join(file(n))).with_sheet(wish.sheet.as_deref());
        let sources: Vec<SourceFile> = wish.files.iter().enumerate().map(source).collect();
        let part = home.join("messages.part");
        let mut messages = BufWriter::with_capacity(1 << 20, private(&part)?);
        let mut rejected = BufWriter::new(private(&home.join(REJECTED))?);
        let mut report = self::import(&sources, &mapping, &rules, &mut messages, &mut rejected)?;
        for file in [messages.into_inner(), rejected.into_inner()] {
            file.map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        if !wish.erased {
            self.hold_back_erased(&part, home, &mut report)?;
        }
        let addresses = std::mem::take(&mut report.addresses);
        report.notes.extend(left::note(self.left_in_part(addresses)?));
        fs::rename(&part, home.join(MESSAGES))?;
        Ok((report, fs::metadata(home.join(REJECTED))?.len() as i64))
    }

    /// Takes the messages of erased people out of the file, and says so in the report.
    fn hold_back_erased(&self, part: &Path, home: &Path, report: &mut Report) -> Result<(), Unread> {
        if self.write(erasures::are_none).map_err(stopped)? {
            return Ok(());
        }
        let kept = home.join("kept.part");
        let held = erased::hold_back(
            part,
            private(&kept)?,
            |messages| self.write(move |connection| erased::of_messages(connection, messages)).map_err(stopped),
            |people| self.write(move |connection| erased::without_returned(connection, people)).map_err(stopped),
            &mut report.addresses,
        )?;
        fs::rename(&kept, part)?;
        report.messages -= held.messages.min(report.messages);
        report.notes.extend(held.note());
        Ok(())
    }

    /// How many people with these addresses left a subscription or topic before.
    fn left_in_part(&self, addresses: BTreeSet<String>) -> Result<u64, Unread> {
        let addresses = Vec::from_iter(addresses);
        let mut people = 0;
        for some in addresses.chunks(preview::ASKED) {
            let some: BTreeSet<String> = some.iter().cloned().collect();
            people += self.write(move |connection| left::of_parts(connection, &some)).map_err(stopped)?;
        }
        Ok(people)
    }

    fn source(&self, name: &str, path: PathBuf) -> SourceFile {
        let bell = self.bell.clone();
        SourceFile::new(name, move || Ok(Box::new(Interruptible { file: File::open(&path)?, bell: bell.clone() })))
    }

    /// Messages to the lane, group by group.
    fn store(&self, mut import: Import) -> Result<(), Stop> {
        let home = folder(&self.data, import.id);
        let mut spool = Spool::open(&home.join(MESSAGES), import.progress.position)?;
        let mut size = GROUP;
        loop {
            if self.bell.is_stopping() {
                return Err(Stop::Stopped);
            }
            let group = spool.next(size)?;
            if group.lines.is_empty() {
                return self.end(import, &home);
            }
            let count = group.lines.len();
            match self.group(&import, group, &home)? {
                Ok(progress) => (import.progress, size) = (progress, (size * 2).min(GROUP)),
                Err(error) => {
                    let id = import.id;
                    let Some(found) = self.write(move |connection| imports::one(connection, id))? else {
                        return Ok(());
                    };
                    if found.state != ImportState::Storing {
                        return Ok(());
                    }
                    if found.progress == import.progress {
                        size = self.smaller(error, count, &mut spool, &mut import, &home)?;
                    } else {
                        import = found;
                    }
                    spool = Spool::open(&home.join(MESSAGES), import.progress.position)?;
                }
            }
        }
    }

    /// What to try after a group was not stored: the same later, less of it, or all but the message that spoils it.
    fn smaller(
        &self,
        error: Error,
        count: usize,
        spool: &mut Spool,
        import: &mut Import,
        home: &Path,
    ) -> Result<usize, Stop> {
        if error.passes() || error.kind == Kind::Fenced {
            return Err(error.into());
        }
        if count > 1 {
            return Ok(count / 2);
        }
        tracing::error!(%error, import = import.id.0, "a message could not be stored and was rejected");
        *spool = Spool::open(&home.join(MESSAGES), import.progress.position)?;
        let group = spool.next(1)?;
        import.progress = self.refuse(import, group, home, &format!("it could not be stored: {error}"))?;
        Ok(1)
    }

    /// One transaction. The inner error is the store's: nothing of the group is stored.
    fn group(&self, import: &Import, group: Group, home: &Path) -> Result<Result<Progress, Error>, Stop> {
        let now = self.clock.now();
        let (id, end) = (import.id, group.end);
        let note = Note { id, from: import.progress, end, rejects: home.join(REJECTED) };
        let (messages, assertions) = arrived(group, id, now);
        let placeholders = messages.iter().map(|message| placeholders(&message.json)).sum();
        let stored = self.lane.run_here(move |lane| {
            lane.take_import(&messages, &assertions, now, |connection, taken, suppressed| {
                note.write(connection, &messages, taken, suppressed)
            })
        })?;
        if let Ok(to) = &stored {
            let by = |from: i64, to: i64| to.abs_diff(from);
            let from = import.progress;
            figures::placeholders(placeholders);
            figures::taken(by(from.stored, to.stored), by(from.known, to.known), by(from.rejected, to.rejected));
        }
        Ok(stored)
    }

    fn refuse(&self, import: &Import, group: Group, home: &Path, why: &str) -> Result<Progress, Stop> {
        let now = self.clock.now();
        let note = Note { id: import.id, from: import.progress, end: group.end, rejects: home.join(REJECTED) };
        let (messages, _) = arrived(group, import.id, now);
        let taken: Vec<Taken> = messages.iter().map(|_| Taken::Refused(why.to_owned())).collect();
        self.write(move |connection| note.write(connection, &messages, &taken, 0))
    }

    fn end(&self, import: Import, home: &Path) -> Result<(), Stop> {
        let id = import.id;
        let ended = Import { finished_at: Some(self.clock.now().0), ..import };
        self.write(move |connection| {
            imports::save(connection, &ended)?;
            imports::turn(connection, id, ImportState::Storing, ImportState::Done)
        })?;
        spare_rejected(home);
        Ok(())
    }

    fn fail(&self, import: Import, now: Instant, why: &str) -> Result<(), Stop> {
        let (id, from) = (import.id, import.state);
        let failed = Import { finished_at: Some(now.0), why: Some(why.to_owned()), ..import };
        self.write(move |connection| {
            imports::save(connection, &failed)?;
            imports::turn(connection, id, from, ImportState::Failed)
        })?;
        spare_rejected(&folder(&self.data, id));
        Ok(())
    }

    /// Takes an import back, slice by slice; nothing of it is left at the end.
    fn take_back(&self, import: Import) -> Result<(), Stop> {
        let id = import.id;
        let mut is_left = true;
        while is_left {
            if self.bell.is_stopping() {
                return Err(Stop::Stopped);
            }
            let now = self.clock.now();
            is_left = self.lane.run_here(move |lane| undo_slice(lane, id, now))??;
        }
        let undone = Import { finished_at: Some(self.clock.now().0), ..import };
        self.write(move |connection| {
            imports::save(connection, &undone)?;
            confirmed::forget(connection, id)?;
            imports::turn(connection, id, ImportState::Undoing, ImportState::Undone)
        })?;
        // What is left of it is found at the next start.
        let _ = fs::remove_dir_all(folder(&self.data, id));
        Ok(())
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Stop> {
        Ok(self.lane.run_here(|lane| lane.write(work))??)
    }
}

fn stopped(stop: Stop) -> Unread {
    Unread::Disk(io::Error::other(format!("{stop:?}")))
}

/// Takes back a slice of an import; `true` where more is left.
fn undo_slice(lane: &mut Lane, id: ImportId, now: Instant) -> Result<bool, Error> {
    lane.undo(&origin(id), now, SLICE)
}

/// What is written with a group: how far the import is behind it.
struct Note {
    id: ImportId,
    from: Progress,
    end: i64,
    rejects: PathBuf,
}

impl Note {
    fn write(
        &self,
        connection: &mut Connection,
        messages: &[Arrived],
        taken: &[Taken],
        suppressed: u64,
    ) -> Result<Progress, Error> {
        let suppressed = self.from.suppressed + suppressed as i64;
        let mut to = Progress { position: self.end, suppressed, ..self.from };
        for taken in taken {
            match taken {
                Taken::New { .. } => to.stored += 1,
                Taken::Repeated => to.known += 1,
                Taken::Refused(_) => to.rejected += 1,
            }
        }
        if to.rejected > self.from.rejected {
            let added = reject(&self.rejects, self.from.rejects, messages, taken);
            to.rejects =
                added.map_err(|error| Error::new(Kind::Full, format!("{}: {error}", self.rejects.display())))?;
        }
        confirmed::note(connection, self.id, messages, taken)?;
        if !imports::advance(connection, self.id, self.from.position, &to)? {
            return Err(Error::new(Kind::Other, format!("import {} is elsewhere by now", self.id)));
        }
        Ok(to)
    }
}

/// The messages of a group, each with what it asserts.
fn arrived(group: Group, id: ImportId, now: Instant) -> (Vec<Arrived>, Vec<Assertion>) {
    let origin = origin(id);
    let one = |line: &String| {
        let (assertion, json) = attractor_import::Assertion::of_line(line);
        let arrived = Arrived { json: json.to_owned(), received_at: now, origin: origin.clone(), fills: Fills::All };
        let assertion = match assertion {
            attractor_import::Assertion::Happened => Assertion::Happened,
            attractor_import::Assertion::Holds => Assertion::Holds,
            attractor_import::Assertion::Corrects(since) => Assertion::Corrects(Instant(since)),
        };
        (arrived, assertion)
    };
    group.lines.iter().map(one).unzip()
}

/// A file that ends with an error when the server stops: reading a large one takes a while.
struct Interruptible {
    file: File,
    bell: Arc<Bell>,
}

impl Read for Interruptible {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bell.is_stopping() {
            return Err(io::Error::other("the server stops"));
        }
        self.file.read(buffer)
    }
}

/// Removes everything of an import but its rejected rows. What cannot be removed is in nobody's way.
fn spare_rejected(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        let is_empty = entry.metadata().is_ok_and(|file| file.len() == 0);
        if entry.file_name() != REJECTED || is_empty {
            let _ = fs::remove_file(entry.path());
        }
    }
    // Only where nothing is left in it.
    let _ = fs::remove_dir(home);
}
