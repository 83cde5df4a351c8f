//! Numbers as people write them: `1,234.50`, `1.234,50`, `1 234,5 €`. Whether the comma is the decimal sign is decided
//! over the whole column.

/// Which sign parts the decimals from the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    Point,
    Comma,
}

const CURRENCIES: [(&str, &str); 10] = [
    ("€", "EUR"),
    ("US$", "USD"),
    ("$", "USD"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
    ("R$", "BRL"),
    ("Fr.", "CHF"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
];

/// The number in a cell; signs and codes of currencies, percent signs and blanks apart. `None` where it is none.
pub fn read(text: &str, decimal: Decimal) -> Option<f64> {
    let (digits, negative) = bare(text)?;
    let (group, point) = match decimal {
        Decimal::Point => (',', '.'),
        Decimal::Comma => ('.', ','),
    };
    let (whole, fraction) = match digits.split_once(point) {
        Some((whole, fraction)) => (whole, fraction),
        None => (digits.as_str(), ""),
    };
    let grouped: Vec<&str> = whole.split([group, ' ', '\u{a0}', '\u{202f}', '\'', '’']).collect();
    let well_grouped =
        grouped.len() == 1 || (grouped[1..].iter().all(|part| part.len() == 3) && (1..=3).contains(&grouped[0].len()));
    if !well_grouped
        || !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'e' || b == b'E' || b == b'-' || b == b'+')
    {
        return None;
    }
    let number: f64 =
        format!("{}.{}", grouped.concat(), if fraction.is_empty() { "0" } else { fraction }).parse().ok()?;
    number.is_finite().then_some(if negative { -number } else { number })
}

/// The same where nothing but a currency's sign or a percent sign stands beside the number: of `12 boxes` the boxes would
/// be lost.
pub fn read_plain(text: &str, decimal: Decimal) -> Option<f64> {
    let mut bare = text.trim().trim_end_matches('%');
    for (sign, _) in CURRENCIES {
        bare = bare.trim_start_matches(sign).trim_end_matches(sign).trim();
    }
    let digits =
        |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’');
    if bare.chars().all(digits) { read(text, decimal) } else { None }
}

/// The currency that is written with an amount, if any, as its ISO code.
pub fn currency(text: &str) -> Option<String> {
    let text = text.trim();
    let code = |word: &str| word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    if let Some(word) = text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| code(word)) {
        return Some(word.to_owned());
    }
    CURRENCIES.iter().find(|(sign, _)| text.starts_with(sign) || text.ends_with(sign)).map(|(_, iso)| (*iso).to_owned())
}

/// The digits with their separators, and whether a minus or the parentheses of bookkeepers stood around them.
fn bare(text: &str) -> Option<(String, bool)> {
    let text = text.trim();
    let in_parentheses = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let outside = |c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+' | '\u{2212}');
    let inner = in_parentheses.unwrap_or(text);
    let trimmed = inner.trim_matches(outside);
    let decoration = inner.len() - trimmed.len();
    let signed = trimmed.trim_start_matches(['-', '+', '\u{2212}']).trim_start_matches(outside);
    let negative = in_parentheses.is_some() || inner.contains(['-', '\u{2212}']) && !trimmed.starts_with('+');
    let first = signed.chars().next()?;
    // Words of more than a currency's length around it mean that it is a text with a number in it.
    (decoration <= 8 && (first.is_ascii_digit() || first == '.' || first == ',')).then(|| (signed.to_owned(), negative))
}

/// What the cells of a column say together.
#[derive(Clone, Debug, Default)]
pub struct NumberEvidence {
    pub cells: u64,
    /// Cells that are a number if the point, or the comma, is the decimal sign.
    pub point: u64,
    pub comma: u64,
    /// Cells that are a number either way, but not the same one.
    pub ambiguous: u64,
    /// Cells that are plainly written numbers (no sign of a currency) of which no digit is lost by reading them so.
    pub plain: u64,
    /// Cells of digits that are no quantity: with a leading zero, a plus in front, or more digits than a number holds.
    pub codes: u64,
}

impl NumberEvidence {
    pub fn see(&mut self, text: &str) {
        let (point, comma) = (read(text, Decimal::Point), read(text, Decimal::Comma));
        self.cells += 1;
        self.point += u64::from(point.is_some());
        self.comma += u64::from(comma.is_some());
        self.ambiguous += u64::from(point.is_some() && comma.is_some() && point != comma);
        self.plain += u64::from(is_plain(text) && (point.is_some() || comma.is_some()));
        self.codes += u64::from(is_code(text));
    }

    /// The sign that the column proves, if some of its cells can be read one way only.
    pub fn proven(&self) -> Option<Decimal> {
        match self.point.cmp(&self.comma) {
            std::cmp::Ordering::Greater => Some(Decimal::Point),
            std::cmp::Ordering::Less => Some(Decimal::Comma),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// The column holds numbers: one odd cell, or one in ten, costs itself alone; where the column's name is that of a
    /// quantity, half of the cells. A single code makes it a column of texts.
    pub fn all_numbers(&self, quantity: bool) -> bool {
        let odd = self.cells - self.plain;
        let few = odd * 10 <= self.cells || (odd == 1 && self.plain > 1) || (quantity && odd <= self.plain);
        self.plain > 0 && self.codes == 0 && few
    }

    /// It may still turn out to hold numbers.
    pub fn mostly_numbers(&self, quantity: bool) -> bool {
        self.codes == 0 && (quantity || (self.cells - self.plain) * 5 <= self.cells)
    }
}

/// Digits that stand for something: `01067`, `+4930123456`, `12345678901234567890`.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let long = digits.len() > 15 || digits.starts_with('0') || text.starts_with('+');
    digits.len() > 1 && long && digits.bytes().all(|b| b.is_ascii_digit() || b == b' ')
}

/// Digits and separators alone, without a leading zero, and few enough to be exact as a double.
fn is_plain(text: &str) -> bool {
    let digits = text.trim().trim_start_matches('-');
    let leading_zero = digits.starts_with('0') && digits.len() > 1 && !digits[1..].starts_with(['.', ',']);
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let only = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
    only && !leading_zero && (1..=15).contains(&count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations() {
        let cases = [
            ("1234.5", Some(1234.5), None),
            ("1,234.50", Some(1234.5), None),
            ("1.234,50", None, Some(1234.5)),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1234,5", None, Some(1234.5)),
            ("$1,200.00", Some(1200.0), None),
            ("1 200,00 €", None, Some(1200.0)),
            ("EUR 12", Some(12.0), Some(12.0)),
            ("12 %", Some(12.0), Some(12.0)),
            ("(5.50)", Some(-5.5), None),
            ("-3", Some(-3.0), Some(-3.0)),
            ("1'000.5", Some(1000.5), None),
            ("0.0", Some(0.0), None),
            ("1e3", None, None),
            ("twelve", None, None),
            ("", None, None),
            ("+49 40 123456", None, None),
            ("Room 12 of the old building", None, None),
        ];
        for (text, point, comma) in cases {
            assert_eq!((read(text, Decimal::Point), read(text, Decimal::Comma)), (point, comma), "{text}");
        }
    }

    #[test]
    fn currencies() {
        for (text, wanted) in [("$5", Some("USD")), ("5 €", Some("EUR")), ("CHF 5", Some("CHF")), ("5", None)] {
            assert_eq!(currency(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_column_proves_its_decimal_sign() {
        let evidence = |cells: &[&str]| {
            let mut evidence = NumberEvidence::default();
            cells.iter().for_each(|cell| evidence.see(cell));
            evidence
        };
        assert_eq!(evidence(&["1,234", "5,5"]).proven(), Some(Decimal::Comma));
        assert_eq!(evidence(&["1,234", "5.5"]).proven(), Some(Decimal::Point));
        assert_eq!(evidence(&["1,234", "5"]).proven(), None);
    }

    #[test]
    fn one_odd_cell_costs_itself_alone() {
        let holds = |cells: &[&str], quantity: bool| {
            let mut evidence = NumberEvidence::default();
            cells.iter().for_each(|cell| evidence.see(cell));
            evidence.all_numbers(quantity)
        };
        for (cells, quantity, numbers) in [
            (&["0", "0.5", "12"][..], false, true),
            (&["1", "2", "ca. 3"], false, true),
            (&["1", "ca. 3"], false, false),
            (&["1.200", "ca. 250"], true, true),
            (&["1", "2-10", "11-50"], true, false),
            (&["007"], false, false),
            (&["1", "2", "3", "007"], true, false),
            (&["+4940123456"], false, false),
            (&["12345678901234567890"], false, false),
            (&["1.2.3"], false, false),
            (&[], true, false),
        ] {
            assert_eq!(holds(cells, quantity), numbers, "{cells:?}");
        }
    }

    #[test]
    fn what_stands_beside_a_number_is_not_lost() {
        for (text, wanted) in [
            ("1.200", Some(1200.0)),
            ("1.200,50 €", Some(1200.5)),
            ("12 %", Some(12.0)),
            ("-3", Some(-3.0)),
            ("12 boxes", None),
            ("ca. 250", None),
            ("3 or 4", None),
        ] {
            assert_eq!(read_plain(text, Decimal::Comma), wanted, "{text}");
        }
    }
}
