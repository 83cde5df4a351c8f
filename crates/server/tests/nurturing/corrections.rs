//! Verdicts that a person corrects: every click of the last days came from one network.

use attractor_app::App;
use attractor_app::clicks::verdicts::{Correction, VerdictName, correct as correct_all};
use attractor_app::refusal::Refusal;
use attractor_engine::time::{Duration, Instant};

use super::campaign::marketer;
use super::random::Dice;

/// Where everybody in these histories clicks.
const NETWORK: &str = "192.0.2.0/24";

/// Gives the clicks of some days one verdict; returns how many had another one.
pub async fn correct(app: &App, now: Instant, dice: &mut Dice) -> Result<usize, Refusal> {
    let days = 1 + dice.below(8) as i64;
    let correction = Correction {
        verdict: *dice.pick(&[VerdictName::Human, VerdictName::Machine]),
        requests: Vec::new(),
        send_id: None,
        agent: None,
        network: Some(NETWORK.to_owned()),
        from: Some((now - Duration(days * Duration::DAY.0)).to_string()),
        until: None,
        dry_run: false,
    };
    Ok(correct_all(app, &marketer(), correction).await?.changing)
}
