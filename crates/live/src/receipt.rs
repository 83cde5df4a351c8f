//! What is decided once, when a message arrives: which of its traits it may set (contract §2, Keys).

use attractor_engine::message::{Message, Type};
use serde_json::Value;

use crate::profile::Profile;

/// What a message's traits may set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fills {
    /// Anything.
    #[default]
    All,
    /// What is empty, or came with a public key: it came with one itself.
    Empty,
    /// Anything, but what begins with `first_` only once.
    FirstOnce,
}

/// The message without the traits that it may not set; `None` where it may set them all.
pub fn refuse(json: &str, message: &Message, fills: Fills, profile: &Profile) -> Option<String> {
    let prefix = if message.kind == Type::Group { "company." } else { "" };
    let refused: Vec<&str> = message
        .fields
        .iter()
        .map(|(name, _)| name.as_ref())
        .filter(|name| {
            // The e-mail by which an identify says whom it is about is its name before it is an attribute.
            if *name == "email" && message.user_id.is_none() {
                return false;
            }
            let Some(attribute) = profile.attribute(&format!("{prefix}{name}")) else { return false };
            match fills {
                Fills::All => false,
                Fills::Empty => !attribute.public,
                Fills::FirstOnce => name.starts_with("first_"),
            }
        })
        .collect();
    if refused.is_empty() {
        return None;
    }
    let mut whole: Value = serde_json::from_str(json).ok()?;
    let traits = whole.get_mut("traits")?;
    refused.iter().for_each(|name| take_out(traits, name));
    Some(whole.to_string())
}

/// Takes out what stands at a dotted path; a key may have dots in it itself.
fn take_out(value: &mut Value, path: &str) {
    let Some(object) = value.as_object_mut() else { return };
    if object.shift_remove(path).is_some() {
        return;
    }
    for (dot, _) in path.match_indices('.') {
        if let Some(inner) = object.get_mut(&path[..dot]) {
            take_out(inner, &path[dot + 1..]);
        }
    }
}
