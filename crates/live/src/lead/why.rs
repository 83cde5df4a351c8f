//! Why leads are advanced.

/// Why leads are advanced beside their new events.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// Named where moves follow; `None`: joins and late events speak for themselves.
    pub reason: Option<String>,
    /// It became known in time, so that what follows enrols and alerts as ever.
    pub loud: bool,
}

impl Why {
    pub fn reason(reason: &str) -> Why {
        Why { reason: Some(reason.to_owned()), loud: false }
    }
}
