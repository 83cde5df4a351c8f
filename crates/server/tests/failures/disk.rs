//! The disk takes nothing: by a limit to the size of files that is set on the running process, and on a small disk that
//! is filled.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::load::{Heard, Load, is_clear};
use super::running::{Place, Server};
use super::{rounds, truth, until};

/// More would be a queue without an end.
const MOST_MEMORY: f64 = 400e6;

/// The server, to whom a file that is too large is an error and not its end.
pub fn start(place: &Place) -> Server {
    let served = place.command();
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#]).arg(served.get_program()).args(served.get_args());
    for (name, value) in served.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Server::start(&mut command)
}

/// From here on the process can write no file beyond so many bytes; `None`: as large as it wants.
pub fn limit(server: &Server, bytes: Option<u64>) {
    let soft = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let set = Command::new("prlimit").arg(format!("--pid={}", server.pid())).arg(format!("--fsize={soft}:")).status();
    assert!(set.unwrap().success());
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// A limit that meets the log in its middle, at its end or a little behind it, or everything.
fn some_limit(place: &Place, number: usize) -> u64 {
    let log = length(&place.path().join("attractor.db-wal"));
    match number % 4 {
        0 => 0,
        1 => log / 2 + number as u64 * 1_001,
        2 => log,
        _ => log + number as u64 * 4_097 % 50_000,
    }
}

/// While nothing can be written: whoever sends hears so, and so does whoever asks.
pub fn is_told(server: &Server, heard: &Heard) {
    let refused = heard.refused();
    until("somebody is refused", || heard.refused() > refused + 3);
    let ready = server.get("/readyz");
    is_clear(&ready);
    assert_eq!(ready.status, 503);
    assert!(ready.json()["detail"].as_str().unwrap().contains("SQLite"), "{ready:?}");
    assert_eq!(server.get("/healthz").status, 200, "it lives");
    let memory = server.figure("attractor_memory_bytes");
    assert!(memory < MOST_MEMORY, "{memory} bytes");
}

pub fn goes_on(server: &Server, heard: &Heard) {
    let stored = heard.stored();
    until("messages are stored again", || heard.stored() > stored + 4);
    until("it is ready", || server.get("/readyz").status == 200);
}

/// A kill in one round, a stop in the next.
fn end(server: Server, round: usize) {
    if round.is_multiple_of(2) { server.kill() } else { server.stop() }
}

#[test]
fn a_disk_that_fails_at_any_moment_loses_nothing() {
    let place = Place::sqlite();
    truth::publish(&place);
    place.with_keys(None);
    let mut load = Load::default();
    for round in 0..rounds() {
        let server = start(&place);
        load.sending(server.address, |heard| {
            for fault in 0..2 {
                let (number, stored) = (round * 2 + fault, heard.stored());
                until("messages are stored", || heard.stored() > stored + number * 5 % 13);
                limit(&server, Some(some_limit(&place, number)));
                let refused = heard.refused();
                until("the limit is met", || heard.refused() > refused || heard.stored() > stored + 40);
                limit(&server, Some(0));
                is_told(&server, heard);
                // Some rounds end while the disk fails.
                if fault == 1 && round % 4 < 2 {
                    break;
                }
                limit(&server, None);
                goes_on(&server, heard);
            }
            end(server, round);
        });
        truth::holds(&place, &load.acknowledged()).unwrap_or_else(|why| panic!("round {round}: {why}"));
    }
    ends_well(&place, load, "a disk that fails");
}

/// All of it is there, each once.
fn ends_well(place: &Place, mut load: Load, what: &str) {
    let server = place.start();
    load.finish(&server);
    server.stop();
    assert_eq!(place.message_ids(), load.sent(), "all of it, each once");
    let leads = truth::holds(place, &load.acknowledged()).unwrap();
    eprintln!("{what}: {} rounds, {} messages, {leads} leads", rounds(), load.sent().len());
}

/// A disk of its own for the data of a place. It goes before the place does.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(place: &Place) -> Result<SmallDisk, String> {
        fs::create_dir_all(place.path()).unwrap();
        let options = ["-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(place.path()).output().map_err(|why| why.to_string())?;
        if !mounted.status.success() {
            return Err(String::from_utf8_lossy(&mounted.stderr).into_owned());
        }
        Ok(SmallDisk(place.path()))
    }

    /// Leaves so many bytes.
    fn fill(&self, left: usize) {
        let mut filler = File::create(self.filler()).unwrap();
        while filler.write_all(&[7; 4_096]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(left as u64)).unwrap();
    }

    fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_survived_and_over_when_there_is_room_again() {
    let place = Place::sqlite();
    let Some(disk) = attractor_trial::or_say("on a disk that is full", SmallDisk::mount(&place)) else { return };
    truth::publish(&place);
    place.with_keys(None);
    let mut load = Load::default();
    for round in 0..rounds() {
        let server = place.start();
        load.sending(server.address, |heard| {
            for fault in 0..2 {
                let (number, stored) = (round * 2 + fault, heard.stored());
                until("messages are stored", || heard.stored() > stored + number * 5 % 13);
                disk.fill(number % 3 * 40_000);
                is_told(&server, heard);
                if fault == 1 && round % 4 < 2 {
                    break;
                }
                disk.empty();
                goes_on(&server, heard);
            }
            end(server, round);
        });
        // Whoever is killed on a full disk may find it full; there is room before anybody starts anew.
        if disk.filler().exists() {
            disk.empty();
        }
        truth::holds(&place, &load.acknowledged()).unwrap_or_else(|why| panic!("round {round}: {why}"));
    }
    ends_well(&place, load, "a full disk");
}
