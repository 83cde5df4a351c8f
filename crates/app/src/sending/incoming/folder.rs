//! A folder of mails that came back: each file is taken in order, and afterwards put into `done` or `failed` in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attractor_mail::inbound::mails;

use super::{Meaning, OwnMailbox, Returned, mailbox_of, storing};
use crate::App;
use crate::lane::Stop;

/// Where files are whose mails are stored.
const DONE: &str = "done";
/// Where files are that cannot be read.
const FAILED: &str = "failed";
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
fn waiting(place: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // Links lead elsewhere.
        if entry.file_type()?.is_file() && !is_hidden {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Takes the files that wait, on a thread that may wait; returns how many. A file is put aside after the commit, so that it
/// may be taken twice, and counts once.
pub fn take(app: &App, place: &Path) -> Result<usize, Stop> {
    let files = waiting(place).map_err(|why| Stop::Later(format!("{}: {why}", place.display())))?;
    let mut taken = 0;
    for file in files {
        if app.is_stopping() {
            break;
        }
        let folder = match read(&file) {
            Ok(content) => {
                store(app, &content)?;
                DONE
            }
            Err(why) => {
                tracing::error!(file = %file.display(), %why, "a mail in `inbound_folder` cannot be read; it is put into `failed`");
                FAILED
            }
        };
        put_aside(&file, &place.join(folder)).map_err(|why| Stop::Later(format!("{}: {why}", file.display())))?;
        taken += 1;
    }
    Ok(taken)
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let size = fs::metadata(file)?.len();
    if size > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {MOST_BYTES} bytes")));
    }
    let content = fs::read(file)?;
    if content.trim_ascii().is_empty() { Err(io::Error::other("it is empty")) } else { Ok(content) }
}

/// Stores what the mails of a file mean.
fn store(app: &App, content: &[u8]) -> Result<(), Stop> {
    for mail in mails(content) {
        app.lane.run_here(storing(app, of_mail(app, &Meaning::of_text(mail))))??;
    }
    Ok(())
}

/// What a mail means: to each mailbox of ours to which it came, or else about the copy that it names itself.
fn of_mail(app: &App, meaning: &Meaning) -> Vec<Returned> {
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

/// Moves a file. One of the same name keeps its place.
fn put_aside(file: &Path, folder: &Path) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default();
    let mut target = folder.join(name);
    let mut number = 1;
    while target.exists() {
        let mut next = name.to_owned();
        next.push(format!(".{number}"));
        target = folder.join(next);
        number += 1;
    }
    fs::rename(file, target)
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
}
