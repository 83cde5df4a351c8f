//! Names that nobody declares: kinds of events and attributes. Each is noted with its place, for `vocabulary`.

use serde_json::Value as Json;

use super::leaf::{Text, read_text};
use super::{Definitions, Form};
use crate::playbook::marked::Node;
use crate::playbook::reader::{Named, Note, Reader};

/// The kind of an event.
pub(crate) struct EventKind;

impl Form for EventKind {
    type Value = String;

    fn wanted() -> String {
        "the kind of an event, such as Page Viewed".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        read(node, Named::Kind, &Self::wanted(), reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Text::schema(definitions)
    }
}

/// The name of an attribute.
pub(crate) struct AttributeName;

impl Form for AttributeName {
    type Value = String;

    fn wanted() -> String {
        "the name of an attribute, such as job_title or company.size".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        read(node, Named::Attribute, &Self::wanted(), reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Text::schema(definitions)
    }
}

fn read(node: &Node, named: Named, wanted: &str, reader: &mut Reader) -> Option<String> {
    let name = read_text(node, wanted, reader)?;
    reader.notes.push(Note::Names { named, name: name.clone(), place: node.place });
    Some(name)
}

/// Notes the kinds of events that are the keys of a mapping.
pub(crate) fn note_kinds(node: Option<&Node>, reader: &mut Reader) {
    for (key, _) in node.map_or(&[][..], Node::entries) {
        reader.notes.push(Note::Names { named: Named::Kind, name: key.text.clone(), place: key.place });
    }
}
