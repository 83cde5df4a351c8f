use super::{Names, Predicate, kind, operators, phrase};
use crate::time::Duration;
use crate::value::{NumberTest, Operator, Test, Value};

/// `{event: KIND, where: {…}, within: D, distinct: PROP, count: {OP: N}}`
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub event: String,
    /// Property path and its test, in the order written; never empty operators.
    pub filter: Vec<(String, Test)>,
    pub within: Option<Duration>,
    pub distinct: Option<String>,
    /// `None` where not written, which means `{gte: 1}`.
    pub count: Option<NumberTest>,
}

impl Predicate for Event {
    /// "has viewed a page whose path starts with “/pricing”, at least 3 times in the last 30 days"
    fn says(&self, _: &Names) -> String {
        let never = if self.is_never() { "never " } else { "" };
        format!("has {never}{}{}{}", kind::participle(&self.event), whose(&self.filter), self.tail())
    }

    /// Only of the bare event: in "has not … at least 3 times" people would differ on what the "not" denies.
    fn denies(&self, _: &Names) -> Option<String> {
        let bare = self.count.is_none() && self.distinct.is_none();
        let not = || format!("has not {}{}{}", kind::participle(&self.event), whose(&self.filter), self.tail());
        bare.then(not)
    }
}

impl Event {
    fn is_never(&self) -> bool {
        let none = [(Operator::Eq, Value::Number(0.0))];
        self.distinct.is_none() && self.count.as_ref().is_some_and(|count| count.0 == none)
    }

    /// How often and since when. After a filter it stands behind a comma: "whose amount is 5, at least 3 times".
    fn tail(&self) -> String {
        let within = self.within.map(|within| format!("in the last {}", phrase::length(within)));
        let parts: Vec<String> = [self.how_often(), within].into_iter().flatten().collect();
        match (parts.is_empty(), self.filter.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!(" {}", parts.join(" ")),
            (false, false) => format!(", {}", parts.join(" ")),
        }
    }

    fn how_often(&self) -> Option<String> {
        match (&self.distinct, &self.count) {
            (None, None) => None,
            (None, Some(_)) if self.is_never() => None,
            (None, Some(count)) => Some(counted(count, "once", "times")),
            (Some(property), None) => Some(format!("with a value of {}", phrase::property(property))),
            (Some(property), Some(count)) => Some(format!(
                "with {} of {}",
                counted(count, "1 different value", "different values"),
                phrase::property(property)
            )),
        }
    }
}

/// "at least 3 times", "at least once"; `one` is what a single one is called.
fn counted(count: &NumberTest, one: &str, many: &str) -> String {
    let with_unit = |number: f64| match number {
        1.0 => one.to_string(),
        number => format!("{} {many}", phrase::number(number)),
    };
    match count.0.as_slice() {
        [(_, Value::Number(_))] => operators::quantity(count, "fewer than", with_unit),
        _ => format!("{} {many}", operators::quantity(count, "fewer than", phrase::number)),
    }
}

/// " whose path starts with “/pricing” and whose plan is “pro”"; nothing where nothing is asked.
pub(crate) fn whose(filter: &[(String, Test)]) -> String {
    let asked = |(property, test): &(String, Test)| {
        format!(" whose {} {}", phrase::property(property), operators::clause_of_value(test))
    };
    filter.iter().map(asked).collect::<Vec<_>>().join(" and")
}
