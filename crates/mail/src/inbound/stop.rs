//! Whether a person only asks to be sent nothing more.

use super::plain::{Plain, fold};

/// A request is short: in longer texts a person has more to say, and a person should read it.
const MOST_WORDS: usize = 60;

/// True if these words ask to be sent nothing more, and nothing else. Whatever is not recognized makes it a reply that
/// a person reads.
///
/// ```
/// use attractor_mail::inbound::only_asks_to_stop;
/// assert!(only_asks_to_stop("Bitte nehmen Sie mich aus dem Verteiler.\n\nMit freundlichen Grüßen\nAda"));
/// assert!(!only_asks_to_stop("Stop by on Tuesday?"));
/// ```
pub fn only_asks_to_stop(words: &str) -> bool {
    if words.contains('?') || words.split_whitespace().nth(MOST_WORDS).is_some() {
        return false;
    }
    let mut asks = false;
    for (original, sentence) in sentences(words) {
        if CLOSINGS.iter().any(|closing| sentence.starts_with(closing)) {
            break;
        }
        if asks_to_stop(&sentence) {
            asks = true;
        } else if !(is_greeting(&sentence) || is_polite(&sentence) || asks && is_name(original)) {
            return false;
        }
    }
    asks
}

/// The sentences, and each folded, without signs, with single spaces.
fn sentences(text: &str) -> Vec<(&str, String)> {
    let parts = text.split(['.', '!', '\n', ';', ',', '…']);
    let bare = |part: &str| {
        let folded: String = part.chars().flat_map(fold).collect();
        let words: Vec<&str> = folded
            .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '-')
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    };
    parts.map(|part| (part, bare(part))).filter(|(_, sentence)| !sentence.is_empty()).collect()
}

fn asks_to_stop(sentence: &str) -> bool {
    let words: Vec<&str> = sentence.split(' ').collect();
    let core: Vec<&str> = words.iter().filter(|word| !FILLERS.contains(word)).copied().collect();
    let core = core.join(" ");
    let padded = format!(" {sentence} ");
    EXACT.contains(&core.as_str())
        || words.len() <= 16
            && !LIMITS.iter().any(|word| padded.contains(&format!(" {word} ")))
            && Plain::whole(sentence).says_any(&ASKS)
}

/// `Hi Ada`, `Sehr geehrte Damen und Herren`.
fn is_greeting(sentence: &str) -> bool {
    let first = sentence.split(' ').next().unwrap_or_default();
    sentence.split(' ').count() <= 6 && GREETINGS.contains(&first)
}

/// `Erika Mustermann`: the name below a letter.
fn is_name(original: &str) -> bool {
    let mut words = original.split_whitespace();
    original.split_whitespace().count() <= 4 && words.all(|word| word.starts_with(char::is_uppercase))
}

fn is_polite(sentence: &str) -> bool {
    let words = || sentence.split(' ');
    words().count() <= 8 && Plain::whole(sentence).says_any(&POLITE) || words().all(|word| FILLERS.contains(&word))
}

const FILLERS: [&str; 30] = [
    "please",
    "pls",
    "plz",
    "kindly",
    "just",
    "now",
    "immediately",
    "thanks",
    "thank",
    "you",
    "bitte",
    "sofort",
    "danke",
    "jetzt",
    "s'il",
    "vous",
    "plait",
    "merci",
    "svp",
    "per",
    "favore",
    "grazie",
    "por",
    "favor",
    "gracias",
    "hi",
    "hello",
    "hallo",
    "bonjour",
    "hola",
];

/// Whole requests once courtesies are gone.
const EXACT: [&str; 44] = [
    "stop",
    "stop it",
    "stop this",
    "stopp",
    "stop all",
    "unsubscribe",
    "unsubscribe me",
    "unsubscribe all",
    "opt out",
    "opt-out",
    "optout",
    "remove",
    "remove me",
    "remove my email",
    "take me off",
    "cancel",
    "cancel subscription",
    "end",
    "quit",
    "no more",
    "no more emails",
    "no more mails",
    "abmelden",
    "abmeldung",
    "austragen",
    "abbestellen",
    "newsletter abbestellen",
    "newsletter abmelden",
    "keine mails mehr",
    "keine e-mails mehr",
    "keine werbung",
    "keine werbung mehr",
    "desabonner",
    "desabonnement",
    "desinscription",
    "me desinscrire",
    "desinscrivez-moi",
    "cancellami",
    "cancellatemi",
    "disiscrivimi",
    "baja",
    "darme de baja",
    "dar de baja",
    "cancelar suscripcion",
];

/// What a request has in it. Folded, see [`Plain`].
const ASKS: [&str; 62] = [
    "unsubscribe me",
    "unsubscribe my",
    "unsubscribe from",
    "to unsubscribe",
    "unsubscribe us",
    "remove me from",
    "remove my email",
    "remove my address",
    "remove my name",
    "remove us from",
    "remove this email",
    "take me off",
    "take me out of",
    "delete me from",
    "opt me out",
    "to opt out",
    "stop sending",
    "stop emailing",
    "stop mailing",
    "stop writing",
    "stop contacting",
    "stop spamming",
    "stop these email",
    "stop the email",
    "do not contact me",
    "do not email me",
    "do not send me",
    "don't contact me",
    "don't email me",
    "don't send me",
    "don't want*emails",
    "no longer wish to receive",
    "no longer want to receive",
    "do not want to receive",
    "do not wish to receive",
    "aus dem verteiler",
    "aus ihrem verteiler",
    "aus eurem verteiler",
    "aus der liste",
    "aus ihrer liste",
    "vom newsletter abmelden",
    "newsletter*abmelden",
    "newsletter*abbestellen",
    "melden sie mich*ab",
    "tragen sie mich*aus",
    "keine*mails mehr",
    "keine weiteren*mails",
    "keine werbung mehr",
    "loschen sie mich",
    "desabonnez-moi",
    "desinscrivez-moi",
    "me desabonner",
    "me desinscrire",
    "me retirer de",
    "retirez-moi de",
    "ne plus recevoir",
    "cancellatemi da",
    "cancellarmi da",
    "non voglio piu ricevere",
    "non desidero piu ricevere",
    "darme de baja",
    "no quiero recibir mas",
];

/// Words that make a request one for a person: a condition, a choice, the contrary.
const LIMITS: [&str; 44] = [
    "but",
    "unless",
    "until",
    "if",
    "instead",
    "only",
    "except",
    "not unsubscribe",
    "don't unsubscribe",
    "not remove",
    "don't remove",
    "not take me off",
    "how",
    "why",
    "when",
    "used to",
    "tried",
    "colleague",
    "replace",
    "other address",
    "aber",
    "sondern",
    "ausser",
    "wenn",
    "falls",
    "nicht abmelden",
    "nur",
    "stattdessen",
    "warum",
    "wie",
    "kollege",
    "kollegin",
    "mais",
    "sauf",
    "seulement",
    "pourquoi",
    "plutot",
    "ma",
    "tranne",
    "solo",
    "pero",
    "excepto",
    "sino",
    "no me des",
];

const GREETINGS: [&str; 16] = [
    "hi",
    "hello",
    "hey",
    "dear",
    "hallo",
    "guten",
    "sehr",
    "liebe",
    "lieber",
    "bonjour",
    "madame",
    "ciao",
    "gentile",
    "buongiorno",
    "hola",
    "estimado",
];

/// Courtesies and reasons that change nothing about a request.
const POLITE: [&str; 16] = [
    "thank you",
    "thanks",
    "not interested",
    "no interest",
    "kein interesse",
    "nicht interessiert",
    "vielen dank",
    "danke",
    "merci",
    "pas interesse",
    "grazie",
    "non sono interessat",
    "non mi interessa",
    "gracias",
    "no me interesa",
    "no estoy interesad",
];

/// What follows these is a name.
const CLOSINGS: [&str; 24] = [
    "regards",
    "best regards",
    "kind regards",
    "warm regards",
    "best",
    "cheers",
    "sincerely",
    "yours",
    "many thanks",
    "mit freundlichen",
    "freundliche",
    "viele grusse",
    "beste grusse",
    "liebe grusse",
    "mfg",
    "vg",
    "lg",
    "gruss",
    "cordialement",
    "bien cordialement",
    "cordiali saluti",
    "distinti saluti",
    "un saludo",
    "saludos",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_to_stop_is_recognized_and_nothing_else_is() {
        let stop = [
            "STOP",
            "Stop.",
            "stop!!!",
            "Please unsubscribe me",
            "Unsubscribe",
            "Please remove me from your mailing list. Thank you.",
            "Hi,\nplease stop sending me emails.\nBest regards\nJohn Doe\nCEO",
            "I no longer wish to receive your newsletter. Thanks!",
            "Not interested. Please take me off your list.",
            "Please unsubscribe me. Thanks,\nJohn Doe",
            "Bitte abmelden",
            "Bitte nehmen Sie mich aus Ihrem Verteiler.\nVielen Dank\nMit freundlichen Grüßen\nErika Mustermann",
            "Ich möchte keine E-Mails mehr erhalten.",
            "Guten Tag,\nmelden Sie mich bitte vom Newsletter ab.",
            "Kein Interesse, bitte austragen",
            "Désabonnez-moi s'il vous plaît",
            "Bonjour,\nje souhaite ne plus recevoir vos messages. Merci",
            "Cancellatemi dalla lista, grazie",
            "Non desidero più ricevere le vostre email.",
            "Quiero darme de baja",
            "Por favor, no quiero recibir más correos. Gracias",
        ];
        for text in stop {
            assert!(only_asks_to_stop(text), "{text}");
        }
        let other = [
            "",
            "Thanks!",
            "Not interested.",
            "Stop by our booth on Tuesday.",
            "How do I unsubscribe?",
            "Please do not unsubscribe me, I like your mails.",
            "Please remove me from the list but keep my colleague Ada.",
            "Please unsubscribe me. By the way, what does the pro plan cost",
            "Please remove me from this list and add me to the product news instead",
            "I am interested. Please call me.",
            "Please unsubscribe me. Then call me",
            "Ich möchte keine Mails mehr, sondern einen Anruf.",
            "Wir haben die Maschine gestoppt.",
            "Bitte nicht abmelden, ich lese gern mit.",
        ];
        for text in other {
            assert!(!only_asks_to_stop(text), "{text}");
        }
    }
}
