//! Numbers as they are written in JSON: an id keeps the digits that were written, and a number that no double holds is
//! kept as text (contract §2, Who 3 and 21).

use std::borrow::Cow;

/// A double distinguishes numbers of up to this many significant digits.
const DOUBLE_DIGITS: usize = 17;

/// The decimal text of a JSON number, which is the id that the number stands for: without exponent, without zeros at the
/// end of the fraction, and with all digits that were written. A number outside the range of doubles stays as it was
/// written: `1e1000000` must not become a million digits.
///
/// ```
/// use attractor_engine::message::decimal_text;
///
/// assert_eq!(decimal_text("20000000000000000001.0"), "20000000000000000001");
/// assert_eq!(decimal_text("1.50e3"), "1500");
/// assert_eq!(decimal_text("1e400"), "1e400");
/// ```
pub fn decimal_text(number: &str) -> Cow<'_, str> {
    if number == "-0" {
        return Cow::Borrowed("0");
    }
    if number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) || is_out_of_range(number) {
        return Cow::Borrowed(number);
    }
    Cow::Owned(expanded(number))
}

/// Whether no double holds the number: it would become infinite, or 0 although it is not.
pub(super) fn is_out_of_range(number: &str) -> bool {
    match number.parse() {
        Ok(value) => f64::is_infinite(value) || value == 0.0 && significant_digits(number) > 0,
        Err(_) => true,
    }
}

/// Whether a program that reads numbers as doubles, or whole numbers as 64 bits, would lose digits of this one.
pub(super) fn loses_digits(number: &str) -> bool {
    significant_digits(number) > DOUBLE_DIGITS && number.parse::<i64>().is_err() && number.parse::<u64>().is_err()
}

fn significant_digits(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len()
}

/// Writes a number within the range of doubles without its exponent.
fn expanded(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    // Only zero comes with an exponent too large for this.
    let point = exponent.parse::<i64>().map_or(0, |exponent| exponent.saturating_add(whole.len() as i64));
    let leading = digits.bytes().take_while(|byte| *byte == b'0').count();
    let digits = digits.trim_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let point = point - leading as i64;
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    match digits.split_at_checked(point as usize) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(point as usize - digits.len())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_the_digits_that_were_written() {
        let long = "9".repeat(400);
        for (number, text) in [
            ("7", "7"),
            ("-7", "-7"),
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0e999999999999999999999", "0"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-1.50e1", "-15"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("12e-3", "0.012"),
            ("0.001e3", "1"),
            ("18446744073709551615", "18446744073709551615"),
            ("20000000000000000001", "20000000000000000001"),
            ("-20000000000000000001", "-20000000000000000001"),
            ("20000000000000000001.0", "20000000000000000001"),
            ("0.1000000000000000000001", "0.1000000000000000000001"),
            ("1e400", "1e400"),
            ("-1e400", "-1e400"),
            ("1e-400", "1e-400"),
            ("1e1000000", "1e1000000"),
            (&long, &long),
        ] {
            assert_eq!(decimal_text(number), text, "{number}");
        }
        assert_eq!(decimal_text("1e308").len(), 309);
    }

    #[test]
    fn only_numbers_beyond_doubles_and_64_bits_lose_digits() {
        for number in ["20000000000000000001", "-9223372036854775809", "0.123456789012345678", "1.00000000000000000002"]
        {
            assert!(loses_digits(number), "{number}");
        }
        for number in ["18446744073709551615", "-9223372036854775808", "1e300", "0.1", "20000000000000000000"] {
            assert!(!loses_digits(number), "{number}");
        }
    }

    proptest! {
        /// `Display` of a double writes its shortest digits, without an exponent.
        #[test]
        fn a_double_reads_as_it_prints(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            for written in [format!("{value:e}"), value.to_string()] {
                prop_assert_eq!(decimal_text(&written).into_owned(), value.to_string());
            }
        }
    }
}
