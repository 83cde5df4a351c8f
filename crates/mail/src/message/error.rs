use std::fmt;

/// Why a value cannot be in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// The header's name.
    pub header: &'static str,
    /// The value, at most 80 characters of it.
    pub found: String,
    /// What would be right.
    pub expected: &'static str,
}

impl HeaderError {
    pub(super) fn new(header: &'static str, found: &str, expected: &'static str) -> HeaderError {
        HeaderError { header, found: found.chars().take(80).collect(), expected }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {:?}; expected {}", self.header, self.found, self.expected)
    }
}

impl std::error::Error for HeaderError {}
