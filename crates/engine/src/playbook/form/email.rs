//! E-mails.

use super::group::List;
use super::leaf::{Declared, Id, OneOf, Refers, Text, id_of};
use super::words::{ClassWords, FormatWords, IntentWords};
use super::{Definitions, Form, record};
use crate::playbook::Email;
use crate::playbook::marked::Node;
use crate::playbook::reader::{Note, Reader};

record! { OneEmail as "an e-mail" => Email;
    declares Email;
    keys {
        must "id" id: Declared<id_of::Email>, "Identifies this e-mail in steps.";
        may "name" name: Text, "The name shown to people; absent: the id.";
        must "subject" subject: Text, "The subject line.";
        must "body" body: Body, "A path in the playbook's folder (.mjml, or .json for the visual editor), or the MJML itself.";
        may "subscription" subscription: Refers<id_of::Subscription>, "The subscription that a reader leaves by unsubscribing; absent: all mail.";
        may "topic" topic: Refers<id_of::Topic>, "The topic of links that do not name one.";
        may "format" format: OneOf<FormatWords>, "Adds the e-mail to the library that `best` chooses from, in this format.";
        may "stages" stages: List<AnyStage>, "Ids of the stages for which the e-mail is meant.";
        may "intent" intent: OneOf<IntentWords>, "The purpose of the e-mail.";
        may "class" class: OneOf<ClassWords>, "How the e-mail counts in the cadence; absent: marketing.";
    }
    build Email { id, name, subject, body, subscription, topic, format, stages: stages.unwrap_or_default(), intent, class }
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
