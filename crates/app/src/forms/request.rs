//! What a form asked for and waits for a confirmation, as it is kept, and how links name it.

use attractor_engine::time::{Duration, Instant};
use attractor_mail::links::{Id, Purpose, Token};
use attractor_store::form_requests::{self, RequestRow, RequestTag};
use attractor_store::{Connection, Error, Kind, LeadId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::App;

/// How long a confirmation link works.
pub const EXPIRES: Duration = Duration(7 * Duration::DAY.0);
/// How long a download link works after the confirmation.
pub const DOWNLOADS: Duration = Duration(30 * Duration::DAY.0);
/// What nobody confirms is deleted after this time.
pub const KEPT: Duration = Duration(30 * Duration::DAY.0);
/// So many confirmations go to one address within a day, whatever the form.
pub const A_DAY: i64 = 3;
/// So often a file is given out for one request.
pub const MOST_DOWNLOADS: i64 = 100;

/// What is kept of a request. Fields are added, never renamed, and what is added has a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestDocument {
    /// As it was typed, and in canonical form.
    pub email: String,
    pub address: String,
    /// What the form said of the lead, by attribute.
    #[serde(default)]
    pub traits: Map<String, Value>,
    /// What of that the page of the confirmation shows: nothing else counts as confirmed.
    #[serde(default)]
    pub shown: Vec<ShownAnswer>,
    /// The language of the form as it was shown.
    pub language: String,
    /// The form's title as it was shown.
    pub title: String,
    pub consents: Vec<AgreedText>,
    #[serde(default)]
    pub asset: Option<RequestedAsset>,
    #[serde(default)]
    pub topic: Option<String>,
    #[serde(default)]
    pub intent: Option<String>,
    /// The words of the confirmation that the form has of its own.
    pub subject: String,
    #[serde(default)]
    pub letter: Option<String>,
    /// It was asked for by a link that came to the address, and not by a form, which anybody can fill in.
    #[serde(default)]
    pub is_own: bool,
    /// A keyed hash of the network address that the form came from.
    #[serde(default)]
    pub network: String,
}

/// An answer that sets an attribute, as its page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownAnswer {
    pub label: String,
    /// In the words of the form's language.
    pub text: String,
    pub attribute: String,
    pub value: Value,
}

/// A box that was ticked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedText {
    pub subscription: Option<String>,
    pub text: String,
}

/// The file that is delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedAsset {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub format: Option<String>,
}

/// A request with what is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FormRequest {
    pub row: RequestRow,
    pub document: RequestDocument,
}

impl FormRequest {
    pub fn of(row: RequestRow) -> Result<FormRequest, Error> {
        let damaged = |_| Error::new(Kind::Other, format!("a stored request by the form {} cannot be read", row.form));
        let document = serde_json::from_str(&row.document).map_err(damaged)?;
        Ok(FormRequest { row, document })
    }

    pub fn find(connection: &mut Connection, tag: RequestTag) -> Result<Option<FormRequest>, Error> {
        form_requests::one(connection, tag)?.map(FormRequest::of).transpose()
    }

    /// Whether its link has expired.
    pub fn is_expired(&self, now: Instant) -> bool {
        self.row.confirmed_at.is_none() && now.0 >= self.row.asked_at + EXPIRES.0
    }

    /// Whether its file may still be taken.
    pub fn gives_its_file(&self, now: Instant) -> bool {
        let is_young = self.row.confirmed_at.is_some_and(|at| now.0 < at + DOWNLOADS.0);
        is_young && self.row.downloads < MOST_DOWNLOADS
    }

    /// The token of its download, where it has one.
    pub fn download(&self, app: &App) -> Option<String> {
        let asset = self.document.asset.as_ref()?;
        let token = Token::Download { asset: asset_id(&asset.id)?, request: request_id(self.row.tag) };
        Some(app.links.keys().sign(&token))
    }
}

/// What the ids of messages about a request begin with.
pub fn message_id((_, tag): RequestTag) -> String {
    format!("form:{:016x}", tag.cast_unsigned())
}

/// The random number in the id of the message that submitted a form.
pub fn tag_of(message_id: &str) -> Option<i64> {
    let text = message_id.strip_prefix("form:")?;
    u64::from_str_radix(text, 16).ok().map(u64::cast_signed)
}

/// A request as tokens name it.
pub fn request_id((lead, tag): RequestTag) -> Id {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&lead.0.to_be_bytes());
    bytes[8..].copy_from_slice(&tag.to_be_bytes());
    Id::from(bytes)
}

/// The request that a token names.
pub fn tag(id: Id) -> Option<RequestTag> {
    let bytes: [u8; 16] = id.as_bytes().try_into().ok()?;
    let number = |half: &[u8]| Some(i64::from_be_bytes(half.try_into().ok()?));
    Some((LeadId(number(&bytes[..8])?), number(&bytes[8..])?))
}

/// A file as tokens name it: as much of its hash as an id holds.
fn asset_id(id: &str) -> Option<Id> {
    let bytes: Option<Vec<u8>> = (0..20).map(|at| u8::from_str_radix(id.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    Id::new(&bytes?).ok()
}

/// The request of a confirmation link.
pub fn confirmation(app: &App, token: &str) -> Option<RequestTag> {
    match app.links.token(Purpose::Confirm, token) {
        Ok(Token::Confirm { request }) => tag(request),
        _ => None,
    }
}

/// The request of a download link, and the file that it names.
pub fn download(app: &App, token: &str) -> Option<(RequestTag, Id)> {
    match app.links.token(Purpose::Download, token) {
        Ok(Token::Download { asset, request }) => Some((tag(request)?, asset)),
        _ => None,
    }
}

/// Whether a request's file is the one that a token names.
pub fn is_of(asset: Id, request: &FormRequest) -> bool {
    request.document.asset.as_ref().and_then(|one| asset_id(&one.id)) == Some(asset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_found_by_its_token_and_by_its_message() {
        for of in [(LeadId(414), -7), (LeadId(i64::MAX), i64::MIN)] {
            assert_eq!(tag(request_id(of)), Some(of));
            assert_eq!(tag_of(&message_id(of)), Some(of.1));
        }
        assert_eq!(tag(Id::from(7_u64)), None);
        for text in ["form:", "form:xyz", "m-1", ""] {
            assert_eq!(tag_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_expires_unless_it_was_used_and_a_file_is_given_for_a_time() {
        let row = RequestRow {
            tag: (LeadId(1), 1),
            form: "guide".into(),
            hash: String::new(),
            document: String::new(),
            asked_at: 0,
            confirmed_at: None,
            downloads: 0,
        };
        let open = FormRequest { row, document: RequestDocument::default() };
        assert!(!open.is_expired(Instant(EXPIRES.0 - 1)) && open.is_expired(Instant(EXPIRES.0)));
        assert!(!open.gives_its_file(Instant(0)), "nobody has confirmed it");
        let mut confirmed = open.clone();
        confirmed.row.confirmed_at = Some(5);
        assert!(!confirmed.is_expired(Instant(EXPIRES.0)));
        assert!(confirmed.gives_its_file(Instant(6)) && !confirmed.gives_its_file(Instant(5 + DOWNLOADS.0)));
        confirmed.row.downloads = MOST_DOWNLOADS;
        assert!(!confirmed.gives_its_file(Instant(6)));
    }

    #[test]
    fn a_file_is_named_by_the_beginning_of_its_hash() {
        let hash = "ab".repeat(32);
        assert_eq!(asset_id(&hash).map(|id| id.as_bytes().to_vec()), Some(vec![0xab; 20]));
        assert_eq!(asset_id("ab"), None);
        assert_eq!(asset_id("ü".repeat(32).as_str()), None);
    }
}
