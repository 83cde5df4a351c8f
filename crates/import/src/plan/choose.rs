//! Which key a column has, and what the rows of a file are.

use attractor_engine::naming::{kebab_case, snake_case};
use attractor_engine::vocabulary::kind;

use super::By;
use super::answers::Answers;
use super::evidence::ColumnEvidence;
use crate::consent::{self, About, Question};
use crate::exports::{Export, Shape, generic, look_up};
use crate::keys::ColumnKey;
use crate::map::Map;

/// Keys given by hand can show what kind of rows an unknown file has.
pub fn shape(header: &[String], map: &Map) -> Shape {
    let keys: Vec<&ColumnKey> = header.iter().filter_map(|name| map.key_of(name)).collect();
    let any = |wanted: fn(&ColumnKey) -> bool| keys.iter().any(|key| wanted(key));
    if any(|key| matches!(key, ColumnKey::Event)) {
        Shape::Events
    } else if any(|key| {
        matches!(key, ColumnKey::DealId | ColumnKey::DealStage | ColumnKey::ContactId | ColumnKey::ContactName)
    }) {
        Shape::Deals
    } else if any(|key| matches!(key, ColumnKey::Attended | ColumnKey::Joined)) {
        Shape::Attendance
    } else {
        generic::shape(header)
    }
}

/// What a column means, and who says so.
pub struct Chosen {
    pub header: String,
    pub key: ColumnKey,
    pub by: By,
    /// The attribute or property that takes what is kept as it is.
    pub name: String,
    pub about: Option<About>,
    /// What it asks, if its cells turn out to be answers.
    pub question: Option<Question>,
}

impl Chosen {
    pub fn of(header: &str, export: &Export, shape: Shape, map: &Map) -> Chosen {
        let (key, by) = key_of(header, export, shape, map);
        let name = match &key {
            ColumnKey::Attribute(name) | ColumnKey::Now(name) | ColumnKey::Deal(name) | ColumnKey::Property(name) => {
                name.clone()
            }
            _ => free_name(header),
        };
        // By hand, `now:` says that a column is about something else; a name alone does not.
        let asks = by != By::Hand || matches!(key, ColumnKey::Attribute(_));
        // Nothing makes a consent of a no or of another legal basis.
        let mapped = || About::of_mapped(&key, header).filter(|_| by == By::Hand);
        let about = About::of(&key, header, by == By::Guess).filter(|about| asks || about.is_plain()).or_else(mapped);
        let question = consent::question(header).filter(|_| may_ask(&key, by, about));
        Chosen { header: header.to_owned(), key, by, name, about, question }
    }

    /// Takes a column of answers as one, when all of its cells were seen.
    pub fn settle(&mut self, seen: &ColumnEvidence) {
        let Some(answers) = &seen.answers else { return };
        self.about = Some(About::Asked(answers.question()));
        // A header such as `Subscriber`: a yes or a no is not an address.
        if self.key == ColumnKey::Email {
            if self.name == "email" {
                self.name = "email_answer".to_owned();
            }
            (self.key, self.by) = (ColumnKey::Attribute(self.name.clone()), By::Nobody);
        }
    }

    /// Whether an empty cell is not a consent, because other rows have a yes or the date of one.
    pub fn expects_yes(&self, seen: &ColumnEvidence) -> bool {
        let is_of_consent = self.key == ColumnKey::Agreed || self.is_date_of_consent();
        seen.filled > 0 && is_of_consent || seen.answers.as_ref().is_some_and(Answers::expect_yes)
    }

    /// Whether it is read as the date of signing up, and tells when somebody agreed.
    fn is_date_of_consent(&self) -> bool {
        matches!(&self.key, ColumnKey::At(event) if event == kind::SIGNED_UP) && consent::is_of_consent(&self.header)
    }
}

/// A column `Name` beside one of first names holds last names, where nothing else does and the first rows do not repeat the
/// first name in it.
pub fn settle_names(chosen: &mut [Chosen], first: &[(u64, Vec<String>)]) {
    let place = |chosen: &[Chosen], wanted: &str| {
        chosen.iter().position(|column| matches!(&column.key, ColumnKey::Attribute(name) if name == wanted))
    };
    let (name, given, last) = (place(&*chosen, "name"), place(&*chosen, "first_name"), place(&*chosen, "last_name"));
    let (Some(name), Some(given), None) = (name, given, last) else { return };
    let is_whole = |cells: &Vec<String>| {
        let cell = |place: usize| cells.get(place).map_or("", |cell| cell.trim()).to_lowercase();
        let (whole, given) = (cell(name), cell(given));
        !given.is_empty() && whole != given && whole.split([' ', ',']).any(|word| word == given)
    };
    let column = &mut chosen[name];
    let is_guess = column.by == By::Table && consent::words::letters(&column.header) == "name";
    if is_guess && !first.iter().any(|(_, cells)| is_whole(cells)) {
        column.name = "last_name".to_owned();
        column.key = ColumnKey::Attribute(column.name.clone());
    }
}

/// Whether the cells of a column may answer a question: where nobody knows what it is, or a table takes it for addresses. An
/// attribute named by hand may still ask; `now:` says that it does not.
fn may_ask(key: &ColumnKey, by: By, about: Option<About>) -> bool {
    match key {
        ColumnKey::Attribute(_) => by != By::Table && matches!(about, Some(About::Anything | About::States)),
        ColumnKey::Email => by == By::Table,
        _ => false,
    }
}

/// By hand, by the export's table, by the general ones, by the words of the header, else the column is kept under its own
/// name.
fn key_of(header: &str, export: &Export, shape: Shape, map: &Map) -> (ColumnKey, By) {
    if let Some(key) = map.key_of(header) {
        return (key.clone(), By::Hand);
    }
    let name = header;
    let header = first_of_its_name(header);
    if let Some(subscription) = consent::subscription(header) {
        return (ColumnKey::Left(kebab_case(subscription)), By::Table);
    }
    let found = look_up(export.columns, header)
        .or_else(|| look_up(generic::first_table(shape), header))
        .or_else(|| generic::of_people(header));
    let download = || generic::asset(header).map(|_| ColumnKey::At("Content Downloaded".to_owned()));
    // The tables are tested to hold keys only.
    let known = found.and_then(|key| ColumnKey::parse(key).ok()).or_else(download);
    // A second column of attributes is kept beside the first.
    let second = header != name;
    if let Some(key) = known.filter(|key| fits(key, shape, export) && !(second && key.is_free())) {
        return (key, By::Table);
    }
    // A deal or an order that was cancelled says nothing of mail.
    let ends = matches!(shape, Shape::Deals | Shape::Events) && consent::is_of_contract(header);
    // A date of consent tells no date of a deal or an event, and is about consent all the same.
    let is_open = found.is_none_or(|key| key == "at:Signed Up");
    let guessed = consent::key_of(header).filter(|key| is_open && !ends && fits(key, shape, export));
    guessed.map_or_else(|| (free(name, shape), By::Nobody), |key| (key, By::Guess))
}

/// The second column of a name is called `NAME #2` and means the same.
fn first_of_its_name(header: &str) -> &str {
    match header.rsplit_once(" #") {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => header,
    }
}

/// A word that means one thing of people means nothing of deals and events: there it stays a property.
fn fits(key: &ColumnKey, shape: Shape, export: &Export) -> bool {
    match shape {
        Shape::Deals | Shape::Events => match key {
            ColumnKey::At(_) | ColumnKey::Count(_) | ColumnKey::Activity | ColumnKey::Origin | ColumnKey::Converted => {
                false
            }
            ColumnKey::Created | ColumnKey::Modified | ColumnKey::Seen | ColumnKey::Now(_) => false,
            ColumnKey::Status => !export.statuses.is_empty(),
            _ => true,
        },
        Shape::People | Shape::Attendance | Shape::Companies => true,
    }
}

fn free(header: &str, shape: Shape) -> ColumnKey {
    let name = free_name(header);
    match shape {
        Shape::Deals => ColumnKey::Deal(name),
        Shape::Events => ColumnKey::Property(name),
        Shape::People | Shape::Attendance | Shape::Companies => ColumnKey::Attribute(name),
    }
}

/// A step of a path: `company` of `company.size`.
fn is_step(part: &str) -> bool {
    part.chars().nth(1).is_some() && !part.starts_with(char::is_uppercase)
}

pub fn free_name(header: &str) -> String {
    let (prefix, bare) = match header.split_once(" - ") {
        Some(("Organization", rest)) => ("company.", rest),
        Some(("Person" | "Lead" | "Deal", rest)) => ("", rest),
        _ => ("", header),
    };
    // In words for people, a dot shortens one of them: `Umsatz p.a.`, `Tel.Nr`. In `company.size` it is a path.
    let is_path = !bare.contains(char::is_whitespace) && bare.split('.').all(is_step);
    let bare = if is_path { bare.to_owned() } else { bare.replace('.', "_") };
    match snake_case(&bare) {
        name if name.is_empty() => "column".to_owned(),
        name => format!("{prefix}{name}"),
    }
}
