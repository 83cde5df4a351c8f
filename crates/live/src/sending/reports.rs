//! What senders report: a copy is over, and its sequence goes on; or it waits again. Nothing but a report ends a claim, so
//! that no copy waits again whose sequence is over meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::{Duration, Instant};
use attractor_store::copies::{CAUGHT, CopySource, CopyState, Dispatch, MailCopy, REJECTED};
use attractor_store::outbox::{self, Ended};
use attractor_store::{ClaimNumber, Error, LeadId};

use crate::arrived::Arrived;
use crate::lane::Lane;
use crate::lead::why::Why;
use crate::sending::copies::present_copies;
use crate::sending::resume::{awaits, make_ready, resume_sequence};
use crate::take::take_in;
use crate::work::Work;
use crate::write::rounds::CopyKey;

/// A sequence waits from when the copy was sent, but after an outage no further back than this.
const BACK: Duration = Duration::HOUR;

/// How many claims of earlier servers one transaction ends.
const SLICE: i64 = 100;

/// Why a copy is in doubt whose server was stopped while it had the copy.
const CUT: &str = "the server was stopped before it could note what the mail server answered";

/// What became of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub key: CopyKey,
    /// The claim that it is about; `None`: of a copy that waits or is in review, and that nobody has.
    pub claim: Option<ClaimNumber>,
    pub outcome: Outcome,
    /// What happened to the lead by it: stored only if the report counts.
    pub messages: Vec<Arrived>,
}

/// How a copy ended, or why it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A mail server has accepted it, at this instant.
    Sent { at: Instant },
    /// No mail server is set, and it became a file, at this instant: everything goes on as if it had left.
    Caught { at: Instant },
    /// It was not to be sent, such as `suppressed`.
    Skipped { reason: String },
    /// A mail server has refused it for good; its answer.
    Failed { answer: String },
    /// Whether a mail server has accepted it cannot be known.
    InDoubt { why: String },
    /// It waits, and is asked again at `due`; `None`: when somebody acts.
    Held { reason: String, until: Option<Instant>, due: Option<Instant>, trouble_since: Option<Instant> },
    /// It was not begun, and waits as before.
    Released,
    /// Somebody released the draft: it waits for its turn.
    DraftReleased,
    /// Somebody rejected the draft.
    DraftRejected,
    /// Nobody released the draft in time, such as `too_late`.
    DraftSkipped { reason: String },
}

impl Outcome {
    /// Whether the copy goes back to wait.
    fn waits(&self) -> bool {
        matches!(self, Outcome::Held { .. } | Outcome::Released | Outcome::DraftReleased)
    }

    /// Whether it says something of a copy in this state. That a copy in doubt was not sent is not said by putting it back:
    /// its sequence has gone on.
    fn ends(&self, state: CopyState) -> bool {
        let is_of_draft =
            matches!(self, Outcome::DraftReleased | Outcome::DraftRejected | Outcome::DraftSkipped { .. });
        match state {
            CopyState::InDoubt => !is_of_draft && !self.waits() && !matches!(self, Outcome::InDoubt { .. }),
            _ => is_of_draft == (state == CopyState::Draft),
        }
    }
}

impl Lane {
    /// Ends the claims of servers before this one, some at each call: their copies are in doubt. Returns how many there
    /// were.
    pub fn doubt_claimed(&mut self, now: Instant) -> Result<usize, Error> {
        let first = ClaimNumber::first(self.epoch());
        self.work(now, |work| {
            let copies = outbox::claimed_before(work.connection, first, SLICE)?;
            let doubt = |copy: MailCopy| Report {
                claim: copy.dispatch.claim,
                key: (copy.lead, copy.source),
                outcome: Outcome::InDoubt { why: CUT.to_owned() },
                messages: Vec::new(),
            };
            settle_copies(work, &copies.into_iter().map(doubt).collect::<Vec<_>>()).map(|found| found.len())
        })
    }
}

/// Notes what became of copies and lets their sequences go on. Returns for each whether it counts: one that is about
/// another claim, or about a copy that is over or gone, changes nothing.
pub fn settle_copies(work: &mut Work, reports: &[Report]) -> Result<Vec<bool>, Error> {
    let mut counts = vec![false; reports.len()];
    let mut open: Vec<usize> = (0..reports.len()).collect();
    while !open.is_empty() {
        let mut keys = BTreeSet::new();
        let (wave, rest) = open.into_iter().partition(|place| keys.insert(&reports[*place].key));
        let wave: Vec<usize> = wave;
        let counting = settle(work, wave.iter().map(|place| &reports[*place]).collect())?;
        wave.into_iter().zip(counting).for_each(|(place, counting)| counts[place] = counting);
        open = rest;
    }
    Ok(counts)
}

/// Reports of different copies.
fn settle(work: &mut Work, reports: Vec<&Report>) -> Result<Vec<bool>, Error> {
    let named: BTreeSet<LeadId> = reports.iter().map(|report| report.key.0).collect();
    work.load_leads(&named)?;
    let before = rows(work, &named)?;
    let with_lead = present(work, &named)?;
    let counting = |report: &&&Report| before.get(&report.key).is_some_and(|row| is_about(report, row));
    let messages = reports.iter().filter(counting).filter(|report| with_lead.contains_key(&report.key.0));
    let messages: Vec<Arrived> = messages.flat_map(|report| report.messages.iter().cloned()).collect();
    if !messages.is_empty() {
        take_in(work, &messages, &Why::default())?;
    }
    // The messages may have made leads one, or ended sequences.
    let present = present(work, &named)?;
    make_ready(work, &present.values().copied().collect())?;
    let rows = rows(work, &named)?;
    let goes_back = |report: &&&Report| report.claim.is_some() && report.outcome.waits();
    let back = reports.iter().filter(goes_back).filter_map(|report| present.get(&report.key.0).copied());
    let all = of_one(work, back.collect())?;
    let mut settled = Settled::default();
    let counts = reports.iter().map(|report| {
        let row = rows.get(&report.key).filter(|row| is_about(report, row));
        row.inspect(|row| settled.add(work, report, row, present.get(&row.lead).copied(), &all)).is_some()
    });
    let counts = counts.collect();
    settled.note(work)?;
    Ok(counts)
}

fn rows(work: &mut Work, leads: &BTreeSet<LeadId>) -> Result<BTreeMap<CopyKey, MailCopy>, Error> {
    let copies = present_copies(work.connection, &work.pending, leads.clone())?;
    Ok(copies.into_iter().map(|copy| ((copy.lead, copy.source.clone()), copy)).collect())
}

fn is_about(report: &Report, row: &MailCopy) -> bool {
    let is_its_claim = match row.state {
        CopyState::Claimed | CopyState::InDoubt => report.claim.is_some() && row.dispatch.claim == report.claim,
        CopyState::Draft | CopyState::Waiting => report.claim.is_none(),
        _ => false,
    };
    is_its_claim && report.outcome.ends(row.state)
}

/// By lead, the lead that it is one with now; those that are gone are left out.
fn present(work: &mut Work, leads: &BTreeSet<LeadId>) -> Result<BTreeMap<LeadId, LeadId>, Error> {
    let mut present = BTreeMap::new();
    for lead in leads {
        if let Some(now) = work.present(*lead)? {
            present.insert(*lead, now);
        }
    }
    Ok(present)
}

/// By lead, the copies of all who are one with it.
fn of_one(work: &mut Work, leads: BTreeSet<LeadId>) -> Result<BTreeMap<LeadId, Vec<MailCopy>>, Error> {
    let mut copies: BTreeMap<LeadId, Vec<MailCopy>> = BTreeMap::new();
    if leads.is_empty() {
        return Ok(copies);
    }
    let all = work.leads.with_predecessors(work.connection, leads.into_iter().collect())?;
    work.load_leads(&all)?;
    for copy in present_copies(work.connection, &work.pending, all)? {
        if let Some(now) = work.present(copy.lead)? {
            copies.entry(now).or_default().push(copy);
        }
    }
    Ok(copies)
}

/// What a batch of reports comes to.
#[derive(Default)]
struct Settled {
    ended: Vec<(MailCopy, Ended)>,
    /// What waits again, under the lead that its own lead is one with now.
    asked: Vec<MailCopy>,
    /// By the lead that is present, whose sequence goes on from an instant on.
    over: Vec<(LeadId, CopySource, Instant)>,
}

impl Settled {
    fn add(
        &mut self,
        work: &Work,
        report: &Report,
        row: &MailCopy,
        present: Option<LeadId>,
        all: &BTreeMap<LeadId, Vec<MailCopy>>,
    ) {
        let mut ended = ended(report, row, work.now);
        if report.outcome.waits() {
            // Its lead may be one with another now, or its sequence may be over.
            let of_one = present.and_then(|now| all.get(&now)).into_iter().flatten();
            let mut others = of_one.filter(|copy| copy.lead != row.lead && copy.source == row.source);
            let waits = !others.any(|copy| self.is_out(copy)) && present.is_some_and(|now| waits_for(work, now, row));
            let stays = present == Some(row.lead) || present.is_some() && is_of_form(row);
            if !stays || !waits {
                if let Some(now) = present.filter(|_| waits) {
                    let mut copy = MailCopy { lead: now, ..row.clone() };
                    ended.apply(&mut copy);
                    self.asked.push(copy);
                }
                (ended.state, ended.reason, ended.until) = (CopyState::Withdrawn, None, None);
            }
        } else if let Some(now) = present.filter(|_| !row.is_sent_again()) {
            // The sequence of a copy that is sent again went on when it became in doubt.
            let at = match report.outcome {
                Outcome::Sent { at } | Outcome::Caught { at } => at.clamp(work.now - BACK, work.now),
                _ => work.now,
            };
            self.over.push((now, row.source.clone(), at));
        }
        self.ended.push((row.clone(), ended));
    }

    /// Whether a copy is out still, when the reports so far are noted.
    fn is_out(&self, copy: &MailCopy) -> bool {
        let same = |(row, _): &&(MailCopy, Ended)| (row.lead, &row.source) == (copy.lead, &copy.source);
        self.ended.iter().find(same).map_or_else(
            || copy.is_out(),
            |(row, ended)| {
                let mut row = row.clone();
                ended.apply(&mut row);
                row.is_out()
            },
        )
    }

    fn note(self, work: &mut Work) -> Result<(), Error> {
        if self.ended.is_empty() {
            return Ok(());
        }
        work.pending.copies.report(self.ended);
        self.asked.into_iter().for_each(|copy| work.pending.copies.ask(copy));
        for (lead, source, at) in self.over {
            resume_sequence(&mut work.turn(), lead, &source, at);
        }
        work.end_rounds()
    }
}

/// Whether a copy that goes back is still waited for: a sequence's copy by its enrollment, any other by its own lead, and so
/// is one that somebody sends again.
fn waits_for(work: &Work, present: LeadId, row: &MailCopy) -> bool {
    match row.source {
        CopySource::Sequence { .. } if !row.is_sent_again() => awaits(&work.leads, present, &row.source),
        CopySource::Form(_) => true,
        _ => present == row.lead,
    }
}

/// Whether a form asked for a copy: it stays under its lead, also where that is one with another now.
fn is_of_form(row: &MailCopy) -> bool {
    matches!(row.source, CopySource::Form(_))
}

fn ended(report: &Report, row: &MailCopy, now: Instant) -> Ended {
    let Dispatch { due, tries, trouble_since, .. } = row.dispatch;
    let over = |state, reason| Ended {
        lead: row.lead,
        source: row.source.clone(),
        claim: report.claim,
        state,
        reason,
        until: None,
        due: None,
        tries,
        trouble_since,
        sent_at: row.dispatch.sent_at,
        ended_at: Some(now.0),
    };
    let waits = |reason| Ended { ended_at: None, ..over(CopyState::Waiting, reason) };
    match &report.outcome {
        Outcome::Sent { at } => Ended { sent_at: Some(at.0), ..over(CopyState::Sent, None) },
        Outcome::Caught { at } => Ended { sent_at: Some(at.0), ..over(CopyState::Sent, Some(CAUGHT.to_owned())) },
        Outcome::Skipped { reason } | Outcome::DraftSkipped { reason } => {
            over(CopyState::Skipped, Some(reason.clone()))
        }
        Outcome::Failed { answer } => over(CopyState::Failed, Some(answer.clone())),
        Outcome::InDoubt { why } => over(CopyState::InDoubt, Some(why.clone())),
        Outcome::Held { reason, until, due, trouble_since } => Ended {
            until: until.map(|until| until.0),
            // Whatever it waits for, at its end it becomes too late, or its sequence would wait forever.
            due: due.map(|due| due.0).into_iter().chain(row.not_after).min(),
            // What holds it in between does not end the trouble with its server.
            tries: if trouble_since.is_some() { tries + 1 } else { tries },
            trouble_since: trouble_since.map(|since| since.0).or(row.dispatch.trouble_since),
            ..waits(Some(reason.clone()))
        },
        Outcome::Released => Ended { until: row.until, due, ..waits(row.reason.clone()) },
        Outcome::DraftReleased => Ended { due: Some(row.asked_at), ..waits(None) },
        Outcome::DraftRejected => over(CopyState::Withdrawn, Some(REJECTED.to_owned())),
    }
}
