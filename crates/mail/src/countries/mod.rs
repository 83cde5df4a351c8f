//! What the law of a lead's country says about writing to it and measuring it: a table of refusals.
//!
//! **This is not legal advice.** The table is a brake that is set carefully: where a rule depends on what the program cannot
//! know (whether an address is a business's, whether goods are similar, how somebody agreed), it takes the stricter reading.
//! What it allows may still be forbidden, and what it refuses may be allowed in your case; ask a lawyer who knows both. The
//! sources are as of summer 2026. Only marketing and answers are asked about; what a person itself asked for passes.
//!
//! The columns are [`Country`], the rows [`Row`]; every [`Cell`] has its sentence and its source. [`may_receive`] and
//! [`may_measure`] ask the table about a lead, of which several countries may be known: all of them must allow (the one that
//! a visitor's browser claimed, and the one that the CRM knows). A lead without a known country is treated by a column of
//! its own, which refuses what any other column refuses.
//!
//! ```
//! use attractor_mail::countries::{Allowances, Basis, Country, Sending, may_measure, may_receive};
//!
//! let sending = Sending { basis: Basis::SingleOptIn, has_postal_address: true };
//! assert!(may_receive(&[Country::Us], sending, &Allowances::default()).is_ok());
//! let refused = may_receive(&[Country::Us, Country::De], sending, &Allowances::default()).unwrap_err();
//! assert_eq!(refused.rule(), "DE:single_opt_in");
//! assert!(may_measure(&[], &Allowances::default()).is_err());
//! ```

mod country;
mod table;

use std::fmt;

pub use country::Country;
pub use table::{Cell, Row, cell};

/// On what consent to receive rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Nothing is known.
    Unknown,
    /// An import says where and how consent was given.
    Imported,
    /// A form was sent, and nobody confirmed the address.
    SingleOptIn,
    /// The owner of the address confirmed it.
    DoubleOptIn,
    /// A customer whose address came with a sale, who could refuse mail then and in every mail since, and who gets offers of
    /// similar products alone. Whoever says so vouches for all of it.
    Customer,
    /// Consent that was only implied, such as by a purchase or an inquiry, more than two years ago.
    ImpliedOld,
}

impl Basis {
    /// The row of the table.
    pub fn row(self) -> Row {
        match self {
            Basis::Unknown => Row::ConsentUnknown,
            Basis::Imported => Row::Imported,
            Basis::SingleOptIn => Row::SingleOptIn,
            Basis::DoubleOptIn => Row::DoubleOptIn,
            Basis::Customer => Row::Customer,
            Basis::ImpliedOld => Row::ImpliedOld,
        }
    }
}

/// A mail that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// On what consent to receive this mail rests.
    pub basis: Basis,
    /// Whether the copy has the sender's postal address.
    pub has_postal_address: bool,
}

/// Where the settings allow what nobody agreed to or refused, as their owner answers for. By default where the table does.
#[derive(Clone, Copy, Debug)]
pub struct Allowances<'a> {
    /// Where people of whom no consent to receive is known may be written to.
    pub receive: &'a [Country],
    /// Where people of whom no consent to be measured is known may be measured.
    pub measure: &'a [Country],
}

impl Default for Allowances<'_> {
    fn default() -> Self {
        Allowances { receive: &[Country::Us], measure: &[Country::Us] }
    }
}

/// What the table refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The first of the lead's countries that refuses.
    pub country: Country,
    /// What it refuses.
    pub row: Row,
    /// Why, and by which law.
    pub cell: Cell,
}

impl Refusal {
    /// The rule's name, such as `DE:single_opt_in`.
    pub fn rule(&self) -> String {
        format!("{}:{}", self.country, self.row.name())
    }
}

/// The rule, the sentence and the source.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule(), self.cell.sentence, self.cell.source)
    }
}

/// Whether a lead in these countries may be sent a mail. The first refusal is returned: of the countries in their order, and
/// of consent before the postal address.
pub fn may_receive(countries: &[Country], sending: Sending, allowances: &Allowances<'_>) -> Result<(), Refusal> {
    let rows = [Some(sending.basis.row()), (!sending.has_postal_address).then_some(Row::NoPostalAddress)];
    for row in rows.into_iter().flatten() {
        check(countries, row, allowances.receive)?;
    }
    Ok(())
}

/// Whether a lead in these countries, of whom no consent to be measured is known, may be measured: with a pixel and personal
/// links. By default nowhere in Germany, France and Italy and where no country is known (contract §6, Tracking 1).
pub fn may_measure(countries: &[Country], allowances: &Allowances<'_>) -> Result<(), Refusal> {
    check(countries, Row::MeasuringUnknown, allowances.measure)
}

fn check(countries: &[Country], row: Row, allowed: &[Country]) -> Result<(), Refusal> {
    for country in known(countries) {
        let cell = cell(country, row);
        let is_allowed = if row.has_allowance() { allowed.contains(&country) } else { cell.is_allowed };
        if !is_allowed {
            return Err(Refusal { country, row, cell });
        }
    }
    Ok(())
}

/// The countries that are known; the column of unknown ones if none is.
fn known(countries: &[Country]) -> Vec<Country> {
    let known: Vec<Country> = countries.iter().copied().filter(|country| *country != Country::Unknown).collect();
    if known.is_empty() { vec![Country::Unknown] } else { known }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Country::{Ca, De, Fr, It, Other, Uk, Unknown, Us};

    fn receives(countries: &[Country], basis: Basis) -> String {
        let sending = Sending { basis, has_postal_address: true };
        may_receive(countries, sending, &Allowances::default())
            .map_or_else(|refusal| refusal.rule(), |()| String::new())
    }

    #[test]
    fn all_known_countries_must_allow() {
        for (countries, basis, rule) in [
            (&[Us][..], Basis::Unknown, ""),
            (&[Us, Fr], Basis::Unknown, "FR:consent_unknown"),
            (&[Fr, Us], Basis::Unknown, "FR:consent_unknown"),
            (&[Us, De, Fr], Basis::Unknown, "DE:consent_unknown"),
            (&[Us, Unknown], Basis::Unknown, ""),
            (&[Unknown, Unknown], Basis::Unknown, "unknown:consent_unknown"),
            (&[], Basis::SingleOptIn, "unknown:single_opt_in"),
            (&[Uk, It], Basis::SingleOptIn, "IT:single_opt_in"),
            (&[De, Fr, It, Us, Ca, Uk, Other, Unknown], Basis::DoubleOptIn, ""),
        ] {
            assert_eq!(receives(countries, basis), rule, "{countries:?} {basis:?}");
        }
    }

    #[test]
    fn by_default_the_unknown_is_allowed_where_the_table_allows_it() {
        let Allowances { receive, measure } = Allowances::default();
        for country in Country::ALL {
            assert_eq!(receive.contains(&country), cell(country, Row::ConsentUnknown).is_allowed, "{country}");
            assert_eq!(measure.contains(&country), cell(country, Row::MeasuringUnknown).is_allowed, "{country}");
        }
        let nowhere = Allowances { receive: &[], measure: &[] };
        let sending = Sending { basis: Basis::Unknown, has_postal_address: true };
        assert!(may_receive(&[Us], sending, &nowhere).is_err() && may_measure(&[Us], &nowhere).is_err());
    }

    #[test]
    fn settings_allow_the_unknown_and_nothing_else() {
        let everywhere = Allowances { receive: &Country::ALL, measure: &Country::ALL };
        for country in Country::ALL {
            let sending = |basis, has_postal_address| Sending { basis, has_postal_address };
            let may = |sending| may_receive(&[country], sending, &everywhere).is_ok();
            assert!(may(sending(Basis::Unknown, true)), "{country}");
            assert!(!may(sending(Basis::Unknown, false)), "{country}");
            assert_eq!(may(sending(Basis::ImpliedOld, true)), cell(country, Row::ImpliedOld).is_allowed, "{country}");
            assert!(may_measure(&[country], &everywhere).is_ok(), "{country}");
            let elsewhere = Allowances { receive: &[Us], measure: &[Us] };
            assert_eq!(
                may_measure(&[country, Us], &elsewhere).is_ok(),
                cell(country, Row::MeasuringUnknown).is_allowed || country == Unknown
            );
        }
    }

    #[test]
    fn nobody_is_measured_by_default_in_de_fr_and_it_nor_where_the_country_is_unknown() {
        for countries in [&[De][..], &[Fr], &[It], &[Unknown], &[], &[Us, De]] {
            assert!(may_measure(countries, &Allowances::default()).is_err(), "{countries:?}");
        }
        assert!(may_measure(&[Us], &Allowances::default()).is_ok());
    }

    #[test]
    fn a_refusal_names_rule_reason_and_source() {
        let sending = Sending { basis: Basis::DoubleOptIn, has_postal_address: false };
        let refusal = may_receive(&[Us], sending, &Allowances::default()).unwrap_err().to_string();
        assert!(refusal.starts_with("US:no_postal_address: "), "{refusal}");
        assert!(refusal.ends_with("16 CFR 316.2(p))"), "{refusal}");
    }
}
