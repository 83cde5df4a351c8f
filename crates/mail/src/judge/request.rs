//! What is known of one copy: its requests, and what the site script reported after them.

use core::net::IpAddr;

use super::evidence::Evidence;

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// The milliseconds between two instants, whichever is earlier.
    pub(super) fn apart(self, other: Millis) -> u64 {
        self.0.abs_diff(other.0)
    }

    pub(super) fn after(self, milliseconds: i64) -> Millis {
        Millis(self.0.saturating_add(milliseconds))
    }
}

/// Everything that was requested on one copy, in any order, up to an instant that the caller chooses.
#[derive(Clone, Copy, Debug)]
pub struct Traffic<'a> {
    /// How many personal links the copy shows, each number once: those to unsubscribe and to the preferences too, without
    /// the decoy.
    pub links: u16,
    pub requests: &'a [Request<'a>],
}

/// One request on a copy.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// When it arrived.
    pub at: Millis,
    pub target: Target,
    pub fetch: Fetch,
    /// The header `User-Agent`; empty if it was missing.
    pub agent: &'a str,
    /// Where it came from; `None` if addresses are not kept.
    pub address: Option<IpAddr>,
    /// What its verdict so far was based on. What an address showed still counts when the address is not kept any more, so
    /// that no verdict changes because something was forgotten.
    pub earlier: &'a [Evidence],
    /// What the site script reported of the page behind this link, by the token that this redirect carried.
    pub page: Page,
}

/// The positions from here on are ours; those below are the links of the author.
pub const FIRST_OF_OURS: u16 = 0xff00;
/// The position of the link that a person does not see.
pub const DECOY: u16 = 0xff00;
/// The position of the link to unsubscribe.
pub const UNSUBSCRIBE: u16 = 0xff01;
/// The position of the link to the preferences.
pub const PREFERENCES: u16 = 0xff02;
/// The position of the pixel.
pub const PIXEL: u16 = 0xffff;

/// What was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The pixel, or another image of the copy with a personal address.
    Image,
    /// A link, by its number in the copy. The links to unsubscribe and to the preferences have numbers as well: scanners
    /// open these too, which tells them from people in e-mails with one button.
    Link(u16),
    /// The link that a person does not see. A request for it never becomes an event.
    Decoy,
}

impl Target {
    /// What is at a position of a copy.
    ///
    /// ```
    /// use attractor_mail::judge::{PIXEL, Target};
    ///
    /// assert_eq!((Target::at(3), Target::at(PIXEL)), (Target::Link(3), Target::Image));
    /// ```
    pub fn at(position: u16) -> Target {
        match position {
            PIXEL => Target::Image,
            DECOY => Target::Decoy,
            link => Target::Link(link),
        }
    }
}

/// How it was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fetch {
    /// To show it: GET.
    Show,
    /// To look whether it is there: HEAD.
    Look,
    /// In advance: GET with `Sec-Purpose: prefetch` (or the older `Purpose` or `X-Moz`).
    Advance,
}

/// What the site script reported of the visit behind a click. Each is the first instant, or `None` if it was not reported:
/// the page is not ours, the script is blocked, or it did not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The script ran.
    pub loaded: Option<Millis>,
    /// A further page of the site was viewed in the same visit.
    pub went_on: Option<Millis>,
    /// The visitor scrolled, or moved or touched something.
    pub acted: Option<Millis>,
}

impl Request<'_> {
    pub(super) fn is_image(&self) -> bool {
        self.target == Target::Image
    }

    /// Whether a person may have caused it directly.
    pub(super) fn is_shown(&self) -> bool {
        self.fetch == Fetch::Show
    }
}
