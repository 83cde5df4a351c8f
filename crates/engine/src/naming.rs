//! Ids and names of attributes made from what people call things. Every part that makes one uses these functions, so
//! that `Größe` has one id wherever it is met.

use unicode_normalization::UnicodeNormalization;

/// A text as an id: in lower case, without umlauts and accents, words joined by `-`. Empty where no letter or digit of
/// the Latin alphabet is in it.
///
/// ```
/// use attractor_engine::naming::kebab_case;
///
/// assert_eq!(kebab_case("Größe & Gewicht"), "groesse-gewicht");
/// assert_eq!(kebab_case("Café crème"), "cafe-creme");
/// ```
pub fn kebab_case(text: &str) -> String {
    let mut latin = String::with_capacity(text.len());
    text.nfc().flat_map(char::to_lowercase).for_each(|letter| push_latin(&mut latin, letter));
    let words = latin.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// A text as the name of an attribute: in lower case, without umlauts and accents, words joined by `_`. Dots within a
/// word separate the levels of a path. Letters of other alphabets stay.
///
/// ```
/// use attractor_engine::naming::snake_case;
///
/// assert_eq!(snake_case("Last Page Seen"), "last_page_seen");
/// assert_eq!(snake_case("TotalVisits"), "total_visits");
/// assert_eq!(snake_case("Größe (cm)"), "groesse_cm");
/// ```
pub fn snake_case(text: &str) -> String {
    let name: String = text.trim().nfc().collect();
    let one_word = !name.contains(|c: char| !c.is_alphanumeric());
    let mut snake = String::new();
    let mut before = ' ';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let hump = one_word && character.is_uppercase() && before.is_lowercase();
        // `Anz. Besuche` is short for something, and not a path.
        let dot =
            character == '.' && before.is_alphanumeric() && characters.peek().is_some_and(|c| c.is_alphanumeric());
        if hump || (!character.is_alphanumeric() && !dot && !snake.ends_with(['_', '.'])) {
            snake.push('_');
        }
        if character.is_alphanumeric() {
            character.to_lowercase().for_each(|letter| push_latin(&mut snake, letter));
        } else if dot {
            snake.push('.');
        }
        before = character;
    }
    snake.trim_matches(['_', '.']).to_owned()
}

/// A letter in lower case as it is written where there are no umlauts and accents: `ä` as `ae`, `é` as `e`. In other
/// alphabets a mark may make another letter, so letters of these stay.
fn push_latin(text: &mut String, letter: char) {
    let spelled = match letter {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        '\u{300}'..='\u{36f}' => "",
        other => {
            let base = std::iter::once(other).nfd().next().filter(char::is_ascii_alphabetic);
            return text.push(base.unwrap_or(other));
        }
    };
    text.push_str(spelled);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids() {
        for (text, id) in [
            ("Loves Shirts!", "loves-shirts"),
            ("case_study", "case-study"),
            ("Größe", "groesse"),
            ("Gro\u{308}ße", "groesse"),
            ("GRÖẞE", "groesse"),
            ("Maße & Gewichte", "masse-gewichte"),
            ("Übersicht", "uebersicht"),
            ("Qualité perçue", "qualite-percue"),
            ("Año", "ano"),
            ("Città", "citta"),
            ("Cœur", "coeur"),
            ("Łódź", "lodz"),
            ("Smørrebrød", "smorrebrod"),
            ("Marketing Information", "marketing-information"),
            ("ä", "ae"),
            ("A", "a"),
            ("Ярлык", ""),
        ] {
            assert_eq!(kebab_case(text), id, "{text}");
        }
    }

    #[test]
    fn names_become_attributes() {
        for (name, attribute) in [
            ("Last Page Seen", "last_page_seen"),
            ("TotalVisits", "total_visits"),
            ("MEMBER_RATING", "member_rating"),
            ("Country/Region", "country_region"),
            ("company.name", "company.name"),
            ("Größe (cm)", "groesse_cm"),
            ("GRÖSSE", "groesse"),
            ("Gro\u{308}ße", "groesse"),
            ("Niveau d’études", "niveau_d_etudes"),
            ("Año de alta", "ano_de_alta"),
            ("Цвет", "цвет"),
            ("Цвет й", "цвет_й"),
            ("?!", ""),
            ("clientId", "client_id"),
            ("utm.Source", "utm.source"),
            ("Anz. Besuche", "anz_besuche"),
            ("Tel. geschäftl.", "tel_geschaeftl"),
            ("ÄnderungsDatum", "aenderungs_datum"),
        ] {
            assert_eq!(snake_case(name), attribute, "{name}");
        }
    }
}
