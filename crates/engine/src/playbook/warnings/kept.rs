//! Conditions on events for which the state of each lead keeps every event of a period, and how to ask for less.

use super::{Warnings, place};
use crate::condition::{Event, length};
use crate::playbook::marked::{Node, shortened};
use crate::time::Duration;

/// From this number on, the events that a count compares with are as good as all.
const MANY: u32 = 1_000;

impl Warnings<'_> {
    /// Notes why everything is kept, at the key that is the cause.
    pub(crate) fn kept(&mut self, event: &Event, node: &Node) {
        let Some((key, why)) = cause(event) else { return };
        let kinds: Vec<String> = event.kinds.iter().map(|kind| format!("`{}`", shortened(kind))).collect();
        let kinds = kinds.join(" and ");
        let which = if event.filter.is_empty() { "" } else { " that matches `where`" };
        let message = match why {
            Kept::Amounts { within: Some(within), .. } => format!(
                "each lead's state keeps every {kinds}{which} of the last {}, because an amount leaves `{key}` at the instant at which its event leaves `within`; without `within` it keeps one number",
                length(within)
            ),
            Kept::Amounts { within: None, older } => format!(
                "each lead's state keeps every {kinds}{which} of the last {}, because an amount joins `{key}` at the instant at which its event is old enough; without `older` it keeps one number",
                length(older)
            ),
            Kept::Between(within) => format!(
                "each lead's state keeps every {kinds}{which} of the last {}, because with `older` each event begins to count and with `within` it stops; with one of the two it keeps as many as the count compares with",
                length(within)
            ),
            Kept::Many(number) => format!(
                "each lead's state keeps up to {number} events {kinds}{which}, as many as the count compares with; a smaller number keeps fewer, and without `within` and `older` it keeps one number"
            ),
        };
        self.note(place(node, key), message);
    }
}

/// Why every event of a period is kept.
enum Kept {
    Amounts {
        within: Option<Duration>,
        older: Duration,
    },
    /// Events that are old enough and not too old.
    Between(Duration),
    Many(u32),
}

/// The key that makes the state keep everything, and why.
fn cause(event: &Event) -> Option<(&'static str, Kept)> {
    if event.which.is_some() {
        return None;
    }
    let amounts = [("sum", &event.sum), ("average", &event.average)].into_iter().find(|(_, tests)| !tests.is_empty());
    match (amounts, event.within, event.older) {
        (_, None, None) => None,
        (Some((key, _)), within, older) => Some((key, Kept::Amounts { within, older: older.unwrap_or_default() })),
        (None, Some(within), Some(_)) => Some(("older", Kept::Between(within))),
        (None, ..) => (event.compared() >= MANY).then(|| ("count", Kept::Many(event.compared()))),
    }
}
