//! listmonk: subscribers, as exported and as its import wants them.

use super::{Columns, Export, PLAIN};
use crate::keys::MailStatus;

pub const EXPORTS: &[Export] = &[Export {
    id: "listmonk-subscribers",
    name: "listmonk subscribers",
    space: Some("listmonk"),
    needs: &[&["email", "name", "attributes"], &["uuid", "email", "attributes"]],
    columns: COLUMNS,
    statuses: &[
        ("enabled", MailStatus::Fine),
        ("confirmed", MailStatus::Fine),
        ("disabled", MailStatus::Held),
        ("unconfirmed", MailStatus::Held),
        ("blocklisted", MailStatus::Unsubscribed),
        ("blacklisted", MailStatus::Unsubscribed),
        ("unsubscribed", MailStatus::Unsubscribed),
    ],
    ..PLAIN
}];

const COLUMNS: Columns = &[
    ("uuid", "id"),
    ("email", "email"),
    ("name", "name"),
    ("attributes", "json"),
    ("status", "status"),
    ("created_at", "at:Signed Up"),
    ("updated_at", "modified_at"),
];
