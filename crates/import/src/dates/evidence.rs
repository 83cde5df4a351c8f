//! What the cells of a column show of how its dates are written.

use jiff::tz::TimeZone;

use super::{DateFormat, DateOrder, read};

/// What the cells of a column say together about the order of day and month.
#[derive(Clone, Debug, Default)]
pub struct DateEvidence {
    /// Cells that are a date if the day comes first, or if the month does.
    pub day_first: u64,
    pub month_first: u64,
    /// Cells that are a date either way, but not the same one.
    pub ambiguous: u64,
    pub zoneless: u64,
    pub short_years: u64,
    pub dots: u64,
    pub cells: u64,
    /// Cells that are nothing but digits, with or without a decimal point, which are dates only in a column known for them.
    pub numbers: u64,
}

impl DateEvidence {
    pub fn see(&mut self, text: &str) {
        let utc = |order| DateFormat { order, zone: TimeZone::UTC };
        let day_first = read(text, &utc(DateOrder::DayFirst));
        let month_first = read(text, &utc(DateOrder::MonthFirst));
        self.cells += 1;
        let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.matches('.').count() < 2;
        self.numbers += u64::from(digits);
        self.day_first += u64::from(day_first.is_some());
        self.month_first += u64::from(month_first.is_some());
        let Some(moment) = day_first.or(month_first) else { return };
        self.ambiguous += u64::from(moment.ambiguous && day_first.is_some() && month_first.is_some());
        self.dots += u64::from(moment.ambiguous && text.contains('.') && !text.contains('/'));
        self.zoneless += u64::from(moment.zoneless);
        self.short_years += u64::from(moment.short_year);
    }

    /// The order that the column proves, if any of its cells can be read one way only.
    pub fn proven(&self) -> Option<DateOrder> {
        match self.day_first.cmp(&self.month_first) {
            std::cmp::Ordering::Greater => Some(DateOrder::DayFirst),
            std::cmp::Ordering::Less => Some(DateOrder::MonthFirst),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// The column holds dates, and not merely digits: one odd cell, or one in ten, costs itself alone.
    pub fn all_dates(&self) -> bool {
        let dates = self.day_first.max(self.month_first);
        let odd = self.cells - dates;
        dates > 0 && self.numbers == 0 && (odd * 10 <= self.cells || (odd == 1 && dates > 1))
    }

    /// It may still turn out to hold dates.
    pub fn mostly_dates(&self) -> bool {
        let dates = self.day_first.max(self.month_first);
        self.numbers == 0 && (self.cells - dates) * 5 <= self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_proves_its_order() {
        let evidence = |cells: &[&str]| {
            let mut evidence = DateEvidence::default();
            cells.iter().for_each(|cell| evidence.see(cell));
            evidence
        };
        assert_eq!(evidence(&["03/04/2024", "13/04/2024"]).proven(), Some(DateOrder::DayFirst));
        assert_eq!(evidence(&["03/04/2024", "04/13/2024"]).proven(), Some(DateOrder::MonthFirst));
        assert_eq!(evidence(&["03/04/2024", "05/05/2024"]).proven(), None);
        assert_eq!(evidence(&["03/04/2024"]).ambiguous, 1);
        assert!(evidence(&["2024-01-01", "5 May 2024"]).all_dates());
        assert!(!evidence(&["45322"]).all_dates());
        assert!(!evidence(&["2024-01-01", "later"]).all_dates());
        assert!(evidence(&["2024-01-01", "2024-01-02", "later"]).all_dates());
        assert!(!evidence(&["2024-01-01", "2024-01-02", "later", "soon"]).all_dates());
    }
}
