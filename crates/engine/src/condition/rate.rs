use super::{Names, Predicate, operators, phrase};
use crate::time::Duration;
use crate::value::NumberTest;

/// `{rate: opened or clicked, over: D, min_sent: N, OP: SHARE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    pub of: Response,
    pub over: Duration,
    /// `None` where not written, which means 1.
    pub min_sent: Option<u32>,
    pub test: NumberTest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    Opened,
    Clicked,
}

impl Predicate for Rate {
    /// "has opened at most 40 % of at least 2 e-mails delivered in the last 30 days"
    fn says(&self, _: &Names) -> String {
        let did = match self.of {
            Response::Opened => "has opened",
            Response::Clicked => "has clicked in",
        };
        let of = match self.min_sent {
            None => "the e-mails".to_string(),
            Some(1) => "at least 1 e-mail".to_string(),
            Some(number) => format!("at least {number} e-mails"),
        };
        let share = operators::quantity(&self.test, "less than", phrase::share);
        format!("{did} {share} of {of} delivered in the last {}", phrase::length(self.over))
    }
}
