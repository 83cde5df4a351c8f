//! The test mode: while the setting `test_to` names an address, no lead gets an e-mail and nothing is noted at leads. Their
//! copies are held, and a sample of each text that they have goes to that address.
//!
//! Where samples go and which texts were sampled today is one row of the table `state`.

use std::collections::BTreeSet;

use attractor_engine::time::{Duration, Instant};
use attractor_mail::gate::{Class, Hold};
use attractor_mail::message::Mailbox;
use attractor_store::copies::MailCopy;
use attractor_store::{Connection, Error, lane, outbox};
use serde::{Deserialize, Serialize};

use super::compose::class;
use super::paused;
use super::situation::Situation;
use super::transport::{Delivery, OutgoingMail, Transport};
use crate::settings::Settings;
use crate::stored::of_row;

/// The reason of copies that it holds, as it is stored. What a broadcast's own pause holds has the bare name, so that each of
/// the two recalls its copies alone.
pub const HELD: &str = "paused: test mode";
/// In the table `state`.
const ROW: &str = "test mode";
/// As many samples leave on one day.
const MOST: usize = 20;

/// The address of the settings; `None` where the test mode is off. The error says what is wrong with it.
pub fn recipient(settings: &Settings) -> Result<Option<Mailbox>, String> {
    let to = &settings.test_to;
    if to.is_empty() {
        return Ok(None);
    }
    Mailbox::parse(to).map(Some).map_err(|why| {
        format!(
            "`test_to`: `{to}` is not an address ({why}); write the address that gets the samples, or remove the setting"
        )
    })
}

/// What is to be known of a server in test mode; `None` of all others.
pub fn warning(settings: &Settings) -> Option<String> {
    let to = recipient(settings).ok().flatten()?;
    Some(format!(
        "The test mode is on: e-mails to leads wait, and samples of them go to {}. Remove the setting `test_to` and restart \
         the server to let them leave.",
        to.address()
    ))
}

/// Why a copy is held; `to` is where samples go, where that is known.
pub fn words(to: Option<&str>) -> String {
    let to = to.unwrap_or("its address");
    format!("Test mode: e-mails to leads wait until the setting `test_to` is removed, and samples go to {to}.")
}

/// Whether the test mode holds a copy. Alerts go to users of the program, and what a broadcast's own pause holds waits for
/// the end of that.
pub fn holds(situation: &Situation, copy: &MailCopy) -> bool {
    situation.is_test && class(copy) != Class::Alert && !situation.is_halted(copy)
}

/// The reason of a hold as it is stored, of a copy that the test mode holds or not.
pub fn hold_name(hold: Hold, is_test: bool) -> &'static str {
    if is_test && hold == Hold::Paused { HELD } else { hold.name() }
}

/// What one sample stands for: an e-mail in one language and, where it has any, one variant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampledText {
    pub email: String,
    pub language: String,
    pub variant: Option<String>,
}

/// A sample that can be sent.
pub struct Sample {
    pub text: SampledText,
    pub mail: OutgoingMail,
}

/// Where samples go, and what they showed within a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    is_on: bool,
    /// The address of the last time that it was on.
    to: String,
    /// When the day that is counted began: with its first sample, not at midnight. Milliseconds since 1970.
    since: i64,
    /// How many samples left since.
    sent: usize,
    /// What was sampled for that address.
    texts: BTreeSet<SampledText>,
}

impl Sampled {
    /// As of an instant.
    pub fn read(connection: &mut Connection, now: Instant) -> Result<Sampled, Error> {
        Ok(stored(connection)?.on(now))
    }

    /// What left more than a day ago counts no more.
    fn on(self, now: Instant) -> Sampled {
        let is_over = !(0..Duration::DAY.0).contains(&(now.0 - self.since));
        if is_over { Sampled { since: now.0, sent: 0, texts: BTreeSet::new(), ..self } } else { self }
    }

    /// Whether no more samples may leave today.
    pub fn is_full(&self) -> bool {
        self.sent >= MOST
    }

    /// Whether a sample of this text may leave today.
    pub fn lacks(&self, text: &SampledText) -> bool {
        !self.is_full() && !self.texts.contains(text)
    }

    /// Notes a sample; `false` where none may leave.
    pub fn take(&mut self, text: &SampledText) -> bool {
        let lacks = self.lacks(text);
        if lacks {
            self.sent += 1;
            self.texts.insert(text.clone());
        }
        lacks
    }

    /// The same under the settings of a server that begins. Who reads at another address has seen nothing yet.
    fn under(&self, to: Option<&Mailbox>) -> Sampled {
        let mut next = Sampled { is_on: to.is_some(), ..self.clone() };
        if let Some(to) = to.filter(|to| to.address() != self.to) {
            next.to = to.address().to_owned();
            next.texts.clear();
        }
        next
    }

    fn save(&self, connection: &mut Connection) -> Result<(), Error> {
        lane::set_state(connection, ROW, &serde_json::to_string(self).unwrap_or_default())
    }
}

fn stored(connection: &mut Connection) -> Result<Sampled, Error> {
    let text = lane::state(connection, ROW)?;
    // What cannot be read begins anew, as on another day.
    Ok(text.and_then(|text| of_row(&text, "state", ROW).ok()).unwrap_or_default())
}

/// Where samples go, as the server that sends has noted it; `None` where the test mode is off.
pub fn address(connection: &mut Connection) -> Result<Option<String>, Error> {
    let Sampled { is_on, to, .. } = stored(connection)?;
    Ok(is_on.then_some(to))
}

/// Notes what the settings say when a server begins to send. Where they have changed, the copies that were held are due: they
/// leave, or somebody else gets samples of them. Where samples go to a new address, those that wait for the domain of the
/// sender are due too: samples do not wait for it.
pub fn begin(connection: &mut Connection, to: Option<&Mailbox>, now: Instant) -> Result<(), Error> {
    let before = Sampled::read(connection, now)?;
    let after = before.under(to);
    if after == before {
        return Ok(());
    }
    outbox::recall(connection, HELD, now.0)?;
    if to.is_some() {
        outbox::recall(connection, Hold::DomainUnverified.name(), now.0)?;
    }
    after.save(connection)
}

/// Notes samples before they are sent, so that after a kill none leaves again. Returns the mails of those that may leave.
pub fn note(connection: &mut Connection, samples: Vec<Sample>, now: Instant) -> Result<Vec<OutgoingMail>, Error> {
    if samples.is_empty() || paused(connection)?.is_some() {
        return Ok(Vec::new());
    }
    let mut sampled = Sampled::read(connection, now)?;
    let new = samples.into_iter().filter(|sample| sampled.take(&sample.text)).map(|sample| sample.mail).collect();
    sampled.save(connection)?;
    Ok(new)
}

/// Sends samples that were noted. One that is not taken is not tried again: the text is sampled on another day.
pub fn deliver(transport: &dyn Transport, samples: &[OutgoingMail]) {
    if samples.is_empty() {
        return;
    }
    transport.deliver(samples, &|_, delivery| {
        let why = match delivery {
            Delivery::Accepted => return,
            Delivery::PutOff { answer, .. } | Delivery::Refused { answer, .. } | Delivery::LoginRefused { answer } => {
                answer
            }
            Delivery::Unknown { why } => why,
        };
        tracing::warn!(why, "the mail server did not take a sample of the test mode");
    });
}

#[cfg(test)]
mod tests {
    use attractor_store::copies::{self, Dispatch};
    use attractor_store::{LeadId, Location};

    use super::*;
    use crate::sending::testing::copy;
    use crate::settings::defaults;

    fn text(email: &str, language: &str, variant: Option<&str>) -> SampledText {
        SampledText { email: email.into(), language: language.into(), variant: variant.map(str::to_owned) }
    }

    #[test]
    fn a_text_is_sampled_once_a_day() {
        let start = Instant(20_000 * Duration::DAY.0);
        let mut sampled = Sampled::default().on(start);
        for (hours, text, expected) in [
            (0, text("offer", "en", None), true),
            (0, text("offer", "en", None), false),
            (1, text("offer", "de", None), true),
            (1, text("offer", "en", Some("b")), true),
            (2, text("news", "en", None), true),
            (23, text("offer", "en", None), false),
            (24, text("offer", "en", None), true),
            (25, text("offer", "en", None), false),
        ] {
            sampled = sampled.on(start + Duration(hours * Duration::HOUR.0));
            assert_eq!(sampled.take(&text), expected, "{text:?} after {hours} hours");
        }
    }

    #[test]
    fn no_more_than_twenty_samples_leave_on_a_day_wherever_they_go() {
        let taken = |sampled: &mut Sampled, of: &str| {
            (0..30).filter(|number| sampled.take(&text(&format!("{of}-{number}"), "en", None))).count()
        };
        let now = Instant(20_000 * Duration::DAY.0 + 5);
        let (qa, other) = (Mailbox::parse("qa@acme.example").unwrap(), Mailbox::parse("ann@acme.example").unwrap());
        let mut sampled = Sampled::default().on(now).under(Some(&qa));
        assert_eq!(taken(&mut sampled, "a"), MOST);
        let mut moved = sampled.under(Some(&other));
        assert_eq!((taken(&mut moved, "a"), moved.texts.len()), (0, 0));
        let mut next = sampled.on(now + Duration::DAY);
        assert_eq!(taken(&mut next, "a"), MOST);
    }

    #[test]
    fn who_reads_at_another_address_has_seen_nothing_yet() {
        let (qa, other) = (Mailbox::parse("qa@acme.example").unwrap(), Mailbox::parse("ann@acme.example").unwrap());
        let mut first = Sampled::default().under(Some(&qa));
        assert!(first.take(&text("offer", "en", None)));
        assert_eq!(first.under(Some(&qa)), first);
        let off = first.under(None);
        assert!(!off.is_on && !off.under(Some(&qa)).lacks(&text("offer", "en", None)), "off and on again");
        assert!(first.under(Some(&other)).lacks(&text("offer", "en", None)));
    }

    #[test]
    fn the_setting_is_an_address_or_empty() {
        for (to, expected) in [("", Ok(None)), ("qa@Acme.example", Ok(Some("qa@acme.example"))), ("qa", Err(()))] {
            let settings = Settings { test_to: to.into(), ..defaults().unwrap() };
            let found = recipient(&settings).map_err(|why| assert!(why.contains("`test_to`: `qa`"), "{why}"));
            assert_eq!(found.as_ref().map(|to| to.as_ref().map(Mailbox::address)).map_err(|_| ()), expected, "{to}");
            assert_eq!(warning(&settings).is_some(), matches!(expected, Ok(Some(_))), "{to}");
        }
    }

    #[test]
    fn what_the_test_mode_held_is_due_when_it_ends_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let held = |lead, reason: &str| MailCopy {
            lead: LeadId(lead),
            reason: Some(reason.into()),
            dispatch: Dispatch::default(),
            ..copy("offer")
        };
        let due = |connection: &mut Connection, to: &str, at| {
            let to = Mailbox::parse(to).ok();
            begin(connection, to.as_ref(), Instant(at)).unwrap();
            assert_eq!(address(connection).unwrap(), to.map(|to| to.address().to_owned()));
            let found = copies::of_leads(connection, &[LeadId(414), LeadId(671)]).unwrap();
            found.into_iter().filter_map(|copy| copy.dispatch.due).collect::<Vec<_>>()
        };
        assert!(due(&mut connection, "qa@acme.example", 5).is_empty());
        copies::insert(&mut connection, &[held(414, HELD), held(671, Hold::Paused.name())]).unwrap();
        assert!(due(&mut connection, "qa@acme.example", 6).is_empty(), "it goes on");
        assert_eq!(due(&mut connection, "", 7), [7]);
        assert_eq!(due(&mut connection, "", 8), [7]);
    }

    #[test]
    fn what_waits_for_the_domain_is_due_when_samples_go_to_a_new_address() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        let leads = [LeadId(414), LeadId(671), LeadId(672)];
        let mut due = |lead, to: &str, at| {
            let reason = Some(Hold::DomainUnverified.name().into());
            let held = MailCopy { lead, reason, dispatch: Dispatch::default(), ..copy("offer") };
            copies::insert(&mut connection, &[held]).unwrap();
            begin(&mut connection, Mailbox::parse(to).ok().as_ref(), Instant(at)).unwrap();
            let found = copies::of_leads(&mut connection, &leads).unwrap();
            let mut dues: Vec<i64> = found.into_iter().filter_map(|copy| copy.dispatch.due).collect();
            dues.sort_unstable();
            dues
        };
        assert_eq!(due(leads[0], "qa@acme.example", 6), [6]);
        assert_eq!(due(leads[1], "ann@acme.example", 7), [6, 7]);
        assert_eq!(due(leads[2], "", 8), [6, 7], "it goes on to wait");
    }
}
