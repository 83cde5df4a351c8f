//! E-mails.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::group::{List, MapOf};
use super::leaf::{Declared, Id, Number, OneOf, Percent, Refers, Text, id_of};
use super::words::{ClassWords, FormatWords, IntentWords};
use super::{Definitions, Form, record};
use crate::playbook::marked::{Data, Node, shortened};
use crate::playbook::reader::{Fields, Note, Reader};
use crate::playbook::{Email, Translation, Variant};

record! { OneEmail as "an e-mail" => Email;
    declares Email;
    check check_variants;
    keys {
        must "id" id: Declared<id_of::Email>, "Identifies this e-mail in steps.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        must "subject" subject: Text, "The subject line.";
        must "body" body: Body, "A path in the playbook's folder (.mjml, or .json for the visual editor), or the MJML itself.";
        may "subscription" subscription: Refers<id_of::Subscription>, "The subscription that a reader leaves by unsubscribing; absent: all mail.";
        may "topic" topic: Refers<id_of::Topic>, "Id of the topic of links that have none of their own.";
        may "format" format: OneOf<FormatWords>, "Adds the e-mail to the library that `best` chooses from, in this format.";
        may "stages" stages: List<AnyStage>, "Ids of the stages for which the e-mail is meant.";
        may "intent" intent: OneOf<IntentWords>, "The purpose of the e-mail.";
        may "class" class: OneOf<ClassWords>, "How the e-mail counts in the cadence; absent: marketing.";
        may "preheader" preheader: Text, "The text that lists of mails show behind the subject.";
        may "from" from: Id, "The id of the sender; `owner` is the lead's owner.";
        may "languages" languages: Languages, "The e-mail in other languages, by their tags, such as `de` or `de-AT`.";
        may "variants" variants: List<OneVariant>, "Variants, each for a share of the leads; the rest gets the e-mail itself.";
    }
    build Email {
        id,
        name,
        subject,
        body,
        subscription,
        topic,
        format,
        stages: stages.unwrap_or_default(),
        intent,
        class,
        preheader,
        from,
        languages: languages.unwrap_or_default(),
        variants: variants.unwrap_or_default(),
    }
}

record! { OneTranslation as "an e-mail in another language" => Translation;
    keys {
        must "subject" subject: Text, "The subject line in this language.";
        may "preheader" preheader: Text, "The text that lists of mails show behind the subject; absent: the e-mail's if both are in one language, such as `en` and `en-GB`, otherwise none.";
        must "body" body: Body, "The body in this language, written as the e-mail's own.";
    }
    build Translation { subject, preheader, body }
}

record! { OneVariant as "a variant of an e-mail" => Variant;
    keys {
        must "id" id: Id, "Identifies this variant in reports.";
        must "share" share: Number<Percent>, "The percentage of leads that get it. A hash of the lead's name decides.";
        may "subject" subject: Text, "The subject line; absent: the e-mail's.";
        may "preheader" preheader: Text, "The text that lists of mails show behind the subject; absent: the e-mail's.";
        may "body" body: Body, "The body; absent: the e-mail's.";
    }
    build Variant { id, share, subject, preheader, body }
}

fn check_variants(fields: &Fields<'_>, reader: &mut Reader) {
    let variants = fields.get("variants").map_or(&[][..], Node::items);
    let mut ids = BTreeSet::new();
    for node in variants.iter().filter_map(|variant| variant.get("id")) {
        if node.text().is_some_and(|id| !ids.insert(id)) {
            let message =
                format!("another variant of this e-mail has {} as its id; rename one of them", node.describe());
            reader.meaning(node.place, message);
        }
    }
    let shares = variants.iter().filter_map(|variant| match variant.get("share")?.data {
        Data::Number(share, _) => Some(share),
        _ => None,
    });
    let all: f64 = shares.sum();
    // A sum of decimals can be beside 100 by the noise of doubles.
    if all > 100.0 + 1e-9 {
        let message = format!("the shares of the variants add up to {all} percent; make them at most 100 together");
        reader.meaning(fields.place("variants"), message);
    }
}

/// A language's tag: `de`, `de-AT`.
pub(crate) struct Language;

const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$";

/// Whether `LANGUAGE_PATTERN` matches.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_first = |part: &str| matches!(part.len(), 2..=3) && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_other = |part: &str| matches!(part.len(), 2..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    parts.next().is_some_and(is_first) && parts.all(is_other)
}

impl Form for Language {
    type Value = String;

    fn wanted() -> String {
        "the tag of a language, such as `en` or `de-AT`".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        match node.text() {
            Some(text) if is_language(text) => Some(text.into()),
            // YAML 1.2 reads a bare `no`, Norwegian, as text.
            _ => reader.wrong(node, &Self::wanted()),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": "string", "pattern": LANGUAGE_PATTERN})
    }
}

/// Translations by their languages.
struct Languages;

impl Form for Languages {
    type Value = Vec<(String, Translation)>;

    fn wanted() -> String {
        "a mapping of languages, such as {de: {subject: …, body: …}}".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        let mut seen = BTreeSet::new();
        for (key, _) in node.entries() {
            if !is_language(&key.text) {
                let message = format!("`{}` is not {}", shortened(&key.text), Language::wanted());
                reader.form(key.place, message);
            } else if !seen.insert(key.text.to_ascii_lowercase()) {
                let message = format!("the language `{}` is here twice; remove one of them", key.text);
                reader.meaning(key.place, message);
            }
        }
        MapOf::<OneTranslation>::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let names = json!({"pattern": LANGUAGE_PATTERN});
        json!({"type": "object", "propertyNames": names, "additionalProperties": OneTranslation::schema(definitions)})
    }
}

/// The id of a stage of whichever ladder.
struct AnyStage;

impl Form for AnyStage {
    type Value = String;

    fn wanted() -> String {
        "the id of a stage".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        let id = Id::read(node, reader)?;
        reader.notes.push(Note::RefersToStage { ladder: None, id: id.clone(), place: node.place });
        Some(id)
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        Id::schema(definitions)
    }
}

/// A path inside the folder, or MJML.
struct Body;

impl Form for Body {
    type Value = String;

    fn wanted() -> String {
        "a path such as emails/welcome.mjml, or MJML that begins with `<`".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        let body = Text::read(node, reader)?;
        if !is_inline(&body) && !is_path(&body) {
            let message = format!(
                "{} is no path in the playbook's folder to a .mjml or .json file; write one such as emails/welcome.mjml, or MJML that begins with `<`",
                node.describe()
            );
            reader.meaning(node.place, message);
        }
        Some(body)
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        Text::schema(definitions)
    }
}

pub(crate) fn is_inline(body: &str) -> bool {
    body.trim_start().starts_with('<')
}

/// A relative path with `/` between its parts that stays in its folder on every system.
pub(crate) fn is_path(body: &str) -> bool {
    let inside = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    (body.ends_with(".mjml") || body.ends_with(".json")) && body.split('/').all(inside)
}
