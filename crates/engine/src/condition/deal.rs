use super::{Names, Predicate};

/// `{deal: open}`, `won`, `lost`
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Deal {
    Open,
    Won,
    Lost,
}

impl Deal {
    /// As playbooks, profiles and the API write it.
    pub fn name(self) -> &'static str {
        match self {
            Deal::Open => "open",
            Deal::Won => "won",
            Deal::Lost => "lost",
        }
    }
}

impl Predicate for Deal {
    fn says(&self, _: &Names) -> String {
        let deal = match self {
            Deal::Open => "has an open deal",
            Deal::Won => "has a won deal",
            Deal::Lost => "has a lost deal",
        };
        deal.to_string()
    }

    fn denies(&self, _: &Names) -> Option<String> {
        let deal = match self {
            Deal::Open => "has no open deal",
            Deal::Won => "has no won deal",
            Deal::Lost => "has no lost deal",
        };
        Some(deal.to_string())
    }
}
