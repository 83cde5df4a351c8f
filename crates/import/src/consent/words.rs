//! What words say about being written to, in English, German, French, Spanish, Italian and Dutch.

use crate::keys::MailStatus;

/// A text in lower case and without accents, its words parted by single blanks: `HasOptedOut_ofEmail` becomes
/// `has opted out of email`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        let hump = character.is_uppercase() && before.is_lowercase();
        if (hump || !character.is_alphanumeric()) && !folded.is_empty() && !folded.ends_with(' ') && !is_mark(character)
        {
            folded.push(' ');
        }
        if character.is_alphanumeric() {
            character.to_lowercase().for_each(|lower| push_bare(&mut folded, lower));
        }
        before = character;
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Combining accents part no words.
fn is_mark(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// A letter without its accent.
pub fn push_bare(text: &mut String, letter: char) {
    text.push_str(match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ç' => "c",
        'ñ' => "n",
        'ß' => "ss",
        'œ' => "oe",
        other => return text.push(other),
    });
}

/// The letters and digits alone, as `fold` writes them.
pub fn letters(text: &str) -> String {
    fold(text).replace(' ', "")
}

/// Whether a word begins with one of these beginnings.
pub fn begins_with_any(word: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| word.starts_with(beginning))
}

/// What a whole cell means as the state of a subscription, compared by its letters.
pub fn mail_status(letters: &str) -> Option<MailStatus> {
    let of = |(words, mail_status): &(&[&str], MailStatus)| words.contains(&letters).then_some(*mail_status);
    STATES.iter().find_map(of)
}

const STATES: [(&[&str], MailStatus); 5] = [
    (FINE, MailStatus::Fine),
    (HELD, MailStatus::Held),
    (LEFT, MailStatus::Unsubscribed),
    (BOUNCED, MailStatus::Bounced),
    (COMPLAINED, MailStatus::Complained),
];

#[rustfmt::skip]
const FINE: &[&str] = &[
    "active", "subscribed", "subscribe", "resubscribed", "subscriber", "confirmed", "enabled", "valid", "deliverable",
    "optin", "optedin", "optinconfirmed", "confirmedoptin", "doubleoptin", "singleoptin", "doi", "soi", "verified",
    "accepted", "granted", "given", "agreed", "consented", "allowed", "allow", "permitted", "marketingcontact",
    "marketingkontakt", "express", "implied", "explicit", "implicit", "aktiv", "angemeldet", "bestatigt", "eingetragen",
    "abonniert", "zugestimmt", "erteilt", "eingewilligt", "erlaubt", "inscrit", "inscrite", "abonne", "abonnee",
    "confirme", "actif", "consenti", "accepte", "suscrito", "suscrita", "activo", "activa", "confirmado", "aceptado",
    "iscritto", "iscritta", "attivo", "attiva", "confermato", "ingeschreven", "aangemeld", "actief", "bevestigd",
    "toegestaan",
];

#[rustfmt::skip]
const HELD: &[&str] = &[
    "pending", "unconfirmed", "inactive", "disabled", "archived", "noconsent", "nonsubscribed", "notsubscribed",
    "neversubscribed", "notconfirmed", "notoptedin", "transactional", "waiting", "awaitingconfirmation", "unverified",
    "invited", "left", "gone", "quit", "stopped", "stop", "lapsed", "expired", "blocked", "soft", "softbounce", "softbounced", "temporary", "nonmarketingcontact", "keinmarketingkontakt", "nichtmarketingkontakt", "notgiven",
    "notgranted", "denied", "declined", "refused", "inaktiv", "unbestatigt", "ausstehend", "inactif", "enattente",
    "nonconfirme", "inactivo", "pendiente", "inattivo", "inattesa", "inactief", "inafwachting",
];

#[rustfmt::skip]
const LEFT: &[&str] = &[
    "unsubscribed", "unsubscribe", "unsubscribes", "unsub", "unsubbed", "optedout", "optout", "optedoutofemail",
    "globalunsubscribe", "globallyunsubscribed", "listunsubscribe", "unsubscribedfromall", "suppressed", "blocklisted",
    "blacklisted", "donotcontact", "donotemail", "donotmail", "donotallow", "dnc", "revoked", "withdrawn",
    "abgemeldet", "abbestellt", "ausgetragen", "widerrufen", "widersprochen", "gesperrt", "nichtkontaktieren",
    "desinscrit", "desinscrite", "desabonne", "desabonnee", "baja", "dadodebaja", "debaja", "desuscrito",
    "desuscrita", "disiscritto", "disiscritta", "revocato", "uitgeschreven", "afgemeld", "afmelding",
];

#[rustfmt::skip]
const BOUNCED: &[&str] = &[
    "bounced", "bounce", "hard", "hardbounce", "hardbounced", "permanent", "cleaned", "invalid", "unreachable",
    "undeliverable", "emailbounced", "unzustellbar", "ungultig", "rebondi", "invalide", "npai", "rebotado",
    "rebote", "invalido", "rimbalzato", "nonvalido", "onbestelbaar", "ongeldig",
];

#[rustfmt::skip]
const COMPLAINED: &[&str] = &[
    "complained", "complaint", "complainer", "spam", "spamcomplaint", "spamreport", "spamreported", "spammer",
    "markedasspam", "markedspam", "reportedspam", "reportedasspam", "emailmarkedasspam", "emailmarkedspam", "abuse",
    "abusereport", "abusecomplaint", "junk", "alsspammarkiert", "spambeschwerde",
];

#[rustfmt::skip]
const OTHER_BASES: &[&str] = &[
    "notapplicable", "legitimateinterest", "performanceofacontract", "contractualnecessity", "legalobligation",
    "vitalinterest", "publicinterest", "nichtzutreffend", "berechtigtesinteresse", "vertragserfullung",
    "interetlegitime", "sansobjet", "intereslegitimo", "noaplicable", "interesselegittimo", "nonapplicabile",
    "gerechtvaardigdbelang", "nietvantoepassing",
];

/// Whether letters name another legal basis than consent, or none.
pub fn is_other_basis(letters: &str) -> bool {
    OTHER_BASES.iter().any(|basis| letters.contains(basis))
}

/// Whether letters smell of leaving or of no consent, as the state of somebody.
pub fn smells(letters: &str) -> bool {
    SMELLS.iter().chain(STRONG).any(|stem| letters.contains(stem))
}

/// Whether they say so in any text, whatever it is about.
pub fn smells_strongly(letters: &str) -> bool {
    matches!(letters, "unsub" | "nomails") || STRONG.iter().any(|stem| letters.contains(stem))
}

#[rustfmt::skip]
const SMELLS: &[&str] = &[
    "unsub", "blocked", "suppress", "bounce", "spam", "complain", "abuse", "cancel", "revok", "withdr", "declin",
    "refus", "reject", "denied", "objected", "objection", "nocontact", "noconsent", "notsubscri", "notconfirm",
    "notopt", "notpermit", "notallow", "nonmarketing", "invalid", "undeliver", "inactiv", "disabled", "deactivat",
    "deleted", "removed", "archiv", "quarantin", "banned", "abmeld", "austrag", "ausgetragen", "widerruf", "widersp",
    "gesperrt", "sperre", "gekundigt", "gekuendigt", "geloscht", "keineeinwillig", "ungultig", "resilie", "annule",
    "baja", "revocad", "revocat", "opgezegd", "geblokk", "ingetrokken", "nietbevestigd", "geentoestemming",
    "pasdeconsentement", "sinconsentimiento", "senzaconsenso",
];

#[rustfmt::skip]
const STRONG: &[&str] = &[
    "unsubscri", "optout", "optedout", "optingout", "blacklist", "blocklist", "donotcontact", "donotemail",
    "donotmail", "donotsend", "noemail", "dontcontact", "dontemail", "nonewsletter", "markedasspam", "markedspam",
    "abgemeldet", "abbestell", "keinewerbung", "keinnewsletter", "keinenewsletter", "keineemail", "keinemail",
    "nichtkontaktieren", "nichtanschreiben", "werbewidersp", "desinscri", "desabonn", "nepascontacter", "desuscri",
    "darsedebaja", "dadodebaja", "dadadebaja", "nocontactar", "noenviar", "disiscri", "noncontattare",
    "uitgeschreven", "uitschrijv", "afgemeld", "nietcontacteren", "nietmailen", "unsubme", "removeme", "takemeoff",
    "leavemealone", "stopemail", "stopmail", "stopsending", "nomoreemail", "nomoremail", "nofurthermail", "dontmail",
    "dontwrite", "donotwrite", "dontsend", "notwanttoreceive", "bitteabmeld", "bitteaustrag", "bitteloschen",
    "abmeldenbitte", "austragenbitte", "abmeldewunsch", "michabmelden", "michaustragen", "vomverteiler",
    "ausverteiler", "ausdemverteiler", "nichtmehranschreiben", "nichtmehrschreiben", "nichtmehrkontaktieren",
    "nichtschreiben", "nichtmailen", "unerwunscht", "meretirer", "retirezmoi", "retirermon", "plusdemail",
    "plusdemessage", "plusdenewsletter", "pasdenewsletter", "pluscontacter", "plusecrire", "pasecrire",
    "neplusrecevoir", "paslarecevoir", "darmedebaja", "darledebaja", "denmedebaja", "quierobaja", "solicitabaja",
    "nomascorreo", "nomasemail", "norecibir", "noquierorecibir", "noescribir", "cancellatemi", "cancellami",
    "toglietemi", "toglimi", "rimuovetemi", "nonscriver", "nonricever", "afmelden", "nietmeermail", "geennieuwsbrief",
    "nietschrijven", "notwantemail", "notwantmail", "notwantanyemail", "notwantanymail", "notwantmoreemail",
    "notwantmoremail", "doesntwantemail", "doesntwantmail", "doesntwantanyemail", "doesntwantanymail", "dontwantemail",
    "dontwantmail", "dontwantanyemail", "dontwantanymail", "nolongerwantsemail",
    "nolongerwantsmail", "nomailsplease", "notoemail", "notomail", "neinzuemail", "neinzumail", "keineweiterenemail", "keineweiterenmail", "noquierecorreo", "noquieremail",
    "noquiereemail", "nonvuolemail", "nonvuoleemail", "wilgeenmail", "wilgeenemail",
];

/// Entries that no text ever meets, because another one or the way that texts are folded comes before.
#[cfg(test)]
pub(super) mod dead {
    use super::fold;

    /// Of a list of words or texts: each is written as `fold` writes it, and there once.
    pub fn none_of_words(list: &[&str]) {
        for (place, entry) in list.iter().enumerate() {
            assert_eq!(*entry, fold(entry), "{entry} is never met");
            assert!(!list[..place].contains(entry), "{entry} is there twice");
        }
    }

    /// The same of a list of beginnings, none of which begins with another.
    pub fn none_of_beginnings(list: &[&str]) {
        none_meets(list, |entry, other| entry.starts_with(other));
    }

    /// The same of a list of parts of words, none of which holds another.
    pub fn none_of_parts(list: &[&str]) {
        none_meets(list, |entry, other| entry.contains(other));
    }

    fn none_meets(list: &[&str], meets: fn(&str, &str) -> bool) {
        none_of_words(list);
        let met = |entry: &&str| list.iter().find(|other| *other != entry && meets(entry, other));
        let dead: Vec<_> = list.iter().filter_map(|entry| Some((entry, met(entry)?))).collect();
        assert!(dead.is_empty(), "{dead:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_entry_is_dead() {
        STATES.iter().for_each(|(words, _)| dead::none_of_words(words));
        [OTHER_BASES, SMELLS, STRONG].into_iter().for_each(dead::none_of_parts);
    }

    #[test]
    fn words_are_compared_without_case_accents_and_humps() {
        for (text, folded) in [
            ("HasOptedOutOfEmail", "has opted out of email"),
            ("EMAIL_BLACKLISTED", "email blacklisted"),
            (" Désinscrit(e) ", "desinscrit e"),
            ("De\u{301}sinscrit", "desinscrit"),
            ("Größe", "grosse"),
            ("", ""),
            ("?!", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn states_in_six_languages() {
        for (word, expected) in [
            ("Subscribed", Some(MailStatus::Fine)),
            ("double opt-in", Some(MailStatus::Fine)),
            ("Angemeldet", Some(MailStatus::Fine)),
            ("no consent", Some(MailStatus::Held)),
            ("Opted-Out", Some(MailStatus::Unsubscribed)),
            ("Désabonné", Some(MailStatus::Unsubscribed)),
            ("Dado de baja", Some(MailStatus::Unsubscribed)),
            ("Disiscritto", Some(MailStatus::Unsubscribed)),
            ("Uitgeschreven", Some(MailStatus::Unsubscribed)),
            ("Hard bounce", Some(MailStatus::Bounced)),
            ("Marked as spam", Some(MailStatus::Complained)),
            ("Qualified", None),
        ] {
            assert_eq!(mail_status(&letters(word)), expected, "{word}");
        }
    }

    #[test]
    fn no_word_means_two_things() {
        let mut words: Vec<(&str, MailStatus)> =
            STATES.iter().flat_map(|(words, mail_status)| words.iter().map(|word| (*word, *mail_status))).collect();
        words.sort();
        words.dedup();
        for pair in words.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        for (word, mail_status) in words {
            assert!(word == letters(word), "{word} is never met");
            assert!(mail_status != MailStatus::Fine || !smells(word), "{word}");
        }
    }

    #[test]
    fn what_smells() {
        for text in ["cancelled", "On hold (opted out)", "auf Widerruf", "Baja voluntaria", "non-marketing"] {
            assert!(smells(&letters(text)), "{text}");
        }
        for text in ["Open", "Qualified", "New lead", "Working - Contacted", "Kunde"] {
            assert!(!smells(&letters(text)), "{text}");
        }
        let asked_to_stop = [
            "please unsubscribe me",
            "Do not contact!",
            "Remove me, please",
            "no more e-mails",
            "does not want e-mails any more",
            "doesn't want e-mails",
            "no mails",
            "bitte keine weiteren Mails",
            "will keine Werbung",
            "bitte abmelden",
            "Bitte austragen!",
            "bitte aus dem Verteiler nehmen",
            "bitte nicht mehr anschreiben",
            "Merci de me désinscrire",
            "ne plus écrire",
            "quiero darme de baja",
            "no quiero recibir correos",
            "cancellatemi dalla lista",
            "non scrivere più",
            "graag afmelden",
            "niet meer mailen",
        ];
        for text in asked_to_stop {
            assert!(smells_strongly(&letters(text)), "{text}");
        }
        let about_something_else = [
            "cancelled his meeting",
            "invalid number",
            "Subway",
            "unsubstantiated",
            "Adresse aus der Liste der Messe",
            "keine Postanschrift bekannt",
            "pas de mail connu",
            "geen e-mail bekend",
            "noch kein Kontakt",
            "no mail server found",
            "the department want e-mails",
        ];
        for text in about_something_else {
            assert!(!smells_strongly(&letters(text)), "{text}");
        }
    }
}
