//! Whether text can be read on its ground, on a light and on a dark screen.
//!
//! Colours are those of `style` and `bgcolor`, handed down from element to element; on a dark screen also those of the rules
//! in `@media (prefers-color-scheme:dark)`, where a rule applies over `style` only with `!important`. What cannot be known
//! (a value of Liquid, an image as the ground, a colour's name) gives no finding. A mail without rules for dark screens says
//! that it is light only; programs that darken it turn its colours as pairs, so it is looked at in its own colours alone.

use super::findings::{Check, Finding};
use super::markup::{Event, Tag, events, unescape};
use super::problem::Place;
use super::theme::{Colour, LEAST_CONTRAST, contrast};
use super::tokens::{Span, spans};

/// The least contrast of large text (WCAG 2.2, 1.4.3).
const LEAST_CONTRAST_LARGE: f64 = 3.0;

/// From this size on in pixels, text is large.
const LARGE: f64 = 24.0;

/// The most rules for dark screens that are read, and the most findings: one more says nothing new.
const MAX_RULES: usize = 200;
const MAX_FINDINGS: usize = 20;

/// What a dark screen shows where the mail sets nothing.
const DARK_GROUND: Colour = Colour(0x12, 0x12, 0x12);
const WHITE: Colour = Colour(0xff, 0xff, 0xff);
const BLACK: Colour = Colour(0, 0, 0);

/// Text that is hard to read in compiled HTML; `is_dark` where the mail says that it suits dark screens.
pub(super) fn findings(html: &str, is_dark: bool, place: &Place) -> Vec<Finding> {
    let events = events(html);
    let rules = if is_dark { dark_rules(&events) } else { Vec::new() };
    let mut reader = Reader { rules, is_dark, path: Vec::new(), found: Vec::new() };
    for event in &events {
        reader.event(event);
    }
    reader.found.into_iter().map(|found| found.finding(place)).collect()
}

/// A colour that may be unknown.
type Paint = Option<Colour>;

/// Colours of text and ground.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Colours {
    text: Paint,
    ground: Paint,
}

impl Colours {
    fn contrast(self) -> Option<f64> {
        Some(contrast(self.text?, self.ground?))
    }

    /// These, with what some declarations set.
    fn with(self, set: &Declared) -> Colours {
        Colours { text: set.text.unwrap_or(self.text), ground: set.ground.unwrap_or(self.ground) }
    }
}

/// What declarations set: nothing, or a colour that may be unknown.
#[derive(Clone, Copy, Debug, Default)]
struct Declared {
    text: Option<Paint>,
    ground: Option<Paint>,
    size: Option<f64>,
    is_hidden: bool,
}

impl Declared {
    /// Reads declarations; with `important`, only those that apply over an element's own style.
    fn read(declarations: &str, important: bool) -> Declared {
        let mut read = Declared::default();
        for declaration in declarations.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let (value, is_important) = match value.split_once('!') {
                Some((value, _)) => (value.trim(), true),
                None => (value.trim(), false),
            };
            if important && !is_important {
                continue;
            }
            match name.trim().to_ascii_lowercase().as_str() {
                "color" => read.text = Some(Colour::read(value)),
                "background" | "background-color" => read.ground = ground(value).or(read.ground),
                "background-image" if value != "none" => read.ground = Some(None),
                "font-size" => read.size = value.strip_suffix("px").and_then(|size| size.trim().parse().ok()),
                "display" => read.is_hidden |= value == "none",
                "mso-hide" => read.is_hidden |= value == "all",
                _ => {}
            }
        }
        read.is_hidden |= read.size == Some(0.0);
        read
    }
}

/// The colour of a background; `None` where it leaves the ground as it is.
fn ground(value: &str) -> Option<Paint> {
    let is_nothing = ["", "transparent", "none", "initial", "inherit", "unset"].contains(&value);
    (!is_nothing).then(|| Colour::read(value.split_ascii_whitespace().next().filter(|_| !value.contains("url("))?))
}

/// A rule for dark screens: its selector as parts, each of a tag and classes, and what it sets.
struct Rule {
    selector: Vec<Part>,
    sets: Declared,
}

/// A part of a selector: an element's tag, and classes that it has.
struct Part {
    tag: Option<String>,
    classes: Vec<String>,
}

impl Part {
    /// `None` where it is more than a tag and classes.
    fn read(text: &str) -> Option<Part> {
        if text.contains([':', '[', '#', '+', '~']) {
            return None;
        }
        let mut names = text.split('.');
        let tag = names.next().filter(|tag| !tag.is_empty() && *tag != "*").map(str::to_ascii_lowercase);
        Some(Part { tag, classes: names.map(str::to_owned).collect() })
    }

    fn is_of(&self, element: &Element<'_>) -> bool {
        let has = |class: &String| element.classes.split_ascii_whitespace().any(|found| found == class);
        self.tag.as_ref().is_none_or(|tag| element.name.eq_ignore_ascii_case(tag)) && self.classes.iter().all(has)
    }
}

impl Rule {
    /// Whether it is about the last element of a path. Children are read as descendants.
    fn is_of(&self, path: &[Element<'_>], last: &Element<'_>) -> bool {
        let Some((own, above)) = self.selector.split_last() else { return false };
        let mut ancestors = path.iter().rev();
        own.is_of(last) && above.iter().rev().all(|part| ancestors.any(|element| part.is_of(element)))
    }
}

/// The rules for dark screens in the style sheets of a mail.
fn dark_rules(events: &[Event<'_>]) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut is_style = false;
    for event in events {
        match event {
            Event::Open(tag) => is_style = tag.is("style"),
            Event::Close { .. } => is_style = false,
            Event::Text(text) if is_style => read_sheet(text, &mut rules),
            _ => {}
        }
    }
    rules.truncate(MAX_RULES);
    rules
}

fn read_sheet(sheet: &str, rules: &mut Vec<Rule>) {
    let mut rest = sheet;
    while let Some(at) = rest.find("prefers-color-scheme") {
        rest = &rest[at + "prefers-color-scheme".len()..];
        let Some((condition, body)) = rest.split_once('{') else { return };
        let end = block_end(body);
        if condition.contains("dark") {
            read_rules(&body[..end], rules);
        }
        rest = &body[end..];
    }
}

/// Where the block ends whose opening brace is before the text.
fn block_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn read_rules(body: &str, rules: &mut Vec<Rule>) {
    for block in body.split('}').take(MAX_RULES) {
        let Some((selectors, declarations)) = block.split_once('{') else { continue };
        let sets = Declared::read(declarations, true);
        for selector in selectors.split(',').take(MAX_RULES) {
            let parts = selector.split(|c: char| c.is_whitespace() || c == '>').filter(|part| !part.is_empty());
            if let Some(selector) = parts.map(Part::read).collect() {
                rules.push(Rule { selector, sets });
            }
        }
    }
}

/// An open element.
struct Element<'a> {
    name: &'a str,
    classes: &'a str,
    light: Colours,
    dark: Colours,
    size: f64,
    is_hidden: bool,
}

struct Reader<'a> {
    rules: Vec<Rule>,
    is_dark: bool,
    path: Vec<Element<'a>>,
    found: Vec<Found>,
}

/// Text that is hard to read.
struct Found {
    text: String,
    colours: Colours,
    contrast: f64,
    on_dark: bool,
}

impl Found {
    fn finding(self, place: &Place) -> Finding {
        let hex = |paint: Paint| paint.map(Colour::hex).unwrap_or_default();
        let (check, screen) = match self.on_dark {
            true => (Check::LowContrastInDarkMode, " in dark mode"),
            false => (Check::LowContrast, ""),
        };
        let message = format!(
            "the text `{}` is hard to read{screen}: {} on {} has a contrast of {:.1}; make it {LEAST_CONTRAST} at least",
            self.text,
            hex(self.colours.text),
            hex(self.colours.ground),
            self.contrast
        );
        Finding { check, place: place.clone(), message }
    }
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: &Event<'a>) {
        match event {
            Event::Open(tag) => {
                let element = self.element(tag);
                if !tag.is_void() {
                    self.path.push(element);
                }
            }
            Event::Close { name, .. } => {
                if let Some(at) = self.path.iter().rposition(|element| element.name.eq_ignore_ascii_case(name)) {
                    self.path.truncate(at);
                }
            }
            Event::Text(text) => self.text(text),
            Event::Comment(_) | Event::Other(_) => {}
        }
    }

    fn element(&self, tag: &Tag<'a>) -> Element<'a> {
        let ground = if self.is_dark { DARK_GROUND } else { WHITE };
        let text = if self.is_dark { WHITE } else { BLACK };
        let (mut light, mut dark, size, is_hidden) = match self.path.last() {
            Some(above) => (above.light, above.dark, above.size, above.is_hidden),
            None => {
                let dark = Colours { text: Some(text), ground: Some(ground) };
                (Colours { text: Some(BLACK), ground: Some(WHITE) }, dark, 16.0, false)
            }
        };
        let own = Declared::read(&unescape(tag.attribute("style").unwrap_or_default()), false);
        let attribute = Declared { ground: tag.attribute("bgcolor").and_then(ground_of), ..Declared::default() };
        (light, dark) = (light.with(&attribute).with(&own), dark.with(&attribute).with(&own));
        let mut element = Element {
            name: tag.name,
            classes: tag.attribute("class").unwrap_or_default(),
            light,
            dark,
            size: own.size.unwrap_or(size),
            is_hidden: is_hidden || own.is_hidden || is_never_shown(tag),
        };
        for rule in &self.rules {
            if rule.is_of(&self.path, &element) {
                element.dark = element.dark.with(&rule.sets);
            }
        }
        element
    }

    fn text(&mut self, text: &str) {
        let Some(element) = self.path.last().filter(|element| !element.is_hidden) else { return };
        let Some(shown) = shown(text) else { return };
        let least = if element.size >= LARGE { LEAST_CONTRAST_LARGE } else { LEAST_CONTRAST };
        let screens = [(element.light, false), (element.dark, true)];
        for (colours, on_dark) in screens.into_iter().filter(|(_, on_dark)| self.is_dark || !on_dark) {
            let low = colours.contrast().filter(|contrast| *contrast < least);
            let is_known = self.found.iter().any(|found| found.colours == colours && found.on_dark == on_dark);
            if let Some(contrast) = low.filter(|_| !is_known && self.found.len() < MAX_FINDINGS) {
                self.found.push(Found { text: shown.clone(), colours, contrast, on_dark });
            }
        }
    }
}

fn ground_of(value: &str) -> Option<Paint> {
    ground(value.trim())
}

fn is_never_shown(tag: &Tag<'_>) -> bool {
    ["head", "style", "script", "title"].iter().any(|name| tag.is(name))
}

/// The beginning of what people see of a text; `None` where it is blank.
fn shown(text: &str) -> Option<String> {
    const MAX_CHARS: usize = 40;
    let texts = spans(text).into_iter().filter_map(|span| match span {
        Span::Text(text) => Some(unescape(text)),
        Span::Token(_) => None,
    });
    let all: String = texts.collect::<Vec<_>>().join("…");
    let is_blank =
        |c: char| c.is_whitespace() || c.is_control() || "…\u{34f}\u{200b}\u{200c}\u{200d}\u{feff}\u{ad}".contains(c);
    let text = all.trim_matches(is_blank);
    (!text.is_empty()).then(|| text.chars().take(MAX_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::super::problem::Part as PartOfMail;
    use super::*;

    /// What is found, by its check and the colours.
    fn found(html: &str, is_dark: bool) -> Vec<String> {
        let findings = findings(html, is_dark, &Place::new(PartOfMail::Body, "", 1));
        let line = |finding: Finding| {
            let colours =
                finding.message.split(": ").nth(1).and_then(|rest| rest.split(" has").next()).unwrap_or_default();
            let screen = if finding.check == Check::LowContrastInDarkMode { "dark " } else { "" };
            format!("{screen}{colours}")
        };
        findings.into_iter().map(line).collect()
    }

    #[test]
    fn text_is_compared_with_its_ground() {
        for (html, expected) in [
            ("<p>x</p>", &[][..]),
            ("<p style='color:#777777'>x</p>", &["#777777 on #ffffff"]),
            ("<p style='color:#777777'> &nbsp; </p>", &[]),
            ("<p style='color:#767676'>x</p>", &[]),
            ("<p style='color:#777;font-size:24px'>x</p>", &[]),
            ("<p style='color:#ccc;font-size:30px'>x</p>", &["#cccccc on #ffffff"]),
            ("<td bgcolor='#333333'><p>x</p></td>", &["#000000 on #333333"]),
            ("<td style='background:#333 none'><b><i>x</i></b></td>", &["#000000 on #333333"]),
            ("<td style='background:#333'><b style='color:#fff'>x</b>y</td>", &["#000000 on #333333"]),
            ("<td style='background:url(a.png) #333'>x</td>", &[]),
            ("<td style='background-color:#333;background-image:url(a.png)'>x</td>", &[]),
            ("<td style='background:#333'><p style='background:transparent'>x</p></td>", &["#000000 on #333333"]),
            ("<p style='color:rebeccapurple;background:#333'>x</p>", &[]),
            ("<p style='color:#fff;display:none'>x</p>", &[]),
            ("<p style='color:#fff;font-size:0px'>x</p>", &[]),
            ("<style>p{color:#fff}</style><title>x</title>", &[]),
            ("<div><p style='color:#fff'>x</p><p style='color:#fff'>y</p></div>", &["#ffffff on #ffffff"]),
            ("<p style='color:#fff'><br>x</p></p><p>y</p>", &["#ffffff on #ffffff"]),
        ] {
            assert_eq!(found(html, false), expected, "{html}");
        }
    }

    #[test]
    fn dark_rules_apply_over_the_style_of_elements() {
        let with = |rules: &str, body: &str| {
            format!("<style>p{{margin:0}}@media (prefers-color-scheme:dark){{{rules}}} p{{color:red}}</style>{body}")
        };
        let text = "<div class='a b'><p style='color:#000000'>x</p></div>";
        for (rules, body, expected) in [
            ("", text, &["dark #000000 on #121212"][..]),
            (".a p{color:#fff !important}", text, &[]),
            (".a > p , td{color:#fff !important}", text, &[]),
            (".a.b p{color:#ffffff!important}", text, &[]),
            (".a.c p{color:#fff !important}", text, &["dark #000000 on #121212"]),
            (".c p{color:#fff !important}", text, &["dark #000000 on #121212"]),
            ("p:hover{color:#fff !important}", text, &["dark #000000 on #121212"]),
            ("p{color:#fff}", text, &["dark #000000 on #121212"]),
            ("div{background:#eee !important}", text, &[]),
            ("div{background:#eee !important}*{color:#fff !important}", text, &["dark #ffffff on #eeeeee"]),
            ("", "<p>x</p>", &[]),
            ("", "<td style='background:#fff'><p>x</p></td>", &["dark #ffffff on #ffffff"]),
        ] {
            assert_eq!(found(&with(rules, body), true), expected, "{rules} {body}");
        }
        assert_eq!(found(&with("", text), false), [""; 0], "a mail that is light only is looked at in its own colours");
    }

    #[test]
    fn a_finding_says_which_text_and_colours() {
        let findings =
            findings("<p style='color:#eee'>Hello &amp; welcome</p>", false, &Place::new(PartOfMail::Body, "", 1));
        assert_eq!(findings.len(), 1);
        let expected = "the text `Hello & welcome` is hard to read: #eeeeee on #ffffff has a contrast of 1.2; make it 4.5 at least";
        assert_eq!(findings[0].message, expected);
    }
}
