//! Caught mails: where no mail server is set, each mail is a file in the data folder, for its owner alone. Listed, read,
//! searched and deleted; what was caught more than 30 days ago goes by itself.

use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use attractor_engine::address::canonical;
use attractor_engine::time::{Duration, Instant};
use attractor_mail::message::OpenedMail;
use attractor_store::LeadId;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::transport::OutgoingMail;
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::cursor::{self, Page};
use crate::moves::instant;
use crate::refusal::Refusal;

/// The ends of the names of mails, and of those that are not written whole yet.
const MAIL: &str = ".eml";
const NEW: &str = ".new";
/// Digits of the instant in an id, so that names sort by time.
const DIGITS: usize = 15;
/// By the machine's clock, as files are dated: the leads' clock may run so fast that nobody could read a mail in time.
const KEPT: Duration = Duration(30 * Duration::DAY.0);

/// A caught mail in a list
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaughtItem {
    pub id: String,
    /// When it was composed
    #[schema(format = DateTime)]
    pub at: String,
    pub from: String,
    pub to: String,
    pub subject: String,
    /// Bytes
    pub size: u64,
}

/// A header of a mail
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaughtHeader {
    pub name: String,
    /// As it was written, on one line
    pub value: String,
}

/// A caught mail
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaughtMail {
    #[serde(flatten)]
    pub item: CaughtItem,
    /// The first two, `Return-Path` and `Delivered-To`, are the addresses of the envelope
    pub headers: Vec<CaughtHeader>,
    pub html: Option<String>,
    /// Its lines end in line feeds alone
    pub text: Option<String>,
    /// The whole mail as it would have left, behind the two headers of the envelope
    pub raw: String,
}

/// The folder of caught mails in a data folder.
pub fn folder(data: &Path) -> PathBuf {
    data.join("caught")
}

/// Keeps a mail as a file. It has its name only when it is whole.
pub fn keep(folder: &Path, mail: &OutgoingMail) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let id = format!("{:0DIGITS$}-{:016x}", mail.made_at.0.max(0), mail.tag);
    let new = folder.join(format!("{id}{NEW}"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(format!("Return-Path: <{}>\r\nDelivered-To: {}\r\n", mail.from, mail.to).as_bytes())?;
    file.write_all(&mail.bytes)?;
    fs::rename(new, folder.join(format!("{id}{MAIL}")))
}

/// Caught mails, the newest first, behind a cursor; with `search`, those in whose addresses, subject or text it occurs.
pub async fn page(
    app: &App,
    search: String,
    cursor: Option<String>,
    limit: usize,
) -> Result<Page<CaughtItem>, Refusal> {
    let folder = folder(app.folder.path());
    let before: Option<String> = cursor::read(cursor.as_deref())?;
    on_disk(app, move || part(&folder, &search, before.as_deref(), limit)).await
}

fn part(folder: &Path, search: &str, before: Option<&str>, limit: usize) -> io::Result<Page<CaughtItem>> {
    let mut ids = ids(folder)?;
    ids.retain(|id| before.is_none_or(|before| id.as_str() < before));
    let wanted = search.trim().to_lowercase();
    let mut items = Vec::new();
    for id in ids.into_iter().rev() {
        if items.len() > limit {
            break;
        }
        // Somebody may have deleted it meanwhile.
        let Some((item, mail)) = read(folder, &id)? else { continue };
        if wanted.is_empty() || is_in(&wanted, &item, &mail) {
            items.push(item);
        }
    }
    Ok(Page::cut(items, limit, |last| last.id.clone()))
}

fn is_in(wanted: &str, item: &CaughtItem, mail: &Mail) -> bool {
    let text = mail.opened.text.as_deref().unwrap_or_default();
    [&item.from, &item.to, &item.subject, text].iter().any(|text| text.to_lowercase().contains(wanted))
}

pub async fn one(app: &App, id: String) -> Result<CaughtMail, Refusal> {
    let (folder, of) = (folder(app.folder.path()), id.clone());
    let found = on_disk(app, move || if is_id(&of) { read(&folder, &of) } else { Ok(None) }).await?;
    let (item, mail) = found.ok_or_else(|| missing(&id))?;
    Ok(whole(item, mail))
}

fn whole(item: CaughtItem, mail: Mail) -> CaughtMail {
    let header = |(name, value): (String, String)| CaughtHeader { name, value };
    CaughtMail {
        item,
        headers: mail.opened.headers.into_iter().map(header).collect(),
        html: mail.opened.html,
        // Mails end lines otherwise, which terminals and text fields do not expect.
        text: mail.opened.text.map(|text| text.replace("\r\n", "\n")),
        raw: mail.raw,
    }
}

/// The caught mails to addresses in canonical form and the tests about leads, the oldest first: of somebody whose data is
/// exported.
pub async fn of_person(app: &App, addresses: Vec<String>, leads: Vec<LeadId>) -> Result<Vec<CaughtMail>, Refusal> {
    let folder = folder(app.folder.path());
    let found = on_disk(app, move || {
        let mut mails = Vec::new();
        for id in about(&folder, &addresses, &leads)? {
            mails.extend(read(&folder, &id)?.map(|(item, mail)| whole(item, mail)));
        }
        Ok(mails)
    });
    found.await
}

/// Deletes one caught mail.
pub async fn delete(app: &App, actor: &Actor, id: String) -> Result<(), Refusal> {
    let (folder, of) = (folder(app.folder.path()), id.clone());
    let deleted = on_disk(app, move || if is_id(&of) { remove(&folder, &of) } else { Ok(false) }).await?;
    if !deleted {
        return Err(missing(&id));
    }
    noted(app, actor, "caught mail deleted", id, 1).await
}

/// Deletes all caught mails. Returns how many there were.
pub async fn delete_all(app: &App, actor: &Actor) -> Result<usize, Refusal> {
    let folder = folder(app.folder.path());
    let deleted = on_disk(app, move || {
        let mut deleted = 0;
        for id in ids(&folder)? {
            deleted += usize::from(remove(&folder, &id)?);
        }
        Ok(deleted)
    });
    let deleted = deleted.await?;
    noted(app, actor, "caught mails deleted", "caught".into(), deleted).await?;
    Ok(deleted)
}

/// Removes the caught mails to addresses in canonical form and the tests about leads: of somebody who is erased.
pub fn forget(folder: &Path, addresses: &[String], leads: &[LeadId]) -> io::Result<()> {
    for id in about(folder, addresses, leads)? {
        remove(folder, &id)?;
    }
    Ok(())
}

/// The ids of the mails to addresses in canonical form and of the tests about leads, the oldest first.
fn about(folder: &Path, addresses: &[String], leads: &[LeadId]) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for id in ids(folder)? {
        let is_test = leads.iter().any(|lead| id.ends_with(&format!("-{:016x}", lead.0)));
        if is_test || is_to(folder, &id, addresses)? {
            found.push(id);
        }
    }
    Ok(found)
}

fn is_to(folder: &Path, id: &str, addresses: &[String]) -> io::Result<bool> {
    // Somebody may have deleted it meanwhile.
    let Some((item, _)) = read(folder, id)? else { return Ok(false) };
    Ok(canonical(&item.to).is_some_and(|to| addresses.contains(&to)))
}

/// Removes what was caught long ago.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let (folder, before) = (folder(app.folder.path()), app.machine.now() - KEPT);
    on_disk(app, move || forget_before(&folder, before)).await
}

/// A mail that was not written whole, because the server was killed, holds somebody's words as well.
fn forget_before(folder: &Path, before: Instant) -> io::Result<()> {
    for ending in [MAIL, NEW] {
        for id in ids_ending(folder, ending)? {
            let file = folder.join(format!("{id}{ending}"));
            // Another program may have given a file such a name.
            let is_ours = composed_at(&id).is_some();
            // Somebody may have deleted it meanwhile.
            if is_ours && fs::metadata(&file).is_ok_and(|metadata| written_at(&metadata) < before) {
                remove_file(&file)?;
            }
        }
    }
    Ok(())
}

/// When a file was written, in whole seconds.
fn written_at(metadata: &Metadata) -> Instant {
    Instant(metadata.mtime().saturating_mul(1_000))
}

/// The instant in an id; `None` where another program gave a file such a name.
fn composed_at(id: &str) -> Option<Instant> {
    id.get(..DIGITS)?.parse::<i64>().ok().map(Instant)
}

async fn noted(app: &App, actor: &Actor, what: &'static str, subject: String, count: usize) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now().0);
    let details = json!({"count": count});
    app.write(move |connection| note(connection, &actor, now, what, &subject, &details).map(Ok)).await
}

/// Works on files on a thread that may wait.
pub(super) async fn on_disk<T: Send + 'static>(
    app: &App,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let done = app.machine.done(work).await;
    done.ok_or_else(|| Refusal::Failed("the files of mails could not be read".into()))?.map_err(Refusal::Disk)
}

fn missing(id: &str) -> Refusal {
    Refusal::Missing(format!("no caught mail has the id `{id}`; GET /api/caught lists them"))
}

/// Whether a text is the id of a mail: nothing else becomes a part of a path.
fn is_id(text: &str) -> bool {
    text.len() == DIGITS + 17 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The ids of all mails, the oldest first.
fn ids(folder: &Path) -> io::Result<Vec<String>> {
    ids_ending(folder, MAIL)
}

/// The ids in the names of files with this end, the oldest first.
fn ids_ending(folder: &Path, ending: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(ending)).filter(|id| is_id(id));
        ids.extend(id.map(str::to_owned));
    }
    ids.sort_unstable();
    Ok(ids)
}

struct Mail {
    opened: OpenedMail,
    raw: String,
}

fn read(folder: &Path, id: &str) -> io::Result<Option<(CaughtItem, Mail)>> {
    let bytes = match fs::read(folder.join(format!("{id}{MAIL}"))) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let opened = OpenedMail::read(&bytes).unwrap_or_default();
    let of_envelope = opened.headers.iter().find(|(name, _)| name == "Delivered-To").map(|(_, to)| to.clone());
    let item = CaughtItem {
        at: instant(composed_at(id).map_or(0, |at| at.0)),
        id: id.to_owned(),
        from: opened.from.clone(),
        to: of_envelope.unwrap_or_else(|| opened.to.clone()),
        subject: opened.subject.clone(),
        size: bytes.len() as u64,
    };
    Ok(Some((item, Mail { opened, raw: String::from_utf8_lossy(&bytes).into_owned() })))
}

/// Removes a mail; whether it was there.
fn remove(folder: &Path, id: &str) -> io::Result<bool> {
    remove_file(&folder.join(format!("{id}{MAIL}")))
}

/// Removes a file; whether it was there.
pub(super) fn remove_file(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::SystemTime;

    use super::*;

    fn mail(at: i64, to: &str, subject: &str) -> OutgoingMail {
        let bytes =
            format!("From: News <news@x.example>\r\nTo: Ada <{to}>\r\nSubject: {subject}\r\n\r\nHello there\r\n");
        OutgoingMail {
            from: "bounce@x.example".into(),
            to: to.into(),
            needs_smtputf8: false,
            bytes: bytes.into_bytes(),
            made_at: Instant(at),
            tag: at - 2,
        }
    }

    #[test]
    fn mails_are_listed_searched_and_removed() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("caught");
        assert_eq!(part(&folder, "", None, 5).unwrap().items, [], "there is no folder yet");
        for (at, to, subject) in
            [(1, "ada@x.example", "One"), (2, "bea@x.example", "Two"), (3, "ada@x.example", "Three")]
        {
            keep(&folder, &mail(at, to, subject)).unwrap();
        }
        fs::write(folder.join("000000000000004-00000000000000aa.new"), "half").unwrap();
        fs::write(folder.join("notes.eml"), "not ours").unwrap();
        let subjects = |search: &str, before: Option<&str>, limit: usize| -> Vec<String> {
            part(&folder, search, before, limit).unwrap().items.into_iter().map(|item| item.subject).collect()
        };
        assert_eq!(subjects("", None, 5), ["Three", "Two", "One"]);
        assert_eq!(subjects("BEA@", None, 5), ["Two"]);
        assert_eq!(subjects("hello THERE", None, 5).len(), 3);
        assert_eq!(subjects("nobody", None, 5).len(), 0);
        let page = part(&folder, "", None, 2).unwrap();
        let next: String = cursor::read(page.next.as_deref()).unwrap().unwrap();
        assert_eq!(subjects("", Some(&next), 2), ["One"]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join(format!("{next}{MAIL}")))), (0o700, 0o600));
        let (item, mail) = read(&folder, &next).unwrap().unwrap();
        assert_eq!((item.to.as_str(), item.at.as_str()), ("bea@x.example", "1970-01-01T00:00:00.002Z"));
        assert!(mail.raw.starts_with("Return-Path: <bounce@x.example>\r\nDelivered-To: bea@x.example\r\nFrom: "));
        let test = OutgoingMail { tag: 414, ..self::mail(9, "team@x.example", "[Test] Hello Ada") };
        keep(&folder, &test).unwrap();
        let about = |address: &str, lead: i64| about(&folder, &[address.to_owned()], &[LeadId(lead)]).unwrap().len();
        assert_eq!((about("ada@x.example", 414), about("bea@x.example", 415), about("eve@x.example", 415)), (3, 1, 0));
        forget(&folder, &[], &[LeadId(415)]).unwrap();
        assert_eq!(subjects("", None, 5).len(), 4);
        forget(&folder, &["ada@x.example".into()], &[LeadId(414)]).unwrap();
        assert_eq!(subjects("", None, 5), ["Two"]);
        assert!(remove(&folder, &next).unwrap() && !remove(&folder, &next).unwrap());
    }

    #[test]
    fn the_text_has_line_feeds_alone_and_the_whole_mail_is_as_it_was() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("caught");
        let mut mail = mail(1, "ada@x.example", "One");
        mail.bytes.extend_from_slice(b"\r\nBye\r\n");
        keep(&folder, &mail).unwrap();
        let id = ids(&folder).unwrap().remove(0);
        let (item, mail) = read(&folder, &id).unwrap().unwrap();
        let shown = whole(item, mail);
        assert_eq!(shown.text.as_deref(), Some("Hello there\n\nBye\n"));
        assert!(shown.raw.ends_with("\r\n\r\nHello there\r\n\r\nBye\r\n"), "{}", shown.raw);
    }

    #[test]
    fn what_was_written_before_an_instant_goes_whenever_it_was_composed_and_files_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("caught");
        let before = Instant(5_000);
        forget_before(&folder, before).unwrap();
        let whole = |id: i64| folder.join(format!("{id:0DIGITS$}-{:016x}{MAIL}", id - 2));
        // The later one was composed, the earlier it was written.
        for id in [3, 4, 5, 6] {
            keep(&folder, &mail(id, "ada@x.example", &id.to_string())).unwrap();
            written(&whole(id), 9 - id);
        }
        let cut = |id: i64| folder.join(format!("{id:0DIGITS$}-{:016x}{NEW}", 0));
        let others = [folder.join("notes.eml"), folder.join(format!("{}{MAIL}", "a".repeat(DIGITS + 17)))];
        let all = [(cut(4), 4), (cut(5), 5)].into_iter().chain(others.clone().map(|file| (file, 1)));
        for (file, second) in all {
            fs::write(&file, "Subject: half a ma").unwrap();
            written(&file, second);
        }
        forget_before(&folder, before).unwrap();
        let left: Vec<String> = ids(&folder).unwrap();
        let left: Vec<Option<Instant>> = left.iter().map(|id| composed_at(id)).collect();
        assert_eq!(left, [Some(Instant(3)), Some(Instant(4)), None]);
        assert!(!cut(4).exists() && cut(5).exists() && others.iter().all(|file| file.exists()));
    }

    /// Dates a file to a second after 1970.
    fn written(file: &Path, second: i64) {
        let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second.unsigned_abs());
        fs::File::options().write(true).open(file).unwrap().set_modified(at).unwrap();
    }

    #[test]
    fn an_id_is_never_a_path() {
        for (text, is) in [
            ("000000000000001-00000000000000aa", true),
            ("../../../../../../../etc/passwd0", false),
            ("000000000000001-00000000000000a/", false),
            ("", false),
        ] {
            assert_eq!(is_id(text), is, "{text}");
        }
    }
}
