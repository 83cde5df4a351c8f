//! The versions of the playbook, compiled, and which of them a lead lives under.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::condition::sampled;
use attractor_engine::misread::said_of;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_store::{Connection, Error, Kind, VersionNumber, lane, versions};
use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Serialize};

/// Which version is in force, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    pub version: VersionNumber,
    pub at: Instant,
    /// Whether the moves that it causes may enrol.
    pub enrols: bool,
}

/// A candidate under which a share of the leads lives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pilot {
    pub version: VersionNumber,
    pub at: Instant,
    pub percent: f64,
}

/// The version that a lead lives under.
#[derive(Clone)]
pub struct Under {
    pub version: VersionNumber,
    pub program: Arc<Program>,
    pub at: Instant,
    pub enrols: bool,
}

#[derive(Clone)]
pub struct Versions {
    zones: TimeZoneDatabase,
    pub in_force: Option<InForce>,
    pub pilot: Option<Pilot>,
    programs: BTreeMap<VersionNumber, Arc<Program>>,
}

pub const IN_FORCE: &str = "version in force";
pub const PILOT: &str = "pilot";

impl Versions {
    pub fn read(connection: &mut Connection, zones: TimeZoneDatabase) -> Result<Versions, Error> {
        let mut versions = Versions { zones, in_force: None, pilot: None, programs: BTreeMap::new() };
        versions.refresh(connection)?;
        Ok(versions)
    }

    /// Reads again what is in force.
    pub fn refresh(&mut self, connection: &mut Connection) -> Result<(), Error> {
        self.in_force = read_state(connection, IN_FORCE)?;
        self.pilot = read_state(connection, PILOT)?;
        for number in self.in_force.map(|now| now.version).into_iter().chain(self.pilot.map(|pilot| pilot.version)) {
            self.program(connection, number)?;
        }
        Ok(())
    }

    /// Forgets what was compiled: a version whose transaction failed may come again with other files.
    pub fn forget(&mut self) {
        self.programs.clear();
    }

    /// The version that a lead of this name lives under; `None` before the first one is published.
    pub fn of(&self, name: &str) -> Option<Under> {
        let now = self.in_force?;
        let pilot = self.pilot.filter(|pilot| sampled(pilot.percent, &pilot.version.to_string(), name));
        let (version, at, enrols) = match pilot {
            Some(pilot) => (pilot.version, pilot.at, false),
            None => (now.version, now.at, now.enrols),
        };
        Some(Under { version, program: self.programs.get(&version)?.clone(), at, enrols })
    }

    /// When days begin where.
    pub fn zones(&self) -> &TimeZoneDatabase {
        &self.zones
    }

    /// The program in force; `None` before the first version is published.
    pub fn program_in_force(&self) -> Option<&Arc<Program>> {
        self.in_force.and_then(|now| self.compiled(now.version))
    }

    /// A version that is compiled already.
    pub fn compiled(&self, number: VersionNumber) -> Option<&Arc<Program>> {
        self.programs.get(&number)
    }

    /// A published version, compiled.
    pub fn program(&mut self, connection: &mut Connection, number: VersionNumber) -> Result<Arc<Program>, Error> {
        self.readable(connection, number)?.map_err(|why| Error::new(Kind::Other, why))
    }

    /// The same, where only the store's own errors are errors: the inner one says why a version cannot be used, because it is
    /// not there or does not compile. No second try would help that.
    pub fn readable(
        &mut self,
        connection: &mut Connection,
        number: VersionNumber,
    ) -> Result<Result<Arc<Program>, String>, Error> {
        if let Some(program) = self.programs.get(&number) {
            return Ok(Ok(program.clone()));
        }
        let Some(version) = versions::one(connection, number)? else { return Ok(Err(missing(number))) };
        let compiled = compile(&version.files, &self.zones).map(Arc::new).map_err(|error| error.text);
        if let Ok(program) = &compiled {
            self.programs.insert(number, program.clone());
        }
        Ok(compiled)
    }
}

/// A published version, compiled anew.
pub fn stored(connection: &mut Connection, number: VersionNumber, zones: &TimeZoneDatabase) -> Result<Program, Error> {
    let version = versions::one(connection, number)?;
    let version = version.ok_or_else(|| Error::new(Kind::Other, missing(number)))?;
    compile(&version.files, zones)
}

fn missing(number: VersionNumber) -> String {
    format!("there is no version {number}")
}

/// The playbook's file among a version's files.
pub const PLAYBOOK: &str = "playbook.yaml";

fn compile(files: &str, zones: &TimeZoneDatabase) -> Result<Program, Error> {
    let wrong = |why: String| Error::new(Kind::Other, format!("a stored playbook does not compile: {why}"));
    let files: BTreeMap<String, String> = serde_json::from_str(files).map_err(|error| wrong(said_of(&error)))?;
    let text = files.get(PLAYBOOK).ok_or_else(|| wrong(format!("it has no {PLAYBOOK}")))?;
    let reading = playbook::read(text);
    let playbook = reading.playbook.ok_or_else(|| wrong(format!("{:?}", reading.problems)))?;
    Program::new(playbook, zones).map_err(wrong)
}

pub fn read_state<T: serde::de::DeserializeOwned>(connection: &mut Connection, name: &str) -> Result<Option<T>, Error> {
    let wrong = |e: serde_json::Error| Error::new(Kind::Other, format!("the state `{name}`: {}", said_of(&e)));
    lane::state(connection, name)?.map(|text| serde_json::from_str(&text).map_err(wrong)).transpose()
}

pub fn write_state<T: Serialize>(connection: &mut Connection, name: &str, value: &T) -> Result<(), Error> {
    let text = serde_json::to_string(value).map_err(|error| Error::new(Kind::Other, said_of(&error)))?;
    lane::set_state(connection, name, &text)
}
