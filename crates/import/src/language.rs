//! What language a lead wants: tags such as `de` or `de-AT`, by which the sender chooses a text, from what tools write
//! in their place: `German`, `Deutsch (Österreich)`, `Portuguese - Brazil`.

use crate::consent::words::letters;

/// Attributes by which the sender chooses the language of an e-mail.
pub fn is_attribute(name: &str) -> bool {
    matches!(name, "language" | "locale")
}

/// The tag of a language: a tag stays as it is written, and the name of a language becomes its tag.
pub fn tag(text: &str) -> Option<String> {
    let text = text.trim();
    if is_tag(text) {
        return Some(text.to_owned());
    }
    let (name, region) = parts(text);
    let language = of(LANGUAGES, name)?;
    match of(REGIONS, region) {
        Some(region) => Some(format!("{language}-{region}")),
        None => Some(language.to_owned()),
    }
}

/// Two letters, perhaps with a script or a region: `de`, `de-AT`, `en_US`, `zh-Hant-TW`.
fn is_tag(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let is_language = parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()));
    is_language && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A name and what stands behind it: `German - Austria`, `German (Austria)`.
fn parts(text: &str) -> (&str, &str) {
    let separators = [" - ", " – ", "("];
    separators.iter().find_map(|separator| text.split_once(*separator)).unwrap_or((text, ""))
}

type Names = &'static [(&'static str, &'static [&'static str])];

fn of(names: Names, text: &str) -> Option<&'static str> {
    let letters = letters(text);
    names.iter().find(|(_, names)| names.contains(&letters.as_str())).map(|(tag, _)| *tag)
}

/// By their letters, as `consent::words::letters` writes them: in the language itself, and in English, German, French,
/// Spanish, Italian and Dutch.
#[rustfmt::skip]
const LANGUAGES: Names = &[
    ("de", &["german", "deutsch", "allemand", "aleman", "tedesco", "duits", "deu", "ger"]),
    ("en", &["english", "englisch", "anglais", "ingles", "inglese", "engels", "eng"]),
    ("fr", &["french", "franzosisch", "francais", "frances", "francese", "frans", "fra", "fre"]),
    ("es", &["spanish", "spanisch", "espagnol", "espanol", "castellano", "spagnolo", "spaans", "spa"]),
    ("it", &["italian", "italienisch", "italien", "italiano", "italiaans", "ita"]),
    ("nl", &["dutch", "niederlandisch", "hollandisch", "neerlandais", "neerlandes", "olandese", "nederlands", "flemish",
             "nld", "dut"]),
    ("pt", &["portuguese", "portugiesisch", "portugais", "portugues", "portoghese", "portugees", "por"]),
    ("pl", &["polish", "polnisch", "polonais", "polaco", "polacco", "pools", "polski", "pol"]),
    ("cs", &["czech", "tschechisch", "tcheque", "checo", "ceco", "tsjechisch", "ces", "cze"]),
    ("sk", &["slovak", "slowakisch", "slovaque", "eslovaco", "slovacco", "slowaaks", "slk", "slo"]),
    ("sl", &["slovenian", "slowenisch", "slovene", "esloveno", "sloveno", "sloveens", "slv"]),
    ("hu", &["hungarian", "ungarisch", "hongrois", "hungaro", "ungherese", "hongaars", "magyar", "hun"]),
    ("ro", &["romanian", "rumanisch", "roumain", "rumano", "rumeno", "roemeens", "ron", "rum"]),
    ("bg", &["bulgarian", "bulgarisch", "bulgare", "bulgaro", "bulgaars", "bul"]),
    ("hr", &["croatian", "kroatisch", "croate", "croata", "croato", "hrvatski", "hrv"]),
    ("sr", &["serbian", "serbisch", "serbe", "serbio", "serbo", "servisch", "srp"]),
    ("el", &["greek", "griechisch", "grec", "griego", "greco", "grieks", "ell", "gre"]),
    ("da", &["danish", "danisch", "danois", "danes", "danese", "deens", "dansk", "dan"]),
    ("sv", &["swedish", "schwedisch", "suedois", "sueco", "svedese", "zweeds", "svenska", "swe"]),
    ("no", &["norwegian", "norwegisch", "norvegien", "noruego", "norvegese", "noors", "norsk", "nor"]),
    ("fi", &["finnish", "finnisch", "finnois", "fines", "finlandes", "finlandese", "fins", "suomi", "fin"]),
    ("et", &["estonian", "estnisch", "estonien", "estonio", "estone", "ests", "eesti", "est"]),
    ("lv", &["latvian", "lettisch", "letton", "leton", "lettone", "lets", "lav"]),
    ("lt", &["lithuanian", "litauisch", "lituanien", "lituano", "litouws", "lit"]),
    ("ru", &["russian", "russisch", "russe", "ruso", "russo", "rus"]),
    ("uk", &["ukrainian", "ukrainisch", "ukrainien", "ucraniano", "ucraino", "oekraiens", "ukr"]),
    ("tr", &["turkish", "turkisch", "turc", "turco", "turks", "turkce", "tur"]),
    ("ar", &["arabic", "arabisch", "arabe", "arabo", "ara"]),
    ("he", &["hebrew", "hebraisch", "hebreu", "hebreo", "ebraico", "hebreeuws", "heb"]),
    ("zh", &["chinese", "chinesisch", "chinois", "chino", "cinese", "chinees", "zho", "chi"]),
    ("ja", &["japanese", "japanisch", "japonais", "japones", "giapponese", "japans", "jpn"]),
    ("ko", &["korean", "koreanisch", "coreen", "coreano", "koreaans", "kor"]),
];

/// What tools write behind the name of a language.
#[rustfmt::skip]
const REGIONS: Names = &[
    ("DE", &["germany", "deutschland", "allemagne", "de"]),
    ("AT", &["austria", "osterreich", "autriche", "at"]),
    ("CH", &["switzerland", "schweiz", "suisse", "svizzera", "ch"]),
    ("LI", &["liechtenstein", "li"]),
    ("LU", &["luxembourg", "luxemburg", "lu"]),
    ("GB", &["unitedkingdom", "uk", "greatbritain", "vereinigteskonigreich", "grossbritannien", "gb"]),
    ("IE", &["ireland", "irland", "ie"]),
    ("US", &["unitedstates", "unitedstatesofamerica", "usa", "us", "vereinigtestaaten"]),
    ("CA", &["canada", "kanada", "ca"]),
    ("AU", &["australia", "australien", "au"]),
    ("FR", &["france", "frankreich", "fr"]),
    ("BE", &["belgium", "belgien", "belgique", "belgie", "be"]),
    ("NL", &["netherlands", "thenetherlands", "niederlande", "nederland", "nl"]),
    ("ES", &["spain", "spanien", "espana", "es"]),
    ("MX", &["mexico", "mexiko", "mx"]),
    ("IT", &["italy", "italien", "italia", "it"]),
    ("PT", &["portugal", "pt"]),
    ("BR", &["brazil", "brasilien", "brasil", "br"]),
    ("CN", &["china", "cn"]),
    ("TW", &["taiwan", "tw"]),
    ("Hans", &["simplified", "vereinfacht"]),
    ("Hant", &["traditional", "traditionell"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_languages_become_tags_and_tags_stay() {
        for (text, wanted) in [
            ("de", "de"),
            ("DE", "DE"),
            ("de-DE", "de-DE"),
            ("en_US", "en_US"),
            ("zh-Hant-TW", "zh-Hant-TW"),
            (" German ", "de"),
            ("deutsch", "de"),
            ("Französisch", "fr"),
            ("Français", "fr"),
            ("Español", "es"),
            ("ger", "de"),
            ("German - Germany", "de-DE"),
            ("Deutsch (Österreich)", "de-AT"),
            ("English (UK)", "en-GB"),
            ("Portuguese - Brazil", "pt-BR"),
            ("Chinese (Traditional)", "zh-Hant"),
            ("German - Namibia", "de"),
        ] {
            assert_eq!(tag(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["", "Klingon", "German, English", "deutsch/englisch", "1", "d", "Germany", "de-"] {
            assert_eq!(tag(text), None, "{text}");
        }
    }

    #[test]
    fn no_name_is_that_of_two_languages() {
        for names in [LANGUAGES, REGIONS] {
            let mut all: Vec<&str> = names.iter().flat_map(|(_, names)| names.iter().copied()).collect();
            all.sort_unstable();
            let twice: Vec<&[&str]> = all.windows(2).filter(|pair| pair[0] == pair[1]).collect();
            assert!(twice.is_empty(), "{twice:?}");
            assert!(all.iter().all(|name| letters(name) == *name), "by their letters");
        }
    }
}
