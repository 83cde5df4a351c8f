//! When somebody who is away returns: to the day, from what an auto-reply says in English, German, French, Italian or
//! Spanish.

use jiff::ToSpan;
use jiff::civil::Date;

use super::dates::{self, Token};
use super::fact::Back;

/// The mail in which a date is found.
#[derive(Debug, Clone, Copy)]
pub struct Sent {
    /// The day in the mail's `Date`.
    pub day: Date,
    /// The zone in the mail's `Date`, in minutes east of Greenwich: whether `3/4` is in March or in April.
    pub zone: i32,
}

/// Nobody is away longer than this many days, and says so in an auto-reply that is still right.
const LONGEST: i32 = 400;

/// Words that speak of coming back.
const RETURN: [&str; 36] = [
    "back",
    "return",
    "returning",
    "returns",
    "returned",
    "again",
    "reachable",
    "resume",
    "wieder",
    "zuruck",
    "zurueck",
    "ruckkehr",
    "retour",
    "reviens",
    "reviendrai",
    "revenir",
    "rentre",
    "rentrerai",
    "rentree",
    "torno",
    "tornero",
    "ritorno",
    "rientro",
    "rientrero",
    "nuovamente",
    "vuelvo",
    "volvere",
    "vuelva",
    "vuelta",
    "regreso",
    "regresare",
    "regresando",
    "incorporo",
    "reincorporo",
    "nuevo",
    "nouveau",
];

/// Words right before the last day of an absence.
const UNTIL: [&str; 18] = [
    "until",
    "till",
    "til",
    "through",
    "thru",
    "to",
    "bis",
    "einschlieslich",
    "einschl",
    "inkl",
    "jusqu'au",
    "jusqu'a",
    "au",
    "fino",
    "al",
    "hasta",
    "-",
    "inclusive",
];

/// Words right before the first day of an absence.
const FROM: [&str; 12] =
    ["from", "vom", "von", "seit", "since", "du", "depuis", "dal", "dall", "desde", "starting", "between"];

/// Words right before a day on which the person is still away.
const AFTER: [&str; 6] = ["after", "nach", "apres", "dopo", "despues", "tras"];

/// Words that may come between these and the day.
const BETWEEN: [&str; 29] = [
    "all",
    "dell",
    "l",
    "on",
    "the",
    "of",
    "and",
    "including",
    "zum",
    "den",
    "dem",
    "am",
    "einschlieslich",
    "le",
    "la",
    "il",
    "el",
    "lo",
    "del",
    "and",
    "end",
    "next",
    "kommenden",
    "nachsten",
    "prochain",
    "prossimo",
    "proximo",
    "dia",
    "day",
];

/// When the person is back, if the text says so; `None` also for a day that is past or more than a year away.
///
/// ```
/// use attractor_mail::inbound::{back, Sent};
/// use jiff::civil::date;
/// let sent = Sent { day: date(2026, 7, 30), zone: 120 };
/// let found = back("Ich bin vom 1.8. bis 14.8. nicht im Büro, ab dem 17. August wieder.", sent).unwrap();
/// assert_eq!((found.day, found.is_away_that_day), (date(2026, 8, 17), false));
/// ```
pub fn back(text: &str, sent: Sent) -> Option<Back> {
    let tokens = dates::tokens(text);
    let mut best: Option<(u8, Back)> = None;
    let mut at = 0;
    while at < tokens.len() {
        let Some((day, length)) = dates::day(&tokens, at, sent) else {
            at += 1;
            continue;
        };
        if let Some((rank, is_away_that_day)) = role(&tokens, at, length)
            && is_near(day, sent.day)
        {
            let found = (rank, Back { day, is_away_that_day });
            best = best.max(Some(found));
        }
        at += length;
    }
    best.map(|(_, back)| back)
}

fn is_near(day: Date, sent: Date) -> bool {
    let last = sent.checked_add(LONGEST.days()).unwrap_or(Date::MAX);
    day >= sent && day <= last
}

/// What a day means, by the words around it: how sure that is (more is surer), and whether the person is still away on
/// it.
fn role(tokens: &[Token], at: usize, length: usize) -> Option<(u8, bool)> {
    let link = link(tokens, at);
    let has = |words: &[&str]| link.is_some_and(|word| words.contains(&word));
    let before = sentence_before(tokens, at, 7).any(|word| RETURN.contains(&word));
    let after = sentence_after(tokens, at + length, 9).any(|word| RETURN.contains(&word));
    if before {
        return (!has(&FROM) || !after).then(|| (3, has(&AFTER)));
    }
    if has(&UNTIL) {
        return Some((1, true));
    }
    (after && !has(&FROM)).then(|| (2, has(&AFTER)))
}

/// The word that ties a day to its meaning.
fn link(tokens: &[Token], at: usize) -> Option<&str> {
    let words = tokens[..at].iter().rev().map(|token| token.word.as_str());
    words.take(4).find(|word| !BETWEEN.contains(word) && !dates::is_weekday(word))
}

fn sentence_before(tokens: &[Token], at: usize, most: usize) -> impl Iterator<Item = &str> {
    let before = tokens[..at].iter().rev().take(most);
    before.take_while(|token| !token.ends_sentence).map(|token| token.word.as_str())
}

fn sentence_after(tokens: &[Token], at: usize, most: usize) -> impl Iterator<Item = &str> {
    let ended = at > 0 && tokens[at - 1].ends_sentence;
    let mut goes_on = !ended;
    let after = tokens.get(at..).unwrap_or_default().iter().take(most);
    after
        .take_while(move |token| std::mem::replace(&mut goes_on, !token.ends_sentence))
        .map(|token| token.word.as_str())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn found(text: &str, zone: i32) -> Option<(String, bool)> {
        let sent = Sent { day: date(2026, 11, 28), zone };
        back(text, sent).map(|back| (back.day.to_string(), back.is_away_that_day))
    }

    /// Sent on Saturday, 28 November 2026. Text, day of return, whether the person is away on it.
    #[test]
    fn the_day_of_return_is_read_in_five_languages() {
        let table = [
            ("I am out of the office until 5 December 2026.", "2026-12-05", true),
            ("I will be back on December 7th.", "2026-12-07", false),
            ("I'm on leave from 1 December to 14 December and will return on 15 December.", "2026-12-15", false),
            ("I am away 1-14 December. For urgent matters call 555 12 34.", "2026-12-14", true),
            ("Out of office from Nov 30 through Dec 4, 2026", "2026-12-04", true),
            ("I will return Monday, Dec. 7, 2026", "2026-12-07", false),
            ("I am out of the office and back on Monday.", "2026-11-30", false),
            ("Thank you for your mail of 27.11.2026. I will be back tomorrow.", "2026-11-29", false),
            ("I won't be back until 2027-01-04.", "2027-01-04", false),
            ("I'll be returning after 10 January.", "2027-01-10", true),
            ("Ich bin bis zum 11.12.2026 nicht im Büro.", "2026-12-11", true),
            (
                "Ich bin vom 1.12. bis einschließlich 11.12. im Urlaub. Ab dem 14.12. bin ich wieder erreichbar.",
                "2026-12-14",
                false,
            ),
            ("Am Montag, den 14. Dezember, bin ich zurück.", "2026-12-14", false),
            ("Ich bin ab dem 30.11. im Urlaub und kehre am 7. Dezember 2026 zurück.", "2026-12-07", false),
            ("Vom 24.12.-31.12. ist unser Büro geschlossen.", "2026-12-31", true),
            ("Je suis absent jusqu'au 4 décembre inclus.", "2026-12-04", true),
            ("Je serai absente du 1er au 11 décembre 2026, de retour le 14 décembre.", "2026-12-14", false),
            ("Je serai de retour le lundi 4 janvier.", "2027-01-04", false),
            ("Sono fuori ufficio fino al 4 dicembre.", "2026-12-04", true),
            ("Sarò assente dal 1 al 4 dicembre. Rientro lunedì 7 dicembre 2026.", "2026-12-07", false),
            ("Estaré fuera de la oficina hasta el 4 de diciembre de 2026.", "2026-12-04", true),
            ("Ich bin im Urlaub vom 23.12.26 bis 06.01.27.", "2027-01-06", true),
            ("OOO till Mon 7 Dec", "2026-12-07", true),
            ("Je suis absent du 24/12 au 02/01.", "2027-01-02", true),
            ("Sono in ferie dal 24/12 al 6/1.", "2027-01-06", true),
            ("I am away from the 1st to the 9th of December.", "2026-12-09", true),
            ("Return date: December 7, 2026", "2026-12-07", false),
            ("Back: Dec 7", "2026-12-07", false),
            ("Ich kehre am Dienstag zurück.", "2026-12-01", false),
            ("Ab Montag bin ich wieder für Sie da.", "2026-11-30", false),
            ("Ab Mo, 7.12. bin ich wieder im Haus", "2026-12-07", false),
            ("I'm on parental leave through March 1st, 2027", "2027-03-01", true),
            (
                "I will be out of the office starting 30.11.2026 and will not return until 07.12.2026.",
                "2026-12-07",
                false,
            ),
            ("Bis einschl. Freitag, 4. Dezember, bin ich auf Dienstreise.", "2026-12-04", true),
            ("Ich bin erst am 7.12. wieder im Büro", "2026-12-07", false),
            ("Nous serons fermés jusqu’au lundi 4 janvier 2027", "2027-01-04", true),
            ("L'ufficio resterà chiuso fino all'8 dicembre compreso.", "2026-12-08", true),
            ("Regreso a la oficina el 7/12/2026", "2026-12-07", false),
            ("Me reincorporo el próximo 7 de diciembre", "2026-12-07", false),
            ("Estaré de vuelta el lunes 7 de diciembre.", "2026-12-07", false),
        ];
        for (text, day, is_away) in table {
            assert_eq!(found(text, 60), Some((day.to_owned(), is_away)), "{text}");
        }
    }

    #[test]
    fn a_day_that_says_nothing_of_a_return_is_left_alone() {
        let texts = [
            "I am out of the office.",
            "I am away until further notice.",
            "I am away until the end of the week.",
            "Please call me back. Invoice of 5.12.2026 attached.",
            "Founded 1.1.2027 Inc.",
            "I received your mail of 5 December 2026.",
            "Ich bin ab dem 5.12. im Urlaub.",
            "I was back on 5 October 2026.",
            "Call +49 30 12.12.12 until further notice",
            "back on 99.99.2026 or 31 February",
            "",
        ];
        for text in texts {
            assert_eq!(found(text, 60), None, "{text}");
        }
    }

    #[test]
    fn slashed_dates_follow_the_zone_and_then_what_is_possible() {
        assert_eq!(found("I will be back on 12/3/2026", -300), Some(("2026-12-03".into(), false)));
        assert_eq!(found("I will be back on 1/12/2026", 0), Some(("2026-12-01".into(), false)));
        assert_eq!(found("I will be back on 12/18", 0), Some(("2026-12-18".into(), false)));
        assert_eq!(found("I will be back on 18/12", -300), Some(("2026-12-18".into(), false)));
    }
}
