//! A person's own words, without quotations.

use super::plain::fold;

/// The sender's own words: without quoted lines, the mail below, and the signature.
///
/// ```
/// use attractor_mail::inbound::own_words;
/// let text = "Yes, Tuesday is fine.\n\nOn Mon, 2 Mar 2026, Ada <ada@example.com> wrote:\n> Tuesday?\n";
/// assert_eq!(own_words(text), "Yes, Tuesday is fine.");
/// ```
pub fn own_words(text: &str) -> String {
    let lines: Vec<Line> = text.lines().map(Line::of).collect();
    let mut own = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = &lines[at..];
        if let Some(length) = attribution(rest) {
            let next = rest[length..].iter().take(NEAR).find(|line| !line.folded.is_empty());
            if next.is_none_or(|line| !line.is_quoted()) {
                break;
            }
            at += length;
            continue;
        }
        if ends_words(rest) {
            break;
        }
        if !line.is_quoted() {
            own.push(line.text);
        }
        at += 1;
    }
    own.join("\n").trim().to_owned()
}

/// A line, and how it is compared.
struct Line<'t> {
    text: &'t str,
    folded: String,
}

impl Line<'_> {
    fn of(text: &str) -> Line<'_> {
        Line { text: text.trim_end(), folded: text.trim().chars().take(MOST_CHARS).flat_map(fold).collect() }
    }

    fn is_quoted(&self) -> bool {
        self.folded.starts_with('>')
    }
}

/// What introduces a quotation is shorter.
const MOST_CHARS: usize = 300;

/// The most lines, empty ones included, between lines that belong together.
const NEAR: usize = 8;

/// How many lines introduce a quotation (`On … Ada wrote:`), which programs break over up to three lines.
fn attribution(lines: &[Line]) -> Option<usize> {
    let first = &lines.first()?.folded;
    if !INTRODUCES.iter().any(|word| first.starts_with(word)) || !first.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let ends = |line: &Line| WROTE.iter().any(|word| line.folded.contains(word)) && line.folded.ends_with(':');
    lines.iter().take(3).position(ends).map(|at| at + 1)
}

const INTRODUCES: [&str; 7] = ["on ", "am ", "le ", "il giorno ", "il ", "el ", "em "];
const WROTE: [&str; 7] = ["wrote", "schrieb", "a ecrit", "ha scritto", "escribio", "escreveu", "geschrieben"];

/// True if the person's words end before this line: at a signature, or at the mail that is answered.
fn ends_words(lines: &[Line]) -> bool {
    let Some(line) = lines.first() else { return true };
    let plain = &line.folded;
    let is_rule = plain.len() >= 10 && plain.chars().all(|c| c == '_' || c == '-');
    let bare = plain.trim_start_matches(['-', ' ', '*', '>']);
    line.text == "--"
        || is_rule && has_headers(&lines[1..])
        || ENDS.iter().any(|start| bare.starts_with(start))
        || !plain.is_empty() && has_headers(lines)
}

/// Outlook repeats headers before the mail that is answered: a line with the sender, then one with the date, in the
/// language of the user.
fn has_headers(lines: &[Line]) -> bool {
    let is_header = |line: &Line, names: &[&str]| {
        let line = line.folded.trim_start_matches('*');
        let name = line.split_once(':').map(|(name, _)| name.trim_end_matches([' ', '*']));
        name.is_some_and(|name| names.contains(&name))
    };
    let mut next = lines.iter().take(NEAR).filter(|line| !line.folded.is_empty());
    next.next().is_some_and(|line| is_header(line, &["from", "von", "de", "da", "van"]))
        && next.take(2).any(|line| {
            is_header(line, &["sent", "gesendet", "envoye", "inviato", "enviado", "date", "datum", "data", "fecha"])
        })
}

const ENDS: [&str; 18] = [
    "original message",
    "ursprungliche nachricht",
    "message d'origine",
    "message original",
    "messaggio originale",
    "mensaje original",
    "forwarded message",
    "sent from my ",
    "sent from outlook",
    "get outlook for",
    "von meinem ",
    "gesendet von meinem",
    "gesendet mit ",
    "envoye de mon ",
    "envoye depuis ",
    "inviato da ",
    "enviado desde ",
    "enviado de mi ",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words_end_where_quotation_or_signature_begins() {
        let table = [
            ("Yes.\n\n> old\n> older\n", "Yes."),
            ("> old\n\nYes, below.\n", "Yes, below."),
            ("On 2 Mar 2026 at 10:00, Ada <a@b.example>\nwrote:\n\n> old\n\nBelow.", "Below."),
            ("Ja.\n\nAm 02.03.2026 um 10:00 schrieb Ada <a@b.example>:\n\nold text", "Ja."),
            ("Oui.\n\nLe lun. 2 mars 2026 à 10:00, Ada <a@b.example> a écrit :\nvieux", "Oui."),
            ("Sì.\n\nIl giorno lun 2 mar 2026 alle 10:00 Ada ha scritto:\nvecchio", "Sì."),
            ("Sí.\n\nEl lun, 2 mar 2026 a las 10:00, Ada (<a@b.example>) escribió:\nviejo", "Sí."),
            ("Ok\n\nVon: Ada <a@b.example>\nGesendet: Montag, 2. März 2026 10:00\nAn: x", "Ok"),
            ("Ok\n________________________________\nFrom: Ada\nSent: Monday\nTo: x", "Ok"),
            ("Ok\n\n-----Ursprüngliche Nachricht-----\nalt", "Ok"),
            ("Ok\n--\nAda, Sales", "Ok"),
            ("Ok\n\nSent from my iPhone", "Ok"),
            ("On Monday I am free.", "On Monday I am free."),
            ("", ""),
        ];
        for (text, words) in table {
            assert_eq!(own_words(text), words, "{text}");
        }
    }
}
