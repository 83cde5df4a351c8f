//! The sample company in a server whose clock is moved: first through the half-year, then on by itself or step by step.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration as RealTime;

use attractor_app::App;
use attractor_app::sample::{History, LivingCompany, Overview, Postbox, Workers, live_on, overview};
use attractor_app::sending::transport::Transport;
use attractor_engine::time::{Duration, Instant};
use attractor_sample::Company;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::clock::MovedClock;
use crate::commands::{say, show};
use crate::outgoing;
use crate::start::Running;

/// Prints an overview; an error ends the demo.
pub type Show = Box<dyn Fn(&str) -> Result<(), String> + Send>;

/// How often it is said where people are while the company lives on, and to whom.
pub struct Looks {
    /// In real time.
    pub every: RealTime,
    /// Takes an overview; the error is why it cannot take any more.
    pub show: Show,
}

impl Looks {
    /// Every minute, on standard output.
    pub fn each_minute() -> Looks {
        Looks { every: RealTime::from_secs(60), show: Box::new(show) }
    }
}

/// A server and its company.
pub struct Alive {
    app: Arc<App>,
    running: Running,
    workers: Workers,
    company: LivingCompany,
    clock: MovedClock,
    /// What was said last.
    last: Option<Overview>,
}

impl Alive {
    /// The error is what is wrong in the settings.
    pub fn begin(app: &Arc<App>, mut running: Running, clock: MovedClock, company: &Company) -> Result<Alive, String> {
        app.account.keep("the people of the demo exist for it alone, and get their e-mails in it");
        let postbox = Postbox::before(outgoing::transport(app)?);
        let transport: Arc<dyn Transport> = postbox.clone();
        let judging = running.judging().take().ok_or("the judge works already")?;
        let workers = Workers::new(app, judging, &transport)?;
        let company = LivingCompany::new(app.clone(), postbox, company);
        Ok(Alive { app: app.clone(), running, workers, company, clock, last: None })
    }

    /// Lives through everything up to an instant, unless `goes_on` says otherwise.
    pub fn live(
        &mut self,
        runtime: &Runtime,
        until: Instant,
        goes_on: &mut dyn FnMut(Instant) -> bool,
    ) -> Result<(), String> {
        let _inside = runtime.enter();
        let set = |at| self.clock.set(at);
        History { company: &mut self.company, workers: &mut self.workers, set: &set }.live(until, goes_on)
    }

    /// Where people are, and what moved since this was asked last.
    pub fn overview(&mut self, runtime: &Runtime) -> Result<String, String> {
        let now = runtime.block_on(overview(&self.app, self.last.as_ref())).map_err(|refusal| refusal.to_string())?;
        let text = now.text(self.last.as_ref());
        self.last = Some(now);
        Ok(text)
    }

    /// What is to be ended.
    pub fn stop(self) -> Running {
        self.app.stop();
        self.running
    }

    /// Lets the clock run and the server's own threads work. What it gives back ends when the server stops.
    pub fn go_on(self, speed: f64, runtime: &Runtime, looks: Looks) -> Result<(Running, JoinHandle<()>), String> {
        let Alive { app, mut running, workers, company, clock, last } = self;
        *running.judging() = Some(workers.into_judging());
        clock.run(speed);
        running.begin_judging(&app)?;
        running.send_by(&app, company.postbox.clone())?;
        runtime.spawn(look_again(app, last, looks));
        Ok((running, runtime.spawn(live_on(company))))
    }

    /// Moves the clock by each line of standard input, until the server is told to stop.
    pub fn stand(mut self, runtime: &Runtime) -> (Running, Result<(), String>) {
        let (lines, steps) = channel();
        let (app, stopped) = (self.app.clone(), lines.clone());
        runtime.spawn(async move {
            app.stopped().await;
            // Who waits for lines is there until this comes.
            drop(stopped.send(None));
        });
        thread::spawn(move || read(&lines));
        let stood = self.steps(runtime, &steps);
        (self.stop(), stood)
    }

    fn steps(&mut self, runtime: &Runtime, steps: &Receiver<Option<String>>) -> Result<(), String> {
        while let Ok(Some(line)) = steps.recv() {
            let Some(until) = target(&line, self.app.clock.now()) else {
                say(format_args!("attractor: `{line}`: expected a length such as 1d, or an instant that is ahead"));
                continue;
            };
            let app = self.app.clone();
            match self.live(runtime, until, &mut |_| !app.is_stopping()) {
                Ok(()) => show(&self.overview(runtime)?)?,
                Err(_) if app.is_stopping() => return Ok(()),
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }
}

/// Lines of standard input, until it ends.
fn read(lines: &Sender<Option<String>>) {
    for line in io::stdin().lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
        if lines.send(Some(line)).is_err() {
            return;
        }
    }
}

/// The instant that a line names, if it is ahead.
fn target(line: &str, now: Instant) -> Option<Instant> {
    let line = line.trim();
    let instant = Duration::parse(line).map(|length| now + length).or_else(|| Instant::parse(line))?;
    Some(instant).filter(|instant| *instant > now)
}

/// Says again and again where people are and what moved.
async fn look_again(app: Arc<App>, mut last: Option<Overview>, looks: Looks) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(looks.every) => {}
            () = app.stopped() => return,
        }
        match overview(&app, last.as_ref()).await {
            Ok(now) => {
                if let Err(why) = (looks.show)(&now.text(last.as_ref())) {
                    return say(why);
                }
                last = Some(now);
            }
            Err(why) => tracing::warn!(?why, "where people are could not be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_moves_the_clock_by_a_length_or_to_an_instant() {
        let now = Instant::parse("2026-06-30T00:00:00Z").unwrap();
        for (line, expected) in [
            ("1d", Some("2026-07-01T00:00:00Z")),
            (" 90m ", Some("2026-06-30T01:30:00Z")),
            ("2026-08-01T12:00:00Z", Some("2026-08-01T12:00:00Z")),
            ("2026-06-30T00:00:00Z", None),
            ("2020-01-01T00:00:00Z", None),
            ("tomorrow", None),
        ] {
            assert_eq!(target(line, now), expected.map(|text| Instant::parse(text).unwrap()), "{line}");
        }
    }
}
