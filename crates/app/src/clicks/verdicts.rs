//! Verdicts as people see and correct them: what was requested, by whom as far as it shows, and why the judge decided so.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_mail::judge::{Evidence, Verdict};
use attractor_store::mail_requests::{self, CopyTag, MailRequest, RequestKey};
use attractor_store::{Connection, Error, LeadId, leads};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::copy::FoundCopy;
use super::corrections::{apply, by_a_person, evidence_of};
use super::judging::key;
use super::messages::Requested;
use super::network::Network;
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::closed_lists::EvidenceName;
use crate::cursor::{self, Page};
use crate::refusal::{Refusal, all_of, both};
use crate::view::View;

/// How many requests one transaction corrects.
const SLICE: usize = 25;
/// The most that are corrected at once.
const MOST: usize = 10_000;
/// How many are read at once.
const PAGE: i64 = 1_000;

/// Who caused a request
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictName {
    Human,
    Machine,
    /// Of opens alone: nobody can know
    Unknown,
}

impl VerdictName {
    fn read(text: &str) -> VerdictName {
        match text {
            "human" => VerdictName::Human,
            "machine" => VerdictName::Machine,
            _ => VerdictName::Unknown,
        }
    }
}

/// What was requested of a copy
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RequestedName {
    Click,
    Open,
    /// Something that becomes no event, such as a link that nobody can see
    Evidence,
}

/// One piece of evidence
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvidenceItem {
    #[schema(value_type = EvidenceName)]
    name: &'static str,
    /// What was seen, as an English sentence
    #[schema(value_type = String)]
    what: &'static str,
    /// In decibans: above 0 it speaks for a machine, below for a person
    weight: i64,
}

/// Who corrected a verdict, and when
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CorrectionItem {
    /// `user:1`, `key:3` …
    by: String,
    #[schema(format = DateTime)]
    at: String,
    /// The verdict before
    before: VerdictName,
}

/// The verdict on one request for a link or the pixel of an e-mail
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictItem {
    /// Names the request where it is corrected
    id: String,
    #[schema(format = DateTime)]
    pub(super) at: String,
    pub(super) requested: RequestedName,
    pub(super) verdict: VerdictName,
    /// The sum of the evidence in decibans; from 30 on it is a machine
    pub(super) weight: i64,
    /// The heaviest first
    pub(super) evidence: Vec<EvidenceItem>,
    /// Where a person has corrected it
    pub(super) corrected: Option<CorrectionItem>,
    /// The lead's id
    lead: String,
    lead_name: String,
    /// The e-mail's id
    pub(super) email: String,
    pub(super) send_id: String,
    /// Where the link leads; null for opens
    pub(super) url: Option<String>,
    /// The id of the topic that the link stands for
    pub(super) topic: Option<String>,
    pub(super) agent: String,
    /// Where it came from; null after 30 days
    pub(super) address: Option<String>,
}

/// Which verdicts are listed.
#[derive(Clone, Debug, Default)]
pub struct VerdictQuery {
    pub verdict: Option<VerdictName>,
    /// Instants as text.
    pub from: Option<String>,
    pub until: Option<String>,
}

/// Verdicts, the newest first; behind a cursor.
pub fn page(
    view: &mut View,
    query: &VerdictQuery,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page<VerdictItem>, Refusal> {
    let period = period(query.from.as_deref(), query.until.as_deref())?;
    let mut before: Option<(i64, RequestKey)> =
        cursor::read(cursor)?.map(|(at, lead, tag, number)| (at, (LeadId(lead), tag, number)));
    let mut found: Vec<MailRequest> = Vec::new();
    while found.len() <= limit {
        let page = mail_requests::page(view.connection, period, before, PAGE)?;
        let Some(last) = page.last() else { break };
        before = Some((last.at, key(last)));
        let is_wanted = |request: &MailRequest| query.verdict.is_none_or(|verdict| verdict_of(request) == verdict);
        found.extend(page.into_iter().filter(is_wanted));
    }
    found.truncate(limit + 1);
    let page = Page::cut(found, limit, |last| (last.at, last.lead.0, last.tag, last.number));
    Ok(Page { items: items(view.connection, page.items)?, next: page.next })
}

fn verdict_of(request: &MailRequest) -> VerdictName {
    request.judged.as_ref().map_or(VerdictName::Unknown, |judged| VerdictName::read(&judged.verdict))
}

/// From and until, in milliseconds since 1970.
fn period(from: Option<&str>, until: Option<&str>) -> Result<(i64, i64), Refusal> {
    let read = |name: &str, text: Option<&str>, otherwise: i64| match text {
        None => Ok(otherwise),
        Some(text) => Instant::parse(text).map(|at| at.0).ok_or_else(|| {
            Refusal::invalid(
                format!("/{name}"),
                format!("`{text}` is not an instant; write one like 2026-03-09T14:30:00Z"),
            )
        }),
    };
    both(read("from", from, i64::MIN), read("until", until, i64::MAX))
}

/// Requests as people see them, each with its copy and lead.
pub(super) fn items(connection: &mut Connection, requests: Vec<MailRequest>) -> Result<Vec<VerdictItem>, Error> {
    let copies = copies(connection, requests.iter())?;
    let ids: BTreeSet<LeadId> = copies.values().filter_map(|(_, lead)| lead.as_ref().map(|lead| lead.id)).collect();
    let names = leads::load(connection, &ids.into_iter().collect::<Vec<_>>())?;
    let names: BTreeMap<LeadId, String> = names.into_iter().map(|lead| (lead.id, lead.name)).collect();
    Ok(requests.into_iter().map(|request| item(request, &copies, &names)).collect())
}

/// The copies of some requests, each with its lead now.
type Copies = BTreeMap<CopyTag, (FoundCopy, Option<leads::Lead>)>;

fn copies<'r>(connection: &mut Connection, requests: impl Iterator<Item = &'r MailRequest>) -> Result<Copies, Error> {
    let tags: BTreeSet<CopyTag> = requests.map(|request| (request.lead, request.tag)).collect();
    let mut found = Copies::new();
    for tag in tags {
        if let Some(copy) = FoundCopy::find(connection, tag)? {
            let lead = copy.lead(connection)?;
            found.insert(tag, (copy, lead));
        }
    }
    Ok(found)
}

fn item(request: MailRequest, copies: &Copies, names: &BTreeMap<LeadId, String>) -> VerdictItem {
    let copy = copies.get(&(request.lead, request.tag));
    let lead = copy.and_then(|(_, lead)| lead.as_ref()).map_or(request.lead, |lead| lead.id);
    let requested = Requested::of(request.link);
    let link = match requested {
        Some(Requested::Click(position)) => copy.and_then(|(copy, _)| copy.link(position)),
        _ => None,
    };
    let evidence = evidence_of(&request);
    VerdictItem {
        id: id_of(key(&request)),
        at: Instant(request.at).to_string(),
        requested: match requested {
            Some(Requested::Click(_)) => RequestedName::Click,
            Some(Requested::Open) => RequestedName::Open,
            None => RequestedName::Evidence,
        },
        verdict: verdict_of(&request),
        weight: evidence["weight"].as_i64().unwrap_or_default(),
        evidence: evidence["findings"].as_array().into_iter().flatten().filter_map(evidence_item).collect(),
        corrected: correction_item(&evidence["corrected"]),
        lead: lead.to_string(),
        lead_name: names.get(&lead).cloned().unwrap_or_default(),
        email: copy.map(|(copy, _)| copy.frozen.email.clone()).unwrap_or_default(),
        send_id: request.send_id,
        url: link.map(|link| link.url.clone()),
        topic: link.and_then(|link| link.topic.clone()),
        agent: request.agent,
        address: Some(request.network).filter(|address| !address.is_empty()),
    }
}

fn evidence_item(finding: &Value) -> Option<EvidenceItem> {
    let evidence = Evidence::from_name(finding["evidence"].as_str()?)?;
    let weight = finding["weight"].as_i64().unwrap_or_default();
    Some(EvidenceItem { name: evidence.name(), what: evidence.sentence(), weight })
}

fn correction_item(corrected: &Value) -> Option<CorrectionItem> {
    let text = |name: &str| corrected[name].as_str();
    Some(CorrectionItem {
        by: text("by")?.to_owned(),
        at: text("at")?.to_owned(),
        before: VerdictName::read(text("before")?),
    })
}

/// The id of a request, as people and programs name it.
fn id_of((lead, tag, number): RequestKey) -> String {
    format!("{lead}.{:x}.{number}", tag as u64)
}

fn read_id(text: &str) -> Option<RequestKey> {
    let mut parts = text.split('.');
    let lead = parts.next()?.parse().ok()?;
    let tag = u64::from_str_radix(parts.next()?, 16).ok()?;
    let number = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((LeadId(lead), tag as i64, number))
}

/// Which verdicts are to be corrected, and to what
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// `human` or `machine`
    pub verdict: VerdictName,
    /// Ids of requests, as `GET /api/verdicts` has them
    #[serde(default)]
    pub requests: Vec<String>,
    /// All requests of the copy with this id
    pub send_id: Option<String>,
    /// Requests whose user agent contains this, in any case
    pub agent: Option<String>,
    /// Requests from this address or network: `192.0.2.7`, `192.0.2.0/24`
    pub network: Option<String>,
    /// Not before this instant; needed with `agent`, `network` and `send_id`
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// Before this instant; now where absent
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Only counts: nothing is changed. `true` where absent
    #[serde(default = "yes")]
    pub dry_run: bool,
}

fn yes() -> bool {
    true
}

/// What a correction changes
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Corrected {
    /// Requests that match
    pub matching: usize,
    /// Those of them with another verdict
    pub changing: usize,
    /// The leads that they belong to
    pub leads: usize,
    /// Whether it was done
    pub done: bool,
}

/// Corrects verdicts, or counts what it would correct.
pub async fn correct(app: &App, actor: &Actor, correction: Correction) -> Result<Corrected, Refusal> {
    let is_known = correction.verdict != VerdictName::Unknown;
    let unknown = || Refusal::invalid("/verdict", "a correction says who it was: `human` or `machine`");
    let ((), which) = both(is_known.then_some(()).ok_or_else(unknown), Which::read(&correction))?;
    let now = app.clock.now();
    let matching = app.read(move |view| which.find(view.connection, now)).await?;
    let changing: Vec<RequestKey> =
        matching.iter().filter(|request| verdict_of(request) != correction.verdict).map(key).collect();
    let leads: BTreeSet<LeadId> = changing.iter().map(|(lead, ..)| *lead).collect();
    let is_done = !correction.dry_run;
    let counted = Corrected { matching: matching.len(), changing: changing.len(), leads: leads.len(), done: is_done };
    if is_done && !changing.is_empty() {
        do_correct(app, actor, &correction, changing).await?;
    }
    Ok(counted)
}

async fn do_correct(
    app: &App,
    actor: &Actor,
    correction: &Correction,
    changing: Vec<RequestKey>,
) -> Result<(), Refusal> {
    let (verdict, name) = match correction.verdict {
        VerdictName::Human => (Verdict::Human, "human"),
        VerdictName::Machine | VerdictName::Unknown => (Verdict::Machine, "machine"),
    };
    let details = json!({
        "verdict": name, "requests": changing.len(), "agent": correction.agent, "network": correction.network,
        "send_id": correction.send_id, "from": correction.from, "until": correction.until,
    });
    let mut details = Some(details);
    for slice in changing.chunks(SLICE) {
        let (actor, now, slice, details) = (actor.clone(), app.clock.now(), slice.to_vec(), details.take());
        let run = move |lane: &mut Lane| {
            lane.deed(now, |deed| {
                if let Some(details) = &details {
                    note(deed.connection(), &actor, now.0, "verdicts corrected", "verdicts", details)?;
                }
                let tags: Vec<CopyTag> = slice.iter().map(|(lead, tag, _)| (*lead, *tag)).collect();
                let requests = mail_requests::of_copies(deed.connection(), &tags)?;
                let requests: BTreeMap<RequestKey, MailRequest> =
                    requests.into_iter().map(|request| (key(&request), request)).collect();
                let copies = copies(deed.connection(), requests.values())?;
                for request in slice.iter().filter_map(|key| requests.get(key)) {
                    let (Some((copy, _)), Some(before)) =
                        (copies.get(&(request.lead, request.tag)), request.judged.as_ref())
                    else {
                        continue;
                    };
                    let judged = by_a_person(request, before, verdict, &actor.who, now);
                    apply(deed, copy, request, judged, &actor.who, now)?;
                }
                Ok(())
            })
        };
        app.lane.run(run).await??;
    }
    Ok(())
}

/// Which requests a correction is about.
enum Which {
    Named(Vec<RequestKey>),
    Within { from: i64, until: Option<i64>, send_id: Option<String>, agent: Option<String>, network: Option<Network> },
}

impl Which {
    fn read(correction: &Correction) -> Result<Which, Refusal> {
        let Correction { requests, send_id, agent, network, from, until, .. } = correction;
        let is_by_period = send_id.is_some() || agent.is_some() || network.is_some();
        if requests.is_empty() != is_by_period {
            let why = "say which verdicts: either `requests`, or `send_id`, `agent` or `network`";
            return Err(Refusal::senseless(why));
        }
        if !is_by_period {
            return named(requests).map(Which::Named);
        }
        let missing = || Refusal::invalid("/from", "say from when on, such as 2026-03-09T00:00:00Z");
        let from = from.as_ref().ok_or_else(missing).and_then(|from| Ok(period(Some(from), None)?.0));
        let until = until.as_deref().map(|until| Ok::<_, Refusal>(period(None, Some(until))?.1)).transpose();
        let network = network.as_deref().map(|text| {
            let wrong = || {
                Refusal::invalid(
                    "/network",
                    format!("`{text}` is not an address or a network; write one like 192.0.2.0/24"),
                )
            };
            Network::read(text).ok_or_else(wrong)
        });
        let agent = agent.as_ref().map(|agent| agent.to_lowercase());
        let (from, (until, network)) = both(from, both(until, network.transpose()))?;
        Ok(Which::Within { from, until, send_id: send_id.clone(), agent, network })
    }

    fn find(&self, connection: &mut Connection, now: Instant) -> Result<Vec<MailRequest>, Refusal> {
        let (from, until) = match self {
            Which::Named(keys) => return Ok(of_keys(connection, keys)?),
            Which::Within { from, until, .. } => (*from, until.unwrap_or(now.0.saturating_add(1))),
        };
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = mail_requests::page(connection, (from, until), before, PAGE)?;
            let Some(last) = page.last() else { return Ok(found) };
            before = Some((last.at, key(last)));
            found.extend(page.into_iter().filter(|request| self.matches(request)));
            if found.len() > MOST {
                let why = format!("more than {MOST} requests match; narrow the period, and correct it in parts");
                return Err(Refusal::invalid("/from", why));
            }
        }
    }

    fn matches(&self, request: &MailRequest) -> bool {
        let Which::Within { send_id, agent, network, .. } = self else { return true };
        send_id.as_ref().is_none_or(|send_id| request.send_id == *send_id)
            && agent.as_ref().is_none_or(|agent| request.agent.to_lowercase().contains(agent))
            && network.is_none_or(|network| request.network.parse().is_ok_and(|address| network.holds(address)))
    }
}

fn named(requests: &[String]) -> Result<Vec<RequestKey>, Refusal> {
    if requests.len() > MOST {
        return Err(Refusal::invalid("/requests", format!("name at most {MOST} requests at once")));
    }
    let read = |(place, text): (usize, &String)| {
        let wrong = || format!("`{text}` is not the id of a request; GET /api/verdicts lists them");
        read_id(text).ok_or_else(|| Refusal::invalid(format!("/requests/{place}"), wrong()))
    };
    all_of(requests.iter().enumerate().map(read))
}

fn of_keys(connection: &mut Connection, keys: &[RequestKey]) -> Result<Vec<MailRequest>, Error> {
    let tags: BTreeSet<CopyTag> = keys.iter().map(|(lead, tag, _)| (*lead, *tag)).collect();
    let named: BTreeSet<RequestKey> = keys.iter().copied().collect();
    let all = mail_requests::of_copies(connection, &tags.into_iter().collect::<Vec<_>>())?;
    Ok(all.into_iter().filter(|request| request.judged.is_some() && named.contains(&key(request))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for key in [(LeadId(414), -1, 3), (LeadId(256), i64::MIN, 1), (LeadId(1), 0, i64::MAX)] {
            assert_eq!(read_id(&id_of(key)), Some(key));
        }
        for odd in ["", "1", "1.2", "1.x.3", "1.2.3.4", "1.2.x"] {
            assert_eq!(read_id(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_correction_says_which_verdicts_it_is_about() {
        let read =
            |json: Value| serde_json::from_value::<Correction>(json).map(|correction| Which::read(&correction).is_ok());
        for (json, expected) in [
            (json!({"verdict": "machine", "requests": ["1.2.3"]}), true),
            (json!({"verdict": "machine", "agent": "x", "from": "2026-03-09T14:30:00Z"}), true),
            (json!({"verdict": "machine"}), false),
            (json!({"verdict": "machine", "requests": ["1.2.3"], "agent": "x"}), false),
            (json!({"verdict": "machine", "requests": ["x"]}), false),
            (json!({"verdict": "machine", "agent": "x"}), false),
            (json!({"verdict": "machine", "network": "x", "from": "2026-03-09T14:30:00Z"}), false),
        ] {
            assert_eq!(read(json.clone()).ok(), Some(expected), "{json}");
        }
        assert!(serde_json::from_value::<Correction>(json!({"verdict": "ghost"})).is_err());
    }
}
