//! Whether all of a header or a cell about consent is understood. Words of refusal are without number, so a yes grants
//! consent only where each word is one that is known to go with a yes: `Newsletter (web form)`, but not `Newsletter grr`.

use super::refusal::{is_refusal, is_small};
use super::words::{begins_with_any, fold, letters, smells};

/// Whether each of these words, as `fold` writes them, is known, if only as a refusal.
pub fn is_understood(words: &[String]) -> bool {
    before_name(words).iter().all(|word| is_known(word))
}

/// The words before a name, which may be any: it comes behind a word such as `from` or `via`.
pub fn before_name(words: &[String]) -> &[String] {
    let named = words.iter().position(|word| OPENERS.contains(&word.as_str())).unwrap_or(words.len());
    &words[..named]
}

/// Whether a cell says that somebody agreed, and nothing else.
pub fn agrees(text: &str) -> bool {
    let words: Vec<String> = fold(text).split(' ').map(str::to_owned).collect();
    let letters = letters(text);
    let is_agreeing = AGREEING.iter().any(|stem| letters.contains(stem));
    is_agreeing && !smells(&letters) && !words.iter().any(|word| is_refusal(word)) && is_understood(&words)
}

/// Whether a word is known to go with consent, to say nothing for or against, or to refuse.
pub fn is_known(word: &str) -> bool {
    let is_number = || word.chars().all(|c| c.is_ascii_digit());
    let begins = || begins_with_any(word, BEGINNINGS);
    let ends = || ENDINGS.iter().any(|ending| word.ends_with(ending));
    WORDS.contains(&word) || is_small(word) || is_refusal(word) || is_number() || begins() || ends()
}

/// What is among the letters of a text that agrees.
const AGREEING: [&str; 17] = [
    "optin",
    "optedin",
    "subscrib",
    "consentgiven",
    "freelygiven",
    "granted",
    "agreed",
    "accept",
    "confirm",
    "allow",
    "explicit",
    "einwillig",
    "zugestimmt",
    "inscrit",
    "suscrit",
    "iscritt",
    "ingeschreven",
];

/// Words before a name: of a form, a place, a company or what the mail is about.
#[rustfmt::skip]
const OPENERS: &[&str] = &[
    "from", "by", "via", "at", "for", "of", "on", "about", "over", "sur", "sobre", "von", "vom", "bei", "per", "durch",
    "uber", "fur", "de", "du", "des", "par", "chez", "pour", "por", "para", "di", "da", "dal", "van", "bij", "voor",
];

/// What words made of several end with.
const ENDINGS: [&str; 7] = ["newsletter", "einwilligung", "zustimmung", "erlaubnis", "optin", "verteiler", "consent"];

/// Whole words that go with consent, or say nothing for or against, beside the small ones of `refusal`.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "via", "in", "my", "we", "he", "she", "they", "being", "are", "its", "have", "had", "may", "can", "could", "shall",
    "should", "ok", "okay", "yes", "y", "true", "let", "gets", "happy", "welcome", "willing", "how", "when", "where",
    "who", "also", "still", "already", "currently", "now", "all", "some", "other", "s", "n", "j", "x", "opt", "doi",
    "soi", "gdpr", "dsgvo", "rgpd", "lgpd", "kvkk", "ccpa", "eu", "uk", "en", "fr", "es", "nl", "ch", "ein", "eine",
    "einen", "einem", "einer", "oder", "vom", "fur", "fuer", "mit", "auf", "bei", "uber", "durch", "unserem", "mein",
    "meine", "ich", "wir", "sie", "er", "darf", "durfen", "kann", "soll", "mag", "werden", "wird", "worden", "sind",
    "haben", "liegt", "vor", "gern", "gerne", "bekommt", "ja", "un", "une", "et", "ou", "pour", "au", "aux", "sur",
    "votre", "mes", "je", "nous", "ete", "peut", "oui", "avec", "chez", "una", "uno", "o", "por", "para", "con", "del",
    "su", "sus", "mi", "puede", "se", "si", "desde", "della", "delle", "dei", "degli", "allo", "da", "dal", "dai",
    "nostri", "puo", "nella", "een", "van", "voor", "ons", "mijn", "ik", "wij", "zijn", "wordt", "graag", "aan", "met",
    "bij", "dati", "daten", "datos", "zeit", "heure", "hora", "ora", "tijd", "day", "tag", "jour", "dia", "giorno",
    "created", "status", "state", "statut", "estado", "stato", "form", "formular", "formulaire", "formulario", "modulo",
    "web", "website", "webseite", "site", "page", "online", "shop", "store", "checkout", "account", "konto", "app",
    "portal", "blog", "third", "party", "partner", "dritte", "profile", "profil", "track", "tracking", "global",
    "general", "main", "list", "lists", "liste", "listen", "lista", "listas", "lijst", "lijsten", "hubspot",
    "salesforce", "klaviyo", "brevo", "sendinblue", "cleverreach", "shopify", "woocommerce", "stripe", "pipedrive",
    "typeform", "metadata", "merge", "field", "fields", "custom", "cf", "attribute", "properties", "property", "group",
    "type", "types", "option", "options", "answer", "response", "antwort", "checkbox", "box", "tick", "ticked",
    "checked", "angekreuzt", "campaign", "campaigns", "company", "firma", "firmen", "lead", "leads", "send", "sends",
    "sent", "proof", "version", "sms", "phone", "telefon", "call", "calls", "reach", "write", "schreiben", "ecrire",
    "escribir", "scrivere", "schrijven", "pub", "event", "events", "material", "materials", "include", "included",
    "direct", "electronic", "digital", "elektronisch", "purposes", "purpose", "zweck", "zwecke", "fin", "fines", "fair",
    "messe", "booth", "stand", "card", "1st", "first", "second", "new", "neu", "neue", "nuovo", "nuovi", "nueva",
    "nouvelle", "nouvelles", "free", "abo", "abos", "expert", "tips", "tipps", "kit", "guide", "ebook", "whitepaper",
    "download", "trial", "test", "demo",
];

/// Beginnings of such words.
#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    "exclusiv", "exklusiv", "news", "mail", "email", "courriel", "correo", "market", "werb", "promo", "publici",
    "pubblici", "advert", "reklame", "reclame", "commerc", "communic", "comunic", "kommunik", "subscri", "suscri",
    "abonn", "iscri", "inscri", "einschreib", "optin", "opted", "double", "single", "doppel", "consent", "consens",
    "einwillig", "zustimm", "zugestimm", "einverst", "erlaub", "permi", "permess", "authori", "autori", "accept",
    "accett", "acept", "allow", "agree", "akkoord", "accord", "grant", "erteil", "confirm", "conferm", "bestatig",
    "bevestig", "verif", "valid", "gultig", "datenschutz", "privacy", "dataprot", "protec", "person", "process",
    "verarbeit", "trait", "trattam", "tratam", "donnee", "legal", "lawful", "basis", "rechtsgrund", "rechtmass",
    "contact", "kontakt", "contatt", "prefer", "praferenz", "voorkeur", "receiv", "recev", "recoi", "recib", "ricev",
    "ontvang", "erhalt", "empfang", "bezieh", "wunsch", "gewunsch", "erwunsch", "souhait", "desea", "desider", "info",
    "update", "aktuell", "actual", "notif", "benachricht", "nachricht", "messag", "mensaj", "alert", "offer", "offre",
    "ofert", "angebot", "aanbied", "product", "produkt", "produit", "prodott", "service", "dienst", "veranstalt",
    "webinar", "weekly", "woche", "monthly", "monat", "daily", "taglich", "hebdo", "mensuel", "mensual", "semanal",
    "settiman", "mensil", "digest", "magazin", "bulletin", "boletin", "bollettin", "rundbrief", "rundschreib",
    "rundmail", "lettre", "letter", "verteil", "customer", "kunde", "client", "klant", "user", "nutzer", "member",
    "mitglied", "angemeld", "anmeld", "eingetrag", "eintrag", "registr", "sign", "toestem", "toegestaan", "ingeschrev",
    "inschrijv", "aangemeld", "freigabe", "freiwillig", "freely", "given", "explicit", "implied", "implicit", "express",
    "legitim", "timestamp", "zeitpunkt", "datum", "zusend", "zuschick", "schick", "gemail", "angeschrieb", "anschreib",
    "interess", "neuigkeit", "novedad", "novita", "nieuws",
];

#[cfg(test)]
mod tests {
    use super::super::words::dead;
    use super::*;

    #[test]
    fn a_text_agrees_where_all_of_it_is_understood() {
        for text in [
            "Freely given consent from contact",
            "Opt-in by form",
            "Opt-in at Hanover Fair",
            "confirmed via double opt-in 2024-03-01",
            "Einwilligung liegt vor",
            "Accepts marketing",
        ] {
            assert!(agrees(text), "{text}");
        }
        for text in [
            "Not given",
            "maybe",
            "Opt-in verweigert",
            "no longer subscribed",
            "former subscriber",
            "subscribed by mistake",
            "Einwilligung zurückgezogen",
            "accepted grudgingly",
            "Opt-in, grr",
        ] {
            assert!(!agrees(text), "{text}");
        }
    }

    #[test]
    fn no_entry_is_dead() {
        [OPENERS, WORDS].into_iter().for_each(dead::none_of_words);
        dead::none_of_words(&ENDINGS);
        dead::none_of_beginnings(BEGINNINGS);
        dead::none_of_parts(&AGREEING);
        for word in WORDS {
            assert!(!is_small(word) && !begins_with_any(word, BEGINNINGS), "{word} is known without the list");
        }
    }

    #[test]
    fn no_word_of_refusal_is_known_to_go_with_a_yes() {
        for word in WORDS.iter().chain(BEGINNINGS) {
            assert!(!is_refusal(word), "{word}");
        }
    }
}
