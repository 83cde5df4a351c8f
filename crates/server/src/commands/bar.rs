//! A bar for people who wait, on a terminal; in a log, lines if the work is long.

use std::io::{self, IsTerminal, Write};

const WIDTH: usize = 30;

pub struct Bar {
    /// What is counted, such as `messages`.
    unit: &'static str,
    is_shown: bool,
    is_drawn: bool,
    /// Where there is no terminal: the tenth up to which lines were written.
    tenth: Option<u64>,
}

impl Bar {
    /// One that is drawn if standard error is a terminal.
    pub fn new(unit: &'static str) -> Bar {
        Bar { unit, is_shown: io::stderr().is_terminal(), is_drawn: false, tenth: None }
    }

    /// One that writes a line for each tenth of the work where standard error is not a terminal.
    pub fn or_lines(unit: &'static str) -> Bar {
        let bar = Bar::new(unit);
        Bar { tenth: (!bar.is_shown).then_some(0), ..bar }
    }

    /// Draws how much of `all` is done, or where that is not known, what goes on.
    pub fn draw(&mut self, what: &str, done: u64, all: Option<u64>) {
        if self.is_shown {
            self.is_drawn = true;
            write(&format!("\r\x1b[K{}", line(what, done, all, self.unit)));
        } else if let (Some(written), Some(all)) = (self.tenth, all.filter(|all| *all > 0))
            && let tenth = done.min(all) * 10 / all
            && tenth > written
        {
            self.tenth = Some(tenth);
            write(&format!("attractor: {what}: {tenth}0 %\n"));
        }
    }

    /// Takes it away, so that what is said next stands in its place.
    pub fn clear(&mut self) {
        if self.is_drawn {
            self.is_drawn = false;
            write("\r\x1b[K");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    let mut err = io::stderr().lock();
    // Where it cannot be seen it is not missed.
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

fn line(what: &str, done: u64, all: Option<u64>, unit: &str) -> String {
    let Some(all) = all.filter(|all| *all > 0) else { return format!("{what} …") };
    let done = done.min(all);
    let filled = (done as u128 * WIDTH as u128 / u128::from(all)) as usize;
    let percent = u128::from(done) * 100 / u128::from(all);
    format!("{what} [{}{}] {percent} %, {done} of {all} {unit}", "#".repeat(filled), " ".repeat(WIDTH - filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_full_when_all_is_done() {
        let line = |what, done, all| line(what, done, all, "messages");
        assert_eq!(line("storing", 0, Some(2)), format!("storing [{}] 0 %, 0 of 2 messages", " ".repeat(WIDTH)));
        assert_eq!(line("storing", 2, Some(2)), format!("storing [{}] 100 %, 2 of 2 messages", "#".repeat(WIDTH)));
        assert_eq!(line("storing", 9, Some(2)), line("storing", 2, Some(2)));
        assert!(line("storing", 1, Some(2)).contains(&format!("[{}{}] 50 %", "#".repeat(15), " ".repeat(15))));
        assert_eq!((line("reading", 0, None), line("reading", 0, Some(0))), ("reading …".into(), "reading …".into()));
    }
}
