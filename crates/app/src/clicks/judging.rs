//! The judge at work: what has settled is judged with all that was requested on its copy, and becomes events of its lead in
//! the transaction that keeps the verdict.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_live::{Deed, Lane};
use attractor_mail::judge::{self, Evidence, Judge, Judgement, Millis, Page, Request, Target, Traffic};
use attractor_store::mail_requests::{self, CopyTag, Fetch, Judged, MailRequest, RequestKey};
use attractor_store::{Connection, Error, Location};
use serde_json::{Value, json};

use super::copy::FoundCopy;
use super::corrections::{apply, given_by_a_person, kinds_of_evidence};
use super::messages::{Source, tie};
use super::settling::Settling;
use super::visitor::{TiedVisitor, tie_visitor};
use crate::lane::{LaneHandle, Stop};
use crate::leads::key::LeadKey;
use crate::machine::Time;

/// How many copies are judged in one transaction.
const SLICE: i64 = 50;
/// How long a copy is put off that cannot be judged, in milliseconds, so that the others go on.
const PUT_OFF: i64 = 3_600_000;
/// Who corrects a verdict when more is known.
const BY: &str = "judge";
/// How long addresses are kept, in milliseconds: 30 days.
pub const ADDRESSES_KEPT: i64 = 30 * 86_400_000;

/// What the judge's worker needs.
pub struct Judging {
    pub lane: LaneHandle,
    pub clock: Arc<dyn Time>,
    pub location: Location,
    pub settling: Arc<Settling>,
    pub judge: Arc<Judge>,
    /// `None` until it is needed, and after an error.
    pub reader: Option<Connection>,
    /// Up to when addresses are forgotten, in milliseconds since 1970: earlier requests are not looked through again.
    pub forgotten: i64,
}

impl Judging {
    /// Does what is due. Returns when something is due next; `None`: not before a request comes.
    pub fn step(&mut self) -> Result<Option<Instant>, Stop> {
        let now = self.clock.now();
        if self.settling.next().is_none_or(|next| next > now) {
            return Ok(self.settling.next());
        }
        self.settling.begin_look();
        let looked = self.look(now);
        // Where it failed, it is looked up anew.
        let found = looked.as_ref().map_or(Some(Instant(i64::MIN)), |found| *found);
        self.settling.end_look(found);
        looked
    }

    fn look(&mut self, now: Instant) -> Result<Option<Instant>, Stop> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.location.reader()?,
        };
        let looked = self.look_by(&mut reader, now)?;
        self.reader = Some(reader);
        Ok(looked)
    }

    fn look_by(&mut self, reader: &mut Connection, now: Instant) -> Result<Option<Instant>, Stop> {
        let due = mail_requests::due(reader, now.0, SLICE)?;
        if !due.is_empty() {
            self.judge_all(reader, &due, now)?;
            return Ok(Some(now));
        }
        let forgets = self.forget_addresses(reader, now)?;
        let settles = mail_requests::first_settles(reader)?.map(Instant);
        Ok(settles.into_iter().chain(forgets).min())
    }

    /// Judges copies together or, where that fails, each by itself.
    fn judge_all(&self, reader: &mut Connection, due: &[CopyTag], now: Instant) -> Result<(), Stop> {
        match self.judge_some(reader, due, now) {
            Err(Stop::Later(_)) if due.len() > 1 => {
                due.iter().try_for_each(|copy| self.judge_all(reader, &[*copy], now))
            }
            Err(Stop::Later(why)) if self.lane.trouble().is_none() => {
                tracing::error!(why, copy = ?due, "requests for a copy cannot be judged; they are put off");
                let until = now.0 + PUT_OFF;
                let due = due.to_vec();
                Ok(self.lane.run_here(move |lane| lane.write(|c| mail_requests::put_off(c, &due, until)))??)
            }
            done => done,
        }
    }

    fn judge_some(&self, reader: &mut Connection, due: &[CopyTag], now: Instant) -> Result<(), Stop> {
        let judged = reader.snapshot(|reader| judged(reader, due, &self.judge, now))?;
        let commit =
            move |lane: &mut Lane| lane.deed(now, |deed| judged.iter().try_for_each(|one| one.commit(deed, now)));
        Ok(self.lane.run_here(commit)??)
    }

    /// Forgets the addresses whose time is over. Returns when the next one is due.
    fn forget_addresses(&mut self, reader: &mut Connection, now: Instant) -> Result<Option<Instant>, Stop> {
        let (after, until) = (self.forgotten, now.0 - ADDRESSES_KEPT);
        let mut first = mail_requests::first_with_address(reader, after)?;
        if first.is_some_and(|first| first <= until) {
            self.lane.run_here(move |lane| lane.write(|c| mail_requests::forget_addresses(c, after, until)))??;
            first = mail_requests::first_with_address(reader, until)?;
        }
        self.forgotten = after.max(until);
        Ok(first.map(|first| Instant(first + ADDRESSES_KEPT)))
    }
}

/// What the judge finds of one copy.
pub(super) enum JudgedCopy {
    /// Nothing of it may be kept any more.
    Dropped(CopyTag),
    Judged(Box<Findings>),
}

pub(super) struct Findings {
    copy: FoundCopy,
    sent_at: i64,
    /// Those that have settled.
    judged: Vec<(MailRequest, Judgement)>,
    /// Those that were judged otherwise before more was known.
    revised: Vec<(MailRequest, Judgement)>,
    /// The visitor who followed a person's click.
    visitor: Option<TiedVisitor>,
}

/// Judges what was requested of copies.
pub(super) fn judged(
    reader: &mut Connection,
    due: &[CopyTag],
    judge: &Judge,
    now: Instant,
) -> Result<Vec<JudgedCopy>, Error> {
    let mut traffic: BTreeMap<CopyTag, Vec<MailRequest>> = BTreeMap::new();
    for request in mail_requests::of_copies(reader, due)? {
        traffic.entry((request.lead, request.tag)).or_default().push(request);
    }
    let all = traffic.into_iter().map(|(tag, requests)| match FoundCopy::find(reader, tag)? {
        Some(copy) if copy.is_measured(reader)? => {
            let sent_at = copy.sent_at(reader)?;
            Ok(JudgedCopy::Judged(Box::new(Findings::of(judge, copy, sent_at, requests, now))))
        }
        _ => Ok(JudgedCopy::Dropped(tag)),
    });
    all.collect()
}

/// The judgements of all requests of a copy, in their order.
pub(super) fn judgements(judge: &Judge, copy: &FoundCopy, requests: &[MailRequest]) -> Vec<Judgement> {
    let earlier: Vec<Vec<Evidence>> = requests.iter().map(kinds_of_evidence).collect();
    let all: Vec<Request> =
        requests.iter().zip(&earlier).map(|(request, earlier)| evidence(request, earlier)).collect();
    judge.judge(&Traffic { links: copy.shown_links(), requests: &all })
}

/// A request as the judge sees it, with what its verdict so far was based on: addresses are forgotten, what they showed is not.
fn evidence<'a>(request: &'a MailRequest, earlier: &'a [Evidence]) -> Request<'a> {
    let instant = |at: Option<i64>| at.map(Millis);
    let visit = &request.visit;
    Request {
        at: Millis(request.at),
        target: Target::at(request.link),
        fetch: match request.fetch {
            Fetch::Show => judge::Fetch::Show,
            Fetch::Look => judge::Fetch::Look,
            Fetch::Advance => judge::Fetch::Advance,
        },
        agent: &request.agent,
        address: request.network.parse::<IpAddr>().ok(),
        earlier,
        page: Page {
            loaded: instant(visit.loaded_at),
            went_on: instant(visit.went_on_at),
            acted: instant(visit.acted_at),
        },
    }
}

/// A judgement as it is stored: the weight, and each piece of evidence by name with its weight.
pub(super) fn stored(judgement: &Judgement) -> Judged {
    let finding = |found: &judge::Finding| json!({"evidence": found.evidence.name(), "weight": found.weight});
    let findings: Vec<Value> = judgement.findings.iter().map(finding).collect();
    let evidence = json!({"weight": judgement.weight, "findings": findings}).to_string();
    Judged { verdict: judgement.verdict.name().to_owned(), evidence }
}

impl JudgedCopy {
    pub(super) fn commit(&self, deed: &mut Deed<'_, '_>, now: Instant) -> Result<(), Error> {
        match self {
            JudgedCopy::Dropped(tag) => mail_requests::drop_unjudged(deed.connection(), &[*tag]),
            JudgedCopy::Judged(findings) => findings.commit(deed, now),
        }
    }
}

impl Findings {
    fn of(judge: &Judge, copy: FoundCopy, sent_at: i64, requests: Vec<MailRequest>, now: Instant) -> Findings {
        let judgements = judgements(judge, &copy, &requests);
        let all: Vec<(MailRequest, Judgement)> = requests.into_iter().zip(judgements).collect();
        let visitor = TiedVisitor::of(&all);
        let (new, old): (Vec<_>, Vec<_>) = all.into_iter().partition(|(request, _)| request.judged.is_none());
        let settled = |(request, judgement): &(MailRequest, Judgement)| {
            request.settles_at <= now.0 || judgement.settled_at.0 <= now.0
        };
        let is_other = |(request, judgement): &(MailRequest, Judgement)| {
            let before = request.judged.as_ref().filter(|_| given_by_a_person(request).is_none());
            before.is_some_and(|before| before.verdict != judgement.verdict.name())
        };
        let judged = new.into_iter().filter(settled).collect();
        Findings { copy, sent_at, judged, revised: old.into_iter().filter(is_other).collect(), visitor }
    }

    /// Keeps the verdicts, takes what those say that are new, and amends what earlier ones said.
    fn commit(&self, deed: &mut Deed<'_, '_>, now: Instant) -> Result<(), Error> {
        let verdicts = self.judged.iter().map(|(request, judgement)| (key(request), stored(judgement)));
        let new = mail_requests::judge(deed.connection(), &verdicts.collect::<Vec<_>>())?;
        let Some(lead) = self.copy.lead(deed.connection())? else { return Ok(()) };
        let name = LeadKey::of(deed.connection(), &lead)?;
        let is_new = |(request, _): &&(MailRequest, Judgement)| new.contains(&key(request));
        let messages = self.judged.iter().filter(is_new).flat_map(|(request, judgement)| {
            Source::of(&self.copy, request, judgement, self.sent_at).messages(&name, now)
        });
        let messages: Vec<_> = messages.collect();
        let first = self.judged.iter().map(|(request, _)| request.at).min().map(Instant);
        let tie = first.filter(|_| !messages.is_empty()).and_then(|at| tie(&name, at, now));
        let all: Vec<_> = tie.into_iter().chain(messages).collect();
        if !all.is_empty() {
            deed.take(&all)?;
        }
        for (request, judgement) in &self.revised {
            apply(deed, &self.copy, request, stored(judgement), BY, now)?;
        }
        // Behind the clicks: what a join brings enrolls nobody, and what they bring does.
        match &self.visitor {
            Some(visitor) if self.has_verdict(visitor, &new) => tie_visitor(deed, &lead, visitor, now),
            _ => Ok(()),
        }
    }

    /// Whether the click of a visitor is judged, by now or before.
    fn has_verdict(&self, visitor: &TiedVisitor, new: &[RequestKey]) -> bool {
        visitor.is_judged || new.contains(&visitor.click)
    }
}

pub(super) fn key(request: &MailRequest) -> RequestKey {
    (request.lead, request.tag, request.number)
}

#[cfg(test)]
mod tests {
    use attractor_mail::frozen::{FrozenCopy, FrozenLink};
    use attractor_mail::judge::Verdict;
    use attractor_store::LeadId;
    use attractor_store::mail_requests::Visit;

    use super::super::corrections::by_a_person;
    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    /// Of a gateway that the lists know.
    const GATEWAY: &str = "104.47.1.254";
    const OFFICE: &str = "192.0.2.1";

    fn copy() -> FoundCopy {
        let link = |path: &str| FrozenLink { url: format!("https://acme.example/{path}"), ..FrozenLink::default() };
        let frozen = FrozenCopy { email: "offer".into(), measured: true, ..FrozenCopy::default() };
        FoundCopy {
            tag: (LeadId(256), -1),
            send_id: "256/broadcast/may".into(),
            address: "ada@x.example".into(),
            frozen,
            links: ["a", "b", "c"].map(link).into(),
        }
    }

    fn click(number: i64, at: i64, link: u16, network: &str) -> MailRequest {
        MailRequest {
            lead: LeadId(256),
            tag: -1,
            number,
            send_id: "256/broadcast/may".into(),
            at,
            link,
            fetch: Fetch::Show,
            agent: BROWSER.into(),
            network: network.into(),
            settles_at: at + 30_000,
            judged: None,
            visit: Visit::default(),
        }
    }

    /// Clicks by machines, each of which shows by its address or by what else came from there, and by a person; judged, and
    /// without their addresses.
    fn of_long_ago() -> Vec<MailRequest> {
        let mut requests = vec![
            click(1, 0, 0, GATEWAY),
            click(2, 600_000, 0, OFFICE),
            click(3, 600_090, 1, OFFICE),
            click(4, 600_180, 2, OFFICE),
            click(5, 620_000, 1, OFFICE),
            click(6, 900_000, 1, OFFICE),
        ];
        let judgements = judgements(&Judge::default(), &copy(), &requests);
        for (request, judgement) in requests.iter_mut().zip(&judgements) {
            request.judged = Some(stored(judgement));
            request.network.clear();
        }
        let verdicts: Vec<&str> =
            requests.iter().filter_map(|one| Some(one.judged.as_ref()?.verdict.as_str())).collect();
        assert_eq!(verdicts, ["machine", "machine", "machine", "machine", "machine", "human"]);
        requests
    }

    /// The numbers of the requests that get another verdict when a person clicks again after 40 days.
    fn revised(mut requests: Vec<MailRequest>) -> Vec<i64> {
        let later = 40 * 86_400_000;
        requests.push(click(7, later, 2, "198.51.100.7"));
        let found = Findings::of(&Judge::default(), copy(), 0, requests, Instant(later + 30_000));
        let judged: Vec<_> =
            found.judged.iter().map(|(request, judgement)| (request.number, judgement.verdict)).collect();
        assert_eq!(judged, [(7, Verdict::Human)]);
        found.revised.iter().map(|(request, _)| request.number).collect()
    }

    #[test]
    fn no_verdict_changes_because_an_address_is_forgotten() {
        assert_eq!(revised(of_long_ago()), Vec::<i64>::new());
    }

    #[test]
    fn more_evidence_still_changes_a_verdict_whose_address_is_forgotten() {
        let mut requests = of_long_ago();
        requests[4].visit.acted_at = Some(621_000);
        assert_eq!(revised(requests), [5]);
    }

    #[test]
    fn what_a_person_corrected_stays_when_the_address_is_forgotten() {
        let mut requests = of_long_ago();
        for (place, verdict) in [(0, Verdict::Human), (5, Verdict::Machine)] {
            let before = requests[place].judged.clone().expect("a verdict");
            requests[place].judged = Some(by_a_person(&requests[place], &before, verdict, "user:1", Instant(1)));
        }
        assert_eq!(revised(requests), Vec::<i64>::new());
    }
}
