//! Filters of texts.

use liquid_core::model::{State, Value};

use super::super::escape::Escape;
use super::{Call, text};

type Made = Result<Value, String>;

pub(super) fn unchanged(call: &Call<'_>) -> Made {
    text(call.text())
}

/// The argument where the value is missing, empty, blank or false.
pub(super) fn default(call: &Call<'_>) -> Made {
    let is_missing = call.input.query_state(State::DefaultValue)
        || call.input.is_nil()
        || (call.input.is_scalar() && call.text().trim().is_empty());
    let other = || call.arguments.first().cloned().unwrap_or(Value::Nil);
    Ok(if is_missing { other() } else { call.input.to_value() })
}

pub(super) fn append(call: &Call<'_>) -> Made {
    let other = call.argument(0).unwrap_or_default();
    call.charge(other.len())?;
    text(call.text() + &other)
}

pub(super) fn prepend(call: &Call<'_>) -> Made {
    let other = call.argument(0).unwrap_or_default();
    call.charge(other.len())?;
    text(other + &call.text())
}

pub(super) fn remove(call: &Call<'_>) -> Made {
    replaced(call, "", usize::MAX)
}

pub(super) fn remove_first(call: &Call<'_>) -> Made {
    replaced(call, "", 1)
}

pub(super) fn replace(call: &Call<'_>) -> Made {
    replaced(call, &call.argument(1).unwrap_or_default(), usize::MAX)
}

pub(super) fn replace_first(call: &Call<'_>) -> Made {
    replaced(call, &call.argument(1).unwrap_or_default(), 1)
}

/// Nothing is replaced where the text to look for is empty: Liquid's own would put text between all letters.
fn replaced(call: &Call<'_>, with: &str, times: usize) -> Made {
    let (whole, part) = (call.text(), call.argument(0).unwrap_or_default());
    if part.is_empty() {
        return text(whole);
    }
    let found = whole.matches(part.as_str()).take(times).count();
    call.charge(found.saturating_mul(with.len()))?;
    text(whole.replacen(&part, with, times))
}

pub(super) fn upcase(call: &Call<'_>) -> Made {
    text(call.text().to_uppercase())
}

pub(super) fn downcase(call: &Call<'_>) -> Made {
    text(call.text().to_lowercase())
}

pub(super) fn capitalize(call: &Call<'_>) -> Made {
    let whole = call.text();
    let mut letters = whole.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    text(first + letters.as_str())
}

pub(super) fn strip(call: &Call<'_>) -> Made {
    text(call.text().trim())
}

pub(super) fn lstrip(call: &Call<'_>) -> Made {
    text(call.text().trim_start())
}

pub(super) fn rstrip(call: &Call<'_>) -> Made {
    text(call.text().trim_end())
}

pub(super) fn strip_newlines(call: &Call<'_>) -> Made {
    text(call.text().replace(['\r', '\n'], ""))
}

/// Letters from an index, from the end where it is negative; one, or as many as the second argument says.
pub(super) fn slice(call: &Call<'_>) -> Made {
    let whole = call.text();
    let length = i64::try_from(whole.chars().count()).unwrap_or(i64::MAX);
    let start = call.integer(0).unwrap_or(0);
    let start = if start < 0 { start.saturating_add(length) } else { start };
    let (Ok(start), Ok(count)) = (usize::try_from(start), usize::try_from(call.integer(1).unwrap_or(1))) else {
        return text("");
    };
    text(whole.chars().skip(start).take(count).collect::<String>())
}

/// At most as many letters as the first argument says (50), the ending among them.
pub(super) fn truncate(call: &Call<'_>) -> Made {
    let (whole, ending) = (call.text(), call.argument(1).unwrap_or_else(|| "…".into()));
    let limit = usize::try_from(call.integer(0).unwrap_or(50)).unwrap_or(0);
    if whole.chars().count() <= limit {
        return text(whole);
    }
    let kept = limit.saturating_sub(ending.chars().count());
    text(whole.chars().take(kept).collect::<String>() + &ending)
}

/// At most as many words as the first argument says (15).
pub(super) fn truncatewords(call: &Call<'_>) -> Made {
    let (whole, ending) = (call.text(), call.argument(1).unwrap_or_else(|| "…".into()));
    let limit = usize::try_from(call.integer(0).unwrap_or(15)).unwrap_or(0).max(1);
    let words: Vec<&str> = whole.split_whitespace().take(limit + 1).collect();
    if words.len() <= limit {
        return text(whole);
    }
    text(words[..limit].join(" ") + &ending)
}

/// Percent-encodes; inside a URL this happens anyway, so that nothing is encoded twice.
pub(super) fn url_encode(call: &Call<'_>) -> Made {
    let whole = call.text();
    if call.in_url {
        return text(whole);
    }
    call.charge(whole.len().saturating_mul(3))?;
    let mut out = String::new();
    Escape::UrlPart.write(&whole, &mut out);
    text(out)
}
