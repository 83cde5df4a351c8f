//! Which rows of a file are damaged: damage is charged to the row that has it, and named.

use super::Damage;

/// As many damaged rows are named.
const NAMED: usize = 10;

/// The rows with bytes that are not of the file's encoding: how many, the first of them, and what became of them.
#[derive(Default)]
pub struct Damaged {
    read_as: Option<&'static str>,
    other: (u64, Vec<String>),
    lost: (u64, Vec<String>),
}

impl Damaged {
    pub fn see(&mut self, damage: Damage, row: u64) {
        let (count, rows) = match damage {
            Damage::Nothing => return,
            Damage::Other(encoding) => {
                self.read_as = Some(encoding);
                &mut self.other
            }
            Damage::Lost => &mut self.lost,
        };
        *count += 1;
        if rows.len() < NAMED {
            rows.push(row.to_string());
        }
    }

    /// What people are shown; `encoding` is that of the file.
    pub fn notes(&self, encoding: &str) -> impl Iterator<Item = String> {
        let named = |(count, rows): &(u64, Vec<String>)| {
            let more = if *count > rows.len() as u64 {
                format!(" and {} more", count - rows.len() as u64)
            } else {
                String::new()
            };
            format!("{} {}{more}", if *count == 1 { "row" } else { "rows" }, rows.join(", "))
        };
        let other = self
            .read_as
            .map(|read_as| format!("not {encoding}, and read as {read_as}: {}; please check them", named(&self.other)));
        let lost = (self.lost.0 > 0)
            .then(|| format!("characters that could not be read became \u{fffd} in {}", named(&self.lost)));
        other.into_iter().chain(lost)
    }
}
