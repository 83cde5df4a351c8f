//! What the use cases count. What each figure means, and the text at `/metrics`, is the server's.

use std::sync::Once;

use attractor_live::{CarryOver, Unreadable};

/// What became of messages, whoever brought them.
pub fn taken(new: u64, known: u64, refused: u64) {
    metrics::counter!("attractor_events_accepted_total").increment(new);
    metrics::counter!("attractor_events_duplicate_total").increment(known);
    metrics::counter!("attractor_events_refused_total").increment(refused);
}
/// Ids that name nobody, whatever became of their messages.
pub fn placeholders(count: usize) {
    metrics::counter!("attractor_placeholder_ids_total").increment(count as u64);
}

/// Traits that were taken out of messages.
pub fn refused_traits(count: u64) {
    metrics::counter!("attractor_refused_traits_total").increment(count);
}

/// Requests for links and images of copies: those that are evidence now, and those that could not be stored.
pub fn mail_requests(stored: usize, lost: usize) {
    metrics::counter!("attractor_mail_requests_total").increment(stored as u64);
    metrics::counter!("attractor_mail_requests_lost_total").increment(lost as u64);
}

/// A password is hashed or checked.
pub fn hashed() {
    metrics::counter!("attractor_password_hashes_total").increment(1);
}

/// Shows how far the keys of an earlier version are, and logs the end.
pub fn carried_over(carried: Option<CarryOver>) {
    let Some(CarryOver { done, left_out, is_done, .. }) = carried else { return };
    metrics::gauge!("attractor_carried_over").set(if is_done { 0.0 } else { done as f64 });
    match (is_done, left_out) {
        (true, 0) if done > 0 => tracing::info!(checked = done, "the stored keys follow today's rules"),
        (true, left_out) if left_out > 0 => tracing::info!(
            checked = done,
            taken_out = left_out,
            "the stored keys follow today's rules; what was taken out names nobody"
        ),
        _ => {}
    }
}

/// Logs, once, that something stops e-mails to addresses whose kind or scope this program does not know.
pub fn unknown_suppressions(are_there: bool) {
    static LOGGED: Once = Once::new();
    if are_there {
        LOGGED.call_once(|| {
            tracing::warn!(
                "suppressions have a kind or scope of a newer version of this program; they stop all e-mails to their \
                 addresses"
            );
        });
    }
}

/// Counts and logs stored data that could not be read.
pub fn unreadable(found: &[Unreadable]) {
    metrics::counter!("attractor_unreadable_total").increment(found.len() as u64);
    for Unreadable { what, lead, why } in found {
        tracing::error!(
            what,
            lead = lead.0,
            why,
            "stored data cannot be read: it is rebuilt from the ledger or set aside"
        );
    }
}

/// Counts and logs a row of a table that holds JSON which could not be read.
pub fn unreadable_row(table: &'static str, row: &str, why: &str) {
    metrics::counter!("attractor_unreadable_total").increment(1);
    tracing::error!(table, row, why, "stored data cannot be read");
}
