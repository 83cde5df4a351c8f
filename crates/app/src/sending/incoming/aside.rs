//! Files of the folder of mails that were put aside, taken or not: how long they are kept, and which are about somebody who
//! is erased or whose data is exported.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attractor_engine::address::canonical;
use attractor_engine::time::{Duration, Instant};
use attractor_mail::inbound::mails;
use attractor_store::LeadId;
use serde::Serialize;
use utoipa::ToSchema;

use super::Meaning;
use super::failed::reason_of;
use super::folder::{DONE, FAILED, of_mail, place, read};
use crate::App;
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::sending::caught::{on_disk, remove_file};

/// By the machine's clock, as files are dated.
const KEPT: Duration = Duration(30 * Duration::DAY.0);
/// As much of a mail is exported, in bytes: its attachments may be large, and many.
const MOST_EXPORTED: usize = 200_000;

/// A mail in a file of `inbound_folder` that was put aside
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AsideMail {
    /// The file, by its folder and name: `done/1.eml`
    pub file: String,
    /// When the file was put aside
    #[schema(format = DateTime)]
    pub at: String,
    /// Bytes of the mail
    pub size: usize,
    /// The mail as it came, with its headers; of a mail of more than 200,000 bytes, its beginning
    pub raw: String,
}

/// Removes what was put aside long ago.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let Some(place) = place(app) else { return Ok(()) };
    let before = app.machine.now() - KEPT;
    on_disk(app, move || forget_before(&place, before)).await
}

/// A file that cannot be removed is logged, and keeps no other from going.
fn forget_before(place: &Path, before: Instant) -> io::Result<()> {
    for file in put_aside_in(place)? {
        // Somebody may have taken one away meanwhile.
        let Ok(metadata) = fs::metadata(&file) else { continue };
        if since(&metadata) >= before {
            continue;
        }
        if let Err(error) = remove_file(&file) {
            tracing::warn!(file = %file.display(), %error, "a mail that was put aside long ago cannot be removed");
        }
    }
    Ok(())
}

/// When a file was put aside, in whole seconds. Its content may be of any date; that it was moved changes its entry.
fn since(metadata: &Metadata) -> Instant {
    Instant(metadata.ctime().saturating_mul(1_000))
}

/// The files in both folders, the reasons of those that failed too; none where there is no folder.
fn put_aside_in(place: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in [DONE, FAILED] {
        let entries = match fs::read_dir(place.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries?,
        };
        // Links lead elsewhere. What cannot be looked at has gone.
        let found = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        files.extend(found.map(|entry| entry.path()));
    }
    Ok(files)
}

/// Removes the files with mails that name one of these addresses, in canonical form, or a copy of one of these leads: of
/// somebody who is erased. A file with several mails goes as a whole.
pub async fn forget(app: &Arc<App>, addresses: Vec<String>, leads: Vec<LeadId>) -> Result<(), Refusal> {
    let Some(place) = place(app) else { return Ok(()) };
    let own = app.clone();
    let is_about = move |content: &[u8]| {
        mentions(content, &addresses) || mails(content).into_iter().any(|mail| names(&own, mail, &addresses, &leads))
    };
    // There may be many, so that the lane must not wait for it.
    on_disk(app, move || forget_if(&place, &is_about)).await
}

fn forget_if(place: &Path, is_about: &dyn Fn(&[u8]) -> bool) -> io::Result<()> {
    for file in put_aside_in(place)? {
        // What cannot be read names nobody, and goes when its time is over.
        if read(&file).is_ok_and(|content| is_about(&content)) {
            remove_file(&file)?;
            remove_file(&reason_of(&file))?;
        }
    }
    Ok(())
}

/// The mails in these files that an erasure would look for, the oldest first: of somebody whose data is exported. Of a file
/// with several mails, only those about the person.
pub async fn of_person(app: &Arc<App>, addresses: Vec<String>, leads: Vec<LeadId>) -> Result<Vec<AsideMail>, Refusal> {
    let Some(place) = place(app) else { return Ok(Vec::new()) };
    let own = app.clone();
    let is_about = move |mail: &[u8]| mentions(mail, &addresses) || names(&own, mail, &addresses, &leads);
    on_disk(app, move || mails_if(&place, &is_about)).await
}

fn mails_if(place: &Path, is_about: &dyn Fn(&[u8]) -> bool) -> io::Result<Vec<AsideMail>> {
    let mut found = Vec::new();
    for file in put_aside_in(place)? {
        // What cannot be read names nobody. Somebody may have taken one away meanwhile.
        let (Ok(content), Ok(metadata)) = (read(&file), fs::metadata(&file)) else { continue };
        let name = file.strip_prefix(place).unwrap_or(&file).display().to_string();
        let at = instant(since(&metadata).0);
        found.extend(about(&content, is_about).into_iter().map(|mail| AsideMail {
            file: name.clone(),
            at: at.clone(),
            size: mail.len(),
            raw: String::from_utf8_lossy(&mail[..mail.len().min(MOST_EXPORTED)]).into_owned(),
        }));
    }
    found.sort_by(|one, other| (&one.at, &one.file).cmp(&(&other.at, &other.file)));
    Ok(found)
}

/// The mails of a file that are about somebody. Where none is, but a line between them names the person, that line.
fn about<'c>(content: &'c [u8], is_about: &dyn Fn(&[u8]) -> bool) -> Vec<&'c [u8]> {
    let mut found = mails(content);
    found.retain(|mail| is_about(mail));
    if found.is_empty() {
        let lines = content.split_inclusive(|byte| *byte == b'\n').filter(|line| line.starts_with(b"From "));
        found.extend(lines.filter(|line| is_about(line)));
    }
    found
}

/// Whether a mail is from or to one of these addresses, however it writes them, or about a copy of one of these leads.
fn names(app: &App, mail: &[u8], addresses: &[String], leads: &[LeadId]) -> bool {
    let meaning = Meaning::of_text(mail);
    let Meaning { people, from, to, original, failed, .. } = &meaning;
    let mut written = people.iter().chain([from]).chain(to).chain(&original.to).chain(failed);
    written.any(|text| canonical(text).is_some_and(|address| addresses.contains(&address)))
        || of_mail(app, &meaning).iter().any(|returned| returned.clues.lead().is_some_and(|lead| leads.contains(&lead)))
}

/// Whether one of these addresses is anywhere in a file: in a header that is not read, in what a server answered, or in a
/// text that quotes it.
fn mentions(content: &[u8], addresses: &[String]) -> bool {
    let text = content.to_ascii_lowercase();
    addresses.iter().any(|address| occurs(&text, address.as_bytes()))
}

/// Whether an address is in a text in lower case, and is not a part of a longer one.
fn occurs(text: &[u8], address: &[u8]) -> bool {
    if address.is_empty() {
        return false;
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+.".contains(byte);
    let goes_on = |behind: &[u8]| match behind {
        // A sentence may end behind an address.
        [b'.', next, ..] | [next, ..] => next.is_ascii_alphanumeric() || *next == b'-',
        [] => false,
    };
    text.windows(address.len()).enumerate().any(|(start, part)| {
        part == address && !text[..start].last().is_some_and(is_part) && !goes_on(&text[start + address.len()..])
    })
}

#[cfg(test)]
mod tests {
    use super::super::failed::remember;
    use super::super::folder::prepare;
    use super::*;

    /// A folder with one file in each of its folders.
    fn folder() -> (tempfile::TempDir, PathBuf, [PathBuf; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("mails");
        prepare(&place).unwrap();
        let files = [DONE, FAILED].map(|name| place.join(name).join("1.eml"));
        files.iter().for_each(|file| fs::write(file, "To: ada@people.test").unwrap());
        remember(&files[1], Instant(0), "it is damaged".into());
        (folder, place, files)
    }

    #[test]
    fn files_go_when_their_time_is_over_with_the_reasons_beside_them() {
        let (_folder, place, files) = folder();
        fs::write(place.join("waiting.eml"), "x").unwrap();
        let last = put_aside_in(&place).unwrap().iter().map(|file| since(&fs::metadata(file).unwrap())).max().unwrap();
        forget_before(&place, last - Duration::DAY).unwrap();
        assert_eq!(put_aside_in(&place).unwrap().len(), 3, "two mails and a reason");
        assert!(files.iter().all(|file| file.exists()));
        forget_before(&place, last + Duration::DAY).unwrap();
        assert_eq!(put_aside_in(&place).unwrap(), [] as [PathBuf; 0]);
        assert!(place.join("waiting.eml").exists(), "it was not taken yet");
        fs::remove_dir_all(&place).unwrap();
        forget_before(&place, last).unwrap();
    }

    #[test]
    fn files_about_somebody_go_and_those_of_others_stay() {
        let (_folder, place, files) = folder();
        let other = place.join(DONE).join("2.eml");
        fs::write(&other, "To: bea@people.test").unwrap();
        fs::write(place.join(FAILED).join("empty.eml"), "").unwrap();
        forget_if(&place, &|content: &[u8]| mentions(content, &["ada@people.test".to_owned()])).unwrap();
        assert!(files.iter().all(|file| !file.exists()) && other.exists());
        assert_eq!(put_aside_in(&place).unwrap().len(), 2, "the reason went with its file");
    }

    #[test]
    fn mails_about_somebody_are_exported_and_those_of_others_are_not() {
        let (_folder, place, files) = folder();
        let letter = |to: &str| format!("From x Mon May  4 10:00:00 2026\nTo: {to}@people.test\n\nHello\n\n");
        fs::write(place.join(DONE).join("2.mbox"), letter("bea") + &letter("ada")).unwrap();
        fs::write(place.join(DONE).join("3.mbox"), letter("bea").replace("From x", "From ada@people.test")).unwrap();
        fs::write(&files[1], format!("To: ada@people.test\n\n{}\u{e9}", "x".repeat(MOST_EXPORTED))).unwrap();
        fs::write(place.join(FAILED).join("4.eml"), "To: bea@people.test").unwrap();
        let is_about = |mail: &[u8]| mentions(mail, &["ada@people.test".to_owned()]);
        let mut found = mails_if(&place, &is_about).unwrap();
        found.sort_by(|one, other| one.file.cmp(&other.file));
        let shown: Vec<_> = found.iter().map(|mail| (mail.file.as_str(), mail.size, mail.raw.len())).collect();
        let whole = MOST_EXPORTED + "To: ada@people.test\n\n\u{e9}".len();
        assert_eq!(
            shown,
            [
                ("done/1.eml", 19, 19),
                ("done/2.mbox", 28, 28),
                ("done/3.mbox", 46, 46),
                ("failed/1.eml", whole, MOST_EXPORTED)
            ]
        );
        assert_eq!(found[1].raw, "To: ada@people.test\n\nHello\n\n", "of several mails, the person's own");
        assert!(found[2].raw.starts_with("From ada@people.test Mon"), "the line between mails alone: {found:?}");
        assert!(found.iter().all(|mail| mail.at.ends_with("Z")), "{found:?}");
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(mails_if(&place, &is_about).unwrap(), []);
    }

    #[test]
    fn an_address_is_found_by_itself_alone() {
        let ada = ["ada@people.test".to_owned()];
        for (text, is) in [
            ("Final-Recipient: rfc822;ADA@People.test", true),
            ("550 <ada@people.test>: no such user", true),
            ("Write to ada@people.test.\n", true),
            ("ada@people.test", true),
            ("lada@people.test", false),
            ("lovely.ada@people.test", false),
            ("ada@people.test.example", false),
            ("ada@people.tests", false),
            ("ada@people", false),
            ("", false),
        ] {
            assert_eq!(mentions(text.as_bytes(), &ada), is, "{text}");
        }
        assert!(!mentions(b"anything", &[]) && !mentions(b"anything", &[String::new()]));
    }
}
