//! What a row says of a deal and of whose it is.

use super::values::{id_text, keep, lead_id, number_value, value};
use super::{DealOutcome, Facts, NOT_AN_ADDRESS, unread};
use crate::cell::{addresses, yes_or_no};
use crate::exports::compact;
use crate::keys::ColumnKey;
use crate::numbers;
use crate::plan::Column;

impl Facts {
    pub(super) fn take_deal(&mut self, column: &Column, text: &str) -> Result<(), String> {
        let deal = &mut self.deal;
        match &column.key {
            ColumnKey::DealId => deal.id = Some(id_text(text)),
            ColumnKey::Deal(_) => keep(&mut deal.properties, &column.name, value(column, text)),
            ColumnKey::Amount => {
                let amount = numbers::read(text, column.decimal);
                let amount = amount.ok_or_else(|| {
                    format!("\u{201c}{text}\u{201d} in \u{201c}{}\u{201d} is not a number", column.header)
                })?;
                keep(&mut deal.properties, "amount", number_value(amount));
                if let Some(currency) = numbers::currency(text) {
                    keep(&mut deal.properties, "currency", currency.into());
                }
            }
            ColumnKey::Currency => {
                deal.properties.insert("currency".to_owned(), text.into());
            }
            ColumnKey::DealStage => {
                let name = if compact(&column.header).contains("status") { "status" } else { "stage" };
                keep(&mut deal.properties, name, text.into());
                deal.outcome = deal.outcome.filter(|outcome| *outcome != DealOutcome::Open).or(Some(outcome(text)));
            }
            ColumnKey::Won if yes_or_no(text) == Some(true) => deal.outcome = Some(DealOutcome::Won),
            ColumnKey::Lost if yes_or_no(text) == Some(true) => deal.outcome = Some(DealOutcome::Lost),
            ColumnKey::ContactId => self.contact.id = text.split([';', ',']).next().and_then(lead_id),
            ColumnKey::ContactEmail => self.take_contact_email(column, text),
            ColumnKey::ContactName if text.contains('@') => self.take_contact_email(column, text),
            ColumnKey::ContactName => self.contact.name = text.split(';').next().map(|name| name.trim().to_owned()),
            ColumnKey::ContactCompany => {
                keep(&mut self.traits, "company.name", text.into());
                self.contact.company = Some(text.to_owned());
            }
            _ => {}
        }
        Ok(())
    }

    fn take_contact_email(&mut self, column: &Column, text: &str) {
        let email = addresses(text).into_iter().next();
        if email.is_none() {
            self.unread.push(unread(column, text, NOT_AN_ADDRESS));
        }
        self.contact.email = self.contact.email.take().or(email);
    }
}

/// What a stage or status of a deal tells of its outcome.
fn outcome(text: &str) -> DealOutcome {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').collect();
    let any = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    if any(&["lost", "closedlost", "verloren", "perdu", "perdida", "perdido"]) {
        DealOutcome::Lost
    } else if any(&["won", "closedwon", "gewonnen", "gagné", "ganado", "ganada"]) {
        DealOutcome::Won
    } else {
        DealOutcome::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_of_stages() {
        let cases = [
            ("Closed Won", DealOutcome::Won),
            ("closedwon", DealOutcome::Won),
            ("Closed won (Sales Pipeline)", DealOutcome::Won),
            ("Closed Lost", DealOutcome::Lost),
            ("won't buy", DealOutcome::Open),
            ("Negotiation", DealOutcome::Open),
            ("Gewonnen", DealOutcome::Won),
        ];
        for (text, wanted) in cases {
            assert_eq!(outcome(text), wanted, "{text}");
        }
    }
}
