//! One history lived through: a server in this process whose clock is moved from one instant at which something is due to the
//! next.

mod marketing;
mod promises;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use attractor_app::clicks::answer::{Asker, Fetch, click};
use attractor_app::clicks::judging::Judging;
use attractor_app::cursor::Page;
use attractor_app::folder::Folder;
use attractor_app::sending::broadcasts::freezing::{Freezing, Progress};
use attractor_app::sending::list::{self as outbox, OutboxItem, OutboxSelection};
use attractor_app::sending::mailer::{Mailer, NextBatch};
use attractor_app::sending::pace::Adapting;
use attractor_app::sending::transport::Transport;
use attractor_app::settings::{Settings, defaults};
use attractor_app::{App, BroadcastId};
use attractor_engine::time::{Duration, Instant};
use attractor_live::{Arrived, Fills};
use attractor_server::clock::{Clock, MovedClock};
use attractor_server::start::{self, Running};
use attractor_store::moves::{self, MoveKind};
use attractor_store::versions::Version;
use attractor_store::{LeadId, VersionNumber};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::figures::Figures;
use super::playbook::{BODY, PEOPLE, acts, adapting, arrives, calm, playbook, slows};
use super::random::Dice;
use super::transport::Unreliable;
use super::{beside, campaign};

/// A server with its workers, until it is killed.
struct Living {
    app: Arc<App>,
    running: Running,
    mailer: Mailer,
    judging: Judging,
    freezing: Freezing,
    adapting: Adapting,
}

pub struct World {
    seed: u64,
    dice: Dice,
    clock: MovedClock,
    now: Instant,
    folder: TempDir,
    database: Option<String>,
    transport: Arc<Unreliable>,
    runtime: Runtime,
    living: Option<Living>,
    playbook: String,
    broadcasts: Vec<BroadcastId>,
    /// Broadcasts that follow from another one, each with that one.
    following: Vec<(BroadcastId, BroadcastId)>,
    /// When the cadence is asked next whether it is right.
    adapt_at: Instant,
    /// When the sender goes on.
    mail_at: Option<Instant>,
    /// When something happened to a lead last, by its name.
    touched: BTreeMap<String, Instant>,
    /// The ids of the messages by which somebody replied.
    replies: BTreeSet<String>,
    /// By copy, what holds it, until when, and when that was seen.
    holds: BTreeMap<String, (String, String, Instant)>,
    figures: Figures,
}

impl World {
    pub fn new(seed: u64, database: Option<String>) -> World {
        let now = Instant::parse("2026-03-02T07:30:00Z").unwrap();
        World {
            seed,
            dice: Dice::new(seed ^ 0x0015),
            clock: MovedClock::at(now),
            now,
            folder: tempfile::tempdir().unwrap(),
            database,
            transport: Arc::new(Unreliable::new(seed ^ 0x7a15)),
            runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
            living: None,
            playbook: String::new(),
            broadcasts: Vec::new(),
            following: Vec::new(),
            adapt_at: now,
            mail_at: None,
            touched: BTreeMap::new(),
            replies: BTreeSet::new(),
            holds: BTreeMap::new(),
            figures: Figures::default(),
        }
    }

    fn settings(&self) -> Settings {
        let mut settings = defaults().unwrap();
        settings.database = self.database.clone().unwrap_or_default();
        settings.sender_email = "news@acme.test".into();
        settings.postal_address = "1 Road, Leeds".into();
        settings.judging_delay = 60;
        if self.seed.is_multiple_of(2) && !self.is_calm() {
            settings.sending_hours = "mon-fri 8:00-18:00".into();
        }
        settings
    }

    fn begin(&mut self) {
        let _inside = self.runtime.enter();
        let folder = Folder::hold(&self.folder.path().join("data"), self.now).ok().unwrap();
        let (app, mut running) =
            start::prepared(self.settings(), folder, Clock::moved(&self.clock), |_| Ok(())).unwrap();
        let transport: Arc<dyn Transport> = self.transport.clone();
        let mailer = Mailer::new(&app, transport).unwrap();
        let (judging, freezing) = (running.judging().take().unwrap(), Freezing::new(&app));
        let adapting = Adapting::new(&app);
        // An audience may have been left unfinished.
        app.broadcasts.ring();
        self.living = Some(Living { app, running, mailer, judging, freezing, adapting });
        self.mail_at = None;
    }

    fn end(&mut self) {
        if let Some(Living { app, running, mailer, judging, freezing, adapting }) = self.living.take() {
            drop((mailer, judging, freezing, adapting));
            app.stop();
            running.finish(&app).unwrap();
        }
    }

    fn living(&mut self) -> &mut Living {
        if self.living.is_none() {
            self.begin();
        }
        self.living.as_mut().unwrap()
    }

    /// Whether every send is over at once: nothing holds a copy, and no due instant is jumped over.
    fn is_calm(&self) -> bool {
        self.seed.is_multiple_of(3)
    }

    /// Whether the cadence adapts, so that what it holds may be held for longer or for less than was said.
    fn adapts(&self) -> bool {
        self.seed % 4 == 1 && !self.is_calm()
    }

    /// What somebody does, unless it would hold copies where nothing is to hold them.
    fn allowed(&self, act: Value) -> Option<Value> {
        (!self.is_calm() || !slows(&act)).then_some(act)
    }

    /// Lives through it. The error is the first thing that was wrong.
    pub fn live(mut self) -> Result<Figures, String> {
        self.transport.be_rough(!self.is_calm());
        self.publish();
        for user in PEOPLE {
            let messages = arrives(user, &mut self.dice);
            self.tell(user, messages);
        }
        self.go_on(self.now)?;
        for _ in 0..20 + self.dice.below(20) {
            self.happen()?;
        }
        self.transport.be_rough(false);
        self.silence()?;
        self.add_up()?;
        self.end();
        Ok(self.figures)
    }

    fn publish(&mut self) {
        let playbook = playbook(&mut self.dice);
        let playbook = if self.is_calm() { calm(playbook) } else { playbook };
        let playbook = if self.adapts() { adapting(playbook) } else { playbook };
        self.playbook = playbook.to_string();
        let files = json!({"playbook.yaml": self.playbook, "emails/body.mjml": BODY}).to_string();
        let version =
            Version { number: VersionNumber(2), at: self.now.0, author: "test".into(), note: String::new(), files };
        let lane = self.living().app.lane.clone();
        lane.run_here(move |lane| lane.publish(&version, true)).unwrap().unwrap();
    }

    fn tell(&mut self, user: &str, messages: Vec<Value>) {
        let now = self.now;
        let arrived = messages.into_iter().map(|mut message| {
            self.figures.events += 1;
            let id = format!("m{}", self.figures.events);
            if message["event"] == "Email Replied" {
                self.replies.insert(id.clone());
            }
            message["messageId"] = id.into();
            message["timestamp"] = now.to_string().into();
            Arrived { json: message.to_string(), received_at: now, origin: "key:1".into(), fills: Fills::All }
        });
        let arrived: Vec<Arrived> = arrived.collect();
        self.touched.insert(user.to_owned(), now);
        self.living().app.lane.run_here(move |lane| lane.take(&arrived, now)).unwrap().unwrap();
        self.mail_at = Some(now);
    }

    /// One thing happens, and time passes.
    fn happen(&mut self) -> Result<(), String> {
        match self.dice.below(11) {
            0..4 => {
                let user = *self.dice.pick(&PEOPLE);
                let act = acts(user, self.now, &mut self.dice);
                self.tell(user, self.allowed(act).into_iter().collect());
            }
            // What is judged comes late.
            4..6 if !self.is_calm() => self.click(),
            6 if self.dice.chance(50) => {
                // Somebody ends the server between two batches.
                self.end();
                self.figures.kills += 1;
            }
            7 if !self.is_calm() => self.campaign()?,
            8 if !self.is_calm() => self.follow()?,
            9 if !self.is_calm() => self.correct()?,
            10 if !self.is_calm() => self.review()?,
            _ => {}
        }
        let jump = match self.dice.below(4) {
            0 => Duration(60_000),
            1 => Duration(Duration::HOUR.0 * (1 + self.dice.below(20) as i64)),
            2 => Duration::DAY,
            _ => Duration(Duration::DAY.0 * 3),
        };
        let until = self.now + jump;
        // The clock goes from one due instant to the next, or jumps over all of them.
        if self.is_calm() || self.dice.chance(70) { self.go_on(until) } else { self.go_to(until) }
    }

    /// People click on what came, some at once and again and again as scanners do.
    fn click(&mut self) {
        let mails = self.transport.read();
        let Some(mail) = mails.iter().filter(|mail| !mail.clicks.is_empty()).nth(self.dice.below(mails.len().max(1)))
        else {
            return;
        };
        let many = if self.dice.chance(20) { mail.clicks.len() } else { 1 };
        for token in mail.clicks.iter().take(many) {
            let asker = Asker {
                fetch: Fetch::Show,
                agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
                address: [192, 0, 2, 7].into(),
                at: self.now,
            };
            let app = self.living().app.clone();
            self.runtime.block_on(click(&app, token, asker)).ok().unwrap();
            self.figures.clicks += 1;
        }
        let user = mail.to.split('@').next().unwrap_or_default();
        // The verdict comes later.
        self.touched.insert(user.to_owned(), self.now + Duration::HOUR);
    }

    fn go_on(&mut self, until: Instant) -> Result<(), String> {
        self.work()?;
        while let Some(next) = self.next().filter(|next| *next < until) {
            self.go_to(next.max(Instant(self.now.0 + 1)))?;
        }
        self.go_to(until)
    }

    fn go_to(&mut self, at: Instant) -> Result<(), String> {
        self.now = at;
        self.clock.set(at);
        self.work()?;
        self.check_holds()
    }

    /// When something is due next.
    fn next(&mut self) -> Option<Instant> {
        let (mail_at, adapt_at) = (self.mail_at, self.adapts().then_some(self.adapt_at));
        let living = self.living();
        let wake = living.app.lane.run_here(|lane| lane.next_wake()).unwrap().unwrap();
        [mail_at, adapt_at, wake, living.judging.settling.next()].into_iter().flatten().min()
    }

    /// Whatever is due by the clock, until nothing is.
    fn work(&mut self) -> Result<(), String> {
        let now = self.now;
        loop {
            let living = self.living();
            let woken = living.app.lane.run_here(move |lane| lane.wake(now)).unwrap().map_err(|why| why.to_string())?;
            let judged = living.judging.settling.next().is_some_and(|next| next <= now);
            if judged {
                living.judging.step().map_err(|why| format!("{why:?}"))?;
            }
            self.adapt()?;
            self.freeze()?;
            let sent = self.send()?;
            if woken == 0 && !judged && !sent {
                return Ok(());
            }
        }
    }

    /// Copies of broadcasts are asked for and taken back.
    fn freeze(&mut self) -> Result<(), String> {
        let Living { app, freezing, .. } = self.living();
        if !app.broadcasts.take_ring() {
            return Ok(());
        }
        loop {
            match freezing.step().map_err(|why| format!("the copies of a broadcast: {why:?}"))? {
                Progress::More => {}
                Progress::Nothing => return Ok(()),
                Progress::UnderWay => {
                    app.broadcasts.ring();
                    return Ok(());
                }
            }
        }
    }

    /// One turn of the sender, which may die in it. Whether it goes on at once.
    fn send(&mut self) -> Result<bool, String> {
        let now = self.now;
        let living = self.living();
        match catch_unwind(AssertUnwindSafe(|| living.mailer.turn())) {
            Ok(Ok(NextBatch::Now)) => Ok(true),
            Ok(Ok(NextBatch::At(at))) => {
                self.mail_at = Some(at);
                Ok(at <= now)
            }
            Ok(Ok(NextBatch::WhenRung)) => {
                self.mail_at = None;
                Ok(false)
            }
            Ok(Err(why)) => Err(format!("the sender: {why:?}")),
            Err(_) => {
                self.figures.kills += 1;
                self.end();
                Ok(true)
            }
        }
    }

    fn outbox(&mut self) -> Vec<OutboxItem> {
        let app = self.living().app.clone();
        let (mut all, mut next): (Vec<OutboxItem>, Option<String>) = (Vec::new(), None);
        loop {
            let after = next.take();
            let read = app.read(move |view| outbox::page(view, &OutboxSelection::default(), after.as_deref(), 500));
            let Page { items, next: more } = self.runtime.block_on(read).ok().unwrap();
            all.extend(items);
            next = more;
            if next.is_none() {
                return all;
            }
        }
    }

    /// Each hold with a known end ended then, unless something happened to its lead meanwhile; another copy that left in
    /// between may hold it once more.
    fn check_holds(&mut self) -> Result<(), String> {
        let items = self.outbox();
        let left_since = |lead: &str, since: &str| {
            items.iter().any(|item| item.lead == lead && item.ended_at.as_deref().is_some_and(|at| at >= since))
        };
        let now = self.now.to_string();
        let (mut ended, mut came_back) = (0, 0);
        let mut holds = BTreeMap::new();
        for item in &items {
            let id = &item.copy.send_id;
            let held = item.copy.state == "waiting";
            let reason = item.copy.reason.clone().unwrap_or_default();
            if let Some((before, until, seen)) = self.holds.get(id)
                && *until <= now
            {
                let is_held_on = held && reason == *before && item.copy.until.as_deref() > Some(now.as_str());
                let touched = item.names.lead_name.as_ref().and_then(|name| self.touched.get(name));
                let is_touched = touched.is_some_and(|at| at >= seen);
                let again = left_since(&item.lead, &seen.to_string());
                // The clock may jump over the sending hours.
                let is_closed = reason == "window" && *until < now;
                let is_held_on_as_said = !is_closed && !is_touched && !again;
                let is_paced_anew = || self.has_moved(&item.lead, *seen) || self.has_adapted(*seen);
                if is_held_on && is_held_on_as_said && !is_paced_anew() {
                    return Err(format!("{id} was held for {before} until {until}, and is held at {now}: {item:?}"));
                }
                ended += u64::from(!is_held_on);
                came_back += u64::from(!is_held_on && before == "auto_reply");
            }
            if let (true, Some(until)) = (held && !reason.is_empty(), &item.copy.until) {
                // A server puts off for as long as it likes.
                if !reason.starts_with("server") {
                    let same = self.holds.get(id).filter(|known| known.0 == reason && known.1 == *until);
                    let seen = same.map_or(self.now, |known| known.2);
                    holds.insert(id.clone(), (reason, until.clone(), seen));
                }
            }
        }
        self.holds = holds;
        self.figures.holds += ended;
        self.figures.came_back += came_back;
        Ok(())
    }

    /// Whether time moved a lead to another stage since an instant, so that its interval is another one.
    fn has_moved(&self, lead: &str, since: Instant) -> bool {
        let location = attractor_app::location(&self.settings(), &self.folder.path().join("data"));
        let lead = LeadId(lead.parse().unwrap());
        let moves = moves::of_leads(&mut location.reader().unwrap(), &[lead]).unwrap();
        moves.iter().any(|one| one.kind == MoveKind::Stage && one.at > since.0 && one.at <= self.now.0)
    }

    /// Every copy is accounted for, and no mail was taken twice.
    fn add_up(&mut self) -> Result<(), String> {
        let (taken, twice) = self.transport.taken();
        if !twice.is_empty() {
            return Err(format!("taken twice: {twice:?}"));
        }
        let items = self.outbox();
        let count = |state: &str| items.iter().filter(|item| item.copy.state == state).count();
        let (sent, doubtful) = (count("sent"), count("in_doubt"));
        if count("claimed") > 0 || taken < sent || taken > sent + doubtful {
            return Err(format!(
                "{taken} mails were taken; {sent} copies are sent and {doubtful} in doubt: {items:#?}"
            ));
        }
        let unexplained = items.iter().find(|item| {
            let is_held = item.copy.state == "waiting" && item.copy.reason.is_some();
            let needs = is_held || ["skipped", "failed", "in_doubt", "draft"].contains(&item.copy.state);
            needs && !item.why.as_ref().is_some_and(|why| why.contains("2026-") && why.ends_with('.'))
        });
        if let Some(item) = unexplained {
            return Err(format!("it is not said why with an instant: {item:?}"));
        }
        let app = self.living().app.clone();
        for id in &self.broadcasts {
            self.runtime.block_on(campaign::adds_up(&app, *id))?;
        }
        self.follows_from_what_was_got(&items)?;
        self.paces_keep_within_bounds()?;
        let location = attractor_app::location(&self.settings(), &self.folder.path().join("data"));
        let mut store = location.reader().unwrap();
        self.figures.replayed += beside::difference(&mut store, &self.playbook, self.now, self.is_calm())?;
        self.figures.replied += self.ended_by_replies(&items);
        self.figures.broadcasts += self.broadcasts.len() as u64;
        self.figures.mails += taken as u64;
        self.figures.skipped += count("skipped") as u64;
        self.figures.doubtful += doubtful as u64;
        Ok(())
    }
}
