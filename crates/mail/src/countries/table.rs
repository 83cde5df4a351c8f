//! The table: what is refused in which country, and by which rule.

use super::Country;

/// The rows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    ConsentUnknown,
    /// An import says where and how consent was given.
    Imported,
    SingleOptIn,
    DoubleOptIn,
    /// An existing customer (soft opt-in).
    Customer,
    /// Implied consent that is older than two years.
    ImpliedOld,
    NoPostalAddress,
    /// No consent to be measured is known.
    MeasuringUnknown,
}

impl Row {
    pub const ALL: [Row; 8] = [
        Row::ConsentUnknown,
        Row::Imported,
        Row::SingleOptIn,
        Row::DoubleOptIn,
        Row::Customer,
        Row::ImpliedOld,
        Row::NoPostalAddress,
        Row::MeasuringUnknown,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Row::ConsentUnknown => "consent_unknown",
            Row::Imported => "imported",
            Row::SingleOptIn => "single_opt_in",
            Row::DoubleOptIn => "double_opt_in",
            Row::Customer => "customer",
            Row::ImpliedOld => "implied_old",
            Row::NoPostalAddress => "no_postal_address",
            Row::MeasuringUnknown => "measuring_unknown",
        }
    }

    /// Whether the settings decide instead of the table: only where nothing is known.
    pub fn has_allowance(self) -> bool {
        matches!(self, Row::ConsentUnknown | Row::MeasuringUnknown)
    }
}

/// What a country says about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Whether a mail may be sent, or a lead measured.
    pub is_allowed: bool,
    /// Why, in a sentence for a marketer.
    pub sentence: &'static str,
    /// The law, decision or guideline, with its article.
    pub source: &'static str,
}

const fn allowed(sentence: &'static str, source: &'static str) -> Cell {
    Cell { is_allowed: true, sentence, source }
}

const fn refused(sentence: &'static str, source: &'static str) -> Cell {
    Cell { is_allowed: false, sentence, source }
}

/// The cell of a country and a row.
///
/// ```
/// use attractor_mail::countries::{Country, Row, cell};
///
/// assert!(!cell(Country::Ca, Row::ImpliedOld).is_allowed);
/// assert!(cell(Country::Ca, Row::ImpliedOld).source.starts_with("CASL"));
/// ```
pub fn cell(country: Country, row: Row) -> Cell {
    match row {
        Row::ConsentUnknown => consent_unknown(country),
        Row::Imported => imported(country),
        Row::SingleOptIn => single_opt_in(country),
        Row::DoubleOptIn => double_opt_in(country),
        Row::Customer => customer(country),
        Row::ImpliedOld => implied_old(country),
        Row::NoPostalAddress => no_postal_address(country),
        Row::MeasuringUnknown => measuring_unknown(country),
    }
}

/// What the last two columns rest on.
const STRICTEST: &str = "no law: without a known country, the strictest column of this table applies";
const NOT_LISTED: &str = "no law: the table does not have this country, and takes the careful answer";

fn consent_unknown(country: Country) -> Cell {
    match country {
        Country::De => {
            refused("Advertising by e-mail needs prior express consent, in business too.", "§ 7 (2) no. 2 UWG")
        }
        Country::Fr => refused(
            "Advertising by e-mail to a person needs prior consent. The opt-out for business addresses depends on the person's \
             job and on what it was told, which is not known here.",
            "CPCE art. L34-5 (1)",
        ),
        Country::It => {
            refused("Advertising by e-mail needs prior consent.", "Codice privacy (d.lgs. 196/2003) art. 130 (1), (2)")
        }
        Country::Us => allowed(
            "Commercial e-mail needs no prior consent; it must offer a way to opt out, and honor it.",
            "CAN-SPAM, 15 U.S.C. 7704(a)(3)-(4); 16 CFR 316.5",
        ),
        Country::Ca => refused("A commercial message needs express or implied consent.", "CASL s. 6(1)(a)"),
        Country::Uk => refused(
            "Marketing by e-mail to an individual subscriber needs consent. Companies are exempt, but whether an address is a \
             company's is not known here.",
            "PECR reg. 22(2)",
        ),
        Country::Other => refused("Most countries ask for prior consent.", NOT_LISTED),
        Country::Unknown => refused("The country may be one that asks for prior consent.", STRICTEST),
    }
}

fn imported(country: Country) -> Cell {
    const KEEP: &str = "Consent that was given elsewhere counts; keep the records of it, since you have to prove it.";
    match country {
        Country::De => allowed(KEEP, "§ 7 (2) no. 2 UWG; GDPR art. 7 (1)"),
        Country::Fr => allowed(KEEP, "CPCE art. L34-5 (1); GDPR art. 7 (1)"),
        Country::It => allowed(KEEP, "Codice privacy art. 130 (1); GDPR art. 7 (1)"),
        Country::Us => allowed("No prior consent is needed.", "CAN-SPAM, 15 U.S.C. 7704(a)(3)-(4)"),
        Country::Ca => allowed(KEEP, "CASL s. 6(1)(a), s. 13"),
        Country::Uk => allowed(KEEP, "PECR reg. 22(2); UK GDPR art. 7(1)"),
        Country::Other => allowed(KEEP, NOT_LISTED),
        Country::Unknown => allowed(KEEP, STRICTEST),
    }
}

fn single_opt_in(country: Country) -> Cell {
    match country {
        Country::De => refused(
            "A form does not prove that the owner of the address sent it; courts expect that the address is confirmed.",
            "BGH, 10 Feb 2011, I ZR 164/09; § 7 (2) no. 2 UWG; GDPR art. 7 (1)",
        ),
        Country::Fr => allowed(
            "Consent by a form counts if it was free and specific; confirming the address makes it easier to prove.",
            "CPCE art. L34-5 (1), (2); GDPR art. 7 (1)",
        ),
        Country::It => refused(
            "The authority regards a confirmed address as the least proof of consent.",
            "Garante, provv. no. 330 of 4 June 2025 (doc. web 10143278); GDPR art. 7 (1)",
        ),
        Country::Us => allowed("No prior consent is needed.", "CAN-SPAM, 15 U.S.C. 7704(a)(3)-(4)"),
        Country::Ca => allowed(
            "Express consent by a form counts if the form says who asks, for what, and that it can be withdrawn.",
            "CASL s. 10(1); SOR/2012-36 s. 4",
        ),
        Country::Uk => allowed(
            "Consent by a form counts if it was free, specific and informed; keep the records of it.",
            "PECR reg. 22(2); UK GDPR art. 4(11), 7(1)",
        ),
        Country::Other => refused("Confirm the address first: some countries ask for it.", NOT_LISTED),
        Country::Unknown => refused("The country may be one that asks for a confirmed address.", STRICTEST),
    }
}

fn double_opt_in(country: Country) -> Cell {
    const PROVEN: &str = "The owner of the address confirmed the consent.";
    match country {
        Country::De => allowed(PROVEN, "BGH, 10 Feb 2011, I ZR 164/09; § 7 (2) no. 2 UWG"),
        Country::Fr => allowed(PROVEN, "CPCE art. L34-5 (1), (2)"),
        Country::It => allowed(PROVEN, "Codice privacy art. 130 (1); Garante, provv. no. 330 of 4 June 2025"),
        Country::Us => allowed(PROVEN, "CAN-SPAM, 15 U.S.C. 7704(a)(3)-(4)"),
        Country::Ca => allowed(PROVEN, "CASL s. 10(1)"),
        Country::Uk => allowed(PROVEN, "PECR reg. 22(2)"),
        Country::Other => allowed(PROVEN, NOT_LISTED),
        Country::Unknown => allowed(PROVEN, STRICTEST),
    }
}

fn customer(country: Country) -> Cell {
    const SOFT: &str = "Customers may get offers of similar products if the address came with a sale, and they could refuse then \
                        and in every mail.";
    match country {
        Country::De => allowed(SOFT, "§ 7 (3) UWG"),
        Country::Fr => allowed(SOFT, "CPCE art. L34-5 (4)"),
        Country::It => allowed(SOFT, "Codice privacy art. 130 (4)"),
        Country::Us => allowed("No prior consent is needed.", "CAN-SPAM, 15 U.S.C. 7704(a)(3)-(4)"),
        Country::Ca => allowed(
            "A purchase implies consent for two years (an inquiry, for six months).",
            "CASL s. 10(9)(a), s. 10(10)(a)",
        ),
        Country::Uk => allowed(SOFT, "PECR reg. 22(3)"),
        Country::Other => refused("Not every country excepts customers.", NOT_LISTED),
        Country::Unknown => refused("The country may be one that does not except customers.", STRICTEST),
    }
}

fn implied_old(country: Country) -> Cell {
    match country {
        Country::De => refused("Consent has to be express; an old contact implies none.", "§ 7 (2) no. 2 UWG"),
        Country::Fr => refused(
            "Consent has to be a free and specific statement; an old contact implies none.",
            "CPCE art. L34-5 (1), (2)",
        ),
        Country::It => {
            refused("Consent has to be express; an old contact implies none.", "Codice privacy art. 130 (1), (2)")
        }
        Country::Us => allowed("No prior consent is needed.", "CAN-SPAM, 15 U.S.C. 7704(a)(3)-(4)"),
        Country::Ca => refused(
            "Implied consent ends two years after the purchase or contract, and six months after an inquiry.",
            "CASL s. 10(9)(a), s. 10(10)",
        ),
        Country::Uk => refused(
            "Consent has to be a clear act; an old contact implies none.",
            "PECR reg. 22(2); UK GDPR art. 4(11)",
        ),
        Country::Other => refused("Implied consent has ended in most countries that know it.", NOT_LISTED),
        Country::Unknown => refused("The country may be one where implied consent has ended.", STRICTEST),
    }
}

fn no_postal_address(country: Country) -> Cell {
    match country {
        Country::De => {
            refused("Commercial mail names its sender with a postal address.", "§ 5 (1) no. 1, § 6 (1) no. 2 DDG")
        }
        Country::Fr => refused(
            "Advertising names its sender and valid contact details.",
            "CPCE art. L34-5 (5); LCEN (loi 2004-575) art. 19, 20",
        ),
        Country::It => refused(
            "Advertising names its sender with a postal address.",
            "Codice privacy art. 130 (5); d.lgs. 70/2003 art. 7 (1)",
        ),
        Country::Us => refused(
            "Every commercial mail has a valid physical postal address of its sender.",
            "CAN-SPAM, 15 U.S.C. 7704(a)(5)(A)(iii); 16 CFR 316.2(p)",
        ),
        Country::Ca => refused(
            "Every commercial message has the sender's mailing address.",
            "CASL s. 6(2)(b); SOR/2012-36 s. 2(1)(d)",
        ),
        Country::Uk => refused(
            "Marketing names its sender, with an address and a way to stop it.",
            "PECR reg. 23; SI 2002/2013 reg. 6(1)",
        ),
        Country::Other => refused("Most countries ask for the sender's postal address.", NOT_LISTED),
        Country::Unknown => refused("The country may be one that asks for the sender's postal address.", STRICTEST),
    }
}

fn measuring_unknown(country: Country) -> Cell {
    match country {
        Country::De => refused(
            "Reading from somebody's device, as a pixel does, needs consent.",
            "§ 25 (1) TDDDG; EDPB guidelines 2/2023",
        ),
        Country::Fr => refused(
            "Measuring one person's opens needs consent, at business addresses too.",
            "Loi Informatique et Libertés art. 82; CNIL, délibération 2026-042 of 12 March 2026",
        ),
        Country::It => refused(
            "Pixels in mails need consent.",
            "Codice privacy art. 122; Garante, provv. no. 284 of 17 April 2026 (doc. web 10241943)",
        ),
        Country::Us => {
            allowed("No federal law asks for consent; say in your privacy notice that you measure.", "15 U.S.C. 45")
        }
        Country::Ca => refused(
            "Profiling has to be off by default in Quebec, and the other provinces ask for meaningful consent.",
            "CQLR c. P-39.1 s. 8.1 (Quebec); PIPEDA sch. 1 cl. 4.3",
        ),
        Country::Uk => refused(
            "Storing or reading on somebody's device, as a pixel does, needs consent.",
            "PECR reg. 6; ICO, storage and access technologies, 29 April 2026",
        ),
        Country::Other => refused("Many countries ask for consent.", NOT_LISTED),
        Country::Unknown => refused("The country may be one that asks for consent.", STRICTEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds a cell to what it says: one test a cell, so that a changed cell is one failed test with its name.
    fn assert_cell(country: Country, row: Row, is_allowed: bool, source: &str) {
        let cell = cell(country, row);
        assert_eq!(cell.is_allowed, is_allowed, "{country} {row:?}");
        assert!(cell.source.contains(source), "{country} {row:?}: {}", cell.source);
        assert!(cell.sentence.ends_with('.') && !cell.sentence.contains("  "), "{country} {row:?}: {}", cell.sentence);
    }

    macro_rules! cells {
        ($($name:ident: $country:ident $row:ident $is_allowed:literal $source:literal;)*) => {
            $(
                #[test]
                fn $name() {
                    assert_cell(Country::$country, Row::$row, $is_allowed, $source);
                }
            )*

            #[test]
            fn every_cell_has_its_test() {
                let mut tested = vec![$((Country::$country, Row::$row)),*];
                tested.sort_unstable();
                tested.dedup();
                assert_eq!(tested.len(), Country::ALL.len() * Row::ALL.len());
            }
        };
    }

    cells! {
        de_consent_unknown: De ConsentUnknown false "§ 7 (2) no. 2 UWG";
        fr_consent_unknown: Fr ConsentUnknown false "L34-5";
        it_consent_unknown: It ConsentUnknown false "art. 130 (1)";
        us_consent_unknown: Us ConsentUnknown true "CAN-SPAM";
        ca_consent_unknown: Ca ConsentUnknown false "CASL s. 6(1)(a)";
        uk_consent_unknown: Uk ConsentUnknown false "PECR reg. 22(2)";
        other_consent_unknown: Other ConsentUnknown false "no law";
        unknown_consent_unknown: Unknown ConsentUnknown false "strictest";
        de_imported: De Imported true "GDPR art. 7 (1)";
        fr_imported: Fr Imported true "L34-5";
        it_imported: It Imported true "art. 130 (1)";
        us_imported: Us Imported true "CAN-SPAM";
        ca_imported: Ca Imported true "CASL";
        uk_imported: Uk Imported true "PECR reg. 22(2)";
        other_imported: Other Imported true "no law";
        unknown_imported: Unknown Imported true "strictest";
        de_single_opt_in: De SingleOptIn false "I ZR 164/09";
        fr_single_opt_in: Fr SingleOptIn true "L34-5";
        it_single_opt_in: It SingleOptIn false "no. 330 of 4 June 2025";
        us_single_opt_in: Us SingleOptIn true "CAN-SPAM";
        ca_single_opt_in: Ca SingleOptIn true "CASL s. 10(1)";
        uk_single_opt_in: Uk SingleOptIn true "PECR reg. 22(2)";
        other_single_opt_in: Other SingleOptIn false "no law";
        unknown_single_opt_in: Unknown SingleOptIn false "strictest";
        de_double_opt_in: De DoubleOptIn true "I ZR 164/09";
        fr_double_opt_in: Fr DoubleOptIn true "L34-5";
        it_double_opt_in: It DoubleOptIn true "art. 130 (1)";
        us_double_opt_in: Us DoubleOptIn true "CAN-SPAM";
        ca_double_opt_in: Ca DoubleOptIn true "CASL s. 10(1)";
        uk_double_opt_in: Uk DoubleOptIn true "PECR reg. 22(2)";
        other_double_opt_in: Other DoubleOptIn true "no law";
        unknown_double_opt_in: Unknown DoubleOptIn true "strictest";
        de_customer: De Customer true "§ 7 (3) UWG";
        fr_customer: Fr Customer true "L34-5 (4)";
        it_customer: It Customer true "art. 130 (4)";
        us_customer: Us Customer true "CAN-SPAM";
        ca_customer: Ca Customer true "CASL s. 10(9)(a)";
        uk_customer: Uk Customer true "PECR reg. 22(3)";
        other_customer: Other Customer false "no law";
        unknown_customer: Unknown Customer false "strictest";
        de_implied_old: De ImpliedOld false "UWG";
        fr_implied_old: Fr ImpliedOld false "L34-5";
        it_implied_old: It ImpliedOld false "art. 130";
        us_implied_old: Us ImpliedOld true "CAN-SPAM";
        ca_implied_old: Ca ImpliedOld false "CASL s. 10(9)";
        uk_implied_old: Uk ImpliedOld false "PECR reg. 22(2)";
        other_implied_old: Other ImpliedOld false "no law";
        unknown_implied_old: Unknown ImpliedOld false "strictest";
        de_no_postal_address: De NoPostalAddress false "DDG";
        fr_no_postal_address: Fr NoPostalAddress false "L34-5 (5)";
        it_no_postal_address: It NoPostalAddress false "art. 130 (5)";
        us_no_postal_address: Us NoPostalAddress false "16 CFR 316.2(p)";
        ca_no_postal_address: Ca NoPostalAddress false "CASL s. 6(2)(b)";
        uk_no_postal_address: Uk NoPostalAddress false "PECR reg. 23";
        other_no_postal_address: Other NoPostalAddress false "no law";
        unknown_no_postal_address: Unknown NoPostalAddress false "strictest";
        de_measuring_unknown: De MeasuringUnknown false "§ 25 (1) TDDDG";
        fr_measuring_unknown: Fr MeasuringUnknown false "CNIL";
        it_measuring_unknown: It MeasuringUnknown false "no. 284 of 17 April 2026";
        us_measuring_unknown: Us MeasuringUnknown true "15 U.S.C. 45";
        ca_measuring_unknown: Ca MeasuringUnknown false "PIPEDA";
        uk_measuring_unknown: Uk MeasuringUnknown false "PECR reg. 6";
        other_measuring_unknown: Other MeasuringUnknown false "no law";
        unknown_measuring_unknown: Unknown MeasuringUnknown false "strictest";
    }

    #[test]
    fn the_unknown_country_refuses_what_any_country_refuses() {
        for row in Row::ALL {
            let refuses = |country| !cell(country, row).is_allowed;
            assert_eq!(refuses(Country::Unknown), Country::ALL.into_iter().any(refuses), "{row:?}");
        }
    }
}
