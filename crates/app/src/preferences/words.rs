//! The words of the pages behind a mail's links, in every language that they speak. What somebody agrees to is kept as
//! proof in the words that were shown.

/// A language of these pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    German,
    French,
    Italian,
}

impl Language {
    pub(crate) const ALL: [Language; 4] = [Language::English, Language::German, Language::French, Language::Italian];

    /// For `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::French => "fr",
            Language::Italian => "it",
        }
    }

    /// The language of a tag such as `de-AT` or `de_DE`; `None` where the pages do not speak it.
    pub fn of_tag(tag: &str) -> Option<Language> {
        let code = tag.trim().split(['-', '_', ';']).next().unwrap_or_default().to_ascii_lowercase();
        Language::ALL.into_iter().find(|language| language.tag() == code)
    }

    /// The first of these that the pages speak, as a header `Accept-Language` lists them.
    pub fn of_header(header: &str) -> Option<Language> {
        header.split(',').find_map(Language::of_tag)
    }

    pub fn words(self) -> &'static Words {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
            Language::Italian => &ITALIAN,
        }
    }
}

/// The words of one language.
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    /// Before the address.
    pub about: &'static str,
    pub subscriptions: &'static str,
    /// The one subscription of a playbook that declares none.
    pub all: &'static str,
    /// What is not part of a subscription, where everything was ended.
    pub other: &'static str,
    pub topics: &'static str,
    pub frequency: &'static str,
    pub every: &'static str,
    /// The choices of `every`, each with its duration; the first changes nothing.
    pub intervals: [(&'static str, &'static str); 5],
    pub pause: &'static str,
    pub pauses: [(&'static str, &'static str); 3],
    /// Before the day.
    pub paused_until: &'static str,
    pub end_pause: &'static str,
    pub measuring: &'static str,
    pub tracking: &'static str,
    pub tracking_meaning: &'static str,
    pub forget: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    pub unchanged: &'static str,
    pub end_title: &'static str,
    pub end_all: &'static str,
    /// Before the name of a subscription or topic.
    pub end_one: &'static str,
    pub ended_title: &'static str,
    pub ended: &'static str,
    pub to_preferences: &'static str,
    pub missing_title: &'static str,
    pub missing: &'static str,
    pub inert_title: &'static str,
    pub inert: &'static str,
    pub gone_title: &'static str,
    pub gone: &'static str,
    pub offer_title: &'static str,
    /// With `{topic}`.
    pub offer: &'static str,
    pub choose: &'static str,
    pub chosen: &'static str,
    pub take_back: &'static str,
    pub taken_back: &'static str,
    pub to_page: &'static str,
}

static ENGLISH: Words = Words {
    title: "Your e-mail preferences",
    about: "These settings are for",
    subscriptions: "What you receive",
    all: "E-mails from us",
    other: "Other e-mails from us",
    topics: "Topics you want to hear about",
    frequency: "How often",
    every: "At most one e-mail",
    intervals: [("", "as before"), ("1d", "a day"), ("7d", "a week"), ("14d", "every two weeks"), ("30d", "a month")],
    pause: "Pause",
    pauses: [("", "no pause"), ("30d", "for 30 days"), ("90d", "for 90 days")],
    paused_until: "You receive nothing until",
    end_pause: "end the pause now",
    measuring: "Measuring",
    tracking: "You may see which e-mails I open and which links I click",
    tracking_meaning: "It helps us to write about what interests you. Every link works without it.",
    forget: "Delete what you have seen of me so far",
    save: "Save",
    saved: "Your preferences are saved.",
    unchanged: "Nothing was changed.",
    end_title: "No more e-mails",
    end_all: "Unsubscribe from everything",
    end_one: "Unsubscribe from",
    ended_title: "You are unsubscribed",
    ended: "You will not receive these e-mails any more. One that is on its way already may still arrive.",
    to_preferences: "Change your preferences",
    missing_title: "This link does not work",
    missing: "The address is incomplete, or was changed on its way. Please open the link in the e-mail again.",
    inert_title: "This e-mail is a preview or a test",
    inert: "Its links change nothing. In the e-mails that people receive, each of these links is the reader's own.",
    gone_title: "This e-mail is not kept any more",
    gone: "We have deleted this e-mail, and with it where its links lead. Please visit our website instead.",
    offer_title: "Are you interested in this?",
    offer: "Choose it to hear more about {topic}.",
    choose: "Yes, tell me more about it",
    chosen: "Thank you. You will hear more about {topic}.",
    take_back: "Take it back",
    taken_back: "It is taken back. We have deleted your choice.",
    to_page: "Go to the page",
};

static GERMAN: Words = Words {
    title: "Ihre E-Mail-Einstellungen",
    about: "Diese Einstellungen gelten für",
    subscriptions: "Was Sie erhalten",
    all: "E-Mails von uns",
    other: "Andere E-Mails von uns",
    topics: "Themen, die Sie interessieren",
    frequency: "Wie oft",
    every: "Höchstens eine E-Mail",
    intervals: [
        ("", "wie bisher"),
        ("1d", "am Tag"),
        ("7d", "in der Woche"),
        ("14d", "alle zwei Wochen"),
        ("30d", "im Monat"),
    ],
    pause: "Pause",
    pauses: [("", "keine Pause"), ("30d", "für 30 Tage"), ("90d", "für 90 Tage")],
    paused_until: "Sie erhalten nichts bis",
    end_pause: "die Pause jetzt beenden",
    measuring: "Messung",
    tracking: "Sie dürfen sehen, welche E-Mails ich öffne und welche Links ich anklicke",
    tracking_meaning: "Das hilft uns, über das zu schreiben, was Sie interessiert. Alle Links funktionieren auch ohne.",
    forget: "Löschen, was Sie bisher von mir gesehen haben",
    save: "Speichern",
    saved: "Ihre Einstellungen sind gespeichert.",
    unchanged: "Es wurde nichts geändert.",
    end_title: "Keine E-Mails mehr",
    end_all: "Von allem abmelden",
    end_one: "Abmelden von",
    ended_title: "Sie sind abgemeldet",
    ended: "Sie erhalten diese E-Mails nicht mehr. Eine E-Mail, die schon unterwegs ist, kann noch ankommen.",
    to_preferences: "Einstellungen ändern",
    missing_title: "Dieser Link funktioniert nicht",
    missing: "Die Adresse ist unvollständig oder wurde unterwegs verändert. Bitte öffnen Sie den Link in der E-Mail noch einmal.",
    inert_title: "Diese E-Mail ist eine Vorschau oder ein Test",
    inert: "Ihre Links ändern nichts. In den E-Mails, die andere erhalten, hat jeder seine eigenen.",
    gone_title: "Diese E-Mail ist nicht mehr gespeichert",
    gone: "Wir haben diese E-Mail gelöscht und damit auch, wohin ihre Links führen. Bitte besuchen Sie unsere Website.",
    offer_title: "Interessiert Sie das?",
    offer: "Wählen Sie es aus, um mehr darüber zu erfahren: {topic}.",
    choose: "Ja, ich möchte mehr darüber wissen",
    chosen: "Danke. Sie erhalten mehr über {topic}.",
    take_back: "Zurücknehmen",
    taken_back: "Es ist zurückgenommen. Wir haben Ihre Auswahl gelöscht.",
    to_page: "Zur Seite",
};

static FRENCH: Words = Words {
    title: "Vos préférences e-mail",
    about: "Ces réglages concernent",
    subscriptions: "Ce que vous recevez",
    all: "Nos e-mails",
    other: "Nos autres e-mails",
    topics: "Les sujets qui vous intéressent",
    frequency: "À quelle fréquence",
    every: "Au plus un e-mail",
    intervals: [
        ("", "comme avant"),
        ("1d", "par jour"),
        ("7d", "par semaine"),
        ("14d", "toutes les deux semaines"),
        ("30d", "par mois"),
    ],
    pause: "Pause",
    pauses: [("", "pas de pause"), ("30d", "pendant 30 jours"), ("90d", "pendant 90 jours")],
    paused_until: "Vous ne recevez rien jusqu’au",
    end_pause: "terminer la pause maintenant",
    measuring: "Suivi",
    tracking: "Vous pouvez voir quels e-mails j’ouvre et sur quels liens je clique",
    tracking_meaning: "Cela nous aide à écrire sur ce qui vous intéresse. Tous les liens fonctionnent aussi sans cela.",
    forget: "Effacer ce que vous avez vu de moi jusqu’ici",
    save: "Enregistrer",
    saved: "Vos préférences sont enregistrées.",
    unchanged: "Rien n’a été modifié.",
    end_title: "Ne plus recevoir d’e-mails",
    end_all: "Me désabonner de tout",
    end_one: "Me désabonner de",
    ended_title: "Vous ne recevrez plus ces e-mails",
    ended: "Votre désabonnement est enregistré. Un e-mail qui est déjà en route peut encore arriver.",
    to_preferences: "Modifier vos préférences",
    missing_title: "Ce lien ne fonctionne pas",
    missing: "L’adresse est incomplète ou a été modifiée en chemin. Veuillez rouvrir le lien dans l’e-mail.",
    inert_title: "Cet e-mail est un aperçu ou un test",
    inert: "Ses liens ne changent rien. Dans les e-mails que d’autres reçoivent, chacun a ses propres liens.",
    gone_title: "Cet e-mail n’est plus conservé",
    gone: "Nous avons supprimé cet e-mail, et avec lui la destination de ses liens. Veuillez consulter notre site.",
    offer_title: "Cela vous intéresse-t-il\u{a0}?",
    offer: "Choisissez ce sujet pour en savoir plus\u{a0}: {topic}.",
    choose: "Oui, je veux en savoir plus",
    chosen: "Merci. Vous en saurez bientôt plus sur ce sujet\u{a0}: {topic}.",
    take_back: "Annuler ce choix",
    taken_back: "C’est annulé. Nous avons supprimé votre choix.",
    to_page: "Aller à la page",
};

static ITALIAN: Words = Words {
    title: "Le Sue preferenze e-mail",
    about: "Queste impostazioni valgono per",
    subscriptions: "Che cosa riceve",
    all: "Le nostre e-mail",
    other: "Le altre nostre e-mail",
    topics: "Gli argomenti che Le interessano",
    frequency: "Con quale frequenza",
    every: "Al massimo un’e-mail",
    intervals: [
        ("", "come prima"),
        ("1d", "al giorno"),
        ("7d", "alla settimana"),
        ("14d", "ogni due settimane"),
        ("30d", "al mese"),
    ],
    pause: "Pausa",
    pauses: [("", "nessuna pausa"), ("30d", "per 30 giorni"), ("90d", "per 90 giorni")],
    paused_until: "Non riceve nulla fino al",
    end_pause: "terminare ora la pausa",
    measuring: "Misurazione",
    tracking: "Potete vedere quali e-mail apro e su quali link clicco",
    tracking_meaning: "Ci aiuta a scrivere di ciò che Le interessa. Tutti i link funzionano anche senza.",
    forget: "Cancellare ciò che avete visto di me finora",
    save: "Salva",
    saved: "Le Sue preferenze sono salvate.",
    unchanged: "Non è stato modificato nulla.",
    end_title: "Non ricevere più e-mail",
    end_all: "Annulla tutte le iscrizioni",
    end_one: "Annulla l’iscrizione a",
    ended_title: "La Sua iscrizione è annullata",
    ended: "Non riceverà più queste e-mail. Un’e-mail che è già in viaggio può ancora arrivare.",
    to_preferences: "Modifica le preferenze",
    missing_title: "Questo link non funziona",
    missing: "L’indirizzo è incompleto o è stato modificato lungo il percorso. Apra di nuovo il link nell’e-mail.",
    inert_title: "Questa e-mail è un’anteprima o una prova",
    inert: "I suoi link non cambiano nulla. Nelle e-mail che gli altri ricevono, ciascuno ha i propri.",
    gone_title: "Questa e-mail non è più conservata",
    gone: "Abbiamo cancellato questa e-mail e, con essa, la destinazione dei suoi link. Visiti il nostro sito.",
    offer_title: "Le interessa?",
    offer: "Scelga questo argomento per saperne di più: {topic}.",
    choose: "Sì, vorrei saperne di più",
    chosen: "Grazie. Riceverà altro su questo argomento: {topic}.",
    take_back: "Annulla la scelta",
    taken_back: "È annullata. Abbiamo cancellato la Sua scelta.",
    to_page: "Vai alla pagina",
};

#[cfg(test)]
pub(crate) mod testing {
    use std::fmt;

    use super::Language;

    /// Holds the words of a language against those in English: each is there, has the same places for what is meant, and is
    /// written in the language, apart from those named.
    pub(crate) fn compare(language: Language, english: &impl fmt::Debug, own: &impl fmt::Debug, same: &[&str]) {
        let [english, own] = [english as &dyn fmt::Debug, own].map(|words| format!("{words:#?}"));
        assert_eq!(english.lines().count(), own.lines().count(), "{language:?}");
        for (theirs, ours) in english.lines().zip(own.lines()) {
            let Some((name, text)) = ours.trim().split_once(": \"") else { continue };
            assert!(text != "\",", "{language:?}: {name} is empty");
            assert_eq!(places(theirs), places(ours), "{language:?}: {ours}");
            let may_be_same = language == Language::English || same.contains(&name);
            assert!(may_be_same || theirs != ours, "{language:?}: {ours}");
        }
    }

    /// What stands for something, such as `{topic}`, in the order of names.
    fn places(text: &str) -> Vec<&str> {
        let names = text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
        // A blank that does not break is written `\u{a0}`.
        let mut names: Vec<&str> = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_tags_and_headers() {
        for (tag, expected) in [
            ("de-AT", Some("de")),
            ("DE_de", Some("de")),
            ("en", Some("en")),
            ("fr-CH", Some("fr")),
            ("it_IT", Some("it")),
            ("es", None),
            ("", None),
            ("deutsch", None),
        ] {
            assert_eq!(Language::of_tag(tag).map(Language::tag), expected, "{tag}");
        }
        for (header, expected) in [
            ("fr-CH, fr;q=0.9, de;q=0.7, en;q=0.8", Some("fr")),
            ("rm-CH, it;q=0.9, de;q=0.7", Some("it")),
            ("es, nl;q=0.9, de;q=0.7", Some("de")),
            ("en-US,en;q=0.5", Some("en")),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(Language::of_header(header).map(Language::tag), expected, "{header}");
        }
    }

    #[test]
    fn every_language_has_every_word() {
        for language in Language::ALL {
            testing::compare(language, &ENGLISH, language.words(), &["pause"]);
        }
    }

    #[test]
    fn the_choices_are_the_same_in_every_language() {
        let choices = |words: &Words| {
            [words.intervals.map(|(value, _)| value).to_vec(), words.pauses.map(|(value, _)| value).to_vec()]
        };
        assert!(Language::ALL.iter().all(|language| choices(language.words()) == choices(&ENGLISH)));
    }
}
