//! What the headers of lists in six languages mean, and HubSpot's exports in German.

use crate::shown::run;

/// What the second column of a list of leads means, beside their addresses.
fn meaning(header: &str, cell: &str) -> String {
    let done = run(&[("l.csv", &format!("email;{header}\na@x.org;{cell}\n"))], "", None).expect("an import");
    let column = &done.report.files[0].overview[1];
    assert_eq!(column.column, header);
    format!("{}{}", column.meaning, if column.guessed { ", guessed" } else { "" })
}

/// Headers that mean the same, a cell below them, and what they mean.
const HEADERS: [(&str, &str, &str); 17] = [
    (
        "Mitarbeiter|Anzahl Mitarbeiter|Anzahl der Mitarbeiter|Mitarbeiterzahl|Mitarbeiterinnen|Firmengröße|\
             Unternehmensgröße|Effectif|Nombre d'employés|Nombre de salariés|Empleados|Número de empleados|\
             Nº de empleados|Dipendenti|Numero di dipendenti|N. dipendenti|Medewerkers|Aantal medewerkers|\
             Number of Employees",
        "250",
        "company.size, as a number",
    ),
    (
        "Telefonnummer|Telefon|Rufnummer|Téléphone|Numéro de téléphone|Teléfono|Número de teléfono|Telefono|\
             Numero di telefono|Telefoonnummer|Phone Number",
        "0228 1",
        "phone",
    ),
    (
        "Mobilnummer|Mobiltelefonnummer|Handynummer|Mobil|Téléphone portable|Portable|Móvil|Teléfono móvil|\
             Cellulare|Mobiel nummer|Mobile Phone",
        "0171 1",
        "mobile_phone",
    ),
    (
        "Land|Land/Region|Pays|Pays/Région|País|País/región|Paese|Paese/Regione|Nazione|Land/regio|Country",
        "DE",
        "country",
    ),
    (
        "Funktion|Jobtitel|Jobbezeichnung|Stellenbezeichnung|Fonction|Intitulé du poste|Cargo|Puesto de trabajo|\
             Funzione|Ruolo|Functie|Job Title",
        "Einkauf",
        "job_title",
    ),
    ("Abteilung|Departamento|Reparto|Afdeling|Department", "Einkauf", "department"),
    (
        "Letzter Kontakt|Letzte Kontaktaufnahme|Letzte Aktivität|Dernier contact|Dernière activité|\
             Último contacto|Ultimo contatto|Laatste contact|Last Contact|Last Contacted",
        "2024-02-01",
        "date of the row",
    ),
    (
        "Erstellungsdatum|Erstellt am|Date de création|Fecha de creación|Data di creazione|Aangemaakt op",
        "2024-02-01",
        "when it became known",
    ),
    (
        "Unternehmen|Unternehmensname|Firmenname|Société|Nom de l'entreprise|Empresa|Razón social|Azienda|Bedrijfsnaam",
        "X",
        "company.name",
    ),
    ("Branche|Secteur d'activité|Sector|Settore|Bedrijfstak|Industry", "Chemie", "company.industry"),
    ("Vorname|Prénom|Nombre|Nome|Voornaam", "Ada", "first_name"),
    ("Nachname|Nom de famille|Apellidos|Cognome|Achternaam", "Ada", "last_name"),
    ("Kontakt-Zuständiger|Kundenbetreuer|Propriétaire du contact|Propietario|Proprietario|Eigenaar", "Eve", "owner"),
    (
        "Lifecycle-Phase|Phase du cycle de vie|Etapa del ciclo de vida|Fase del ciclo di vita|Levenscyclusfase",
        "Lead",
        "lifecycle_stage",
    ),
    ("Lead-Status|Statut du lead|Estado del lead|Stato del lead", "New", "lead_status"),
    ("PLZ|Code postal|Código postal|Postleitzahl", "01067", "postal_code"),
    (
        "Sprache|SPRACHE|Langue|Idioma|Lingua|Taal|Language|LANGUAGE|Preferred language|Bevorzugte Sprache|\
             Preferred Locale|LanguageLocaleKey|Langue préférée|Idioma preferido|Lingua preferita|Voorkeurstaal",
        "de",
        "language",
    ),
];

#[test]
fn headers_mean_the_same_in_six_languages() {
    for (headers, cell, wanted) in HEADERS {
        for header in headers.split('|') {
            let found = meaning(header, cell);
            let own = format!("attribute {wanted} as text");
            assert!(found == wanted || found == own, "{header}: {found}, expected {wanted}");
        }
    }
}

/// `Name` alone is a full name; beside a first name it is the rest of one.
#[test]
fn a_name_beside_a_first_name_is_a_last_name() {
    for (header, cells, wanted) in [
        ("Name;Vorname", "Lovelace;Ada", "last_name, first_name"),
        ("Vorname;Name", "Ada;Lovelace", "first_name, last_name"),
        ("First name;Name", "Ada;Lovelace", "first_name, last_name"),
        ("Firstname;NAME", "Ada;Lovelace", "first_name, last_name"),
        ("Voornaam;Name", "Ada;Lovelace", "first_name, last_name"),
        ("Nom;Prénom", "Lovelace;Ada", "last_name, first_name"),
        ("Cognome;Nome", "Lovelace;Ada", "last_name, first_name"),
        ("Name;Nome", "Lovelace;Ada", "last_name, first_name"),
        // The name of a family, and a first name that is one.
        ("Name;Vorname", "Otto;Otto", "last_name, first_name"),
        // The full name, as the rows show or a third column says.
        ("Name;Vorname", "Ada Lovelace;Ada", "name, first_name"),
        ("Name;First name", "Lovelace, Ada;Ada", "name, first_name"),
        ("Name;First name;Last name", "Ada L;Ada;Lovelace", "name, first_name, last_name"),
        ("Full name;Vorname", "Lovelace;Ada", "name, first_name"),
        ("Name;City", "Ada Lovelace;London", "name, city"),
    ] {
        let done = run(&[("l.csv", &format!("email;{header}\na@x.org;{cells}\n"))], "", None).expect("an import");
        let found: Vec<&str> =
            done.report.files[0].overview[1..].iter().map(|column| column.meaning.as_str()).collect();
        assert_eq!(found.join(", ").replace("attribute city as text", "city"), wanted, "{header}: {cells}");
    }
    let by_hand = run(&[("l.csv", "email;Name;Vorname\na@x.org;L;Ada\n")], "Name=name", None).expect("an import");
    assert_eq!(by_hand.report.files[0].overview[1].meaning, "name", "what was said by hand stays");
}

/// Somebody who ended a contract may have ended the mail with it.
#[test]
fn the_end_of_a_contract_holds_consent_back_and_is_named() {
    for header in [
        "Kündigung",
        "Gekündigt am",
        "Kündigungsdatum",
        "Kündigungsgrund",
        "Cancellation Date",
        "Cancelled At",
        "Date de résiliation",
        "Fecha de cancelación",
        "Data disdetta",
        "Datum opzegging",
    ] {
        let list = format!("email;{header}\nno@x.de;01.02.2024\nyes@x.de;\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).expect("an import");
        assert!(!done.raw.contains("Unsubscribed"), "{header}: nobody was asked whether mail is unwanted");
        assert_eq!((done.report.consents, done.report.held_back), (1, 1), "{header}");
        assert!(meaning(header, "01.02.2024").ends_with("guessed"), "{header}");
    }
    for header in ["Kündigungsfrist", "Opzegtermijn", "Cancellation Policy"] {
        assert!(meaning(header, "3 Monate").starts_with("attribute"), "{header}");
    }
    let deals = "Deal ID,Email,Deal Name,Kündigung\n1,no@x.de,D,ja\n";
    let people = "email\nno@x.de\n";
    let done = run(&[("deals.csv", deals), ("people.csv", people)], "", Some("form")).expect("an import");
    assert_eq!((done.report.consents, done.report.held_back), (1, 0), "a deal that was cancelled says nothing of mail");
}

#[test]
fn a_hubspot_export_in_german_needs_no_map() {
    let list = "Datensatz-ID,Vorname,Nachname,E-Mail,Telefonnummer,Kontakt-Zuständiger,Lifecycle-Phase,Lead-Status,\
                Marketingkontakt-Status,E-Mail-Abmeldung: Produktnews,Von allen E-Mails abgemeldet,Erstellungsdatum,\
                Unternehmensname,Jobtitel,Branche,Anzahl der Mitarbeiter,Anzahl der Seitenaufrufe,Datum der letzten Aktivität\n\
                51,Ada,L,ada@x.org,0228 1,Eve,Lead,Neu,Marketingkontakt,true,,2024-01-01 10:00,X AG,Leiterin Einkauf,Chemie,250,2,2024-02-01 10:00\n\
                52,Bob,B,bob@x.org,,Eve,Kunde,,,,true,2024-01-01 10:00,,,,,,\n\
                53,Cem,C,cem@x.org,,Eve,Lead,,,,,2024-01-01 10:00,,,,,,\n";
    let done = run(&[("l.csv", list)], "", Some("form")).expect("an import");
    let report = &done.report;
    assert_eq!(report.files[0].recognised, "recognised as HubSpot contacts");
    let unknown: Vec<&String> = report.files[0].kept.iter().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!((report.consents, report.opt_outs, report.events["Page Viewed"]), (1, 2, 2), "{:?}", done.lines);
    for wanted in [
        "hubspot:51",
        "\"company\":{\"industry\":\"Chemie\",\"name\":\"X AG\",\"size\":250}",
        "\"owner\":\"Eve\"",
        "\"subscription\":\"produktnews\"",
        "\"lifecycle_stage\":\"Lead\"",
        "\"job_title\":\"Leiterin Einkauf\"",
    ] {
        assert!(done.raw.contains(wanted), "{wanted}: {}", done.raw);
    }
    let short = "E-Mail-Adresse;Vorname;Nachname;Kontakt-Zuständiger;Lifecycle-Phase;Marketingkontakt-Status\na@x.org;A;B;E;Lead;Marketingkontakt\n";
    let done = run(&[("l.csv", short)], "", None).expect("an import");
    assert_eq!(done.report.files[0].recognised, "recognised as HubSpot contacts");
    let deals = "Datensatz-ID,Deal-Name,Deal-Phase,Betrag,Abschlussdatum,Erstellungsdatum,IDs zugeordneter Kontakte\n7,Shirts,Abgeschlossen und gewonnen,500,2024-03-01,2024-02-01,51\n";
    let done = run(&[("d.csv", deals)], "", None).expect("an import");
    assert_eq!(done.report.files[0].recognised, "recognised as HubSpot deals");
    assert_eq!(done.report.deals, 1, "{}", done.rejected);
}

/// Headers of HubSpot in German, the English ones that mean the same, and a cell below them.
const HUBSPOT: [(&str, &str, &str); 28] = [
    ("E-Mail", "Email", "a@x.org"),
    ("Telefonnummer", "Phone Number", "0228 1"),
    ("Mobiltelefonnummer", "Mobile Phone Number", "0171 1"),
    ("Unternehmensname", "Company Name", "X"),
    ("Jobtitel", "Job Title", "CEO"),
    ("Branche", "Industry", "Chemie"),
    ("Anzahl der Mitarbeiter", "Number of Employees", "250"),
    ("Jahresumsatz", "Annual Revenue", "5"),
    ("Website-URL", "Website URL", "x.org"),
    ("Land/Region", "Country/Region", "DE"),
    ("Postleitzahl", "Postal Code", "01067"),
    ("Bevorzugte Sprache", "Preferred language", "de"),
    ("Lifecycle-Phase", "Lifecycle Stage", "Lead"),
    ("Lead-Status", "Lead Status", "Neu"),
    ("Für Kontakt zuständiger Mitarbeiter", "Contact owner", "Eve"),
    ("Erstellungsdatum", "Create Date", "2024-01-02"),
    ("Datum der letzten Änderung", "Last Modified Date", "2024-01-02"),
    ("Datum der letzten Aktivität", "Last Activity Date", "2024-01-02"),
    ("Zeitpunkt der letzten Sitzung", "Time of Last Session", "2024-01-02"),
    ("Zeitpunkt des letzten Besuchs", "Time Last Seen", "2024-01-02"),
    ("Anzahl der Seitenaufrufe", "Number of Pageviews", "2"),
    ("Anzahl der Sitzungen", "Number of Sessions", "2"),
    ("Geöffnete Marketing-E-Mails", "Marketing emails opened", "2"),
    ("Ursprüngliche Quelle", "Original Source", "Direct"),
    ("Neueste Quelle", "Latest Source", "Direct"),
    ("IDs zugeordneter Deals", "Associated Deal IDs", "7"),
    ("Von allen E-Mails abgemeldet", "Unsubscribed from all email", "true"),
    ("Abschlussdatum", "Close Date", "2024-01-02"),
];

#[test]
fn hubspot_means_the_same_in_german_and_in_english() {
    let meaning = |before: &str, header: &str, cell: &str| {
        let done = run(&[("l.csv", &format!("{before},{header}\n51,Ada,L,{cell}\n"))], "", None).expect("an import");
        let file = &done.report.files[0];
        assert_eq!(file.recognised, "recognised as HubSpot contacts");
        file.overview[3].meaning.clone()
    };
    for (german, english, cell) in HUBSPOT {
        let wanted = meaning("Record ID,First Name,Last Name", english, cell);
        assert_eq!(meaning("Datensatz-ID,Vorname,Nachname", german, cell), wanted, "{german}");
        assert!(!wanted.starts_with("attribute "), "{english} is understood: {wanted}");
    }
}

/// The sender compares tags, so names of languages would choose no text.
#[test]
fn languages_are_kept_as_their_tags() {
    let list = "Record ID,Email,Create Date,Preferred language\n1,a@x.org,2024-01-01,German\n\
                2,b@x.org,2024-01-01,de-AT\n3,c@x.org,2024-01-01,Klingon\n";
    let done = run(&[("l.csv", list)], "", None).expect("an import");
    for wanted in ["\"language\":\"de\"", "\"language\":\"de-AT\"", "\"language\":\"Klingon\""] {
        assert!(done.raw.contains(wanted), "{wanted}: {}", done.raw);
    }
    let said = done.report.to_string();
    for wanted in [
        "\u{201c}Preferred language\u{201d} names languages, which are kept as their tags: \u{201c}German\u{201d} as de\n",
        "row 4: \u{201c}Klingon\u{201d} in \u{201c}Preferred language\u{201d} is neither a tag of a language",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
}

#[test]
fn a_dot_in_words_is_not_a_path() {
    let list = "E-Mail;Umsatz p.a.;Tel.Nr;company.region\nada@x.org;7;12;north\n";
    let done = run(&[("l.csv", list)], "", None).expect("an import");
    for wanted in ["\"umsatz_p_a\":7", "\"tel_nr\":", "\"company\":{\"region\":\"north\"}"] {
        assert!(done.raw.contains(wanted), "{wanted}: {}", done.raw);
    }
}
