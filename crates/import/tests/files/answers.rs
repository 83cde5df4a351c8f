//! Columns that no table and none of the known words tell: where they ask whether somebody wants mail, a no holds consent
//! back, and columns about other things are left alone.

use crate::optouts::granted;
use crate::shown::run;

/// Headers that ask whether mail is wanted, with what somebody says who wants none, and somebody who does.
#[rustfmt::skip]
const ASKED: &[(&str, &str, &str)] = &[
    ("Marketing OK", "no", "yes"),
    ("Receive Updates", "false", "true"),
    ("Mailing List", "no", "yes"),
    ("Send marketing", "no", "yes"),
    ("OK to contact", "no", "yes"),
    ("Mail allowed", "no", "yes"),
    ("Wants offers by email", "no", "yes"),
    ("May we contact you?", "no", "yes"),
    ("Subscriber", "No", "Yes"),
    ("Mailing Preference", "None", "All"),
    ("Communication preferences", "none", "all"),
    ("Left the list on", "2024-01-01", ""),
    ("Darf angeschrieben werden", "nein", "ja"),
    ("Werbung per E-Mail", "nein", "ja"),
    ("Mailing erlaubt", "nein", "ja"),
    ("Kontaktaufnahme erlaubt", "nein", "ja"),
    ("Möchte informiert werden", "nein", "ja"),
    ("Will nichts mehr hören", "ja", "nein"),
    ("Ne souhaite pas recevoir", "oui", "non"),
    ("Souhaite recevoir nos offres", "non", "oui"),
    ("Autorise le contact", "non", "oui"),
    ("Autoriza publicidad", "no", "sí"),
    ("Quiere recibir ofertas", "no", "sí"),
    ("Privacy marketing", "no", "sì"),
    ("Trattamento dati per marketing", "no", "sì"),
    ("Non desidera comunicazioni", "sì", "no"),
    ("Bezwaar tegen marketing", "ja", "nee"),
    ("Mag gemaild worden", "nee", "ja"),
    ("Wil mails ontvangen", "nee", "ja"),
    ("Mailing toegestaan", "nee", "ja"),
    // Others of these kinds.
    ("Happy to hear from us", "N", "Y"),
    ("Promotional material", "0", "1"),
    ("direct_marketing", "FALSE", "TRUE"),
    ("Product news", "off", "on"),
    ("Include in mailing", "", "x"),
    ("Never contact", "yes", "no"),
    ("Stopped mail on", "2024-01-01", ""),
    ("Objects to marketing", "true", "false"),
    ("Removed from mailing", "31/01/2024", ""),
    ("Doesn't want offers", "yes", "no"),
    ("Contact preference", "None", "Email"),
    ("Im Verteiler", "nein", "ja"),
    ("Infos per Mail", "nein", "ja"),
    ("Angebote zusenden", "nein", "ja"),
    ("Kontakt nicht erlaubt", "ja", "nein"),
    ("Lehnt Werbung ab", "x", ""),
    ("Einverstanden", "nein", "ja"),
    ("Peut être contacté", "non", "oui"),
    ("Refuse les offres", "oui", "non"),
    ("Reçoit nos actualités", "faux", "vrai"),
    ("Communications commerciales", "non", "oui"),
    ("Desea información", "no", "sí"),
    ("No le interesan ofertas", "sí", "no"),
    ("Vuole ricevere offerte", "no", "sì"),
    ("Rifiuta comunicazioni", "sì", "no"),
    ("Ontvangt aanbiedingen", "nee", "ja"),
    ("Geen reclame", "ja", "nee"),
    ("Mag benaderd worden", "nee", "ja"),
    ("Get updates on DM content", "no", "yes"),
    ("Newsletter on hold", "yes", "no"),
    // A refusal and nothing else.
    ("Said no", "yes", "no"),
    ("Veto", "x", ""),
    ("Vetoed", "2024-01-01", ""),
    ("Vetoed on", "31/01/2024", ""),
    ("Refusal", "yes", "no"),
    ("Objections", "by phone in May", ""),
    ("Does not want", "true", "false"),
    ("No thanks", "1", "0"),
    ("Never again", "yes", "no"),
    ("Left on", "2024-01-01", ""),
    ("Abgelehnt am", "01.02.2024", ""),
    ("Hat nein gesagt", "ja", "nein"),
    ("Will nicht", "ja", "nein"),
    ("Kein Interesse", "x", ""),
    ("Verweigert", "ja", "nein"),
    ("Einspruch", "ja", "nein"),
    ("Nein danke", "ja", "nein"),
    ("A dit non", "oui", "non"),
    ("Refusé", "oui", "non"),
    ("Ne veut plus", "oui", "non"),
    ("Pas intéressé", "oui", "non"),
    ("Dijo que no", "sí", "no"),
    ("Rechazado", "sí", "no"),
    ("No quiere", "sí", "no"),
    ("Ha detto no", "sì", "no"),
    ("Rifiutato", "sì", "no"),
    ("Non vuole", "sì", "no"),
    // Refusals of what is sent to many.
    ("Vetoed marketing", "yes", "no"),
    ("Loathes newsletters", "yes", "no"),
    ("Tired of newsletters", "yes", "no"),
    ("Werbegegner", "ja", "nein"),
    ("Newsletterverweigerer", "ja", "nein"),
    ("Werbung verbeten", "ja", "nein"),
    ("Newsletter nervt", "ja", "nein"),
    ("En a marre des newsletters", "oui", "non"),
    ("Déteste la publicité", "oui", "non"),
    ("Harto de publicidad", "sí", "no"),
    ("Odia los boletines", "sí", "no"),
    ("Stufo di pubblicità", "sì", "no"),
    ("Nessuna newsletter", "sì", "no"),
    // A text that is no answer, beside a yes.
    ("Marketing OK", "said no to newsletters", "yes"),
    ("Marketing OK", "perhaps later", "yes"),
    ("Newsletter", "said no to newsletters", "yes"),
    ("Newsletter", "will nichts mehr", "ja"),
    ("Newsletter", "lieber nicht", "ja"),
    ("Newsletter", "nur per Post", "ja"),
    ("Opt-in", "Opt-in verweigert", "Opt-in by form"),
    ("Opt-in", "no longer subscribed", "subscribed"),
    ("Consent", "former subscriber", "yes"),
    ("Einwilligung", "Einwilligung zurückgezogen", "liegt vor, Einwilligung per Formular"),
    ("Consentement", "a dit non", "oui"),
    ("Consentimiento", "dijo que no", "sí"),
    ("Consenso marketing", "ha detto di no", "sì"),
    ("Newsletter frequency", "never", "weekly"),
    ("Darf angeschrieben werden", "will nichts mehr", "ja"),
    ("Souhaite recevoir nos offres", "plus jamais", "oui"),
    // Not a question: a sentence in a column of notes or tags.
    ("Note", "said no to newsletters", "loves the newsletter"),
    ("Notes", "will nichts mehr", "will ein Angebot"),
    ("Remark", "said no to e-mails", "said yes"),
    ("Bemerkung", "Newsletter bitte nicht", "kein Budget"),
    ("Commentaire", "ne veut plus de publicité", "veut un devis"),
    ("Observaciones", "no quiere más publicidad", "no tiene presupuesto"),
    ("Osservazioni", "non vuole più pubblicità", "non ha budget"),
    ("Tags", "vetoed", "customer"),
    ("Note", "does not want e-mails any more", "nice chat"),
    ("Comment", "doesn't want e-mails", "wants a call"),
    ("Bemerkung", "möchte keine E-Mails", "möchte Muster"),
    ("Remarks", "no mails", "no remarks"),
];

/// A yes grants only where each word is understood: a word that nobody knows may refuse.
#[test]
fn a_header_with_an_unknown_word_grants_nobody_and_is_named_with_the_ways_out() {
    for header in ["Newsletter grr", "Newsletter ade", "Consent Acme", "Marketing OK grr"] {
        let list = format!("email,{header}\na@x.de,yes\nb@x.de,no\nc@x.de,\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).unwrap();
        let said = done.report.to_string();
        assert_eq!((done.report.consents, done.report.held_back), (0, 3), "{header}: {said}");
        assert!(said.contains(&format!("\u{201c}{header}\u{201d}")), "{said}");
    }
    let list = "email,Newsletter Acme\na@x.de,yes\nb@x.de,no\nc@x.de,\n";
    let said = run(&[("l.csv", list)], "", Some("form")).unwrap().report.to_string();
    for wanted in ["--map \"Newsletter Acme=agreed\"", "--map \"Newsletter Acme=unsubscribed\"", "=now:newsletter_acme"]
    {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    for (map, consents) in
        [("Newsletter Acme=agreed", 1), ("Newsletter Acme=unsubscribed", 2), ("Newsletter Acme=now:newsletter_acme", 2)]
    {
        assert_eq!(run(&[("l.csv", list)], map, Some("form")).unwrap().report.consents, consents, "{map}");
    }
}

/// What is understood as a yes stays one.
#[test]
fn consent_that_is_understood_is_granted() {
    for (header, yes) in [
        ("Newsletter", "ja"),
        ("Subscribed", "true"),
        ("Opt-in", "2024-03-01"),
        ("Newsletter (web form)", "yes"),
        ("Newsletter from Acme", "yes"),
        ("Kundennewsletter", "ja"),
        ("Consent to marketing emails", "TRUE"),
        ("Marketing opt-in", "Opt-in at Hanover Fair"),
        ("Consent", "confirmed via double opt-in 2024-03-01"),
        ("Einwilligung in Werbung per E-Mail", "ja"),
        ("Consentement marketing", "oui"),
        ("Acepta recibir publicidad", "sí"),
        ("Consenso al trattamento dei dati", "sì"),
        ("Exclusive offers", "yes"),
        ("Newsletter consent (yes/no)", "yes"),
    ] {
        let list = format!("email;{header}\nyes@x.de;{yes}\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).unwrap();
        assert!(granted(&done, "yes@x.de"), "{header}: {}", done.report);
    }
}

/// Headers with some of the same words. Their noes are about something else.
const ABOUT_SOMETHING_ELSE: &str = "Contacted|Contact owner|Contact person|Contact verified|Primary contact|Billing contact|\
    Emergency contact|Hauptkontakt|Kontaktiert|Mailing City|Mailing address complete|List price|Price list|Guest list|\
    Waiting list|Warteliste|Listed company|Marketing budget|Marketing Qualified|Marketing agency|Marketplace seller|\
    Promoter|Promo code used|Offer accepted|Offer sent|Angebot versendet|Email sent|Is free email|Disposable email|\
    Email duplicate|Mail client|Information complete|Datenschutz informiert|Sample received|Aktualisiert|Environment|\
    SMS updates|Contact by phone|Newspaper|Digital Advertisement|VIP|Search";

#[test]
fn a_no_to_being_written_to_holds_consent_back_whatever_asks() {
    let mut wrong = Vec::new();
    for (header, no, yes) in ASKED {
        let list = format!("email;{header}\nno@x.de;{no}\nyes@x.de;{yes}\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).unwrap();
        let said = done.report.to_string();
        let named =
            [format!("\u{201c}{header}\u{201d}"), format!("{header} \u{2192} ")].iter().any(|name| said.contains(name));
        if granted(&done, "no@x.de") || !granted(&done, "yes@x.de") || !named || !done.rejected.is_empty() {
            wrong.push(format!("{header}: {}{}", done.report, done.rejected));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ASKED.len(), wrong.join("\n"));
}

#[test]
fn columns_about_something_else_hold_nothing_back() {
    let mut wrong = Vec::new();
    for header in ABOUT_SOMETHING_ELSE.split('|') {
        let list = format!("email,{header}\nno@x.de,no\nyes@x.de,yes\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).unwrap();
        if done.report.consents != 2 {
            wrong.push(format!("{header}: {}", done.report));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A single cell that is no answer shows that the others are none.
    let list = "email,Which mailing\na@x.de,no\nb@x.de,yes\nc@x.de,Spring catalogue\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    assert_eq!(done.report.consents, 3, "{}", done.report);
}

#[test]
fn an_answer_that_holds_back_is_named_with_a_way_out() {
    let list = "email,Marketing OK\na@x.de,yes\nb@x.de,no\nc@x.de,\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    assert_eq!((done.report.consents, done.report.held_back), (1, 2), "{}", done.report);
    let said = done.report.to_string();
    for wanted in [
        "\u{201c}Marketing OK\u{201d} says \u{201c}no\u{201d} in 1 row, which may mean that no mail is wanted: consent is held \
         back there; if this is about something else, say --map \"Marketing OK=now:marketing_ok\"\n",
        "\u{201c}Marketing OK\u{201d} is empty in 1 row: without a yes no consent is granted there",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    for (map, consents) in
        [("Marketing OK=now:marketing_ok", 3), ("Marketing OK=-", 3), ("Marketing OK=marketing_ok", 1)]
    {
        let done = run(&[("l.csv", list)], map, Some("form")).unwrap();
        assert_eq!(done.report.consents, consents, "{map}: {}", done.report);
    }
}

/// Who is called a subscriber may be one by a yes, and not by an address.
#[test]
fn answers_in_a_column_of_addresses_are_kept_as_answers() {
    let list = "email,Subscriber\na@x.de,yes\nb@x.de,no\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    assert!(done.raw.contains("\"subscriber\":\"no\"") && !done.raw.contains("invalid_email"), "{}", done.raw);
    assert_eq!(done.report.files[0].unread, 0, "{}", done.report);
    let addresses = run(&[("l.csv", "Subscriber,Name\na@x.de,A\nno,B\n")], "", Some("form")).unwrap();
    assert_eq!((addresses.report.consents, addresses.report.rejected), (1, 1), "{}", addresses.report);
}

#[test]
fn attributes_in_json_are_asked_as_columns_are() {
    let list = "email,name,attributes\n\
                no@x.de,N,\"{\"\"marketing_ok\"\": false, \"\"email_sent\"\": true}\"\n\
                yes@x.de,Y,\"{\"\"marketing_ok\"\": true, \"\"email_sent\"\": false}\"\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    assert!(!granted(&done, "no@x.de") && granted(&done, "yes@x.de"), "{}", done.report);
    assert!(done.report.to_string().contains("`marketing_ok` may mean that no mail is wanted"), "{}", done.report);
}
