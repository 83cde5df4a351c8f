//! The words of job titles in English, German, French and Spanish, without accents.
//!
//! Patterns stand between commas. Each is a sequence of words: `x*` begins with x, `*x` ends with it, `*` is any word.
//! Longer patterns go first and use up their words, so that a "vice president" is no "president".

/// What a title says of its holder's rank, highest first. Of several the highest counts, but for `ENTRY`.
pub const SENIORITY: [(&str, &str); 8] = [
    (
        "owner",
        "founder, founders, cofounder, co founder, founding partner, managing partner, owner, business owner, \
         proprietor, inhaber, inhaberin, mitinhaber, grunder, grunderin, gruender, gruenderin, mitgrunder, \
         mitgrunderin, mitgruender, firmeninhaber, gesellschafter, gesellschafterin, fondateur, fondatrice, \
         cofondateur, cofondatrice, proprietaire, associe gerant, fundador, fundadora, cofundador, cofundadora, \
         propietario, propietaria, dueno, duena, socio director, socia directora",
    ),
    (
        "c-level",
        "ceo, cto, cfo, coo, cmo, cio, cpo, cro, cso, cco, chro, ciso, cdo, chief * officer, chief * * officer, \
         managing director, president, presidente, presidenta, chairman, chairwoman, geschaftsfuhr*, \
         geschaeftsfuehr*, vorstand, vorstandin, vorstandsvorsitzende*, vorstandsmitglied, pdg, directeur \
         general, directrice generale, gerant, gerante, dsi, daf, drh, director general, directora general, \
         consejero delegado, consejera delegada, director ejecutivo, directora ejecutiva",
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
         manager, jefe de departamento",
    ),
    (
        "manager",
        "manager, managers, managerin, supervisor, team lead, team leader, teamlead, teamleit*, abteilungsleit*, \
         gruppenleit*, filialleit*, responsable, chef d equipe, chef de service, gerente, jefe, jefa, encargado, \
         encargada, group product manager",
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
         tecnico",
    ),
    (
        ENTRY,
        "junior, jr, intern, internship, trainee, apprentice, graduate, student, assistant to *, assistant to the \
         *, executive assistant, personal assistant, assistant, praktikant, praktikantin, werkstudent, \
         werkstudentin, azubi, auszubildende*, volontar, volontarin, assistenz, assistent, assistentin, assistenz \
         der *, assistentin der *, assistent der *, sekretar*, stagiaire, alternant, alternante, apprenti, \
         apprentie, assistante de direction, assistant de direction, secretaire, becario, becaria, practicas, \
         asistente de direccion, asistente, secretaria",
    ),
];

/// Goes before every other rank: a "junior account manager" is at the beginning.
pub const ENTRY: &str = "entry";

/// Titles of which the rank cannot be told.
pub const UNCLEAR: &str = "former, retired, ehemalig*, seeking, chief of staff, office of *, assistant manager, assistant director, \
         assistant vice president, head chef, retraite, jubilado, jubilada, student director, school principal";

/// What a title says of its holder's department. Of several none counts.
pub const DEPARTMENT: [(&str, &str); 12] = [
    (
        "marketing",
        "marketing, cmo, chief marketing officer, product marketing, marketing operations, brand, branding, seo, \
         sem, growth marketing, content manager, content marketing, content strategist, social media, community \
         manager, communications, copywriter, demand generation, public relations, pr manager, marketingleit*, \
         marketingmanager*, onlinemarketing, werbung, offentlichkeitsarbeit, kommunikation, \
         unternehmenskommunikation, communication, mercadotecnia, comunicacion, publicidad",
    ),
    (
        "sales",
        "sales, cro, chief revenue officer, chief sales officer, sales operations, sales engineer, sales manager, \
         account executive, account manager, key account, key account manager, business development, sdr, bdr, \
         presales, pre sales, inside sales, vertrieb, vertriebs*, verkauf, verkaufs*, aussendienst, innendienst, \
         commercial, commerciale, directeur commercial, directrice commerciale, vente, ventes, ventas, comercial, \
         director comercial, directora comercial",
    ),
    (
        "engineering",
        "engineering, engineer, software, software engineer, developer, cto, chief technology officer, chief \
         technical officer, devops, sre, data engineer, qa, backend, frontend, full stack, fullstack, entwickler, \
         entwicklerin, softwareentwickl*, entwicklungsleit*, entwicklung, ingenieur, ingenieurin, developpeur, \
         developpeuse, ingenieure, desarrollador, desarrolladora, ingeniero, ingeniera, desarrollo, research and \
         development, r d",
    ),
    (
        "it",
        "it, cio, ciso, chief information officer, chief information security officer, information technology, it \
         operations, it engineer, it support, it product manager, system administrator, sysadmin, network \
         administrator, network engineer, systemadministrator*, edv, informatik, it leit*, dsi, informatique, \
         systemes d information, informatica, sistemas, tecnologias de la informacion, information security, \
         cybersecurity, cyber security",
    ),
    (
        "finance",
        "finance, financial, cfo, chief financial officer, accounting, accountant, controller, controlling, \
         treasurer, treasury, bookkeeper, payroll, auditor, tax, finanzen, finanz*, buchhalt*, rechnungswesen, \
         daf, financier, financiere, comptable, comptabilite, controleur de gestion, finanzas, financiero, \
         financiera, contable, contabilidad, directeur administratif et financier",
    ),
    (
        "hr",
        "hr, human resources, chro, chief people officer, chief human resources officer, people operations, \
         people and culture, people, talent, talent acquisition, recruiter, recruiting, recruitment, personal, \
         personalleit*, personalreferent*, personalwesen, personalabteilung, drh, rh, ressources humaines, \
         recrutement, recruteur, recursos humanos, rrhh, learning and development",
    ),
    (
        "operations",
        "operations, coo, chief operating officer, chief operations officer, logistics, supply chain, \
         procurement, purchasing, buyer, manufacturing, production, facilities, warehouse, einkauf*, logistik*, \
         produktionsleit*, betriebsleit*, werksleit*, fertigung, lager*, achats, acheteur, acheteuse, logistique, \
         operaciones, compras, comprador, logistica, produccion",
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
         customer experience, technical support, support engineer, helpdesk, help desk, kundendienst, \
         kundenservice, kundenbetreu*, kundenerfolg, service client, relation client, atencion al cliente, \
         soporte",
    ),
    (
        "legal",
        "legal, general counsel, counsel, lawyer, attorney, paralegal, compliance, chief legal officer, data \
         protection officer, recht, rechtsanwalt, rechtsanwaltin, rechtsabteilung, jurist, juristin, justiziar*, \
         datenschutz*, juridique, juriste, avocat, avocate, juridico, juridica, abogado, abogada",
    ),
    (
        "education",
        "teacher, professor, lecturer, lehrer, lehrerin, dozent, dozentin, enseignant, enseignante, profesor, \
         profesora",
    ),
    (
        EXECUTIVE,
        "ceo, founder, cofounder, co founder, owner, business owner, managing director, president, chief \
         executive officer, geschaftsfuhr*, geschaeftsfuehr*, inhaber, inhaberin, grunder, grunderin, gruender, \
         gruenderin, vorstandsvorsitzende*, pdg, directeur general, directrice generale, gerant, gerante, \
         fondateur, fondatrice, director general, directora general, consejero delegado, consejera delegada, \
         fundador, fundadora, vice president, vice presidente",
    ),
];

/// Counts only where no other department is named.
pub const EXECUTIVE: &str = "executive";
