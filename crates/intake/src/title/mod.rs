//! What a job title says: rank and department, in six languages. Only what it says without doubt; otherwise nothing.

mod words;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use words::{DEPARTMENT, ENTRY, ENTRY_ENDS, EXECUTIVE, NOT_LEADING, SENIORITY, UNCLEAR};

/// The traits that hold a job title; the first that is there is read.
pub const NAMES: [&str; 3] = ["job_title", "jobTitle", "title"];

/// How much of a title is read, in characters.
const LONGEST: usize = 200;

/// The longest pattern, in words.
const LONGEST_PATTERN: usize = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// `owner` (founders too), `c-level`, `vp`, `director`, `manager`, `senior`, `individual contributor` or `entry`.
    pub seniority: Option<&'static str>,
    /// `marketing`, `sales`, `engineering`, `it`, `finance`, `hr`, `operations`, `product`, `support`, `legal`,
    /// `education` or `executive`.
    pub department: Option<&'static str>,
}

/// Reads a job title.
///
/// ```
/// let title = attractor_intake::title::read("Leiterin Vertrieb (DACH)");
/// assert_eq!((title.seniority, title.department), (Some("director"), Some("sales")));
/// ```
pub fn read(title: &str) -> Title {
    let folded: String = title.chars().take(LONGEST).flat_map(char::to_lowercase).map(plain).collect();
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    Title { seniority: seniority(&words), department: department(&words) }
}

/// Adds to an `identify` what its job title says of rank and department, unless it says them itself.
///
/// ```
/// let mut message = serde_json::json!({"type": "identify", "userId": "u", "traits": {"job_title": "CEO"}});
/// attractor_intake::title::add(&mut message);
/// assert_eq!(message["traits"]["seniority"], "c-level");
/// ```
pub fn add(message: &mut Value) {
    if message["type"] != "identify" {
        return;
    }
    let Some(traits) = message.get_mut("traits").and_then(Value::as_object_mut) else { return };
    let titles = NAMES.iter().filter_map(|name| traits.get(*name)?.as_str());
    let Some(title) = titles.into_iter().find(|title| !title.trim().is_empty()) else { return };
    let Title { seniority, department } = read(title);
    for (name, found) in [("seniority", seniority), ("department", department)] {
        if let Some(found) = found
            && !traits.contains_key(name)
        {
            traits.insert(name.to_owned(), found.into());
        }
    }
}

fn seniority(words: &[&str]) -> Option<&'static str> {
    if !found(words, &UNCLEAR_ONES).is_empty() {
        return None;
    }
    let leading: Vec<&str> = words.iter().copied().filter(|word| !NOT_LEADING_ONES.fit(word)).collect();
    let ranks = found(&leading, &RANKS);
    let is_entry = ranks.iter().any(|rank| SENIORITY[*rank].0 == ENTRY) || words.iter().any(|word| ENTRIES.fit(word));
    if is_entry { Some(ENTRY) } else { ranks.first().map(|rank| SENIORITY[*rank].0) }
}

fn department(words: &[&str]) -> Option<&'static str> {
    let mut named = found(words, &DEPARTMENTS);
    if named.len() > 1 {
        named.retain(|department| DEPARTMENT[*department].0 != EXECUTIVE);
    }
    let only = named.len() == 1;
    named.first().filter(|_| only).map(|department| DEPARTMENT[*department].0)
}

/// A pattern's words, with the row of its table.
type Pattern = (usize, Vec<&'static str>);

/// The patterns of a table by their lengths, one word first: taken apart once, since titles are read whenever a lead is
/// rebuilt.
#[derive(Default)]
struct Patterns {
    by_length: [Vec<Pattern>; LONGEST_PATTERN],
    /// Ends of single words: they count where no pattern knows the word from its beginning.
    ends: Vec<Pattern>,
}

impl Patterns {
    fn of(table: &[(&str, &'static str)]) -> Patterns {
        let mut patterns = Patterns::default();
        for (row, (_, written)) in table.iter().enumerate() {
            for pattern in written.split(", ") {
                let words: Vec<&str> = pattern.split(' ').collect();
                match (&words[..], patterns.by_length.get_mut(words.len() - 1)) {
                    ([end], _) if end.starts_with('*') => patterns.ends.push((row, words)),
                    (_, Some(of_length)) => of_length.push((row, words)),
                    (_, None) => {}
                }
            }
        }
        patterns
    }

    /// The longest patterns first, ends of words last.
    fn in_order(&self) -> impl Iterator<Item = (usize, &Vec<Pattern>)> {
        let whole = self.by_length.iter().enumerate().rev().map(|(shorter, patterns)| (shorter + 1, patterns));
        whole.chain([(1, &self.ends)])
    }

    /// Whether a word fits one of the ends.
    fn fit(&self, word: &str) -> bool {
        self.ends.iter().any(|(_, end)| fits(end, &[Some(word)]))
    }
}

static ENTRIES: LazyLock<Patterns> = LazyLock::new(|| Patterns::of(&[("", ENTRY_ENDS)]));
static NOT_LEADING_ONES: LazyLock<Patterns> = LazyLock::new(|| Patterns::of(&[("", NOT_LEADING)]));
static UNCLEAR_ONES: LazyLock<Patterns> = LazyLock::new(|| Patterns::of(&[("", UNCLEAR)]));
static RANKS: LazyLock<Patterns> = LazyLock::new(|| Patterns::of(&SENIORITY));
static DEPARTMENTS: LazyLock<Patterns> = LazyLock::new(|| Patterns::of(&DEPARTMENT));

/// The rows of a table that a title has words of. Longer patterns go first and ends of words last; each uses up its words.
fn found(words: &[&str], table: &Patterns) -> BTreeSet<usize> {
    let mut left: Vec<Option<&str>> = words.iter().copied().map(Some).collect();
    let mut rows = BTreeSet::new();
    for (length, patterns) in table.in_order() {
        let mut used = Vec::new();
        for (row, pattern) in patterns {
            let places = left.windows(length).enumerate().filter(|(_, window)| fits(pattern, window));
            let before = used.len();
            used.extend(places.map(|(at, _)| at));
            if used.len() > before {
                rows.insert(*row);
            }
        }
        for at in used {
            left[at..at + length].fill(None);
        }
    }
    rows
}

fn fits(pattern: &[&str], words: &[Option<&str>]) -> bool {
    pattern.iter().zip(words).all(|(part, word)| word.is_some_and(|word| word_fits(part, word)))
}

fn word_fits(part: &str, word: &str) -> bool {
    match (part.strip_prefix('*'), part.strip_suffix('*')) {
        (Some(end), _) => word.ends_with(end),
        (None, Some(start)) => word.starts_with(start),
        (None, None) => part == word,
    }
}

/// A letter without its accent.
fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_titles_give_is_in_the_lists_that_playbooks_are_checked_by() {
        let names = |words: &[(&'static str, &str)], more| -> BTreeSet<&str> {
            words.iter().map(|(name, _)| *name).chain([more]).collect()
        };
        for (attribute, derived) in
            [("seniority", names(&SENIORITY, ENTRY)), ("department", names(&DEPARTMENT, EXECUTIVE))]
        {
            let listed = attractor_engine::playbook::vocabulary::values(attribute).unwrap();
            assert_eq!(derived, listed.iter().copied().collect(), "{attribute}");
        }
    }

    fn told(title: &str) -> String {
        let Title { seniority, department } = read(title);
        format!("{} / {}", seniority.unwrap_or("-"), department.unwrap_or("-"))
    }

    #[test]
    fn titles_tell_rank_and_department() {
        for (title, expected) in [
            ("Chief Marketing Officer", "c-level / marketing"),
            ("CEO & Co-Founder", "owner / executive"),
            ("CTO", "c-level / engineering"),
            ("Founder, Head of Sales", "owner / sales"),
            ("Senior Vice President, Human Resources", "vp / hr"),
            ("Vice President", "vp / executive"),
            ("SVP Product Marketing", "vp / marketing"),
            ("Sr. Director of IT Operations", "director / it"),
            ("Sales and Marketing Director", "director / -"),
            ("Marketing Manager", "manager / marketing"),
            ("Junior Account Manager", "entry / sales"),
            ("Key Account Manager", "individual contributor / sales"),
            ("Product Owner", "individual contributor / product"),
            ("Account Executive", "individual contributor / sales"),
            ("Senior Software Engineer", "senior / engineering"),
            ("Lead Developer", "senior / engineering"),
            ("Team Lead Customer Support", "manager / support"),
            ("Executive Assistant to the CEO", "entry / executive"),
            ("Chief of Staff", "- / -"),
            ("Former CFO", "- / finance"),
            ("Intern", "entry / -"),
            ("General Counsel", "- / legal"),
            ("Geschäftsführerin", "c-level / executive"),
            ("Geschaeftsfuehrer", "c-level / executive"),
            ("Leiter:in Vertrieb", "director / sales"),
            ("Marketingleiter", "director / marketing"),
            ("Teamleiterin Buchhaltung", "manager / finance"),
            ("Inhaber", "owner / executive"),
            ("Werkstudent Marketing", "entry / marketing"),
            ("Softwareentwickler", "- / engineering"),
            ("Leiter Einkauf", "director / operations"),
            ("Directrice des Ressources Humaines", "director / hr"),
            ("Directeur commercial", "director / sales"),
            ("PDG", "c-level / executive"),
            ("Responsable marketing", "manager / marketing"),
            ("Chargée de communication", "individual contributor / marketing"),
            ("Développeur", "individual contributor / engineering"),
            ("Director de Ventas", "director / sales"),
            ("Consejera delegada", "c-level / executive"),
            ("Jefe de producto", "individual contributor / product"),
            ("Gerente de Operaciones", "manager / operations"),
            ("Becaria", "entry / -"),
            ("Ninja", "- / -"),
            ("", "- / -"),
        ] {
            assert_eq!(told(title), expected, "{title}");
        }
    }

    #[test]
    fn compounds_and_boards_in_six_languages() {
        for (title, expected) in [
            ("Einkaufsleiter", "director / operations"),
            ("Einkaufsleiter(in)", "director / operations"),
            ("Einkaufsleiter:in", "director / operations"),
            ("EinkaufsleiterIn", "director / operations"),
            ("Fuhrparkleiter", "director / operations"),
            ("Fuhrparkleiterin", "director / operations"),
            ("Werkstattleiter", "director / operations"),
            ("Museumsleiterin", "director / -"),
            ("Verkaufsleitung Süd", "director / sales"),
            ("Kundendienstleiter", "director / support"),
            ("Leiter(in) Einkauf", "director / operations"),
            ("Leiter/-in Fuhrpark", "director / operations"),
            ("Bereichsleitung", "director / -"),
            ("Bereichsleitung Vertrieb", "director / sales"),
            ("Stellvertretender Vertriebsleiter", "director / sales"),
            ("Teamleitung", "manager / -"),
            ("Teamleitung Einkauf", "manager / operations"),
            ("Abteilungsleiterin", "manager / -"),
            ("Schichtleiter Produktion", "manager / operations"),
            ("Projektleiterin", "individual contributor / -"),
            ("Projektleiter Vertrieb", "individual contributor / sales"),
            ("Mitglied des Vorstands", "c-level / executive"),
            ("Vorständin", "c-level / executive"),
            ("Vorstand Finanzen", "c-level / finance"),
            ("Mitglied der Geschäftsleitung", "c-level / executive"),
            ("Geschäftsleiterin", "c-level / executive"),
            ("Prokurist", "director / -"),
            ("Prokuristin Vertrieb", "director / sales"),
            ("Handlungsbevollmächtigter", "manager / -"),
            ("Inhaber(in)", "owner / executive"),
            ("Gesellschafter-Geschäftsführer", "owner / executive"),
            ("Geschäftsführende Gesellschafterin", "owner / executive"),
            ("Directrice des achats", "director / operations"),
            ("Responsable du parc automobile", "manager / operations"),
            ("Chef d'atelier", "manager / operations"),
            ("Membre du directoire", "c-level / executive"),
            ("Gérant associé", "owner / executive"),
            ("Fondé de pouvoir", "director / -"),
            ("Chef d’équipe", "manager / -"),
            ("Jefa de compras", "manager / operations"),
            ("Jefe de taller", "manager / operations"),
            ("Subdirectora de Ventas", "director / sales"),
            ("Administrador único", "c-level / executive"),
            ("Miembro del Comité de Dirección", "c-level / executive"),
            ("Apoderada", "director / -"),
            ("Direttore acquisti", "director / operations"),
            ("Direttrice commerciale", "director / sales"),
            ("Responsabile risorse umane", "manager / hr"),
            ("Capo officina", "manager / operations"),
            ("Amministratore delegato", "c-level / executive"),
            ("Titolare", "owner / executive"),
            ("Impiegata contabile", "individual contributor / finance"),
            ("Stagista marketing", "entry / marketing"),
            ("Hoofd Inkoop", "director / operations"),
            ("Inkoopleider", "- / operations"),
            ("Afdelingshoofd Verkoop", "manager / sales"),
            ("Lid van de directie", "c-level / executive"),
            ("Algemeen directeur", "c-level / executive"),
            ("Eigenaar", "owner / executive"),
            ("Medewerker klantenservice", "individual contributor / support"),
        ] {
            assert_eq!(told(title), expected, "{title}");
        }
    }

    /// Words inside or beside others must not raise anybody.
    #[test]
    fn titles_that_only_sound_like_a_rank() {
        for (title, expected) in [
            ("Anleiter", "- / -"),
            ("Praxisanleiterin", "- / -"),
            ("Begleiter", "- / -"),
            ("Zugbegleiterin", "- / -"),
            ("Flugbegleiter", "- / -"),
            ("Begeleider", "- / -"),
            ("Halbleiter", "- / -"),
            ("Reiseleiter", "individual contributor / -"),
            ("Teilprojektleiter", "individual contributor / -"),
            ("Assistentin der Geschäftsführung", "entry / executive"),
            ("Assistenz der Geschäftsleitung", "entry / executive"),
            ("Assistenz Vertriebsleitung", "entry / sales"),
            ("Vorstandsassistentin", "entry / -"),
            ("Vertriebsassistenz", "entry / sales"),
            ("Geschäftsführungsassistentin", "entry / -"),
            ("Vertriebsleitungsassistenz", "entry / sales"),
            ("Referent Geschäftsführung", "individual contributor / executive"),
            ("Vorstandsreferentin", "individual contributor / -"),
            ("Staatssekretär", "- / -"),
            ("Chefsekretärin", "entry / -"),
            ("Referentin der Geschäftsführung", "individual contributor / executive"),
            ("Berater des Vorstands", "individual contributor / -"),
            ("Büro der Geschäftsführung", "- / executive"),
            ("Assistante de direction", "entry / -"),
            ("Assistente alla direzione", "entry / -"),
            ("Directieassistent", "entry / -"),
            ("Secrétaire générale", "- / -"),
            ("Segretaria", "entry / -"),
            ("Vicepresidente", "vp / executive"),
        ] {
            assert_eq!(told(title), expected, "{title}");
        }
    }

    #[test]
    fn patterns_are_written_as_titles_are_read() {
        let tables = SENIORITY.iter().chain(&DEPARTMENT).chain(&[("", UNCLEAR), ("", NOT_LEADING), ("", ENTRY_ENDS)]);
        for pattern in tables.flat_map(|(_, patterns)| patterns.split(", ")) {
            let words: Vec<&str> = pattern.split(' ').collect();
            assert!(words.len() <= LONGEST_PATTERN, "{pattern}");
            let sound = |word: &&str| word.trim_matches('*').chars().all(|c| plain(c) == c && c.is_alphanumeric());
            assert!(words.iter().all(sound) && pattern == pattern.to_lowercase(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_one_answer(title in "\\PC*", words in prop::collection::vec("(vice|president|head|of|chief|officer|marketing|it|ß|İ)", 0..9)) {
            for title in [title, words.join(" ")] {
                prop_assert_eq!(read(&title), read(&title));
                prop_assert_eq!(read(&title), read(&format!("  {title}  ")));
            }
        }
    }
}
