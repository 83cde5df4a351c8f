//! What is wrong with a form that somebody writes: all of it at once, each with its place.

use std::collections::BTreeSet;

use attractor_engine::playbook::{Playbook, did_you_mean};
use attractor_engine::vocabulary::{EventKind, Group};
use ureq::http::Uri;

use super::answers::HONEYPOT;
use super::definition::{ConfirmationWords, FieldKind, FormDefinition, FormField, FormWords};
use crate::refusal::{Invalid, Refusal};
use crate::settings::Settings;

/// Limits, in characters or pieces.
const LABEL: usize = 200;
const TEXT: usize = 3_000;
const ID: usize = 64;
const FIELDS: usize = 40;
const CONSENTS: usize = 10;
const OPTIONS: usize = 200;
const LANGUAGES: usize = 20;
/// Seconds.
const LONGEST_TRAP: u32 = 60;

/// Attributes that a form never sets: they decide who is alerted, what is sent, or are not the lead's own.
const NOT_BY_FORMS: [&str; 3] = ["email", "owner", "tags"];

/// What is found.
#[derive(Default)]
struct Findings(Vec<(String, String)>);

impl Findings {
    fn add(&mut self, pointer: impl Into<String>, why: impl Into<String>) {
        self.0.push((pointer.into(), why.into()));
    }

    fn text(&mut self, pointer: impl Into<String>, text: &str, most: usize) {
        let (length, pointer) = (text.chars().count(), pointer.into());
        if text.trim().is_empty() {
            self.add(pointer, "it is empty; write it, or leave it out");
        } else if length > most {
            self.add(pointer, format!("it has {length} characters; at most {most} are possible"));
        }
    }

    fn optional(&mut self, pointer: impl Into<String>, text: Option<&String>, most: usize) {
        if let Some(text) = text {
            self.text(pointer, text, most);
        }
    }

    fn count(&mut self, pointer: &str, count: usize, most: usize) {
        if count > most {
            self.add(pointer, format!("there are {count}; at most {most} are possible"));
        }
    }
}

/// Whether an id can be a form's: it is a part of its address.
pub fn id(id: &str) -> Result<(), Refusal> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_edge = |c: Option<char>| c.is_some_and(|c| c != '-');
    let is_good =
        id.len() <= ID && id.chars().all(is_letter) && is_edge(id.chars().next()) && is_edge(id.chars().last());
    let why = || format!("expected small letters, digits and `-`, at most {ID} of them, such as `whitepaper`");
    if is_good { Ok(()) } else { Err(Refusal::invalid("/id", why())) }
}

/// Refuses a definition that cannot be used, with everything that is wrong. `playbooks` are those that leads live under.
pub fn definition(form: &FormDefinition, settings: &Settings, playbooks: &[Playbook]) -> Result<(), Refusal> {
    let mut found = Findings::default();
    found.text("/title", &form.title, LABEL);
    found.optional("/text", form.text.as_ref(), TEXT);
    found.optional("/button", form.button.as_ref(), LABEL);
    found.optional("/thanks", form.thanks.as_ref(), TEXT);
    found.optional("/intent", form.intent.as_ref(), ID);
    confirmation("/confirmation", form.confirmation.as_ref(), &mut found);
    fields(&form.fields, &mut found);
    urls(form, settings, &mut found);
    event(form, &mut found);
    names(form, playbooks, &mut found);
    translations(form, &mut found);
    if let Some(seconds) = form.min_seconds.filter(|seconds| *seconds > LONGEST_TRAP) {
        found
            .add("/min_seconds", format!("it is {seconds}; people fill in a form in less than {LONGEST_TRAP} seconds"));
    }
    if found.0.is_empty() {
        return Ok(());
    }
    Err(Refusal::Invalid(Invalid { detail: "the form cannot be used like this".into(), places: found.0, known: None }))
}

fn confirmation(pointer: &str, words: Option<&ConfirmationWords>, found: &mut Findings) {
    let Some(words) = words else { return };
    found.optional(format!("{pointer}/subject"), words.subject.as_ref(), LABEL);
    found.optional(format!("{pointer}/text"), words.text.as_ref(), TEXT);
    if words.subject.as_ref().is_some_and(|subject| subject.contains(char::is_control)) {
        found.add(format!("{pointer}/subject"), "a subject is one line");
    }
}

fn fields(fields: &[FormField], found: &mut Findings) {
    found.count("/fields", fields.len(), FIELDS);
    let mut names = BTreeSet::new();
    for (place, field) in fields.iter().enumerate() {
        one_field(&format!("/fields/{place}"), field, found);
        if !names.insert(&field.name) {
            found.add(format!("/fields/{place}/name"), format!("another field is named `{}`", field.name));
        }
    }
    let emails = fields.iter().filter(|field| field.kind == FieldKind::Email);
    if emails.clone().count() != 1 || emails.clone().any(|field| !field.required) {
        let why = "expected exactly one field of the type `email`, with `required: true`: it says who submits";
        found.add("/fields", why);
    }
}

fn one_field(pointer: &str, field: &FormField, found: &mut Findings) {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = field.name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    if !begins || field.name.len() > ID || !field.name.chars().all(is_letter) || field.name == HONEYPOT {
        let why = format!(
            "`{}` cannot name a field; expected small letters, digits and `_`, a letter first, and not `{HONEYPOT}`",
            field.name
        );
        found.add(format!("{pointer}/name"), why);
    }
    if field.kind != FieldKind::Hidden {
        found.text(format!("{pointer}/label"), &field.label, TEXT);
    }
    if let Some(attribute) = &field.attribute {
        self::attribute(&format!("{pointer}/attribute"), field.kind, attribute, found);
    }
    options(pointer, field, found);
    match (field.kind, &field.value) {
        (FieldKind::Hidden, value) => found.optional(format!("{pointer}/value"), value.as_ref(), LABEL),
        (_, Some(_)) => found.add(format!("{pointer}/value"), "only fields of the type `hidden` have a value"),
        (_, None) => {}
    }
    if field.kind == FieldKind::Hidden && field.required {
        found.add(format!("{pointer}/required"), "nobody sees a hidden field, so nobody can fill it in");
    }
}

fn attribute(pointer: &str, kind: FieldKind, attribute: &str, found: &mut Findings) {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let first = attribute.split('.').next().unwrap_or_default();
    if kind == FieldKind::Email {
        found.add(pointer, "the e-mail always sets the attribute `email`; leave this out");
    } else if NOT_BY_FORMS.contains(&first) || attribute.starts_with("company.") {
        found.add(pointer, format!("forms do not set the attribute `{attribute}`; choose another one"));
    } else if attribute.is_empty()
        || attribute.len() > ID
        || !attribute.chars().all(is_good)
        || attribute.contains("..")
    {
        found.add(pointer, format!("`{attribute}` cannot name an attribute; write a name such as `job_title`"));
    }
}

fn options(pointer: &str, field: &FormField, found: &mut Findings) {
    let pointer = format!("{pointer}/options");
    match field.kind {
        FieldKind::Choice if field.options.is_empty() => found.add(pointer, "a choice needs at least one option"),
        FieldKind::Choice => {
            found.count(&pointer, field.options.len(), OPTIONS);
            for (place, option) in field.options.iter().enumerate() {
                found.text(format!("{pointer}/{place}"), option, LABEL);
            }
        }
        _ if field.options.is_empty() => {}
        _ => found.add(pointer, "only fields of the type `choice` have options"),
    }
}

fn urls(form: &FormDefinition, settings: &Settings, found: &mut Findings) {
    if let Some(url) = &form.redirect
        && !is_own_page(url, settings)
    {
        let own = own_hosts(settings).join(", ");
        let why = format!(
            "expected the whole address of a page of your own, with https: on {own} or a subdomain; the setting \
             `own_domains` lists your domains"
        );
        found.add("/redirect", why);
    }
    if let Some(url) = &form.privacy_url
        && page(url).is_none()
    {
        found.add("/privacy_url", "expected the whole address of a page, such as https://example.org/privacy");
    }
}

/// The scheme and the host of a page's address; `None` where it is something else.
fn page(url: &str) -> Option<(String, String)> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '"' | '<' | '>' | '`');
    if url.len() > 2_000 || url.contains(is_odd) {
        return None;
    }
    let parsed: Uri = url.split('#').next()?.parse().ok()?;
    let (scheme, authority) = (parsed.scheme_str()?, parsed.authority()?);
    let is_page =
        matches!(scheme, "http" | "https") && !authority.as_str().contains('@') && !authority.host().is_empty();
    is_page.then(|| (scheme.to_owned(), authority.host().to_ascii_lowercase()))
}

fn own_hosts(settings: &Settings) -> Vec<String> {
    let public = page(&settings.address()).map(|(_, host)| host);
    public.into_iter().chain(settings.own_domains.iter().map(|domain| domain.to_ascii_lowercase())).collect()
}

/// Whether an address leads to a page of the installation's own domains; by https, unless its own address has none.
pub fn is_own_page(url: &str, settings: &Settings) -> bool {
    let Some((scheme, host)) = page(url) else { return false };
    let is_own = own_hosts(settings).iter().any(|own| {
        let before = host.strip_suffix(own.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    is_own && (scheme == "https" || !settings.address().starts_with("https://"))
}

/// The event beside `Form Submitted`: what public keys may send.
fn event(form: &FormDefinition, found: &mut Findings) {
    let Some(kind) = &form.emits else { return };
    found.text("/emits", kind, LABEL);
    if EventKind::named(kind).is_some_and(|row| row.group != Group::Behavior) {
        let why = format!(
            "a form cannot emit `{kind}`; write the name of something that people do, such as `Demo Requested`"
        );
        found.add("/emits", why);
    }
}

/// What a form names in the playbook.
fn names(form: &FormDefinition, playbooks: &[Playbook], found: &mut Findings) {
    found.count("/consents", form.consents.len(), CONSENTS);
    let subscriptions = || playbooks.iter().flat_map(|one| one.subscriptions.iter().map(|one| one.id.as_str()));
    for (place, consent) in form.consents.iter().enumerate() {
        found.text(format!("/consents/{place}/text"), &consent.text, TEXT);
        if let Some(id) = &consent.subscription
            && !subscriptions().any(|known| known == id)
        {
            let known: Vec<&str> = subscriptions().collect();
            let hint = did_you_mean(id, &known, "declared are");
            found.add(format!("/consents/{place}/subscription"), format!("there is no subscription `{id}`; {hint}"));
        }
    }
    let topics = || playbooks.iter().flat_map(|one| one.topics.iter().map(|one| one.id.as_str()));
    if let Some(id) = &form.topic
        && !topics().any(|known| known == id)
    {
        let known: Vec<&str> = topics().collect();
        found.add("/topic", format!("there is no topic `{id}`; {}", did_you_mean(id, &known, "declared are")));
    }
}

fn translations(form: &FormDefinition, found: &mut Findings) {
    found.count("/translations", form.translations.len(), LANGUAGES);
    let tags = std::iter::once(("/language".to_owned(), &form.language))
        .chain(form.translations.keys().map(|tag| (format!("/translations/{tag}"), tag)));
    for (pointer, tag) in tags {
        let is_good = |part: &str| (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
        if tag.len() > 35 || !tag.split('-').all(is_good) {
            found.add(pointer, format!("`{tag}` is not a language; write `en`, `de` or `pt-BR`"));
        }
    }
    for (tag, words) in &form.translations {
        translation(&format!("/translations/{tag}"), form, words, found);
    }
}

fn translation(pointer: &str, form: &FormDefinition, words: &FormWords, found: &mut Findings) {
    found.optional(format!("{pointer}/title"), words.title.as_ref(), LABEL);
    found.optional(format!("{pointer}/text"), words.text.as_ref(), TEXT);
    found.optional(format!("{pointer}/button"), words.button.as_ref(), LABEL);
    found.optional(format!("{pointer}/thanks"), words.thanks.as_ref(), TEXT);
    confirmation(&format!("{pointer}/confirmation"), words.confirmation.as_ref(), found);
    let field = |name: &String| form.fields.iter().find(|field| field.name == *name);
    for (name, label) in &words.labels {
        match field(name) {
            Some(_) => found.text(format!("{pointer}/labels/{name}"), label, TEXT),
            None => found.add(format!("{pointer}/labels/{name}"), format!("the form has no field `{name}`")),
        }
    }
    for (name, options) in &words.options {
        if field(name).is_none_or(|field| field.options.len() != options.len()) {
            let why = format!("expected as many texts as the field `{name}` has options");
            found.add(format!("{pointer}/options/{name}"), why);
        }
    }
    if !words.consents.is_empty() && words.consents.len() != form.consents.len() {
        found.add(format!("{pointer}/consents"), "expected as many texts as there are boxes");
    }
    for (place, text) in words.consents.iter().enumerate() {
        found.text(format!("{pointer}/consents/{place}"), text, TEXT);
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;
    use serde_json::{Value, json};

    use super::*;
    use crate::settings;

    fn settings() -> Settings {
        Settings {
            public_url: "https://leads.acme.example".into(),
            own_domains: vec!["acme.example".into(), "shop.example".into()],
            ..settings::defaults().unwrap()
        }
    }

    /// The places at which a form with these changes is wrong.
    fn wrong(change: impl Fn(&mut Value)) -> Vec<String> {
        let mut form = json!({
            "title": "Our guide",
            "fields": [
                {"name": "email", "type": "email", "label": "E-mail", "required": true},
                {"name": "size", "type": "choice", "label": "Size", "options": ["1", "2"], "attribute": "company_size"}
            ],
            "consents": [{"subscription": "news", "text": "Send me your news."}],
            "topic": "shirts"
        });
        change(&mut form);
        let playbook = "playbook: p\ntopics: [{id: shirts}]\nsubscriptions: [{id: news}]\n";
        let playbooks = [read(playbook).playbook.unwrap()];
        let form: FormDefinition = serde_json::from_value(form).unwrap();
        match definition(&form, &settings(), &playbooks) {
            Ok(()) => Vec::new(),
            Err(Refusal::Invalid(invalid)) => invalid.places.into_iter().map(|(pointer, _)| pointer).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_form_that_cannot_be_used_is_refused_with_every_place() {
        assert_eq!(wrong(|_| {}), Vec::<String>::new());
        let cases: Vec<(&str, Value, &str)> = vec![
            ("/title", json!(" "), "/title"),
            ("/fields/0/required", json!(false), "/fields"),
            ("/fields/0/attribute", json!("mail"), "/fields/0/attribute"),
            ("/fields/1/name", json!("email"), "/fields/1/name"),
            ("/fields/1/name", json!("_consent"), "/fields/1/name"),
            ("/fields/1/name", json!("homepage"), "/fields/1/name"),
            ("/fields/1/label", json!(""), "/fields/1/label"),
            ("/fields/1/options", json!([]), "/fields/1/options"),
            ("/fields/1/attribute", json!("owner"), "/fields/1/attribute"),
            ("/fields/1/attribute", json!("tags.x"), "/fields/1/attribute"),
            ("/fields/1/attribute", json!("company.size"), "/fields/1/attribute"),
            ("/fields/1/attribute", json!("a b"), "/fields/1/attribute"),
            ("/consents/0/subscription", json!("nwes"), "/consents/0/subscription"),
            ("/topic", json!("hats"), "/topic"),
            ("/emits", json!("Subscribed"), "/emits"),
            ("/emits", json!("Tagged"), "/emits"),
            ("/language", json!("deutsch!"), "/language"),
            ("/min_seconds", json!(600), "/min_seconds"),
            ("/privacy_url", json!("javascript:alert(1)"), "/privacy_url"),
            ("/confirmation", json!({"subject": "a\nBcc: b"}), "/confirmation/subject"),
            ("/translations", json!({"de": {"labels": {"gone": "x"}}}), "/translations/de/labels/gone"),
            ("/translations", json!({"de": {"options": {"size": ["1"]}}}), "/translations/de/options/size"),
            ("/translations", json!({"de": {"consents": ["a", "b"]}}), "/translations/de/consents"),
        ];
        for (pointer, value, place) in cases {
            let set = |form: &mut Value| {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                let parent = form.pointer_mut(parent).unwrap();
                parent[name] = value.clone();
            };
            assert_eq!(wrong(set), [place], "{pointer} = {value}");
        }
    }

    #[test]
    fn a_form_leads_to_own_pages_alone() {
        for (url, is_own) in [
            ("https://leads.acme.example/thanks", true),
            ("https://www.shop.example/a?b=c#d", true),
            ("https://ACME.example", true),
            ("http://acme.example/", false),
            ("https://evil.example/", false),
            ("https://notacme.example/", false),
            ("https://acme.example.evil.example/", false),
            ("https://acme.example@evil.example/", false),
            ("https://evil.example\\@acme.example/", false),
            ("//evil.example", false),
            ("/thanks", false),
            ("javascript:alert(1)", false),
            ("https://acme.example/\r\nX: y", false),
            ("", false),
        ] {
            assert_eq!(is_own_page(url, &settings()), is_own, "{url}");
        }
    }

    #[test]
    fn an_id_is_a_part_of_an_address() {
        for (text, is_good) in [
            ("whitepaper", true),
            ("demo-2", true),
            ("", false),
            ("a/b", false),
            ("-a", false),
            ("A", false),
            ("a.js", false),
        ] {
            assert_eq!(id(text).is_ok(), is_good, "{text}");
        }
    }
}
