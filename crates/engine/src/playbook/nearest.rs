//! The known name that was probably meant.

use super::marked::shortened;

/// The nearest of `known` that is not too far for the name's length, the first where several are.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer ones are no slips of a finger, and many to compare: the time grows with both lengths.
    const LONGEST: usize = 80;
    const COMPARED: usize = 1_000;
    if name.len() > LONGEST {
        return None;
    }
    // One edit makes any name of one or two letters out of any other.
    let allowed = name.chars().count() / 3;
    let alike = known.into_iter().take(COMPARED).filter(|other| other.len().abs_diff(name.len()) <= 4 * allowed);
    let name = name.to_lowercase();
    let near = alike.map(|other| (strsim::osa_distance(&name, &other.to_lowercase()), other));
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// ``did you mean `…`?``, else the known names behind `list`: the second half of a message about an unknown name.
pub fn suggestion(name: &str, known: &[&str], list: &str) -> String {
    const SHOWN: usize = 24;
    if let Some(other) = nearest(name, known.iter().copied()) {
        return format!("did you mean `{other}`?");
    }
    let shown: Vec<String> = known.iter().take(SHOWN).map(|other| shortened(other)).collect();
    match known.len() {
        0 => "none is declared".into(),
        all if all > SHOWN => format!("{list}: {}, … ({all} in all)", shown.join(", ")),
        _ => format!("{list}: {}", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names() {
        let known = ["points", "pages", "page", "half_life"];
        for (name, meant) in [
            ("pionts", Some("points")),
            ("pages", Some("pages")),
            ("Page", Some("page")),
            ("halflife", Some("half_life")),
            ("x", None),
            ("id", None),
            ("weights", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }
}
