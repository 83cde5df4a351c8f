//! Substack: subscribers.

use super::{Columns, Export, PLAIN};

pub const EXPORTS: &[Export] = &[Export {
    id: "substack-subscribers",
    name: "Substack subscribers",
    space: Some("substack"),
    needs: &[&["email", "email_disabled", "stripe_connected_customer_id"], &["email", "email_disabled", "expiry"]],
    columns: COLUMNS,
    ..PLAIN
}];

const COLUMNS: Columns = &[
    ("email", "email"),
    ("type", "plan"),
    ("expiry", "now:plan_expires_at"),
    ("email_disabled", "unsubscribed"),
    ("created_at", "at:Signed Up"),
    ("first_payment_at", "first_payment_at"),
    ("active_subscription", "now:active_subscription"),
];
