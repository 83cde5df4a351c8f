//! Imports into the store: files come in, are read whole into messages, and go to the lane group by group. Each is one
//! row of the table `imports` and a folder `imports/ID` in the data folder; it survives a kill at any point.

mod attempts;
mod confirmed;
mod erased;
pub mod item;
mod left;
pub(crate) mod origin;
mod preview;
mod runner;
mod spool;
pub mod undone;
mod upload;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use attractor_engine::misread::said_of;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_import::{Map, Rules, SourceFile};
use attractor_intake::title;
use attractor_store::imports::{self, Import, ImportState};
use attractor_store::{Connection, EntryNumber, Error, ImportId, audit};
use serde::{Deserialize, Serialize};

use super::App;
use super::actor::Actor;
use crate::playbook::present;
use crate::refusal::{Invalid, Refusal, all_right, both};
pub use left::note as left_note;
pub use preview::{Known, Preview, PreviewedConsent, PreviewedFile, Unseen, Whom, look};
pub use runner::Runner;
pub use upload::Upload;

/// More files in one call are a mistake.
const MOST_FILES: usize = 100;

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The names of the files, in order; each is sent by itself afterwards
    pub files: Vec<String>,
    /// What columns mean: `COLUMN=KEY,…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// The same as the text of a MAP.yaml
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_yaml: Option<String>,
    /// The date of what has none; the start of the import where it is absent
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Where and how the leads agreed to be written to
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Of workbooks, the name of the sheet that is read; without it, the first one that has a table of leads
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Store the rows of people who were erased here, too; otherwise they are held back
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

impl ImportRequest {
    fn mapping(&self) -> Result<Map, String> {
        let map = match (&self.map, &self.map_yaml) {
            (Some(_), Some(_)) => return Err("`map` and `map_yaml` cannot both be given".into()),
            (Some(pairs), None) => Map::from_argument(pairs),
            (None, Some(text)) => Map::from_yaml(text),
            (None, None) => Ok(Map::default()),
        };
        map.map_err(|error| error.to_string())
    }

    /// The mapping, where nothing is wrong with the request.
    fn check(&self, now: Instant) -> Result<Map, Refusal> {
        let mapping = self.mapping().map_err(|why| Refusal::invalid("/map", why));
        let rest = all_right([self.check_date(now), self.check_consent()]);
        let ((), (mapping, ())) = both(self.check_files(), both(mapping, rest))?;
        Ok(mapping)
    }

    fn check_files(&self) -> Result<(), Refusal> {
        if self.files.is_empty() || self.files.len() > MOST_FILES {
            let why = format!("an import has one file at least, and {MOST_FILES} at most");
            return Err(Refusal::invalid("/files", why));
        }
        if self.files.iter().any(|name| name.trim().is_empty()) {
            return Err(Refusal::invalid("/files", "each file has a name, which its rejected rows are listed with"));
        }
        Ok(())
    }

    fn check_date(&self, now: Instant) -> Result<(), Refusal> {
        if let Some(text) = self.as_of.as_deref().filter(|text| Instant::parse(text).is_none()) {
            let why = format!("`{text}` is not an instant; write it like 2024-05-14T09:00:00Z");
            return Err(Refusal::invalid("/as_of", why));
        }
        self.rules(now).map(|_| ()).map_err(|why| Refusal::invalid("/as_of", why))
    }

    fn check_consent(&self) -> Result<(), Refusal> {
        let is_empty = self.consent.as_deref().is_some_and(|text| text.trim().is_empty());
        let why = "say where and how they agreed, such as `form at the fair, May 2024`";
        if is_empty { Err(Refusal::invalid("/consent", why)) } else { Ok(()) }
    }

    /// What holds for all rows of an import that starts at `now`.
    fn rules(&self, now: Instant) -> Result<Rules, String> {
        let as_of = self.as_of.as_deref().and_then(Instant::parse).map_or(now.0, |at| at.0);
        let consent = self.consent.as_deref().map(|text| text.trim().to_owned());
        Rules::new(as_of, now.0, consent)
    }

    fn look(
        &self,
        home: &Path,
        program: &Program,
        (now, unasked): (Instant, &[String]),
        ask: Option<preview::Ask<'_>>,
    ) -> Result<Preview, Unseen> {
        let mapping = self.mapping().map_err(Unseen::Wrong)?;
        let rules = self.rules(now).map_err(Unseen::Failed)?.with_unasked(unasked).finished_by(title::add);
        let source = |(number, name): (usize, &String)| {
            let path = home.join(file(number));
            let source = SourceFile::new(name, move || Ok(Box::new(File::open(&path)?)));
            source.with_sheet(self.sheet.as_deref())
        };
        let sources: Vec<SourceFile> = self.files.iter().enumerate().map(source).collect();
        look(&sources, &mapping, &rules, program, now, self.erased, ask)
    }

    /// What was asked for, as it is stored. One that cannot be read must not pass for one without rules.
    fn parse(text: &str) -> Result<ImportRequest, String> {
        serde_json::from_str(text).map_err(|error| {
            let why = said_of(&error);
            format!("the stored request of this import cannot be read ({why}); import again")
        })
    }
}

/// The files of an import; its name where what was asked for cannot be read.
pub fn file_names(import: &Import) -> Vec<String> {
    ImportRequest::parse(&import.rules).map_or_else(|_| vec![import.name.clone()], |wish| wish.files)
}

/// Takes note of an import whose files are still to come. Returns its number.
pub async fn begin(app: &App, actor: &Actor, wish: ImportRequest) -> Result<Import, Refusal> {
    let now = app.clock.now();
    refuse_undeclared(app, wish.check(now)?).await?;
    let import = Import {
        name: wish.files.join(", "),
        state: ImportState::Uploading,
        author: actor.who.clone(),
        rules: serde_json::to_string(&wish).unwrap_or_default(),
        made_at: now.0,
        ..Import::default()
    };
    write(app, move |connection| {
        let id = imports::insert(connection, &import)?;
        Ok(Import { id, ..import })
    })
    .await
}

/// Refuses a mapping that names a subscription which no playbook in use declares.
async fn refuse_undeclared(app: &App, mapping: Map) -> Result<(), Refusal> {
    if mapping.subscriptions().next().is_none() {
        return Ok(());
    }
    let unknown = app.readers.read(move |connection| {
        let playbooks = present(connection)?.playbooks(connection)?;
        Ok::<_, Error>(left::declared(&mapping, &playbooks).err())
    });
    let Some(unknown) = unknown.await? else { return Ok(()) };
    let detail = unknown.to_string();
    let places = vec![("/map".to_owned(), detail.clone())];
    Err(Refusal::Invalid(Invalid { detail, places, known: Some(unknown.known) }))
}

/// Whether the files of an import have all come and it has not begun.
fn complete(app: &App, import: &Import) -> Result<(), Refusal> {
    let id = import.id;
    if import.state != ImportState::Uploading {
        return Err(Refusal::Conflict(format!("import {id} has begun already")));
    }
    let folder = folder(app.folder.path(), id);
    let missing = (0..).zip(file_names(import)).find(|(number, _)| !folder.join(file(*number)).is_file());
    match missing {
        Some((number, name)) => {
            Err(Refusal::Conflict(format!("{name} is still missing: POST /api/imports/{id}/files/{number}")))
        }
        None => Ok(()),
    }
}

/// Lets an import begin whose files have all come.
pub async fn start(app: &App, actor: &Actor, id: ImportId) -> Result<Import, Refusal> {
    let import = one(app, id).await?;
    complete(app, &import)?;
    let now = app.clock.now();
    let entry = entry(actor, now, "import started", &import);
    let started = write(app, move |connection| {
        imports::save(connection, &Import { started_at: Some(now.0), ..import })?;
        audit::insert(connection, &entry)?;
        imports::turn(connection, id, ImportState::Uploading, ImportState::Waiting)
    });
    if !started.await? {
        return Err(Refusal::Conflict(format!("import {id} has begun already")));
    }
    app.imports.ring();
    one(app, id).await
}

/// Looks at an import whose files have come, before it starts. Nothing is stored.
pub async fn preview(app: &App, id: ImportId) -> Result<Preview, Refusal> {
    let import = one(app, id).await?;
    complete(app, &import)?;
    let folder = folder(app.folder.path(), id);
    let wish = ImportRequest::parse(&import.rules).map_err(Refusal::Conflict)?;
    let now = app.clock.now();
    let (programs, unasked) = (app.programs.clone(), app.settings.consent_unknown.clone());
    let seen = app.readers.read(move |connection| {
        let versions = programs.now(connection)?;
        let program = versions.program_in_force().cloned();
        let Some(program) = program else {
            return Ok(Err(Unseen::Failed("no playbook is published yet".into())));
        };
        let mut ask = |asked: &Whom| preview::known(connection, asked).map_err(|error| error.to_string());
        Ok::<_, Error>(wish.look(&folder, &program, (now, &unasked), Some(&mut ask)))
    });
    seen.await?.map_err(|why| match why {
        Unseen::Wrong(why) => Refusal::invalid("/files", why),
        Unseen::Failed(why) => Refusal::Disk(io::Error::other(why)),
    })
}

/// Whom of a list the store knows.
pub async fn known(app: &App, asked: Whom) -> Result<Known, Refusal> {
    for (place, count) in [("/names", asked.names.len()), ("/addresses", asked.addresses.len())] {
        if count > preview::ASKED {
            return Err(Refusal::invalid(place, format!("{count} are too many; ask about {} at most", preview::ASKED)));
        }
    }
    Ok(app.readers.read(move |connection| preview::known(connection, &asked)).await?)
}

/// Takes an import back as a whole, in the background; one that still stores stops. One that failed before it stored
/// anything is removed at once: nothing of it is left but its number, which no other import gets.
pub async fn undo(app: &App, actor: &Actor, id: ImportId) -> Result<Import, Refusal> {
    let import = one(app, id).await?;
    let to = match import.state {
        ImportState::Undoing => return Ok(import),
        ImportState::Failed if import.progress.position == 0 => return remove(app, actor, import).await,
        ImportState::Undone => return Err(Refusal::Conflict(format!("import {id} was undone already"))),
        _ => ImportState::Undoing,
    };
    let entry = entry(actor, app.clock.now(), "import undone", &import);
    let turned = write(app, move |connection| {
        audit::insert(connection, &entry)?;
        // It may go on meanwhile from one of these to the next.
        for from in [
            ImportState::Uploading,
            ImportState::Waiting,
            ImportState::Reading,
            ImportState::Storing,
            ImportState::Done,
            ImportState::Failed,
        ] {
            if imports::turn(connection, id, from, to)? {
                return Ok(true);
            }
        }
        Ok(false)
    });
    turned.await?;
    app.imports.ring();
    one(app, id).await
}

/// Removes an import that failed before it stored anything, and its files.
async fn remove(app: &App, actor: &Actor, import: Import) -> Result<Import, Refusal> {
    let (id, state) = (import.id, import.state);
    let entry = entry(actor, app.clock.now(), "failed import removed", &import);
    let removed = write(app, move |connection| {
        let removed = imports::remove(connection, id, state)?;
        if removed {
            audit::insert(connection, &entry)?;
        }
        Ok(removed)
    });
    if !removed.await? {
        return one(app, id).await;
    }
    // What cannot be removed is found at the next start.
    let _ = fs::remove_dir_all(folder(app.folder.path(), id));
    Ok(Import { state: ImportState::Undone, ..import })
}

pub async fn one(app: &App, id: ImportId) -> Result<Import, Refusal> {
    let found = app.readers.read(move |connection| imports::one(connection, id)).await?;
    let why = || format!("there is no import {id}; `attractor import --list` and GET /api/imports list them");
    found.ok_or_else(|| Refusal::Missing(why()))
}

/// Imports with numbers below `before`, the newest first.
pub async fn list(app: &App, before: ImportId, limit: i64) -> Result<Vec<Import>, Refusal> {
    Ok(app.readers.read(move |connection| imports::latest(connection, before, limit)).await?)
}

/// The file of rejected rows, where there are some.
pub async fn rejected(app: &App, id: ImportId) -> Result<Option<fs::File>, Refusal> {
    one(app, id).await?;
    match fs::File::open(folder(app.folder.path(), id).join(REJECTED)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Refusal::Disk(error)),
    }
}

async fn write<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
) -> Result<T, Refusal> {
    Ok(app.lane.run(|lane| lane.write(work)).await??)
}

fn entry(actor: &Actor, now: Instant, what: &str, import: &Import) -> audit::Entry {
    audit::Entry {
        number: EntryNumber::default(),
        at: now.0,
        who: actor.who.clone(),
        what: what.into(),
        subject: format!("import:{}", import.id),
        details: serde_json::json!({"files": file_names(import)}).to_string(),
    }
}

const REJECTED: &str = "rejected.csv";
const MESSAGES: &str = "messages.ndjson";

/// All imports of a data folder.
fn all(data: &Path) -> PathBuf {
    data.join("imports")
}

/// Where an import keeps its files until it is done, and its rejected rows for longer.
fn folder(data: &Path, id: ImportId) -> PathBuf {
    all(data).join(id.to_string())
}

/// Removes the files of all imports but these. What cannot be removed is tried again at the next start.
pub fn forget_strangers(data: &Path, known: &[ImportId]) {
    for entry in fs::read_dir(all(data)).into_iter().flatten().flatten() {
        let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if id.is_none_or(|id| !known.contains(&id)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A file as it came.
fn file(number: usize) -> String {
    format!("file-{number}")
}

/// A new file for its owner alone, in a folder that is made if it is not there.
fn private(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}
