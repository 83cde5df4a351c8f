//! A folder of mails that came back: each file is taken in order, and afterwards put into `done` or `failed` in it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attractor_engine::time::Instant;
use attractor_mail::inbound::mails;
use attractor_store::Kind;

use super::{Meaning, OwnMailbox, Returned, failed, mailbox_of, short_hash, storing};
use crate::App;
use crate::lane::Stop;

/// Where files are whose mails are stored.
pub(super) const DONE: &str = "done";
/// Where files are that cannot be read.
pub(super) const FAILED: &str = "failed";
/// A larger file is not read: as much as the mail server takes, for several mails.
const MOST_BYTES: u64 = 100 * 1024 * 1024;

/// The folder of the settings; `None` where none is set.
pub fn place(app: &App) -> Option<PathBuf> {
    let name = &app.settings.inbound_folder;
    (!name.is_empty()).then(|| app.folder.path().join(name))
}

/// Makes the folder with those in it. The error says which could not be made.
pub fn prepare(place: &Path) -> Result<(), String> {
    for folder in [place.to_owned(), place.join(DONE), place.join(FAILED)] {
        fs::create_dir_all(&folder).map_err(|why| format!("`inbound_folder`: {}: {why}", folder.display()))?;
    }
    Ok(())
}

/// The files that wait, in the order of their names. One whose name begins with a dot is still being written.
pub(super) fn waiting(place: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    // What cannot be looked at has gone, or is looked at again in a moment.
    for entry in fs::read_dir(place)?.flatten() {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // Links lead elsewhere.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) && !is_hidden {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Takes the files that wait, on a thread that may wait; returns how many. A file is put aside after the commit, so that it
/// may be taken twice, and counts once. One that cannot be read, stored or put aside keeps no other from its turn.
pub fn take(app: &App, place: &Path) -> Result<usize, Stop> {
    let store = |content: &[u8]| if app.is_stopping() { Err(Stop::Stopped) } else { store(app, content) };
    take_each(place, app.machine.now(), &store)
}

/// Whether the content of a file is stored; the error is what is wrong with the file.
type FileStored = Result<(), String>;

/// The same with any way to store the content of a file, which says what is wrong with the file where that is why it cannot
/// be stored.
fn take_each(place: &Path, now: Instant, store: &dyn Fn(&[u8]) -> Result<FileStored, Stop>) -> Result<usize, Stop> {
    let files = waiting(place).map_err(|why| Stop::Later(format!("{}: {why}", place.display())))?;
    let (mut taken, mut stays) = (0, None);
    for file in files {
        let stored = match read(&file) {
            Ok(content) => store(&content)?,
            Err(why) => Err(why.to_string()),
        };
        match aside(&file, place, stored, now) {
            Ok(()) => taken += 1,
            Err(why) => stays = Some(why),
        }
    }
    stays.map_or(Ok(taken), |why| Err(Stop::Later(why)))
}

/// Puts a file where it belongs now. The error says that it stays.
fn aside(file: &Path, place: &Path, stored: FileStored, now: Instant) -> Result<(), String> {
    let folder = if stored.is_ok() { DONE } else { FAILED };
    let moved = put_aside(file, &place.join(folder));
    let target = moved.map_err(|why| format!("{} cannot be moved into `{folder}`: {why}", file.display()))?;
    if let Err(why) = stored {
        tracing::error!(file = %file.display(), why, "a mail in `inbound_folder` cannot be read; it is put into `failed`");
        failed::remember(&target, now, why);
    }
    Ok(())
}

/// The content of a file; the error is why it cannot be read.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let size = fs::metadata(file)?.len();
    if size > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")));
    }
    let content = fs::read(file)?;
    if content.trim_ascii().is_empty() { Err(io::Error::other("it is empty")) } else { Ok(content) }
}

/// Stores what the mails of a file mean; or says why one of them cannot be stored, however often that is tried.
fn store(app: &App, content: &[u8]) -> Result<FileStored, Stop> {
    let mut damaged = Ok(());
    for mail in mails(content) {
        match app.lane.run_here(storing(app, of_mail(app, &Meaning::of_text(mail))))? {
            Ok(_) => {}
            Err(error) if error.kind == Kind::Fenced || error.passes() => return Err(error.into()),
            Err(error) => damaged = Err(error.to_string()),
        }
    }
    Ok(damaged)
}

/// What a mail means: to each mailbox of ours to which it came, or else about the copy that it names itself.
pub(super) fn of_mail(app: &App, meaning: &Meaning) -> Vec<Returned> {
    let own = meaning.to.iter().filter_map(|address| mailbox_of(app, address));
    let own: Vec<OwnMailbox> = own.filter(|mailbox| *mailbox != OwnMailbox::Service).collect();
    if !own.is_empty() {
        return own.into_iter().map(|mailbox| meaning.to_mailbox(&app.links, mailbox)).collect();
    }
    let mut returned = meaning.to_mailbox(&app.links, OwnMailbox::Service);
    if let Some(reply) = &mut returned.reply {
        reply.is_with_sender = true;
    }
    vec![returned]
}

/// The most bytes of a name to which a number can be added on every file system.
const LONGEST_NAME: usize = 200;

/// Moves a file, and returns where it is. One of the same name keeps its place.
pub(super) fn put_aside(file: &Path, folder: &Path) -> io::Result<PathBuf> {
    let name = file.file_name().unwrap_or_default();
    let bytes = name.as_encoded_bytes();
    let (mut number, mut target) = (1, folder.join(name));
    let base = match bytes.len() > LONGEST_NAME {
        true => OsString::from(format!("long-name-{}", short_hash(bytes))),
        false => name.to_owned(),
    };
    while target.symlink_metadata().is_ok() {
        let mut next = base.clone();
        next.push(format!(".{number}"));
        target = folder.join(next);
        number += 1;
    }
    fs::rename(file, &target)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_taken_in_order_and_moved_without_replacing_others() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("mails");
        prepare(&place).unwrap();
        for name in ["b", "a", ".writing"] {
            fs::write(place.join(name), name).unwrap();
        }
        let names = |folder: &Path| -> Vec<String> {
            let names = waiting(folder).unwrap().into_iter().map(|file| file.file_name().unwrap().to_owned());
            names.map(|name| name.into_string().unwrap()).collect()
        };
        assert_eq!(names(&place), ["a", "b"]);
        put_aside(&place.join("a"), &place.join(DONE)).unwrap();
        fs::write(place.join("a"), "another").unwrap();
        put_aside(&place.join("a"), &place.join(DONE)).unwrap();
        assert_eq!((names(&place), names(&place.join(DONE))), (vec!["b".to_owned()], vec!["a".into(), "a.1".into()]));
        assert_eq!(fs::read_to_string(place.join(DONE).join("a")).unwrap(), "a");
        assert!(read(&place.join("gone")).is_err());
        fs::write(place.join("b"), " \r\n").unwrap();
        assert!(read(&place.join("b")).unwrap_err().to_string().contains("empty"));
    }

    #[test]
    fn a_damaged_file_and_a_name_that_is_too_long_keep_no_other_from_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("mails");
        prepare(&place).unwrap();
        let long = "l".repeat(255);
        let write = |name: &str| fs::write(place.join(name), name).unwrap();
        ["a-damaged", "b-good", &long, "z-last"].iter().for_each(|name| write(name));
        let store = |content: &[u8]| match content.starts_with(b"a-damaged") {
            true => Ok(Err("a copy cannot be read".to_owned())),
            false => Ok(Ok(())),
        };
        let take = || match take_each(&place, Instant(0), &store) {
            Ok(taken) => taken,
            Err(_) => panic!("it stopped"),
        };
        assert_eq!(take(), 4);
        // The same name once more, with no room for a number behind it.
        write(&long);
        assert_eq!((take(), take()), (1, 0));
        let names = |folder: &str| {
            let mut names: Vec<String> = fs::read_dir(place.join(folder))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| !name.starts_with('.'))
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(FAILED), ["a-damaged"]);
        let done = names(DONE);
        assert!(
            done.len() == 4 && done.contains(&"z-last".to_owned()) && done.contains(&"b-good".to_owned()),
            "{done:?}"
        );
    }

    #[test]
    fn a_file_that_cannot_be_moved_is_named_after_the_others_were_taken() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("mails");
        prepare(&place).unwrap();
        ["a", "b"].iter().for_each(|name| fs::write(place.join(name), name).unwrap());
        fs::remove_dir(place.join(FAILED)).unwrap();
        let store = |content: &[u8]| Ok(if content == b"a" { Err("damaged".to_owned()) } else { Ok(()) });
        match take_each(&place, Instant(0), &store) {
            Err(Stop::Later(why)) => assert!(why.contains("/a cannot be moved into `failed`"), "{why}"),
            _ => panic!("it says nothing"),
        }
        assert!(place.join(DONE).join("b").exists());
    }
}
