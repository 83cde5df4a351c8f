//! Where a list goes on: opaque to whoever is given it, checked when it comes back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::refusal::Refusal;

const DEFAULT_LIMIT: usize = 50;
const HIGHEST_LIMIT: usize = 500;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What `cursor` is to be for the next part; null behind the last
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` of items, of which one more was asked for to see whether there is a next page.
    /// `key` says where an item stands.
    pub fn cut<K: Serialize>(mut items: Vec<T>, limit: usize, key: impl FnOnce(&T) -> K) -> Page<T> {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| write(&key(last)));
        Page { items, next }
    }
}

pub fn write<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads a cursor that `write` gave, where there is one.
pub fn read<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, Refusal> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let wrong = || {
        Refusal::Malformed("`cursor` does not belong to this list; pass `next` of the previous page unchanged".into())
    };
    key.map(Some).ok_or_else(wrong)
}

/// How long a page is to be.
pub fn limit(asked: Option<usize>) -> Result<usize, Refusal> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=HIGHEST_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Refusal::Malformed(format!("`limit` is from 1 to {HIGHEST_LIMIT}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_nonsense_is_refused() {
        let cursor = write(&("ä/+", -7, Some(1.5)));
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{cursor}");
        assert_eq!(read::<(String, i64, Option<f64>)>(Some(&cursor)).unwrap(), Some(("ä/+".into(), -7, Some(1.5))));
        assert_eq!(read::<i64>(None).unwrap(), None);
        for nonsense in ["", "!", "e30", &cursor] {
            assert!(matches!(read::<i64>(Some(nonsense)), Err(Refusal::Malformed(_))), "{nonsense}");
        }
    }

    #[test]
    fn a_page_says_whether_there_is_more() {
        assert_eq!(Page::cut(vec![1, 2, 3], 3, |last| *last).next, None);
        let page = Page::cut(vec![1, 2, 3], 2, |last| *last);
        assert_eq!((page.items, read::<i32>(page.next.as_deref()).unwrap()), (vec![1, 2], Some(2)));
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err() && limit(Some(500)).is_ok());
    }
}
