//! The distributions, and where each is from.
//!
//! Published: 836 bursts of scanners, issue 546 of a public campaign tool (a burst is five clicks or more within a second).
//! Assumed: the figures that the design says for people, and all that no line calls published.

use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::dice::Spread;

/// From sending to a scanner's burst, published: 0.5 % within 10 s, 2.6 % within 20 s, half within 43 s, 69 % within a minute,
/// 97.4 % within five, 99.3 % within half an hour, none until an hour, all within a day.
pub const SCANNED: Spread = Spread(&[
    (0, 3 * SECOND),
    (5, 10 * SECOND),
    (26, 20 * SECOND),
    (500, 43 * SECOND),
    (690, MINUTE),
    (974, 5 * MINUTE),
    (993, 30 * MINUTE),
    (993, HOUR),
    (1_000, DAY),
]);

/// From a scanner's first image to its burst, published: half of them 33 s. Assumed: the rest of the shape.
pub const IMAGE_AHEAD: Spread =
    Spread(&[(0, 0), (100, 5 * SECOND), (500, 33 * SECOND), (900, 50 * SECOND), (1_000, 90 * SECOND)]);

/// From one link of a burst to the next, in ms. Published: 9–10 links within a second. Assumed: the shape, with a tail as of
/// waiting for the site.
pub const NEXT_OF_BURST: Spread = Spread(&[(0, 0), (100, 10), (500, 75), (900, 230), (990, 480), (1_000, 700)]);

/// Links of a copy, those to unsubscribe and to the preferences among them. Published: 9–10 in the bursts. Assumed: the rest.
pub const LINKS: Spread = Spread(&[(0, 3), (100, 5), (300, 8), (500, 9), (700, 10), (950, 14), (1_000, 25)]);

/// A scanner that opens one link alone: one in ten.
pub const SCANS_ONE_LINK: f64 = 0.1;

/// Scanners of bursts that name themselves by their agent, and those that come from a network known for it.
pub const NAMES_ITSELF: f64 = 0.2;
pub const KNOWN_NETWORK: f64 = 0.3;

/// Scanners that load the images of a mail before they open its links.
pub const SCANNER_LOADS_IMAGES: f64 = 0.9;

/// From sending to a person's first click: a median of 3 h.
pub const CLICKED: Spread = Spread(&[
    (0, 4 * SECOND),
    (20, MINUTE),
    (100, 12 * MINUTE),
    (250, 50 * MINUTE),
    (500, 3 * HOUR),
    (750, 9 * HOUR),
    (900, 27 * HOUR),
    (1_000, 5 * DAY),
]);

/// From one link of a person's visit to the next: a median of 20 s, 5 % under 3 s. Below that as even as can be, although no
/// hand is so fast: this is the worst case for a judge of the pace.
pub const NEXT_LINK: Spread =
    Spread(&[(0, 0), (50, 3 * SECOND), (500, 20 * SECOND), (900, 100 * SECOND), (1_000, 6 * MINUTE)]);

/// Links that a visit opens: one in 80 %, two in 15 %, three to six in 5 %.
pub const OPENED_LINKS: [f64; 6] = [0.80, 0.15, 0.03, 0.012, 0.005, 0.003];

/// People whose program shows no images.
pub const IMAGES_OFF: f64 = 0.35;

/// From opening a mail to the first click.
pub const READ: Spread = Spread(&[(0, 2 * SECOND), (500, 15 * SECOND), (1_000, 4 * MINUTE)]);

/// Tabs opened one after another, without reading: from one to the next, in ms.
pub const NEXT_TAB: Spread = Spread(&[(0, 600), (500, 1_000), (900, 1_600), (1_000, 2_500)]);

/// By how much the network delays a request, in ms.
pub const DELAYED: Spread = Spread(&[(0, 0), (900, 60), (990, 200), (1_000, 400)]);

/// From one link to the next for a scanner that waits for each page, in ms.
pub const NEXT_OF_SLOW: Spread = Spread(&[(0, 600), (500, 1_200), (900, 2_200), (1_000, 4_000)]);
