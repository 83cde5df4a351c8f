//! Files of the folder of mails that could not be read: listed with the reason, taken once more, or deleted. The reason is
//! beside each file, in a hidden one.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use attractor_engine::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::folder::{FAILED, place, put_aside, waiting};
use super::short_hash;
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::cursor::{self, Page};
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::sending::caught::on_disk;

/// What is said of a file whose reason was not kept, such as one that somebody put there.
const NO_REASON: &str = "the reason was not kept; the server's log of that time may have it";

/// A file of mails that could not be read
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FailedFile {
    pub id: String,
    /// As it is called in the folder `failed`
    pub name: String,
    /// Bytes
    pub size: u64,
    /// When it was put aside
    #[schema(format = DateTime)]
    pub at: String,
    /// Why it could not be read
    pub why: String,
}

#[derive(Serialize, Deserialize)]
struct Reason {
    /// Milliseconds since 1970.
    at: i64,
    why: String,
}

/// Files are named by the hash of their name, which may be anything.
fn id_of(file: &Path) -> String {
    short_hash(file.file_name().unwrap_or_default().as_bytes())
}

/// Where the reason of a file is.
pub(super) fn reason_of(file: &Path) -> PathBuf {
    file.with_file_name(format!(".{}.json", id_of(file)))
}

/// Keeps why a file was put aside. That this fails changes nothing about the file.
pub(super) fn remember(file: &Path, now: Instant, why: String) {
    let written = serde_json::to_vec(&Reason { at: now.0, why }).map_err(io::Error::from);
    if let Err(error) = written.and_then(|text| fs::write(reason_of(file), text)) {
        tracing::warn!(file = %file.display(), %error, "why this file was put aside cannot be kept");
    }
}

/// Files that could not be read, those that were put aside last at first; none where the settings name no folder.
pub async fn page(app: &App, cursor: Option<String>, limit: usize) -> Result<Page<FailedFile>, Refusal> {
    let before: Option<(String, String)> = cursor::read(cursor.as_deref())?;
    let Some(place) = place(app) else { return Ok(Page { items: Vec::new(), next: None }) };
    let mut items = on_disk(app, move || listed(&place.join(FAILED))).await?;
    items.sort_by(|a, b| (&b.at, &b.id).cmp(&(&a.at, &a.id)));
    items.retain(|item| before.as_ref().is_none_or(|(at, id)| (&item.at, &item.id) < (at, id)));
    items.truncate(limit + 1);
    Ok(Page::cut(items, limit, |last| (last.at.clone(), last.id.clone())))
}

fn listed(folder: &Path) -> io::Result<Vec<FailedFile>> {
    let files = match waiting(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        files => files?,
    };
    // Somebody may have taken one away meanwhile.
    Ok(files.iter().filter_map(|file| shown(file).ok()).collect())
}

fn shown(file: &Path) -> io::Result<FailedFile> {
    let metadata = fs::metadata(file)?;
    let kept = fs::read(reason_of(file)).ok().and_then(|text| serde_json::from_slice::<Reason>(&text).ok());
    // Seconds.
    let changed_at = metadata.mtime().saturating_mul(1_000);
    let Reason { at, why } = kept.unwrap_or_else(|| Reason { at: changed_at, why: NO_REASON.to_owned() });
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(FailedFile { id: id_of(file), name, size: metadata.len(), at: instant(at), why })
}

/// Puts a file back into the folder, where it is taken once more. What was stored of it counts once.
pub async fn retry(app: &App, actor: &Actor, id: String) -> Result<(), Refusal> {
    let name = with_file(app, id, |file, place| put_aside(file, place).map(drop)).await?;
    noted(app, actor, "inbound file taken once more", name).await
}

/// Deletes a file.
pub async fn discard(app: &App, actor: &Actor, id: String) -> Result<(), Refusal> {
    let name = with_file(app, id, |file, _| fs::remove_file(file)).await?;
    noted(app, actor, "inbound file deleted", name).await
}

/// Does something with the file that has an id, and forgets its reason; returns its name.
async fn with_file(
    app: &App,
    id: String,
    act: impl FnOnce(&Path, &Path) -> io::Result<()> + Send + 'static,
) -> Result<String, Refusal> {
    let missing = format!("no file that could not be read has the id `{id}`; GET /api/inbound/failed lists them");
    let Some(place) = place(app) else { return Err(Refusal::Missing(missing)) };
    let done = on_disk(app, move || {
        let found = waiting(&place.join(FAILED))?.into_iter().find(|file| id_of(file) == id);
        let Some(file) = found else { return Ok(None) };
        act(&file, &place)?;
        match fs::remove_file(reason_of(&file)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(Some(file.file_name().unwrap_or_default().to_string_lossy().into_owned())),
        }
    });
    done.await?.ok_or(Refusal::Missing(missing))
}

async fn noted(app: &App, actor: &Actor, what: &'static str, name: String) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.machine.now().0);
    app.write(move |connection| note(connection, &actor, now, what, "sending", &json!({"file": name})).map(Ok)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_with_its_reason_and_one_without_says_so() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bad.eml", "odd.eml", ".hidden"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let bad = folder.path().join("bad.eml");
        remember(&bad, Instant(1_782_777_600_000), "it is empty".into());
        let mut all = listed(folder.path()).unwrap();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let found: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.size, one.why.as_str())).collect();
        assert_eq!(found, [("bad.eml", 7, "it is empty"), ("odd.eml", 7, NO_REASON)]);
        assert_eq!((all[0].at.as_str(), &all[0].id), ("2026-06-30T00:00:00.000Z", &id_of(&bad)));
        fs::write(reason_of(&bad), "{").unwrap();
        assert_eq!(shown(&bad).unwrap().why, NO_REASON);
        assert_eq!(listed(&folder.path().join("none")).unwrap(), []);
    }
}
