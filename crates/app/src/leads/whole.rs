//! A lead as a whole, as the API shows it (contract §5).

use attractor_store::VersionNumber;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::consent::{ConsentItem, SuppressionItem};
use super::explained::{ComingItem, ExplainedLead};
use super::past::EventItem;
use crate::calls::kept::KeptCall;
use crate::calls::of_lead::CallAhead;
use crate::clicks::requests::MeasuredRequest;
use crate::closed_lists::{CopyStateName, IdentityKindName, SuppressionKindName};
use crate::conflicts::ConflictItem;
use crate::deals::DealItem;
use crate::moves::MoveItem;
use crate::schemas::AnyJson;
use crate::sending::caught::CaughtMail;
use crate::sending::incoming::aside::AsideMail;
use crate::sending::incoming::unmatched::UnmatchedMail;

/// A lead with why, why not, and what comes next
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeLead {
    #[serde(flatten)]
    pub explained: ExplainedLead,
    /// The newest first, at most twenty; `GET /api/leads/{id}/moves` has all
    pub moves: Vec<MoveItem>,
    /// What time alone brings within 366 days, in order. About each copy that is asked for, consent, the cadence and the
    /// sending hours decide when its turn comes
    pub ahead: Vec<ComingItem>,
    /// The first instant at which anything shown here changes if nothing happens
    #[schema(format = DateTime)]
    pub next_change: Option<String>,
    pub identities: Vec<IdentityItem>,
    pub id: String,
    pub email: Option<String>,
    /// What people call it
    pub display_name: Option<String>,
    pub company: Option<String>,
    /// The id of its company, by which `GET /api/companies/{id}` has it
    pub company_id: Option<String>,
    #[schema(format = DateTime)]
    pub first_seen: Option<String>,
    /// Its last event of any kind: what the lead did, and what was done to it too, such as an e-mail that was sent, an
    /// enrollment by hand or an import. The condition `inactive` asks for what it did itself
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// By name
    pub attributes: BTreeMap<String, AttributeItem>,
    /// All that is known of it came with public keys
    pub unconfirmed: bool,
    #[schema(value_type = Vec<AnyJson>)]
    pub tags: Vec<Value>,
    /// Whose lead it is, as somebody said
    #[schema(value_type = Option<AnyJson>)]
    pub owner: Option<Value>,
    /// Notes and calls, the newest first
    pub notes: Vec<NoteItem>,
    /// By scope: `all`, `tracking`, `subscription:ID` or `topic:ID`
    pub consent: BTreeMap<String, ConsentItem>,
    /// What binds its address
    pub suppressed: Vec<SuppressionItem>,
    /// Null where they cannot be read
    pub sequences: Option<Vec<TrackItem>>,
    /// E-mails that came with a user of another lead
    pub conflicts: Vec<ConflictItem>,
    pub deals: Vec<DealItem>,
    /// The calls to it that sales has still to make, the first one first
    pub calls: Vec<CallAhead>,
    /// The copies of e-mails that were asked for
    pub sends: Vec<CopyItem>,
    /// The version of the playbook under which it lives
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// When `version` was published, if events of the lead are older than that. What is earlier is shown as the rules of
    /// `version` see it; `GET /api/leads/{id}/moves` has what the server did at the time
    #[schema(format = DateTime)]
    pub rules_since: Option<String>,
}

/// One of the ids of a lead
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityItem {
    #[schema(value_type = IdentityKindName)]
    pub kind: &'static str,
    pub id: String,
}

/// What is known of a lead under a name, since when, and by whom
#[derive(Debug, Serialize, ToSchema)]
pub struct AttributeItem {
    #[schema(value_type = AnyJson)]
    pub value: Value,
    #[schema(format = DateTime)]
    pub at: String,
    /// Who brought it: `key:3`, `import:2`, `user:1` …
    pub by: String,
    /// It came with a public key, so the next may overwrite it; absent where it did not
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub public: bool,
}

/// A note or a call
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteItem {
    pub event_id: String,
    #[schema(format = DateTime)]
    pub at: String,
    /// `Note Written` or `Call Logged`
    pub kind: String,
    #[schema(value_type = AnyJson)]
    pub by: Value,
    /// How the call ended
    #[schema(value_type = AnyJson)]
    pub outcome: Value,
    #[schema(value_type = Option<AnyJson>)]
    pub text: Option<Value>,
}

/// A lead's enrollments in a sequence
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackItem {
    /// The sequence's id
    pub sequence: String,
    /// The sequence's name; its id where no playbook in force declares it
    pub name: String,
    /// The lead is kept out, for comparison
    pub held: bool,
    #[schema(format = DateTime)]
    pub last_began: Option<String>,
    /// The enrollment that goes on
    pub enrollment: Option<EnrollmentItem>,
}

/// An enrollment that goes on
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrollmentItem {
    #[schema(format = DateTime)]
    pub began: String,
    pub by_hand: bool,
    /// The id of the step that it is at
    pub step: Option<String>,
    /// Since when it is there
    #[schema(format = DateTime)]
    pub since: String,
    /// It waits for a copy that was asked for
    pub sending: bool,
    /// The ids of the steps that are over
    pub done: Vec<String>,
}

/// A copy of an e-mail that was asked for
#[derive(Debug, Serialize, ToSchema)]
pub struct CopyItem {
    pub send_id: String,
    /// What asked for it: `sequence` …
    pub source: &'static str,
    /// The e-mail's id; null: the best unread piece
    pub email: Option<String>,
    /// The e-mail's name
    pub email_name: Option<String>,
    /// `marketing`, `answer` or `transactional`
    pub class: String,
    #[schema(format = DateTime)]
    pub asked_at: String,
    /// Skipped from this instant on
    #[schema(format = DateTime)]
    pub not_after: Option<String>,
    /// `claimed`: it is being sent at this moment, and what became of it is known shortly. `in_doubt`: whether it arrived
    /// cannot be known. `withdrawn`: it was taken back before it left
    #[schema(value_type = CopyStateName)]
    pub state: &'static str,
    /// Why it is held, or was skipped, or has failed
    pub reason: Option<String>,
    /// What binds the address, where the reason is `suppressed`; null elsewhere, and of copies that an earlier version
    /// decided
    #[schema(value_type = Option<SuppressionKindName>)]
    pub suppression: Option<&'static str>,
    /// Until when it is held
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// The sequence's id; absent where none asked for it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_name: Option<String>,
    /// When the enrollment began
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub began: Option<String>,
    /// The step's id
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// A lead after two became one
#[derive(Debug, Serialize, ToSchema)]
pub struct JoinedLead {
    #[serde(flatten)]
    pub lead: WholeLead,
    /// The id of the `alias`, by which it can be taken back
    pub alias: String,
}

/// Everything that is stored about a person
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonExport {
    pub lead: WholeLead,
    pub identities: Vec<OwnIdentity>,
    /// The oldest first
    pub events: Vec<EventItem>,
    /// By number
    pub moves: Vec<MoveItem>,
    pub sends: Vec<CopyItem>,
    /// What is kept of the e-mails that were composed, by their ids
    pub mails: Vec<KeptMail>,
    pub alerts: Vec<AlertItem>,
    /// What forms asked the owner of an address to confirm, the oldest first
    pub form_requests: Vec<FormRequestItem>,
    /// Mails to the team about the person, of the last 30 days
    pub letters: Vec<LetterAbout>,
    /// Calls to the person, the first one first
    pub calls: Vec<KeptCall>,
    /// Clicks, opens and all else that was requested on the e-mails, with the verdicts and their evidence; the oldest first
    pub requests: Vec<MeasuredRequest>,
    /// E-mails to an address of the person and tests about the person that were caught, the oldest first
    pub caught: Vec<CaughtMail>,
    /// Mails from and about the person in files of `inbound_folder` that were put aside (`done`, `failed`), the oldest first
    pub put_aside: Vec<AsideMail>,
    /// What came back in the last 30 days, names the person and is of no copy that is known; the oldest first
    pub unmatched: Vec<UnmatchedMail>,
}

/// What a form asked the owner of an address to confirm
#[derive(Debug, Serialize, ToSchema)]
pub struct FormRequestItem {
    /// The form's id
    pub form: String,
    /// As it was typed
    pub email: String,
    /// The texts that were agreed to
    pub agreed: Vec<String>,
    /// What the form said, by attribute
    #[schema(value_type = AnyJson)]
    pub attributes: Value,
    /// The name of the file that it gives
    pub file: Option<String>,
    pub downloads: i64,
    #[schema(format = DateTime)]
    pub asked_at: String,
    #[schema(format = DateTime)]
    pub confirmed_at: Option<String>,
}

/// A mail to a member of the team about a person
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterAbout {
    /// `alert` or `reply`
    pub kind: String,
    pub to: String,
    pub subject: String,
    /// With the words of the person, if it is a reply
    pub text: String,
    #[schema(format = DateTime)]
    pub made_at: String,
}

/// What is kept of an e-mail that was composed for a person
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptMail {
    pub send_id: String,
    pub to: String,
    /// The e-mail, its version, and the values that were used
    #[schema(value_type = AnyJson)]
    pub document: serde_json::Value,
    /// Where its links led
    #[schema(value_type = AnyJson)]
    pub links: serde_json::Value,
}

/// An id by which a person is known
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnIdentity {
    #[schema(value_type = IdentityKindName)]
    pub kind: &'static str,
    pub text: String,
}

/// An alert that a sequence asked for
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertItem {
    /// The sequence's id
    pub sequence: String,
    pub to: String,
    pub say: String,
    #[schema(format = DateTime)]
    pub at: String,
}
