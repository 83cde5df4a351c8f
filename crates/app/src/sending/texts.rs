//! Which text of an e-mail a lead gets: its language, and in the playbook's language its variant (contract §3.13–14).

use attractor_engine::condition::sampled;
use attractor_engine::playbook::{Email, Playbook, Translation, Variant};
use attractor_live::profile::Profile;

use super::countries;

/// The text of one copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChosenText<'p> {
    pub language: &'p str,
    pub because: Because<'p>,
    pub variant: Option<&'p str>,
    pub subject: &'p str,
    pub preheader: &'p str,
    /// A path in the playbook's folder, or MJML.
    pub body: &'p str,
}

/// Why a copy is in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because<'p> {
    /// The lead's own language.
    Attribute(&'p str),
    /// The only language of its country.
    Country(&'static str),
    /// The form that asked for it was shown in it.
    Form,
    /// Nothing better is known.
    Playbook,
    /// Whoever looks at the e-mail named it.
    Request,
}

impl std::fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Because::Attribute(name) => write!(f, "the lead's attribute `{name}` asks for it"),
            Because::Country(language) => {
                write!(f, "{} is the language of the lead's country", countries::language_name(language))
            }
            Because::Form => f.write_str("the form was shown in it"),
            Because::Playbook => f.write_str("it is the playbook's language"),
            Because::Request => f.write_str("the request names it"),
        }
    }
}

impl<'p> ChosenText<'p> {
    /// A text as it is written, to be checked.
    pub fn written(language: &'p str, subject: &'p str, preheader: &'p str, body: &'p str) -> ChosenText<'p> {
        ChosenText { language, because: Because::Playbook, variant: None, subject, preheader, body }
    }

    /// The text of an e-mail that a form asked for, in the language of the form.
    pub fn of_form(email: &'p Email, language: &'p str) -> ChosenText<'p> {
        let (subject, body) = (&email.subject, &email.body);
        ChosenText { language, because: Because::Form, variant: None, subject, preheader: "", body }
    }
}

/// The text that a lead of this name gets. Variants are texts in the playbook's language, so a translation has none.
pub fn choose<'p>(playbook: &'p Playbook, email: &'p Email, profile: &Profile, lead: &str) -> ChosenText<'p> {
    let (language, because) = language(playbook, email, profile);
    translated(playbook, email, language, because)
        .unwrap_or_else(|| own(email, language, because, variant(email, lead)))
}

/// The text in this language and variant, which somebody names; `None`: the playbook's language, the e-mail itself. The
/// error says what the e-mail has.
pub fn named<'p>(
    playbook: &'p Playbook,
    email: &'p Email,
    language: Option<&str>,
    variant: Option<&str>,
) -> Result<ChosenText<'p>, TextError> {
    let asked = language.unwrap_or(playbook.language());
    let is_own = asked.eq_ignore_ascii_case(playbook.language());
    let found = email.languages.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(asked));
    if let Some((tag, _)) = found.filter(|_| !is_own) {
        return match variant {
            None => {
                let text = translated(playbook, email, tag, Because::Request);
                text.ok_or(TextError::Language(languages(playbook, email)))
            }
            Some(_) => Err(TextError::TranslatedVariant),
        };
    }
    if !is_own {
        return Err(TextError::Language(languages(playbook, email)));
    }
    let variant =
        match variant {
            Some(id) => Some(email.variants.iter().find(|variant| variant.id == id).ok_or_else(|| {
                TextError::Variant(email.variants.iter().map(|variant| variant.id.clone()).collect())
            })?),
            None => None,
        };
    Ok(own(email, playbook.language(), Because::Request, variant))
}

/// Why an e-mail has no text of the language and variant that somebody names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextError {
    /// It has these languages.
    Language(Vec<String>),
    /// It has these variants.
    Variant(Vec<String>),
    /// Only the text in the playbook's language has variants.
    TranslatedVariant,
}

/// The languages of an e-mail, the playbook's first.
pub fn languages(playbook: &Playbook, email: &Email) -> Vec<String> {
    std::iter::once(playbook.language().to_owned()).chain(email.languages.iter().map(|(tag, _)| tag.clone())).collect()
}

fn translated<'p>(
    playbook: &Playbook,
    email: &'p Email,
    language: &str,
    because: Because<'p>,
) -> Option<ChosenText<'p>> {
    let (tag, translation) = email.languages.iter().find(|(tag, _)| tag == language)?;
    let Translation { subject, body, .. } = translation;
    let preheader = playbook.preheader_of(email, tag, translation).unwrap_or_default();
    Some(ChosenText { language: tag, because, variant: None, subject, preheader, body })
}

/// The text in the playbook's language.
fn own<'p>(email: &'p Email, language: &'p str, because: Because<'p>, variant: Option<&'p Variant>) -> ChosenText<'p> {
    ChosenText {
        language,
        because,
        variant: variant.map(|variant| variant.id.as_str()),
        subject: variant.and_then(|variant| variant.subject.as_deref()).unwrap_or(&email.subject),
        preheader: variant
            .and_then(|variant| variant.preheader.as_deref())
            .or(email.preheader.as_deref())
            .unwrap_or_default(),
        body: variant.and_then(|variant| variant.body.as_deref()).unwrap_or(&email.body),
    }
}

const LANGUAGES: [&str; 2] = ["language", "locale"];
const COUNTRIES: [&str; 3] = ["country", "address.country", "country_code"];

fn language<'p>(playbook: &'p Playbook, email: &'p Email, profile: &Profile) -> (&'p str, Because<'p>) {
    let offered = || std::iter::once(playbook.language()).chain(email.languages.iter().map(|(tag, _)| tag.as_str()));
    let text = |name: &str| profile.attribute(name).and_then(|attribute| attribute.value.as_str());
    let best = |wanted: &str| longest_match(wanted, offered());
    for name in LANGUAGES {
        if let Some(tag) = text(name).and_then(best) {
            return (tag, Because::Attribute(name));
        }
    }
    for name in COUNTRIES {
        let spoken = text(name).and_then(countries::one_language);
        if let Some((language, tag)) = spoken.and_then(|language| Some((language, best(language)?))) {
            return (tag, Because::Country(language));
        }
    }
    (playbook.language(), Because::Playbook)
}

/// The language of a lead's country, where that has one.
pub fn of_country(profile: &Profile) -> Option<&'static str> {
    let text = |name: &str| profile.attribute(name).and_then(|attribute| attribute.value.as_str());
    COUNTRIES.into_iter().filter_map(text).find_map(countries::one_language)
}

/// The offered tag that is the same as the wanted one, or as its beginning: of several the longest.
fn longest_match<'p>(wanted: &str, offered: impl Iterator<Item = &'p str>) -> Option<&'p str> {
    let wanted = wanted.trim().replace('_', "-").to_ascii_lowercase();
    let is_start = |tag: &&str| {
        let tag = tag.to_ascii_lowercase();
        wanted == tag || wanted.strip_prefix(&tag).is_some_and(|rest| rest.starts_with('-'))
    };
    offered.filter(is_start).max_by_key(|tag| tag.len())
}

/// The variant of a lead; `None`: the e-mail itself.
fn variant<'p>(email: &'p Email, lead: &str) -> Option<&'p Variant> {
    let seed = format!("{}/variant", email.id);
    let mut share = 0.0;
    email.variants.iter().find(|variant| {
        share += variant.share;
        sampled(share, &seed, lead)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sending::testing::profile;

    fn playbook() -> Playbook {
        let translation =
            |subject: &str| Translation { subject: subject.into(), preheader: None, body: "<mjml>".into() };
        let email = Email {
            id: "offer".into(),
            subject: "Hello".into(),
            body: "offer.mjml".into(),
            preheader: Some("News".into()),
            languages: vec![("de".into(), translation("Hallo")), ("de-AT".into(), translation("Servus"))],
            ..Email::default()
        };
        Playbook { emails: vec![email], ..Playbook::default() }
    }

    #[test]
    fn a_copy_is_in_the_leads_language_else_in_its_countrys_else_in_the_playbooks() {
        let playbook = playbook();
        for (attributes, subject, why) in [
            (json!({}), "Hello", "playbook's"),
            (json!({"language": "de"}), "Hallo", "`language`"),
            (json!({"locale": "de_AT"}), "Servus", "`locale`"),
            (json!({"language": "DE-ch"}), "Hallo", "`language`"),
            (json!({"language": "fr", "locale": "de-AT-1996"}), "Servus", "`locale`"),
            (json!({"language": "en-GB", "country": "DE"}), "Hello", "`language`"),
            (json!({"language": "fr", "country": "DE"}), "Hallo", "German is the language of the lead's country"),
            (json!({"address.country": "Austria"}), "Hallo", "German is the language of the lead's country"),
            (json!({"country": "Deutschland"}), "Hallo", "the lead's country"),
            (json!({"country": "Österreich"}), "Hallo", "the lead's country"),
            (json!({"country": "CH"}), "Hello", "playbook's"),
            (json!({"country": "FR"}), "Hello", "playbook's"),
            (json!({"language": "deutsch"}), "Hello", "playbook's"),
            (json!({"language": 7, "country": ["DE"]}), "Hello", "playbook's"),
        ] {
            let chosen = choose(&playbook, &playbook.emails[0], &profile(&attributes), "ada");
            assert_eq!(chosen.subject, subject, "{attributes}");
            assert!(chosen.because.to_string().contains(why), "{attributes}: {}", chosen.because);
        }
    }

    #[test]
    fn a_text_is_found_by_what_it_is_called() {
        let mut playbook = playbook();
        let bold =
            Variant { id: "bold".into(), share: 50.0, subject: Some("HELLO".into()), preheader: None, body: None };
        playbook.emails[0].variants = vec![bold];
        let email = &playbook.emails[0];
        let subject = |language, variant| named(&playbook, email, language, variant).map(|text| text.subject);
        for (language, variant, expected) in [
            (None, None, Ok("Hello")),
            (Some("EN"), Some("bold"), Ok("HELLO")),
            (Some("de-at"), None, Ok("Servus")),
            (Some("fr"), None, Err(TextError::Language(vec!["en".into(), "de".into(), "de-AT".into()]))),
            (None, Some("thin"), Err(TextError::Variant(vec!["bold".into()]))),
            (Some("de"), Some("bold"), Err(TextError::TranslatedVariant)),
        ] {
            assert_eq!(subject(language, variant), expected, "{language:?} {variant:?}");
        }
    }

    #[test]
    fn shares_of_leads_get_variants_and_the_rest_gets_the_email() {
        let mut playbook = playbook();
        let variant = |id: &str, share: f64, subject: Option<&str>| Variant {
            id: id.into(),
            share,
            subject: subject.map(str::to_owned),
            preheader: None,
            body: (id == "b").then(|| "other.mjml".into()),
        };
        playbook.emails[0].variants = vec![variant("a", 30.0, Some("A")), variant("b", 20.0, None)];
        let (mut a, mut b) = (0, 0);
        for number in 0..2_000 {
            let name = format!("lead-{number}");
            let chosen = choose(&playbook, &playbook.emails[0], &profile(&json!({})), &name);
            assert_eq!(chosen, choose(&playbook, &playbook.emails[0], &profile(&json!({})), &name));
            match (chosen.variant, chosen.subject, chosen.body) {
                (Some("a"), "A", "offer.mjml") => a += 1,
                (Some("b"), "Hello", "other.mjml") => b += 1,
                (None, "Hello", "offer.mjml") => {}
                odd => panic!("{odd:?}"),
            }
            assert_eq!(chosen.preheader, "News");
        }
        assert!((520..680).contains(&a) && (330..470).contains(&b), "{a} and {b} of 2,000");
        let german = choose(&playbook, &playbook.emails[0], &profile(&json!({"language": "de"})), "lead-1");
        assert_eq!((german.variant, german.preheader), (None, ""));
    }

    #[test]
    fn a_translation_without_a_preheader_has_the_emails_in_the_same_language_alone() {
        let mut playbook = playbook();
        let text = |preheader: Option<&str>| Translation {
            subject: "S".into(),
            preheader: preheader.map(str::to_owned),
            body: "<mjml>".into(),
        };
        let email = &mut playbook.emails[0];
        email.languages = vec![
            ("de".into(), text(None)),
            ("en-GB".into(), text(None)),
            ("en-IE".into(), text(Some("News from Cork"))),
            ("fr".into(), text(Some("Nouvelles"))),
        ];
        for (language, preheader) in
            [("en", "News"), ("en-GB", "News"), ("en-IE", "News from Cork"), ("fr", "Nouvelles"), ("de", "")]
        {
            let by_lead = choose(&playbook, &playbook.emails[0], &profile(&json!({"language": language})), "ada");
            assert_eq!((by_lead.language, by_lead.preheader), (language, preheader));
            let by_name = named(&playbook, &playbook.emails[0], Some(language), None).unwrap();
            assert_eq!((by_name.language, by_name.preheader), (language, preheader));
        }
        playbook.language = Some("de-AT".into());
        let german = named(&playbook, &playbook.emails[0], Some("de"), None).unwrap();
        assert_eq!(german.preheader, "News");
    }
}
