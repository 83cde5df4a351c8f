//! What is said of a name that is not a setting.

use toml::Table;

pub(super) fn unknown(name: &str, sample: &Table) -> String {
    if name == "data" {
        return "`data` says where this very file is: give it as --data or ATTRACTOR_DATA".into();
    }
    let known: Vec<&str> = sample.keys().map(String::as_str).collect();
    match known.iter().map(|own| (edits(own, name), own)).min() {
        Some((few, own)) if few <= 2 => format!("there is no setting `{name}`; did you mean `{own}`?"),
        _ => format!("there is no setting `{name}`; there are {}", known.join(", ")),
    }
}

/// How many letters are to be put in, left out or replaced to make one name of the other.
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, letter) in one.bytes().enumerate() {
        let mut before = std::mem::replace(&mut row[0], place + 1);
        for (column, own) in other.bytes().enumerate() {
            let replaced = before + usize::from(letter != own);
            before = row[column + 1];
            row[column + 1] = replaced.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
