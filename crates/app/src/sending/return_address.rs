//! The return addresses of a copy: its signed token at our domain, with what the address is for before it. What
//! composes a copy writes them, and what takes mail in reads them.

/// Before the token: mail to this address unsubscribes from the copy.
pub(super) const UNSUBSCRIBE: &str = "u-";
