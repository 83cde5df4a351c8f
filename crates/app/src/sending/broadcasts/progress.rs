//! How far a broadcast is, as a sentence: the answer to a start comes before its copies are made, and that to an undo before
//! they are gone, so that their numbers alone look as if nothing had happened.

use attractor_store::broadcasts::Broadcast;
use attractor_store::copies::CopyState;

use super::audience::BroadcastAudience;
use super::item::{BroadcastStateName, Counts, open};

/// A broadcast's copies by state, and how many of those counted as sent were caught.
pub struct Copies<'a> {
    pub counts: &'a Counts,
    pub caught: i64,
}

impl Copies<'_> {
    pub fn sent(&self) -> i64 {
        self.counts.get(&CopyState::Sent).copied().unwrap_or_default()
    }

    /// `2 were sent`; the copies that were caught are named, as in the report. `verb` is that of one copy and of several.
    fn sent_in_words(&self, (one, several): (&str, &str)) -> String {
        const WHY: &str = "because no mail server was set, so nobody got";
        let (sent, caught) = (self.sent(), self.caught);
        let verb = |number: i64| if number == 1 { one } else { several };
        let them = if caught == 1 { "it" } else { "them" };
        match caught {
            0 => format!("{sent} {} sent", verb(sent)),
            _ if caught == sent => format!("{caught} {} caught {WHY} {them}", verb(caught)),
            _ => format!("{sent} {} sent, {caught} of them caught {WHY} {them}", verb(sent)),
        }
    }
}

/// How far a broadcast is at an instant, and what comes next; `clock` writes an instant for people.
pub fn in_words(
    state: BroadcastStateName,
    broadcast: &Broadcast,
    made: &Copies,
    now: i64,
    clock: impl Fn(i64) -> String,
) -> String {
    let all = copies(broadcast.audience);
    let undo = match broadcast.leaves_at.filter(|at| now < *at).map(clock) {
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
            let open = open(made.counts);
            format!("It is being sent: of {all}, {open} {}.", if open == 1 { "waits" } else { "wait" })
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
        BroadcastStateName::Done => {
            format!("It is over: of {all}, {}; the report says more.", made.sent_in_words(("was", "were")))
        }
        BroadcastStateName::Cancelled => {
            let sent = made.sent_in_words(("had been", "had been"));
            format!("It was cancelled: of {all}, {sent}, and no more of them leave.")
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

/// That so many leads get it without having agreed; `None` where there are none. `unasked` are the setting's
/// countries.
pub fn without_consent(leads: i64, unasked: &[&str]) -> Option<String> {
    let (get, their) = match leads {
        0 => return None,
        1 => ("1 lead gets".to_owned(), "its"),
        leads => (format!("{leads} leads get"), "their"),
    };
    Some(format!(
        "{get} it without having agreed: the law of {their} country asks for no consent, as the setting `consent_unknown` \
         says (now {}).",
        unasked.join(", ")
    ))
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

    fn minute(at: i64) -> String {
        format!("minute {}", at / 60_000)
    }

    #[test]
    fn each_state_is_a_sentence() {
        use BroadcastStateName::{Cancelled, Done, Draft, Paused, Scheduled, Sending, Starting, Undoing};
        let of = |audience: i64| Broadcast { audience, leaves_at: Some(60_000), ..broadcast(7) };
        let undo = "None leaves before minute 1; until then, undoing the start makes it a draft again.";
        for (state, broadcast, now, expected) in [
            (Draft, of(0), 5, "It is a draft: nothing leaves until somebody starts it.".to_owned()),
            (Starting, of(0), 5, format!("It was started, and its copies are being made: 0 so far. {undo}")),
            (Starting, of(9), 60_000, "It was started, and its copies are being made: 9 so far.".to_owned()),
            (Scheduled, of(1), 5, format!("It has 1 copy. {undo}")),
            (Sending, of(9), 60_000, "It is being sent: of 9 copies, 2 wait.".to_owned()),
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
            assert_eq!(in_words(state, &broadcast, &Copies { counts: &counts, caught: 0 }, now, minute), expected);
        }
        let none = Counts::default();
        let none = Copies { counts: &none, caught: 0 };
        let undoing = in_words(Undoing, &of(9), &none, 5, minute);
        assert!(undoing.starts_with("Its start is being undone: no copy has left"), "{undoing}");
        let held_out = Broadcast { held_out: 3, ..of(0) };
        for (broadcast, why) in [(of(0), "had no lead with an e-mail address."), (held_out, "(`holdout`).")] {
            let over = in_words(Done, &broadcast, &none, 60_000, minute);
            assert!(over.starts_with("It is over, and nobody got it: ") && over.ends_with(why), "{over}");
        }
    }

    #[test]
    fn copies_that_were_caught_are_not_said_to_have_been_sent() {
        use BroadcastStateName::{Cancelled, Done};
        for (state, sent, caught, expected) in [
            (Done, 1, 0, "It is over: of 9 copies, 1 was sent; the report says more."),
            (Done, 4, 0, "It is over: of 9 copies, 4 were sent; the report says more."),
            (
                Done,
                4,
                4,
                "It is over: of 9 copies, 4 were caught because no mail server was set, so nobody got them; the report says \
                 more.",
            ),
            (
                Done,
                1,
                1,
                "It is over: of 9 copies, 1 was caught because no mail server was set, so nobody got it; the report says \
                 more.",
            ),
            (
                Cancelled,
                4,
                1,
                "It was cancelled: of 9 copies, 4 had been sent, 1 of them caught because no mail server was set, so nobody \
                 got it, and no more of them leave.",
            ),
        ] {
            let counts = Counts::from([(CopyState::Sent, sent)]);
            let broadcast = Broadcast { audience: 9, ..broadcast(7) };
            assert_eq!(in_words(state, &broadcast, &Copies { counts: &counts, caught }, 5, minute), expected);
        }
    }

    #[test]
    fn those_who_did_not_agree_are_named_with_their_number() {
        assert_eq!(without_consent(0, &["US"]), None);
        for (leads, start) in
            [(1, "1 lead gets it without having agreed: the law of its country asks"), (2, "2 leads get it")]
        {
            let said = without_consent(leads, &["US", "CA"]).unwrap();
            let end = "as the setting `consent_unknown` says (now US, CA).";
            assert!(said.starts_with(start) && said.ends_with(end), "{said}");
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
