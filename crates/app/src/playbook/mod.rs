//! The playbook: what is in force, what a candidate would change, and how it gets in force.

pub mod check;
pub mod difference;
pub mod people;
pub mod publish;
pub mod references;
pub mod seen;

use std::collections::BTreeMap;

use attractor_engine::playbook::{self, Playbook};
use attractor_live::{InForce, PLAYBOOK, Pilot, Scan, force};
use attractor_store::versions::{self, Version};
use attractor_store::{Connection, Error, Kind};

use super::{App, Turned};
use check::Finding;
use difference::Difference;

/// Text by path in the playbook's folder.
pub type Files = BTreeMap<String, String>;

/// What is in force.
#[derive(Clone, Debug)]
pub struct Present {
    pub in_force: InForce,
    pub pilot: Option<Pilot>,
    pub version: Version,
    pub files: Files,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Refused {
    /// The candidate cannot be used.
    Wrong(Vec<Finding>),
    /// It is not based on the version in force; what it would change of that.
    Outdated {
        in_force: i64,
        based_on: Option<i64>,
        difference: Difference,
    },
    /// A pilot of this version runs.
    Piloted(i64),
    /// There is no pilot.
    NoPilot,
    /// There is no such version; the newest is this one.
    NoVersion {
        asked: i64,
        newest: i64,
    },
    /// What was asked for contradicts itself.
    Senseless(&'static str),
    Store(Error),
    Turned(Turned),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Store(error)
    }
}

impl From<Turned> for Refused {
    fn from(turned: Turned) -> Refused {
        Refused::Turned(turned)
    }
}

/// The files of a published version.
pub fn files_of(version: &Version) -> Result<Files, Error> {
    let wrong = |e: serde_json::Error| Error::new(Kind::Other, format!("the files of version {}: {e}", version.number));
    serde_json::from_str(&version.files).map_err(wrong)
}

/// What is in force now.
pub fn present(connection: &mut Connection) -> Result<Present, Error> {
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
pub fn version(connection: &mut Connection, number: i64) -> Result<(Version, Files), Refused> {
    match versions::one(connection, number)? {
        Some(version) => Ok((version.clone(), files_of(&version)?)),
        None => Err(Refused::NoVersion { asked: number, newest: versions::last(connection)? }),
    }
}

/// How far the leads are with the version in force.
pub struct Progress {
    pub version: i64,
    /// `None`: all are through.
    pub scan: Option<Scan>,
}

impl Progress {
    /// Whole percent, below 100 until all are through. Leads are spread evenly over 256 buckets.
    pub fn percent(&self) -> i64 {
        self.scan.map_or(100, |scan| (scan.bucket.max(0) * 100 / 256).min(99))
    }
}

pub async fn progress(app: &App) -> Result<Progress, Refused> {
    app.readers
        .read(|connection| {
            let version = force::in_force(connection)?.map_or(0, |now| now.version);
            Ok(Progress { version, scan: force::scan(connection)? })
        })
        .await
}
