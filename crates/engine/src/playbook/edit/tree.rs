//! An edit of the playbook's tree: the way to a value by ids, and what becomes of the tree.

use serde_json::{Map, Value as Json};

use super::{Beside, Edit, Refused};
use crate::playbook::marked::shortened;
use crate::playbook::nearest::suggestion;

/// The keys of a playbook in the order of its schema; each begins with the word for one of its entries.
const KEYS: [(&str, &str); 13] = [
    ("playbook", "name"),
    ("timezone", "time zone"),
    ("language", "language"),
    ("activity", "kind of event"),
    ("topics", "topic"),
    ("interests", "interest"),
    ("scores", "score"),
    ("ladders", "ladder"),
    ("segments", "segment"),
    ("subscriptions", "subscription"),
    ("cadence", "cadence"),
    ("emails", "e-mail"),
    ("sequences", "sequence"),
];

/// The word for an entry of a list, by the list's key.
fn entry_of(list: &str) -> &'static str {
    match list {
        "rules" => "rule",
        "stages" => "stage",
        "variants" => "variant",
        "steps" | "then" | "else" => "step",
        _ => KEYS.iter().find(|(key, _)| *key == list).map_or("entry", |(_, word)| word),
    }
}

/// Makes the edit in the tree. Returns what was at its path before, `None` where there was nothing or nothing is lost.
pub(super) fn edit(tree: &mut Json, edit: &Edit) -> Result<Option<Json>, Refused> {
    match edit {
        Edit::Set { path, value } => set(tree, path, value),
        Edit::Add { path, value, place } => add(tree, path, value, place).map(|()| None),
        Edit::Remove { path } => remove(tree, path).map(Some),
        Edit::Move { path, place } => relocate(tree, path, place).map(|()| None),
    }
}

fn set(tree: &mut Json, path: &str, value: &Json) -> Result<Option<Json>, Refused> {
    let (keys, last) = split(path)?;
    let around = walk(tree, &keys)?;
    match around {
        Json::Object(members) => match members.get_mut(&last) {
            Some(there) => Ok(Some(std::mem::replace(there, value.clone()))),
            None => {
                let at = if keys.is_empty() { place_of_key(members, &last) } else { members.len() };
                members.shift_insert(at, last, value.clone());
                Ok(None)
            }
        },
        Json::Array(items) => {
            let at = position(items, &last, list_of(&keys), "/path")?;
            Ok(Some(std::mem::replace(&mut items[at], value.clone())))
        }
        other => Err(no_parts(other, &keys)),
    }
}

fn add(tree: &mut Json, path: &str, value: &Json, place: &Beside) -> Result<(), Refused> {
    let (keys, last) = split(path)?;
    let around = walk(tree, &keys)?;
    let list = match around {
        Json::Object(members) => {
            if !members.contains_key(&last) {
                let at = if keys.is_empty() { place_of_key(members, &last) } else { members.len() };
                members.shift_insert(at, last.clone(), Json::Array(Vec::new()));
            }
            members.get_mut(&last)
        }
        Json::Array(items) => {
            let at = position(items, &last, list_of(&keys), "/path")?;
            items.get_mut(at)
        }
        _ => None,
    };
    let Some(Json::Array(items)) = list else {
        return Err(Refused::path(format!(
            "`{path}` is not a list; name the list that the entry joins, such as `/segments`"
        )));
    };
    if let Some(id) = id(value)
        && items.iter().any(|item| self::id(item) == Some(id))
    {
        let message =
            format!("there is already a {} `{}`; choose another id, or `set` it", entry_of(&last), shortened(id));
        return Err(Refused { pointer: "/value", message });
    }
    let at = target(items, place, &last)?;
    items.insert(at, value.clone());
    Ok(())
}

fn remove(tree: &mut Json, path: &str) -> Result<Json, Refused> {
    let (keys, last) = split(path)?;
    match walk(tree, &keys)? {
        Json::Object(members) => {
            let known: Vec<String> = members.keys().cloned().collect();
            members.shift_remove(&last).ok_or_else(|| unknown_key(&last, &known, &keys))
        }
        Json::Array(items) => {
            let at = position(items, &last, list_of(&keys), "/path")?;
            Ok(items.remove(at))
        }
        other => Err(no_parts(other, &keys)),
    }
}

fn relocate(tree: &mut Json, path: &str, place: &Beside) -> Result<(), Refused> {
    let (keys, last) = split(path)?;
    let Json::Array(items) = walk(tree, &keys)? else {
        return Err(Refused::path(format!("`{path}` is not an entry of a list, so it has no place to move to")));
    };
    let at = position(items, &last, list_of(&keys), "/path")?;
    if let Beside::Before(other) | Beside::After(other) = place
        && position(items, other, list_of(&keys), place.pointer())? == at
    {
        return Err(Refused {
            pointer: place.pointer(),
            message: "it cannot be moved beside itself; name another entry".into(),
        });
    }
    let item = items.remove(at);
    // The others keep their names, but those that are known by their position have another one now.
    let shifted = match place {
        Beside::Before(other) => Beside::Before(shifted(items, other, at)),
        Beside::After(other) => Beside::After(shifted(items, other, at)),
        Beside::End => Beside::End,
    };
    let to = target(items, &shifted, list_of(&keys))?;
    items.insert(to, item);
    Ok(())
}

fn shifted(items: &[Json], name: &str, removed: usize) -> String {
    if items.iter().any(|item| id(item) == Some(name)) {
        return name.to_owned();
    }
    match name.parse::<usize>() {
        Ok(at) if at > removed => (at - 1).to_string(),
        _ => name.to_owned(),
    }
}

/// The keys before the last one, and that.
fn split(path: &str) -> Result<(Vec<String>, String), Refused> {
    let Some(rest) = path.strip_prefix('/') else {
        let message =
            "a path begins with `/` and names each part by its id, such as `/scores/lead/rules/pricing/points`";
        return Err(Refused::path(message));
    };
    let mut keys: Vec<String> = rest.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let last = keys.pop().filter(|last| !last.is_empty());
    let last = last.ok_or_else(|| Refused::path("the path names nothing behind its last `/`"))?;
    Ok((keys, last))
}

fn walk<'a>(tree: &'a mut Json, keys: &[String]) -> Result<&'a mut Json, Refused> {
    let mut here = tree;
    for (depth, key) in keys.iter().enumerate() {
        here = match here {
            Json::Object(members) => {
                let known: Vec<String> = members.keys().cloned().collect();
                members.get_mut(key).ok_or_else(|| unknown_key(key, &known, &keys[..depth]))?
            }
            Json::Array(items) => {
                let at = position(items, key, list_of(&keys[..depth]), "/path")?;
                &mut items[at]
            }
            other => return Err(no_parts(other, &keys[..depth])),
        };
    }
    Ok(here)
}

fn list_of(keys: &[String]) -> &str {
    keys.last().map_or("", String::as_str)
}

fn id(item: &Json) -> Option<&str> {
    item.get("id").and_then(Json::as_str)
}

/// An item by its id, else by its position, from 0.
fn position(items: &[Json], name: &str, list: &str, pointer: &'static str) -> Result<usize, Refused> {
    let by_id = items.iter().position(|item| id(item) == Some(name));
    let by_position = || name.parse().ok().filter(|at| *at < items.len());
    by_id.or_else(by_position).ok_or_else(|| {
        let ids: Vec<&str> = items.iter().filter_map(id).collect();
        let entry = entry_of(list);
        let known = match ids.is_empty() {
            true if items.is_empty() => "the list is empty".into(),
            true => format!("they are known by their position, from 0 to {}", items.len() - 1),
            false => suggestion(name, &ids, "there are"),
        };
        Refused { pointer, message: format!("there is no {entry} `{}`; {known}", shortened(name)) }
    })
}

fn unknown_key(key: &str, known: &[String], around: &[String]) -> Refused {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let known = suggestion(key, &known, "there are");
    Refused::path(format!("there is no `{}` in `/{}`; {known}", shortened(key), around.join("/")))
}

fn no_parts(value: &Json, keys: &[String]) -> Refused {
    let what = if value.is_null() { "nothing" } else { "a single value" };
    Refused::path(format!("`/{}` is {what}, which has no parts; end the path there", keys.join("/")))
}

fn target(items: &[Json], place: &Beside, list: &str) -> Result<usize, Refused> {
    match place {
        Beside::End => Ok(items.len()),
        Beside::Before(other) => position(items, other, list, "/before"),
        Beside::After(other) => position(items, other, list, "/after").map(|at| at + 1),
    }
}

/// Where a new key of the playbook goes: behind those that come before it in the schema.
fn place_of_key(members: &Map<String, Json>, key: &str) -> usize {
    let rank = |key: &str| KEYS.iter().position(|(known, _)| *known == key).unwrap_or(KEYS.len());
    members.keys().rposition(|other| rank(other) < rank(key)).map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::playbook::schema;

    #[test]
    fn the_keys_are_those_of_the_schema_in_its_order() {
        let schema = schema();
        let keys: Vec<&String> = schema["$defs"]["WholePlaybook"]["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, KEYS.map(|(key, _)| key));
    }

    fn tree() -> Json {
        json!({"playbook": "p", "segments": [{"id": "hot", "enter": {"deal": "open"}}, {"id": "cold"}],
            "sequences": [{"id": "q", "steps": [{"wait": "1d"}, {"wait": "2d"}, {"wait": "3d"}]}]})
    }

    #[test]
    fn a_wrong_path_says_what_would_be_right() {
        let set = |path: &str| Edit::Set { path: path.into(), value: json!(1) };
        let table = [
            (set("segments"), "/path", "a path begins with `/`"),
            (set("/segments/"), "/path", "names nothing"),
            (set("/segments/hat/name"), "/path", "there is no segment `hat`; did you mean `hot`?"),
            (set("/segmants/hot/name"), "/path", "there is no `segmants` in `/`; did you mean `segments`?"),
            (set("/playbook/name"), "/path", "`/playbook` is a single value"),
            (
                set("/sequences/q/steps/7/wait"),
                "/path",
                "there is no step `7`; they are known by their position, from 0 to 2",
            ),
            (Edit::Remove { path: "/segments/hot/leave".into() }, "/path", "there is no `leave` in `/segments/hot`"),
            (
                Edit::Add { path: "/segments".into(), value: json!({"id": "hot"}), place: Beside::End },
                "/value",
                "there is already a segment `hot`",
            ),
            (
                Edit::Add { path: "/segments".into(), value: json!({"id": "a"}), place: Beside::After("x".into()) },
                "/after",
                "there is no segment `x`",
            ),
            (Edit::Add { path: "/playbook".into(), value: json!(1), place: Beside::End }, "/path", "is not a list"),
            (
                Edit::Move { path: "/segments/hot".into(), place: Beside::Before("hot".into()) },
                "/before",
                "beside itself",
            ),
        ];
        for (edit, pointer, message) in table {
            let refused = super::edit(&mut tree(), &edit).unwrap_err();
            assert_eq!(refused.pointer, pointer, "{refused:?}");
            assert!(refused.message.contains(message), "{refused:?}");
        }
    }

    #[test]
    fn what_has_no_id_is_named_by_its_position() {
        let mut tree = tree();
        let edit = Edit::Move { path: "/sequences/q/steps/0".into(), place: Beside::After("2".into()) };
        super::edit(&mut tree, &edit).unwrap();
        assert_eq!(tree["sequences"][0]["steps"], json!([{"wait": "2d"}, {"wait": "3d"}, {"wait": "1d"}]));
    }

    #[test]
    fn a_new_key_of_the_playbook_goes_where_the_schema_has_it() {
        let mut tree = tree();
        let edit = Edit::Add { path: "/topics".into(), value: json!({"id": "shirts"}), place: Beside::End };
        super::edit(&mut tree, &edit).unwrap();
        let keys: Vec<&String> = tree.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["playbook", "topics", "segments", "sequences"]);
    }
}
