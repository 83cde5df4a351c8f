//! The sender: batch after batch of copies that are due, each decided, composed, claimed, handed to the transport and
//! reported. It has no thread of its own; whoever calls it says when it goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_live::suppression::{BlockWriter, HashKeys};
use attractor_live::{Claiming, CopyKey, Deed, Lane, Outcome, Report};
use attractor_mail::gate::Decision;
use attractor_mail::message::dkim::Signer;
use attractor_mail::reputation::Thresholds;
use attractor_store::copies::{self, CopyState, MailCopy, Rank};
use attractor_store::link_keys::{self, LinkKey};
use attractor_store::{ClaimNumber, Connection, Error, LeadId, Location};
use jiff::tz::TimeZone;

use super::batch::BatchSize;
use super::compose::{Installation, is_budgeted, once};
use super::due::{Due, due, is_overtaken, late_drafts};
use super::emails::Emails;
use super::endings::{Claimed, Ending, ending};
use super::gate::{Late, decide, is_measured};
use super::holds::{recall_verified, that_hold};
use super::incoming::thresholds;
use super::limits::Limits;
use super::plan::{Candidate, Composer, Plan, Planner, UnderWay, plan};
use super::settling::settle;
use super::signing::{log_missing_key, signer_at_start};
use super::situation::{Rules, Situation, domain_wait};
use super::test_mode::{self, deliver};
use super::transport::{Delivery, OutgoingMail, PresentTransport, Step, Transport, delivered};
use super::trouble::Trouble;
use super::utm::Utm;
use super::{paused, warm_up};
use crate::access::tokens;
use crate::lane::{LaneHandle, Stop};
use crate::links::{address_hash, installation_name, keys_of};
use crate::machine::{Host, Stopwatch, Time};
use crate::settings::Settings;
use crate::{App, location};

/// How long a dialogue may take: what the claim of a copy shows.
const LEASE: Duration = Duration(10 * 60_000);
/// What was composed while others were delivered leaves within this time, or is composed anew.
const FRESH: std::time::Duration = std::time::Duration::from_secs(5);

/// When the sender takes its next batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextBatch {
    /// At once.
    Now,
    /// When a copy is due, by the leads' clock, or earlier when something new waits.
    At(Instant),
    /// When something new waits.
    WhenRung,
}

/// Copies of one rank that may leave next. Nobody has claimed them.
struct Ahead {
    candidates: Vec<Candidate>,
    rank: Rank,
    /// Since it was begun to plan them.
    since: Stopwatch,
}

/// Sends what is due.
pub struct Mailer {
    rules: Arc<Rules>,
    signer: Arc<Signer>,
    lane: LaneHandle,
    clock: Arc<dyn Time>,
    /// When too much comes back.
    thresholds: Thresholds,
    host: Host,
    location: Location,
    transport: PresentTransport,
    settings: Settings,
    /// `None` until it is needed, and after an error.
    reader: Option<Connection>,
    emails: Emails,
    limits: Limits,
    /// How many copies the next batch has.
    batch: BatchSize,
    /// What was planned while the last batch was delivered.
    ahead: Option<Ahead>,
    /// What the last batch was about, if nothing came of it.
    in_vain: Vec<CopyKey>,
    /// Copies that waited for the domain when this server began, or when e-mails took another way, are recalled, where they
    /// need not wait any more.
    has_recalled: bool,
    installation: Option<(Vec<LinkKey>, HashKeys, Installation)>,
    /// What could not be reported yet.
    unreported: Vec<Ending>,
    /// What may have been claimed in a transaction of which it is not known whether it was committed.
    uncertain: Vec<CopyKey>,
}

impl Mailer {
    /// A sender for a server; the error is what is wrong in the settings.
    pub fn new(app: &App, transport: Arc<dyn Transport>) -> Result<Mailer, String> {
        let sender = super::sender::Sender::of(&app.settings).map_err(|why| format!("`sender_email`: {why}"))?;
        log_missing_key(&app.settings, app.folder.path(), &app.secrets, sender.from.domain());
        let signer = signer_at_start(&app.settings, app.folder.path(), &app.secrets, sender.from.domain())?;
        let transport = PresentTransport::of(transport);
        let rules = Rules::of(app, sender, transport.is_real())?;
        let limits = Limits::of_rules(&app.settings, &rules, app.clock.now());
        Ok(Mailer {
            rules: Arc::new(rules),
            limits,
            batch: BatchSize::first(),
            ahead: None,
            in_vain: Vec::new(),
            has_recalled: false,
            signer: Arc::new(signer),
            lane: app.lane.clone(),
            clock: app.clock.clone(),
            thresholds: thresholds(&app.settings),
            host: app.machine.clone(),
            location: location(&app.settings, app.folder.path()),
            transport,
            settings: app.settings.clone(),
            reader: None,
            emails: Emails::new(Utm::of(&app.settings)),
            installation: None,
            unreported: Vec::new(),
            uncertain: Vec::new(),
        })
    }

    /// One batch. Says when it goes on.
    pub fn turn(&mut self) -> Result<NextBatch, Stop> {
        self.report()?;
        self.give_back()?;
        self.follow_transport();
        self.recall()?;
        let plan = match self.planned()? {
            Looked::Idle(next) => {
                self.transport.rest();
                return Ok(next);
            }
            Looked::Due(plan) => plan,
        };
        let keys = plan.keys();
        let (claimed, settled, samples) = self.claim(plan)?;
        deliver(&*self.transport, &samples);
        if claimed.is_empty() && settled == 0 {
            return self.begin_again(keys);
        }
        self.in_vain.clear();
        if !claimed.is_empty() {
            self.deliver(claimed);
        }
        self.report()?;
        Ok(NextBatch::Now)
    }

    /// Decides by what takes mails now: whether they leave this machine may have changed.
    fn follow_transport(&mut self) {
        if !self.transport.renew() {
            return;
        }
        if let Some(ahead) = self.ahead.take() {
            self.give_up(ahead.candidates);
        }
        if self.transport.is_real() != self.rules.is_real {
            self.rules = Arc::new(Rules { is_real: self.transport.is_real(), ..(*self.rules).clone() });
            self.limits = Limits::of_rules(&self.settings, &self.rules, self.clock.now());
            self.has_recalled = false;
        }
    }

    /// What is due: as it was planned while the last batch was delivered, unless that took long or something goes before
    /// it now. The gate is asked again when it is claimed.
    fn planned(&mut self) -> Result<Looked, Stop> {
        let Some(Ahead { candidates, rank, since }) = self.ahead.take() else { return self.look(&UnderWay::default()) };
        let now = self.clock.now();
        if since.elapsed() > FRESH || self.read(|connection| is_overtaken(connection, now, rank))? {
            self.give_up(candidates);
            return self.look(&UnderWay::default());
        }
        Ok(Looked::Due(Plan { candidates, ..Plan::default() }))
    }

    /// Copies that were planned do not leave yet.
    fn give_up(&mut self, candidates: Vec<Candidate>) {
        for candidate in candidates {
            self.limits.give_back(&candidate.composed.content.address);
        }
    }

    /// Plans the next batch while copies are under way. What does not leave is reported at once, before anything changes;
    /// what may leave waits, and is asked again when it is claimed. An error comes again when the next turn looks.
    fn plan_ahead(&mut self, under_way: &UnderWay) {
        let since = self.host.stopwatch();
        // While copies are under way, there is no test mode, and so nothing is sampled.
        let Ok(Looked::Due(Plan { reports, candidates, .. })) = self.look(under_way) else { return };
        if !reports.is_empty() && self.claim(Plan { reports, ..Plan::default() }).is_err() {
            return self.give_up(candidates);
        }
        let Some(rank) = candidates.first().map(|first| first.copy.rank()) else { return };
        self.ahead = Some(Ahead { candidates, rank, since });
    }

    /// Reports what is not reported yet, as far as the lane takes it; the last thing that a sender does.
    pub fn finish(&mut self) -> Result<(), Stop> {
        self.report()
    }

    /// What the sender saw has changed meanwhile: it looks again. Where it sees the same again, it must not go round and
    /// round.
    fn begin_again(&mut self, keys: Vec<CopyKey>) -> Result<NextBatch, Stop> {
        if self.in_vain == keys {
            self.in_vain.clear();
            return Err(Stop::Later(format!("none of {} e-mails could be claimed, skipped or held", keys.len())));
        }
        self.in_vain = keys;
        Ok(NextBatch::Now)
    }

    /// Makes copies due that waited for the domain or for the end of the test mode, once.
    fn recall(&mut self) -> Result<(), Stop> {
        if !self.has_recalled {
            let (rules, now) = (self.rules.clone(), self.clock.now());
            self.in_lane(move |lane| {
                lane.write(|connection| {
                    test_mode::begin(connection, rules.test_to.as_ref(), now)?;
                    recall_verified(connection, &rules, now.0)
                })
            })?;
            self.has_recalled = true;
        }
        Ok(())
    }

    /// Reads what is due, and plans it, beside copies that are under way.
    fn look(&mut self, under_way: &UnderWay) -> Result<Looked, Stop> {
        self.install()?;
        let mut connection = match self.reader.take() {
            Some(connection) => connection,
            None => self.location.reader()?,
        };
        let (now, of_transport, batch) = (self.clock.now(), self.transport.batch(), &mut self.batch);
        let zones = self.host.zones();
        let Some((_, hashes, installation)) = &self.installation else { return Ok(Looked::Idle(NextBatch::WhenRung)) };
        let mut planner = Planner {
            emails: &mut self.emails,
            limits: &mut self.limits,
            tag: &mut random_tag,
            most: batch.taken(of_transport),
            host: &self.host,
            under_way,
            composer: Composer {
                installation,
                hash: &|address| address_hash(hashes, address),
                zone: &|name| zones.get(name).unwrap_or(TimeZone::UTC),
            },
        };
        let rules = &*self.rules;
        let looked = connection.snapshot(|connection| {
            if paused(connection)?.is_some() {
                return Ok(Looked::Idle(NextBatch::WhenRung));
            }
            let late = late_drafts(connection, now)?;
            if !late.reports.is_empty() {
                return Ok(Looked::Due(late));
            }
            let copies = match due(connection, now, batch.looked_at(of_transport))? {
                Due::None(next) => return Ok(Looked::Idle(next.map_or(NextBatch::WhenRung, NextBatch::At))),
                Due::Copies(copies) => copies,
            };
            let situation = Situation::read(connection, rules, now, &copies)?;
            let usage = warm_up::usage(connection, rules.sender.from.domain())?;
            planner.limits.begin_beside(usage, under_way.budgeted(), now);
            let plan = plan(connection, rules, &situation, copies.clone(), &mut planner)?;
            batch.after_look(&copies, plan.candidates.len(), of_transport);
            Ok(Looked::Due(plan))
        })?;
        self.reader = Some(connection);
        Ok(looked)
    }

    /// Reads the keys of links and addresses; the first ones are made. A restore may have brought others.
    fn install(&mut self) -> Result<(), Stop> {
        let (mut keys, mut hashes) =
            self.read(|connection| Ok((link_keys::all(connection)?, HashKeys::read(connection)?)))?;
        if keys.is_empty() || hashes.hashes("").is_empty() {
            let now = self.clock.now();
            (keys, hashes) = self.in_lane(move |lane| {
                lane.write(|connection| {
                    let hashes = BlockWriter { keys: &mut None, now }.keys(connection)?;
                    Ok((link_keys::all_or_first(connection, now.0)?, hashes))
                })
            })?;
        }
        if self.installation.as_ref().is_none_or(|(known, ..)| *known != keys) {
            let installation =
                installation(&keys, &self.rules, self.signer.clone(), self.settings.decoy).map_err(Stop::Later)?;
            self.installation = Some((keys, hashes, installation));
        } else if let Some(known) = &mut self.installation {
            known.1 = hashes;
        }
        Ok(())
    }

    /// Claims what may leave, after the gate was asked once more in the same transaction, and reports the others. Returns
    /// what the sender has now, how many reports counted, and the samples that may be sent.
    fn claim(&mut self, plan: Plan) -> Result<(Vec<Claimed>, usize, Vec<OutgoingMail>), Stop> {
        let Plan { reports, candidates, samples } = plan;
        let (rules, now) = (self.rules.clone(), self.clock.now());
        let keys: Vec<CopyKey> = candidates.iter().map(|one| (one.copy.lead, one.copy.source.clone())).collect();
        let (asked, lease_until) = (candidates.clone(), now + LEASE);
        let done = self.in_lane(move |lane| {
            lane.deed(now, |deed| {
                let held = claim(deed, &rules, now, lease_until, asked)?;
                let reports = that_hold(deed.connection(), reports, |connection| domain_wait(connection, &rules))?;
                let settled = deed.settle_copies(&reports)?.into_iter().filter(|counts| *counts).count();
                Ok((held, settled, test_mode::note(deed.connection(), samples, now)?))
            })
        });
        let (held, settled, samples) = match done {
            Ok(done) => done,
            Err(why) => {
                self.uncertain = keys;
                return Err(why);
            }
        };
        let number = |candidate: &Candidate| {
            let key = (candidate.copy.lead, candidate.copy.source.clone());
            held.iter().find(|(held, _)| *held == key).map(|(_, number)| *number)
        };
        let claimed = candidates
            .into_iter()
            .filter_map(|candidate| number(&candidate).map(|number| Claimed { candidate, number }));
        Ok((claimed.collect(), settled, samples))
    }

    /// Hands mails to the transport, and plans the next batch meanwhile; what became of them waits to be reported.
    fn deliver(&mut self, claimed: Vec<Claimed>) {
        let mails: Vec<OutgoingMail> = claimed.iter().map(|one| one.candidate.composed.mail.clone()).collect();
        let (host, transport, clock) = (self.host.clone(), self.transport.share(), self.clock.clone());
        let under_way = UnderWay::of(&claimed);
        // Whatever becomes of the planning, what became of these mails is known.
        let (_, ended) = host.beside(|| self.plan_ahead(&under_way), || delivered(&*transport, &mails, &*clock));
        let ended = ended.unwrap_or_else(|| vec![None; mails.len()]);
        let now = self.clock.now();
        for (one, ended) in claimed.iter().zip(&ended) {
            if let Some((Delivery::PutOff { answer, step: step @ Some(Step::To | Step::Data) }, at)) = ended
                && Trouble::of(answer, *step) == Trouble::Rate
            {
                self.limits.slow(&one.candidate.composed.content.address, *at);
            }
        }
        let is_smooth = ended.iter().all(|one| matches!(one, Some((Delivery::Accepted, _))));
        self.batch.after_delivery(claimed.len(), is_smooth, self.transport.batch());
        if !is_smooth && let Some(ahead) = self.ahead.take() {
            // Too many are to leave now, and perhaps some that a server does not want yet.
            self.give_up(ahead.candidates);
        }
        let silent = || (Delivery::Unknown { why: "the transport did not say what became of it".into() }, now);
        self.unreported
            .extend(claimed.into_iter().zip(ended).map(|(one, ended)| ending(one, ended.unwrap_or_else(silent))));
    }

    /// Reports what became of the copies that the sender had.
    fn report(&mut self) -> Result<(), Stop> {
        if self.unreported.is_empty() {
            return Ok(());
        }
        let (endings, rules, thresholds) = (self.unreported.clone(), self.rules.clone(), self.thresholds);
        let (now, is_still) = (self.clock.now(), self.transport.is_still());
        let stopped = self.in_lane(move |lane| {
            // That a login was refused says nothing of one that was set since.
            let endings = if is_still() { endings } else { endings.into_iter().map(Ending::without_account).collect() };
            lane.deed(now, |deed| settle(deed, endings, &rules, thresholds, now))
        })?;
        self.unreported.clear();
        if let Some(why) = stopped {
            tracing::error!(why, "sending is paused");
        }
        Ok(())
    }

    /// Gives back what was claimed in a transaction that seemed to fail: nobody has begun to send it.
    fn give_back(&mut self) -> Result<(), Stop> {
        if self.uncertain.is_empty() {
            return Ok(());
        }
        let (keys, now) = (self.uncertain.clone(), self.clock.now());
        self.in_lane(move |lane| {
            lane.deed(now, |deed| {
                let ids: BTreeSet<LeadId> = keys.iter().map(|(lead, _)| *lead).collect();
                let rows = copies::of_leads(deed.connection(), &ids.into_iter().collect::<Vec<_>>())?;
                let is_taken = |copy: &&MailCopy| {
                    copy.state == CopyState::Claimed && keys.contains(&(copy.lead, copy.source.clone()))
                };
                let released = rows.iter().filter(is_taken).map(|copy| Report {
                    key: (copy.lead, copy.source.clone()),
                    claim: copy.dispatch.claim,
                    outcome: Outcome::Released,
                    messages: Vec::new(),
                });
                deed.settle_copies(&released.collect::<Vec<_>>())
            })
        })?;
        self.uncertain.clear();
        Ok(())
    }

    /// Reads with the sender's own connection.
    fn read<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Stop> {
        let mut connection = match self.reader.take() {
            Some(connection) => connection,
            None => self.location.reader()?,
        };
        let found = work(&mut connection)?;
        self.reader = Some(connection);
        Ok(found)
    }

    fn in_lane<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Lane) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Stop> {
        Ok(self.lane.run_here(work)??)
    }
}

/// What a look at the store found.
enum Looked {
    Idle(NextBatch),
    Due(Plan),
}

/// Claims those that the gate lets pass as they were composed.
fn claim(
    deed: &mut Deed,
    rules: &Rules,
    now: Instant,
    lease_until: Instant,
    candidates: Vec<Candidate>,
) -> Result<Vec<(CopyKey, ClaimNumber)>, Error> {
    if candidates.is_empty() || paused(deed.connection())?.is_some() {
        return Ok(Vec::new());
    }
    let copies: Vec<MailCopy> = candidates.iter().map(|one| one.copy.clone()).collect();
    let situation = Situation::read(deed.connection(), rules, now, &copies)?;
    let still = |one: &Candidate| {
        let lead = situation.lead(&one.copy)?;
        // What may leave now was asked when it was planned.
        let late = Late { nothing_left: None, cannot_render: &mut || None, held_until: &mut |_| None };
        let passes = decide(&situation, &one.copy, late) == Some(Decision::Send);
        let edition = situation.edition(&one.copy, lead).map(|(version, _)| version);
        let is_same =
            lead.address.as_ref() == Some(&one.composed.content.address) && edition == Some(one.versions.edition);
        (passes && is_same && is_measured(lead, &one.copy, &situation.countries) == one.composed.measured).then_some(())
    };
    let claiming: Vec<Claiming> = candidates
        .into_iter()
        .filter(|one| still(one).is_some())
        .map(|Candidate { copy, composed, versions }| Claiming {
            once: once(&copy),
            is_budgeted: is_budgeted(&copy),
            shows: composed.shows,
            key: (copy.lead, copy.source),
            asked_at: copy.asked_at,
            email: copy.email,
            version: versions.lead,
            content: composed.content,
            lease_until,
        })
        .collect();
    deed.claim(&claiming)
}

/// The installation as its copies name it; the error is what is wrong with its keys.
fn installation(
    keys: &[LinkKey],
    rules: &Rules,
    signer: Arc<Signer>,
    has_decoys: bool,
) -> Result<Installation, String> {
    let all = keys_of(keys).map_err(|why| why.to_string())?;
    let name = keys.first().map(installation_name).unwrap_or_default();
    Ok(Installation { sender: rules.sender.clone(), keys: all, signer, name, has_decoys })
}

/// A number that nobody can guess.
fn random_tag() -> i64 {
    i64::from_be_bytes(tokens::random())
}
