//! A dry run: whom a candidate would move. It goes through all leads, page by page, beside everything else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attractor_engine::condition::Names;
use attractor_engine::program::Program;
use attractor_live::preview::{Candidate, Foreseen, Page};
use attractor_store::{LeadId, VersionNumber, versions};
use jiff::tz::TimeZoneDatabase;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::check::{Bodies, alone, usable_as};
use super::difference::{Difference, between};
use super::files::Files;
use super::finding::Finding;
use super::{present, seen};
use crate::App;
use crate::figures;
use crate::leads::who::{self, LeadNames};
use crate::machine::Host;
use crate::patience::Patience;
use crate::refusal::Refusal;

/// How many leads of each kind are kept.
const NAMES: usize = 20;
/// Leads in one page; between two pages others may read.
const PAGE: i64 = 200;
/// Dry runs that are kept.
const KEPT: usize = 20;
/// How long a request waits for the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many leads, and some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Some20 {
    pub count: u64,
    /// By id and name.
    pub some: Vec<(LeadId, String)>,
}

impl Some20 {
    fn add(&mut self, lead: &Foreseen) {
        self.count += 1;
        if self.some.len() < NAMES {
            self.some.push((lead.id, lead.name.clone()));
        }
    }
}

/// A lead, and what people call it
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonItem {
    /// The lead's id
    pub lead: String,
    #[serde(flatten)]
    pub names: LeadNames,
}

/// What people call the leads of a dry run.
pub struct Called(BTreeMap<LeadId, LeadNames>);

impl Called {
    /// Reads the names of those leads that are shown.
    pub async fn read(app: &App, people: &People) -> Result<Called, Refusal> {
        let shown: Vec<LeadId> = people.shown().collect();
        app.read(move |view| Ok(Called(who::of(view.connection, shown)?))).await
    }

    pub fn persons(&self, leads: &Some20) -> Vec<PersonItem> {
        let names = |id| self.0.get(id).cloned().unwrap_or_default();
        leads.some.iter().map(|(id, _)| PersonItem { lead: id.to_string(), names: names(id) }).collect()
    }
}

/// Ladder, the stage now, the stage then.
pub type StageMove = (String, Option<String>, Option<String>);

/// Whom a candidate would move, as far as that is known.
#[derive(Clone, Debug, Default)]
pub struct People {
    pub looked_at: u64,
    /// Leads of whom anything would change.
    pub moved: u64,
    /// By segment.
    pub entered: BTreeMap<String, Some20>,
    pub left: BTreeMap<String, Some20>,
    pub stages: BTreeMap<StageMove, Some20>,
    /// By sequence and what happens there.
    pub sequences: BTreeMap<(String, &'static str), Some20>,
    /// Whether the candidate decides as the version in force does: then no lead is looked at.
    pub same_rules: bool,
    /// Whether all were looked at.
    pub done: bool,
    /// Why it went no further.
    pub failed: Option<String>,
}

impl People {
    fn take(&mut self, page: &Page) {
        self.looked_at += page.looked_at as u64;
        page.foreseen.iter().filter(|lead| !lead.is_nothing()).for_each(|lead| self.add(lead));
    }

    fn add(&mut self, lead: &Foreseen) {
        self.moved += 1;
        lead.entered.iter().for_each(|id| self.entered.entry(id.clone()).or_default().add(lead));
        lead.left.iter().for_each(|id| self.left.entry(id.clone()).or_default().add(lead));
        lead.stages.iter().for_each(|way| self.stages.entry(way.clone()).or_default().add(lead));
        lead.sequences.iter().for_each(|way| self.sequences.entry(way.clone()).or_default().add(lead));
    }

    /// The leads of whom something is known beside their number.
    fn shown(&self) -> impl Iterator<Item = LeadId> {
        let segments = self.entered.values().chain(self.left.values());
        let all = segments.chain(self.stages.values()).chain(self.sequences.values());
        all.flat_map(|leads| leads.some.iter().map(|(id, _)| *id))
    }
}

/// What a candidate would change.
pub struct DryRun {
    pub id: u64,
    /// The version that it is compared with.
    pub in_force: VersionNumber,
    pub difference: Difference,
    pub warnings: Vec<Finding>,
    /// What the candidate calls its parts; those that it removes go by their names in the version in force.
    pub names: Names,
    people: watch::Sender<People>,
}

impl DryRun {
    /// Whom it would move, as far as that is known; waits a little for the end.
    pub async fn people(&self, host: &Host) -> People {
        let mut hears = self.people.subscribe();
        // Who has waited long enough is told how far it is.
        let ended = hears.wait_for(|people| people.done || people.failed.is_some());
        let _ = host.within(PATIENCE, ended).await;
        hears.borrow_and_update().clone()
    }
}

/// The dry runs of late.
#[derive(Default)]
pub struct DryRuns {
    next: AtomicU64,
    kept: Mutex<VecDeque<Arc<DryRun>>>,
}

impl DryRuns {
    pub fn find(&self, id: u64) -> Option<Arc<DryRun>> {
        self.kept().iter().find(|run| run.id == id).cloned()
    }

    fn keep(&self, run: Arc<DryRun>) {
        let mut kept = self.kept();
        kept.push_back(run);
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<DryRun>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a dry run of a candidate, its files and how its bodies are looked at; `enrols` and `pilot` as when it is published.
pub async fn begin(
    app: &Arc<App>,
    (files, bodies): (Files, Bodies),
    enrols: bool,
    pilot: Option<f64>,
) -> Result<Arc<DryRun>, Refusal> {
    let (zones, alert_lists) = (app.machine.zones(), app.settings.alert_lists.clone());
    let looked = app.readers.read(move |connection| {
        let seen = seen::look(connection)?;
        let mut usable = usable_as(bodies, &files, &seen, &zones).map_err(Refusal::Unusable)?;
        let (before, newest) = (present(connection)?, versions::last(connection)?);
        usable.look_around(connection, before.playbook().ok().as_ref(), &alert_lists)?;
        Ok::<_, Refusal>((before, newest, usable, files))
    });
    let (before, newest, usable, files) = looked.await?;
    let program = Arc::new(usable.program);
    let earlier = before.playbook().map(|playbook| Names::of(&playbook)).unwrap_or_default();
    let run = Arc::new(DryRun {
        id: app.dry_runs.next.fetch_add(1, Ordering::Relaxed) + 1,
        in_force: before.in_force.version,
        difference: between(&before.files, &files, &usable.playbook),
        warnings: usable.warnings,
        names: Names::of(program.playbook()).with_earlier(earlier),
        people: watch::channel(People::default()).0,
    });
    app.dry_runs.keep(run.clone());
    if before.playbook().is_ok_and(|playbook| same_rules(playbook, &program, &app.machine.zones())) {
        run.people.send_modify(|people| (people.same_rules, people.done) = (true, true));
        return Ok(run);
    }
    let pilot = pilot.map(|percent| (percent, newest.next()));
    let (now, present) = (app.clock.now(), BTreeMap::new());
    let candidate = Candidate { program, zones: app.machine.zones(), pilot, enrols, now, present };
    app.machine.begin(look(app.clone(), run.clone(), candidate));
    Ok(run)
}

/// Texts and names move nobody.
fn same_rules(playbook: attractor_engine::playbook::Playbook, candidate: &Program, zones: &TimeZoneDatabase) -> bool {
    Program::new(playbook, zones).is_ok_and(|program| program.hash() == candidate.hash())
}

/// Goes through all leads, until nobody is left or the server stops, and goes on where it was after an error that passes.
async fn look(app: Arc<App>, run: Arc<DryRun>, candidate: Candidate) {
    // One page is read after the other; what fails must leave it here.
    let candidate = Arc::new(Mutex::new(candidate));
    let (mut after, mut moved, mut patience) = ((-1, LeadId::NOBODY), true, Patience::default());
    while !app.is_stopping() {
        let candidate = candidate.clone();
        let read = app.readers.read(move |connection| {
            candidate.lock().unwrap_or_else(PoisonError::into_inner).page(connection, after, PAGE)
        });
        let page = match read.await {
            Ok(page) => {
                figures::unreadable(&page.unreadable);
                page
            }
            Err(error) => match patience.after(&error, moved) {
                Some(pause) => {
                    moved = false;
                    app.machine.sleep(pause).await;
                    continue;
                }
                None => return run.people.send_modify(|people| people.failed = Some(error.to_string())),
            },
        };
        moved = true;
        run.people.send_modify(|people| {
            people.take(&page);
            people.done = page.last.is_none();
        });
        match page.last {
            Some(last) => after = last,
            None => return,
        }
    }
}

/// What a dry run looks at: files that somebody has, or those of an older version, as a rollback would publish them.
pub async fn candidate(
    app: &App,
    files: Option<Files>,
    text: Option<String>,
    version: Option<VersionNumber>,
) -> Result<(Files, Bodies), Refusal> {
    match (files, text, version) {
        (None, None, Some(number)) => {
            let (_, files) = app.readers.read(move |connection| super::version(connection, number)).await?;
            Ok((files, Bodies::MadeBefore))
        }
        (files, text, None) => Ok((self::files(files, text)?, Bodies::Made)),
        _ => Err(Refusal::senseless("`version` stands for its own files: leave `files` and `text` out")),
    }
}

/// A playbook that is its own text alone, or several files.
pub fn files(files: Option<Files>, text: Option<String>) -> Result<Files, Refusal> {
    match (files, text) {
        (Some(files), None) => Ok(files),
        (None, Some(text)) => Ok(alone(&text)),
        _ => Err(Refusal::senseless("give `files`, an object of texts by path, or `text`, the playbook alone")),
    }
}
