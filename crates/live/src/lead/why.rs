//! What is named as the reason of moves, and whether they enroll and alert.

use attractor_store::moves::MoveReason;

/// Why leads are advanced beside their new events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Why {
    /// Named where moves follow; `None`: joins and late events speak for themselves.
    pub reason: Option<MoveReason>,
    /// It became known in time, so that what follows enrols and alerts as ever.
    pub loud: bool,
}

impl Why {
    pub fn reason(reason: MoveReason) -> Why {
        Why { reason: Some(reason), loud: false }
    }
}
