//! Filters of numbers. Whole numbers stay whole; what has no 64 bits becomes a real number.

use liquid_core::model::Value;

use super::{Call, text};

type Made = Result<Value, String>;

/// A number as templates compute with it.
#[derive(Clone, Copy)]
enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    fn of(value: &dyn liquid_core::model::ValueView) -> Self {
        let Some(scalar) = value.as_scalar() else { return Self::Whole(0) };
        match (scalar.to_integer(), scalar.to_float()) {
            (Some(whole), _) => Self::Whole(whole),
            (None, Some(real)) if real.is_finite() => Self::Real(real),
            _ => scalar.to_kstr_number(),
        }
    }

    fn real(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss)] // Reports need no more than 15 digits.
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Whole(whole) => Value::scalar(whole),
            Self::Real(real) => Value::scalar(real),
        }
    }
}

/// Reads a number from a text.
trait AsNumber {
    fn to_kstr_number(&self) -> Number;
}

impl AsNumber for liquid_core::model::ScalarCow<'_> {
    fn to_kstr_number(&self) -> Number {
        use liquid_core::model::ValueView as _;
        let text = self.to_kstr();
        let real: f64 = text.trim().parse().unwrap_or(0.0);
        if real.is_finite() { Number::Real(real) } else { Number::Whole(0) }
    }
}

/// The input and the first argument.
fn pair(call: &Call<'_>) -> (Number, Number) {
    let nil = Value::Nil;
    (Number::of(call.input), Number::of(call.arguments.first().unwrap_or(&nil)))
}

fn computed(call: &Call<'_>, whole: fn(i64, i64) -> Option<i64>, real: fn(f64, f64) -> f64) -> Made {
    let (a, b) = pair(call);
    if let (Number::Whole(a), Number::Whole(b)) = (a, b)
        && let Some(result) = whole(a, b)
    {
        return Ok(Value::scalar(result));
    }
    let result = real(a.real(), b.real());
    if result.is_finite() { Ok(Value::scalar(result)) } else { Err("a number is divided by zero or too large".into()) }
}

pub(super) fn plus(call: &Call<'_>) -> Made {
    computed(call, i64::checked_add, |a, b| a + b)
}

pub(super) fn minus(call: &Call<'_>) -> Made {
    computed(call, i64::checked_sub, |a, b| a - b)
}

pub(super) fn times(call: &Call<'_>) -> Made {
    computed(call, i64::checked_mul, |a, b| a * b)
}

/// Whole numbers give a whole number, rounded down.
pub(super) fn divided_by(call: &Call<'_>) -> Made {
    computed(call, |a, b| if b == 0 { None } else { a.checked_div_euclid(b) }, |a, b| a / b)
}

pub(super) fn modulo(call: &Call<'_>) -> Made {
    computed(call, |a, b| if b == 0 { None } else { a.checked_rem_euclid(b) }, f64::rem_euclid)
}

pub(super) fn at_least(call: &Call<'_>) -> Made {
    let (a, b) = pair(call);
    Ok(if a.real() < b.real() { b.value() } else { a.value() })
}

pub(super) fn at_most(call: &Call<'_>) -> Made {
    let (a, b) = pair(call);
    Ok(if a.real() > b.real() { b.value() } else { a.value() })
}

pub(super) fn abs(call: &Call<'_>) -> Made {
    Ok(match Number::of(call.input) {
        Number::Whole(whole) => Value::scalar(whole.saturating_abs()),
        Number::Real(real) => Value::scalar(real.abs()),
    })
}

pub(super) fn ceil(call: &Call<'_>) -> Made {
    Ok(whole(Number::of(call.input), f64::ceil))
}

pub(super) fn floor(call: &Call<'_>) -> Made {
    Ok(whole(Number::of(call.input), f64::floor))
}

fn whole(number: Number, round: fn(f64) -> f64) -> Value {
    match number {
        Number::Whole(whole) => Value::scalar(whole),
        #[allow(clippy::cast_possible_truncation)] // A cast from f64 saturates.
        Number::Real(real) => Value::scalar(round(real) as i64),
    }
}

/// The most decimals that are written; more are not exact.
const DECIMALS: i64 = 9;

pub(super) fn round(call: &Call<'_>) -> Made {
    match call.integer(0).unwrap_or(0).clamp(0, DECIMALS) {
        0 => Ok(whole(Number::of(call.input), f64::round)),
        decimals => {
            let scale = 10f64.powi(i32::try_from(decimals).unwrap_or(0));
            Ok(Value::scalar((Number::of(call.input).real() * scale).round() / scale))
        }
    }
}

/// A number with the separators of the language, and as many decimals as the argument says, else as many as it has.
pub(super) fn number(call: &Call<'_>) -> Made {
    if call.input.is_nil() {
        return text("");
    }
    text(grouped(call, Number::of(call.input), call.integer(0)))
}

/// An amount in a currency, such as `1.234,50 €`; two decimals, or as many as the second argument says.
pub(super) fn money(call: &Call<'_>) -> Made {
    if call.input.is_nil() {
        return text("");
    }
    let code = call.argument(0).unwrap_or_default();
    let amount = grouped(call, Number::of(call.input), Some(call.integer(1).unwrap_or(2)));
    let sign = match code.as_str() {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "JPY" => "¥",
        other => other,
    };
    let words = call.locale.language.words();
    let gap = if sign.chars().count() == 1 && words.currency_first { "" } else { "\u{A0}" };
    text(if words.currency_first { format!("{sign}{gap}{amount}") } else { format!("{amount}{gap}{sign}") })
}

fn grouped(call: &Call<'_>, number: Number, decimals: Option<i64>) -> String {
    let decimals = decimals.map(|decimals| usize::try_from(decimals.clamp(0, DECIMALS)).unwrap_or(0));
    let plain = match (number, decimals) {
        (Number::Whole(whole), None) => whole.to_string(),
        (Number::Real(real), None) => real.to_string(),
        (number, Some(decimals)) => format!("{:.decimals$}", number.real()),
    };
    let (sign, plain) = plain.strip_prefix('-').map_or(("", plain.as_str()), |plain| ("-", plain));
    let (whole, part) = plain.split_once('.').unwrap_or((plain, ""));
    let words = call.locale.language.words();
    let mut out = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(words.group);
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out.push(words.decimal);
        out.push_str(part);
    }
    out
}
