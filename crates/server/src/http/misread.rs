//! All that is wrong with a JSON body that is not what a handler expects. The reader stops at the first error, so each place
//! that is wrong gets a value that can be read, until nothing is wrong any more or no such value is found.

use std::collections::VecDeque;

use attractor_engine::misread::said_of;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

/// As many errors are reported.
const MOST: usize = 20;
/// In bytes: of a longer body the first error alone is reported, because it is read again for each.
const LONGEST: usize = 16 << 10;
/// An object that is put in gets as many fields at most,
const FIELDS: usize = 8;
/// and is in as many others at most.
const DEEPEST: usize = 2;

/// Something that is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// A JSON pointer into the body.
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

/// Everything that is wrong with a body, in the order in which it is read; `first` is what the reader found in its text.
pub fn all<T: DeserializeOwned>(body: &[u8], first: Misread) -> Vec<Misread> {
    let mut found = vec![first];
    let whole = Some(body).filter(|body| body.len() <= LONGEST);
    let Some(mut value) = whole.and_then(|body| serde_json::from_slice::<Value>(body).ok()) else { return found };
    let mut next = first_wrong::<T>(&value);
    // The first one again, in the value.
    let mut is_known = next.as_ref().is_some_and(|wrong| wrong.pointer == found[0].pointer);
    while let Some(wrong) = next {
        if !std::mem::replace(&mut is_known, false) {
            found.push(Misread { pointer: wrong.pointer.clone(), why: wrong.why.clone() });
        }
        if found.len() == MOST {
            break;
        }
        let Some(repaired) = wrong.repaired::<T>(&value, 0) else { break };
        (value, next) = repaired;
    }
    found
}

/// The JSON pointer of a place.
pub fn pointer(path: &Path) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } | Segment::Enum { variant: key } => format!("/{}", escaped(key)),
        Segment::Unknown => String::new(),
    };
    path.iter().map(step).collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// An error of the reader.
struct Wrong {
    pointer: String,
    why: String,
    /// In the words of the reader.
    text: String,
}

fn first_wrong<T: DeserializeOwned>(value: &Value) -> Option<Wrong> {
    let error = serde_path_to_error::deserialize::<_, T>(value).err()?;
    let pointer = pointer(error.path());
    let error = error.into_inner();
    Some(Wrong { pointer, why: said_of(&error), text: error.to_string() })
}

impl Wrong {
    /// The value with something that can be read in this place, and the next error; `None` where nothing fits. `depth` is how
    /// many objects that were put in before it is in.
    fn repaired<T: DeserializeOwned>(&self, value: &Value, depth: usize) -> Option<(Value, Option<Wrong>)> {
        let place = self.place();
        let is_past =
            |next: &Option<Wrong>| next.as_ref().is_none_or(|next| !next.is_within(&place) && !next.is_same(self));
        let (mut left, mut is_hinted) = (VecDeque::from(self.candidates()), false);
        while let Some(candidate) = left.pop_front() {
            let may_have_fields = depth < DEEPEST && matches!(candidate, Some(Value::Object(_)));
            let mut tried = value.clone();
            put(&mut tried, &place, candidate)?;
            let mut next = first_wrong::<T>(&tried);
            for _ in 0..if may_have_fields { FIELDS } else { 0 } {
                let inner = next.as_ref().filter(|_| !is_past(&next));
                let Some(repaired) = inner.and_then(|inner| inner.repaired::<T>(&tried, depth + 1)) else { break };
                (tried, next) = repaired;
            }
            if is_past(&next) {
                return Some((tried, next));
            }
            // Now that something is there, the reader may say which word it expects.
            if let Some(word) = next.as_ref().and_then(Wrong::expected_word).filter(|_| !is_hinted) {
                left.push_front(Some(word));
                is_hinted = true;
            }
        }
        None
    }

    /// The JSON pointer of what has to be another value.
    fn place(&self) -> String {
        match self.named("missing field `").or_else(|| self.named("unknown field `")) {
            Some(name) if !self.pointer.ends_with(&format!("/{}", escaped(name))) => {
                format!("{}/{}", self.pointer, escaped(name))
            }
            _ => self.pointer.clone(),
        }
    }

    /// Values to try there; `None` stands for nothing at all.
    fn candidates(&self) -> Vec<Option<Value>> {
        if self.named("unknown field `").is_some() {
            return vec![None];
        }
        let plain = [Value::Null, json!(""), json!(0), json!(false), json!({}), json!([])];
        self.expected_word().into_iter().chain(plain).map(Some).collect()
    }

    /// The first of the words that are possible there, where the reader lists them.
    fn expected_word(&self) -> Option<Value> {
        self.text.split_once("expected ").and_then(|(_, words)| words.split('`').nth(1)).map(Value::from)
    }

    fn named(&self, start: &str) -> Option<&str> {
        Some(self.text.strip_prefix(start)?.split_once('`')?.0)
    }

    fn is_within(&self, place: &str) -> bool {
        self.pointer.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn is_same(&self, other: &Wrong) -> bool {
        (&self.pointer, &self.text) == (&other.pointer, &other.text)
    }
}

/// Puts a value in a place, or removes what is there; `None` if there is no such place.
fn put(whole: &mut Value, place: &str, value: Option<Value>) -> Option<()> {
    let Some((parent, key)) = place.rsplit_once('/') else {
        *whole = value?;
        return Some(());
    };
    match (whole.pointer_mut(parent)?, value) {
        (Value::Object(members), value) => {
            let key = key.replace("~1", "/").replace("~0", "~");
            match value {
                Some(value) => drop(members.insert(key, value)),
                None => drop(members.shift_remove(&key)?),
            }
        }
        (Value::Array(items), Some(value)) => *items.get_mut(key.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Public,
        Server,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "it is only read")]
    struct Inner {
        at: i64,
        words: Vec<String>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "it is only read")]
    struct Outer {
        name: String,
        kind: Kind,
        inner: Inner,
        many: Option<Vec<Inner>>,
    }

    fn pointers(body: &Value) -> Vec<String> {
        let text = body.to_string();
        let error = serde_path_to_error::deserialize::<_, Outer>(&mut serde_json::Deserializer::from_str(&text));
        let error = error.err().unwrap();
        let first = Misread { pointer: pointer(error.path()), why: error.to_string() };
        let found = all::<Outer>(text.as_bytes(), first);
        found.into_iter().map(|one| format!("{} {}", one.pointer, one.why)).collect()
    }

    #[test]
    fn every_wrong_place_is_reported_once() {
        let inner = json!({"at": 1, "words": []});
        for (body, expected) in [
            (json!({"name": 1, "kind": "public", "inner": inner}), vec!["/name"]),
            (json!({"name": 1, "kind": "privat", "inner": inner, "x": 1}), vec!["/name", "/kind", "/x"]),
            (json!({}), vec![" ", " `kind` is missing", " `inner` is missing"]),
            (
                json!({"name": "a", "inner": {"at": "b", "words": [1, "c", 2]}}),
                vec!["/inner/at", "/inner/words/0", "/inner/words/2", " `kind`"],
            ),
            (
                json!({"name": "a", "kind": 5, "inner": 7, "many": [{"at": 1}, {"words": 5, "at": 2}]}),
                vec!["/kind", "/inner", "/many/0 `words`", "/many/1/words"],
            ),
            (json!([]), vec![""]),
        ] {
            let found = pointers(&body);
            assert_eq!(found.len(), expected.len(), "{body}: {found:#?}");
            assert!(found.iter().zip(&expected).all(|(found, begins)| found.starts_with(begins)), "{body}: {found:#?}");
        }
    }

    #[test]
    fn a_body_full_of_errors_gives_no_more_than_can_be_read() {
        let body = json!({"name": "a", "kind": "server", "inner": {"at": 1, "words": vec![0; 500]}});
        assert_eq!(pointers(&body).len(), MOST);
    }
}
