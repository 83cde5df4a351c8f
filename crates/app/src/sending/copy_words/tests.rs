use attractor_live::timing::Timing;
use attractor_mail::gate::Skip;
use attractor_store::copies::{CAUGHT, Dispatch};

use super::*;
use crate::sending::broadcasts::control::testing::broadcast;
use crate::sending::testing::{copy, profile};

const AT: i64 = 5;
const LATER: i64 = 86_400_000;
const DAY: &str = "1970-01-02T00:00:00.000Z";

fn words(timing: Timing) -> CopyWords {
    let budgets = BTreeMap::from([(copy("a").lead, LeadBudget::chosen(timing))]);
    CopyWords { budgets, ..CopyWords::default() }
}

fn waiting(reason: &str, until: Option<i64>) -> MailCopy {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    MailCopy { reason, until, ..copy("offer") }
}

fn over(state: CopyState, reason: &str) -> MailCopy {
    let dispatch = Dispatch { ended_at: Some(LATER), ..Dispatch::default() };
    MailCopy { state, dispatch, ..waiting(reason, None) }
}

#[test]
fn what_is_so_in_a_few_words() {
    let late = MailCopy { not_after: Some(AT), ..waiting("cadence", Some(LATER)) };
    for (copy, expected) in [
        (MailCopy { state: CopyState::Draft, ..copy("offer") }, "a draft that a person releases".to_owned()),
        (waiting("cadence", Some(LATER)), format!("waits until {DAY}: cadence")),
        (late, format!("waits: cadence, and is skipped on {}", Instant(AT))),
        (over(CopyState::Skipped, "too_late"), "skipped: it was too late to send it".to_owned()),
    ] {
        assert_eq!(words(Timing::default()).brief(&copy), expected);
    }
}

#[test]
fn what_is_so_is_one_sentence_with_its_instant() {
    let draft = |not_after| MailCopy { state: CopyState::Draft, not_after, ..copy("offer") };
    let since = Instant(AT);
    let none = Timing::default();
    let pause = Timing { not_before: Some(LATER), ..none };
    let every = Timing { every: Some(14 * LATER), ..none };
    let day = DAY;
    for (timing, copy, expected) in [
        (
            none,
            draft(None),
            format!(
                "has been a draft since {since}: the sequence “welcome” is in review, and somebody must release it \
                 (POST /api/outbox/drafts)"
            ),
        ),
        (
            none,
            draft(Some(LATER)),
            format!(
                "has been a draft since {since}: the sequence “welcome” is in review, and somebody must release it \
                 before {day} (POST /api/outbox/drafts)"
            ),
        ),
        (none, waiting("", None), format!("waits for its turn from {} on", Instant(AT))),
        (
            none,
            waiting("cadence", Some(LATER)),
            format!("waits. The lead got an e-mail recently, or chose to get fewer: it waits until {day}"),
        ),
        (pause, waiting("cadence", Some(LATER)), format!("waits. The lead chose a pause: it waits until {day}")),
        (
            every,
            waiting("cadence", Some(LATER)),
            format!("waits. The lead chose to get at most one e-mail every 14 days: it waits until {day}"),
        ),
        (
            pause,
            waiting("window", Some(LATER)),
            format!("waits. It is outside the sending hours where the lead is: it waits until {day}"),
        ),
        (
            none,
            waiting("server", Some(LATER)),
            format!("waits. The mail server could not take it yet; it is looked at again on {day}"),
        ),
        (
            none,
            MailCopy { not_after: Some(AT), ..waiting("cadence", Some(LATER)) },
            format!(
                "waits. The lead got an e-mail recently, or chose to get fewer: it could leave on {day} at the earliest, \
                 but it expires on {since}, so it will be skipped"
            ),
        ),
        (
            none,
            waiting("domain_unverified", None),
            format!("waits. The domain of the sender is not verified yet; it has waited since {since}"),
        ),
    ] {
        assert_eq!(words(timing).sentence(&copy), expected);
    }
    let tested = CopyWords { test_to: Some("qa@acme.example".into()), ..CopyWords::default() };
    let words = "e-mails to leads wait until the setting `test_to` is removed, and samples go to qa@acme.example";
    let expected = format!("waits. Test mode: {words}; it has waited since {since}");
    assert_eq!(tested.sentence(&waiting(test_mode::HELD, None)), expected);
    let paused = CopyWords { paused: Some("we move house.".into()), ..CopyWords::default() };
    let expected = format!("waits. Sending is paused: we move house; it has waited since {since}");
    assert_eq!(paused.sentence(&waiting("cadence", Some(LATER))), expected);
}

#[test]
fn a_copy_that_expires_before_it_is_looked_at_again_says_so() {
    let copy = MailCopy { not_after: Some(AT), ..waiting("server", Some(LATER)) };
    let expected = format!(
        "The mail server could not take it yet; it is looked at again on {DAY}, but it expires on {}, so it will be skipped.",
        Instant(AT)
    );
    assert_eq!(words(Timing::default()).why(&copy), Some(expected));
}

#[test]
fn a_pause_that_the_lead_chose_while_a_copy_waits_is_named() {
    let words = words(Timing { not_before: Some(2 * LATER), ..Timing::default() });
    let expected = format!("The lead chose a pause: it waits until {}.", Instant(2 * LATER));
    let first = MailCopy { dispatch: Dispatch::due(LATER), ..copy("offer") };
    let held = ["cadence", "window", "warm_up", "rate", "server"].map(|reason| waiting(reason, Some(LATER)));
    for copy in held.into_iter().chain([first.clone()]) {
        assert_eq!(words.why(&copy), Some(expected.clone()), "{:?}", copy.reason);
        let shown = words.as_it_waits(copy);
        assert_eq!((shown.reason.as_deref(), shown.until), (Some("cadence"), Some(2 * LATER)));
    }
    for copy in [
        waiting("domain_unverified", None),
        waiting("auto_reply", Some(LATER)),
        waiting("cadence", Some(3 * LATER)),
        MailCopy { class: "transactional".into(), ..first.clone() },
        MailCopy { dispatch: Dispatch::due(3 * LATER), ..first.clone() },
        MailCopy { state: CopyState::Draft, ..first },
    ] {
        assert_eq!(words.as_it_waits(copy.clone()), copy, "{:?}", copy.reason);
    }
}

#[test]
fn a_copy_outside_sending_hours_says_by_which_clock() {
    use serde_json::json;
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    let clock = |attributes| LeadZone::of(&profile(&attributes), Some("Europe/Paris"), &zones);
    for (zone, clock) in [
        (clock(json!({"timezone": "Asia/Tokyo"})), "Asia/Tokyo (the lead's own)"),
        (clock(json!({"country": "US"})), "America/New_York (its country's largest city)"),
        (clock(json!({})), "Europe/Paris (the playbook's, because the lead's is not known)"),
    ] {
        let words = CopyWords { zones: BTreeMap::from([(copy("a").lead, zone)]), ..CopyWords::default() };
        let outside = "It is outside the sending hours where the lead is";
        let expected = format!("{outside}, by the clock of {clock}: it waits until {DAY}.");
        assert_eq!(words.why(&waiting("window", Some(LATER))), Some(expected));
        let other = words.why(&waiting("auto_reply", Some(LATER))).unwrap();
        assert!(!other.contains("clock"), "{other}");
    }
}

#[test]
fn what_became_of_a_copy_is_one_sentence_with_its_instant() {
    let earlier = |state, reason: &str| MailCopy { dispatch: Dispatch::default(), ..over(state, reason) };
    let sent = Dispatch { sent_at: Some(LATER), ..Dispatch::default() };
    let (since, day) = (Instant(AT), DAY);
    let sent = MailCopy { state: CopyState::Sent, dispatch: sent, ..copy("offer") };
    let caught = MailCopy { reason: Some(CAUGHT.to_owned()), ..sent.clone() };
    for (copy, expected) in [
        (sent, format!("was sent on {day}")),
        (caught, format!("was caught on {day}, not sent: no mail server was set, so nobody got it")),
        (over(CopyState::Skipped, "too_late"), format!("was skipped on {day}: it was too late to send it")),
        (
            earlier(CopyState::Skipped, "too_late"),
            format!("was skipped, asked for on {since}: it was too late to send it"),
        ),
        (over(CopyState::Failed, "550 no"), format!("failed on {day}: the mail server refused it: 550 no")),
        (over(CopyState::InDoubt, "cut off"), format!("may have been sent on {day}, but that is not known: cut off")),
        (over(CopyState::Withdrawn, ""), format!("was withdrawn on {day}")),
        (over(CopyState::Withdrawn, "rejected"), format!("was withdrawn on {day}: somebody rejected the draft")),
    ] {
        assert_eq!(words(Timing::default()).sentence(&copy), expected);
    }
}

#[test]
fn a_copy_that_is_sent_again_waits_since_somebody_decided_so() {
    let again = |copy: MailCopy| MailCopy { dispatch: Dispatch { again_at: Some(LATER), ..copy.dispatch }, ..copy };
    let words = words(Timing::default());
    let decided = format!("waits. It was in doubt, and somebody decided on {DAY} to send it again");
    assert_eq!(words.sentence(&again(copy("offer"))), decided);
    let paused = CopyWords { paused: Some("we move house".into()), ..CopyWords::default() };
    let expected = format!("waits. Sending is paused: we move house; it has waited since {DAY}");
    assert_eq!(paused.sentence(&again(copy("offer"))), expected);
}

fn of_broadcast(copy: MailCopy) -> MailCopy {
    MailCopy { source: CopySource::Broadcast("7".into()), ..copy }
}

fn halted_by(state: BroadcastState, why: Option<&str>) -> BTreeMap<BroadcastId, String> {
    let broadcast = Broadcast { state, why: why.map(str::to_owned), ..broadcast(7) };
    why_halted(&broadcast).map(|why| (broadcast.id, why)).into_iter().collect()
}

#[test]
fn a_copy_of_a_broadcast_that_does_not_go_on_says_so_whatever_held_it_before() {
    use BroadcastState::{Cancelled, Draft, Paused, Started, Undoing};
    let cadence = format!("The lead got an e-mail recently, or chose to get fewer: it waits until {DAY}.");
    let since = |why: &str| format!("{why}; it has waited since {}.", Instant(AT));
    for (state, why, expected) in [
        (Paused, Some("a typo."), since("The broadcast is paused: a typo")),
        (Paused, None, since("The broadcast is paused")),
        (Undoing, None, since("The start of the broadcast is being undone")),
        (Cancelled, None, since("The broadcast was cancelled, and its copies are being withdrawn")),
        (Started, None, cadence.clone()),
        (Draft, None, cadence),
    ] {
        let words = CopyWords { halted: halted_by(state, why), ..words(Timing::default()) };
        let copy = of_broadcast(waiting("cadence", Some(LATER)));
        assert_eq!(words.why(&copy), Some(expected), "{state}");
        let (is_halted, brief) = (state.is_halted(), words.brief(&copy));
        assert_eq!(brief == "waits: paused", is_halted, "{brief}");
        let shown = words.as_it_waits(copy.clone());
        let reason = if is_halted { ("paused", None) } else { ("cadence", Some(LATER)) };
        assert_eq!((shown.reason.as_deref(), shown.until), (Some(reason.0), reason.1), "{state}");
        let sent = MailCopy { state: CopyState::Sent, ..copy };
        assert_eq!(words.as_it_waits(sent.clone()), sent);
    }
    let resumed = of_broadcast(waiting("paused", None));
    assert_eq!(words(Timing::default()).why(&resumed), None, "it is looked at within moments");
}

#[test]
fn a_copy_before_its_first_turn_says_when_that_comes_at_the_earliest() {
    let due = |due| MailCopy { dispatch: Dispatch::due(due), ..copy("offer") };
    let words = CopyWords { now: AT, ..CopyWords::default() };
    assert_eq!(words.why(&due(LATER)), Some(format!("It leaves on {DAY} at the earliest.")));
    assert_eq!(words.sentence(&due(LATER)), format!("waits for its turn from {DAY} on"));
    assert_eq!(words.why(&due(AT)), None, "it is looked at within moments");
    assert_eq!(words.why(&MailCopy { dispatch: Dispatch::default(), ..copy("offer") }), None);
}

#[test]
fn a_copy_that_was_withdrawn_says_so_where_its_broadcast_was_cancelled() {
    let words = CopyWords { cancelled: BTreeSet::from([BroadcastId(7)]), ..CopyWords::default() };
    let withdrawn = of_broadcast(over(CopyState::Withdrawn, ""));
    let expected = format!("was withdrawn on {DAY}, because the broadcast was cancelled");
    assert_eq!(words.why(&withdrawn), Some(format!("It {expected}.")));
    assert_eq!(words.sentence(&withdrawn), expected);
    assert_eq!(words.brief(&withdrawn), "withdrawn: the broadcast was cancelled");
    assert_eq!(CopyWords::default().why(&withdrawn), None, "another cause");
    assert_eq!(CopyWords::default().sentence(&withdrawn), format!("was withdrawn on {DAY}"));
    assert_eq!(words.why(&over(CopyState::Withdrawn, "")), None, "of a sequence");
    let sent = of_broadcast(MailCopy { state: CopyState::Sent, ..copy("offer") });
    assert_eq!(words.why(&sent), None);
}

#[test]
fn a_copy_that_is_being_sent_says_so_and_not_what_held_it_before() {
    let claimed = MailCopy { state: CopyState::Claimed, ..waiting("domain_unverified", None) };
    let words = CopyWords::default();
    assert_eq!(words.why(&claimed).as_deref(), Some("It is being sent at this moment."));
    assert_eq!(words.sentence(&claimed), "is being sent");
}

/// Every reason of the gate, held and skipped, with a detail and without, beside what servers answer.
fn explained() -> Vec<MailCopy> {
    let mut all = vec![waiting(test_mode::HELD, None)];
    for hold in Hold::ALL {
        all.extend([None, Some(LATER)].map(|until| match hold {
            Hold::Paused => of_broadcast(waiting(hold.name(), until)),
            _ => waiting(hold.name(), until),
        }));
    }
    let dispatch = |ended_at| Dispatch { ended_at, ..Dispatch::default() };
    let mut over = |state, reason: String| {
        all.extend([None, Some(LATER)].map(|at| MailCopy { state, dispatch: dispatch(at), ..waiting(&reason, None) }));
    };
    for skip in Skip::ALL {
        over(CopyState::Skipped, skip.name().to_owned());
        over(CopyState::Skipped, format!("{}: subscription:news", skip.name()));
    }
    over(CopyState::Skipped, "country: DE:single_opt_in".to_owned());
    for hold in Hold::ALL {
        over(CopyState::Skipped, format!("too_late: {}", hold.name()));
    }
    over(CopyState::Failed, "550 5.1.1 no such user".to_owned());
    over(CopyState::InDoubt, "the connection broke off".to_owned());
    over(CopyState::Withdrawn, "rejected".to_owned());
    let draft = |not_after| MailCopy { state: CopyState::Draft, not_after, ..copy("offer") };
    all.extend([None, Some(LATER)].map(draft));
    all.push(MailCopy { not_after: Some(AT), ..waiting(Hold::Window.name(), Some(LATER)) });
    all
}

#[test]
fn every_copy_that_is_held_skipped_or_in_doubt_is_explained_in_one_sentence_with_its_instant_in_the_zone() {
    let text = "playbook: shop\ntimezone: Pacific/Auckland";
    let playbook = attractor_engine::playbook::read(text).playbook.unwrap();
    let program = Program::new(playbook, &jiff::tz::TimeZoneDatabase::bundled()).unwrap();
    let halted = halted_by(BroadcastState::Paused, Some("a typo"));
    let words = CopyWords { program: Some(Arc::new(program)), halted, ..words(Timing::default()) };
    let paused = CopyWords { paused: Some("we move house".into()), ..words_of(&words) };
    for copy in explained() {
        let why = words.why(&copy).unwrap_or_default();
        let is_one = why.starts_with(char::is_uppercase) && why.ends_with('.') && !why.contains(". ");
        let has_instant = why.contains("1970-01-01 12:00 Pacific/Auckland") || why.contains("1970-01-02 12:00");
        assert!(is_one && has_instant, "{:?} {:?}: {why}", copy.state, copy.reason);
        let names = Hold::ALL.map(Hold::name).into_iter().chain(Skip::ALL.map(Skip::name));
        let names: Vec<&str> = names.filter(|name| name.contains('_') && why.contains(name)).collect();
        assert!(names.is_empty(), "{why} has words of programs: {names:?}");
        assert!(!words.sentence(&copy).contains("  "), "{}", words.sentence(&copy));
        let is_waiting = copy.state == CopyState::Waiting;
        let why = paused.why(&copy).unwrap_or_default();
        assert_eq!(why.starts_with("Sending is paused: we move house; it has waited since 1970"), is_waiting, "{why}");
    }
}

fn words_of(words: &CopyWords) -> CopyWords {
    CopyWords { program: words.program.clone(), ..CopyWords::default() }
}

#[test]
fn while_sending_is_paused_that_is_the_reason() {
    let paused = CopyWords { paused: Some("we move house".into()), ..CopyWords::default() };
    for reason in ["", "cadence", "domain_unverified"] {
        let shown = paused.as_it_waits(waiting(reason, Some(LATER)));
        assert_eq!((shown.reason.as_deref(), shown.until), (Some("paused"), None), "{reason}");
    }
}
