//! How the lines for a store say what a message asserts. JSON begins with `{`, so a sign before it takes nothing away.

/// What a message asserts beside that it happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assertion {
    /// Nothing else.
    #[default]
    Happened,
    /// It is the last word of its files about what it says: that is so as of its instant.
    Holds,
    /// It comes from an export of this store of that instant (ms since 1970): only what differs was meant.
    Corrects(i64),
}

impl Assertion {
    /// What a line begins with.
    pub(crate) fn sign(self) -> String {
        match self {
            Assertion::Happened => String::new(),
            Assertion::Holds => "=".to_owned(),
            Assertion::Corrects(since) => format!("~{since} "),
        }
    }

    /// Takes a line for a store apart: what its message asserts, and the message.
    pub fn of_line(line: &str) -> (Assertion, &str) {
        if let Some(message) = line.strip_prefix('=') {
            return (Assertion::Holds, message);
        }
        let corrected = line.strip_prefix('~').and_then(|rest| rest.split_once(' '));
        match corrected.and_then(|(since, message)| Some((since.parse().ok()?, message))) {
            Some((since, message)) => (Assertion::Corrects(since), message),
            None => (Assertion::Happened, line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_read_as_it_was_written() {
        for assertion in
            [Assertion::Happened, Assertion::Holds, Assertion::Corrects(-5), Assertion::Corrects(1_700_000_000_000)]
        {
            let line = format!("{}{{\"a\": 1}}", assertion.sign());
            assert_eq!(Assertion::of_line(&line), (assertion, "{\"a\": 1}"));
        }
    }
}
