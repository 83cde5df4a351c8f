//! The check itself: what the settings ask for, compared with what the network answers.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attractor_mail::dns::{
    self, Answer, Answers, Cause, Examination, Facts, Purpose, Reach, Reason, Record, Report, Setup, SetupError,
    Target, Verdict,
};
use attractor_mail::links::host;
use attractor_mail::message::dkim::Signer;
use sha2::{Digest, Sha256};

use super::Network;
use super::reach::ReachKey;
use super::shown::{DomainCause, DomainRecord, DomainStatus, StoredCheck};
use crate::secrets::Secrets;
use crate::sending::dns_settings::outgoing;
use crate::sending::sender::{Sender, is_nobodys};
use crate::sending::signing::{own_signer, signer, signer_without_rsa};
use crate::settings::{Dkim, Settings};

/// After this time nothing more is looked up: servers that do not answer must not keep a check going.
const LOOKING_UP: Duration = Duration::from_secs(20);

/// What checks the sender domain of a server.
pub struct Verifier {
    sender: Sender,
    /// Whether `sender_email` is set.
    has_sender: bool,
    /// The setting; empty where it is not set.
    public_url: String,
    is_free_mail: bool,
    /// Whether nobody can own the domain of `sender_email`. A DNS server of one's own may know such a domain all the same.
    is_reserved: bool,
    /// What the domain needs; `None` where the settings do not say it.
    setup: Option<Setup>,
    /// Without a setup: the records that can be known all the same.
    known: Vec<Record>,
    /// Of all that a check depends on, so that a verdict on other settings is not taken for one on these.
    fingerprint: String,
    /// What is wrong with the settings, whatever the DNS says.
    wrong: Vec<Reason>,
    reach: ReachKey,
    network: Arc<dyn Network>,
}

/// A domain as a check found it.
pub struct Judged {
    verdict: Verdict,
    records: Vec<DomainRecord>,
}

impl Verifier {
    /// Fails only with what the settings refuse.
    pub fn new(
        settings: &Settings,
        folder: &Path,
        secrets: &Secrets,
        network: Arc<dyn Network>,
    ) -> Result<Verifier, String> {
        let sender = Sender::of(settings).map_err(|why| format!("`sender_email`: {why}"))?;
        let setup = setup(settings, folder, secrets, &sender);
        let mut wrong: Vec<Reason> = setup.as_ref().err().cloned().into_iter().collect();
        if let Some(lacking) = lacking_key(settings) {
            // Where there is no other key either, this says it better.
            wrong.retain(|reason| reason.cause != Cause::Dkim);
            wrong.push(Reason { cause: Cause::Dkim, message: lacking.to_owned() });
        }
        let address = attractor_intake::address::read(sender.from.address());
        let known = if setup.is_ok() { Vec::new() } else { known(settings, folder, secrets, &sender) };
        Ok(Verifier {
            fingerprint: fingerprint(&(&setup, &wrong, &sender, &settings.public_url, &settings.public_url_ca)),
            known,
            has_sender: !settings.sender_email.is_empty(),
            is_reserved: is_nobodys(sender.from.domain())
                && !settings.sender_email.is_empty()
                && settings.dns_server.is_empty(),
            public_url: settings.public_url.trim_end_matches('/').to_owned(),
            is_free_mail: address.is_some_and(|address| address.free || address.disposable),
            setup: setup.ok(),
            wrong,
            reach: ReachKey::new(secrets),
            sender,
            network,
        })
    }

    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// What proves to this server that it is itself.
    pub fn reach(&self) -> &ReachKey {
        &self.reach
    }

    /// Refuses a check without a sender; the error says what to set.
    pub fn refuse_nobody(&self) -> Result<(), String> {
        let why = "`sender_email` is not set, so there is no domain to check: set the address that e-mails come from";
        if self.has_sender { Ok(()) } else { Err(why.to_owned()) }
    }

    /// How the domain is by a stored check, or before the first one; `is_needed` is whether marketing waits for it.
    pub fn status(&self, stored: Option<StoredCheck>, is_needed: bool) -> DomainStatus {
        let mut stored = stored.unwrap_or_else(|| self.unchecked());
        if self.is_reserved && !stored.verified {
            stored.causes.insert(0, DomainCause::reserved(&stored.domain));
        }
        DomainStatus::of(stored, self.has_sender, is_needed)
    }

    /// Before the first check: what is known of the settings alone, and what to set.
    fn unchecked(&self) -> StoredCheck {
        let records = self.setup.iter().flat_map(dns::records).map(DomainRecord::unexamined);
        let records = records.chain(self.known()).collect();
        Judged { verdict: self.verdict(None, Reach::Untried), records }.stored(self, false, 0)
    }

    fn known(&self) -> impl Iterator<Item = DomainRecord> {
        self.known.iter().cloned().map(DomainRecord::unexamined)
    }

    /// Whether a check was made with these settings. An earlier program did not note it.
    pub fn made(&self, checked: &StoredCheck) -> bool {
        checked.fingerprint.as_ref().is_none_or(|own| *own == self.fingerprint)
    }

    /// Looks everything up. `elapsed` says how long it has taken so far.
    pub fn examine(&self, elapsed: &dyn Fn() -> Duration) -> Judged {
        let report = self.setup.as_ref().map(|setup| self.report(setup, elapsed));
        let reached = self.reach.try_out(&*self.network, &self.public_url);
        let records = report.iter().flat_map(|report| &report.records).map(DomainRecord::examined);
        let records = records.chain(self.known()).collect();
        Judged { verdict: self.verdict(report.as_ref(), reached.as_reach()), records }
    }

    /// Asks until nothing is open. What is asked too late has failed: it says nothing about the records.
    fn report(&self, setup: &Setup, elapsed: &dyn Fn() -> Duration) -> Report {
        let mut answers = Answers::default();
        loop {
            let queries = match dns::examine(setup, &answers) {
                Examination::Ask(queries) => queries,
                Examination::Done(report) => return report,
            };
            let late = || Answer::Failure("other names had taken too long".into());
            let found = match elapsed() > LOOKING_UP {
                true => queries.iter().map(|_| late()).collect(),
                false => self.network.look_up(&queries),
            };
            let found = found.into_iter().chain(std::iter::repeat_with(late));
            answers.extend(queries.into_iter().zip(found));
        }
    }

    fn verdict(&self, report: Option<&Report>, reach: Reach<'_>) -> Verdict {
        let judged = dns::verdict(&Facts {
            public_url: &self.public_url,
            reach,
            domain: self.sender.from.domain(),
            is_free_mail: self.is_free_mail,
            postal_address: &self.sender.postal_address,
            report,
        });
        if self.wrong.is_empty() {
            return judged;
        }
        // Without a setup, what is wrong with it says why nothing was examined.
        let says = |reason: &Reason| self.setup.is_some() || reason.cause != Cause::NotExamined;
        Verdict::Unverified(self.wrong.iter().cloned().chain(reasons(judged).into_iter().filter(says)).collect())
    }
}

impl Judged {
    /// As it is kept; `last` is whether the domain was verified before.
    pub fn stored(self, verifier: &Verifier, last: bool, at: i64) -> StoredCheck {
        let sender = &verifier.sender;
        let verified = self.verdict.is_verified_after(last);
        let causes = reasons(self.verdict).into_iter().map(DomainCause::of).collect();
        StoredCheck {
            at,
            domain: sender.from.domain().to_owned(),
            public_url: sender.public_url.clone(),
            fingerprint: Some(verifier.fingerprint.clone()),
            verified,
            causes,
            records: self.records,
        }
    }
}

fn reasons(verdict: Verdict) -> Vec<Reason> {
    match verdict {
        Verdict::Verified => Vec::new(),
        Verdict::Unverified(reasons) | Verdict::Unknown(reasons) => reasons,
    }
}

fn setup(settings: &Settings, folder: &Path, secrets: &Secrets, sender: &Sender) -> Result<Setup, Reason> {
    let wrong = |cause, message: String| Reason { cause, message };
    let domain = sender.from.domain();
    let signer = signer(settings, folder, secrets, domain).map_err(|why| wrong(Cause::Dkim, sentence(&why)))?;
    let outgoing = outgoing(&settings.spf).map_err(|why| wrong(Cause::Spf, why))?;
    setup_of(settings, &signer, &outgoing, sender)
}

/// What is to be set so that receivers find a signature that they can read.
fn lacking_key(settings: &Settings) -> Option<&'static str> {
    match settings.dkim {
        Dkim::None => settings.dkim_selectors.is_empty().then_some(NO_SELECTOR),
        Dkim::Rsa | Dkim::RsaAndEd25519 => settings.dkim_rsa.is_empty().then_some(NO_RSA),
    }
}

/// The records that do not depend on the setting that is wrong.
fn known(settings: &Settings, folder: &Path, secrets: &Secrets, sender: &Sender) -> Vec<Record> {
    let domain = sender.from.domain();
    let signer = signer(settings, folder, secrets, domain).or_else(|_| signer_without_rsa(settings, secrets, domain));
    let is_key_known =
        !settings.dkim_selectors.is_empty() || signer.as_ref().is_ok_and(|signer| !signer.records().is_empty());
    // In the place of the key that is not known; no record of it is shown.
    let signer = if is_key_known { signer } else { own_signer(secrets, domain) };
    let named = outgoing(&settings.spf).unwrap_or_default();
    let is_spf_known = !named.is_empty();
    let named = if is_spf_known { Ok(named) } else { outgoing(SOME_SERVER) };
    let (Ok(signer), Ok(named)) = (signer, named) else { return Vec::new() };
    let Ok(setup) = setup_of(settings, &signer, &named, sender) else { return Vec::new() };
    let is_known = |record: &Record| match record.purpose {
        Purpose::Spf | Purpose::ReturnPathSpf => is_spf_known,
        Purpose::Dkim => is_key_known,
        Purpose::Dmarc | Purpose::ReturnPath | Purpose::Tracking => true,
    };
    dns::records(&setup).into_iter().filter(is_known).collect()
}

/// In the place of the servers that `spf` does not name; no record with it is shown.
const SOME_SERVER: &str = "ip4:192.0.2.1";

fn fingerprint(of: &impl Debug) -> String {
    let digest = Sha256::digest(format!("{of:?}"));
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn setup_of(
    settings: &Settings,
    signer: &Signer,
    outgoing: &[dns::Outgoing],
    sender: &Sender,
) -> Result<Setup, Reason> {
    let wrong = |cause, message: String| Reason { cause, message };
    let domain = sender.from.domain();
    let public = host(&sender.public_url);
    let is_name = public.parse::<std::net::IpAddr>().is_err();
    Setup::new(&dns::Settings {
        domain,
        keys: &signer.records(),
        foreign_selectors: &settings.dkim_selectors,
        outgoing,
        bounce_host: sender.bounce_domain.as_deref(),
        bounce_target: None,
        tracking_host: is_name.then_some(public.as_str()),
        tracking_target: &Target::Unknown,
        report_to: None,
    })
    .map_err(|why| match why {
        SetupError::NoServer => wrong(Cause::Spf, NO_SPF.to_owned()),
        SetupError::NoKey => wrong(Cause::Dkim, sentence(&why.to_string())),
        why => wrong(Cause::Settings, sentence(&why.to_string())),
    })
}

const NO_RSA: &str = "`dkim_rsa` is not set, and many receivers read no other signatures. Make a key in the data folder with \
                      `openssl genrsa -out dkim.pem 2048`, and set `dkim_rsa` to `dkim.pem`.";

const NO_SELECTOR: &str = "`dkim` is `none`, so that the service that takes your e-mails has to sign them, and `dkim_selectors` \
                           does not name its keys. Set it to what is before `._domainkey` in the names of the records that \
                           the service asks for.";

const NO_SPF: &str = "`spf` is not set, so that the SPF record to set is not known. Set it to what the provider of your mail \
                      server asks for, such as `include:_spf.mail.example`, or to the address of the server, such as \
                      `ip4:192.0.2.1`.";

/// A message as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
