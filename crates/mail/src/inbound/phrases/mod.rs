//! The words of mail servers, by reason. Written from the texts that servers send, in the languages in which they send
//! them; folded (lower case, no accents) as [`Plain`](super::plain::Plain) makes them. A `*` leaves out up to a
//! sentence. The first table that has a phrase of the text decides, so the more telling reasons come first.

mod content;
mod recipient;
mod sender;
mod server;

pub(super) use recipient::NO_USER;

use super::fact::Reason;

/// Phrases of one reason.
pub(super) type Row = (Reason, &'static [&'static str]);

/// Looked for in the reply first, then in what surrounds it.
pub(super) const PHRASES: [Row; 30] = [
    (
        Reason::HeldBack,
        &["suppression list", "previously bounced", "account-level suppression", "bounced address list"],
    ),
    (Reason::Full, recipient::FULL),
    (Reason::TooLarge, content::TOO_LARGE),
    (Reason::Virus, &[" virus", "malware", " trojan", "infected", "virenbefall", "contains a worm"]),
    (Reason::TakesNoMail, recipient::TAKES_NO_MAIL),
    (Reason::ReverseName, sender::REVERSE_NAME),
    (Reason::Authentication, sender::AUTHENTICATION),
    (Reason::Malformed, content::MALFORMED),
    (Reason::Relaying, sender::RELAYING),
    (Reason::Moved, recipient::MOVED),
    (Reason::Inactive, recipient::INACTIVE),
    (Reason::Reputation, sender::REPUTATION),
    (Reason::Spam, sender::SPAM),
    (Reason::Rate, sender::RATE),
    (Reason::Encryption, sender::ENCRYPTION),
    (Reason::Sender, sender::SENDER),
    (Reason::NoHost, recipient::NO_HOST),
    (Reason::NoUser, recipient::NO_USER),
    (Reason::Filtered, recipient::FILTERED),
    (Reason::Reputation, &["access denied"]),
    (Reason::Content, content::CONTENT),
    (Reason::Program, server::PROGRAM),
    (Reason::ServerFull, server::SERVER_FULL),
    (Reason::Late, server::LATE),
    (Reason::Network, server::NETWORK),
    (Reason::Server, server::SERVER),
    (Reason::Policy, sender::POLICY),
    (Reason::NoUser, &["recipient address rejected", "recipient refused", "address rejected"]),
    (Reason::Policy, sender::REFUSED),
    (Reason::Malformed, &["syntax error", "sequence of commands", "command not recognized", "command unrecognized"]),
];
