//! Consent of a lead as it is in effect: what its own events say, and what binds its address (contract §2, Consent).

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::choose::pieces;
use attractor_engine::condition::Names;
use attractor_engine::consent::{Scope, State};
use attractor_engine::playbook::{Class, Email, Playbook};
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_live::history::{history, person};
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, ConsentInEffect, Suppression, SuppressionKind, of_address};
use attractor_mail::gate::Skip;
use attractor_store::{Connection, Error, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::addresses;
use crate::closed_lists::{ConsentStateName, SuppressionKindName};
use crate::imports::origin::import_of;
use crate::moves::instant;
use crate::sending::permission::{Barrier, Permission, why_not};
use crate::sending::words::scope_name;

/// Consent in one scope: what is in effect, and why
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsentItem {
    /// What people call the scope
    pub name: String,
    #[schema(value_type = ConsentStateName)]
    pub state: &'static str,
    /// When it was granted or withdrawn
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// Who brought the event, `key:3`; `address` where the address is bound
    pub by: Option<String>,
    /// When, where and to what text it was given
    pub proof: Option<String>,
    pub event_id: Option<String>,
    /// `at` is assumed: the list that brought the event did not say when it was given or withdrawn
    pub assumed: bool,
    /// Why the address is bound, in English
    pub reason: Option<String>,
    /// Whether the sender writes to the lead in this scope, by its consent, its address and the rules of its countries; of
    /// `tracking`, whether opens and clicks of its e-mails are measured: what the site's script records is another question.
    /// E-mails about a topic need the consent of their subscription besides
    pub allowed: bool,
    /// The same in English, with the reason and with what would change it
    pub decision: String,
    /// The reason that a copy would be skipped with: `country: DE:single_opt_in`, `no_consent: all` …; null where it would
    /// not
    pub skipped_as: Option<String>,
}

/// What binds an address in one scope
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionItem {
    /// `all`, `tracking`, `subscription:ID` or `topic:ID`
    pub scope: String,
    #[schema(value_type = SuppressionKindName)]
    pub kind: &'static str,
    #[schema(format = DateTime)]
    pub at: String,
    /// In English
    pub reason: String,
}

/// Each scope that the playbook declares or that anything is known of, with what is in effect and why, and with what the
/// sender decides. `obstacle` keeps the lead from every e-mail; `is_assumed` says of an event, by its id, whether its instant
/// is assumed.
pub fn shown(
    permission: &Permission,
    obstacle: Option<Skip>,
    program: &Program,
    is_assumed: impl Fn(&str) -> bool,
) -> BTreeMap<String, ConsentItem> {
    let playbook = program.playbook();
    let scopes = scopes(permission.profile, permission.blocks, &declared(playbook));
    let names = Names::of(playbook);
    let one = |scope: &Scope| {
        let mut item = in_scope(permission.profile, permission.blocks, scope, scope_name(scope, &names));
        item.assumed = item.event_id.as_deref().is_some_and(&is_assumed);
        decide(&mut item, scope, permission, program);
        if let Some(obstacle) = obstacle.filter(|_| *scope != Scope::Tracking) {
            item.allowed = false;
            item.decision = format!("no, because {}", permission.why_not(obstacle));
            item.skipped_as = Some(obstacle.name().to_owned());
        }
        (scope.to_string(), item)
    };
    scopes.iter().map(one).collect()
}

/// What the sender decides in a scope.
fn decide(item: &mut ConsentItem, scope: &Scope, permission: &Permission, program: &Program) {
    let barrier = permission.barrier(scope);
    item.allowed = if *scope == Scope::Tracking { permission.is_measured() } else { barrier.is_none() };
    item.skipped_as = barrier.as_ref().map(|barrier| barrier.reason(scope));
    item.decision = match &barrier {
        Some(barrier) => against(item, barrier, program),
        None if item.allowed => in_favour(item, scope, permission, program),
        None => not_measured(item, program),
    };
}

fn against(item: &ConsentItem, barrier: &Barrier, program: &Program) -> String {
    let words = barrier.words("consent");
    match barrier {
        Barrier::Country(_) => format!("no: {words}{}", since(item, " (granted", ")", program)),
        Barrier::NeverGiven(_) => format!("no, because {words}"),
        Barrier::Suppressed(one) if one.kind == SuppressionKind::Bounce => {
            format!("no, because {words} on {}", day(&instant(one.at.0), program))
        }
        Barrier::Suppressed(_) | Barrier::Withdrawn => format!("no, because {words}{}", since(item, "", "", program)),
    }
}

fn in_favour(item: &ConsentItem, scope: &Scope, permission: &Permission, program: &Program) -> String {
    let proof = item.proof.as_deref().map(|proof| format!(": {proof}")).unwrap_or_default();
    let is_topic = matches!(scope, Scope::Topic(_));
    let besides = if is_topic { "; its e-mails need consent to their subscription, too" } else { "" };
    if item.state == State::Granted.name() {
        let because = item.by.as_deref().and_then(import_of).map(|id| format!(", because of import {id}"));
        let because = because.unwrap_or_default();
        return format!("yes, granted{}{because}{proof}{besides}", since(item, "", "", program));
    }
    if is_topic {
        return format!("yes, the lead has not left this topic{besides}");
    }
    let setting = if *scope == Scope::Tracking { "measuring_unknown" } else { "consent_unknown" };
    format!("yes, although consent was never given: the setting `{setting}` allows it {}", permission.place())
}

fn not_measured(item: &ConsentItem, program: &Program) -> String {
    let why = match item.state == State::Withdrawn.name() {
        true => format!("was withdrawn{}", since(item, "", "", program)),
        false => "was never given".to_owned(),
    };
    format!("no, opens and clicks of its e-mails are not measured, because consent to that {why}")
}

/// Since when, where that is known: “ on 2026-01-05 (assumed date)”, between what comes before and behind it.
fn since(item: &ConsentItem, before: &str, behind: &str, program: &Program) -> String {
    let Some(at) = item.at.as_deref() else { return String::new() };
    let assumed = if item.assumed { " (assumed date)" } else { "" };
    format!("{before} on {}{assumed}{behind}", day(at, program))
}

/// The day of an instant in the playbook's zone.
pub(super) fn day(instant: &str, program: &Program) -> String {
    let minute = Instant::parse(instant).map_or_else(|| instant.to_owned(), |at| program.minute(at));
    minute.split([' ', 'T']).next().unwrap_or_default().to_owned()
}

/// Scopes that everybody has under a playbook.
pub fn declared(playbook: &Playbook) -> Vec<Scope> {
    let subscriptions = playbook.subscriptions.iter().map(|subscription| Scope::Subscription(subscription.id.clone()));
    [Scope::All, Scope::Tracking].into_iter().chain(subscriptions).collect()
}

/// Those and the ones that anything is known of.
fn scopes(profile: &Profile, address: &AddressBlocks, declared: &[Scope]) -> BTreeSet<Scope> {
    let bound = address.all().map(|bound| bound.scope);
    profile.consents.scopes().cloned().chain(bound).chain(declared.iter().cloned()).collect()
}

/// The state of consent in each scope, of a lead's own words and of what binds its address. The rules of its countries decide
/// besides ([`Permission`]).
pub fn in_effect(profile: &Profile, address: &AddressBlocks, declared: &[Scope]) -> BTreeMap<String, &'static str> {
    let state = |scope: &Scope| ConsentInEffect::of(&profile.consents, address, scope).state().name();
    scopes(profile, address, declared).iter().map(|scope| (scope.to_string(), state(scope))).collect()
}

fn in_scope(profile: &Profile, address: &AddressBlocks, scope: &Scope, name: String) -> ConsentItem {
    let unknown = |name| ConsentItem {
        name,
        state: State::Unknown.name(),
        at: None,
        by: None,
        proof: None,
        event_id: None,
        assumed: false,
        reason: None,
        allowed: false,
        decision: String::new(),
        skipped_as: None,
    };
    match ConsentInEffect::of(&profile.consents, address, scope) {
        ConsentInEffect::Own(own) => match own.because {
            None => unknown(name),
            Some(word) => ConsentItem {
                state: word.state.name(),
                at: Some(instant(word.at.0)),
                by: Some(word.by.clone()),
                proof: word.proof.clone(),
                event_id: Some(word.event_id.clone()),
                ..unknown(name)
            },
        },
        ConsentInEffect::Address(bound) => ConsentItem {
            state: State::Withdrawn.name(),
            at: Some(instant(bound.at.0)),
            by: Some("address".into()),
            reason: Some(reason(&bound)),
            ..unknown(name)
        },
    }
}

/// Why an address is bound, as a sentence.
fn reason(bound: &Suppression) -> String {
    let what = why_bound(bound.kind, &bound.scope.to_string());
    format!("{what} ({}); only a new live consent at this address ends it", bound.scope)
}

/// What happened at an address that is bound in a scope, the kind first as people say it.
pub fn why_bound(kind: SuppressionKind, scope: &str) -> &'static str {
    match kind {
        SuppressionKind::Withdrawal if scope == "tracking" => {
            "declined to be measured: somebody at this address withdrew consent"
        }
        SuppressionKind::Withdrawal => "unsubscribed: somebody at this address withdrew consent",
        SuppressionKind::Complaint => "complained: somebody at this address marked a mail as spam",
        SuppressionKind::Bounce => "bounced: mail to this address came back for good",
        SuppressionKind::Erasure => "erased: somebody at this address was erased",
    }
}

/// Why a copy of an e-mail, or of the best unread one, could not be sent to a lead by its consent and its countries; `None`
/// where it could. Of the best one: where no e-mail of the library could, why the first could not.
pub fn held(permission: &Permission, email: &str, copy: Option<&Email>, playbook: &Playbook) -> Option<String> {
    if email.is_empty() {
        return Some(why_not(Skip::NoAddress).to_owned());
    }
    barred(permission, copy, playbook, &Names::of(playbook)).map(|barred| barred.why)
}

/// What keeps a copy back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// As the gate stores it.
    pub reason: String,
    /// In English.
    pub why: String,
}

/// What keeps a copy of an e-mail, or of the best unread one, from a lead that has an address.
pub fn barred(permission: &Permission, copy: Option<&Email>, playbook: &Playbook, names: &Names) -> Option<Barred> {
    let Some(copy) = copy else {
        let mut all = pieces(playbook).map(|piece| barred_by_consent(permission, piece, names));
        let empty = || Barred { reason: Skip::NothingLeft.name().into(), why: "the library has no e-mail".into() };
        let first = all.next().unwrap_or_else(|| Some(empty()))?;
        return all.all(|one| one.is_some()).then_some(first);
    };
    barred_by_consent(permission, copy, names)
}

fn barred_by_consent(permission: &Permission, copy: &Email, names: &Names) -> Option<Barred> {
    if copy.class == Some(Class::Transactional) {
        return None;
    }
    let subscription = copy.subscription.clone().map_or(Scope::All, Scope::Subscription);
    let topic = copy.topic.clone().map(Scope::Topic);
    [Some(subscription), topic].into_iter().flatten().find_map(|scope| {
        let barrier = permission.barrier(&scope)?;
        let why = barrier.words(&format!("consent ({})", scope_name(&scope, names)));
        Some(Barred { reason: barrier.reason(&scope), why })
    })
}

/// What binds an address, for people and programs.
pub fn suppressions(address: &AddressBlocks) -> Vec<SuppressionItem> {
    let one = |bound: Suppression| SuppressionItem {
        scope: bound.scope.to_string(),
        kind: bound.kind.name(),
        at: instant(bound.at.0),
        reason: reason(&bound),
    };
    address.all().map(one).collect()
}

/// Why a grant made by hand would raise what was withdrawn; `None` where it would not.
pub fn refusal(connection: &mut Connection, row: &leads::Lead, scope: &Scope) -> Result<Option<String>, Error> {
    let profile = person(&history(connection, row)?).profile;
    let email = addresses::of_one(connection, row)?.unwrap_or_default();
    let address = of_address(connection, &email)?;
    let effect = ConsentInEffect::of(&profile.consents, &address, scope);
    if effect.state() != State::Withdrawn {
        return Ok(None);
    }
    let since = match &effect {
        ConsentInEffect::Own(own) => own.because.map(|word| word.at),
        ConsentInEffect::Address(bound) => Some(bound.at),
    };
    let since = since.map(|at| format!(" on {at}")).unwrap_or_default();
    Ok(Some(format!(
        "consent ({scope}) was withdrawn{since}, and only the person's own act brings it back: a form or the preference \
         page, or a live `Subscribed` from your server after a double opt-in"
    )))
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook;

    use super::*;
    use crate::sending::country_rules::testing::by_default;

    #[test]
    fn a_suppression_is_named_with_its_kind() {
        let shown = |kind, scope: Scope| reason(&Suppression { scope, kind, at: Instant(0) });
        for (kind, scope, expected) in [
            (
                SuppressionKind::Withdrawal,
                Scope::All,
                "unsubscribed: somebody at this address withdrew consent (all); ",
            ),
            (
                SuppressionKind::Withdrawal,
                Scope::Tracking,
                "declined to be measured: somebody at this address withdrew consent (tracking); ",
            ),
            (
                SuppressionKind::Complaint,
                Scope::All,
                "complained: somebody at this address marked a mail as spam (all); ",
            ),
            (SuppressionKind::Bounce, Scope::All, "bounced: mail to this address came back for good (all); "),
            (SuppressionKind::Erasure, Scope::All, "erased: somebody at this address was erased (all); "),
        ] {
            assert_eq!(shown(kind, scope), format!("{expected}only a new live consent at this address ends it"));
        }
    }

    #[test]
    fn what_comes_says_why_a_copy_could_not_be_sent() {
        let text = "playbook: test\ntimezone: UTC\nsubscriptions:\n  - {id: news, name: News}\nemails:\n  - {id: a, subject: A, body: <mjml></mjml>, subscription: news, format: guide}\n  - {id: b, subject: B, body: <mjml></mjml>, class: transactional}\n";
        let reading = playbook::read(text);
        let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
        let (profile, blocks, countries) = (Profile::default(), AddressBlocks::default(), by_default());
        let permission = Permission { profile: &profile, blocks: &blocks, countries: &countries, now: Instant(0) };
        let held = |email: &str, copy: Option<usize>| {
            super::held(&permission, email, copy.map(|at| &playbook.emails[at]), &playbook)
        };
        let never = "consent (News) was never given, and without a known country it is needed";
        assert_eq!(held("ada@acme.com", Some(0)).as_deref(), Some(never));
        assert_eq!(held("ada@acme.com", None).as_deref(), Some(never));
        assert_eq!(held("ada@acme.com", Some(1)), None, "what was asked for needs no consent");
        assert_eq!(held("", Some(1)).as_deref(), Some("the lead has no e-mail address"));
    }
}
