//! Goes through the author's MJML once: puts Liquid between elements where the compiler keeps it, carries topics of links
//! through, refuses what a mail must not have, and adds what every mail gets.

use std::collections::BTreeSet;

use super::super::liquid::structure::Shape;
use super::super::markup::{Attribute, Event, Tag, events};
use super::super::problem::{Place, Problem, line_at};
use super::super::tokens::{self, Declared, Span, Token, Tokens, has_tokens, read_attractor, spans, split_attractor};
use super::{Additions, language_attributes};

/// Elements inside one another; the compiler uses the stack.
const DEPTH_LIMIT: usize = 60;
/// After this many problems, more help nobody.
const PROBLEM_LIMIT: usize = 20;

/// Elements between whose children Liquid may be.
const STRUCTURE: [&str; 8] =
    ["mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero", "mj-navbar", "mj-social"];
/// Elements in which Liquid cannot be.
const CLOSED: [&str; 8] = [
    "mjml",
    "mj-head",
    "mj-attributes",
    "mj-accordion",
    "mj-accordion-element",
    "mj-carousel",
    "mj-html-attributes",
    "mj-class",
];
/// Elements that no mail has, and why.
const REFUSED: [(&str, &str); 8] = [
    ("mj-include", "an e-mail includes nothing; write the elements here"),
    ("mj-html-attributes", "it is not supported; write the attributes at the elements"),
    ("script", "mail programs run no scripts"),
    ("iframe", "mail programs show no frames; use an image with a link"),
    ("object", "mail programs show no objects; use an image with a link"),
    ("embed", "mail programs show no objects; use an image with a link"),
    ("base", "write whole addresses"),
    ("form", "mail programs refuse forms; link to a page"),
];

/// The elements of MJML; the compiler takes others for HTML and keeps them as they are.
const KNOWN: [&str; 33] = [
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-text",
    "mj-accordion-title",
    "mj-all",
    "mj-attributes",
    "mj-body",
    "mj-breakpoint",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-class",
    "mj-column",
    "mj-divider",
    "mj-font",
    "mj-group",
    "mj-head",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-preview",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-style",
    "mj-table",
    "mj-text",
    "mj-title",
    "mj-wrapper",
    "mjml",
];

/// MJML for the compiler.
pub(super) struct Walked {
    pub(super) mjml: String,
    /// Tokens of comments, which are left out.
    pub(super) dropped: BTreeSet<usize>,
}

struct Frame<'a> {
    name: &'a str,
    id: usize,
    /// What is written behind the end tag.
    behind: String,
}

struct Walk<'a, 't> {
    source: &'a str,
    place: &'a Place,
    additions: &'a Additions<'a>,
    tokens: &'t mut Tokens,
    out: String,
    stack: Vec<Frame<'a>>,
    ids: usize,
    /// By token: the element or attribute in which it is.
    owners: Vec<(usize, usize)>,
    dropped: BTreeSet<usize>,
    problems: Vec<Problem>,
    has: Has,
}

/// What the author's head has.
#[derive(Default)]
struct Has {
    head: bool,
    title: bool,
    preview: bool,
}

pub(super) fn walk(
    source: &str,
    tokens: &mut Tokens,
    additions: &Additions<'_>,
    place: &Place,
) -> Result<Walked, Vec<Problem>> {
    let events = events(source);
    let has_element = |name: &str| events.iter().any(|event| matches!(event, Event::Open(tag) if tag.is(name)));
    let has = Has { head: has_element("mj-head"), title: has_element("mj-title"), preview: has_element("mj-preview") };
    let mut walk = Walk {
        source,
        place,
        additions,
        tokens,
        out: String::with_capacity(source.len() + 4096),
        stack: Vec::new(),
        ids: 0,
        owners: Vec::new(),
        dropped: BTreeSet::new(),
        problems: Vec::new(),
        has,
    };
    for event in &events {
        walk.event(event);
        if walk.problems.len() >= PROBLEM_LIMIT {
            break;
        }
    }
    walk.pairs();
    walk.stray_attractors();
    if walk.problems.is_empty() {
        Ok(Walked { mjml: walk.out, dropped: walk.dropped })
    } else {
        walk.problems.sort_by(|a, b| a.place.cmp(&b.place));
        Err(walk.problems)
    }
}

impl<'a> Walk<'a, '_> {
    fn event(&mut self, event: &Event<'a>) {
        match event {
            Event::Text(text) => self.text(text),
            Event::Open(tag) => self.open(tag),
            Event::Close { name, whole } => self.close(name, whole),
            Event::Comment(whole) => self.comment(whole),
            Event::Other(whole) => self.out.push_str(whole),
        }
    }

    /// Reports a problem at a part of the source.
    fn report(&mut self, part: &str, message: String) {
        let offset = (part.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
        self.problems.push(Problem::new(self.place.at(self.place.line - 1 + line_at(self.source, offset)), message));
    }

    /// Reports a problem of a token.
    fn refuse(&mut self, index: usize, message: String) {
        let place = self.tokens.get(index).and_then(Token::place).unwrap_or(self.place).clone();
        self.problems.push(Problem::new(place, message));
    }

    fn parent(&self) -> (&'a str, usize) {
        self.stack.last().map_or(("", 0), |frame| (frame.name, frame.id))
    }

    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids
    }

    fn text(&mut self, text: &'a str) {
        let (parent, id) = self.parent();
        let is_structure = STRUCTURE.contains(&parent);
        for span in spans(text) {
            let Span::Token(index) = span else {
                if let Span::Text(text) = span {
                    let is_css = matches!(parent, "mj-style" | "style");
                    self.out.push_str(&if is_css { spaced(text) } else { text.replace('>', "&gt;") });
                }
                continue;
            };
            let fits_between = self.tokens.get(index).is_some_and(Token::fits_between);
            self.owners.push((index, id));
            let token = tokens::text(index);
            if parent == "mj-style" || parent == "style" {
                self.refuse(
                    index,
                    "Liquid cannot be in a style sheet; write it at the element, in `css-class` for example".into(),
                );
            } else if parent.is_empty() || CLOSED.contains(&parent) {
                let parent = if parent.is_empty() { "the document" } else { parent };
                self.refuse(index, format!("Liquid cannot be directly in `{parent}`; put it inside `mj-body`"));
            } else if is_structure && !fits_between {
                self.refuse(index, format!("a value cannot be directly in `{parent}`; put it into an `mj-text`"));
            } else if is_structure {
                self.out.push_str(&format!("<!--{token}-->"));
            } else {
                self.out.push_str(&token);
            }
        }
    }

    /// Comments of authors are for authors; those for mail programs stay.
    fn comment(&mut self, whole: &'a str) {
        let is_conditional = whole.contains("<![") || whole.starts_with("<!--[") || whole.ends_with("]-->");
        let id = self.id();
        for index in tokens::numbers(whole) {
            self.owners.push((index, id));
            if !is_conditional {
                self.dropped.insert(index);
            }
        }
        if is_conditional {
            self.out.push_str(&spaced(whole));
        } else {
            self.out.extend(whole.chars().filter(|c| *c == '\n'));
        }
    }

    fn open(&mut self, tag: &Tag<'a>) {
        if let Some((name, why)) = REFUSED.iter().find(|(name, _)| tag.is(name)) {
            return self.report(tag.whole, format!("an e-mail cannot have `<{name}>`: {why}"));
        }
        if tag.name.starts_with("mj-") && !KNOWN.contains(&tag.name) {
            return self.report(tag.whole, format!("`<{}>` is not an element of MJML", name_of(tag)));
        }
        if self.stack.len() >= DEPTH_LIMIT {
            return self.report(tag.whole, format!("more than {DEPTH_LIMIT} elements are inside one another"));
        }
        if tag.is("mj-head") && tag.is_closed {
            return self.out.push_str(&format!("<mj-head>{}</mj-head>", self.additions.head(false, false)));
        }
        let is_misplaced = self.misplaced(tag);
        let declared = self.declared(tag);
        let (before, behind) = self.around(tag, declared.as_ref());
        self.out.push_str(&before);
        if is_misplaced {
            self.report(
                tag.whole,
                format!(
                    "Liquid cannot be among the attributes of `{}`; put it into a value or around the element",
                    name_of(tag)
                ),
            );
        } else {
            self.tag(tag, declared);
        }
        if tag.is("mjml") && !self.has.head && !tag.is_void() {
            self.out.push_str(&format!("<mj-head>{}</mj-head>", self.additions.head(false, false)));
        }
        if tag.is_void() {
            self.out.push_str(&behind);
        } else {
            let id = self.id();
            self.stack.push(Frame { name: tag.name, id, behind });
        }
    }

    /// Whether Liquid is outside the values of attributes; where it is inside, its owner is noted.
    fn misplaced(&mut self, tag: &Tag<'a>) -> bool {
        let mut inside = 0;
        for attribute in &tag.attributes {
            let id = self.id();
            for index in tokens::numbers(attribute.value.unwrap_or_default()) {
                self.owners.push((index, id));
                inside += 1;
            }
        }
        tokens::numbers(tag.whole).count() != inside
    }

    /// What the author says of a link, by `data-topic` and `data-sets-…` or by the filter `attractor`.
    fn declared(&mut self, tag: &Tag<'a>) -> Option<Declared> {
        let href = tag.attribute("href")?;
        let mut declared = Declared { topic: tag.attribute("data-topic").map(str::to_owned), sets: Vec::new() };
        for attribute in &tag.attributes {
            if let Some(name) = attribute.name.strip_prefix("data-sets-") {
                declared.sets.push((name.to_owned(), attribute.value.unwrap_or_default().to_owned()));
            }
        }
        for index in tokens::numbers(href) {
            let Some(Token::Output { expression, place }) = self.tokens.get(index).cloned() else { continue };
            let Some((before, arguments)) = split_attractor(&expression) else { continue };
            match read_attractor(arguments) {
                Ok(read) => {
                    declared.topic = read.topic.or(declared.topic);
                    declared.sets.extend(read.sets);
                    self.tokens.replace(index, Token::Output { expression: before.to_owned(), place });
                }
                Err(why) => self.problems.push(Problem::new(place, why)),
            }
        }
        (declared != Declared::default()).then_some(declared)
    }

    /// What is written before and behind an element whose link is left out with its topic.
    fn around(&mut self, tag: &Tag<'a>, declared: Option<&Declared>) -> (String, String) {
        let parent = self.parent().0;
        let Some(topic) = declared.and_then(|declared| declared.topic.clone()) else {
            return (String::new(), String::new());
        };
        let topic = self.tokens.topic(&topic);
        let (before, behind) = (self.tokens.add(Token::Topic(topic)), self.tokens.add(Token::EndTopic));
        if STRUCTURE.contains(&parent) {
            (format!("<!--{before}-->"), format!("<!--{behind}-->"))
        } else if tag.is("a") {
            (before, behind)
        } else {
            (String::new(), String::new())
        }
    }

    /// Writes a start tag, with the topic of its link inside `href`: the compiler drops attributes that it does not know.
    fn tag(&mut self, tag: &Tag<'a>, declared: Option<Declared>) {
        let is_root = tag.is("mjml");
        let is_copied = |attribute: &Attribute<'_>| attribute.value.is_none_or(|value| value.chars().all(is_copied));
        if declared.is_none() && !is_root && tag.attributes.iter().all(is_copied) {
            return self.out.push_str(tag.whole);
        }
        let token = declared.map(|declared| {
            self.tokens.declared.push(declared);
            let index = self.tokens.declared.len() - 1;
            self.tokens.add(Token::Declared(index))
        });
        self.out.push_str(&format!("<{}", tag.name));
        if is_root {
            self.out.push_str(&language_attributes(self.additions.language));
        }
        for attribute in &tag.attributes {
            let is_ours = attribute.name.starts_with("data-topic") || attribute.name.starts_with("data-sets-");
            let is_language = is_root && (attribute.name == "lang" || attribute.name == "dir");
            if !is_ours && !is_language {
                let prefix = if attribute.name.eq_ignore_ascii_case("href") { token.as_deref() } else { None };
                self.attribute(attribute, prefix.unwrap_or_default());
            }
        }
        // Lines stay the author's.
        self.out.extend(tag.whole.chars().filter(|c| *c == '\n'));
        self.out.push_str(if tag.is_closed { "/>" } else { ">" });
    }

    fn attribute(&mut self, attribute: &Attribute<'_>, prefix: &str) {
        match attribute.value {
            None => self.out.push_str(&format!(" {}", attribute.name)),
            Some(value) => {
                self.out.push_str(&format!(" {}=\"{prefix}", attribute.name));
                for c in value.chars() {
                    match c {
                        '\n' => self.out.push(' '),
                        c if is_copied(c) => self.out.push(c),
                        c => self.out.push_str(&format!("&#{};", u32::from(c))),
                    }
                }
                self.out.push('"');
            }
        }
    }

    fn close(&mut self, name: &str, whole: &str) {
        let is_body = name.eq_ignore_ascii_case("mj-body");
        if is_body {
            self.out.push_str(&self.additions.footer);
        }
        if name.eq_ignore_ascii_case("mj-head") {
            self.out.push_str(&self.additions.head(self.has.title, self.has.preview));
        }
        self.out.push_str(whole);
        let Some(at) = self.stack.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name)) else { return };
        for frame in self.stack.drain(at..).rev() {
            self.out.push_str(&frame.behind);
        }
    }

    /// Each block of Liquid has to begin and end in the same element or attribute; else a lead for whom it is not shown
    /// would get half an element.
    fn pairs(&mut self) {
        self.owners.sort_unstable();
        let mut open: Vec<(String, u32, usize)> = Vec::new();
        for (index, owner) in &self.owners {
            let Some(Token::Tag { name, place, .. }) = self.tokens.get(*index) else { continue };
            match self.tokens.get(*index).and_then(Token::shape) {
                Some(Shape::Opens) => open.push((name.clone(), place.line, *owner)),
                Some(shape @ (Shape::Divides | Shape::Closes)) => {
                    let Some((opened, line, first)) = open.last() else { continue };
                    if first != owner {
                        let message = format!(
                            "`{{% {name} %}}` is in another element or attribute than its `{{% {opened} %}}` in line {line}; put both into the same one"
                        );
                        self.problems.push(Problem::new(place.clone(), message));
                    }
                    if shape == Shape::Closes {
                        open.pop();
                    }
                }
                _ => {}
            }
        }
    }

    fn stray_attractors(&mut self) {
        for (index, _) in &self.owners {
            if let Some(Token::Output { expression, place }) = self.tokens.get(*index)
                && split_attractor(expression).is_some()
            {
                let message = "`attractor` belongs into the `href` of a link, as its last filter";
                self.problems.push(Problem::new(place.clone(), message));
            }
        }
    }
}

/// The parser of MJML looks two bytes back from a `>` in a text, and ends the process where that is inside a character. Blanks
/// put it at a safe distance.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == '>' && !text.is_char_boundary(at.saturating_sub(2)) {
            out.push_str("  ");
        }
        out.push(c);
    }
    out
}

/// Whether the compiler copies a character of an attribute. It writes others as Rust does in a debug text, such as
/// `\u{200d}`; as references they pass.
fn is_copied(c: char) -> bool {
    c == '\'' || c.escape_debug().count() == 1
}

fn name_of(tag: &Tag<'_>) -> String {
    tag.name.chars().filter(|c| !has_tokens(&c.to_string())).collect()
}
