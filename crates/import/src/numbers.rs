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
pub struct Evidence {
    pub cells: u64,
    /// Cells that are a number if the point, or the comma, is the decimal sign.
    pub point: u64,
    pub comma: u64,
    /// Cells that are a number either way, but not the same one.
    pub ambiguous: u64,
    /// Cells that are plainly written numbers (no sign of a currency) of which no digit is lost by reading them so.
    pub plain: u64,
}

impl Evidence {
    pub fn see(&mut self, text: &str) {
        let (point, comma) = (read(text, Decimal::Point), read(text, Decimal::Comma));
        self.cells += 1;
        self.point += u64::from(point.is_some());
        self.comma += u64::from(comma.is_some());
        self.ambiguous += u64::from(point.is_some() && comma.is_some() && point != comma);
        self.plain += u64::from(is_plain(text));
    }

    /// The sign that the column proves, if some of its cells can be read one way only.
    pub fn proven(&self) -> Option<Decimal> {
        match self.point.cmp(&self.comma) {
            std::cmp::Ordering::Greater => Some(Decimal::Point),
            std::cmp::Ordering::Less => Some(Decimal::Comma),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// Every cell is a number, and none an article number, a telephone number or a postal code.
    pub fn all_numbers(&self) -> bool {
        self.cells > 0 && self.plain == self.cells && self.point.max(self.comma) == self.cells
    }
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
            let mut evidence = Evidence::default();
            cells.iter().for_each(|cell| evidence.see(cell));
            evidence
        };
        assert_eq!(evidence(&["1,234", "5,5"]).proven(), Some(Decimal::Comma));
        assert_eq!(evidence(&["1,234", "5.5"]).proven(), Some(Decimal::Point));
        assert_eq!(evidence(&["1,234", "5"]).proven(), None);
        assert!(evidence(&["0", "0.5", "12"]).all_numbers());
        assert!(!evidence(&["007"]).all_numbers());
        assert!(!evidence(&["+4940123456"]).all_numbers());
        assert!(!evidence(&["12345678901234567890"]).all_numbers());
    }
}
