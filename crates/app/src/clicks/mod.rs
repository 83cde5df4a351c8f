//! Links and pixels of copies: what they answer, what is kept of who asked, and what becomes of it once it is judged.
//!
//! A click redirects at once and is stored before it is answered (`notes`). It stays outside the ledger until the judge has
//! seen all that was requested on its copy (`judging`); then it is an event of its lead at its own instant (`messages`).

pub mod answer;
pub mod copy;
mod corrections;
pub mod judging;
pub(crate) mod messages;
pub(crate) mod network;
pub mod notes;
pub mod requests;
pub mod settling;
pub mod verdicts;
pub mod visitor;

use std::sync::Arc;
use std::time::Duration;

use attractor_mail::judge::{Delays, Judge};

use crate::settings::Settings;
use notes::Notes;
use settling::Settling;

/// Images are waited for this many times as long as clicks: scanners load them long before their burst.
const IMAGES: i64 = 4;

/// What the use cases of links and pixels share.
pub struct Clicks {
    pub(crate) notes: Arc<Notes>,
    pub settling: Arc<Settling>,
    pub(crate) judge: Arc<Judge>,
}

impl Clicks {
    /// `settling` is where the judge's worker waits.
    pub fn new(judge: Arc<Judge>, settling: Arc<Settling>) -> Clicks {
        Clicks { notes: Arc::new(Notes::default()), settling, judge }
    }
}

/// The judge with the delay of the settings.
pub fn judge(settings: &Settings) -> Judge {
    Judge { delays: delays(settings), ..Judge::default() }
}

/// How long verdicts are waited for.
pub fn delays(settings: &Settings) -> Delays {
    let click = Duration::from_secs(u64::from(settings.judging_delay)).as_millis() as i64;
    Delays { click, image: click * IMAGES }
}
