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
    ("Sprache|Langue|Idioma|Lingua|Taal", "de", "language"),
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

#[test]
fn a_dot_in_words_is_not_a_path() {
    let list = "E-Mail;Umsatz p.a.;Tel.Nr;company.region\nada@x.org;7;12;north\n";
    let done = run(&[("l.csv", list)], "", None).expect("an import");
    for wanted in ["\"umsatz_p_a\":7", "\"tel_nr\":", "\"company\":{\"region\":\"north\"}"] {
        assert!(done.raw.contains(wanted), "{wanted}: {}", done.raw);
    }
}
