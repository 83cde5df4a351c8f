//! A text becomes another value's with as few changes as that needs: what stays the same keeps its bytes, and with them
//! its comments and its layout.

use serde_json::Value as Json;

use super::layout::{Entry, Piece, Shape, layout};
use super::render::{self, Room, behind_colon, entry, item, quoted};
use super::sheet::{Elements, Sheet, Splice, splice, spliced};

/// Single changes until a text is given up: more than any edit of one entry needs.
const MOST: usize = 2_000;

/// The text with `wanted` as its value. The error is why it cannot be.
pub(super) fn morphed(text: &str, wanted: &Json) -> Result<String, String> {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    let breaks = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = text.to_owned();
    for _ in 0..MOST {
        let root = layout(&text)?;
        let slot = Slot { behind: root.start, column: 0, is_flow: false };
        let Some(splices) = Morph { sheet: Sheet(&text), is_json }.value(&root, wanted, slot) else { return Ok(text) };
        let splices = splices.into_iter().map(|s| Splice { text: s.text.replace('\n', breaks), ..s }).collect();
        let next = spliced(&text, splices);
        if next == text {
            break;
        }
        text = next;
    }
    Err("its layout does not allow this change in place".into())
}

/// Where a value is written.
#[derive(Clone, Copy)]
struct Slot {
    /// Behind the colon or the dash before it.
    behind: usize,
    /// The column of the key or the dash.
    column: usize,
    is_flow: bool,
}

struct Morph<'a> {
    sheet: Sheet<'a>,
    /// What is JSON stays JSON.
    is_json: bool,
}

impl Morph<'_> {
    /// The next change on the way; `None` where none is left.
    fn value(&self, piece: &Piece, wanted: &Json, slot: Slot) -> Option<Vec<Splice>> {
        match (&piece.shape, wanted) {
            _ if piece.json() == *wanted => None,
            (Shape::Map { entries, is_flow }, Json::Object(members))
                if entries.iter().any(|entry| members.contains_key(&entry.key)) =>
            {
                self.map(piece, entries, *is_flow, members)
            }
            (Shape::List { items, is_flow }, Json::Array(values))
                if !values.is_empty() && *is_flow | !items.is_empty() =>
            {
                self.list(piece, items, *is_flow, values, slot)
            }
            _ => Some(self.instead(piece, wanted, slot)),
        }
    }

    /// Another value in the place of one.
    fn instead(&self, piece: &Piece, wanted: &Json, slot: Slot) -> Vec<Splice> {
        let before = self.sheet.column(slot.behind) + 1;
        let room = Room { column: slot.column, before, is_flow: slot.is_flow, is_block: false };
        let text = behind_colon(wanted, room);
        let (start, end) = (piece.start, piece.end);
        match &piece.shape {
            Shape::List { is_flow: false, .. } | Shape::Map { is_flow: false, .. } => {
                let line_end = self.sheet.line_end(slot.behind);
                match self.sheet.comment_behind(slot.behind).filter(|_| line_end < start) {
                    Some(_) => vec![splice(slot.behind, slot.behind, text), splice(line_end, end, "")],
                    None => vec![splice(slot.behind, end, text)],
                }
            }
            Shape::Whole { is_block: true, .. } => vec![splice(slot.behind, end, text)],
            Shape::Whole { is_quoted: true, .. } if wanted.is_string() => {
                vec![splice(start, end, quoted(wanted.as_str().unwrap_or_default()))]
            }
            _ if text.starts_with('\n') || start == end => vec![splice(slot.behind, end, text)],
            _ => vec![splice(start, end, self.inline(wanted))],
        }
    }

    fn map(
        &self,
        piece: &Piece,
        entries: &[Entry],
        is_flow: bool,
        members: &serde_json::Map<String, Json>,
    ) -> Option<Vec<Splice>> {
        let spans = entries.iter().map(|entry| (entry.start, entry.value.end.max(entry.key_end))).collect();
        let elements = Elements { sheet: self.sheet, spans, is_flow, whole: (piece.start, piece.end) };
        if let Some(gone) = entries.iter().position(|entry| !members.contains_key(&entry.key)) {
            return Some(elements.without(gone));
        }
        let changed = entries.iter().find_map(|entry| {
            let slot =
                Slot { behind: self.behind_colon(entry.key_end), column: self.sheet.column(entry.start), is_flow };
            self.value(&entry.value, members.get(&entry.key)?, slot)
        });
        changed.or_else(|| {
            let column = entries.first().map_or(0, |first| self.sheet.column(first.start));
            let is_there = |key: &str| entries.iter().any(|entry| entry.key == key);
            let (key, value) = members.iter().find(|(key, _)| !is_there(key))?;
            let before = members.keys().take_while(|other| *other != key).last();
            let at = before.and_then(|before| entries.iter().position(|entry| entry.key == *before));
            Some(elements.with(at.map_or(0, |at| at + 1), &entry(key, value, column), &self.pair(key, value)))
        })
    }

    fn inline(&self, value: &Json) -> String {
        if self.is_json { value.to_string() } else { render::inline(value) }
    }

    fn pair(&self, key: &str, value: &Json) -> String {
        match self.is_json {
            true => format!("{}: {value}", quoted(key)),
            false => render::pair(key, value),
        }
    }

    fn behind_colon(&self, key_end: usize) -> usize {
        self.sheet.0[key_end..].find(':').map_or(key_end, |at| key_end + at + 1)
    }

    fn list(&self, piece: &Piece, items: &[Piece], is_flow: bool, values: &[Json], slot: Slot) -> Option<Vec<Splice>> {
        let old: Vec<Json> = items.iter().map(Piece::json).collect();
        let dashes: Vec<usize> =
            items.iter().map(|item| self.dash(item, is_flow)).collect::<Option<_>>().unwrap_or_default();
        if dashes.len() != items.len() {
            return Some(self.instead(piece, &Json::Array(values.to_vec()), slot));
        }
        let spans = dashes.iter().zip(items).map(|(dash, item)| (*dash, item.end.max(*dash + 1))).collect();
        let elements = Elements { sheet: self.sheet, spans, is_flow, whole: (piece.start, piece.end) };
        match order(&old, values) {
            Order::Same => items
                .iter()
                .zip(values)
                .zip(&dashes)
                .find_map(|((item, value), dash)| self.value(item, value, self.slot_of_item(item, *dash, is_flow))),
            Order::Into(at) => self.value(&items[at], &values[at], self.slot_of_item(&items[at], dashes[at], is_flow)),
            Order::Add(at) => {
                let column = dashes.first().map_or(0, |dash| self.sheet.column(*dash));
                let is_block = items.last().is_some_and(Piece::is_block_map);
                let room = Room { column, before: column + 2, is_flow: false, is_block };
                Some(elements.with(at, &item(&values[at], room), &self.inline(&values[at])))
            }
            Order::Remove(at) => Some(elements.without(at)),
            Order::Move { from, before } => {
                let whole = || self.instead(piece, &Json::Array(values.to_vec()), slot);
                Some(elements.moved(from, before).unwrap_or_else(whole))
            }
        }
    }

    /// Where an item begins: its dash, or in brackets the item itself.
    fn dash(&self, item: &Piece, is_flow: bool) -> Option<usize> {
        if is_flow {
            return Some(item.start);
        }
        let before = self.sheet.0[..item.start].trim_end();
        before.ends_with('-').then(|| before.len() - 1)
    }

    fn slot_of_item(&self, item: &Piece, dash: usize, is_flow: bool) -> Slot {
        let behind = if is_flow { item.start } else { dash + 1 };
        Slot { behind, column: self.sheet.column(dash), is_flow }
    }
}

/// What is next to make one list of another; positions are those before the change.
#[derive(Debug, PartialEq)]
enum Order {
    /// They are the same items in the same order; some may differ in themselves.
    Same,
    /// This item becomes another one.
    Into(usize),
    /// The wanted item at this position is new.
    Add(usize),
    Remove(usize),
    Move {
        from: usize,
        before: usize,
    },
}

fn order(old: &[Json], new: &[Json]) -> Order {
    let Some(at) = (0..old.len().max(new.len())).find(|at| !is_at(old, new, *at)) else { return Order::Same };
    let position = |list: &[Json], one: &Json| (at..list.len()).find(|other| are_one(&list[*other], one));
    let old_in_new = old.get(at).map(|one| position(new, one));
    let new_in_old = new.get(at).map(|one| position(old, one));
    match (old_in_new, new_in_old) {
        (None, _) => Order::Add(at),
        (_, None) => Order::Remove(at),
        (Some(None), Some(None)) if id(&old[at]).is_none() && id(&new[at]).is_none() => Order::Into(at),
        (_, Some(None)) => Order::Add(at),
        (Some(None), _) => Order::Remove(at),
        (Some(Some(_)), Some(Some(from))) => {
            let to = |next: &Json| old.iter().position(|one| are_one(one, next));
            match old.get(at + 1).is_some_and(|next| are_one(next, &new[at])) {
                // Only this one is elsewhere: what comes before it there is already in its place.
                true => match position(new, &old[at]).and_then(|place| to(&new[place - 1])) {
                    Some(last) if last > at => Order::Move { from: at, before: last + 1 },
                    _ => Order::Move { from, before: at },
                },
                false => Order::Move { from, before: at },
            }
        }
    }
}

fn is_at(old: &[Json], new: &[Json], at: usize) -> bool {
    old.get(at).zip(new.get(at)).is_some_and(|(one, other)| are_one(one, other))
}

/// Whether two items are the same thing: by their id, else by all that they are.
fn are_one(one: &Json, other: &Json) -> bool {
    match (id(one), id(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one == other,
        _ => false,
    }
}

fn id(item: &Json) -> Option<&str> {
    item.get("id").and_then(Json::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_made_of_others_one_change_at_a_time() {
        let cases = [
            (json!([1, 2, 3]), json!([1, 2, 3]), Order::Same),
            (json!([{"id": "a", "x": 1}]), json!([{"id": "a", "x": 2}]), Order::Same),
            (json!([1, 2, 3]), json!([1, 5, 3]), Order::Into(1)),
            (json!([1, 2, 3]), json!([1, 3]), Order::Remove(1)),
            (json!([1, 3]), json!([1, 2, 3]), Order::Add(1)),
            (json!([1, 2]), json!([1, 2, 3]), Order::Add(2)),
            (json!([1, 2, 3]), json!([3, 1, 2]), Order::Move { from: 2, before: 0 }),
            (json!([1, 2, 3]), json!([2, 3, 1]), Order::Move { from: 0, before: 3 }),
            (json!([{"id": "a"}]), json!([{"id": "b"}]), Order::Add(0)),
        ];
        for (old, new, next) in cases {
            assert_eq!(order(old.as_array().unwrap(), new.as_array().unwrap()), next, "{old} → {new}");
        }
    }
}
