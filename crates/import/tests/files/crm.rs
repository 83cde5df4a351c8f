//! The exports of CRMs: leads, and deals that find their leads.

use crate::shown::{messages, run};

#[test]
fn hubspot_contacts_are_dated_counted_and_staged() {
    let contacts = "Record ID,First Name,Last Name,Email,Create Date,Contact owner,Lifecycle Stage,Became a Lead Date,\
                    Marketing emails opened,Last marketing email open date,Unsubscribed from all email,\
                    Opted out of email: Product News,Last Modified Date\n\
                    51,Ada,Lovelace,Ada@X.org,2024-01-02 10:00,Grace,Lead,2024-01-03,3,2024-05-10,,true,2024-05-11\n";
    assert_eq!(
        messages(&[("hubspot.csv", contacts)], ""),
        [
            "2024-05-11 hubspot:51 Unsubscribed assumed=true subscription=product-news",
            "2024-01-02T10:00:00 hubspot:51 is email=ada@x.org first_name=Ada last_name=Lovelace",
            "2024-01-03 hubspot:51 Lifecycle Stage Reached stage=lead",
            "2024-05-08 hubspot:51 Email Opened assumed=true",
            "2024-05-09 hubspot:51 Email Opened assumed=true",
            "2024-05-10 hubspot:51 Email Opened",
            "2024-05-11 hubspot:51 is lifecycle_stage=Lead marketing_emails_opened=3 owner=Grace",
        ]
    );
}

#[test]
fn hubspot_deals_find_their_leads_by_id_by_list_and_by_name() {
    let contacts = "Record ID,First Name,Last Name,Email,Create Date,Associated Deal IDs\n\
                    51,Ada,Lovelace,ada@x.org,2024-01-01,901\n52,Bob,Roe,bob@x.org,2024-01-01,\n";
    let deals = "Record ID,Deal Name,Deal Stage,Amount,Close Date,Create Date,Deal owner,Associated Contact IDs,\
                 Associated Contact\n\
                 900,By id,Closed Won,\"1,200.50\",2024-03-02,2024-03-01,Grace,51,\n\
                 901,By list,Negotiation,10,2024-12-31,2024-03-03,Grace,,\n\
                 902,By name,closedlost,20,2024-03-05,2024-03-04,Grace,,Bob Roe\n";
    // The deals stand first, and are read last all the same.
    let lines = messages(&[("deals.csv", deals), ("contacts.csv", contacts)], "");
    assert_eq!(
        lines[2..],
        [
            "2024-03-01 hubspot:51 Deal Created amount=1200.5 deal_id=hubspot:900 name=By id owner=Grace stage=Closed Won",
            "2024-03-02 hubspot:51 Deal Won amount=1200.5 deal_id=hubspot:900 name=By id owner=Grace stage=Closed Won",
            "2024-03-03 hubspot:51 is email=ada@x.org",
            "2024-03-03 hubspot:51 Deal Created amount=10 deal_id=hubspot:901 name=By list owner=Grace stage=Negotiation",
            "2024-03-04 hubspot:52 is email=bob@x.org",
            "2024-03-04 hubspot:52 Deal Created amount=20 deal_id=hubspot:902 name=By name owner=Grace stage=closedlost",
            "2024-03-05 hubspot:52 Deal Lost amount=20 deal_id=hubspot:902 name=By name owner=Grace stage=closedlost",
        ]
    );
}

#[test]
fn a_deal_that_finds_no_lead_or_two_is_rejected() {
    let contacts = "Record ID,First Name,Last Name,Email,Create Date,Company Name\n\
                    1,Ada,Roe,a@x.org,2024-01-01,Acme\n2,Ada,Roe,b@x.org,2024-01-01,Bcme\n";
    let deals = "Record ID,Deal Name,Deal Stage,Associated Contact,Associated Company\n\
                 7,Which?,Open,Ada Roe,\n8,This,Open,Ada Roe,Bcme\n9,None,Open,Cy Doe,\n10,Nobody,Open,,\n";
    let done = run(&[("contacts.csv", contacts), ("deals.csv", deals)], "", None).unwrap();
    let whys: Vec<&str> = done.rejected.lines().skip(1).collect();
    assert!(whys[0].starts_with("deals.csv,2,2 leads are called \u{201c}Ada Roe\u{201d}"), "{}", whys[0]);
    assert!(whys[1].starts_with("deals.csv,4,no lead in these files is called \u{201c}Cy Doe\u{201d}"), "{}", whys[1]);
    assert!(whys[2].starts_with("deals.csv,5,\"the deal names no lead"), "{}", whys[2]);
    assert_eq!((done.report.deals, done.report.rejected, done.report.files[1].rejected), (1, 3, 3));
    assert!(done.lines.last().unwrap().starts_with("2024-06-01 hubspot:2 Deal Created assumed=true"));
}

#[test]
fn salesforce_ids_are_the_same_with_15_and_18_characters_and_footers_are_no_rows() {
    let leads = "Lead ID,First Name,Last Name,Email,Company / Account,Title,Lead Owner,Lead Status,Create Date,Email Opt Out\n\
                 00Q5e00001AbCdE,Ada,Roe,a@x.org,Acme,CEO,Grace,Open,1/31/2024,0\n\
                 00Q5e00001AbCdF,Bob,Roe,b@x.org,Acme,CTO,Grace,Open,2/1/2024,1\n\
                 Confidential Information - Do Not Distribute,,,,,,,,,\n";
    let deals = "Opportunity ID,Opportunity Name,Stage,Amount,Close Date,Created Date,Contact ID\n\
                 006A,Big,Closed Won,500,2/20/2024,2/10/2024,00Q5e00001AbCdEAAX\n";
    assert_eq!(
        messages(&[("leads.csv", leads), ("deals.csv", deals)], ""),
        [
            "2024-02-01 salesforce:00Q5e00001AbCdF Unsubscribed assumed=true",
            "2024-01-31 salesforce:00Q5e00001AbCdE is company.name=Acme email=a@x.org first_name=Ada job_title=CEO \
         last_name=Roe lead_status=Open owner=Grace",
            "2024-02-01 salesforce:00Q5e00001AbCdF is company.name=Acme email=b@x.org first_name=Bob job_title=CTO \
         last_name=Roe lead_status=Open owner=Grace",
            "2024-02-10 salesforce:00Q5e00001AbCdE Deal Created amount=500 deal_id=salesforce:006A name=Big stage=Closed Won",
            "2024-02-20 salesforce:00Q5e00001AbCdE Deal Won amount=500 deal_id=salesforce:006A name=Big stage=Closed Won",
        ]
    );
}

#[test]
fn pipedrive_people_and_deals() {
    let people = "Person - ID,Person - Name,Person - Email - Work,Person - Organization,Person - Owner,\
                  Person - Person created,Person - Marketing status\n\
                  3,Ada Roe,a@x.org,Acme,Grace,2024-01-05 08:00:00,unsubscribed\n";
    let deals = "Deal - ID,Deal - Title,Deal - Status,Deal - Stage,Deal - Value,Deal - Currency,Deal - Deal created,\
                 Deal - Won time,Deal - Contact person,Deal - Owner\n\
                 8,Big,Won,Contract,900,EUR,2024-02-01 09:00:00,2024-02-03 09:00:00,Ada Roe,Grace\n";
    assert_eq!(
        messages(&[("p.csv", people), ("d.csv", deals)], ""),
        [
            "2024-01-05T08:00:00 pipedrive:3 Unsubscribed assumed=true",
            "2024-01-05T08:00:00 pipedrive:3 is company.name=Acme email=a@x.org marketing_status=unsubscribed \
         name=Ada Roe owner=Grace",
            "2024-02-01T09:00:00 pipedrive:3 is email=a@x.org",
            "2024-02-01T09:00:00 pipedrive:3 Deal Created amount=900 currency=EUR deal_id=pipedrive:8 name=Big owner=Grace \
         stage=Contract status=Won",
            "2024-02-03T09:00:00 pipedrive:3 Deal Won amount=900 currency=EUR deal_id=pipedrive:8 name=Big owner=Grace \
         stage=Contract status=Won",
        ]
    );
}

#[test]
fn companies_are_no_leads_and_said_so() {
    let done = run(
        &[("c.csv", "Record ID,Company name,Company Domain Name,Company owner\n1,Acme,acme.org,Grace\n")],
        "",
        None,
    );
    let report = done.unwrap().report;
    assert_eq!((report.messages, report.rejected), (0, 0));
    assert!(report.to_string().contains("companies are not leads"), "{report}");
}

#[test]
fn a_german_list_of_deals_needs_no_map() {
    let deals = "Deal-ID;Kunde E-Mail;Phase;Betrag;Abschlussdatum;Erstellt am;Verantwortlich\n\
                 1;ann@x.org;Gewonnen;12.500,00 €;30.04.2024;05.03.2024;Eva\n\
                 2;bob@x.org;Verloren;1.500,00 €;29.04.2024;05.03.2024;Eva\n";
    let deal = |who: &str, kind: &str, rest: &str| format!("{who}@x.org {kind} {rest}");
    let won = "amount=12500 currency=EUR deal_id=1 owner=Eva stage=Gewonnen";
    let lost = "amount=1500 currency=EUR deal_id=2 owner=Eva stage=Verloren";
    let lines = messages(&[("d.csv", deals)], "");
    for wanted in [
        format!("2024-03-05 {}", deal("ann", "Deal Created", won)),
        format!("2024-04-30 {}", deal("ann", "Deal Won", won)),
        format!("2024-04-29 {}", deal("bob", "Deal Lost", lost)),
    ] {
        assert!(lines.contains(&wanted), "{wanted}\n{lines:#?}");
    }
}

#[test]
fn hubspot_deals_without_a_record_id_find_their_leads() {
    let contacts = "Record ID,First Name,Last Name,Email,Create Date\n51,Ada,Lovelace,ada@x.org,2024-01-01\n";
    let deals = "Deal ID,Deal Name,Deal Stage,Close Date,Associated Contact IDs\n900,Big,Closed Won,2024-03-02,51\n";
    let lines = messages(&[("contacts.csv", contacts), ("deals.csv", deals)], "");
    let won = "2024-03-02 hubspot:51 Deal Won deal_id=hubspot:900 name=Big stage=Closed Won";
    assert_eq!(lines.last().map(String::as_str), Some(won), "{lines:#?}");
}

/// A list of deals of one's own names the leads of another tool's list by that tool's ids.
#[test]
fn a_bare_id_is_that_of_the_lead_which_another_list_calls_so() {
    let contacts =
        ("contacts.csv", "Record ID,First Name,Last Name,Email,Create Date\n51,Ada,L,ada@x.org,2024-01-01\n");
    let salesforce = ("leads.csv", "Lead ID,Email,Lead Owner,Lead Status\n51,sf@x.org,Eve,Open\n");
    let own = ("own.csv", "ID,Email\n51,own@x.org\n");
    let deals = ("deals.csv", "Deal,Stage,Close Date,Kontakt-Nr\nBig,Closed Won,2024-03-02,51\n");
    let map = "Kontakt-Nr=contact:id";
    for (files, who, people) in [
        (vec![deals, contacts], "hubspot:51", 1),
        // An id of the own product is that product's.
        (vec![contacts, own, deals], "51", 2),
        (vec![deals], "51", 1),
    ] {
        let done = run(&files, map, None).unwrap();
        let won = format!("2024-03-02 {who} Deal Won ");
        assert!(done.lines.iter().any(|line| line.starts_with(&won)), "{who}: {:#?}", done.lines);
        assert_eq!(done.report.people, people, "{:#?}", done.lines);
    }
    let done = run(&[contacts, salesforce, deals], map, None).unwrap();
    assert!(done.rejected.contains("several leads in these files have the id \u{201c}51\u{201d}"), "{}", done.rejected);
}

#[test]
fn a_deal_without_a_lead_names_the_column_that_may_hold_it() {
    for (header, key) in
        [("Kunden-IDs", "contact:id"), ("Kontakt Mailbox", "contact:email"), ("Client Name", "contact:name")]
    {
        let deals = format!("Deal ID,Deal Name,{header}\n9,Big,51\n");
        let done = run(&[("deals.csv", &deals)], "", None).unwrap();
        assert!(done.rejected.contains(&format!("{header}={key}")), "{header}: {}", done.rejected);
    }
}
