//! The known name that was probably meant.

/// The nearest of `known` that is not too far for the name's length, the first where several are.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One edit makes any name of one or two letters out of any other.
    let allowed = name.chars().count() / 3;
    let name = name.to_lowercase();
    let near = known.into_iter().map(|other| (strsim::osa_distance(&name, &other.to_lowercase()), other));
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// `did you mean …`, else what there is: the second half of a message about an unknown name.
pub(super) fn suggestion<'a>(name: &str, known: &[&'a str], list: &str) -> String {
    const SHOWN: usize = 24;
    match nearest(name, known.iter().copied()) {
        Some(other) => format!("did you mean `{other}`?"),
        None if known.is_empty() => format!("{list}: none"),
        None if known.len() > SHOWN => format!("{list}: {}, … ({} in all)", known[..SHOWN].join(", "), known.len()),
        None => format!("{list}: {}", known.join(", ")),
    }
}

/// A text as it would be as an id: in lower case, words joined by `-`. Empty where nothing is left of it.
pub(super) fn kebab(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
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

    #[test]
    fn ids_from_titles() {
        for (text, id) in [("Loves Shirts!", "loves-shirts"), ("case_study", "case-study"), ("ä", ""), ("A", "a")] {
            assert_eq!(kebab(text), id);
        }
    }
}
