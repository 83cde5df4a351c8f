//! Who left is granted nothing, and who agreed is, by the headers and words of many tools and six languages.

use crate::shown::{Done, run};

/// Header, the row of somebody who left or did not agree, and of somebody who agreed. A row's lead is `no@x.de` or
/// `yes@x.de`.
struct Case {
    tool: &'static str,
    header: &'static str,
    no: &'static str,
    yes: &'static str,
}

const fn case(tool: &'static str, header: &'static str, no: &'static str, yes: &'static str) -> Case {
    Case { tool, header, no, yes }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("Brevo", "EMAIL,FIRSTNAME,EMAIL_BLACKLISTED", "no@x.de,N,Yes", "yes@x.de,Y,No"),
    case("Brevo contacts", "CONTACT ID,EMAIL,FIRSTNAME,ADDED_TIME,MODIFIED_TIME,EMAIL_BLOCKLISTED,SMS_BLOCKLISTED", "1,no@x.de,N,2024-01-01 10:00:00,2024-02-01 10:00:00,true,false", "2,yes@x.de,Y,2024-01-01 10:00:00,2024-02-01 10:00:00,false,true"),
    case("Brevo double opt-in", "EMAIL,DOUBLE_OPT-IN", "no@x.de,No", "yes@x.de,Yes"),
    case("Sendinblue, French", "EMAIL;NOM;PRENOM;DESINSCRIT", "no@x.de;N;N;oui", "yes@x.de;Y;Y;non"),
    case("Salesforce Data Loader", "Id,FirstName,LastName,Email,Company,Status,HasOptedOutOfEmail,CreatedDate", "00Q1,N,N,no@x.de,C,Open,true,2024-01-01T10:00:00.000Z", "00Q2,Y,Y,yes@x.de,C,Open,false,2024-01-01T10:00:00.000Z"),
    case("Salesforce report", "Lead ID,Last Name,Email,Lead Status,Email Opt Out", "00Q1,N,no@x.de,Open,1", "00Q2,Y,yes@x.de,Open,0"),
    case("Salesforce lead status", "Lead ID,Last Name,Email,Lead Status", "00Q1,N,no@x.de,Unsubscribed", "00Q2,Y,yes@x.de,Working - Contacted"),
    case("Salesforce contacts", "Contact ID,Contact Owner,Last Name,Email,Email Bounced Reason,Individual: Has Opted Out Of Email", "003,O,N,no@x.de,,TRUE", "004,O,Y,yes@x.de,,FALSE"),
    case("HubSpot", "Record ID,Email,Unsubscribed from all email", "1,no@x.de,true", "2,yes@x.de,false"),
    case("HubSpot subscription", "Record ID,Email,Opted out of email: Marketing Information", "1,no@x.de,true", "2,yes@x.de,false"),
    case("HubSpot legal basis", "Record ID,Email,Create Date,Legal basis for processing contact's data", "1,no@x.de,2024-01-01,Not applicable", "2,yes@x.de,2024-01-01,Freely given consent from contact"),
    case("HubSpot marketing status", "Record ID,Email,Create Date,Marketing email confirmation status", "1,no@x.de,2024-01-01,Not confirmed", "2,yes@x.de,2024-01-01,Confirmed"),
    case("a list with a status", "email,status", "no@x.de,cancelled", "yes@x.de,active"),
    case("a list with a status, bounced", "email,status", "no@x.de,bounced", "yes@x.de,active"),
    case("a list with a status, cleaned", "email,status", "no@x.de,cleaned", "yes@x.de,active"),
    case("a list with a status, spam", "email,status", "no@x.de,spam", "yes@x.de,customer"),
    case("a log of actions", "id,email,action", "a,no@x.de,unsubscribe", "b,yes@x.de,click"),
    case("a German list", "E-Mail;Newsletter", "no@x.de;nein", "yes@x.de;ja"),
    case("a list with consent", "Email,GDPR Consent", "no@x.de,No", "yes@x.de,Yes"),
    case("a shop", "email,subscribed_to_emails", "no@x.de,false", "yes@x.de,true"),
    case("Mailchimp", "Email Address,First Name,UNSUB_TIME,UNSUB_REASON", "no@x.de,N,2024-01-01 10:00:00,NORMAL", "yes@x.de,Y,,"),
    case("Mailchimp API", "email_address,merge_fields.FNAME,status", "no@x.de,N,unsubscribed", "yes@x.de,Y,subscribed"),
    case("Mailchimp permission", "Email Address,Marketing Permissions: Email", "no@x.de,No", "yes@x.de,Yes"),
    case("ActiveCampaign", "Contact ID,Email,First Name,Status,Date Unsubscribed", "1,no@x.de,N,Unsubscribed,2024-01-01", "2,yes@x.de,Y,Active,"),
    case("ActiveCampaign, unconfirmed", "Contact ID,Email,Status", "1,no@x.de,Unconfirmed", "2,yes@x.de,Active"),
    case("Klaviyo", "Email,First Name,Email Marketing Consent", "no@x.de,N,UNSUBSCRIBED", "yes@x.de,Y,SUBSCRIBED"),
    case("Klaviyo, never", "Email,Email Marketing Consent", "no@x.de,NEVER_SUBSCRIBED", "yes@x.de,SUBSCRIBED"),
    case("Klaviyo suppression", "Email,Email Suppressions", "no@x.de,USER_SUPPRESSED", "yes@x.de,"),
    case("Pipedrive", "Person - ID,Person - Name,Person - Email,Person - Marketing status", "1,N,no@x.de,Unsubscribed", "2,Y,yes@x.de,Subscribed"),
    case("Pipedrive, no consent", "Person - ID,Person - Name,Person - Email,Person - Marketing status", "1,N,no@x.de,No consent", "2,Y,yes@x.de,Subscribed"),
    case("Zoho CRM", "Record Id,First Name,Last Name,Email,Email Opt Out,Created Time", "zcrm_1,N,N,no@x.de,true,2024-01-01 10:00:00", "zcrm_2,Y,Y,yes@x.de,false,2024-01-01 10:00:00"),
    case("Zoho unsubscribed mode", "Record Id,Last Name,Email,Unsubscribed Mode,Unsubscribed Time", "zcrm_1,N,no@x.de,Consent form,2024-01-01 10:00:00", "zcrm_2,Y,yes@x.de,,"),
    case("Dynamics 365", "Full Name,Email,Do not allow Emails,Do not allow Bulk Emails", "N,no@x.de,Do Not Allow,Allow", "Y,yes@x.de,Allow,Allow"),
    case("Dynamics fields", "fullname,email,donotbulkemail", "N,no@x.de,1", "Y,yes@x.de,0"),
    case("Dynamics Send Marketing", "Full Name,Email,Send Marketing Materials", "N,no@x.de,Do Not Send", "Y,yes@x.de,Send"),
    case("CleverReach", "email;registered;activated;deactivated", "no@x.de;2024-01-01 10:00:00;2024-01-01 10:00:00;2024-02-01 10:00:00", "yes@x.de;2024-01-01 10:00:00;2024-01-01 10:00:00;0"),
    case("CleverReach, inactive", "email;active", "no@x.de;0", "yes@x.de;1"),
    case("rapidmail", "email;firstname;status", "no@x.de;N;abgemeldet", "yes@x.de;Y;aktiv"),
    case("rapidmail, bounced", "email;firstname;status", "no@x.de;N;Hardbounce", "yes@x.de;Y;aktiv"),
    case("MailerLite", "Subscriber,Name,Status,Unsubscribed", "no@x.de,N,unsubscribed,2024-01-01 10:00:00", "yes@x.de,Y,active,"),
    case("MailerLite, junk", "Subscriber,Name,Status", "no@x.de,N,junk", "yes@x.de,Y,active"),
    case("Campaign Monitor", "Email Address,Name,Status,Permission to track", "no@x.de,N,Unsubscribed,Yes", "yes@x.de,Y,Active,Yes"),
    case("Campaign Monitor, suppressed", "Email Address,Name,Status", "no@x.de,N,Suppressed", "yes@x.de,Y,Active"),
    case("Constant Contact", "Email address,First name,Email status,Email permission status", "no@x.de,N,Unsubscribed,Unsubscribed", "yes@x.de,Y,Active,Express"),
    case("Constant Contact, opt-out", "Email address,Email update source,Confirmed Opt-Out Date,Opt-out source,Opt-out date,Opt-out reason", "no@x.de,,,Contact,2024-01-01,too many", "yes@x.de,,,,,"),
    case("GetResponse", "email,name,added_on,unsubscribe_reason", "no@x.de,N,2024-01-01,user", "yes@x.de,Y,2024-01-01,"),
    case("GetResponse, state", "email,name,subscription state", "no@x.de,N,removed by user", "yes@x.de,Y,confirmed"),
    case("Kit", "email,first_name,status,created_at", "no@x.de,N,cancelled,2024-01-01", "yes@x.de,Y,active,2024-01-01"),
    case("Kit, complained", "email,state", "no@x.de,complained", "yes@x.de,active"),
    case("Shopify", "First Name,Last Name,Email,Accepts Email Marketing,Accepts SMS Marketing", "N,N,no@x.de,no,yes", "Y,Y,yes@x.de,yes,no"),
    case("Shopify API", "email,accepts_marketing,email_marketing_consent.state", "no@x.de,false,unsubscribed", "yes@x.de,true,subscribed"),
    case("WooCommerce", "email,billing_first_name,mailpoet_newsletter_optin", "no@x.de,N,0", "yes@x.de,Y,1"),
    case("MailPoet", "Email,First name,Global Status", "no@x.de,N,Unsubscribed", "yes@x.de,Y,Subscribed"),
    case("Stripe", "id,Email,Created (UTC),opt_out_marketing (metadata)", "cus_1,no@x.de,2024-01-01 10:00,true", "cus_2,yes@x.de,2024-01-01 10:00,false"),
    case("Stripe checkout", "id,Customer Email,Promotional consent", "cs_1,no@x.de,opt_out", "cs_2,yes@x.de,opt_in"),
    case("Intercom", "Name,Email,User ID,Unsubscribed from Emails,Marked email as spam,Hard bounced", "N,no@x.de,1,true,false,false", "Y,yes@x.de,2,false,false,false"),
    case("Intercom, spam", "Name,Email,User ID,Unsubscribed from Emails,Marked email as spam", "N,no@x.de,1,false,true", "Y,yes@x.de,2,false,false"),
    case("Customer.io", "id,email,created_at,unsubscribed", "1,no@x.de,1706659200,true", "2,yes@x.de,1706659200,false"),
    case("Customer.io preferences", "id,email,cio_subscription_preferences.unsubscribed_all", "1,no@x.de,true", "2,yes@x.de,false"),
    case("Iterable", "email,userId,emailListIds,unsubscribedChannelIds,isEmailUnsubscribed", "no@x.de,1,[1],,true", "yes@x.de,2,[1],,false"),
    case("Braze", "external_id,email,email_subscribe", "1,no@x.de,unsubscribed", "2,yes@x.de,opted_in"),
    case("Emarsys", "Email,First Name,Opt-in", "no@x.de,N,False", "yes@x.de,Y,True"),
    case("Emarsys, empty", "Email,First Name,Opt-in", "no@x.de,N,", "yes@x.de,Y,True"),
    case("Acumbamail", "email,nombre,estado", "no@x.de,N,dado de baja", "yes@x.de,Y,activo"),
    case("E-goi", "email,first_name,status,Subscription status", "no@x.de,N,removed,removed", "yes@x.de,Y,active,active"),
    case("Laposta", "e-mailadres,voornaam,status", "no@x.de,N,uitgeschreven", "yes@x.de,Y,actief"),
    case("Laposta, date", "e-mailadres,voornaam,uitschrijfdatum", "no@x.de,N,2024-01-01", "yes@x.de,Y,"),
    case("Spotler", "email,voornaam,Toestemming e-mail", "no@x.de,N,Nee", "yes@x.de,Y,Ja"),
    case("ActiveTrail", "Email,First Name,Subscription Status", "no@x.de,N,Unsubscribed", "yes@x.de,Y,Subscribed"),
    case("Mailjet", "email,name,Is Excluded From Campaigns,unsub", "no@x.de,N,false,true", "yes@x.de,Y,false,false"),
    case("SendGrid unsubscribes", "email,event,timestamp", "no@x.de,unsubscribe,1706659200", "yes@x.de,open,1706659200"),
    case("Marketo", "Email Address,First Name,Unsubscribed,Email Invalid,Black Listed", "no@x.de,N,false,false,true", "yes@x.de,Y,false,false,false"),
    case("Pardot", "Email,First Name,Opted Out,Do Not Email", "no@x.de,N,0,1", "yes@x.de,Y,0,0"),
    case("Eloqua", "Email Address,First Name,Email Opt-Out,Bounceback", "no@x.de,N,Yes,No", "yes@x.de,Y,No,No"),
    case("Omnisend", "Email,Email status,Email consent", "no@x.de,nonSubscribed,no", "yes@x.de,subscribed,yes"),
    case("Drip", "email,status,created_at", "no@x.de,unsubscribed,2024-01-01", "yes@x.de,active,2024-01-01"),
    case("AWeber", "Name,Email,Status,Stop Time,Stop Status", "N,no@x.de,unsubscribed,01/31/24,unsub", "Y,yes@x.de,subscribed,,"),
    case("Ghost", "id,email,name,subscribed_to_emails,created_at", "1,no@x.de,N,false,2024-01-01T00:00:00Z", "2,yes@x.de,Y,true,2024-01-01T00:00:00Z"),
    case("phpList", "email,confirmed,blacklisted", "no@x.de,1,1", "yes@x.de,1,0"),
    case("AcyMailing", "email,name,confirmed,enabled", "no@x.de,N,0,1", "yes@x.de,Y,1,1"),
    case("Odoo", "Email,Name,Blacklist,Opt Out", "no@x.de,N,True,False", "yes@x.de,Y,False,False"),
    case("Freshsales", "Email,First name,Subscription status,Subscription types", "no@x.de,N,Unsubscribed,", "yes@x.de,Y,Subscribed,Newsletter"),
    case("Moosend", "Email,Name,Member status", "no@x.de,N,Unsubscribed", "yes@x.de,Y,Subscribed"),
    case("Inxmail", "E-Mail;Vorname;Abmeldedatum", "no@x.de;N;31.01.2024", "yes@x.de;Y;"),
    case("a German CRM", "E-Mail;Name;Werbeeinwilligung", "no@x.de;N;Nein", "yes@x.de;Y;Ja"),
    case("a German CRM, objection", "E-Mail;Name;Werbewiderspruch", "no@x.de;N;x", "yes@x.de;Y;"),
    case("a German CRM, forbidden", "E-Mail;Nicht kontaktieren", "no@x.de;wahr", "yes@x.de;falsch"),
    case("a German list, by date", "E-Mail;Abgemeldet am", "no@x.de;31.01.2024", "yes@x.de;"),
    case("a German status", "E-Mail;Status", "no@x.de;Abgemeldet", "yes@x.de;Angemeldet"),
    case("a French CRM", "Courriel;Nom;Désabonné", "no@x.de;N;Oui", "yes@x.de;Y;Non"),
    case("a French newsletter", "Adresse e-mail;Inscrit à la newsletter", "no@x.de;non", "yes@x.de;oui"),
    case("a French status", "Email;Statut", "no@x.de;Désinscrit", "yes@x.de;Inscrit"),
    case("a Spanish CRM", "Correo electrónico;Nombre;Baja", "no@x.de;N;sí", "yes@x.de;Y;no"),
    case("a Spanish list, by date", "Correo;Fecha de baja", "no@x.de;31/01/2024", "yes@x.de;"),
    case("a Spanish consent", "Email;Acepta publicidad", "no@x.de;No", "yes@x.de;Sí"),
    case("an Italian CRM", "Indirizzo email;Disiscritto", "no@x.de;sì", "yes@x.de;no"),
    case("an Italian consent", "Email;Consenso marketing", "no@x.de;no", "yes@x.de;sì"),
    case("an Italian status", "Email;Stato iscrizione", "no@x.de;cancellato", "yes@x.de;iscritto"),
    case("a Dutch CRM", "E-mailadres;Uitgeschreven", "no@x.de;ja", "yes@x.de;nee"),
    case("a Dutch newsletter", "E-mailadres;Nieuwsbrief", "no@x.de;nee", "yes@x.de;ja"),
    case("a Dutch opt-out", "E-mailadres;Afgemeld op", "no@x.de;31-01-2024", "yes@x.de;"),
    case("marketing permission", "email,Marketing permission", "no@x.de,denied", "yes@x.de,granted"),
    case("opt-in status", "email,Opt-in Status", "no@x.de,Opted out", "yes@x.de,Opted in"),
    case("do not contact", "email,do_not_contact", "no@x.de,TRUE", "yes@x.de,FALSE"),
    case("unsubscribe requests in notes", "email,notes", "no@x.de,asked to unsubscribe on the phone", "yes@x.de,nice chat"),
    case("a tag of leaving", "email,tags", "no@x.de,\"customer, unsubscribed\"", "yes@x.de,customer"),
    case("an unknown word in an opt-in column", "email,opt in", "no@x.de,perhaps later", "yes@x.de,yes"),
    case("an unknown answer", "email,Unsubscribed", "no@x.de,Unknown", "yes@x.de,no"),
    case("a refusal in the header", "email,No newsletter", "no@x.de,yes", "yes@x.de,no"),
    case("a dislike", "email,Hates newsletters", "no@x.de,yes", "yes@x.de,no"),
    case("a dislike in two words", "email,Doesn't like newsletters", "no@x.de,yes", "yes@x.de,no"),
    case("a German dislike", "email;Lehnt Newsletter ab", "no@x.de;ja", "yes@x.de;nein"),
    case("being against it", "email,Against newsletters", "no@x.de,x", "yes@x.de,"),
    case("a Dutch refusal", "email;Geen nieuwsbrief", "no@x.de;ja", "yes@x.de;nee"),
    case("yes or no in the header", "email,Newsletter (yes/no)", "no@x.de,no", "yes@x.de,yes"),
    case("a black list in French", "Email;Liste noire", "no@x.de;oui", "yes@x.de;non"),
    case("a contact status", "email,Contact Status", "no@x.de,Do not contact", "yes@x.de,Customer"),
    case("notifications", "email,email_notifications", "no@x.de,off", "yes@x.de,on"),
    case("a reason of suppression", "email,suppression_reason", "no@x.de,unsubscribe", "yes@x.de,"),
    case("a mail status", "email,mail_status", "no@x.de,hard_bounce", "yes@x.de,confirmed"),
    case("a count of bounces", "email,bounce_count", "no@x.de,3", "yes@x.de,0"),
    case("a consent of the law", "email,consent_status", "no@x.de,withdrawn", "yes@x.de,given"),
    case("listmonk attributes", "email,name,attributes", "no@x.de,N,\"{\"\"unsubscribed\"\": true}\"", "yes@x.de,Y,\"{\"\"unsubscribed\"\": false}\""),
    case("Keila data", "Email,First name,Last name,Data", "no@x.de,N,N,\"{\"\"newsletter\"\": \"\"nein\"\"}\"", "yes@x.de,Y,Y,\"{\"\"newsletter\"\": \"\"ja\"\"}\""),
    case("a date of signing up", "email,Subscribed At", "no@x.de,no", "yes@x.de,2024-01-01"),
    case("a date that says so", "email,Opt-in Date", "no@x.de,opted out", "yes@x.de,2024-01-01"),
    case("Postgres", "email,is_subscribed", "no@x.de,f", "yes@x.de,t"),
    case("a last event", "email,Last Event", "no@x.de,Unsubscribed", "yes@x.de,Opened"),
    case("a German list", "E-Mail;E-Mail-Abmeldung", "no@x.de;ja", "yes@x.de;nein"),
    case("a German list", "E-Mail;Newsletter-Abbestellung", "no@x.de;01.02.2024", "yes@x.de;"),
    case("a German list", "E-Mail;Abbestellt am", "no@x.de;01.02.2024", "yes@x.de;"),
    case("a German list", "E-Mail;Werbung untersagt", "no@x.de;ja", "yes@x.de;nein"),
    case("a German list", "E-Mail;Keine E-Mails", "no@x.de;x", "yes@x.de;"),
    case("a German list", "E-Mail;Kontaktverbot", "no@x.de;ja", "yes@x.de;nein"),
    case("a German list", "E-Mail;Newsletter-Widerruf", "no@x.de;01.02.2024", "yes@x.de;"),
    case("a German list", "E-Mail;Opt-out am", "no@x.de;01.02.2024", "yes@x.de;"),
    case("a German list", "E-Mail;Bitte keine Werbung", "no@x.de;ja", "yes@x.de;nein"),
    case("a German list", "E-Mail;Marketingkontakt-Status", "no@x.de;Kein Marketingkontakt", "yes@x.de;Marketingkontakt"),
    case("a French list", "Courriel;Désinscription", "no@x.de;oui", "yes@x.de;non"),
    case("a French list", "Courriel;A refusé les e-mails", "no@x.de;oui", "yes@x.de;non"),
    case("a French list", "Courriel;Opposition marketing", "no@x.de;oui", "yes@x.de;non"),
    case("a French list", "Courriel;Refus de prospection", "no@x.de;oui", "yes@x.de;non"),
    case("a French list", "Courriel;Refuse la newsletter", "no@x.de;oui", "yes@x.de;non"),
    case("a French list", "Courriel;Accepte les e-mails", "no@x.de;non", "yes@x.de;oui"),
    case("a Spanish list", "Correo;Baja de la newsletter", "no@x.de;sí", "yes@x.de;no"),
    case("a Spanish list", "Correo;No contactar", "no@x.de;sí", "yes@x.de;no"),
    case("a Spanish list", "Correo;Excluir de envíos", "no@x.de;sí", "yes@x.de;no"),
    case("a Spanish list", "Correo;Rechaza publicidad", "no@x.de;sí", "yes@x.de;no"),
    case("a Spanish list", "Correo;Cancelación de suscripción", "no@x.de;01/02/2024", "yes@x.de;"),
    case("a Spanish list", "Correo;Lista Robinson", "no@x.de;sí", "yes@x.de;no"),
    case("an Italian list", "Indirizzo email;Disiscrizione", "no@x.de;sì", "yes@x.de;no"),
    case("an Italian list", "Indirizzo email;Revoca consenso", "no@x.de;sì", "yes@x.de;no"),
    case("an Italian list", "Indirizzo email;Non contattare", "no@x.de;sì", "yes@x.de;no"),
    case("an Italian list", "Indirizzo email;Opposizione al marketing", "no@x.de;sì", "yes@x.de;no"),
    case("an Italian list", "Indirizzo email;Rifiuta newsletter", "no@x.de;sì", "yes@x.de;no"),
    case("a Dutch list", "E-mailadres;Uitschrijving", "no@x.de;ja", "yes@x.de;nee"),
    case("a Dutch list", "E-mailadres;Afmelding nieuwsbrief", "no@x.de;ja", "yes@x.de;nee"),
    case("a Dutch list", "E-mailadres;Niet benaderen", "no@x.de;ja", "yes@x.de;nee"),
    case("a Dutch list", "E-mailadres;Geen mailing", "no@x.de;ja", "yes@x.de;nee"),
    case("a Dutch list", "E-mailadres;Opt-out datum", "no@x.de;01-02-2024", "yes@x.de;"),
    case("an English list", "Email,Do Not Market", "no@x.de,true", "yes@x.de,false"),
    case("an English list", "Email,No Marketing Emails", "no@x.de,true", "yes@x.de,false"),
    case("an English list", "Email,Removed from List", "no@x.de,2024-01-01", "yes@x.de,"),
    case("an empty date of consent", "Email,Consent date", "no@x.de,", "yes@x.de,2024-01-01"),
    case("an empty date of opt-in", "Email,Opt-in date", "no@x.de,", "yes@x.de,2024-01-01"),
    case("an empty date of a double opt-in", "Email;DOI-Datum", "no@x.de;", "yes@x.de;01.02.2024"),
    case("an empty time of confirmation", "Email,CONFIRM_TIME,OPTIN_TIME", "no@x.de,,", "yes@x.de,2024-01-01 10:00:00,2024-01-01 10:00:00"),
    case("Mailchimp, added by hand", "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME", "no@x.de,2,,", "yes@x.de,2,2024-01-01 10:00:00,2024-01-01 10:00:00"),
    case("an empty date of confirmation", "Email,Confirmed At", "no@x.de,", "yes@x.de,2024-01-01"),
    case("a date of consent that there is not", "Email,Consent date", "no@x.de,0000-00-00", "yes@x.de,2024-01-01"),
    case("a date of consent that cannot be read", "Email,Consent date", "no@x.de,pending", "yes@x.de,2024-01-01"),
    case("a German date of consent", "E-Mail;Einwilligung am", "no@x.de;", "yes@x.de;31.01.2024"),
    case("a German date of consent", "E-Mail;Einwilligungsdatum", "no@x.de;", "yes@x.de;31.01.2024"),
    case("a German date of consent", "E-Mail;Zustimmung vom", "no@x.de;", "yes@x.de;31.01.2024"),
    case("a German date of consent", "E-Mail;Opt-in am", "no@x.de;", "yes@x.de;31.01.2024"),
    case("a German date of consent", "E-Mail;DOI-Datum", "no@x.de;", "yes@x.de;31.01.2024"),
    case("a German date that is none", "E-Mail;Einwilligung am", "no@x.de;nein", "yes@x.de;31.01.2024"),
    case("a French date of consent", "Courriel;Date de consentement", "no@x.de;", "yes@x.de;31/01/2024"),
    case("a Spanish date of consent", "Correo;Fecha de consentimiento", "no@x.de;", "yes@x.de;31/01/2024"),
    case("an Italian date of consent", "Indirizzo email;Data consenso", "no@x.de;", "yes@x.de;31/01/2024"),
    case("a Dutch date of consent", "E-mailadres;Toestemmingsdatum", "no@x.de;", "yes@x.de;31-01-2024"),
    case("an empty date of subscribing", "Email,Subscribed At", "no@x.de,", "yes@x.de,2024-01-01"),
    case("an English list", "Email,Email Optout Flag", "no@x.de,Y", "yes@x.de,N"),
];

fn done(case: &Case) -> Done {
    let list = format!("{}\n{}\n{}\n", case.header, case.no, case.yes);
    run(&[("l.csv", &list)], "", Some("form")).unwrap_or_else(|error| panic!("{}: {error}", case.tool))
}

/// Of somebody known by a tool's id, whose address its `identify` tells.
pub fn granted(done: &Done, email: &str) -> bool {
    let name = |line: &str| line.split(' ').nth(1).map(str::to_owned);
    let identity = done.lines.iter().find(|line| line.contains(&format!("email={email}"))).and_then(|line| name(line));
    let names = [Some(email.to_owned()), identity];
    done.lines.iter().any(|line| line.contains(" Subscribed ") && names.contains(&name(line)))
}

#[test]
fn who_left_is_never_granted_and_who_agreed_is() {
    let mut wrong = Vec::new();
    for case in CASES {
        let done = done(case);
        if !done.rejected.is_empty() {
            wrong.push(format!("{}: rejected: {}", case.tool, done.rejected));
        }
        if granted(&done, "no@x.de") {
            wrong.push(format!("{}: who left is granted\n{}", case.tool, done.report));
        }
        let is_list_of_events = case.header.contains("event,timestamp");
        if !granted(&done, "yes@x.de") && !is_list_of_events {
            wrong.push(format!("{}: who agreed is not granted\n{}", case.tool, done.report));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// Beside a column that no tool has, another one may be the one that tells.
#[test]
fn opt_outs_are_known_whatever_the_file_is_recognised_as() {
    for (header, no, yes) in [
        ("Record ID,Email,Create Date,EMAIL_BLACKLISTED", "1,no@x.de,2024-01-01,yes", "2,yes@x.de,2024-01-01,no"),
        ("email,name,attributes,abgemeldet", "no@x.de,N,{},ja", "yes@x.de,Y,{},nein"),
        ("Person - Name,Person - Email,Désinscrit", "N,no@x.de,oui", "Y,yes@x.de,non"),
        ("email,firstname,lastname,points,do_not_contact", "no@x.de,N,N,1,1", "yes@x.de,Y,Y,1,0"),
        ("email,status,tier,GDPR Consent", "no@x.de,active,free,no", "yes@x.de,active,free,yes"),
        ("Attended,Email Address,Time in Session,Newsletter", "Yes,no@x.de,5,nein", "Yes,yes@x.de,5,ja"),
    ] {
        let list = format!("{header}\n{no}\n{yes}\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).unwrap();
        assert!(done.report.to_string().contains("recognised as"), "{header}: {}", done.report);
        assert!(!granted(&done, "no@x.de") && granted(&done, "yes@x.de"), "{header}\n{}", done.report);
    }
}

#[test]
fn what_was_not_understood_is_named_with_a_way_out() {
    let list = "email,Status,Notes\na@x.de,cancelled,\nb@x.de,weird,please unsubscribe\nc@x.de,active,\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    let said = done.report.to_string();
    for wanted in [
        "\u{201c}Status\u{201d} says \u{201c}cancelled\u{201d} in 1 row",
        "say --map \"Status=now:status\"",
        "\u{201c}Notes\u{201d} says \u{201c}please unsubscribe\u{201d} in 1 row",
        "held back from 2",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    let followed = run(&[("l.csv", list)], "Status=now:status,Notes=now:notes", Some("form")).unwrap();
    assert_eq!((followed.report.consents, followed.report.held_back), (3, 0), "{}", followed.report);
    let named = run(&[("l.csv", list)], "Status=now:status,Notes=remarks", Some("form")).unwrap();
    assert_eq!((named.report.consents, named.report.held_back), (2, 1), "a name alone says nothing: {}", named.report);
}

#[test]
fn who_is_plainly_unsubscribed_is_granted_nothing_by_a_column_about_something_else() {
    let list =
        "email,Status,Notes\na@x.de,unsubscribed,\nb@x.de,Opted out,\nc@x.de,active,bounced\nd@x.de,cancelled,\n";
    let done = run(&[("l.csv", list)], "Status=now:status,Notes=now:notes", Some("form")).unwrap();
    let granted: Vec<bool> = ["a@x.de", "b@x.de", "c@x.de", "d@x.de"].map(|who| granted(&done, who)).into();
    assert_eq!(granted, [false, false, false, true], "{}", done.report);
    let said = done.report.to_string();
    assert!(
        said.contains("\u{201c}Status\u{201d} says \u{201c}unsubscribed\u{201d}, \u{201c}Opted out\u{201d} in 2 rows"),
        "{said}"
    );
}

#[test]
fn a_date_that_was_understood_is_not_named_beside_what_was_not() {
    let list = "email,Newsletter\na@x.de,25/12/2023\nb@x.de,ask Tom\nc@x.de,24/12/2023\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    let said = done.report.to_string();
    assert!(said.contains("says \u{201c}ask Tom\u{201d} in 1 row"), "{said}");
    assert!(!said.contains("says \u{201c}25/12/2023"), "{said}");
}

#[test]
fn an_empty_cell_is_not_a_yes() {
    let list = "email,Newsletter\na@x.de,yes\nb@x.de,\nc@x.de\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    assert_eq!((done.report.consents, done.report.held_back), (1, 2));
    let said = done.report.to_string();
    assert!(said.contains("\u{201c}Newsletter\u{201d} is empty in 2 rows"), "{said}");
    let empty = run(&[("l.csv", "email,Newsletter\na@x.de,\n")], "", Some("form")).unwrap();
    assert_eq!(empty.report.consents, 1, "a column with nothing in it says nothing");
}

#[test]
fn an_empty_date_of_consent_is_named_with_a_way_out() {
    let list = "email,Consent date\na@x.org,2024-01-01\nb@x.org,\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    assert_eq!((done.report.consents, done.report.held_back), (1, 1));
    let said = done.report.to_string();
    let wanted = "\u{201c}Consent date\u{201d} is empty in 1 row: without a yes no consent is granted there; if this is about \
                  something else, say --map \"Consent date=now:consent_date\"";
    assert!(said.contains(wanted), "{said}");
    for (map, consents) in
        [("Consent date=now:consent_date", 2), ("Consent date=-", 2), ("Consent date=at:Signed Up", 1)]
    {
        assert_eq!(run(&[("l.csv", list)], map, Some("form")).unwrap().report.consents, consents, "{map}");
    }
    let unused = run(&[("l.csv", "email,Consent date\na@x.org,\n")], "", Some("form")).unwrap();
    assert_eq!(unused.report.consents, 1, "a column with nothing in it says nothing");
    let joined = run(&[("l.csv", "email,Signup Date\na@x.org,2024-01-01\nb@x.org,\n")], "", Some("form")).unwrap();
    assert_eq!(joined.report.consents, 2, "who signed up for the product is not asked about mail");
}

#[test]
fn events_of_leaving_have_their_reserved_kinds() {
    let list = "email,event,timestamp\na@x.de,unsubscribe,2024-01-02\nb@x.de,spamreport,2024-01-02\n\
                c@x.de,bounce,2024-01-02\nd@x.de,open,2024-01-02\n";
    let consent = "email\na@x.de\nb@x.de\nd@x.de\n";
    let done = run(&[("e.csv", list), ("l.csv", consent)], "", Some("form")).unwrap();
    for kind in ["a@x.de Unsubscribed", "b@x.de Email Marked as Spam", "c@x.de Email Bounced", "d@x.de open"] {
        assert!(done.lines.iter().any(|line| line.ends_with(kind)), "{kind}: {:#?}", done.lines);
    }
    assert!(granted(&done, "d@x.de") && !granted(&done, "a@x.de") && !granted(&done, "b@x.de"));
}

#[test]
fn addresses_of_opt_outs_are_compared_in_their_canonical_form() {
    let gone = "email,unsubscribed\nbea@example.org,yes\nada@bücher.example,yes\n";
    let list = "email,name\n\u{200b}bea@example.org,Bea\n\u{feff}bea@example.org,Bea\n\u{200e}BEA@example.org,Bea\n\
                b\u{ad}ea@example.org,Bea\nbea@exa\u{200b}mple.org,Bea\nada@xn--bcher-kva.example,Ada\n\
                ada@bu\u{308}cher.example,Ada\nbob@example.org,Bob\n";
    let done = run(&[("list.csv", list), ("gone.csv", gone)], "", Some("form")).unwrap();
    let subscribed: Vec<&String> = done.lines.iter().filter(|line| line.contains(" Subscribed ")).collect();
    assert_eq!(subscribed.len(), 1, "{subscribed:#?}");
    assert!(subscribed[0].contains("bob@example.org") && done.rejected.is_empty(), "{}", done.rejected);
    let said = done.report.to_string();
    assert!(said.contains("invisible characters were taken out of the addresses in 5 cells"), "{said}");
}

#[test]
fn a_column_that_was_guessed_is_named_with_the_way_in_and_the_way_out() {
    let list = "email,Newsletter abbestellt\na@x.de,irgendwas\nb@x.de,nein\n";
    let said = run(&[("l.csv", list)], "", Some("form")).unwrap().report.to_string();
    assert!(said.contains("if it is, say --map \"Newsletter abbestellt=unsubscribed\""), "{said}");
    let followed = run(&[("l.csv", list)], "Newsletter abbestellt=unsubscribed", Some("form")).unwrap();
    assert!(followed.lines.iter().any(|line| line.contains("a@x.de Unsubscribed")), "{:#?}", followed.lines);
}
