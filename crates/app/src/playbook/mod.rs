//! The playbook: what is in force, what a candidate would change, and how it gets in force.

mod bodies;
pub mod check;
pub mod difference;
pub mod differences;
pub mod draft;
pub mod files;
pub mod finding;
pub mod parsed;
pub mod people;
pub mod publish;
pub mod references;
pub mod seen;

use attractor_engine::playbook::{self, Playbook};
use attractor_engine::time::Instant;
pub use attractor_live::PLAYBOOK;
use attractor_live::{InForce, Pilot, Scan, force};
use attractor_store::versions::{self, Version};
use attractor_store::{Connection, Error, Kind, VersionNumber};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::access::names::ActorNames;
use crate::cursor::{self, Page};
use crate::refusal::Refusal;
use crate::view::View;
use files::Files;

/// What is in force.
#[derive(Clone, Debug)]
pub struct Present {
    pub in_force: InForce,
    pub pilot: Option<Pilot>,
    pub version: Version,
    pub files: Files,
}

/// The files of a published version.
pub fn files_of(version: &Version) -> Result<Files, Error> {
    let wrong = |e: serde_json::Error| Error::new(Kind::Other, format!("the files of version {}: {e}", version.number));
    serde_json::from_str(&version.files).map_err(wrong)
}

/// What is in force now.
pub fn shown(view: &mut View) -> Result<Present, Refusal> {
    Ok(present(view.connection)?)
}

/// The number of the version in force; 0 where there is none.
pub fn number(view: &mut View) -> Result<VersionNumber, Refusal> {
    Ok(force::in_force(view.connection)?.map_or(VersionNumber::NONE, |now| now.version))
}

/// Published versions, the newest first; behind a cursor.
pub fn published(view: &mut View, after: Option<&str>, limit: usize) -> Result<Page<VersionItem>, Refusal> {
    let before = cursor::read(after)?.unwrap_or(VersionNumber::MAX);
    let page = Page::cut(versions::page(view.connection, before, limit as i64 + 1)?, limit, |last| last.number);
    let actors = ActorNames::read(view.connection)?;
    let items = page.items.iter().map(|version| VersionItem::of(version, &actors)).collect();
    Ok(Page { items, next: page.next })
}

/// What is in force now.
pub(crate) fn present(connection: &mut Connection) -> Result<Present, Error> {
    let none = || Error::new(Kind::Other, "no playbook is published yet");
    let in_force = force::in_force(connection)?.ok_or_else(none)?;
    let version = versions::one(connection, in_force.version)?.ok_or_else(none)?;
    let files = files_of(&version)?;
    Ok(Present { in_force, pilot: force::pilot(connection)?, version, files })
}

impl Present {
    /// The playbook in force. An error where this program no longer reads it.
    pub fn playbook(&self) -> Result<Playbook, Error> {
        let reading = playbook::read(self.files.get(PLAYBOOK).map_or("", String::as_str));
        let wrong =
            || Error::new(Kind::Other, format!("version {} of the playbook cannot be read", self.version.number));
        reading.playbook.ok_or_else(wrong)
    }

    /// The playbook in force, and a pilot's: those that leads live under.
    pub fn playbooks(&self, connection: &mut Connection) -> Result<Vec<Playbook>, Error> {
        let mut playbooks = vec![self.playbook()?];
        if let Some(pilot) = self.pilot
            && let Some(version) = versions::one(connection, pilot.version)?
        {
            let files = files_of(&version)?;
            playbooks.extend(playbook::read(files.get(PLAYBOOK).map_or("", String::as_str)).playbook);
        }
        Ok(playbooks)
    }
}

/// One published version with its files.
pub fn one(view: &mut View, number: VersionNumber) -> Result<(VersionItem, Files), Refusal> {
    let (found, files) = version(view.connection, number)?;
    let actors = ActorNames::read(view.connection)?;
    Ok((VersionItem::of(&found, &actors), files))
}

pub(crate) fn version(connection: &mut Connection, number: VersionNumber) -> Result<(Version, Files), Refusal> {
    match versions::one(connection, number)? {
        Some(version) => Ok((version.clone(), files_of(&version)?)),
        None => {
            let newest = versions::last(connection)?;
            Err(Refusal::Missing(format!("there is no version {number}; the newest is {newest}")))
        }
    }
}

/// How far the leads are with the version in force.
pub struct Progress {
    pub version: VersionNumber,
    /// `None`: all are through.
    pub scan: Option<Scan>,
}

impl Progress {
    /// Whole percent, below 100 until all are through. Leads are spread evenly over 256 buckets.
    pub fn percent(&self) -> i64 {
        self.scan.map_or(100, |scan| (scan.bucket.max(0) * 100 / 256).min(99))
    }
}

pub async fn progress(app: &App) -> Result<Progress, Refusal> {
    app.readers
        .read(|connection| {
            let version = force::in_force(connection)?.map_or(VersionNumber::NONE, |now| now.version);
            Ok(Progress { version, scan: force::scan(connection)? })
        })
        .await
}

/// A published version
#[derive(Serialize, ToSchema)]
pub struct VersionItem {
    #[schema(value_type = i64)]
    version: VersionNumber,
    #[schema(format = DateTime)]
    at: String,
    /// `user:3`, `key:2`, `command line (ada)` or `attractor`
    author: String,
    /// The name of that user or key; null where it has none, or somebody else published the version
    author_name: Option<String>,
    note: String,
}

impl VersionItem {
    /// As the API shows it; `actors` are the names of those who may have published it.
    fn of(version: &Version, actors: &ActorNames) -> VersionItem {
        VersionItem {
            version: version.number,
            at: Instant(version.at).to_string(),
            author: version.author.clone(),
            author_name: actors.of(&version.author),
            note: version.note.clone(),
        }
    }
}
