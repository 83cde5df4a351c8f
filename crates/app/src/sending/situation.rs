//! What is known of copies that are due, of their leads and of the installation: everything that the gate asks, read at
//! once for a whole batch.

mod duplicates;
mod editions;
mod foreseen;
mod requested;
mod sent_again;
#[cfg(test)]
pub mod testing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::lead::Lead;
use attractor_engine::time::{Duration, Instant};
use attractor_live::chosen::ChosenTopics;
use attractor_live::profile::Profile;
use attractor_live::suppression::{AddressBlocks, HashKeys, of_addresses};
use attractor_live::{CopyKey, Under, Versions, force};
use attractor_mail::hours::SendingHours;
use attractor_mail::message::Mailbox;
use attractor_store::broadcasts::Broadcast;
use attractor_store::copies::{CopySource, MailCopy};
use attractor_store::{BroadcastId, Connection, Error, LeadId, addressed, broadcasts, leads};
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use super::best::Library;
use super::broadcasts::known::KnownBroadcast;
use super::broadcasts::stop::broadcast_of;
use super::country_rules::CountryRules;
use super::disclosure::Disclosure;
use super::pace;
use super::permission::Receivers;
use super::sender::{DomainWait, Sender};
use super::test_mode;
use super::verification::is_verified;
use super::zone::LeadZone;
use crate::App;
use crate::figures;
use crate::forms::letter::{self, Confirmation};
use crate::leads::{addresses, find, profiles};
use crate::programs::Programs;
use duplicates::duplicates;
use requested::set_requested;
use sent_again::{GotBeside, got_beside};

/// A topic that was shown this often within this time, and not chosen since, is tired.
const IN_VAIN: usize = 3;
const SHOWN_WITHIN: Duration = Duration(90 * Duration::DAY.0);

/// What a batch is decided by, beside the store.
#[derive(Clone)]
pub struct Rules {
    pub programs: Arc<Programs>,
    pub sender: Sender,
    /// Whether mails leave this machine.
    pub is_real: bool,
    pub receivers: Arc<Receivers>,
    pub hours: SendingHours,
    /// Where samples go while no lead gets an e-mail.
    pub test_to: Option<Mailbox>,
}

impl Rules {
    /// What an installation decides by; the error is what is wrong in its settings.
    pub fn of(app: &App, sender: Sender, is_real: bool) -> Result<Rules, String> {
        let settings = &app.settings;
        let hours = SendingHours::read(&settings.sending_hours).map_err(|why| format!("`sending_hours`: {why}"))?;
        let (programs, receivers) = (app.programs.clone(), app.receivers.clone());
        Ok(Rules { programs, sender, is_real, receivers, hours, test_to: test_mode::recipient(settings)? })
    }
}

/// Whether an address in canonical form is one of these, or in one of these domains or below it.
pub(super) fn is_staff(address: &str, not_leads: &[String]) -> bool {
    let has_domain = |(_, domain): (&str, &str)| is_staff_domain(domain, not_leads);
    not_leads.iter().any(|one| one == address) || address.rsplit_once('@').is_some_and(has_domain)
}

/// Whether a domain is one of these or below it.
pub(crate) fn is_staff_domain(domain: &str, not_leads: &[String]) -> bool {
    let above = |one: &String| domain.strip_suffix(one.as_str());
    not_leads.iter().filter_map(above).any(|parent| parent.is_empty() || parent.ends_with('.'))
}

/// A lead that a copy is for.
#[derive(Clone)]
pub struct KnownLead {
    pub row: leads::Lead,
    pub profile: Profile,
    /// In canonical form.
    pub address: Option<String>,
    /// Public keys alone brought the address.
    pub is_unconfirmed: bool,
    /// The settings say that whoever has the address is no lead.
    pub is_staff: bool,
    /// What binds the address.
    pub blocks: AddressBlocks,
    /// The version of the playbook that it lives under; `None` before the first one is published.
    pub under: Option<Under>,
    /// Its state under that version; `None` while it waits to be evaluated again.
    pub state: Option<Lead>,
    /// When the last copy of class marketing or answer left to its address, whoever the lead; copies on their way or in doubt
    /// count.
    pub last_left: Option<Instant>,
    /// When copies that were asked for left to its address within a day, whoever the lead; known where its address is
    /// unconfirmed.
    pub(super) requested: Vec<Instant>,
    /// The topics that measured copies showed at its address lately, each with its instant.
    pub(super) shown: Vec<(String, i64)>,
    /// Those of them that were shown often enough in vain.
    pub tired: BTreeSet<String>,
    /// How often its interval was multiplied; 0: as the playbook says.
    pub level: i32,
    /// What the copy of a form confirms: the address is then the one that the form was given.
    pub confirmation: Option<Confirmation>,
}

impl KnownLead {
    /// What its copies may say of it: nothing where a form asked for the copy, and as long as public keys alone brought the
    /// address.
    pub fn disclosure(&self) -> Disclosure<'_> {
        Disclosure::of(&self.profile, self.confirmation.is_some() || self.is_unconfirmed)
    }

    /// The ladder of the cadence, and the lead's stage on it.
    pub fn paced_stage(&self) -> Option<(&str, &str)> {
        on_its_ladder(self.under.as_ref()?, self.state.as_ref()?)
    }

    /// The ladders, and its stage on each.
    pub fn stages(&self) -> Vec<(&str, &str)> {
        let Some((under, state)) = self.under.as_ref().zip(self.state.as_ref()) else { return Vec::new() };
        stages(under, state)
    }
}

/// The ladders of a version, and a lead's stage on each.
pub(super) fn stages<'u>(under: &'u Under, state: &Lead) -> Vec<(&'u str, &'u str)> {
    let ladders = &under.program.playbook().ladders;
    let named = |(ladder, stage, _): (u32, u32, Instant)| {
        let ladder = ladders.get(ladder as usize)?;
        Some((ladder.id.as_str(), ladder.stages.get(stage as usize)?.id.as_str()))
    };
    state.stages().filter_map(named).collect()
}

/// What is known of a batch.
pub struct Situation {
    pub now: Instant,
    /// Whose e-mails wait, because they would leave this machine and the domain of `From` is not ready for that.
    pub domain_wait: DomainWait,
    /// Leads are evaluated again after a new version of the playbook.
    pub is_re_evaluating: bool,
    /// No lead gets an e-mail, because the test mode is on.
    pub is_test: bool,
    pub countries: Arc<CountryRules>,
    pub hours: SendingHours,
    zones: TimeZoneDatabase,
    leads: BTreeMap<LeadId, KnownLead>,
    /// The leads of copies that forms asked for, by the copies' ids.
    confirming: BTreeMap<String, KnownLead>,
    /// Copies of which the same went to their address already, for another lead.
    duplicates: BTreeSet<String>,
    /// Of copies that are sent again, what their addresses got beside them.
    beside: BTreeMap<CopyKey, GotBeside>,
    broadcasts: BTreeMap<BroadcastId, KnownBroadcast>,
    /// What choosing the best piece needs.
    pub library: Library,
    /// How often the intervals of stages were multiplied, by LADDER/STAGE.
    pub stage_levels: BTreeMap<String, i32>,
}

impl Situation {
    pub fn read(
        connection: &mut Connection,
        rules: &Rules,
        now: Instant,
        copies: &[MailCopy],
    ) -> Result<Situation, Error> {
        let ids: BTreeSet<LeadId> = copies.iter().map(|copy| copy.lead).collect();
        let rows = leads::load(connection, &ids.into_iter().collect::<Vec<_>>())?;
        Situation::of_leads(connection, rules, now, (rows, copies))
    }

    /// The same of leads that may have no copies yet.
    pub fn of_leads(
        connection: &mut Connection,
        rules: &Rules,
        now: Instant,
        (mut rows, copies): (Vec<leads::Lead>, &[MailCopy]),
    ) -> Result<Situation, Error> {
        rows.retain(|row| row.became.is_none());
        let heirs = heirs(connection, copies, &mut rows)?;
        let versions = rules.programs.now(connection)?;
        let mut leads = known(connection, rules, &versions, rows)?;
        let keys = HashKeys::read(connection)?;
        set_sent(connection, &keys, &mut leads, now)?;
        set_requested(connection, &keys, &mut leads, now)?;
        let duplicates = duplicates(connection, &keys, copies, &leads)?;
        let beside = got_beside(connection, &keys, copies, &leads, now)?;
        let library = Library::of(connection, copies, &|lead| hashes(&keys, leads.get(&lead)))?;
        Ok(Situation {
            now,
            domain_wait: domain_wait(connection, rules)?,
            is_re_evaluating: force::scan(connection)?.is_some(),
            is_test: rules.test_to.is_some(),
            countries: rules.receivers.countries.clone(),
            hours: rules.hours.clone(),
            zones: versions.zones().clone(),
            confirming: confirming(connection, copies, &leads, &heirs)?,
            broadcasts: broadcasts_of(connection, &rules.programs, copies)?,
            library,
            stage_levels: pace::stage_levels(connection)?,
            leads,
            duplicates,
            beside,
        })
    }

    /// The lead of a copy; `None` where it is gone, or is one with another now and no form asked for the copy.
    pub fn lead(&self, copy: &MailCopy) -> Option<&KnownLead> {
        self.confirming.get(&copy.send_id()).or_else(|| self.leads.get(&copy.lead))
    }

    /// The clock that a lead goes by.
    pub fn zone(&self, lead: &KnownLead) -> LeadZone {
        LeadZone::of(&lead.profile, lead.under.as_ref().map(|under| under.program.zone()), &self.zones)
    }

    /// When sending hours begin on the lead's clock; `None` where e-mails may leave now.
    pub fn hours_begin(&self, lead: &KnownLead) -> Option<Instant> {
        if self.hours.is_always() {
            return None;
        }
        let now = Timestamp::from_millisecond(self.now.0).ok()?;
        self.hours.opens(now, &self.zone(lead).zone).map(|opens| Instant(opens.as_millisecond()))
    }

    pub fn leads(&self) -> impl Iterator<Item = &KnownLead> {
        self.leads.values()
    }

    /// Whether the broadcast that asked for a copy does not go on at present.
    pub fn is_halted(&self, copy: &MailCopy) -> bool {
        self.broadcast(copy).is_some_and(|broadcast| broadcast.is_halted)
    }

    /// The subject of a copy in a language, in the place of its e-mail's own, if it has one.
    pub fn subject(&self, copy: &MailCopy, language: &str) -> Option<&str> {
        Some(self.broadcast(copy)?.subjects.as_ref()?.of(language))
    }

    fn broadcast(&self, copy: &MailCopy) -> Option<&KnownBroadcast> {
        self.broadcasts.get(&broadcast_of(&copy.source)?)
    }

    pub fn is_duplicate(&self, copy: &MailCopy) -> bool {
        self.duplicates.contains(&copy.send_id())
    }
}

/// The broadcasts that asked for copies.
fn broadcasts_of(
    connection: &mut Connection,
    programs: &Programs,
    copies: &[MailCopy],
) -> Result<BTreeMap<BroadcastId, KnownBroadcast>, Error> {
    let ids: BTreeSet<BroadcastId> = copies.iter().filter_map(|copy| broadcast_of(&copy.source)).collect();
    let found = broadcasts::of_ids(connection, &ids.into_iter().collect::<Vec<_>>())?;
    let known =
        |broadcast: &Broadcast| KnownBroadcast::of(connection, programs, broadcast).map(|known| (broadcast.id, known));
    found.iter().map(known).collect()
}

/// Whose e-mails would leave in the name of a domain that is not ready for that, as far as the last check knows.
pub fn domain_wait(connection: &mut Connection, rules: &Rules) -> Result<DomainWait, Error> {
    // Every country asks for the sender's postal address.
    let is_ready = !rules.is_real || !rules.sender.postal_address.is_empty() && is_verified(connection, &rules.sender)?;
    Ok(if is_ready { DomainWait::Nobody } else { DomainWait::of_unverified(&rules.sender) })
}

/// What is known of these leads but for what was sent to them.
fn known(
    connection: &mut Connection,
    rules: &Rules,
    versions: &Versions,
    rows: Vec<leads::Lead>,
) -> Result<BTreeMap<LeadId, KnownLead>, Error> {
    let mut profiles = profiles::of(connection, &rows)?;
    let mut addresses = addresses::of(connection, &rows)?;
    let unconfirmed = addresses::unconfirmed(connection, &rows, &addresses, &profiles)?;
    let blocks = of_addresses(connection, &addresses.values().cloned().collect())?;
    figures::unknown_suppressions(blocks.values().any(AddressBlocks::has_unknown));
    let levels = pace::levels(connection, &rows)?;
    let known = rows.into_iter().map(|row| {
        let under = versions.of(&row.name);
        let address = addresses.remove(&row.id);
        let lead = KnownLead {
            profile: profiles.remove(&row.id).unwrap_or_default(),
            is_unconfirmed: unconfirmed.contains(&row.id),
            is_staff: address.as_ref().is_some_and(|address| rules.receivers.is_staff(address)),
            blocks: address.as_ref().and_then(|address| blocks.get(address).cloned()).unwrap_or_default(),
            state: under.as_ref().and_then(|under| state(&row, under)),
            last_left: None,
            requested: Vec::new(),
            shown: Vec::new(),
            tired: BTreeSet::new(),
            level: levels.get(&row.id).copied().unwrap_or_default(),
            confirmation: None,
            address,
            under,
            row,
        };
        (lead.row.id, lead)
    });
    Ok(known.collect())
}

/// By lead of a copy that a form asked for, the lead that it is one with now; those that are not there yet are added.
fn heirs(
    connection: &mut Connection,
    copies: &[MailCopy],
    rows: &mut Vec<leads::Lead>,
) -> Result<BTreeMap<LeadId, LeadId>, Error> {
    let mut heirs = BTreeMap::new();
    for copy in copies.iter().filter(|copy| matches!(copy.source, CopySource::Form(_))) {
        if rows.iter().any(|row| row.id == copy.lead) {
            continue;
        }
        let Some(heir) = find::row(connection, copy.lead)? else { continue };
        heirs.insert(copy.lead, heir.id);
        if rows.iter().all(|row| row.id != heir.id) {
            rows.push(heir);
        }
    }
    Ok(heirs)
}

/// The leads of copies that forms asked for, each with the address that its form was given.
fn confirming(
    connection: &mut Connection,
    copies: &[MailCopy],
    leads: &BTreeMap<LeadId, KnownLead>,
    heirs: &BTreeMap<LeadId, LeadId>,
) -> Result<BTreeMap<String, KnownLead>, Error> {
    let confirmations = letter::of_copies(connection, copies)?;
    let addresses = confirmations.iter().map(|(_, confirmation)| confirmation.address.clone()).collect();
    let blocks = of_addresses(connection, &addresses)?;
    let lead = |send_id: &str| copies.iter().find(|copy| copy.send_id() == send_id).map(|copy| copy.lead);
    let known = confirmations.into_iter().filter_map(|(send_id, confirmation)| {
        let lead = lead(&send_id)?;
        let lead = leads.get(heirs.get(&lead).unwrap_or(&lead))?.clone();
        let address = confirmation.address.clone();
        let blocks = blocks.get(&address).cloned().unwrap_or_default();
        Some((send_id, KnownLead { address: Some(address), blocks, confirmation: Some(confirmation), ..lead }))
    });
    Ok(known.collect())
}

/// A lead's state under a version; `None` while it waits to be evaluated again.
pub(super) fn state(row: &leads::Lead, under: &Under) -> Option<Lead> {
    // Not by the version: the rules of two versions may be the same, and then no lead is evaluated again.
    Lead::load(&row.head, &under.program).filter(|lead| lead.name() == row.name)
}

/// The ladder of the cadence, and the stage on it of a lead with this state.
fn on_its_ladder<'u>(under: &'u Under, state: &Lead) -> Option<(&'u str, &'u str)> {
    let ladder = under.program.playbook().cadence.as_ref()?.ladder.as_str();
    stages(under, state).into_iter().find(|(of, _)| *of == ladder)
}

/// The same of a lead as it is stored.
pub(super) fn paced_stage<'u>(row: &leads::Lead, under: &'u Under) -> Option<(&'u str, &'u str)> {
    on_its_ladder(under, &state(row, under)?)
}

/// The hashes of the addresses of these leads, each once.
fn all_hashes<'l>(keys: &HashKeys, leads: impl Iterator<Item = &'l KnownLead>) -> Vec<String> {
    leads.flat_map(|lead| hashes(keys, Some(lead))).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The hashes of a lead's address, by every key.
fn hashes(keys: &HashKeys, lead: Option<&KnownLead>) -> Vec<String> {
    let address = lead.and_then(|lead| lead.address.as_deref());
    address.map(|address| keys.hashes(address)).unwrap_or_default()
}

/// Sets what each lead's address got: the last copy that counts for the budget, and the topics that it saw in vain.
fn set_sent(
    connection: &mut Connection,
    keys: &HashKeys,
    leads: &mut BTreeMap<LeadId, KnownLead>,
    now: Instant,
) -> Result<(), Error> {
    let asked = all_hashes(keys, leads.values());
    let last: BTreeMap<String, i64> = addressed::last_left(connection, &asked)?.into_iter().collect();
    let mut shown: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for (hash, topic, at) in addressed::shown_since(connection, &asked, (now - SHOWN_WITHIN).0)? {
        shown.entry(hash).or_default().push((topic, at));
    }
    for lead in leads.values_mut() {
        let hashes = hashes(keys, Some(&*lead));
        lead.last_left = hashes.iter().filter_map(|hash| last.get(hash)).max().map(|at| Instant(*at));
        lead.shown = hashes.iter().filter_map(|hash| shown.get(hash)).flatten().cloned().collect();
        lead.tired = tired(lead.shown.iter(), &lead.profile.chosen);
    }
    Ok(())
}

/// The topics that were shown often enough since they were last chosen (contract §6, the gate).
fn tired<'s>(shown: impl Iterator<Item = &'s (String, i64)>, chosen: &ChosenTopics) -> BTreeSet<String> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (topic, at) in shown {
        if chosen.last(topic).is_none_or(|last| *at > last.0) {
            *times.entry(topic).or_default() += 1;
        }
    }
    times.into_iter().filter(|(_, times)| *times >= IN_VAIN).map(|(topic, _)| topic.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_was_shown_three_times_since_it_was_chosen_is_tired() {
        use attractor_engine::message::{Message, Wanted};
        let mut chosen = ChosenTopics::default();
        let click =
            r#"{"type": "track", "userId": "u", "event": "Email Link Clicked", "properties": {"topic": "hats"}}"#;
        chosen.take_in(&Message::parse(click, &Wanted::Everything).unwrap(), Instant(5));
        for (topic, at, expected) in [
            ("shirts", &[1, 2, 3][..], true),
            ("shirts", &[1, 2], false),
            ("hats", &[1, 2, 3, 4, 5, 6, 7], false),
            ("hats", &[6, 7, 8], true),
        ] {
            let shown: Vec<(String, i64)> = at.iter().map(|at| (topic.to_owned(), *at)).collect();
            assert_eq!(tired(shown.iter(), &chosen).contains(topic), expected, "{topic} at {at:?}");
        }
    }

    #[test]
    fn copies_say_nothing_of_a_lead_whose_address_only_public_keys_brought() {
        let mut lead = testing::known();
        lead.profile = crate::sending::testing::profile(&serde_json::json!({"first_name": "Ada"}));
        assert_eq!(lead.disclosure().profile().display_name().as_deref(), Some("Ada"));
        lead.is_unconfirmed = true;
        assert_eq!(*lead.disclosure().profile(), Profile::default());
    }

    #[test]
    fn staff_is_named_by_address_or_by_domain() {
        let not_leads = ["acme.example".to_owned(), "eve@rival.example".to_owned()];
        for (address, expected) in [
            ("ada@acme.example", true),
            ("ada@mail.acme.example", true),
            ("ada@notacme.example", false),
            ("eve@rival.example", true),
            ("eva@rival.example", false),
        ] {
            assert_eq!(is_staff(address, &not_leads), expected, "{address}");
        }
    }
}
