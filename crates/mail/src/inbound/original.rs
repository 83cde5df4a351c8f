//! The mail of ours that a mail is about, and where in a text its copy begins.

use super::address;
use super::fact::Original;
use super::fields::Fields;
use super::parts::Parts;

/// Lines with which servers announce the copy of the mail they return. Compared in lower case, without the dashes in
/// front.
const ANNOUNCES: [&str; 24] = [
    "below this line is a copy",
    "this is a copy of",
    "this is a copy of your message",
    "enclosed is a copy",
    "included is a copy",
    "below is a copy of",
    "original message",
    "the header of the original",
    "message headers follow",
    "unsent message follows",
    "returned message",
    "message header follows",
    "message follows",
    "header of the original",
    "the original message headers",
    "original headers",
    "original mail as follows",
    "en-tetes de message d'origine",
    "en-tetes du message d'origine",
    "ursprungliche nachrichtenkopfzeilen",
    "ursprungliche nachrichtenkopf",
    "intestazioni messaggio originale",
    "intestazioni originali del messaggio",
    "encabezados de mensajes originales",
];

/// Headers with which a copy begins that nobody announced.
const BEGINS: [&str; 5] = ["received:", "return-path:", "dkim-signature:", "x-originating-ip:", "arc-seal:"];

/// The reporting server's own text, and the copy of our mail behind it (empty if none is returned).
pub(super) fn split(text: &str) -> (&str, &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && is_start(line) {
            return text.split_at(at);
        }
        at += line.len();
    }
    (text, "")
}

fn is_start(line: &str) -> bool {
    let line: String = line.trim().chars().take(100).flat_map(super::plain::fold).collect();
    let words = line.trim_start_matches(['-', ' ', '=', '*', '|', '>']);
    let is_announced = line.len() - words.len() >= 2 || line.ends_with(':') || line.ends_with("follow.");
    is_announced && ANNOUNCES.iter().any(|start| words.starts_with(start))
        || BEGINS.iter().any(|start| line.starts_with(start))
}

impl Original {
    pub(super) fn of(parts: &Parts) -> Original {
        let mut original = Original::default();
        let copy = parts.original.clone().unwrap_or_else(|| copy_in(&parts.text()));
        let copy = Fields::of(copy.trim_start());
        original.message_ids.extend(copy.get("message-id").and_then(message_id));
        original.message_ids.extend(reported_ids(parts));
        original.return_path = copy.get("return-path").and_then(address::first);
        original.own = own(parts, &copy);
        original.to = copy.get("to").map(address::all).unwrap_or_default();
        let answered = parts.headers.get("in-reply-to").into_iter().flat_map(message_ids);
        let thread = parts.headers.get("references").into_iter().flat_map(message_ids).rev();
        for id in answered.chain(thread).take(MOST_IDS) {
            if !original.message_ids.contains(&id) {
                original.message_ids.push(id);
            }
        }
        original
    }
}

fn reports(parts: &Parts) -> Vec<Fields> {
    parts.feedback.iter().flat_map(|report| Fields::groups(report)).collect()
}

/// Fields in which providers repeat the id of the mail that a complaint is about, beside the copy or instead of it.
const REPORTED: [&str; 3] = ["original-message-id", "x-original-message-id", "message-id"];

fn reported_ids(parts: &Parts) -> Vec<String> {
    let reports = reports(parts);
    let values = REPORTED.into_iter().flat_map(|name| reports.iter().flat_map(move |group| group.all(name)));
    values.filter_map(message_id).take(MOST_OWN).collect()
}

/// What may name the copy in a report that hides to whom it went (RFC 6590).
fn own(parts: &Parts, copy: &Fields) -> Vec<String> {
    let reports = reports(parts);
    let from = reports.iter().flat_map(|group| group.all("original-mail-from"));
    let of_report = from.filter_map(address::first);
    let answers = copy.get("reply-to").and_then(address::first);
    let ways_out = copy.get("list-unsubscribe").into_iter().flat_map(|value| value.split(','));
    let ways_out = ways_out.map(|way| way.trim().trim_matches(['<', '>']).to_owned());
    of_report.chain(answers).chain(ways_out).take(MOST_OWN).collect()
}

/// A report and its copy have three or four such places.
const MOST_OWN: usize = 8;

/// Of a long thread the newest are enough to find ours.
const MOST_IDS: usize = 40;

/// From the first header of a copy inside a text to the end of its headers.
fn copy_in(text: &str) -> String {
    let (_, copy) = split(text);
    let is_header = |line: &&str| !line.starts_with(['-', '=']) && line.contains(':') && !is_announcement(line);
    let skipped: Vec<&str> = copy.lines().skip_while(|line| !is_header(line)).collect();
    skipped.join("\n")
}

fn is_announcement(line: &str) -> bool {
    line.trim_end().ends_with(':')
}

pub(super) fn message_id(value: &str) -> Option<String> {
    message_ids(value).next()
}

/// The ids in a header: in angle brackets, or bare words with an `@`.
fn message_ids(value: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    let tokens = value.split(|c: char| c.is_whitespace() || c == ',').map(|token| token.trim_matches(['<', '>']));
    tokens.filter(|token| token.contains('@') && token.len() <= 998).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_is_parted_from_what_the_server_says() {
        let table = [
            (
                "Sorry.\n<a@b.example>:\nno\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x@y.example>\n",
                "no",
            ),
            ("Sorry\n\n------ This is a copy of the message, including all the headers. ------\nX: y", "Sorry"),
            ("Message headers\nno copy", "no copy"),
            ("Échec\nEn-têtes de message d’origine :\n", "Échec"),
            ("No\nReceived: from x", "No"),
        ];
        for (text, end) in table {
            let (said, _) = split(text);
            assert!(said.trim_end().ends_with(end), "{text}: {said}");
        }
    }

    #[test]
    fn a_complaint_may_name_the_id_in_its_report_alone() {
        let report = "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\
            Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Message-ID: <a@x>\r\n\r\n--b--\r\n";
        assert_eq!(Original::of(&Parts::of(report.as_bytes())).message_ids, ["a@x"]);
    }

    #[test]
    fn ids_of_a_thread_come_newest_first() {
        let raw = b"In-Reply-To: <b@x>\r\nReferences: <a@x>\r\n <b@x> <c@x>\r\nSubject: Re\r\n\r\nYes";
        assert_eq!(Original::of(&Parts::of(raw)).message_ids, ["b@x", "c@x", "a@x"]);
    }
}
