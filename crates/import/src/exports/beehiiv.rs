//! beehiiv: subscribers.

use super::{Columns, Export, PLAIN};
use crate::keys::MailStatus;

pub const EXPORTS: &[Export] = &[Export {
    id: "beehiiv-subscribers",
    name: "beehiiv subscribers",
    space: Some("beehiiv"),
    needs: &[
        &["email", "status", "tier", "created_at", "unsubscribed_at"],
        &["email", "status", "tier"],
        &["email", "status", "created_at", "unsubscribed_at"],
    ],
    columns: COLUMNS,
    statuses: &[
        ("active", MailStatus::Fine),
        // beehiiv calls everybody inactive who has left.
        ("inactive", MailStatus::Unsubscribed),
        ("unsubscribed", MailStatus::Unsubscribed),
        ("pending", MailStatus::Held),
        ("validating", MailStatus::Held),
        ("invalid", MailStatus::Bounced),
    ],
    ..PLAIN
}];

const COLUMNS: Columns = &[
    ("email", "email"),
    ("status", "status"),
    ("tier", "plan"),
    ("created_at", "at:Signed Up"),
    ("unsubscribed_at", "unsubscribed_at"),
    ("Subscription Date (Substack)", "at:Signed Up"),
];
