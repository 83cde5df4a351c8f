//! The kinds of moves that are logged.

use super::What;

/// What moved, with its one spelling in the log, the API, webhooks and the output of `replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    Stage,
    Segment,
    Sequence,
    /// The primary interest.
    Interest,
}

impl MoveKind {
    pub const ALL: [MoveKind; 4] = [MoveKind::Stage, MoveKind::Segment, MoveKind::Sequence, MoveKind::Interest];

    pub const fn name(self) -> &'static str {
        match self {
            MoveKind::Stage => "stage",
            MoveKind::Segment => "segment",
            MoveKind::Sequence => "sequence",
            MoveKind::Interest => "interest",
        }
    }

    /// The kind of this name.
    ///
    /// ```
    /// use attractor_engine::step::MoveKind;
    ///
    /// assert_eq!(MoveKind::named("interest"), Some(MoveKind::Interest));
    /// assert_eq!(MoveKind::named("stages"), None);
    /// ```
    pub fn named(name: &str) -> Option<MoveKind> {
        MoveKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The names of all kinds.
    pub fn names() -> [&'static str; 4] {
        MoveKind::ALL.map(MoveKind::name)
    }
}

impl What {
    /// The kind of move that it is; `None` where it is a request, such as a copy to send.
    pub fn move_kind(&self) -> Option<MoveKind> {
        match self {
            What::Stage { .. } => Some(MoveKind::Stage),
            What::Segment { .. } => Some(MoveKind::Segment),
            What::Sequence { .. } => Some(MoveKind::Sequence),
            What::PrimaryInterest { .. } => Some(MoveKind::Interest),
            What::Send { .. } | What::Alert { .. } | What::Withdrawn { .. } => None,
        }
    }
}
