//! The words of job titles in English, German, French, Spanish, Italian and Dutch, without accents.
//!
//! Patterns are separated by commas. Each is a sequence of words: `x*` begins with x, `*x` ends with it, `*` is any word.
//! Longer patterns go first and use up their words, so that a "vice president" is not a "president". Patterns that give
//! only the end of a word go last: `projektleit*` comes before `*leiter`.

/// What a title says of its holder's rank, highest first. Of several the highest counts, but for `ENTRY`.
pub const SENIORITY: [(&str, &str); 8] = [
    (
        "owner",
        "founder, founders, cofounder, co founder, founding partner, managing partner, owner, business owner, \
         proprietor, inhaber, inhaberin, mitinhaber, grunder, grunderin, gruender, gruenderin, mitgrunder, \
         mitgrunderin, mitgruender, firmeninhaber, gesellschafter, gesellschafterin, fondateur, fondatrice, \
         cofondateur, cofondatrice, proprietaire, associe gerant, fundador, fundadora, cofundador, cofundadora, \
         propietario, propietaria, dueno, duena, socio director, socia directora, geschaftsinhaber, \
         geschaftsinhaberin, gerant associe, gerante associee, proprietaire gerant, proprietaire gerante, socio \
         gerente, socia gerente, titolare, fondatore, cofondatore, proprietario, proprietaria, socio \
         amministratore, socia amministratrice, eigenaar, eigenares, mede eigenaar, oprichter, oprichtster, \
         medeoprichter, vennoot",
    ),
    (
        "c-level",
        "ceo, cto, cfo, coo, cmo, cio, cpo, cro, cso, cco, chro, ciso, cdo, chief * officer, chief * * officer, \
         managing director, president, presidenta, chairman, chairwoman, geschaftsfuhrer*, geschaftsfuhrung, \
         geschaftsfuhrend*, geschaeftsfuehrer*, geschaeftsfuehrung, geschaeftsfuehrend*, vorstand, vorstandin, \
         vorstandsvorsitzende*, vorstandsmitglied, pdg, directeur general, directrice generale, gerant, gerante, \
         dsi, daf, drh, director general, directora general, consejero delegado, consejera delegada, director \
         ejecutivo, directora ejecutiva, mitglied des vorstands, mitglied des vorstandes, mitglied im vorstand, \
         vorstandssprecher, vorstandssprecherin, geschaftsleiter, geschaftsleiterin, geschaftsleitung, \
         geschaeftsleiter, geschaeftsleiterin, geschaeftsleitung, member of the management board, member of the \
         executive board, membre du directoire, membre du comite de direction, membre du comex, presidente, \
         miembro del comite de direccion, administrador unico, administradora unica, amministratore delegato, \
         amministratrice delegata, amministratore unico, amministratrice unica, consigliere delegato, consigliera \
         delegata, direttore generale, direttrice generale, algemeen directeur, bestuurder, bestuursvoorzitter, \
         lid van de directie, lid van het bestuur",
    ),
    (
        "vp",
        "vp, svp, evp, avp, vice president, vice presidente, vicepresident, vicepresidente, vicepresidenta, \
         senior vice president, executive vice president",
    ),
    (
        "director",
        "director, directors, directora, directeur, directrice, direktor, direktorin, head, head of, leiter, \
         leiterin, leitung, bereichsleit*, marketingleit*, vertriebsleit*, personalleit*, finanzleit*, \
         entwicklungsleit*, produktionsleit*, betriebsleit*, werksleit*, standortleit*, leiter *, general \
         manager, jefe de departamento, *leiter, *leiterin, *leitung, prokurist, prokuristin, prokura, \
         generalbevollmachtigte*, authorised signatory, authorized signatory, fonde de pouvoir, fondee de \
         pouvoir, directeur adjoint, directrice adjointe, subdirector, subdirectora, apoderado, apoderada, \
         direttore, direttrice, vicedirettore, vicedirettrice, dirigente, hoofd, hoofd *, adjunct directeur",
    ),
    (
        "manager",
        "manager, managers, managerin, supervisor, team lead, team leader, teamlead, teamleit*, abteilungsleit*, \
         gruppenleit*, filialleit*, responsable, chef de service, gerente, jefe, jefa, encargado, encargada, \
         group product manager, schichtleit*, bauleit*, marktleit*, objektleit*, kuchenleit*, stationsleit*, \
         werkstattmeister, werkstattmeisterin, handlungsbevollmachtigte*, chef d atelier, cheffe d atelier, chef \
         des ventes, cheffe des ventes, chef de departement, cheffe de departement, chef d equipe, responsabile, \
         caporeparto, capo reparto, capoufficio, capo ufficio, capo officina, afdelingshoofd, afdelingsleider, \
         afdelingsleidster, teamleider, teamleidster, ploegleider, bedrijfsleider, bedrijfsleidster, \
         filiaalmanager, leidinggevende",
    ),
    (
        "senior",
        "senior, sr, principal, staff engineer, staff software engineer, lead, lead *, expert, experte, confirme",
    ),
    (
        "individual contributor",
        "engineer, developer, analyst, specialist, consultant, designer, architect, copywriter, recruiter, \
         accountant, representative, account executive, sales executive, marketing executive, product owner, \
         process owner, product manager, project manager, program manager, programme manager, account manager, \
         key account manager, community manager, social media manager, content manager, office manager, customer \
         success manager, produktmanager*, projektmanager*, projektleit*, entwickler, entwicklerin, ingenieur, \
         ingenieurin, ingenieure, sachbearbeiter, sachbearbeiterin, referent, referentin, mitarbeiter, \
         mitarbeiterin, berater, beraterin, chef de projet, cheffe de projet, chef de produit, charge de *, \
         chargee de *, developpeur, developpeuse, analyste, desarrollador, desarrolladora, ingeniero, ingeniera, \
         analista, consultor, consultora, jefe de producto, jefa de producto, jefe de proyecto, jefa de proyecto, \
         tecnico, teilprojektleit*, projectleider, projectleidster, referent geschaftsfuhrung, referentin \
         geschaftsfuhrung, referent geschaftsleitung, referentin geschaftsleitung, referent vorstand, referentin \
         vorstand, vorstandsreferent, vorstandsreferentin, referent der *, referentin der *, referent des *, \
         referentin des *, berater der *, beraterin der *, berater des *, beraterin des *, reiseleit*, kursleit*, \
         ubungsleit*, impiegato, impiegata, addetto, addetta, sviluppatore, sviluppatrice, ingegnere, consulente, \
         capo progetto, responsabile di progetto, medewerker, medewerkster, adviseur, ontwikkelaar, \
         accountmanager, productmanager, projectmanager",
    ),
    (
        ENTRY,
        "junior, jr, intern, internship, trainee, apprentice, graduate, student, assistant to *, assistant to the \
         *, executive assistant, personal assistant, assistant, praktikant, praktikantin, werkstudent, \
         werkstudentin, azubi, auszubildende*, volontar, volontarin, assistenz, assistent, assistentin, assistenz \
         der *, assistentin der *, assistent der *, sekretar*, stagiaire, alternant, alternante, apprenti, \
         apprentie, assistante de direction, assistant de direction, secretaire, becario, becaria, practicas, \
         asistente de direccion, asistente, secretaria, assistente, assistente alla direzione, assistente di \
         direzione, segretario, segretaria, tirocinante, stagista, apprendista, stagiair, leerling, secretaresse, \
         assistente de direccion",
    ),
];

/// Goes before every other rank: a "junior account manager" is at the beginning.
pub const ENTRY: &str = "entry";

/// Ends of words that say the same as `ENTRY`, whatever the word begins with.
pub const ENTRY_ENDS: &str = "*assistent, *assistentin, *assistenz, *sekretar, *sekretarin, *sekretariat";

/// Titles of which the rank cannot be told.
pub const UNCLEAR: &str = "buro der *, buro des *, generalsekretar*, staatssekretar*, secretaire general, secretaire generale, \
         secretario general, secretaria general, segretario generale, segretaria generale, secretary general, \
         general secretary, former, retired, ehemalig*, seeking, chief of staff, office of *, assistant manager, \
         assistant director, assistant vice president, head chef, retraite, jubilado, jubilada, student director, \
         school principal";

/// Words that end like those of somebody who leads others, and mean something else.
pub const NOT_LEADING: &str = "*anleiter, *anleiterin, *anleitung, *begleiter, *begleiterin, *begleitung, *halbleiter, *supraleiter, \
         *wellenleiter, *ableiter, *ableitung, *weiterleitung, *rohrleitung, *wasserleitung, *stromleitung, \
         *datenleitung, *freileitung, *fernleitung";

/// What a title says of its holder's department. Of several none counts.
pub const DEPARTMENT: [(&str, &str); 12] = [
    (
        "marketing",
        "marketing, cmo, chief marketing officer, product marketing, marketing operations, brand, branding, seo, \
         sem, growth marketing, content manager, content marketing, content strategist, social media, community \
         manager, communications, copywriter, demand generation, public relations, pr manager, marketingleit*, \
         marketingmanager*, onlinemarketing, werbung, offentlichkeitsarbeit, kommunikation, \
         unternehmenskommunikation, communication, mercadotecnia, comunicacion, publicidad, kommunikationsleit*, \
         comunicazione, communicatie, pubblicita",
    ),
    (
        "sales",
        "sales, cro, chief revenue officer, chief sales officer, sales operations, sales engineer, sales manager, \
         account executive, account manager, key account, key account manager, business development, sdr, bdr, \
         presales, pre sales, inside sales, vertrieb, vertriebs*, verkauf, verkaufs*, aussendienst, innendienst, \
         commercial, commerciale, directeur commercial, directrice commerciale, vente, ventes, ventas, comercial, \
         director comercial, directora comercial, vendite, vendita, direttore commerciale, direttrice \
         commerciale, verkoop, verkoop*, commercieel, chef des ventes, cheffe des ventes",
    ),
    (
        "engineering",
        "engineering, engineer, software, software engineer, developer, cto, chief technology officer, chief \
         technical officer, devops, sre, data engineer, qa, backend, frontend, full stack, fullstack, entwickler, \
         entwicklerin, softwareentwickl*, entwicklungsleit*, entwicklung, ingenieur, ingenieurin, developpeur, \
         developpeuse, ingenieure, desarrollador, desarrolladora, ingeniero, ingeniera, desarrollo, research and \
         development, r d, sviluppatore, sviluppatrice, ingegnere, ricerca e sviluppo, sviluppo, ontwikkelaar, \
         softwareontwikkelaar",
    ),
    (
        "it",
        "it, cio, ciso, chief information officer, chief information security officer, information technology, it \
         operations, it engineer, it support, it product manager, system administrator, sysadmin, network \
         administrator, network engineer, systemadministrator*, edv, informatik, it leit*, dsi, informatique, \
         systemes d information, informatica, sistemas, tecnologias de la informacion, information security, \
         cybersecurity, cyber security, sistemi informativi, tecnologie dell informazione, ict",
    ),
    (
        "finance",
        "finance, financial, cfo, chief financial officer, accounting, accountant, controller, controlling, \
         treasurer, treasury, bookkeeper, payroll, auditor, tax, finanzen, finanz*, buchhalt*, rechnungswesen, \
         daf, financier, financiere, comptable, comptabilite, controleur de gestion, finanzas, financiero, \
         financiera, contable, contabilidad, directeur administratif et financier, controllingleit*, finanza, \
         finanziario, finanziaria, contabile, contabilita, direttore amministrativo e finanziario, financien, \
         boekhoud*",
    ),
    (
        "hr",
        "hr, human resources, chro, chief people officer, chief human resources officer, people operations, \
         people and culture, people, talent, talent acquisition, recruiter, recruiting, recruitment, personal, \
         personalleit*, personalreferent*, personalwesen, personalabteilung, drh, rh, ressources humaines, \
         recrutement, recruteur, recursos humanos, rrhh, learning and development, risorse umane, \
         personeelszaken, hrm",
    ),
    (
        "operations",
        "operations, coo, chief operating officer, chief operations officer, logistics, supply chain, \
         procurement, purchasing, buyer, manufacturing, production, facilities, warehouse, einkauf*, logistik*, \
         produktionsleit*, betriebsleit*, werksleit*, fertigung, lager*, achats, acheteur, acheteuse, logistique, \
         operaciones, compras, comprador, logistica, produccion, fuhrpark*, werkstatt*, produktion, \
         fertigungsleit*, fleet, flotte, atelier, parc automobile, flota, taller, acquisti, produzione, officina, \
         parco auto, flotta, inkoop*, logistiek, productie, magazijn*, werkplaats*, wagenpark*",
    ),
    (
        "product",
        "product, chief product officer, product management, product manager, product owner, product design, \
         product designer, ux, ui, ux designer, user experience, produktmanage*, produktleit*, produkt, chef de \
         produit, produit, producto, jefe de producto, jefa de producto",
    ),
    (
        "support",
        "support, customer support, customer success, customer service, customer success manager, customer care, \
         customer experience, technical support, support engineer, helpdesk, help desk, kundenbetreu*, \
         kundenerfolg, service client, relation client, atencion al cliente, soporte, kundendienst*, \
         kundenservice*, serviceleit*, assistenza clienti, servizio clienti, klantenservice",
    ),
    (
        "legal",
        "legal, general counsel, counsel, lawyer, attorney, paralegal, compliance, chief legal officer, data \
         protection officer, recht, rechtsanwalt, rechtsanwaltin, rechtsabteilung, jurist, juristin, justiziar*, \
         datenschutz*, juridique, juriste, avocat, avocate, juridico, juridica, abogado, abogada, legale, \
         avvocato, avvocata, juridisch, jurist*",
    ),
    (
        "education",
        "teacher, professor, lecturer, lehrer, lehrerin, dozent, dozentin, enseignant, enseignante, profesor, \
         profesora, insegnante, docente, professore, professoressa, leraar, lerares",
    ),
    (
        EXECUTIVE,
        "ceo, founder, cofounder, co founder, owner, business owner, managing director, president, chief \
         executive officer, geschaftsfuhrer*, geschaftsfuhrung, geschaftsfuhrend*, geschaeftsfuehrer*, \
         geschaeftsfuehrung, geschaeftsfuehrend*, inhaber, inhaberin, grunder, grunderin, gruender, gruenderin, \
         vorstandsvorsitzende*, pdg, directeur general, directrice generale, gerant, gerante, fondateur, \
         fondatrice, director general, directora general, consejero delegado, consejera delegada, fundador, \
         fundadora, vice president, vice presidente, vicepresidente, vicepresidenta, vorstand, vorstandin, \
         vorstandsmitglied, vorstandssprecher, vorstandssprecherin, mitglied des vorstands, mitglied des \
         vorstandes, mitglied im vorstand, geschaftsleiter, geschaftsleiterin, geschaftsleitung, \
         geschaeftsleiter, geschaeftsleiterin, geschaeftsleitung, geschaftsinhaber, geschaftsinhaberin, \
         firmeninhaber, mitinhaber, mitgrunder, mitgrunderin, gesellschafter, gesellschafterin, member of the \
         management board, member of the executive board, membre du directoire, membre du comite de direction, \
         membre du comex, proprietaire, gerant associe, gerante associee, miembro del comite de direccion, \
         administrador unico, administradora unica, propietario, propietaria, amministratore delegato, \
         amministratrice delegata, amministratore unico, amministratrice unica, direttore generale, direttrice \
         generale, titolare, fondatore, algemeen directeur, bestuurder, bestuursvoorzitter, lid van de directie, \
         lid van het bestuur, eigenaar, eigenares, oprichter, oprichtster",
    ),
];

/// Counts only where no other department is named.
pub const EXECUTIVE: &str = "executive";
