//! What becomes of a copy that a mail server put off: it is tried again after longer and longer pauses, for three days.

use attractor_engine::time::{Duration, Instant};
use attractor_live::Outcome;
use attractor_mail::gate::Hold;
use attractor_store::copies::MailCopy;

use super::gate::named;
use super::trouble::Trouble;

const GIVEN_UP_AFTER: Duration = Duration(3 * Duration::DAY.0);
/// Of an answer, as many characters are kept.
const KEPT: usize = 300;

/// The outcome of a try that a server put off with this answer.
pub fn put_off(copy: &MailCopy, answer: &str, trouble: Trouble, now: Instant) -> Outcome {
    let since = copy.dispatch.trouble_since.map_or(now, Instant);
    let pauses = trouble.pauses();
    let place = usize::try_from(copy.dispatch.tries).unwrap_or_default().min(pauses.len() - 1);
    let next = now + Duration(pauses[place]);
    let answer = short(answer);
    if next - since > GIVEN_UP_AFTER {
        return Outcome::Failed { answer: format!("given up after three days; the last answer was: {answer}") };
    }
    let reason = named(Hold::Server.name(), &answer);
    Outcome::Held { reason, until: Some(next), due: Some(next), trouble_since: Some(since) }
}

/// An answer of a server as it is kept: one line.
pub fn short(answer: &str) -> String {
    let words: Vec<&str> =
        answer.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::testing::copy;

    const MINUTE: i64 = 60_000;

    /// The pauses of a copy that is put off until it has failed, in minutes, and what is kept then.
    fn until_failed(trouble: Trouble) -> (Vec<i64>, String) {
        let (mut copy, mut now, mut pauses) = (copy("offer"), Instant(0), Vec::new());
        loop {
            match put_off(&copy, "451 4.7.1\r\n greylisted", trouble, now) {
                Outcome::Held { reason, until, due, trouble_since } => {
                    assert_eq!((reason.as_str(), until), ("server: 451 4.7.1 greylisted", due));
                    assert_eq!(trouble_since, Some(Instant(0)), "since the first try");
                    let next = due.unwrap();
                    pauses.push((next - now).0 / MINUTE);
                    copy.dispatch.trouble_since = trouble_since.map(|since| since.0);
                    copy.dispatch.tries += 1;
                    now = next;
                }
                Outcome::Failed { answer } => return (pauses, answer),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_copy_is_tried_for_three_days_and_then_has_failed() {
        for (trouble, first) in [
            (Trouble::Passing, &[1, 5, 15, 60, 120, 240, 240][..]),
            (Trouble::Greylisted, &[5, 10, 20, 30, 60, 120, 240, 240]),
            (Trouble::Full, &[240, 480, 720, 720]),
        ] {
            let (pauses, answer) = until_failed(trouble);
            assert_eq!(pauses[..first.len()], *first, "{trouble:?}");
            let (all, last) = (pauses.iter().sum::<i64>(), pauses.last().unwrap());
            assert!(all <= 3 * 24 * 60 && all + last > 3 * 24 * 60, "{trouble:?}: {all} minutes");
            assert!(answer.ends_with("the last answer was: 451 4.7.1 greylisted"), "{answer}");
        }
        assert_eq!(short(&"x".repeat(1_000)).len(), KEPT);
    }
}
