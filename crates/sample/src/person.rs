//! Who the leads are. Nothing of this is stored: each fact is a hash of the seed and the lead's number, told again
//! whenever it is asked for, so that a lead is the same however many others there are.

use crate::calendar::Date;
use crate::catalogue::Topic;
use crate::dice::{Dice, hash};

/// What a lead is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temperament {
    /// Looks around once or a few times and is gone.
    Browser,
    /// Reads and downloads; seldom has a budget.
    Researcher,
    /// Has a project: reads, compares prices, asks for a demo.
    Buyer,
    /// Loves prices and demos, and buys nothing.
    TyreKicker,
    /// Opens the newsletter and clicks on it.
    Reader,
    /// Bought before.
    Customer,
    /// A machine that reads the site.
    Crawler,
}

/// What a lead's company is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirmKind {
    /// No company that is known: a private address.
    Private,
    Ordinary,
    /// Looks for such software within the time simulated.
    Buying,
    Customer,
}

#[derive(Clone, Copy)]
pub struct Firm {
    seed: u64,
    pub id: u64,
}

const FIRM_STEMS: [&str; 40] = [
    "Alder", "Birch", "Calder", "Dorn", "Eibe", "Falk", "Garner", "Hassel", "Ibsen", "Jura", "Kessel", "Linden",
    "Mohr", "Nordal", "Oster", "Pell", "Quarry", "Rossi", "Sander", "Thorn", "Ulmer", "Varga", "Weller", "Yarrow",
    "Zeller", "Ashby", "Brandt", "Corvin", "Drey", "Elm", "Fjell", "Grove", "Holm", "Isar", "Keller", "Loire", "Marsh",
    "Nagel", "Orr", "Prior",
];
const FIRM_TRADES: [&str; 25] = [
    "Tools",
    "Castings",
    "Precision",
    "Springs",
    "Gears",
    "Valves",
    "Plastics",
    "Furniture",
    "Printing",
    "Optics",
    "Pumps",
    "Cables",
    "Welding",
    "Sheet Metal",
    "Moulds",
    "Bearings",
    "Packaging",
    "Joinery",
    "Turning",
    "Coatings",
    "Hydraulics",
    "Electronics",
    "Textiles",
    "Glass",
    "Ceramics",
];
const INDUSTRIES: [(&str, f64); 7] = [
    ("Metalworking", 5.0),
    ("Machinery", 4.0),
    ("Plastics", 2.5),
    ("Furniture", 1.5),
    ("Electronics", 1.5),
    ("Consulting", 1.0),
    ("Education", 0.7),
];
/// Least and most people, and how many companies are of that size.
const SIZES: [(i64, i64, f64); 5] = [(2, 9, 1.5), (10, 49, 3.5), (50, 199, 3.0), (200, 499, 1.2), (500, 4_000, 0.6)];
/// Country, the zones of its people as places in `ZONES`, and how many companies are there.
const COUNTRIES: [(&str, &[usize], f64); 9] = [
    ("DE", &[0], 6.0),
    ("FR", &[1], 2.0),
    ("GB", &[2], 3.0),
    ("NL", &[3], 1.2),
    ("CH", &[4], 0.8),
    ("SE", &[5], 0.8),
    ("US", &[6, 7, 8], 4.0),
    ("CA", &[9], 1.2),
    ("AT", &[0], 0.8),
];

/// Companies come in blocks: so many leads in a row share so many of them.
const LEADS_A_BLOCK: u64 = 12;
const FIRM_OF_PLACE: [u64; LEADS_A_BLOCK as usize] = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 4];
const FIRMS_A_BLOCK: u64 = 5;

impl Firm {
    fn dice(self, salt: u64) -> Dice {
        Dice::new([self.seed, self.id, 0x0f1f_0000 + salt])
    }

    pub fn kind(self) -> FirmKind {
        match self.dice(1).weighted(&[10.0, 67.0, 16.0, 7.0]) {
            0 => FirmKind::Private,
            1 => FirmKind::Ordinary,
            2 => FirmKind::Buying,
            _ => FirmKind::Customer,
        }
    }

    pub fn name(self) -> String {
        let (stem, trade) = self.words();
        let round = self.id / (FIRM_STEMS.len() * FIRM_TRADES.len()) as u64;
        if round == 0 { format!("{stem} {trade}") } else { format!("{stem} {trade} {}", round + 1) }
    }

    /// All names of a round once before any twice.
    fn words(self) -> (&'static str, &'static str) {
        let (stem, pass) = (self.id as usize % FIRM_STEMS.len(), self.id as usize / FIRM_STEMS.len());
        // For one stem each pass gives another trade, since only the pass moves it on.
        (FIRM_STEMS[stem], FIRM_TRADES[(pass + stem * 7) % FIRM_TRADES.len()])
    }

    /// A domain that nobody can own (RFC 2606).
    pub fn domain(self) -> String {
        self.name().to_lowercase().replace(' ', "-") + ".example"
    }

    pub fn employees(self) -> i64 {
        let mut dice = self.dice(2);
        let (least, most, _) = SIZES[dice.weighted(&SIZES.map(|(_, _, weight)| weight))];
        dice.between(least, most)
    }

    pub fn industry(self) -> &'static str {
        INDUSTRIES[self.dice(3).weighted(&INDUSTRIES.map(|(_, weight)| weight))].0
    }

    fn country_index(self) -> usize {
        self.dice(4).weighted(&COUNTRIES.map(|(_, _, weight)| weight))
    }

    pub fn country(self) -> &'static str {
        COUNTRIES[self.country_index()].0
    }

    /// Its mail gateway opens every link before it delivers.
    pub fn scans_mail(self) -> bool {
        self.kind() != FirmKind::Private && self.dice(5).chance(0.09)
    }

    /// Makes things, and is neither a garage nor a group: whom the product was built for.
    pub fn suits(self) -> bool {
        (10..500).contains(&self.employees()) && !matches!(self.industry(), "Consulting" | "Education")
    }

    /// The day on which a buying company begins to look around, of so many days.
    fn project(self, days: u32) -> u32 {
        (u64::from(days) * self.dice(6).between(0, 900) as u64 / 1_000) as u32
    }
}

#[derive(Clone, Copy)]
pub struct Person {
    pub seed: u64,
    pub number: u32,
}

const GIVEN: [&str; 40] = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Elena",
    "Felix",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Karin",
    "Liam",
    "Marta",
    "Nils",
    "Olivia",
    "Paul",
    "Quentin",
    "Rosa",
    "Simon",
    "Tessa",
    "Urs",
    "Vera",
    "Walter",
    "Xenia",
    "Yusuf",
    "Zoë",
    "Amélie",
    "Björn",
    "Chloé",
    "Dörte",
    "Emil",
    "François",
    "Greta",
    "Håkan",
    "Isla",
    "Jürgen",
    "Kate",
    "Lars",
    "Maya",
    "Noah",
];
const FAMILY: [&str; 44] = [
    "Adler",
    "Baker",
    "Conti",
    "Dubois",
    "Engel",
    "Fischer",
    "Garcia",
    "Hansen",
    "Ivers",
    "Jansen",
    "Köhler",
    "Laurent",
    "Müller",
    "Novak",
    "O'Brien",
    "Petit",
    "Quist",
    "Reed",
    "Schäfer",
    "Turner",
    "Ulrich",
    "Vogel",
    "Wagner",
    "Young",
    "Zimmer",
    "Andersson",
    "Brooks",
    "Clarke",
    "Dietz",
    "Evans",
    "Frank",
    "Green",
    "Hughes",
    "Lefèvre",
    "Moreau",
    "Nilsson",
    "Owens",
    "Price",
    "Roux",
    "Stein",
    "Tremblay",
    "Visser",
    "Walsh",
    "de Vries",
];
/// Jobs of those who decide, then of those who do the work.
const DECIDERS: [Job; 8] = [
    job("Managing Director", Some("c-level"), Some("executive")),
    job("Chief Operating Officer", Some("c-level"), Some("operations")),
    job("Head of Production", Some("director"), Some("operations")),
    job("Director of Operations", Some("director"), Some("operations")),
    job("Plant Manager", Some("manager"), None),
    job("VP Manufacturing", Some("vp"), Some("operations")),
    job("Owner", Some("owner"), Some("executive")),
    job("Head of Supply Chain", Some("director"), Some("operations")),
];
const DOERS: [Job; 12] = [
    job("Production Planner", None, Some("operations")),
    job("Shift Lead", Some("senior"), None),
    job("Quality Engineer", Some("individual contributor"), Some("engineering")),
    job("IT Manager", Some("manager"), Some("it")),
    job("Maintenance Technician", None, None),
    job("Buyer", None, Some("operations")),
    job("Controller", None, Some("finance")),
    job("Process Engineer", Some("individual contributor"), Some("engineering")),
    job("Student", Some("entry"), None),
    job("Consultant", Some("individual contributor"), None),
    job("Warehouse \"Lean\" Coordinator", None, Some("operations")),
    job("Office Manager", Some("individual contributor"), None),
];

/// How likely each temperament is, in the order of the enum.
const PRIVATE: [f64; 7] = [66.0, 10.0, 0.0, 6.0, 14.0, 0.0, 4.0];
const ORDINARY: [f64; 7] = [42.0, 18.0, 3.0, 7.0, 29.0, 0.0, 1.0];
const BUYING: [f64; 7] = [20.0, 24.0, 40.0, 4.0, 12.0, 0.0, 0.0];
const CUSTOMER: [f64; 7] = [10.0, 10.0, 3.0, 0.0, 17.0, 60.0, 0.0];

/// A job title, with the rank and the department that Attractor reads from it. They are in the messages because a
/// replay reads no titles.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub title: &'static str,
    pub seniority: Option<&'static str>,
    pub department: Option<&'static str>,
}

const fn job(title: &'static str, seniority: Option<&'static str>, department: Option<&'static str>) -> Job {
    Job { title, seniority, department }
}

impl Person {
    pub fn firm(self) -> Firm {
        let (block, place) = (u64::from(self.number) / LEADS_A_BLOCK, u64::from(self.number) % LEADS_A_BLOCK);
        Firm { seed: self.seed, id: block * FIRMS_A_BLOCK + FIRM_OF_PLACE[place as usize] }
    }

    /// The throws of one question about this person; of days, those after 0x1000.
    pub fn dice(self, salt: u64) -> Dice {
        Dice::new([self.seed, u64::from(self.number), salt])
    }

    pub fn temperament(self) -> Temperament {
        let weights = match self.firm().kind() {
            FirmKind::Private => PRIVATE,
            FirmKind::Ordinary => ORDINARY,
            FirmKind::Buying => BUYING,
            FirmKind::Customer => CUSTOMER,
        };
        match self.dice(1).weighted(&weights) {
            0 => Temperament::Browser,
            1 => Temperament::Researcher,
            2 => Temperament::Buyer,
            3 => Temperament::TyreKicker,
            4 => Temperament::Reader,
            5 => Temperament::Customer,
            _ => Temperament::Crawler,
        }
    }

    /// Known before the first day, from a list: customers, some readers, cards from a fair.
    pub fn is_listed(self) -> bool {
        match self.temperament() {
            Temperament::Customer => true,
            Temperament::Crawler => false,
            Temperament::Reader => self.dice(2).chance(0.45),
            _ => self.dice(2).chance(0.06),
        }
    }

    /// The day on which this lead is first heard of, of so many.
    pub fn first_day(self, days: u32) -> u32 {
        let any = (u64::from(days) * self.dice(3).below(1_000) as u64 / 1_000) as u32;
        match (self.is_listed(), self.temperament(), self.firm().kind()) {
            (true, ..) => 0,
            (_, Temperament::Buyer | Temperament::Researcher, FirmKind::Buying) => {
                self.project_day(days).saturating_add(self.dice(4).below(21) as u32).saturating_sub(7)
            }
            _ => any,
        }
    }

    /// The day on which a buyer's project begins.
    pub fn project_day(self, days: u32) -> u32 {
        match self.firm().kind() {
            FirmKind::Buying => self.firm().project(days),
            _ => (u64::from(days) * self.dice(5).below(900) as u64 / 1_000) as u32,
        }
    }

    pub fn topic(self, popular: Topic) -> Topic {
        let mut dice = self.dice(6);
        // Colleagues share their company's trouble more often than not.
        let firm = Topic(self.firm().dice(7).below(Topic::ALL.len()) as u8);
        if self.firm().kind() != FirmKind::Private && dice.chance(0.45) { firm } else { popular }
    }

    /// An IANA zone, as its place in `ZONES`.
    pub fn zone(self) -> usize {
        let zones = COUNTRIES[self.firm().country_index()].1;
        zones[self.dice(7).below(zones.len())]
    }

    /// One in ten never told.
    pub fn tells_zone(self) -> bool {
        self.dice(8).chance(0.9)
    }

    pub fn given(self) -> &'static str {
        // Different within each block of leads, so that no two colleagues share an address.
        let block = u64::from(self.number) / LEADS_A_BLOCK;
        let shift = hash([self.seed, block, 9]) % GIVEN.len() as u64;
        GIVEN[(u64::from(self.number) * 7 + shift) as usize % GIVEN.len()]
    }

    pub fn family(self) -> &'static str {
        FAMILY[self.dice(10).below(FAMILY.len())]
    }

    pub fn job(self) -> Job {
        let mut dice = self.dice(11);
        let decides = match self.temperament() {
            Temperament::Buyer => 0.62,
            Temperament::Customer => 0.4,
            _ => 0.22,
        };
        if dice.chance(decides) { DECIDERS[dice.below(DECIDERS.len())] } else { DOERS[dice.below(DOERS.len())] }
    }

    pub fn email(self) -> String {
        let local = format!("{}.{}", plain(self.given()), plain(self.family()));
        match self.firm().kind() {
            FirmKind::Private => format!("{local}@home-{}.example", self.number + 1),
            _ => format!("{local}@{}", self.firm().domain()),
        }
    }

    /// The address given the second time, by those who signed up twice.
    pub fn other_email(self) -> String {
        format!("{}.{}@mail-{}.example", plain(self.family()), plain(self.given()), self.number + 1)
    }

    pub fn anonymous_id(self, device: usize) -> u64 {
        hash([self.seed, u64::from(self.number), 0xa0 + device as u64])
    }

    /// Goes by an address alone until sales takes over.
    pub fn lacks_user_id(self) -> bool {
        !self.is_listed() && self.dice(12).chance(0.25)
    }

    pub fn has_phone(self) -> bool {
        self.dice(13).chance(0.3)
    }

    /// Its mail program loads every image by itself, through a proxy.
    pub fn is_proxied(self) -> bool {
        self.dice(14).chance(0.33)
    }

    pub fn address_is_dead(self) -> bool {
        self.dice(15).chance(if self.is_listed() { 0.05 } else { 0.012 })
    }

    /// Agrees to be measured when it signs up.
    pub fn allows_tracking(self) -> bool {
        self.dice(18).chance(0.65)
    }

    /// Signs up a second time under another address; joined again by hand.
    pub fn signs_up_twice(self) -> bool {
        !self.lacks_user_id() && self.dice(16).chance(0.03)
    }

    /// Whose salesperson this is.
    pub fn owner(self) -> &'static str {
        ["maria@lathewell.example", "tom@lathewell.example", "aisha@lathewell.example"][(self.firm().id % 3) as usize]
    }

    /// When a listed lead was added to the list, before the first day.
    pub fn listed_on(self, first: Date) -> Date {
        Date(first.0.saturating_sub(self.dice(17).between(20, 600) as u16))
    }
}

/// A name as it stands in an address.
fn plain(name: &str) -> String {
    let letter = |letter: char| match letter {
        'ä' | 'å' => "a".into(),
        'ö' => "o".into(),
        'ü' => "u".into(),
        'é' | 'è' | 'ë' => "e".into(),
        'ç' => "c".into(),
        '\'' | ' ' => String::new(),
        other => other.to_string(),
    };
    name.to_lowercase().chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn addresses_are_plain_and_differ() {
        let emails: BTreeSet<String> = (0..30_000).map(|number| Person { seed: 7, number }.email()).collect();
        assert_eq!(emails.len(), 30_000);
        assert!(emails.iter().all(|email| email.is_ascii() && !email.contains(' ') && email.ends_with(".example")));
    }

    #[test]
    fn companies_have_names_of_their_own() {
        let names: BTreeSet<String> = (0..5_000).map(|id| Firm { seed: 1, id }.name()).collect();
        assert_eq!(names.len(), 5_000);
    }
}
