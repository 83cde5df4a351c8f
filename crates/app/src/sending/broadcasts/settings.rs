//! What a broadcast is to be: as the marketer writes it, and as it is understood under a playbook.

use attractor_engine::condition::{Condition, Names};
use attractor_engine::misread::said_of;
use attractor_engine::playbook::{self, Class, Email, Playbook};
use attractor_engine::printable;
use attractor_engine::time::{Duration, Instant};
use attractor_store::{BroadcastId, VersionNumber};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::subjects::NewSubjects;
use crate::refusal::{Invalid, Refusal, both};
use crate::schemas::AnyCondition;

/// The most characters of a name.
const LONGEST_NAME: usize = 200;
/// In percent: who leaves out more learns little more, and writes to few.
const MOST_HELD_OUT: f64 = 50.0;
const MOST_WAVES: usize = 20;
/// How long a copy may be held where the broadcast does not say it (contract §4.11.5).
pub(super) const VALID_FOR: Duration = Duration(7 * Duration::DAY.0);

/// What a broadcast is to be
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastSettings {
    /// What people call it
    pub name: String,
    /// The id of an e-mail of the playbook; its variants and their shares are those of the e-mail
    pub email: String,
    /// Whom it goes to: any condition of the playbook's language, such as `{"segment": "hot"}`, or for all who agreed to get
    /// a subscription `{"consent": "granted", "subscription": "news"}`
    #[serde(default)]
    #[schema(value_type = AnyCondition, required = true)]
    pub audience: Value,
    /// At once where it is absent
    #[serde(default)]
    pub when: BroadcastWhen,
    /// How long a copy may be held; then it is skipped. `7d` where it is absent
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for: Option<String>,
    /// Who gets it before the rest
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_access: Option<EarlyAccess>,
    /// Leave in waves, the most engaged leads first
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<BroadcastWaves>,
    /// How many percent of the leads are left out at random, for comparison; none where it is absent
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<f64>,
}

/// When the copies of a broadcast leave; at once if it is empty
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastWhen {
    /// At this instant, for everybody
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// At this local time of each lead, such as `2026-12-01T09:00`; where it has passed, the next day
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
}

/// One segment gets a broadcast at its time, and the rest later
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyAccess {
    /// The id of the segment
    pub segment: String,
    /// How much later the rest gets it, such as `2d`
    pub lead_time: String,
}

/// Copies leave in waves. The broadcast pauses by itself when complaints or bounces rise
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BroadcastWaves {
    /// Percent of the audience in each wave; the last wave is everybody else
    pub shares: Vec<f64>,
    /// The time between two waves, such as `4h`
    pub pause: String,
}

/// What is stored of a broadcast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub settings: BroadcastSettings,
    /// The broadcast that it repeats, for those who provably did not open that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resend_of: Option<BroadcastId>,
    /// In the place of the e-mail's own subjects.
    #[serde(flatten)]
    pub subjects: Option<NewSubjects>,
    /// What it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<FollowUp>,
    /// The version of the playbook whose e-mail it sends, from its start on; those that earlier programs started have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionNumber>,
    /// Those whose e-mail copies had that left before it was corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected_from: Vec<VersionNumber>,
}

/// A topic of a broadcast, whose people a follow-up is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    pub of: BroadcastId,
    pub topic: String,
}

/// When copies leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    AtOnce,
    At(Instant),
    /// In each lead's own zone.
    Local(DateTime),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Waves {
    pub shares: Vec<f64>,
    pub pause: Duration,
}

/// A broadcast as it is understood: everything that it names is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood {
    pub email: String,
    /// JSON.
    pub audience: String,
    /// Its condition in English.
    pub sentence: String,
    pub when: When,
    pub valid_for: Duration,
    /// The condition of those who get it first, as JSON, and how much later the rest gets it.
    pub early: Option<(String, Duration)>,
    pub waves: Option<Waves>,
    /// In percent.
    pub holdout: f64,
}

impl Document {
    /// What somebody writes.
    pub fn draft(settings: BroadcastSettings) -> Document {
        Document {
            settings,
            resend_of: None,
            subjects: None,
            follow_up: None,
            version: None,
            corrected_from: Vec::new(),
        }
    }

    /// Reads what is stored.
    pub fn read(text: &str) -> Result<Document, Refusal> {
        let damaged = |error| Refusal::Failed(format!("a stored broadcast cannot be read: {}", said_of(&error)));
        serde_json::from_str(text).map_err(damaged)
    }

    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl BroadcastSettings {
    /// What it means under a playbook; the error says what is wrong, and where.
    pub fn understand(&self, playbook: &Playbook) -> Result<Understood, Refusal> {
        self.understand_with(playbook, playbook)
    }

    /// The same of a broadcast that sends the e-mail of another version, that of its start.
    pub fn understand_with(&self, playbook: &Playbook, has_email: &Playbook) -> Result<Understood, Refusal> {
        let audience = self.audience.to_string();
        let named = both(self.check_name(), self.check_email(has_email));
        let asked = both(self.read_audience(playbook), self.when.read());
        let valid_for = self.valid_for.as_ref().map_or(Ok(VALID_FOR), |text| duration("/valid_for", text));
        let early = self.early_access.as_ref().map(|early| early.read(playbook)).transpose();
        let waves = self.waves.as_ref().map(BroadcastWaves::read).transpose();
        let more = both(both(valid_for, early), both(waves, self.read_holdout()));
        let ((_, (condition, when)), ((valid_for, early), (waves, holdout))) = both(both(named, asked), more)?;
        let (email, sentence) = (self.email.clone(), condition.sentence(&Names::of(playbook)));
        Ok(Understood { email, audience, sentence, when, valid_for, early, waves, holdout })
    }

    fn check_name(&self) -> Result<(), Refusal> {
        let length = self.name.trim().chars().count();
        let wrong = || Refusal::invalid("/name", format!("a name has from 1 to {LONGEST_NAME} characters"));
        (1..=LONGEST_NAME).contains(&length).then_some(()).ok_or_else(wrong)
    }

    pub fn check_email(&self, playbook: &Playbook) -> Result<(), Refusal> {
        let Some(email) = self.email_of(playbook) else {
            return Err(unknown("/email", "e-mail", &self.email, playbook.emails.iter().map(|email| &email.id)));
        };
        if email.class == Some(Class::Transactional) {
            let why = format!("`{}` is of class transactional; a broadcast sends marketing only", email.id);
            return Err(Refusal::invalid("/email", why));
        }
        Ok(())
    }

    /// The condition of the audience. Who leaves it out, or writes a word, mostly means everybody.
    fn read_audience(&self, playbook: &Playbook) -> Result<Condition, Refusal> {
        let is = match &self.audience {
            Value::Object(_) => return condition(&self.audience.to_string(), playbook),
            Value::Null => "`audience` is missing".to_owned(),
            other => format!("`audience` is {}", printable::shortened(&other.to_string(), 60)),
        };
        let everybody = self.everybody(playbook);
        Err(Refusal::invalid(
            "/audience",
            format!("{is}; write a condition, such as {{\"segment\": \"ID\"}}, or {everybody}"),
        ))
    }

    /// How everybody is written who may get it.
    fn everybody(&self, playbook: &Playbook) -> String {
        let own = self.email_of(playbook).and_then(|email| email.subscription.as_ref());
        match own.or(playbook.subscriptions.first().map(|first| &first.id)) {
            Some(id) => {
                format!(
                    "{{\"consent\": \"granted\", \"subscription\": \"{id}\"}} for all who agreed to get that subscription"
                )
            }
            None => "{\"consent\": \"granted\"} for all who agreed to get e-mails".to_owned(),
        }
    }

    /// Its e-mail, where the playbook has it.
    pub fn email_of<'p>(&self, playbook: &'p Playbook) -> Option<&'p Email> {
        playbook.emails.iter().find(|email| email.id == self.email)
    }

    /// Refuses an instant that has passed, where somebody writes it. A broadcast that was started before it goes on.
    pub fn demand_time_to_come(&self, now: Instant) -> Result<(), Refusal> {
        match self.passed(now) {
            Some(why) => Err(Refusal::invalid("/when/at", why)),
            None => Ok(()),
        }
    }

    /// Why its instant cannot be kept any more.
    pub fn passed(&self, now: Instant) -> Option<String> {
        let text = self.when.at.as_ref().filter(|text| Instant::parse(text).is_some_and(|at| at <= now))?;
        Some(format!(
            "`when.at` is {text}, which has passed; write a later instant, or leave `when` out to send at once"
        ))
    }

    fn read_holdout(&self) -> Result<f64, Refusal> {
        match self.holdout.unwrap_or_default() {
            percent if (0.0..=MOST_HELD_OUT).contains(&percent) => Ok(percent),
            _ => Err(Refusal::invalid("/holdout", format!("a holdout is from 0 to {MOST_HELD_OUT} percent"))),
        }
    }
}

impl BroadcastWhen {
    fn read(&self) -> Result<When, Refusal> {
        match (&self.at, &self.local) {
            (None, None) => Ok(When::AtOnce),
            (Some(_), Some(_)) => Err(Refusal::invalid("/when", "give either `at` or `local`")),
            (Some(text), None) => Instant::parse(text).map(When::At).ok_or_else(|| {
                Refusal::invalid("/when/at", format!("`{text}` is not an instant; write one like 2026-12-01T09:00:00Z"))
            }),
            (None, Some(text)) => local(text).map(When::Local).ok_or_else(|| {
                let why = format!("`{text}` is not a local date and time; write one like 2026-12-01T09:00");
                Refusal::invalid("/when/local", why)
            }),
        }
    }
}

/// A date and a time of day without a zone.
fn local(text: &str) -> Option<DateTime> {
    // Jiff reads a zone behind it and passes over it.
    let is_plain = text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_digit() || b"-T:".contains(&byte));
    text.parse().ok().filter(|_| is_plain && text.matches('-').count() == 2)
}

impl EarlyAccess {
    fn read(&self, playbook: &Playbook) -> Result<(String, Duration), Refusal> {
        let known = playbook.segments.iter().map(|segment| &segment.id);
        let is_known = known.clone().any(|id| *id == self.segment);
        let missing = || unknown("/early_access/segment", "segment", &self.segment, known);
        let segment = is_known.then_some(()).ok_or_else(missing);
        let ((), lead_time) = both(segment, duration("/early_access/lead_time", &self.lead_time))?;
        Ok((json!({"segment": self.segment}).to_string(), lead_time))
    }
}

impl BroadcastWaves {
    fn read(&self) -> Result<Waves, Refusal> {
        let is_share = |share: &f64| *share > 0.0 && *share < 100.0;
        let sum: f64 = self.shares.iter().sum();
        let is_right = self.shares.iter().all(is_share) && sum < 100.0;
        let is_right = is_right && (1..MOST_WAVES).contains(&self.shares.len());
        let why = "give percents that together stay under 100, such as [5, 20]: the last wave is everybody else";
        let shares = is_right.then(|| self.shares.clone()).ok_or_else(|| Refusal::invalid("/waves/shares", why));
        let (shares, pause) = both(shares, duration("/waves/pause", &self.pause))?;
        Ok(Waves { shares, pause })
    }
}

impl Waves {
    /// The number of waves before the lead at a place, of so many in order of engagement.
    pub fn before(&self, place: usize, of: usize) -> i64 {
        let mut end = 0.0;
        let is_over = |share: &&f64| {
            end += **share;
            place as f64 >= (of as f64 * end / 100.0).ceil()
        };
        self.shares.iter().take_while(is_over).count() as i64
    }
}

fn condition(text: &str, playbook: &Playbook) -> Result<Condition, Refusal> {
    playbook::condition(text, playbook).map_err(|wrongs| {
        let places = wrongs.into_iter().map(|wrong| (format!("/audience{}", wrong.pointer), wrong.message)).collect();
        Refusal::Invalid(Invalid { detail: "the condition in `audience` is not right".into(), places, known: None })
    })
}

fn duration(pointer: &str, text: &str) -> Result<Duration, Refusal> {
    let wrong = || Refusal::invalid(pointer, format!("`{text}` is not a duration; write one like 4h, 2d or 1w"));
    Duration::parse(text).ok_or_else(wrong)
}

fn unknown<'a>(pointer: &str, what: &str, id: &str, known: impl Iterator<Item = &'a String>) -> Refusal {
    let why = format!("the playbook in force has no {what} `{id}`");
    let known = Some(known.cloned().collect());
    Refusal::Invalid(Invalid { places: vec![(pointer.into(), why.clone())], detail: why, known })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playbook() -> Playbook {
        let text = "playbook: test\nscores: [{id: lead, rules: [{id: a, event: A, points: 1}]}]\n\
            segments: [{id: hot, enter: {event: A}}]\nemails:\n  - {id: may, subject: May, body: <mjml></mjml>}\n  \
            - {id: receipt, subject: Thanks, body: <mjml></mjml>, class: transactional}\n";
        playbook::read(text).playbook.unwrap()
    }

    fn settings(change: Value) -> BroadcastSettings {
        let mut all = json!({"name": "May", "email": "may", "audience": {"segment": "hot"}});
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        for (change, pointer) in [
            (json!({}), ""),
            (json!({"name": " "}), "/name"),
            (json!({"email": "june"}), "/email"),
            (json!({"email": "receipt"}), "/email"),
            (json!({"audience": {"segment": "cold"}}), "/audience/segment"),
            (json!({"audience": null}), "/audience"),
            (json!({"audience": "all"}), "/audience"),
            (json!({"when": {"at": "2026-12-01T09:00:00Z"}}), ""),
            (json!({"when": {"at": "soon"}}), "/when/at"),
            (json!({"when": {"local": "2026-12-01T09:00"}}), ""),
            (json!({"when": {"local": "2026-12-01T09:00Z"}}), "/when/local"),
            (json!({"when": {"local": "2026-12-01T09:00-08:00"}}), "/when/local"),
            (json!({"when": {"local": "2026-12-01"}}), "/when/local"),
            (json!({"when": {"local": "2026-12-01T09:00", "at": "2026-12-01T09:00:00Z"}}), "/when"),
            (json!({"valid_for": "3d"}), ""),
            (json!({"valid_for": "3 days"}), "/valid_for"),
            (json!({"early_access": {"segment": "hot", "lead_time": "2d"}}), ""),
            (json!({"early_access": {"segment": "cold", "lead_time": "2d"}}), "/early_access/segment"),
            (json!({"early_access": {"segment": "hot", "lead_time": "2"}}), "/early_access/lead_time"),
            (json!({"waves": {"shares": [5.0, 20.0], "pause": "4h"}}), ""),
            (json!({"waves": {"shares": [], "pause": "4h"}}), "/waves/shares"),
            (json!({"waves": {"shares": [50.0, 50.0], "pause": "4h"}}), "/waves/shares"),
            (json!({"waves": {"shares": [50.0], "pause": "0h"}}), "/waves/pause"),
            (json!({"holdout": 10.0}), ""),
            (json!({"holdout": 51.0}), "/holdout"),
        ] {
            let found = match settings(change.clone()).understand(&playbook()) {
                Ok(_) => String::new(),
                Err(Refusal::Invalid(invalid)) => invalid.places[0].0.clone(),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(found, pointer, "{change}");
        }
    }

    fn with_subscriptions() -> Playbook {
        let text = "playbook: test\nsubscriptions: [{id: news, name: Our news}, {id: offers}]\nemails:\n  \
            - {id: may, subject: May, body: <mjml></mjml>}\n  \
            - {id: june, subject: June, body: <mjml></mjml>, subscription: offers}\n";
        playbook::read(text).playbook.unwrap()
    }

    #[test]
    fn whoever_means_everybody_is_told_how_that_is_written() {
        let no_audience: BroadcastSettings = serde_json::from_value(json!({"name": "May", "email": "may"})).unwrap();
        let news = r#"{"consent": "granted", "subscription": "news"} for all who agreed"#;
        for (settings, playbook, begins, offers) in [
            (no_audience.clone(), with_subscriptions(), "`audience` is missing; ", news),
            (no_audience, playbook(), "`audience` is missing; ", r#"or {"consent": "granted"} for all who agreed"#),
            (settings(json!({"audience": "all"})), with_subscriptions(), "`audience` is \"all\"; ", news),
            (settings(json!({"audience": []})), with_subscriptions(), "`audience` is []; ", news),
            (
                settings(json!({"audience": true, "email": "june"})),
                with_subscriptions(),
                "`audience` is true; ",
                r#"{"consent": "granted", "subscription": "offers"}"#,
            ),
        ] {
            let Err(Refusal::Invalid(found)) = settings.understand(&playbook) else { panic!("{settings:?}") };
            assert!(found.detail.starts_with(begins) && found.detail.contains(offers), "{}", found.detail);
        }
        let offered = json!({"audience": {"consent": "granted", "subscription": "news"}});
        assert!(settings(offered).understand(&with_subscriptions()).is_ok());
    }

    #[test]
    fn an_instant_that_has_passed_is_not_written() {
        let now = Instant::parse("2026-12-01T09:00:00Z").unwrap();
        for (when, is_right) in [
            (json!({}), true),
            (json!({"at": "2026-12-01T09:00:01Z"}), true),
            (json!({"at": "2026-12-01T09:00:00Z"}), false),
            (json!({"at": "2026-12-01T09:30:00+01:00"}), false),
            // Refused elsewhere; and of a local time, the next day is meant.
            (json!({"at": "soon"}), true),
            (json!({"local": "2026-11-01T09:00"}), true),
        ] {
            match settings(json!({"when": when})).demand_time_to_come(now) {
                Ok(()) => assert!(is_right, "{when}"),
                Err(Refusal::Invalid(found)) => {
                    assert!(!is_right && found.detail.contains("a later instant"), "{when}: {}", found.detail);
                    assert_eq!(found.places[0].0, "/when/at");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let wrong = json!({"name": "", "email": "june", "audience": {"segment": "cold"}, "when": {"at": "soon"},
            "valid_for": "x", "early_access": {"segment": "cold", "lead_time": "x"},
            "waves": {"shares": [], "pause": "x"}, "holdout": 51.0});
        let Err(Refusal::Invalid(found)) = settings(wrong).understand(&playbook()) else { panic!("it is wrong") };
        let places: Vec<&str> = found.places.iter().map(|(place, _)| place.as_str()).collect();
        let expected = [
            "/name",
            "/email",
            "/audience/segment",
            "/when/at",
            "/valid_for",
            "/early_access/segment",
            "/early_access/lead_time",
            "/waves/shares",
            "/waves/pause",
            "/holdout",
        ];
        assert_eq!(places, expected);
        assert_eq!(found.known, Some(vec!["may".to_owned(), "receipt".to_owned()]));
    }

    #[test]
    fn a_broadcast_is_understood_with_what_it_leaves_out() {
        let understood = settings(json!({})).understand(&playbook()).unwrap();
        assert_eq!((understood.when, understood.valid_for.to_string()), (When::AtOnce, "1w".to_owned()));
        assert_eq!((understood.holdout, understood.waves, understood.early), (0.0, None, None));
        let document =
            Document { corrected_from: vec![VersionNumber(2)], ..Document::draft(settings(json!({"holdout": 5.0}))) };
        assert_eq!(Document::read(&document.text()).unwrap(), document);
    }

    #[test]
    fn the_last_wave_is_everybody_else() {
        let waves = Waves { shares: vec![10.0, 30.0], pause: Duration::HOUR };
        let sizes = |of: usize| {
            let mut sizes = [0; 3];
            (0..of).for_each(|place| sizes[waves.before(place, of) as usize] += 1);
            sizes
        };
        assert_eq!((sizes(10), sizes(100), sizes(3), sizes(1)), ([1, 3, 6], [10, 30, 60], [1, 1, 1], [1, 0, 0]));
    }
}
