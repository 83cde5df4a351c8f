//! The program itself, serving a folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::Outcome;

/// Of the kernel's accounts of CPU time.
const TICKS_A_SECOND: f64 = 100.0;

pub struct Served {
    child: Child,
    data: PathBuf,
    /// Host and port.
    pub address: String,
}

pub struct Histogram {
    pub sum: f64,
    pub count: f64,
}

fn program() -> Outcome<PathBuf> {
    let here = std::env::current_exe()?;
    let beside = here.ancestors().nth(2).ok_or("the folder of the examples has no parent")?.join("attractor");
    if beside.exists() {
        Ok(beside)
    } else {
        Err(format!("{} is missing; say `make build` first", beside.display()).into())
    }
}

impl Served {
    pub fn start(data: &Path) -> Outcome<Served> {
        let mut command = Command::new(program()?);
        let level = std::env::var("ATTRACTOR_LOG_LEVEL").unwrap_or_else(|_| "warn".into());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).env("ATTRACTOR_LOG_LEVEL", level);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let said = child.stderr.take().ok_or("no standard error")?;
        let mut lines = BufReader::new(said).lines();
        let address = loop {
            let line = lines.next().ok_or("the server ended")??;
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split_whitespace().next().unwrap_or_default().to_owned();
            }
        };
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
        Ok(Served { child, data: data.to_owned(), address })
    }

    /// Waits until what was due is done: a second in which nothing happens.
    pub fn settle(&mut self) -> Outcome<()> {
        while self.idle(Duration::from_secs(1))? > 20.0 {}
        Ok(())
    }

    /// Milliseconds of CPU that it took while nobody asked for anything.
    pub fn idle(&self, time: Duration) -> Outcome<f64> {
        let before = self.ticks()?;
        thread::sleep(time);
        Ok((self.ticks()? - before) / TICKS_A_SECOND * 1e3)
    }

    fn ticks(&self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        Ok(fields[11].parse::<f64>()? + fields[12].parse::<f64>()?)
    }

    /// Its memory: its own, and what it maps of files.
    pub fn memory(&self) -> Outcome<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |name: &str| -> f64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
            kilobytes.unwrap_or(f64::NAN) / 1_024.0
        };
        Ok(format!("{:.0} MiB of its own, {:.0} MiB mapped from files", of("RssAnon"), of("RssFile")))
    }

    /// A new key: `server` or `api`.
    pub fn key(&self, kind: &str) -> Outcome<String> {
        self.key_named(kind, kind)
    }

    /// A new key of a kind: `public`, `server` or `api`.
    pub fn key_named(&self, name: &str, kind: &str) -> Outcome<String> {
        let mut command = Command::new(program()?);
        let made = command.args(["key", "add", name, &format!("--{kind}"), "--data"]).arg(&self.data).output()?;
        Ok(String::from_utf8(made.stdout)?.trim().to_owned())
    }

    /// A histogram of `/metrics` as it stands.
    pub fn histogram(&self, name: &str) -> Outcome<Histogram> {
        let text = super::load::get(&self.address, "/metrics")?;
        let of = |suffix: &str| -> Option<f64> {
            text.lines().find_map(|line| line.strip_prefix(&format!("{name}_{suffix} "))?.parse().ok())
        };
        let (sum, count) = of("sum").zip(of("count")).ok_or(format!("/metrics has no {name}"))?;
        Ok(Histogram { sum, count })
    }

    pub fn stop(mut self) -> Outcome<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
