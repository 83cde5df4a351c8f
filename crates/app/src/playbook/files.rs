//! The files of a playbook.

use std::collections::BTreeMap;

/// Text by path in the playbook's folder.
pub type Files = BTreeMap<String, String>;
