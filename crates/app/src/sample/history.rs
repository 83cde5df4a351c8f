//! Time that is lived through faster than it passes: the clock is moved from one instant at which something is due to the
//! next, and whatever is due by then is done, one after the other, so that the same seed gives the same history.

use std::future::Future;
use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_live::Lane;
use attractor_store::Error;

use super::company::{Happening, LivingCompany, MessageGroup};
use crate::App;
use crate::clicks::judging::Judging;
use crate::lane::Stop;
use crate::machine::Host;
use crate::refusal::Refusal;
use crate::sending::broadcasts::freezing::{Freezing, Progress};
use crate::sending::mailer::{Mailer, NextBatch};
use crate::sending::pace::Adapting;
use crate::sending::transport::Transport;
use crate::team::postman::Postman;

/// The clock moves by at least this much. A click that waits half an hour for its verdict is still judged within the hour in
/// which it may cause a mail.
const PIECE: Duration = Duration(20 * 60_000);

/// What works beside requests, without threads of its own.
pub struct Workers {
    judging: Judging,
    freezing: Freezing,
    mailer: Mailer,
    adapting: Adapting,
    postman: Postman,
    /// When each has something to do next.
    mail_at: Option<Instant>,
    adapt_at: Instant,
    wake_at: Option<Instant>,
}

impl Workers {
    /// The error is what is wrong in the settings.
    pub fn new(app: &Arc<App>, judging: Judging, transport: &Arc<dyn Transport>) -> Result<Workers, String> {
        Ok(Workers {
            judging,
            freezing: Freezing::new(app),
            mailer: Mailer::new(app, transport.clone())?,
            adapting: Adapting::new(app),
            postman: Postman::new(app, transport.clone())?,
            mail_at: None,
            adapt_at: Instant(i64::MIN),
            wake_at: None,
        })
    }

    /// Hands the judge on to a thread of its own.
    pub fn into_judging(self) -> Judging {
        self.judging
    }

    /// Whatever is due by the clock.
    fn work(&mut self, app: &App, now: Instant) -> Result<(), Stop> {
        while self.judging.step()?.is_some_and(|next| next <= now) {}
        if app.broadcasts.take_ring() {
            while self.freezing.step()? == Progress::More {}
        }
        if self.may_send(app, now)? {
            self.mail_at = self.send(now)?;
        }
        if self.adapt_at <= now {
            self.adapt_at = self.adapting.step()?;
            while self.postman.turn()? {}
        }
        Ok(())
    }

    /// Whether copies may be due. The lane tells of those of a job before it comes to the next one.
    fn may_send(&self, app: &App, now: Instant) -> Result<bool, Stop> {
        let due = app.lane.run_here(|lane| lane.take_due().is_none_or(|due| !due.is_empty()))?;
        Ok(app.copies.take_ring() | due | self.mail_at.is_some_and(|at| at <= now))
    }

    /// Sends what is due; when more is.
    fn send(&mut self, now: Instant) -> Result<Option<Instant>, Stop> {
        loop {
            match self.mailer.turn()? {
                NextBatch::Now => {}
                NextBatch::At(at) if at <= now => {}
                NextBatch::At(at) => return Ok(Some(at)),
                NextBatch::WhenRung => return Ok(None),
            }
        }
    }

    fn next(&self) -> Option<Instant> {
        let always = [Some(self.adapt_at), self.mail_at, self.wake_at, self.judging.settling.next()];
        always.into_iter().flatten().min()
    }
}

/// A company, the workers and the clock of its server.
pub struct History<'a> {
    pub company: &'a mut LivingCompany,
    pub workers: &'a mut Workers,
    /// Sets the clock.
    pub set: &'a dyn Fn(Instant),
}

impl History<'_> {
    /// Lives through everything up to an instant. `goes_on` learns how far it is; if it returns `false`, the rest is left.
    /// Call it on a thread that may wait.
    pub fn live(&mut self, until: Instant, goes_on: &mut dyn FnMut(Instant) -> bool) -> Result<(), String> {
        loop {
            let now = self.company.app.clock.now();
            if now >= until {
                return Ok(());
            }
            let due = self.workers.next().into_iter().chain(self.company.next()).min().unwrap_or(until);
            let at = due.max(now + PIECE).min(until);
            if !goes_on(at) {
                return Err("stopped".into());
            }
            self.piece(at)?;
        }
    }

    fn piece(&mut self, at: Instant) -> Result<(), String> {
        while let Some(happening) = self.company.happening(at) {
            match happening {
                Happening::Messages(group) => self.take(group)?,
                Happening::Reaction(seen, reaction) => {
                    (self.set)(Instant(reaction.at).max(self.company.app.clock.now()));
                    let host = self.company.app.machine.clone();
                    wait(&host, self.company.act(&seen, &reaction))?;
                }
            }
        }
        (self.set)(at);
        self.workers.wake_at = self.wake(at)?;
        let host = self.company.app.machine.clone();
        if wait(&host, self.company.campaign())? {
            self.follow(at)?;
        }
        self.workers.work(&self.company.app, at).map_err(said)?;
        wait(&host, self.company.read_mail())
    }

    /// Leads follow a version of the playbook that was published, before anything else happens: by itself the lane's thread
    /// would take its time for it, and copies of broadcasts would wait for as long as that takes.
    fn follow(&self, at: Instant) -> Result<(), String> {
        let done = self.company.app.lane.run_here(move |lane| {
            while lane.background(at)? {}
            Ok::<(), Error>(())
        });
        done.map_err(|turned| said(turned.into()))?.map_err(|error| error.to_string())
    }

    /// Messages at their own instants, behind the wake-ups before them.
    fn take(&self, group: MessageGroup) -> Result<(), String> {
        let done = self.company.app.lane.run_here(move |lane| {
            wake(lane, Instant(group.first.0 - 1))?;
            lane.take(&group.messages, group.last)
        });
        done.map_err(|turned| said(turned.into()))?.map_err(|error| error.to_string()).map(drop)
    }

    /// Leads that time alone moves. Returns when that is so next.
    fn wake(&self, at: Instant) -> Result<Option<Instant>, String> {
        let done = self.company.app.lane.run_here(move |lane| {
            wake(lane, at)?;
            lane.next_wake()
        });
        done.map_err(|turned| said(turned.into()))?.map_err(|error| error.to_string())
    }
}

/// Wakes whoever is due by an instant.
fn wake(lane: &mut Lane, at: Instant) -> Result<(), Error> {
    while lane.next_wake()?.is_some_and(|next| next <= at) && lane.wake(at)? > 0 {}
    Ok(())
}

fn said(stop: Stop) -> String {
    match stop {
        Stop::Stopped => "the server stops".into(),
        Stop::Later(why) => why,
    }
}

/// What a use case gives, on a thread that may wait.
fn wait<T: Send>(host: &Host, done: impl Future<Output = Result<T, Refusal>> + Send) -> Result<T, String> {
    let mut result = None;
    host.block_on(Box::pin(async { result = Some(done.await) }));
    result.ok_or("the server stops")?.map_err(|refusal| refusal.to_string())
}
