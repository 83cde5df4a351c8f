//! The e-mail by which the owner of an address confirms what a form said. It is made of our words and the form's alone:
//! nothing that a stranger filled in is in it, so that no form sends strangers' texts to strangers.

use attractor_engine::playbook;
use attractor_live::profile::Profile;
use attractor_mail::links::Id;
use attractor_store::copies::{CopySource, MailCopy};
use attractor_store::form_requests::{self, RequestTag};
use attractor_store::{Connection, Error};
use serde_json::{Map, Value, json};

use super::page::house;
use super::request::{FormRequest, request_id, tag_of};
use crate::sending::senders::ChosenSender;
use crate::sending::values::values;

/// The id of the e-mail, which no playbook declares.
pub const EMAIL: &str = "confirmation";

const SUBJECT: &str = "{{ confirmation.subject }}";

const BODY: &str = r##"<mjml><mj-head><mj-attributes>
<mj-all font-family="-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif" />
<mj-text font-size="16px" line-height="24px" color="#1b1b1f" />
</mj-attributes><mj-style>
p { margin: 0 0 16px }
@media (prefers-color-scheme: dark) { .page, .page table { background-color: #141417 !important } .page div, .page p { color: #ededf2 !important } }
</mj-style></mj-head><mj-body width="600px" css-class="page"><mj-section><mj-column>
<mj-text>{% for line in confirmation.lines %}<p>{{ line }}</p>{% endfor %}{% for text in confirmation.consents %}<p>“{{ text }}”</p>{% endfor %}</mj-text>
<mj-button href="{{ confirm_url }}" background-color="#4f4bd6" color="#ffffff" font-size="16px" border-radius="6px" align="left">{{ confirmation.button }}</mj-button>
<mj-text font-size="14px" line-height="20px" color="#56565f"><p>{{ confirmation.reason }}</p><p>{{ sender.name }}{% if sender.address and sender.address != '' %}, {{ sender.address }}{% endif %}</p></mj-text>
</mj-column></mj-section></mj-body></mjml>"##;

/// What a copy that a form asked for is made of, and where it goes.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// As its link names it.
    pub request: Id,
    /// In canonical form.
    pub address: String,
    /// The person itself asked for it, by a link that came to the address.
    pub is_own: bool,
    pub language: String,
    pub email: playbook::Email,
    /// What its template reads as `confirmation`.
    words: Value,
}

impl Confirmation {
    /// What its template reads: nothing of the lead.
    pub fn values(&self, sender: &ChosenSender) -> Map<String, Value> {
        let mut values = values(&Profile::default(), sender);
        values.insert("confirmation".into(), self.words.clone());
        values
    }

    fn of(request: &FormRequest) -> Confirmation {
        let document = &request.document;
        Confirmation {
            request: request_id(request.row.tag),
            address: document.address.clone(),
            is_own: document.is_own,
            language: document.language.clone(),
            email: playbook::Email {
                id: EMAIL.to_owned(),
                subject: SUBJECT.to_owned(),
                body: BODY.to_owned(),
                ..playbook::Email::default()
            },
            words: words(request),
        }
    }
}

fn words(request: &FormRequest) -> Value {
    let document = &request.document;
    let words = house(&document.language).form_words();
    let own: Vec<String> = document.letter.iter().flat_map(|text| paragraphs(text)).collect();
    let mut lines = if own.is_empty() { vec![words.mail_text.replace("{form}", &document.title)] } else { own };
    lines.extend(document.asset.as_ref().map(|asset| words.mail_file.replace("{file}", &asset.name)));
    let consents: Vec<&str> = document.consents.iter().map(|agreed| agreed.text.as_str()).collect();
    if !consents.is_empty() {
        lines.push(words.mail_consent.to_owned());
    }
    json!({
        "subject": document.subject, "lines": lines, "consents": consents, "button": words.mail_button,
        "reason": words.mail_reason,
    })
}

/// The paragraphs of a plain text.
fn paragraphs(text: &str) -> Vec<String> {
    let plain = text.replace("\r\n", "\n");
    plain.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The confirmations of those copies that forms asked for, by their ids.
pub fn of_copies(connection: &mut Connection, copies: &[MailCopy]) -> Result<Vec<(String, Confirmation)>, Error> {
    let tag = |copy: &MailCopy| match &copy.source {
        CopySource::Form(message) => Some((copy.lead, tag_of(message)?)),
        _ => None,
    };
    let asked: Vec<(RequestTag, String)> =
        copies.iter().filter_map(|copy| Some((tag(copy)?, copy.send_id()))).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let tags: Vec<RequestTag> = asked.iter().map(|(tag, _)| *tag).collect();
    let mut found = Vec::new();
    for row in form_requests::of_tags(connection, &tags)? {
        // One that cannot be read must not keep the others from leaving; its copy is skipped.
        let request = match FormRequest::of(row) {
            Ok(request) => request,
            Err(why) => {
                tracing::error!(%why, "a confirmation cannot be sent");
                continue;
            }
        };
        let of = asked.iter().find(|(tag, _)| *tag == request.row.tag);
        found.extend(of.map(|(_, send_id)| (send_id.clone(), Confirmation::of(&request))));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use attractor_mail::render::{Body, Email, Language, Source, Values, Wishes};
    use attractor_store::LeadId;
    use attractor_store::form_requests::RequestRow;
    use jiff::tz::TimeZone;

    use super::super::request::{AgreedText, RequestDocument, RequestedAsset};
    use super::*;

    fn request(document: RequestDocument) -> FormRequest {
        let row = RequestRow {
            tag: (LeadId(1), 1),
            form: "guide".into(),
            hash: String::new(),
            document: String::new(),
            asked_at: 0,
            confirmed_at: None,
            downloads: 0,
        };
        FormRequest { row, document }
    }

    /// The subject, the HTML and the text of a confirmation.
    fn rendered(document: RequestDocument) -> (String, String, String) {
        let of = Confirmation::of(&request(document));
        let source = Source {
            subject: &of.email.subject,
            preheader: "",
            body: Body::Mjml(&of.email.body),
            language: &Language::new(&of.language),
            has_footer: false,
            campaign: None,
        };
        let email = Email::compile(&source).unwrap();
        let data = json!({"confirmation": of.words, "confirm_url": "https://leads.example/f/confirm/x", "sender": {"name": "Acme", "address": "1 Road"}});
        let values = Values::new(data.as_object().unwrap(), TimeZone::UTC, 0);
        let mut wishes =
            Wishes { show: &mut |_| true, rewrite: &mut |_| None, pixel: None, decoy: None, left_out: &[] };
        let made = email.render(&values, &mut wishes).unwrap();
        assert!(made.links.is_empty(), "its link is ours: {:?}", made.links);
        (made.subject, made.html, made.text)
    }

    #[test]
    fn a_confirmation_says_what_is_confirmed() {
        let document = RequestDocument {
            language: "de".into(),
            title: "Leitfaden".into(),
            subject: "Bitte bestätigen".into(),
            consents: vec![AgreedText { subscription: None, text: "Ich möchte Neues hören.".into() }],
            asset: Some(RequestedAsset { id: "ab".into(), name: "Leitfaden.pdf".into(), format: None }),
            ..RequestDocument::default()
        };
        let (subject, html, text) = rendered(document);
        assert_eq!(subject, "Bitte bestätigen");
        for part in [html, text] {
            for word in
                ["„Leitfaden“", "Leitfaden.pdf", "Ich möchte Neues hören.", "https://leads.example/f/confirm/x", "Acme"]
            {
                assert!(part.contains(word), "{word} in {part}");
            }
        }
    }

    #[test]
    fn hostile_words_are_words() {
        let hostile = "<script>x</script>{{ lead.email }}{% assign a = 1 %}\r\nBcc: eve@x.example";
        let document = RequestDocument {
            language: "en".into(),
            title: hostile.into(),
            subject: hostile.into(),
            letter: Some(format!("one\r\n\r\n{hostile}")),
            ..RequestDocument::default()
        };
        let (subject, html, _) = rendered(document);
        assert!(!subject.contains(['\r', '\n']) && subject.contains("{{ lead.email }}"), "{subject}");
        assert!(!html.contains("<script>") && html.contains("{{ lead.email }}"), "{html}");
    }
}
