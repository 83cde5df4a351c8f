//! Curated: subscribers, current and gone.

use super::{Columns, Export, PLAIN};
use crate::keys::MailStatus;

pub const EXPORTS: &[Export] = &[
    Export {
        id: "curated-subscribers",
        name: "Curated subscribers",
        space: Some("curated"),
        needs: &[&["Email Address", "Subscribed at", "UTM Source"], &["Email", "Subscribed at", "UTM Source"]],
        columns: COLUMNS,
        ..PLAIN
    },
    Export {
        id: "curated-unsubscribed",
        name: "Curated subscribers, unsubscribed",
        space: Some("curated"),
        needs: &[&["Email Address", "Subscribed at", "Unsubscribed at", "UTM Source"]],
        columns: COLUMNS,
        everyone: MailStatus::Unsubscribed,
        ..PLAIN
    },
];

const COLUMNS: Columns =
    &[("Email Address", "email"), ("Subscribed at", "at:Signed Up"), ("Unsubscribed at", "unsubscribed_at")];
