//! How moves became known.

use std::fmt;

use crate::error::{Error, Kind};
use crate::ids::VersionNumber;

/// How a move became known, or why a rebuild no longer yields it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveReason {
    /// As it happened, or soon after.
    Live,
    /// A message came later than an hour after its instant, or behind one that is later.
    Late,
    /// Two leads became one.
    Join,
    Import,
    /// A message was judged to be a machine's, or no longer so.
    Verdict,
    /// Somebody took a merge back.
    Unmerge,
    /// An import was taken back.
    Undo,
    Erasure,
    /// Stored keys were brought under the rules of a newer version of the program.
    Keys,
    /// This version of the playbook took effect.
    Version(VersionNumber),
}

impl MoveReason {
    /// All but `Version`, which has a number.
    const PLAIN: [MoveReason; 9] = [
        MoveReason::Live,
        MoveReason::Late,
        MoveReason::Join,
        MoveReason::Import,
        MoveReason::Verdict,
        MoveReason::Unmerge,
        MoveReason::Undo,
        MoveReason::Erasure,
        MoveReason::Keys,
    ];

    /// The words of all reasons, for filters.
    pub fn words() -> impl Iterator<Item = &'static str> {
        MoveReason::PLAIN.into_iter().chain([MoveReason::Version(VersionNumber::NONE)]).map(MoveReason::word)
    }

    /// Whether such moves follow from what a lead did or from what somebody did to it. The others come in bulk, from an
    /// operation on the store: an import or its undoing, a new version of the playbook or of the program, an erasure.
    pub fn is_of_a_lead(self) -> bool {
        match self {
            MoveReason::Live | MoveReason::Late | MoveReason::Join | MoveReason::Verdict | MoveReason::Unmerge => true,
            MoveReason::Import | MoveReason::Undo | MoveReason::Erasure | MoveReason::Keys | MoveReason::Version(_) => {
                false
            }
        }
    }

    /// The reason in one word, the same for all versions.
    pub fn word(self) -> &'static str {
        match self {
            MoveReason::Live => "live",
            MoveReason::Late => "late",
            MoveReason::Join => "join",
            MoveReason::Import => "import",
            MoveReason::Verdict => "verdict",
            MoveReason::Unmerge => "unmerge",
            MoveReason::Undo => "undo",
            MoveReason::Erasure => "erasure",
            MoveReason::Keys => "keys",
            MoveReason::Version(_) => "version",
        }
    }

    /// The reason of this spelling.
    ///
    /// ```
    /// use attractor_store::VersionNumber;
    /// use attractor_store::moves::MoveReason;
    ///
    /// assert_eq!(MoveReason::named("version 3"), Some(MoveReason::Version(VersionNumber(3))));
    /// assert_eq!(MoveReason::named("versions 3"), None);
    /// ```
    pub fn named(text: &str) -> Option<MoveReason> {
        let plain = MoveReason::PLAIN.into_iter().find(|reason| reason.word() == text);
        plain.or_else(|| Some(MoveReason::Version(text.strip_prefix("version ")?.parse().ok()?)))
    }

    pub(crate) fn read(text: &str) -> Result<MoveReason, Error> {
        MoveReason::named(text)
            .ok_or_else(|| Error::new(Kind::Other, format!("the database gave `{text}` as the reason of a move")))
    }
}

/// As it is stored and shown: `live`, `version 3`.
impl fmt::Display for MoveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MoveReason::Version(number) => write!(f, "version {number}"),
            plain => f.write_str(plain.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_as_it_is_written() {
        for reason in
            MoveReason::PLAIN.into_iter().chain([VersionNumber(1), VersionNumber::MAX].map(MoveReason::Version))
        {
            assert_eq!(MoveReason::named(&reason.to_string()), Some(reason));
        }
        for wrong in ["", "Live", "version", "version x", "late "] {
            assert!(MoveReason::read(wrong).unwrap_err().to_string().contains(&format!("`{wrong}`")));
        }
    }
}
