//! The draft: edits of the playbook that gather until they are published. There is one per installation, based on a
//! version. What is published in the meantime is never overwritten: the draft is then in conflict, until it is rebased.

pub mod change;
mod replay;
mod shown;
mod tag;

use attractor_engine::misread;
use attractor_engine::time::Instant;
use attractor_store::draft::{self, DraftEditRow, DraftRow};
use attractor_store::{Connection, DraftNumber, Error, Kind};
use serde_json::json;

use super::check::{Bodies, usable_as_draft};
use super::differences::{between, between_read};
use super::files::Files;
use super::people::{self, DryRun};
use super::publish::{self, FromDraft, PublishRequest, Published};
use super::{Present, difference, present};
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::refusal::Refusal;
use change::DraftChange;
use replay::{DraftEdit, Replayed, Unmade, make, replay, replay_on, without};
pub use shown::{DraftConflict, DraftEditItem, DraftView};
pub use tag::{DraftTag, Expected};

/// Edits that a draft holds at most.
const MOST: usize = 200;

/// The draft as it is stored, and the version in force.
struct Draft {
    row: DraftRow,
    edits: Vec<DraftEdit>,
    present: Present,
    /// The files of the version that it is based on; those in force where there is no draft.
    base: Files,
}

impl Draft {
    fn read(connection: &mut Connection) -> Result<Draft, Refusal> {
        let (row, present) = (draft::read(connection)?, present(connection)?);
        let edits = draft::edits(connection)?.into_iter().map(read_edit).collect::<Result<_, Error>>()?;
        let base = match row.base.filter(|base| *base != present.in_force.version) {
            Some(base) => super::version(connection, base)?.1,
            None => present.files.clone(),
        };
        Ok(Draft { row, edits, present, base })
    }

    fn tag(&self) -> DraftTag {
        DraftTag { draft: self.row.number, in_force: self.present.in_force.version }
    }

    fn is_in_conflict(&self) -> bool {
        self.row.base.is_some_and(|base| base != self.present.in_force.version)
    }

    fn replayed(&self) -> Replayed {
        replay(&self.base, &self.edits)
    }

    /// On the version in force.
    fn replayed_now(&self) -> Replayed {
        let on_base = self.replayed();
        if self.is_in_conflict() { replay_on(&self.present.files, &self.edits, &on_base.outcomes) } else { on_base }
    }

    fn edit(&self, number: DraftNumber) -> Result<&DraftEdit, Refusal> {
        let found = self.edits.iter().find(|edit| edit.number == number);
        found.ok_or_else(|| {
            let numbers: Vec<String> = self.edits.iter().map(|edit| edit.number.to_string()).collect();
            let known =
                if numbers.is_empty() { "it has none".into() } else { format!("it has {}", numbers.join(", ")) };
            Refusal::Missing(format!("the draft has no edit {number}; {known}"))
        })
    }

    /// An error where an edit does not apply to the version in force.
    fn demand_all(&self, replayed: &Replayed) -> Result<(), Refusal> {
        let failed = self.edits.iter().zip(&replayed.outcomes).filter_map(|(edit, outcome)| {
            let why = outcome.made.as_ref().err()?.why();
            Some(format!("edit {}: {why}", edit.number))
        });
        let failed: Vec<String> = failed.collect();
        match failed.is_empty() {
            true => Ok(()),
            false => Err(Refusal::Conflict(format!(
                "these edits do not apply to version {}; undo them first: {}",
                self.present.in_force.version,
                failed.join("; ")
            ))),
        }
    }

    fn refuse_conflict(&self) -> Result<(), Refusal> {
        let Some(base) = self.row.base.filter(|_| self.is_in_conflict()) else { return Ok(()) };
        Err(Refusal::Conflict(format!(
            "the draft is based on version {base}, but version {} is in force; look at what differs, undo the edits that \
             no longer apply, and rebase the draft (POST /api/playbook/draft/rebase)",
            self.present.in_force.version
        )))
    }
}

fn read_edit(row: DraftEditRow) -> Result<DraftEdit, Error> {
    let DraftEditRow { number, at, author, document } = row;
    let wrong =
        |e: serde_json::Error| Error::new(Kind::Other, format!("edit {number} of the draft: {}", misread::said_of(&e)));
    Ok(DraftEdit { number, at, author, changes: serde_json::from_str(&document).map_err(wrong)? })
}

/// The files as they are once the draft is published: those in force with its edits.
pub(crate) fn files(connection: &mut Connection) -> Result<Files, Refusal> {
    Ok(Draft::read(connection)?.replayed_now().files)
}

/// The draft as people see it.
pub async fn shown(app: &App) -> Result<DraftView, Refusal> {
    let zones = app.machine.zones();
    app.read(move |view| Ok(DraftView::of(&Draft::read(view.connection)?, &zones))).await
}

/// Adds an edit of one or several changes. The whole playbook must pass `check` after it.
pub async fn add(
    app: &App,
    actor: &Actor,
    expected: Expected,
    changes: Vec<DraftChange>,
) -> Result<DraftView, Refusal> {
    if changes.is_empty() {
        return Err(Refusal::invalid("/changes", "an edit has at least one change"));
    }
    let zones = app.machine.zones();
    let asked = changes.clone();
    let (tag, sentences) = app
        .read(move |view| {
            let draft = Draft::read(view.connection)?;
            expected.demand(draft.tag())?;
            draft.refuse_conflict()?;
            if draft.edits.len() >= MOST {
                return Err(Refusal::Conflict(format!("the draft has {MOST} edits; publish it before you add more")));
            }
            let before = draft.replayed();
            let made = make(&before.files, &asked).map_err(refused)?;
            usable_as_draft(&made.files, &zones).map_err(Refusal::Unusable)?;
            let differences = between_read((&before.files, &before.playbook), (&made.files, &made.playbook));
            let sentences: Vec<String> = differences.into_iter().map(|difference| difference.sentence).collect();
            Ok((draft.tag(), sentences))
        })
        .await?;
    let document = json!(changes).to_string();
    write(app, actor, tag, "draft edited", json!({"sentences": sentences}), move |connection, row, edit| {
        draft::insert_edit(connection, &DraftEditRow { document, ..edit })?;
        Ok(row)
    })
    .await?;
    shown(app).await
}

fn refused(unmade: Unmade) -> Refusal {
    match unmade {
        Unmade::Change(at, wrong) => Refusal::invalid(format!("/changes/{at}{}", wrong.pointer), wrong.message),
        Unmade::Unusable(findings) => Refusal::Unusable(findings),
        Unmade::Overwrites(why) => Refusal::Conflict(why),
    }
}

/// Takes one edit back: the others are made without it. One that a later edit builds on is refused, and that is named.
pub async fn undo(app: &App, actor: &Actor, expected: Expected, number: DraftNumber) -> Result<DraftView, Refusal> {
    let zones = app.machine.zones();
    let tag = app
        .read(move |view| {
            let draft = Draft::read(view.connection)?;
            expected.demand(draft.tag())?;
            draft.edit(number)?;
            let files = without(&draft.base, &draft.edits, number).map_err(|(other, why)| {
                Refusal::Conflict(format!("edit {other} builds on edit {number} ({why}); undo edit {other} first"))
            })?;
            usable_as_draft(&files, &zones).map_err(Refusal::Unusable)?;
            Ok(draft.tag())
        })
        .await?;
    write(app, actor, tag, "draft edit undone", json!({"edit": number}), move |connection, row, _| {
        draft::delete_edit(connection, number)?;
        let is_empty = draft::edits(connection)?.is_empty();
        Ok(DraftRow { base: row.base.filter(|_| !is_empty), ..row })
    })
    .await?;
    shown(app).await
}

/// Takes all edits back.
pub async fn discard(app: &App, actor: &Actor, expected: Expected) -> Result<DraftView, Refusal> {
    let tag = existing(app, expected).await?;
    write(app, actor, tag, "draft discarded", json!({}), |connection, row, _| {
        draft::delete_edits(connection)?;
        Ok(DraftRow { base: None, ..row })
    })
    .await?;
    shown(app).await
}

async fn existing(app: &App, expected: Expected) -> Result<DraftTag, Refusal> {
    app.read(move |view| {
        let draft = Draft::read(view.connection)?;
        expected.demand(draft.tag())?;
        match draft.row.base {
            Some(_) => Ok(draft.tag()),
            None => Err(Refusal::Missing("there is no draft".into())),
        }
    })
    .await
}

/// Bases the draft on the version in force, if all of its edits apply there and write over nothing.
pub async fn rebase(app: &App, actor: &Actor, expected: Expected) -> Result<DraftView, Refusal> {
    let tag = existing(app, expected).await?;
    let zones = app.machine.zones();
    app.read(move |view| {
        let draft = Draft::read(view.connection)?;
        if !draft.is_in_conflict() {
            return Err(Refusal::Conflict("the draft is based on the version in force already".into()));
        }
        let replayed = draft.replayed_now();
        draft.demand_all(&replayed)?;
        usable_as_draft(&replayed.files, &zones).map_err(Refusal::Unusable).map(drop)
    })
    .await?;
    let base = tag.in_force;
    write(app, actor, tag, "draft rebased", json!({"base": base}), move |_, row, _| {
        Ok(DraftRow { base: Some(base), ..row })
    })
    .await?;
    shown(app).await
}

/// Changes the draft in one transaction, unless it or the version in force is another one by now than `tag` says. `work`
/// gets the draft's row with its next number, and an edit of that number without its document; it returns the row to store.
async fn write(
    app: &App,
    actor: &Actor,
    tag: DraftTag,
    what: &'static str,
    details: serde_json::Value,
    work: impl FnOnce(&mut Connection, DraftRow, DraftEditRow) -> Result<DraftRow, Error> + Send + 'static,
) -> Result<(), Refusal> {
    let (actor, now): (Actor, Instant) = (actor.clone(), app.clock.now());
    app.write(move |connection| {
        let (row, in_force) = (draft::read(connection)?, present(connection)?.in_force.version);
        if let Err(stale) = Expected::Tag(tag).demand(DraftTag { draft: row.number, in_force }) {
            return Ok(Err(stale));
        }
        let number = row.number.next();
        let next = DraftRow { number, base: row.base.or(Some(in_force)) };
        let edit = DraftEditRow { number, at: now.0, author: actor.who.clone(), document: String::new() };
        let next = work(connection, next, edit)?;
        draft::write(connection, next)?;
        note(connection, &actor, now.0, what, &format!("draft {number}"), &details).map(Ok)
    })
    .await
}

/// Whom the draft would move if it were published now; or one edit, if it alone were.
pub async fn people(app: &std::sync::Arc<App>, edit: Option<DraftNumber>) -> Result<std::sync::Arc<DryRun>, Refusal> {
    let files = app
        .read(move |view| {
            let draft = Draft::read(view.connection)?;
            let Some(number) = edit else { return Ok(draft.replayed_now().files) };
            let made = make(&draft.present.files, &draft.edit(number)?.changes);
            made.map(|made| made.files).map_err(|unmade| {
                let why = unmade.why();
                Refusal::Conflict(format!(
                    "edit {number} cannot be tried without those before it ({why}); try the whole draft"
                ))
            })
        })
        .await?;
    people::begin(app, (files, Bodies::Made), false, None).await
}

/// Publishes the draft as a new version and ends it. Where another version is in force than the one that it is based on,
/// nothing is published.
pub async fn publish(
    app: &App,
    actor: &Actor,
    expected: Expected,
    note: String,
    enrols: bool,
) -> Result<Published, Refusal> {
    let tag = existing(app, expected).await?;
    let (base, files, sentences) = app
        .read(move |view| {
            let draft = Draft::read(view.connection)?;
            let files = draft.replayed().files;
            if draft.is_in_conflict() {
                let difference =
                    difference::between(&draft.present.files, &files, &super::differences::playbook_of(&files));
                let (in_force, based_on) = (draft.present.in_force.version, draft.row.base);
                return Err(Refusal::Outdated { in_force, based_on, difference });
            }
            if files == draft.base {
                let why = "the edits of the draft cancel each other out, so there is nothing to publish; discard it";
                return Err(Refusal::Conflict(why.into()));
            }
            let sentences = between(&draft.base, &files).into_iter().map(|difference| difference.sentence).collect();
            Ok((draft.row.base, files, sentences))
        })
        .await?;
    let draft = Some(FromDraft { number: tag.draft, sentences });
    let bodies = Bodies::Made;
    let request = PublishRequest { files, note, based_on: base, force: false, enrols, pilot: None, draft, bodies };
    publish::publish(app, actor, request).await
}
