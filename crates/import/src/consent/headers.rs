//! Which columns are about being written to, by the words of their headers: whatever tool wrote the file.

use super::refusal::is_refusal;
use super::understood;
use super::words::{fold, smells_strongly};
use crate::keys::{ColumnKey, MailStatus};

/// What a header says its column is, if it is about being written to.
pub fn key_of(header: &str) -> Option<ColumnKey> {
    let header = Header::new(header);
    if header.is_of_another_channel() || header.has_word(NO_ANSWERS) {
        return None;
    }
    if header.has_stem(COMPLAINED) || header.is_of_spam() {
        return Some(ColumnKey::Is(MailStatus::Complained));
    }
    if header.has_stem(LEFT) || ONLY_LEFT.contains(&header.letters.as_str()) || smells_strongly(&header.letters) {
        return Some(header.left());
    }
    if header.has_stem(BOUNCED) && !header.has_word(&["soft"]) {
        return Some(header.bounced());
    }
    if header.has_word(STATES) && header.has_stem(OF_MAIL) || ONLY_STATES.contains(&header.letters.as_str()) {
        return Some(ColumnKey::Status);
    }
    // Who ended a contract may have ended the mail with it: nobody knows, so consent is held back.
    if header.is_of_contract() {
        return Some(ColumnKey::Is(MailStatus::Held));
    }
    match header.agreed() {
        true if header.is_denied() => Some(ColumnKey::Is(MailStatus::Held)),
        true => Some(ColumnKey::Agreed),
        false => None,
    }
}

/// Whether a column tells a state or the last thing that happened, so that one word in it can say that somebody left.
pub fn is_of_states(header: &str) -> bool {
    Header::new(header).has_word(OF_STATES) || Header::new(header).has_word(STATES)
}

/// Whether a column tells the state of a subscription to mail, so that any word in it is about that.
pub fn is_of_mail(header: &str) -> bool {
    Header::new(header).has_stem(OF_MAIL)
}

/// Whether a column says that a contract, a membership or an order was ended.
pub fn is_of_contract(header: &str) -> bool {
    Header::new(header).is_of_contract()
}

/// Whether a column of dates tells when somebody agreed to be written to, or confirmed it.
pub fn is_of_consent(header: &str) -> bool {
    let header = Header::new(header);
    header.agreed() || header.has_word(SIGNED)
}

/// Whether each word of a header about agreeing is known, so that nothing in it can turn its yes into a no.
pub fn is_understood(header: &str) -> bool {
    understood::is_understood(&Header::new(header).words)
}

/// The part of `Opted out of email: Product news` that names a subscription.
pub fn subscription(header: &str) -> Option<&str> {
    let (before, name) = header.split_once(':')?;
    let fits = OF_SUBSCRIPTION.contains(&fold(before).as_str()) && !name.trim().is_empty();
    fits.then_some(name.trim())
}

/// What comes before the name of the subscription that was left.
const OF_SUBSCRIPTION: [&str; 10] = [
    "opted out of email",
    "e mail abmeldung",
    "abmeldung von e mail",
    "abgemeldet von e mail",
    "von e mail abgemeldet",
    "opt out von e mail",
    "desinscrit de l e mail",
    "cancelo la suscripcion al correo electronico",
    "disiscritto dall e mail",
    "uitgeschreven voor e mail",
];

/// A header as its words.
pub(super) struct Header {
    pub(super) words: Vec<String>,
    letters: String,
}

impl Header {
    pub(super) fn new(header: &str) -> Header {
        let folded = fold(header);
        Header { letters: folded.replace(' ', ""), words: folded.split(' ').map(str::to_owned).collect() }
    }

    pub(super) fn has_word(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }

    pub(super) fn has_stem(&self, stems: &[&str]) -> bool {
        stems.iter().any(|stem| self.letters.contains(stem))
    }

    /// Consent to be called says nothing about mail, unless the header names both.
    fn is_of_another_channel(&self) -> bool {
        self.has_word(CHANNELS) && !self.has_stem(&["mail", "newsletter"])
    }

    fn is_of_contract(&self) -> bool {
        self.has_stem(ENDED) && !self.has_stem(&["frist", "schutz", "termijn", "policy", "preavis"])
    }

    fn is_of_spam(&self) -> bool {
        self.letters == "spam"
            || (self.has_word(&["spam"]) && self.has_word(&["marked", "reported", "flagged", "report"]))
    }

    /// Whether it asks for the contrary: `No newsletter`, but not `Newsletter (yes/no)`.
    pub(super) fn is_denied(&self) -> bool {
        const NO: &[&str] = &["no", "non", "nein", "nee", "not"];
        let noes = self.words.iter().filter(|word| NO.contains(&word.as_str())).count();
        let is_offered = self.has_word(&["yes", "y", "ja", "j", "oui", "si", "true", "1"]);
        let is_refused = self.words.iter().any(|word| is_refusal(word) && !NO.contains(&word.as_str()));
        is_refused || noes > usize::from(is_offered)
    }

    fn left(&self) -> ColumnKey {
        let denied = self.has_word(&["not", "nicht", "never", "isnt"]);
        let is_order = self.has_stem(&["donot", "dont", "nicht", "nietcont", "nietmail"]);
        if denied && !is_order {
            return ColumnKey::Status;
        }
        if self.has_word(REASONS) {
            ColumnKey::Reason(MailStatus::Unsubscribed)
        } else {
            ColumnKey::Is(MailStatus::Unsubscribed)
        }
    }

    fn bounced(&self) -> ColumnKey {
        // Once may have been a full mailbox.
        if self.has_word(&["count", "counts", "number", "total", "anzahl", "times", "bounces"]) {
            return ColumnKey::Is(MailStatus::Held);
        }
        if self.has_word(REASONS) { ColumnKey::Reason(MailStatus::Bounced) } else { ColumnKey::Is(MailStatus::Bounced) }
    }

    fn agreed(&self) -> bool {
        let whole = self.letters.as_str();
        let about_it = self.has_stem(AGREED) || self.has_word(&["doi"]) || ONLY_AGREED.contains(&whole);
        about_it && !self.has_word(NOT_WHETHER)
    }
}

/// Beside `words::STRONG`.
#[rustfmt::skip]
const LEFT: &[&str] = &[
    "unsub", "deactivated", "deaktiviert", "donotallowemail", "donotallowbulkemail", "donotbulk", "suppressed",
    "suppression", "emaildisabled", "emailsdisabled", "disableemail", "emailblocked", "nomail", "neplus", "stoppub",
    "listenoire", "listanegra", "listanera", "zwartelijst", "nodesea", "noquiere", "excluido", "emailinvalidated",
    "consentwithdrawn", "consentrevoked", "revokedconsent", "withdrewconsent", "marketingsuspended", "emailsuspended",
    "abmeld", "austrag", "ausgetragen", "widerruf", "widerspruch", "widersprochen", "werbesperre", "mailsperre",
    "newslettersperre", "kontaktsperre", "sperrliste", "robinson", "gesperrt", "opposition", "nepasemail", "fechabaja",
    "debaja", "untersagt", "kontaktverbot", "werbeverbot", "refusdeprospection", "refusdesollicitation",
    "refuselanewsletter", "refuselese", "excluir", "rechazapublicidad", "rechazael", "rechazala", "bajade",
    "cancelaciondelasuscripcion", "opposizione", "rifiutanewsletter", "rifiutala", "rifiutodel", "nietbenader",
    "geenmail", "donotmarket", "nomarketing", "removedfromlist", "removedfromthelist", "cancelosuscripcion",
    "cancellazione", "cancellatodalla", "revoca", "uitschrijf", "afmeld", "geblokkeerd",
];

/// Whole headers that ask whether somebody left.
const ONLY_LEFT: &[&str] = &["baja", "bajas", "dnc", "cancellato"];

/// Words for the end of a contract, a membership or a subscription of any kind.
#[rustfmt::skip]
const ENDED: &[&str] = &[
    "kundigung", "kuendigung", "gekundigt", "gekuendigt", "cancellationdate", "cancelledat", "canceledat", "cancelledon", "canceledon",
    "datecancelled", "datecanceled", "cancelreason", "cancellationreason", "churned", "churndate", "churnreason",
    "resiliation", "resilie", "fechadecancelacion", "motivodecancelacion", "canceladoel", "disdetta", "disdetto", "opzegging",
    "opzegdatum", "opgezegd",
];

const COMPLAINED: &[&str] = &[
    "spamreport",
    "markedasspam",
    "markedspam",
    "spamcomplaint",
    "reportedspam",
    "reportedasspam",
    "emailcomplain",
    "complained",
    "abusereport",
    "abusecomplaint",
    "isspam",
    "spambeschwerde",
];

#[rustfmt::skip]
const BOUNCED: &[&str] = &[
    "bounce", "undeliverable", "unzustellbar", "invalidemail", "emailinvalid", "emailisinvalid", "rebond", "rebotad",
    "rebote", "rimbalz", "onbestelbaar", "emailungultig", "ungultigeemail",
];

const STATES: &[&str] = &["status", "state", "statut", "estado", "stato", "zustand", "etat", "standing"];

const OF_STATES: &[&str] = &[
    "action",
    "actions",
    "activity",
    "event",
    "aktion",
    "aktivitat",
    "accion",
    "azione",
    "actie",
    "stage",
    "tag",
    "tags",
    "label",
    "labels",
    "list",
    "lists",
    "segment",
    "segments",
    "flag",
    "flags",
    "group",
    "groups",
];

#[rustfmt::skip]
const OF_MAIL: &[&str] = &[
    "mail", "newsletter", "subscri", "optin", "consent", "marketing", "abonn", "abostat", "suscri", "iscri", "inscri",
    "einwillig", "permission", "gdpr", "dsgvo", "rgpd", "toestemming", "inschrijf",
];

/// Headers that name a state and nothing else, in languages in which the general tables do not have them.
const ONLY_STATES: &[&str] = &["statut", "abostatus", "abonnementstatus", "active", "isactive", "aktiv", "actif"];

/// Consent to these says nothing of mail.
#[rustfmt::skip]
pub(super) const CHANNELS: &[&str] = &[
    "call", "calls", "phone", "sms", "text", "texts", "whatsapp", "fax", "push", "postal", "print", "telefon", "anruf",
    "telephone", "appel", "mobile", "telefono", "messenger", "viber", "cookie", "cookies", "direct",
];

/// Columns that name a subscription and answer nothing.
#[rustfmt::skip]
pub(super) const NO_ANSWERS: &[&str] = &["url", "link", "token", "hash", "ip", "page", "landing", "href", "webhook", "rate", "utm"];

/// Words behind which a column says why or through what somebody left: any text in it means that somebody did.
#[rustfmt::skip]
const REASONS: &[&str] = &[
    "reason", "reasons", "grund", "motif", "motivo", "raison", "reden", "comment", "feedback", "campaign", "source",
    "by", "via", "method",
];

/// Words behind which a column about a subscription does not say whether there is one.
#[rustfmt::skip]
const NOT_WHETHER: &[&str] = &[
    "source", "origin", "quelle", "text", "form", "name", "id", "ids", "number", "count", "plan", "frequency", "interval",
    "language", "sprache", "version", "proof", "evidence", "channel", "reason", "method", "campaign", "title", "score",
    "opened", "opens", "clicked", "clicks", "sent", "sends", "delivered", "views", "budget", "team", "manager", "owner",
    "qualified", "topic", "topics", "category", "price", "end", "start", "renewal", "expires", "last", "first", "type",
];

#[rustfmt::skip]
const AGREED: &[&str] = &[
    "optin", "optedin", "newsletter", "consent", "gdpr", "dsgvo", "rgpd", "lgpd", "subscribedto", "issubscribed",
    "subscribedemail", "subscribetoemail", "mailsubscri", "acceptsmarketing", "acceptsemail", "acceptemail",
    "acceptmarketing", "allowemail", "allowsemail", "emailallowed", "emailmarketing", "marketingemail", "marketingmail",
    "marketingallowed", "marketingpermission", "emailpermission", "permissiontoemail", "permissiontocontact",
    "permissiontomarket", "contactpermission", "emailpreference", "canemail", "canbeemailed", "canbecontacted",
    "mayemail", "sendemail", "receiveemail", "receivesemail", "receivemarketing", "wantsemail", "emailverified",
    "emailconfirmed", "legalbasis", "lawfulbasis", "einwilligung", "zustimmung", "werbeerlaubnis", "permission2mail",
    "mailerlaubnis", "kontakterlaubnis", "abonniert", "abonne", "inscritala", "suscrito", "aceptapublicidad",
    "aceptamarketing", "boletin", "consenso", "iscritto", "accettamarketing", "toestemming", "nieuwsbrief", "mailnotif",
    "infomail", "rundmail", "mailverteiler", "mailwerbung", "werbungerlaubt", "kontakterlaubt", "gewunscht",
    "erwunscht", "accepteles", "aceptarecibir", "aceptacomunic", "accettadi", "ingeschrevenvoor", "aangemeldvoor",
    "infolettre", "lettredinformation",
];

/// Words of dates at which somebody agreed: `Confirmed At`, `Inscrit le`.
#[rustfmt::skip]
const SIGNED: &[&str] = &[
    "confirmed", "confirm", "confirmation", "subscribed", "subscribe", "bestatigt", "bestatigung", "angemeldet", "inscrit",
    "iscritto", "suscrito", "ingeschreven", "aangemeld", "bevestigd",
];

/// Whole headers that ask whether somebody may be written to.
#[rustfmt::skip]
const ONLY_AGREED: &[&str] = &[
    "subscribed", "subscribe", "marketing", "mailing", "mailings", "werbung", "permission", "confirmed", "isconfirmed",
    "marketable", "emailable", "mailable", "contactable", "abo", "inscrit", "ingeschreven", "aangemeld", "angemeldet",
    "iscrizione", "suscripcion", "doi",
];

#[cfg(test)]
mod tests {
    use super::super::words::dead;
    use super::*;
    use MailStatus::{Bounced, Complained, Unsubscribed};

    #[test]
    fn no_entry_is_dead() {
        let words = [STATES, OF_STATES, CHANNELS, NO_ANSWERS, REASONS, NOT_WHETHER, SIGNED];
        words.into_iter().chain([ONLY_LEFT, ONLY_STATES, ONLY_AGREED]).for_each(dead::none_of_words);
        dead::none_of_words(&OF_SUBSCRIPTION);
        [LEFT, ENDED, COMPLAINED, BOUNCED, OF_MAIL, AGREED].into_iter().for_each(dead::none_of_parts);
        for left in LEFT.iter().chain(ONLY_LEFT) {
            // Not as a whole, because some letters smell only where nothing else is there.
            assert!(!smells_strongly(&format!("is{left}")), "{left} is known without the list");
        }
        for (whole, parts) in [(ONLY_LEFT, LEFT), (ONLY_AGREED, AGREED)] {
            let header = whole.iter().find(|header| parts.iter().any(|part| header.contains(part)));
            assert_eq!(header, None, "known by a part of it");
        }
    }

    #[test]
    fn headers_of_opt_outs_in_six_languages() {
        let left = "EMAIL_BLACKLISTED|HasOptedOutOfEmail|Unsubscribed from all email|Do not allow Emails|donotbulkemail|\
                    Opted Out|opt_out|E-Mail Opt-Out|Abgemeldet|Newsletter abgemeldet|Abmeldedatum|Werbewiderspruch|\
                    Widerruf am|Ausgetragen|Sperrliste|Désinscrit|Date de désinscription|Désabonné le|Désabonnement|\
                    Fecha de baja|Dado de baja|Desuscrito|Disiscritto|Data di disiscrizione|Uitgeschreven|Uitschrijfdatum|\
                    Afgemeld|Afmelddatum|do_not_contact|Do Not Mail|Marketing Suspended|Black Listed|Blocklisted|\
                    Suppressed|unsub|is_unsubscribed|Consent withdrawn|Email unsubscribe date|Global Unsubscribe";
        for header in left.split('|') {
            assert_eq!(key_of(header), Some(ColumnKey::Is(Unsubscribed)), "{header}");
        }
        for (header, key) in [
            ("Unsubscribe reason", ColumnKey::Reason(Unsubscribed)),
            ("Abmeldegrund: Grund", ColumnKey::Reason(Unsubscribed)),
            ("Email Hard Bounced", ColumnKey::Is(Bounced)),
            ("Bounce Reason", ColumnKey::Reason(Bounced)),
            ("Invalid email", ColumnKey::Is(Bounced)),
            ("Unzustellbar", ColumnKey::Is(Bounced)),
            ("Marked spam", ColumnKey::Is(Complained)),
            ("Spam complaint", ColumnKey::Is(Complained)),
            ("Bounce count", ColumnKey::Is(MailStatus::Held)),
            ("Not unsubscribed", ColumnKey::Status),
        ] {
            assert_eq!(key_of(header), Some(key), "{header}");
        }
    }

    #[test]
    fn headers_of_consent_in_six_languages() {
        let agreed = "GDPR Consent|Newsletter|subscribed_to_emails|Accepts Email Marketing|acceptsMarketing|\
                      Opt-in|DOUBLE_OPT-IN|Marketing Permission|Email Marketing Consent|Einwilligung Newsletter|\
                      Werbeeinwilligung|DSGVO Zustimmung|Consentement|Abonné|Inscrit à la newsletter|Consentimiento|\
                      Suscrito|Consenso marketing|Iscritto|Toestemming|Nieuwsbrief|isSubscribed|Receive Marketing Emails|\
                      Legal basis for processing contact's data|Can Email|RGPD";
        for header in agreed.split('|') {
            assert_eq!(key_of(header), Some(ColumnKey::Agreed), "{header}");
            assert!(is_understood(header), "{header}");
        }
        for header in
            ["Opt-in Status", "Email consent state", "Newsletter Status", "Statut", "Marketing contact status"]
        {
            assert_eq!(key_of(header), Some(ColumnKey::Status), "{header}");
        }
    }

    #[test]
    fn dates_of_consent() {
        for header in
            ["Consent date", "Opt-in date", "DOI-Datum", "CONFIRM_TIME", "OPTIN_TIME", "Subscribed At", "Inscrit le"]
        {
            assert!(is_of_consent(header), "{header}");
        }
        for header in ["Signed Up", "created_at", "Signup Date", "Subscription Date (Substack)", "Join Date"] {
            assert!(!is_of_consent(header), "{header}");
        }
        assert_eq!(key_of("DOI-Datum"), Some(ColumnKey::Agreed));
    }

    #[test]
    fn headers_about_something_else() {
        let others = "Email|First Name|Country|State|Unsubscribe link|Unsubscribe URL|Opt-in IP|SMS Opt Out|SMS consent|\
                      Do Not Call|Phone consent|Newsletter source|Newsletter name|Consent text|Subscription plan|Marketing budget|\
                      Marketing Qualified|Soft bounces|Bounce rate|utm_source|Receive More Updates About Our Courses|\
                      Search|Page Views Per Visit|Job Title|Beruf|Ville|Ciudad|Betreuer|Emails Opened|Absender|Basis|Option|\
                      Last newsletter opened|Adoption|Website";
        for header in others.split('|') {
            assert_eq!(key_of(header), None, "{header}");
        }
        for header in
            ["Kein Newsletter-Abo", "Geen nieuwsbrief", "Pas de newsletter", "Newsletter nicht erwünscht", "No consent"]
        {
            let held = Some(ColumnKey::Is(MailStatus::Held));
            assert!(
                [held, Some(ColumnKey::Is(Unsubscribed))].contains(&key_of(header)),
                "{header}: {:?}",
                key_of(header)
            );
        }
        for header in
            ["Vetoed newsletters", "Newsletterverweigerer", "Newsletter stop", "Fed up (tired) of newsletters"]
        {
            assert_eq!(key_of(header), Some(ColumnKey::Is(MailStatus::Held)), "{header}");
        }
        for (header, is_clear) in [
            ("Newsletter", true),
            ("Newsletter (web form)", true),
            ("Newsletter from Acme", true),
            ("Newsletter grr", false),
            ("Newsletter ade", false),
            ("Consent Acme", false),
        ] {
            assert_eq!(is_understood(header), is_clear, "{header}");
        }
        assert_eq!(key_of("Newsletter (yes/no)"), Some(ColumnKey::Agreed));
        assert_eq!(key_of("Vetoed newsletter (yes/no)"), Some(ColumnKey::Is(MailStatus::Held)));
        assert_eq!(subscription("Opted out of email: Product News"), Some("Product News"));
        assert_eq!(subscription("Opted out of email:"), None);
        assert!(is_of_states("Last Notable Activity") && is_of_states("action") && !is_of_states("Notes"));
    }
}
