//! Consent of a lead as it is in effect: what its own events say, and what binds its address (contract §2, Consent).

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::choose::pieces;
use attractor_engine::condition::Names;
use attractor_engine::consent::{Scope, State};
use attractor_engine::playbook::{Class, Email, Playbook};
use attractor_live::history::{history, person};
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, ConsentInEffect, Suppression, SuppressionKind, of_address};
use attractor_store::{Connection, Error, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::addresses;
use crate::closed_lists::{ConsentStateName, SuppressionKindName};
use crate::moves::instant;

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

/// Each scope that the playbook declares or that anything is known of, with what is in effect and why. `is_assumed` says of
/// an event, by its id, whether its instant is assumed.
pub fn shown(
    profile: &Profile,
    address: &AddressBlocks,
    playbook: &Playbook,
    is_assumed: impl Fn(&str) -> bool,
) -> BTreeMap<String, ConsentItem> {
    let scopes = scopes(profile, address, &declared(playbook));
    let names = Names::of(playbook);
    let one = |scope: &Scope| {
        let mut item = in_scope(profile, address, scope, called(scope, &names));
        item.assumed = item.event_id.as_deref().is_some_and(&is_assumed);
        (scope.to_string(), item)
    };
    scopes.iter().map(one).collect()
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

/// The state by which the sender decides, in each scope.
pub fn in_effect(profile: &Profile, address: &AddressBlocks, declared: &[Scope]) -> BTreeMap<String, &'static str> {
    let state = |scope: &Scope| ConsentInEffect::of(&profile.consents, address, scope).state().name();
    scopes(profile, address, declared).iter().map(|scope| (scope.to_string(), state(scope))).collect()
}

/// What people call a scope.
fn called(scope: &Scope, names: &Names) -> String {
    match scope {
        Scope::All => "everything".into(),
        Scope::Tracking => "tracking".into(),
        Scope::Subscription(id) => names.subscription(id).into(),
        Scope::Topic(id) => names.topic(id).into(),
    }
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
    let what = match bound.kind {
        SuppressionKind::Withdrawal => "somebody at this address withdrew consent",
        SuppressionKind::Complaint => "somebody at this address marked a mail as spam",
        SuppressionKind::Bounce => "mail to this address came back",
        SuppressionKind::Erasure => "somebody at this address was erased",
    };
    format!("{what} ({}); only a new live consent at this address ends it", bound.scope)
}

/// Why a copy of an e-mail, or of the best unread one, could not be sent to a lead by its consent; `None` where it could.
/// Of the best one: where no e-mail of the library could, why the first could not.
pub fn held(
    profile: &Profile,
    address: &AddressBlocks,
    email: &str,
    copy: Option<&Email>,
    playbook: &Playbook,
) -> Option<String> {
    if email.is_empty() {
        return Some("the lead has no e-mail address".into());
    }
    let Some(copy) = copy else {
        let mut reasons = pieces(playbook).map(|piece| held_by_consent(profile, address, piece));
        let first = reasons.next().unwrap_or_else(|| Some("the library has no e-mail".into()))?;
        return reasons.all(|reason| reason.is_some()).then_some(first);
    };
    held_by_consent(profile, address, copy)
}

fn held_by_consent(profile: &Profile, address: &AddressBlocks, copy: &Email) -> Option<String> {
    if copy.class == Some(Class::Transactional) {
        return None;
    }
    let scope = copy.subscription.clone().map_or(Scope::All, Scope::Subscription);
    match ConsentInEffect::of(&profile.consents, address, &scope).state() {
        State::Granted => None,
        State::Withdrawn => Some(format!("consent ({scope}) was withdrawn")),
        State::Unknown => Some(format!("consent ({scope}) was never given")),
    }
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

    #[test]
    fn what_comes_says_why_a_copy_could_not_be_sent() {
        let text = "playbook: test\ntimezone: UTC\nsubscriptions:\n  - {id: news, name: News}\nemails:\n  - {id: a, subject: A, body: <mjml></mjml>, subscription: news, format: guide}\n  - {id: b, subject: B, body: <mjml></mjml>, class: transactional}\n";
        let reading = playbook::read(text);
        let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
        let (profile, nothing) = (Profile::default(), AddressBlocks::default());
        let held = |email: &str, copy: Option<usize>| {
            held(&profile, &nothing, email, copy.map(|at| &playbook.emails[at]), &playbook)
        };
        assert_eq!(held("ada@acme.com", Some(0)).as_deref(), Some("consent (subscription:news) was never given"));
        assert_eq!(held("ada@acme.com", None).as_deref(), Some("consent (subscription:news) was never given"));
        assert_eq!(held("ada@acme.com", Some(1)), None, "what was asked for needs no consent");
        assert_eq!(held("", Some(1)).as_deref(), Some("the lead has no e-mail address"));
    }
}
