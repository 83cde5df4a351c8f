//! Why a mail server put a copy off: what it answered decides how long to wait, and whether its whole domain does.

use attractor_mail::inbound::{Kind, Reason, Status, Step, reason_of_reply};

/// What kept a copy from being taken this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No server answered at all.
    Unreachable,
    /// The server knows us not yet, and takes the copy when we come again.
    Greylisted,
    /// We sent too much at once: the copies to this domain slow down.
    Rate,
    /// The mailbox is full.
    Full,
    /// It is about us or about what we send, and not about the person.
    Policy,
    /// Something passing at the other side.
    Passing,
}

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

impl Trouble {
    /// By the answer, and the step of the dialogue that it answered; `None` where there was no dialogue.
    pub fn of(answer: &str, step: Option<Step>) -> Trouble {
        let Some(step) = step else { return Trouble::Unreachable };
        if says_greylisting(answer) {
            return Trouble::Greylisted;
        }
        let reason = reason_of_reply(answer, step);
        match (reason, reason.kind()) {
            (Reason::Rate, _) => Trouble::Rate,
            (_, Kind::Full) | (Reason::Inactive, _) => Trouble::Full,
            _ if slows(answer) => Trouble::Rate,
            (_, Kind::Blocked | Kind::Policy) if is_first_try_later(answer) => Trouble::Greylisted,
            (_, Kind::Blocked | Kind::Policy) => Trouble::Policy,
            _ if is_first_try_later(answer) => Trouble::Greylisted,
            _ => Trouble::Passing,
        }
    }

    /// How long to wait after each try, in milliseconds; the last pause goes on.
    pub fn pauses(self) -> &'static [i64] {
        match self {
            Trouble::Unreachable | Trouble::Passing => &[MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
            // Most servers let a sender in after five minutes, some after half an hour.
            Trouble::Greylisted => &[5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
            Trouble::Rate => &[10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
            Trouble::Full => &[4 * HOUR, 8 * HOUR, 12 * HOUR],
            Trouble::Policy => &[30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR],
        }
    }
}

fn says_greylisting(answer: &str) -> bool {
    let plain: String = answer.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    ["greylist", "graylist"].iter().any(|word| plain.contains(word))
}

/// The code of an answer, and its status where it has one.
fn code_and_status(answer: &str) -> (Option<u16>, Option<Status>) {
    let mut words = answer.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty());
    let code = words.next().and_then(|word| word.parse().ok());
    (code, words.next().and_then(Status::parse))
}

/// `421` and `450` with `4.7.x` say that we come too fast; `4.7.1` is what greylisting says.
fn slows(answer: &str) -> bool {
    let (code, status) = code_and_status(answer);
    let is_of_rate = |status: Status| status.class == 4 && status.subject == 7 && status.detail != 1;
    matches!(code, Some(421 | 450 | 451)) && status.is_some_and(is_of_rate)
}

/// `450` and `451` with `4.7.1`, and words that ask for another try.
fn is_first_try_later(answer: &str) -> bool {
    let (code, status) = code_and_status(answer);
    let is_vague = |status: Status| (status.class, status.subject, status.detail) == (4, 7, 1);
    let words = answer.to_lowercase();
    let asks = ["later", "again", "temporarily", "minutes", "seconds", "retry"].iter().any(|word| words.contains(word));
    matches!(code, Some(450 | 451)) && status.is_some_and(is_vague) && asks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of real servers, and what each means.
    #[test]
    fn real_answers_say_what_they_mean() {
        use Step::{Connect, Data, From, To};
        use Trouble::{Full, Greylisted, Passing, Policy, Rate, Unreachable};
        for (answer, step, expected) in [
            (
                "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/",
                To,
                Greylisted,
            ),
            ("451 4.7.1 Greylisting in action, please come back later", To, Greylisted),
            ("451 4.7.1 <a@b.example>: Recipient address rejected: Please try again in 5 minutes", To, Greylisted),
            ("450 4.7.1 Client host rejected: temporarily deferred, try again later", To, Greylisted),
            ("451 Temporarily Deferred (Gray-listed)", To, Greylisted),
            ("421-4.7.28 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail", Data, Rate),
            (
                "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
                From,
                Rate,
            ),
            ("421 4.7.0 Try again later, closing connection.", Connect, Rate),
            (
                "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
                From,
                Rate,
            ),
            ("450 4.7.3 Too many messages, slow down", Data, Rate),
            ("452 4.2.2 The email account that you tried to reach is over quota.", To, Full),
            ("452 4.2.2 Mailbox full", To, Full),
            ("450 4.2.1 Mailbox has exceeded the limit", To, Full),
            ("451 4.3.0 Temporary server error. Please try again later", Data, Passing),
            ("452 4.3.1 Insufficient system storage", From, Passing),
            ("451 4.4.1 Error connecting to the next server", Data, Passing),
            ("550 5.7.1 Message rejected due to local policy", Data, Policy),
            ("554 5.7.1 The sender address is not allowed for this user", From, Policy),
        ] {
            assert_eq!(Trouble::of(answer, Some(step)), expected, "{answer}");
        }
        assert_eq!(Trouble::of("no connection to mail.example:25: connection refused", None), Unreachable);
    }

    #[test]
    fn pauses_grow() {
        use Trouble::{Full, Greylisted, Passing, Policy, Rate, Unreachable};
        for trouble in [Unreachable, Greylisted, Rate, Full, Policy, Passing] {
            assert!(trouble.pauses().is_sorted() && !trouble.pauses().is_empty(), "{trouble:?}");
        }
        assert!(Greylisted.pauses()[0] < Rate.pauses()[0] && Rate.pauses()[0] < Full.pauses()[0]);
    }
}
