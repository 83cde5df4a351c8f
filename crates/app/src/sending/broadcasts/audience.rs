//! Who a broadcast would reach, before it is started: the same gate that decides when a copy's turn comes is asked of
//! everybody, at that turn.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_mail::gate::{Decision, Hold, Skip, Until};
use attractor_store::broadcasts::{Broadcast, BroadcastState, START};
use attractor_store::copies::MailCopy;
use attractor_store::{BroadcastId, Connection, Error, LeadId, VersionNumber, leads};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::departures::{AudienceDay, Departures, Estimate};
use super::progress::without_consent;
use super::recipients::{Recipient, Recipients};
use super::settings::Document;
use super::siblings;
use super::warning::{
    of_another_day, of_nobody_in_time, of_those_for_whom_it_waits, of_those_in_several, of_those_who_had_it, warnings,
};
use super::{instant, one};
use crate::App;
use crate::audience::AudienceQuery;
use crate::closed_lists::SuppressionKindName;
use crate::conditions::{ConditionProblem, Received};
use crate::refusal::Refusal;
use crate::secrets::hex;
use crate::segments::in_force;
use crate::sending::emails::Emails;
use crate::sending::gate::{is_without_consent, named};
use crate::sending::limits::Limits;
use crate::sending::plan::decided;
use crate::sending::sender::Sender;
use crate::sending::situation::{Rules, Situation};
use crate::sending::test_mode::hold_name;
use crate::sending::words::{in_fields, in_words, in_words_ahead};
use crate::sending::{paused, warm_up};
use crate::view::View;

/// How many leads are asked about at once.
pub const PIECE: i64 = 500;

/// Who a broadcast would reach if it were started now, as the sender would decide at each lead's turn
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BroadcastAudience {
    /// Leads that the condition of the audience holds of
    pub leads: i64,
    /// Those of them without an e-mail address, such as visitors: no copy is made for them
    pub without_address: i64,
    /// Those of them who are left out at random, for comparison
    pub held_out: i64,
    /// The others: each gets a copy in the outbox
    pub audience: i64,
    /// Copies that leave at their time
    pub on_time: i64,
    /// Leads whose copies are not skipped although they have not agreed to it: the law of their country asks for no consent,
    /// as the setting `consent_unknown` says
    pub without_consent: i64,
    /// The same in English; null where there are none
    pub without_consent_sentence: Option<String>,
    /// Copies that leave later, by reason
    pub later: Vec<AudienceReason>,
    /// Copies that would be skipped, by reason
    pub skipped: Vec<AudienceReason>,
    /// Leads whose copies are not skipped although they have had this e-mail before, from a sequence or another broadcast; 0
    /// where it is sent again on purpose
    pub had_already: i64,
    /// Leads whose copies are not skipped and for whom another copy of this e-mail waits or is a draft, from a sequence or
    /// another broadcast; those in `had_already` are not in it
    pub waiting_already: i64,
    /// Leads whose copies are not skipped and who are in the audience of another follow-up of the same broadcast too
    pub in_several: i64,
    /// Leads whose local time has passed: their turn is the next day
    pub next_day: i64,
    /// Leads whose time zone is not known: the playbook's time zone is used
    pub zone_unknown: i64,
    /// Leads who get it before the rest, by `early_access`
    pub early: i64,
    /// The first turn of the rest; null without `early_access`, and where everybody gets it early
    #[schema(format = DateTime)]
    pub rest_due: Option<String>,
    /// How many copies leave on which day, by the warm-up and the rates: an estimate, as if nothing else were sent. Copies
    /// that wait for a person are not in it
    pub days: Vec<AudienceDay>,
    /// When the last copy leaves, by this estimate
    #[schema(format = DateTime)]
    pub last_leaves: Option<String>,
    /// Copies that would be skipped because their turn comes too late: those in `skipped`, and those that the warm-up or a
    /// rate would hold beyond `valid_for`, by this estimate
    pub too_late: i64,
    /// Why no e-mail leaves at present; null if e-mails leave
    pub sending_paused: Option<String>,
    /// What of the broadcast is hardly meant as written
    pub warnings: Vec<ConditionProblem>,
    /// The first and the last turn
    #[schema(format = DateTime)]
    pub first_due: Option<String>,
    #[schema(format = DateTime)]
    pub last_due: Option<String>,
    #[schema(format = DateTime)]
    pub counted_at: String,
}

/// Copies that wait or are skipped for one reason
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AudienceReason {
    /// As on a copy: `cadence`, `no_consent: subscription:news` …
    pub reason: String,
    /// What binds the addresses, where the reason is `suppressed`: each kind is counted by itself; null elsewhere
    #[schema(value_type = Option<SuppressionKindName>)]
    pub suppression: Option<&'static str>,
    /// The reason in English
    pub why: String,
    pub leads: i64,
    /// Until when the first and the last of them wait; null where a person must act, and where they are skipped
    #[schema(format = DateTime)]
    pub first_until: Option<String>,
    #[schema(format = DateTime)]
    pub last_until: Option<String>,
}

/// Names an audience as somebody has seen it: a hash of the broadcast, of the version in force and of the counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceTag(pub String);

impl AudienceTag {
    /// Whether a count can have this tag at all; a placeholder of a document cannot.
    pub fn is_of_a_count(&self) -> bool {
        self.0.len() == 2 * TAG_BYTES && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Enough of a hash that two audiences never share it.
const TAG_BYTES: usize = 12;

/// An audience, and what was counted.
pub struct Counted {
    pub audience: BroadcastAudience,
    /// What its start names.
    pub tag: AudienceTag,
    /// The document of the broadcast.
    pub document: String,
    /// The version of the playbook in force.
    pub version: Option<VersionNumber>,
}

/// Who a broadcast would reach now.
pub async fn count(app: &App, id: BroadcastId) -> Result<Counted, Refusal> {
    let rules = rules(app)?;
    let limits = Limits::of_rules(&app.settings, &rules, app.clock.now());
    app.read(move |view| {
        let broadcast = one(view.connection, id)?;
        if broadcast.state == BroadcastState::Undoing {
            // Its copies are still there, and would be counted as those of another broadcast.
            let why =
                format!("the broadcast {id} is being taken back; it is a draft again, and can be counted, in a moment");
            return Err(Refusal::Conflict(why));
        }
        counted(view, &rules, limits, &broadcast)
    })
    .await
}

/// What the gate decides by.
fn rules(app: &App) -> Result<Rules, Refusal> {
    let sender = Sender::of(&app.settings).map_err(|why| Refusal::Failed(format!("`sender_email`: {why}")))?;
    Rules::of(app, sender, app.account.is_real()).map_err(Refusal::Failed)
}

fn counted(view: &mut View, rules: &Rules, mut limits: Limits, broadcast: &Broadcast) -> Result<Counted, Refusal> {
    let (versions, now) = (view.versions()?, view.now);
    let document = Document::read(&broadcast.document)?;
    let program = in_force(&versions)?;
    let understood = document.settings.understand(program.playbook())?;
    let recipients = Recipients::of(versions.clone(), broadcast, &document, &understood, now)?;
    let audience = Tally { is_test: rules.test_to.is_some(), ..Tally::default() };
    let others = siblings::others(view.connection, &versions, (broadcast.id, &document))?;
    let mut count = Count { rules, recipients, others, emails: Emails::default(), now, audience };
    let mut last = START;
    loop {
        let rows = leads::after(view.connection, last, PIECE)?;
        let Some(end) = rows.last() else { break };
        last = (end.id.bucket(), end.id);
        count.piece(view.connection, rows)?;
    }
    limits.begin(warm_up::usage(view.connection, rules.sender.from.domain())?, now);
    let estimate = count.audience.departures.estimate(&mut limits, understood.waves.as_ref());
    let names = Names::of(program.playbook());
    let last_late = count.audience.last_late.map(|last| program.minute_with_zone(last));
    let mut audience = count.audience.finish(estimate, paused(view.connection)?, now, &names);
    let unasked = rules.receivers.countries.unasked();
    audience.without_consent_sentence = without_consent(audience.without_consent, &unasked);
    if understood.early.is_none() {
        audience.rest_due = None;
    }
    let mut received = Received::default();
    audience.warnings = warnings(view.connection, &mut received, &document.settings, program.playbook())?;
    audience.warnings.extend(of_those_who_had_it(audience.had_already));
    audience.warnings.extend(of_those_for_whom_it_waits(audience.waiting_already));
    audience.warnings.extend(of_those_in_several(audience.in_several));
    let late = of_nobody_in_time(&audience, understood.valid_for, last_late.as_deref());
    audience.warnings.extend(late);
    audience.warnings.extend(of_another_day(audience.next_day, document.settings.when.local.as_deref()));
    let (document, version) = (broadcast.document.clone(), versions.in_force.map(|now| now.version));
    Ok(Counted { tag: tag(broadcast, version, &audience), audience, document, version })
}

/// A count on its way.
struct Count<'a> {
    rules: &'a Rules,
    recipients: Recipients,
    /// The audiences of the other follow-ups of the same broadcast.
    others: Vec<AudienceQuery>,
    emails: Emails,
    now: Instant,
    audience: Tally,
}

#[derive(Default)]
struct Tally {
    /// The test mode is on.
    is_test: bool,
    counts: BroadcastAudience,
    later: BTreeMap<String, Held>,
    skipped: BTreeMap<String, i64>,
    dues: Option<(Instant, Instant)>,
    /// The first turn of those who do not get it early.
    rest_due: Option<Instant>,
    /// The addresses that get it: the same goes to each but once.
    addresses: BTreeSet<String>,
    departures: Departures,
    /// When the last of those might get it that are held too long.
    last_late: Option<Instant>,
}

/// Copies that wait for one reason.
#[derive(Default)]
struct Held {
    leads: i64,
    until: Option<(i64, i64)>,
}

impl Count<'_> {
    fn piece(&mut self, connection: &mut Connection, rows: Vec<leads::Lead>) -> Result<(), Error> {
        let asked = if self.others.is_empty() { Vec::new() } else { rows.clone() };
        let found = self.recipients.among(connection, rows, self.now)?;
        let counts = &mut self.audience.counts;
        counts.leads += found.matching;
        counts.without_address += found.without_address;
        counts.held_out += found.held_out;
        if found.recipients.is_empty() {
            return Ok(());
        }
        let copies: Vec<MailCopy> = found.recipients.iter().map(|one| self.recipients.copy(one, false)).collect();
        let mut situation = Situation::read(connection, self.rules, self.now, &copies)?;
        self.emails.read(connection, situation.editions())?;
        let mut not_skipped = BTreeSet::new();
        for (recipient, copy) in found.recipients.iter().zip(&copies) {
            situation.now = recipient.time.due;
            if let (Some(decision), _) = decided(&situation, (copy, None), &mut self.emails, &mut Limits::default())
                && self.audience.add(recipient, decision)
            {
                self.audience.counts.without_consent += i64::from(is_without_consent(&situation, copy));
                not_skipped.insert(recipient.lead);
            }
        }
        let in_several = self.in_several(connection, asked, &not_skipped)?;
        let elsewhere = self.recipients.elsewhere(connection, not_skipped)?;
        self.audience.counts.in_several += in_several;
        self.audience.counts.had_already += elsewhere.had;
        self.audience.counts.waiting_already += elsewhere.waiting;
        Ok(())
    }

    /// How many of these leads are in the audience of another follow-up.
    fn in_several(
        &mut self,
        connection: &mut Connection,
        mut rows: Vec<leads::Lead>,
        leads: &BTreeSet<LeadId>,
    ) -> Result<i64, Error> {
        rows.retain(|row| leads.contains(&row.id));
        let mut several = vec![false; rows.len()];
        for other in &mut self.others {
            let holds = other.of(connection, &rows, self.now)?;
            several.iter_mut().zip(holds).for_each(|(is_in, holds)| *is_in |= holds);
        }
        Ok(several.into_iter().filter(|is_in| *is_in).count() as i64)
    }
}

impl Tally {
    /// Whether the copy is not skipped.
    fn add(&mut self, recipient: &Recipient, decision: Decision) -> bool {
        let due = recipient.time.due;
        self.counts.audience += 1;
        self.counts.next_day += i64::from(recipient.time.is_put_off);
        self.counts.zone_unknown += i64::from(recipient.is_zone_unknown);
        self.counts.early += i64::from(recipient.is_early);
        if !recipient.is_early {
            self.rest_due = Some(self.rest_due.map_or(due, |first| first.min(due)));
        }
        self.dues = Some(self.dues.map_or((due, due), |(first, last)| (first.min(due), last.max(due))));
        let decision = self.once(recipient, decision);
        let leaves = match decision {
            Decision::Send => Some(due),
            Decision::Hold { until: Until::At(until), .. } => Some(due.max(Instant(until))),
            _ => None,
        };
        if let Some(at) = leaves {
            self.departures.add(&recipient.address, at, recipient.time.not_after);
        }
        let is_skipped = matches!(decision, Decision::Skip { .. });
        match decision {
            Decision::Send => self.counts.on_time += 1,
            Decision::Skip { reason, detail } => {
                *self.skipped.entry(named(reason.name(), &detail)).or_default() += 1;
            }
            Decision::Hold { reason, until } => {
                self.later.entry(hold_name(reason, self.is_test).to_owned()).or_default().add(until);
            }
        }
        !is_skipped
    }

    /// The decision, but for what the order of the copies brings: the second one to an address is a duplicate, and one that
    /// is held too long is skipped.
    fn once(&mut self, recipient: &Recipient, decision: Decision) -> Decision {
        match decision {
            Decision::Skip { .. } => decision,
            _ if !self.addresses.insert(recipient.address.clone()) => {
                Decision::Skip { reason: Skip::Duplicate, detail: String::new() }
            }
            Decision::Hold { reason: reason @ (Hold::Cadence | Hold::AutoReply), until: Until::At(until) }
                if until >= recipient.time.not_after.0 =>
            {
                self.last_late = self.last_late.max(Some(Instant(until)));
                Decision::Skip { reason: Skip::TooLate, detail: reason.name().to_owned() }
            }
            _ => decision,
        }
    }

    fn finish(
        self,
        estimate: Estimate,
        sending_paused: Option<String>,
        now: Instant,
        names: &Names,
    ) -> BroadcastAudience {
        let is_late = |reason: &str| reason.split(':').next() == Some(Skip::TooLate.name());
        let skipped_late: i64 =
            self.skipped.iter().filter(|(reason, _)| is_late(reason)).map(|(_, leads)| *leads).sum();
        let later = self.later.into_iter().map(|(reason, held)| AudienceReason {
            why: in_words(&reason, names),
            reason,
            suppression: None,
            leads: held.leads,
            first_until: held.until.map(|(first, _)| instant(first)),
            last_until: held.until.map(|(_, last)| instant(last)),
        });
        let skipped =
            self.skipped.into_iter().map(|(reason, leads)| AudienceReason::skipped_ahead(reason, leads, names));
        BroadcastAudience {
            later: most_first(later.collect()),
            skipped: most_first(skipped.collect()),
            sending_paused,
            days: estimate.days,
            too_late: estimate.too_late + skipped_late,
            last_leaves: estimate.last.map(|last| last.to_string()),
            first_due: self.dues.map(|(first, _)| first.to_string()),
            last_due: self.dues.map(|(_, last)| last.to_string()),
            rest_due: self.rest_due.map(|first| first.to_string()),
            counted_at: now.to_string(),
            ..self.counts
        }
    }
}

impl AudienceReason {
    /// Of copies that were skipped; `names` is what the playbook calls its parts.
    pub fn skipped(reason: String, leads: i64, names: &Names) -> AudienceReason {
        let why = in_words(&reason, names);
        AudienceReason::said(&reason, why, leads)
    }

    /// Of copies that would be skipped.
    fn skipped_ahead(reason: String, leads: i64, names: &Names) -> AudienceReason {
        let why = in_words_ahead(&reason, names);
        AudienceReason::said(&reason, why, leads)
    }

    fn said(reason: &str, why: String, leads: i64) -> AudienceReason {
        let (reason, suppression) = in_fields(reason);
        AudienceReason { reason, suppression, why, leads, first_until: None, last_until: None }
    }
}

/// The reason of most copies first.
pub fn most_first(mut reasons: Vec<AudienceReason>) -> Vec<AudienceReason> {
    reasons.sort_by(|a, b| b.leads.cmp(&a.leads).then_with(|| a.reason.cmp(&b.reason)));
    reasons
}

impl Held {
    fn add(&mut self, until: Until) {
        self.leads += 1;
        if let Until::At(at) = until {
            self.until = Some(self.until.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    }
}

/// The tag of an audience: its counts alone, so that a moment that changes nobody's turn changes nothing.
fn tag(broadcast: &Broadcast, version: Option<VersionNumber>, audience: &BroadcastAudience) -> AudienceTag {
    let version = version.map(|version| version.0);
    let counts = |reasons: &[AudienceReason]| -> Vec<(String, i64)> {
        reasons.iter().map(|reason| (reason.reason.clone(), reason.leads)).collect()
    };
    let BroadcastAudience { leads, without_address, held_out, audience: all, on_time, next_day, early, .. } = audience;
    let seen = serde_json::json!([
        broadcast.id,
        broadcast.document,
        version,
        leads,
        without_address,
        held_out,
        all,
        on_time,
        next_day,
        early,
        counts(&audience.later),
        counts(&audience.skipped)
    ]);
    AudienceTag(hex(&Sha256::digest(seen.to_string().as_bytes())[..TAG_BYTES]))
}
