//! The data folder: for its owner alone, and for one server at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use attractor_engine::time::Instant;

use super::leftovers;

/// The file whose lock is that of the folder. It says who has it.
pub const LOCK: &str = "attractor.lock";

/// A data folder that this process holds. Its lock goes with the value, and so does what [`Folder::hold`] made, until
/// [`Folder::keep`] says that the folder is used: a command that is refused leaves nothing behind.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock: File,
    /// `None` where it stays.
    made: Option<Made>,
}

/// What was not there before a folder was held: its lock, and these folders, the innermost first.
#[derive(Debug)]
struct Made(Vec<PathBuf>);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(Made(folders)) = self.made.take() {
            // The lock is still held, so nobody else works here. A folder in which something else was put stays.
            let files = [self.socket(), self.path.join(LOCK)];
            files.iter().for_each(|file| _ = fs::remove_file(file));
            _ = folders.iter().try_for_each(fs::remove_dir);
        }
        // A process that is just being started has the file open until its program begins, and with it the lock.
        _ = self.lock.unlock();
    }
}

/// Why the folder is not ours.
#[derive(Debug)]
pub enum NotOurs {
    /// Another process holds it: which, where it says so.
    Held(Option<Owner>),
    Failed(io::Error),
}

/// A process, as people find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub host: String,
    pub pid: u32,
    pub since: Instant,
}

impl Owner {
    /// This process, from now on.
    pub fn this(now: Instant) -> Owner {
        Owner { host: host(), pid: std::process::id(), since: now }
    }

    /// The middle of a sentence.
    pub fn say(&self) -> String {
        format!("the attractor with process id {} on {} since {}", self.pid, self.host, self.since)
    }
}

impl From<io::Error> for NotOurs {
    fn from(error: io::Error) -> NotOurs {
        NotOurs::Failed(error)
    }
}

impl NotOurs {
    /// A sentence for people.
    pub fn say(&self, path: &Path) -> String {
        let path = path.display();
        match self {
            NotOurs::Held(Some(owner)) => format!("{path} is in use by {}: stop that one first", owner.say()),
            NotOurs::Held(None) => format!("{path} is in use by another attractor: stop that one first"),
            NotOurs::Failed(error) => format!("{path}: {error}"),
        }
    }
}

impl Folder {
    /// Makes the folder where there is none, closes it to others, locks it, and removes what a process that was killed
    /// left in it.
    pub fn hold(path: &Path, now: Instant) -> Result<Folder, NotOurs> {
        let made = missing(path);
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
        let mut lock =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(NotOurs::Held(owner(&mut lock))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        is_there(&lock, path)?;
        is_own(&lock)?;
        lock.set_len(0)?;
        lock.rewind()?;
        let Owner { host, pid, since } = Owner::this(now);
        lock.write_all(format!("{pid}\n{host}\n{since}\n").as_bytes())?;
        leftovers::sweep(path);
        Ok(Folder { path: path.to_owned(), lock, made })
    }

    /// From here on the folder is used, and stays.
    pub fn keep(&mut self) {
        self.made = None;
    }

    /// A name that this folder has as long as the machine runs, and no other folder has, a copy of it included. Empty where
    /// the system gives none.
    pub fn place(&self) -> String {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        match self.lock.metadata() {
            Ok(file) if !boot.trim().is_empty() => format!("{}:{}:{}", boot.trim(), file.dev(), file.ino()),
            _ => String::new(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the server listens for commands of the folder's owner.
    pub fn socket(&self) -> PathBuf {
        socket(&self.path)
    }
}

/// What [`Folder::hold`] is about to make; `None` where the folder has a lock already.
fn missing(path: &Path) -> Option<Made> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let folders = path.ancestors().take_while(is_missing).map(Path::to_owned).collect();
    (!path.join(LOCK).exists()).then_some(Made(folders))
}

/// Whether the lock that was taken is the folder's: a command that was refused may have removed its own meanwhile.
fn is_there(lock: &File, path: &Path) -> io::Result<()> {
    let (own, there) = (lock.metadata()?, fs::metadata(path.join(LOCK))?);
    if (own.dev(), own.ino()) == (there.dev(), there.ino()) {
        return Ok(());
    }
    Err(io::Error::other("another attractor has just left it; run the command again"))
}

/// Only the user that a folder belongs to may work in it. An administrator could, too, but what it makes there the server
/// could not read afterwards.
fn is_own(lock: &File) -> Result<(), NotOurs> {
    let Ok(this) = fs::metadata("/proc/self") else { return Ok(()) };
    let owner = lock.metadata()?.uid();
    if owner == this.uid() {
        return Ok(());
    }
    let why = format!(
        "it belongs to the user with the number {owner}; run the command as that user: sudo -u '#{owner}' attractor …"
    );
    Err(NotOurs::Failed(io::Error::new(io::ErrorKind::PermissionDenied, why)))
}

/// The socket in a data folder.
pub const SOCKET: &str = "attractor.sock";

/// Where the socket of a data folder is.
pub fn socket(folder: &Path) -> PathBuf {
    folder.join(SOCKET)
}

/// Puts a file in the place of the one that may be there, for the folder's owner alone. It is on the disk, and whole,
/// whatever happens meanwhile.
pub fn put_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn owner(lock: &mut File) -> Option<Owner> {
    let mut text = String::new();
    lock.read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    Some(Owner { pid, host: lines.next()?.to_owned(), since: lines.next().and_then(Instant::parse)? })
}

/// The name of this machine.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_one_at_a_time_and_for_its_owner() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("deep/data");
        let held = Folder::hold(&path, Instant(0)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let refused = Folder::hold(&path, Instant(0)).unwrap_err().say(&path);
        let (pid, host) = (std::process::id(), host());
        let words = format!("process id {pid} on {host} since 1970");
        assert!(refused.contains(&words), "{refused}");
        drop(held);
        Folder::hold(&path, Instant(0)).unwrap();
    }

    #[test]
    fn what_was_made_goes_unless_it_is_kept_and_what_was_there_stays() {
        let outer = tempfile::tempdir().unwrap();
        let (top, path) = (outer.path().join("deep"), outer.path().join("deep/data"));
        let hold = || Folder::hold(&path, Instant(0)).unwrap();
        let held = hold();
        fs::write(held.socket(), "").unwrap();
        drop(held);
        assert!(!top.exists() && outer.path().exists());
        let held = hold();
        fs::write(path.join("notes.txt"), "").unwrap();
        drop(held);
        let names = || fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        assert_eq!(names(), ["notes.txt"], "somebody put it there");
        hold().keep();
        drop(hold());
        assert_eq!(names().len(), 2, "the lock was there before");
    }

    #[test]
    fn a_folder_of_another_user_stays_that_users() {
        let outer = tempfile::tempdir().unwrap();
        Folder::hold(outer.path(), Instant(0)).unwrap().keep();
        if std::os::unix::fs::chown(outer.path().join(LOCK), Some(65_534), None).is_err() {
            eprintln!(
                "!!! Only root can give a file to another user: that a folder of another user is refused was NOT tested."
            );
            return;
        }
        let refused = Folder::hold(outer.path(), Instant(0)).unwrap_err().say(outer.path());
        assert!(refused.contains("the user with the number 65534"), "{refused}");
    }

    #[test]
    fn a_place_is_one_folders_for_as_long_as_it_is_there() {
        let outer = tempfile::tempdir().unwrap();
        let place = |name: &str| {
            let mut folder = Folder::hold(&outer.path().join(name), Instant(0)).unwrap();
            folder.keep();
            folder.place()
        };
        let one = place("one");
        assert!(!one.is_empty() && one == place("one") && one != place("two"));
        // A copy of the folder, lock and all, is another place.
        fs::create_dir(outer.path().join("copy")).unwrap();
        fs::copy(outer.path().join("one").join(LOCK), outer.path().join("copy").join(LOCK)).unwrap();
        assert_ne!(one, place("copy"));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("file");
        fs::write(&path, "").unwrap();
        let refused = Folder::hold(&path, Instant(0)).unwrap_err();
        assert!(matches!(refused, NotOurs::Failed(_)) && refused.say(&path).contains("file: "));
    }
}
