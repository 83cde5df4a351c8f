//! Blocks of header-like fields: the groups of a delivery report (RFC 3464), a feedback report (RFC 5965), and the
//! headers of a returned copy.
//!
//! Read here and not by a parser of whole reports, because servers often break them: a group in the text for people, a
//! field folded without an indent, several groups without an empty line between. Every field that is readable counts.

/// Fields in their order; names in lower case, folded lines joined by a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

/// More fields than this are a mail that wants to cost us time; a delivery report has about ten per recipient.
const MOST_FIELDS: usize = 2_000;

/// Fields of which a group has one.
const RECIPIENTS: [&str; 2] = ["original-recipient", "final-recipient"];

/// The same for the lines of a report.
const MOST_LINES: usize = 20_000;

impl Fields {
    /// All fields up to the first empty line or line that is not a field.
    pub(super) fn of(text: &str) -> Fields {
        let mut fields = Fields::default();
        for line in text.lines() {
            if line.trim().is_empty() || !fields.add(line) {
                break;
            }
        }
        fields
    }

    /// The groups of a report: blocks of fields, parted by empty lines or by the next recipient.
    pub(super) fn groups(text: &str) -> Vec<Fields> {
        let mut groups = Vec::new();
        let mut group = Fields::default();
        for line in text.lines().take(MOST_LINES) {
            if line.trim().is_empty() || group.is_done(line) {
                groups.push(std::mem::take(&mut group));
            }
            if !group.add(line) {
                group.go_on(line);
            }
        }
        groups.push(group);
        groups.retain(|group| !group.0.is_empty());
        groups
    }

    /// True if the line names a recipient, and the group has one already.
    fn is_done(&self, line: &str) -> bool {
        let name = line.split_once(':').map(|(name, _)| name.trim_end().to_ascii_lowercase());
        name.is_some_and(|name| RECIPIENTS.contains(&name.as_str()) && self.has(&name))
    }

    /// Adds a line that is not a field to the field before it.
    fn go_on(&mut self, line: &str) {
        if let Some((_, value)) = self.0.last_mut() {
            value.push(' ');
            value.push_str(line.trim());
        }
    }

    /// False if the line is not a field and continues none.
    fn add(&mut self, line: &str) -> bool {
        if line.starts_with([' ', '\t']) && !self.0.is_empty() {
            self.go_on(line);
            return true;
        }
        let Some((name, value)) = line.split_once(':') else { return false };
        let name = name.trim_end();
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_name && self.0.len() < MOST_FIELDS {
            self.0.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        is_name
    }

    /// The first field of that name (in lower case).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The value of a typed field (`rfc822; a@b.example`): type in lower case, and the rest.
pub(super) fn typed(value: &str) -> (String, &str) {
    match value.split_once(';') {
        Some((kind, rest)) => (kind.trim().to_ascii_lowercase(), rest.trim()),
        None => (String::new(), value.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_folded_and_groups_parted() {
        let groups = Fields::groups(
            "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822;\n x@y.example\nStatus: 5.1.1\n\n\nhello\nAction: failed",
        );
        assert_eq!(groups.len(), 3, "{groups:?}");
        assert_eq!(groups[1].get("final-recipient").map(typed), Some(("rfc822".into(), "x@y.example")));
        assert_eq!(groups[2].get("action"), Some("failed"));
        let broken = Fields::groups(
            "Final-Recipient: rfc822; a@b\nDiagnostic-Code: smtp; 550 no\nstill: no, sorry\nand no\nStatus: 5.1.1\nFinal-Recipient: c@d",
        );
        assert_eq!(broken.len(), 2);
        assert_eq!((broken[0].get("status"), broken[0].get("still")), (Some("5.1.1"), Some("no, sorry and no")));
        assert!(Fields::of("no field\nA: b").get("a").is_none());
    }
}
