//! Columns that no table knows and whose header none of the known words tell, but that speak of writing to people or of
//! being on a list: `Marketing OK`, `Mag gemaild worden`. Where their cells answer yes or no, a no may mean that no mail is
//! wanted; and what is not understood may mean so, too.

use super::headers::{CHANNELS, Header, NO_ANSWERS, key_of};
use super::words::begins_with_any;
use super::{is_never, refusal, understood};
use crate::cell::yes_or_no;
use crate::keys::ColumnKey;

/// What such a column asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// It asks for the contrary, so that a yes or a date stands against mail: `Ne souhaite pas recevoir`.
    pub is_denied: bool,
    /// It asks which mail is wanted: a no is one beside whatever other cells say.
    pub is_choice: bool,
    /// It names a wish or a permission, or is a refusal and nothing else: `Veto`.
    pub asks: bool,
    /// It names what is sent to many.
    pub is_plain: bool,
    /// No word in it is unknown, so that a yes is known to be one.
    pub is_clear: bool,
    /// A text that is neither a yes nor a no may be one that is not understood.
    pub holds_texts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Date,
}

/// What a header asks, if it speaks of writing to people.
pub fn question(header: &str) -> Option<Question> {
    let words = Header::new(header);
    // `Direct marketing` is not about another channel.
    let of_channel = words.words.iter().any(|word| word != "direct" && CHANNELS.contains(&word.as_str()));
    if of_channel && !words.has_stem(&["mail", "newsletter"]) || words.has_word(NO_ANSWERS) {
        return None;
    }
    if refusal::only_refuses(&words.words) {
        return Some(Question {
            is_denied: true,
            asks: true,
            is_clear: true,
            holds_texts: true,
            ..Question::default()
        });
    }
    let asks = words.has_word(ASKS) || words.begins(ASKING);
    let plainly = words.has_word(PLAIN) || words.begins(PLAINLY);
    let faintly = words.has_word(FAINT) || words.begins(FAINTLY);
    let is_about = plainly && (asks || !words.has_word(OF_WORK)) || faintly && (asks || !words.has_word(OF_ANOTHER));
    // Most columns of most files end here.
    if !is_about {
        return None;
    }
    let leaves = || matches!(key_of(header), Some(ColumnKey::Is(_) | ColumnKey::Reason(_)));
    let is_denied = words.is_denied() || words.is_not() || leaves();
    Some(Question {
        is_denied,
        is_choice: words.begins(CHOICES),
        asks,
        is_plain: plainly,
        // A faint word beside an unknown one may be about anything: `Contact Bern`.
        is_clear: is_denied || !plainly && !asks || words.is_clear(),
        holds_texts: is_denied && asks,
    })
}

/// What a cell answers; `None` where it is no answer.
pub fn answer(text: &str, is_date: impl FnOnce() -> bool) -> Option<Answer> {
    let lower = text.trim().to_lowercase();
    match yes_or_no(&lower) {
        Some(true) => Some(Answer::Yes),
        Some(false) => Some(Answer::No),
        None if ALL.contains(&lower.as_str()) => Some(Answer::Yes),
        None if NONE.contains(&lower.as_str()) || is_never(text) => Some(Answer::No),
        None => is_date().then_some(Answer::Date),
    }
}

impl Question {
    /// Whether an answer may mean that no mail is wanted.
    pub fn is_against(self, answer: Answer) -> bool {
        match answer {
            _ if !self.is_clear => true,
            Answer::No => !self.is_denied,
            Answer::Yes | Answer::Date => self.is_denied,
        }
    }

    /// Whether a text that is no answer may mean so.
    pub fn is_doubtful(self, text: &str) -> bool {
        let refuses = (self.asks || self.is_plain) && refusal::refuses(text);
        refuses || self.holds_texts && self.is_not_understood(text)
    }

    /// Whether a text that is no answer does not plainly agree.
    pub fn is_not_understood(self, text: &str) -> bool {
        self.is_denied || !understood::agrees(text)
    }

    /// The same of any cell in a column of answers.
    pub fn says_no(self, text: &str, is_date: impl FnOnce() -> bool) -> bool {
        answer(text, is_date).map_or_else(|| self.is_doubtful(text), |answer| self.is_against(answer))
    }
}

impl Header {
    fn begins(&self, beginnings: &[&str]) -> bool {
        self.words.iter().any(|word| begins_with_any(word, beginnings))
    }

    /// Whether each word is known, or one of those by which it is a question.
    fn is_clear(&self) -> bool {
        let listed = [ASKS, PLAIN, FAINT];
        let beginnings = [ASKING, PLAINLY, FAINTLY];
        understood::before_name(&self.words).iter().all(|word| {
            understood::is_known(word)
                || listed.iter().any(|words| words.contains(&word.as_str()))
                || beginnings.iter().any(|beginnings| begins_with_any(word, beginnings))
        })
    }

    /// `don't` and `won't`, whose apostrophe parts them; `doesn` and `didn` deny by themselves.
    fn is_not(&self) -> bool {
        self.words.windows(2).any(|pair| pair[1] == "t" && matches!(pair[0].as_str(), "don" | "won"))
    }
}

#[rustfmt::skip]
const ALL: &[&str] = &[
    "all", "any", "alle", "alles", "tous", "toutes", "tout", "todo", "todos", "todas", "tutti", "tutte", "tutto",
];

#[rustfmt::skip]
const NONE: &[&str] = &[
    "none", "nothing", "keine", "keiner", "kein", "keines", "nichts", "aucun", "aucune", "rien", "ninguno", "ninguna",
    "nada", "nessuno", "nessuna", "niente", "geen", "niets",
];

/// Words for what is sent to many, whatever stands beside them.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "offers", "offres", "ofertas", "offerte", "angebote", "angeboten", "aanbiedingen", "news", "nieuws", "pub", "market",
    "hear", "horen", "write", "schreiben", "ecrire", "escribir", "scrivere", "schrijven",
];

#[rustfmt::skip]
const PLAINLY: &[&str] = &[
    "newsletter", "marketing", "werb", "publici", "pubblici", "promo", "advertising", "reklame", "reclame", "communic",
    "comunic", "kommunik", "subscri", "suscri", "abonn", "verteiler", "rundbrief", "rundschreib", "infobrief", "infopost",
    "bulletin", "angeschrieb", "anschreib", "einverstand", "prospection", "sollicit", "solicit", "demarch",
];

/// Words that also name addresses, people and things.
#[rustfmt::skip]
const FAINT: &[&str] = &[
    "update", "updates", "actualites", "novedades", "novita", "send", "sends", "sending", "list", "lists", "liste",
    "listen", "listes", "lista", "listas", "lijst", "lijsten", "offer", "offre", "oferta", "offerta", "angebot", "aanbod",
    "reach",
];

#[rustfmt::skip]
const FAINTLY: &[&str] = &[
    "mail", "email", "gemail", "courriel", "correo", "contact", "kontakt", "contatt", "info", "receiv", "recev", "recoi",
    "recib", "ricev", "ontvang", "erhalt", "empfang", "envio", "envia", "envoi", "envoy", "invio", "invia", "zusend",
    "zuschick", "notif", "benachricht", "nachricht", "messag", "mensaj", "alert", "benader", "aanschrijv", "aangeschrev",
    "outreach", "recontact",
];

/// Words behind which marketing is somebody's work or tool, or was counted.
#[rustfmt::skip]
const OF_WORK: &[&str] = &[
    "budget", "team", "manager", "owner", "director", "qualified", "qualifiziert", "lead", "leads", "agency", "agentur",
    "agence", "department", "abteilung", "tool", "tools", "software", "platform", "automation", "strategy", "target",
    "promoter", "promoted", "code", "codes", "uses", "used", "nutzt", "campaign", "kampagne", "sent", "versendet",
    "verschickt", "opened", "clicked", "delivered", "count", "number", "score",
];

/// Words behind which a mail, a contact, a list or an offer is something else than a wish.
#[rustfmt::skip]
const OF_ANOTHER: &[&str] = &[
    "verified", "valid", "validated", "verifiziert", "gultig", "verifie", "verificado", "verificato",
    "city", "street", "zip", "postcode", "postal", "country", "state", "region", "address", "addresses", "adresse", "adres",
    "anschrift", "ort", "stadt", "ville", "ciudad", "direccion", "indirizzo",
    "owner", "person", "personne", "persona", "persoon", "partner", "name", "role", "rolle", "type", "typ", "manager",
    "team", "primary", "main", "billing", "emergency", "technical", "decision", "maker", "client", "server", "agent",
    "price", "prices", "preis", "preise", "prix", "precio", "precios", "prezzo", "prijs", "waiting", "guest", "wish",
    "shopping", "check", "todo",
    "contacted", "kontaktiert", "contacte", "contactado", "contattato", "gecontacteerd", "recontacte", "informed",
    "informiert", "informe", "informado", "informato", "accepted", "angenommen", "created", "erstellt", "sent", "gesendet",
    "versendet", "verschickt", "envoye", "enviado", "inviato", "verzonden", "delivered", "zugestellt", "opened", "geoffnet",
    "clicked", "geklickt", "replied", "reply", "answered", "beantwortet", "responded", "viewed", "used", "signed",
    "received", "recu", "recue", "recibido", "ricevuto", "complete", "completed", "vollstandig", "deleted",
    "free", "business", "personal", "private", "corporate", "company", "work", "generic", "disposable", "domain", "provider",
    "risky", "syntax", "unique", "duplicate", "missing", "available", "known", "found", "exists", "required", "mailchimp",
    "count", "number", "anzahl", "total", "attempts", "times", "score", "campaign", "kampagne", "lead", "leads",
    "qualified", "first", "last", "latest", "invoice", "rechnung", "facture", "factura", "fattura",
];

/// Words of a wish or of a permission, beside which a contact is a contact.
#[rustfmt::skip]
const ASKS: &[&str] = &[
    "may", "can", "ok", "okay", "want", "wants", "wish", "wishes", "like", "likes", "let", "please", "welcome", "happy",
    "willing", "me", "get", "gets", "accept", "accepts", "agree", "agrees", "agreed", "darf", "durfen", "mochte",
    "mochten", "will", "wollen", "bitte", "freigabe", "gern", "gerne", "peut", "veut", "accord", "accepte", "quiere",
    "desea", "puede", "acepta", "vuole", "desidera", "puo", "accetta", "mag", "wil", "wenst", "akkoord",
];

#[rustfmt::skip]
const ASKING: &[&str] = &[
    "allow", "permi", "authori", "autori", "erlaub", "gewunsch", "wunsch", "einwillig", "zustimm", "souhait", "toegestaan",
    "toestem", "consent", "prefer", "praferenz",
];

const CHOICES: &[&str] = &["prefer", "praferenz", "voorkeur"];

#[cfg(test)]
mod tests {
    use super::super::words::dead;
    use super::*;

    #[test]
    fn no_entry_is_dead() {
        [ALL, NONE, PLAIN, FAINT, OF_WORK, OF_ANOTHER, ASKS].into_iter().for_each(dead::none_of_words);
        [PLAINLY, FAINTLY, ASKING, CHOICES].into_iter().for_each(dead::none_of_beginnings);
        for (words, beginnings) in [(PLAIN, PLAINLY), (FAINT, FAINTLY), (ASKS, ASKING)] {
            let word = words.iter().find(|word| begins_with_any(word, beginnings));
            assert_eq!(word, None, "known by its beginning");
        }
    }

    #[test]
    fn what_headers_ask() {
        let asked = |header: &str| question(header).map(|question| (question.is_denied, question.is_choice));
        for (header, wanted) in [
            ("Marketing OK", Some((false, false))),
            ("direct-marketing", Some((false, false))),
            ("mayWeContactYou", Some((false, false))),
            ("Communication preferences", Some((false, true))),
            ("Peut être contacté", Some((false, false))),
            ("Will nichts mehr hören", Some((true, false))),
            ("Doesn't want offers", Some((true, false))),
            ("Ne souhaite pas recevoir", Some((true, false))),
            ("Left the list on", Some((true, false))),
            ("Contact (yes/no)", Some((false, false))),
            ("Contacted", None),
            ("Contact person", None),
            ("Mailing City", None),
            ("SMS updates", None),
            ("Marketing budget", None),
            ("Mailing list URL", None),
            ("Newspaper", None),
            ("VIP", None),
            ("Veto", Some((true, false))),
            ("Said no", Some((true, false))),
            ("Exclusive offers", Some((false, false))),
            ("No", None),
        ] {
            assert_eq!(asked(header), wanted, "{header}");
        }
    }

    #[test]
    fn a_word_that_is_not_known_makes_a_plain_question_unclear() {
        let is_clear = |header: &str| question(header).map(|question| question.is_clear);
        for (header, wanted) in [
            ("Marketing OK", Some(true)),
            ("Marketing (web form)", Some(true)),
            ("Marketing grr", Some(false)),
            ("Promo nono", Some(false)),
            ("Contact Bern", Some(true)),
        ] {
            assert_eq!(is_clear(header), wanted, "{header}");
        }
    }

    #[test]
    fn what_cells_answer() {
        for (text, is_date, wanted) in [
            ("Ja", false, Some(Answer::Yes)),
            ("ALL", false, Some(Answer::Yes)),
            ("x", false, Some(Answer::Yes)),
            ("nee", false, Some(Answer::No)),
            ("None", false, Some(Answer::No)),
            ("0000-00-00", false, Some(Answer::No)),
            ("2024-01-01", true, Some(Answer::Date)),
            ("weekly", false, None),
        ] {
            assert_eq!(answer(text, || is_date), wanted, "{text}");
        }
    }
}
