//! What is wrong with the files of a playbook, each with its place.

use std::fmt;

use attractor_engine::playbook::Problem;
use attractor_live::PLAYBOOK;

/// A problem and the file that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A path in the playbook's folder.
    pub file: String,
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.problem)
    }
}

/// By place: those of the playbook first, then those of its bodies, each as they were found.
pub fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| match &finding.problem {
        own if finding.file == PLAYBOOK => (false, own.line, own.column),
        _ => (true, 0, 0),
    });
    findings
}
