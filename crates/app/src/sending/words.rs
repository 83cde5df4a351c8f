//! The gate's reasons in plain English.

use attractor_engine::condition::{Names, length};
use attractor_engine::consent::Scope;
use attractor_engine::time::{Duration, Instant};
use attractor_mail::countries::{Country, Row, cell};
use attractor_mail::gate::{Hold, Skip};
use attractor_store::suppressions::SuppressionKind;

use super::country_rules::NEVER_WRITE;
use super::test_mode;
use super::zone::LeadZone;
use crate::forms::request::A_DAY;

/// Stored behind the name of [`Skip::TooLate`] where a draft was not released; of other copies it is what held them.
const NOT_RELEASED: &str = "draft";
/// Stored there where the test mode held the copy.
const TESTED: &str = "test mode";

/// The reason of a draft that nobody released in time, as it is stored.
pub fn late_draft() -> String {
    format!("{}: {NOT_RELEASED}", Skip::TooLate.name())
}

/// What makes it too late for a copy.
enum Delay {
    NotKnown,
    /// Nobody released the draft.
    NotReleased,
    Tested,
    Held(Hold),
}

/// What held a copy for which it is too late, as it is stored behind the name of [`Skip::TooLate`].
pub fn cause(reason: &str) -> Option<&'static str> {
    if reason == test_mode::HELD { Some(TESTED) } else { hold(reason).map(Hold::name) }
}

/// What a stored reason says made it too late; `None` where it says something else.
fn delay(reason: &str) -> Option<Delay> {
    let (name, detail) = in_parts(reason);
    if name != Skip::TooLate.name() {
        return None;
    }
    match detail {
        "" => Some(Delay::NotKnown),
        NOT_RELEASED => Some(Delay::NotReleased),
        TESTED => Some(Delay::Tested),
        held => hold(held).map(Delay::Held),
    }
}

/// Whether a stored reason is that nobody released the draft in time.
pub fn is_of_draft(reason: &str) -> bool {
    matches!(delay(reason), Some(Delay::NotReleased))
}

/// The name of a stored reason, and its detail, which may be empty.
fn in_parts(reason: &str) -> (&str, &str) {
    reason.split_once(": ").unwrap_or((reason, ""))
}

/// The hold that a stored reason names, whatever its detail is.
pub fn hold(reason: &str) -> Option<Hold> {
    let (name, _) = in_parts(reason);
    Hold::ALL.into_iter().find(|hold| hold.name() == name)
}

/// A stored reason, `NAME` or `NAME: DETAIL`, as a sentence about what is so or was decided; `names`, what a playbook calls
/// its parts.
pub fn in_words(reason: &str, names: &Names) -> String {
    if reason == test_mode::HELD {
        return test_mode::words(None);
    }
    match delay(reason) {
        Some(Delay::Tested) => "The test mode held it until it was too late to send it.".to_owned(),
        Some(Delay::Held(hold)) => format!("It was held until it was too late to send it: {}.", was_held(hold)),
        Some(Delay::NotReleased) => "Nobody released its draft in time.".to_owned(),
        Some(Delay::NotKnown) | None => plainly(reason, names),
    }
}

/// The same of what is still to be decided.
pub fn in_words_ahead(reason: &str, names: &Names) -> String {
    match delay(reason) {
        Some(Delay::Tested) => "The test mode holds it until it is too late to send it.".to_owned(),
        Some(Delay::Held(hold)) => {
            format!("It has to wait until it is too late to send it: {}.", lower(of_hold(hold)))
        }
        Some(Delay::NotReleased) => "It is skipped unless somebody releases the draft before.".to_owned(),
        Some(Delay::NotKnown) => "It is too late to send it by then.".to_owned(),
        None => in_words(reason, names),
    }
}

/// What keeps a copy back, since and until when; `minute`, what clocks show in the playbook's time zone. Copies that wait
/// and those of a forecast are told alike.
pub fn held(why: &str, (from, until): (Instant, Option<Instant>), minute: &dyn Fn(Instant) -> String) -> String {
    match until {
        Some(until) => format!("{why}: it waits until {}.", minute(until)),
        None => format!("{why}: it waits from {} on, until that ends.", minute(from)),
    }
}

fn plainly(reason: &str, names: &Names) -> String {
    let (name, detail) = in_parts(reason);
    let skip = Skip::ALL.into_iter().find(|skip| skip.name() == name).map(of_skip);
    if let Some(words) = (name == Skip::Country.name()).then(|| of_country(detail)).flatten() {
        return words;
    }
    if let Some(kind) = suppression(reason) {
        return format!("The address may not be written to: {}.", of_suppression(kind));
    }
    let detail = of_detail(name, detail, names);
    match skip.or_else(|| hold(name).map(of_hold)) {
        Some(words) if detail.is_empty() => format!("{words}."),
        Some(words) => format!("{words}: {detail}."),
        // A newer program's.
        None => reason.to_owned(),
    }
}

/// What is behind the name of a reason: of consent, what people call what the lead did not agree to, and nothing where that
/// is all; of a topic its name.
fn of_detail(name: &str, detail: &str, names: &Names) -> String {
    if name == Skip::Fatigue.name() {
        return names.topic(detail).to_owned();
    }
    match detail.parse() {
        Ok(Scope::All) if name == Skip::NoConsent.name() => String::new(),
        Ok(scope) if name == Skip::NoConsent.name() => scope_name(&scope, names),
        _ => detail.to_owned(),
    }
}

/// What people call a scope.
pub fn scope_name(scope: &Scope, names: &Names) -> String {
    match scope {
        Scope::All => "everything".into(),
        Scope::Tracking => "tracking".into(),
        Scope::Subscription(id) => names.subscription(id).into(),
        Scope::Topic(id) => names.topic(id).into(),
    }
}

/// The kind of suppression that a stored reason names.
fn suppression(reason: &str) -> Option<SuppressionKind> {
    let (name, kind) = reason.split_once(": ")?;
    SuppressionKind::named(kind).filter(|_| name == Skip::Suppressed.name())
}

/// A stored reason in the fields of an answer: the kind of a suppression has one of its own.
pub fn in_fields(reason: &str) -> (String, Option<&'static str>) {
    match suppression(reason) {
        Some(kind) => (Skip::Suppressed.name().to_owned(), Some(kind.name())),
        None => (reason.to_owned(), None),
    }
}

fn of_suppression(kind: SuppressionKind) -> &'static str {
    match kind {
        SuppressionKind::Withdrawal => "somebody there unsubscribed",
        SuppressionKind::Complaint => "somebody there complained, by marking an e-mail as spam",
        SuppressionKind::Bounce => "it bounced, so that e-mails to it come back for good",
        SuppressionKind::Erasure => "the person there was erased",
    }
}

/// What a country refuses, with the sentence of its rule, such as `DE:single_opt_in`.
fn of_country(rule: &str) -> Option<String> {
    let (country, row) = rule.split_once(':')?;
    if row == NEVER_WRITE {
        return Some(format!("The settings say that nobody in the lead's country is written to ({country})."));
    }
    let country = Country::ALL.into_iter().find(|known| known.name() == country)?;
    let row = Row::ALL.into_iter().find(|known| known.name() == row)?;
    let why = lower(cell(country, row).sentence.trim_end_matches('.'));
    Some(format!("{} ({country}): {}.", of_skip(Skip::Country), why.replace(". ", "; ")))
}

/// The time between two e-mails: "14 days", "10 days and 12 hours". From three days on it is rounded to the hour.
pub fn interval(every: Duration) -> String {
    if every.0 < 3 * Duration::DAY.0 {
        return length(every);
    }
    let hours = (every.0 + Duration::HOUR.0 / 2) / Duration::HOUR.0;
    match (hours / 24, hours % 24) {
        (days, 0) => length(Duration(days * Duration::DAY.0)),
        (days, 1) => format!("{days} days and 1 hour"),
        (days, hours) => format!("{days} days and {hours} hours"),
    }
}

/// What follows "every": "14 days", and "day" without its number.
pub fn rhythm(every: Duration) -> String {
    let words = interval(every);
    words.strip_prefix("1 ").map(str::to_owned).unwrap_or(words)
}

/// What became of a copy or a letter that was caught; `on`, the instant behind ` on `, or empty where it is not known.
pub fn caught(on: &str) -> String {
    format!("was caught{on}, not sent: no mail server was set, so nobody got it")
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
        Skip::Buyer => "The lead has an open deal, a won one, or one lost within 30 days",
        Skip::TooLate => "It was too late to send it",
        Skip::Duplicate => {
            "A broadcast or a step sends its e-mail to each address once, and this address has it already"
        }
        Skip::Fatigue => "Its topic was shown to the lead three times without a click",
        Skip::NothingLeft => "No e-mail was left to choose from",
        Skip::CannotRender => "The e-mail cannot be made for this lead",
    }
}

/// That it is outside the sending hours of a lead, and by which clock.
pub fn outside_hours(zone: &LeadZone) -> String {
    format!("{}, by the clock of {zone}", of_hold(Hold::Window))
}

/// That an address which nobody has confirmed has had as many e-mails within a day as it may.
pub fn full_address() -> String {
    format!("At most {A_DAY} e-mails a day go to an address that nobody has confirmed")
}

/// The same, where the rate of a mail provider may be the reason instead.
pub fn full_address_or_rate() -> String {
    let rate = of_hold(Hold::Rate);
    format!("{rate}, or that of {A_DAY} a day to an address that nobody has confirmed")
}

fn of_hold(reason: Hold) -> &'static str {
    match reason {
        // While all sending is paused no copy is looked at, and the test mode has words of its own: this is of broadcasts.
        Hold::Paused => "The broadcast is paused",
        Hold::DomainUnverified => "The domain of the sender is not verified yet",
        Hold::ReEvaluation => "Leads are being evaluated again after a new version of the playbook",
        Hold::AutoReply => "The lead's mailbox answers that the lead is away",
        Hold::Cadence => "The lead got an e-mail recently, or chose to get fewer",
        Hold::Window => "It is outside the sending hours where the lead is",
        Hold::WarmUp => "The sender is still warming up, and no more e-mails leave today",
        Hold::Rate => "The limit of e-mails a minute to the lead's mail provider is reached",
        Hold::Server => "The mail server could not take it yet",
    }
}

/// The same of a hold that is over, behind a colon.
fn was_held(reason: Hold) -> &'static str {
    match reason {
        Hold::Paused => "the broadcast was paused",
        Hold::DomainUnverified => "the domain of the sender was not verified yet",
        Hold::ReEvaluation => "leads were being evaluated again after a new version of the playbook",
        Hold::AutoReply => "the lead's mailbox answered that the lead was away",
        Hold::Cadence => "the lead had got an e-mail recently, or had chosen to get fewer",
        Hold::Window => "it was outside the sending hours where the lead is",
        Hold::WarmUp => "the sender was still warming up, and no more e-mails left that day",
        Hold::Rate => "the limit of e-mails a minute to the lead's mail provider, or a day to its address, was reached",
        Hold::Server => "the mail server could not take it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_two_emails_is_in_days() {
        for (minutes, expected) in [
            (7 * 1_440, "7 days"),
            (14 * 1_440, "14 days"),
            (30 * 1_440, "30 days"),
            (1_440, "1 day"),
            (36 * 60, "36 hours"),
            (90, "90 minutes"),
            (252 * 60, "10 days and 12 hours"),
            (73 * 60, "3 days and 1 hour"),
            (7 * 1_440 + 1_008, "7 days and 17 hours"),
            (8 * 1_440 - 1, "8 days"),
        ] {
            assert_eq!(interval(Duration(minutes * 60_000)), expected);
        }
        for (minutes, expected) in [(1_440, "day"), (60, "hour"), (7 * 1_440, "7 days"), (36 * 60, "36 hours")] {
            assert_eq!(rhythm(Duration(minutes * 60_000)), expected);
        }
    }

    #[test]
    fn every_reason_is_a_sentence() {
        let in_words = |reason: &str| in_words(reason, &Names::default());
        for name in Skip::ALL.map(Skip::name).into_iter().chain(Hold::ALL.map(Hold::name)) {
            let words = in_words(name);
            assert!(words.starts_with(char::is_uppercase) && words.ends_with('.') && !words.contains('_'), "{words}");
            assert_eq!(in_words(&format!("{name}: x")), format!("{}: x.", words.trim_end_matches('.')));
        }
        assert_eq!(in_words("of a newer program"), "of a newer program");
        let of_country = in_words("country: DE:single_opt_in");
        assert!(of_country.starts_with("A rule of the lead's country forbids it (DE): "), "{of_country}");
        assert!(of_country.ends_with('.') && !of_country.contains('_'), "{of_country}");
        let never = "The settings say that nobody in the lead's country is written to (CH).";
        assert_eq!(in_words("country: CH:never_write"), never);
        for kind in SuppressionKind::ALL {
            let stored = format!("suppressed: {}", kind.name());
            assert_eq!(in_words(&stored), format!("The address may not be written to: {}.", of_suppression(kind)));
            assert_eq!(in_fields(&stored), ("suppressed".to_owned(), Some(kind.name())));
        }
        for other in ["suppressed", "suppressed: x", "country: DE:single_opt_in", "too_late: cadence", "bounce"] {
            assert_eq!(in_fields(other), (other.to_owned(), None));
        }
        assert_eq!(in_words(test_mode::HELD), test_mode::words(None));
    }

    #[test]
    fn what_made_it_too_late_is_told_of_what_was_and_of_what_will_be() {
        let names = Names::default();
        for hold in Hold::ALL {
            let stored = format!("too_late: {}", hold.name());
            let was = in_words(&stored, &names);
            assert!(was.starts_with("It was held until it was too late to send it: ") && was.ends_with('.'), "{was}");
            assert!(!was.contains(" is ") && !was.contains(" has "), "{was}");
            let ahead = in_words_ahead(&stored, &names);
            assert!(ahead.starts_with("It has to wait until it is too late to send it: "), "{ahead}");
            assert_eq!(super::hold(hold.name()), Some(hold));
        }
        for (reason, was, ahead) in [
            ("too_late", "It was too late to send it.", "It is too late to send it by then."),
            (
                "too_late: test mode",
                "The test mode held it until it was too late to send it.",
                "The test mode holds it until it is too late to send it.",
            ),
            (
                late_draft().as_str(),
                "Nobody released its draft in time.",
                "It is skipped unless somebody releases the draft before.",
            ),
            ("staff", in_words("staff", &names).as_str(), in_words("staff", &names).as_str()),
        ] {
            assert_eq!((in_words(reason, &names).as_str(), in_words_ahead(reason, &names).as_str()), (was, ahead));
        }
        assert_eq!([test_mode::HELD, "cadence", "staff"].map(cause), [Some("test mode"), Some("cadence"), None]);
        assert_eq!(super::hold("server: 451 later"), Some(Hold::Server));
        assert_eq!(super::hold("too_late: server"), None);
    }

    #[test]
    fn a_reason_has_the_names_that_people_gave() {
        let text = "playbook: shop\ntimezone: UTC\ntopics: [{id: stock, name: Stock}]\nsubscriptions: [{id: news, name: Newsletter}]\n";
        let reading = attractor_engine::playbook::read(text);
        let names = Names::of(&reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems)));
        for (reason, expected) in [
            ("no_consent: subscription:news", "The lead has not agreed to get this: Newsletter."),
            ("no_consent: topic:stock", "The lead has not agreed to get this: Stock."),
            ("no_consent: subscription:gone", "The lead has not agreed to get this: gone."),
            ("no_consent: all", "The lead has not agreed to get this."),
            ("fatigue: stock", "Its topic was shown to the lead three times without a click: Stock."),
        ] {
            assert_eq!(in_words(reason, &names), expected);
        }
    }
}
