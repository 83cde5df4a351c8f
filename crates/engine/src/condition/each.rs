//! A walk over the tree.

use super::Condition;

impl Condition {
    /// Visits itself and everything below it.
    pub fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        visit(self);
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.each(visit)),
            Condition::Not(part) => part.each(visit),
            _ => {}
        }
    }
}
