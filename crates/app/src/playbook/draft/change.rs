//! The changes that an edit of the draft is made of, as the API takes them and the store keeps them.

use attractor_engine::playbook::edit::{self, Beside, Edit, Refused};
use attractor_live::PLAYBOOK;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::playbook::files::Files;
use crate::schemas::AnyJson;

/// One change. A path is a JSON pointer in which items of lists are named by their ids
/// (`/scores/lead/rules/pricing/points`), or by their position, from 0, where they have none
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum DraftChange {
    /// Gives a value another one; a key that is not there is added
    Set {
        path: String,
        #[schema(value_type = AnyJson)]
        value: Value,
    },
    /// Adds an entry to the list at `path`, before or after another one, else at the end
    Add {
        path: String,
        #[schema(value_type = AnyJson)]
        value: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Takes an entry or a key away, with the comment above it
    Remove { path: String },
    /// Moves an entry in its list, before or after another one, else to the end
    Move {
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Writes a file of the playbook's folder, such as the body of an e-mail
    Write { file: String, text: String },
    /// Deletes a file of the playbook's folder
    Delete { file: String },
}

/// A change that was made.
pub struct Changed {
    pub files: Files,
    /// What it took away or wrote over.
    pub was: Option<Value>,
}

impl DraftChange {
    /// Makes the change in a copy of the files.
    pub fn make(&self, files: &Files) -> Result<Changed, Refused> {
        let edit = match self {
            DraftChange::Write { file, text } => return write(files, file, Some(text)),
            DraftChange::Delete { file } => return write(files, file, None),
            DraftChange::Set { path, value } => Edit::Set { path: path.clone(), value: value.clone() },
            DraftChange::Remove { path } => Edit::Remove { path: path.clone() },
            DraftChange::Add { path, value, before, after } => {
                Edit::Add { path: path.clone(), value: value.clone(), place: place(before, after)? }
            }
            DraftChange::Move { path, before, after } => {
                Edit::Move { path: path.clone(), place: place(before, after)? }
            }
        };
        let edited = edit::edit(files.get(PLAYBOOK).map_or("", String::as_str), &edit)?;
        let mut files = files.clone();
        files.insert(PLAYBOOK.to_owned(), edited.text);
        Ok(Changed { files, was: edited.was })
    }
}

fn place(before: &Option<String>, after: &Option<String>) -> Result<Beside, Refused> {
    match (before, after) {
        (None, None) => Ok(Beside::End),
        (Some(other), None) => Ok(Beside::Before(other.clone())),
        (None, Some(other)) => Ok(Beside::After(other.clone())),
        (Some(_), Some(_)) => Err(Refused { pointer: "/after", message: "give `before` or `after`, not both".into() }),
    }
}

fn write(files: &Files, file: &str, text: Option<&String>) -> Result<Changed, Refused> {
    let refused = |message: String| Err(Refused { pointer: "/file", message });
    let was = files.get(file);
    if file == PLAYBOOK {
        return refused(format!(
            "`{file}` is the playbook itself; change its parts with `set`, `add`, `remove` or `move`"
        ));
    }
    match (text, was) {
        (None, None) => return refused(format!("the playbook has no file `{file}`")),
        (Some(text), Some(was)) if text == was => {
            return refused(format!("the file `{file}` has this text already"));
        }
        _ => {}
    }
    let was = was.map(|text| Value::String(text.clone()));
    let mut files = files.clone();
    match text {
        Some(text) => files.insert(file.to_owned(), text.clone()),
        None => files.remove(file),
    };
    Ok(Changed { files, was })
}

impl DraftChange {
    /// The path or the file that it changes.
    pub fn place(&self) -> &str {
        match self {
            DraftChange::Set { path, .. }
            | DraftChange::Add { path, .. }
            | DraftChange::Remove { path }
            | DraftChange::Move { path, .. } => path,
            DraftChange::Write { file, .. } | DraftChange::Delete { file } => file,
        }
    }
}
