//! What every mail gets beside its author's MJML: a title, a preheader, the language, the colour schemes, a footer.

use super::super::Language;
use super::super::liquid::escape::html_text;
use super::super::problem::{Part, Place, Problem};
use super::super::reason::FooterReason;
use super::super::theme;
use super::super::tokens::{Token, Tokens};
use super::super::words::Reasons;

/// What is added to the MJML. The texts are MJML with their Liquid hidden; empty ones add nothing.
pub(crate) struct Additions<'a> {
    pub(crate) title: String,
    pub(crate) preheader: String,
    pub(crate) language: &'a Language,
    /// Whether the author's colours suit a dark screen. If not, the mail says that it is light only: programs that darken
    /// mails by themselves do that better than black text on a dark ground.
    pub(crate) is_dark: bool,
    pub(crate) style: &'a str,
    pub(crate) footer: String,
}

/// Filler behind a preheader, so that the list of mails shows nothing of the text below it.
const FILLER: &str = "&#847;&zwnj;&nbsp;";
const FILLER_TIMES: usize = 40;

impl Additions<'_> {
    /// The elements of the head; the author's own preheader and title are kept.
    pub(super) fn head(&self, has_title: bool, has_preview: bool) -> String {
        let mut head = String::new();
        if !has_title && !self.title.is_empty() {
            head.push_str(&format!("<mj-title>{}</mj-title>", self.title));
        }
        if !has_preview && !self.preheader.is_empty() {
            head.push_str(&format!("<mj-preview>{}{}</mj-preview>", self.preheader, FILLER.repeat(FILLER_TIMES)));
        }
        if self.language.is_right_to_left() {
            // MJML lays out from left to right whatever the language is, also numbers of lists and full stops.
            let rows = ["mj-wrapper", "mj-section", "mj-group", "mj-column"];
            let directions: String = rows.iter().map(|row| format!("<{row} direction=\"rtl\"></{row}>")).collect();
            head.push_str(&format!("<mj-attributes>{directions}</mj-attributes>"));
        }
        let schemes = if self.is_dark { "light dark" } else { "light" };
        head.push_str(&format!(
            "<mj-raw><meta name=\"color-scheme\" content=\"{schemes}\"><meta name=\"supported-color-schemes\" content=\"{schemes}\"></mj-raw>"
        ));
        let only = if self.is_dark { schemes } else { "light only" };
        head.push_str(&format!(
            "<mj-style>:root{{color-scheme:{only};supported-color-schemes:{schemes};}}{}</mj-style>",
            self.style
        ));
        head
    }
}

/// The footer in the words of the language: why one gets this, who writes and from where, preferences, the way out.
/// `reason` replaces our own sentence; its Liquid is hidden already. A sender without an address is written without a dot.
pub(crate) fn footer(language: &Language, reason: Option<&str>, tokens: &mut Tokens) -> Result<String, Vec<Problem>> {
    let words = language.words();
    let reason = match reason {
        Some(reason) => reason.to_owned(),
        None => of_copy(&words.reasons, tokens),
    };
    let (sender, address) = (output(tokens, "sender.name"), output(tokens, "sender.address"));
    let (preferences, unsubscribe) = (output(tokens, "preferences_url"), output(tokens, "unsubscribe_url"));
    let (has_address, end) = if_address(tokens);
    let mut escaped = [String::new(), String::new()];
    html_text(words.preferences, &mut escaped[0]);
    html_text(words.unsubscribe, &mut escaped[1]);
    let muted = theme::MUTED;
    Ok(section(
        language,
        &format!(
            "{reason}<br/>{sender}{has_address} · {address}{end}<br/>\
             <a href=\"{preferences}\" class=\"at-muted-link\" style=\"color:{muted};text-decoration:underline\">{}</a> · \
             <a href=\"{unsubscribe}\" class=\"at-muted-link\" style=\"color:{muted};text-decoration:underline\">{}</a>",
            escaped[0], escaped[1],
        ),
    ))
}

/// Our own sentence: an e-mail is compiled once, so what its copies rest on is asked when each is made.
fn of_copy(reasons: &Reasons, tokens: &mut Tokens) -> String {
    let mut chosen = String::new();
    for reason in FooterReason::ALL.into_iter().filter(|reason| *reason != FooterReason::default()) {
        let name = if chosen.is_empty() { "if" } else { "elsif" };
        chosen.push_str(&tag(tokens, name, &format!("{} == '{}'", FooterReason::VALUE, reason.name())));
        chosen.push_str(&reasons.of(reason).replace("{}", &output(tokens, "sender.name")));
    }
    chosen.push_str(&tag(tokens, "else", ""));
    chosen.push_str(&reasons.of(FooterReason::default()).replace("{}", &output(tokens, "sender.name")));
    chosen.push_str(&tag(tokens, "endif", ""));
    chosen
}

/// Who writes and from where, for a body with a footer of its own that leaves the address out: the law of most countries
/// requires it in every copy. Without an address it is nothing.
pub(crate) fn address_line(language: &Language, tokens: &mut Tokens) -> String {
    let (sender, address) = (output(tokens, "sender.name"), output(tokens, "sender.address"));
    let (has_address, end) = if_address(tokens);
    let section = section(language, &format!("{sender} · {address}"));
    // Between elements, the compiler keeps Liquid in comments alone.
    format!("<!--{has_address}-->{section}<!--{end}-->")
}

/// The row of a footer with its words.
fn section(language: &Language, words: &str) -> String {
    let align = if language.is_right_to_left() { "right" } else { "left" };
    let (line, muted, font) = (theme::LINE, theme::MUTED, theme::SANS);
    format!(
        "<mj-section css-class=\"at-footer\" padding=\"16px 24px 32px\"><mj-column padding=\"0\">\
         <mj-divider border-width=\"1px\" border-color=\"{line}\" padding=\"0 0 16px\" css-class=\"at-line\"></mj-divider>\
         <mj-text css-class=\"at-muted\" color=\"{muted}\" align=\"{align}\" font-family=\"{font}\" font-size=\"13px\" line-height=\"20px\" padding=\"0\">\
         {words}</mj-text></mj-column></mj-section>"
    )
}

/// The tags around what is written only where the sender has an address. Liquid takes an empty text for true.
fn if_address(tokens: &mut Tokens) -> (String, String) {
    (tag(tokens, "if", "sender.address and sender.address != ''"), tag(tokens, "endif", ""))
}

fn tag(tokens: &mut Tokens, name: &str, rest: &str) -> String {
    tokens.add(Token::Tag { name: name.into(), rest: rest.into(), place: place() })
}

fn output(tokens: &mut Tokens, expression: &str) -> String {
    tokens.add(Token::Output { expression: expression.into(), place: place() })
}

/// What we add is nowhere in the author's text.
fn place() -> Place {
    Place::new(Part::Body, "", 1)
}
