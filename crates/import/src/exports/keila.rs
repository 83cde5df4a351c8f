//! Keila: contacts.

use super::{Columns, Export, PLAIN};
use crate::keys::Standing;

pub const EXPORTS: &[Export] = &[Export {
    id: "keila-contacts",
    name: "Keila contacts",
    space: Some("keila"),
    needs: &[&["Email", "First name", "Last name", "Data"], &["Email", "External ID", "Data"]],
    exactly: &[&["Email", "First name", "Last name"], &["Email", "First name", "Last name", "Status"]],
    columns: COLUMNS,
    statuses: &[
        ("active", Standing::Fine),
        ("unsubscribed", Standing::Unsubscribed),
        ("unreachable", Standing::Bounced),
    ],
    ..PLAIN
}];

const COLUMNS: Columns = &[("Email", "email"), ("Data", "json"), ("Status", "status"), ("External ID", "external_id")];
