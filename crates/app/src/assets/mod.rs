//! Files that the server hosts: images of e-mails and pages, documents that forms deliver. They are in the store and not in
//! the data folder, so that every node on one database has them, and a backup and a move carry them.

pub mod kind;

use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::assets::{self, AssetRow, Total};
use attractor_store::{Connection, Error, forms};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::forms::stored;
use crate::refusal::Refusal;
use crate::secrets::hex;
use crate::settings::Settings;

/// The most bytes of one file.
pub const LARGEST: usize = 20 << 20;
/// The most files, and the most bytes of all together.
const MOST: i64 = 1_000;
const MOST_BYTES: i64 = 2 << 30;
/// In characters.
const LONGEST_NAME: usize = 120;

/// A file that the server hosts
#[derive(Debug, Serialize, ToSchema)]
pub struct AssetItem {
    /// The SHA-256 of its content
    pub id: String,
    pub name: String,
    /// What its first bytes say
    pub media: String,
    /// In bytes
    pub size: i64,
    /// Where everybody can read it. It never changes
    pub url: String,
    /// Whether browsers show it. They save everything that is not a PNG, JPEG, GIF or WebP image
    pub inline: bool,
    #[schema(format = DateTime)]
    pub made_at: String,
    pub made_by: String,
}

impl AssetItem {
    fn of(row: AssetRow, settings: &Settings) -> AssetItem {
        AssetItem {
            url: format!("{}/a/{}/{}", settings.address(), row.id, in_a_path(&row.name)),
            inline: kind::is_shown(&row.media),
            made_at: Instant(row.made_at).to_string(),
            id: row.id,
            name: row.name,
            media: row.media,
            size: row.size,
            made_by: row.made_by,
        }
    }
}

/// A name as it is written in a path and in headers (RFC 3986, RFC 8187).
pub fn in_a_path(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn missing() -> Refusal {
    Refusal::Missing("there is no asset with this id; GET /api/assets lists them".into())
}

/// All files, the newest first.
pub async fn list(app: &App) -> Result<Vec<AssetItem>, Refusal> {
    let rows = app.readers.read(assets::all).await?;
    Ok(rows.into_iter().map(|row| AssetItem::of(row, &app.settings)).collect())
}

/// Stores a file. The same content is stored once, under its first name.
pub async fn add(app: &Arc<App>, actor: &Actor, name: String, content: Bytes) -> Result<AssetItem, Refusal> {
    let name = file_name(&name)?;
    if content.is_empty() {
        return Err(Refusal::senseless("the file is empty; send its bytes as the body"));
    }
    if content.len() > LARGEST {
        return Err(Refusal::senseless(format!("the file has more than {LARGEST} bytes, the most that is possible")));
    }
    let id = hex(&Sha256::digest(&content));
    let (actor, now) = (actor.clone(), app.machine.now().0);
    let row = AssetRow {
        media: kind::media(&content).to_owned(),
        size: content.len() as i64,
        made_at: now,
        made_by: actor.who.clone(),
        id,
        name,
    };
    let row = app.write(move |connection| insert(connection, &actor, row, &content)).await?;
    Ok(AssetItem::of(row, &app.settings))
}

fn insert(
    connection: &mut Connection,
    actor: &Actor,
    row: AssetRow,
    content: &[u8],
) -> Result<Result<AssetRow, Refusal>, Error> {
    if let Some(known) = assets::one(connection, &row.id)? {
        return Ok(Ok(known));
    }
    let Total { files, bytes } = assets::total(connection)?;
    if files >= MOST || bytes + row.size > MOST_BYTES {
        let why = format!(
            "there are {files} files with {bytes} bytes; delete some, at most {MOST} with {MOST_BYTES} bytes fit"
        );
        return Ok(Err(Refusal::Conflict(why)));
    }
    assets::insert(connection, &row, content)?;
    let details = json!({"name": row.name, "size": row.size, "media": row.media});
    note(connection, actor, row.made_at, "asset added", &format!("asset:{}", row.id), &details)?;
    Ok(Ok(row))
}

/// The name of a file: the last part of a path, without what a header or a path cannot carry.
fn file_name(name: &str) -> Result<String, Refusal> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_odd = |c: char| c.is_control() || matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*' | ';' | '%');
    let visible = attractor_engine::address::without_invisible(last);
    let clean: String = visible.chars().map(|c| if is_odd(c) { '-' } else { c }).collect();
    let clean: String = clean.trim().trim_start_matches('.').chars().take(LONGEST_NAME).collect();
    if clean.is_empty() {
        return Err(Refusal::Malformed("the query parameter `name` is the name of the file, such as guide.pdf".into()));
    }
    Ok(clean)
}

/// Deletes a file. What was sent shows it no longer.
pub async fn remove(app: &App, actor: &Actor, id: String) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.machine.now().0);
    app.write(move |connection| {
        if let Some(form) = delivered_by(connection, &id)? {
            let why = format!("the form `{form}` delivers this file; change the form first (PUT /api/forms/{form})");
            return Ok(Err(Refusal::Conflict(why)));
        }
        if !assets::delete(connection, &id)? {
            return Ok(Err(missing()));
        }
        note(connection, &actor, now, "asset removed", &format!("asset:{id}"), &json!({}))?;
        Ok(Ok(()))
    })
    .await
}

/// The form that delivers a file, where there is one.
fn delivered_by(connection: &mut Connection, id: &str) -> Result<Option<String>, Error> {
    let of = |form: &forms::FormRow| stored(form).is_ok_and(|form| form.asset.is_some_and(|asset| asset.id == id));
    Ok(forms::all(connection)?.into_iter().find(of).map(|form| form.id))
}

/// A file, with the beginning of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFile {
    pub id: String,
    pub name: String,
    /// What its first bytes say.
    pub media: &'static str,
    /// Of the whole content, in bytes.
    pub size: i64,
    /// The first portion of the content; [`portion`] reads the others.
    pub first: Vec<u8>,
}

impl AssetFile {
    pub(crate) fn open(connection: &mut Connection, row: AssetRow) -> Result<AssetFile, Error> {
        let first = assets::portion(connection, &row.id, 0)?;
        Ok(AssetFile { id: row.id, name: row.name, media: kind::media(&first), size: row.size, first })
    }
}

/// A file by its id and name, without its content; `None` where there is none that is called so.
pub async fn find(app: &App, id: String, name: String) -> Result<Option<AssetRow>, Refusal> {
    let find = move |connection: &mut Connection| Ok(assets::one(connection, &id)?.filter(|row| row.name == name));
    app.readers.read(find).await.map_err(|error: Error| error.into())
}

/// Opens a file that was found.
pub async fn open(app: &App, row: AssetRow) -> Result<AssetFile, Refusal> {
    let open = move |connection: &mut Connection| AssetFile::open(connection, row);
    app.readers.read(open).await.map_err(|error: Error| error.into())
}

/// A portion of a file's content, by its number; empty behind the end, and where the file was deleted.
pub async fn portion(app: &App, id: String, number: i64) -> Result<Vec<u8>, Refusal> {
    let read = move |connection: &mut Connection| assets::portion(connection, &id, number);
    app.readers.read(read).await.map_err(|error: Error| error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_path_is_ascii() {
        assert_eq!(in_a_path("Größe 1.png"), "Gr%C3%B6%C3%9Fe%201.png");
    }

    #[test]
    fn a_name_is_the_last_part_of_a_path_without_odd_signs() {
        for (name, expected) in [
            ("guide.pdf", Some("guide.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\files\\Preise 2026.pdf", Some("Preise 2026.pdf")),
            ("a\"b\r\nX: y.png", Some("a-b--X- y.png")),
            (".htaccess", Some("htaccess")),
            ("Größe.png", Some("Größe.png")),
            ("a\u{202e}fdp.exe", Some("afdp.exe")),
            ("", None),
            ("/", None),
            ("...", None),
        ] {
            assert_eq!(file_name(name).ok().as_deref(), expected, "{name}");
        }
    }
}
