//! What an unquoted YAML scalar is: the core schema of YAML 1.2, where `yes` is text.

use super::marked::Data;

pub(super) fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    match number(text) {
        Some(value) => Data::Number(value, text.into()),
        None => Data::Text(text.into()),
    }
}

/// The number that an unquoted scalar stands for; it may be infinite or no number (`.nan`).
pub(super) fn number(text: &str) -> Option<f64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        ".nan" | ".NaN" | ".NAN" if unsigned == text => Some(f64::NAN),
        _ if is_decimal(unsigned) => text.parse().ok(),
        _ => None,
    }
}

fn radix(digits: &str, base: u32) -> Option<f64> {
    let value = digits.chars().try_fold(0.0, |n, c| Some(n * f64::from(base) + f64::from(c.to_digit(base)?)))?;
    (!digits.is_empty()).then_some(value)
}

/// `12`, `12.`, `1.5`, `.5`, each with or without an exponent; no sign before.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.map(|e| e.strip_prefix(['-', '+']).unwrap_or(e));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

/// Whether a text reads as a number where numbers are compared (contract §3): decimal, blanks around it ignored.
pub(super) fn reads_as_number(text: &str) -> bool {
    let text = text.trim();
    is_decimal(text.strip_prefix(['-', '+']).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquoted_scalars_are_what_yaml_1_2_says() {
        let numbers = [
            ("0", 0.0),
            ("-12", -12.0),
            ("+3", 3.0),
            ("007", 7.0),
            ("0x1F", 31.0),
            ("0o17", 15.0),
            ("1e3", 1000.0),
            ("1.5E-2", 0.015),
            (".5", 0.5),
            ("2.", 2.0),
            ("-.inf", f64::NEG_INFINITY),
        ];
        for (text, value) in numbers {
            assert_eq!(resolve(text), Data::Number(value, text.into()), "{text}");
        }
        assert!(matches!(resolve(".nan"), Data::Number(n, _) if n.is_nan()));
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "0b1",
            "1_000",
            "1e",
            "e1",
            ".",
            "-",
            "+.e1",
            "0x",
            "0xG",
            "1:30",
            "-.nan",
            "inf",
            "nan",
            "-0x1",
            "2024-01-01",
            "tRUE",
        ] {
            assert_eq!(resolve(text), Data::Text(text.into()), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Data::Null, "{text}");
        }
        assert_eq!((resolve("True"), resolve("FALSE")), (Data::Bool(true), Data::Bool(false)));
    }

    #[test]
    fn texts_that_compare_as_numbers() {
        for text in [" 5 ", "5.0", "-3", "+.5e1", "5e1", "2."] {
            assert!(reads_as_number(text), "{text}");
        }
        for text in ["", "five", "5 6", "0x1F", ".inf", "1e", "--1", "+ 1"] {
            assert!(!reads_as_number(text), "{text}");
        }
    }
}
