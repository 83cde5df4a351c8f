//! The kinds of events and the attributes that exist without anybody declaring them, and which of them was meant by a
//! name that is nearly one. Kinds and attributes are free, so that a name of one's own is never wrong by itself.

use std::collections::BTreeSet;

use super::marked::shortened;
use super::nearest::nearest;
use super::problem::{Place, Problem};
use super::read::Reading;
use super::reader::Named;
use crate::vocabulary::KINDS;

/// Attributes that intake derives, that imports and forms of other tools bring, and those of Segment's spec.
const ATTRIBUTES: &str = "email name first_name last_name firstName lastName username job_title jobTitle title \
    seniority department phone mobile_phone fax address address.street address.city address.state address.country \
    address.postalCode street city region state postal_code country language locale timezone ip_timezone website \
    source referrer landing_page status plan notes description industry birthday gender avatar created_at createdAt \
    owner tags company company_size employees company.id company.name company.size company.employees \
    company.industry company.website company.country company.city company.phone company.plan company.revenue \
    company.annual_revenue first_channel first_source first_medium first_campaign first_term first_content \
    first_network first_referrer first_landing_page last_channel last_source last_medium last_campaign last_term \
    last_content last_network last_referrer last_landing_page";

/// What job titles say of rank and department.
const SENIORITY: [&str; 8] =
    ["owner", "c-level", "vp", "director", "manager", "senior", "individual contributor", "entry"];
const DEPARTMENT: [&str; 12] = [
    "marketing",
    "sales",
    "engineering",
    "it",
    "finance",
    "hr",
    "operations",
    "product",
    "support",
    "legal",
    "education",
    "executive",
];

/// The channels of visits.
pub const CHANNELS: [&str; 19] = [
    "Direct",
    "Organic Search",
    "Organic Social",
    "Organic Video",
    "Organic Shopping",
    "Paid Search",
    "Paid Social",
    "Paid Video",
    "Paid Shopping",
    "Paid Other",
    "Display",
    "Cross-network",
    "Email",
    "Affiliates",
    "SMS",
    "Audio",
    "Mobile Push Notifications",
    "Referral",
    "Unassigned",
];

/// What a store has received: names that are right because they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub kinds: BTreeSet<String>,
    pub attributes: BTreeSet<String>,
    /// How many events and leads were looked at; 0 where there is no store, or nothing in it.
    pub events: u64,
    pub leads: u64,
    /// Whether these are all that the store has.
    pub complete: bool,
}

/// Which names are known, and how people speak of them.
struct Known<'a> {
    /// "a kind of event", "an attribute".
    what: &'static str,
    usual: Vec<&'static str>,
    seen: &'a BTreeSet<String>,
}

impl Reading {
    /// Kinds of events and attributes that are hardly meant as written, as warnings: nearly a usual one, or, where a
    /// store is at hand, one that it has never received.
    pub fn check_names(&self, seen: &Seen) -> Vec<Problem> {
        check_names(&self.names, seen)
    }
}

/// A kind of event or an attribute, and where a text names it.
pub(super) type NamedAt = (Named, String, Place);

/// The warnings about names, each once for a place.
pub(super) fn check_names(names: &[NamedAt], seen: &Seen) -> Vec<Problem> {
    let kinds = Known { what: "kind of event", usual: kinds().collect(), seen: &seen.kinds };
    let attributes = Known { what: "attribute", usual: attributes().collect(), seen: &seen.attributes };
    let warning = |(named, name, place): &NamedAt| {
        let known = match named {
            Named::Kind => &kinds,
            Named::Attribute => &attributes,
        };
        let message = known
            .mistaken(name)
            .or_else(|| spelled_twice(names, *named, name, known))
            .or_else(|| unseen(*named, name, known, seen))?;
        Some(Problem::warning(*place, message))
    };
    let mut problems: Vec<Problem> = names.iter().filter_map(warning).collect();
    // An alias can lead to one place several times.
    problems.dedup();
    problems
}

/// Whether everybody has a name, so that no store need be asked for it.
pub(super) fn is_usual(named: Named, name: &str) -> bool {
    match named {
        Named::Kind => kinds().any(|usual| usual == name),
        Named::Attribute => attributes().any(|usual| usual == name),
    }
}

/// What is wrong with a name that an earlier place of the text writes with other capital letters or blanks. A usual
/// name, or one that the store has received, is right as it is.
fn spelled_twice(names: &[NamedAt], named: Named, name: &str, known: &Known) -> Option<String> {
    let same = |(other, text, _): &&NamedAt| *other == named && folded(text) == folded(name);
    let (_, first, place) = names.iter().filter(same).min_by_key(|(_, _, place)| (place.line, place.column))?;
    if first == name || known.has(name) {
        return None;
    }
    let (name, first) = (shortened(name), shortened(first));
    Some(format!(
        "`{name}` and `{first}` (line {}, column {}) differ only in capital letters or blanks, and only the exact name counts; write the {} in one way",
        place.line, place.column, known.what
    ))
}

/// A name without what people overlook: capital letters and blanks.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The values that intake gives an attribute, where they are a closed list: ranks and departments
/// from job titles, and channels of visits. Tests of `attractor-intake` hold these lists to what it derives.
pub fn values(attribute: &str) -> Option<&'static [&'static str]> {
    match attribute {
        "seniority" => Some(&SENIORITY),
        "department" => Some(&DEPARTMENT),
        "first_channel" | "last_channel" => Some(&CHANNELS),
        _ => None,
    }
}

/// The kinds of events that mean something without being declared.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|row| row.name)
}

/// The attributes that leads have without anybody inventing a name.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    ATTRIBUTES.split_ascii_whitespace()
}

/// The attribute that was probably meant by a name that nearly is one of these or of `others`; `None` for one of them.
///
/// ```
/// use attractor_engine::playbook::vocabulary::meant_attribute;
///
/// assert_eq!(meant_attribute("first_nme", []), Some("first_name"));
/// assert_eq!(meant_attribute("lead_stauts", ["lead_status"]), Some("lead_status"));
/// assert_eq!(meant_attribute("shoe_size", []), None);
/// ```
pub fn meant_attribute(name: &str, others: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let none = BTreeSet::new();
    let known = Known { what: "attribute", usual: attributes().chain(others).collect(), seen: &none };
    if known.has(name) {
        return None;
    }
    known.alike(name).or_else(|| known.usual.iter().find(|usual| is_slip(name, usual)).copied())
}

/// Whether short names differ by a letter that is missing, too many, or swapped with its neighbour. With another letter,
/// too many words are words of their own: `stage` is not `state`.
fn is_slip(name: &str, usual: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.to_lowercase().chars().collect();
        letters.sort_unstable();
        letters
    };
    let (letters, others) = (sorted(name), sorted(usual));
    let is_replaced = letters.len() == others.len() && letters != others;
    letters.len() > 3 && !is_replaced && strsim::osa_distance(&name.to_lowercase(), &usual.to_lowercase()) == 1
}

impl Known<'_> {
    fn has(&self, name: &str) -> bool {
        self.usual.contains(&name) || self.seen.contains(name)
    }

    /// What is said of a name that is nearly another.
    fn mistaken(&self, name: &str) -> Option<String> {
        if self.has(name) {
            return None;
        }
        let tidy = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if tidy != name && !tidy.is_empty() {
            let meant = self.alike(&tidy).and_then(|meant| self.spellings(meant).first().copied());
            let meant = meant.unwrap_or(tidy.as_str());
            return Some(format!(
                "the {} \"{}\" has blanks that do not belong there, and blanks count; write `{}`",
                self.what,
                shortened(name),
                shortened(meant)
            ));
        }
        let meant: Vec<String> =
            self.spellings(self.alike(name)?).into_iter().map(|usual| format!("`{usual}`")).collect();
        let (name, meant) = (shortened(name), meant.join(" or "));
        Some(format!(
            "`{name}` is nearly the {} {meant}, and only the exact name counts; did you mean {meant}?",
            self.what
        ))
    }

    /// All usual spellings of a usual name, such as `first_name` and `firstName`: those that the store has received come
    /// first. Without a store the order is that of the usual names, which has first what imports write.
    fn spellings(&self, name: &str) -> Vec<&'static str> {
        let bare = |name: &str| folded(&name.replace('_', ""));
        let mut all: Vec<&'static str> = self.usual.iter().copied().filter(|usual| bare(usual) == bare(name)).collect();
        all.sort_by_key(|usual| !self.seen.contains(*usual));
        all
    }

    /// The usual name that is the same but for its spelling.
    fn alike(&self, name: &str) -> Option<&'static str> {
        let (words, written) = (Words::of(name), name.to_lowercase());
        let distance = |usual: &&&str| strsim::osa_distance(&written, &usual.to_lowercase());
        // Of several with these words, such as `company_size` and `company.size`, the one that is written most alike.
        let by_words = self.usual.iter().filter(|usual| Words::of(usual) == words).min_by_key(distance);
        let typo = || {
            let letters = name.chars().count();
            let allowed = if letters < 6 { 0 } else { (letters / 5).min(2) };
            self.usual.iter().filter(|usual| distance(usual) <= allowed).min_by_key(distance)
        };
        by_words.or_else(typo).or_else(|| self.part(&words)).copied()
    }

    /// The only usual name that has all of these words, of which there are several: "Email Clicked".
    fn part(&self, words: &Words) -> Option<&&'static str> {
        let mut having = self.usual.iter().filter(|usual| words.are_part_of(&Words::of(usual)));
        let first = having.next().filter(|_| words.0.len() > 1)?;
        having.all(|other| other == first).then_some(first)
    }
}

/// What is said of a name that a store has not received.
fn unseen(named: Named, name: &str, known: &Known, seen: &Seen) -> Option<String> {
    let looked_at = match named {
        Named::Kind => seen.events,
        Named::Attribute => seen.leads,
    };
    if looked_at == 0 || known.has(name) {
        return None;
    }
    let (name, all) = (shortened(name), seen.complete);
    let fact = match named {
        Named::Kind if all => format!("no event of the kind `{name}` has been received"),
        Named::Kind => format!("none of the {looked_at} events looked at is of the kind `{name}`"),
        Named::Attribute if all => format!("no lead has the attribute `{name}`"),
        Named::Attribute => format!("none of the {looked_at} leads looked at has the attribute `{name}`"),
    };
    let names = known.seen.iter().map(String::as_str).chain(known.usual.iter().copied());
    let hint = match nearest(&name, names) {
        Some(other) => format!("did you mean `{other}`?"),
        None => "check the spelling, or leave it if it is still to come".into(),
    };
    Some(format!("{fact}; {hint}"))
}

/// The words of a name without their endings, in alphabetical order: "page_views" and "PageViewed" are one.
#[derive(PartialEq, Eq)]
struct Words(Vec<String>);

impl Words {
    fn of(name: &str) -> Words {
        let mut words: Vec<String> = Vec::new();
        let mut after_lower = false;
        for c in name.chars() {
            let continues = !after_lower || !c.is_uppercase();
            after_lower = c.is_lowercase();
            match c {
                ' ' | '_' | '-' | '.' | ':' => words.push(String::new()),
                c if !continues || words.is_empty() => words.push(c.to_lowercase().collect()),
                c => words.last_mut().into_iter().for_each(|word| word.extend(c.to_lowercase())),
            }
        }
        let mut words: Vec<String> = words.iter().filter(|word| !word.is_empty()).map(|word| stem(word)).collect();
        words.sort();
        Words(words)
    }

    fn are_part_of(&self, other: &Words) -> bool {
        self.0.len() < other.0.len() && self.0.iter().all(|word| other.0.contains(word))
    }
}

/// A word without the ending of a verb or a plural, as far as comparing needs it.
fn stem(word: &str) -> String {
    let ending = ["ing", "ed", "es", "s", "e"].iter().find_map(|ending| word.strip_suffix(ending));
    let stem = ending.filter(|stem| stem.chars().count() > 2).unwrap_or(word);
    let mut letters: Vec<char> = stem.chars().collect();
    // "submitted" without its ending has one letter more than "submit".
    if let [.., one, other] = letters.as_slice()
        && one == other
    {
        letters.pop();
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str, usual: Vec<&'static str>) -> Option<&'static str> {
        Known { what: "", usual, seen: &BTreeSet::new() }.alike(name)
    }

    #[test]
    fn kinds_that_are_nearly_usual_ones() {
        for (name, kind) in [
            ("Email Open", "Email Opened"),
            ("email opened", "Email Opened"),
            ("EmailOpened", "Email Opened"),
            ("email_opened", "Email Opened"),
            ("Emial Opened", "Email Opened"),
            ("page viewed", "Page Viewed"),
            ("Page View", "Page Viewed"),
            ("Page Views", "Page Viewed"),
            ("pageViewed", "Page Viewed"),
            ("Viewed Page", "Page Viewed"),
            ("Email Clicked", "Email Link Clicked"),
            ("Email Click", "Email Link Clicked"),
            ("Form Submit", "Form Submitted"),
            ("Form Sumbitted", "Form Submitted"),
            ("Demo Request", "Demo Requested"),
            ("Deal Create", "Deal Created"),
            ("unsubscribe", "Unsubscribed"),
            ("Webinar Attend", "Webinar Attended"),
        ] {
            assert_eq!(meant(name, kinds().collect()), Some(kind), "{name}");
        }
        for own in ["X", "Video Viewed", "Signup", "Invoice Paid", "Plan Changed", "Email", "Clicked", "Opened Door"] {
            assert_eq!(meant(own, kinds().collect()), None, "{own}");
        }
    }

    #[test]
    fn attributes_that_are_nearly_usual_ones() {
        for (name, attribute) in [
            ("jobtitel", Some("jobTitle")),
            ("job title", Some("job_title")),
            ("Job_Title", Some("job_title")),
            ("job_titel", Some("job_title")),
            ("Country", Some("country")),
            ("contry", Some("country")),
            ("company.sizes", Some("company.size")),
            ("seniorty", Some("seniority")),
            ("CompanySize", Some("company_size")),
            ("a", None),
            ("budget", None),
            ("favourite_colour", None),
            ("interests", None),
        ] {
            assert_eq!(meant(name, attributes().collect()), attribute, "{name}");
        }
    }

    #[test]
    fn attributes_that_lists_nearly_name() {
        for (name, attribute) in [
            ("first_nme", Some("first_name")),
            ("company.nmae", Some("company.name")),
            ("lead_stauts", Some("lead_status")),
            ("ownr", Some("owner")),
            ("sate", Some("state")),
            ("owner", None),
            ("lead_status", None),
            ("stage", None),
            ("cost", None),
            ("own", None),
            ("nickname", None),
        ] {
            assert_eq!(meant_attribute(name, ["lead_status"]), attribute, "{name}");
        }
    }

    #[test]
    fn both_spellings_are_named_and_the_one_that_was_received_comes_first() {
        for (seen, name, meant) in [
            (&[][..], "firstname", "`first_name` or `firstName`"),
            (&["first_name", "email"], "firstname", "`first_name` or `firstName`"),
            (&["firstName"], "firstname", "`firstName` or `first_name`"),
            (&["firstName", "first_name"], "Firstname", "`first_name` or `firstName`"),
            (&[], "jobtitel", "`job_title` or `jobTitle`"),
            (&[], "CompanySize", "`company_size`"),
        ] {
            let seen = seen.iter().map(|name| (*name).to_owned()).collect();
            let known = Known { what: "attribute", usual: attributes().collect(), seen: &seen };
            let expected = format!(
                "`{name}` is nearly the attribute {meant}, and only the exact name counts; did you mean {meant}?"
            );
            assert_eq!(known.mistaken(name), Some(expected));
        }
        let seen = BTreeSet::from(["firstName".to_owned()]);
        let known = Known { what: "attribute", usual: attributes().collect(), seen: &seen };
        assert!(known.mistaken(" first name").is_some_and(|said| said.ends_with("; write `firstName`")));
    }

    #[test]
    fn no_usual_name_is_taken_for_another() {
        for usual in [kinds().collect::<Vec<_>>(), attributes().collect()] {
            for name in &usual {
                let known = Known { what: "", usual: usual.clone(), seen: &BTreeSet::new() };
                assert_eq!(known.mistaken(name), None);
            }
        }
    }
}
