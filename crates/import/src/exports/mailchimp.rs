//! Mailchimp: an audience, which it exports as one file for each status; the columns tell which.

use super::{Columns, Export, PLAIN};
use crate::keys::MailStatus;

const AUDIENCE: Export = Export { space: Some("mailchimp"), columns: COLUMNS, ..PLAIN };

pub const EXPORTS: &[Export] = &[
    Export {
        id: "mailchimp-subscribed",
        name: "Mailchimp audience",
        needs: &[&["Email Address", "LEID", "EUID"], &["Email Address", "MEMBER_RATING", "OPTIN_TIME"]],
        ..AUDIENCE
    },
    Export {
        id: "mailchimp-unsubscribed",
        name: "Mailchimp audience, unsubscribed",
        needs: &[&["Email Address", "UNSUB_TIME", "LEID", "EUID"], &["Email Address", "UNSUB_TIME", "OPTIN_TIME"]],
        everyone: MailStatus::Unsubscribed,
        ..AUDIENCE
    },
    Export {
        id: "mailchimp-cleaned",
        name: "Mailchimp audience, cleaned (bounced)",
        needs: &[&["Email Address", "CLEAN_TIME", "LEID", "EUID"], &["Email Address", "CLEAN_TIME", "OPTIN_TIME"]],
        everyone: MailStatus::Bounced,
        ..AUDIENCE
    },
];

const COLUMNS: Columns = &[
    ("Email Address", "email"),
    ("LEID", "id"),
    ("EUID", "mailchimp_euid"),
    ("Company", "company.name"),
    ("Position", "job_title"),
    ("ZIP Code", "postal_code"),
    ("MEMBER_RATING", "now:member_rating"),
    ("OPTIN_TIME", "at:Signed Up"),
    ("CONFIRM_TIME", "seen_at"),
    ("LAST_CHANGED", "modified_at"),
    ("OPTIN_IP", "optin_ip"),
    ("CONFIRM_IP", "confirm_ip"),
    ("GMTOFF", "-"),
    ("DSTOFF", "-"),
    ("TIMEZONE", "timezone"),
    ("CC", "country"),
    ("REGION", "region"),
    ("UNSUB_TIME", "unsubscribed_at"),
    ("UNSUB_REASON", "now:unsubscribe_reason"),
    ("CLEAN_TIME", "bounced_at"),
    ("NOTES", "notes"),
    ("TAGS", "tags"),
];
