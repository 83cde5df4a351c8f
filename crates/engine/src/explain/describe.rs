//! A message in a few words.

use crate::condition::Names;
use crate::message::{Message, Type};
use crate::value::Value;
use crate::vocabulary::kind;
use crate::vocabulary::spoken::Declared;

/// Properties that say what an event was about, the most telling first.
const TELLING: [&str; 17] = [
    "path",
    "asset",
    "form",
    "form_id",
    "form_name",
    "webinar",
    "url",
    "email_id",
    "title",
    "action",
    "name",
    "segment",
    "stage",
    "sequence",
    "tag",
    "outcome",
    "subscription",
];

/// What stands behind an event whose date its source did not give.
pub(super) const ASSUMED: &str = " (assumed date)";

/// Whether the instant of a message is assumed: the list that it comes from had no date for it. Read with
/// `Wanted::Everything`.
pub fn has_assumed_date(message: &Message) -> bool {
    matches!(message.property("assumed"), Some(Value::Bool(true)))
}

/// What a message says, for people: “Page Viewed /pricing”, “Deal Won 1200 EUR”. Read with `Wanted::Everything`; `names`,
/// what the playbook calls its topics.
pub fn describe(message: &Message, names: &Names) -> String {
    let mut words = in_words(message, names);
    if has_assumed_date(message) {
        words.push_str(ASSUMED);
    }
    words
}

fn in_words(message: &Message, names: &Names) -> String {
    match message.kind {
        Type::Identify => changed("attributes", message),
        Type::Group => changed("company attributes", message),
        Type::Alias => "joined with another id".into(),
        Type::Track | Type::Page | Type::Screen => behaviour(message, names),
    }
}

fn changed(what: &str, message: &Message) -> String {
    let names: Vec<&str> = message.fields.iter().map(|(name, _)| name.as_ref()).collect();
    match names.len() {
        0 => format!("{what} seen"),
        1..=4 => format!("{what} set: {}", names.join(", ")),
        more => format!("{what} set: {} and {} more", names[..3].join(", "), more - 3),
    }
}

fn behaviour(message: &Message, names: &Names) -> String {
    let kind = message.event_kind().unwrap_or_default();
    let about = match kind {
        kind::TOPIC_CHOSEN => topic(message, names).or_else(|| telling(message)),
        kind if kind.starts_with("Deal ") => amount(message),
        _ => telling(message),
    };
    match about {
        Some(about) => format!("{kind} {about}"),
        None => kind.to_owned(),
    }
}

/// The topic's name; one that nobody declared gives no interest, which is to be seen.
fn topic(message: &Message, names: &Names) -> Option<String> {
    let topic = message.property("topic")?;
    let name = if let Value::Text(id) = topic { names.declared(Declared::Topic, id) } else { None };
    match name {
        Some(name) => Some(name.to_owned()),
        None => Some(format!("{} (not a topic of this playbook)", plain(topic)?)),
    }
}

fn amount(message: &Message) -> Option<String> {
    let amount = message.property("amount").and_then(plain)?;
    let currency = message.property("currency").and_then(plain);
    Some(currency.map_or(amount.clone(), |currency| format!("{amount} {currency}")))
}

fn telling(message: &Message) -> Option<String> {
    let path = || message.page_path().and_then(|path| plain(&path));
    let telling = || TELLING.iter().find_map(|name| plain(message.property(name)?));
    // A page is where it is; a file or a link that has an address is told by more than that.
    if message.event_kind() == Some(kind::PAGE_VIEWED) { path().or_else(telling) } else { telling().or_else(path) }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) if text.is_empty() => None,
        Value::Text(text) if text.chars().count() > 60 => Some(text.chars().take(59).chain(['…']).collect()),
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(format!("{number}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Wanted;

    #[test]
    fn messages_in_words() {
        let cases = [
            (
                r#"{"type": "page", "userId": "u", "properties": {"url": "https://x.example/pricing?a=1"}}"#,
                "Page Viewed /pricing",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Deal Won", "properties": {"amount": 1200, "currency": "EUR"}}"#,
                "Deal Won 1200 EUR",
            ),
            (r#"{"type": "track", "userId": "u", "event": "Demo Requested"}"#, "Demo Requested"),
            (
                r#"{"type": "track", "userId": "u", "event": "Email Opened", "properties": {"email_id": "hello"}}"#,
                "Email Opened hello",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Form Submitted", "properties": {"form": "demo", "form_id": "demo", "action": "https://x.example/send"}}"#,
                "Form Submitted demo",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Form Submitted", "properties": {"form_id": null, "form_name": "ask", "action": "https://x.example/send"}}"#,
                "Form Submitted ask",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Form Submitted", "properties": {"form": null, "form_id": "", "action": "https://x.example/send"}}"#,
                "Form Submitted https://x.example/send",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Content Downloaded", "properties": {"asset": "guide.pdf", "url": "https://x.example/files/guide.pdf"}}"#,
                "Content Downloaded guide.pdf",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Link Clicked", "properties": {"url": "https://else.example/"}}"#,
                "Link Clicked https://else.example/",
            ),
            (
                r#"{"type": "track", "userId": "u", "event": "Email Opened", "properties": {"assumed": true}}"#,
                "Email Opened (assumed date)",
            ),
            (r#"{"type": "identify", "userId": "u", "traits": {"a": 1, "b": 2}}"#, "attributes set: a, b"),
            (r#"{"type": "identify", "userId": "u"}"#, "attributes seen"),
            (r#"{"type": "alias", "userId": "u", "previousId": "v"}"#, "joined with another id"),
        ];
        for (json, words) in cases {
            assert_eq!(describe(&Message::parse(json, &Wanted::Everything).unwrap(), &Names::default()), words);
        }
    }

    #[test]
    fn a_choice_names_its_topic() {
        let playbook = "playbook: p\ntopics: [{id: stock, name: Stock and shelves}, {id: plan}]\n";
        let names = Names::of(&crate::playbook::read(playbook).playbook.unwrap());
        for (properties, words) in [
            (r#"{"topic": "stock", "email_id": "two-questions"}"#, "Topic Chosen Stock and shelves"),
            (r#"{"topic": "plan"}"#, "Topic Chosen plan"),
            (r#"{"topic": "stokc"}"#, "Topic Chosen stokc (not a topic of this playbook)"),
            (r#"{"topic": 5}"#, "Topic Chosen 5 (not a topic of this playbook)"),
            (r#"{"topic": "", "email_id": "two-questions"}"#, "Topic Chosen two-questions"),
            ("{}", "Topic Chosen"),
        ] {
            let json =
                format!(r#"{{"type": "track", "userId": "u", "event": "Topic Chosen", "properties": {properties}}}"#);
            assert_eq!(describe(&Message::parse(&json, &Wanted::Everything).unwrap(), &names), words);
        }
    }
}
