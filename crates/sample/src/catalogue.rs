//! What the sample company has to show: Lathewell, which sells planning software to workshops and small factories.
//! Topics, pages, assets and e-mails, each known by a number and written by its id.

use crate::calendar::Date;

/// The address of its site, without a slash at its end.
pub const SITE: &str = "https://www.lathewell.example";

/// A subject, as its place in `TOPICS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic(pub u8);

pub struct About {
    pub id: &'static str,
    /// How strongly it draws; 1 is usual.
    pub pull: f64,
    pub related: Topic,
    /// Path and title: the topic's own page first.
    pages: [(&'static str, &'static str); PAGES_A_TOPIC],
}

const PAGES_A_TOPIC: usize = 5;
/// Among the pages of a topic, the one whose guide is downloaded.
const GUIDE_PAGE: u8 = 3;

pub const TOPICS: [About; 6] = [
    About {
        id: "scheduling",
        pull: 1.3,
        related: Topic(1),
        pages: [
            ("/scheduling", "Scheduling that survives Monday"),
            ("/scheduling/how-it-works", "How scheduling works"),
            ("/blog/scheduling-basics", "Five planning habits of calm workshops"),
            ("/guides/scheduling", "The scheduling guide"),
            ("/customers/scheduling-story", "How a tool shop halved its lead times"),
        ],
    },
    About {
        id: "stock",
        pull: 1.0,
        related: Topic(0),
        pages: [
            ("/stock", "Stock you can trust"),
            ("/stock/how-it-works", "How stock keeping works"),
            ("/blog/stock-basics", "Counting less and knowing more"),
            ("/guides/stock", "The stock guide"),
            ("/customers/stock-story", "How a foundry freed a third of its store"),
        ],
    },
    About {
        id: "maintenance",
        pull: 0.7,
        related: Topic(3),
        pages: [
            ("/maintenance", "Maintenance before it breaks"),
            ("/maintenance/how-it-works", "How maintenance plans work"),
            ("/blog/maintenance-basics", "What a stopped spindle costs"),
            ("/guides/maintenance", "The maintenance guide"),
            ("/customers/maintenance-story", "How a mill keeps forty machines awake"),
        ],
    },
    About {
        id: "quality",
        pull: 0.8,
        related: Topic(2),
        pages: [
            ("/quality", "Quality without the binders"),
            ("/quality/how-it-works", "How inspections work"),
            ("/blog/quality-basics", "Scrap, rework and honest numbers"),
            ("/guides/quality", "The quality guide"),
            ("/customers/quality-story", "How a supplier passed its audit in a day"),
        ],
    },
    About {
        id: "costing",
        pull: 1.1,
        related: Topic(1),
        pages: [
            ("/costing", "Costing, job by job"),
            ("/costing/how-it-works", "How job costing works"),
            ("/blog/costing-basics", "Why the quote was wrong"),
            ("/guides/costing", "The costing guide"),
            ("/customers/costing-story", "How a printer stopped losing on small orders"),
        ],
    },
    About {
        id: "integrations",
        pull: 0.5,
        related: Topic(0),
        pages: [
            ("/integrations", "Integrations"),
            ("/integrations/how-it-works", "How integrations work"),
            ("/blog/integrations-basics", "Spreadsheets out, one truth in"),
            ("/guides/integrations", "The integration guide"),
            ("/customers/integrations-story", "How three plants share one plan"),
        ],
    },
];

impl Topic {
    pub const ALL: [Topic; 6] = [Topic(0), Topic(1), Topic(2), Topic(3), Topic(4), Topic(5)];
    /// The topic of the yearly launch.
    pub const LAUNCHED: Topic = Topic(4);

    pub fn of_id(id: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| topic.about().id == id)
    }

    pub fn about(self) -> &'static About {
        &TOPICS[self.0 as usize]
    }

    /// The topic so many places further, around the list.
    pub fn further(self, places: i64) -> Topic {
        Topic((i64::from(self.0) + places).rem_euclid(TOPICS.len() as i64) as u8)
    }

    pub fn page(self, which: usize) -> SitePage {
        SitePage((GENERAL.len() + self.0 as usize * PAGES_A_TOPIC + which.min(PAGES_A_TOPIC - 1)) as u8)
    }

    pub fn guide_page(self) -> SitePage {
        self.page(GUIDE_PAGE as usize)
    }
}

const GENERAL: [(&str, &str); 9] = [
    ("/", "Lathewell: planning for people who make things"),
    ("/pricing", "Pricing"),
    ("/demo", "See it with your own orders"),
    ("/customers", "Customers"),
    ("/about", "About us"),
    ("/careers", "Careers"),
    ("/webinars", "Webinars"),
    ("/blog", "The workshop blog"),
    ("/preferences", "Your preferences"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SitePage(u8);

impl SitePage {
    pub const HOME: SitePage = SitePage(0);
    pub const PRICING: SitePage = SitePage(1);
    pub const DEMO: SitePage = SitePage(2);
    pub const CUSTOMERS: SitePage = SitePage(3);
    pub const CAREERS: SitePage = SitePage(5);
    pub const WEBINARS: SitePage = SitePage(6);
    pub const BLOG: SitePage = SitePage(7);
    pub const PREFERENCES: SitePage = SitePage(8);

    /// The page at a path, whatever is behind a question mark.
    pub fn of_path(path: &str) -> Option<SitePage> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let count = GENERAL.len() + TOPICS.len() * PAGES_A_TOPIC;
        (0..count).map(|number| SitePage(number as u8)).find(|page| page.path() == path)
    }

    fn entry(self) -> (&'static str, &'static str) {
        match (self.0 as usize).checked_sub(GENERAL.len()) {
            None => GENERAL[self.0 as usize],
            Some(at) => TOPICS[at / PAGES_A_TOPIC].pages[at % PAGES_A_TOPIC],
        }
    }

    pub fn path(self) -> &'static str {
        self.entry().0
    }

    pub fn title(self) -> &'static str {
        self.entry().1
    }

    /// Any page but the preferences.
    pub fn nth(number: usize) -> SitePage {
        let count = GENERAL.len() - 1 + TOPICS.len() * PAGES_A_TOPIC;
        let number = number % count;
        SitePage(if number < GENERAL.len() - 1 { number } else { number + 1 } as u8)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Guide,
    CaseStudy,
    Comparison,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Guide, Format::CaseStudy, Format::Comparison];

    pub fn id(self) -> &'static str {
        ["guide", "case-study", "comparison"][self as usize]
    }

    pub fn intent(self) -> &'static str {
        ["educate", "decide", "compare"][self as usize]
    }
}

/// A file to download: `scheduling-guide`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    pub topic: Topic,
    pub format: Format,
}

impl Asset {
    /// Its place in a set of assets.
    pub fn bit(self) -> u32 {
        1 << (u32::from(self.topic.0) * 3 + self.format as u32)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Download,
    Newsletter,
    Webinar,
    Demo,
}

impl Form {
    pub fn id(self) -> &'static str {
        ["download", "newsletter", "webinar", "demo"][self as usize]
    }
}

/// An e-mail of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    Newsletter(Date),
    Launch(Date),
    /// To a webinar on that date.
    Invitation(Date, Topic),
    /// What follows on a topic that somebody clicked or downloaded.
    Follow(Format, Topic),
    /// The link to what was just asked for.
    Download(Topic),
    DemoConfirmation,
}

/// A link in an e-mail: where it leads and the topic it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub page: SitePage,
    pub topic: Option<Topic>,
}

impl Letter {
    pub fn is_marketing(self) -> bool {
        !matches!(self, Letter::Download(_) | Letter::DemoConfirmation)
    }

    /// The three topics that a newsletter offers, or the one and its relation.
    fn topics(self) -> [Topic; 3] {
        match self {
            Letter::Newsletter(date) => {
                let first = Topic(0).further(date.week());
                [first, first.further(2), first.further(3)]
            }
            Letter::Launch(_) => [Topic::LAUNCHED, Topic::LAUNCHED, Topic::LAUNCHED.about().related],
            Letter::Invitation(_, topic) | Letter::Follow(_, topic) | Letter::Download(topic) => {
                [topic, topic, topic.about().related]
            }
            Letter::DemoConfirmation => [Topic(0), Topic(1), Topic(4)],
        }
    }

    pub fn is_about(self, topic: Topic) -> bool {
        self.topics().contains(&topic)
    }

    pub fn links(self) -> usize {
        match self {
            Letter::Newsletter(_) | Letter::Launch(_) => 10,
            Letter::Invitation(..) | Letter::Follow(..) => 9,
            Letter::Download(_) | Letter::DemoConfirmation => 2,
        }
    }

    /// How many of its links, from the first, people choose among.
    pub fn attractors(self) -> usize {
        self.links().min(7)
    }

    /// The link at `place`: the topics' first, then pricing, then what stands at the foot of every mail.
    pub fn link(self, place: usize) -> Link {
        let topic = self.topics()[(place / 2).min(2)];
        match (self, place) {
            (Letter::Download(_), 0) => Link { page: topic.guide_page(), topic: Some(topic) },
            (Letter::Download(_), _) => Link { page: SitePage::PREFERENCES, topic: None },
            (Letter::DemoConfirmation, _) => Link { page: SitePage::DEMO, topic: None },
            (Letter::Invitation(..), 0) => Link { page: SitePage::WEBINARS, topic: Some(topic) },
            (Letter::Follow(Format::CaseStudy, _), 0) => Link { page: topic.page(4), topic: Some(topic) },
            (_, 0..=5) => Link { page: topic.page(if place.is_multiple_of(2) { 0 } else { 2 }), topic: Some(topic) },
            (_, 6) => Link { page: SitePage::PRICING, topic: None },
            (_, 7) => Link { page: SitePage::CUSTOMERS, topic: None },
            _ => Link { page: SitePage::PREFERENCES, topic: None },
        }
    }
}

/// Where a visit came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitSource {
    /// Typed, or a page inside the visit.
    Direct,
    Search,
    Social,
    Advertisement,
    Partner,
    Mail,
}

impl VisitSource {
    pub const ARRIVALS: [VisitSource; 5] = [
        VisitSource::Search,
        VisitSource::Direct,
        VisitSource::Social,
        VisitSource::Advertisement,
        VisitSource::Partner,
    ];

    pub fn referrer(self) -> Option<&'static str> {
        match self {
            VisitSource::Direct | VisitSource::Mail => None,
            VisitSource::Search => Some("https://search.example/"),
            VisitSource::Social => Some("https://social.example/feed"),
            VisitSource::Advertisement => Some("https://search.example/ads"),
            VisitSource::Partner => Some("https://machines.example/partners"),
        }
    }

    /// `utm_source`, `utm_medium` and `utm_campaign` where the visit carries them.
    pub fn campaign(self) -> Option<[&'static str; 3]> {
        match self {
            VisitSource::Direct | VisitSource::Search => None,
            VisitSource::Social => Some(["linkedin", "social", "workshop-stories"]),
            VisitSource::Advertisement => Some(["google", "cpc", "planning-software"]),
            VisitSource::Partner => Some(["machines", "partner", "directory"]),
            VisitSource::Mail => Some(["email", "email", "mailing"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_reached_and_belongs_to_its_topic() {
        let paths: Vec<&str> = (0..38).map(|n| SitePage::nth(n).path()).collect();
        assert_eq!(paths.iter().collect::<std::collections::BTreeSet<_>>().len(), 38);
        assert!(!paths.contains(&"/preferences"));
        for topic in Topic::ALL {
            assert!((0..5).all(|which| topic.page(which).path().contains(topic.about().id)));
            assert_eq!(topic.guide_page().path(), format!("/guides/{}", topic.about().id));
        }
    }

    #[test]
    fn a_letter_has_as_many_links_as_it_says() {
        let date = Date(20_000);
        assert_eq!(Letter::Newsletter(date).links(), 10);
        assert_eq!(Letter::Newsletter(date).link(9).page, SitePage::PREFERENCES);
        assert_eq!(Letter::Launch(date).link(0).topic, Some(Topic::LAUNCHED));
        assert_eq!(Letter::Follow(Format::Guide, Topic(2)).link(4).topic, Some(Topic(3)));
    }
}
