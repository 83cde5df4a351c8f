//! Words by which people turn mail down, in English, German, French, Spanish, Italian and Dutch. There is no end of them,
//! so they only ever hold consent back.

use super::words::{begins_with_any, fold};

/// Whether a word of a header or a cell, as `fold` writes it, denies, refuses or ends something.
pub fn is_refusal(word: &str) -> bool {
    let refuses = || begins_with_any(word, BEGINNINGS) || WITHIN.iter().any(|part| word.contains(part));
    DENIALS.contains(&word) || WORDS.contains(&word) || refuses() && !begins_with_any(word, OTHERS)
}

/// Whether a short text has any such word: enough where it is known to be about consent. A longer one is a note, in which a
/// denial may be about anything.
pub fn refuses(text: &str) -> bool {
    const MOST_WORDS: usize = 12;
    text.split_whitespace().count() <= MOST_WORDS && fold(text).split(' ').any(is_refusal)
}

/// Whether a header is nothing but a refusal, with small words around it: `Said no`, `Veto`, `Abgelehnt am`.
pub fn only_refuses(words: &[String]) -> bool {
    let is_other = words.len() == 1 && ALONE.contains(&words[0].as_str());
    let has_one = words.iter().any(|word| is_refusal(word));
    has_one && !is_other && words.iter().all(|word| is_refusal(word) || is_small(word))
}

/// Whether a text, as `fold` writes it, turns mail down, whatever column it stands in: `said no to newsletters`, `will nichts
/// mehr`.
pub fn turns_down(folded: &str) -> bool {
    let words: Vec<&str> = folded.split(' ').collect();
    SPOKEN.contains(&folded) || is_against_mail(&words) || wants_no_more(&words)
}

/// Articles, prepositions and the like, which say nothing for or against.
pub fn is_small(word: &str) -> bool {
    AROUND.contains(&word) || WANTS.contains(&word)
}

/// `no newsletter`, `said no to our mailings`, `Werbung bitte nicht`: a refusal and what is sent to many, with nothing but
/// small words between them and behind. `No budget for marketing` and `no marketing team` have another word there.
fn is_against_mail(words: &[&str]) -> bool {
    let topics = words.iter().enumerate().filter(|(_, word)| begins_with_any(word, TOPICS));
    topics.map(|(index, _)| index).any(|index| {
        let before = words[..index].iter().rev().find(|word| !is_small(word));
        let next = words.get(index + 1);
        let is_refused = before.is_some_and(|word| turns(word)) && next.is_none_or(|word| is_small(word));
        let mut behind = words[index + 1..].iter().skip_while(|word| is_small(word));
        is_refused || behind.next().is_some_and(|word| turns(word)) && behind.all(|word| is_small(word))
    })
}

/// Whether a word turns down what it stands beside in any text, where somebody may also have left a company.
fn turns(word: &str) -> bool {
    DENIALS.contains(&word) || begins_with_any(word, TURNING)
}

/// `will nichts mehr`, `wants nothing more from us`, `ne veut plus rien`.
fn wants_no_more(words: &[&str]) -> bool {
    let has = |listed: &[&str]| words.iter().any(|word| listed.contains(word));
    let no_more = words.windows(2).any(|pair| matches!(pair, ["nothing" | "no" | "any", "more"]));
    has(WANTS) && has(DENIALS) && (has(MORE) || no_more)
}

/// Denials that stand before what they deny.
#[rustfmt::skip]
const DENIALS: &[&str] = &[
    "no", "not", "never", "without", "none", "nothing", "nobody", "neither", "nor", "cannot", "cant", "dont", "doesnt",
    "doesn", "didnt", "didn", "wont", "isnt", "isn", "arent", "aint", "hasnt", "hasn", "nope", "nah", "nay", "nein",
    "nicht", "nichts", "nie", "niemals", "kein", "keine", "keinen", "keiner", "keines", "keinem", "keinerlei", "ohne",
    "weder", "ungern", "pas", "sans", "non", "ne", "jamais", "aucun", "aucune", "rien", "ni", "sin", "nunca", "jamas",
    "nada", "nadie", "ningun", "ninguna", "ninguno", "tampoco", "senza", "nessun", "nessuna", "nessuno", "niente",
    "nulla", "giammai", "geen", "niet", "niets", "nee", "nooit", "zonder", "nimmer", "against", "gegen", "contre",
    "contra", "contro", "tegen",
];

/// Whole words that refuse, end or undo something.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "block", "blocks", "left", "leaves", "gone", "out", "quit", "quits", "object", "objects", "objected", "objecting",
    "objection", "objections", "denied", "denies", "deny", "denial", "ban", "banned", "bans", "halt", "hold", "onhold",
    "ex", "former", "formerly", "previously", "past", "lapsed", "mute", "muted", "tired", "enough", "bored", "anti",
    "avoid", "avoids", "ignore", "ignores", "wrong", "error", "mistake", "missing", "lacks", "lacking", "absent",
    "fake", "forged", "nolonger", "raus", "ruhe", "schluss", "genug", "satt", "verbeten", "lehnt", "stort", "hasst",
    "hass", "parti", "sorti", "fini", "assez", "marre", "hait", "expire", "baja", "bajas", "harto", "harta", "basta",
    "fuera", "salir", "salio", "niega", "nego", "veta", "parar", "nega", "stufo", "stufa", "uscito", "uscita", "haat",
    "hekel", "bezwaar", "quitte", "verlassen", "verlaten",
];

/// Beginnings of such words.
#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    "hate", "hating", "loath", "detest", "despis", "dislik", "abhor", "resent", "annoy", "bother", "pester", "harass",
    "unwant", "unwelcom", "unwill", "undesir", "disinterest", "disagre", "disallow", "disapprov", "dissent", "protest",
    "oppos", "refus", "reject", "declin", "forbid", "forbad", "prohib", "stop", "ceas", "discontinu", "terminat",
    "cancel", "withdr", "revok", "revoc", "rescind", "retract", "remov", "delet", "exclu", "unlist", "delist", "dropp",
    "expired", "paus", "suspend", "restrict", "reluctan", "unconfirm", "unverif", "erroneous", "unsub", "blocked",
    "blocking", "blocker", "blocklist", "verweig", "widers", "widerruf", "untersag", "storn", "kundig", "gekundig",
    "austritt", "ausgetret", "austrag", "ausgetrag", "abgemeld", "abmeld", "abbestell", "abgewahl", "abwahl",
    "abgeschalt", "abschalt", "deaktiv", "ausgeschloss", "ausschluss", "ausgenomm", "geblock", "blockier", "boycott",
    "verabscheu", "verarger", "genervt", "nerv", "gestort", "belastig", "unerwunsch", "ungewoll", "ungewunsch",
    "ungebet", "unzufried", "desinter", "uninter", "entfern", "geloscht", "losch", "ehemal", "fruher", "verzicht",
    "verschon", "beendet", "beendig", "abgelaufen", "erloschen", "fehlt", "fehlend", "unbestatig", "ungultig", "irrtum",
    "versehen", "zuruckgez", "zuruckgenomm", "zuruckgewies", "entzog", "entzieh", "einspruch", "einwand", "einwend",
    "rejet", "interdi", "desinscri", "desabon", "desist", "resili", "retir", "retrait", "supprim", "bloqu", "deplai",
    "derang", "harcel", "agac", "indesir", "arret", "ancien", "revoq", "annul", "manquant", "rechaz", "negad", "opon",
    "opuest", "opuso", "odia", "molest", "cansad", "desuscri", "desapunt", "anulad", "elimin", "borrad", "antigu",
    "caduc", "vencid", "vetad", "rifiut", "vieta", "negat", "oppon", "disturb", "infastid", "stanc", "disiscri",
    "disdett", "disdic", "ritir", "escluso", "esclusa", "esclusion", "bloccat", "rimoss", "rimozion", "smett", "smess",
    "scadut", "manca", "weiger", "afwijz", "afgewez", "afgemeld", "afmeld", "uitgeschr", "uitschr", "opgezegd", "opzeg",
    "verbod", "verbied", "gestopt", "ongewenst", "ingetrok", "intrek", "verwijder", "geblokk", "blokk", "beeindig",
    "voormalig", "verlopen", "ontbreek",
];

/// Parts that words made of several have: `Newslettersperre`, `Werbegegner`.
#[rustfmt::skip]
const WITHIN: &[&str] = &[
    "veto", "verweiger", "ablehn", "abgelehn", "widerspr", "verbot", "verbiet", "stopp", "hasser", "gegner", "sperr",
    "boykott",
];

/// What begins alike and refuses nothing.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "exclusiv", "exklusiv", "interdisz", "interdisc", "stopover", "anciennete", "antiguedad", "retired", "retiree",
    "retirement",
];

/// Small words around a refusal.
#[rustfmt::skip]
const AROUND: &[&str] = &[
    "said", "say", "says", "told", "asked", "to", "the", "a", "an", "any", "our", "your", "us", "me", "from", "of",
    "for", "on", "at", "by", "with", "date", "time", "flag", "is", "has", "was", "been", "it", "that", "this",
    "further", "more", "again", "get", "receive", "receiving", "hear", "please", "thanks", "thank", "you", "very",
    "much", "reason", "interested", "interest", "longer", "anymore", "and", "or", "be", "emails", "email", "e", "t",
    "does", "do", "did", "like", "likes", "would", "mehr", "weitere", "weiteren", "unsere", "unseren", "unser", "den",
    "die", "das", "der", "dem", "zu", "zum", "zur", "am", "um", "im", "von", "uns", "hat", "ist", "gesagt", "sagt",
    "sagte", "danke", "bitte", "erhalten", "bekommen", "hoeren", "horen", "grund", "datum", "interesse", "interessiert",
    "ab", "und", "wurde", "per", "mail", "mails", "dit", "le", "la", "les", "l", "de", "d", "des", "du", "nos", "notre",
    "plus", "merci", "recevoir", "motif", "interessee", "etre", "est", "par", "il", "elle", "que", "dijo", "dice", "el",
    "los", "las", "mas", "nuestro", "nuestra", "nuestros", "nuestras", "recibir", "fecha", "motivo", "gracias",
    "interesado", "interesada", "esta", "ha", "detto", "di", "i", "gli", "lo", "alla", "alle", "ai", "al", "piu",
    "ricevere", "nostra", "nostre", "data", "grazie", "interessato", "interessata", "zei", "zegt", "het", "op", "meer",
    "ontvangen", "onze", "bedankt", "dank", "reden", "geinteresseerd", "gezegd", "heeft",
];

/// Words of a wish.
#[rustfmt::skip]
const WANTS: &[&str] = &[
    "want", "wants", "wanted", "wish", "wishes", "will", "mochte", "mochten", "moechte", "wunscht", "wollte", "wollen",
    "veut", "veulent", "souhaite", "souhaitent", "quiere", "quieren", "desea", "vuole", "vogliono", "desidera", "wil",
    "willen", "wenst",
];

/// What follows a denial where something was wanted before.
const MORE: &[&str] = &["mehr", "anymore", "longer", "plus", "mas", "piu", "meer"];

/// What is sent to many, as words begin.
#[rustfmt::skip]
const TOPICS: &[&str] = &[
    "newsletter", "mailing", "marketing", "werbung", "werbemail", "werbepost", "rundmail", "rundbrief", "rundschreib",
    "infomail", "infobrief", "reklame", "reclame", "promo", "publicit", "publicid", "pubblicit", "infolettre",
    "boletin", "nieuwsbrie", "advertis",
];

/// Beginnings of words that turn down what they stand beside.
#[rustfmt::skip]
const TURNING: &[&str] = &[
    "veto", "refus", "reject", "declin", "hate", "dislik", "detest", "objected", "objects", "oppos", "unwant", "tired",
    "enough", "ablehn", "abgelehn", "lehnt", "verweig", "widerspr", "untersag", "verboten", "verbeten", "verbittet",
    "unerwunsch", "genervt", "nervt", "genug", "satt", "marre", "assez", "rechaz", "harto", "harta", "basta", "rifiut",
    "stufo", "stufa", "weiger", "bezwaar",
];

/// Words that by themselves head a column about something else, such as a number.
const ALONE: &[&str] = &[
    "no", "ne", "ni", "nie", "non", "nor", "sin", "pas", "object", "out", "past", "block", "stop", "halt", "parti",
    "left", "error", "contra", "hold",
];

/// Whole texts by which somebody says no.
#[rustfmt::skip]
const SPOKEN: &[&str] = &[
    "said no", "says no", "she said no", "he said no", "they said no", "told us no", "no thanks", "no thank you",
    "veto", "vetoed", "sagt nein", "sagte nein", "hat nein gesagt", "nein danke", "non merci", "a dit non", "dit non",
    "no gracias", "dijo que no", "dijo no", "ha dicho que no", "no grazie", "ha detto no", "ha detto di no",
    "detto di no", "nee dank je", "nee bedankt", "zei nee", "leave me alone", "in ruhe lassen", "bitte in ruhe lassen",
    "laissez moi tranquille", "dejadme en paz", "dejenme en paz", "lasciatemi in pace", "laat me met rust",
];

#[cfg(test)]
mod tests {
    use super::super::words::dead;
    use super::*;

    #[test]
    fn no_entry_is_dead() {
        [DENIALS, WORDS, AROUND, WANTS, MORE, ALONE, SPOKEN].into_iter().for_each(dead::none_of_words);
        [BEGINNINGS, OTHERS, TOPICS, TURNING].into_iter().for_each(dead::none_of_beginnings);
        dead::none_of_parts(WITHIN);
        let has_part = |word: &str| WITHIN.iter().any(|part| word.contains(part));
        for word in WORDS {
            let is_known = DENIALS.contains(word) || begins_with_any(word, BEGINNINGS) || has_part(word);
            assert!(!is_known, "{word} refuses without the list");
        }
        for beginning in BEGINNINGS {
            assert!(!has_part(beginning), "{beginning} refuses without the list");
        }
    }
}
