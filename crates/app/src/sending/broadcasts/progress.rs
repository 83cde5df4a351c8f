//! How far a broadcast is, as a sentence: the answer to a start comes before its copies are made, and that to an undo before
//! they are gone, so that their numbers alone look as if nothing had happened.

use attractor_store::broadcasts::Broadcast;
use attractor_store::copies::CopyState;

use super::audience::BroadcastAudience;
use super::instant;
use super::item::{BroadcastStateName, Counts, open};

/// How far a broadcast is at an instant, and what comes next.
pub fn in_words(state: BroadcastStateName, broadcast: &Broadcast, counts: &Counts, now: i64) -> String {
    let all = copies(broadcast.audience);
    let sent = counts.get(&CopyState::Sent).copied().unwrap_or_default();
    let undo = match broadcast.leaves_at.filter(|at| now < *at).map(instant) {
        Some(at) => format!(" None leaves before {at}; until then, undoing the start makes it a draft again."),
        None => String::new(),
    };
    match state {
        BroadcastStateName::Draft => "It is a draft: nothing leaves until somebody starts it.".to_owned(),
        BroadcastStateName::Starting => {
            format!("It was started, and its copies are being made: {} so far.{undo}", broadcast.audience)
        }
        BroadcastStateName::Scheduled => format!("It has {all}.{undo}"),
        BroadcastStateName::Sending => {
            let open = open(counts);
            format!("It is being sent: of {all}, {open} {} still to leave.", if open == 1 { "has" } else { "have" })
        }
        BroadcastStateName::Paused => {
            let why = broadcast.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            format!("It is paused{why}: no copy leaves until somebody resumes it.")
        }
        BroadcastStateName::Undoing => {
            "Its start is being undone: no copy has left, they are being deleted, and then it is a draft again."
                .to_owned()
        }
        BroadcastStateName::Done if broadcast.audience == 0 => nobody_left(broadcast.held_out),
        BroadcastStateName::Done => format!(
            "It is over: of {all}, {sent} {} sent; the report says more.",
            if sent == 1 { "was" } else { "were" }
        ),
        BroadcastStateName::Cancelled => {
            format!("It was cancelled: of {all}, {sent} had been sent, and no more of them leave.")
        }
    }
}

fn copies(number: i64) -> String {
    if number == 1 { "1 copy".to_owned() } else { format!("{number} copies") }
}

/// Why a broadcast that was started for somebody has no copies.
fn nobody_left(held_out: i64) -> String {
    match held_out {
        0 => {
            "It is over, and nobody got it: when its copies were made, its audience had no lead with an e-mail address."
        }
        _ => "It is over, and nobody got it: all leads of its audience are held out for comparison (`holdout`).",
    }
    .to_owned()
}

/// That so many leads get it without having agreed; `None` where there are none.
pub fn without_consent(leads: i64) -> Option<String> {
    match leads {
        0 => None,
        1 => Some(
            "1 lead gets it without having agreed: the law of its country asks for no consent, as the setting \
             `consent_unknown` says."
                .to_owned(),
        ),
        leads => Some(format!(
            "{leads} leads get it without having agreed: the law of their country asks for no consent, as the setting \
             `consent_unknown` says."
        )),
    }
}

/// Why a broadcast for nobody is not started.
pub fn nobody(counted: &BroadcastAudience) -> String {
    let why = match (counted.leads, counted.leads - counted.without_address) {
        (0, _) => "no lead fulfils the condition of its audience".to_owned(),
        (1, 0) => "the one lead of its audience has no e-mail address".to_owned(),
        (leads, 0) => format!("none of the {leads} leads of its audience has an e-mail address"),
        (_, 1) => {
            "the one lead of its audience with an e-mail address is held out for comparison (`holdout`)".to_owned()
        }
        (_, reachable) => {
            format!(
                "all {reachable} leads of its audience with an e-mail address are held out for comparison (`holdout`)"
            )
        }
    };
    format!("nobody would get it: {why}; change the broadcast, or start it later")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::broadcasts::control::testing::broadcast;

    #[test]
    fn each_state_is_a_sentence() {
        use BroadcastStateName::{Cancelled, Done, Draft, Paused, Scheduled, Sending, Starting, Undoing};
        let of = |audience: i64| Broadcast { audience, leaves_at: Some(60_000), ..broadcast(7) };
        let undo = "None leaves before 1970-01-01T00:01:00.000Z; until then, undoing the start makes it a draft again.";
        for (state, broadcast, now, expected) in [
            (Draft, of(0), 5, "It is a draft: nothing leaves until somebody starts it.".to_owned()),
            (Starting, of(0), 5, format!("It was started, and its copies are being made: 0 so far. {undo}")),
            (Starting, of(9), 60_000, "It was started, and its copies are being made: 9 so far.".to_owned()),
            (Scheduled, of(1), 5, format!("It has 1 copy. {undo}")),
            (Sending, of(9), 60_000, "It is being sent: of 9 copies, 2 have still to leave.".to_owned()),
            (
                Paused,
                Broadcast { why: Some("too many bounces".into()), ..of(9) },
                60_000,
                "It is paused (too many bounces): no copy leaves until somebody resumes it.".to_owned(),
            ),
            (Done, of(9), 60_000, "It is over: of 9 copies, 4 were sent; the report says more.".to_owned()),
            (
                Cancelled,
                of(9),
                60_000,
                "It was cancelled: of 9 copies, 4 had been sent, and no more of them leave.".to_owned(),
            ),
        ] {
            let counts = Counts::from([(CopyState::Waiting, 2), (CopyState::Sent, 4)]);
            assert_eq!(in_words(state, &broadcast, &counts, now), expected);
        }
        let undoing = in_words(Undoing, &of(9), &Counts::default(), 5);
        assert!(undoing.starts_with("Its start is being undone: no copy has left"), "{undoing}");
        let held_out = Broadcast { held_out: 3, ..of(0) };
        for (broadcast, why) in [(of(0), "had no lead with an e-mail address."), (held_out, "(`holdout`).")] {
            let over = in_words(Done, &broadcast, &Counts::default(), 60_000);
            assert!(over.starts_with("It is over, and nobody got it: ") && over.ends_with(why), "{over}");
        }
    }

    #[test]
    fn those_who_did_not_agree_are_named_with_their_number() {
        assert_eq!(without_consent(0), None);
        for (leads, start) in [(1, "1 lead gets it without having agreed: the law of its country asks"), (2, "2 leads get it")]
        {
            let said = without_consent(leads).unwrap();
            assert!(said.starts_with(start) && said.ends_with("as the setting `consent_unknown` says."), "{said}");
        }
    }

    #[test]
    fn a_broadcast_for_nobody_says_why() {
        for (leads, without_address, why) in [
            (0, 0, "no lead fulfils the condition of its audience"),
            (1, 1, "the one lead of its audience has no e-mail address"),
            (3, 3, "none of the 3 leads of its audience has an e-mail address"),
            (3, 2, "the one lead of its audience with an e-mail address is held out for comparison (`holdout`)"),
            (3, 0, "all 3 leads of its audience with an e-mail address are held out for comparison (`holdout`)"),
        ] {
            let counted = BroadcastAudience { leads, without_address, ..BroadcastAudience::default() };
            let expected = format!("nobody would get it: {why}; change the broadcast, or start it later");
            assert_eq!(nobody(&counted), expected);
        }
    }
}
