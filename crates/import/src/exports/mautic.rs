//! Mautic: contacts, by the names of their fields.

use super::{Columns, Export, PLAIN};

pub const EXPORTS: &[Export] = &[Export {
    id: "mautic-contacts",
    name: "Mautic contacts",
    space: Some("mautic"),
    needs: &[
        &["email", "firstname", "lastname", "points"],
        &["email", "firstname", "last_active"],
        &["email", "date_identified"],
    ],
    exactly: &[&["email", "firstname", "lastname"]],
    columns: COLUMNS,
    ..PLAIN
}];

const COLUMNS: Columns = &[
    ("id", "id"),
    ("company", "company.name"),
    ("position", "job_title"),
    ("points", "now:mautic_points"),
    ("stage", "now:lifecycle_stage"),
    ("owner", "now:owner"),
    ("date_added", "created_at"),
    ("date_identified", "created_at"),
    ("date_modified", "modified_at"),
    ("last_active", "seen_at"),
    ("doNotEmail", "unsubscribed"),
    ("preferred_locale", "locale"),
];
