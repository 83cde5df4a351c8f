//! The gate's reasons in plain English.

use attractor_mail::countries::{Country, Row, cell};
use attractor_mail::gate::{Hold, Skip};

/// A stored reason, `NAME` or `NAME: DETAIL`, as a sentence.
pub fn in_words(reason: &str) -> String {
    let (name, detail) = reason.split_once(": ").unwrap_or((reason, ""));
    let skip = Skip::ALL.into_iter().find(|skip| skip.name() == name).map(of_skip);
    let hold = |name: &str| Hold::ALL.into_iter().find(|hold| hold.name() == name).map(of_hold);
    if name == Skip::TooLate.name()
        && let Some(cause) = hold(detail)
    {
        return format!("It has to wait until after `valid_for` ends: {}.", lower(cause));
    }
    if let Some(words) = (name == Skip::Country.name()).then(|| of_country(detail)).flatten() {
        return words;
    }
    match skip.or_else(|| hold(name)) {
        Some(words) if detail.is_empty() => format!("{words}."),
        Some(words) => format!("{words}: {detail}."),
        // A newer program's.
        None => reason.to_owned(),
    }
}

/// What a country refuses, with the sentence of its rule, such as `DE:single_opt_in`.
fn of_country(rule: &str) -> Option<String> {
    let (country, row) = rule.split_once(':')?;
    let country = Country::ALL.into_iter().find(|known| known.name() == country)?;
    let row = Row::ALL.into_iter().find(|known| known.name() == row)?;
    let why = lower(cell(country, row).sentence.trim_end_matches('.'));
    Some(format!("{} ({country}): {}.", of_skip(Skip::Country), why.replace(". ", "; ")))
}

/// A sentence behind a colon.
pub fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn of_skip(reason: Skip) -> &'static str {
    match reason {
        Skip::NoAddress => "The lead has no e-mail address that can be written to",
        Skip::Staff => "The lead is a colleague, a competitor or a test",
        Skip::Suppressed => {
            "The address may not be written to: somebody there unsubscribed or complained, or mail to it came back"
        }
        Skip::Unconfirmed => "Public forms alone brought the address, and nobody has confirmed it",
        Skip::NoConsent => "The lead has not agreed to get this",
        Skip::Country => "A rule of the lead's country forbids it",
        Skip::Buyer => "The lead has an open, won or lately lost deal",
        Skip::TooLate => "It was too late to send it",
        Skip::Duplicate => "The same went to this address already",
        Skip::Fatigue => "Its topic was shown to the lead three times without a click",
        Skip::NothingLeft => "No e-mail was left to choose from",
        Skip::CannotRender => "The e-mail cannot be made for this lead",
    }
}

fn of_hold(reason: Hold) -> &'static str {
    match reason {
        Hold::Paused => "Sending is paused",
        Hold::DomainUnverified => "The domain of the sender is not verified yet",
        Hold::ReEvaluation => "Leads are being evaluated again after a new version of the playbook",
        Hold::AutoReply => "The lead's mailbox answers that the lead is away",
        Hold::Cadence => "The lead got an e-mail lately, or chose to get fewer",
        Hold::Window => "It is outside the sending hours where the lead is",
        Hold::WarmUp => "The address of the sender is still warming up",
        Hold::Rate => "Enough is being sent to the lead's mail provider at the moment",
        Hold::Server => "The mail server could not take it yet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_a_sentence() {
        for name in Skip::ALL.map(Skip::name).into_iter().chain(Hold::ALL.map(Hold::name)) {
            let words = in_words(name);
            assert!(words.starts_with(char::is_uppercase) && words.ends_with('.') && !words.contains('_'), "{words}");
            assert_eq!(in_words(&format!("{name}: x")), format!("{}: x.", words.trim_end_matches('.')));
        }
        assert_eq!(in_words("of a newer program"), "of a newer program");
        let of_country = in_words("country: DE:single_opt_in");
        assert!(of_country.starts_with("A rule of the lead's country forbids it (DE): "), "{of_country}");
        assert!(of_country.ends_with('.') && !of_country.contains('_'), "{of_country}");
        let cause = "the lead got an e-mail lately, or chose to get fewer";
        assert_eq!(in_words("too_late: cadence"), format!("It has to wait until after `valid_for` ends: {cause}."));
    }
}
