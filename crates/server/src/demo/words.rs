//! Events, instants and numbers in plain English.

use attractor_engine::time::{Duration, Instant};
use attractor_engine::vocabulary::kind;
use serde_json::Value;

/// What a message tells, so that a name can stand before it: “asked for a demo”.
pub fn happening(message: &Value) -> String {
    match message["type"].as_str() {
        Some("page") => format!("looked at {}", quoted(&message["properties"], "title", "a page")),
        Some("screen") => "used the product".into(),
        Some("identify") => "told who they are".into(),
        Some("group") => "turned out to belong to a company".into(),
        Some("alias") => "turned out to be known already".into(),
        _ => event(message["event"].as_str().unwrap_or_default(), &message["properties"]),
    }
}

fn event(kind: &str, properties: &Value) -> String {
    let about = |name: &str, otherwise: &str| quoted(properties, name, otherwise);
    match kind {
        kind::EMAIL_SENT | kind::EMAIL_DELIVERED => format!("was sent {}", about("email_id", "an e-mail")),
        kind::EMAIL_OPENED => format!("opened {}", about("email_id", "an e-mail")),
        kind::EMAIL_LINK_CLICKED => clicked(properties),
        kind::EMAIL_BOUNCED => format!("could not be reached by {}", about("email_id", "e-mail")),
        kind::EMAIL_MARKED_AS_SPAM => format!("marked {} as spam", about("email_id", "an e-mail")),
        kind::EMAIL_REPLIED => format!("replied to {}", about("email_id", "an e-mail")),
        kind::FORM_SUBMITTED => format!("filled in the form {}", about("form", "of a page")),
        kind::CONTENT_DOWNLOADED => format!("downloaded {}", about("asset", "something")),
        kind::WEBINAR_REGISTERED => format!("registered for {}", about("webinar", "a webinar")),
        kind::WEBINAR_ATTENDED => format!("attended {}", about("webinar", "a webinar")),
        kind::DEMO_REQUESTED => "asked for a demo".into(),
        kind::SUBSCRIBED => "subscribed".into(),
        kind::UNSUBSCRIBED => "unsubscribed".into(),
        kind::DEAL_CREATED => format!("was made an offer{}", amount(properties)),
        kind::DEAL_WON => format!("bought{}", amount(properties)),
        kind::DEAL_LOST => "turned an offer down".into(),
        kind::CALL_LOGGED => "was called".into(),
        kind::OWNER_SET => "was given a contact in sales".into(),
        kind::TAGGED => format!("was tagged {}", about("tag", "by hand")),
        kind::UNTAGGED => format!("is no longer tagged {}", about("tag", "by hand")),
        kind::NOTE_WRITTEN => "has a new note".into(),
        other => format!("did this: {other}"),
    }
}

fn clicked(properties: &Value) -> String {
    let mail = quoted(properties, "email_id", "an e-mail");
    match properties["topic"].as_str() {
        Some(topic) => format!("clicked on {topic} in {mail}"),
        None => format!("clicked in {mail}"),
    }
}

fn amount(properties: &Value) -> String {
    match (properties["amount"].as_u64(), properties["currency"].as_str()) {
        (Some(amount), Some(currency)) => format!(" for {currency} {}", number(amount as usize)),
        _ => String::new(),
    }
}

fn quoted(properties: &Value, name: &str, otherwise: &str) -> String {
    properties[name].as_str().map_or_else(|| otherwise.to_owned(), |text| format!("“{text}”"))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// “Tue 23 June”. Like the two below, it takes what clocks show, written as an instant of UTC.
pub fn day(at: Instant) -> String {
    // 1970 began on a Thursday.
    let weekday = WEEKDAYS[(at.0.div_euclid(Duration::DAY.0) + 3).rem_euclid(7) as usize];
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<usize>().ok()).unwrap_or(1);
    format!("{weekday} {} {}", part(8, 10), MONTHS[(part(5, 7) - 1) % 12])
}

/// “2026”.
pub fn year(at: Instant) -> String {
    at.to_string().chars().take_while(|c| *c != '-').collect()
}

/// “14:03”.
pub fn hour(at: Instant) -> String {
    at.to_string().get(11..16).unwrap_or_default().to_owned()
}

/// “12,345”.
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// “1 lead”, “1,204 leads”.
pub fn count(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// “a, b and c”.
pub fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn happenings_read_as_sentences_behind_a_name() {
        let track = |event: &str, properties: Value| {
            happening(&json!({"type": "track", "event": event, "properties": properties}))
        };
        assert_eq!(track("Demo Requested", json!({})), "asked for a demo");
        assert_eq!(track("Deal Won", json!({"amount": 12_300, "currency": "EUR"})), "bought for EUR 12,300");
        assert_eq!(
            track("Email Link Clicked", json!({"email_id": "launch", "topic": "stock"})),
            "clicked on stock in “launch”"
        );
        assert_eq!(track("Trial Started", json!({})), "did this: Trial Started");
        assert_eq!(happening(&json!({"type": "page", "properties": {"title": "Pricing"}})), "looked at “Pricing”");
    }

    #[test]
    fn instants_and_numbers_read_well() {
        let at = Instant::parse("2026-06-23T14:03:59Z").unwrap();
        assert_eq!((day(at).as_str(), hour(at).as_str()), ("Tue 23 June", "14:03"));
        assert_eq!((day(Instant(0)).as_str(), year(Instant(0)).as_str()), ("Thu 1 Jan", "1970"));
        assert_eq!(
            (number(0), number(999), number(1_000), number(1_234_567)),
            ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
        );
        assert_eq!(count(1, "lead", "leads"), "1 lead");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a"]), "a");
    }
}
