//! Filters of lists.

use std::collections::BTreeSet;

use liquid_core::model::{Value, ValueView};

use super::super::state::text_of;
use super::{Call, text};

type Made = Result<Value, String>;

/// The items of a list; any other value is a list of one, nil of none.
fn items(call: &Call<'_>) -> Vec<Value> {
    match call.input.as_array() {
        Some(array) => array.values().map(ValueView::to_value).collect(),
        None if call.input.is_nil() => Vec::new(),
        None => vec![call.input.to_value()],
    }
}

pub(super) fn first(call: &Call<'_>) -> Made {
    Ok(items(call).into_iter().next().unwrap_or(Value::Nil))
}

pub(super) fn last(call: &Call<'_>) -> Made {
    Ok(items(call).pop().unwrap_or(Value::Nil))
}

pub(super) fn reverse(call: &Call<'_>) -> Made {
    Ok(Value::array(items(call).into_iter().rev()))
}

/// How many items a list has, or letters a text.
pub(super) fn size(call: &Call<'_>) -> Made {
    let size = match (call.input.as_array(), call.input.as_object()) {
        (Some(array), _) => array.size(),
        (None, Some(object)) => object.size(),
        (None, None) => i64::try_from(call.text().chars().count()).unwrap_or(i64::MAX),
    };
    Ok(Value::scalar(size))
}

pub(super) fn join(call: &Call<'_>) -> Made {
    let between = call.argument(0).unwrap_or_else(|| " ".into());
    let parts: Vec<String> = items(call).iter().map(|item| text_of(item)).collect();
    call.charge(parts.len().saturating_mul(between.len()))?;
    text(parts.join(&between))
}

/// The parts between a text; with an empty text, the letters.
pub(super) fn split(call: &Call<'_>) -> Made {
    let (whole, between) = (call.text(), call.argument(0).unwrap_or_default());
    // Each part costs more memory than its letters.
    call.charge(whole.len().saturating_mul(8))?;
    let part = |part: &str| Value::scalar(part.to_owned());
    Ok(match between.as_str() {
        _ if whole.is_empty() => Value::array([]),
        "" => Value::array(whole.chars().map(|c| Value::scalar(c.to_string()))),
        between => Value::array(whole.split(between).map(part)),
    })
}

/// In the order of numbers where all are numbers, else of lowercase text.
pub(super) fn sort(call: &Call<'_>) -> Made {
    let mut items = items(call);
    call.charge(items.len().saturating_mul(16))?;
    let number = |item: &Value| item.as_scalar().and_then(|scalar| scalar.to_float());
    if items.iter().all(|item| number(item).is_some()) {
        items.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)));
    } else {
        items.sort_by_cached_key(|item| text_of(item).to_lowercase());
    }
    Ok(Value::array(items))
}

pub(super) fn uniq(call: &Call<'_>) -> Made {
    let mut seen = BTreeSet::new();
    Ok(Value::array(items(call).into_iter().filter(|item| seen.insert(text_of(item)))))
}
