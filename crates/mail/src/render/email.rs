//! An e-mail, compiled once and made for one lead after the other.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use liquid_core::model::Object;

use super::Language;
use super::blocks;
use super::contrast;
use super::findings::{Check, Finding, Known};
use super::html::assemble;
use super::links::{Campaign, DeclaredLink, Finisher, Kind, Link, LinkSource, is_allowed, is_page};
use super::liquid::escape::{Escape, html_text};
use super::liquid::state::{Locale, value_of};
use super::liquid::structure::Shape;
use super::liquid::{Frame, Program};
use super::markup::{Event, events};
use super::mjml::{self, Additions};
use super::plain::tidy;
use super::problem::{Part, Place, Problem};
use super::tokens::{self, Token, Tokens};

/// Levels of lists and objects in what is known of a lead.
const VALUE_LEVELS: u8 = 12;

/// The body of an e-mail.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// MJML with Liquid.
    Mjml(&'a str),
    /// A block list as JSON; see [`super::BlockList`].
    Blocks(&'a str),
}

/// An e-mail as its author wrote it, in one language and variant.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub subject: &'a str,
    /// Shown behind the subject in lists of mails; empty for none.
    pub preheader: &'a str,
    pub body: Body<'a>,
    pub language: &'a Language,
    /// Whether a body without an unsubscribe link gets our footer, and one without the sender's address a line with it: yes
    /// for all but transactional mails.
    pub has_footer: bool,
    pub campaign: Option<&'a Campaign>,
}

/// What is known of a lead and its copy.
#[derive(Clone, Debug)]
pub struct Values {
    object: Object,
    zone: TimeZone,
    now: i64,
}

impl Values {
    /// `data` has `lead` (its attributes), `sender` (`name`, `address`) and our own links (`unsubscribe_url`,
    /// `preferences_url`, `confirm_url`, `download_url`, `view_url`) and, for our footer, the name of a
    /// [`super::FooterReason`] under [`super::FooterReason::VALUE`]. `now` is in milliseconds since 1970.
    pub fn new(data: &serde_json::Map<String, serde_json::Value>, zone: TimeZone, now: i64) -> Self {
        let object = data.iter().map(|(key, item)| (key.clone().into(), value_of(item, VALUE_LEVELS))).collect();
        Self { object, zone, now }
    }
}

/// What one copy is to have.
pub struct Wishes<'a> {
    /// Whether a block with this condition is shown.
    pub show: &'a mut dyn FnMut(&serde_json::Value) -> bool,
    /// The address that stands in the copy in place of the link's own; `None` leaves the author's own.
    pub rewrite: &'a mut dyn FnMut(&Link) -> Option<String>,
    /// The address of the pixel of a measured copy.
    pub pixel: Option<&'a str>,
    /// The address of a link that no person sees, for the judge; it is in the HTML alone, before every other link.
    pub decoy: Option<&'a str>,
    /// Topics whose blocks and links are left out.
    pub left_out: &'a [String],
}

/// One copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
    /// The links, in the order of the HTML. Their position is the index.
    pub links: Vec<Link>,
}

/// An e-mail, read and checked once, so that each copy only has its values put in.
#[derive(Debug)]
pub struct Email {
    subject: Program,
    preheader: Program,
    html: Program,
    text: Program,
    links: Vec<LinkSource>,
    conditions: Vec<serde_json::Value>,
    topics: Vec<String>,
    outputs: Vec<(String, Place)>,
    findings: Vec<Finding>,
    language: Language,
    campaign: Campaign,
    place: Place,
}

impl Email {
    /// Compiles an e-mail; all problems that were found, in the order of the text.
    pub fn compile(source: &Source<'_>) -> Result<Self, Vec<Problem>> {
        let place = Place::new(Part::Body, "", 1);
        let subject = Program::of_text(source.subject, Part::Subject, Escape::Line)?;
        let shown_behind = Program::of_text(source.preheader, Part::Preheader, Escape::Line)?;
        let mut tokens = Tokens::default();
        let title = tokens.hide(source.subject, &Place::new(Part::Subject, "", 1))?;
        let preheader = tokens.hide(source.preheader, &Place::new(Part::Preheader, "", 1))?;
        let (mjml, style, is_dark) = match source.body {
            Body::Mjml(mjml) => (tokens.hide(mjml, &place)?, String::new(), mjml.contains("prefers-color-scheme")),
            Body::Blocks(json) => {
                let (mjml, style) = blocks::write(json, source.language, &mut tokens)?;
                (mjml, style, true)
            }
        };
        let footer = match source.has_footer {
            true => footer(&mjml, source.language, &mut tokens)?,
            false => String::new(),
        };
        let escaped = |text: &str| {
            let mut out = String::new();
            html_text(text, &mut out);
            out
        };
        let additions = Additions {
            title: escaped(&title),
            preheader: escaped(&preheader),
            language: source.language,
            is_dark,
            style: &style,
            footer,
        };
        let html = mjml::compile(&mjml, &mut tokens, &additions, &place)?;
        let assembled = assemble(&html, &tokens, &place)?;
        let compiled = |pieces| Program::compile(pieces, &place).map_err(|problem| vec![problem]);
        Ok(Self {
            subject,
            preheader: shown_behind,
            html: compiled(&assembled.html)?,
            text: compiled(&assembled.text)?,
            links: assembled.links,
            outputs: tokens.iter().filter_map(output).collect(),
            conditions: tokens.conditions,
            topics: tokens.topics,
            findings: [assembled.findings, contrast::findings(&html, is_dark, &place)].concat(),
            language: source.language.clone(),
            campaign: source.campaign.cloned().unwrap_or_default(),
            place,
        })
    }

    /// The conditions under which blocks are shown, each as the body writes it.
    pub fn conditions(&self) -> &[serde_json::Value] {
        &self.conditions
    }

    /// The links of the body, in the order of the HTML, each once however often a loop repeats it.
    pub fn links(&self) -> impl Iterator<Item = DeclaredLink> {
        self.links.iter().filter_map(DeclaredLink::of)
    }

    /// Whether a reader may find a link to a page in it.
    pub fn has_page_links(&self) -> bool {
        let leads_there = |link: &LinkSource| link.fixed.as_deref().is_none_or(is_page);
        self.links.iter().any(|link| link.kind == Kind::Content && leads_there(link))
    }

    /// Whether a value is in the address of a link, so that links belong to one copy alone.
    pub fn has_personal_addresses(&self) -> bool {
        self.links.iter().any(|link| link.kind == Kind::Content && link.fixed.is_none())
    }

    /// The preheader of one copy, on one line. The error is that of the template at this lead's values.
    pub fn preheader(&self, values: &Values) -> Result<String, Problem> {
        let frame = self.frame(values, &mut |_| true, &[]);
        Ok(one_line(&self.preheader.render(&values.object, &frame)?))
    }

    fn frame(&self, values: &Values, show: &mut dyn FnMut(&serde_json::Value) -> bool, left_out: &[String]) -> Frame {
        Frame {
            locale: Locale { language: self.language.clone(), zone: values.zone.clone(), now: values.now },
            shown: self.conditions.iter().map(show).collect(),
            left_out: self.topics.iter().map(|topic| left_out.contains(topic)).collect(),
        }
    }

    /// Makes one copy. The error is that of the template at this lead's values.
    pub fn render(&self, values: &Values, wishes: &mut Wishes<'_>) -> Result<Rendered, Problem> {
        let frame = self.frame(values, wishes.show, wishes.left_out);
        let subject = one_line(&self.subject.render(&values.object, &frame)?);
        let (html, text) = (self.html.render(&values.object, &frame)?, self.text.render(&values.object, &frame)?);
        let (mut links, mut finals) = (Vec::new(), Vec::new());
        let html = Finisher { sources: &self.links, in_html: true }.finish(&html, |source, url| {
            let url = self.resolve(source, url, &mut links, wishes.rewrite);
            if self.links[source].kind != Kind::Source {
                finals.push(url.clone());
            }
            url
        });
        let mut finals = finals.into_iter();
        let text =
            Finisher { sources: &self.links, in_html: false }.finish(&text, |_, _| finals.next().unwrap_or_default());
        let html = with_pixel(with_decoy(html, wishes.decoy), wishes.pixel);
        Ok(Rendered { subject, html, text: tidy(&text), links })
    }

    /// Where a URL of this copy leads.
    fn resolve(
        &self,
        source: usize,
        url: &str,
        links: &mut Vec<Link>,
        rewrite: &mut dyn FnMut(&Link) -> Option<String>,
    ) -> String {
        let of = &self.links[source];
        if !is_allowed(url) {
            return if of.kind == Kind::Source { String::new() } else { "#".into() };
        }
        if of.kind != Kind::Content {
            return url.to_owned();
        }
        let link = Link {
            url: self.campaign.apply(url),
            topic: of.declared.topic.clone(),
            sets: of.declared.sets.clone(),
            position: u32::try_from(links.len()).unwrap_or(u32::MAX),
            source: u32::try_from(source).unwrap_or(u32::MAX),
        };
        let to = rewrite(&link).unwrap_or_else(|| link.url.clone());
        links.push(link);
        to
    }

    /// What a person should look at, for one lead as an example.
    pub fn findings(&self, values: &Values, known: &Known<'_>) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        let mut add =
            |check, place: &Place, message: String| findings.push(Finding { check, place: place.clone(), message });
        if !known.is_transactional && !self.has_output("unsubscribe_url") {
            let message = "no link to unsubscribe; link to `{{ unsubscribe_url }}`";
            add(Check::NoUnsubscribeLink, &self.place, message.into());
        }
        if !known.is_transactional
            && (!self.has_output("sender.address") || is_missing(&values.object, "sender.address"))
        {
            let message = "no postal address; set `postal_address` in the settings of the server";
            add(Check::NoPostalAddress, &self.place, message.into());
        }
        for (expression, place) in &self.outputs {
            if let Some(message) = dead_personalization(expression, values, known) {
                add(Check::DeadPersonalization, place, message);
            }
        }
        findings.extend(self.links.iter().filter_map(|link| known.without_topic(link)));
        findings.extend(known.too_large(&self.place));
        findings
    }

    fn has_output(&self, name: &str) -> bool {
        self.outputs.iter().any(|(expression, _)| variable(expression) == Some(name))
    }
}

/// Why an expression shows nothing: no lead has its attribute, or this one has not and the expression has no default.
fn dead_personalization(expression: &str, values: &Values, known: &Known<'_>) -> Option<String> {
    let name = variable(expression)?;
    let attribute = name.strip_prefix("lead.")?;
    if !is_missing(&values.object, name) {
        return None;
    }
    if !(known.has_attribute)(attribute) {
        return Some(format!(
            "no lead has the attribute `{attribute}`, so `{name}` is always empty; set it (a column of an import, a field of a \
             form, or a trait, called `{attribute}`), or name an attribute that leads have"
        ));
    }
    let has_default = expression.contains("default");
    (!has_default).then(|| format!("`{name}` is missing for this lead; write `{{{{ {name} | default: \"…\" }}}}`"))
}

/// What a body whose Liquid is hidden lacks of a footer: all of it, the sender's address, or nothing.
fn footer(mjml: &str, language: &Language, tokens: &mut Tokens) -> Result<String, Vec<Problem>> {
    if !tokens.iter().any(|token| is_output(token, "unsubscribe_url")) {
        return mjml::footer(language, None, tokens);
    }
    Ok(if always_has_address(mjml, tokens) { String::new() } else { mjml::address_line(language, tokens) })
}

/// Whether a body shows the sender's address in every copy. One that only some copies show, or that only the title, the
/// preview or an attribute has, does not count: the law requires it in all of them, and twice does no harm.
fn always_has_address(mjml: &str, tokens: &Tokens) -> bool {
    let (mut is_in_body, mut shown, mut in_comments) = (false, BTreeSet::new(), BTreeSet::new());
    for event in events(mjml) {
        match event {
            Event::Open(tag) if tag.is("mj-body") => is_in_body = !tag.is_closed,
            Event::Close { name, .. } if name.eq_ignore_ascii_case("mj-body") => is_in_body = false,
            Event::Text(text) if is_in_body => shown.extend(tokens::numbers(text)),
            Event::Comment(whole) => in_comments.extend(tokens::numbers(whole)),
            _ => {}
        }
    }
    // By block of Liquid that is open: whether it leaves out what is in it in some copies.
    let mut depends: Vec<bool> = Vec::new();
    for index in tokens::numbers(mjml).filter(|index| !in_comments.contains(index)) {
        let Some(token) = tokens.get(index) else { continue };
        match token.shape() {
            Some(Shape::Opens) => depends.push(!asks_for_address(token)),
            Some(Shape::Divides) => {
                depends.pop();
                depends.push(true);
            }
            Some(Shape::Closes) => {
                depends.pop();
            }
            Some(Shape::Single) | None => {}
        }
        if shown.contains(&index) && is_output(token, "sender.address") && !depends.contains(&true) {
            return true;
        }
    }
    false
}

/// Whether a tag shows what follows wherever the sender has an address.
fn asks_for_address(token: &Token) -> bool {
    const WORDS: [&str; 7] = ["sender.address", "and", "!=", "''", "\"\"", "blank", "empty"];
    match token {
        Token::Tag { name, rest, .. } => name == "if" && rest.split_whitespace().all(|word| WORDS.contains(&word)),
        _ => false,
    }
}

fn output(token: &Token) -> Option<(String, Place)> {
    match token {
        Token::Output { expression, place } => Some((expression.clone(), place.clone())),
        _ => None,
    }
}

fn is_output(token: &Token, name: &str) -> bool {
    matches!(token, Token::Output { expression, .. } if variable(expression) == Some(name))
}

/// The variable with which an expression begins.
fn variable(expression: &str) -> Option<&str> {
    let name = expression.split('|').next()?.trim();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (is_name && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).then_some(name)
}

fn is_missing(values: &Object, path: &str) -> bool {
    let path: Vec<_> = path.split('.').map(|part| liquid_core::model::ScalarCow::new(part.to_owned())).collect();
    let found = liquid_core::model::try_find(values, &path);
    found.is_none_or(|value| super::liquid::state::text_of(value.as_view()).trim().is_empty())
}

/// A subject is one line, without control characters.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A link without anything to see, to hear or to reach by the keyboard, for programs that open every link of the HTML.
fn with_decoy(mut html: String, decoy: Option<&str>) -> String {
    let Some(decoy) = decoy else { return html };
    let body = html.find("<body").and_then(|start| Some(start + html[start..].find('>')? + 1));
    let Some(at) = body else { return html };
    let mut hidden = String::from(
        "<div aria-hidden=\"true\" style=\"display:none;mso-hide:all;max-height:0;overflow:hidden;font-size:0;line-height:0\"><a href=\"",
    );
    html_text(decoy, &mut hidden);
    hidden.push_str("\" tabindex=\"-1\" aria-hidden=\"true\" style=\"display:none;mso-hide:all\">&#8203;</a></div>");
    html.insert_str(at, &hidden);
    html
}

fn with_pixel(mut html: String, pixel: Option<&str>) -> String {
    if let Some(pixel) = pixel {
        let mut image = String::from("<img src=\"");
        html_text(pixel, &mut image);
        image.push_str("\" width=\"1\" height=\"1\" alt=\"\" style=\"display:block;width:1px;height:1px;border:0\">");
        let at = html.rfind("</body>").unwrap_or(html.len());
        html.insert_str(at, &image);
    }
    html
}

#[cfg(test)]
mod tests;
