//! What a column can mean. `--map`, MAP.yaml and the tables of the exports all use the one notation read here.

use attractor_engine::playbook::DEFAULT_ACTIVITY;
use attractor_engine::vocabulary::{EventKind, Group, of_group};

/// Why a lead may not be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailStatus {
    /// Nothing against it.
    Fine,
    /// Not confirmed, disabled, archived: no withdrawal, but no consent may be granted either.
    Held,
    Unsubscribed,
    /// Undeliverable for good.
    Bounced,
    Complained,
}

/// The meaning of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKey {
    Ignore,
    Email,
    /// The id that the tool or the file gives the lead.
    Id,
    /// The id by which the own product calls the lead; it becomes its `userId`.
    UserId,
    /// An attribute that holds since the lead is known.
    Attribute(String),
    /// An attribute that tells where the lead stands now; it is dated by the row's last change.
    Now(String),
    Tags,
    /// A JSON object of attributes.
    Json,
    /// When the lead became known.
    Created,
    /// When the row was last changed.
    Modified,
    /// A date of somebody's doing that is no event of its own; it dates the row's counters.
    Seen,
    /// A date at which an event of this kind happened.
    At(String),
    /// A date at which this lifecycle stage was reached.
    Stage(String),
    /// How often an event of this kind happened.
    Count(String),
    /// The name of the last thing that happened.
    Activity,
    /// The way in which the lead came; a form is a `Form Submitted`.
    Origin,
    /// Yes or no: does this stand against writing to the lead?
    Is(MailStatus),
    /// When it came about; any date means yes.
    Since(MailStatus),
    /// Why it came about; any text means yes.
    Reason(MailStatus),
    /// Yes or no: left this subscription.
    Left(String),
    /// Yes or no: agreed to be written to; a no holds consent back, a yes is no proof.
    Agreed,
    /// A word for where the subscription stands.
    Status,
    /// Yes or no: became a customer.
    Converted,
    /// The ids of the lead's deals.
    Deals,
    DealId,
    /// A property of the deal's events.
    Deal(String),
    Amount,
    Currency,
    DealStage,
    /// Yes or no.
    Won,
    Lost,
    DealCreated,
    /// When the deal was won or lost; of an open one merely expected.
    Closed,
    WonAt,
    LostAt,
    ContactId,
    ContactEmail,
    ContactName,
    ContactCompany,
    /// The kind of event that the row is.
    Event,
    /// When the row's event happened.
    Timestamp,
    Property(String),
    Attended,
    Registered,
    Joined,
    LeftAt,
    Minutes,
}

/// The names without a parameter.
const NAMES: [(&str, ColumnKey); 40] = [
    ("-", ColumnKey::Ignore),
    ("email", ColumnKey::Email),
    ("id", ColumnKey::Id),
    ("user_id", ColumnKey::UserId),
    ("tags", ColumnKey::Tags),
    ("json", ColumnKey::Json),
    ("created_at", ColumnKey::Created),
    ("modified_at", ColumnKey::Modified),
    ("seen_at", ColumnKey::Seen),
    ("activity", ColumnKey::Activity),
    ("came_by", ColumnKey::Origin),
    ("unsubscribed", ColumnKey::Is(MailStatus::Unsubscribed)),
    ("bounced", ColumnKey::Is(MailStatus::Bounced)),
    ("complained", ColumnKey::Is(MailStatus::Complained)),
    ("unsubscribed_at", ColumnKey::Since(MailStatus::Unsubscribed)),
    ("bounced_at", ColumnKey::Since(MailStatus::Bounced)),
    ("complained_at", ColumnKey::Since(MailStatus::Complained)),
    ("unsubscribe_reason", ColumnKey::Reason(MailStatus::Unsubscribed)),
    ("bounce_reason", ColumnKey::Reason(MailStatus::Bounced)),
    ("agreed", ColumnKey::Agreed),
    ("status", ColumnKey::Status),
    ("converted", ColumnKey::Converted),
    ("deal_ids", ColumnKey::Deals),
    ("deal_id", ColumnKey::DealId),
    ("amount", ColumnKey::Amount),
    ("currency", ColumnKey::Currency),
    ("deal_stage", ColumnKey::DealStage),
    ("won", ColumnKey::Won),
    ("lost", ColumnKey::Lost),
    ("deal_created_at", ColumnKey::DealCreated),
    ("closed_at", ColumnKey::Closed),
    ("won_at", ColumnKey::WonAt),
    ("lost_at", ColumnKey::LostAt),
    ("event", ColumnKey::Event),
    ("timestamp", ColumnKey::Timestamp),
    ("attended", ColumnKey::Attended),
    ("registered_at", ColumnKey::Registered),
    ("joined_at", ColumnKey::Joined),
    ("left_at", ColumnKey::LeftAt),
    ("minutes", ColumnKey::Minutes),
];

const OF_CONTACT: [(&str, ColumnKey); 4] = [
    ("id", ColumnKey::ContactId),
    ("email", ColumnKey::ContactEmail),
    ("name", ColumnKey::ContactName),
    ("company", ColumnKey::ContactCompany),
];

type WithParameter = (&'static str, fn(String) -> ColumnKey);

const PREFIXES: [WithParameter; 8] = [
    ("attribute", attribute),
    ("now", now),
    ("at", ColumnKey::At),
    ("stage", ColumnKey::Stage),
    ("count", ColumnKey::Count),
    ("left", ColumnKey::Left),
    ("deal", ColumnKey::Deal),
    ("property", ColumnKey::Property),
];

fn attribute(name: String) -> ColumnKey {
    if name == "tags" { ColumnKey::Tags } else { ColumnKey::Attribute(name) }
}

/// Tags are added one by one, and never replaced as a whole.
fn now(name: String) -> ColumnKey {
    if name == "tags" { ColumnKey::Tags } else { ColumnKey::Now(name) }
}

impl ColumnKey {
    /// Reads the notation: a name of `NAMES`, `contact:id`, `at:KIND`, `count:KIND`, …; anything else names an attribute.
    pub fn parse(text: &str) -> Result<ColumnKey, String> {
        let text = text.trim();
        if let Some((_, key)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(key.clone());
        }
        match text.split_once(':') {
            Some((prefix, parameter)) => ColumnKey::with_parameter(prefix.trim(), parameter.trim()),
            None if text.is_empty() || text.contains(char::is_control) => Err("a column needs a key".to_owned()),
            None => Ok(ColumnKey::Attribute(text.to_owned())),
        }
    }

    /// The same, but what looks like a known key that is mistyped is refused with the nearest one.
    pub fn parse_by_hand(text: &str) -> Result<ColumnKey, String> {
        let key = ColumnKey::parse(text)?;
        match &key {
            ColumnKey::Attribute(name) if !text.contains(':') => match nearest_name(name) {
                Some(known) => Err(format!(
                    "`{name}` looks like the key `{known}`; write that, or `attribute:{name}` for an attribute of this name"
                )),
                None => Ok(key),
            },
            ColumnKey::At(kind) | ColumnKey::Count(kind) => match nearest_kind(kind) {
                Some(known) => Err(format!("`{kind}` looks like the event `{known}`; write that")),
                None => Ok(key),
            },
            _ => Ok(key),
        }
    }

    fn with_parameter(prefix: &str, parameter: &str) -> Result<ColumnKey, String> {
        let named = PREFIXES.iter().find(|(name, _)| *name == prefix);
        if let (Some((_, make)), false) = (named, parameter.is_empty()) {
            return Ok(make(parameter.to_owned()));
        }
        let of_contact = OF_CONTACT.iter().find(|(name, _)| prefix == "contact" && *name == parameter);
        if let Some((_, key)) = of_contact {
            return Ok(key.clone());
        }
        let known: Vec<String> = PREFIXES.iter().map(|(name, _)| format!("{name}:…")).collect();
        Err(format!(
            "`{prefix}:{parameter}` is not a key; those with a colon are {} and contact:id, email, name or company",
            known.join(", ")
        ))
    }

    pub fn is_date(&self) -> bool {
        matches!(
            self,
            ColumnKey::Created
                | ColumnKey::Modified
                | ColumnKey::Seen
                | ColumnKey::At(_)
                | ColumnKey::Stage(_)
                | ColumnKey::Since(_)
                | ColumnKey::DealCreated
                | ColumnKey::Closed
                | ColumnKey::WonAt
                | ColumnKey::LostAt
                | ColumnKey::Timestamp
                | ColumnKey::Registered
                | ColumnKey::Joined
                | ColumnKey::LeftAt
        )
    }

    pub fn is_number(&self) -> bool {
        matches!(self, ColumnKey::Amount | ColumnKey::Count(_) | ColumnKey::Minutes)
    }

    /// Whether the values of the column are kept as they are, so that numbers and dates among them are recognised.
    pub fn is_free(&self) -> bool {
        matches!(self, ColumnKey::Attribute(_) | ColumnKey::Now(_) | ColumnKey::Deal(_) | ColumnKey::Property(_))
    }

    /// What people read behind the column's name.
    pub fn describe(&self) -> String {
        match self {
            ColumnKey::Attribute(name) | ColumnKey::Now(name) => name.clone(),
            ColumnKey::Tags => "tags, each added to those that are there".to_owned(),
            ColumnKey::At(kind) => format!("event {kind}"),
            ColumnKey::Stage(stage) => format!("event Lifecycle Stage Reached, {stage}"),
            ColumnKey::Count(kind) => format!("as many “{kind}” events as the cell says"),
            ColumnKey::Left(subscription) => format!("left {subscription}"),
            ColumnKey::Deal(name) => format!("deal's {name}"),
            ColumnKey::Property(name) => format!("event's {name}"),
            ColumnKey::ContactId => "id of the deal's lead".to_owned(),
            ColumnKey::ContactEmail => "e-mail of the deal's lead".to_owned(),
            ColumnKey::ContactName => "name of the deal's lead".to_owned(),
            ColumnKey::ContactCompany => "company of the deal's lead".to_owned(),
            ColumnKey::Id => "the lead's id".to_owned(),
            ColumnKey::UserId => "userId".to_owned(),
            ColumnKey::Created => "when it became known".to_owned(),
            ColumnKey::Modified | ColumnKey::Seen => "date of the row".to_owned(),
            ColumnKey::Since(MailStatus::Unsubscribed) => "opt-out at that date".to_owned(),
            ColumnKey::Reason(MailStatus::Unsubscribed) => "opt-out, with its reason".to_owned(),
            ColumnKey::Since(_) | ColumnKey::Reason(_) => "opt-out: undeliverable or complained".to_owned(),
            ColumnKey::Status => "attribute, and opt-out where it says so".to_owned(),
            ColumnKey::Activity => "attribute, and the event of that name".to_owned(),
            ColumnKey::Origin => "attribute, and Form Submitted where it is a form".to_owned(),
            ColumnKey::Is(MailStatus::Unsubscribed) => "opt-out where yes".to_owned(),
            ColumnKey::Is(MailStatus::Bounced) => "opt-out where yes: undeliverable".to_owned(),
            ColumnKey::Is(MailStatus::Held) => "no consent where yes".to_owned(),
            ColumnKey::Is(MailStatus::Complained) => "opt-out where yes: complained".to_owned(),
            ColumnKey::Agreed => "consent: only a yes grants it".to_owned(),
            ColumnKey::Converted => "Deal Won where yes or a date".to_owned(),
            other => NAMES.iter().find(|(_, key)| key == other).map_or("", |(name, _)| name).replace('_', " "),
        }
    }
}

/// Names that are written for keys, beside those that differ by a letter or two.
const MISTAKES: [(&str, &str); 11] = [
    ("mail", "email"),
    ("e-mail", "email"),
    ("e_mail", "email"),
    ("emails", "email"),
    ("emial", "email"),
    ("emal", "email"),
    ("eamil", "email"),
    ("tag", "tags"),
    ("userid", "user_id"),
    ("unsubscribe", "unsubscribed"),
    ("optout", "unsubscribed"),
];

/// Kinds of events that people may mean when they write something close to them.
fn usual_kinds() -> impl Iterator<Item = &'static str> {
    of_group(Group::Reserved).map(|row| row.name).chain(DEFAULT_ACTIVITY)
}

/// The usual kind that this one differs from in capital letters or by a letter or two; `None` for a kind of the table.
fn nearest_kind(kind: &str) -> Option<&'static str> {
    if EventKind::named(kind).is_some() {
        return None;
    }
    let written_alike = usual_kinds().find(|known| known.to_lowercase() == kind.to_lowercase());
    written_alike.or_else(|| nearest(kind, usual_kinds()))
}

fn nearest_name(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let mistake = MISTAKES.iter().find(|(wrong, _)| *wrong == lower).map(|(_, right)| *right);
    let written_alike = NAMES.iter().find(|(known, _)| *known == lower).map(|(known, _)| *known);
    mistake.or(written_alike).or_else(|| nearest(name, NAMES.iter().map(|(known, _)| *known)))
}

/// The known word that differs by so little that it must have been meant. Short words are too often words of their own.
fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let allowed = |known: &str| match known.len() {
        0..=5 => 0,
        6..=7 => 1,
        _ => 2,
    };
    let distances = known.map(|known| (distance(word, known), known));
    distances.filter(|(distance, known)| (1..=allowed(known)).contains(distance)).min().map(|(_, known)| known)
}

/// Whether two names differ by so little that one may be the other, mistyped.
pub fn is_near(one: &str, other: &str) -> bool {
    let longest = one.chars().count().max(other.chars().count());
    distance(&one.to_lowercase(), &other.to_lowercase()) <= longest.div_ceil(3).min(2)
}

/// How many letters must be added, left out, replaced or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, wanted) in other.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(letter != wanted);
            let mut best = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *wanted {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use attractor_engine::vocabulary::KINDS;

    use super::*;

    #[test]
    fn what_looks_like_a_known_key_is_refused_with_it() {
        for (typed, meant) in [
            ("create_at", "created_at"),
            ("crated_at", "created_at"),
            ("Email", "email"),
            ("mail", "email"),
            ("unsubscribd", "unsubscribed"),
            ("tag", "tags"),
            ("deal_stge", "deal_stage"),
            ("ammount", "amount"),
            ("at:Email Opend", "Email Opened"),
        ] {
            let error = ColumnKey::parse_by_hand(typed).unwrap_err();
            assert!(error.contains(&format!("`{meant}`")), "{typed}: {error}");
        }
        for fine in [
            "cost",
            "state",
            "stage",
            "name",
            "title",
            "city",
            "country",
            "region",
            "source",
            "owner",
            "plan",
            "locale",
            "language",
            "notes",
            "industry",
            "timezone",
            "street",
            "events",
            "ids",
            "phone",
            "company.name",
            "created",
            "attribute:create_at",
            "now:create_at",
            "at:Demo Requested",
            "count:Cart Opened",
        ] {
            assert!(ColumnKey::parse_by_hand(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn a_kind_that_is_nearly_a_usual_one_is_refused_with_it() {
        for meant in usual_kinds() {
            let shortened = &meant[..meant.len() - 1];
            for typed in [shortened.to_owned(), format!("{meant}s"), meant.to_lowercase(), meant.to_uppercase()] {
                for prefix in ["at", "count"] {
                    let error = ColumnKey::parse_by_hand(&format!("{prefix}:{typed}")).unwrap_err();
                    assert_eq!(error, format!("`{typed}` looks like the event `{meant}`; write that"));
                }
            }
        }
        for fine in KINDS.iter().map(|row| row.name).chain(["Trial Ended", "Invoice Paid", "Deal Reopened"]) {
            assert_eq!(ColumnKey::parse_by_hand(&format!("at:{fine}")), Ok(ColumnKey::At(fine.to_owned())));
        }
    }

    #[test]
    fn the_notation() {
        assert_eq!(ColumnKey::parse("email"), Ok(ColumnKey::Email));
        assert_eq!(ColumnKey::parse(" job_title "), Ok(ColumnKey::Attribute("job_title".into())));
        assert_eq!(ColumnKey::parse("at:Email Opened"), Ok(ColumnKey::At("Email Opened".into())));
        assert_eq!(ColumnKey::parse("contact:id"), Ok(ColumnKey::ContactId));
        assert_eq!(ColumnKey::parse("-"), Ok(ColumnKey::Ignore));
        for wrong in ["", "at:", "contact:shoe", "opened:x"] {
            assert!(ColumnKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
