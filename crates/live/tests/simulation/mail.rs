//! A sender with dialogues under way, which its process may not survive, and what must be so of the mails that it sends.

use std::collections::BTreeSet;

use attractor_engine::time::{Duration, Instant};
use attractor_live::{Arrived, Claiming, CopyKey, Fills, NewContent, Outcome, Report};
use attractor_store::copies::{CopySource, CopyState, MailCopy};
use attractor_store::{ClaimNumber, Connection, IdentityKind, LeadId, VersionNumber, leads};
use serde_json::json;

use super::facts;
use super::naive::Dice;

/// A copy that the sender has.
struct UnderWay {
    key: CopyKey,
    claim: ClaimNumber,
    /// Those who were one with its lead when it was claimed: it may reach each of them.
    with: BTreeSet<LeadId>,
}

#[derive(Default)]
pub struct Mail {
    under_way: Vec<UnderWay>,
    /// Whose mails may have arrived.
    left: Vec<UnderWay>,
    /// Whether reports have messages.
    tells: bool,
    /// How many copies were claimed, and how many of them were another lead's when they were reported.
    pub claims: u64,
    pub inherited: u64,
}

/// What a sender asks to have.
pub fn claiming(copy: &MailCopy, version: VersionNumber) -> Claiming {
    let content = NewContent {
        tag: copy.asked_at,
        address: format!("{}@x.example", copy.lead),
        link_set: ("a1".into(), "{}".into()),
        document: "{}".into(),
    };
    let once = match &copy.source {
        CopySource::Sequence { sequence, step, .. } => Some(format!("step:{sequence}/{step}")),
        _ => None,
    };
    let (key, asked_at) = ((copy.lead, copy.source.clone()), copy.asked_at);
    Claiming {
        key,
        asked_at,
        email: None,
        version,
        content,
        once,
        is_budgeted: true,
        shows: Default::default(),
        lease_until: Instant(copy.asked_at),
    }
}

/// What may be reported of a copy that nobody has.
pub fn of_waiting(copy: MailCopy, dice: &mut Dice, now: Instant) -> Report {
    let outcome = match dice.below(3) {
        0 => Outcome::Skipped { reason: "suppressed".into() },
        _ => Outcome::Held { reason: "window".into(), until: None, due: Some(now), trouble_since: None },
    };
    Report { key: (copy.lead, copy.source), claim: None, outcome, messages: Vec::new() }
}

/// What somebody decides about a draft.
pub fn of_draft(copy: MailCopy, dice: &mut Dice) -> Report {
    let outcome = if dice.chance(70) { Outcome::DraftReleased } else { Outcome::DraftRejected };
    Report { key: (copy.lead, copy.source), claim: None, outcome, messages: Vec::new() }
}

impl Mail {
    /// A sender that stores what it sent, or does not.
    pub fn new(tells: bool) -> Mail {
        Mail { tells, ..Mail::default() }
    }

    /// Dialogues begin. A mail that may have reached somebody is not sent to that lead again.
    pub fn begin(&mut self, connection: &mut Connection, claims: Vec<(CopyKey, ClaimNumber)>) -> Result<(), String> {
        let mut begun = Ok(());
        for (key, claim) in claims {
            let before = self.under_way.iter().chain(&self.left);
            let same = |mail: &&UnderWay| mail.key.1 == key.1 && mail.with.contains(&key.0);
            if let Some(mail) = before.into_iter().find(same) {
                begun = Err(format!("{key:?} is sent though {:?} was, by {:?}", mail.key, mail.with));
            }
            self.claims += 1;
            let mut with = BTreeSet::from([key.0]);
            let mut open = vec![key.0];
            while !open.is_empty() {
                open = leads::predecessors(connection, &open).expect("the leads are readable");
                open.retain(|lead| with.insert(*lead));
            }
            self.under_way.push(UnderWay { key, claim, with });
        }
        begun
    }

    /// Copies that are the sender's by their claims, and that it knows nothing of: the answer was lost.
    pub fn not_begun(&mut self, connection: &mut Connection) -> Vec<Report> {
        let claimed = facts::all_copies(connection).into_iter().filter(|copy| copy.state == CopyState::Claimed);
        let is_known = |claim| self.under_way.iter().any(|mail| Some(mail.claim) == claim);
        let unknown = claimed.filter(|copy| !is_known(copy.dispatch.claim));
        let release = |copy: MailCopy| Report {
            claim: copy.dispatch.claim,
            key: (copy.lead, copy.source),
            outcome: Outcome::Released,
            messages: Vec::new(),
        };
        unknown.map(release).collect()
    }

    /// What became of some of the copies under way, and of some that were in doubt.
    pub fn reports(&mut self, connection: &mut Connection, dice: &mut Dice, now: Instant) -> Vec<Report> {
        let mut reports = Vec::new();
        for mail in &self.under_way {
            if dice.chance(40) {
                continue;
            }
            let outcome = match dice.below(8) {
                0..3 => Outcome::Sent { at: now - Duration(dice.below(3) as i64 * Duration::HOUR.0) },
                3 => Outcome::Skipped { reason: "suppressed".into() },
                4 => Outcome::Failed { answer: "550".into() },
                5 => Outcome::InDoubt { why: "cut".into() },
                6 => Outcome::Held { reason: "server".into(), until: None, due: Some(now), trouble_since: Some(now) },
                _ => Outcome::Released,
            };
            let messages = self.messages(connection, &mail.key, &outcome, now);
            let is_heirs = facts::row(connection, mail.key.0).is_some_and(|row| row.became.is_some());
            self.inherited += u64::from(is_heirs);
            reports.push(Report { key: mail.key.clone(), claim: Some(mail.claim), outcome, messages });
        }
        for mail in self.left.iter().filter(|_| dice.chance(5)) {
            let outcome = Outcome::Sent { at: now };
            let messages = self.messages(connection, &mail.key, &outcome, now);
            reports.push(Report { key: mail.key.clone(), claim: Some(mail.claim), outcome, messages });
        }
        reports
    }

    fn messages(
        &self,
        connection: &mut Connection,
        (lead, source): &CopyKey,
        outcome: &Outcome,
        now: Instant,
    ) -> Vec<Arrived> {
        let Some(row) = facts::row(connection, *lead).filter(|row| row.kind == IdentityKind::User) else {
            return Vec::new();
        };
        if !self.tells || !matches!(outcome, Outcome::Sent { .. }) {
            return Vec::new();
        }
        let json = json!({
            "messageId": format!("{}/sent", source.send_id(*lead)), "timestamp": now.to_string(), "type": "track",
            "event": "Email Sent", "userId": row.name,
        });
        vec![Arrived { json: json.to_string(), received_at: now, origin: "mail".into(), fills: Fills::All }]
    }

    /// What is over is not under way any more; what waits again was not sent.
    pub fn reported(&mut self, connection: &mut Connection, reports: &[Report]) {
        let copies = facts::all_copies(connection);
        for mail in std::mem::take(&mut self.under_way) {
            let is_its = |copy: &&MailCopy| copy.dispatch.claim == Some(mail.claim);
            let is_claimed = copies.iter().find(is_its).is_some_and(|copy| copy.state == CopyState::Claimed);
            let report = reports.iter().find(|report| report.claim == Some(mail.claim));
            let waits = report.is_some_and(|report| matches!(report.outcome, Outcome::Held { .. } | Outcome::Released));
            match (is_claimed, waits) {
                (true, _) => self.under_way.push(mail),
                (false, true) => {}
                (false, false) => self.left.push(mail),
            }
        }
    }
}
