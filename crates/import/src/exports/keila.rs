//! Keila: contacts.

use super::{Columns, Export, PLAIN};
use crate::keys::MailStatus;

pub const EXPORTS: &[Export] = &[Export {
    id: "keila-contacts",
    name: "Keila contacts",
    space: Some("keila"),
    needs: &[&["Email", "First name", "Last name", "Data"], &["Email", "External ID", "Data"]],
    exactly: &[&["Email", "First name", "Last name"], &["Email", "First name", "Last name", "Status"]],
    columns: COLUMNS,
    statuses: &[
        ("active", MailStatus::Fine),
        ("unsubscribed", MailStatus::Unsubscribed),
        ("unreachable", MailStatus::Bounced),
    ],
    ..PLAIN
}];

const COLUMNS: Columns = &[("Email", "email"), ("Data", "json"), ("Status", "status"), ("External ID", "external_id")];
