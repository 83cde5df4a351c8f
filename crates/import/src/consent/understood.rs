//! Whether all of a header or a cell about consent is understood. Words of refusal are without number, so a yes grants
//! consent only where each word is one that is known to go with a yes: `Newsletter (web form)`, but not `Newsletter grr`.

use super::refusal::{is_refusal, is_small};
use super::words::{fold, letters, smells};

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
    let begins = || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning));
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

/// Whole words that go with consent, or say nothing for or against.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "a", "an", "the", "of", "for", "from", "to", "by", "via", "with", "in", "on", "at", "and", "or", "our", "your",
    "my", "me", "we", "us", "i", "you", "he", "she", "they", "be", "been", "being", "are", "is", "it", "its", "this",
    "that", "has", "have", "had", "may", "can", "could", "would", "will", "shall", "should", "do", "does", "ok", "okay",
    "yes", "y", "true", "please", "like", "likes", "want", "wants", "wish", "let", "get", "gets", "happy", "welcome",
    "willing", "hear", "how", "when", "where", "who", "also", "still", "already", "currently", "now", "any", "all",
    "some", "other", "more", "s", "t", "d", "l", "e", "n", "j", "x", "opt", "double", "single", "doi", "soi", "gdpr",
    "dsgvo", "rgpd", "lgpd", "kvkk", "ccpa", "eu", "uk", "de", "en", "fr", "es", "nl", "ch", "der", "die", "das", "den",
    "dem", "des", "ein", "eine", "einen", "einem", "einer", "und", "oder", "von", "vom", "zu", "zum", "zur", "fur",
    "fuer", "per", "mit", "am", "im", "auf", "bei", "uber", "durch", "unser", "unsere", "unseren", "unserem", "mein",
    "meine", "ich", "wir", "sie", "er", "darf", "durfen", "kann", "soll", "mag", "werden", "wird", "wurde", "worden",
    "ist", "sind", "hat", "haben", "liegt", "vor", "gern", "gerne", "bitte", "mochte", "mochten", "wollen", "bekommt",
    "bekommen", "ja", "mehr", "le", "la", "les", "un", "une", "du", "et", "ou", "par", "pour", "au", "aux", "sur",
    "nos", "notre", "votre", "mes", "je", "nous", "il", "elle", "est", "ete", "etre", "peut", "veut", "oui", "avec",
    "chez", "el", "los", "las", "una", "uno", "o", "por", "para", "con", "al", "del", "nuestro", "nuestra", "nuestros",
    "nuestras", "su", "sus", "mi", "ha", "puede", "quiere", "se", "si", "desde", "lo", "gli", "della", "delle", "dei",
    "degli", "alla", "alle", "allo", "da", "dal", "dai", "di", "nostra", "nostre", "nostri", "puo", "vuole", "ai",
    "nella", "het", "een", "van", "voor", "onze", "ons", "mijn", "ik", "wij", "zijn", "wil", "wordt", "heeft", "graag",
    "aan", "met", "op", "bij", "date", "data", "dati", "daten", "datos", "time", "zeit", "heure", "hora", "ora", "tijd",
    "day", "tag", "jour", "dia", "giorno", "created", "status", "state", "statut", "estado", "stato", "flag", "form",
    "formular", "formulaire", "formulario", "modulo", "web", "website", "webseite", "site", "page", "online", "shop",
    "store", "checkout", "account", "konto", "app", "portal", "blog", "third", "party", "partner", "dritte", "profile",
    "profil", "track", "tracking", "global", "general", "main", "list", "lists", "liste", "listen", "lista", "listas",
    "lijst", "lijsten", "mailchimp", "mailpoet", "hubspot", "salesforce", "klaviyo", "brevo", "sendinblue",
    "cleverreach", "shopify", "woocommerce", "stripe", "pipedrive", "typeform", "metadata", "merge", "field", "fields",
    "custom", "cf", "attribute", "properties", "property", "group", "type", "types", "option", "options", "answer",
    "response", "antwort", "checkbox", "box", "tick", "ticked", "checked", "angekreuzt", "campaign", "campaigns",
    "company", "firma", "firmen", "contacts", "lead", "leads", "subscriber", "send", "sends", "sent", "proof",
    "version", "sms", "phone", "telefon", "call", "calls", "reach", "write", "schreiben", "ecrire", "escribir",
    "scrivere", "schrijven", "pub", "event", "events", "material", "materials", "include", "included", "direct", "electronic",
    "digital", "elektronisch", "processing", "purposes", "purpose", "zweck", "zwecke", "fin", "fines", "fair", "messe",
    "person", "booth", "stand", "card", "1st", "first", "second", "new", "neu", "neue", "nuovo", "nuovi", "nueva",
    "nouvelle", "nouvelles", "free", "abo", "abos", "weekly", "expert", "tips", "tipps", "updates", "kit", "guide",
    "ebook", "whitepaper", "download", "trial", "test", "demo",
];

/// Beginnings of such words.
#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    "exclusiv", "exklusiv", "newsletter", "news", "mail", "email", "courriel", "correo", "market", "werb", "promo",
    "publici", "pubblici", "advert", "reklame", "reclame", "commerc", "communic", "comunic", "kommunik", "subscri",
    "suscri", "abonn", "iscri", "inscri", "einschreib", "optin", "opted", "double", "single", "doppel", "consent",
    "consens", "einwillig", "zustimm", "zugestimm", "einverst", "erlaub", "permi", "permess", "authori", "autori",
    "autoris", "accept", "accett", "acept", "allow", "agree", "akkoord", "accord", "grant", "erteil", "confirm",
    "conferm", "bestatig", "bevestig", "verif", "valid", "gultig", "datenschutz", "privacy", "dataprot", "protec",
    "personal", "person", "process", "verarbeit", "trait", "trattam", "tratam", "donnee", "legal", "lawful", "basis",
    "rechtsgrund", "rechtmass", "contact", "kontakt", "contatt", "prefer", "praferenz", "voorkeur", "receiv", "recev",
    "recoi", "recib", "ricev", "ontvang", "erhalt", "empfang", "bezieh", "wunsch", "gewunsch", "erwunsch", "souhait",
    "desea", "desider", "inform", "info", "update", "aktuell", "actual", "notif", "benachricht", "nachricht", "messag",
    "mensaj", "messagg", "alert", "offer", "offre", "ofert", "offert", "angebot", "aanbied", "product", "produkt",
    "produit", "prodott", "service", "dienst", "veranstalt", "webinar", "weekly", "wochentl", "woche", "monthly",
    "monat", "daily", "taglich", "hebdo", "mensuel", "mensual", "semanal", "settiman", "mensil", "digest", "magazin",
    "bulletin", "boletin", "bollettin", "nieuwsbrie", "rundbrief", "rundschreib", "rundmail", "infolettre", "lettre",
    "letter", "verteil", "customer", "kunde", "client", "cliente", "klant", "user", "nutzer", "member", "mitglied",
    "angemeld", "anmeld", "eingetrag", "eintrag", "registr", "signup", "sign", "signed", "toestem", "toegestaan",
    "ingeschrev", "inschrijv", "aangemeld", "freigabe", "freiwillig", "promotion", "marketable", "emailable",
    "mailable", "contactable", "freely", "given", "explicit", "implied", "implicit", "express", "legitim", "timestamp",
    "zeitpunkt", "datum", "datums", "zusend", "zuschick", "schick", "gemail", "angeschrieb", "anschreib", "interess",
    "neuigkeit", "novedad", "novita", "actualit", "nieuws",
];

#[cfg(test)]
mod tests {
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
    fn no_word_of_refusal_is_known_to_go_with_a_yes() {
        for word in WORDS.iter().chain(BEGINNINGS) {
            assert!(!is_refusal(word), "{word}");
        }
    }
}
