//! What the sender asks of a broadcast when its copies' turn comes.

use attractor_store::broadcasts::Broadcast;

use super::settings::Document;

/// A broadcast that asked for copies which are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBroadcast {
    /// It is paused, undone or cancelled: its copies stay where they are.
    pub is_halted: bool,
    /// In the place of the e-mail's own.
    pub subject: Option<String>,
}

impl KnownBroadcast {
    pub fn of(broadcast: &Broadcast) -> KnownBroadcast {
        let document = Document::read(&broadcast.document).ok();
        KnownBroadcast {
            is_halted: broadcast.state.is_halted(),
            subject: document.and_then(|document| document.subject),
        }
    }
}
